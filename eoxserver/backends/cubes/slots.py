# SPDX-License-Identifier: MIT
"""Which slots cells lie in, and how they are given out as an axis grows."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from eoxserver.backends.cubes.base import Along
from eoxserver.backends.cubes.database import Database, coefficient_array
from eoxserver.backends.cubes.manifest import EXTENT, AxisState

__all__ = ["Coefficients", "GrowingAxis", "Index", "as_index", "index_size", "indexed", "part", "pieces"]

Index: TypeAlias = slice | npt.NDArray[np.int64]
"""Slots along one axis: a run of them, or one by one."""


def as_index(slots: npt.NDArray[np.int64]) -> Index:
    """Slots as a run, where they are one.

    >>> as_index(np.array([4, 5, 6])), as_index(np.array([4, 6, 5]))
    (slice(4, 7, None), array([4, 6, 5]))
    """
    if slots.size and (slots.size == 1 or bool((np.diff(slots) == 1).all())):
        return slice(int(slots[0]), int(slots[-1]) + 1)
    return slots


def index_size(index: Index) -> int:
    """How many slots there are."""
    return index.stop - index.start if isinstance(index, slice) else int(index.size)


def part(index: Index, low: int, high: int) -> Index:
    """The slots from position ``low`` up to, without, ``high``."""
    return slice(index.start + low, index.start + high) if isinstance(index, slice) else as_index(index[low:high])


def indexed(array: Any, index: Sequence[Index]) -> Any:
    """The part of an array of tensorstore at these slots."""
    plain = all(isinstance(each, slice) for each in index)
    return array[tuple(index)] if plain else array.oindex[tuple(index)]


class Coefficients:
    """Coefficients of irregular axes that were read, by database and axis; slots never change what they hold.

    Parameters
    ----------
    max_axes : int
        How many axes are remembered.
    """

    def __init__(self, max_axes: int = 64) -> None:
        self._known: OrderedDict[tuple[str, int], npt.NDArray[np.float64]] = OrderedDict()
        self._max_axes = max_axes
        self._lock = threading.Lock()

    def by_slot(
        self, database: Database, generation: int, axes: Sequence[AxisState], position: int
    ) -> npt.NDArray[np.float64]:
        """The coefficient in each slot that is in use, shape (size,), read-only."""
        size, key = axes[position].size, (str(database.spec), position)
        with self._lock:
            known = self._known.get(key, np.empty(0))
        if known.size < size:
            array = database.array(*coefficient_array(axes, position), generation=generation)
            known = np.concatenate([known, array[known.size : size].read().result()])
            known.setflags(write=False)
            self._remember(key, known)
        return known[:size]

    def learn(
        self, database: Database, position: int, before: npt.NDArray[np.float64], added: npt.NDArray[np.float64]
    ) -> None:
        """Remember coefficients that a commit has put in the slots after those that were in use ``before``."""
        every = np.concatenate([before, added])
        every.setflags(write=False)
        self._remember((str(database.spec), position), every)

    def _remember(self, key: tuple[str, int], every: npt.NDArray[np.float64]) -> None:
        with self._lock:
            there = self._known.get(key)
            if there is None or there.size < every.size:
                self._known[key] = every
            self._known.move_to_end(key)
            while len(self._known) > self._max_axes:
                self._known.popitem(last=False)

    def forget(self, database: Database) -> None:
        """Forget those of a database."""
        with self._lock:
            for key in [key for key in self._known if key[0] == str(database.spec)]:
                del self._known[key]


class GrowingAxis:
    """An axis to which cells are added, in one update.

    Parameters
    ----------
    state : AxisState
        The axis before; of size 0 when it is new.
    coefficients : array of float, optional
        Of an irregular axis, by slot.
    """

    def __init__(self, state: AxisState, coefficients: npt.NDArray[np.float64] | None = None) -> None:
        self.state = state
        self.used = state.size
        """Slots of an irregular axis that were in use before."""
        self._by_slot = [] if coefficients is None else [coefficients]
        values = np.empty(0) if coefficients is None else coefficients * self._sign
        self._slots = np.argsort(values, kind="stable")
        self._sorted = values[self._slots]

    @property
    def _sign(self) -> float:
        return -1.0 if self.state.descending else 1.0

    @property
    def added(self) -> npt.NDArray[np.float64]:
        """New coefficients, in the order of their slots."""
        every = np.concatenate(self._by_slot) if self._by_slot else np.empty(0)
        return every[self.used :]

    def check(self, along: Along) -> None:
        """Refuse what are no cells of this axis.

        Raises
        ------
        ValueError
            Says what is wrong, and with which value.
        """
        label = self.state.label
        if not self.state.irregular:
            if not isinstance(along, range) or along.step != 1 or not along:
                raise ValueError(f"axis {label}: {along} is no range of grid indices with step 1 and a cell at least")
            if not -EXTENT // 2 < along.start <= along.stop < EXTENT // 2:
                raise ValueError(f"axis {label}: grid indices {along.start} to {along.stop - 1} are beyond 2**30")
            return
        given = self._given(along)
        if isinstance(along, range) or not given.size:
            raise ValueError(f"axis {label} is irregular: a list of coefficients is wanted, not {along}")
        if not np.isfinite(given).all() or not (np.diff(given) > 0).all():
            order = "fall" if self.state.descending else "rise"
            raise ValueError(f"axis {label}: coefficients must be finite and strictly {order}")

    def _given(self, along: Along) -> npt.NDArray[np.float64]:
        """Coefficients with the sign that makes them rise."""
        return np.asarray(along, dtype=np.float64) * self._sign

    def place(self, along: Along) -> Index:
        """The slots of cells that were checked; the axis grows to have them."""
        if not self.state.irregular:
            assert isinstance(along, range)
            low = min(self.state.low, along.start) if self.state.size else along.start
            high = max(self.state.high, along.stop) if self.state.size else along.stop
            self.state = replace(self.state, low=low, size=high - low)
            return slice(self.state.origin + along.start, self.state.origin + along.stop)
        given = self._given(along)
        places = np.searchsorted(self._sorted, given)
        known = np.zeros(given.size, dtype=bool)
        inside = places < self._sorted.size
        known[inside] = self._sorted[places[inside]] == given[inside]
        slots = np.empty(given.size, dtype=np.int64)
        slots[known] = self._slots[places[known]]
        if not known.all():
            slots[~known] = self._add(given[~known], places[~known])
        return as_index(slots)

    def _add(self, given: npt.NDArray[np.float64], places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Give out slots to coefficients that are new."""
        slots = np.arange(self.state.size, self.state.size + given.size, dtype=np.int64)
        ordered = self.state.ordered and (not self._sorted.size or bool(given[0] > self._sorted[-1]))
        self._sorted = np.insert(self._sorted, places, given)
        self._slots = np.insert(self._slots, places, slots)
        self._by_slot.append(given * self._sign)
        self.state = replace(self.state, size=self.state.size + given.size, ordered=ordered)
        return slots


def pieces(index: Sequence[Index], chunks: Sequence[int], cells: int) -> Iterator[tuple[slice, ...]]:
    """Cut a box of slots into boxes of at most so many cells, or of one chunk.

    Cuts of runs lie between chunks.

    Yields
    ------
    tuple of slice
        Positions along each axis, counted from 0.
    """
    waiting = [tuple(slice(0, index_size(each)) for each in index)]
    while waiting:
        box = waiting.pop()
        cuts = [_cut(*each, box[axis]) for axis, each in enumerate(zip(index, chunks, strict=True))]
        axis = next((axis for axis, cut in enumerate(cuts) if cut is not None), None)
        if axis is None or math.prod(each.stop - each.start for each in box) <= cells:
            yield box
            continue
        before, whole, after = box[:axis], box[axis], box[axis + 1 :]
        waiting.append((*before, slice(cuts[axis], whole.stop), *after))
        waiting.append((*before, slice(whole.start, cuts[axis]), *after))


def _cut(index: Index, chunk: int, within: slice) -> int | None:
    """A position near the middle where a box may be cut; None where it has one chunk."""
    middle = (within.start + within.stop) // 2
    if isinstance(index, slice):
        middle += -(index.start + middle) % chunk
        if middle >= within.stop:
            middle -= chunk
    return middle if within.start < middle < within.stop else None
