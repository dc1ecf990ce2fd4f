# SPDX-License-Identifier: MIT
"""The domains that scaling and reprojection make.

Scaling keeps the extent of an axis and changes its number of cells: ``n * f`` rounded half up, at least 1. Reprojection
without a target grid keeps extent and resolution: square cells, as many along the diagonal as there were before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.crs import (
    Bounds,
    Crs,
    area_of_use,
    parse_crs,
    same_horizontal,
    separable,
    transform_bounds,
    transform_points,
)
from eoxserver.core.domain import Domain
from eoxserver.core.errors import (
    CrsNotSupported,
    InvalidAxisLabel,
    InvalidExtent,
    InvalidScaleFactor,
    ScaleAxisUndefined,
    UnsupportedCombination,
)
from eoxserver.core.rasters import raster_domain
from eoxserver.query.plan import Extent, Factor, ScaleTarget, TargetGrid

__all__ = ["Plane", "reprojected_domain", "scaled_domain", "suggested_grid", "x_period"]

SAMPLES = 33
"""Points along each side of the lattice that finds the extent of a reprojected plane."""
AROUND = 45.0
"""How far beyond its area of use a CRS still makes sense, at least [degrees]."""
MAX_SIZE = 1 << 53
"""Beyond this the cells of an axis can no longer be told apart."""


@dataclass(frozen=True, slots=True)
class Plane:
    """A horizontal grid, as mappings between grids need it."""

    crs: Crs
    x: float
    """Outer edge of the first column [CRS unit]."""
    dx: float
    """Signed width of a column [CRS unit]."""
    width: int
    y: float
    """Outer edge of the first row [CRS unit]."""
    dy: float
    """Signed height of a row; negative when north is up [CRS unit]."""
    height: int

    @classmethod
    def of(cls, domain: Domain) -> Plane:
        """The plane of a domain; raises CoverageUnusable when it has none."""
        x, y = (domain.axes[position] for position in domain.require_horizontal())
        assert isinstance(x, RegularAxis) and isinstance(y, RegularAxis) and x.crs is not None
        return cls(x.crs, x.start, x.step, x.size, y.start, y.step, y.size)


def scaled_domain(domain: Domain, targets: Sequence[ScaleTarget]) -> Domain:
    """The domain after scaling; axes that no target names stay as they are.

    An index axis counts on from its first index, or from the lower end of the extent asked for.

    Raises
    ------
    ScaleAxisUndefined
        For an axis the domain lacks.
    InvalidAxisLabel
        For an axis named twice.
    InvalidScaleFactor, InvalidExtent
        For a factor or size that is no positive number, or an extent that ends before it starts.
    UnsupportedCombination
        When an irregular axis would change its size.
    """
    changes: dict[int, Axis] = {}
    for target in targets:
        try:
            position = domain.index(target.label)
        except InvalidAxisLabel as error:
            raise ScaleAxisUndefined(f"scaling: {error.message}", locator=target.label) from error
        if position in changes:
            raise InvalidAxisLabel(f"axis '{target.label}' is scaled twice", locator=target.label)
        changes[position] = _scaled_axis(domain.axes[position], target)
    return domain.replaced(changes)


def _scaled_axis(axis: Axis, target: ScaleTarget) -> Axis:
    size = _scaled_size(axis, target)
    if isinstance(axis, IndexAxis):
        first = target.low if isinstance(target, Extent) else axis.first
        return replace(axis, size=size, first=first)
    if size == axis.size:
        return axis
    if isinstance(axis, IrregularAxis):
        raise UnsupportedCombination(
            f"axis {axis.label} is irregular: its {axis.size} positions cannot be scaled to {size}; leave it out",
            locator=axis.label,
        )
    return axis.resized(size)


def _scaled_size(axis: Axis, target: ScaleTarget) -> int:
    if isinstance(target, Extent):
        if target.high < target.low:
            raise InvalidExtent(
                f"axis {axis.label}: extent {target.low}:{target.high} ends before it starts", locator=target.label
            )
        return target.high - target.low + 1
    if isinstance(target, Factor):
        if not (math.isfinite(target.factor) and 0 < target.factor * axis.size <= MAX_SIZE):
            raise InvalidScaleFactor(
                f"axis {axis.label}: scale factor {target.factor} is not a positive number of reasonable size",
                locator=target.label,
            )
        return max(1, math.floor(axis.size * target.factor + 0.5))
    if not 1 <= target.size <= MAX_SIZE:
        raise InvalidScaleFactor(
            f"axis {axis.label}: size {target.size} is not a positive number of cells", locator=target.label
        )
    return target.size


def reprojected_domain(domain: Domain, crs: Crs, grid: TargetGrid | None) -> Domain:
    """The domain after reprojection of its horizontal plane; the other axes, and the order of axes, stay.

    Raises
    ------
    CoverageUnusable
        When the domain has no horizontal plane.
    CrsNotSupported
        When ``crs`` has none, or nothing of the domain can be projected to it.
    UnsupportedCombination
        When an axis of the new CRS is called as another axis of the domain.
    """
    x, y = domain.require_horizontal()
    if crs.horizontal is None:
        raise CrsNotSupported(f"{crs.uri} has no horizontal axes to reproject to", locator="outputCrs")
    if grid is None and crs.horizontal == domain.horizontal_crs:
        return domain
    if grid is None:
        grid = suggested_grid(Plane.of(domain), crs.horizontal)
    plane = raster_domain(crs.horizontal, grid.bounds, grid.width, grid.height)
    others = {axis.label for position, axis in enumerate(domain.axes) if position not in (x, y)}
    for label in plane.labels:
        if label in others:
            raise UnsupportedCombination(
                f"axis '{label}' of {crs.uri} is called as another axis of the coverage", locator=label
            )
    axes = list(domain.axes)
    axes[x], axes[y] = plane.axes[1], plane.axes[0]
    new_order = iter(plane.crs_labels)
    old = (domain.axes[x].label, domain.axes[y].label)
    order = tuple(next(new_order) if label in old else label for label in domain.crs_labels)
    return Domain(tuple(axes), order)


def suggested_grid(source: Plane, crs: Crs) -> TargetGrid:
    """A grid in ``crs`` that keeps extent and resolution of ``source``, with square cells.

    What is kept is what lies where the target CRS makes sense: within its area of use when that spans all longitudes
    (EPSG:3857 ends at 85 degrees), otherwise within that area and as much again on each side, 45 degrees at least
    (scenes reach beyond zones of UTM, but nobody wants the world in one). A plane that lies elsewhere altogether is
    kept whole, if it can be projected at all.

    Raises
    ------
    CrsNotSupported
        When nothing can be projected.
    """
    if same_horizontal(source.crs, crs):
        edges = ((source.x, source.x + source.dx * source.width), (source.y, source.y + source.dy * source.height))
        (left, right), (bottom, top) = (sorted(pair) for pair in edges)
        return TargetGrid((left, bottom, right, top), source.width, source.height)
    edges = ((source.x, source.x + source.dx * source.width), (source.y, source.y + source.dy * source.height))
    (left, right), (bottom, top) = (sorted(pair) for pair in edges)
    box = (left, bottom, right, top)
    allowed = _allowed(crs)
    if allowed is not None and not _inside(source, allowed):
        grid = _restricted(source, crs, transform_bounds(parse_crs("CRS:84"), crs, allowed), box)
        if grid is not None:
            return grid
    bounds = _turned(transform_bounds(source.crs, crs, box), source, crs, box)
    return _square_cells(bounds, _diagonal(source.crs, crs, box, bounds) / math.hypot(source.width, source.height), crs)


def _diagonal(src: Crs, dst: Crs, box: Bounds, bounds: Bounds) -> float:
    """The mean length of the diagonals of a box in another CRS; of ``bounds``, its place there, where that fails."""
    x, y = transform_points(src, dst, box[0::2] * 2, (*box[1::2], box[3], box[1]))
    across, width = np.abs(x[[1, 3]] - x[[0, 2]]), bounds[2] - bounds[0]
    period = x_period(dst)
    if period is not None and (across > width * (1 + 1e-9)).any():
        across = np.abs(np.mod(across + period / 2, period) - period / 2)
    lengths = np.hypot(across, y[[1, 3]] - y[[0, 2]])
    pole = dst.kind == "geographic" and src.kind != "geographic" and period is not None and width >= period
    if not np.isfinite(lengths).all() or pole:
        return math.dist(bounds[:2], bounds[2:])
    return min(float(lengths.mean()), math.dist(bounds[:2], bounds[2:]))


def _square_cells(bounds: Bounds, cell: float, crs: Crs) -> TargetGrid:
    """A grid over ``bounds`` with square cells of about this size [CRS unit]."""
    width, height = bounds[2] - bounds[0], bounds[3] - bounds[1]
    if not (cell > 0 and math.isfinite(cell)):
        raise CrsNotSupported(f"the coverage shrinks to a point in {crs.uri}", locator="outputCrs")
    columns, rows = (max(1, math.floor(size / cell + 0.5)) for size in (width, height))
    return TargetGrid((bounds[0], bounds[3] - rows * cell, bounds[0] + columns * cell, bounds[3]), columns, rows)


def _allowed(crs: Crs) -> Bounds | None:
    """West, south, east, north of where a CRS is meant to be used; east may exceed 180."""
    area = area_of_use(crs)
    if area is None:
        return None
    west, south, east, north = area
    if east <= west:
        east += 360
    if east - west >= 359:
        return (west, south, east, north)
    width, height = max(AROUND, east - west), max(AROUND, north - south)
    return (west - width, max(-90.0, south - height), east + width, min(90.0, north + height))


def _inside(source: Plane, allowed: Bounds) -> bool:
    """Whether a whole plane lies between the meridians and parallels of ``allowed``."""
    columns, rows = (np.linspace(0, size, SAMPLES) for size in (source.width, source.height))
    x, y = np.meshgrid(source.x + columns * source.dx, source.y + rows * source.dy)
    longitude, latitude = transform_points(source.crs, parse_crs("CRS:84"), x, y)
    west, south, east, north = allowed
    margin = 1e-9
    turned = np.mod(longitude - west, 360.0)
    across = (turned <= east - west + margin) | (turned >= 360.0 - margin) | (east - west >= 359)
    return bool((across & (latitude >= south - margin) & (latitude <= north + margin)).all())


def _restricted(source: Plane, crs: Crs, bounds: Bounds, box: Bounds) -> TargetGrid | None:
    """A grid over the part of a plane within ``bounds`` of ``crs``; None when a lattice meets nothing of it."""
    try:
        around = transform_bounds(source.crs, crs, box)
        common = (*map(max, bounds[:2], around[:2]), *map(min, bounds[2:], around[2:]))
        if common[0] < common[2] and common[1] < common[3] and x_period(crs) is None:
            bounds = (common[0], common[1], common[2], common[3])
    except CrsNotSupported:
        return None
    density: npt.NDArray[np.float64] | None = None
    for _ in range(4):
        xs, ys = np.linspace(bounds[0], bounds[2], SAMPLES), np.linspace(bounds[1], bounds[3], SAMPLES)
        hits, everywhere = _density(source, crs, xs, ys)
        if not hits.any():
            return None
        density = everywhere[hits & np.isfinite(everywhere)]
        (left, right), (bottom, top) = (_hits(lines, hits, axis) for lines, axis in ((xs, 0), (ys, 1)))
        if (left, bottom, right, top) == bounds:
            break
        bounds = (left, bottom, right, top)
    assert density is not None
    finest = float(np.quantile(density, 0.75))
    return _square_cells(bounds, 1 / math.sqrt(finest), crs) if finest > 0 else None


def _density(
    source: Plane, crs: Crs, xs: npt.NDArray[np.float64], ys: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Where a lattice of ``crs`` meets a plane, and cells of the plane per square unit of ``crs`` around there."""
    x, y = np.meshgrid(xs, ys)
    step = (xs[-1] - xs[0]) * 1e-5, (ys[-1] - ys[0]) * 1e-5
    here, east, north = (
        transform_points(crs, source.crs, x + across * step[0], y + up * step[1])
        for across, up in ((0, 0), (1, 0), (0, 1))
    )
    period = x_period(source.crs)
    column = (here[0] - source.x) / source.dx
    if period is not None:
        column = np.mod(column + 1e-6, period / abs(source.dx)) - 1e-6
    row = (here[1] - source.y) / source.dy
    with np.errstate(invalid="ignore"):
        hits = (column >= -1e-6) & (column <= source.width + 1e-6) & (row >= -1e-6) & (row <= source.height + 1e-6)
    turn = (east[0] - here[0]) * (north[1] - here[1]) - (north[0] - here[0]) * (east[1] - here[1])
    return hits, np.abs(turn / (step[0] * step[1] * source.dx * source.dy))


def _hits(lines: npt.NDArray[np.float64], met: npt.NDArray[np.bool_], axis: int) -> tuple[float, float]:
    """The range of the lattice lines that meet something, one line more on each side."""
    hits = np.flatnonzero(met.any(axis=axis))
    return float(lines[max(0, hits[0] - 1)]), float(lines[min(lines.size - 1, hits[-1] + 1)])


def _turned(bounds: Bounds, source: Plane, crs: Crs, box: Bounds) -> Bounds:
    """Bounds in a projected CRS whose x repeats, turned together when the box lies on both sides of its seam."""
    period = x_period(crs)
    if crs.kind == "geographic" or period is None or bounds[2] - bounds[0] <= period / 2:
        return bounds
    x, y = np.meshgrid(np.linspace(box[0], box[2], SAMPLES), np.linspace(box[1], box[3], SAMPLES))
    east, _ = transform_points(source.crs, crs, x, y)
    ordered = np.sort(np.mod(east[np.isfinite(east)] - bounds[0], period))
    gaps = np.diff(ordered, append=ordered[0] + period)
    widest = int(np.argmax(gaps))
    if gaps[widest] <= period / 4 or widest == ordered.size - 1:
        return bounds
    west = bounds[0] + float(ordered[widest + 1])
    return (west, bounds[1], west + period - float(gaps[widest]), bounds[3])


@lru_cache(maxsize=256)
def x_period(crs: Crs) -> float | None:
    """After how much x the meridians come again, in geographic and cylindrical CRSs [CRS unit]; None in others."""
    plane = crs.horizontal
    if plane is None:
        return None
    if plane.kind == "geographic":
        unit = plane.to_pyproj().axis_info[0].unit_conversion_factor
        return round(2 * math.pi / unit, 9) if unit else 360.0
    longitude_first = parse_crs("CRS:84")
    if not separable(longitude_first, plane):
        return None
    x, _ = transform_points(longitude_first, plane, [0.0, 1.0, 90.0, 91.0], [0.0, 0.0, 0.0, 0.0])
    degree = min(abs(float(x[1] - x[0])), abs(float(x[3] - x[2])))
    return 360 * degree if degree > 0 else None
