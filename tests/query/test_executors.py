# SPDX-License-Identifier: MIT
"""The local executor: threads, limits, blocks in bounded memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from eoxserver.core.coverage import CellBox, Cells
from eoxserver.core.errors import LimitExceeded
from eoxserver.query.check import Limits
from eoxserver.query.executors import Executor, LocalExecutor
from eoxserver.query.plan import Given, Interpolation, Node, Read, Reduce, Reproject, Scale, Select, Size, TargetGrid
from tests.query.plans import LOOKUP
from tests.query.samples import GEO, MERCATOR, UTM, Recorder, assert_same, catalogue, covering, image, read, waves


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    made = LocalExecutor(2, 4096)
    yield made
    made.close()


def whole(parts: Iterator[tuple[CellBox, Cells]], shape: Sequence[int], fields: int) -> Cells:
    """Blocks put together; each cell is written once."""
    values, valid = np.zeros((fields, *shape), "u1"), np.zeros((fields, *shape), bool)
    seen = np.zeros(tuple(shape), int)
    for box, cells in parts:
        index = (slice(None), *box.slices)
        values[index], valid[index] = cells.values, cells.mask()
        seen[box.slices] += 1
    assert (seen == 1).all()
    return Cells(values, valid)


def test_it_is_an_executor_that_starts_no_thread_before_it_needs_one() -> None:
    before = set(threading.enumerate())
    made: Executor = LocalExecutor(2, 4096)
    assert made.key == "local"
    assert set(threading.enumerate()) <= before
    made.close()


@pytest.mark.parametrize("row_major", [False, True])
@pytest.mark.parametrize(
    "plan",
    [
        Read("image"),
        Scale(Read("image"), (Size("Lat", 300), Size("Long", 200)), Interpolation.CUBIC),
        Reproject(Read("image"), UTM, TargetGrid((2e5, 4.4e6, 9e5, 5.6e6), 330, 290), Interpolation.BILINEAR),
        Reproject(Read("image"), MERCATOR, TargetGrid((1e6, 4e6, 2.3e6, 7e6), 330, 290)),
    ],
)
def test_blocks_make_the_whole(executor: LocalExecutor, plan: Node, row_major: bool) -> None:
    coverage = executor.evaluate(plan, LOOKUP)
    blocks = executor.blocks(coverage, row_major=row_major)
    assert_same(whole(blocks, coverage.domain.shape, 3), read(coverage))


def test_blocks_of_some_fields_are_those_fields(executor: LocalExecutor) -> None:
    coverage = executor.evaluate(Read("image"), LOOKUP)
    blocks = whole(executor.blocks(coverage, fields=(2, 0)), coverage.domain.shape, 2)
    np.testing.assert_array_equal(blocks.values, read(coverage, fields=(2, 0)).values)


def test_blocks_are_small_and_begin_before_all_is_read(executor: LocalExecutor) -> None:
    values = waves(800, 1000, 1)
    source = Recorder([values])
    lookup = catalogue(covering(image(values).domain, values, source=source))
    blocks = executor.blocks(executor.evaluate(Read("c"), lookup), row_major=True)
    box, _ = next(blocks)
    assert box.cell_count <= 4096
    assert source.cells <= 4 * 4096


def test_limits_are_kept(executor: LocalExecutor) -> None:
    with pytest.raises(LimitExceeded):
        executor.evaluate(Read("image"), LOOKUP, Limits(max_result_cells=10))
    assert executor.check(Select(Read("image"), (0,)), LOOKUP).cost.cells == 60 * 80


def test_transformed_coordinates_are_remembered_between_plans(executor: LocalExecutor) -> None:
    grid = TargetGrid((1.2e6, 5e6, 1.9e6, 6e6), 256, 256)
    read(executor.evaluate(Reproject(Read("image"), MERCATOR, grid), LOOKUP))
    kept = executor.transforms.size
    assert kept > 0
    read(executor.evaluate(Reproject(Select(Read("image"), (1,)), MERCATOR, grid, Interpolation.CUBIC), LOOKUP))
    assert executor.transforms.size == kept
    read(executor.evaluate(Reproject(Read("image"), GEO, TargetGrid((11, 41, 12, 42), 256, 256)), LOOKUP))
    assert executor.transforms.size == kept


def test_memory_of_transforms_is_bounded() -> None:
    executor = LocalExecutor(1, 4096, transform_bytes=20_000)
    for step in range(20):
        grid = TargetGrid((1.2e6 + step, 5e6, 1.9e6 + step, 6e6), 256, 256)
        read(executor.evaluate(Reproject(Read("image"), MERCATOR, grid), LOOKUP))
    assert 0 < executor.transforms.size <= 20_000
    executor.close()


@dataclass(eq=False)
class Watched(Recorder):
    """Counts who reads at the same time."""

    busy: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        with self.lock:
            self.busy += 1
            self.most = max(self.most, self.busy)
        threading.Event().wait(0.005)  # others may come meanwhile
        try:
            return super().read(box, fields, level)
        finally:
            with self.lock:
                self.busy -= 1


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_who_asks_for_a_condenser_takes_part_and_one_reads_ahead(threads: int) -> None:
    values = waves(256, 256)
    source = Watched([values], 32)
    made = LocalExecutor(threads, 1024)
    coverage = made.evaluate(Reduce("add", Given(covering(image(values).domain, values, source=source))), LOOKUP)
    found = coverage.source.read(CellBox((), ()), (0,)).values
    made.close()
    assert found[0] == values.sum(dtype=int)
    assert source.most <= (threads + 1 if threads > 1 else 1)
