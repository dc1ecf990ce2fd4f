# SPDX-License-Identifier: MIT
"""A program run over a box, in pieces so small that what is computed stays in the processor's cache.

Axes along which the same inputs vary go together as one; mostly that leaves a single long axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

import numpy as np

from eoxserver.core.coverage import CellBox, Cells
from eoxserver.core.errors import EvaluationFailed
from eoxserver.query.cellwise.expressions import Key
from eoxserver.query.cellwise.instructions import Frame
from eoxserver.query.cellwise.kernels import Array, Flags
from eoxserver.query.cellwise.program import Input, Program

__all__ = ["PIECE_BYTES", "Grid", "run"]

PIECE_BYTES = 1 << 18
"""Size of the largest array of a piece: several of them fit a second-level cache."""
REPEATS = 16
"""Cells of a piece along the outer axes, where inputs vary along some axes only."""

Index: TypeAlias = tuple[slice, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A box with named axes."""

    keys: tuple[Key, ...]
    box: CellBox

    def part(self, keys: Sequence[Key]) -> CellBox:
        """The box along some of the axes."""
        places = [self.keys.index(key) for key in keys]
        return CellBox(tuple(self.box.low[i] for i in places), tuple(self.box.high[i] for i in places))


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """The axes of a box, those together along which the same inputs vary; axes of one cell are left out."""

    keys: tuple[tuple[Key, ...], ...]
    """Of each axis: the keys it stands for."""
    shape: tuple[int, ...]

    @classmethod
    def of(cls, grid: Grid, present: Sequence[frozenset[Key]]) -> _Layout:
        """The axes for inputs that vary along certain keys."""
        groups: list[tuple[frozenset[int], list[Key], int]] = []
        for key, size in zip(grid.keys, grid.box.shape, strict=True):
            varying = frozenset(number for number, keys in enumerate(present) if key in keys)
            if size == 1:
                continue
            if groups and groups[-1][0] == varying:
                groups[-1] = (varying, [*groups[-1][1], key], groups[-1][2] * size)
            else:
                groups.append((varying, [key], size))
        return cls(tuple(tuple(keys) for _, keys, _ in groups) or ((),), tuple(size for _, _, size in groups) or (1,))

    def varies(self, keys: frozenset[Key]) -> tuple[bool, ...]:
        """Along which axes what has these keys varies."""
        return tuple(not keys.isdisjoint(each) for each in self.keys)

    def shaped(self, array: Array, keys: Sequence[Key], order: Sequence[Key]) -> Array:
        """An array with an axis of fields and some keys in the axes of the layout."""
        places = sorted(range(len(keys)), key=lambda place: order.index(keys[place]))
        moved = array.transpose((0, *(place + 1 for place in places)))
        varies = self.varies(frozenset(keys))
        shape = [size if vary else 1 for size, vary in zip(self.shape, varies, strict=True)]
        return moved.reshape((array.shape[0], *shape))

    def pieces(self, cells: int) -> Iterator[Index]:
        """Parts of about so many cells, in array order."""
        sizes = [1] * len(self.shape)
        room = cells
        for axis in range(len(self.shape) - 1, -1, -1):
            share = room // REPEATS if axis and len(self.shape) > 1 else room
            sizes[axis] = max(1, min(self.shape[axis], share))
            room = max(1, room // sizes[axis])
        ranges = (range(0, size, step) for size, step in zip(self.shape, sizes, strict=True))
        for starts in product(*ranges):
            yield tuple(
                slice(low, min(low + step, size)) for low, step, size in zip(starts, sizes, self.shape, strict=True)
            )


@dataclass(frozen=True, slots=True, eq=False)
class _Loaded:
    """The values of a slot in a whole box."""

    slot: int
    flag: int | None
    values: Array
    valid: Flags | None
    varies: tuple[bool, ...]

    def index(self, piece: Index) -> Index:
        """Where a piece lies in it."""
        return tuple(part if vary else slice(None) for part, vary in zip(piece, self.varies, strict=True))


def run(program: Program, grid: Grid, read: Sequence[Cells], result: Array) -> Flags | None:
    """Compute the cells of a box.

    Parameters
    ----------
    read : sequence
        The cells of each input.
    result : numpy.ndarray
        Where to write them; shape (field, *box), contiguous.

    Returns
    -------
    numpy.ndarray, optional
        Where they are valid, same shape; None: everywhere.

    Raises
    ------
    EvaluationFailed
        When a valid cell of the result cannot be computed.
    """
    present = [frozenset(each.keys) for each in program.inputs]
    present.extend(frozenset((ramp.name,)) for _, ramp in program.ramps)
    layout = _Layout.of(grid, present)
    loaded = list(_loaded(program, grid, read, layout))
    with np.errstate(all="ignore"):
        return _run(program, layout, loaded, result.reshape((result.shape[0], *layout.shape)), result.shape)


def _loaded(program: Program, grid: Grid, read: Sequence[Cells], layout: _Layout) -> Iterator[_Loaded]:
    """The inputs in the axes of the layout."""
    for number, one in enumerate(program.inputs):
        yield from _input(one, read[number], layout, grid.keys)
    for slot, ramp in program.ramps:
        places = grid.part((ramp.name,))
        part = ramp.part(places.low[0], places.high[0])
        values = layout.shaped(part[None], (ramp.name,), grid.keys)[0]
        yield _Loaded(slot, None, values, None, layout.varies(frozenset((ramp.name,))))


def _input(one: Input, cells: Cells, layout: _Layout, order: Sequence[Key]) -> Iterator[_Loaded]:
    values = layout.shaped(cells.values, one.keys, order)
    valid = None if cells.valid is None else layout.shaped(cells.valid, one.keys, order)
    varies = layout.varies(frozenset(one.keys))
    for position, (slot, flag) in enumerate(zip(one.slots, one.flags, strict=True)):
        mask = None if valid is None else valid[position]
        yield _Loaded(slot, flag, values[position], mask, varies)


def _run(
    program: Program, layout: _Layout, loaded: Sequence[_Loaded], result: Array, shape: tuple[int, ...]
) -> Flags | None:
    """All pieces, one after the other."""
    width = max(slot.dtype.itemsize for slot in program.slots)
    varies = [layout.varies(register.axes) for register in program.registers]
    flags: list[Flags | None] = [None] * program.flag_count
    valid: Flags | None = None
    registers: list[Array] = []
    for piece in layout.pieces(PIECE_BYTES // width):
        size = tuple(part.stop - part.start for part in piece)
        if not registers:
            shapes = [_shape(size, vary) for vary in varies]
            registers = [
                np.empty(each, register.dtype) for each, register in zip(shapes, program.registers, strict=True)
            ]
        frame = Frame(program.slots, [_NOTHING] * len(program.slots), list(flags))
        _load(program, frame, loaded, piece)
        for line in program.code:
            if line.register < 0:
                out = result[line.output][piece]
            else:
                out = registers[line.register]
                wanted = _shape(size, varies[line.register])
                if out.shape != wanted:
                    out = out[tuple(slice(end) for end in wanted)]
            line.instruction.run(frame, out)
            frame.values[line.instruction.slot] = out
        valid = _finish(program, frame, piece, result, valid)
    return None if valid is None else valid.reshape(shape)


_NOTHING: Array = np.empty(0)


def _shape(size: tuple[int, ...], varies: Sequence[bool]) -> tuple[int, ...]:
    """The shape in a piece of what varies along some axes."""
    return tuple(cells if vary else 1 for cells, vary in zip(size, varies, strict=True))


def _load(program: Program, frame: Frame, loaded: Sequence[_Loaded], piece: Index) -> None:
    """The inputs of a piece."""
    for slot, value in program.literals:
        frame.values[slot] = value
    for one in loaded:
        index = one.index(piece)
        values, dtype = one.values[index], program.slots[one.slot].dtype
        frame.values[one.slot] = values if values.dtype == dtype else values.astype(dtype)
        if one.flag is not None and one.valid is not None:
            frame.flags[one.flag] = one.valid[index]


def _finish(program: Program, frame: Frame, piece: Index, result: Array, valid: Flags | None) -> Flags | None:
    """Write what is not in the result yet, and where it is valid."""
    for output, slot in enumerate(program.outputs):
        target, values = result[output][piece], frame.values[slot]
        if not _is_same(target, values):
            np.copyto(target, values, casting="unsafe")
        mask, wrong = frame.valid(slot), frame.faults(slot)
        if wrong is not None and (wrong if mask is None else wrong & mask).any():
            raise _failure(program, frame, slot)
        if mask is not None and not mask.all():
            if valid is None:
                valid = np.ones(result.shape, np.bool_)
            np.copyto(valid[output][piece], mask)
    return valid


def _is_same(a: Array, b: Array) -> bool:
    """Whether two arrays of one shape are the same memory."""
    return a.shape == b.shape and a.dtype == b.dtype and a.ctypes.data == b.ctypes.data


def _failure(program: Program, frame: Frame, slot: int) -> EvaluationFailed:
    """Say which function has no result."""
    names: set[str] = set()
    for number in program.slots[slot].faults:
        flag = frame.flags[number]
        if flag is not None and flag.any():
            names |= program.functions[number]
    if names == {"bit"}:
        return EvaluationFailed("'bit' takes the number of a bit, from 0; there are negative ones", locator="bit")
    return EvaluationFailed(
        "an integer is divided by 0; cast an operand to float or double, where that is infinite or NaN, "
        "or guard it with `switch`",
        locator=min(names),
    )
