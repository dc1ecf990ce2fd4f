# SPDX-License-Identifier: MIT
"""Cell-wise nodes computed cell by cell in plain Python, as section 4.4 of the WCPS specification reads."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from eoxserver.core.coverage import CellBox
from eoxserver.core.fields import NilValue
from eoxserver.query.plan import Cast, Combine, Constant, Given, Iterator, Map, Mask, Node, SetNil, Switch

Number: TypeAlias = Any
"""A numpy scalar."""


class Fault:
    """The value of a cell that cannot be computed."""


FAULT = Fault()
Cell: TypeAlias = "list[Number | Fault | None]"
"""The fields of a cell: numbers, nulls, faults."""

ORDER = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"]
MIXED = {1: "int16", 2: "int32", 4: "float64"}


def general(*names: str) -> str:
    """The most general type: the last in the order, and a wider signed one where signs are mixed."""
    top = max(names, key=ORDER.index)
    signed = [name for name in names if name.startswith("int")]
    unsigned = [name for name in names if name.startswith("uint")]
    if top.startswith("float") or not (signed and unsigned):
        return top
    width = max(np.dtype(name).itemsize for name in unsigned)
    wider = MIXED[width]
    return wider if wider == "float64" else max(wider, *signed, key=ORDER.index)


def arithmetic(*names: str) -> str:
    found = general(*names)
    return "uint8" if found == "bool" else found


def wrapped(value: int, name: str) -> Number:
    """An integer in the bits of a type."""
    bits = 8 * np.dtype(name).itemsize
    value &= (1 << bits) - 1
    if name.startswith("int") and value >> (bits - 1):
        value -= 1 << bits
    return np.dtype(name).type(value)


def saturated(value: Number, name: str) -> Number:
    """A cast."""
    kind = np.dtype(name)
    if name == "bool":
        return np.bool_(value != 0)
    if name.startswith("float"):
        return kind.type(value)
    if math.isnan(value):
        return kind.type(0)
    limits = np.iinfo(kind)
    if value <= limits.min:
        return kind.type(limits.min)
    return kind.type(limits.max if value >= limits.max else int(value))


@dataclass(frozen=True)
class Place:
    """Where a cell is: its own position and that of each iterator."""

    own: tuple[int, ...]
    iterators: Mapping[str, int]


def types_of(node: Node) -> list[str]:
    """The types of the fields of a node."""
    match node:
        case Given():
            return [field.dtype.name for field in node.coverage.range_type.fields]
        case Constant():
            return [node.dtype.name]
        case Iterator():
            return ["int32"]
        case Cast():
            return [node.dtype.name] * len(types_of(node.input))
        case Combine():
            return [name for each in node.inputs for name in types_of(each)]
        case Switch():
            branches = [types_of(each) for each in (*node.results, node.default)]
            return [general(*band) for band in zip(*branches, strict=True)]
        case SetNil() | Mask():
            return types_of(node.input)
        case Map():
            operands = [types_of(each) for each in node.inputs]
            count = max(map(len, operands))
            bands = [[each[band if len(each) > 1 else 0] for each in operands] for band in range(count)]
            found = [_type(node.function, band) for band in bands]
            return found[:1] if node.function in {"=", "!="} else found
        case _:
            raise AssertionError(node)


def _type(name: str, types: list[str]) -> str:
    if name in {"=", "!=", "<", "<=", ">", ">=", "and", "or", "xor", "not", "isnull", "bit"}:
        return "bool"
    if name in {"min", "max", "overlay"}:
        return general(*types)
    if name == "neg":
        return arithmetic("int8", types[0]) if types[0][0] in "ub" else types[0]
    if name == "sqrt":
        return "float32" if types[0] == "float32" else "float64"
    return arithmetic(*types)


def cell_of(node: Node, place: Place) -> Cell:
    """The cell of a node at a place."""
    match node:
        case Given():
            cells = node.coverage.source.read(
                CellBox(place.own, tuple(each + 1 for each in place.own)), range(len(node.coverage.range_type))
            )
            return [
                field.dtype.type(value) if valid else None
                for field, value, valid in zip(
                    node.coverage.range_type.fields, cells.values.ravel(), cells.mask().ravel(), strict=True
                )
            ]
        case Constant():
            return [node.dtype.type(node.value)]
        case Iterator():
            return [np.int32(node.low + place.iterators[node.name])]
        case Cast():
            return [_each(value, lambda one: saturated(one, node.dtype.name)) for value in cell_of(node.input, place)]
        case Combine():
            return [value for each in node.inputs for value in cell_of(each, place)]
        case Switch():
            return _switch(node, place)
        case SetNil() | Mask():
            return _revalid(node, place)
        case Map():
            return _map(node, place)
        case _:
            raise AssertionError(node)


def _each(value: Number | Fault | None, function: Any) -> Number | Fault | None:
    return value if value is None or isinstance(value, Fault) else function(value)


def _switch(node: Switch, place: Place) -> Cell:
    types = types_of(node)
    for condition, result in zip(node.conditions, node.results, strict=True):
        test = cell_of(condition, place)[0]
        if isinstance(test, Fault):
            return [FAULT] * len(types)
        if test:
            return [
                _each(v, lambda one, n=n: np.dtype(n).type(one))
                for v, n in zip(cell_of(result, place), types, strict=True)
            ]
    return [
        _each(v, lambda one, n=n: np.dtype(n).type(one))
        for v, n in zip(cell_of(node.default, place), types, strict=True)
    ]


def nil_of(node: Node) -> list[NilValue]:
    """The nil values of a node with one field."""
    match node:
        case SetNil():
            return list(node.nil)
        case Cast() | Mask():
            return nil_of(node.input)
        case Switch():
            return [nil for each in (*node.results, node.default) for nil in nil_of(each)]
        case Map() if node.function not in {"isnull", "=", "!=", "<", "<=", ">", ">="}:
            return [nil for each in node.inputs for nil in nil_of(each)]
        case _:
            return []


def _first_nil(node: Node, name: str) -> Number:
    """What a null cell is when it is read as a value: the first nil value that is no interval, else 0."""
    known = nil_of(node)
    single = [nil.low for nil in known if nil.high is None]
    return saturated(np.float64([*single, *(nil.low for nil in known), 0.0][0]), name)


def _revalid(node: SetNil | Mask, place: Place) -> Cell:
    values = [
        _first_nil(node.input, name) if value is None else value
        for value, name in zip(cell_of(node.input, place), types_of(node.input), strict=True)
    ]
    if isinstance(node, SetNil):
        return [
            value if isinstance(value, Fault) or not any(nil.matches(np.asarray(value)) for nil in node.nil) else None
            for value in values
        ]
    if node.mask is None:
        return values
    mask = cell_of(node.mask, place)[0]
    if isinstance(mask, Fault):
        return [FAULT] * len(values)
    return values if mask else [None] * len(values)


def _map(node: Map, place: Place) -> Cell:
    name = node.function
    operands = [cell_of(each, place) for each in node.inputs]
    types = [types_of(each) for each in node.inputs]
    count = max(map(len, operands))
    result: Cell = []
    for band in range(count):
        values = [each[band if len(each) > 1 else 0] for each in operands]
        kinds = [each[band if len(each) > 1 else 0] for each in types]
        result.append(_value(name, values, kinds))
    if name not in {"=", "!="} or count == 1:
        return result
    if any(isinstance(each, Fault) for each in result):
        return [FAULT]
    if any(each is None for operand in operands for each in operand):
        return [np.False_]
    return [np.bool_(all(result) if name == "=" else any(result))]


def _value(name: str, values: list[Number | Fault | None], kinds: list[str]) -> Number | Fault | None:
    target = np.dtype(_type(name, kinds))
    if name == "isnull":
        return values[0] if isinstance(values[0], Fault) else np.bool_(values[0] is None)
    if name == "overlay":
        below, above = values
        if isinstance(above, Fault):
            return above
        chosen = above if above is not None and above != 0 else below
        return _each(chosen, target.type)
    if any(value is None for value in values):
        return np.False_ if name in {"=", "!=", "<", "<=", ">", ">="} else None
    if any(isinstance(value, Fault) for value in values):
        return FAULT
    return _number(name, values, target)


def _number(name: str, values: list[Number], target: np.dtype[Any]) -> Number | Fault:
    a, b = values[0], values[-1]
    logic = {
        "=": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b,
        "and": bool(a) and bool(b), "or": bool(a) or bool(b), "xor": bool(a) is not bool(b), "not": not a,
    }  # fmt: skip
    if name in logic:
        return np.bool_(logic[name])
    if name == "bit":
        return FAULT if b < 0 else np.bool_((int(a) >> int(b)) & 1)
    if target.kind == "f":
        return _float(name, [target.type(value) for value in values])
    return _integer(name, [int(value) for value in values], target.name)


def _integer(name: str, values: list[int], target: str) -> Number | Fault:
    a, b = values[0], values[-1]
    if name in {"/", "mod"}:
        if b == 0:
            return FAULT
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return wrapped(quotient if name == "/" else a - b * quotient, target)
    made = {
        "+": a + b, "-": a - b, "*": a * b, "min": min(a, b), "max": max(a, b), "neg": -a, "abs": abs(a),
    }  # fmt: skip
    if target == "bool":
        return np.bool_(made[name])
    return wrapped(made.get(name, a), target)


def _float(name: str, values: list[Number]) -> Number:
    a, b = values[0], values[-1]
    made: dict[str, Callable[[], Number]] = {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "/": lambda: a / b,
        "mod": lambda: np.fmod(a, b),
        "min": lambda: a if math.isnan(a) or (a <= b) else b,
        "max": lambda: a if math.isnan(a) or (a >= b) else b,
        "neg": lambda: -a,
        "plus": lambda: a,
        "abs": lambda: abs(a),
        "sqrt": lambda: np.sqrt(a),
        "ceil": lambda: np.ceil(a),
        "floor": lambda: np.floor(a),
        "round": lambda: a if not math.isfinite(a) else _half_away(a),
    }
    return made[name]()


def _half_away(value: Number) -> Number:
    whole = np.trunc(value)
    return type(value)(whole + math.copysign(1, value)) if abs(value - whole) >= 0.5 else whole
