# SPDX-License-Identifier: MIT
"""Which source position each cell of a target grid takes its value from.

A position counts source cells from the outer edge of the first one, so that the centre of cell 0 is 0.5. Where CRSs
are not ``separable``, the positions of a tile of target cells are interpolated between a lattice of exactly
transformed points, as long as that errs less than ``tolerance`` (GDAL's 0.125 by default) source or target cells,
whichever are greater; a tile in which it errs more is quartered, and pieces of few cells are transformed exactly: near
poles, the antimeridian and the ends of a projection. Tiles are counted from the target grid's first cell, so that a
cell's position does not depend on the box in which it is asked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from eoxserver.query.grids import Plane, x_period
from eoxserver.query.transforms import Floats, Placement

__all__ = ["SNAP", "TILE", "AxisPositions", "PlaneMap", "TilePositions"]

Cell: TypeAlias = tuple[int, int]
"""Column and row."""
Mask: TypeAlias = npt.NDArray[np.bool_]

TILE = 256
"""Columns and rows of the tiles in which positions are approximated."""
NODES = 17
"""Lattice points along each side of a tile; odd."""
EXACT_SIZE = 16
"""Pieces of at most so many columns and rows are transformed cell by cell."""
SNAP = 1e-6
"""Positions this near to an edge between cells lie on it, which belongs to the following cell [cells]."""
CLOSED = 0.1
"""A grid goes around the Earth when its width differs by less from all longitudes [cells]."""


@dataclass(frozen=True, slots=True)
class AxisPositions:
    """Positions of target columns or rows, one by one."""

    positions: Floats
    """Shape (n,) [source cells]; NaN where there is no source."""
    inside: Mask | None
    """Which lie in the source; None: all."""

    def part(self, low: int, high: int) -> AxisPositions:
        """Some of the positions."""
        if (low, high) == (0, self.positions.size):
            return self
        inside = None if self.inside is None or self.inside[low:high].all() else self.inside[low:high]
        return AxisPositions(self.positions[low:high], inside)


@dataclass(frozen=True, slots=True)
class TilePositions:
    """Positions of a piece of a target grid."""

    origin: Cell
    """Source column and row that ``x`` and ``y`` are counted from."""
    x: Floats
    """Shape (rows, columns) [source cells]; NaN where there is no source."""
    y: Floats
    inside: Mask | None
    """Which lie in the source, same shape; None: all."""
    ratios: tuple[float, float]
    """Source columns and rows per target cell."""
    footprint: tuple[float, float]
    """Source columns and rows of the box around a target cell."""

    def part(self, columns: slice, rows: slice) -> TilePositions:
        """Some columns and rows of the piece."""
        inside = None if self.inside is None else self.inside[rows, columns]
        return TilePositions(
            self.origin, self.x[rows, columns], self.y[rows, columns], inside, self.ratios, self.footprint
        )


@dataclass(frozen=True, eq=False)
class PlaneMap:
    """The mapping from a target grid to a source grid, which is a window in cells of one level."""

    placement: Placement
    source: Plane
    edges: tuple[float, float, float, float]
    """What of the source counts: from and to column, from and to row [source cells]."""
    ratios: tuple[float, float] = (1.0, 1.0)
    """Source columns and rows per target cell, typically."""
    tolerance: float = 0.125
    """Greatest error of interpolated positions [cells]; 0: every position is exact."""

    @property
    def separable(self) -> bool:
        """Whether ``axes`` serves."""
        return self.placement.separable

    @cached_property
    def period(self) -> float | None:
        """After how many source columns the meridians come again; None: never."""
        period = x_period(self.source.crs)
        return None if period is None else period / abs(self.source.dx)

    @cached_property
    def closed(self) -> bool:
        """Whether the last column of the source is a neighbour of the first one.

        Columns beyond its ends are then given as such, to be counted modulo its width.
        """
        whole = self.edges[:2] == (0.0, float(self.source.width))
        return self.period is not None and whole and abs(self.period - self.source.width) < CLOSED

    # -- columns and rows, one by one

    def axes(self, columns: Cell, rows: Cell) -> tuple[AxisPositions, AxisPositions]:
        """Positions of target columns and rows (from, to without); only where ``separable``."""
        if not self.placement.remembers_axes:
            return self._axes(columns, rows)
        x, y = self._whole_axes
        return x.part(*columns), y.part(*rows)

    @cached_property
    def _whole_axes(self) -> tuple[AxisPositions, AxisPositions]:
        grid = self.placement.target
        return self._axes((0, grid.width), (0, grid.height))

    def _axes(self, columns: Cell, rows: Cell) -> tuple[AxisPositions, AxisPositions]:
        x, y = self.placement.axes(columns, rows)
        across, down = (x - self.source.x) / self.source.dx, (y - self.source.y) / self.source.dy
        if self.period is not None:
            across = self._turned(across, self.period)
        return (
            AxisPositions(across, None if self.closed else _within(across, self.edges[:2])),
            AxisPositions(down, _within(down, self.edges[2:])),
        )

    def axis_ratios(self, columns: Cell, rows: Cell) -> tuple[Floats, Floats]:
        """Source columns per target column, and source rows per target row, at each; only where ``separable``."""
        x, y = self.placement.axes((columns[0] - 1, columns[1] + 1), (rows[0] - 1, rows[1] + 1))
        across, down = _steps(x, x_period(self.source.crs)), _steps(y, None)
        return across / abs(self.source.dx), down / abs(self.source.dy)

    def _turned(self, positions: Floats, period: float) -> Floats:
        """Columns counted from the first; on a closed source one after the other, even beyond the last."""
        turned: Floats = np.mod(positions + SNAP, period) - SNAP
        if not self.closed or turned.size < 2:
            return turned
        jumps = np.rint(np.diff(turned) / period)
        if not jumps.any() or not np.isfinite(jumps).all():
            return turned
        turns = np.concatenate([[0.0], -np.cumsum(jumps)])
        together: Floats = turned + (turns - turns.min()) * self.source.width
        return together

    # -- cell by cell

    def tile(self, column: int, row: int) -> TilePositions:
        """Positions of the tile that begins at a target cell (a multiple of ``TILE`` in both directions)."""
        grid = self.placement.target
        low = (column, row)
        high = (min(column + TILE, grid.width), min(row + TILE, grid.height))
        nodes = self._nodes(low, high)
        if nodes is None:
            empty = np.full((high[1] - row, high[0] - column), np.nan)
            return TilePositions((0, 0), empty, empty, np.zeros(empty.shape, bool), (1.0, 1.0), (1.0, 1.0))
        turn = self._reference(nodes)
        nodes = self._unwrapped(nodes, turn)
        ratios, footprint = self._spacing(nodes, low, high)
        if self._steady(nodes, footprint):
            x, y, origin = _interpolated(nodes, low, high)
            bounds = _bounds(nodes)
        else:
            x, y = (np.empty((high[1] - low[1], high[0] - low[0])) for _ in range(2))
            self._fill(x, y, low, high, low, turn, footprint)
            origin, bounds = (0, 0), _bounds(np.stack([x, y]))
        return self._settled(TilePositions(origin, x, y, None, ratios, footprint), bounds)

    def _nodes(self, low: Cell, high: Cell) -> Floats | None:
        """Positions (x, y) of a lattice over a piece, shape (2, rows, columns), as PROJ gives them; None: nowhere."""
        counts = tuple(min(NODES, b - a) for a, b in zip(low, high, strict=True))
        x, y = self.placement.lattice(low, (high[0] - 1, high[1] - 1), (counts[0], counts[1]))
        positions = np.stack([(x - self.source.x) / self.source.dx, (y - self.source.y) / self.source.dy])
        return positions if np.isfinite(positions).any() else None

    def _reference(self, nodes: Floats) -> float:
        """A column around which the columns of a tile are turned together."""
        middle = nodes[0, nodes.shape[1] // 2, nodes.shape[2] // 2]
        column = float(middle if np.isfinite(middle) else nodes[0][np.isfinite(nodes[0])][0])
        return column % self.period if self.period is not None else column

    def _unwrapped(self, positions: Floats, reference: float) -> Floats:
        """Positions (x, y) with columns less than half a turn away from ``reference``."""
        if self.period is not None:
            start = reference - self.period / 2
            positions[0] = start + np.mod(positions[0] - start, self.period)
        return positions

    def _spacing(self, nodes: Floats, low: Cell, high: Cell) -> tuple[tuple[float, float], tuple[float, float]]:
        """Source cells per target cell in a tile: distances, and sides of the box around a cell."""
        steps = []
        for axis, (a, b) in ((2, (low[0], high[0])), (1, (low[1], high[1]))):
            count = nodes.shape[axis]
            slopes = np.abs(np.diff(nodes, axis=axis)) * ((count - 1) / max(1, b - a - 1))
            known = [component[np.isfinite(component)] for component in slopes]
            steps.append([float(np.median(values)) if values.size else 0.0 for values in known])
        (x_by_column, y_by_column), (x_by_row, y_by_row) = steps
        ratios = (math.hypot(x_by_column, x_by_row), math.hypot(y_by_column, y_by_row))
        if not all(ratios):
            return self.ratios, self.ratios
        return ratios, (x_by_column + x_by_row, y_by_column + y_by_row)

    def _steady(self, nodes: Floats, footprint: tuple[float, float]) -> bool:
        """Whether the lattice describes the cells between well enough.

        What a lattice of half the density errs at the points left out is four times what this one errs.
        """
        rows, columns = nodes.shape[1:]
        down, across = (_hat(n, n // 2 + 1) if n == NODES else _hat(n, n) for n in (rows, columns))
        if self.tolerance <= 0 and NODES in (rows, columns):
            return False
        coarse = nodes[:, :: 2 if rows == NODES else 1, :: 2 if columns == NODES else 1]
        errors = np.abs(down @ coarse @ across.T - nodes).max(axis=(1, 2))
        return all(
            error <= 2 * self.tolerance * max(1.0, cells) for error, cells in zip(errors, footprint, strict=True)
        )

    def _fill(
        self, x: Floats, y: Floats, low: Cell, high: Cell, corner: Cell, turn: float, footprint: tuple[float, float]
    ) -> None:
        """Write the positions of a piece of the tile at ``corner``, quartering it until they are good enough."""
        part = slice(low[1] - corner[1], high[1] - corner[1]), slice(low[0] - corner[0], high[0] - corner[0])
        longest = max(high[0] - low[0], high[1] - low[1])
        if longest <= EXACT_SIZE or self.tolerance <= 0:
            exact = self.placement.points(np.arange(low[0], high[0]) + 0.5, np.arange(low[1], high[1]) + 0.5)
            columns, rows = (exact[0] - self.source.x) / self.source.dx, (exact[1] - self.source.y) / self.source.dy
            x[part], y[part] = self._unwrapped(np.stack([columns, rows]), turn)
            return
        nodes = self._nodes(low, high)
        if nodes is None and longest <= 2 * EXACT_SIZE:
            x[part] = y[part] = np.nan
            return
        nodes = None if nodes is None else self._unwrapped(nodes, turn)
        if nodes is not None and self._steady(nodes, footprint):
            columns, rows, origin = _interpolated(nodes, low, high)
            x[part], y[part] = columns, rows
            x[part] += origin[0]
            y[part] += origin[1]
            return
        for left, right in _halves(low[0], high[0]):
            for top, bottom in _halves(low[1], high[1]):
                self._fill(x, y, (left, top), (right, bottom), corner, turn, footprint)

    def _settled(self, tile: TilePositions, bounds: tuple[float, float, float, float]) -> TilePositions:
        """The tile with columns counted from the source's first, and what of it lies inside."""
        west, east, north, south = self.edges
        x, origin, inside = tile.x, tile.origin, None
        if self.period is not None and not self.closed and not (west <= bounds[0] and bounds[1] <= east):
            x = np.mod(x.astype(np.float64) + (origin[0] + SNAP), self.period) - SNAP
            origin = (0, origin[1])
            bounds = (-math.inf, math.inf, *bounds[2:])
        if not self.closed and not (west <= bounds[0] and bounds[1] <= east):
            inside = _within(x, (west - origin[0], east - origin[0]))
        if not (north <= bounds[2] and bounds[3] <= south):
            rows = _within(tile.y, (north - origin[1], south - origin[1]))
            inside = rows if inside is None else inside if rows is None else inside & rows
        return TilePositions(origin, x, tile.y, inside, tile.ratios, tile.footprint)

    # -- for the price

    def bounds(self, columns: Cell, rows: Cell) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """About from where to where a box of target cells lies: columns and rows of the source; None: elsewhere."""
        small = columns[1] - columns[0] <= TILE and rows[1] - rows[0] <= TILE
        if small and self.separable:
            found = self.axes(columns, rows)
            x, y = (each.positions if each.inside is None else each.positions[each.inside] for each in found)
        else:
            x, y = self._inside_nodes(columns, rows)
        if not x.size or not y.size:
            return None
        west, east, north, south = (0.0, self.source.width, *self.edges[2:]) if self.closed else self.edges
        margins = [
            0.0 if small else (b - a) / NODES * ratio / 2
            for (a, b), ratio in zip((columns, rows), self.ratios, strict=True)
        ]
        return (
            (max(float(x.min()) - margins[0], west), min(float(x.max()) + margins[0], east)),
            (max(float(y.min()) - margins[1], north), min(float(y.max()) + margins[1], south)),
        )

    def _inside_nodes(self, columns: Cell, rows: Cell) -> tuple[Floats, Floats]:
        """Source columns and rows of those points of a lattice over a box that lie in the source."""
        nodes = self._nodes((columns[0], rows[0]), (columns[1], rows[1]))
        if nodes is None:
            return np.empty(0), np.empty(0)
        across, down = nodes
        if self.period is not None:
            across = np.mod(across + SNAP, self.period) - SNAP
        west, east, north, south = self.edges
        with np.errstate(invalid="ignore"):
            inside = (across >= west) & (across <= east) & (down >= north) & (down <= south)
        return across[inside], down[inside]


def _steps(positions: Floats, period: float | None) -> Floats:
    """Half the distance between both neighbours of each position but the first and the last."""
    steps = positions[2:] - positions[:-2]
    if period is not None:
        steps = np.mod(steps + period / 2, period) - period / 2
    halved: Floats = np.abs(steps) / 2
    return halved


def _within(positions: Floats, edges: tuple[float, float]) -> Mask | None:
    """Which positions lie between two edges, both included; None: all."""
    with np.errstate(invalid="ignore"):
        inside = (positions >= edges[0] - SNAP) & (positions <= edges[1] + SNAP)
    return None if inside.all() else inside


def _bounds(positions: Floats) -> tuple[float, float, float, float]:
    """Least and greatest x and y; infinite where some are not known."""
    if not np.isfinite(positions).all():
        return (-math.inf, math.inf, -math.inf, math.inf)
    x, y = positions
    return (float(x.min()), float(x.max()), float(y.min()), float(y.max()))


def _interpolated(nodes: Floats, low: Cell, high: Cell) -> tuple[Floats, Floats, Cell]:
    """Positions x and y of all cells of a piece from its lattice, shape (rows, columns), and their origin."""
    origin = (math.floor(nodes[0].min()), math.floor(nodes[1].min()))
    relative = np.stack([nodes[0] - origin[0], nodes[1] - origin[1]]).astype(np.float32)
    down, across = _hat32(high[1] - low[1], nodes.shape[1]), _hat32(high[0] - low[0], nodes.shape[2])
    x, y = down @ (relative @ across.T)
    return x, y, origin


def _halves(low: int, high: int) -> tuple[Cell, ...]:
    """A range cut in two, unless it is short."""
    if high - low <= EXACT_SIZE:
        return ((low, high),)
    middle = (low + high + 1) // 2
    return ((low, middle), (middle, high))


@lru_cache(maxsize=64)
def _hat(size: int, nodes: int) -> Floats:
    """Weights of ``nodes`` evenly spread lattice points in ``size`` points spread as far, shape (size, nodes)."""
    at = np.linspace(0, nodes - 1, size) if size > 1 else np.zeros(1)
    weights: Floats = np.maximum(0.0, 1 - np.abs(at[:, None] - np.arange(nodes)))
    weights.setflags(write=False)
    return weights


@lru_cache(maxsize=64)
def _hat32(size: int, nodes: int) -> Floats:
    weights = _hat(size, nodes).astype(np.float32)
    weights.setflags(write=False)
    return weights
