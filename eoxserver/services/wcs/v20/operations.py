# SPDX-License-Identifier: MIT
"""The operations of WCS 2.0.1."""

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

__all__ = ["OPERATIONS"]


def _answer_capabilities(context: ServiceContext, request: Request, decoded: GetCapabilities) -> Response:
    return capabilities(context, request, decoded, [operation.metadata for operation in OPERATIONS])


GET_CAPABILITIES: Operation[GetCapabilities] = Operation(
    "GetCapabilities",
    {
        KVP: lambda context, request: decode_get_capabilities(
            request.params, context.settings, context.catalogue.version()
        )
    },
    _answer_capabilities,
)
DESCRIBE_COVERAGE: Operation[DescribeCoverage] = Operation(
    "DescribeCoverage", {KVP: lambda _, request: decode_describe_coverage(request.params)}, describe
)
GET_COVERAGE: Operation[GetCoverage] = Operation(
    "GetCoverage", {KVP: lambda context, request: decode_get_coverage(request.params, context.crss.parse)}, deliver
)

OPERATIONS: Sequence[Operation[Any]] = (GET_CAPABILITIES, DESCRIBE_COVERAGE, GET_COVERAGE)
