# SPDX-License-Identifier: MIT
"""The regions of equal cells of a coverage as polygons with a value (WCPS ``polygonize``).

``GeoJSON`` (RFC 7946) has longitudes and latitudes, whatever the CRS of the coverage; ``GPKG`` (OGC 12-128r18) and
``ESRI Shapefile`` (in a ZIP archive) have its coordinates, easting before northing. A coverage that is not tied to the
Earth keeps its indices.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from shapely import Polygon
from shapely.geometry import mapping
from shapely.geometry.polygon import orient

from eoxserver.backends.regions import Region, corner_count, regions
from eoxserver.core.axes import Axis, RegularAxis
from eoxserver.core.coverage import CellBox, Coverage
from eoxserver.core.crs import Crs, parse_crs, transform_points
from eoxserver.core.errors import LimitExceeded, NoSuchMediaType, suggest
from eoxserver.core.roles import Role
from eoxserver.services.wcps.encoding.geopackage import geopackage
from eoxserver.services.wcps.encoding.results import Encoded
from eoxserver.services.wcps.encoding.shapefile import zipped_shapefile

__all__ = ["encode_polygons", "polygon_format"]

_FORMATS = {
    "geojson": "GeoJSON", "json": "GeoJSON", "application/geo+json": "GeoJSON", "gpkg": "GPKG", "geopackage": "GPKG",
    "application/geopackage+sqlite3": "GPKG", "esri shapefile": "ESRI Shapefile", "shapefile": "ESRI Shapefile",
    "shp": "ESRI Shapefile", "application/zip": "ESRI Shapefile",
}  # fmt: skip

OFTEN = 256
"""After so many polygons it is asked whether anybody waits for them."""
VERTEX_BYTES = 16
"""Size of a vertex: two numbers."""
Write: TypeAlias = Callable[[Sequence[tuple[Polygon, Any]], np.dtype[Any], Crs | None, str], bytes]
"""From polygons with values, the type of these, a CRS and a title to a file."""
_FILES: Mapping[str, tuple[str, str, Write]] = MappingProxyType({
    "GPKG": ("application/geopackage+sqlite3", ".gpkg", geopackage),
    "ESRI Shapefile": ("application/zip", ".zip", zipped_shapefile),
})  # fmt: skip
"""Media type and extension of formats that are written as a whole, and who writes them."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the cells of a coverage of two axes are."""

    rows: Axis
    columns: Axis
    crs: Crs | None
    """None for a coverage that is not tied to the Earth."""
    target: Crs | None
    """The CRS of the result; None: the same."""

    def polygon(self, region: Region) -> Polygon:
        """The polygon of a region, its outline counter-clockwise."""
        rings = [self._ring(ring) for ring in region[0]]
        return orient(Polygon(rings[0], rings[1:]))

    def _ring(self, ring: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        across, along = _edges(self.columns, ring[:, 0]), _edges(self.rows, ring[:, 1])
        x, y = (along, across) if self.rows.role is Role.X or self.columns.role is Role.Y else (across, along)
        if self.crs is not None and self.target is not None:
            x, y = transform_points(self.crs, self.target, x, y)
        return np.column_stack([x, y])


def _edges(axis: Axis, places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Coordinates of edges of cells; cells of an index axis reach half an index to both sides."""
    if isinstance(axis, RegularAxis):
        return axis.start + places * axis.step
    return axis.low - 0.5 + places


def polygon_format(name: str) -> str:
    """The format of a name, in any case; raises NoSuchMediaType."""
    found = _FORMATS.get(name.strip().lower())
    if found is None:
        offered = sorted(set(_FORMATS.values()))
        raise NoSuchMediaType(f"polygonize() has no format '{name}'; {suggest(name, offered)}", locator="format")
    return found


def encode_polygons(
    coverage: Coverage,
    name: str,
    connectivity: int,
    proceed: Callable[[], None] | None = None,
    limit: int | None = None,
) -> Encoded:
    """Write the polygons around regions of equal valid cells.

    Parameters
    ----------
    coverage : Coverage
        Of two axes, none irregular, and one field; read whole.
    name : str
        The format.
    connectivity : int
        4, or 8 where cells that touch at a corner are neighbours too.
    proceed : callable, optional
        Called now and then while polygons are made; raises when nobody waits for them any more.
    limit : int, optional
        Size that all vertices together may have [bytes].

    Raises
    ------
    NoSuchMediaType
        For a format that there is not.
    LimitExceeded
        When the first bytes are asked for, and the outlines have too many vertices.
    """
    form = polygon_format(name)
    crs = coverage.domain.horizontal_crs
    target = parse_crs("CRS:84") if form == "GeoJSON" and crs is not None else None
    frame = Frame(coverage.domain.axes[0], coverage.domain.axes[1], crs, target)
    found = _regions(coverage, connectivity, proceed, limit)
    if form == "GeoJSON":
        return Encoded("application/geo+json", _geojson(frame, found), ".geojson")
    media_type, extension, write = _FILES[form]
    return Encoded(media_type, _file(coverage, frame, found, write), extension)


def _file(coverage: Coverage, frame: Frame, found: Iterator[Region], write: Write) -> Iterator[bytes]:
    """A file that is made as a whole."""
    features = [(frame.polygon(region), region[1]) for region in found]
    yield write(features, coverage.range_type.fields[0].dtype, frame.crs, coverage.identifier or "polygons")


def _regions(
    coverage: Coverage, connectivity: int, proceed: Callable[[], None] | None, limit: int | None
) -> Iterator[Region]:
    cells = coverage.source.read(CellBox.whole(coverage.domain.shape), (0,))
    if limit is not None:
        size = VERTEX_BYTES * corner_count(cells.values[0], None if cells.valid is None else cells.valid[0])
        if size > limit:
            raise LimitExceeded(
                f"the outlines of these regions have {size // VERTEX_BYTES} vertices of {VERTEX_BYTES} bytes, more "
                f"than the {limit} bytes allowed (max_result_bytes); "
                "take a part of the coverage, or fewer different values",
                locator="max_result_bytes",
            )
    found = regions(cells.values[0], None if cells.valid is None else cells.valid[0], connectivity)
    for number, region in enumerate(found):
        if proceed is not None and number % OFTEN == 0:
            proceed()
        yield region


def _geojson(frame: Frame, found: Iterator[Region]) -> Iterator[bytes]:
    """A feature collection, one feature a line; nothing comes before it is known that there are regions."""
    first = list(islice(found, 1))
    yield b'{"type":"FeatureCollection","features":['
    before = b"\n"
    for region in chain(first, found):
        feature = {
            "type": "Feature",
            "properties": {"value": _json_value(region[1])},
            "geometry": mapping(frame.polygon(region)),
        }
        yield before + json.dumps(feature, separators=(",", ":")).encode()
        before = b",\n"
    yield b"\n]}\n"


def _json_value(value: Any) -> Any:
    """A value that JSON has; of numbers that are not finite their names."""
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value
