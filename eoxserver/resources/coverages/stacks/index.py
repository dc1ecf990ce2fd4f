# SPDX-License-Identifier: MIT
"""The files of stacks in memory: read from the catalogue when the first cell is asked for, then only what is new."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection

from eoxserver.backends.locations import Location, StorageRecord, location_of
from eoxserver.backends.models import DataItem
from eoxserver.core.coverage import CellBox
from eoxserver.core.errors import DataUnavailable
from eoxserver.resources.coverages.models import StackSlice
from eoxserver.resources.coverages.stacks.places import Grid, SlicePlace
from eoxserver.resources.coverages.stacks.reading import Reading
from eoxserver.resources.database import reading

__all__ = ["Indexes", "SliceFile", "StackIndex", "slice_files"]

MOST_STACKS = 256
"""Stacks whose files are remembered."""
_COLUMNS = (
    "pk", "place", "reading", "revision", "item__location", "item__package", "item__storage__storage_type",
    "item__storage__url", "item__storage__credentials",
)  # fmt: skip
_CHUNK = 2000


@dataclass(frozen=True, slots=True)
class SliceFile:
    """A file of a stack."""

    key: int
    """Of its row; later ones are painted over earlier ones."""
    location: Location
    place: SlicePlace
    reading: Reading
    revision: int


class StackIndex:
    """The files of a stack as of a revision, found by the cells they have."""

    def __init__(self, files: Mapping[int, SliceFile], revision: int) -> None:
        self.files = files
        self.revision = revision
        spans = [file.place.spans for file in files.values()]
        self._axis = _telling_axis(spans)
        ends = [sorted(span[self._axis][:2]) for span in spans] if spans else []
        order = sorted(range(len(ends)), key=lambda number: ends[number][0])
        every = list(files.values())
        self._sorted = [every[number] for number in order]
        self._lows = [ends[number][0] for number in order]
        self._reach = max((high - low for low, high in ends), default=0.0)

    def meeting(self, grid: Grid, box: CellBox) -> list[SliceFile]:
        """Files that may have cells in a box, in the order in which they are painted."""
        if not self._sorted:
            return []
        wanted = [grid.numbers(axis, low, high) for axis, (low, high) in enumerate(zip(box.low, box.high, strict=True))]
        low, high = wanted[self._axis]
        some = self._sorted[bisect_left(self._lows, low - self._reach) : bisect_right(self._lows, high)]
        return sorted((file for file in some if _meets(file.place, wanted)), key=lambda file: file.key)


def _telling_axis(spans: Sequence[tuple[tuple[float, float, int], ...]]) -> int:
    """The axis along which files differ most."""
    if not spans:
        return 0
    return max(range(len(spans[0])), key=lambda axis: len({span[axis][0] for span in spans}))


def _meets(place: SlicePlace, wanted: Sequence[tuple[float, float]]) -> bool:
    for (first, last, _), (low, high) in zip(place.spans, wanted, strict=True):
        if (first > high and last > high) or (first < low and last < low):
            return False
    return True


class Indexes:
    """The indexes of the stacks that were read last. Used from all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[int, StackIndex] = OrderedDict()

    def get(self, coverage_key: int, revision: int) -> StackIndex:
        """The files of a stack, of this revision or a later one.

        Raises
        ------
        DataUnavailable
            When the coverage was deleted meanwhile.
        CatalogueUnavailable
            When the database does not answer.
        """
        with self._lock:
            known = self._known.get(coverage_key)
            if known is None or known.revision < revision:
                known = self._read(coverage_key, known)
                self._known[coverage_key] = known
            self._known.move_to_end(coverage_key)
            while len(self._known) > MOST_STACKS:
                self._known.popitem(last=False)
            return known

    @staticmethod
    def _read(coverage_key: int, known: StackIndex | None) -> StackIndex:
        files = dict(known.files) if known is not None else {}
        with _borrowed_connection():
            new = list(slice_files(coverage_key, 0 if known is None else known.revision))
        files |= {file.key: file for file in new}
        if not files:
            raise DataUnavailable("its files were deregistered meanwhile")
        return StackIndex(files, max(file.revision for file in files.values()))

    @staticmethod
    def positions(file: SliceFile, axes: Sequence[int]) -> dict[int, npt.NDArray[np.float64]]:
        """The coefficients of a file along the irregular axes on which it has several.

        Parameters
        ----------
        axes : sequence of int
            Grid positions of those axes, in order.
        """
        with _borrowed_connection():
            stored = StackSlice.objects.filter(pk=file.key).values_list("positions", flat=True).first()
        counts = [file.place.shape[axis] for axis in axes]
        if stored is None or len(stored) != sum(counts):
            raise DataUnavailable(f"{file.location}: the catalogue lacks its positions", locator=file.location.path)
        return dict(zip(axes, np.split(stored, np.cumsum(counts)[:-1]), strict=True))


def slice_files(coverage_key: int, after: int = 0) -> Iterator[SliceFile]:
    """The files of a stack that came after a revision, in order; streamed."""
    storages: dict[tuple[str, str, str], StorageRecord] = {}
    rows = StackSlice.objects.filter(coverage_id=coverage_key, revision__gt=after).order_by("pk")
    for key, place, how, revision, path, package, kind, url, credentials in rows.values_list(*_COLUMNS).iterator(
        chunk_size=_CHUNK
    ):
        if package is not None:
            item = DataItem.objects.select_related("storage", "package__storage").get(slice__pk=key)
            location = location_of(item)
        elif kind is None:
            location = Location(None, (), path)
        else:
            record = storages.setdefault((kind, url, credentials), StorageRecord(kind.lower(), url, credentials))
            location = Location(record, (), path)
        yield SliceFile(key, location, SlicePlace.from_json(place), Reading.from_json(how), revision)


@contextmanager
def _borrowed_connection() -> Iterator[None]:
    """Read the catalogue in a thread that need not do so again: a connection opened for this is closed after it."""
    kept = connection.connection is not None
    try:
        with reading():
            yield
    finally:
        if not kept:
            connection.close()
