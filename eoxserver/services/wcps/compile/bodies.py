# SPDX-License-Identifier: MIT
"""Bodies of condensers and constructors (section 4.1): one plan for all places of the iterators, or one for each.

A body is compiled for all places at once. An interval that has more cells at one place than at another stands in no
such plan, nor does a coverage that is constructed over another range; then the body is compiled for every place by
itself. Places that ``where`` excludes need no body.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product

import numpy as np
import numpy.typing as npt

from eoxserver.core.errors import InvalidSubsetting, LimitExceeded
from eoxserver.query.iterate.picking import computed
from eoxserver.query.iterate.unrolling import each_of
from eoxserver.query.plan import Iterator
from eoxserver.query.steps import Step
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.compile.operands import derived_value
from eoxserver.services.wcps.compile.scope import Guard, Meaning, Scope
from eoxserver.services.wcps.compile.values import CoverageValue, InstantsValue

__all__ = ["Declared", "Varying", "body", "guard_of", "having", "inside", "numbers_of"]

MOST_BODIES = 1000
"""Places for each of which a body is compiled."""
MOST_PLACES = 1 << 20
"""Places of iterators at which indices are looked at before anything is read."""
MOST_GUARDED = 1 << 23
"""The same, where a condition says which of them matter."""


class Varying(InvalidSubsetting):
    """An interval has more cells at one place of iterators than at another, or a coverage another range."""


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """An iterator with the axis it has in a result."""

    variable: str
    label: str
    iterator: Iterator
    instants: tuple[datetime, ...] = ()
    span: nodes.IteratorRange | None = None
    """A range whose ends depend on other iterators: not all places are in it everywhere."""

    def meaning(self, scope: Scope, tree: nodes.Syntax) -> Meaning:
        """What its variable stands for in the body."""
        if self.instants:
            return InstantsValue(self.iterator, self.instants)
        return CoverageValue(scope.plan.step(self.iterator, tree), ())

    def at(self, place: int) -> Declared:
        """An iterator that visits one of its places only."""
        values = None if self.iterator.values is None else self.iterator.values[place : place + 1]
        low = self.iterator.low + (0 if self.instants or values else place)
        iterator = Iterator(self.iterator.name, low, 1, values)
        return Declared(self.variable, self.label, iterator, self.instants[place : place + 1])


def having(scope: Scope, declared: Sequence[Declared], tree: nodes.Syntax) -> Scope:
    """A scope with the variables of iterators."""
    return scope.having({one.variable: one.meaning(scope, tree) for one in declared})


def body(
    scope: Scope, declared: Sequence[Declared], make: Callable[[Scope], CoverageValue], tree: nodes.Syntax
) -> CoverageValue:
    """The body of an expression, which may depend on its iterators.

    Parameters
    ----------
    scope : Scope
        Where the expression stands, with the guard of its own condition.
    declared : sequence of Declared
        Its iterators.
    make : callable
        Compiles the body in a scope that has their variables.
    """

    def made(declared: Sequence[Declared]) -> CoverageValue:
        return make(having(scope, declared, tree))

    try:
        return made(declared)
    except Varying:
        count = math.prod(one.iterator.size for one in declared)
        if count > MOST_BODIES:
            raise scope.plan.error(
                LimitExceeded,
                f"the body has intervals or ranges of other sizes at other places of its iterators, and is computed at "
                f"each of them; these are {count}, and at most {MOST_BODIES}",
                tree,
                "intervals of one size, as in $c[i($x:$x + 2)], have no such limit",
            ) from None
    iterators = tuple(one.iterator for one in declared)
    allowed = _allowed(scope, iterators)
    places = list(product(*(range(one.size) for one in iterators)))
    values: dict[tuple[int, ...], CoverageValue] = {}
    for place in places:
        if allowed is None or allowed[tuple(min(at, size - 1) for at, size in zip(place, allowed.shape, strict=True))]:
            values[place] = made([one.at(at) for one, at in zip(declared, place, strict=True)])
    if not values:
        values[places[0]] = made([one.at(0) for one in declared])
    first = next(iter(values.values()))
    here = {one.name: 0 for one in iterators}
    bodies = {place: scope.plan.settled(value.node, here) for place, value in values.items()}
    node = each_of(iterators, [bodies.get(place, next(iter(bodies.values()))) for place in places])
    found = derived_value(scope, node, tree, first.low, *values.values())
    moving = {
        label
        for value in values.values()
        for label, low, other in zip(first.domain.labels, first.low, value.low, strict=False)
        if low != other
    }
    return replace(found, floating=found.floating | moving)


# -- what is known of places --------------------------------------------------------------------------------------


def guard_of(scope: Scope, where: CoverageValue) -> Guard | None:
    """The places that a condition lets pass; None when that takes cells, or there are too many."""
    if not where.is_scalar or len(where.range_type) != 1 or not where.iterators:
        return None
    if where.step.domain.cell_count > MOST_GUARDED or not computed(where.step):
        return None
    found = scope.plan.read(where.step)
    passing: npt.NDArray[np.bool_] = found.values[0].astype(bool) & found.mask()[0]
    return Guard(tuple(one.name for one in where.iterators), passing)


def numbers_of(scope: Scope, step: Step) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]] | None:
    """A scalar at all places of its iterators, and which of these matter; None when they are not known or too many."""
    limit = MOST_GUARDED if scope.guards else MOST_PLACES
    if step.domain.cell_count > limit or not computed(step):
        return None
    found = scope.plan.read(step)
    if found.values.dtype.kind == "c":
        return None
    matters = found.mask()[0]
    allowed = _allowed(scope, step.iterators)
    return found.values[0].astype(np.float64), matters if allowed is None else matters & allowed


def inside(scope: Scope, step: Step, highest: int) -> bool:
    """Whether an index is one of the cells up to a highest at all places, those that do not matter among them."""
    found = numbers_of(scope, step)
    return found is None or bool(((found[0] >= 0) & (found[0] <= highest)).all())


def _allowed(scope: Scope, iterators: Sequence[Iterator]) -> npt.NDArray[np.bool_] | None:
    """Places that all conditions let pass, one wide along iterators they do not depend on; None where all do."""
    found: npt.NDArray[np.bool_] | None = None
    names = [one.name for one in iterators]
    for guard in scope.guards:
        shared = [name for name in names if name in guard.iterators]
        if not shared:
            continue
        others = tuple(axis for axis, name in enumerate(guard.iterators) if name not in names)
        left = [name for name in guard.iterators if name in names]
        passing = np.asarray(guard.passing.any(axis=others)).transpose([left.index(name) for name in shared])
        sizes: Mapping[str, int] = dict(zip(shared, passing.shape, strict=True))
        passing = passing.reshape([sizes.get(name, 1) for name in names])
        found = passing if found is None else np.logical_and(found, passing)
    return found
