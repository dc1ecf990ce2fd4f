# SPDX-License-Identifier: MIT
"""The Web Coverage Service: finds the version and the operation of a request, and lets it answer.

``VERSIONS`` and ``OPERATIONS`` are all that another version or profile has to be added to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from eoxserver.core.errors import OperationNotSupported, suggest
from eoxserver.services.ows.exceptions import error_report, ows_exception_report
from eoxserver.services.ows.versions import Version, negotiate, requested
from eoxserver.services.wcs.operations import Operation
from eoxserver.services.wcs.v20.operations import OPERATIONS as V20_OPERATIONS
from eoxserver.services.wcs.v20.operations import OPERATIONS_21 as V21_OPERATIONS
from eoxserver.services.wire import Request, Response

if TYPE_CHECKING:
    from eoxserver.services.context import ServiceContext

__all__ = ["OPERATIONS", "VERSIONS", "WebCoverageService"]

VERSIONS: Sequence[Version] = (Version("2.0.1", r"2\.0\.\d+"), Version("2.1.0", r"2\.1\.\d+"))
"""The one for clients that name none comes first: most of them know no other."""

OPERATIONS: Mapping[str, Sequence[Operation[Any]]] = {"2.0.1": V20_OPERATIONS, "2.1.0": V21_OPERATIONS}
"""By the number of the version."""


class WebCoverageService:
    """The service ``WCS``."""

    key: ClassVar[str] = "WCS"
    operations: ClassVar[tuple[str, ...]] = tuple(
        dict.fromkeys(operation.name for operations in OPERATIONS.values() for operation in operations)
    )

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def handle(self, request: Request) -> Response:
        """Answer a request.

        Raises
        ------
        MissingParameterValue, InvalidParameterValue, VersionNegotiationFailed, OperationNotSupported
            When version or operation cannot be told, or are not offered.
        EOxServerError
            What the operation raises.
        """
        name = request.params.require("request").strip()
        if name.lower() not in {known.lower() for known in self.operations}:
            raise OperationNotSupported(
                f"WCS has no operation '{name}'; {suggest(name, self.operations)}", locator="request"
            )
        choose = negotiate if name.lower() == "getcapabilities" else requested
        version = choose(request.params, VERSIONS).number
        for operation in OPERATIONS[version]:
            if operation.name.lower() == name.lower():
                return operation.handle(self._context, request)
        raise OperationNotSupported(f"WCS {version} has no operation '{name}'", locator="request")

    def report(self, request: Request, error: Exception) -> Response:
        """The exception report of an error (OGC 06-121r9, clause 8)."""
        status = int(self._context.settings.wcs20.invalid_subsetting_status)
        report = error_report(error, request.request_id, status)
        return Response(ows_exception_report(report, VERSIONS[0].number), "text/xml; charset=utf-8", report.status)
