# SPDX-License-Identifier: MIT
"""The choice of chunks."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.cubes.chunks import CHUNK_BYTES, choose_chunks


@pytest.mark.parametrize(
    ("extent", "single", "size", "chunks"),
    [
        ((1, 10980, 10980), (0,), 2, (1, 256, 128)),
        ((1, 10980, 10980), (), 1, (1, 256, 256)),
        ((30, 2000, 2000), (0,), 2, (1, 256, 128)),
        ((10000, 50, 50), (), 4, (1024, 4, 4)),
        ((64, 64, 64), (), 8, (32, 16, 16)),
        ((100000,), (), 4, (16384,)),
        ((1, 1), (), 4, (1, 1)),
        ((3, 3), (), 1, (4, 4)),
    ],
)
def test_choices(extent: tuple[int, ...], single: tuple[int, ...], size: int, chunks: tuple[int, ...]) -> None:
    assert choose_chunks(extent, single, size) == chunks


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=6), st.sampled_from([1, 2, 4, 8, 16]), st.data())
def test_a_chunk_is_never_too_large(extent: list[int], size: int, data: st.DataObject) -> None:
    single = data.draw(st.sets(st.integers(0, len(extent) - 1)))
    chunks = choose_chunks(extent, single, size)
    assert math.prod(chunks) * size <= CHUNK_BYTES
    assert all(chunks[axis] == 1 for axis in single)
    assert all(chunk < 2 * each for chunk, each in zip(chunks, extent, strict=True))
