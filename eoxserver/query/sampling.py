# SPDX-License-Identifier: MIT
"""Reading what resampling needs of a source in bounded memory.

A read never holds more than ``budget`` bytes of source cells at once, each counted as 8 bytes for the floats made of
it: boxes of the result that need more are halved until they do not. Where single cells of the result are wider than
``WIDE`` cells of the source, these are reduced to blocks (their mean, least or greatest value) piece by piece as they
are read; where they are sampled, only the samples are read if all would be too much.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.coverage import CellBox, Cells
from eoxserver.query.plan import Interpolation
from eoxserver.query.resample import without_nan, working_type
from eoxserver.query.taps import LINEAR, Array
from eoxserver.query.windows import Zoomed

__all__ = [
    "BUDGET",
    "CELL_BYTES",
    "Reduction",
    "WindowReader",
    "block_factor",
    "halves",
    "joined",
    "nothing",
    "outside",
]

BUDGET = 64 << 20
"""Source cells held at once by one read, unless told otherwise [bytes]."""
CELL_BYTES = 8
"""What a source cell counts in the budget, whatever its type [bytes]."""
WIDE = 8
"""Cells of the result that are this many source cells wide, or more, may be made of blocks."""
MAX_BLOCK = 1024
"""Widest block [source cells]."""


def block_factor(ratio: float, method: Interpolation, separable: bool, size: int, closed: bool) -> int:
    """How many source cells make a block along an axis, 1 for none.

    A cell of the result remains at least 4 blocks wide, 16 where both axes are separable, so that its edges are met
    well. Methods that pick or sort cells never use blocks.
    """
    if method not in LINEAR and method not in (Interpolation.MIN, Interpolation.MAX):
        return 1
    finest = 16 if separable else 4
    if ratio < 2 * finest or ratio < WIDE:
        return 1
    factor = min(MAX_BLOCK, int(ratio / finest))
    if closed:
        factor = next(divisor for divisor in range(factor, 0, -1) if size % divisor == 0)
    return factor


def halves(box: CellBox, axis: int) -> tuple[CellBox, CellBox]:
    """A box cut in two along an axis."""
    middle = (box.low[axis] + box.high[axis]) // 2
    high = tuple(middle if i == axis else edge for i, edge in enumerate(box.high))
    low = tuple(middle if i == axis else edge for i, edge in enumerate(box.low))
    return CellBox(box.low, high), CellBox(low, box.high)


def joined(parts: Sequence[Cells], axis: int) -> Cells:
    """Cells one after the other along an axis of the grid."""
    if len(parts) == 1:
        return parts[0]
    values = np.concatenate([part.values for part in parts], axis=axis + 1)
    if all(part.valid is None for part in parts):
        return Cells(values)
    return Cells(values, np.concatenate([part.mask() for part in parts], axis=axis + 1))


def nothing(shape: Sequence[int], dtype: np.dtype[Any]) -> Cells:
    """Cells none of which is valid, shape (field, *axes)."""
    return Cells(np.zeros(shape, dtype), np.broadcast_to(np.False_, tuple(shape)))


def outside(cells: Cells, inside: npt.NDArray[np.bool_]) -> Cells:
    """The cells, valid only where ``inside``, of a shape that goes with that of the values."""
    if cells.valid is not None:
        return Cells(cells.values, cells.valid & inside)
    return Cells(cells.values, np.broadcast_to(inside, cells.values.shape))


@dataclass(frozen=True, slots=True)
class Reduction:
    """Blocks of source cells, by axis of the window."""

    factors: dict[int, int]
    method: Interpolation

    def shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Blocks along each axis."""
        return tuple(-(-size // self.factors.get(axis, 1)) for axis, size in enumerate(shape))


@dataclass(frozen=True, slots=True)
class WindowReader:
    """Reads a window of a level, around the Earth where it is closed, in blocks where these are wanted."""

    zoomed: Zoomed
    around: int | None = None
    """The axis along which the window is closed."""
    budget: int = BUDGET
    proceed: Callable[[], None] = lambda: None
    """Called before cells are read; raises when they are not wanted any more."""

    def read(self, low: Sequence[int], high: Sequence[int], fields: Sequence[int], blocks: Reduction) -> Cells:
        """Read cells, or blocks where ``blocks`` has factors, from ``low`` up to, without, ``high``."""
        shape = blocks.shape(self.zoomed.shape)
        axis = self.around
        if axis is None or (low[axis] >= 0 and high[axis] <= shape[axis]):
            return self._read(CellBox(tuple(low), tuple(high)), fields, blocks)
        parts = []
        at, size = low[axis], shape[axis]
        while at < high[axis]:
            begin = at % size
            end = min(size, begin + high[axis] - at)
            box = CellBox(
                tuple(begin if i == axis else edge for i, edge in enumerate(low)),
                tuple(end if i == axis else edge for i, edge in enumerate(high)),
            )
            parts.append(self._read(box, fields, blocks))
            at += end - begin
        return joined(parts, axis)

    def read_at(
        self, low: Sequence[int], high: Sequence[int], index: Mapping[int, Array], fields: Sequence[int]
    ) -> Cells:
        """Read only some cells along some axes, others between them only as far as the budget allows.

        Parameters
        ----------
        index : mapping
            The cells, increasing, by axis; along the others everything from ``low`` to ``high`` is read.
        """
        start, stop = list(low), list(high)
        for axis, numbers in index.items():
            start[axis], stop[axis] = int(numbers[0]), int(numbers[-1]) + 1
        size = math.prod(b - a for a, b in zip(start, stop, strict=True)) * len(fields) * CELL_BYTES
        several = [axis for axis, numbers in index.items() if numbers.size > 1]
        if size <= self.budget or not several:
            cells = self.read(start, stop, fields, Reduction({}, Interpolation.NEAREST))
            for axis, numbers in index.items():
                cells = _taken(cells, numbers - start[axis], axis + 1)
            return cells
        axis = max(several, key=lambda each: stop[each] - start[each])
        middle = index[axis].size // 2
        parts = (index[axis][:middle], index[axis][middle:])
        return joined([self.read_at(low, high, {**index, axis: part}, fields) for part in parts], axis)

    def _read(self, box: CellBox, fields: Sequence[int], blocks: Reduction) -> Cells:
        if not blocks.factors:
            self.proceed()
            return self.zoomed.read(box, fields)
        shape = self.zoomed.shape
        source = CellBox(
            tuple(edge * blocks.factors.get(axis, 1) for axis, edge in enumerate(box.low)),
            tuple(min(shape[axis], edge * blocks.factors.get(axis, 1)) for axis, edge in enumerate(box.high)),
        )
        widest = max(range(len(shape)), key=lambda axis: box.shape[axis])
        if source.cell_count * len(fields) * CELL_BYTES > self.budget and box.shape[widest] > 1:
            return joined([self._read(half, fields, blocks) for half in halves(box, widest)], widest)
        self.proceed()
        return _reduced(self.zoomed.read(source, fields), blocks)


def _taken(cells: Cells, index: Array, axis: int) -> Cells:
    valid = None if cells.valid is None else cells.valid.take(index, axis=axis)
    return Cells(cells.values.take(index, axis=axis), valid)


def _reduced(cells: Cells, blocks: Reduction) -> Cells:
    """Blocks of cells: the mean (in floats), least or greatest valid value of each."""
    cells = without_nan(cells, blocks.method)
    values, valid = cells.values, cells.valid
    if blocks.method in LINEAR:
        values = values.astype(working_type(values.dtype, blocks.method), copy=False)
        if valid is None:
            total = _by_blocks(values, blocks, np.add.reduceat)
            for axis, factor in blocks.factors.items():
                size = values.shape[axis + 1]
                counts = np.diff(np.arange(0, size, factor), append=size).astype(total.dtype)
                total /= counts.reshape((-1,) + (1,) * (values.ndim - axis - 2))
            return Cells(total)
        total = _by_blocks(np.where(valid, values, values.dtype.type(0)), blocks, np.add.reduceat)
        number = _by_blocks(valid.astype(np.float32), blocks, np.add.reduceat)
        some = number > 0
        np.divide(total, number, out=total, where=some)
        return Cells(total, None if some.all() else some)
    fold: Callable[..., Any] = np.minimum.reduceat if blocks.method is Interpolation.MIN else np.maximum.reduceat
    if valid is None:
        return Cells(_by_blocks(values, blocks, fold))
    least = blocks.method is Interpolation.MIN
    values = np.where(valid, values, _loser(values.dtype, least))
    return Cells(_by_blocks(values, blocks, fold), _by_blocks(valid, blocks, np.logical_or.reduceat))


def _loser(dtype: np.dtype[Any], least: bool) -> Any:
    """A value that loses against every other."""
    if dtype.kind == "f":
        return dtype.type(np.inf if least else -np.inf)
    limits = np.iinfo(dtype)
    return limits.max if least else limits.min


def _by_blocks(values: npt.NDArray[Any], blocks: Reduction, fold: Callable[..., Any]) -> npt.NDArray[Any]:
    for axis, factor in blocks.factors.items():
        values = fold(values, np.arange(0, values.shape[axis + 1], factor), axis=axis + 1)
    return values
