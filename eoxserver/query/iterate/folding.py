# SPDX-License-Identifier: MIT
"""Condensers: many cells to one, read once and block by block (WCPS language, sections 4.1 and 4.4).

The grid that is walked has the iterators that remain, those that go away, and the axes of the operand. A short
condenser takes the operand's axes away, a general one those of its iterators; both keep the others. The result is
computed in tiles of whole chunks and kept, so that what asks for it cell by cell, or in rows thinner than chunks,
reads no chunk again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from collections.abc import Iterator as Walk
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby, product
from operator import itemgetter
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from eoxserver.core.coverage import CellBox, Cells, Level, Source
from eoxserver.core.domain import Domain
from eoxserver.core.errors import WcpsSemanticError
from eoxserver.core.fields import RangeType
from eoxserver.query.cellwise.view import CellView
from eoxserver.query.errands import Errand
from eoxserver.query.iterate.crew import in_order
from eoxserver.query.iterate.folds import CONDENSERS, REDUCERS, Fold, State, fold_of
from eoxserver.query.iterate.layout import Grain, block_of, edges
from eoxserver.query.iterate.lifted import Aligned, joined_iterators, lifted_domain, without_iterators
from eoxserver.query.iterate.piecewise import folded, parted, pieces_of
from eoxserver.query.iterate.reuse import with_kept_parts
from eoxserver.query.iterate.tables import counted_input
from eoxserver.query.iterate.tiles import Tiles
from eoxserver.query.plan import Combine, Condense, Node, Reduce
from eoxserver.query.steps import Options, Resolving, Step, derived
from eoxserver.query.windows import Need

__all__ = ["FoldView", "make_condense", "make_reduce"]

_Piece: TypeAlias = tuple[int, CellBox, CellBox | None]
"""Number of a tile, the tile, and a part of what is folded; None: all of it."""

MANY_FIELDS = 4
"""A block may have so many times the cells that it should have, if it is a whole chunk then."""


@dataclass(eq=False)
class FoldView:
    """Cells of a step folded along some axes.

    Parameters
    ----------
    using : Aligned
        What is folded, in the grid that is walked; a further field may tell where it counts.
    places : Aligned or None
        Where it counts, if that is read apart.
    kept : tuple of int
        Axes of the grid that remain; the others go away, in the order of their numbers.
    """

    using: Aligned
    places: Aligned | None
    kept: tuple[int, ...]
    whole: tuple[int, ...]
    """Cells along all axes of the grid that is walked."""
    fold: Fold
    range_type: RangeType
    options: Options
    node: Reduce | Condense
    """What the cells are of."""
    _tiles: Tiles = field(init=False)

    def __post_init__(self) -> None:
        self._tiles = Tiles(self.options.window_bytes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis that remains."""
        return tuple(self.whole[axis] for axis in self.kept)

    @property
    def chunks(self) -> tuple[int, ...]:
        """What is computed at once."""
        return tuple(self._walk[0][axis] for axis in self.kept)

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution only."""
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    @cached_property
    def gone(self) -> tuple[int, ...]:
        """Axes of the grid that are folded."""
        return tuple(axis for axis in range(len(self.whole)) if axis not in self.kept)

    @cached_property
    def _walk(self) -> tuple[tuple[int, ...], tuple[Grain, ...]]:
        """The shape of the blocks, and how the axes lie on chunks."""
        grains = self.using.grains
        if self.places is not None and not self.using.step.own_domain.axes:  # what is read is the condition
            pairs = zip(grains, self.places.grains, strict=True)
            grains = tuple(there if here.free else here for here, there in pairs)
        most = max(1, self.options.block_cells // len(self.range_type))
        if all(not grain.free or size == 1 for grain, size in zip(grains, self.whole, strict=True)):
            # A chunk with some more fields is better read once than in parts.
            chunk = math.prod(min(grain.chunk, size) for grain, size in zip(grains, self.whole, strict=True))
            most = chunk if most < chunk <= MANY_FIELDS * most else most
        return block_of(self.whole, grains, self.kept, most, len(self.using.iterators), self.ordered), grains

    @property
    def ordered(self) -> bool:
        """Whether blocks have to follow each other in the order of places."""
        return self.fold.name == "overlay"

    def needs(self, box: CellBox, fields: Sequence[int]) -> Walk[Need]:
        """The box along all that is folded."""
        whole = self._placed(box, CellBox.whole(tuple(self.whole[axis] for axis in self.gone)))
        for part in (self.using, self.places):
            if part is not None:
                yield from part.needs(whole)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The folded cells of a box."""
        wanted = list(fields)
        dtype = np.result_type(*(self.range_type.fields[each].dtype for each in wanted))
        values = np.empty((len(wanted), *box.shape), dtype)
        valid: npt.NDArray[np.bool_] | None = None
        for tile, cells in self._tiles.get(self._touched(box), self._computed):
            common = tile.intersection(box)
            assert common is not None
            here = (slice(None), *common.shifted([-edge for edge in box.low]).slices)
            there: tuple[Any, ...] = (wanted, *common.shifted([-edge for edge in tile.low]).slices)
            part = cells.values[there]
            values[here] = part.real if dtype.kind != "c" else part
            if cells.valid is not None:
                valid = np.ones(values.shape, np.bool_) if valid is None else valid
                valid[here] = cells.valid[there]
        return Cells(values, valid)

    # -- tiles

    def _touched(self, box: CellBox) -> list[CellBox]:
        """The parts of the result that are computed for a box: of each tile the chunks that it touches."""
        block, grains = self._walk
        ranges = []
        for low, high, axis in zip(box.low, box.high, self.kept, strict=True):
            grain = grains[axis]
            cuts = edges(0, self.whole[axis], block[axis], grain.first)
            fine = min(grain.chunk, block[axis])
            ranges.append([_widened(a, b, low, high, fine, grain.first) for a, b in cuts if a < high and b > low])
        return [CellBox(tuple(a for a, _ in each), tuple(b for _, b in each)) for each in product(*ranges)]

    def _computed(self, tiles: Sequence[CellBox]) -> Walk[Cells]:
        """The cells of some tiles."""
        elsewhere = self.options.elsewhere
        errand = None if elsewhere is None else self._errand(tiles, len(tiles))
        if elsewhere and errand and elsewhere.takes(errand) and len(tiles) >= 2 * elsewhere.hands():
            yield from elsewhere.in_order(errand, ((0, tile, None) for tile in tiles))
            return

        def pieces() -> Walk[_Piece]:
            for number, tile in enumerate(tiles):
                for part in self._folded():
                    yield number, tile, part

        if errand is not None:
            block = self._walk[0]
            parts = math.prod(-(-self.whole[axis] // block[axis]) for axis in self.gone)
            errand = replace(errand, pieces=parts * len(tiles))
        states: Iterable[tuple[int, State | None]] = in_order(self._done, pieces(), self.options, errand)
        for number, group in groupby(states, key=itemgetter(0)):
            yield self._finished(tiles[number], (state for _, state in group))

    # -- elsewhere

    def _errand(self, tiles: Sequence[CellBox], pieces: int) -> Errand:
        share = sum(tile.cell_count for tile in tiles) / math.prod(self.shape)
        return Errand(self.node, pieces, round(self.burden() * share))

    def burden(self) -> int:
        """What the whole result goes through [bytes]."""
        return math.prod(self.whole) * self.using.step.range_type.cell_bytes

    def work(self, pieces: Sequence[_Piece]) -> list[Any]:
        """For each piece what there is to know of it, and its number; or the cells of a whole tile."""
        return [self._done(piece) if piece[2] is not None else self._made(piece[1]) for piece in pieces]

    def parts(self) -> list[tuple[CellBox, Cells]]:
        """All tiles."""
        return list(self._tiles.get(self._touched(CellBox.whole(self.shape)), self._computed))

    def keep(self, parts: Iterable[tuple[CellBox, Cells]]) -> None:
        """Have these tiles."""
        self._tiles.put(parts)

    def _done(self, piece: _Piece) -> tuple[int, State | None]:
        number, tile, part = piece
        assert part is not None
        return number, self._state(tile, part)

    def _made(self, tile: CellBox) -> Cells:
        def states() -> Walk[State | None]:
            for part in self._folded():
                self.options.proceed()
                yield self._state(tile, part)

        return self._finished(tile, states())

    # -- blocks

    def _folded(self) -> Walk[CellBox]:
        """The parts that are folded one after the other; all of a chunk before the next one."""
        block, grains = self._walk
        coarse = []
        for axis in self.gone:
            size = block[axis] if self.ordered else max(block[axis], grains[axis].chunk)
            coarse.append(edges(0, self.whole[axis], size, grains[axis].first % size))
        for chunk in product(*coarse):
            fine = [edges(a, b, block[axis], a) for (a, b), axis in zip(chunk, self.gone, strict=True)]
            for part in product(*fine):
                yield CellBox(tuple(a for a, _ in part), tuple(b for _, b in part))

    def revisits(self, part: Aligned) -> bool:
        """Whether cells of a part that do not depend on iterators are read more than once."""
        block, grains = self._walk[0], part.grains
        free = [axis for axis, grain in enumerate(grains) if grain.free and self.whole[axis] > 1]
        if any(block[axis] < self.whole[axis] for axis in free):
            return True
        moving = [grain.axis for grain, size in zip(grains, self.whole, strict=True) if not grain.free and size > 1]
        small = any(block[axis] < grain.chunk for axis, grain in enumerate(grains) if not grain.free)
        return len(set(moving)) < len(moving) or (bool(free) and small)

    def _state(self, tile: CellBox, part: CellBox) -> State | None:
        """What there is to know of a block; None when no place counts."""
        box = self._placed(tile, part)
        places = None
        if self.places is not None:
            where = self.places.read(box, tuple(range(len(self.places.step.range_type))))
            places = where.values if where.valid is None else where.values & where.valid
            if not places.any():
                return None
        pieces = None if self.ordered else pieces_of(self.using, box, self.kept, places)
        count = len(self.range_type) if len(self.using.step.range_type) > len(self.range_type) else None
        if pieces is not None:
            return folded(self.fold, pieces, places, box, self.kept, count)
        cells = self.using.read(box, tuple(range(len(self.using.step.range_type))))
        if count is not None:
            cells, places = parted(cells, count)
        shape = (cells.values.shape[0], *box.shape)
        values = np.broadcast_to(cells.values, shape)
        return self.fold.state(values, cells.valid, places, tuple(1 + axis for axis in self.gone))

    def _finished(self, tile: CellBox, states: Iterable[State | None]) -> Cells:
        result: State | None = None
        for state in states:
            if state is not None:
                result = state if result is None else self.fold.merged(result, state)
        if result is None:
            result = self._nothing(tile)
        return self.fold.finished(result, self.range_type.dtype)

    def _nothing(self, tile: CellBox) -> State:
        """What there is to know where no place counts."""
        fields = len(self.range_type)
        dtype = self.using.step.range_type.dtype
        values = np.zeros((fields, *tile.shape, 1), dtype)
        return self.fold.state(values, None, np.zeros(values.shape, bool), (values.ndim - 1,))

    def _placed(self, tile: CellBox, part: CellBox) -> CellBox:
        """A box of the grid that is walked."""
        ends = [(0, 0)] * len(self.whole)
        for axes, box in ((self.kept, tile), (self.gone, part)):
            for axis, low, high in zip(axes, box.low, box.high, strict=True):
                ends[axis] = low, high
        return CellBox(tuple(a for a, _ in ends), tuple(b for _, b in ends))


def _widened(start: int, stop: int, low: int, high: int, chunk: int, first: int) -> tuple[int, int]:
    """The part of a tile that is touched, in whole chunks."""
    below, above = max(start, low), min(stop, high)
    return max(start, below - (below - first) % chunk), min(stop, above + (first - above) % chunk)


# -- nodes


def make_reduce(resolving: Resolving, node: Reduce) -> Step:
    """All own cells of the input to one.

    Raises
    ------
    WcpsSemanticError
        When there is no such condenser, or it is not defined for this type.
    """
    if node.operator not in REDUCERS:
        raise WcpsSemanticError(
            f"no condenser '{node.operator}'; available: {', '.join(REDUCERS)}", locator=node.operator
        )
    step = resolving.resolve(node.input)
    kept = tuple(range(len(step.iterators)))
    fold = fold_of(node.operator)
    range_type, domain = folded_type(fold, step), Domain(step.domain.axes[: len(kept)])
    view: Source | None = None
    if step.iterators:
        view = counted_input(resolving, node, step, fold, range_type)
    if view is None:
        using = Aligned(step, step.iterators, len(step.domain.axes) - len(kept))
        view = FoldView(using, None, kept, step.domain.shape, fold, range_type, resolving.options, node)
        if step.iterators and view.revisits(using):
            using = replace(using, step=resolving.resolve(with_kept_parts(resolving, node.input)))
            view = replace(view, using=using)
    return Step(node, derived(step.coverage, view, domain, range_type), (step,), step.iterators)


def make_condense(resolving: Resolving, node: Condense) -> Step:
    """The cells of ``using`` at all places of the iterators to one.

    Raises
    ------
    WcpsSemanticError
        When there is no such condenser, it is not defined for this type, or the condition has another grid.
    """
    if node.operator not in CONDENSERS:
        raise WcpsSemanticError(
            f"no condenser '{node.operator}'; available: {', '.join(CONDENSERS)}", locator=node.operator
        )
    step = resolving.resolve(node.using)
    where = None if node.where is None else resolving.resolve(node.where)
    outer = without_iterators(joined_iterators(step.iterators, where.iterators if where else ()), node.iterators)
    first = where if where is not None and not step.own_domain.axes else step
    iterators, own = (*outer, *node.iterators), first.own_domain
    taken, condition = node.using, node.where
    if where is not None:
        _check_condition(step, where)
        both = _beside(resolving, node, step, where)
        taken, condition = (taken, condition) if both is None else (both, None)
    using = Aligned(resolving.resolve(taken), iterators, len(own.axes))
    places = None if condition is None else Aligned(resolving.resolve(condition), iterators, len(own.axes))
    whole = (*(each.size for each in iterators), *own.shape)
    kept = (*range(len(outer)), *range(len(iterators), len(whole)))
    fold = fold_of(node.operator)
    view = FoldView(using, places, kept, whole, fold, folded_type(fold, step), resolving.options, node)
    if step.iterators and view.revisits(using):
        using = replace(using, step=resolving.resolve(with_kept_parts(resolving, taken)))
    if condition is not None and places is not None and view.revisits(places):
        places = replace(places, step=resolving.resolve(with_kept_parts(resolving, condition)))
    view = replace(view, using=using, places=places)
    domain = lifted_domain(outer, own)
    inputs = (step,) if where is None else (step, where)
    return Step(node, derived(first.coverage, view, domain, view.range_type), inputs, outer)


def _beside(resolving: Resolving, node: Condense, step: Step, where: Step) -> Node | None:
    """What is folded with its condition as a further field, if that reads no more; else None.

    Both are computed of the same cells then, as in ``condense + over $t .. where $c[t($t)] > 3 using $c[t($t)]``. A
    condition on other cells is better read first: where it is false everywhere, nothing else is.
    """
    grids = [(each.iterators, each.own_domain.shape) for each in (step, where)]
    if node.where is None or len(where.range_type) != 1 or grids[0] != grids[1]:
        return None
    count = len(step.range_type)
    both = Combine(tuple(f"f{number}" for number in range(count + 1)), (node.using, node.where))
    view = resolving.resolve(both).source
    alone = step.source
    if not isinstance(view, CellView):
        return None
    read = alone.inputs_of(range(count)) if isinstance(alone, CellView) else count
    return both if view.inputs_of(range(count + 1)) == read else None


def folded_type(fold: Fold, step: Step) -> RangeType:
    """The range type of the result."""
    return RangeType(tuple(fold.field(each) for each in step.range_type.fields))


def _check_condition(step: Step, where: Step) -> None:
    """Refuse what cannot tell where cells count."""
    fields, own = len(where.range_type), where.own_domain.shape
    if any(each.dtype != np.bool_ for each in where.range_type.fields):
        raise WcpsSemanticError("the condition of a condenser must be boolean")
    if fields not in (1, len(step.range_type)):
        raise WcpsSemanticError(
            f"the condition of a condenser has {fields} fields, what it condenses {len(step.range_type)}"
        )
    if own and step.own_domain.axes and own != step.own_domain.shape:
        raise WcpsSemanticError(
            f"the condition of a condenser has {_sizes(own)} cells, what it condenses {_sizes(step.own_domain.shape)}"
        )


def _sizes(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape)) or "1"
