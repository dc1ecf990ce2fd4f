# SPDX-License-Identifier: MIT
"""Packed bytes into plain ones."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable

import inflate64
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.packages import decompress
from eoxserver.backends.packages.decompress import Decompressing, Decompressor
from eoxserver.core.errors import PackageBroken

Make = Callable[[], Decompressor]
Pack = Callable[[bytes], bytes]


def deflate(plain: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(plain) + packer.flush()


def deflate64(plain: bytes) -> bytes:
    packer = inflate64.Deflater()
    return bytes(packer.deflate(plain) + packer.flush())


def alone(plain: bytes) -> bytes:
    return lzma.compress(plain, lzma.FORMAT_ALONE)


FILES: list[tuple[Make, Pack]] = [
    (decompress.gzip, gzip.compress),
    (decompress.bzip2, bz2.compress),
    (decompress.xz, lzma.compress),
    (decompress.zstd, zstandard.ZstdCompressor().compress),
]
"""Formats of files, in which packed streams may follow each other."""
ALL: list[tuple[Make, Pack]] = [*FILES, (decompress.deflate, deflate), (decompress.deflate64, deflate64)]


def reading(
    make: Make, packed: bytes, max_ratio: int = 100, several: bool = False, bite: int = 1 << 18
) -> Decompressing:
    """Reads packed bytes, at most ``bite`` at once."""
    stream = io.BytesIO(packed)
    return Decompressing(lambda size: stream.read(min(size, bite)), make, "x.arc:", max_ratio, several, "x.arc")


def everything(source: Decompressing, size: int = 1 << 18) -> bytes:
    pieces = []
    while piece := source.read(size):
        assert len(piece) <= size
        pieces.append(piece)
    assert source.read(size) == b""
    return b"".join(pieces)


@given(st.sampled_from(ALL), st.binary(max_size=3000), st.integers(1, 2000), st.integers(1, 5000))
def test_bytes_come_back_whatever_is_read_at_once(one: tuple[Make, Pack], plain: bytes, bite: int, size: int) -> None:
    make, pack = one
    assert everything(reading(make, pack(plain), bite=bite), size) == plain


@given(st.sampled_from(FILES), st.lists(st.binary(max_size=500), min_size=1, max_size=4), st.integers(1, 700),
       st.integers(0, 3))  # fmt: skip
def test_streams_behind_each_other_are_one(one: tuple[Make, Pack], parts: list[bytes], bite: int, zeros: int) -> None:
    make, pack = one
    packed = b"".join(pack(part) + bytes(4 * zeros) for part in parts)
    assert everything(reading(make, packed, several=True, bite=bite)) == b"".join(parts)


@pytest.mark.parametrize(("make", "pack"), ALL)
def test_what_ends_early_is_told(make: Make, pack: Pack) -> None:
    packed = pack(bytes(range(256)) * 40)
    for end in range(0, len(packed) - 1, 5):
        with pytest.raises(PackageBroken, match=r"x\.arc: is truncated") as caught:
            everything(reading(make, packed[:end], several=True))
        assert caught.value.locator == "x.arc"


@pytest.mark.parametrize(("make", "pack"), FILES)
def test_junk_behind_the_end_is_told(make: Make, pack: Pack) -> None:
    with pytest.raises(PackageBroken, match=r"x\.arc: is (corrupt|truncated)"):
        everything(reading(make, pack(b"one") + b"junk that is no packed stream", several=True))
    assert everything(reading(make, pack(b"one") + b"junk", several=False)) == b"one"


@pytest.mark.parametrize(("make", "pack"), ALL)
def test_what_grows_beyond_measure_is_stopped(make: Make, pack: Pack) -> None:
    packed = pack(bytes(30_000_000))
    source = reading(make, packed, max_ratio=3)
    for _ in range(0, 3 * (len(packed) + (1 << 14)), 1 << 15):
        try:
            source.read(1 << 16)
        except PackageBroken:
            break
    with pytest.raises(PackageBroken, match=r"x\.arc: becomes more than 3 times as large as it is packed"):
        source.read(1 << 16)


def test_a_large_window_of_zstd_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=28)
    packed = zstandard.ZstdCompressor(compression_params=parameters).compressobj().compress(bytes(1 << 21))
    with pytest.raises(PackageBroken, match=r"x\.arc: is corrupt: .*memory"):
        everything(reading(decompress.zstd, packed, max_ratio=10**9))


def test_lzma_has_its_header_first() -> None:
    packed = alone(b"some text " * 100)
    source = reading(lambda: decompress.lzma_alone(packed[:13]), packed[13:])
    assert everything(source) == b"some text " * 100
    with pytest.raises(PackageBroken, match=r"x\.arc: is corrupt"):
        reading(lambda: decompress.lzma_alone(b"\xff" * 13), packed[13:]).read(1)
