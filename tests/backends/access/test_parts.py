# SPDX-License-Identifier: MIT
"""A part of a stream reads as the bytes alone would."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.access.parts import open_part

CONTENT = bytes(range(200)) * 300


@given(
    st.integers(0, len(CONTENT)),
    st.integers(0, 70_000),
    st.lists(st.tuples(st.sampled_from("ser"), st.integers(0, 70_000)), max_size=12),
)
def test_it_reads_as_its_bytes(start: int, size: int, steps: list[tuple[str, int]]) -> None:
    size = min(size, len(CONTENT) - start)
    alone = io.BytesIO(CONTENT[start : start + size])
    with open_part(io.BytesIO(CONTENT), start, size) as part:
        for step, number in steps:
            if step == "r":
                assert part.read(number) == alone.read(number)
            elif step == "s":
                assert part.seek(number) == alone.seek(number)
            else:
                assert part.seek(-min(number, size), io.SEEK_END) == alone.seek(-min(number, size), io.SEEK_END)
            assert part.tell() == alone.tell()
        assert part.read() == alone.read()


def test_the_stream_is_closed_with_it() -> None:
    whole = io.BytesIO(CONTENT)
    part = open_part(whole, 5, 5)
    part.close()
    assert whole.closed


def test_there_is_nothing_before_its_start() -> None:
    with open_part(io.BytesIO(CONTENT), 5, 5) as part, pytest.raises(ValueError, match="before the first byte"):
        part.seek(-6, io.SEEK_END)
