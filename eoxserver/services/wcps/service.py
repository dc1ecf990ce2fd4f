# SPDX-License-Identifier: MIT
"""The Web Coverage Processing Service: ProcessCoverages of WCS, and a path of its own for queries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from eoxserver.core.errors import InvalidRequest
from eoxserver.services.ows.capabilities import OperationMetadata
from eoxserver.services.ows.exceptions import error_report, ows_exception_report
from eoxserver.services.wcps.answers import answer
from eoxserver.services.wcps.requests import decode_request
from eoxserver.services.wcps.soap import Envelope
from eoxserver.services.wire import Request, Response

if TYPE_CHECKING:
    from eoxserver.services.context import ServiceContext

__all__ = ["ProcessingService"]


class ProcessingService:
    """The service ``WCPS``."""

    key: ClassVar[str] = "WCPS"
    under_ows: ClassVar[bool] = False
    extends: ClassVar[str] = "WCS"
    """The service whose operations these are in requests."""
    operations: ClassVar[tuple[str, ...]] = ("ProcessCoverages", "ProcessCoverage")
    """Some clients leave the last letter out."""
    documents: ClassVar[tuple[str, ...]] = ("ProcessCoverages", "ProcessCoverage", "ProcessCoveragesRequest")
    """Requests in XML: those of OGC 08-059r4, and of OGC 08-059r3."""
    announced: ClassVar[Sequence[OperationMetadata]] = (OperationMetadata("ProcessCoverages", ("KVP", "XML", "SOAP")),)
    """What the capabilities of the extended service list."""
    profiles: ClassVar[Sequence[str]] = (
        "http://www.opengis.net/spec/WCS_service-extension_processing/2.0/conf/processing",
    )
    paths: ClassVar[tuple[str, ...]] = ("/ows/wcps",)

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def handle(self, request: Request) -> Response:
        """Answer a query.

        Raises
        ------
        InvalidRequest
            For a path below that of queries.
        EOxServerError
            What ``decode_request`` and ``answer`` raise.
        """
        if request.path:
            raise InvalidRequest(f"there is nothing at {request.mount}/{request.path}; queries go to {request.mount}")
        found = answer(self._context, request, decode_request(request))
        envelope = Envelope.of(request)
        return found if envelope is None else envelope.answer(found)

    def report(self, request: Request, error: Exception) -> Response:
        """The exception report of an error (OGC 06-121r9, clause 8); as a fault where the request came by SOAP."""
        status = int(self._context.settings.wcs20.invalid_subsetting_status)
        report = error_report(error, request.request_id, status)
        found = Response(ows_exception_report(report, "2.1.0"), "text/xml; charset=utf-8", report.status)
        envelope = Envelope.of(request)
        return found if envelope is None else envelope.fault(found, report.text)
