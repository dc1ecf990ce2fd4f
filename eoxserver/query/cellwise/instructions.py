# SPDX-License-Identifier: MIT
"""The steps of a linear program over slots, each for one piece of cells.

A slot is the value of one expression. Which of its cells are valid is told by flags: all of them have to be set. A flag
that has no array is set everywhere. *Faults*, by contrast, are where valid inputs have no result (an integer divided by
0); they only matter when they reach the result, so that ``switch`` can guard against them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from eoxserver.core.fields import NilValue, nil_cells
from eoxserver.query.cellwise.functions import Function
from eoxserver.query.cellwise.kernels import Array, Flags, Kernel, choose, convert

__all__ = [
    "Call", "Compare", "Converted", "Frame", "Instruction", "IsNull", "Overlaid", "Remasked", "Reniled", "Slot",
    "Switched",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Slot:
    """What is known of a value before there are cells."""

    dtype: np.dtype[Any]
    axes: frozenset[str | int]
    """Along which it varies."""
    valid: frozenset[int] = frozenset()
    """Numbers of flags, all of which are set where it is valid."""
    faults: frozenset[int] = frozenset()
    """Numbers of flags, one of which is set where there is no result, as far as it is valid."""


@dataclass(slots=True, eq=False)
class Frame:
    """The slots and flags of one piece."""

    slots: Sequence[Slot]
    values: list[Array]
    """By slot, in shapes that broadcast."""
    flags: list[Flags | None]
    """By number."""
    known: dict[frozenset[int], Flags | None] = field(default_factory=dict)

    def valid(self, *slots: int) -> Flags | None:
        """Where all of the slots are valid; None: everywhere."""
        if len(slots) == 1:
            return self.all_of(self.slots[slots[0]].valid)
        return self.all_of(frozenset[int]().union(*(self.slots[slot].valid for slot in slots)))

    def all_of(self, numbers: frozenset[int]) -> Flags | None:
        """Where all of the flags are set; None: everywhere."""
        if not numbers:
            return None
        if numbers not in self.known:
            found: Flags | None = None
            for number in sorted(numbers):
                flag = self.flags[number]
                if flag is not None:
                    found = flag if found is None or found is flag else found & flag
            self.known[numbers] = found
        return self.known[numbers]

    def faults(self, *slots: int) -> Flags | None:
        """Where one of the slots has no result; None: nowhere."""
        found: Flags | None = None
        for slot in slots:
            for number in self.slots[slot].faults:
                found = _either(found, self.flags[number])
        return found

    def wrong(self, *slots: int) -> Flags | None:
        """Where all of the slots are valid, and one of them has no result; None: nowhere."""
        found = self.faults(*slots)
        valid = None if found is None else self.valid(*slots)
        return found if found is None or valid is None else found & valid

    def settle(self, fault: int | None, found: Flags | None, valid: int | None = None) -> None:
        """Keep in a flag where there is no result; there the value counts as valid, lest a null hides it."""
        if fault is None:
            return
        self.flags[fault] = found
        mask = None if valid is None else self.flags[valid]
        if valid is not None and mask is not None and found is not None:
            self.flags[valid] = mask | found


def _either(a: Flags | None, b: Flags | None) -> Flags | None:
    """Where one of two flags is set; None: nowhere."""
    return a if b is None else b if a is None else a | b


@dataclass(frozen=True, slots=True)
class Call:
    """A function; null where an input is."""

    slot: int
    function: Function
    inputs: tuple[int, ...]
    dtype: np.dtype[Any]
    fault: int | None = None
    """The flag that tells where there is no result."""

    def run(self, frame: Frame, out: Array) -> None:
        """Compute the values."""
        inputs = [frame.values[each] for each in self.inputs]
        self.function.kernel(inputs, self.dtype, out)
        refuses = self.function.refuses
        if self.fault is not None and refuses is not None:
            wrong = refuses(inputs, self.dtype)
            valid = None if wrong is None else frame.valid(*self.inputs)
            frame.flags[self.fault] = wrong if wrong is None or valid is None else wrong & valid


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison; false where an input is null."""

    slot: int
    kernel: Kernel
    inputs: tuple[int, int]
    fault: int | None
    """The flag that tells where there is no result; None: it does not happen."""

    def run(self, frame: Frame, out: Array) -> None:
        """Compute the values, and where there are none."""
        frame.settle(self.fault, frame.wrong(*self.inputs))
        self.kernel([frame.values[each] for each in self.inputs], out.dtype, out)
        valid = frame.valid(*self.inputs)
        if valid is not None:
            np.logical_and(out, valid, out=out)


@dataclass(frozen=True, slots=True)
class IsNull:
    """Whether the input is null."""

    slot: int
    input: int
    fault: int | None

    def run(self, frame: Frame, out: Array) -> None:
        """Compute the values, and where there are none."""
        frame.settle(self.fault, frame.wrong(self.input))
        valid = frame.valid(self.input)
        if valid is None:
            out[...] = False
        else:
            np.logical_not(valid, out=out)


@dataclass(frozen=True, slots=True)
class Converted:
    """A cast."""

    slot: int
    input: int

    def run(self, frame: Frame, out: Array) -> None:
        """Compute the values."""
        convert((frame.values[self.input],), out.dtype, out)


@dataclass(frozen=True, slots=True)
class Switched:
    """The result of the first condition that is true; a null condition is not."""

    slot: int
    conditions: tuple[int, ...]
    results: tuple[int, ...]
    """One for each condition, and the default."""
    valid: int
    """The flag it sets."""
    fault: int
    """Likewise."""

    def run(self, frame: Frame, out: Array) -> None:
        """Compute the values, where they are valid, and where there are none."""
        conditions = [frame.values[each] for each in self.conditions]
        for number, slot in enumerate(self.conditions):
            valid = frame.valid(slot)
            if valid is not None:
                conditions[number] = conditions[number] & valid
        _choose(out, conditions, [frame.values[each] for each in self.results])
        masks = [frame.valid(each) for each in self.results]
        if any(mask is not None for mask in masks):
            known = np.empty(out.shape, np.bool_)
            _choose(known, conditions, [np.True_ if mask is None else mask for mask in masks])
            frame.flags[self.valid] = known
        else:
            frame.flags[self.valid] = None
        frame.settle(self.fault, self._faults(frame, conditions, out.shape), self.valid)

    def _faults(self, frame: Frame, conditions: list[Array], shape: tuple[int, ...]) -> Flags | None:
        """Faults of the results that are chosen, and of the conditions up to the one that is true."""
        faults = [frame.wrong(each) for each in (*self.conditions, *self.results)]
        if all(fault is None for fault in faults):
            return None
        wrong = [np.False_ if fault is None else fault for fault in faults]
        found = np.array(np.broadcast_to(wrong[-1], shape))
        for number in range(len(conditions) - 1, -1, -1):
            np.copyto(found, wrong[len(conditions) + number], where=conditions[number])
            np.logical_or(found, wrong[number], out=found)
        return found


def _choose(out: Array, conditions: Sequence[Array], results: Sequence[Array | np.bool_]) -> None:
    """For each cell the result of the first condition that is true; the last result where none is."""
    np.copyto(out, results[-1], casting="unsafe")
    for condition, result in zip(reversed(conditions), reversed(results[:-1]), strict=True):
        choose(np.asarray(condition), np.asarray(result), out)


@dataclass(frozen=True, slots=True)
class Overlaid:
    """The second input where it is valid and other than 0, else the first."""

    slot: int
    inputs: tuple[int, int]
    valid: int
    """The flag it sets."""
    fault: int
    """Likewise."""

    def run(self, frame: Frame, out: Array) -> None:
        """Compute the values, where they are valid, and where there are none."""
        below, above = (frame.values[each] for each in self.inputs)
        chosen = above != 0
        known, mask = frame.valid(self.inputs[1]), frame.valid(self.inputs[0])
        if known is not None:
            chosen = chosen & known
        np.copyto(out, below, casting="unsafe")
        choose(chosen, above, out)
        frame.flags[self.valid] = None if mask is None else chosen | mask
        under, over = (frame.wrong(each) for each in self.inputs)
        frame.settle(self.fault, _either(over, None if under is None else under & ~chosen), self.valid)


@dataclass(frozen=True, slots=True)
class Reniled:
    """Valid where the value is not nil."""

    slot: int
    input: int
    nil: tuple[NilValue, ...]
    fill: float
    valid: int
    """The flag it sets."""
    fault: int | None

    def run(self, frame: Frame, out: Array) -> None:
        """Compute the values, where they are valid, and where there are none."""
        _fill(frame, self.input, self.fill, out)
        found = nil_cells(out, self.nil)
        frame.flags[self.valid] = None if found is None else ~found
        frame.settle(self.fault, frame.wrong(self.input), self.valid)


@dataclass(frozen=True, slots=True)
class Remasked:
    """Valid where a mask is true and not null, or everywhere."""

    slot: int
    input: int
    mask: int | None
    fill: float
    valid: int
    """The flag it sets."""
    fault: int | None

    def run(self, frame: Frame, out: Array) -> None:
        """Compute the values, where they are valid, and where there are none."""
        _fill(frame, self.input, self.fill, out)
        mask: Flags | None = None
        if self.mask is not None:
            values, known = frame.values[self.mask], frame.valid(self.mask)
            mask = values.copy() if known is None else values & known
        frame.flags[self.valid] = mask
        wrong = frame.wrong(self.input)
        if wrong is not None and mask is not None:
            wrong = wrong & mask
        frame.settle(self.fault, wrong if self.mask is None else _either(wrong, frame.wrong(self.mask)), self.valid)


def _fill(frame: Frame, slot: int, fill: float, out: Array) -> None:
    """The values of a slot, with a certain value where it is null."""
    np.copyto(out, frame.values[slot], casting="unsafe")
    valid = frame.valid(slot)
    if valid is not None:
        value = np.empty((), out.dtype)
        convert((np.asarray(fill),), out.dtype, value)
        choose(~valid, value, out)


Instruction: TypeAlias = Call | Compare | IsNull | Converted | Switched | Overlaid | Reniled | Remasked
