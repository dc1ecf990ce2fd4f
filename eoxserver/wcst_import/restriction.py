# SPDX-License-Identifier: MIT
"""Which slices are imported: ``config.slice_restriction``, a box with bounds on every axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from eoxserver.core.axes import Axis, RegularAxis
from eoxserver.core.coordinates import parse_coordinate
from eoxserver.core.errors import EOxServerError
from eoxserver.wcst_import.errors import IngredientsError
from eoxserver.wcst_import.ingredients.sections import Restriction
from eoxserver.wcst_import.slices import Slice

__all__ = ["is_inside"]

_KEY = "config.slice_restriction"
_ROUNDING = 1e-6
"""How far the edge of a slice may be outside [cells]."""


def is_inside(one: Slice, given: Sequence[Restriction]) -> bool:
    """Whether a slice lies within all bounds: its positions, or along several cells its outer edges.

    Parameters
    ----------
    given : sequence of Restriction
        One for each axis, in CRS order; none: every slice is inside.

    Raises
    ------
    IngredientsError
        When there are more or fewer than axes, or a bound is no coordinate.
    """
    if not given:
        return True
    axes = one.part.domain.crs_axes
    if len(axes) != len(given):
        labels = ", ".join(one.part.domain.crs_labels)
        raise IngredientsError(f"{_KEY} has {len(given)} entries; the axes are {labels}", locator=_KEY)
    pairs = enumerate(zip(axes, given, strict=True))
    return all(_holds(axis, each, f"{_KEY}[{number}]") for number, (axis, each) in pairs)


def _holds(axis: Axis, given: Restriction, key: str) -> bool:
    low, high = (
        _bound(axis, value, given.type, f"{key}.{name}", open_)
        for name, value, open_ in (("low", given.low, -math.inf), ("high", given.high, math.inf))
    )
    if low > high:
        raise IngredientsError(f"{key}: low {given.low} is greater than high {given.high}", locator=key)
    slack = abs(axis.step) * _ROUNDING if isinstance(axis, RegularAxis) else 0.0
    ends = (axis.coordinate(0),) * 2 if axis.size == 1 else (axis.low, axis.high)
    return low - slack <= ends[0] and ends[1] <= high + slack


def _bound(axis: Axis, value: Any, kind: str, key: str, open_: float) -> float:
    if value == "*":
        return open_
    try:
        if kind == "date":
            if axis.crs is None or not axis.crs.is_temporal:
                raise IngredientsError(f"{key}: axis {axis.label} has no dates; type must be number", locator=key)
            return parse_coordinate(axis.crs, str(value), axis.label)
        return float(value)
    except (TypeError, ValueError) as error:
        if isinstance(error, IngredientsError):
            raise
        reason = error.message if isinstance(error, EOxServerError) else f"accepted: a number or *, for type {kind}"
        raise IngredientsError(f"{key}: {value!r} is no bound on axis {axis.label}: {reason}", locator=key) from error
