# SPDX-License-Identifier: MIT
"""The operations of WCS 2.0.1, and of 2.1.0: the same with coverages in the terms of CIS 1.1 (``outputType``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from eoxserver.services.wcs.operations import KVP, Operation
from eoxserver.services.wcs.v20.capabilities import capabilities
from eoxserver.services.wcs.v20.coverage import deliver
from eoxserver.services.wcs.v20.decode import (
    decode_describe_coverage,
    decode_get_capabilities,
    decode_get_coverage,
)
from eoxserver.services.wcs.v20.describe import describe
from eoxserver.services.wcs.v20.requests import DescribeCoverage, GetCapabilities, GetCoverage
from eoxserver.services.wire import Request, Response

if TYPE_CHECKING:
    from eoxserver.services.context import ServiceContext

__all__ = ["OPERATIONS", "OPERATIONS_21"]


def _operations(version: str) -> Sequence[Operation[Any]]:
    def decode_coverage(context: ServiceContext, request: Request) -> GetCoverage:
        return decode_get_coverage(request.params, context.crss.parse, version)

    def answer_capabilities(context: ServiceContext, request: Request, decoded: GetCapabilities) -> Response:
        return capabilities(context, request, decoded, [one.metadata for one in found], version)

    capabilities_operation: Operation[GetCapabilities] = Operation(
        "GetCapabilities",
        {
            KVP: lambda context, request: decode_get_capabilities(
                request.params, context.settings, context.catalogue.version()
            )
        },
        answer_capabilities,
    )
    describe_operation: Operation[DescribeCoverage] = Operation(
        "DescribeCoverage", {KVP: lambda _, request: decode_describe_coverage(request.params, version)}, describe
    )
    coverage_operation: Operation[GetCoverage] = Operation("GetCoverage", {KVP: decode_coverage}, deliver, ("clip",))
    found: Sequence[Operation[Any]] = (capabilities_operation, describe_operation, coverage_operation)
    return found


OPERATIONS = _operations("2.0.1")
OPERATIONS_21 = _operations("2.1.0")
