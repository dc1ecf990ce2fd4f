# SPDX-License-Identifier: MIT
"""The box around polygons or lines on two axes, the rest of it being outside (WCPS ``clip`` and ``curtain``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import CellBox, Cells, Level
from eoxserver.core.domain import Domain
from eoxserver.core.fields import RangeType
from eoxserver.core.selection import GRID, Selection, Trim, select
from eoxserver.query.plan import Clip, Ring
from eoxserver.query.shapes.lines import line_path
from eoxserver.query.shapes.outside import blank_cells, blanked, pasted
from eoxserver.query.shapes.places import Ruler, axis_positions
from eoxserver.query.shapes.polygons import Masks, check_polygons, outlines
from eoxserver.query.shapes.trace import traced_path, vertex_cells
from eoxserver.query.steps import Resolving, Step, derived, window_over
from eoxserver.query.windows import Need, Window

__all__ = ["ClipView", "box_around", "make", "masks_on"]


def make(resolving: Resolving, node: Clip) -> Step:
    """The step of a clip.

    Raises
    ------
    InvalidAxisLabel
        For an axis the input lacks, or one named twice.
    InvalidSubsetting
        For what is no polygon, for polygons whose box meets no cell, and for lines that meet none.
    """
    step = resolving.resolve(node.input)
    first, second = axis_positions(step.domain, node.labels, len(step.iterators))
    masks: BlockMasks
    if node.lines:
        masks, chosen = _lines_on(step.domain, (first, second), node)
    else:
        check_polygons(node.polygons, node.labels)
        chosen = box_around(step.domain, (first, second), node.polygons)
        masks = masks_on(step.domain, (first, second), node.polygons)
    window = window_over(step).subset(chosen.box, frozenset())
    plane = (min(first, second), max(first, second))
    origin = (chosen.box.low[plane[0]], chosen.box.low[plane[1]])
    source = ClipView(window, step.range_type, plane, origin, masks)
    return Step(node, derived(step.coverage, source, domain=chosen.domain), (step,), step.iterators)


def box_around(domain: Domain, positions: tuple[int, int], polygons: Sequence[Sequence[Ring]]) -> Selection:
    """The cells of a domain that the box around polygons meets, as a trim does.

    Raises
    ------
    InvalidSubsetting
        When there are none.
    """
    trims = []
    for number, position in enumerate(positions):
        coordinates = [vertex[number] for rings in polygons for ring in rings[:1] for vertex in ring]
        trims.append(Trim(domain.axes[position].label, min(coordinates), max(coordinates)))
    return select(domain, trims)


def masks_on(domain: Domain, positions: tuple[int, int], polygons: Sequence[Sequence[Ring]]) -> Masks:
    """The mask of polygons in cells of a domain; rows count along the axis that stands first in the grid."""
    swapped = positions[0] > positions[1]
    rows, columns = (Ruler.of(domain.axes[position]) for position in sorted(positions))
    return Masks(outlines(polygons, rows, columns, swapped), rows, columns)


class BlockMasks(Protocol):
    """A mask on two axes, a block at a time."""

    def block(self, rows: tuple[int, int], columns: tuple[int, int]) -> npt.NDArray[np.bool_]:
        """The mask of some cells, shape (rows, columns); read-only."""


@dataclass(frozen=True, slots=True)
class LineMasks:
    """The cells on lines."""

    lines: tuple[tuple[tuple[int, int], ...], ...]
    """Row and column of the cells of their vertices, which may lie beyond the grid."""

    def block(self, rows: tuple[int, int], columns: tuple[int, int]) -> npt.NDArray[np.bool_]:
        """Which cells of a block lie on one of them."""
        shape = (rows[1] - rows[0], columns[1] - columns[0])
        mask = np.zeros(shape, dtype=bool)
        for line in self.lines:
            path = line_path([(row - rows[0], column - columns[0]) for row, column in line], shape)
            cells = path.cells(0, path.size)
            mask[cells[:, 0], cells[:, 1]] = True
        return mask


def _lines_on(domain: Domain, positions: tuple[int, int], node: Clip) -> tuple[LineMasks, Selection]:
    """The mask of lines, and the cells of the domain around those on them; raises InvalidSubsetting."""
    ends: dict[int, list[int]] = {position: [] for position in positions}
    lines: list[tuple[tuple[int, int], ...]] = []
    for line in node.lines:
        traced_path(domain, positions, node.labels, line)
        cells = vertex_cells(domain, positions, node.labels, line)
        for number, position in enumerate(positions):
            ends[position].extend(cell[number] for cell in cells)
        order = (0, 1) if positions[0] < positions[1] else (1, 0)
        lines.append(tuple((cell[order[0]], cell[order[1]]) for cell in cells))
    trims = []
    for position, numbers in ends.items():
        axis = domain.axes[position]
        first = axis.first if isinstance(axis, IndexAxis) else 0
        low, high = max(0, min(numbers)), min(axis.size - 1, max(numbers))
        trims.append(Trim(axis.label, first + low, first + high, GRID))
    return LineMasks(tuple(lines)), select(domain, trims)


@dataclass(frozen=True, slots=True, eq=False)
class ClipView:
    """A window under a mask on two of its axes."""

    window: Window
    range_type: RangeType
    plane: tuple[int, int]
    """The two axes, in grid order."""
    origin: tuple[int, int]
    """Where the window begins in cells of the mask."""
    masks: BlockMasks

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis."""
        return self.window.shape

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the window."""
        return self.window.chunks

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution only: cells of overviews lie in a polygon in part."""
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def needs(self, box: CellBox, fields: Sequence[int]) -> Iterator[Need]:
        """What reading a box reads at most."""
        return self.window.needs(box, fields)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells of a box; of the input, what lies around the polygons in it."""
        rows, columns = (
            (box.low[axis] + start, box.high[axis] + start) for axis, start in zip(self.plane, self.origin, strict=True)
        )
        mask = self.masks.block(rows, columns)
        if not mask.any():
            return blank_cells(box.shape, self.range_type, fields)
        low, high = list(box.low), list(box.high)
        for number, axis in enumerate(self.plane):
            hit = np.flatnonzero(mask.any(axis=1 - number))
            low[axis], high[axis] = box.low[axis] + int(hit[0]), box.low[axis] + int(hit[-1]) + 1
        part = CellBox(tuple(low), tuple(high))
        top, left = (part.low[axis] - box.low[axis] for axis in self.plane)
        height, width = (part.shape[axis] for axis in self.plane)
        inside = mask[top : top + height, left : left + width]
        shape = tuple(size if axis in self.plane else 1 for axis, size in enumerate(part.shape))
        cells = blanked(self.window.read(part, fields), inside.reshape(shape), self.range_type, fields)
        return pasted(box, part, cells, self.range_type, fields)
