# SPDX-License-Identifier: MIT
"""The lazy source of computed cells: what it reads, when, and in how much memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import CellBox, Cells, Coverage, Level
from eoxserver.core.domain import Domain
from eoxserver.core.fields import Field, RangeType
from eoxserver.core.selection import GRID, Slice, Trim
from eoxserver.query.cellwise.view import CellView
from eoxserver.query.check import check, price
from eoxserver.query.evaluate import evaluate
from eoxserver.query.plan import Cast, Combine, Given, Iterator, Map, Node, Scale, Select, Size, SubsetNode
from eoxserver.query.steps import Options
from eoxserver.query.windows import is_view
from tests.query.cellwise.samples import apply, number, resolve
from tests.query.samples import Recorder, catalogue, covering, image, numbers, pyramid, read, waves

FLOAT = np.dtype("float32")


def recorded(*arrays: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> tuple[Given, Recorder]:
    """A coverage that remembers what is read of it."""
    source = Recorder(list(arrays))
    shape = arrays[0].shape[1:]
    domain = Domain(tuple(IndexAxis(label, size) for label, size in zip("ijk", shape, strict=False)))
    return Given(covering(domain, arrays[0], source=source)), source


def index(node: Node) -> Node:
    """(a - b) / (a + b) of the first two fields."""
    a, b = (Cast(Select(node, (field,)), FLOAT) for field in (0, 1))
    return apply("/", apply("-", a, b), apply("+", a, b))


def test_trees_are_one_view_and_each_source_is_read_once() -> None:
    node, source = recorded(waves(40, 50, 3))
    step = resolve(apply("*", index(node), apply("+", number(1), index(node))))
    assert isinstance(step.source, CellView)
    box = CellBox((3, 4), (20, 30))
    cells = step.source.read(box, (0,))
    assert source.reads == [(box, (0, 1), 0)]
    a, b = waves(40, 50, 3)[:2, 3:20, 4:30].astype("f4")
    np.testing.assert_allclose(cells.values[0], (a - b) / (a + b) * (1 + (a - b) / (a + b)), rtol=1e-6)


def test_only_fields_that_are_asked_for_are_read() -> None:
    node, source = recorded(waves(10, 10, 3))
    step = resolve(Combine(("x", "y"), (apply("sqrt", Select(node, (2,))), apply("abs", Select(node, (0,))))))
    step.source.read(CellBox((0, 0), (2, 2)), (1,))
    step.source.read(CellBox((0, 0), (2, 2)), (1, 0))
    assert [fields for _, fields, _ in source.reads] == [(0,), (0, 2)]


def test_parts_of_a_source_are_read_each_once() -> None:
    node, source = recorded(numbers((6, 4, 5), 1))
    first, second = (SubsetNode(node, (Slice("i", cell, crs=GRID),)) for cell in (0, 5))
    step = resolve(apply("-", apply("+", second, second), first))
    found = read(step.coverage)
    cube = numbers((6, 4, 5), 1)
    np.testing.assert_array_equal(found.values, 2 * cube[:, 5] - cube[:, 0])
    assert sorted(box.low[0] for box, _, _ in source.reads) == [0, 5]


def test_a_trim_reads_what_it_needs() -> None:
    node, source = recorded(waves(40, 50, 2))
    step = resolve(SubsetNode(index(node), (Trim("i", 5, 8, crs=GRID),)))
    assert read(step.coverage).values.shape == (1, 4, 50)
    assert [box for box, _, _ in source.reads] == [CellBox((5, 0), (9, 50))]


def test_needs_are_what_reading_reads() -> None:
    node, source = recorded(waves(40, 50, 3))
    step = resolve(index(node))
    box = CellBox((1, 2), (30, 40))
    assert is_view(step.source)
    needs = [(need.box, need.fields, need.level) for need in step.source.needs(box, (0,))]
    step.source.read(box, (0,))
    assert needs == source.reads
    cost = price(step, box)
    assert (cost.coverages, cost.cells, cost.bytes) == (1, 2 * box.cell_count, 2 * box.cell_count)


def test_numbers_cost_nothing() -> None:
    assert check(apply("+", number(1), number(2)), catalogue()).cost.bytes == 0


def test_chunks_are_those_of_the_source_and_long_along_iterators() -> None:
    node, _ = recorded(waves(200, 300, 2))
    assert resolve(index(node)).source.chunks == (64, 64)
    lifted = resolve(apply("=", Select(node, (0,)), Iterator("p", 0, 10_000)))
    assert lifted.domain.shape == (10_000, 200, 300)
    assert lifted.source.chunks == (256, 64, 64)
    assert resolve(Iterator("p", 0, 7)).source.chunks == (7,)
    assert resolve(number(1)).source.chunks == ()


def test_a_coarse_result_is_computed_from_overviews() -> None:
    values = waves(256, 256, 2)
    source = pyramid(values)
    coverage = covering(image(values).domain, values, source=source)
    assert resolve(index(Given(coverage))).source.levels == source.levels
    scaled = evaluate(Scale(index(Given(coverage)), (Size("Lat", 32), Size("Long", 32))), catalogue())
    found = read(scaled)
    assert {level for _, _, level in source.reads} == {3}
    a, b = source.arrays[3].astype("f4")
    np.testing.assert_allclose(found.values[0], (a - b) / (a + b), rtol=1e-6)


def test_sources_with_other_overviews_have_only_those_in_common() -> None:
    domain, values = image(waves(64, 64)).domain, waves(64, 64)
    first, second = (covering(domain, values, source=pyramid(values, levels)) for levels in (4, 2))
    levels = resolve(apply("+", Given(first), Given(second))).source.levels
    assert [level.shape for level in levels] == [(64, 64), (32, 32)]
    plain = Given(covering(domain, values))
    assert len(resolve(apply("+", Given(first), plain)).source.levels) == 1
    assert len(resolve(apply("+", Given(first), Iterator("p", 0, 2))).source.levels) == 1


class Endless:
    """A large source whose cells are made when they are read."""

    shape = (4096, 4096)
    chunks = (256, 256)
    levels = (Level((4096, 4096), (1.0, 1.0)),)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        rows = np.arange(box.low[0], box.high[0], dtype="f8")[:, None]
        columns = np.arange(box.low[1], box.high[1], dtype="f8")
        return Cells(np.stack([rows * (number + 1) + columns for number in fields]))


def test_memory_is_bounded_however_large_the_box() -> None:
    domain = Domain((IndexAxis("i", 4096), IndexAxis("j", 4096)))
    fields = RangeType(tuple(Field(f"b{number}", np.dtype("float64")) for number in range(4)))
    node = Given(Coverage("large", domain, fields, Endless()))
    parts = [Select(node, (number,)) for number in range(4)]
    total = apply("+", apply("*", parts[0], parts[1]), apply("*", parts[2], parts[3]))
    test = apply(">", total, number(5))
    step = resolve(test, Options(window_bytes=4 << 20))
    tracemalloc.start()
    try:
        cells = step.source.read(CellBox((0, 0), (4096, 1024)), (0,))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert cells.values.shape == (1, 4096, 1024)
    assert peak < cells.values.nbytes + (16 << 20) < 4 * 4096 * 1024 * 8
    assert not cells.values[0, 0, :2].any() and cells.values[0, 9:, 9:].all()


def doublings(node: Node, count: int) -> Node:
    for _ in range(count):
        node = apply("+", node, node)
    return node


def test_shared_parts_are_computed_once() -> None:
    node, source = recorded(np.ones((1, 3, 4)))
    step = resolve(doublings(node, 60))
    assert read(step.coverage).values.ravel().tolist() == [2.0**60] * 12
    assert len(source.reads) == 1
    assert isinstance(step.source, CellView)
    assert len(step.source.program((0,)).code) == 60


def test_what_is_written_twice_is_computed_once() -> None:
    node, _ = recorded(waves(8, 8, 2))
    step = resolve(apply("+", index(node), index(node)))
    assert isinstance(step.source, CellView)
    names = [type(line.instruction).__name__ for line in step.source.program((0,)).code]
    assert names == ["Converted", "Converted", "Call", "Call", "Call", "Call"]


@pytest.mark.parametrize("depth", [100, 5000])
def test_deep_trees_need_no_recursion(depth: int) -> None:
    node, _ = recorded(np.zeros((1, 3, 4), "i4"))
    tree: Node = node
    for number_ in range(depth):
        tree = Map("+" if number_ % 2 else "max", (tree, number(1 if number_ % 2 else -5)))
    step = resolve(tree)
    assert read(step.coverage).values.ravel().tolist() == [depth // 2] * 12


def test_long_programs_need_few_registers() -> None:
    node, _ = recorded(np.zeros((1, 3, 4), "f4"))
    tree: Node = node
    for _ in range(200):
        tree = apply("+", apply("sqrt", tree), number(1))
    step = resolve(tree)
    assert isinstance(step.source, CellView)
    assert len(step.source.program((0,)).registers) == 1


def test_results_take_the_place_of_what_is_needed_no_more() -> None:
    values = waves(8, 9, 2)
    node, _ = recorded(values)
    a, b = (Cast(Select(node, (field,)), FLOAT) for field in (0, 1))
    step = resolve(apply("*", apply("+", a, b), apply("/", apply("-", a, b), a)))  # a is needed to the end
    x, y = values.astype("f4")
    np.testing.assert_array_equal(read(step.coverage).values[0], (x + y) * ((x - y) / x))
    assert isinstance(step.source, CellView)
    assert len(step.source.program((0,)).registers) == 4


def test_many_threads_read_one_view() -> None:
    values = waves(128, 128, 2)
    node, _ = recorded(values)
    step = resolve(index(node))
    boxes = [CellBox((row, 0), (row + 8, 128)) for row in range(0, 128, 8)] * 4
    whole = read(step.coverage).values
    with ThreadPoolExecutor(4) as pool:
        for box, cells in zip(boxes, pool.map(lambda box: step.source.read(box, (0,)), boxes), strict=True):
            np.testing.assert_array_equal(cells.values[0], whole[0][box.slices])


def test_a_box_without_cells_is_empty() -> None:
    node, _ = recorded(waves(8, 8, 2))
    assert resolve(index(node)).source.read(CellBox((2, 2), (2, 5)), (0,)).values.shape == (1, 0, 3)
