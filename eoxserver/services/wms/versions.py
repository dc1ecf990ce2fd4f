# SPDX-License-Identifier: MIT
"""What a version of WMS is made of; the service knows versions as these values only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from eoxserver.core.crs import ParseCrs
from eoxserver.services.ows.exceptions import Report
from eoxserver.services.ows.kvp import Params
from eoxserver.services.ows.versions import Version
from eoxserver.services.wms.entries import LayerEntry, ServiceEntry
from eoxserver.services.wms.requests import ErrorForm, MapRequest

__all__ = ["DecodeErrorForm", "DecodeGetMap", "MapVersion"]


class DecodeGetMap(Protocol):
    """Reads GetMap requests."""

    def __call__(
        self, params: Params, media_types: Sequence[str], max_width: int, max_height: int, parse: ParseCrs
    ) -> MapRequest:
        """Answer the request, or raise what is wrong with it."""


class DecodeErrorForm(Protocol):
    """Reads how clients want to be told of errors."""

    def __call__(self, params: Params, media_types: Sequence[str], max_width: int, max_height: int) -> ErrorForm:
        """Answer what can be read; never raises."""


@dataclass(frozen=True, slots=True)
class MapVersion:
    """One version."""

    version: Version
    decode_get_map: DecodeGetMap
    decode_error_form: DecodeErrorForm
    write_capabilities: Callable[[ServiceEntry, Iterable[LayerEntry]], Iterator[bytes]]
    write_report: Callable[[Report], bytes]
    capabilities_type: str = "text/xml"
    report_type: str = "text/xml"
