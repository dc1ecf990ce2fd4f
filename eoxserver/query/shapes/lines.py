# SPDX-License-Identifier: MIT
"""The cells along a line: Bresenham's algorithm in any number of dimensions, a piece at a time.

From one vertex to the next each step moves one cell along the axis with most cells between them; along the others the
line is rounded to the nearest cell, ties to the one nearer to the first vertex. A vertex between two segments counts
once; cells outside the grid do not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Integers", "Path", "Segment", "line_path"]

Integers: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a line between two vertices."""

    start: tuple[int, ...]
    """The cell of the first vertex."""
    moves: tuple[int, ...]
    """Cells to the second vertex, along each axis."""
    first: int
    """The first step that counts."""
    count: int
    """Steps that count."""

    def cells(self, low: int, high: int) -> Integers:
        """The cells of the steps from ``low`` up to, without, ``high`` of those that count, shape (n, axes)."""
        steps = np.arange(self.first + low, self.first + high, dtype=np.int64)
        length = max(1, *map(abs, self.moves))
        columns = [
            start + (1 if move >= 0 else -1) * ((2 * steps * abs(move) + length - 1) // (2 * length))
            for start, move in zip(self.start, self.moves, strict=True)
        ]
        return np.stack(columns, axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """The cells along a line."""

    segments: tuple[Segment, ...]
    before: npt.NDArray[np.int64]
    """Cells before each segment, and in all, shape (segments + 1,)."""

    @property
    def size(self) -> int:
        """Cells in all."""
        return int(self.before[-1])

    def cells(self, low: int, high: int) -> Integers:
        """The cells from number ``low`` up to, without, ``high``, shape (n, axes)."""
        if not self.segments:
            return np.empty((0, 2), dtype=np.int64)
        first = int(np.searchsorted(self.before, low, "right")) - 1
        last = int(np.searchsorted(self.before, high))
        parts = []
        for number in range(first, last):
            start, end = int(self.before[number]), int(self.before[number + 1])
            if max(low, start) < min(high, end):
                parts.append(self.segments[number].cells(max(low, start) - start, min(high, end) - start))
        return np.concatenate(parts) if parts else np.empty((0, len(self.segments[0].start)), dtype=np.int64)


def line_path(vertices: Sequence[tuple[int, ...]], shape: Sequence[int]) -> Path:
    """The cells of a grid along the line through the cells ``vertices``.

    Parameters
    ----------
    vertices : sequence of tuple of int
        At least one; less than 2**31 away from the grid, along each axis.
    shape : sequence of int
        Cells of the grid along each axis.
    """
    segments = [_cut(Segment(vertices[0], (0,) * len(shape), 0, 1), shape)]
    for start, end in pairwise(vertices):
        moves = tuple(b - a for a, b in zip(start, end, strict=True))
        segments.append(_cut(Segment(start, moves, 1, max(map(abs, moves))), shape))
    counted = [segment for segment in segments if segment.count > 0]
    before = np.concatenate([[0], np.cumsum([segment.count for segment in counted], dtype=np.int64)])
    return Path(tuple(counted), before.astype(np.int64))


def _cut(segment: Segment, shape: Sequence[int]) -> Segment:
    """The part of a segment in the grid."""
    low, high = segment.first, segment.first + segment.count
    length = max(1, *map(abs, segment.moves))
    for start, move, size in zip(segment.start, segment.moves, shape, strict=True):
        if move == 0:
            if not 0 <= start < size:
                high = low
            continue
        enter, leave = (-start, size - start) if move > 0 else (start - size + 1, start + 1)
        low = max(low, _first_step(enter, abs(move), length))
        high = min(high, _first_step(leave, abs(move), length))
    return Segment(segment.start, segment.moves, low, max(0, high - low))


def _first_step(cells: int, move: int, length: int) -> int:
    """The first step that has moved so many cells, of ``move`` in ``length`` steps."""
    # The least step of which the formula of ``Segment.cells`` makes at least ``cells``.
    return -((length - 1 - 2 * length * cells) // (2 * move))
