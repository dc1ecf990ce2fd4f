# SPDX-License-Identifier: MIT
"""Addresses and commands that work as they stand: maps, coverages, GDAL and curl. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from eoxserver.core.coordinates import number_text
from eoxserver.core.crs import Crs, parse_crs
from eoxserver.services.ows.urls import kvp_url

__all__ = ["Copyable", "MapView", "coverage_commands", "layer_commands", "map_url", "map_view", "service_commands"]

Bounds = tuple[float, float, float, float]
"""min x, min y, max x, max y."""

WMS = (("service", "WMS"), ("version", "1.3.0"))
WCS = (("service", "WCS"), ("version", "2.0.1"))
_SAFE = ",:/"
_SAFE_BASE = ":/?&=%[]@~.-_,+"


@dataclass(frozen=True, slots=True)
class Copyable:
    """Something to copy, and what it is for."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class MapView:
    """What a map shows, and its size."""

    crs: Crs
    bounds: Bounds
    """In x, y order [CRS units]."""
    width: int
    height: int


def map_view(
    native: Crs | None, native_bounds: Bounds | None, wgs84_bounds: Bounds | None, width: int, height: int
) -> MapView | None:
    """A map of all of a layer, no larger than ``width`` x ``height``; None when nobody knows where it is.

    In the layer's own CRS if that has a code, as that takes least; else in CRS:84.
    """
    if native is not None and native.code and native_bounds is not None:
        crs, bounds = native, native_bounds
    elif wgs84_bounds is not None:
        crs, bounds = parse_crs("CRS:84"), wgs84_bounds
    else:
        return None
    min_x, min_y, max_x, max_y = bounds
    if not (max_x > min_x and max_y > min_y):  # a point or a line: something around it
        margin = max(max_x - min_x, max_y - min_y) or (0.01 if crs.kind == "geographic" else 1000.0)
        bounds = (min_x - margin, min_y - margin, max_x + margin, max_y + margin)
    ratio = (bounds[2] - bounds[0]) / (bounds[3] - bounds[1])
    if ratio > width / height:
        return MapView(crs, bounds, width, max(1, round(width / ratio)))
    return MapView(crs, bounds, max(1, round(height * ratio)), height)


def map_url(base: str, layer: str, view: MapView, media_type: str, transparent: bool) -> str:
    """The address of a map."""
    numbers = [number_text(value) for value in view.bounds]
    if view.crs.yx:
        numbers = [numbers[1], numbers[0], numbers[3], numbers[2]]
    pairs = [
        *WMS, ("request", "GetMap"), ("layers", layer), ("styles", ""), ("crs", view.crs.short),
        ("bbox", ",".join(numbers)), ("width", str(view.width)), ("height", str(view.height)), ("format", media_type),
    ]  # fmt: skip
    return _url(base, [*pairs, ("transparent", "true")] if transparent else pairs)


def service_commands(base: str) -> tuple[Copyable, ...]:
    """What leads to everything that is served."""
    maps = _url(base, [*WMS, ("request", "GetCapabilities")])
    coverages = _url(base, [("service", "WCS"), ("request", "GetCapabilities")])
    return (
        Copyable("QGIS, WMS connection", quote(base, safe=_SAFE_BASE)),
        Copyable("Layers, by GDAL", f'gdalinfo "WMS:{maps}"'),
        Copyable("Coverages, by GDAL", f'gdalinfo "WCS:{_url(base, [("version", "2.0.1")])}"'),
        Copyable("Layers, by curl", f'curl "{maps}"'),
        Copyable("Coverages, by curl", f'curl "{coverages}"'),
    )


def layer_commands(base: str, layer: str, view: MapView, media_type: str) -> tuple[Copyable, ...]:
    """What gives a map of one layer."""
    url = map_url(base, layer, view, media_type, transparent=False)
    extension = media_type.partition("/")[2]
    return (
        Copyable("Map", url),
        Copyable("Map, by curl", f'curl -o {layer}.{extension} "{url}"'),
        Copyable(
            "Map with its place, by GDAL",
            f'gdal_translate -outsize {view.width} {view.height} "WMS:{url}" {layer}_map.tif',
        ),
    )


def coverage_commands(base: str, identifier: str, labels: Sequence[str]) -> tuple[Copyable, ...]:
    """What gives one coverage.

    Parameters
    ----------
    labels : sequence of str
        Of its axes; formats of images hold two.
    """
    coverage = ("coverageId", identifier)
    described = Copyable("Description", _url(base, [*WCS, ("request", "DescribeCoverage"), coverage]))
    if len(labels) != 2:
        return (described,)
    whole = _url(base, [*WCS, ("request", "GetCoverage"), coverage, ("format", "image/tiff")])
    by_gdal = _url(base, [("version", "2.0.1"), ("coverage", identifier)])
    return (
        described,
        Copyable("GeoTIFF, by curl", f'curl -o {identifier}.tif "{whole}"'),
        Copyable("QGIS raster layer", f"WCS:{by_gdal}"),
        Copyable("GeoTIFF, by GDAL", f'gdal_translate "WCS:{by_gdal}" {identifier}.tif'),
    )


def _url(base: str, pairs: Sequence[tuple[str, str]]) -> str:
    return kvp_url(quote(base, safe=_SAFE_BASE)) + urlencode(pairs, safe=_SAFE, quote_via=quote)
