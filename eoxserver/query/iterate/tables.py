# SPDX-License-Identifier: MIT
"""Short condensers of cell-wise bodies at many places of iterators, from the values that occur (see ``census``)."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from collections.abc import Iterator as Walk
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import CellBox, Cells, Coverage, Level, MemorySource
from eoxserver.core.domain import Domain
from eoxserver.core.fields import RangeType
from eoxserver.query.iterate.census import Census
from eoxserver.query.iterate.crew import in_order
from eoxserver.query.iterate.folds import Count, Fold, Mean, State, Sum, masked, truth, wide
from eoxserver.query.iterate.layout import grains_of
from eoxserver.query.iterate.lifted import Aligned, AlignedView
from eoxserver.query.iterate.trees import exchanged
from eoxserver.query.iterate.unrolling import unrolled
from eoxserver.query.plan import Cast, Given, Map, Node, Reduce, Switch
from eoxserver.query.steps import Resolving, Step
from eoxserver.query.taps import Array
from eoxserver.query.windows import Need, Window

__all__ = ["TableView", "counted_input"]

LEAST_CELLS = 1 << 12
"""Coverages of fewer cells are gone over at each place."""
LABEL = "values of cells"
"""The axis of the different values; no iterator is called so."""
MOST_PLACES = 1 << 10
"""Values are counted at so many places, one after the other, where the coverage is another at each."""
COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})


@dataclass(slots=True, eq=False)
class _Found:
    """What a cell-wise body is made of."""

    coverages: dict[int, Step]
    """Inputs with axes of their own, by the identity of their nodes."""
    scalars: dict[int, Step]
    limits: list[Step]
    """Scalars with which the coverage is compared."""
    compared: bool
    """Whether comparisons are all that is done to the coverage."""


@dataclass(eq=False)
class TableView:
    """One scalar for each place, made of the values of a coverage and their counts."""

    body: Node
    """With ``coverages`` in it."""
    found: _Found
    census: Census
    fold: Fold
    range_type: RangeType
    shape: tuple[int, ...]
    """Places of the iterators."""
    resolving: Resolving
    _cells: Cells | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def chunks(self) -> tuple[int, ...]:
        """Everything at once."""
        return self.shape

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution only."""
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def needs(self, box: CellBox, fields: Sequence[int]) -> Walk[Need]:
        """The whole coverage."""
        source = self.census.step.source
        yield Need(source, 0, CellBox.whole(source.shape), (0,))

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The scalars at some places."""
        with self._lock:
            if self._cells is None:
                self._cells = self._computed()
            cells = self._cells
        index: tuple[Any, ...] = (list(fields), *box.slices)
        return Cells(cells.values[index], None if cells.valid is None else cells.valid[index])

    # -- elsewhere

    def burden(self) -> int:
        """What is gone through to count values [bytes]."""
        return self.census.burden()

    def work(self, pieces: Sequence[CellBox]) -> list[Any]:
        """Counts of values in some boxes of the coverage, together."""
        return self.census.work(pieces)

    def parts(self) -> list[tuple[CellBox, Cells]]:
        """All scalars."""
        whole = CellBox.whole(self.shape)
        return [(whole, self.read(whole, range(len(self.range_type))))]

    def keep(self, parts: Iterable[tuple[CellBox, Cells]]) -> None:
        """Have these scalars."""
        for _, cells in parts:
            with self._lock:
                self._cells = cells

    # -- tables

    def _computed(self) -> Cells:
        table, counts = self._table()
        body = self.resolving.resolve(table)
        most = self.resolving.options.block_cells // (body.domain.cell_count // self.shape[0])

        def work(low: int) -> State:
            whole = body.domain.shape
            box = CellBox((low, *(0 for _ in whole[1:])), (min(whole[0], low + max(1, most)), *whole[1:]))
            cells = body.source.read(box, tuple(range(len(body.range_type))))
            return _weighed(self.fold, cells, counts)

        states = in_order(work, range(0, self.shape[0], max(1, most)), self.resolving.options)
        state = tuple(np.concatenate(parts, axis=1) for parts in zip(*states, strict=True))
        return self.fold.finished(state, self.range_type.dtype)

    def _table(self) -> tuple[Node, Array]:
        """The body with the different values in the place of the coverage, and how often each occurs; null is last."""
        found, step = self.census.values(), self.census.step
        size = found.values.size
        counts = np.append(found.counts, found.nulls)
        values = np.append(found.values, np.zeros(1, found.values.dtype))[np.newaxis]
        valid = None
        if found.nulls or not size:
            valid = np.arange(size + 1)[np.newaxis] < size
        else:
            counts, values = counts[:-1], values[:, :-1]
        domain = Domain((IndexAxis(LABEL, values.shape[1]),))
        table = Given(Coverage(step.coverage.identifier, domain, step.range_type, MemorySource(values, valid)))

        def instead(node: Node) -> Node | None:
            if id(node) in self.found.coverages:
                return table
            return node if id(node) in self.found.scalars else None

        return exchanged(self.body, instead), counts


def counted_input(
    resolving: Resolving, node: Reduce, step: Step, fold: Fold, range_type: RangeType
) -> TableView | AlignedView | None:
    """The view of a condenser whose body is such that values can be counted; None when it is not.

    Parameters
    ----------
    step : Step
        Of the body, which depends on iterators.
    range_type : RangeType
        Of the result.
    """
    found = _found(resolving, node.input)
    coverages = {_cells_of(each): each for each in found.coverages.values()}
    if len(coverages) != 1:
        return None
    (one,) = coverages.values()
    dtype = one.range_type.dtype
    if len(one.range_type) > 1 or one.own_domain.cell_count < LEAST_CELLS:
        return None
    few = dtype.kind in "biu" and dtype.itemsize <= 2
    if not few and not (found.compared and dtype.kind in "iuf"):
        return None
    if one.iterators:
        return _place_by_place(resolving, node, step, one)
    census = Census(one, None if few else found.limits, resolving.options, node)
    shape = tuple(each.size for each in step.iterators)
    return TableView(node.input, found, census, fold, range_type, shape, resolving)


def _place_by_place(resolving: Resolving, node: Reduce, step: Step, one: Step) -> AlignedView | None:
    """The condenser at each place of the iterators that the coverage depends on, if others remain."""
    lifted = len(one.iterators)
    places = math.prod(each.size for each in one.iterators)
    together = any(grain.chunk > 1 for grain in grains_of(one.source, (0,))[:lifted])
    if lifted == len(step.iterators) or places > MOST_PLACES or together:
        return None
    each = resolving.resolve(unrolled(node, one.iterators))
    if len(each.iterators) < len(step.iterators):
        return None
    return AlignedView(Aligned(each, step.iterators, 0))


def _found(resolving: Resolving, body: Node) -> _Found:
    """What a body is made of, as far down as it is cell-wise."""
    found = _Found({}, {}, [], True)
    waiting, seen = [body], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        step = resolving.resolve(node)
        if not step.own_domain.axes:
            found.scalars[id(node)] = step
        elif isinstance(node, Map | Cast | Switch):
            below = _below(node)
            waiting.extend(below)
            _look_at(resolving, found, node, below)
        else:
            found.coverages[id(node)] = step
    return found


def _look_at(resolving: Resolving, found: _Found, node: Map | Cast | Switch, below: Sequence[Node]) -> None:
    """Find out whether a node does anything but compare a coverage with a scalar."""
    leaves = [each for each in below if not isinstance(each, Map | Cast | Switch)]
    coverages = [each for each in leaves if resolving.resolve(each).own_domain.axes]
    if not coverages:
        return
    others = [each for each in below if all(each is not leaf for leaf in coverages)]
    if isinstance(node, Map) and node.function in COMPARISONS and len(coverages) == 1:
        scalars = [resolving.resolve(each) for each in others]
        if all(not each.own_domain.axes and each.range_type.dtype.kind in "biuf" for each in scalars):
            found.limits.extend(scalars)
            return
    found.compared = False


def _below(node: Map | Cast | Switch) -> tuple[Node, ...]:
    match node:
        case Map():
            return node.inputs
        case Cast():
            return (node.input,)
        case Switch():
            return (*node.conditions, *node.results, node.default)


def _cells_of(step: Step) -> tuple[object, ...]:
    """The same for steps that have the same cells."""
    source = step.source
    if isinstance(source, Window):
        return id(source.base), source.box, source.kept, source.fields
    return (id(source),)


def _weighed(fold: Fold, cells: Cells, counts: Array) -> State:
    """What there is to know of cells, shape (field, *places, values), that occur so often."""
    values, valid = cells.values, cells.valid
    if isinstance(fold, Count):
        values = truth(values)
        return (np.asarray(np.where(values if valid is None else values & valid, counts, 0).sum(axis=-1)),)
    if isinstance(fold, Mean) or (isinstance(fold, Sum) and not fold.boolean):
        many = values if valid is None else masked(values, valid, values.dtype.type(0))
        total = np.asarray((many.astype(wide(values.dtype)) * counts).sum(axis=-1))
        number = np.broadcast_to(counts, values.shape) if valid is None else np.where(valid, counts, 0)
        return (total, np.asarray(number.sum(axis=-1))) if isinstance(fold, Mean) else (total,)
    return fold.state(values, valid, None, (values.ndim - 1,))
