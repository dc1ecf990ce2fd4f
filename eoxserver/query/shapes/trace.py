# SPDX-License-Identifier: MIT
"""The cells along a line, as one axis (WCPS ``clip`` with a linestring, and ``curtain`` with one).

The new axis counts the cells of the line from 0. It stands where the first of the named axes stands in the grid, is
labelled ``i`` as the axis of the CRS Index1D (``i_2``, ... when another axis is called so), and belongs to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.axes import Axis, IndexAxis
from eoxserver.core.coverage import CellBox, Cells, Level
from eoxserver.core.crs import Crs, parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidSubsetting
from eoxserver.core.fields import Field, RangeType
from eoxserver.query.plan import Ring, Trace
from eoxserver.query.sampling import CELL_BYTES
from eoxserver.query.shapes.lines import Integers, Path, line_path
from eoxserver.query.shapes.outside import common_type
from eoxserver.query.shapes.places import FAR, axis_positions, cell_at, check_vertices, coordinates_at
from eoxserver.query.steps import Options, Resolving, Step, derived, window_over
from eoxserver.query.windows import Need, Window

__all__ = ["TraceView", "index_axis", "make", "traced_path", "vertex_cells"]

SIDE = 1024
"""Pieces of a line are no longer along any axis [cells]."""
BATCH = 1 << 12
"""Pieces that are found at once."""


def make(resolving: Resolving, node: Trace) -> Step:
    """The step of a line.

    Raises
    ------
    InvalidAxisLabel
        For an axis the input lacks, or one named twice.
    InvalidSubsetting
        For vertices without one finite coordinate for each axis, and for a line that meets no cell.
    """
    step = resolving.resolve(node.input)
    positions = axis_positions(step.domain, node.labels, len(step.iterators))
    path = traced_path(step.domain, positions, node.labels, node.vertices)
    domain = _domain(step.domain, positions, path.size)
    told = [label for label in step.domain.crs_labels if step.domain.index(label) in positions]
    axes = tuple(step.domain.index(label) for label in told) if node.coordinates else ()
    range_type = _range_type(step.range_type, [step.domain.axes[axis] for axis in axes])
    source = TraceView(window_over(step), step.domain, range_type, positions, axes, path, resolving.options)
    return Step(node, derived(step.coverage, source, domain, range_type), (step,), step.iterators)


def vertex_cells(
    domain: Domain, positions: Sequence[int], labels: Sequence[str], vertices: Ring
) -> list[tuple[int, ...]]:
    """The cells of vertices, which may lie beyond the grid.

    Raises
    ------
    InvalidSubsetting
        For vertices without one finite coordinate for each axis, or extremely far from the grid.
    """
    if not vertices:
        raise InvalidSubsetting("a line needs at least one vertex", locator=labels[0] if labels else None)
    check_vertices(vertices, labels)
    axes = [domain.axes[position] for position in positions]
    found = [tuple(cell_at(axis, each) for axis, each in zip(axes, vertex, strict=True)) for vertex in vertices]
    for cell, vertex in zip(found, vertices, strict=True):
        for axis, number, coordinate in zip(axes, cell, vertex, strict=True):
            if not -FAR < number < axis.size + FAR:
                raise InvalidSubsetting(
                    f"axis {axis.label}: {coordinate} is too far outside the coverage, "
                    f"which extends from {axis.low} to {axis.high}",
                    locator=axis.label,
                )
    return found


def traced_path(domain: Domain, positions: Sequence[int], labels: Sequence[str], vertices: Ring) -> Path:
    """The cells of a domain along a line, counted along the axes at ``positions``; raises InvalidSubsetting."""
    cells = vertex_cells(domain, positions, labels, vertices)
    path = line_path(cells, [domain.axes[position].size for position in positions])
    if not path.size:
        raise InvalidSubsetting(
            f"no cell of the coverage lies on the line; its axes {', '.join(labels)} extend from "
            f"({' '.join(f'{domain.axes[each].low:g}' for each in positions)}) to "
            f"({' '.join(f'{domain.axes[each].high:g}' for each in positions)})",
            locator=labels[0],
        )
    return path


@lru_cache(maxsize=1)
def _index_crs() -> Crs:
    return parse_crs("http://www.opengis.net/def/crs/OGC/0/Index1D")


def index_axis(size: int, taken: Sequence[str]) -> IndexAxis:
    """An axis that counts from 0, labelled ``i`` or, where that is taken, ``i_2``, ..."""
    crs = _index_crs()
    label, number = crs.axes[0].label, 2
    while label in taken:
        label, number = f"{crs.axes[0].label}_{number}", number + 1
    return IndexAxis(label, size, crs=crs)


def _domain(domain: Domain, positions: tuple[int, ...], size: int) -> Domain:
    """The domain with one axis in the place of some, in the grid and in the CRS."""
    gone = {domain.axes[position].label for position in positions}
    axis = index_axis(size, [label for label in domain.labels if label not in gone])
    place = min(positions)
    axes = [each for position, each in enumerate(domain.axes) if position not in positions or position == place]
    axes[axes.index(domain.axes[place])] = axis
    order: list[str] = []
    for label in domain.crs_labels:
        own = axis.label if label in gone else label
        if label not in gone or axis.label not in order:
            order.append(own)
    return Domain(tuple(axes), tuple(order))


def _range_type(range_type: RangeType, axes: Sequence[Axis]) -> RangeType:
    """The fields, and before them one for the coordinates of each axis."""
    taken = set(range_type.names)
    found: list[Field] = []
    for axis in axes:
        name, number = axis.label, 2
        while name in taken:
            name, number = f"{axis.label}_{number}", number + 1
        taken.add(name)
        found.append(Field(name, np.dtype("f8"), axis.unit or "10^0", description=f"Coordinate on axis {axis.label}"))
    return RangeType((*found, *range_type.fields))


@dataclass(frozen=True, slots=True, eq=False)
class TraceView:
    """The cells of a window along a line."""

    window: Window
    domain: Domain
    """Of the window."""
    range_type: RangeType
    """Of the result."""
    traced: tuple[int, ...]
    """Axes of the window that the line runs through, in the order of its vertices."""
    told: tuple[int, ...]
    """Axes whose coordinates are the first fields."""
    path: Path
    options: Options

    @property
    def others(self) -> tuple[int, ...]:
        """The other axes of the window."""
        return tuple(axis for axis in range(len(self.window.shape)) if axis not in self.traced)

    @property
    def line(self) -> int:
        """The axis of the line in the result."""
        return sum(axis < min(self.traced) for axis in self.others)

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis."""
        return self._with_line(self.path.size, self.window.shape)

    @property
    def chunks(self) -> tuple[int, ...]:
        """As much of the line as meets few chunks of the window; the other axes as there."""
        chunks = self.window.chunks
        return self._with_line(min(self.path.size, max(chunks[axis] for axis in self.traced)), chunks)

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution only."""
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def _with_line(self, line: int, window: Sequence[int]) -> tuple[int, ...]:
        """One number for each axis of the result."""
        numbers = [window[axis] for axis in self.others]
        numbers.insert(self.line, line)
        return tuple(numbers)

    def needs(self, box: CellBox, fields: Sequence[int]) -> Iterator[Need]:
        """What reading a box would read."""
        own = [field - len(self.told) for field in fields if field >= len(self.told)]
        if own and box.cell_count:
            for _, _, part in self._pieces(box, self._cells(box), len(own)):
                yield from self.window.needs(part, own)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells of a box, read of the input in pieces around the line."""
        cells, line = self._cells(box), self.line
        values = np.zeros((len(fields), *box.shape), common_type(self.range_type, fields))
        valid = np.ones(values.shape, dtype=bool)
        own = [number for number, field in enumerate(fields) if field >= len(self.told)]
        if own:
            inner = [fields[number] - len(self.told) for number in own]
            for start, end, part in self._pieces(box, cells, len(own)):
                found = self.window.read(part, inner)
                at: tuple[Any, ...] = (own, *(slice(None),) * line, slice(start, end))
                values[at] = self._gathered(found.values, cells[start:end], part)
                if found.valid is not None:
                    valid[at] = self._gathered(found.valid, cells[start:end], part)
        for number, field in enumerate(fields):
            if field < len(self.told):
                axis = self.told[field]
                along = coordinates_at(self.domain.axes[axis], cells[:, self.traced.index(axis)])
                values[number] = along.reshape((-1,) + (1,) * (len(box.low) - line - 1))
        return Cells(values, None if valid.all() else valid)

    def _cells(self, box: CellBox) -> Integers:
        """The cells of the line in a box of the result."""
        return self.path.cells(box.low[self.line], box.high[self.line])

    def _pieces(self, box: CellBox, cells: Integers, fields: int) -> Iterator[tuple[int, int, CellBox]]:
        """Ranges of the cells of a line that meet one chunk each, within the budget, and the box around each.

        There may be as many as cells: it is asked before each whether they are wanted.
        """
        base = self.window.base.chunks
        kept = [self.window.kept[axis] for axis in self.traced]
        sides = np.array([min(SIDE, base[axis]) for axis in kept], dtype=np.int64)
        origin = np.array([self.window.box.low[axis] for axis in kept], dtype=np.int64)
        others = dict(zip(self.others, self._without_line(box), strict=True))
        each = fields * CELL_BYTES * math.prod(high - low for low, high in others.values())
        edges = np.flatnonzero((np.diff((cells + origin) // sides, axis=0) != 0).any(axis=1)) + 1
        for start, end, low, high in _fitting(cells, edges, self.options.window_bytes // max(1, each)):
            self.options.proceed()
            ranges = others | dict(zip(self.traced, zip(low, high, strict=True), strict=True))
            bounds = [ranges[axis] for axis in range(len(ranges))]
            yield start, end, CellBox(tuple(a for a, _ in bounds), tuple(b for _, b in bounds))

    def _without_line(self, box: CellBox) -> list[tuple[int, int]]:
        """The ranges of a box of the result along the other axes."""
        ranges = list(zip(box.low, box.high, strict=True))
        return ranges[: self.line] + ranges[self.line + 1 :]

    def _gathered(self, values: npt.NDArray[Any], cells: Integers, part: CellBox) -> npt.NDArray[Any]:
        """Values of a box of the window at cells of the line, with the axes of the result."""
        first = np.moveaxis(values, [axis + 1 for axis in self.traced], range(1, len(self.traced) + 1))
        index: tuple[Any, ...] = tuple(cells[:, number] - part.low[axis] for number, axis in enumerate(self.traced))
        return np.moveaxis(first[(slice(None), *index)], 1, self.line + 1)


def _fitting(
    cells: Integers, edges: npt.NDArray[np.intp], most: int
) -> Iterator[tuple[int, int, list[int], list[int]]]:
    """Ranges of cells between edges, halved where the box around one has more than so many; and their boxes."""
    bounds = np.concatenate([[0], edges, [len(cells)]]) if len(cells) else np.zeros(1, np.intp)
    for first in range(0, len(bounds) - 1, BATCH):
        part = bounds[first : first + BATCH + 1]
        inside, starts = cells[part[0] : part[-1]], part[:-1] - part[0]
        lows, highs = np.minimum.reduceat(inside, starts, axis=0), np.maximum.reduceat(inside, starts, axis=0) + 1
        sizes = np.multiply.reduce((highs - lows).astype(np.float64), axis=1)
        fits = (sizes <= most) | (np.diff(part) == 1)
        found = zip(part[:-1].tolist(), part[1:].tolist(), lows.tolist(), highs.tolist(), fits.tolist(), strict=True)
        for start, end, low, high, small in found:
            if small:
                yield start, end, low, high
                continue
            for half in _fitting(cells[start:end], np.array([(end - start) // 2]), most):
                yield start + half[0], start + half[1], half[2], half[3]
