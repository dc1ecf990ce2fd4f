# SPDX-License-Identifier: MIT
"""Streams that fetch what is read."""

from __future__ import annotations

import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.storages.streams import BLOCK_BYTES, MOST_AHEAD, RangedStream, ranged_reader
from eoxserver.core.errors import TransferFailed

CONTENT = random.Random(1).randbytes(20 * BLOCK_BYTES + 123)
SIZE = len(CONTENT)


class Far:
    """A file elsewhere that counts what is fetched."""

    def __init__(self, content: bytes = CONTENT) -> None:
        self.content = content
        self.fetched: list[tuple[int, int]] = []

    def fetch(self, start: int, stop: int) -> bytes:
        assert 0 <= start < stop <= len(self.content)
        self.fetched.append((start, stop))
        return self.content[start:stop]

    def open(self) -> RangedStream:
        return RangedStream("far.bin", len(self.content), self.fetch)


@given(st.lists(st.tuples(st.integers(0, SIZE + 10), st.integers(0, 3 * BLOCK_BYTES)), max_size=12))
def test_any_reads_equal_the_bytes(reads: list[tuple[int, int]]) -> None:
    raw, buffered = Far().open(), ranged_reader(Far().open())
    for position, length in reads:
        for stream in (raw, buffered):
            assert stream.seek(position) == position
            assert stream.read(length) == CONTENT[position : position + length]
            assert stream.tell() == max(position, min(position + length, SIZE))


def test_all_of_it() -> None:
    assert Far().open().read() == CONTENT
    assert ranged_reader(Far().open()).read() == CONTENT
    assert ranged_reader(Far(b"").open()).read() == b""
    assert Far(CONTENT[: 2 * BLOCK_BYTES]).open().read() == CONTENT[: 2 * BLOCK_BYTES]


def test_reading_in_order_fetches_ahead_and_nothing_twice() -> None:
    far = Far()
    stream = ranged_reader(far.open())
    parts = list(iter(lambda: stream.read(1000), b""))
    assert b"".join(parts) == CONTENT
    assert far.fetched[0] == (0, BLOCK_BYTES)
    assert [start for start, _ in far.fetched[1:]] == [stop for _, stop in far.fetched[:-1]]
    assert far.fetched[-1][1] == SIZE and len(far.fetched) <= 6


def test_a_jump_fetches_what_is_asked_for() -> None:
    far = Far()
    stream = far.open()
    stream.seek(-22, io.SEEK_END)
    assert stream.read(22) == CONTENT[-22:]
    stream.seek(BLOCK_BYTES - 1)
    assert stream.read(2) == CONTENT[BLOCK_BYTES - 1 : BLOCK_BYTES + 1]
    stream.seek(0)
    assert stream.read(BLOCK_BYTES) == CONTENT[:BLOCK_BYTES]
    assert far.fetched == [(20 * BLOCK_BYTES, SIZE), (0, 2 * BLOCK_BYTES)]


def test_what_is_there_already_is_not_fetched() -> None:
    far = Far()
    stream = RangedStream("far.bin", SIZE, far.fetch, first=CONTENT[:BLOCK_BYTES])
    assert stream.read(100) == CONTENT[:100] and far.fetched == []
    stream.seek(BLOCK_BYTES)
    stream.read(10)
    assert far.fetched == [(BLOCK_BYTES, 3 * BLOCK_BYTES)]


def test_one_fetch_and_all_that_is_kept_are_bounded() -> None:
    far = Far(bytes(5 * MOST_AHEAD))
    stream = far.open()
    assert len(stream.read(4 * MOST_AHEAD)) == 4 * MOST_AHEAD
    assert max(stop - start for start, stop in far.fetched) <= MOST_AHEAD
    assert sum(map(len, stream._blocks.values())) <= 2 * MOST_AHEAD


def test_short_answers_are_failures() -> None:
    stream = ranged_reader(RangedStream("far.bin", 1000, lambda start, stop: b"too short"))
    with pytest.raises(TransferFailed, match=r"far\.bin: 9 bytes came where 1000 were asked for"):
        stream.read(10)


def test_closing() -> None:
    closed: list[bool] = []
    with ranged_reader(RangedStream("a", 10, lambda start, stop: bytes(10), closing=lambda: closed.append(True))) as it:
        it.read(1)
    it.close()
    assert closed == [True]
    raw = Far().open()
    raw.close()
    for use in (lambda: raw.read(1), lambda: raw.seek(0)):
        with pytest.raises(ValueError, match="closed"):
            use()


def test_positions_before_the_start_are_refused() -> None:
    with pytest.raises(ValueError, match="before the start"):
        Far().open().seek(-1)
    stream = Far().open()
    assert stream.readable() and stream.seekable() and not stream.writable()
