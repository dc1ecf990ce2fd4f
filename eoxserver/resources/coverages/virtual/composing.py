# SPDX-License-Identifier: MIT
"""Coverages laid into one grid, and reading them as one.

The rules are those of updates: the same axes, CRSs and resolutions, cells on one grid, fields of the same names and
types. The grid is that of the first one, grown to hold all; positions along irregular axes are those of all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt

from eoxserver.backends.cubes.base import Along
from eoxserver.core.axes import IrregularAxis
from eoxserver.core.coverage import CellBox, Cells, Coverage, Level, Source, state_of
from eoxserver.core.domain import Domain, same_label
from eoxserver.core.errors import InconsistentChange, InvalidSubsetting
from eoxserver.core.fields import Field, RangeType
from eoxserver.resources.coverages.placement import place
from eoxserver.resources.coverages.stacks.places import Grid, Run, SlicePlace, anchors_of, grown

__all__ = ["ComposedSource", "Part", "check_alike", "common_domain", "compose"]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One coverage in the grid of all."""

    source: Source
    runs: tuple[tuple[Run, ...], ...]
    """Along each axis, which cells of the grid its cells are."""

    def boxes(self) -> Iterator[tuple[CellBox, tuple[int, ...]]]:
        """Cells of the grid that follow each other in the coverage too, and how far its own numbers are from theirs."""
        for runs in product(*self.runs):
            low = tuple(run.start for run in runs)
            box = CellBox(low, tuple(run.start + run.count for run in runs))
            yield box, tuple(run.offset - run.start for run in runs)


@dataclass(frozen=True, slots=True, eq=False)
class ComposedSource:
    """The cells of several coverages, later ones over earlier ones; what none has, or all have as nil, is not valid."""

    shape: tuple[int, ...]
    fields: tuple[Field, ...]
    parts: tuple[Part, ...]

    @property
    def chunks(self) -> tuple[int, ...]:
        """As the first coverage has them."""
        return tuple(map(min, self.parts[0].source.chunks, self.shape))

    @property
    def levels(self) -> tuple[Level, ...]:
        """The full resolution: overviews of coverages need not fit together."""
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def state(self) -> str:
        """Changes when that of a coverage does."""
        return "\n".join(state_of(part.source) for part in self.parts)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells of the box; raises DataUnavailable when a coverage that has some of them cannot be read."""
        found = list(self._meeting(box))
        if len(found) == 1 and found[0][1] == box:
            source, target, shift = found[0]
            return source.read(target.shifted(shift), fields)
        dtype = np.result_type(*(self.fields[number].dtype for number in fields))
        values = np.zeros((len(fields), *box.shape), dtype)
        valid = np.zeros(values.shape, np.bool_)
        for source, target, shift in found:
            cells = source.read(target.shifted(shift), fields)
            where = (slice(None), *target.shifted([-low for low in box.low]).slices)
            _paint(cells, values[where], valid[where])
        return Cells(values, None if valid.all() else valid)

    def _meeting(self, box: CellBox) -> Iterator[tuple[Source, CellBox, tuple[int, ...]]]:
        """What is to be read, in the order in which it is laid over the rest."""
        for part in self.parts:
            for own, shift in part.boxes():
                target = box.intersection(own)
                if target is not None:
                    yield part.source, target, shift


def _paint(cells: Cells, values: npt.NDArray[np.generic], valid: npt.NDArray[np.bool_]) -> None:
    if cells.valid is None:
        values[...], valid[...] = cells.values, True
    else:
        np.copyto(values, cells.values, where=cells.valid)
        valid |= cells.valid


def compose(coverages: Sequence[Coverage]) -> tuple[Domain, RangeType, ComposedSource]:
    """Axes, fields and cells of coverages together, one at least.

    Raises
    ------
    InconsistentChange, InvalidSubsetting
        When one does not go with the first; the message names both.
    """
    first = coverages[0]
    for other in coverages:
        check_alike(first, other)
    grid, places = _laid([(one.identifier, one.domain) for one in coverages])
    parts = tuple(Part(one.source, _runs(grid, along)) for one, along in zip(coverages, places, strict=True))
    fields = first.range_type.fields
    return grid.domain, first.range_type, ComposedSource(grid.domain.shape, fields, parts)


def common_domain(domains: Sequence[tuple[str, Domain]]) -> Domain:
    """The axes of coverages, by identifier, together; raises as ``compose``."""
    return _laid(domains)[0].domain


def check_alike(first: Coverage, other: Coverage) -> None:
    """Refuse a coverage with other fields than the first one has; raises InconsistentChange."""
    for one in (first, other):
        if one.points is not None or one.tie_points is not None:
            raise InconsistentChange(f"'{one.identifier}' has no grid of axes, as sources have", locator=one.identifier)
    mine, theirs = ([(f.name, f.dtype.name) for f in one.range_type.fields] for one in (first, other))
    if mine != theirs:
        told = [", ".join(f"{name} {dtype}" for name, dtype in fields) for fields in (theirs, mine)]
        raise InconsistentChange(
            f"'{other.identifier}' has the fields {told[0]}; '{first.identifier}' has {told[1]}",
            locator=other.identifier,
        )


def _laid(domains: Sequence[tuple[str, Domain]]) -> tuple[Grid, list[tuple[Along, ...]]]:
    """The grid that holds all, and where each one lies in it."""
    name, first = domains[0]
    anchors = anchors_of(first)
    grid = Grid(first, anchors)
    places = []
    for identifier, domain in domains:
        try:
            _check_kinds(first, domain)
            along = place(grid.domain, domain, grid.lows)
        except (InconsistentChange, InvalidSubsetting) as error:
            raise type(error)(
                f"'{identifier}' does not go with '{name}': {error.message}", locator=error.locator or identifier
            ) from error
        grid = replace(grid, domain=grown(grid.domain, anchors, along))
        places.append(along)
    return grid, places


def _check_kinds(first: Domain, other: Domain) -> None:
    """Refuse axes of other kinds than those of the first one, regular or not; raises InconsistentChange."""
    for mine, its in zip(first.axes, other.axes, strict=False):
        if not same_label(mine.label, its.label):
            return  # other axes, or in another order, which is told elsewhere
        kinds = [type(axis).__name__.removesuffix("Axis").lower() for axis in (its, mine)]
        if kinds[0] != kinds[1]:
            raise InconsistentChange(f"axis {its.label} is {kinds[0]}, there it is {kinds[1]}", locator=its.label)


def _runs(grid: Grid, along: Sequence[Along]) -> tuple[tuple[Run, ...], ...]:
    spans = SlicePlace.of(along).spans
    return tuple(
        tuple(grid.runs(axis, spans[axis], np.array(cells) if isinstance(found, IrregularAxis) else None))
        for axis, (found, cells) in enumerate(zip(grid.domain.axes, along, strict=True))
    )
