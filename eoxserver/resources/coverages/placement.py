# SPDX-License-Identifier: MIT
"""Where the cells of a part belong in a coverage: their grid indices, or coefficients, along each axis.

Rules: on a regular axis a cell goes where its centre lies, which must be the centre of a cell of the coverage's grid
within ``TOLERANCE`` cells, whether the coverage reaches there yet or not. On an irregular axis a coefficient is one
that is there, or a new one. Two coefficients are the same when they differ by no more than rounding: half a millisecond
on axes of time, ``SAME`` of the least distance between coefficients on others.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from eoxserver.backends.cubes.base import Along
from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.crs import same_crs
from eoxserver.core.domain import Domain, same_label
from eoxserver.core.errors import InconsistentChange, InvalidSubsetting

__all__ = ["TOLERANCE", "grown", "place"]

TOLERANCE = 1e-3
"""How far a cell may lie off the grid [cells]."""
SAME = 1e-6
"""How far coefficients that are the same may differ [least distance of two]."""
_ULPS = 4.0

_Coordinates = npt.NDArray[np.float64]


def place(whole: Domain, part: Domain, lows: Sequence[int]) -> tuple[Along, ...]:
    """The cells of a part in the grid of a whole, along each axis in grid order.

    Parameters
    ----------
    lows : sequence of int
        Grid index of the whole's first cell along each axis; not looked at on irregular ones.

    Returns
    -------
    tuple of range or list of float
        Grid indices, or coefficients with the values they have in the whole.

    Raises
    ------
    InconsistentChange
        When axes, their order, their CRSs or resolutions differ, or two coefficients are the same as one.
    InvalidSubsetting
        When cells do not lie on the grid.
    """
    _check_axes(whole, part)
    return tuple(_along(*axes) for axes in zip(whole.axes, part.axes, lows, strict=True))


def grown(whole: Domain, along: Sequence[Along], falling: Collection[str]) -> Domain:
    """A domain with the coefficients that cells have which were placed in it; regular axes are left as they are.

    Parameters
    ----------
    along : sequence of range or list of float
        What ``place`` answered.
    falling : collection of str
        Labels of the axes whose coefficients fall.
    """
    axes = [
        _with_coefficients(axis, cells, axis.label in falling) if isinstance(axis, IrregularAxis) else axis
        for axis, cells in zip(whole.axes, along, strict=True)
    ]
    return replace(whole, axes=tuple(axes))


def _with_coefficients(axis: IrregularAxis, given: Along, falls: bool) -> IrregularAxis:
    every = np.union1d(axis.coefficients, given)
    if every.size == axis.size:
        return axis
    return replace(axis, coefficients=every[::-1] if falls else every)


def _check_axes(whole: Domain, part: Domain) -> None:
    same = len(whole.axes) == len(part.axes) and all(map(same_label, whole.labels, part.labels))
    if not same:
        raise InconsistentChange(
            f"the axes are {', '.join(part.labels) or 'none'}; those of the coverage are {', '.join(whole.labels)}, "
            "in this order"
        )
    for axis, other in zip(whole.axes, part.axes, strict=True):
        if isinstance(axis, IndexAxis) and isinstance(other, IndexAxis):
            continue
        if (axis.crs is None) != (other.crs is None) or (axis.crs and other.crs and not same_crs(axis.crs, other.crs)):
            raise InconsistentChange(
                f"axis {axis.label} is in {_crs_name(other)}; in the coverage it is in {_crs_name(axis)}",
                locator=axis.label,
            )


def _crs_name(axis: Axis) -> str:
    return "no CRS" if axis.crs is None else axis.crs.uri


def _along(axis: Axis, part: Axis, low: int) -> Along:
    if isinstance(axis, IrregularAxis):
        return _coefficients(axis, part.coordinates())
    step = axis.step if isinstance(axis, RegularAxis) else 1.0
    if isinstance(part, RegularAxis) and part.size > 1:
        if abs(part.step - step) * (part.size - 1) > TOLERANCE * abs(step):
            raise InconsistentChange(
                f"axis {axis.label} has the resolution {part.step}; in the coverage it is {step}", locator=axis.label
            )
        cells = (np.array([part.origin]) - axis.coordinate(0)) / step
    else:
        cells = (part.coordinates() - axis.coordinate(0)) / step
    return _range(axis, part, cells, low)


def _range(axis: Axis, part: Axis, cells: _Coordinates, low: int) -> range:
    """The grid indices of cells, counted from the first of the axis."""
    off = np.abs(cells - np.round(cells))
    if not (off <= TOLERANCE).all():
        worst = int(np.argmax(off))
        raise InvalidSubsetting(
            f"on axis {axis.label} the cell at {part.coordinate(worst)} lies {off[worst]:.3g} cells off the grid of "
            f"the coverage; up to {TOLERANCE} are accepted",
            locator=axis.label,
        )
    indices = np.round(cells).astype(np.int64)
    if (np.diff(indices) != 1).any():
        raise InvalidSubsetting(
            f"on axis {axis.label} the cells do not follow each other in the order of the coverage's grid; "
            "a gap takes two updates",
            locator=axis.label,
        )
    first = int(indices[0]) + low
    return range(first, first + part.size)


def _coefficients(axis: IrregularAxis, given: _Coordinates) -> list[float]:
    """The coefficients as they are in the coverage, new ones as they are given."""
    found = _matched(axis, given)
    falling = axis.size > 1 and axis.coefficients[0] > axis.coefficients[-1]
    steps = np.diff(found) * (-1.0 if falling else 1.0)
    if (steps == 0).any():
        twice = float(found[int(np.argmax(steps == 0))])
        raise InconsistentChange(
            f"on axis {axis.label} two coefficients are the same as {twice} of the coverage", locator=axis.label
        )
    if (steps < 0).any():
        raise InconsistentChange(
            f"on axis {axis.label} the coefficients are in another order than those of the coverage, which "
            f"{'fall' if falling else 'rise'}",
            locator=axis.label,
        )
    return [float(one) for one in found]


def _matched(axis: IrregularAxis, given: _Coordinates) -> _Coordinates:
    """Each coefficient, or the one of the axis that it is the same as."""
    known = np.sort(axis.coefficients)
    right = np.searchsorted(known, given)
    below, above = known[np.clip(right - 1, 0, None)], known[np.clip(right, None, known.size - 1)]
    nearest = np.where(np.abs(given - below) <= np.abs(above - given), below, above)
    same = np.maximum(_ULPS * np.spacing(np.abs(nearest)), _rounding(axis, known))
    return np.where(np.abs(given - nearest) <= same, nearest, given)


def _rounding(axis: Axis, known: _Coordinates) -> float:
    """How far coefficients that are the same may differ [axis units]."""
    if axis.crs is not None and axis.crs.time is not None:
        return 0.5 / abs(axis.crs.time.unit_milliseconds)
    return 0.0 if known.size < 2 else SAME * float(np.diff(known).min())
