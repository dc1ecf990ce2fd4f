# SPDX-License-Identifier: MIT
"""Random cell-wise plans over coverages of one grid, and iterators."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import Coverage, MemorySource
from eoxserver.core.domain import Domain
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.query.plan import Cast, Combine, Constant, Given, Iterator, Map, Mask, Node, SetNil, Switch

TYPES = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64")
SHAPE = (2, 3, 4)
BINARY = ("+", "-", "*", "/", "mod", "min", "max", "overlay")
UNARY = ("neg", "plus", "abs", "round", "ceil", "floor", "sqrt")
ORDERS = ("<", "<=", ">", ">=", "=", "!=")


def sample(dtype: str, seed: int, masked: bool, fields: int = 1) -> Given:
    """A coverage of one type: small numbers and extremes, some null."""
    rng = np.random.default_rng(seed)
    kind = np.dtype(dtype)
    shape = (fields, *SHAPE)
    values = rng.integers(0 if kind.kind in "ub" else -4, 5, shape).astype(kind)
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        extremes = rng.choice(np.array([limits.min, limits.max, limits.max // 2], kind), shape)
        values = np.where(rng.random(shape) < 0.3, extremes, values)
    if kind.kind == "f":
        values = (values + rng.choice([0.0, 0.25, 0.5], shape)).astype(kind)
        odd = rng.choice(np.array([np.nan, np.inf, -np.inf, 3e9, -3e9, 70000], kind), shape)
        values = np.where(rng.random(shape) < 0.2, odd, values)
    valid = rng.random(shape) > 0.3 if masked else None
    domain = Domain(tuple(IndexAxis(label, size) for label, size in zip("ijk", SHAPE, strict=True)))
    range_type = RangeType(tuple(Field(f"b{number}", kind) for number in range(fields)))
    return Given(Coverage(f"c{seed}", domain, range_type, MemorySource(values, valid)))


@dataclass(frozen=True)
class Leaves:
    """What trees are made of."""

    single: tuple[Node, ...]
    double: Node
    """With two fields."""


@st.composite
def leaves(draw: st.DrawFn) -> Leaves:
    """A few coverages, constants and iterators, which trees use repeatedly."""
    chosen = draw(st.lists(st.tuples(st.sampled_from(TYPES), st.booleans()), min_size=1, max_size=3))
    seed = draw(st.integers(0, 1000))
    single: list[Node] = [sample(name, seed + number, masked) for number, (name, masked) in enumerate(chosen)]
    single.append(Constant(draw(st.integers(-3, 300)), np.dtype("int32")))
    single.append(Constant(draw(st.sampled_from([0.0, 0.5, -2.5])), np.dtype("float64")))
    if draw(st.booleans()):
        single.append(Iterator("p", draw(st.integers(-1, 2)), 3))
    if draw(st.booleans()):
        single.append(Iterator("q", 0, 2))
    double = sample(draw(st.sampled_from(TYPES)), seed + 100, draw(st.booleans()), 2)
    return Leaves(tuple(single), double)


@st.composite
def plans(draw: st.DrawFn) -> Node:
    """A tree in which parts are shared."""
    known = draw(leaves())
    numbers: list[Node] = list(known.single)
    tests: list[Node] = [Map("isnull", (known.single[0],))]
    for _ in range(draw(st.integers(1, 9))):
        if draw(st.integers(0, 2)):
            numbers.append(draw(number_node(tuple(numbers), tuple(tests))))
        else:
            tests.append(draw(truth_node(tuple(numbers), tuple(tests))))
    node = draw(st.sampled_from((numbers[-1], tests[-1])))
    match draw(st.integers(0, 4)):
        case 0:
            return Combine(("one", "two"), (numbers[-1], tests[-1]))
        case 1:
            return Map(draw(st.sampled_from(("+", "/", "=", "!=", "overlay", "min"))), (known.double, numbers[-1]))
        case 2:
            return Map(draw(st.sampled_from(("=", "!="))), (known.double, Map("+", (known.double, numbers[-1]))))
        case _:
            return node


@st.composite
def number_node(draw: st.DrawFn, numbers: tuple[Node, ...], tests: tuple[Node, ...]) -> Node:
    """A node whose cells are numbers."""
    number = st.sampled_from(numbers)
    match draw(st.integers(0, 9)):
        case 0 | 1 | 2 | 3:
            made = Map(draw(st.sampled_from(BINARY)), (draw(number), draw(number)))
            # Which zero is the lesser is not said.
            return Map("+", (made, Constant(0, np.dtype("int8")))) if made.function in {"min", "max"} else made
        case 4 | 5:
            return Map(draw(st.sampled_from(UNARY)), (draw(number),))
        case 6:
            return Cast(draw(number), np.dtype(draw(st.sampled_from(TYPES[1:]))))
        case 7:
            conditions = draw(st.lists(st.sampled_from(tests), min_size=1, max_size=2))
            return Switch(tuple(conditions), tuple(draw(number) for _ in conditions), draw(number))
        case 8:
            return SetNil(draw(number), draw(st.sampled_from(((NilValue(0.0),), (NilValue(1.0, 3.0),), ()))))
        case _:
            return Mask(draw(number), draw(st.sampled_from((None, *tests))))


@st.composite
def truth_node(draw: st.DrawFn, numbers: tuple[Node, ...], tests: tuple[Node, ...]) -> Node:
    """A node whose cells are truth values."""
    number, test = st.sampled_from(numbers), st.sampled_from(tests)
    match draw(st.integers(0, 5)):
        case 0 | 1:
            return Map(draw(st.sampled_from(ORDERS)), (draw(number), draw(number)))
        case 2:
            return Map(draw(st.sampled_from(("and", "or", "xor", "=", "overlay"))), (draw(test), draw(test)))
        case 3:
            return Map("not", (draw(test),))
        case 4:
            return Map("isnull", (draw(number),))
        case _:
            whole = Cast(draw(number), np.dtype("int16"))
            bits: tuple[Node, ...] = (Constant(1, np.dtype("int32")), whole)
            return Map("bit", (whole, draw(st.sampled_from(bits))))
