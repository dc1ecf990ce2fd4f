# SPDX-License-Identifier: MIT
"""Random bodies that depend on iterators, for hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from hypothesis import strategies as st

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.coverage import CellBox, Cells, Coverage
from eoxserver.core.domain import Domain
from eoxserver.query.plan import (
    Cast,
    Condense,
    Constant,
    Flip,
    Given,
    Iterator,
    Map,
    Node,
    Pick,
    PickCell,
    PickRange,
    Reduce,
    Select,
)
from eoxserver.query.resolver import Resolver
from eoxserver.query.steps import Options, Step
from tests.query.samples import ANSI, UTM, Array, catalogue, covering

SHAPE = (5, 6, 7)
POOL = ThreadPoolExecutor(2)
POOLED = Options(block_cells=40, window_bytes=4096, pool=POOL)


def long(value: int) -> Constant:
    """A number as the language has it."""
    return Constant(value, np.dtype(np.int32))


def cells(seed: int, dtype: str, fields: int = 1, shape: Sequence[int] = SHAPE) -> tuple[Array, Array]:
    """Random numbers, and which are valid."""
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 2 if dtype == "bool" else 120, (fields, *shape)).astype(dtype)
    return values, rng.random(values.shape) > 0.2


def small_cube(values: Array, valid: Array | None = None) -> Coverage:
    """Time, irregular, then north and east."""
    times = np.array([148654.25, 148657.0, 148658.5, 148661.0, 148663.0])
    axes: tuple[Axis, ...] = (
        IrregularAxis("ansi", times[: values.shape[1]], ANSI, "d", Role.T),
        RegularAxis("N", 5449900.0, -200.0, values.shape[2], UTM, "metre", Role.Y),
        RegularAxis("E", 380100.0, 200.0, values.shape[3], UTM, "metre", Role.X),
    )
    return covering(Domain(axes), values, valid, "cube")


def line(values: Array, valid: Array | None = None, label: str = "i") -> Coverage:
    """One dimension."""
    return covering(Domain((IndexAxis(label, values.shape[1]),)), values, valid, "line")


def step_of(node: Node, options: Options | None = None) -> Step:
    """The step of a plan whose coverages are all given."""
    return Resolver(catalogue(), options or Options()).resolve(node)


def cells_of(node: Node, options: Options | None = None, box: CellBox | None = None) -> Cells:
    """All cells of what a plan makes, or those of a box."""
    step = step_of(node, options)
    result = step.source.read(box or CellBox.whole(step.domain.shape), tuple(range(len(step.range_type))))
    assert step.source.shape == step.domain.shape
    assert result.values.shape == (len(step.range_type), *(box.shape if box else step.domain.shape))
    assert result.values.dtype == step.range_type.dtype
    return result


def assert_equal(one: Cells, other: Cells) -> None:
    """The same mask, and the same values where they are valid."""
    assert one.values.dtype == other.values.dtype
    np.testing.assert_array_equal(one.mask(), other.mask())
    mine, theirs = (np.where(each.mask(), each.values, 0) for each in (one, other))
    if mine.dtype.kind in "fc":
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)
    else:
        np.testing.assert_array_equal(mine, theirs)


@st.composite
def iterators(draw: st.DrawFn, count: int) -> tuple[Iterator, ...]:
    """Iterators of few places."""
    made = []
    for number in range(count):
        size = draw(st.integers(1, 3))
        values = draw(st.none() | st.lists(st.integers(0, 2), min_size=size, max_size=size).map(tuple))
        made.append(Iterator(f"${'pqr'[number]}", draw(st.integers(0, 2)), size, values))
    return tuple(made)


@st.composite
def indices(draw: st.DrawFn, known: Sequence[Iterator], least: int, most: int) -> Node:
    """A number of a cell, between two; depends on iterators mostly."""
    kind = draw(st.sampled_from(["constant", "iterator", "iterator", "backwards", "sum", "square"]))
    if kind == "constant" or not known:
        return long(draw(st.integers(least, most)))
    one, other = draw(st.sampled_from(known)), draw(st.sampled_from(known))
    node: Node = one
    match kind:
        case "backwards":
            node = Map("-", (long(most), one))
        case "sum":
            node = Map("+", (one, other))
        case "square":
            node = Map("*", (one, one))
    if least:
        node = Map("+", (node, long(least)))
    return Map("min", (Map("max", (node, long(least))), long(most)))


@st.composite
def picks(draw: st.DrawFn, node: Node, known: Sequence[Iterator], keep: bool = False) -> Pick:
    """Some axes of a coverage by index."""
    domain = step_of(node).own_domain
    chosen: list[PickCell | PickRange] = []
    for axis in domain.axes:
        kind = draw(st.sampled_from(["cell", "range", "all"] if keep else ["cell"]))
        if kind == "cell":
            chosen.append(PickCell(axis.label, draw(indices(known, 0, axis.size - 1))))
        elif kind == "range":
            size = draw(st.integers(1, min(3, axis.size)))
            chosen.append(PickRange(axis.label, draw(indices(known, 0, axis.size - size)), size))
    return Pick(node, tuple(draw(st.permutations(chosen))))


@st.composite
def coverages(draw: st.DrawFn) -> Node:
    """A coverage of random cells."""
    dtype = draw(st.sampled_from(["u1", "i2", "i4", "f4", "bool"]))
    values, valid = cells(draw(st.integers(0, 50)), dtype, draw(st.integers(1, 2)))
    return Given(small_cube(values, valid if draw(st.booleans()) else None))


@st.composite
def bodies(draw: st.DrawFn, known: Sequence[Iterator], scalar: bool = False) -> Node:
    """Something that depends on iterators."""
    node: Node = draw(coverages())
    node = draw(picks(node, known, keep=not scalar or draw(st.booleans())))
    if draw(st.booleans()):
        node = Map(draw(st.sampled_from(["+", "*", "<", "max"])), (Select(node, (0,)), draw(st.sampled_from(known))))
    if draw(st.booleans()) and step_of(node).own_domain.axes:
        node = draw(picks(node, known, keep=True))
    if draw(st.integers(0, 3)) == 0 and step_of(node).own_domain.axes:
        node = Flip(node, step_of(node).own_domain.labels[0])
    if draw(st.integers(0, 3)) == 0:
        inner = Iterator("$inner", draw(st.integers(0, 2)), draw(st.integers(1, 3)))
        node = Condense(draw(st.sampled_from(["+", "max"])), (inner,), Map("+", (Cast(node, np.dtype("i4")), inner)))
    if scalar and step_of(node).own_domain.axes:
        node = Reduce(draw(st.sampled_from(["add", "avg", "min", "max", "count", "some", "all"])), node)
    return node


@st.composite
def options(draw: st.DrawFn) -> Options:
    """Few cells at once, with helpers and without."""
    return Options(
        block_cells=draw(st.sampled_from([1, 7, 40, 1 << 20])),
        window_bytes=draw(st.sampled_from([64, 1024, 1 << 20])),
        pool=draw(st.sampled_from([None, POOL])),
    )


@st.composite
def boxes(draw: st.DrawFn, node: Node) -> CellBox:
    """A box of what a plan makes."""
    shape = step_of(node).domain.shape
    low = tuple(draw(st.integers(0, size - 1)) for size in shape)
    return CellBox(low, tuple(draw(st.integers(a + 1, size)) for a, size in zip(low, shape, strict=True)))
