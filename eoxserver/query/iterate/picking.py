# SPDX-License-Identifier: MIT
"""Subsets whose cells depend on iterators: ``$c[t($p)]`` (WCPS language, section 4.1).

The box that holds all cells of a request is read once. Where indices go in even steps along each iterator, whatever
their number and whatever is shared, the result is that box seen in other strides: nothing is gathered or copied.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from collections.abc import Iterator as Walk
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from eoxserver.core.axes import Axis
from eoxserver.core.coverage import CellBox, Cells, Level
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidAxisLabel, InvalidSubsetting, WcpsSemanticError
from eoxserver.core.fields import RangeType
from eoxserver.query.iterate.layout import chunks_of
from eoxserver.query.iterate.lifted import Aligned, joined_iterators, lifted_domain
from eoxserver.query.plan import Constant, Iterator, Pick, PickCell, PickRange
from eoxserver.query.sampling import halves, joined
from eoxserver.query.steps import Resolving, Step, derived, window_over
from eoxserver.query.taps import Array
from eoxserver.query.windows import Need

__all__ = ["PickView", "computed", "make_pick"]

FEW_CELLS = 1 << 16
"""A box of so few cells is read at once, however few of them are wanted."""
WASTE = 4
"""Cells read for each one wanted, at most, where a box is larger."""
MOST_KNOWN = 1 << 20
"""Indices that are checked before anything is read."""
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """The cells along one axis."""

    numbers: Aligned
    """Of the first cell, or the only one; in the grid of all iterators."""
    axis: Axis
    size: int | None
    """Number of cells; None: one, and the axis is sliced."""
    known: bool
    """Whether the numbers can be had without reading data."""
    origin: int = 0
    """What cell 0 is called, in messages."""
    place: tuple[int, int] | None = None
    """Line and column of the subset in the text of a query."""
    all: Numbers | None = None
    """Those at all places, when they are known and none is null."""

    def read(self, places: CellBox) -> tuple[Numbers, npt.NDArray[np.bool_] | None]:
        """The numbers at some places, and which are not null; one wide along iterators they do not depend on.

        Raises
        ------
        InvalidSubsetting
            When there is no such cell.
        """
        if self.all is not None:
            ends = zip(self.all.shape, places.slices, strict=True)
            return self.all[tuple(part if size > 1 else slice(None) for size, part in ends)], None
        cells = self.numbers.read(places, (0,))
        valid = None if cells.valid is None or cells.valid.all() else cells.valid[0]
        values = cells.values[0] if valid is None else np.where(valid, cells.values[0], 0)
        if values.dtype.kind == "c" or (values.dtype.kind == "f" and not (values == np.floor(values)).all()):
            wrong = values if values.dtype.kind == "c" else values[values != np.floor(values)]
            raise self._refused(
                f"{wrong.flat[0] + self.origin} is no index of a cell of axis {self.axis.label}; indices are integers"
            )
        numbers = values.astype(np.int64)
        outside = (numbers < 0) | (numbers + (self.size or 1) > self.axis.size)
        if outside.any():
            first = int(numbers[outside].flat[0]) + self.origin
            what = f"cell {first}" if self.size is None else f"cells {first} to {first + self.size - 1}"
            last = self.origin + self.axis.size - 1
            raise self._refused(f"{what} of axis {self.axis.label}: it has the cells {self.origin} to {last}")
        return numbers, valid

    def _refused(self, message: str) -> InvalidSubsetting:
        error = InvalidSubsetting(message, locator=self.axis.label)
        error.place = self.place
        return error

    def checked(self) -> Index:
        """The same, with all numbers at hand if they are known and not too many; refuses what is outside."""
        if (self.size or 1) > self.axis.size:
            raise self._refused(f"{self.size} cells of axis {self.axis.label}: it has {self.axis.size}")
        whole = CellBox.whole(tuple(each.size for each in self.numbers.iterators))
        if not self.known or self.numbers.box(whole).cell_count > MOST_KNOWN:
            return self
        numbers, valid = self.read(whole)
        return replace(self, all=numbers) if valid is None else self

    def part(self) -> Axis:
        """The axis of a range: as it is where the lowest number is, if that is known."""
        first = 0 if self.all is None else int(self.all.min())
        return self.axis.cells(first, first + (self.size or 1))


@dataclass(eq=False)
class PickView:
    """Cells of a step at places told by iterators."""

    step: Step
    iterators: tuple[Iterator, ...]
    """Of the result: those of the step, then others."""
    indices: dict[int, Index]
    """By the own axis of the step."""
    domain: Domain
    """Of the result."""
    budget: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Places, then cells along each axis that remains."""
        return self.domain.shape

    @cached_property
    def chunks(self) -> tuple[int, ...]:
        """Those of what is read, along each axis and iterator."""
        return chunks_of(self, range(len(self.step.range_type)))

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution only."""
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    @property
    def remaining(self) -> list[int]:
        """Own axes of the step that remain."""
        own = range(len(self.step.domain.axes) - len(self.step.iterators))
        return [axis for axis in own if axis not in self.indices or self.indices[axis].size is not None]

    def needs(self, box: CellBox, fields: Sequence[int]) -> Walk[Need]:
        """The box that holds all cells; all along axes whose indices come from data."""
        places = self._places(box)
        numbers: dict[int, Numbers] = {}
        for axis, index in self.indices.items():
            if index.known:
                numbers[axis] = index.read(places)[0]
            else:
                yield from index.numbers.needs(places)
                numbers[axis] = np.array([0, index.axis.size - (index.size or 1)])
        yield Need(self.step.source, 0, self._bounds(box, numbers), tuple(fields))

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells of a box."""
        if self._offset is not None:
            return self.step.source.read(box.shifted(self._offset), fields)
        places = self._places(box)
        read = {axis: index.read(places) for axis, index in self.indices.items()}
        numbers = {axis: each for axis, (each, _) in read.items()}
        bounds = self._bounds(box, numbers)
        along = self._too_much(box, bounds, numbers, len(fields))
        if along is not None:
            return joined([self.read(half, fields) for half in halves(box, along)], along)
        cells = self.step.source.read(bounds, fields)
        steps = {axis: self._known_steps.get(axis) or _even_steps(each) for axis, each in numbers.items()}
        even = {axis: each for axis, each in steps.items() if each is not None}
        moved = {axis: each - each.min() for axis, each in numbers.items()}
        if len(even) == len(steps):
            values = self._strided(cells.values, box, moved, even)
            valid = None if cells.valid is None else self._strided(cells.valid, box, moved, even)
        else:
            values = self._gathered(cells.values, box, moved)
            valid = None if cells.valid is None else self._gathered(cells.valid, box, moved)
        for _, there in read.values():
            if there is not None:
                known = np.broadcast_to(there.reshape(*there.shape, *(1,) * len(self.remaining)), values.shape)
                valid = known if valid is None else valid & known
        return Cells(values, valid)

    @cached_property
    def _known_steps(self) -> dict[int, list[int]]:
        """By axis, where numbers that are known go in even steps: those of any part do, too."""
        steps = {axis: _even_steps(index.all) for axis, index in self.indices.items() if index.all is not None}
        return {axis: each for axis, each in steps.items() if each is not None}

    @cached_property
    def _offset(self) -> tuple[int, ...] | None:
        """How far the cells lie from those of the step, if they are the same in the same order; else None."""
        count = len(self.iterators)
        if self._lifted or sorted(self.indices) != list(range(count)):
            return None
        offset = [0] * len(self.domain.axes)
        for axis, index in self.indices.items():
            own = [int(place == axis and iterator.size > 1) for place, iterator in enumerate(self.iterators)]
            if index.size is not None or index.all is None or self._known_steps.get(axis) != own:
                return None
            offset[axis] = int(index.all.flat[0])
        return tuple(offset)

    def site(self) -> Hashable:
        """Which cells are picked, of which source; see ``query.pieces.Sibling``."""
        window, picks = window_over(self.step), []
        for axis, index in self.indices.items():
            if index.all is None:
                return None
            picks.append((axis, index.size, index.all.shape, index.all.tobytes()))
        iterators = tuple((each.name, each.size) for each in self.iterators)
        dtypes = {field.dtype for field in self.step.range_type.fields}
        return (id(window.base), window.box, window.kept, self._lifted, iterators, tuple(picks), frozenset(dtypes))

    def beside(self, fields: Sequence[tuple[PickView, int]]) -> PickView:
        """The same cells of fields of several views."""
        numbers = tuple(window_over(view.step).fields[field] for view, field in fields)
        known = enumerate(view.step.range_type.fields[field] for view, field in fields)
        range_type = RangeType(tuple(replace(field, name=str(number)) for number, field in known))
        source = replace(window_over(self.step), fields=numbers)
        return replace(self, step=replace(self.step, coverage=derived(self.step.coverage, source, None, range_type)))

    # -- boxes

    @property
    def _lifted(self) -> int:
        """Iterators of the step."""
        return len(self.step.iterators)

    def _places(self, box: CellBox) -> CellBox:
        count = len(self.iterators)
        return CellBox(box.low[:count], box.high[:count])

    def _bounds(self, box: CellBox, numbers: dict[int, Numbers]) -> CellBox:
        """The box of the step that holds all cells of a box."""
        low, high = list(box.low[: self._lifted]), list(box.high[: self._lifted])
        own = zip(box.low[len(self.iterators) :], box.high[len(self.iterators) :], strict=True)
        ends = dict(zip(self.remaining, own, strict=True))
        for axis in range(len(self.step.domain.axes) - self._lifted):
            first, last = ends.get(axis, (0, 1))
            if axis in numbers:
                first, last = first + int(numbers[axis].min()), last + int(numbers[axis].max())
            low.append(first)
            high.append(last)
        return CellBox(tuple(low), tuple(high))

    def _too_much(self, box: CellBox, bounds: CellBox, numbers: dict[int, Numbers], fields: int) -> int | None:
        """The iterator along which a box is cut, when all of it at once were too much."""
        size = bounds.cell_count * fields * self.step.range_type.dtype.itemsize
        wasted = bounds.cell_count > max(FEW_CELLS, WASTE * box.cell_count) and self._is_spread(numbers)
        if size <= self.budget and not wasted:
            return None
        shape = box.shape[: len(self.iterators)]
        moving = [place for place, count in enumerate(shape) if any(each.shape[place] > 1 for each in numbers.values())]
        return max((place for place in moving if shape[place] > 1), key=lambda place: shape[place], default=None)

    def _is_spread(self, numbers: dict[int, Numbers]) -> bool:
        """Whether cells lie far apart."""
        chunks = self.step.source.chunks[self._lifted :]
        return any(
            int(each.max()) - int(each.min()) >= 2 * chunks[axis] + (self.indices[axis].size or 0)
            for axis, each in numbers.items()
        )

    # -- cells

    def _strided(self, array: Array, box: CellBox, numbers: dict[int, Numbers], steps: dict[int, list[int]]) -> Array:
        """The array in other strides, read-only."""
        strides = [*array.strides[1 : 1 + self._lifted], *(0,) * (len(self.iterators) - self._lifted)]
        own = array.strides[1 + self._lifted :]
        start: list[slice] = [slice(None)] * array.ndim
        for axis, each in steps.items():
            start[1 + self._lifted + axis] = slice(int(numbers[axis].flat[0]), None)
            for place, step in enumerate(each):
                strides[place] += step * own[axis]
        strides.extend(own[axis] for axis in self.remaining)
        shape = (array.shape[0], *box.shape)
        return np.lib.stride_tricks.as_strided(
            array[tuple(start)], shape, (array.strides[0], *strides), writeable=False
        )

    def _gathered(self, array: Array, box: CellBox, numbers: dict[int, Numbers]) -> Array:
        """The array at the numbers, wherever they are."""
        places, remaining = len(self.iterators), self.remaining
        ranges = [axis for axis in remaining if axis in numbers]
        copied = [axis for axis in remaining if axis not in numbers]
        width = places + len(ranges)
        index = [_along(np.arange(array.shape[1 + place]), place, width) for place in range(self._lifted)]
        for axis, each in numbers.items():
            chosen = each.reshape(*each.shape, *(1,) * len(ranges))
            if axis in ranges:
                count = box.shape[places + remaining.index(axis)]
                chosen = chosen + _along(np.arange(count), places + ranges.index(axis), width)
            index.append(chosen)
        chosen_axes = [*range(self._lifted), *(self._lifted + axis for axis in numbers)]
        front = array.transpose(*(1 + axis for axis in chosen_axes), 0, *(1 + self._lifted + axis for axis in copied))
        shape = (*box.shape[:places], *(box.shape[places + remaining.index(axis)] for axis in ranges))
        taken = front[tuple(np.broadcast_to(each, shape) for each in index)]
        own = [places + ranges.index(axis) if axis in ranges else width + 1 + copied.index(axis) for axis in remaining]
        return taken.transpose(width, *range(places), *own)


def make_pick(resolving: Resolving, node: Pick) -> Step:
    """Subsets whose cells depend on iterators.

    Raises
    ------
    InvalidAxisLabel
        When there is no such axis, or it is named twice.
    InvalidSubsetting
        When cells are outside the axis, as far as that is known without reading data.
    WcpsSemanticError
        When an index is no scalar.
    """
    step = resolving.resolve(node.input)
    own = step.own_domain
    numbers = [resolving.resolve(pick.cell if isinstance(pick, PickCell) else pick.first) for pick in node.picks]
    iterators = joined_iterators(step.iterators, *(each.iterators for each in numbers))
    indices, ranges = dict[int, Index](), dict[int, Axis]()
    for pick, each in zip(node.picks, numbers, strict=True):
        axis = own.index(pick.label)
        if axis in indices:
            raise InvalidAxisLabel(f"axis {pick.label} is subset twice", locator=pick.label)
        if each.own_domain.axes or len(each.range_type) > 1:
            raise WcpsSemanticError(f"the index of axis {pick.label} must be one number", locator=pick.label)
        size = pick.size if isinstance(pick, PickRange) else None
        index = Index(Aligned(each, iterators, 0), own.axes[axis], size, computed(each), pick.origin, pick.place)
        indices[axis] = index.checked()
        ranges[axis] = indices[axis].part()
    sliced = frozenset(axis for axis, index in indices.items() if index.size is None)
    domain = own.replaced({axis: part for axis, part in ranges.items() if axis not in sliced}).without(sliced)
    view = PickView(step, iterators, indices, lifted_domain(iterators, domain), resolving.options.window_bytes)
    return Step(node, derived(step.coverage, view, view.domain), (step, *numbers), iterators)


def computed(step: Step) -> bool:
    """Whether a step comes from constants and iterators alone."""
    waiting, seen = [step], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if not one.inputs and not isinstance(one.node, Constant | Iterator):
            return False
        waiting.extend(one.inputs)
    return True


def _along(numbers: Numbers, axis: int, width: int) -> Numbers:
    """Numbers along one axis of so many."""
    return numbers.reshape(*(-1 if each == axis else 1 for each in range(width)))


def _even_steps(numbers: Numbers) -> list[int] | None:
    """The step along each axis, if along each it is one everywhere."""
    steps = []
    for axis, size in enumerate(numbers.shape):
        if size == 1:
            steps.append(0)
            continue
        moves = np.diff(numbers, axis=axis)
        if (moves != moves.flat[0]).any():
            return None
        steps.append(int(moves.flat[0]))
    return steps
