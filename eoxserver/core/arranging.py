# SPDX-License-Identifier: MIT
"""Cells of an array along the axes of a grid: its axes in another order, some of them missing there or here.

``places`` says for each axis of the grid which axis of the array it is, None where the array has none: one cell. An
axis of the array that is none of the grid's has one cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy.typing as npt

from eoxserver.core.coverage import CellBox

__all__ = ["Places", "along_grid", "array_box", "with_ones"]

Places: TypeAlias = Sequence[int | None]


def with_ones(numbers: Sequence[int], places: Places) -> tuple[int, ...]:
    """Numbers of the array's axes by axis of the grid, 1 where the array has none.

    >>> with_ones((4, 5), (1, None, 0))
    (5, 1, 4)
    """
    return tuple(1 if place is None else numbers[place] for place in places)


def array_box(box: CellBox, places: Places, count: int) -> CellBox:
    """Which cells of an array with ``count`` axes those of a box of the grid are.

    >>> array_box(CellBox((2, 0, 6), (3, 1, 9)), (1, None, 0), 3)
    CellBox(low=(6, 2, 0), high=(9, 3, 1))
    """
    low, high = [0] * count, [1] * count
    for axis, place in enumerate(places):
        if place is not None:
            low[place], high[place] = box.low[axis], box.high[axis]
    return CellBox(tuple(low), tuple(high))


def along_grid(values: npt.NDArray[Any], places: Places, shape: Sequence[int]) -> npt.NDArray[Any]:
    """Values of the array along the axes of the grid.

    Parameters
    ----------
    values : ndarray
        Of shape (field, *axes of the array).
    shape : sequence of int
        Of the result: (field, *axes of the grid); what are fields of the array may be cells of leading axes of it.
    """
    order = [place + 1 for place in places if place is not None]
    rest = [axis for axis in range(1, values.ndim) if axis not in order]
    return values.transpose([0, *order, *rest]).reshape(shape)
