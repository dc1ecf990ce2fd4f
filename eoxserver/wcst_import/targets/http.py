# SPDX-License-Identifier: MIT
"""Imports into any server with WCS-T, by HTTP: coverages go as GML with their values (OGC 13-057r1).

A request is one change there: a coverage is inserted with its first part, every further part is an update of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import requests

from eoxserver.backends.credentials import Credentials, shown_url
from eoxserver.backends.encoders.base import Workspace
from eoxserver.core.coverage import CellBox, Cells, Coverage, Level
from eoxserver.core.crs import ParseCrs
from eoxserver.core.errors import AccessDenied, CoverageExists, DataUnavailable, InconsistentChange, InvalidRequest
from eoxserver.core.fields import RangeType
from eoxserver.services.gmlcov.gmlcoverage import encode_gml
from eoxserver.services.ows.xml import parse as parse_xml
from eoxserver.services.wcst.fields import range_fields
from eoxserver.services.wcst.grids import envelope, grid_domain
from eoxserver.services.wcst.xmlinput import one

__all__ = ["HttpTarget"]

RESOLVER = "http://www.opengis.net/def/"
"""What URLs of CRSs begin with, unless the server has a resolver of its own."""

_TYPES = {
    "uint8": "Byte", "int8": "Int8", "uint16": "UInt16", "int16": "Int16", "uint32": "UInt32", "int32": "Int32",
    "float32": "Float32", "float64": "Float64",
}  # fmt: skip
_SECONDS = (10, 600)
"""How long to wait for a connection, and for an answer [s]."""


class HttpTarget:
    """A server with WCS-T.

    Parameters
    ----------
    url : str
        Of its OWS endpoint.
    credentials : Credentials
        Of somebody who may write there.
    parse_crs : callable
        From any notation of a CRS to the CRS.
    folder : Path
        For temporary files.
    resolver : str
        What URLs of CRSs begin with there; by default that of the OGC.
    """

    def __init__(
        self, url: str, credentials: Credentials, parse_crs: ParseCrs, folder: Path, resolver: str = ""
    ) -> None:
        self._url = url
        self._parse = parse_crs
        self._resolver = resolver
        self._workspace = Workspace(folder)
        self._session = requests.Session()
        self._session.trust_env = False  # no credentials of somebody's .netrc
        if credentials.user is not None:
            self._session.auth = (credentials.user, credentials.password or "")
        elif credentials.token is not None:
            self._session.headers["Authorization"] = f"Bearer {credentials.token}"

    @property
    def name(self) -> str:
        """Its URL, without secrets."""
        return shown_url(self._url)

    def check(self) -> None:
        """Find out whether it answers as a WCS."""
        if urlsplit(self._url).scheme not in ("http", "https"):
            raise DataUnavailable(f"config.service_url '{self.name}' is no URL of HTTP", locator="config.service_url")
        answer = self._asked({"request": "GetCapabilities", "acceptVersions": "2.0.1"})
        if b"Capabilities" not in answer[:4096]:
            raise DataUnavailable(f"{self.name} does not answer as a WCS", locator="config.service_url")

    def coverage(self, identifier: str) -> Coverage | None:
        """A coverage as the server describes it; its cells cannot be read."""
        try:
            answer = self._asked({"request": "DescribeCoverage", "version": "2.0.1", "coverageId": identifier})
        except _Refused as error:
            if error.code == "NoSuchCoverage":
                return None
            raise
        root = parse_xml(answer)
        description = next(each for each in root.iter("{*}CoverageDescription"))
        frame = envelope(one(one(description, "boundedBy"), "Envelope"), self._parse)
        domain, _ = grid_domain(one(description, "domainSet"), frame)
        fields = [
            field.field(field.dtype or np.dtype("float64")) for field in range_fields(one(description, "rangeType"))
        ]
        return Coverage(identifier, domain, RangeType(tuple(fields)), _Elsewhere(domain.shape, self.name))

    def insert(self, coverage: Coverage, further: Sequence[Coverage], tiling: str) -> None:
        """Insert a coverage with its first part, then update it with each of the others."""
        types = ",".join(_TYPES.get(field.dtype.name, "Float64") for field in coverage.range_type.fields)
        request = {"request": "InsertCoverage", "inputCoverage": self._document(coverage), "pixelDataType": types}
        self._changed({**request, "useId": "existing", **({"tiling": tiling} if tiling else {})}, coverage.identifier)
        self.update(coverage.identifier, further)

    def update(self, identifier: str, parts: Sequence[Coverage]) -> None:
        """Update a coverage with each of the parts."""
        for part in parts:
            request = {"request": "UpdateCoverage", "coverageId": identifier, "inputCoverage": self._document(part)}
            self._changed(request, identifier)

    def add_overview(self, identifier: str, factors: Mapping[str, int]) -> None:
        """Ask for a coarser copy of the horizontal axes; one that is there already is no error."""
        levels = set(factors.values())
        if len(levels) != 1:
            raise InconsistentChange(
                f"{self.name}: scale factors must be the same on x and y, not {dict(factors)}",
                locator="recipe.options.scale_factors",
            )
        request = {"request": "InsertScaleLevel", "coverageId": identifier, "level": f"{levels.pop():g}"}
        try:
            self._changed(request, identifier)
        except _Refused as error:
            if not any(words in error.message for words in ("there is an overview", "already", "exists")):
                raise

    def delete(self, identifier: str) -> None:
        """Delete a coverage."""
        self._changed({"request": "DeleteCoverage", "coverageId": identifier}, identifier)

    def close(self) -> None:
        """Close connections."""
        self._session.close()

    # -- inside ------------------------------------------------------------------------------------------

    def _document(self, coverage: Coverage) -> str:
        text = b"".join(encode_gml(coverage, self._workspace)).decode()
        return text.replace(RESOLVER, self._resolver) if self._resolver else text

    def _asked(self, params: Mapping[str, str]) -> bytes:
        return self._sent("GET", params={"service": "WCS", **params})

    def _changed(self, params: Mapping[str, str], identifier: str) -> None:
        try:
            self._sent("POST", data={"service": "WCS", "version": "2.0.1", **params})
        except _Refused as error:
            if error.code == "WCSTDuplicatedCoverageName":
                raise CoverageExists(error.message, locator=identifier) from error
            raise

    def _sent(self, method: str, **content: Any) -> bytes:
        try:
            answer = self._session.request(method, self._url, timeout=_SECONDS, **content)
        except requests.RequestException as error:
            raise DataUnavailable(f"{self.name} cannot be reached: {error}", locator="config.service_url") from error
        if answer.status_code in (401, 403):
            raise AccessDenied(
                f"{self.name} refused the credentials ({answer.status_code}); --user and --passwd, or --identity-file "
                "give them",
                locator="config.service_url",
            )
        if not answer.ok:
            code, text = _report(answer.content)
            asked = (content.get("params") or content["data"])["request"]
            raise _Refused(f"{self.name}: {asked}: {code or answer.status_code}: {text}", code)
        return answer.content


class _Refused(InconsistentChange):
    """An answer of the server that is an exception."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


def _report(content: bytes) -> tuple[str, str]:
    """Code and text of an exception report; the beginning of anything else."""
    try:
        root = parse_xml(content)
        exception = next(each for each in root.iter("{*}Exception"))
    except (InvalidRequest, StopIteration):
        return "", content[:300].decode(errors="replace").strip()
    texts = [(each.text or "").strip() for each in exception.iter("{*}ExceptionText")]
    return str(exception.get("exceptionCode") or ""), " ".join(texts)


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """The cells of a coverage of a server, which nobody reads here."""

    shape: tuple[int, ...]
    where: str

    @property
    def chunks(self) -> tuple[int, ...]:
        return self.shape

    @property
    def levels(self) -> tuple[Level, ...]:
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        raise DataUnavailable(f"the cells are on {self.where}")
