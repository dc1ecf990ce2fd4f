# SPDX-License-Identifier: MIT
"""The plain loop: a plan for each place of some iterators, for bodies that cannot go over all places at once.

Such are trims whose size depends on an iterator. Every place is evaluated by itself.
"""

from __future__ import annotations

from collections.abc import Iterator as Walk
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from eoxserver.core.coverage import CellBox, Cells, Level
from eoxserver.core.errors import WcpsSemanticError
from eoxserver.core.fields import RangeType
from eoxserver.query.iterate.lifted import Aligned, joined_iterators, lifted_domain
from eoxserver.query.iterate.trees import substitute
from eoxserver.query.plan import Each, Iterator, Node
from eoxserver.query.steps import Resolving, Step, derived
from eoxserver.query.windows import Need

__all__ = ["EachView", "each_of", "make_each", "unrolled"]


def unrolled(body: Node, iterators: Sequence[Iterator]) -> Each:
    """A body that depends on iterators, as one plan for each of their places."""
    places = product(*(range(each.size) for each in iterators))
    names = [each.name for each in iterators]
    bodies = tuple(substitute(body, dict(zip(names, place, strict=True))) for place in places)
    return each_of(iterators, bodies)


def each_of(iterators: Sequence[Iterator], bodies: Sequence[Node]) -> Each:
    """Bodies, one for each place of some iterators, the last of which is the fastest."""
    return Each(tuple(iterators), tuple(bodies))


@dataclass(frozen=True, slots=True, eq=False)
class EachView:
    """Sources side by side, one for each place of iterators."""

    bodies: tuple[Aligned, ...]
    """In the grid of their own iterators."""
    own_iterators: tuple[int, ...]
    """Places of the iterators that the bodies are for, the first axes."""
    range_type: RangeType

    @property
    def _below(self) -> tuple[int, ...]:
        """The shape of the grid of one body."""
        first = self.bodies[0]
        return (*(each.size for each in first.iterators), *first.step.own_domain.shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """Places, then the cells of a body."""
        return (*self.own_iterators, *self._below)

    @property
    def chunks(self) -> tuple[int, ...]:
        """One place, and the chunks of the first body."""
        first = self.bodies[0]
        chunks = first.spread(first.step.source.chunks, 1)
        return (*(1 for _ in self.own_iterators), *chunks)

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution only."""
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def _parts(self, box: CellBox) -> Walk[tuple[tuple[int, ...], Aligned, CellBox]]:
        """For each place in a box its number there, the body, and the box of it."""
        count = len(self.own_iterators)
        below = CellBox(box.low[count:], box.high[count:])
        for place in product(*(range(a, b) for a, b in zip(box.low[:count], box.high[:count], strict=True))):
            number = int(np.ravel_multi_index(place, self.own_iterators)) if place else 0
            here = tuple(each - low for each, low in zip(place, box.low, strict=False))
            yield here, self.bodies[number], below

    def needs(self, box: CellBox, fields: Sequence[int]) -> Walk[Need]:
        """The box of each body."""
        for _, body, below in self._parts(box):
            yield from body.needs(below)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells of a box, body by body."""
        dtype = np.result_type(*(self.range_type.fields[each].dtype for each in fields))
        values = np.empty((len(fields), *box.shape), dtype)
        valid = np.ones(values.shape, dtype=bool)
        for place, body, below in self._parts(box):
            cells = body.read(below, fields)
            here: tuple[Any, ...] = (slice(None), *place)
            values[here], valid[here] = cells.values, cells.mask()
        return Cells(values, None if valid.all() else valid)


def make_each(resolving: Resolving, node: Each) -> Step:
    """The bodies side by side.

    Raises
    ------
    WcpsSemanticError
        When they differ in their grids, or in the number of their fields.
    """
    steps = [resolving.resolve(body) for body in node.bodies]
    first = steps[0]
    for other in steps[1:]:
        if other.own_domain.shape != first.own_domain.shape or len(other.range_type) != len(first.range_type):
            raise WcpsSemanticError(
                f"the body has {other.own_domain.shape} cells of {len(other.range_type)} fields at one place of "
                f"{', '.join(each.name.partition('#')[0] for each in node.iterators)}, "
                f"{first.own_domain.shape} of {len(first.range_type)} at another"
            )
    below = joined_iterators(*(each.iterators for each in steps))
    dtypes = [
        np.result_type(*(each.range_type.fields[n].dtype for each in steps)) for n in range(len(first.range_type))
    ]
    fields = zip(first.range_type.fields, dtypes, strict=True)
    range_type = RangeType(tuple(replace(field, dtype=dtype) for field, dtype in fields))
    bodies = tuple(Aligned(each, below, len(first.own_domain.axes)) for each in steps)
    view = EachView(bodies, tuple(each.size for each in node.iterators), range_type)
    iterators = (*node.iterators, *below)
    domain = lifted_domain(iterators, first.own_domain)
    return Step(node, derived(first.coverage, view, domain, range_type), tuple(steps), iterators)
