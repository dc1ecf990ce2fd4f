# SPDX-License-Identifier: MIT
"""Condensers (WCPS language, sections 4.1 and 4.4): what they make, what they read, and how much they hold."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import CellBox, Cells, Level
from eoxserver.core.domain import Domain
from eoxserver.core.errors import WcpsSemanticError
from eoxserver.core.selection import GRID, Slice
from eoxserver.query.check import price
from eoxserver.query.plan import (
    Cast,
    Combine,
    Condense,
    Given,
    Iterator,
    Map,
    Node,
    Pick,
    PickCell,
    Reduce,
    Select,
    SubsetNode,
    Switch,
)
from eoxserver.query.steps import Options
from tests.query.iterate.bodies import POOLED, assert_equal, cells, cells_of, line, long, small_cube, step_of
from tests.query.samples import Recorder, covering

T = Iterator("$t", 0, 5)


def at_time(cube: Node, time: Node = T) -> Pick:
    return Pick(cube, (PickCell("ansi", time),))


def recorded(shape: tuple[int, int, int] = (6, 16, 24), chunk: int = 4) -> tuple[Recorder, Given]:
    """A cube in chunks that are all alike."""
    values = np.arange(np.prod(shape), dtype=np.int32).reshape(1, *shape) % 251
    source = Recorder([values], chunk)
    domain = Domain(tuple(IndexAxis(label, size) for label, size in zip("tyx", shape, strict=True)))
    return source, Given(covering(domain, values, source=source))


def chunks_read(source: Recorder) -> list[tuple[int, ...]]:
    """Each chunk, as often as it was touched."""
    found: list[tuple[int, ...]] = []
    for box, _, _ in source.reads:
        ranges = [range(a // 4, -(-b // 4)) for a, b in zip(box.low, box.high, strict=True)]
        found += [(t, y, x) for t in ranges[0] for y in ranges[1] for x in ranges[2]]
    return found


@pytest.mark.parametrize("operator", ["add", "avg", "min", "max", "count", "some", "all"])
def test_4_4_a_short_condenser_makes_one_scalar_of_each_field(operator: str) -> None:
    values, valid = cells(1, "i2", 3)
    step = step_of(Reduce(operator, Given(small_cube(values, valid))))
    assert step.domain == Domain(())
    assert step.range_type.names == ("b0", "b1", "b2")
    valid_numbers = [values[n][valid[n]].astype(int) for n in range(3)]
    expected = {
        "add": [each.sum() for each in valid_numbers],
        "avg": [each.mean() for each in valid_numbers],
        "min": [each.min() for each in valid_numbers],
        "max": [each.max() for each in valid_numbers],
        "count": [np.count_nonzero(each) for each in valid_numbers],
        "some": [each.any() for each in valid_numbers],
        "all": [each.all() for each in valid_numbers],
    }
    np.testing.assert_allclose(step.source.read(CellBox((), ()), (0, 1, 2)).values, expected[operator])
    assert step.source.read(CellBox((), ()), (2,)).values[0] == pytest.approx(expected[operator][2])


def test_4_1_a_coverage_valued_body_keeps_the_other_axes() -> None:
    values, valid = cells(2, "i2")
    cube = small_cube(values, valid)
    node = Condense("max", (T,), at_time(Given(cube)))
    step = step_of(node)
    assert step.domain == cube.domain.without(frozenset({0}))
    found = cells_of(node, POOLED)
    expected = np.ma.array(values, mask=~valid).max(axis=1)
    np.testing.assert_array_equal(found.mask(), ~np.ma.getmaskarray(expected))
    np.testing.assert_array_equal(found.values[found.mask()], expected.compressed())


def test_8_45_a_condition_chooses_cells() -> None:
    values, _ = cells(3, "u1", shape=(40,))
    x = Iterator("$x", 0, 10)
    cell = Pick(Given(line(values)), (PickCell("i", x),))
    node = Condense("+", (x,), cell, Map(">", (cell, long(50))))
    first = values[0, :10].astype(int)
    assert cells_of(node, POOLED).values[0] == first[first > 50].sum()


def test_4_5_a_condition_that_is_null_does_not_choose() -> None:
    x = Iterator("$x", 0, 3)
    known = np.array([[True, False, True]])
    cell = Pick(Given(line(np.array([[5, 6, 7]], np.uint8), known)), (PickCell("i", x),))
    assert cells_of(Condense("+", (x,), x, Map(">=", (cell, long(0))))).values[0] == 0 + 2


def test_places_that_are_not_chosen_are_not_read() -> None:
    source, cube = recorded()
    t = Iterator("$t", 0, 6)
    node = Condense("+", (t,), Pick(cube, (PickCell("t", t),)), Map("=", (t, long(3))))
    cells_of(node, Options(block_cells=16 * 24))
    assert {box.low[0] // 4 for box, _, _ in source.reads} == {0}


def test_an_iterator_that_does_nothing_counts() -> None:
    n = Iterator("$n", 0, 7)
    assert cells_of(Condense("+", (n,), long(2))).values[0] == 14
    assert cells_of(Condense("*", (n,), long(2))).values[0] == 128


@pytest.mark.parametrize("block_cells", [64, 300, 1 << 20])
def test_each_chunk_is_read_once(block_cells: int) -> None:
    options = Options(block_cells=block_cells, pool=ThreadPoolExecutor(2))
    t = Iterator("$t", 0, 6)
    source, cube = recorded()
    every = 2 * 4 * 6
    cells_of(Reduce("avg", cube), options)
    assert len(chunks_read(source)) == every == len(set(chunks_read(source)))
    source, cube = recorded()
    cells_of(Condense("+", (t,), Pick(cube, (PickCell("t", t),))), options)
    assert len(chunks_read(source)) == every == len(set(chunks_read(source)))


def test_each_chunk_is_read_once_however_thin_the_rows_asked_for() -> None:
    source, cube = recorded()
    t = Iterator("$t", 0, 6)
    step = step_of(Condense("max", (t,), Pick(cube, (PickCell("t", t),))), Options(block_cells=64))
    rows = [step.source.read(CellBox((y, 0), (y + 1, 24)), (0,)).values for y in range(16)]
    np.testing.assert_array_equal(np.concatenate(rows, axis=1), source.arrays[0].max(axis=1))
    assert len(chunks_read(source)) == 2 * 4 * 6


def test_a_part_of_the_result_reads_its_part() -> None:
    source, cube = recorded()
    t = Iterator("$t", 0, 6)
    whole = Condense("+", (t,), Pick(cube, (PickCell("t", t),)))
    step = step_of(SubsetNode(whole, (Slice("y", 5, GRID), Slice("x", 9, GRID))), Options(block_cells=64))
    assert step.source.read(CellBox((), ()), (0,)).values[0] == source.arrays[0][0, :, 5, 9].sum()
    assert set(chunks_read(source)) == {(0, 1, 2), (1, 1, 2)}


def test_a_trim_does_not_misplace_blocks() -> None:
    source, cube = recorded()
    t = Iterator("$t", 1, 5)
    cells_of(Condense("+", (t,), Pick(cube, (PickCell("t", t),))), Options(block_cells=64))
    assert len(chunks_read(source)) == 2 * 4 * 6


def test_a_scalar_is_computed_once_for_all_who_ask() -> None:
    source, cube = recorded()
    mean = step_of(Reduce("avg", cube), Options(block_cells=64, pool=ThreadPoolExecutor(2)))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: mean.source.read(CellBox((), ()), (0,)).values[0], range(16)))
    assert set(found) == {source.arrays[0].mean()}
    assert len(chunks_read(source)) == 2 * 4 * 6


def test_the_result_does_not_depend_on_helpers() -> None:
    rng = np.random.default_rng(1)
    cube = Given(small_cube(rng.normal(size=(1, 5, 60, 70)) * 10.0 ** rng.integers(-9, 9, (1, 5, 60, 70))))
    options = [Options(block_cells=500, pool=pool) for pool in (None, ThreadPoolExecutor(1), ThreadPoolExecutor(5))]
    for node in (Reduce("add", cube), Reduce("avg", cube), Condense("+", (T,), at_time(cube))):
        first, *others = (cells_of(node, each).values.tobytes() for each in options)
        assert others == [first, first]


def test_condensers_inside_the_pool_that_helps_them() -> None:
    pool = ThreadPoolExecutor(2)
    values, _ = cells(4, "i4")
    cube = Given(small_cube(values))
    centred = Map("-", (Map("-", (cube, Reduce("avg", cube))), Reduce("max", cube)))
    step = step_of(Reduce("add", centred), Options(block_cells=20, pool=pool))
    asked = [pool.submit(step.source.read, CellBox((), ()), (0,)) for _ in range(8)]
    expected = (values - values.mean() - values.max()).sum()
    assert all(each.result(60).values[0] == pytest.approx(expected) for each in asked)


@dataclass(eq=False)
class Endless:
    """A cube that is made when it is read, and counts the cells that are held at the same time."""

    shape: tuple[int, ...] = (64, 256, 256)
    chunks: tuple[int, ...] = (1, 128, 128)
    greatest: int = 0
    read_cells: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def levels(self) -> tuple[Level, ...]:
        return (Level(self.shape, (1.0,) * 3),)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        with self.lock:
            self.greatest = max(self.greatest, box.cell_count)
            self.read_cells += box.cell_count
        times = np.arange(box.low[0], box.high[0], dtype=np.float32).reshape(-1, 1, 1)
        return Cells(np.broadcast_to(times, box.shape)[np.newaxis].copy())


def endless() -> tuple[Endless, Given]:
    source = Endless()
    domain = Domain(tuple(IndexAxis(label, size) for label, size in zip("tyx", source.shape, strict=True)))
    return source, Given(covering(domain, np.zeros((1, 1, 1, 1), np.float32), source=source))


def test_no_more_than_a_block_is_read_at_once() -> None:
    """The cube is 128 times as large as a block, the lifted body another 50 times."""
    b = Iterator("$b", 1, 50)
    t = Iterator("$t", 0, 64)
    for make in (
        lambda cube: Reduce("avg", cube),
        lambda cube: Condense("max", (t,), Pick(cube, (PickCell("t", t),))),
        lambda cube: Reduce("avg", Map("sqrt", (Map("*", (cube, b)),))),
    ):
        source, cube = endless()
        step = step_of(make(cube), Options(block_cells=1 << 15, window_bytes=1 << 20))
        step.source.read(CellBox.whole(step.domain.shape), (0,))
        assert source.greatest <= 1 << 15
        assert source.read_cells == np.prod(source.shape)


def test_what_is_the_same_at_all_places_is_read_once() -> None:
    source, cube = recorded()
    b = Iterator("$b", 1, 40)
    body = Map("sqrt", (Map("*", (Map("+", (cube, cube)), b)),))
    options = Options(block_cells=256, pool=ThreadPoolExecutor(2))
    found = cells_of(Reduce("avg", body), options)
    expected = [np.sqrt(source.arrays[0].astype(float) * 2 * n).mean() for n in range(1, 41)]
    np.testing.assert_allclose(found.values[0], expected)
    assert len(set(chunks_read(source))) == len(chunks_read(source)) == 2 * 4 * 6


@pytest.mark.parametrize("operator", ["+", "*", "min", "max", "and", "or", "overlay"])
@given(seed=st.integers(0, 50), block_cells=st.sampled_from([1, 40, 1 << 20]))
def test_4_1_a_scalar_is_condensed_in_each_cell_of_the_condition(operator: str, seed: int, block_cells: int) -> None:
    """Exactly as if it had the axes itself."""
    cube = Given(small_cube(*cells(seed, "u1")))
    dtype = "bool" if operator in ("and", "or") else "i2"
    numbers = Pick(Given(line(*cells(seed + 1, dtype, shape=(5,)))), (PickCell("i", T),))
    where = Map(">", (at_time(cube), Map("*", (T, long(30)))))
    spread = Switch((where,), (numbers,), numbers)
    found = cells_of(Condense(operator, (T,), numbers, where), Options(block_cells=block_cells))
    assert found.values.shape == (1, 6, 7)
    assert_equal(found, cells_of(Condense(operator, (T,), spread, where)))


@pytest.mark.parametrize("block_cells", [64, 300, 1 << 20])
def test_the_condition_of_a_scalar_is_read_once(block_cells: int) -> None:
    options = Options(block_cells=block_cells, pool=ThreadPoolExecutor(2))
    t, k = Iterator("$t", 0, 6), Iterator("$k", 0, 9)
    conditions: list[tuple[tuple[Iterator, ...], Callable[[Node], Node]]] = [
        ((t,), lambda cube: Map(">", (Pick(cube, (PickCell("t", t),)), long(3)))),
        ((k,), lambda cube: Map(">", (cube, k))),
        ((k,), lambda cube: Map(">", (cube, long(3)))),
        ((k, t), lambda cube: Map(">", (Pick(cube, (PickCell("t", t),)), k))),
    ]
    for iterators, condition in conditions:
        for using in (long(1), iterators[0], Map("*", (iterators[0], iterators[-1]))):
            source, cube = recorded()
            cells_of(Condense("+", iterators, using, condition(cube)), options)
            assert len(set(chunks_read(source))) == len(chunks_read(source)) == 2 * 4 * 6
            assert source.cells == 6 * 16 * 24


@pytest.mark.parametrize("operator", ["+", "*", "min", "max", "overlay"])
@given(seed=st.integers(0, 50), least=st.sampled_from([-1, 40, 90, 300]), block_cells=st.sampled_from([1, 40, 1 << 20]))
def test_4_1_cells_that_are_condensed_may_be_in_their_condition(
    operator: str, seed: int, least: int, block_cells: int
) -> None:
    """Exactly as if the condition were of another coverage."""
    options = Options(block_cells=block_cells)
    cubes = [at_time(Given(small_cube(*cells(seed, "u1")))) for _ in range(2)]
    wheres = [Map(">", (cube, Map("*", (T, long(least))))) for cube in cubes]
    for using in (cubes[0], Map("sqrt", (cubes[0],))):
        found, other = (cells_of(Condense(operator, (T,), using, where), options) for where in wheres)
        assert_equal(found, other)


@pytest.mark.parametrize("block_cells", [64, 300, 1 << 20])
def test_what_is_condensed_and_in_the_condition_is_read_once(block_cells: int) -> None:
    options = Options(block_cells=block_cells, pool=ThreadPoolExecutor(2))
    t = Iterator("$t", 0, 6)
    source, cube = recorded()
    part = Pick(cube, (PickCell("t", t),))
    step = step_of(Condense("+", (t,), Map("*", (part, long(2))), Map(">", (part, long(100)))), options)
    found = step.source.read(CellBox.whole(step.domain.shape), (0,)).values
    values = source.arrays[0].astype(int)
    np.testing.assert_array_equal(found, (2 * values * (values > 100)).sum(axis=1))
    assert source.cells == values.size == price(step).cells


def test_a_condition_that_is_the_same_at_all_places_is_read_once() -> None:
    source, mask = recorded()
    _, cube = recorded((40, 16, 24))
    t = Iterator("$t", 0, 40)
    where = Map(">", (SubsetNode(mask, (Slice("t", 0, GRID),)), long(100)))
    node = Condense("+", (t,), Pick(cube, (PickCell("t", t),)), where)
    found = cells_of(node, Options(block_cells=256, pool=ThreadPoolExecutor(2)))
    chosen = source.arrays[0][0, 0] > 100
    whole = cube.coverage.source.read(CellBox.whole((40, 16, 24)), (0,)).values[0]
    np.testing.assert_array_equal(found.values[0], np.where(chosen, whole.sum(axis=0), 0))
    assert source.cells == 16 * 24


def test_the_price_is_what_is_read() -> None:
    _, cube = recorded()
    t = Iterator("$t", 0, 6)
    cost = price(step_of(Condense("+", (t,), Pick(cube, (PickCell("t", t),)))))
    assert (cost.coverages, cost.cells, cost.chunks) == (1, 6 * 16 * 24, 48)
    assert price(step_of(Reduce("avg", cube))).cells == 6 * 16 * 24


@given(st.integers(0, 100), st.sampled_from([1, 10, 1 << 20]))
def test_4_1_an_overlay_goes_in_the_order_of_places(seed: int, block_cells: int) -> None:
    rng = np.random.default_rng(seed)
    values, valid = rng.integers(0, 3, (1, 4, 3)).astype(np.uint8), rng.random((1, 4, 3)) > 0.3
    p, q = Iterator("$p", 0, 4, (3, 1, 0, 2)), Iterator("$q", 0, 3)
    both = Domain((IndexAxis("a", 4), IndexAxis("b", 3)))
    body = Pick(Given(covering(both, values, valid)), (PickCell("a", p), PickCell("b", q)))
    found = cells_of(Condense("overlay", (p, q), body), Options(block_cells=block_cells))
    order = [(a, b) for a in (3, 1, 0, 2) for b in range(3)]
    painted = [values[0, a, b] for a, b in order if valid[0, a, b] and values[0, a, b]]
    assert found.mask()[0] == valid.any()
    if valid.any():
        assert found.values[0] == (painted[-1] if painted else 0)


def test_all_fields_or_some() -> None:
    values, valid = cells(5, "u1", 3)
    node = Condense("+", (T,), at_time(Given(small_cube(values, valid))))
    whole = cells_of(node)
    assert_equal(cells_of(Select(node, (2, 0))), Cells(whole.values[[2, 0]]))


def test_fields_of_different_types() -> None:
    values, _ = cells(5, "u1", 1)
    cube = Given(small_cube(values))
    node = Reduce("add", Combine(("a", "b", "c"), (cube, Map("sqrt", (cube,)), Cast(cube, np.dtype(np.complex64)))))
    step = step_of(node)
    assert [each.dtype.str[1:] for each in step.range_type.fields] == ["i8", "f8", "c16"]
    for number, expected in ((0, values.sum()), (1, np.sqrt(values.astype(float)).sum()), (2, values.sum())):
        found = step.source.read(CellBox((), ()), (number,)).values
        assert found.dtype == step.range_type.fields[number].dtype
        assert found[0] == pytest.approx(expected)


def test_unknown_condensers_and_conditions_are_refused() -> None:
    values, _ = cells(6, "u1", 2)
    cube = Given(small_cube(values))
    for node, text in (
        (Reduce("median", cube), "no condenser 'median'"),
        (Condense("avg", (T,), at_time(cube)), "no condenser 'avg'"),
        (Condense("+", (T,), at_time(cube), T), "must be boolean"),
    ):
        with pytest.raises(WcpsSemanticError, match=text):
            step_of(node)
    with pytest.raises(WcpsSemanticError, match="5 x 6 x 7 cells, what it condenses 6 x 7"):
        step_of(Condense("+", (T,), at_time(cube), Map(">", (Select(cube, (0,)), T))))


@pytest.mark.parametrize(("fields", "reads"), [(1, 4), (4, 4), (5, 24)])
def test_a_chunk_of_some_fields_is_read_once(fields: int, reads: int) -> None:
    domain = Domain((IndexAxis("y", 32), IndexAxis("x", 32)))
    values = np.arange(fields * 32 * 32).reshape(fields, 32, 32).astype("i4")
    source = Recorder([values], 16)
    coverage = covering(domain, values, source=source)
    found = cells_of(Reduce("add", Given(coverage)), Options(block_cells=256))
    assert found.values.tolist() == values.sum(axis=(1, 2)).tolist()
    assert len(source.reads) == reads
    assert source.cells == 32 * 32
