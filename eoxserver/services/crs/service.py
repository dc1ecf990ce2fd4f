# SPDX-License-Identifier: MIT
"""The CRS resolver: definitions of CRSs and of what they are made of, by URL (OGC 09-048r5, 11-135r2).

``/def/crs/EPSG/0/4326`` and ``/def/crs?authority=EPSG&version=0&code=4326`` answer a definition in GML 3.2.1, an
incomplete URL lists what is below it. ``/def/crs-compound?1=..&2=..`` combines, ``/def/equal?1=..&2=..`` compares.
Everything comes from PROJ's database, our own tables and the catalogue; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from eoxserver.core.crs import ROOT, Crs
from eoxserver.core.crs.notation import split_numbered
from eoxserver.core.errors import (
    InvalidRequest,
    MissingParameterValue,
    NoSuchDefinition,
    OperationNotSupported,
    suggest,
)
from eoxserver.services.crs.comparison import comparison_result
from eoxserver.services.crs.crs_gml import CrsWriter, crs_url
from eoxserver.services.crs.document import Document
from eoxserver.services.crs.edit import edit
from eoxserver.services.crs.names import Name, decode_name
from eoxserver.services.crs.objects import object_document
from eoxserver.services.crs.parameters import parameterized_gml, template_text, unbound_parameters
from eoxserver.services.crs.proj_database import ProjDatabase
from eoxserver.services.crs.registers import Registers
from eoxserver.services.ows.exceptions import Report, error_report, ows_exception_report
from eoxserver.services.ows.xml import DECLARATION, attributes, element
from eoxserver.services.wire import Request, Response

if TYPE_CHECKING:
    from eoxserver.services.context import ServiceContext

__all__ = ["CrsResolver"]

MEDIA_TYPE = "text/xml; charset=utf-8"
LISTED_AT_ONCE = 500
"""Identifiers in a part of a streamed list."""
PAGES = ("index.jsp", "browse.jsp")
"""Where other resolvers have pages for browsers; here the list of all there is."""


class CrsResolver:
    """The service ``CRS``, at ``/def``."""

    key: ClassVar[str] = "CRS"
    under_ows: ClassVar[bool] = False
    paths: ClassVar[tuple[str, ...]] = ("/def",)
    methods: ClassVar[tuple[str, ...]] = ("GET", "HEAD", "PUT", "DELETE")
    operations: ClassVar[tuple[str, ...]] = (*ProjDatabase.kinds, "crs-compound", "equal", "crs-equal", "crs-query")

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._database = ProjDatabase()

    def state(self) -> str:
        """Changes with PROJ, its database, and the definitions of administrators."""
        return f"{self._database.editions} {self._context.crss.fingerprint()}"

    def handle(self, request: Request) -> Response:
        """Answer a request.

        Raises
        ------
        NoSuchDefinition
            When there is no such definition.
        CrsUnknown, MissingParameterValue, InvalidRequest
            When the request is none.
        OperationNotSupported
            For queries in XQuery.
        AccessDenied and others
            For changes, see ``edit``.
        """
        if request.method in ("PUT", "DELETE"):
            return _login_needed() if request.actor is None else edit(self._context, request, self._database)
        kind = request.path.partition("/")[0]
        if kind in ("", *PAGES):
            return _listing(request.base_url, (f"{request.base_url}/{one}" for one in ProjDatabase.kinds))
        if kind == "crs-compound":
            return self._compound(request)
        if kind in ("equal", "crs-equal"):
            return self._equal(request)
        if kind == "crs-query":
            raise OperationNotSupported(
                "queries in XQuery are not offered; list codes by /def/crs/EPSG/0", locator=kind
            )
        if kind not in ProjDatabase.kinds:
            raise NoSuchDefinition(
                f"no kind of definitions '{kind}'; {suggest(kind, self.operations, 20)}", locator=kind
            )
        name = decode_name(request.path, request.query)
        return self._list(request, name) if not name.code else self._definition(request, name)

    def report(self, request: Request, error: Exception) -> Response:
        """The exception report of an error (OGC 06-121r9, clause 8); what is not there is 404."""
        report = error_report(error, request.request_id)
        if isinstance(error, NoSuchDefinition):
            report = Report("NoSuchDefinition", 404, "InvalidCRS", error.message, error.locator)
        return Response(ows_exception_report(report), MEDIA_TYPE, report.status)

    def _list(self, request: Request, name: Name) -> Response:
        """What is below an incomplete name."""
        registers = Registers(self._database, self._context.crss.definitions())
        below: Iterable[str]
        if not name.authority:
            below = registers.authorities(name.kind)
        elif not name.version:
            below = registers.versions(name.kind, name.authority)
        else:
            below = registers.codes(name.kind, name.authority, name.version)
        at = f"{request.base_url}/{name.path}"
        return _listing(at, (f"{at}/{quote(one, safe=':.')}" for one in below))

    def _definition(self, request: Request, name: Name) -> Response:
        definitions = self._context.crss.definitions()
        Registers(self._database, definitions).check(name.kind, name.authority, name.version)
        if name.kind != "crs":
            return Response(object_document(self._database, request.base_url, name), MEDIA_TYPE)
        template = template_text(name.authority, name.code)
        if template is not None:
            return self._gml(request, self._context.crss.parse(template), f"{request.base_url}/{name.path}")
        given = tuple(name.parameters or ())
        unbound = unbound_parameters(name.authority, name.version, name.code, given, definitions)
        if unbound:
            document = Document(request.base_url, f"{request.base_url}/{name.path}{_query(request)}")
            entry = self._context.crss.entry(name.authority, name.version, name.code)
            link = "" if entry else f"{request.base_url}/crs/{name.authority}/{name.version}/.{name.code}-template"
            title, remarks = (entry.title or name.path, entry.definition.text) if entry else (name.code, "")
            return Response(parameterized_gml(document, title, unbound, link, {"gml:remarks": remarks}), MEDIA_TYPE)
        quoted = "/".join(quote(part, safe=":") for part in (name.authority, name.version, name.code))
        pairs = "&".join(f'{key}="{quote(value, safe="")}"' for key, value in (name.parameters or {}).items())
        crs = self._context.crss.parse(f"{ROOT}crs/{quoted}{'?' if pairs else ''}{pairs}")
        parameters = crs.uri.partition("?")[2]
        url = f"{request.base_url}/crs/{crs.authority}/{name.version}/{crs.code}"
        return self._gml(request, crs, f"{url}?{parameters}" if parameters else url)

    def _compound(self, request: Request) -> Response:
        crs = self._context.crss.parse(f"{ROOT}crs-compound?{request.query}")
        return self._gml(request, crs, crs_url(request.base_url, crs))

    def _gml(self, request: Request, crs: Crs, url: str) -> Response:
        """A CRS as GML; one of an administrator under the title it was given."""
        entry = self._context.crss.entry(crs.authority, crs.version, crs.code) if crs.custom and crs.code else None
        title, remarks = (entry.title or entry.definition.name, entry.remarks) if entry else ("", "")
        document = Document(request.base_url, url)
        content = CrsWriter(document, self._database).crs(crs, url, title, remarks)
        return Response(document.whole(content), MEDIA_TYPE)

    def _equal(self, request: Request) -> Response:
        """Whether the CRSs ``1`` and ``2`` are one."""
        if not request.query:
            raise MissingParameterValue("the CRSs to compare are missing; accepted: ?1=URL&2=URL", locator="1")
        texts = split_numbered(request.query, f"?{request.query}")
        if len(texts) == 1:
            raise MissingParameterValue("the second CRS is missing; accepted: ?1=URL&2=URL", locator="2")
        if len(texts) > 2:
            raise InvalidRequest(f"{len(texts)} CRSs are given; two are compared", locator="3")
        first, second = (self._context.crss.parse(text) for text in texts)
        return Response(comparison_result(first, second), MEDIA_TYPE)


def _query(request: Request) -> str:
    return f"?{request.query}" if request.query else ""


def _listing(at: str, identifiers: Iterable[str]) -> Response:
    """A list of URLs, made while it is sent."""

    def parts() -> Iterator[bytes]:
        yield f"{DECLARATION}<identifiers{attributes({'at': at})}>\n".encode()
        lines: list[str] = []
        for identifier in identifiers:
            lines.append(element("identifier", identifier))
            if len(lines) == LISTED_AT_ONCE:
                yield _joined(lines)
                lines.clear()
        yield _joined([*lines, "</identifiers>"])

    return Response(parts(), MEDIA_TYPE)


def _joined(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _login_needed() -> Response:
    """The answer to a change by nobody in particular: log in (RFC 7617)."""
    text = "to define CRSs takes a user with the permission to administer; log in by HTTP Basic"
    report = ows_exception_report(Report("AccessDenied", 401, "AccessDenied", text))
    return Response(report, MEDIA_TYPE, 401, (("WWW-Authenticate", 'Basic realm="eoxserver"'),))
