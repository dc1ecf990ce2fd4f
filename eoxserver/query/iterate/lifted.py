# SPDX-License-Identifier: MIT
"""Steps that depend on iterators, read with their axes in a given order."""

from __future__ import annotations

from collections.abc import Iterator as Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from eoxserver.core.axes import Axis, IndexAxis
from eoxserver.core.coverage import CellBox, Cells, Level
from eoxserver.core.domain import Domain
from eoxserver.query.iterate.layout import Grain, grains_of
from eoxserver.query.plan import Iterator
from eoxserver.query.steps import Step
from eoxserver.query.windows import Need

__all__ = ["Aligned", "AlignedView", "joined_iterators", "lifted_domain", "without_iterators"]


T = TypeVar("T")


def joined_iterators(*groups: Sequence[Iterator]) -> tuple[Iterator, ...]:
    """The iterators of all groups, each once by its name, in the order in which they appear."""
    found: dict[str, Iterator] = {}
    for each in (each for group in groups for each in group):
        found.setdefault(each.name, each)
    return tuple(found.values())


def without_iterators(iterators: Sequence[Iterator], gone: Sequence[Iterator]) -> tuple[Iterator, ...]:
    """Iterators but for those of the same names."""
    names = {each.name for each in gone}
    return tuple(each for each in iterators if each.name not in names)


def lifted_domain(iterators: Sequence[Iterator], own: Domain) -> Domain:
    """A domain under the axes of iterators."""
    axes: tuple[Axis, ...] = tuple(IndexAxis(each.name, each.size, each.low) for each in iterators)
    return Domain((*axes, *own.axes), (*(axis.label for axis in axes), *own.crs_labels))


@dataclass(frozen=True, eq=False)
class Aligned:
    """The cells of a step in a grid of more iterators: its own among them, in another order perhaps."""

    step: Step
    iterators: tuple[Iterator, ...]
    """Of the grid, at least those of the step."""
    own: int
    """Own axes of the grid, the last ones; a step has as many, or none."""

    @property
    def places(self) -> tuple[int, ...]:
        """For each axis of the step its axis in the grid."""
        names = [each.name for each in self.iterators]
        lifted = tuple(names.index(each.name) for each in self.step.iterators)
        return (*lifted, *(len(names) + axis for axis in range(len(self.step.domain.axes) - len(lifted))))

    @cached_property
    def grains(self) -> tuple[Grain, ...]:
        """How the axes of the grid lie on the chunks of what is read."""
        return self.spread(grains_of(self.step.source, range(len(self.step.range_type))), Grain())

    def box(self, box: CellBox) -> CellBox:
        """The part of the step for a part of the grid."""
        places = self.places
        return CellBox(tuple(box.low[axis] for axis in places), tuple(box.high[axis] for axis in places))

    def spread(self, per_axis: Sequence[T], missing: T) -> tuple[T, ...]:
        """What each axis of the step has, for all axes of the grid."""
        found = dict(zip(self.places, per_axis, strict=True))
        return tuple(found.get(axis, missing) for axis in range(len(self.iterators) + self.own))

    def needs(self, box: CellBox) -> Iterable[Need]:
        """What is read for a part of the grid."""
        yield Need(self.step.source, 0, self.box(box), tuple(range(len(self.step.range_type))))

    def read(self, box: CellBox, fields: Sequence[int]) -> Cells:
        """The cells for a part of the grid, one wide along axes that the step does not have."""
        cells = self.step.source.read(self.box(box), fields)
        places = self.places
        order = (0, *(1 + axis for axis in np.argsort(places)))
        shape = (len(fields), *self.spread([cells.values.shape[1 + axis] for axis in range(len(places))], 1))
        valid = None if cells.valid is None else cells.valid.transpose(order).reshape(shape)
        return Cells(cells.values.transpose(order).reshape(shape), valid)


@dataclass(frozen=True, slots=True, eq=False)
class AlignedView:
    """A step as a source whose iterators stand in another order."""

    aligned: Aligned
    """In a grid of the iterators of the step and no others."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis, in the new order."""
        return self.aligned.spread(self.aligned.step.source.shape, 1)

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the step."""
        return self.aligned.spread(self.aligned.step.source.chunks, 1)

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution only."""
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def needs(self, box: CellBox, fields: Sequence[int]) -> Iterable[Need]:
        """The same cells."""
        yield Need(self.aligned.step.source, 0, self.aligned.box(box), tuple(fields))

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells of a box."""
        return self.aligned.read(box, fields)
