# SPDX-License-Identifier: MIT
"""From expressions to a linear program: every different sub-expression once, in an order in which inputs come first.

Expressions are told apart by what they compute, so that one that is written twice is computed once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

import numpy as np

from eoxserver.core.coverage import Source
from eoxserver.query.cellwise.expressions import (
    Apply,
    Choose,
    Convert,
    Expression,
    Key,
    Leaf,
    Literal,
    Part,
    Ramp,
    Remask,
    Renil,
    parts_of,
)
from eoxserver.query.cellwise.functions import Nulls
from eoxserver.query.cellwise.instructions import (
    Call,
    Compare,
    Converted,
    Instruction,
    IsNull,
    Overlaid,
    Remasked,
    Reniled,
    Slot,
    Switched,
)
from eoxserver.query.cellwise.kernels import Array
from eoxserver.query.pieces import Sibling
from eoxserver.query.windows import Window

__all__ = ["Input", "Line", "Program", "Register", "compiled"]


@dataclass(frozen=True, slots=True, eq=False)
class Input:
    """A source that is read once for each box."""

    source: Source
    fields: tuple[int, ...]
    """Those that are read."""
    slots: tuple[int, ...]
    """One for each field."""
    flags: tuple[int, ...]
    """One for each field."""
    keys: tuple[Key, ...]
    """Of each axis."""


@dataclass(frozen=True, slots=True)
class Register:
    """Where the values of slots are kept that are not needed at the same time."""

    dtype: np.dtype[Any]
    axes: frozenset[Key]


@dataclass(frozen=True, slots=True)
class Line:
    """An instruction, and where its values go."""

    instruction: Instruction
    reads: tuple[int, ...]
    """Slots."""
    register: int
    """-1: to the result, as the field ``output``."""
    output: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """How some fields of a computed coverage are made."""

    slots: tuple[Slot, ...]
    inputs: tuple[Input, ...]
    ramps: tuple[tuple[int, Ramp], ...]
    """With their slots."""
    literals: tuple[tuple[int, Array], ...]
    """With their slots."""
    code: tuple[Line, ...]
    outputs: tuple[int, ...]
    """Slots, one for each field."""
    dtype: np.dtype[Any]
    """Of the result: the common numpy type of its fields."""
    flag_count: int
    functions: Mapping[int, frozenset[str]]
    """Names of the functions whose faults a flag tells, by its number."""
    registers: tuple[Register, ...]


def compiled(expressions: Sequence[Expression], keys: Sequence[Key]) -> Program:
    """The program that computes some expressions, on a grid with certain axes."""
    compiler = _Compiler()
    outputs = tuple(compiler.slot_of(expression) for expression in expressions)
    dtype = np.result_type(*(expression.dtype for expression in expressions))
    registers, code = _placed(compiler, outputs, Register(dtype, frozenset(keys)))
    return Program(
        slots=tuple(compiler.slots),
        inputs=tuple(compiler.inputs()),
        ramps=tuple(compiler.ramps),
        literals=tuple(compiler.literals),
        code=code,
        outputs=outputs,
        dtype=dtype,
        flag_count=compiler.flag_count,
        functions=compiler.functions,
        registers=registers,
    )


# -- linear code


@dataclass(slots=True, eq=False)
class _Compiler:
    slots: list[Slot] = field(default_factory=list)
    code: list[tuple[Instruction, tuple[int, ...]]] = field(default_factory=list)
    """Instructions with the slots they read."""
    ramps: list[tuple[int, Ramp]] = field(default_factory=list)
    literals: list[tuple[int, Array]] = field(default_factory=list)
    functions: dict[int, frozenset[str]] = field(default_factory=dict)
    flag_count: int = 0
    done: dict[int, int] = field(default_factory=dict)
    """From the identity of expressions, which whoever compiles keeps alive, to slots."""
    numbers: dict[Hashable, int] = field(default_factory=dict)
    """From what is computed to slots."""
    leaves: dict[tuple[Hashable, Part | None], list[tuple[Leaf, int]]] = field(default_factory=dict)
    """Leaves with slots, by what is read at once."""

    def slot_of(self, expression: Expression) -> int:
        """The slot of an expression; without recursion, since trees may be deep."""
        waiting = [expression]
        while waiting:
            one = waiting[-1]
            missing = [part for part in parts_of(one) if id(part) not in self.done]
            if id(one) not in self.done and missing:
                waiting.extend(missing)
                continue
            waiting.pop()
            if id(one) not in self.done:
                key = self._key(one)
                if key not in self.numbers:
                    self.numbers[key] = self._made(one)
                self.done[id(one)] = self.numbers[key]
        return self.done[id(expression)]

    def _key(self, one: Expression) -> Hashable:
        """The same for expressions that compute the same."""
        parts = tuple(self.done[id(part)] for part in parts_of(one))
        match one:
            case Leaf():
                return (Leaf, id(one.source), one.part, one.field, one.keys)
            case Ramp():
                return (Ramp, one.name, one.dtype.str, one.low, one.values)
            case Literal():
                return (Literal, one.dtype.str, one.value.tobytes())
            case Apply():
                return (Apply, one.function.name, parts)
            case Convert() | Choose():
                return (type(one), one.dtype.str, parts)
            case Renil():
                return (Renil, repr(one.nil), repr(one.fill), parts)
            case Remask():
                return (Remask, repr(one.fill), parts)

    def _made(self, one: Expression) -> int:
        parts = tuple(self.done[id(part)] for part in parts_of(one))
        match one:
            case Leaf():
                return self._leaf(one)
            case Ramp():
                self.ramps.append((len(self.slots), one))
                return self._new(Slot(one.dtype, frozenset((one.name,))))
            case Literal():
                return self._number(one.value)
            case Apply():
                return self._apply(one, parts)
            case Convert():
                if self.slots[parts[0]].dtype == one.dtype:
                    return parts[0]
                slot = self._new(self._joined(parts, one.dtype))
                return self._add(Converted(slot, *parts), parts)
            case Choose():
                return self._choose(one, parts)
            case Renil() | Remask():
                return self._revalid(one, parts)

    # -- slots and flags

    def _new(self, slot: Slot) -> int:
        self.slots.append(slot)
        return len(self.slots) - 1

    def _flag(self) -> int:
        self.flag_count += 1
        return self.flag_count - 1

    def _fault(self, name: str) -> int:
        """A new flag for the faults of a function."""
        self.functions[self.flag_count] = frozenset((name,))
        return self._flag()

    def _settled(self, joined: Slot) -> int | None:
        """A new flag for the faults of inputs whose nulls become values, if they have any."""
        return self._chosen(joined) if joined.faults else None

    def _chosen(self, joined: Slot) -> int:
        """A new flag for the faults of what is chosen among inputs."""
        self.functions[self.flag_count] = frozenset[str]().union(*(self.functions[each] for each in joined.faults))
        return self._flag()

    def _add(self, instruction: Instruction, reads: tuple[int, ...]) -> int:
        self.code.append((instruction, reads))
        return instruction.slot

    def _joined(self, slots: Sequence[int], dtype: np.dtype[Any]) -> Slot:
        """What depends on all of some slots."""
        inputs = [self.slots[slot] for slot in slots]
        return Slot(
            dtype,
            frozenset[Key]().union(*(each.axes for each in inputs)),
            frozenset[int]().union(*(each.valid for each in inputs)),
            frozenset[int]().union(*(each.faults for each in inputs)),
        )

    # -- kinds of expressions

    def _leaf(self, one: Leaf) -> int:
        slot = self._new(Slot(one.dtype, frozenset(one.keys), frozenset((self._flag(),))))
        self.leaves.setdefault((_site(one.source), one.part), []).append((one, slot))
        return slot

    def _number(self, value: Array) -> int:
        self.literals.append((len(self.slots), value))
        return self._new(Slot(value.dtype, frozenset()))

    def _apply(self, one: Apply, parts: tuple[int, ...]) -> int:
        function, joined = one.function, self._joined(parts, one.dtype)
        if function.nulls is not Nulls.NULL:
            return self._tell(one, parts, joined)
        if function.arity == 2 and one.dtype.kind != "b":
            parts = tuple(self._in_type(each, slot, one.dtype) for each, slot in zip(one.inputs, parts, strict=True))
        if function.refusal(one.dtype) is None:
            return self._add(Call(self._new(joined), function, parts, one.dtype), parts)
        fault = self._fault(function.name)
        slot = self._new(replace(joined, faults=joined.faults | {fault}))
        return self._add(Call(slot, function, parts, one.dtype, fault), parts)

    def _tell(self, one: Apply, parts: tuple[int, ...], joined: Slot) -> int:
        """A function that makes values of nulls."""
        if one.function.name == "overlay":
            valid, chosen = self._flag(), self._chosen(joined)
            slot = self._new(replace(joined, valid=_flags(valid), faults=_flags(chosen if joined.faults else None)))
            return self._add(Overlaid(slot, (parts[0], parts[1]), valid, chosen), parts)
        fault = self._settled(joined)
        slot = self._new(replace(joined, valid=frozenset(), faults=_flags(fault)))
        if one.function.name == "isnull":
            return self._add(IsNull(slot, parts[0], fault), parts)
        inputs = self._comparable(one, parts)
        return self._add(Compare(slot, one.function.kernel, inputs, fault), inputs)

    def _in_type(self, one: Expression, slot: int, dtype: np.dtype[Any]) -> int:
        """The slot of an input; of a number in the type in which it goes together with others."""
        if not isinstance(one, Literal) or one.dtype == dtype:
            return slot
        with np.errstate(all="ignore"):
            return self._number(one.value.astype(dtype))

    def _comparable(self, one: Apply, slots: Sequence[int]) -> tuple[int, int]:
        """The inputs of a comparison; a number in the type of the other, where that holds it exactly."""
        found = list(slots)
        for position, number in enumerate(one.inputs):
            other = one.inputs[1 - position].dtype
            if isinstance(number, Literal) and other.kind in "iuf" and number.dtype.kind in "iuf":
                with np.errstate(all="ignore"):
                    value = number.value.astype(other)
                if value == number.value:
                    found[position] = self._number(value)
        return found[0], found[1]

    def _choose(self, one: Choose, parts: tuple[int, ...]) -> int:
        joined, count = self._joined(parts, one.dtype), len(one.conditions)
        valid, fault = self._flag(), self._chosen(joined)
        slot = self._new(replace(joined, valid=_flags(valid), faults=_flags(fault if joined.faults else None)))
        return self._add(Switched(slot, parts[:count], parts[count:], valid, fault), parts)

    def _revalid(self, one: Renil | Remask, parts: tuple[int, ...]) -> int:
        joined, valid = self._joined(parts, one.dtype), self._flag()
        fault = self._settled(joined)
        slot = self._new(replace(joined, valid=_flags(valid), faults=_flags(fault)))
        if isinstance(one, Renil):
            return self._add(Reniled(slot, parts[0], one.nil, one.fill, valid, fault), parts)
        mask = parts[1] if len(parts) > 1 else None
        return self._add(Remasked(slot, parts[0], mask, one.fill, valid, fault), parts)

    def inputs(self) -> Iterator[Input]:
        """What is read, each source once."""
        for found in self.leaves.values():
            first = found[0][0]
            source, numbers = _together([leaf for leaf, _ in found])
            order = sorted(range(len(found)), key=numbers.__getitem__)
            slots, fields = tuple(found[each][1] for each in order), tuple(numbers[each] for each in order)
            if first.part is not None:
                source, fields = Window(source, *first.part, fields), tuple(range(len(fields)))
            flags = tuple(next(iter(self.slots[slot].valid)) for slot in slots)
            yield Input(source, fields, slots, flags, first.keys)


def _is_sibling(source: object) -> TypeGuard[Sibling]:
    return hasattr(type(source), "site")


def _site(source: Source) -> Hashable:
    """The same for sources that are read as one."""
    found = source.site() if _is_sibling(source) else None
    return id(source) if found is None else found


def _together(leaves: Sequence[Leaf]) -> tuple[Source, list[int]]:
    """The sources of some leaves as one, and the field of each leaf in it."""
    first = leaves[0].source
    if not all(leaf.source is first for leaf in leaves) and _is_sibling(first):
        return first.beside([(leaf.source, leaf.field) for leaf in leaves]), list(range(len(leaves)))
    return first, [leaf.field for leaf in leaves]


def _flags(number: int | None) -> frozenset[int]:
    return frozenset() if number is None else frozenset((number,))


# -- registers


def _placed(
    compiler: _Compiler, outputs: Sequence[int], result: Register
) -> tuple[tuple[Register, ...], tuple[Line, ...]]:
    """Registers for the values of instructions: as few as do, and none for those that go to the result."""
    last = {slot: number for number, (_, reads) in enumerate(compiler.code) for slot in reads}
    last.update(dict.fromkeys(outputs, len(compiler.code)))
    registers: list[Register] = []
    free: dict[Register, list[int]] = {}
    held: dict[int, int] = {}
    lines: list[Line] = []

    def release(number: int, slots: Iterable[int]) -> None:
        """Let the registers of slots go that no later line reads."""
        for slot in slots:
            if last.get(slot, number) == number and slot in held:
                place = held.pop(slot)
                free[registers[place]].append(place)

    for number, (instruction, reads) in enumerate(compiler.code):
        slot = instruction.slot
        wanted = Register(compiler.slots[slot].dtype, compiler.slots[slot].axes)
        if isinstance(instruction, Call) and instruction.function.in_place:
            release(number, reads)
        if slot in outputs and wanted == result:
            lines.append(Line(instruction, reads, -1, outputs.index(slot)))
        else:
            if not free.get(wanted):
                registers.append(wanted)
                free[wanted] = [len(registers) - 1]
            held[slot] = free[wanted].pop()
            lines.append(Line(instruction, reads, held[slot]))
        release(number, (*reads, slot))
    return tuple(registers), tuple(lines)
