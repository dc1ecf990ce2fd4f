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
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.coordinates import coordinate_text, is_temporal, parse_number
from eoxserver.core.coverage import CellBox
from eoxserver.core.crs import Crs, parse_crs
from eoxserver.core.domain import Domain, same_label
from eoxserver.core.errors import InvalidAxisLabel, InvalidSubsetting
from eoxserver.core.subsets import GRID, Bound, Slice, Subset, Trim, check_order, is_open, native_subsets, number

__all__ = ["GRID", "Mode", "Selection", "Slice", "Subset", "Trim", "point_intervals", "select"]

Mode: TypeAlias = Literal["halfopen", "closed", "gdal"]

SNAP_TRIM = 1e-3
"""Trim bounds this close to a cell edge lie on it [cells]."""
SNAP_SLICE = 1e-7
"""The same for slice points, where only binary noise is taken away [cells]."""
POINT_TOLERANCE = 1e-9
"""An irregular position this near to a bound or a slice point lies on it [axis unit]."""
HALF_MILLISECOND = 0.0005 + 1e-9
"""The same on time axes, whose positions are written with milliseconds [s]."""


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
    CrsUnknown
        When a subset names its CRS by text that names none.
    """
    native = native_subsets(domain, _by_axis(domain, subsets, crs), crs)
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


def point_intervals(frame: Domain, subsets: Sequence[Subset]) -> dict[int, tuple[float, float]]:
    """The closed intervals of coordinates that ``subsets`` keep of points, by grid position of the axis.

    Parameters
    ----------
    frame : Domain
        The axes of the points, all irregular ones (``core.coverage.Points``).

    Raises
    ------
    InvalidAxisLabel
        For an axis that there is not, or that is named twice.
    InvalidSubsetting
        For bounds that are reversed or unreadable, and for numbers of cells, which points have none of.
    SubsettingCrsNotSupported, CrsUnknown
        For bounds in another CRS than that of the axis.
    """
    found = {}
    for position, subset in native_subsets(frame, _by_axis(frame, subsets, None), None).items():
        axis = frame.axes[position]
        if not isinstance(axis, IrregularAxis) or _in_grid(axis, subset):
            raise InvalidSubsetting(
                f"axis {axis.label}: points have coordinates, no cell numbers; name no CRS, or that of the axis",
                locator=axis.label,
            )
        given = (subset.low, subset.high) if isinstance(subset, Trim) else (subset.point, subset.point)
        if isinstance(subset, Slice) and is_open(subset.point):
            raise InvalidSubsetting(f"axis {axis.label}: a slice needs a point, not '*'", locator=axis.label)
        low, high = (None if is_open(bound) else number(axis.crs, bound, axis.label) for bound in given)
        if isinstance(subset, Trim) and low is not None and high is not None:
            check_order(subset, low, high)
        found[position] = (
            -math.inf if low is None else low - _tolerance(axis, low),
            math.inf if high is None else high + _tolerance(axis, high),
        )
    return found


def _by_axis(domain: Domain, subsets: Sequence[Subset], crs: Crs | None) -> dict[int, Subset]:
    """Sort subsets by grid position, and refuse axes named twice."""
    found: dict[int, Subset] = {}
    for given in subsets:
        named = isinstance(given.crs, str) and given.crs != GRID
        subset = replace(given, crs=parse_crs(str(given.crs))) if named else given
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
                if same_label(axis.label, subset.label):
                    position = domain.role_index(axis.role)
                    if position in domain.horizontal:
                        return position
        raise


def _in_grid(axis: Axis, subset: Subset) -> bool:
    """Whether bounds are cell numbers; the coordinates of an index axis are its grid's own numbers anyway."""
    given = subset.crs == GRID or (isinstance(subset.crs, Crs) and subset.crs.kind == "index")
    return given and not isinstance(axis, IndexAxis)


def _outside(axis: Axis, what: str, low: str | None = None, high: str | None = None) -> InvalidSubsetting:
    low = coordinate_text(axis, axis.low) if low is None else low
    high = coordinate_text(axis, axis.high) if high is None else high
    return InvalidSubsetting(
        f"axis {axis.label}: {what} outside the coverage, which extends from {low} to {high}", locator=axis.label
    )


def _cell_number(axis: Axis, value: Bound) -> int:
    cell = parse_number(value) if isinstance(value, str) else value
    if cell is None or not math.isfinite(cell) or cell != math.floor(cell):
        raise InvalidSubsetting(f"axis {axis.label}: '{value}' is not an integer cell number", locator=axis.label)
    return int(cell)


def _slice_cell(axis: Axis, subset: Slice) -> int:
    """The cell of a slice point."""
    if is_open(subset.point):
        raise InvalidSubsetting(f"axis {axis.label}: a slice needs a point, not '*'", locator=axis.label)
    if _in_grid(axis, subset):
        cell = _cell_number(axis, subset.point)
        if not 0 <= cell < axis.size:
            raise _outside(axis, f"cell {cell} is", "cell 0", f"cell {axis.size - 1}")
        return cell
    point = number(axis.crs, subset.point, axis.label)
    if isinstance(axis, RegularAxis):
        place = _place(axis, point, SNAP_SLICE)
        cell = math.floor(place)
        if place == axis.size:
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
    if abs(axis.coordinate(nearest) - point) > _tolerance(axis, point):
        raise InvalidSubsetting(
            f"axis {axis.label}: {subset.point} is not one of its positions; "
            f"the nearest is {coordinate_text(axis, axis.coordinate(nearest))}",
            locator=axis.label,
        )
    return nearest


def _trim_cells(axis: Axis, subset: Trim, mode: Mode) -> tuple[int, int]:
    """The cells of a trim: the first, and the one after the last."""
    if _in_grid(axis, subset):
        low = 0 if is_open(subset.low) else _cell_number(axis, subset.low)
        high = axis.size - 1 if is_open(subset.high) else _cell_number(axis, subset.high)
        check_order(subset, low, high)
        return _clamped(axis, subset, low, high, ("cell 0", f"cell {axis.size - 1}"))
    start = None if is_open(subset.low) else number(axis.crs, subset.low, axis.label)
    stop = None if is_open(subset.high) else number(axis.crs, subset.high, axis.label)
    if start is None:
        start = axis.low if stop is None else min(axis.low, stop)
    if stop is None:
        stop = max(axis.high, start)
    check_order(subset, start, stop)
    if isinstance(axis, RegularAxis):
        first, last = _regular_trim(axis, start, stop, mode)
        return _clamped(axis, subset, first, last)
    if isinstance(axis, IndexAxis):
        return _clamped(axis, subset, math.ceil(start) - axis.first, math.floor(stop) - axis.first)
    return _irregular_trim(axis, subset, start, stop)


def _regular_trim(axis: RegularAxis, low: float, high: float, mode: Mode) -> tuple[int, int]:
    """First and last cell of a trim, not yet clamped to the axis."""
    near, far = sorted((_place(axis, low, SNAP_TRIM), _place(axis, high, SNAP_TRIM)))
    if near == far == axis.size:
        return axis.size - 1, axis.size - 1
    if mode == "gdal" and near < axis.size and far > 0:
        near, far = max(near, 0.0), min(far, float(axis.size))
        first = math.floor(near + 1e-3)
        return first, first + max(1, math.floor(far - near + 0.5 + SNAP_SLICE)) - 1
    first = math.floor(near)
    return first, math.floor(far) if mode == "closed" else max(first, math.ceil(far) - 1)


def _irregular_trim(axis: IrregularAxis, subset: Trim, low: float, high: float) -> tuple[int, int]:
    margin = _tolerance(axis, max(abs(low), abs(high)))
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


def _place(axis: RegularAxis, coordinate: float, tolerance: float) -> float:
    """Where a coordinate lies, in cells from the outer edge of cell 0; edges this near attract it.

    Far outside the axis the place is just -1, or one cell after the last: numbers stay small whatever is asked.
    """
    place = min(max((coordinate - axis.start) / axis.step, -1.0), axis.size + 1.0)
    nearest = round(place)
    return float(nearest) if abs(place - nearest) <= tolerance else place


def _tolerance(axis: IrregularAxis, value: float) -> float:
    """How far from a coordinate a position may be to lie on it [axis unit]."""
    noise = max(POINT_TOLERANCE, 4 * float(np.spacing(abs(value))))
    return max(noise, HALF_MILLISECOND / abs(axis.crs.unit_seconds)) if axis.crs and is_temporal(axis) else noise
