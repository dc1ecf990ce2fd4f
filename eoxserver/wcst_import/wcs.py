# SPDX-License-Identifier: MIT
"""What imports ask of other servers: requests of WCS 2.0.1 (OGC 09-110r4) by HTTP, and what is answered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import requests

from eoxserver.backends.credentials import Credentials, shown_url
from eoxserver.core.crs import ParseCrs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import AccessDenied, DataUnavailable, EOxServerError, InconsistentChange, InvalidRequest
from eoxserver.core.fields import RangeType
from eoxserver.services.ows.xml import parse as parse_xml
from eoxserver.services.wcst.fields import range_fields
from eoxserver.services.wcst.grids import envelope, frame_of, grid_domain
from eoxserver.services.wcst.xmlinput import one, parse_large, text_of

__all__ = ["Refused", "WcsClient"]

_SECONDS = (10, 600)
"""How long to wait for a connection, and for an answer [s]."""
_PIECE = 1 << 20
_UNKNOWN = (404, 405, 501)
"""Statuses of answers to requests that a server does not have."""


class Refused(InconsistentChange):
    """An answer of a server that is an exception."""

    def __init__(self, message: str, code: str, status: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        """Of HTTP."""

    @property
    def unknown(self) -> bool:
        """Whether the server does not have what was asked for."""
        return self.code == "OperationNotSupported" or (not self.code and self.status in _UNKNOWN)


class WcsClient:
    """Sends requests to the endpoint of a server.

    Parameters
    ----------
    url : str
        Of the endpoint.
    key : str
        Of the ingredients, where it comes from.
    giving : str
        What gives credentials, for those whose are refused.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        parse_crs: ParseCrs,
        key: str,
        giving: str = "--user and --passwd, or --identity-file give them",
    ) -> None:
        self._url, self._parse, self._key, self._giving = url, parse_crs, key, giving
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
        """Find out whether it answers as a WCS.

        Raises
        ------
        DataUnavailable, AccessDenied
        """
        if urlsplit(self._url).scheme not in ("http", "https"):
            raise DataUnavailable(f"{self._key} '{self.name}' is no URL of HTTP", locator=self._key)
        answer = self.asked({"request": "GetCapabilities", "acceptVersions": "2.0.1"})
        if b"Capabilities" not in answer[:4096]:
            raise DataUnavailable(f"{self.name} does not answer as a WCS", locator=self._key)

    def identifiers(self) -> list[str]:
        """The coverages that the capabilities list; raises as ``asked``."""
        answer = self.asked({"request": "GetCapabilities", "acceptVersions": "2.0.1", "sections": "Contents"})
        try:
            summaries = parse_large(answer).iter("{*}CoverageSummary")
        except EOxServerError as error:
            raise DataUnavailable(
                f"{self.name} does not answer as a WCS: {error.message}", locator=self._key
            ) from error
        named = (each.find("{*}CoverageId") for each in summaries)
        return [text_of(each) for each in named if each is not None]

    def described(self, identifier: str, default_crs: str = "") -> tuple[Domain, RangeType] | None:
        """Axes and fields of a coverage; None when there is none.

        Parameters
        ----------
        default_crs : str
            CRS of a coverage for which the server names none.

        Raises
        ------
        EOxServerError
            When the server does not say, or describes what is no coverage here.
        """
        try:
            answer = self.asked({"request": "DescribeCoverage", "version": "2.0.1", "coverageId": identifier})
        except Refused as error:
            if error.code == "NoSuchCoverage":
                return None
            raise
        description = next(parse_xml(answer).iter("{*}CoverageDescription"), None)
        if description is None:
            raise DataUnavailable(f"{self.name} answers DescribeCoverage with something else", locator=self._key)
        frame = envelope(one(one(description, "boundedBy"), "Envelope"), self._parse)
        if default_crs and all(axis.crs is None for axis in frame.axes):
            frame = frame_of(default_crs, frame.labels, self._parse)
        domain, _ = grid_domain(one(description, "domainSet"), frame)
        fields = range_fields(one(description, "rangeType"))
        return domain, RangeType(tuple(field.field(field.dtype or np.dtype("float64")) for field in fields))

    def asked(self, params: Mapping[str, Any]) -> bytes:
        """The answer to a request; raises Refused, DataUnavailable, AccessDenied."""
        return self.sent("GET", params={"service": "WCS", **params}).content

    def posted(self, params: Mapping[str, str]) -> bytes:
        """The answer to a request that changes something; raises Refused, DataUnavailable, AccessDenied."""
        return self.sent("POST", data={"service": "WCS", "version": "2.0.1", **params}).content

    def administered(self, path: str, params: Mapping[str, str]) -> bytes:
        """The answer to a request to a path of administration.

        It is beside the one of OWS; where that is not below ``/rasdaman``, first sought there.

        Raises
        ------
        Refused
            Without a code when the server has no such path.
        DataUnavailable, AccessDenied
        """
        base = self._url.split("?")[0].rstrip("/").removesuffix("/ows")
        if not base.endswith("/rasdaman"):
            try:
                return self.sent("POST", f"{base}/rasdaman/admin/{path}", data=dict(params)).content
            except Refused as error:
                if error.code:
                    raise
        return self.sent("POST", f"{base}/admin/{path}", data=dict(params)).content

    def fetched(self, params: Mapping[str, Any], path: Path) -> str:
        """Write the answer to a request to a file, and say its media type; raises as ``asked``."""
        with self.sent("GET", params={"service": "WCS", **params}, stream=True) as answer:
            try:
                with path.open("wb") as file:
                    for piece in answer.iter_content(_PIECE):
                        file.write(piece)
            except requests.RequestException as error:
                raise DataUnavailable(f"{self.name} broke off: {error}", locator=self._key) from error
            return str(answer.headers.get("Content-Type", ""))

    def address(self, params: Mapping[str, Any]) -> str:
        """The URL of a request, without secrets of the endpoint's."""
        request = requests.Request("GET", self.name, params={"service": "WCS", **params})
        return str(request.prepare().url)

    def close(self) -> None:
        """Close connections."""
        self._session.close()

    def sent(self, method: str, url: str = "", **content: Any) -> requests.Response:
        """A good answer, of the endpoint or of another URL; raises Refused, DataUnavailable, AccessDenied."""
        try:
            answer = self._session.request(method, url or self._url, timeout=_SECONDS, **content)
        except requests.RequestException as error:
            raise DataUnavailable(f"{self.name} cannot be reached: {error}", locator=self._key) from error
        if answer.status_code in (401, 403):
            code, why = _report(answer.content)
            said = f": {why}" if code and answer.status_code == 403 else ""
            raise AccessDenied(
                f"{self.name} refused the credentials ({answer.status_code}){said}; {self._giving}",
                locator=self._key,
            )
        if not answer.ok:
            code, text = _report(answer.content)
            asked = urlsplit(url).path or (content.get("params") or content["data"])["request"]
            raise Refused(f"{self.name}: {asked}: {code or answer.status_code}: {text}", code, answer.status_code)
        return answer


def _report(content: bytes) -> tuple[str, str]:
    """Code and text of an exception report; the beginning of anything else."""
    try:
        root = parse_xml(content)
        exception = next(each for each in root.iter("{*}Exception"))
    except (InvalidRequest, StopIteration):
        return "", content[:300].decode(errors="replace").strip()
    texts = [(each.text or "").strip() for each in exception.iter("{*}ExceptionText")]
    return str(exception.get("exceptionCode") or ""), " ".join(texts)
