# SPDX-License-Identifier: MIT
"""Where the cells of a target grid lie in another CRS, remembered in a bounded cache.

Between axis-aligned CRSs (EPSG:4326, 3857 and other cylindrical ones) one vector per axis tells it (``separable``);
between others a lattice of points is transformed. The cache is made by whoever evaluates plans and passed down.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from eoxserver.core.crs import Crs, same_horizontal, separable, transform_points
from eoxserver.query.grids import Plane

__all__ = ["Floats", "Placement", "TransformCache"]

Floats: TypeAlias = npt.NDArray[np.floating[Any]]
Pair: TypeAlias = tuple[Floats, Floats]

WHOLE_AXES = 8192
"""Grids of at most so many columns and rows together are transformed once, whole."""


class TransformCache:
    """Transformed coordinates by their origin, the least recently used ones dropped first; thread-safe.

    Parameters
    ----------
    max_bytes : int
        Size of all arrays kept.
    """

    def __init__(self, max_bytes: int = 16 << 20) -> None:
        self.max_bytes = max_bytes
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, Pair] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable, compute: Callable[[], Pair]) -> Pair:
        """The pair of arrays of this key (read-only), computed where it is not known."""
        with self._lock:
            found = self._entries.get(key)
            if found is not None:
                self._entries.move_to_end(key)
                return found
        pair = compute()
        for array in pair:
            array.setflags(write=False)
        with self._lock:
            if key not in self._entries:
                self._bytes += sum(array.nbytes for array in pair)
                self._entries[key] = pair
            while self._bytes > self.max_bytes:
                _, dropped = self._entries.popitem(last=False)
                self._bytes -= sum(array.nbytes for array in dropped)
        return pair

    @property
    def size(self) -> int:
        """Size of what is kept [bytes]."""
        return self._bytes


@dataclass(frozen=True, eq=False)
class Placement:
    """The cells of a target grid in the coordinates of a source CRS."""

    target: Plane
    crs: Crs
    """The source CRS."""
    centre: tuple[float, float]
    """A point of the source, where both CRSs are sound [source CRS unit]."""
    cache: TransformCache = field(default_factory=TransformCache)

    @cached_property
    def same(self) -> bool:
        """Whether both CRSs are one, the order of axes aside."""
        return same_horizontal(self.target.crs, self.crs)

    @cached_property
    def separable(self) -> bool:
        """Whether x depends on columns only, and y on rows only."""
        return self.same or separable(self.target.crs, self.crs)

    @cached_property
    def remembers_axes(self) -> bool:
        """Whether ``axes`` are transformed once, whole."""
        return self.target.width + self.target.height <= WHOLE_AXES

    def axes(self, columns: tuple[int, int], rows: tuple[int, int]) -> Pair:
        """Source x of the centres of columns, y of rows (from, to without); only where ``separable``.

        One column and row beyond the grid is allowed on each side; NaN where there is no source coordinate.
        """
        grid = self.target
        if self.same:
            return _centres(grid.x, grid.dx, *columns), _centres(grid.y, grid.dy, *rows)
        if not self.remembers_axes:
            return self._axes(columns, rows)
        x, y = self._whole_axes
        return x[columns[0] + 1 : columns[1] + 1], y[rows[0] + 1 : rows[1] + 1]

    @cached_property
    def _whole_axes(self) -> Pair:
        """All columns and rows, and one more on each side."""
        key = ("axes", self.target, self.crs, self.centre)
        columns, rows = (-1, self.target.width + 1), (-1, self.target.height + 1)
        return self.cache.get(key, lambda: self._axes(columns, rows))

    def _axes(self, columns: tuple[int, int], rows: tuple[int, int]) -> Pair:
        grid = self.target
        x, y = _centres(grid.x, grid.dx, *columns), _centres(grid.y, grid.dy, *rows)
        across, along = self._reference
        points = transform_points(
            grid.crs,
            self.crs,
            np.concatenate([x, np.full(y.size, across)]),
            np.concatenate([np.full(x.size, along), y]),
        )
        return points[0][: x.size], points[1][x.size :]

    @cached_property
    def _reference(self) -> tuple[float, float]:
        """A target coordinate (x, y) that surely has a source coordinate."""
        x, y = transform_points(self.crs, self.target.crs, self.centre[0], self.centre[1])
        return (float(x), float(y)) if np.isfinite(x) and np.isfinite(y) else (0.0, 0.0)

    def points(self, columns: Floats, rows: Floats) -> Pair:
        """Source x and y of a lattice of target positions (0 = outer edge of the first cell), shape (rows, columns).

        NaN where there is no source coordinate.
        """
        grid = self.target
        x, y = np.meshgrid(grid.x + columns * grid.dx, grid.y + rows * grid.dy)
        return transform_points(grid.crs, self.crs, x, y)

    def lattice(self, low: tuple[int, int], high: tuple[int, int], nodes: tuple[int, int]) -> Pair:
        """The same, remembered, for ``nodes`` (columns, rows) from the centre of cell ``low`` to that of ``high``."""
        columns = np.linspace(low[0] + 0.5, high[0] + 0.5, nodes[0])
        rows = np.linspace(low[1] + 0.5, high[1] + 0.5, nodes[1])
        key = ("lattice", self.target, self.crs, low, high, nodes)
        return self.cache.get(key, lambda: self.points(columns, rows))

    @cached_property
    def inside_out(self) -> tuple[float, float]:
        """Target position (column, row) of the source's ``centre``, brought into the target grid."""
        grid = self.target
        x, y = self._reference
        column, row = (x - grid.x) / grid.dx, (y - grid.y) / grid.dy
        return min(max(column, 0.5), grid.width - 0.5), min(max(row, 0.5), grid.height - 0.5)


def _centres(edge: float, step: float, low: int, high: int) -> Floats:
    return edge + (np.arange(low, high) + 0.5) * step
