# SPDX-License-Identifier: MIT
"""STAC items (SpatioTemporal Asset Catalog, item specification 1.0 and 1.1): GeoJSON features with times.

Read are ``id``, ``geometry`` and, of the properties, the times, the title and what describes the product.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from shapely.geometry import MultiPolygon, Polygon

from eoxserver.core.errors import DataUnavailable
from eoxserver.core.util.timetools import parse_iso8601
from eoxserver.plugins import hookimpl
from eoxserver.resources.coverages.footprints import wrapped
from eoxserver.resources.coverages.metadata.base import EOMetadata, read_bytes

__all__ = ["STACReader", "eoxs_metadata_readers"]

_HEAD = 64 * 1024
_VERSION = re.compile(rb'"stac_version"\s*:\s*"(0\.9|1)\.')

FACTS: Mapping[str, str] = {
    "platform": "platform",
    "constellation": "constellation",
    "instruments": "instrument",
    "gsd": "resolution",
    "eo:cloud_cover": "cloudCoverPercentage",
    "sat:absolute_orbit": "orbitNumber",
    "sat:orbit_state": "orbitDirection",
    "processing:level": "processingLevel",
    "product:type": "productType",
    "description": "description",
    "license": "license",
}
"""Property of an item -> name of the fact."""


class STACReader:
    """Reads STAC items."""

    key: ClassVar[str] = "stac"
    suffixes: ClassVar[tuple[str, ...]] = (".json", ".geojson")

    def can_read(self, path: str) -> bool:
        """Whether the beginning of the document looks like a STAC object."""
        try:
            with Path(path).open("rb") as stream:
                head = stream.read(_HEAD)
        except OSError:
            return False
        return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and _VERSION.search(head) is not None

    def read(self, path: str) -> EOMetadata:
        """Times, footprint, identifier, title and product facts; raises DataUnavailable."""
        try:
            item = json.loads(read_bytes(path))
            if not isinstance(item, dict) or item.get("type") != "Feature" or "stac_version" not in item:
                raise ValueError("this is not a STAC item (a Feature with stac_version)")
            properties = item.get("properties")
            if not isinstance(properties, dict):
                raise ValueError("the item has no properties")
            begin, end = _times(properties)
            identifier = item.get("id")
            return EOMetadata(
                identifier=identifier if isinstance(identifier, str) else None,
                begin_time=begin,
                end_time=end,
                footprint=_footprint(item.get("geometry")),
                title=str(properties.get("title") or ""),
                extra=_facts(properties),
            )
        except (ValueError, RecursionError) as error:
            raise DataUnavailable(f"{path}: {error}", locator=path) from error


@hookimpl
def eoxs_metadata_readers() -> list[type]:
    """Bring the STAC reader."""
    return [STACReader]


def _times(properties: Mapping[str, Any]) -> tuple[datetime | None, datetime | None]:
    """``start_datetime`` and ``end_datetime``, which stand together, or ``datetime``, which may be null."""
    texts = [properties.get(name) for name in ("start_datetime", "end_datetime")]
    if texts == [None, None]:
        texts = [properties.get("datetime")] * 2
    begin, end = (None if text is None else _instant(text) for text in texts)
    if begin is not None and end is not None and end < begin:
        raise ValueError(f"end_datetime {texts[1]} is before start_datetime {texts[0]}")
    return begin or end, end or begin


def _instant(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not an instant")
    return parse_iso8601(value)


def _footprint(geometry: object) -> MultiPolygon | None:
    """The geometry of the item: longitude before latitude, cut at the date line (RFC 7946, clauses 3.1.1 and 3.1.9)."""
    if geometry is None:
        return None
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise ValueError(f"a footprint is a Polygon or a MultiPolygon, not {kind or repr(geometry)}")
    assert isinstance(geometry, dict)
    coordinates = geometry.get("coordinates")
    parts: Any = [coordinates] if kind == "Polygon" else coordinates
    try:
        polygons = [_polygon(part) for part in parts or ()]
    except (TypeError, IndexError) as error:
        raise ValueError("the coordinates of the geometry are malformed") from error
    return wrapped(MultiPolygon(polygons))


def _polygon(rings: Sequence[Sequence[Sequence[Any]]]) -> Polygon:
    if not rings:
        raise ValueError("a polygon without rings has no area")
    exterior, *holes = [[_position(position) for position in ring] for ring in rings]
    return Polygon(exterior, holes)


def _position(position: Sequence[Any]) -> tuple[float, float]:
    x, y = position[0], position[1]
    if not all(isinstance(v, int | float) and math.isfinite(v) for v in (x, y)) or abs(x) > 540 or abs(y) > 90:
        raise ValueError(f"{position} is no position on the Earth; longitude comes before latitude")
    return float(x), float(y)


def _facts(properties: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for name, fact in FACTS.items():
        value = properties.get(name)
        if isinstance(value, list):
            value = ", ".join(str(part) for part in value)
        if value not in (None, ""):
            found[fact] = str(value)
    return found
