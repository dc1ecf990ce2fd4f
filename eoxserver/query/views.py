# SPDX-License-Identifier: MIT
"""Lazy sources behind the nodes that resample: cells are computed when they are read, and only those.

Views are immutable and may be read from many threads.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.coverage import CellBox, Cells, Level
from eoxserver.core.fields import RangeType
from eoxserver.query.mapping import TILE, AxisPositions, PlaneMap, TilePositions
from eoxserver.query.plan import Interpolation
from eoxserver.query.resample import combined, gathered, rounded
from eoxserver.query.sampling import (
    CELL_BYTES,
    Reduction,
    WindowReader,
    block_factor,
    halves,
    joined,
    nothing,
    outside,
)
from eoxserver.query.steps import Options
from eoxserver.query.taps import KERNELS, SAMPLES, Array, Taps, make_taps
from eoxserver.query.transforms import Floats
from eoxserver.query.windows import Need, Zoomed

__all__ = ["ReprojectView", "ResampleView", "ScaleView"]

CHUNK = 1024
"""Greatest side of the blocks in which views are read at best [cells]."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What a box of the result needs of the source."""

    low: tuple[int, ...]
    """The window, in cells or blocks of the level."""
    high: tuple[int, ...]
    taps: dict[int, Taps]
    """By axis, counted from ``low``; axes without are copied."""
    inside: dict[int, npt.NDArray[np.bool_]]
    """By axis, where some of the result lies outside the source."""
    blocks: Reduction

    def bytes(self, fields: int) -> int:
        """Size of what is read at once, as wide as it gets."""
        cells = fields * CELL_BYTES
        for low, high in zip(self.low, self.high, strict=True):
            cells *= high - low
        return cells


class ResampleView(ABC):
    """What scaling and reprojection have in common.

    Parameters
    ----------
    zoomed : Zoomed
        The window of the input, in cells of the level that is read.
    range_type : RangeType
        Of the input and the result.
    shape : tuple of int
        Cells of the result along each axis.
    horizontal : (int, int) or None
        Axes (x, y) that are interpolated; the others are copied or picked from.
    """

    def __init__(
        self,
        zoomed: Zoomed,
        range_type: RangeType,
        shape: tuple[int, ...],
        horizontal: tuple[int, int] | None,
        method: Interpolation,
        options: Options,
    ) -> None:
        self.zoomed = zoomed
        self.range_type = range_type
        self.horizontal = horizontal
        self.method = method
        self.budget = options.window_bytes
        self.proceed = options.proceed
        self.around: int | None = None
        """The axis along which the window is closed."""
        self._shape = shape

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis."""
        return self._shape

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution only."""
        return (Level(self._shape, (1.0,) * len(self._shape)),)

    @property
    @abstractmethod
    def chunks(self) -> tuple[int, ...]:
        """The block shape in which reading is cheapest."""

    @abstractmethod
    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Compute the cells of a box."""

    @abstractmethod
    def needs(self, box: CellBox, fields: Sequence[int]) -> Iterator[Need]:
        """What reading a box would read of the source, estimated."""

    def _dtype(self, fields: Sequence[int]) -> np.dtype[Any]:
        return np.result_type(*(self.range_type.fields[field].dtype for field in fields))

    def _nothing(self, box: CellBox, fields: Sequence[int]) -> Cells:
        return nothing((len(fields), *box.shape), self._dtype(fields))

    def _window(self, cut: Cut, taps: dict[int, Taps], fields: Sequence[int]) -> tuple[Cells, dict[int, Taps]]:
        """Source cells that taps count in, and taps that count in these; only those tapped where all are too many."""
        reader = WindowReader(self.zoomed, self.around, self.budget, self.proceed)
        if cut.bytes(len(fields)) <= self.budget or cut.blocks.factors:
            return reader.read(cut.low, cut.high, fields, cut.blocks), taps
        index: dict[int, Array] = {}
        fewer: dict[int, Taps] = {}
        for axis, each in taps.items():
            index[axis], places = np.unique(each.index, return_inverse=True)
            index[axis] += cut.low[axis]
            fewer[axis] = Taps(places.reshape(each.index.shape), each.weight)
        return reader.read_at(cut.low, cut.high, index, fields), fewer

    def _widest(self, box: CellBox, cut: Cut) -> int:
        """The axis along which to halve a box that needs too much."""
        sizes = {axis: size for axis, size in enumerate(box.shape) if size > 1}
        others = [axis for axis in sizes if axis not in (self.horizontal or ())]
        if others:
            return max(others, key=lambda axis: sizes[axis])
        return max(sizes, key=lambda axis: cut.high[axis] - cut.low[axis])


class SeparableView(ResampleView):
    """A view in which each axis of the result depends on one axis of the source."""

    @abstractmethod
    def cut(self, box: CellBox) -> Cut | None:
        """What a box needs; None when no cell of it lies in the source."""

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Compute the cells of a box."""
        cut = self.cut(box) if box.cell_count else None
        if cut is None:
            return self._nothing(box, fields)
        if cut.bytes(len(fields)) > self.budget and box.cell_count > 1:
            axis = self._widest(box, cut)
            return joined([self.read(half, fields) for half in halves(box, axis)], axis)
        cells, along = self._window(cut, cut.taps, fields)
        taps = {axis + 1: each for axis, each in along.items()}
        cells = combined(cells, taps, self.method)
        if cut.blocks.factors:
            cells = Cells(rounded(cells.values, self._dtype(fields)), cells.valid)
        return self._limited(cells, cut.inside)

    def _limited(self, cells: Cells, inside: dict[int, npt.NDArray[np.bool_]]) -> Cells:
        if not inside:
            return cells
        mask: npt.NDArray[np.bool_] = np.ones((1,) * cells.values.ndim, dtype=bool)
        for axis, each in inside.items():
            mask = mask & each.reshape((-1,) + (1,) * (cells.values.ndim - axis - 2))
        return outside(cells, mask)

    def _interpolated(
        self, positions: Floats, ratios: Floats | float, typical: float, axis: int, closed: bool
    ) -> tuple[Taps, int]:
        """Taps along one axis, and the block factor they count in; ``typical`` does not depend on the box."""
        size = self.zoomed.shape[axis]
        factor = block_factor(typical, self.method, True, size, closed)
        if factor > 1:
            positions, ratios, size = positions / factor, ratios / factor, -(-size // factor)
        return make_taps(positions, ratios, size, self.method, closed, sampled=typical > SAMPLES), factor


class ScaleView(SeparableView):
    """A window brought to another number of cells.

    Along axes that are not interpolated cell i of n is taken from cell ``floor(i * N / n)`` of N, the rule of the
    scale functions of WCPS; the interpolated ones (x and y) go by cell centres.
    """

    @property
    def chunks(self) -> tuple[int, ...]:
        """The input's chunks, scaled."""
        window = self.zoomed.window
        return tuple(
            min(size, CHUNK, max(1, round(chunk * size / old)))
            for chunk, size, old in zip(window.chunks, self._shape, window.shape, strict=True)
        )

    def needs(self, box: CellBox, fields: Sequence[int]) -> Iterator[Need]:
        """What reading a box would read of the source."""
        first = CellBox(box.low, tuple(low + 1 for low in box.low))
        last = CellBox(tuple(high - 1 for high in box.high), box.high)
        begin, end = self.cut(first), self.cut(last)
        factors = [begin.blocks.factors.get(axis, 1) for axis in range(len(self._shape))]
        yield self.zoomed.need(
            [edge * factor for edge, factor in zip(begin.low, factors, strict=True)],
            [edge * factor for edge, factor in zip(end.high, factors, strict=True)],
            fields,
        )

    def cut(self, box: CellBox) -> Cut:
        """What a box needs."""
        low, high = list(box.low), list(box.high)
        taps: dict[int, Taps] = {}
        factors: dict[int, int] = {}
        old = self.zoomed.window.shape
        for axis, size in enumerate(self._shape):
            if size == old[axis] and self.zoomed.scale[axis] == 1:
                continue
            cells = np.arange(box.low[axis], box.high[axis])
            if self.method is not Interpolation.NEAREST and axis in (self.horizontal or ()):
                ratio = old[axis] / size * self.zoomed.scale[axis]
                positions = (cells + 0.5) * ratio + self.zoomed.shift[axis]
                each, factor = self._interpolated(positions, ratio, ratio, axis, closed=False)
                if factor > 1:
                    factors[axis] = factor
            else:
                each = Taps(self._picked(cells, axis)[np.newaxis], None)
            low[axis], high[axis] = each.low, each.high
            taps[axis] = Taps(each.index - each.low, each.weight)
        return Cut(tuple(low), tuple(high), taps, {}, Reduction(factors, self.method))

    def _picked(self, cells: npt.NDArray[np.intp], axis: int) -> npt.NDArray[np.intp]:
        picked: npt.NDArray[np.intp] = cells * self.zoomed.window.shape[axis] // self._shape[axis]
        scale, shift = self.zoomed.scale[axis], self.zoomed.shift[axis]
        if scale == 1:
            return picked
        at: npt.NDArray[np.intp] = np.floor((picked + 0.5) * scale + shift).astype(np.intp)
        return np.clip(at, 0, self.zoomed.shape[axis] - 1, out=at)


class ReprojectView(SeparableView):
    """The horizontal plane of a window brought to another grid; the other axes are copied."""

    def __init__(
        self,
        zoomed: Zoomed,
        range_type: RangeType,
        plane: PlaneMap,
        horizontal: tuple[int, int],
        method: Interpolation,
        options: Options,
    ) -> None:
        shape = list(zoomed.window.shape)
        shape[horizontal[0]], shape[horizontal[1]] = plane.placement.target.width, plane.placement.target.height
        super().__init__(zoomed, range_type, tuple(shape), horizontal, method, options)
        self.plane = plane
        self.x, self.y = horizontal
        self.around = self.x if plane.closed else None

    @cached_property
    def chunks(self) -> tuple[int, ...]:
        """Tiles of the target grid."""
        chunks = list(self.zoomed.window.chunks)
        for axis in (self.x, self.y):
            chunks[axis] = min(self._shape[axis], TILE)
        return tuple(chunks)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Compute the cells of a box."""
        if self.plane.separable or not box.cell_count:
            return super().read(box, fields)
        rows = []
        for top, bottom in _tiles(box.low[self.y], box.high[self.y]):
            row = []
            for left, right in _tiles(box.low[self.x], box.high[self.x]):
                tile = self.plane.tile(left - left % TILE, top - top % TILE)
                x0, y0 = left - left % TILE, top - top % TILE
                part = tile.part(slice(left - x0, right - x0), slice(top - y0, bottom - y0))
                row.append(self._piece(self._with(box, (left, right), (top, bottom)), part, fields))
            rows.append(joined(row, self.x))
        return joined(rows, self.y)

    def needs(self, box: CellBox, fields: Sequence[int]) -> Iterator[Need]:
        """What reading a box would read of the source, estimated from a lattice of positions."""
        bounds = self.plane.bounds((box.low[self.x], box.high[self.x]), (box.low[self.y], box.high[self.y]))
        if bounds is None:
            return
        low, high = list(box.low), list(box.high)
        reach = KERNELS[self.method][0] if self.method in KERNELS else 0.5
        for axis, (start, stop), ratio in zip((self.x, self.y), bounds, self.plane.ratios, strict=True):
            margin = 0.0 if self.method is Interpolation.NEAREST else reach * max(1.0, ratio) - 0.5
            low[axis], high[axis] = math.floor(start - margin), math.floor(stop + margin) + 1
        yield self.zoomed.need(low, high, fields)

    # -- separable

    def cut(self, box: CellBox) -> Cut | None:
        """What a box needs; None when no cell of it lies in the source."""
        columns, rows = (box.low[self.x], box.high[self.x]), (box.low[self.y], box.high[self.y])
        low, high = list(box.low), list(box.high)
        taps: dict[int, Taps] = {}
        inside: dict[int, npt.NDArray[np.bool_]] = {}
        factors: dict[int, int] = {}
        ratios = self._ratios(columns, rows)
        for number, (axis, along) in enumerate(zip((self.x, self.y), self.plane.axes(columns, rows), strict=True)):
            positions = _usable(along)
            if positions is None:
                return None
            if along.inside is not None:
                inside[axis] = along.inside
            typical = self.plane.ratios[number]
            each, factor = self._interpolated(positions, ratios[number], typical, axis, axis == self.around)
            if factor > 1:
                factors[axis] = factor
            low[axis], high[axis] = each.low, each.high
            taps[axis] = Taps(each.index - each.low, each.weight)
        return Cut(tuple(low), tuple(high), taps, inside, Reduction(factors, self.method))

    def _ratios(self, columns: tuple[int, int], rows: tuple[int, int]) -> tuple[Floats | float, Floats | float]:
        if self.method is Interpolation.NEAREST:
            return 1.0, 1.0
        across, down = (
            np.where(np.isfinite(ratios), ratios, typical)
            for ratios, typical in zip(self.plane.axis_ratios(columns, rows), self.plane.ratios, strict=True)
        )
        return across, down

    # -- cell by cell

    def _with(self, box: CellBox, columns: tuple[int, int], rows: tuple[int, int]) -> CellBox:
        low, high = list(box.low), list(box.high)
        low[self.x], high[self.x] = columns
        low[self.y], high[self.y] = rows
        return CellBox(tuple(low), tuple(high))

    def _piece(self, box: CellBox, tile: TilePositions, fields: Sequence[int]) -> Cells:
        """The cells of a box within one tile."""
        if tile.inside is not None and not tile.inside.any():
            return self._nothing(box, fields)
        cut, ys, xs = self._gather_cut(box, tile)
        if cut.bytes(len(fields)) > self.budget and box.cell_count > 1:
            axis = self._widest(box, cut)
            parts = []
            for half in halves(box, axis):
                x, y = (slice(half.low[a] - box.low[a], half.high[a] - box.low[a]) for a in (self.x, self.y))
                parts.append(self._piece(half, tile.part(x, y), fields))
            return joined(parts, axis)
        cells, along = self._window(cut, {self.x: xs, self.y: ys}, fields)
        xs, ys = along[self.x], along[self.y]
        values = _plane_last(cells.values, self.x, self.y)
        valid = None if cells.valid is None else _plane_last(cells.valid, self.x, self.y)
        result = gathered(Cells(values, valid), ys, xs, self.method)
        if cut.blocks.factors:
            result = Cells(rounded(result.values, self._dtype(fields)), result.valid)
        if tile.inside is not None:
            result = outside(result, tile.inside)
        valid = None if result.valid is None else _plane_back(result.valid, self.x, self.y)
        return Cells(_plane_back(result.values, self.x, self.y), valid)

    def _gather_cut(self, box: CellBox, tile: TilePositions) -> tuple[Cut, Taps, Taps]:
        """What a box within one tile needs, and the taps of its rows and columns, counted from the window."""
        low, high = list(box.low), list(box.high)
        spacing = tile.ratios if self.method in KERNELS else tile.footprint
        factors: dict[int, int] = {}
        found: list[Taps] = []
        for axis, positions, origin, ratio in (
            (self.x, tile.x, tile.origin[0], spacing[0]),
            (self.y, tile.y, tile.origin[1], spacing[1]),
        ):
            closed, size = axis == self.around, self.zoomed.shape[axis]
            at = positions if tile.inside is None else np.where(tile.inside, positions, positions[tile.inside][0])
            factor = block_factor(ratio, self.method, False, size, closed)
            if factor > 1:
                factors[axis], start = factor, 0
                blocks = (at.astype(np.float64) + origin) / factor
                taps = make_taps(blocks, ratio / factor, -(-size // factor), self.method, closed)
            else:
                start = origin
                taps = make_taps(at, ratio, size, self.method, closed, origin, sampled=ratio > SAMPLES)
            low[axis], high[axis] = taps.low + start, taps.high + start
            found.append(Taps(taps.index - taps.low, taps.weight))
        return Cut(tuple(low), tuple(high), {}, {}, Reduction(factors, self.method)), found[1], found[0]


def _tiles(low: int, high: int) -> Iterator[tuple[int, int]]:
    """A range cut at multiples of ``TILE``."""
    while low < high:
        end = min(high, low - low % TILE + TILE)
        yield low, end
        low = end


def _usable(along: AxisPositions) -> Floats | None:
    """Positions with those outside replaced by one inside; None when there is none."""
    if along.inside is None:
        return along.positions
    if not along.inside.any():
        return None
    return np.where(along.inside, along.positions, along.positions[along.inside][0])


def _plane_last(values: npt.NDArray[Any], x: int, y: int) -> npt.NDArray[Any]:
    """Values (field, *axes) with y and x as the last axes."""
    if (y + 1, x + 1) == (values.ndim - 2, values.ndim - 1):
        return values
    return np.moveaxis(values, (y + 1, x + 1), (-2, -1))


def _plane_back(values: npt.NDArray[Any], x: int, y: int) -> npt.NDArray[Any]:
    """Values (..., y, x) with the axes where they belong."""
    if (y + 1, x + 1) == (values.ndim - 2, values.ndim - 1):
        return values
    return np.moveaxis(values, (-2, -1), (y + 1, x + 1))
