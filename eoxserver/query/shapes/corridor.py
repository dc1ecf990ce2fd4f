# SPDX-License-Identifier: MIT
"""A mask of polygons moved along a track, one clip after the other along a new first axis (WCPS ``corridor``).

The polygon stands where the track begins, and moves with it by whole cells. Axes that the track runs through beside
those of the polygon are sliced at its cells; those it does not name are left alone. The new axis counts the places of
the track from 0 and is labelled as that of a line (``trace``); the axes of the polygon are those of its first place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from eoxserver.core.axes import Axis, IrregularAxis
from eoxserver.core.coverage import CellBox, Cells, Level
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidSubsetting, UnsupportedCombination
from eoxserver.core.fields import RangeType
from eoxserver.query.plan import Corridor
from eoxserver.query.sampling import CELL_BYTES
from eoxserver.query.shapes.lines import Path, Segment, line_path
from eoxserver.query.shapes.outside import blank_cells, blanked, pasted
from eoxserver.query.shapes.places import Ruler, axis_positions, cells_between
from eoxserver.query.shapes.polygons import Masks, check_polygons, filled, outlines
from eoxserver.query.shapes.trace import index_axis, vertex_cells
from eoxserver.query.steps import Options, Resolving, Step, derived, window_over
from eoxserver.query.windows import Need, Window

__all__ = ["CorridorView", "make"]

TOGETHER = 4
"""Neighbouring places of the track are read together while the box around them has so many cells of each alone."""


def make(resolving: Resolving, node: Corridor) -> Step:
    """The step of a corridor.

    Raises
    ------
    InvalidAxisLabel
        For an axis the input lacks, or one named twice.
    InvalidSubsetting
        For what is no polygon or no track, for a track that begins outside the polygon, or has no place in the grid.
    UnsupportedCombination
        When the polygon stands on an irregular axis, on which it cannot move.
    """
    step = resolving.resolve(node.input)
    count = len(step.iterators)
    labels = node.track_labels or node.labels
    first, second = axis_positions(step.domain, node.labels, count)
    plane = (first, second)
    tracked = axis_positions(step.domain, labels, count)
    if not set(plane) <= set(tracked):
        raise InvalidSubsetting(
            f"the track runs through {', '.join(labels)}, and not through the axes of the polygon, "
            f"{', '.join(node.labels)}",
            locator=labels[0],
        )
    check_polygons((node.polygon,), node.labels)
    starts = vertex_cells(step.domain, tracked, labels, node.track)
    path = _track_path(step.domain, tracked, starts, node.discrete)
    _check_start(step.domain, node, plane, tracked)
    rows, columns = sorted(plane)
    extents = {axis: _extent(step.domain.axes[axis], node, plane.index(axis)) for axis in plane}
    rulers = Ruler.of(step.domain.axes[rows]), Ruler.of(step.domain.axes[columns])
    masks = Masks(outlines((node.polygon,), *rulers, swapped=plane[0] > plane[1]), *rulers)
    origin = (extents[rows][0], extents[columns][0])
    anchor = dict(zip(tracked, starts[0], strict=True))
    domain = _domain(step.domain, count, path.size, extents, frozenset(tracked) - set(plane))
    moving = _Moving(path, tracked, (rows, columns), origin, (anchor[rows], anchor[columns]), masks)
    source = CorridorView(window_over(step), step.range_type, domain.shape, count, moving, resolving.options)
    return Step(node, derived(step.coverage, source, domain=domain), (step,), step.iterators)


def _track_path(domain: Domain, tracked: Sequence[int], starts: list[tuple[int, ...]], discrete: bool) -> Path:
    """The cells of the grid along a track, or those of its vertices; raises InvalidSubsetting when there are none."""
    shape = [domain.axes[axis].size for axis in tracked]
    path = line_path(starts, shape)
    if discrete:
        inside = [cell for cell in starts if all(0 <= each < size for each, size in zip(cell, shape, strict=True))]
        path = Path(
            tuple(Segment(cell, (0,) * len(shape), 0, 1) for cell in inside), np.arange(len(inside) + 1, dtype=np.int64)
        )
    if not path.size:
        raise InvalidSubsetting("no place of the track lies in the coverage", locator=domain.axes[tracked[0]].label)
    return path


def _check_start(domain: Domain, node: Corridor, plane: tuple[int, int], tracked: tuple[int, ...]) -> None:
    """Refuse a track that begins outside the polygon."""
    first = [node.track[0][tracked.index(axis)] for axis in plane]
    rulers = Ruler.of(domain.axes[plane[0]]), Ruler.of(domain.axes[plane[1]])
    place = [ruler.places(np.array([each])) for ruler, each in zip(rulers, first, strict=True)]
    if not filled(outlines((node.polygon,), *rulers, swapped=False), place[0], place[1]).any():
        raise InvalidSubsetting(
            f"the track begins at {node.labels[0]} {first[0]:g}, {node.labels[1]} {first[1]:g}, which is not in the "
            "polygon; the polygon stands around the beginning of the track",
            locator=node.labels[0],
        )


def _extent(axis: Axis, node: Corridor, number: int) -> tuple[int, int]:
    """The cells of the box around the polygon where the track begins, which may lie beyond the grid."""
    if isinstance(axis, IrregularAxis):
        raise UnsupportedCombination(
            f"axis {axis.label} is irregular: a polygon cannot move along it by whole cells", locator=axis.label
        )
    coordinates = [vertex[number] for vertex in node.polygon[0]]
    return cells_between(axis, min(coordinates), max(coordinates))


def _domain(
    domain: Domain, count: int, size: int, extents: dict[int, tuple[int, int]], sliced: frozenset[int]
) -> Domain:
    """The domain of a corridor; the axis of the track follows those of iterators."""
    rest = domain.replaced({axis: domain.axes[axis].cells(*extent) for axis, extent in extents.items()}).without(sliced)
    track = index_axis(size, rest.labels)
    axes = (*rest.axes[:count], track, *rest.axes[count:])
    lifted = set(rest.labels[:count])
    order = [label for label in rest.crs_labels if label in lifted]
    return Domain(axes, (*order, track.label, *(label for label in rest.crs_labels if label not in lifted)))


@dataclass(frozen=True, slots=True, eq=False)
class _Moving:
    """A polygon and its track, in cells."""

    path: Path
    tracked: tuple[int, ...]
    """Axes the track runs through."""
    plane: tuple[int, int]
    """Axes of the polygon, in grid order."""
    origin: tuple[int, int]
    """Where the box around the polygon begins at the first vertex of the track."""
    anchor: tuple[int, int]
    """The cell of that vertex."""
    masks: Masks

    @property
    def sliced(self) -> tuple[int, ...]:
        """Axes the track runs through and the polygon does not stand on, in grid order."""
        return tuple(sorted(set(self.tracked) - set(self.plane)))


@dataclass(frozen=True, slots=True, eq=False)
class CorridorView:
    """A window under a mask that moves along a track."""

    window: Window
    range_type: RangeType
    shape: tuple[int, ...]
    """Cells along each axis."""
    line: int
    """The axis of the track."""
    moving: _Moving
    options: Options

    @property
    def chunks(self) -> tuple[int, ...]:
        """One place of the track; the other axes as those of the window."""
        own = [chunk for axis, chunk in enumerate(self.window.chunks) if axis not in self.moving.sliced]
        own.insert(self.line, 1)
        return tuple(min(chunk, size) for chunk, size in zip(own, self.shape, strict=True))

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution only."""
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def _box(self, ranges: dict[int, tuple[int, int]], cell: Sequence[int]) -> CellBox:
        """What one place of the track has of the window, which may lie beyond it."""
        moving = self.moving
        place = dict(zip(moving.tracked, cell, strict=True))
        bounds = dict(ranges)
        for axis, origin, anchor in zip(moving.plane, moving.origin, moving.anchor, strict=True):
            move = origin + place[axis] - anchor
            bounds[axis] = (ranges[axis][0] + move, ranges[axis][1] + move)
        for axis in moving.sliced:
            bounds[axis] = (place[axis], place[axis] + 1)
        return CellBox(*zip(*(bounds[axis] for axis in range(len(bounds))), strict=True))

    def _ranges(self, box: CellBox) -> dict[int, tuple[int, int]]:
        """The ranges of a box of the result, by axis of the window."""
        ranges = [pair for axis, pair in enumerate(zip(box.low, box.high, strict=True)) if axis != self.line]
        axes = [axis for axis in range(len(self.window.shape)) if axis not in self.moving.sliced]
        return dict(zip(axes, ranges, strict=True)) | dict.fromkeys(self.moving.sliced, (0, 1))

    def _groups(self, box: CellBox, fields: int) -> Iterator[tuple[CellBox, list[tuple[int, CellBox]]]]:
        """What is read at once, and the places that are in it, each with what it has of the window."""
        whole, ranges = CellBox.whole(self.window.shape), self._ranges(box)
        group: list[tuple[int, CellBox]] = []
        around: CellBox | None = None
        for number, cell in enumerate(self.moving.path.cells(box.low[self.line], box.high[self.line]).tolist()):
            part = self._box(ranges, cell).intersection(whole)
            if part is None:
                continue
            wider = part if around is None else self._around(around, part)
            few = wider.cell_count <= TOGETHER * part.cell_count
            if around is not None and not (few and wider.cell_count * fields * CELL_BYTES <= self.options.window_bytes):
                yield around, group
                group, wider = [], part
            around = wider
            group.append((number, part))
        if around is not None:
            yield around, group

    def _around(self, one: CellBox, other: CellBox) -> CellBox:
        return CellBox(tuple(map(min, one.low, other.low)), tuple(map(max, one.high, other.high)))

    def needs(self, box: CellBox, fields: Sequence[int]) -> Iterator[Need]:
        """What reading a box reads at most."""
        for around, _ in self._groups(box, len(fields)):
            yield from self.window.needs(around, fields)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells of a box."""
        ranges, moving = self._ranges(box), self.moving
        rows, columns = (
            (ranges[axis][0] + origin, ranges[axis][1] + origin)
            for axis, origin in zip(moving.plane, moving.origin, strict=True)
        )
        mask = moving.masks.block(rows, columns)
        result = blank_cells(box.shape, self.range_type, fields)
        if not mask.any():
            return result
        values, valid = result.values, np.array(result.mask())
        inside = mask.reshape(tuple(self._mask_shape(box)))
        track = self.moving.path.cells(box.low[self.line], box.high[self.line]).tolist()
        squeezed = tuple(axis + 1 for axis in moving.sliced)
        for around, group in self._groups(box, len(fields)):
            self.options.proceed()
            read = self.window.read(around, fields)
            for number, part in group:
                index = (slice(None), *part.shifted([-low for low in around.low]).slices)
                found = Cells(read.values[index], None if read.valid is None else read.valid[index])
                full = self._box(ranges, track[number])
                cells = pasted(full, part, found, self.range_type, fields)
                at = (slice(None),) * (self.line + 1) + (number,)
                values[at] = np.squeeze(cells.values, squeezed)
                valid[at] = np.squeeze(cells.mask(), squeezed)
        return blanked(Cells(values, None if valid.all() else valid), inside, self.range_type, fields)

    def _mask_shape(self, box: CellBox) -> Iterator[int]:
        """The shape of the mask among the axes of the result."""
        axes = [axis for axis in range(len(self.window.shape)) if axis not in self.moving.sliced]
        axes.insert(self.line, -1)
        for axis, size in zip(axes, box.shape, strict=True):
            yield size if axis in self.moving.plane else 1
