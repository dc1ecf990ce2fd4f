# SPDX-License-Identifier: MIT
"""Where the cells of a file belong in a grid that grows: numbers that stay the same, and cells of the grid as it is.

Along a regular axis cells are counted from an anchor, the first cell that there was; along an index axis the numbers
are coordinates; along an irregular axis they are coefficients.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from eoxserver.backends.cubes.base import Along
from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.domain import Domain

__all__ = ["Anchors", "Grid", "Run", "SlicePlace", "anchors_from_json", "anchors_of", "grown"]

Anchors: TypeAlias = tuple[float | None, ...]
"""Coordinate of grid index 0 on each axis; None on irregular ones."""


def anchors_of(domain: Domain) -> Anchors:
    """The anchors of a new grid."""
    return tuple(map(_anchor, domain.axes))


def _anchor(axis: Axis) -> float | None:
    if isinstance(axis, IrregularAxis):
        return None
    return axis.origin if isinstance(axis, RegularAxis) else 0.0


def grown(domain: Domain, anchors: Anchors, along: Sequence[Along]) -> Domain:
    """The domain that holds the cells of a part too.

    Parameters
    ----------
    along : sequence of range or list of float
        Grid indices, or coefficients, of the part along each axis.
    """
    axes = tuple(map(_grown, domain.axes, anchors, along))
    return domain if axes == domain.axes else Domain(axes, domain.crs_labels)


def _grown(axis: Axis, anchor: float | None, along: Along) -> Axis:
    if isinstance(axis, IrregularAxis):
        known = set(axis.coefficients.tolist())
        if known.issuperset(along):
            return axis
        return replace(axis, coefficients=np.array(sorted(known.union(along), reverse=_falls(axis))))
    assert isinstance(along, range)
    low = _low(axis, anchor)
    first, stop = min(low, along.start), max(low + axis.size, along.stop)
    if (first, stop) == (low, low + axis.size):
        return axis
    if isinstance(axis, IndexAxis):
        return replace(axis, first=first, size=stop - first)
    assert anchor is not None
    return replace(axis, origin=anchor + first * axis.step, size=stop - first)


def _falls(axis: IrregularAxis) -> bool:
    return axis.size > 1 and bool(axis.coefficients[0] > axis.coefficients[-1])


def _low(axis: Axis, anchor: float | None) -> int:
    """The grid index of the first cell; 0 on irregular axes."""
    if isinstance(axis, IndexAxis):
        return axis.first
    if isinstance(axis, RegularAxis):
        assert anchor is not None
        return round((axis.origin - anchor) / axis.step)
    return 0


@dataclass(frozen=True, slots=True)
class Run:
    """Cells that follow each other both in a file and in the grid."""

    start: int
    """First cell in the grid as it is."""
    offset: int
    """First cell in the file."""
    count: int


@dataclass(frozen=True, slots=True)
class SlicePlace:
    """Where the cells of a file belong."""

    spans: tuple[tuple[float, float, int], ...]
    """First and last grid index, or coefficient, and number of cells along each axis."""

    @classmethod
    def of(cls, along: Sequence[Along]) -> SlicePlace:
        """Of the grid indices and coefficients of a part."""
        return cls(tuple((cells[0], cells[-1], len(cells)) for cells in along))

    @classmethod
    def from_json(cls, value: Sequence[Sequence[float]]) -> SlicePlace:
        """Of what ``to_json`` answered."""
        return cls(tuple((first, last, int(count)) for first, last, count in value))

    def to_json(self) -> list[list[float]]:
        """Lists of numbers."""
        return [list(span) for span in self.spans]

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis."""
        return tuple(count for _, _, count in self.spans)


@dataclass(frozen=True)
class Grid:
    """A grid as it is, and the numbers that stay the same."""

    domain: Domain
    anchors: Anchors

    @property
    def lows(self) -> tuple[int, ...]:
        """Grid index of the first cell along each axis; 0 on irregular ones."""
        return tuple(map(_low, self.domain.axes, self.anchors))

    def numbers(self, axis: int, low: int, high: int) -> tuple[float, float]:
        """The least and the greatest number of cells ``low`` up to, without, ``high`` along an axis."""
        found = self.domain.axes[axis]
        if isinstance(found, IrregularAxis):
            ends = float(found.coefficients[low]), float(found.coefficients[high - 1])
            return min(ends), max(ends)
        first = self.lows[axis]
        return first + low, first + high - 1

    def runs(self, axis: int, span: tuple[float, float, int], positions: npt.NDArray[np.float64] | None) -> list[Run]:
        """Which cells of the grid the cells of a file are along an axis.

        Parameters
        ----------
        positions : ndarray, shape (count,), optional
            The coefficients of the file; asked for where positions of others lie between them (``is_whole``).
        """
        found, (first, _, count) = self.domain.axes[axis], span
        if not isinstance(found, IrregularAxis):
            return [Run(int(first) - self.lows[axis], 0, count)]
        if positions is None:
            cell = self._cell(found, first)
            return [] if cell < 0 else [Run(cell, 0, count)]
        return list(_runs(self._cells(found, positions)))

    def is_whole(self, axis: int, span: tuple[float, float, int]) -> bool:
        """Whether no position of others lies between those of a file."""
        found, (first, last, count) = self.domain.axes[axis], span
        if count == 1 or not isinstance(found, IrregularAxis):
            return True
        low, high = self._cell(found, first), self._cell(found, last)
        return min(low, high) >= 0 and high - low == count - 1

    @staticmethod
    def _cells(axis: IrregularAxis, positions: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """The cells of positions; -1 where the grid has none of them: they came after it."""
        falling = _falls(axis)
        known = axis.coefficients[::-1] if falling else axis.coefficients
        found = np.minimum(np.searchsorted(known, positions), axis.size - 1).astype(np.int64)
        cells = axis.size - 1 - found if falling else found
        return np.where(known[found] == positions, cells, -1)

    @classmethod
    def _cell(cls, axis: IrregularAxis, position: float) -> int:
        return int(cls._cells(axis, np.array([position]))[0])


def _runs(cells: npt.NDArray[np.int64]) -> Iterator[Run]:
    """Cells in parts that follow each other; those that are none are left out."""
    breaks = np.flatnonzero(np.diff(cells) != 1) + 1
    for start, stop in pairwise([0, *breaks.tolist(), len(cells)]):
        if cells[start] >= 0:
            yield Run(int(cells[start]), start, stop - start)


def anchors_from_json(anchors: Sequence[Any]) -> Anchors:
    """The anchors of a column."""
    return tuple(None if anchor is None else float(anchor) for anchor in anchors)
