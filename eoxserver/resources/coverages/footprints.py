# SPDX-License-Identifier: MIT
"""Footprints on the Earth: of a box in any CRS, of tie points, and of rings as documents write them.

A footprint is a multi-polygon in EPSG:4326, x = longitude from -180 to 180, x before y. What crosses the date line is
cut there; what holds a pole reaches it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from eoxserver.core.coverage import TiePoints
from eoxserver.core.crs import Crs, parse_crs, transform_points
from eoxserver.core.errors import CrsNotSupported

__all__ = ["bounds_footprint", "ring_polygon", "tie_points_footprint", "wrapped"]

EDGE_POINTS = 24
"""Points along each edge of a projected box; an edge is curved on the Earth."""
MESH_POINTS = 49
"""Points along each side of the mesh that stands for a box which only partly lies on the Earth."""
TOLERANCE = 1e-3
"""How far a footprint made from a mesh is simplified [degrees]."""

Bounds = tuple[float, float, float, float]
Array = npt.NDArray[np.float64]


def bounds_footprint(crs: Crs, bounds: Bounds) -> MultiPolygon:
    """The footprint of a box.

    Parameters
    ----------
    bounds : tuple
        Outer edges (min x, min y, max x, max y) [CRS units], x being easting or longitude.

    Raises
    ------
    CrsNotSupported
        When no part of the box lies on the Earth.
    """
    wgs84 = parse_crs("EPSG:4326")
    if crs.horizontal is not None and crs.horizontal.epsg == wgs84.epsg:
        return wrapped(box(*bounds))
    x, y = _edge(bounds)
    lon, lat = transform_points(crs, wgs84, x, y)
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        return _mesh_footprint(crs, bounds)
    lon = _unwrapped(np.append(lon, lon[0]))
    lat = np.append(lat, lat[0])
    if abs(lon[-1] - lon[0]) < 180:
        return wrapped(Polygon(zip(lon, lat, strict=True)))
    pole = _pole(crs, bounds)
    ring = [*zip(lon, lat, strict=True), (float(lon[-1]), pole), (float(lon[0]), pole)]
    return wrapped(Polygon(ring))


def tie_points_footprint(points: TiePoints) -> MultiPolygon:
    """The footprint of tie points: the outline of their grid where they form one, their convex hull otherwise.

    Raises
    ------
    CrsNotSupported
        When they span no area on the Earth.
    """
    lon, lat = transform_points(points.crs, parse_crs("EPSG:4326"), points.x, points.y)
    finite = np.isfinite(lon) & np.isfinite(lat)
    lon, lat = lon[finite], lat[finite]
    if lon.size < 3:
        raise CrsNotSupported(f"fewer than three tie points lie on the Earth in {points.crs.uri}")
    order = _grid_outline(points.rows[finite], points.columns[finite])
    if order is not None:
        outline = Polygon(zip(_unwrapped(lon[order]), lat[order], strict=True))
        if outline.is_valid and outline.area > 0:
            return wrapped(outline)
    lon = lon[0] + (lon - lon[0] + 180) % 360 - 180
    return wrapped(shapely.convex_hull(shapely.multipoints(np.column_stack([lon, lat]))))


def ring_polygon(exterior: Sequence[Sequence[float]], interiors: Iterable[Sequence[Sequence[float]]] = ()) -> Polygon:
    """The polygon of rings on the Earth, whose edges take the short way round.

    Parameters
    ----------
    exterior, interiors : sequence of (longitude, latitude)
        Two neighbours more than 180 degrees apart mean that the date line lies between them.

    Raises
    ------
    ValueError
        When a ring has fewer than four positions or a position that is none on the Earth.
    """
    rings = [_ring(ring) for ring in (exterior, *interiors)]
    turns = [360.0 * round((rings[0][0, 0] - ring[0, 0]) / 360) for ring in rings]
    return Polygon(rings[0], [ring + np.array([turn, 0.0]) for turn, ring in zip(turns[1:], rings[1:], strict=True)])


def wrapped(geometry: BaseGeometry) -> MultiPolygon:
    """A geometry with any longitudes, valid, cut at the date line and at the poles.

    Raises
    ------
    ValueError
        When nothing with an area is left.
    """
    if not geometry.is_valid:
        geometry = shapely.make_valid(geometry)
    west, _, east, _ = geometry.bounds if not geometry.is_empty else (0.0, 0.0, 0.0, 0.0)
    turns = range(int(np.floor((west + 180) / 360)), int(np.ceil((east - 180) / 360)) + 1)
    earth = box(-180, -90, 180, 90)
    parts = [shapely.intersection(shapely.transform(geometry, _shift(-360.0 * turn)), earth) for turn in turns]
    merged = shapely.union_all([part for part in parts if part.area > 0])
    polygons = [part for part in shapely.get_parts(merged) if isinstance(part, Polygon) and part.area > 0]
    if not polygons:
        raise ValueError("the footprint has no area on the Earth")
    return MultiPolygon(polygons)


def _shift(by: float) -> Any:
    return lambda points: points + np.array([by, 0.0])


def _edge(bounds: Bounds) -> tuple[Array, Array]:
    """Points along the edge of a box, counter-clockwise, the first not repeated."""
    min_x, min_y, max_x, max_y = bounds
    steps = np.arange(EDGE_POINTS) / EDGE_POINTS
    x = min_x + (max_x - min_x) * np.concatenate([steps, np.ones(EDGE_POINTS), 1 - steps, np.zeros(EDGE_POINTS)])
    y = min_y + (max_y - min_y) * np.concatenate([np.zeros(EDGE_POINTS), steps, np.ones(EDGE_POINTS), 1 - steps])
    return x, y


def _unwrapped(lon: Array) -> Array:
    """Longitudes made continuous: neighbours are never more than 180 degrees apart."""
    return np.unwrap(lon, period=360.0)


def _ring(positions: Sequence[Sequence[float]]) -> Array:
    ring = np.asarray(positions, dtype=np.float64)
    if ring.ndim != 2 or len(ring) < 4 or not np.isfinite(ring).all() or (np.abs(ring) > [540, 90]).any():
        raise ValueError("a ring needs four positions or more, with longitudes and latitudes in degrees")
    jumps = np.abs(np.diff(ring[:, 0]))
    if ((jumps > 180) & (jumps < 360)).any():
        ring = np.column_stack([_unwrapped(ring[:, 0]), ring[:, 1]])
        if abs(ring[-1, 0] - ring[0, 0]) > 180:
            pole = 90.0 if ring[:, 1].mean() > 0 else -90.0
            ring = np.vstack([ring, [ring[-1, 0], pole], [ring[0, 0], pole], ring[0]])
    return ring


def _pole(crs: Crs, bounds: Bounds) -> float:
    """The latitude of the pole that lies in a box whose edge runs round the Earth."""
    wgs84 = parse_crs("EPSG:4326")
    x, y = transform_points(wgs84, crs, np.zeros(2), np.array([90.0, -90.0]))
    inside = (x >= bounds[0]) & (x <= bounds[2]) & (y >= bounds[1]) & (y <= bounds[3])
    if inside[0] == inside[1]:
        centre = np.array([(bounds[0] + bounds[2]) / 2]), np.array([(bounds[1] + bounds[3]) / 2])
        return 90.0 if transform_points(crs, wgs84, *centre)[1][0] > 0 else -90.0
    return 90.0 if inside[0] else -90.0


def _mesh_footprint(crs: Crs, bounds: Bounds) -> MultiPolygon:
    """The union of the cells of a mesh over the box whose four corners lie on the Earth."""
    min_x, min_y, max_x, max_y = bounds
    x, y = np.meshgrid(np.linspace(min_x, max_x, MESH_POINTS), np.linspace(min_y, max_y, MESH_POINTS))
    lon, lat = (a.reshape(x.shape) for a in transform_points(crs, parse_crs("EPSG:4326"), x.ravel(), y.ravel()))
    quads = []
    for row, column in np.argwhere(_whole_quads(np.isfinite(lon) & np.isfinite(lat))):
        corners = ([row, row, row + 1, row + 1], [column, column + 1, column + 1, column])
        ring = _unwrapped(lon[corners])
        if ring.max() - ring.min() < 180:
            quads.append(Polygon(zip(ring, lat[corners], strict=True)))
    if not quads:
        raise CrsNotSupported(f"no part of the box {bounds} in {crs.uri} lies on the Earth")
    parts = [wrapped(quad) for quad in quads if quad.area > 0]
    return wrapped(shapely.simplify(shapely.union_all(parts), TOLERANCE))


def _whole_quads(finite: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    return finite[:-1, :-1] & finite[:-1, 1:] & finite[1:, :-1] & finite[1:, 1:]


def _grid_outline(rows: Array, columns: Array) -> npt.NDArray[np.intp] | None:
    """Positions of the outer points of a full grid of points, once round; None when they form none."""
    tops, lefts = np.unique(rows), np.unique(columns)
    if len(tops) < 2 or len(lefts) < 2 or len(tops) * len(lefts) != len(rows):
        return None
    grid = np.full((len(tops), len(lefts)), -1, dtype=np.intp)
    grid[np.searchsorted(tops, rows), np.searchsorted(lefts, columns)] = np.arange(len(rows))
    if (grid < 0).any():
        return None
    return np.concatenate([grid[0, :], grid[1:, -1], grid[-1, -2::-1], grid[-2:0:-1, 0]])
