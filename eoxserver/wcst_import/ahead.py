# SPDX-License-Identifier: MIT
"""Cells of slices that are read before they are wanted: while one change is written, those of the next are read.

What is held is the cells of two changes at most, so that the memory it takes follows from the size of a change. Slices
too large to be held are read by whoever writes them, piece by piece.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby
from types import TracebackType
from typing import Self, TypeAlias

import numpy as np

from eoxserver.core.coverage import CellBox, Cells, Coverage
from eoxserver.core.errors import EOxServerError
from eoxserver.core.wrapping import SameGrid
from eoxserver.wcst_import.slices import Slice

__all__ = ["ReadAhead"]

READERS = 2
"""Threads that read."""
SLICE_BYTES = 32 * 2**20
"""Of the cells of a slice that is held as a whole, at most."""
TASK_BYTES = 2**20
"""Smaller slices are read several in one go, of so many bytes together."""

_Held: TypeAlias = dict[tuple[int, ...], Cells]
"""All cells of a slice, by numbers of fields that have one type: what is read together has the common type."""


class ReadAhead:
    """Reads slices in threads of its own; a context, at whose end nothing more is read."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(READERS, "import")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def begin(self, slices: Sequence[Slice]) -> list[Slice]:
        """Begin to read slices; answers them with cells that come from memory, for which their reader may have to wait.

        What cannot be read ahead is read again when it is wanted, and fails then.
        """
        found: list[Slice] = []
        for group in _groups(slices):
            if group[0].byte_count > SLICE_BYTES:
                found += group
                continue
            task = self._pool.submit(_read_all, [one.part for one in group])
            for number, one in enumerate(group):
                found.append(replace(one, part=replace(one.part, source=_Awaited(one.part.source, task, number))))
        return found


def _groups(slices: Sequence[Slice]) -> Iterator[list[Slice]]:
    """Slices that are read by one task."""
    group: list[Slice] = []
    size = 0
    for one in slices:
        if group and size + one.byte_count > TASK_BYTES:
            yield group
            group, size = [], 0
        group.append(one)
        size += one.byte_count
    if group:
        yield group


def _read_all(parts: Sequence[Coverage]) -> list[_Held | None]:
    return [_read(part) for part in parts]


def _read(part: Coverage) -> _Held | None:
    """All cells of a part; None when they cannot be read."""
    fields = part.range_type.fields
    box = CellBox.whole(part.domain.shape)
    groups = (tuple(group) for _, group in groupby(range(len(fields)), key=lambda number: fields[number].dtype))
    try:
        held = {group: part.source.read(box, group) for group in groups}
    except EOxServerError:
        return None
    for cells in held.values():
        for array in (cells.values, cells.values.base):  # whoever writes them need not copy what nobody changes
            if isinstance(array, np.ndarray):
                array.setflags(write=False)
    return held


@dataclass(frozen=True, eq=False)
class _Awaited(SameGrid):
    """A source whose cells are being read."""

    task: Future[list[_Held | None]]
    number: int

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Read cells; raises DataUnavailable."""
        held = self.task.result()[self.number]
        for group, cells in (held or {}).items():
            if set(fields) <= set(group):
                return _cut(cells, box, [group.index(field) for field in fields])
        return self.source.read(box, fields, level)


def _cut(cells: Cells, box: CellBox, places: list[int]) -> Cells:
    index = (*box.slices,)
    first = places[0]
    if places == list(range(first, first + len(places))):
        fields: slice | list[int] = slice(first, first + len(places))
    else:
        fields = places
    valid = None if cells.valid is None else cells.valid[fields, *index]
    return Cells(cells.values[fields, *index], valid)
