# SPDX-License-Identifier: MIT
"""Walking a source in blocks."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.blocks import block_shape, split, stream
from eoxserver.core.coverage import CellBox, Cells, Level, MemorySource
from eoxserver.core.errors import DataUnavailable

SHAPES = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), min_size=0, max_size=4)
SMALL = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=0, max_size=3)


@given(SHAPES, st.integers(1, 5000), st.booleans())
def test_blocks_are_bounded_and_fit_the_grid(sizes: list[tuple[int, int]], most: int, row_major: bool) -> None:
    shape, chunks = tuple(size for size, _ in sizes), tuple(chunk for _, chunk in sizes)
    block = block_shape(shape, chunks, most, row_major)
    chunk = math.prod(min(c, s) for c, s in zip(chunks, shape, strict=True))
    assert len(block) == len(shape)
    assert all(1 <= size <= whole for size, whole in zip(block, shape, strict=True))
    assert math.prod(block) <= (most if row_major else max(most, chunk))


@given(SHAPES, st.integers(1, 5000))
def test_blocks_are_made_of_whole_chunks(sizes: list[tuple[int, int]], most: int) -> None:
    shape, chunks = tuple(size for size, _ in sizes), tuple(chunk for _, chunk in sizes)
    for size, chunk, whole in zip(block_shape(shape, chunks, most), chunks, shape, strict=True):
        assert size == whole or size % min(chunk, whole) == 0


@given(SMALL, st.integers(1, 300))
def test_row_major_blocks_follow_each_other_in_array_order(sizes: list[tuple[int, int]], most: int) -> None:
    shape, chunks = tuple(size for size, _ in sizes), tuple(chunk for _, chunk in sizes)
    numbers = np.arange(math.prod(shape)).reshape(shape)
    parts = [numbers[box.slices].ravel() for box in split(CellBox.whole(shape), block_shape(shape, chunks, most, True))]
    assert np.concatenate(parts).tolist() == list(range(numbers.size))


def test_block_shapes_by_example() -> None:
    assert block_shape((1000, 1000), (256, 256), 300_000) == (256, 1000)
    assert block_shape((1000, 1000), (256, 256), 10_000_000) == (1000, 1000)
    assert block_shape((1000, 1000), (256, 256), 10) == (256, 256)
    assert block_shape((1000, 1000), (256, 256), 600_000, row_major=True) == (512, 1000)
    assert block_shape((1000, 1000), (256, 256), 10_000, row_major=True) == (10, 1000)
    assert block_shape((1000, 1000), (256, 256), 600, row_major=True) == (1, 512)
    assert block_shape((10, 1000, 1000), (1, 256, 256), 2_500_000, row_major=True) == (2, 1000, 1000)
    assert block_shape((), (), 10) == block_shape((), (), 10, row_major=True) == ()


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 12), st.integers(1, 9)), min_size=0, max_size=3))
def test_a_box_is_cut_into_disjoint_blocks_on_multiples_of_the_block(parts: list[tuple[int, int, int]]) -> None:
    box = CellBox(tuple(low for low, _, _ in parts), tuple(low + size for low, size, _ in parts))
    block = tuple(size for _, _, size in parts)
    counts = np.zeros(box.high, dtype=int)
    for piece in split(box, block):
        assert all(size <= most for size, most in zip(piece.shape, block, strict=True))
        assert all(a % size == 0 or a == low for a, low, size in zip(piece.low, box.low, block, strict=True))
        counts[piece.slices] += 1
    assert (counts[box.slices] == 1).all()
    assert counts.sum() == box.cell_count


def test_blocks_come_in_array_order() -> None:
    lows = [piece.low for piece in split(CellBox((1, 5), (4, 12)), (2, 4))]
    assert lows == [(1, 5), (1, 8), (2, 5), (2, 8)]
    assert list(split(CellBox((), ()), ())) == [CellBox((), ())]


@dataclass
class Watched:
    """A source that counts what is read, and fails in one place."""

    inner: MemorySource
    fails_at: tuple[int, ...] | None = None
    reads: list[CellBox] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.inner.shape

    @property
    def chunks(self) -> tuple[int, ...]:
        return self.inner.chunks

    @property
    def levels(self) -> tuple[Level, ...]:
        return self.inner.levels

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        with self.lock:
            self.reads.append(box)
            self.threads.add(threading.current_thread().name)
        if box.low == self.fails_at:
            raise DataUnavailable("torn off")
        return self.inner.read(box, fields, level)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4, thread_name_prefix="reader") as executor:
        yield executor


@pytest.mark.parametrize("ahead", [0, 1, 7])
def test_blocks_are_read_in_order_with_and_without_threads(pool: ThreadPoolExecutor, ahead: int) -> None:
    values = np.arange(2 * 30 * 20).reshape(2, 30, 20)
    boxes = list(split(CellBox((3, 2), (30, 20)), (4, 7)))
    for executor in (None, pool):
        source = Watched(MemorySource(values))
        answers = list(stream(source, boxes, [1], executor, ahead))
        assert [box for box, _ in answers] == boxes
        for box, found in answers:
            np.testing.assert_array_equal(found.values, values[1:, *box.slices])
        assert all(name.startswith("reader") for name in source.threads) is (executor is pool)


def test_reading_runs_ahead_by_so_many_blocks_and_no_more(pool: ThreadPoolExecutor) -> None:
    source = Watched(MemorySource(np.zeros((1, 100))))
    boxes = list(split(CellBox((0,), (100,)), (1,)))
    blocks = stream(source, boxes, [0], pool, ahead=3)
    for done in range(1, 20):
        next(blocks)
        assert len(source.reads) <= done + 3
    blocks.close()  # type: ignore[attr-defined]  # a generator is what it is
    assert len(source.reads) <= 23


def test_an_error_comes_where_its_block_would(pool: ThreadPoolExecutor) -> None:
    boxes = list(split(CellBox((0,), (50,)), (5,)))
    for executor in (None, pool):
        source = Watched(MemorySource(np.zeros((1, 50))), fails_at=(20,))
        blocks = stream(source, boxes, [0], executor, ahead=2)
        assert [next(blocks)[0].low for _ in range(4)] == [(0,), (5,), (10,), (15,)]
        with pytest.raises(DataUnavailable, match="torn off"):
            next(blocks)
        assert len(source.reads) <= 7
