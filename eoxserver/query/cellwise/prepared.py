# SPDX-License-Identifier: MIT
"""What a program needs in every box, found out once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from eoxserver.query.cellwise.expressions import Key
from eoxserver.query.cellwise.instructions import Call as CallOf
from eoxserver.query.cellwise.instructions import Compare, Converted
from eoxserver.query.cellwise.kernels import Array, Kernel, conversion
from eoxserver.query.cellwise.program import Program

__all__ = ["Call", "Prepared", "prepared"]

Call: TypeAlias = tuple[Kernel, tuple[int, ...], np.dtype[Any], int, int, int]
"""A kernel, the slots it reads, the type of its result, the slot it makes, and register and output of its line."""

_NOTHING: Array = np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A program that is ready to run."""

    program: Program
    present: tuple[frozenset[Key], ...]
    """The axes of each source and each iterator."""
    start: tuple[Array, ...]
    """The values of slots before there are cells: numbers."""
    copied: tuple[tuple[int, int], ...]
    """Fields that no line writes, with their slots."""
    told: tuple[tuple[int, int], ...]
    """Fields that may not be valid everywhere, with their slots."""
    calls: tuple[Call, ...] | None
    """What lines compute where all sources are valid; None when a line does more than to call a kernel then."""
    width: int
    """Of a cell of the widest slot [bytes]."""


def prepared(program: Program) -> Prepared:
    """Find out what is the same in every box."""
    start = [_NOTHING] * len(program.slots)
    for slot, value in program.literals:
        start[slot] = value
    written = {line.output for line in program.code if line.register < 0}
    fields = list(enumerate(program.outputs))
    slots = program.slots
    return Prepared(
        program,
        (*(frozenset(each.keys) for each in program.inputs), *(frozenset((ramp.name,)) for _, ramp in program.ramps)),
        tuple(start),
        tuple((field, slot) for field, slot in fields if field not in written),
        tuple((field, slot) for field, slot in fields if slots[slot].valid or slots[slot].faults),
        None if any(slot.faults for slot in slots) else _calls(program),
        max((slot.dtype.itemsize for slot in slots if slot.axes), default=1),
    )


def _calls(program: Program) -> tuple[Call, ...] | None:
    """Without nulls and faults, as of most data, lines are calls of kernels, and nothing else has to be looked at."""
    found: list[Call] = []
    for line in program.code:
        one = line.instruction
        dtype = program.slots[one.slot].dtype
        match one:
            case CallOf():
                found.append((one.function.kernel, one.inputs, one.dtype, one.slot, line.register, line.output))
            case Compare():
                found.append((one.kernel, one.inputs, dtype, one.slot, line.register, line.output))
            case Converted():
                kernel = conversion(program.slots[one.input].dtype, dtype)
                found.append((kernel, (one.input,), dtype, one.slot, line.register, line.output))
            case _:
                return None
    return tuple(found)
