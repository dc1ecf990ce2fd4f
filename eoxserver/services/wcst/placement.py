# SPDX-License-Identifier: MIT
"""Where the cells of an update go: the subsets of the request, in the terms of the coverage that is updated.

A trim of a regular axis gives the outer edges of the cells, a slice the middle of one; both must lie on the grid of the
coverage within ``TOLERANCE`` cells, inside of it or beyond. On an irregular axis a slice gives the position, new or
there, and a trim bounds the positions that the input itself has. Axes without a subset stay as the input says. An axis
that the input lacks is added by its slice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.coordinates import coordinate_text
from eoxserver.core.crs import Crs, same_crs
from eoxserver.core.domain import Domain, same_label
from eoxserver.core.errors import InconsistentChange, InvalidAxisLabel, InvalidSubsetting, SubsettingCrsNotSupported
from eoxserver.core.subsets import GRID, Slice, Subset, Trim, check_order, is_open, number

__all__ = ["TOLERANCE", "placed"]

TOLERANCE = 1e-3
"""How far an edge or a middle may lie off the grid [cells]."""
SAME = 1e-9
"""How far a position may lie beyond the bounds of a trim [axis unit]."""


def placed(part: Domain, whole: Domain, subsets: Sequence[Subset]) -> Domain:
    """The domain of an input where the subsets put it.

    Parameters
    ----------
    part : Domain
        Of the input.
    whole : Domain
        Of the coverage.

    Raises
    ------
    InvalidAxisLabel
        For an axis that the coverage lacks, or that is named twice.
    InvalidSubsetting
        When bounds do not lie on the grid, or are of another number of cells than the input has.
    InconsistentChange
        When the axes of the input are not those of the coverage.
    SubsettingCrsNotSupported
        For bounds in another CRS than that of the axis.
    """
    named = _by_axis(whole, subsets)
    own = {index: axis for axis in part.axes if (index := _index(whole, axis)) is not None}
    if len(own) != len(part.axes) or list(own) != sorted(own):
        raise InconsistentChange(
            f"the axes are {', '.join(part.labels) or 'none'}; those of the coverage are {', '.join(whole.labels)}, "
            "in this order"
        )
    axes: list[Axis] = []
    for index, axis in enumerate(whole.axes):
        given, subset = own.get(index), named.get(index)
        if given is None and not isinstance(subset, Slice):
            raise InconsistentChange(
                f"the input has no axis {axis.label}, which a slice must stand for then: subset={axis.label}(position)",
                locator=axis.label,
            )
        if given is not None:
            _check_crs(axis, given)
        axes.append(_placed(axis, given, subset) if subset is not None else given or axis)
    return Domain(tuple(axes), whole.crs_labels)


def _by_axis(whole: Domain, subsets: Sequence[Subset]) -> dict[int, Subset]:
    found: dict[int, Subset] = {}
    for subset in subsets:
        index = whole.index(subset.label)
        if index in found:
            raise InvalidAxisLabel(f"axis '{subset.label}' is subset twice", locator=subset.label)
        crs, axis = subset.crs, whole.axes[index]
        if isinstance(crs, Crs) and crs.kind != "index" and not (axis.crs is not None and same_crs(crs, axis.crs)):
            raise SubsettingCrsNotSupported(
                f"the bounds of an update are in the CRS of the coverage; '{crs.uri}' is another one",
                locator=axis.label,
            )
        found[index] = subset
    return found


def _index(whole: Domain, axis: Axis) -> int | None:
    return next((index for index, label in enumerate(whole.labels) if same_label(label, axis.label)), None)


def _check_crs(axis: Axis, given: Axis) -> None:
    """Refuse an input in another CRS, whatever the subset says."""
    if given.crs is not None and axis.crs is not None and not same_crs(given.crs, axis.crs):
        raise InconsistentChange(
            f"axis {axis.label} is in {given.crs.uri}; in the coverage it is in {axis.crs.uri}", locator=axis.label
        )


def _placed(axis: Axis, given: Axis | None, subset: Subset) -> Axis:
    size = 1 if given is None else given.size
    if isinstance(axis, IrregularAxis):
        return _irregular(axis, given, subset)
    _check_resolution(axis, given)
    first = _first_cell(axis, subset, size)
    if first is None:
        return given or axis
    if isinstance(axis, IndexAxis):
        return IndexAxis(axis.label, size, axis.first + first, axis.crs, axis.unit, axis.role)
    return RegularAxis(axis.label, axis.coordinate(first), axis.step, size, axis.crs, axis.unit, axis.role)


def _check_resolution(axis: Axis, given: Axis | None) -> None:
    if not isinstance(axis, RegularAxis) or not isinstance(given, RegularAxis) or given.size == 1:
        return
    if abs(given.step - axis.step) * (given.size - 1) > TOLERANCE * abs(axis.step):
        raise InconsistentChange(
            f"axis {axis.label} has the resolution {given.step}; in the coverage it is {axis.step}", locator=axis.label
        )


def _first_cell(axis: RegularAxis | IndexAxis, subset: Subset, size: int) -> int | None:
    """The cell, counted from the first one of the coverage, where the input begins; None when that is left open."""
    if isinstance(subset, Slice):
        return _cell(axis, subset, size)
    if is_open(subset.low) or is_open(subset.high):
        return None
    in_grid = _in_grid(axis, subset)
    crs = None if in_grid else axis.crs
    low, high = (number(crs, bound, axis.label) for bound in (subset.low, subset.high))
    check_order(subset, low, high)
    if in_grid or isinstance(axis, IndexAxis):
        start = 0 if in_grid or not isinstance(axis, IndexAxis) else axis.first
        return _whole_cells(axis, subset, low - start, high - start, size)
    if low == high:
        return _cell(axis, Slice(subset.label, low), size)
    edge = low if axis.step > 0 else high
    first, width = (edge - axis.start) / axis.step, (high - low) / abs(axis.step)
    if abs(width - size) > TOLERANCE:
        raise _wrong_size(axis, subset, width, size)
    return _on_grid(axis, first, f"{edge}")


def _whole_cells(axis: Axis, subset: Trim, low: float, high: float, size: int) -> int:
    """The first of the cells from ``low`` to ``high``, or, where ``high`` is one more, up to the edge ``high``."""
    if low != math.floor(low) or high != math.floor(high):
        raise InvalidSubsetting(
            f"axis {axis.label}: {subset.low} to {subset.high} are no whole cells", locator=axis.label
        )
    if high - low + 1 != size and high - low != size:
        raise _wrong_size(axis, subset, high - low + 1, size)
    return int(low)


def _cell(axis: RegularAxis | IndexAxis, subset: Slice, size: int) -> int:
    if size != 1:
        raise InvalidSubsetting(
            f"axis {axis.label}: a slice stands for one cell; the input has {size}", locator=axis.label
        )
    in_grid = _in_grid(axis, subset)
    if is_open(subset.point):
        raise InvalidSubsetting(f"axis {axis.label}: a slice needs a point, not '*'", locator=axis.label)
    point = number(None if in_grid else axis.crs, subset.point, axis.label)
    if in_grid:
        return _on_grid(axis, point, str(subset.point))
    start, step = (axis.origin, axis.step) if isinstance(axis, RegularAxis) else (float(axis.first), 1.0)
    return _on_grid(axis, (point - start) / step, str(subset.point))


def _on_grid(axis: RegularAxis | IndexAxis, place: float, shown: str) -> int:
    nearest = round(place)
    if abs(place - nearest) > TOLERANCE:
        raise InvalidSubsetting(
            f"axis {axis.label}: {shown} lies {abs(place - nearest):.3g} cells off the grid of the coverage; up to "
            f"{TOLERANCE} are accepted",
            locator=axis.label,
        )
    return nearest


def _irregular(axis: IrregularAxis, given: Axis | None, subset: Subset) -> Axis:
    if isinstance(subset, Slice):
        if given is not None and given.size != 1:
            raise InvalidSubsetting(
                f"axis {axis.label}: a slice stands for one position; the input has {given.size}", locator=axis.label
            )
        point = number(axis.crs, subset.point, axis.label)
        return IrregularAxis(axis.label, np.array([point]), axis.crs, axis.unit, axis.role)
    assert given is not None
    low = -math.inf if is_open(subset.low) else number(axis.crs, subset.low, axis.label)
    high = math.inf if is_open(subset.high) else number(axis.crs, subset.high, axis.label)
    check_order(subset, low, high)
    if low == high:
        return _irregular(axis, given, Slice(subset.label, low))
    outside = [one for one in given.coordinates().tolist() if not low - SAME <= one <= high + SAME]
    if outside:
        raise InvalidSubsetting(
            f"axis {axis.label}: the input has the position {coordinate_text(axis, outside[0])}, which is not in "
            f"{subset.low} .. {subset.high}",
            locator=axis.label,
        )
    return IrregularAxis(axis.label, given.coordinates(), axis.crs, axis.unit, axis.role)


def _in_grid(axis: Axis, subset: Subset) -> bool:
    given = subset.crs == GRID or (isinstance(subset.crs, Crs) and subset.crs.kind == "index")
    return given and not isinstance(axis, IndexAxis) and not (axis.crs is not None and axis.crs.kind == "index")


def _wrong_size(axis: Axis, subset: Trim, found: float, size: int) -> InvalidSubsetting:
    return InvalidSubsetting(
        f"axis {axis.label}: {subset.low} to {subset.high} are {found:.6g} cells of the coverage; the input has {size}",
        locator=axis.label,
    )
