# SPDX-License-Identifier: MIT
"""Parts of sources: a box of cells, some axes dropped, some fields; and the same part at a coarser level.

Any chain of subsets and field selections is one ``Window``. Resampling nodes look through it to the levels (overviews)
of the source below: ``Window.zoomed`` is the window in cells of a level.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeGuard

import numpy as np

from eoxserver.core.coverage import CellBox, Cells, Level, Source

__all__ = ["LEVEL_SLACK", "Need", "View", "Window", "Zoomed", "choose_level", "is_view"]

LEVEL_SLACK = 1.05
"""A level may be this much coarser than what is asked for."""
EDGE = 1e-9
"""Window edges this near to an edge between level cells lie on it [cells]."""


@dataclass(frozen=True, slots=True)
class Need:
    """Cells that a view would read of a source."""

    source: Source
    level: int
    box: CellBox
    """In cells of the level."""
    fields: tuple[int, ...]


class View(Source, Protocol):
    """A source that computes its cells from those of others."""

    def needs(self, box: CellBox, fields: Sequence[int]) -> Iterator[Need]:
        """What reading a box would read of the sources right below, without reading; estimated where that is hard."""


def is_view(source: Source) -> TypeGuard[View]:
    """Whether a source computes its cells; unlike ``isinstance``, this asks no property of it."""
    return hasattr(type(source), "needs")


def choose_level(levels: Sequence[Level], ratios: Mapping[int, float]) -> int:
    """The coarsest level that still has about as many cells as are asked for.

    Parameters
    ----------
    ratios : mapping
        Full-resolution cells per cell of the result, by axis; other axes must be untouched by the level.
    """
    best = 0
    for number, level in enumerate(levels):
        fits = all(
            factor <= (LEVEL_SLACK * max(1.0, ratios[axis]) if axis in ratios else 1.0)
            for axis, factor in enumerate(level.factors)
        )
        if fits and math.prod(level.factors) > math.prod(levels[best].factors):
            best = number
    return best


def _zoomed_range(low: int, high: int, factor: float, size: int) -> tuple[int, int]:
    """The cells of a level that cover full-resolution cells ``low`` to (without) ``high``."""
    start = min(size - 1, math.floor(low / factor + EDGE))
    return start, max(start + 1, min(size, math.ceil(high / factor - EDGE)))


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A part of a source, as a source."""

    base: Source
    box: CellBox
    """In cells of ``base``, every axis included."""
    kept: tuple[int, ...]
    """Axes of ``base`` that remain; the box is one cell wide along the others."""
    fields: tuple[int, ...]
    """Fields of ``base`` that remain, in their new order."""

    @classmethod
    def over(cls, source: Source, field_count: int) -> Window:
        """The window of a whole source; a window is its own."""
        if isinstance(source, Window):
            return source
        shape = source.shape
        return cls(source, CellBox.whole(shape), tuple(range(len(shape))), tuple(range(field_count)))

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each remaining axis."""
        shape = self.box.shape
        return tuple(shape[axis] for axis in self.kept)

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the source, no wider than the window."""
        chunks = self.base.chunks
        return tuple(min(chunks[axis], size) for axis, size in zip(self.kept, self.shape, strict=True))

    @property
    def levels(self) -> tuple[Level, ...]:
        """Those of the source when the window covers it; otherwise the full resolution only."""
        if self._whole:
            return self.base.levels
        return (Level(self.shape, (1.0,) * len(self.kept)),)

    @property
    def _whole(self) -> bool:
        return len(self.kept) == len(self.box.low) and self.box.shape == self.base.shape

    def subset(self, box: CellBox, sliced: frozenset[int]) -> Window:
        """The part of the window in a box of its cells, without the axes ``sliced``."""
        low, high = list(self.box.low), list(self.box.high)
        for position, axis in enumerate(self.kept):
            low[axis], high[axis] = self.box.low[axis] + box.low[position], self.box.low[axis] + box.high[position]
        kept = tuple(axis for position, axis in enumerate(self.kept) if position not in sliced)
        return Window(self.base, CellBox(tuple(low), tuple(high)), kept, self.fields)

    def select(self, fields: Sequence[int]) -> Window:
        """The window with some of its fields."""
        return Window(self.base, self.box, self.kept, tuple(self.fields[field] for field in fields))

    def zoomed(self, level: int) -> Zoomed:
        """The window in cells of a level of its source."""
        found = self.base.levels[level]
        before = found.before or (0,) * len(found.shape)
        moved = self.box.shifted(before)
        ranges = [
            (low, high) if factor == 1 else _zoomed_range(low, high, factor, size)
            for low, high, factor, size in zip(moved.low, moved.high, found.factors, found.shape, strict=True)
        ]
        box = CellBox(tuple(low for low, _ in ranges), tuple(high for _, high in ranges))
        return Zoomed(self, level, box, found.factors, before)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Read cells of the window."""
        return _read_part(self, self.box.low, box, fields, level)

    def needs(self, box: CellBox, fields: Sequence[int]) -> Iterator[Need]:
        """What reading a box would read."""
        yield _need(self, self.box.low, box, fields, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Zoomed:
    """A window in cells of one level of its source."""

    window: Window
    level: int
    box: CellBox
    """In cells of the level, every axis of the source included; covers the window, and less than a cell more."""
    factors: tuple[float, ...]
    before: tuple[int, ...]
    """As of the level, for every axis of the source."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Level cells along each remaining axis."""
        shape = self.box.shape
        return tuple(shape[axis] for axis in self.window.kept)

    @property
    def scale(self) -> tuple[float, ...]:
        """Level cells per cell of the window, along each remaining axis."""
        return tuple(1.0 / self.factors[axis] for axis in self.window.kept)

    @property
    def shift(self) -> tuple[float, ...]:
        """Where cell 0 of the window begins: ``position here = scale * position in the window + shift``."""
        moved = self.window.box.shifted(self.before)
        return tuple(moved.low[axis] / self.factors[axis] - self.box.low[axis] for axis in self.window.kept)

    def read(self, box: CellBox, fields: Sequence[int]) -> Cells:
        """Read cells of the level, counted from the first one of the window."""
        return _read_part(self.window, self.box.low, box, fields, self.level)

    def need(self, low: Sequence[int], high: Sequence[int], fields: Sequence[int]) -> Need:
        """What reading a box would read; the box may reach beyond the window, which does not count."""
        inside = [
            (min(max(0, a), size - 1), max(1, min(b, size))) for a, b, size in zip(low, high, self.shape, strict=True)
        ]
        box = CellBox(tuple(a for a, _ in inside), tuple(max(a + 1, b) for a, b in inside))
        return _need(self.window, self.box.low, box, fields, self.level)


def _need(window: Window, origin: Sequence[int], box: CellBox, fields: Sequence[int], level: int) -> Need:
    """A box that is counted from ``origin``, in all axes of the source."""
    chosen = tuple(window.fields[field] for field in fields)
    if len(window.kept) == len(origin):
        return Need(window.base, level, box.shifted(origin), chosen)
    low, high = list(origin), [start + 1 for start in origin]
    for position, axis in enumerate(window.kept):
        low[axis], high[axis] = origin[axis] + box.low[position], origin[axis] + box.high[position]
    return Need(window.base, level, CellBox(tuple(low), tuple(high)), chosen)


def _read_part(window: Window, origin: Sequence[int], box: CellBox, fields: Sequence[int], level: int) -> Cells:
    """Read a box that is counted from ``origin``, and drop the sliced axes."""
    need = _need(window, origin, box, fields, level)
    cells = window.base.read(need.box, need.fields, level)
    if len(window.kept) == len(origin):
        return cells
    dropped = tuple(axis + 1 for axis in range(len(origin)) if axis not in window.kept)
    valid = None if cells.valid is None else np.squeeze(cells.valid, dropped)
    return Cells(np.squeeze(cells.values, dropped), valid)
