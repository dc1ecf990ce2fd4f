# SPDX-License-Identifier: MIT
"""Imports into any server with WCS-T, by HTTP: coverages go as GML with their values (OGC 13-057r1).

A request is one change there: a coverage is inserted with its first part, every further part is an update of its own.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eoxserver.backends.credentials import Credentials
from eoxserver.backends.encoders.base import Workspace
from eoxserver.core.coverage import CellBox, Cells, Coverage, Level
from eoxserver.core.crs import ParseCrs
from eoxserver.core.errors import CoverageExists, DataUnavailable, InconsistentChange
from eoxserver.resources.coverages.outlines import outline_from_json
from eoxserver.services.gmlcov.gmlcoverage import encode_gml
from eoxserver.wcst_import.errors import ImportRefused
from eoxserver.wcst_import.inplace import no_files
from eoxserver.wcst_import.slices import Slice
from eoxserver.wcst_import.wcs import Refused, WcsClient

__all__ = ["HttpTarget"]

RESOLVER = "http://www.opengis.net/def/"
"""What URLs of CRSs begin with, unless the server has a resolver of its own."""
_DUPLICATE = "WCSTDuplicatedCoverageName"
_TYPES = {
    "uint8": "Byte", "int8": "Int8", "uint16": "UInt16", "int16": "Int16", "uint32": "UInt32", "int32": "Int32",
    "float32": "Float32", "float64": "Float64",
}  # fmt: skip


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
        self._client = WcsClient(url, credentials, parse_crs, "config.service_url")
        self._resolver = resolver
        self._workspace = Workspace(folder)

    @property
    def name(self) -> str:
        """Its URL, without secrets."""
        return self._client.name

    def check(self) -> None:
        """Find out whether it answers as a WCS."""
        self._client.check()

    def coverage(self, identifier: str) -> Coverage | None:
        """A coverage as the server describes it; its cells cannot be read."""
        found = self._client.described(identifier)
        if found is None:
            return None
        domain, range_type = found
        return Coverage(identifier, domain, range_type, _Elsewhere(domain.shape, self.name))

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

    @property
    def reads_files(self) -> bool:
        """No: files of this machine are not there."""
        return False

    def register(self, identifier: str, slices: Sequence[Slice]) -> None:
        """Refuse; raises ImportRefused."""
        raise ImportRefused(no_files(self.name), locator="config.insitu")

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
        except Refused as error:
            if not any(words in error.message for words in ("there is an overview", "already", "exists")):
                raise

    def add_members(self, identifier: str, members: Sequence[str], harvesting: bool) -> None:
        """Ask for coverages to be taken into the pyramid of one."""
        flag = "true" if harvesting else "false"
        request = {"request": "AddPyramidMember", "base": identifier, "member": ",".join(members)}
        self._changed({**request, "pyramidHarvesting": flag}, identifier)

    def members(self, identifier: str) -> Collection[str]:
        """Of its pyramid there."""
        answer = self._client.asked({"request": "ListPyramidMembers", "version": "2.0.1", "base": identifier})
        return {each["coverage"] for each in _listed(answer)}

    def remove_members(self, identifier: str, members: Sequence[str]) -> None:
        """Ask for coverages to be taken out of the pyramid of one."""
        request = {"request": "RemovePyramidMember", "base": identifier, "member": ",".join(members)}
        self._changed(request, identifier)

    def identifiers(self) -> Iterator[str]:
        """The coverages that its capabilities list."""
        return iter(self._client.identifiers())

    def composed(self, identifier: str, sources: Sequence[str], metadata: Mapping[str, str]) -> Coverage:
        """The coverage as the server would have it; its cells cannot be read."""
        answer = self._virtual("plan", identifier, sources, metadata)
        try:
            domain, range_type = outline_from_json(json.loads(answer))
        except (ValueError, RecursionError) as error:
            raise DataUnavailable(
                f"{self.name} does not say what virtual coverage '{identifier}' would be: {error}",
                locator="config.service_url",
            ) from error
        return Coverage(identifier, domain, range_type, _Elsewhere(domain.shape, self.name), metadata=metadata)

    def compose(self, identifier: str, sources: Sequence[str], metadata: Mapping[str, str]) -> None:
        """Have the server make it."""
        self._virtual("put", identifier, sources, metadata)

    def _virtual(self, action: str, identifier: str, sources: Sequence[str], metadata: Mapping[str, str]) -> bytes:
        """The answer to a request that only servers of this project have; raises ImportRefused where it is not."""
        form = {"COVERAGEID": identifier, "SOURCES": ",".join(sources), "METADATA": json.dumps(dict(metadata))}
        try:
            return self._client.administered(f"coverage/virtual/{action}", form)
        except Refused as error:
            if error.code == _DUPLICATE:
                raise CoverageExists(error.message, locator=identifier) from error
            if not error.unknown:
                raise
            raise ImportRefused(
                f"{self.name} makes no virtual coverages (it has no /admin/coverage/virtual): it takes an EOxServer as "
                "new as this one; or run the import on the machine of the server with --local",
                locator="config.service_url",
            ) from error

    def mark(self, identifier: str, metadata_url: str) -> None:
        """Ask for the mark; that a server has none is an error only where one is wanted."""
        try:
            self._client.administered(
                "inspire/metadata/update", {"COVERAGEID": identifier, "METADATAURL": metadata_url}
            )
        except Refused as error:
            if metadata_url or error.code:
                raise

    def delete(self, identifier: str) -> None:
        """Delete a coverage."""
        self._changed({"request": "DeleteCoverage", "coverageId": identifier}, identifier)

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    # -- inside ------------------------------------------------------------------------------------------

    def _document(self, coverage: Coverage) -> str:
        text = b"".join(encode_gml(coverage, self._workspace)).decode()
        return text.replace(RESOLVER, self._resolver) if self._resolver else text

    def _changed(self, params: Mapping[str, str], identifier: str) -> None:
        try:
            self._client.posted(params)
        except Refused as error:
            if error.code == _DUPLICATE:
                raise CoverageExists(error.message, locator=identifier) from error
            raise


def _listed(answer: bytes) -> list[dict[str, Any]]:
    """The members of a pyramid, in the form of the documentation of rasdaman, or of its importer."""
    found = json.loads(answer)
    members: list[dict[str, Any]] = found["members"] if isinstance(found, dict) else found
    return members


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
