# SPDX-License-Identifier: MIT
"""From coordinates to cells: the one subset function behind every protocol.

WCS 2.0.1 (OGC 09-110r4) clause 8.4 leaves open which cells a trim that cuts through cells selects.
The mode ``halfopen`` (the default) selects cells whose half-open footprint the interval reaches into,
so that neighbouring boxes share no cell; ``closed`` selects every cell the closed interval touches;
``gdal`` rounds the size of a box trimmed in x and y, as GDAL's tools do. Slices pick the cell whose
footprint holds the point, the far edge of the coverage belongs to its last cell. Positions of
irregular axes are points: a trim selects those in the closed interval, a slice must hit one.

A bare four-digit number on a time axis is a year, any other number a coordinate of its CRS.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.coordinates import coordinate_text, parse_coordinate, parse_number
from eoxserver.core.coverage import CellBox
from eoxserver.core.crs import Crs, transform_bounds, transform_points
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidAxisLabel, InvalidSubsetting, SubsettingCrsNotSupported

__all__ = ["GRID", "Mode", "Selection", "Slice", "Subset", "Trim", "select"]

Mode: TypeAlias = Literal["halfopen", "closed", "gdal"]
Bound: TypeAlias = float | str | None

GRID = "CRS:1"
"""Names the grid itself as the CRS of a subset: bounds are cell numbers, both included."""

SNAP_TRIM = 1e-3
"""Trim bounds this close to a cell edge lie on it [cells]."""
SNAP_SLICE = 1e-7
"""The same for slice points, where only binary noise is taken away [cells]."""
POINT_TOLERANCE = 1e-9
"""A slice hits an irregular position this near [axis unit]."""


@dataclass(frozen=True, slots=True)
class Trim:
    """Keep the part of an axis between two coordinates; None or ``*`` is the end of the axis."""

    label: str
    low: Bound = None
    high: Bound = None
    crs: Crs | str | None = None
    """The CRS of the bounds: ``GRID``, or a CRS other than the axis's own."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Keep one position of an axis, and drop the axis."""

    label: str
    point: float | str
    crs: Crs | str | None = None


Subset: TypeAlias = Trim | Slice


@dataclass(frozen=True, slots=True)
class Selection:
    """What a subset selects."""

    box: CellBox
    """In cells of the whole grid, every axis included."""
    sliced: frozenset[int]
    """Grid positions of the axes that are dropped; the box is one cell wide there."""
    domain: Domain
    """Of the result."""


def select(domain: Domain, subsets: Sequence[Subset], crs: Crs | None = None, mode: Mode = "halfopen") -> Selection:
    """Select the cells that ``subsets`` describe.

    Parameters
    ----------
    crs : Crs, optional
        The CRS of all horizontal bounds that name none themselves (the CRS extension's
        ``subsettingCrs``, OGC 11-053r1); both horizontal axes are then trimmed or sliced together.

    Raises
    ------
    InvalidAxisLabel
        For an axis that the domain lacks, or that is named twice.
    InvalidSubsetting
        For bounds that are reversed, unreadable, or outside the domain.
    SubsettingCrsNotSupported
        When bounds cannot be brought to the CRS of the axis.
    """
    native = _to_native(domain, _by_axis(domain, subsets, crs), crs)
    low, high = [0] * len(domain.axes), list(domain.shape)
    sliced = set()
    boxed = domain.horizontal is not None and all(isinstance(native.get(i), Trim) for i in domain.horizontal)
    for position, subset in native.items():
        axis = domain.axes[position]
        if isinstance(subset, Slice):
            sliced.add(position)
            low[position] = _slice_cell(axis, subset)
            high[position] = low[position] + 1
        else:
            axis_mode: Mode = mode
            if mode == "gdal" and not (boxed and position in (domain.horizontal or ())):
                axis_mode = "halfopen"
            low[position], high[position] = _trim_cells(axis, subset, axis_mode)
    box = CellBox(tuple(low), tuple(high))
    changes = {i: domain.axes[i].cells(low[i], high[i]) for i in native}
    return Selection(box, frozenset(sliced), domain.replaced(changes).without(frozenset(sliced)))


def _by_axis(domain: Domain, subsets: Sequence[Subset], crs: Crs | None) -> dict[int, Subset]:
    """Sort subsets by grid position, and refuse axes named twice."""
    found: dict[int, Subset] = {}
    for subset in subsets:
        position = _position(domain, subset, crs)
        if position in found:
            raise InvalidAxisLabel(f"axis '{subset.label}' is subset twice", locator=subset.label)
        found[position] = subset
    return found


def _position(domain: Domain, subset: Subset, crs: Crs | None) -> int:
    """The axis a subset means; labels of a foreign subsetting CRS stand for the horizontal axes."""
    try:
        return domain.index(subset.label)
    except InvalidAxisLabel:
        foreign = subset.crs if isinstance(subset.crs, Crs) else crs
        if foreign is not None and domain.horizontal is not None:
            for axis in foreign.axes:
                if axis.label == subset.label:
                    position = domain.role_index(axis.role)
                    if position in domain.horizontal:
                        return position
        raise


def _to_native(domain: Domain, subsets: dict[int, Subset], crs: Crs | None) -> dict[int, Subset]:
    """Bring horizontal bounds that are in another CRS to the CRS of the axes."""
    horizontal = domain.horizontal or ()
    foreign: dict[int, Crs] = {}
    for position, subset in subsets.items():
        own = domain.axes[position].crs
        given = subset.crs if subset.crs is not None else (crs if position in horizontal else None)
        if isinstance(given, Crs) and given != own and given.kind != "index":
            if position not in horizontal or not given.is_horizontal:
                raise SubsettingCrsNotSupported(
                    f"bounds of axis '{subset.label}' cannot be given in {given.uri}", locator="subsettingCrs"
                )
            foreign[position] = given
    if not foreign:
        return subsets
    together = [subsets.get(position) for position in horizontal]
    crss = set(foreign.values())
    if len(foreign) < 2 or len(crss) > 1 or len({type(subset) for subset in together}) > 1:
        label = next(iter(subsets[i].label for i in foreign))
        raise InvalidSubsetting(
            "with a subsetting CRS other than the coverage's own, both horizontal axes "
            f"({', '.join(domain.axes[i].label for i in horizontal)}) must be trimmed, or both sliced",
            locator=label,
        )
    return {**subsets, **_reproject(domain, subsets, crss.pop())}


def _reproject(domain: Domain, subsets: dict[int, Subset], crs: Crs) -> dict[int, Subset]:
    x, y = domain.require_horizontal()
    own = domain.axes[x].crs
    first, second = subsets[x], subsets[y]
    assert own is not None
    if isinstance(first, Slice) and isinstance(second, Slice):
        points = [np.array([_number(crs, s.point, s.label)]) for s in (first, second)]
        east, north = transform_points(crs, own, points[0], points[1])
        if not (np.isfinite(east[0]) and np.isfinite(north[0])):
            raise InvalidSubsetting(f"the point lies where {crs.uri} cannot be projected", locator=first.label)
        return {x: Slice(first.label, float(east[0])), y: Slice(second.label, float(north[0]))}
    assert isinstance(first, Trim) and isinstance(second, Trim)
    whole = transform_bounds(own, crs, domain.horizontal_bounds)
    bounds = []
    for trim, low, high in ((first, whole[0], whole[2]), (second, whole[1], whole[3])):
        start = low if _open(trim.low) else _number(crs, trim.low, trim.label)
        stop = high if _open(trim.high) else _number(crs, trim.high, trim.label)
        _check_order(trim, start, stop)
        bounds.append((start, stop))
    west, south, east_edge, north_edge = transform_bounds(
        crs, own, (bounds[0][0], bounds[1][0], bounds[0][1], bounds[1][1])
    )
    return {x: Trim(first.label, west, east_edge), y: Trim(second.label, south, north_edge)}


def _open(bound: Bound) -> bool:
    return bound is None or (isinstance(bound, str) and bound.strip() in ("*", ""))


def _number(crs: Crs | None, value: Bound, label: str) -> float:
    return parse_coordinate(crs, value, label) if isinstance(value, str) else float(value or 0)


def _check_order(subset: Trim, low: float, high: float) -> None:
    if low > high:
        raise InvalidSubsetting(
            f"axis {subset.label}: lower bound {subset.low} is greater than upper bound {subset.high}",
            locator=subset.label,
        )


def _in_grid(subset: Subset) -> bool:
    return subset.crs == GRID or (isinstance(subset.crs, Crs) and subset.crs.kind == "index")


def _outside(axis: Axis, what: str, low: str | None = None, high: str | None = None) -> InvalidSubsetting:
    low = coordinate_text(axis, axis.low) if low is None else low
    high = coordinate_text(axis, axis.high) if high is None else high
    return InvalidSubsetting(
        f"axis {axis.label}: {what} outside the coverage, which extends from {low} to {high}", locator=axis.label
    )


def _cell_number(axis: Axis, value: Bound) -> int:
    number = parse_number(value) if isinstance(value, str) else value
    if number is None or number != math.floor(number):
        raise InvalidSubsetting(f"axis {axis.label}: '{value}' is not an integer cell number", locator=axis.label)
    return int(number)


def _slice_cell(axis: Axis, subset: Slice) -> int:
    """The cell of a slice point."""
    if _open(subset.point):
        raise InvalidSubsetting(f"axis {axis.label}: a slice needs a point, not '*'", locator=axis.label)
    if _in_grid(subset):
        cell = _cell_number(axis, subset.point)
        if not 0 <= cell < axis.size:
            raise _outside(axis, f"cell {cell} is", "cell 0", f"cell {axis.size - 1}")
        return cell
    point = _number(axis.crs, subset.point, axis.label)
    if isinstance(axis, RegularAxis):
        cell = _floor((point - axis.start) / axis.step, SNAP_SLICE)
        if cell == axis.size and _snap((point - axis.start) / axis.step, SNAP_SLICE) == axis.size:
            return axis.size - 1
        if not 0 <= cell < axis.size:
            raise _outside(axis, f"{subset.point} is")
        return cell
    if isinstance(axis, IndexAxis):
        cell = _cell_number(axis, point) - axis.first
        if not 0 <= cell < axis.size:
            raise _outside(axis, f"{subset.point} is")
        return cell
    nearest = int(np.argmin(np.abs(axis.coefficients - point)))
    tolerance = max(POINT_TOLERANCE, 4 * float(np.spacing(abs(point))))
    if abs(axis.coordinate(nearest) - point) > tolerance:
        raise InvalidSubsetting(
            f"axis {axis.label}: {subset.point} is not one of its positions; "
            f"the nearest is {coordinate_text(axis, axis.coordinate(nearest))}",
            locator=axis.label,
        )
    return nearest


def _trim_cells(axis: Axis, subset: Trim, mode: Mode) -> tuple[int, int]:
    """The cells of a trim: the first, and the one after the last."""
    if _in_grid(subset):
        low = 0 if _open(subset.low) else _cell_number(axis, subset.low)
        high = axis.size - 1 if _open(subset.high) else _cell_number(axis, subset.high)
        _check_order(subset, low, high)
        return _clamped(axis, subset, low, high, ("cell 0", f"cell {axis.size - 1}"))
    start = None if _open(subset.low) else _number(axis.crs, subset.low, axis.label)
    stop = None if _open(subset.high) else _number(axis.crs, subset.high, axis.label)
    if start is None:
        start = axis.low if stop is None else min(axis.low, stop)
    if stop is None:
        stop = max(axis.high, start)
    _check_order(subset, start, stop)
    if isinstance(axis, RegularAxis):
        first, last = _regular_trim(axis, start, stop, mode)
        return _clamped(axis, subset, first, last)
    if isinstance(axis, IndexAxis):
        return _clamped(axis, subset, math.ceil(start) - axis.first, math.floor(stop) - axis.first)
    return _irregular_trim(axis, subset, start, stop)


def _regular_trim(axis: RegularAxis, low: float, high: float, mode: Mode) -> tuple[int, int]:
    """First and last cell of a trim, not yet clamped to the axis."""
    near, far = sorted(((low - axis.start) / axis.step, (high - axis.start) / axis.step))
    if mode == "gdal":
        first = math.floor(near + 1e-3)
        return first, first + max(1, math.floor(far - near + 0.5)) - 1
    near, far = _snap(near, SNAP_TRIM), _snap(far, SNAP_TRIM)
    first = math.floor(near)
    if mode == "closed":
        return first, math.floor(far)
    if near == far == axis.size:
        first = axis.size - 1
    return first, max(first, math.ceil(far) - 1)


def _irregular_trim(axis: IrregularAxis, subset: Trim, low: float, high: float) -> tuple[int, int]:
    margin = max(POINT_TOLERANCE, 4 * float(np.spacing(max(abs(low), abs(high)))))
    hits = np.flatnonzero((axis.coefficients >= low - margin) & (axis.coefficients <= high + margin))
    if not hits.size:
        raise InvalidSubsetting(
            f"axis {axis.label}: no position lies in {subset.low} .. {subset.high}; there are {axis.size} "
            f"from {coordinate_text(axis, axis.low)} to {coordinate_text(axis, axis.high)}",
            locator=axis.label,
        )
    return int(hits[0]), int(hits[-1]) + 1


def _clamped(
    axis: Axis, subset: Trim, first: int, last: int, extent: tuple[str | None, str | None] = (None, None)
) -> tuple[int, int]:
    if last < 0 or first >= axis.size or last < first:
        raise _outside(axis, f"{subset.low} .. {subset.high} is", *extent)
    return max(first, 0), min(last, axis.size - 1) + 1


def _snap(value: float, tolerance: float) -> float:
    nearest = round(value)
    return float(nearest) if abs(value - nearest) <= tolerance else value


def _floor(value: float, tolerance: float) -> int:
    return math.floor(_snap(value, tolerance))
