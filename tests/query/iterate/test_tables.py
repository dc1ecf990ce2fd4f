# SPDX-License-Identifier: MIT
"""Condensers of cell-wise bodies at many places, from the values that occur; and how often values occur."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eoxserver.core.coverage import CellBox
from eoxserver.query.iterate.census import Census
from eoxserver.query.iterate.folds import REDUCERS
from eoxserver.query.iterate.lifted import AlignedView
from eoxserver.query.iterate.tables import LEAST_CELLS, TableView
from eoxserver.query.iterate.unrolling import unrolled
from eoxserver.query.plan import (
    Cast,
    Condense,
    Constant,
    Construct,
    Given,
    Iterator,
    Map,
    Node,
    Pick,
    PickCell,
    Reduce,
    Select,
    Switch,
)
from eoxserver.query.steps import Options
from tests.query.iterate.bodies import assert_equal, cells, cells_of, long, small_cube, step_of
from tests.query.samples import Array, Recorder, covering

SHAPE = (5, 30, 40)
B = Iterator("$b", 0, 120)
TYPES = ("bool", "u1", "i1", "u2", "i2", "i4", "f4", "f8")


def cube(dtype: str, masked: bool = True, seed: int = 1) -> tuple[Given, Array, Array]:
    values, valid = cells(seed, dtype, shape=SHAPE)
    if dtype[0] in "if":
        values = (values - 60).astype(dtype)
    if dtype[0] == "f":
        values[values == 7] = np.nan
    return Given(small_cube(values, valid if masked else None)), values, valid if masked else np.ones_like(valid)


def is_counted(node: Node) -> bool:
    return isinstance(step_of(node).source, TableView)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("masked", [False, True])
def test_8_46_histograms(dtype: str, masked: bool) -> None:
    node, values, valid = cube(dtype, masked)
    count = Reduce("count", Map("=", (node, B)))
    assert is_counted(count)
    found = cells_of(Construct(("bucket",), (B,), count), Options(block_cells=500, pool=ThreadPoolExecutor(2)))
    here = values[valid]
    assert found.values[0].tolist() == [int((here == n).sum()) for n in range(120)]


@pytest.mark.parametrize("dtype", TYPES[1:])
def test_bins_between_limits(dtype: str) -> None:
    node, values, valid = cube(dtype)
    low = Map("-", (Map("*", (B, Constant(2.5, np.dtype(float)))), long(60)))
    inside = Map("and", (Map(">=", (node, low)), Map("<", (node, Map("+", (low, long(2)))))))
    found = cells_of(Reduce("count", inside))
    assert is_counted(Reduce("count", inside))
    here = values[valid]
    lows = np.arange(120) * 2.5 - 60
    assert found.values[0].tolist() == [int(((here >= low) & (here < low + 2)).sum()) for low in lows]


def test_the_coverage_is_read_once() -> None:
    values, _ = cells(2, "u1", shape=SHAPE)
    source = Recorder([values], 8)
    node = Given(covering(small_cube(values).domain, values, source=source))
    both = Map("and", (Map(">", (node, B)), Map("<", (node, Map("+", (B, long(3)))))))
    step = step_of(Construct(("b",), (B,), Reduce("count", both)), Options(block_cells=700))
    for n in range(120):
        found = step.source.read(CellBox((n,), (n + 1,)), (0,))
        assert found.values[0, 0] == ((values > n) & (values < n + 3)).sum()
    assert source.cells == values.size


@settings(max_examples=200)
@given(st.data())
def test_what_is_counted_is_what_the_loop_makes(data: st.DataObject) -> None:
    node, _, _ = cube(data.draw(st.sampled_from(TYPES)), data.draw(st.booleans()), data.draw(st.integers(0, 5)))
    b = Iterator("$b", data.draw(st.integers(-3, 3)), data.draw(st.integers(1, 4)))
    body = data.draw(_cellwise(node, b, 3))
    operator = data.draw(st.sampled_from(REDUCERS))
    if b.name not in {each.name for each in step_of(body).iterators}:
        body = Map("*", (body, b))
    lifted, plain = (Construct(("b",), (b,), Reduce(operator, each)) for each in (body, unrolled(body, (b,))))
    options = Options(block_cells=data.draw(st.sampled_from([50, 1 << 20])))
    assert_equal(cells_of(lifted, options), cells_of(plain))


@st.composite
def _cellwise(draw: st.DrawFn, node: Node, b: Iterator, depth: int) -> Node:
    """A cell-wise body; arguments small enough for integers not to wrap."""
    kind = draw(st.sampled_from(["compare", "compare", "min", "mix", "switch", "null", "cast"]))
    others: list[Node] = [b, Map("+", (b, long(2))), long(3), Constant(1.5, np.dtype(float))]
    other = draw(st.sampled_from(others))
    if not depth or kind == "compare":
        operands = (node, other) if draw(st.booleans()) else (other, node)
        return Map(draw(st.sampled_from(["=", "!=", "<", ">="])), operands)
    below = draw(_cellwise(node, b, depth - 1))
    match kind:
        case "min":
            return Map("min", (Map("+", (node, other)), below))
        case "mix":
            return Map("+", (below, other))
        case "switch":
            return Switch((Map("<", (node, other)),), (below,), Map("*", (below, other)))
        case "null":
            return Map("or", (Map("isnull", (node,)), Map(">", (below, other))))
        case _:
            return Cast(below, np.dtype(np.int16))


@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_histograms_of_slices(dtype: str) -> None:
    values, _ = cells(4, dtype, shape=(3, 80, 90))
    source = Recorder([values], 1)
    domain = small_cube(values).domain
    t = Iterator("$t", 0, 3)
    slices = Pick(Given(covering(domain, values, source=source)), (PickCell("ansi", t),))
    count = Reduce("count", Map("=", (slices, B)))
    assert isinstance(step_of(count).source, AlignedView)
    found = cells_of(Construct(("b", "t"), (B, t), count))
    assert found.values[0].tolist() == [[int((values[0, n] == b).sum()) for n in range(3)] for b in range(120)]
    assert source.cells == values.size
    part = cells_of(count, box=CellBox((1, 5), (3, 9)))
    np.testing.assert_array_equal(part.values[0], found.values[0, 5:9, 1:3].T)


def test_slices_that_share_chunks_are_gone_over_together() -> None:
    values, _ = cells(4, "u1", shape=(3, 80, 90))
    source = Recorder([values], 40)
    slices = Pick(
        Given(covering(small_cube(values).domain, values, source=source)), (PickCell("ansi", Iterator("$t", 0, 3)),)
    )
    count = Reduce("count", Map("=", (slices, B)))
    expected = [[int((values[0, n] == b).sum()) for b in range(120)] for n in range(3)]
    assert cells_of(count, Options(block_cells=20_000)).values[0].tolist() == expected


def test_nulls_alone() -> None:
    values = np.zeros((1, 2, 50, 60), np.uint8)
    node = Given(small_cube(values, np.zeros(values.shape, bool)))
    b = Iterator("$b", 0, 3)
    assert cells_of(Reduce("count", Map("=", (node, b)))).values.tolist() == [[0, 0, 0]]
    assert np.isnan(cells_of(Reduce("avg", Map("*", (node, b)))).values).all()
    assert not cells_of(Reduce("max", Map("*", (node, b)))).mask().any()


def test_what_cannot_be_counted_is_gone_over() -> None:
    bytes_, values, _ = cube("u1")
    floats, _, _ = cube("f8")
    few = Given(small_cube(values[:, :, :5, :5]))
    assert is_counted(Reduce("count", Map("=", (bytes_, B))))
    assert LEAST_CELLS > 5 * 5 * 5
    for node in (
        Map("=", (few, B)),
        Map("=", (Map("*", (floats, long(2))), B)),
        Map("=", (Map("+", (bytes_, floats)), B)),
        Map("isnull", (Map("*", (floats, B)),)),
        bytes_,
    ):
        assert not is_counted(Reduce("count", node))
    assert not is_counted(Condense("+", (B,), Map("=", (bytes_, B))))


def test_scalars_of_the_body_see_the_whole_coverage() -> None:
    node, values, valid = cube("u1")
    mean = Reduce("avg", node)
    found = cells_of(Reduce("count", Map(">", (node, Map("+", (mean, B))))))
    here = values[valid]
    assert found.values[0].tolist() == [int((here > here.mean() + n).sum()) for n in range(120)]


def test_one_field_of_several() -> None:
    values, valid = cells(3, "u1", 3, SHAPE)
    node = Select(Given(small_cube(values, valid)), (1,))
    again = Select(node, (0,))
    found = cells_of(Reduce("count", Map("and", (Map(">", (node, B)), Map("<", (again, long(90)))))))
    here = values[1][valid[1]]
    assert found.values[0].tolist() == [int(((here > n) & (here < 90)).sum()) for n in range(120)]


def test_values_and_how_often_they_occur() -> None:
    node, values, valid = cube("i1")
    census = Census(step_of(node), None, Options(block_cells=100, pool=ThreadPoolExecutor(2)))
    found = census.values()
    numbers, counts = np.unique(values[valid], return_counts=True)
    order = np.argsort(found.values)
    np.testing.assert_array_equal(found.values[order], numbers)
    np.testing.assert_array_equal(found.counts[order], counts)
    assert found.nulls == np.count_nonzero(~valid)
    assert census.values() is found


def test_classes_between_limits_have_one_value_of_theirs() -> None:
    node, values, valid = cube("f4")
    found = Census(step_of(node), [step_of(Iterator("$b", 0, 3)), step_of(long(20))], Options()).values()
    here = values[valid]
    known = here[~np.isnan(here)]
    edges = [-np.inf, 0, 1, 2, 20, np.inf]
    between = [((known > a) & (known < b)).sum() for a, b in pairwise(edges)]
    expected = [*(n for n in between if n), *((known == n).sum() for n in edges[1:-1] if (known == n).any())]
    assert sorted(found.counts.tolist()) == sorted([*map(int, expected), int(np.isnan(here).sum())])
