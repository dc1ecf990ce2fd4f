# SPDX-License-Identifier: MIT
"""WCS-T as a service: its operations under ``service=WCS``, and the paths of administration beside them.

Every change takes a user with the permission for it: to insert, to update or to delete coverages. Who has not logged in
is asked to (401); who may not is told so (403). Requests that a browser sends for a page of somebody else are refused,
because it would send a user's credentials with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from eoxserver.core.errors import AccessDenied, InvalidRequest
from eoxserver.services.ows.capabilities import OperationMetadata
from eoxserver.services.ows.exceptions import Report, ows_exception_report
from eoxserver.services.ows.kvp import Params
from eoxserver.services.wcst.administration import PATHS, PYRAMID_OPERATIONS, Administration
from eoxserver.services.wcst.decode import OPERATIONS, decode_transaction
from eoxserver.services.wcst.errors import transaction_report
from eoxserver.services.wcst.operations import Transactions, level_member
from eoxserver.services.wcst.permissions import Gate, LoginNeeded
from eoxserver.services.wcst.requests import (
    DeleteCoverage,
    InsertCoverage,
    InsertScaleLevel,
    UpdateCoverage,
)
from eoxserver.services.wcst.xmlrequests import document_params
from eoxserver.services.wire import Request, Response

if TYPE_CHECKING:
    from eoxserver.services.context import ServiceContext

__all__ = ["TransactionService"]

MEDIA_TYPE = "text/xml; charset=utf-8"
NO_STORE = (("Cache-Control", "no-store"),)


class TransactionService:
    """The service ``WCST``."""

    key: ClassVar[str] = "WCST"
    under_ows: ClassVar[bool] = False
    extends: ClassVar[str] = "WCS"
    """The service whose operations these are in requests."""
    lasting: ClassVar[bool] = False
    """Whether answers hold until the catalogue changes: they change it."""
    operations: ClassVar[tuple[str, ...]] = (*OPERATIONS, *PYRAMID_OPERATIONS)
    announced: ClassVar[Sequence[OperationMetadata]] = tuple(
        OperationMetadata(name, ("KVP", "XML")) for name in ("InsertCoverage", "UpdateCoverage", "DeleteCoverage")
    )
    """What the capabilities of the extended service list."""
    profiles: ClassVar[Sequence[str]] = (
        "http://www.opengis.net/spec/WCS_service-extension_transaction/2.0/conf/insert+delete",
    )
    documents: ClassVar[tuple[str, ...]] = ("InsertCoverage", "UpdateCoverage", "DeleteCoverage")
    """Names of the XML documents that are its requests."""
    paths: ClassVar[tuple[str, ...]] = PATHS
    methods: ClassVar[tuple[str, ...]] = ("GET", "POST")

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._gate = Gate(context.plugins)
        self._transactions = Transactions(context)
        self._administration = Administration(context, self._gate, self._transactions)

    def handle(self, request: Request) -> Response:
        """Answer a request.

        Raises
        ------
        AccessDenied, LoginNeeded
            When the user may not.
        EOxServerError
            What the request asks for is not, or cannot be; nothing has changed then.
        """
        _check_origin(request)
        if request.mount:
            return self._administration.handle(request)
        if request.method not in ("GET", "POST"):
            raise InvalidRequest(f"changes are asked for by GET or POST, not {request.method}", locator="method")
        params = document_params(request.body) if request.body.lstrip().startswith(b"<") else request.params
        name = params.require("request").strip()
        known = next(one for one in self.operations if one.lower() == name.lower())
        if known in PYRAMID_OPERATIONS:
            return self._administration.operate(request, known)
        return self._transaction(request, params, known)

    def report(self, request: Request, error: Exception) -> Response:
        """The exception report of an error (OGC 06-121r9, clause 8); who has not logged in is asked to (RFC 7617)."""
        report = transaction_report(error, request.request_id)
        headers: tuple[tuple[str, str], ...] = NO_STORE
        if isinstance(error, LoginNeeded):
            report = Report("AccessDenied", 401, "AccessDenied", error.message, error.locator)
            headers = (*NO_STORE, ("WWW-Authenticate", 'Basic realm="eoxserver"'))
        return Response(ows_exception_report(report), MEDIA_TYPE, report.status, headers)

    def _transaction(self, request: Request, params: Params, name: str) -> Response:
        asked = decode_transaction(params, name, self._context.crss.parse)
        if isinstance(asked, InsertCoverage):
            self._gate.check(request, "insert", None)
            return _answer(self._transactions.insert(asked))
        if isinstance(asked, DeleteCoverage):
            for identifier in asked.coverage_ids:
                self._gate.check(request, "delete", identifier)
            self._transactions.delete(asked)
            return _answer("")
        self._gate.check(request, "update", asked.coverage_id)
        if isinstance(asked, UpdateCoverage):
            return _answer(self._transactions.update(asked))
        if isinstance(asked, InsertScaleLevel):
            if not asked.level.is_integer():
                self._gate.check(request, "insert", None)
            self._transactions.insert_level(asked)
        else:
            if not asked.level.is_integer():
                self._gate.check(request, "delete", level_member(asked))
            self._transactions.delete_level(asked)
        return _answer("")


def _answer(text: str) -> Response:
    return Response(text.encode(), "text/plain; charset=utf-8", headers=NO_STORE, lasting=False)


def _check_origin(request: Request) -> None:
    """Refuse what a browser sends for a page of another site (W3C Fetch Metadata, ``Sec-Fetch-Site``)."""
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise AccessDenied("changes are not accepted from pages of other sites", locator="Sec-Fetch-Site")
