# SPDX-License-Identifier: MIT
"""A program run over a box, in pieces so small that what is computed stays in the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from eoxserver.core.coverage import Cells
from eoxserver.core.errors import EvaluationFailed
from eoxserver.query.cellwise.expressions import Key
from eoxserver.query.cellwise.instructions import Frame
from eoxserver.query.cellwise.kernels import Array, Flags
from eoxserver.query.cellwise.layout import Grid, Index, Layout
from eoxserver.query.cellwise.prepared import Call, Prepared
from eoxserver.query.cellwise.program import Program

__all__ = ["PIECE_BYTES", "run", "run_in_pieces"]

PIECE_BYTES = 1 << 20
"""Size of the largest array of a piece: a few of them stay in the cache, and Python has little to do between them."""
REPEATS = 16
"""Cells of a piece along the outer axes, where axes are told apart."""


def run(ready: Prepared, grid: Grid, read: Sequence[Cells], result: Array) -> Flags | None:
    """Compute the cells of a box.

    Parameters
    ----------
    read : sequence
        The cells of each input.
    result : numpy.ndarray
        Where to write them; shape (field, *box), each field contiguous.

    Returns
    -------
    numpy.ndarray, optional
        Where they are valid, same shape; None: everywhere.

    Raises
    ------
    EvaluationFailed
        When a valid cell of the result cannot be computed.
    """
    started = _Run(ready, grid, read)
    shape = started.layout.shape
    fields = [result[number : number + 1].reshape(shape) for number in range(len(result))]
    valid: Flags | None = None
    with np.errstate(all="ignore"):
        for piece in started.pieces():
            for field, mask in started.compute(piece, [each[piece] for each in fields]):
                valid = np.ones((len(fields), *shape), np.bool_) if valid is None else valid
                np.copyto(valid[field][piece], mask)
    return None if valid is None else valid.reshape(result.shape)


def run_in_pieces(
    ready: Prepared, grid: Grid, read: Sequence[Cells], apart: Sequence[frozenset[Key]]
) -> tuple[Layout, Iterator[tuple[Index, Cells]]]:
    """Compute the cells of a box piece by piece, in arrays that are used again; see ``query.pieces``.

    Parameters
    ----------
    apart : sequence
        Axes that do not go together with others.

    Returns
    -------
    tuple
        The axes of the pieces; where each piece lies, with its cells.
    """
    started = _Run(ready, grid, read, apart)
    return started.layout, started.cells()


@dataclass(frozen=True, slots=True, eq=False)
class _Loaded:
    """The values of a slot, or a flag, in a whole box."""

    number: int
    array: Array
    cast: bool
    """Whether the slot has another type."""
    varies: tuple[bool, ...] | None
    """Along which axes it varies; None: along all."""

    def part(self, piece: Index) -> Array:
        """What of it belongs to a piece."""
        if self.varies is None:
            return self.array[piece]
        return self.array[tuple(part if vary else slice(None) for part, vary in zip(piece, self.varies, strict=True))]


def _loaded(program: Program, grid: Grid, read: Sequence[Cells], layout: Layout) -> tuple[list[_Loaded], list[_Loaded]]:
    """The values of inputs, and the flags that tell where they are valid, in the axes of the layout."""
    values: list[_Loaded] = []
    flags: list[_Loaded] = []
    for one, cells in zip(program.inputs, read, strict=True):
        varies = layout.varies(frozenset(one.keys))
        found = None if all(varies) else varies
        for slot, array in zip(one.slots, layout.shaped(cells.values, one.keys, grid.keys), strict=True):
            values.append(_Loaded(slot, array, array.dtype != program.slots[slot].dtype, found))
        if cells.valid is not None:
            masks = layout.shaped(cells.valid, one.keys, grid.keys)
            flags.extend(_Loaded(flag, mask, False, found) for flag, mask in zip(one.flags, masks, strict=True))
    for slot, ramp in program.ramps:
        places = grid.part((ramp.name,))
        part = ramp.part(places.low[0], places.high[0])[None]
        varies = layout.varies(frozenset((ramp.name,)))
        values.append(_Loaded(slot, layout.shaped(part, (ramp.name,), grid.keys)[0], False, varies))
    return values, flags


class _Run:
    """A program on its way through a box."""

    def __init__(
        self, ready: Prepared, grid: Grid, read: Sequence[Cells], apart: Sequence[frozenset[Key]] = ()
    ) -> None:
        self.ready, self.program = ready, ready.program
        self.layout = layout = Layout.of(grid, [*ready.present, *apart])
        self.values, self.flags = _loaded(self.program, grid, read, layout)
        self.varies = [layout.varies(register.axes) for register in self.program.registers]
        self.registers: list[Array] = []
        self.size: tuple[int, ...] = ()
        self.calls = None if self.flags else ready.calls

    def pieces(self) -> Iterator[Index]:
        """Parts of the box whose arrays fit the cache together."""
        return self.layout.pieces(PIECE_BYTES // self.ready.width, REPEATS)

    def cells(self) -> Iterator[tuple[Index, Cells]]:
        """Each piece with its cells, in arrays that are used again; the first piece is the largest."""
        held: Array | None = None
        flags: Flags | None = None
        count = len(self.program.outputs)
        for piece in self.pieces():
            size = tuple([part.stop - part.start for part in piece])
            if held is None:
                held = np.empty((count, *size), self.program.dtype)
            values = held if held.shape[1:] == size else held[(slice(None), *map(slice, size))]
            masks = self.compute(piece, values)
            valid: Flags | None = None
            if masks:
                flags = np.empty(held.shape, np.bool_) if flags is None else flags
                valid = flags if flags.shape[1:] == size else flags[(slice(None), *map(slice, size))]
                valid[...] = True
                for field, mask in masks:
                    np.copyto(valid[field], mask)
            yield piece, Cells(values, valid)

    def compute(self, piece: Index, outs: Sequence[Array] | Array) -> Sequence[tuple[int, Flags]]:
        """All fields of a piece; answers where fields are valid that are not everywhere.

        Raises
        ------
        EvaluationFailed
            When a valid cell cannot be computed.
        """
        if self.calls is not None:
            self._compute_plain(piece, self.calls, outs)
            return ()
        program = self.program
        frame = Frame(program.slots, list(self.ready.start), [None] * program.flag_count)
        values = frame.values
        for one in self.values:
            part = one.part(piece)
            values[one.number] = part.astype(program.slots[one.number].dtype) if one.cast else part
        for one in self.flags:
            frame.flags[one.number] = one.part(piece)
        registers = self._registers(tuple(part.stop - part.start for part in piece))
        for line in program.code:
            out = outs[line.output] if line.register < 0 else registers[line.register]
            line.instruction.run(frame, out)
            values[line.instruction.slot] = out
        for field, slot in self.ready.copied:
            np.copyto(outs[field], values[slot], casting="unsafe")
        told = ((field, self._told(frame, slot)) for field, slot in self.ready.told)
        return [(field, mask) for field, mask in told if mask is not None]

    def _compute_plain(self, piece: Index, calls: Sequence[Call], outs: Sequence[Array] | Array) -> None:
        """The same where every cell is valid."""
        program, values = self.program, list(self.ready.start)
        for one in self.values:
            part = one.part(piece)
            values[one.number] = part.astype(program.slots[one.number].dtype) if one.cast else part
        registers = self._registers(tuple([part.stop - part.start for part in piece]))
        for kernel, inputs, dtype, slot, register, output in calls:
            out = registers[register] if register >= 0 else outs[output]
            kernel([values[each] for each in inputs], dtype, out)
            values[slot] = out
        for field, slot in self.ready.copied:
            np.copyto(outs[field], values[slot], casting="unsafe")

    def _registers(self, size: tuple[int, ...]) -> list[Array]:
        """Registers for a piece of some size; the first piece is the largest."""
        if not self.registers:
            shapes = [_shape(size, varies) for varies in self.varies]
            registers = zip(shapes, self.program.registers, strict=True)
            self.registers = [np.empty(shape, register.dtype) for shape, register in registers]
            self.size = size
        if size == self.size:
            return self.registers
        shapes = [_shape(size, varies) for varies in self.varies]
        return [
            register[tuple(slice(end) for end in shape)] for shape, register in zip(shapes, self.registers, strict=True)
        ]

    def _told(self, frame: Frame, slot: int) -> Flags | None:
        """Where a result is valid; None: everywhere."""
        wrong = frame.wrong(slot)
        if wrong is not None and wrong.any():
            raise _failure(self.program, frame, slot)
        mask = frame.valid(slot)
        return None if mask is None or mask.all() else mask


def _shape(size: tuple[int, ...], varies: Sequence[bool]) -> tuple[int, ...]:
    """The shape in a piece of what varies along some axes."""
    return tuple(cells if vary else 1 for cells, vary in zip(size, varies, strict=True))


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
