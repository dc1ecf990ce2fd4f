# SPDX-License-Identifier: MIT
"""Points and boxes from one horizontal CRS to another.

Coordinates are always x before y (easting, longitude first), whatever order the CRSs have. The transformers are
cached; pyproj keeps one per thread behind each. Grids that are not installed are done without, never downloaded.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyproj
from pyproj.exceptions import CRSError, ProjError

from eoxserver.core.crs.identity import Crs, offline, same_crs
from eoxserver.core.crs.registry import registered_crs
from eoxserver.core.errors import CrsNotSupported, InvalidBounds

__all__ = [
    "Bounds", "area_of_use", "same_horizontal", "separable", "split_antimeridian", "transform_bounds",
    "transform_points", "wgs84_bounds",
]  # fmt: skip

Bounds: TypeAlias = tuple[float, float, float, float]
"""(min x, min y, max x, max y), outer edges [CRS units]."""
_Array: TypeAlias = npt.NDArray[np.float64]

FARTHEST = 1.5e7
"""Projected points farther from the centre of the CRS's area of use are not trusted, outside that area [m]."""
POLE = 90 - 1e-9
"""Points nearer to a pole have no longitude [degrees]."""


def transform_points(src: Crs, dst: Crs, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[_Array, _Array]:
    """Points in another CRS.

    Parameters
    ----------
    src, dst : Crs
        CRSs with a horizontal component.
    x, y : array_like
        Eastings (longitudes) and northings (latitudes), of shapes that go together [src units].

    Returns
    -------
    x, y : ndarray
        Of the common shape [dst units]; both NaN where the point cannot be projected.

    Raises
    ------
    CrsNotSupported
        When one has no horizontal component, or PROJ knows no way between them.
    """
    xs, ys = (np.array(a, dtype=np.float64) for a in np.broadcast_arrays(x, y))
    if same_horizontal(src, dst):
        return xs, ys
    transformer = _transformer(src, dst)
    first, second = (ys, xs) if _plane(src).yx else (xs, ys)
    answer = transformer.transform(np.atleast_1d(first), np.atleast_1d(second), errcheck=False)
    east, north = (np.asarray(a, dtype=np.float64).reshape(xs.shape) for a in answer)
    if _plane(dst).yx:
        east, north = north, east
    lost = ~(np.isfinite(east) & np.isfinite(north))
    if lost.any():
        east, north = (np.where(lost, np.nan, a) for a in (east, north))
    return east, north


def transform_bounds(src: Crs, dst: Crs, bounds: Bounds, densify: int = 21) -> Bounds:
    """The least box in another CRS around a box.

    Edges are walked in ``densify`` points each. Parts that cannot be projected, or only to places of no use (the
    poles in Mercator), are left out. In a geographic CRS the box may cross the antimeridian: min x then lies in
    -180..180 and max x beyond 180; a box around a pole has all longitudes.

    Raises
    ------
    InvalidBounds
        When ``bounds`` is no box.
    CrsNotSupported
        When nothing of the box can be projected, or PROJ knows no way between the CRSs.
    """
    if not all(map(math.isfinite, bounds)) or bounds[0] > bounds[2] or bounds[1] > bounds[3]:
        raise InvalidBounds(f"{bounds} is no box; accepted: min x, min y, max x, max y, finite, min not above max")
    if same_horizontal(src, dst):
        return (float(bounds[0]), float(bounds[1]), float(bounds[2]), float(bounds[3]))
    x, y = _ring(src, dst, bounds, densify)
    ring = bool(_useful(dst, x, y).all()) and (separable(src, dst) or not _is_wide(src, bounds))
    if not ring:
        x, y = _points_all_over(src, dst, bounds, densify)
    if not x.size:
        raise CrsNotSupported(f"the box {bounds} of {src.uri} cannot be projected to {dst.uri}", locator=dst.uri)
    if _plane(dst).kind != "geographic":
        return (float(x.min()), float(y.min()), float(x.max()), float(y.max()))
    return _geographic_box(x, y, ring, _poles_inside(src, dst, bounds))


def wgs84_bounds(crs: Crs, bounds: Bounds) -> Bounds | None:
    """The WGS 84 box (west, south, east, north) around a box [degrees].

    West lies in -180..180; east lies beyond 180 where the box crosses the antimeridian (``split_antimeridian``).
    None when the CRS has no horizontal component, or the box cannot be projected.
    """
    try:
        west, south, east, north = transform_bounds(crs, _wgs84(), bounds)
    except CrsNotSupported:
        return None
    west, east = _normal_longitudes(west, east)
    south, north = (min(max(latitude, -90.0), 90.0) for latitude in (south, north))
    return (west, south, east, north)


def split_antimeridian(bounds: Bounds) -> tuple[Bounds, ...]:
    """A box of longitudes and latitudes as one box, or two, within -180..180.

    >>> split_antimeridian((170.0, -20.0, 190.0, -10.0))
    ((170.0, -20.0, 180.0, -10.0), (-180.0, -20.0, -170.0, -10.0))
    """
    west, south, east, north = bounds
    west, east = _normal_longitudes(west, east)
    if east <= 180:
        return ((west, south, east, north),)
    return ((west, south, 180.0, north), (-180.0, south, east - 360, north))


def area_of_use(crs: Crs) -> Bounds | None:
    """Where the CRS is meant to be used: (west, south, east, north) [degrees], or None when nobody says.

    West is greater than east where the area crosses the antimeridian.
    """
    area = None if crs.horizontal is None else crs.horizontal.to_pyproj().area_of_use
    return None if area is None else (area.west, area.south, area.east, area.north)


@lru_cache(maxsize=1024)
def same_horizontal(a: Crs, b: Crs) -> bool:
    """Whether x and y of one are x and y of the other as they stand; the order of axes does not count."""
    first, second = _plane(a), _plane(b)
    if same_crs(first, second):
        return True
    if first.kind != second.kind:
        return False
    return first.to_pyproj().equals(second.to_pyproj(), ignore_axis_order=True)


@lru_cache(maxsize=1024)
def separable(src: Crs, dst: Crs) -> bool:
    """Whether x depends on x only, and y on y only, from one CRS to the other.

    Then one vector per axis describes the transformation of a whole raster. Tried out on a grid over the area in
    which both CRSs are used.
    """
    if same_horizontal(src, dst):
        return True
    try:
        box = _common_box(src, dst)
        if box is None:
            return False
        columns, rows = np.linspace(box[0], box[2], 9), np.linspace(box[1], box[3], 9)
        x, y = transform_points(src, dst, *np.meshgrid(columns, rows))
    except CrsNotSupported:
        return False
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return False
    tolerance = 1e-10 * max(np.ptp(x), np.ptp(y))
    return bool(np.ptp(x, axis=0).max() <= tolerance and np.ptp(y, axis=1).max() <= tolerance)


def _common_box(src: Crs, dst: Crs) -> Bounds | None:
    """A box of ``src`` in which both CRSs are used, without its very edges; None when there is none."""
    west, south, east, north = -179.0, -80.0, 179.0, 80.0
    for area in (area_of_use(src), area_of_use(dst)):
        if area is not None:
            west, south, north = max(west, area[0]), max(south, area[1]), min(north, area[3])
            east = min(east, area[2]) if area[2] > area[0] else east
    if west >= east or south >= north:
        return None
    x, y = transform_points(_wgs84(), src, [west, east, west, east], [south, south, north, north])
    inset = (0.01 * np.ptp(x), 0.01 * np.ptp(y))
    return (float(x.min() + inset[0]), float(y.min() + inset[1]), float(x.max() - inset[0]), float(y.max() - inset[1]))


def _plane(crs: Crs) -> Crs:
    if crs.horizontal is None:
        raise CrsNotSupported(f"{crs.uri} is {crs.kind}, it has no horizontal axes", locator=crs.uri)
    return crs.horizontal


@lru_cache(maxsize=512)
def _transformer(src: Crs, dst: Crs) -> pyproj.Transformer:
    """PROJ's transformer, in the axis order of the CRSs; one object serves all threads."""
    offline()
    try:
        return pyproj.Transformer.from_crs(_plane(src).to_pyproj(), _plane(dst).to_pyproj(), always_xy=False)
    except (ProjError, CRSError) as error:
        raise CrsNotSupported(f"PROJ has no transformation from {src.uri} to {dst.uri}", locator=dst.uri) from error


@lru_cache(maxsize=1)
def _wgs84() -> Crs:
    return registered_crs("OGC", "CRS84")


def _ring(src: Crs, dst: Crs, bounds: Bounds, count: int) -> tuple[_Array, _Array]:
    """Projected points along the edges of a box, both sides of every cut that an edge crosses included."""
    edge_x, edge_y = _edge(bounds, count)
    x, y = transform_points(src, dst, edge_x, edge_y)
    if _plane(dst).kind != "projected":
        return x, y
    with np.errstate(invalid="ignore"):
        jumps = np.flatnonzero(np.hypot(np.diff(x), np.diff(y)) > FARTHEST / 2 / _metres(dst))
    if not jumps.size:
        return x, y
    near, far = np.array([edge_x, edge_y])[:, jumps], np.array([edge_x, edge_y])[:, jumps + 1]
    for _ in range(50):
        middle = (near + far) / 2
        start, centre = transform_points(src, dst, *near), transform_points(src, dst, *middle)
        stop = transform_points(src, dst, *far)
        ahead = np.hypot(centre[0] - start[0], centre[1] - start[1]) <= np.hypot(
            stop[0] - centre[0], stop[1] - centre[1]
        )
        near, far = np.where(ahead, middle, near), np.where(ahead, far, middle)
    more = [transform_points(src, dst, *points) for points in (near, far)]
    return np.concatenate([x, *(part[0] for part in more)]), np.concatenate([y, *(part[1] for part in more)])


def _is_wide(src: Crs, bounds: Bounds) -> bool:
    """Whether a box spans so much of the Earth that its edges need not map to the edges of its image."""
    limit = 90 * _degree(src) if _plane(src).kind == "geographic" else FARTHEST / 2 / _metres(src)
    return max(bounds[2] - bounds[0], bounds[3] - bounds[1]) > limit


def _metres(crs: Crs) -> float:
    """Metres in a unit of a projected CRS."""
    return _plane(crs).to_pyproj().axis_info[0].unit_conversion_factor or 1.0


def _edge(bounds: Bounds, count: int) -> tuple[_Array, _Array]:
    """Points around a box, one after the other; the last is the first."""
    west, south, east, north = bounds
    columns, rows = np.linspace(west, east, count), np.linspace(south, north, count)
    x = np.concatenate([columns, np.full(count, east), columns[::-1], np.full(count, west)])
    y = np.concatenate([np.full(count, south), rows, np.full(count, north), rows[::-1]])
    return x, y


def _useful(dst: Crs, x: _Array, y: _Array) -> npt.NDArray[np.bool_]:
    """Which points are projected, and not beyond all use."""
    finite = np.isfinite(x) & np.isfinite(y)
    if _plane(dst).kind != "projected":
        return finite
    centre_x, centre_y, reach_x, reach_y = _reach(_plane(dst))
    with np.errstate(invalid="ignore"):
        return finite & (np.abs(x - centre_x) <= reach_x) & (np.abs(y - centre_y) <= reach_y)


@lru_cache(maxsize=512)
def _reach(plane: Crs) -> tuple[float, float, float, float]:
    """Centre (x, y) of the area of use, and how far from it coordinates are trusted [CRS units]."""
    unit = _metres(plane)
    area = area_of_use(plane)
    x = y = np.empty(0)
    if area is not None:
        east = area[2] if area[2] >= area[0] else area[2] + 360
        x, y = transform_points(_wgs84(), plane, *_edge((area[0], area[1], east, area[3]), 21))
    known = np.isfinite(x)
    if not known.any():
        return (0.0, 0.0, 2 * FARTHEST / unit, 2 * FARTHEST / unit)
    halves = [(float(v[known].min() + v[known].max()) / 2, float(np.ptp(v[known])) / 2) for v in (x, y)]
    reach = [max(half * (1 + 1e-6), FARTHEST / unit) for _, half in halves]
    return (halves[0][0], halves[1][0], reach[0], reach[1])


def _points_all_over(src: Crs, dst: Crs, bounds: Bounds, densify: int) -> tuple[_Array, _Array]:
    """Those points of a box that can be projected: on its edges, all over it, and where the target is used."""
    boxes = [bounds]
    area = area_of_use(dst)
    if area is not None:
        parts = (
            [area] if area[2] > area[0] else [(area[0], area[1], 180.0, area[3]), (-180.0, area[1], area[2], area[3])]
        )
        for part in parts:
            try:
                box = part if same_horizontal(src, _wgs84()) else transform_bounds(_wgs84(), src, part)
            except CrsNotSupported:
                continue
            common = (*map(max, box[:2], bounds[:2]), *map(min, box[2:], bounds[2:]))
            if common[0] <= common[2] and common[1] <= common[3]:
                boxes.append((common[0], common[1], common[2], common[3]))
    found: list[tuple[Any, Any]] = []
    for box in boxes:
        count = 4 * densify
        columns, rows = np.linspace(box[0], box[2], count), np.linspace(box[1], box[3], count)
        for x, y in (transform_points(src, dst, *np.meshgrid(columns, rows)), _ring(src, dst, box, count)):
            good = _useful(dst, x, y)
            found.append((x[good], y[good]))
    return np.concatenate([x for x, _ in found]), np.concatenate([y for _, y in found])


@lru_cache(maxsize=1024)
def _poles(src: Crs, dst: Crs) -> tuple[tuple[float, float, float], ...]:
    """(x, y, latitude) in ``src`` of the poles of a geographic ``dst``, where ``src`` has them as points."""
    if _plane(src).kind == "geographic":
        return ()
    latitudes = np.array([90.0, -90.0]) * _degree(dst)
    x, y = transform_points(dst, src, np.zeros(2), latitudes)
    seen = _useful(src, x, y)
    return tuple((float(x[i]), float(y[i]), float(latitudes[i])) for i in range(2) if seen[i])


def _poles_inside(src: Crs, dst: Crs, bounds: Bounds) -> list[float]:
    """Latitudes of the poles inside a box [dst unit]."""
    return [latitude for x, y, latitude in _poles(src, dst) if bounds[0] < x < bounds[2] and bounds[1] < y < bounds[3]]


def _degree(crs: Crs) -> float:
    """Units of a geographic CRS in a degree."""
    unit = _plane(crs).to_pyproj().axis_info[0].unit_conversion_factor
    return math.radians(1) / unit if unit else 1.0


def _geographic_box(x: _Array, y: _Array, ring: bool, poles: list[float]) -> Bounds:
    """The box around longitudes and latitudes; ``ring``: the points follow each other around the box."""
    south, north = min([float(y.min()), *poles]), max([float(y.max()), *poles])
    if poles:
        return (-180.0, south, 180.0, north)
    steady = x[np.abs(y) < POLE] if (np.abs(y) < POLE).any() else x
    if ring:
        lines = np.unwrap(steady, period=360)
        west, east = _normal_longitudes(float(lines.min()), float(lines.max()))
        return (west, south, east, north)
    ordered = np.sort(np.mod(steady + 180, 360) - 180)
    gaps = np.diff(ordered)
    widest = int(np.argmax(gaps)) if gaps.size else 0
    if gaps.size and gaps[widest] > 90 and gaps[widest] > ordered[0] + 360 - ordered[-1]:
        return (float(ordered[widest + 1]), south, float(ordered[widest]) + 360, north)
    return (float(steady.min()), south, float(steady.max()), north)


def _normal_longitudes(west: float, east: float) -> tuple[float, float]:
    """The same arc with west in -180..180; all longitudes are -180..180."""
    if east - west >= 360 - 1e-9:
        return (-180.0, 180.0)
    turns = 360 * math.floor((west + 180) / 360)
    return (west - turns, east - turns) if turns else (west, east)
