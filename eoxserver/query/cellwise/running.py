# SPDX-License-Identifier: MIT
"""A program run over a box, in pieces so small that what is computed stays in the processor's cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from eoxserver.core.coverage import Cells
from eoxserver.core.errors import EvaluationFailed
from eoxserver.query.cellwise.instructions import Call, Compare, Converted, Frame
from eoxserver.query.cellwise.kernels import Array, Flags, Kernel, convert
from eoxserver.query.cellwise.layout import Grid, Index, Layout
from eoxserver.query.cellwise.program import Program

__all__ = ["PIECE_BYTES", "run"]

PIECE_BYTES = 1 << 18
"""Size of the largest array of a piece: several of them fit a second-level cache."""


def run(program: Program, grid: Grid, read: Sequence[Cells], result: Array) -> Flags | None:
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
    present = [frozenset(each.keys) for each in program.inputs]
    present.extend(frozenset((ramp.name,)) for _, ramp in program.ramps)
    layout = Layout.of(grid, present)
    started = _Run(program, layout, _loaded(program, grid, read, layout), result)
    with np.errstate(all="ignore"):
        width = max((slot.dtype.itemsize for slot in program.slots if slot.axes), default=1)
        for piece in layout.pieces(PIECE_BYTES // width):
            started.compute(piece)
    return None if started.valid is None else started.valid.reshape(result.shape)


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
        self, program: Program, layout: Layout, loaded: tuple[list[_Loaded], list[_Loaded]], result: Array
    ) -> None:
        self.program = program
        self.values, self.flags = loaded
        self.fields = [result[number : number + 1].reshape(layout.shape) for number in range(len(result))]
        self.valid: Flags | None = None
        self.start = [_NOTHING] * len(program.slots)
        for slot, value in program.literals:
            self.start[slot] = value
        written = {line.output for line in program.code if line.register < 0}
        self.copied = [(field, slot) for field, slot in enumerate(program.outputs) if field not in written]
        known = ((field, slot, program.slots[slot]) for field, slot in enumerate(program.outputs))
        self.told = [(field, slot) for field, slot, each in known if each.valid or each.faults]
        self.varies = [layout.varies(register.axes) for register in program.registers]
        self.registers: list[Array] = []
        self.size: tuple[int, ...] = ()
        # Without nulls and faults, as of most data, lines are calls of kernels, and nothing else has to be looked at.
        plain = not self.flags and not any(slot.faults for slot in program.slots)
        self.calls = _calls(program) if plain else None

    def compute(self, piece: Index) -> None:
        """All fields of a piece."""
        if self.calls is not None:
            self._compute_plain(piece, self.calls)
            return
        program = self.program
        frame = Frame(program.slots, self.start.copy(), [None] * program.flag_count)
        values = frame.values
        for one in self.values:
            part = one.part(piece)
            values[one.number] = part.astype(program.slots[one.number].dtype) if one.cast else part
        for one in self.flags:
            frame.flags[one.number] = one.part(piece)
        registers = self._registers(tuple(part.stop - part.start for part in piece))
        for line in program.code:
            out = self.fields[line.output][piece] if line.register < 0 else registers[line.register]
            line.instruction.run(frame, out)
            values[line.instruction.slot] = out
        for field, slot in self.copied:
            np.copyto(self.fields[field][piece], values[slot], casting="unsafe")
        for field, slot in self.told:
            self._tell(frame, piece, field, slot)

    def _compute_plain(self, piece: Index, calls: Sequence[_Call]) -> None:
        """The same where every cell is valid."""
        program, values = self.program, self.start.copy()
        for one in self.values:
            part = one.part(piece)
            values[one.number] = part.astype(program.slots[one.number].dtype) if one.cast else part
        registers = self._registers(tuple([part.stop - part.start for part in piece]))
        for kernel, inputs, dtype, slot, register, output in calls:
            out = registers[register] if register >= 0 else self.fields[output][piece]
            kernel([values[each] for each in inputs], dtype, out)
            values[slot] = out
        for field, slot in self.copied:
            np.copyto(self.fields[field][piece], values[slot], casting="unsafe")

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

    def _tell(self, frame: Frame, piece: Index, field: int, slot: int) -> None:
        """Keep where a field is valid.

        Raises
        ------
        EvaluationFailed
            When a valid cell cannot be computed.
        """
        wrong = frame.wrong(slot)
        if wrong is not None and wrong.any():
            raise _failure(self.program, frame, slot)
        mask = frame.valid(slot)
        if mask is not None and not mask.all():
            if self.valid is None:
                self.valid = np.ones((len(self.fields), *self.fields[0].shape), np.bool_)
            np.copyto(self.valid[field][piece], mask)


_NOTHING: Array = np.empty(0)
_Call: TypeAlias = tuple[Kernel, tuple[int, ...], np.dtype[Any], int, int, int]
"""A kernel, the slots it reads, the type of its result, the slot it makes, and register and output of its line."""


def _calls(program: Program) -> list[_Call] | None:
    """What the lines of a program compute where all is valid; None when a line does more than to call a kernel."""
    found: list[_Call] = []
    for line in program.code:
        one = line.instruction
        dtype = program.slots[one.slot].dtype
        match one:
            case Call():
                found.append((one.function.kernel, one.inputs, one.dtype, one.slot, line.register, line.output))
            case Compare():
                found.append((one.kernel, one.inputs, dtype, one.slot, line.register, line.output))
            case Converted():
                found.append((convert, (one.input,), dtype, one.slot, line.register, line.output))
            case _:
                return None
    return found


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
