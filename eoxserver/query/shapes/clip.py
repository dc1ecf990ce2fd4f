# SPDX-License-Identifier: MIT
"""The box around polygons on two axes, cells without a centre in them being outside (WCPS ``clip`` and ``curtain``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from eoxserver.core.coverage import CellBox, Cells, Level
from eoxserver.core.domain import Domain
from eoxserver.core.fields import RangeType
from eoxserver.core.selection import Selection, Trim, select
from eoxserver.query.plan import Clip, Ring
from eoxserver.query.shapes.outside import blank_cells, blanked, pasted
from eoxserver.query.shapes.places import Ruler, axis_positions
from eoxserver.query.shapes.polygons import Masks, check_polygons, outlines
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
        For what is no polygon, and for polygons whose box meets no cell.
    """
    step = resolving.resolve(node.input)
    count = len(step.iterators)
    check_polygons(node.polygons, node.labels)
    first, second = axis_positions(step.domain, node.labels, count)
    chosen = box_around(step.domain, (first, second), node.polygons)
    window = window_over(step).subset(chosen.box, frozenset())
    masks = masks_on(step.domain, (first, second), node.polygons)
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


@dataclass(frozen=True, slots=True, eq=False)
class ClipView:
    """A window under a mask on two of its axes."""

    window: Window
    range_type: RangeType
    plane: tuple[int, int]
    """The two axes, in grid order."""
    origin: tuple[int, int]
    """Where the window begins in cells of the mask."""
    masks: Masks

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
