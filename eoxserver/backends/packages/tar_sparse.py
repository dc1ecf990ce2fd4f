# SPDX-License-Identifier: MIT
"""Members of a tar archive that are stored without their holes.

Rules: GNU tar 1.35 manual, "Storing Sparse Files": the old GNU format (type ``S``), and those in records of pax, 0.0,
0.1 and 1.0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from eoxserver.backends.packages.streams import Bytes
from eoxserver.backends.packages.tar_headers import BLOCK, Entry, decimal, number, padded
from eoxserver.core.errors import PackageBroken

__all__ = ["Layout", "layout_of", "read_pieces", "reading_sparse"]

_MOST_PIECES = 1 << 20


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the data of a member begin and end in the archive, and how large it is without the packing."""

    data: int
    """[bytes]"""
    end: int
    """Where the next header is [bytes]."""
    size: int
    """Unpacked [bytes]."""
    sparse: bool
    """Whether it has holes."""
    numbers: tuple[int, ...] = ()
    """Offset and size of each piece, in turn, if the headers say so (the old GNU format)."""


def layout_of(source: Bytes, entry: Entry, archive: str) -> Layout:
    """Answer the layout of a member; only the headers between its header and its data are read.

    Raises
    ------
    PackageBroken
        When they are corrupt.
    """
    blame = _blame(entry, archive)
    numbers: tuple[int, ...] = ()
    data, size, sparse = entry.data, entry.packed_size, False
    if entry.kind == b"S":
        size, sparse = number(entry.block[483:495], blame), True
        numbers, data = _old_numbers(source, entry, blame)
    elif entry.is_file:
        real = entry.record("GNU.sparse.realsize") or entry.record("GNU.sparse.size")
        if real is not None:
            size, sparse = decimal(real, blame), True
    return Layout(data, data + padded(entry.packed_size), size, sparse, numbers)


def read_pieces(source: Bytes, entry: Entry, layout: Layout, archive: str) -> tuple[int, list[tuple[int, int]]]:
    """Answer where the data of a sparse member begin, and the offset and size of each piece of it that was kept.

    Raises
    ------
    PackageBroken
        When they overlap, or are not all there.
    """
    blame = _blame(entry, archive)
    numbers, start = layout.numbers, layout.data
    if entry.record("GNU.sparse.major") is not None:
        numbers, start = _numbers_in_data(source, layout, entry, blame)
    elif entry.kind != b"S":
        numbers = _numbers_in_records(entry, blame)
    if len(numbers) % 2:
        raise PackageBroken(f"{blame} has a piece without size")
    pieces = list(zip(numbers[::2], numbers[1::2], strict=True))
    end = 0
    for offset, size in pieces:
        if offset < end or offset + size > layout.size:
            raise PackageBroken(f"{blame} has a piece of {size} bytes at {offset}, where none can be")
        end = offset + size
    if sum(size for _, size in pieces) != layout.data + entry.packed_size - start:
        raise PackageBroken(f"{blame} has pieces of another size than its data")
    return start, pieces


def reading_sparse(
    read: Callable[[int], bytes], pieces: Sequence[tuple[int, int]], size: int
) -> Callable[[int], bytes]:
    """Answer what reads the member with its holes, from what reads its pieces one after the other."""
    runs = _runs(pieces, size)
    current = [next(runs, None)]

    def read_on(most: int) -> bytes:
        if current[0] is None:
            return b""
        is_data, left = current[0]
        data = read(min(most, left)) if is_data else bytes(min(most, left))
        left -= len(data)
        current[0] = (is_data, left) if left and data else next(runs, None)
        return data

    return read_on


def _runs(pieces: Sequence[tuple[int, int]], size: int) -> Iterator[tuple[bool, int]]:
    """Data and holes in turn, by their sizes; none is empty."""
    at = 0
    for offset, length in pieces:
        if offset > at:
            yield False, offset - at
        if length:
            yield True, length
        at = offset + length
    if size > at:
        yield False, size - at


def _old_numbers(source: Bytes, entry: Entry, blame: str) -> tuple[tuple[int, ...], int]:
    """Offsets and sizes, in turn, of the header of type S and of those behind it; and where the data begin."""
    numbers = _fields(entry.block[386:482], blame)
    more, at = entry.block[482], entry.data
    while more:
        block = source.read(at, BLOCK)
        if len(block) < BLOCK or len(numbers) > 2 * _MOST_PIECES:
            raise PackageBroken(f"{blame} has a list of pieces that is cut off, or has more than {_MOST_PIECES}")
        numbers += _fields(block[:504], blame)
        more, at = block[504], at + BLOCK
    return tuple(numbers), at


def _fields(data: bytes, blame: str) -> list[int]:
    used = (at for at in range(0, len(data), 24) if data[at])
    return [number(data[at + part : at + part + 12], blame) for at in used for part in (0, 12)]


def _numbers_in_records(entry: Entry, blame: str) -> tuple[int, ...]:
    """Of the formats 0.0, a record each, and 0.1, all in one record."""
    listed = entry.record("GNU.sparse.map")
    if listed is not None:
        return tuple(decimal(digits, blame) for digits in listed.split(",") if listed)
    keys = ("GNU.sparse.offset", "GNU.sparse.numbytes")
    return tuple(decimal(value, blame) for key, value in entry.records if key in keys)


def _numbers_in_data(source: Bytes, layout: Layout, entry: Entry, blame: str) -> tuple[tuple[int, ...], int]:
    """Of the format 1.0: lines before the data, the first of which says how many pairs follow."""
    lines: list[bytes] = []
    at, rest, wanted = layout.data, b"", 1
    while len(lines) < wanted:
        block = source.read(at, BLOCK) if at < layout.data + entry.packed_size else b""
        if len(block) < BLOCK or len(rest) > BLOCK:
            raise PackageBroken(f"{blame} has a list of pieces that is cut off")
        at += BLOCK
        *found, rest = (rest + block).split(b"\n")
        lines += found
        if lines and wanted == 1:
            wanted = 1 + 2 * decimal(lines[0].decode("latin-1"), blame)
        if wanted > 2 * _MOST_PIECES:
            raise PackageBroken(f"{blame} has more than {_MOST_PIECES} pieces")
    return tuple(decimal(line.decode("latin-1"), blame) for line in lines[1:wanted]), at


def _blame(entry: Entry, archive: str) -> str:
    return f"{archive}: member '{entry.name}' is corrupt: its header at {entry.position}"
