# SPDX-License-Identifier: MIT
"""Which cells lie in polygons: a scanline over the centres of a block of cells.

A centre is in a polygon when it is inside, or on the outline or the edge of a hole: nearer to it than a millionth of a
cell along the columns. Outlines that cross themselves are filled by the even-odd rule; a centre is in several polygons
when it is in one of them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from eoxserver.core.coordinates import number_text
from eoxserver.core.errors import InvalidSubsetting
from eoxserver.query.plan import Ring
from eoxserver.query.shapes.places import Floats, Ruler, check_vertices

__all__ = ["Masks", "Outline", "check_polygons", "filled", "outlines"]

Bools: TypeAlias = npt.NDArray[np.bool_]

NEAR = 1e-6
"""Centres this near to an edge lie on it [places]."""
CROSSINGS = 1 << 18
"""Crossings of edges with rows that are worked on at once."""
KEPT_CELLS = 4 << 20
"""Cells of masks that are remembered."""


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """The edges of one polygon, holes included."""

    edges: Floats
    """Shape (n, 4): row and column where an edge begins, where it ends, the former row not after the latter [places]"""
    low: tuple[float, float]
    """Least row and column."""
    high: tuple[float, float]
    """Greatest row and column."""


def check_polygons(polygons: Sequence[Sequence[Ring]], labels: Sequence[str]) -> None:
    """Refuse what is no polygon.

    Raises
    ------
    InvalidSubsetting
        For a ring of less than three vertices or with one twice, and for vertices without one finite coordinate for
        each axis.
    """
    if not polygons or not all(polygons):
        raise InvalidSubsetting("a polygon needs an outline of at least three vertices", locator=labels[0])
    for ring in (ring for rings in polygons for ring in rings):
        check_vertices(ring, labels)
        vertices = _open(ring)
        if len(vertices) < 3:
            raise InvalidSubsetting(
                f"a ring of a polygon needs at least three vertices, this one has {len(vertices)}", locator=labels[0]
            )
        seen: set[tuple[float, ...]] = set()
        for vertex in vertices:
            if vertex in seen:
                raise InvalidSubsetting(
                    f"vertex ({' '.join(map(number_text, vertex))}) occurs twice in a ring; "
                    "only the last may repeat the first",
                    locator=labels[0],
                )
            seen.add(vertex)


def _open(ring: Ring) -> Ring:
    """A ring without the vertex that closes it."""
    return ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring


def outlines(polygons: Sequence[Sequence[Ring]], rows: Ruler, columns: Ruler, swapped: bool) -> tuple[Outline, ...]:
    """The edges of polygons as places.

    Parameters
    ----------
    swapped : bool
        Whether the first coordinate of each vertex counts columns.
    """
    found: list[Outline] = []
    for rings in polygons:
        edges: list[Floats] = []
        for ring in rings:
            vertices = np.array(_open(ring), dtype=np.float64)
            row, column = rows.places(vertices[:, int(swapped)]), columns.places(vertices[:, int(not swapped)])
            edges.append(np.stack([row, column, np.roll(row, -1), np.roll(column, -1)], axis=1))
        together = np.concatenate(edges)
        down = together[:, 0] > together[:, 2]
        together[down] = together[down][:, [2, 3, 0, 1]]
        starts = together[:, :2].min(axis=0), together[:, 2:].min(axis=0)
        ends = together[:, :2].max(axis=0), together[:, 2:].max(axis=0)
        low, high = np.minimum(*starts), np.maximum(*ends)
        found.append(Outline(together, (float(low[0]), float(low[1])), (float(high[0]), float(high[1]))))
    return tuple(found)


def filled(polygons: Sequence[Outline], rows: Floats, columns: Floats) -> Bools:
    """Which centres lie in polygons.

    Parameters
    ----------
    rows, columns : ndarray, shape (n,), (m,)
        Places of the centres, strictly increasing.

    Returns
    -------
    ndarray of bool, shape (n, m)
    """
    mask = np.zeros((rows.size, columns.size), dtype=bool)
    for each in polygons:
        top, bottom = np.searchsorted(rows, each.low[0]), np.searchsorted(rows, each.high[0], "right")
        left = np.searchsorted(columns, each.low[1] - NEAR)
        right = np.searchsorted(columns, each.high[1] + NEAR, "right")
        if top < bottom and left < right:
            part = mask[top:bottom, left:right]
            part |= _one(each.edges, rows[top:bottom], columns[left:right])
    return mask


def _one(edges: Floats, rows: Floats, columns: Floats) -> Bools:
    """Which centres lie in one polygon."""
    near = edges[(edges[:, 2] >= rows[0]) & (edges[:, 0] <= rows[-1])]
    turns = np.zeros((rows.size, columns.size + 1), dtype=np.uint8)
    touched: list[tuple[Any, Any]] = []
    for row, at in _crossings(near, rows):
        column = np.searchsorted(columns, at)
        np.add.at(turns, (row, column), np.uint8(1))
        touched.extend(_touched(row, column, at, columns))
    mask = (np.cumsum(turns[:, :-1], axis=1, dtype=np.uint8) & 1).astype(bool)
    for row, column in touched:
        mask[row, column] = True
    _touch_vertices(mask, near, rows, columns)
    return mask


def _crossings(edges: Floats, rows: Floats) -> Iterator[tuple[npt.NDArray[np.intp], Floats]]:
    """Where edges cross rows: number of the row and place along it; an edge crosses the row it begins on."""
    first, end = np.searchsorted(rows, edges[:, 0]), np.searchsorted(rows, edges[:, 2])
    crossed = np.flatnonzero(end > first)
    before = np.concatenate([[0], np.cumsum(end[crossed] - first[crossed])])
    start = 0
    while start < crossed.size:
        stop = max(start + 1, int(np.searchsorted(before, before[start] + CROSSINGS, "right")) - 1)
        some = crossed[start:stop]
        counts = end[some] - first[some]
        edge = np.repeat(some, counts)
        offset = np.arange(int(counts.sum())) - np.repeat(before[start:stop] - before[start], counts)
        row = np.repeat(first[some], counts) + offset
        y, x, y2, x2 = edges[edge].T
        yield row, x + (rows[row] - y) * (x2 - x) / (y2 - y)
        start = stop


def _touched(
    row: npt.NDArray[np.intp], column: npt.NDArray[np.intp], at: Floats, columns: Floats
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """The centres right before and right after crossings that lie on the edge."""
    for neighbour in (column, column - 1):
        there = np.clip(neighbour, 0, columns.size - 1)
        on = np.abs(columns[there] - at) <= NEAR
        if on.any():
            yield row[on], there[on]


def _touch_vertices(mask: Bools, edges: Floats, rows: Floats, columns: Floats) -> None:
    """Mark centres on the ends of edges, and on edges along a row."""
    ends = np.concatenate([edges[:, :2], edges[:, 2:]])
    row = np.clip(np.searchsorted(rows, ends[:, 0]), 0, rows.size - 1)
    level = rows[row] == ends[:, 0]
    column = np.clip(np.searchsorted(columns, ends[:, 1] - NEAR), 0, columns.size - 1)
    on = level & (np.abs(columns[column] - ends[:, 1]) <= NEAR)
    mask[row[on], column[on]] = True
    along = np.flatnonzero((edges[:, 0] == edges[:, 2]) & level[: len(edges)])
    low = np.searchsorted(columns, edges[along][:, [1, 3]].min(axis=1) - NEAR)
    high = np.searchsorted(columns, edges[along][:, [1, 3]].max(axis=1) + NEAR, "right")
    for each, left, right in zip(row[along], low, high, strict=True):
        mask[each, left:right] = True


class Masks:
    """The mask of polygons on the plane of two axes, block by block; blocks used last are remembered."""

    def __init__(self, polygons: Sequence[Outline], rows: Ruler, columns: Ruler) -> None:
        self.polygons = tuple(polygons)
        self.rows, self.columns = rows, columns
        self._known: OrderedDict[tuple[int, int, int, int], Bools] = OrderedDict()
        self._lock = threading.Lock()

    def block(self, rows: tuple[int, int], columns: tuple[int, int]) -> Bools:
        """The mask of some cells, shape (rows, columns); read-only."""
        key = (*rows, *columns)
        with self._lock:
            mask = self._known.get(key)
            if mask is not None:
                self._known.move_to_end(key)
                return mask
        mask = filled(self.polygons, self.rows.centres(*rows), self.columns.centres(*columns))
        mask.setflags(write=False)
        if mask.size <= KEPT_CELLS:
            with self._lock:
                self._known[key] = mask
                while sum(each.size for each in self._known.values()) > KEPT_CELLS:
                    self._known.popitem(last=False)
        return mask
