# SPDX-License-Identifier: MIT
"""Cells along an axis in another order: ``flip`` and ``sort`` (WCPS language, section 4.6). The axis itself stays."""

from __future__ import annotations

from collections.abc import Iterator as Walk
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from eoxserver.core.coverage import CellBox, Cells, Level, Source
from eoxserver.core.errors import WcpsSemanticError
from eoxserver.query.iterate.lifted import Aligned, joined_iterators, lifted_domain, without_iterators
from eoxserver.query.plan import Flip, Sort
from eoxserver.query.steps import Resolving, Step, derived
from eoxserver.query.windows import Need

__all__ = ["FlipView", "SortView", "make_flip", "make_sort"]


@dataclass(frozen=True, slots=True, eq=False)
class FlipView:
    """A source whose cells along one axis are in the opposite order."""

    source: Source
    axis: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis."""
        return self.source.shape

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the source."""
        return self.source.chunks

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution only."""
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def _mirrored(self, box: CellBox) -> CellBox:
        low, high, size = list(box.low), list(box.high), self.shape[self.axis]
        low[self.axis], high[self.axis] = size - box.high[self.axis], size - box.low[self.axis]
        return CellBox(tuple(low), tuple(high))

    def needs(self, box: CellBox, fields: Sequence[int]) -> Walk[Need]:
        """The box at the other end."""
        yield Need(self.source, 0, self._mirrored(box), tuple(fields))

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells at the other end, the last one first."""
        cells = self.source.read(self._mirrored(box), fields)
        valid = None if cells.valid is None else np.flip(cells.valid, self.axis + 1)
        return Cells(np.flip(cells.values, self.axis + 1), valid)


@dataclass(frozen=True, slots=True, eq=False)
class SortView:
    """Slices of a step in the order of a key."""

    values: Aligned
    """In the grid of all iterators."""
    key: Aligned
    """In the grid of all iterators and the one that goes through the slices, the last."""
    axis: int
    """Of the grid of the result."""
    descending: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis."""
        own = self.values.step.own_domain.shape
        return (*(each.size for each in self.values.iterators), *own)

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the step, and one slice."""
        chunks = list(self.values.spread(self.values.step.source.chunks, 1))
        chunks[self.axis] = 1
        return tuple(chunks)

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution only."""
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def needs(self, box: CellBox, fields: Sequence[int]) -> Walk[Need]:
        """The key of all slices, and as many of these as are wanted."""
        yield from self.key.needs(self._keys(box))
        yield Need(self.values.step.source, 0, self.values.box(box), tuple(fields))

    def _keys(self, box: CellBox) -> CellBox:
        """All keys at the places of a box."""
        count, size = len(self.values.iterators), self.shape[self.axis]
        return CellBox((*box.low[:count], 0), (*box.high[:count], size))

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The slices that belong in a box."""
        keys = self.key.read(self._keys(box), (0,))
        order = self._order(keys, box)[..., box.low[self.axis] : box.high[self.axis]]
        places = range(len(self.values.iterators))
        shared = tuple(place for place in places if order.shape[place] == 1)
        result: Cells | None = None
        for at in product(*(range(1 if place in shared else box.shape[place]) for place in places)):
            low, high = list(box.low), list(box.high)
            for place in places:
                if place not in shared:
                    low[place], high[place] = box.low[place] + at[place], box.low[place] + at[place] + 1
            part = CellBox(tuple(low), tuple(high))
            cells = self._slices(part, order[at], fields)
            if part == box:
                return cells
            result = _room(result, cells, (len(fields), *box.shape))
            here = (slice(None), *part.shifted([-edge for edge in box.low]).slices)
            result.values[here], result.mask()[here] = cells.values, cells.mask()
        assert result is not None
        return Cells(result.values, None if result.mask().all() else result.valid)

    def _slices(self, box: CellBox, numbers: npt.NDArray[np.intp], fields: Sequence[int]) -> Cells:
        """Some slices; neighbours in the input are read together."""
        values, valid = None, None
        ranked = np.argsort(numbers, kind="stable")
        for run in np.split(ranked, np.flatnonzero(np.diff(numbers[ranked]) != 1) + 1):
            low, high = list(box.low), list(box.high)
            low[self.axis], high[self.axis] = int(numbers[run[0]]), int(numbers[run[-1]]) + 1
            cells = self.values.read(CellBox(tuple(low), tuple(high)), fields)
            shape = (len(fields), *box.shape)
            if values is None:
                values, valid = np.empty(shape, cells.values.dtype), np.ones(shape, dtype=bool)
            assert valid is not None
            where = (slice(None),) * (self.axis + 1) + (run,)
            values[where] = cells.values
            valid[where] = cells.mask()
        assert values is not None and valid is not None
        return Cells(values, None if valid.all() else valid)

    def _order(self, keys: Cells, box: CellBox) -> npt.NDArray[np.intp]:
        """The number of the slice that belongs at each place, shape (*iterators, slices); null and nan come last."""
        values = keys.values[0]
        known = keys.mask()[0] & ~np.isnan(values)
        ranks = np.unique(np.where(known, values, values.dtype.type(0)), return_inverse=True)[1].reshape(values.shape)
        ranks = np.where(known, -ranks if self.descending else ranks, values.size)
        size = self.shape[self.axis]
        return np.argsort(np.broadcast_to(ranks, (*ranks.shape[:-1], size)), axis=-1, kind="stable")


def _room(result: Cells | None, cells: Cells, shape: tuple[int, ...]) -> Cells:
    """Room for all parts."""
    return result or Cells(np.empty(shape, cells.values.dtype), np.ones(shape, dtype=bool))


def make_flip(resolving: Resolving, node: Flip) -> Step:
    """Cells in the opposite order; raises InvalidAxisLabel."""
    step = resolving.resolve(node.input)
    axis = len(step.iterators) + step.own_domain.index(node.label)
    return Step(node, derived(step.coverage, FlipView(step.source, axis)), (step,), step.iterators)


def make_sort(resolving: Resolving, node: Sort) -> Step:
    """Slices in the order of a key.

    Raises
    ------
    InvalidAxisLabel
        When there is no such axis.
    WcpsSemanticError
        When the key is no scalar, or has no order.
    """
    step, key = resolving.resolve(node.input), resolving.resolve(node.key)
    own = step.own_domain
    axis = own.index(node.label)
    if key.own_domain.axes or len(key.range_type) > 1 or key.range_type.dtype.kind == "c":
        raise WcpsSemanticError(
            f"what the slices along {node.label} are sorted by must be one real number or boolean for each",
            locator=node.label,
        )
    if node.iterator.size != own.axes[axis].size:
        raise WcpsSemanticError(
            f"axis {node.label} has {own.axes[axis].size} slices; keys were given for {node.iterator.size}",
            locator=node.label,
        )
    iterators = joined_iterators(step.iterators, without_iterators(key.iterators, (node.iterator,)))
    values = Aligned(step, iterators, len(own.axes))
    view = SortView(values, Aligned(key, (*iterators, node.iterator), 0), len(iterators) + axis, node.descending)
    return Step(node, derived(step.coverage, view, lifted_domain(iterators, own)), (step, key), iterators)
