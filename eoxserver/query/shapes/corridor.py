# SPDX-License-Identifier: MIT
"""A mask of polygons moved along a track, one clip after the other along a new first axis (WCPS ``corridor``).

The polygon stands where the track begins, and moves with it by whole cells. Axes that the track runs through beside
those of the polygon are sliced at its cells; those it does not name are left alone. The new axis counts the places of
the track from 0 and is labelled as that of a line (``trace``); the axes of the polygon are those of its first place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.axes import Axis, IrregularAxis
from eoxserver.core.coverage import CellBox, Cells, Level
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidSubsetting, UnsupportedCombination
from eoxserver.core.fields import RangeType
from eoxserver.query.plan import Corridor
from eoxserver.query.sampling import CELL_BYTES
from eoxserver.query.shapes.lines import Integers, Path, Segment, line_path
from eoxserver.query.shapes.outside import blank_cells, blanked, pasted
from eoxserver.query.shapes.places import Ruler, axis_positions, cells_between
from eoxserver.query.shapes.polygons import Masks, check_polygons, filled, outlines
from eoxserver.query.shapes.trace import index_axis, vertex_cells
from eoxserver.query.steps import Options, Resolving, Step, derived, window_over
from eoxserver.query.windows import Need, Window

__all__ = ["CorridorView", "make"]

TOGETHER = 4
"""Neighbouring places of the track are read together while the box around them has so many times the cells of one."""
LEAST = 1 << 12
"""... or no more cells than these."""
SMALL = 256
"""Cells of a polygon's box that are gathered one by one rather than place by place."""


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

    @property
    def _axes(self) -> list[int]:
        """Axes of the window that the result has, in its order, beside that of the track."""
        return [axis for axis in range(len(self.window.shape)) if axis not in self.moving.sliced]

    def _ranges(self, box: CellBox) -> dict[int, tuple[int, int]]:
        """The ranges of a box of the result, by axis of the window; those of the polygon counted from its box."""
        ranges = [pair for axis, pair in enumerate(zip(box.low, box.high, strict=True)) if axis != self.line]
        return dict(zip(self._axes, ranges, strict=True)) | dict.fromkeys(self.moving.sliced, (0, 1))

    def _around(self, ranges: dict[int, tuple[int, int]], cells: Integers) -> CellBox:
        """The box around what some places of the track have of the window, which may reach beyond it."""
        moving = self.moving
        low, high = (
            dict(zip(moving.tracked, ends.tolist(), strict=True)) for ends in (cells.min(axis=0), cells.max(axis=0))
        )
        bounds = dict(ranges)
        for axis, origin, anchor in zip(moving.plane, moving.origin, moving.anchor, strict=True):
            move = origin - anchor
            bounds[axis] = (ranges[axis][0] + move + low[axis], ranges[axis][1] + move + high[axis])
        for axis in moving.sliced:
            bounds[axis] = (low[axis], high[axis] + 1)
        ordered = [bounds[axis] for axis in range(len(bounds))]
        return CellBox(tuple(a for a, _ in ordered), tuple(b for _, b in ordered))

    def _groups(self, box: CellBox, fields: int) -> Iterator[tuple[int, int, CellBox, CellBox]]:
        """Places that are read at once: the first, the one after the last, the box around, and what there is of it."""
        whole, ranges = CellBox.whole(self.window.shape), self._ranges(box)
        cells = self.moving.path.cells(box.low[self.line], box.high[self.line])
        if not len(cells):
            return
        single = self._around(ranges, cells[:1]).cell_count
        room = max(single, self.options.window_bytes // (CELL_BYTES * max(1, fields)))
        most = min(max(TOGETHER * single, LEAST), room)
        columns = [self.moving.tracked.index(axis) for axis in self.moving.sliced]
        jumps = np.flatnonzero((np.diff(cells[:, columns], axis=0) != 0).any(axis=1)) + 1
        waiting = list(zip([0, *jumps.tolist()], [*jumps.tolist(), len(cells)], strict=True))[::-1]
        while waiting:
            self.options.proceed()
            start, end = waiting.pop()
            around = self._around(ranges, cells[start:end])
            if end - start > 1 and around.cell_count > most:
                middle = (start + end) // 2
                waiting.extend([(middle, end), (start, middle)])
                continue
            part = around.intersection(whole)
            if part is not None:
                yield start, end, around, part

    def needs(self, box: CellBox, fields: Sequence[int]) -> Iterator[Need]:
        """What reading a box reads at most."""
        for _, _, _, part in self._groups(box, len(fields)):
            yield from self.window.needs(part, fields)

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
        track = moving.path.cells(box.low[self.line], box.high[self.line])
        for start, end, around, part in self._groups(box, len(fields)):
            cells = pasted(around, part, self.window.read(part, fields), self.range_type, fields)
            places = track[start:end, [moving.tracked.index(axis) for axis in moving.plane]]
            at: tuple[Any, ...] = (slice(None),) * (self.line + 1) + (slice(start, end),)
            values[at] = self._placed(cells.values, places, mask.shape)
            valid[at] = self._placed(cells.mask(), places, mask.shape)
        inside = mask.reshape(tuple(self._mask_shape(box)))
        return blanked(Cells(values, None if valid.all() else valid), inside, self.range_type, fields)

    def _placed(self, values: npt.NDArray[Any], places: Integers, shape: tuple[int, ...]) -> npt.NDArray[Any]:
        """Of a box around some places what each has, with the axes of the result.

        Parameters
        ----------
        values : ndarray, shape (field, *axes of the window)
        places : ndarray, shape (n, 2)
            Cells of the track along the axes of the polygon.
        shape : (int, int)
            Cells of the polygon's box.
        """
        axes = self._axes
        others = [axis for axis in axes if axis not in self.moving.plane]
        order = [*self.moving.plane, *self.moving.sliced]
        moved = np.moveaxis(values, [axis + 1 for axis in order], range(len(order)))
        flat = moved.reshape(*moved.shape[:2], *moved.shape[len(order) :])
        starts, (height, width) = places - places.min(axis=0), shape
        if height * width < SMALL:
            rows = starts[:, :1, np.newaxis] + np.arange(height)[:, np.newaxis]
            found = flat[rows, starts[:, 1:, np.newaxis] + np.arange(width)]
        else:
            found = np.stack([flat[top : top + height, left : left + width] for top, left in starts.tolist()])
        where = {axis: number for number, axis in enumerate([*self.moving.plane, -1, *others], 1)}
        wanted = [where[axis] for axis in axes]
        wanted.insert(self.line, 0)
        result: npt.NDArray[Any] = found.transpose([where[-1], *wanted])
        return result

    def _mask_shape(self, box: CellBox) -> Iterator[int]:
        """The shape of the mask among the axes of the result."""
        axes = self._axes
        axes.insert(self.line, -1)
        for axis, size in zip(axes, box.shape, strict=True):
            yield size if axis in self.moving.plane else 1
