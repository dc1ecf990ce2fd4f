# SPDX-License-Identifier: MIT
"""Several parts in one version: the same as one by one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eoxserver.conf.schema import Cubes
from eoxserver.core.coverage import CellBox, Cells, Coverage, MemorySource
from eoxserver.core.errors import DataUnavailable, EOxServerError, InconsistentChange, InvalidSubsetting, NoSuchCoverage
from eoxserver.core.metadata import ExtraMetadata, GivenParts, PartMetadata
from eoxserver.resources.coverages.ingestion import cells
from tests.resources.coverages.ingestion.coverages import NIL, Place, coverage, lat, long, read, slice_of, times

NUMBERS = count()
READERS = Cubes().max_parallel_reads


@dataclass(frozen=True)
class Patch:
    """A part: some days, and a window of the map."""

    days: tuple[int, ...]
    north: int
    west: int
    size: int
    value: int

    def coverage(self, falling: bool) -> Coverage:
        days = sorted(self.days, reverse=falling)
        axes = (times(*days), lat(self.north, self.size), long(self.west, self.size))
        values = np.full([axis.size for axis in axes], self.value)
        values[0, 0, 0] = NIL
        notes = tuple(PartMetadata({"ansi": (float(day), float(day))}, {"of": self.value}) for day in days)
        return coverage("part", axes, values, extra=ExtraMetadata(parts=GivenParts(notes)))


PATCHES = st.builds(
    Patch,
    st.sets(st.integers(0, 9), min_size=1, max_size=3).map(tuple),
    st.integers(5, 14), st.integers(-6, 6), st.integers(1, 6), st.integers(1, 1000),
)  # fmt: skip


def state(place: Place, identifier: str) -> tuple[Any, ...]:
    """All that can be seen of a coverage."""
    found = place.catalogue.coverage(identifier)
    notes = [(part.bounds, part.values) for part in found.extra.parts.within(found.domain)]
    times_ = (found.begin_time, found.end_time)
    return found.domain, read(found).tolist(), sorted(notes, key=str), found.footprint, times_


@given(st.lists(PATCHES, min_size=1, max_size=6), st.booleans(), st.booleans(), st.integers(0, 6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
def test_many_parts_are_the_same_as_one_by_one(
    place: Place, patches: list[Patch], falling: bool, keep: bool, within: int
) -> None:
    first = Patch((3, 5), 10, 0, 3, 7).coverage(falling)
    number = next(NUMBERS)
    names = [f"{how}{number}" for how in ("one", "many", "at_once")]
    parts = [patch.coverage(falling) for patch in patches]
    for name in names[:2]:
        place.ingestion.insert(replace(first, identifier=name))
    for part in parts:
        place.ingestion.update(names[0], part, keep=keep)
    assert place.ingestion.update_many(names[1], parts, keep=keep) == 2
    assert state(place, names[1]) == state(place, names[0])
    if keep:
        place.ingestion.insert(replace(first, identifier=names[2]), parts=parts[:within])
        place.ingestion.update_many(names[2], parts[within:], keep=True)
        assert state(place, names[2]) == state(place, names[0])
        assert len(place.ingestion.history(names[2])) == (1 if within >= len(parts) else 2)


def test_parts_beyond_what_an_update_may_hold_in_memory(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.ingestion.insert(slice_of(0, 1))
    record = place.ingestion.stores.new()
    monkeypatch.setattr(place.ingestion.stores.of(record), "_update_bytes", 100)
    monkeypatch.setattr(cells, "BLOCK_BYTES", 16)
    place.ingestion.update_many("part", [slice_of(day, day + 1) for day in range(1, 8)])
    assert place.cells("part")[:, 0, 0].tolist() == list(range(1, 9))
    assert len(place.ingestion.history("part")) == 2


def test_nothing_is_written_without_parts(place: Place) -> None:
    place.ingestion.insert(slice_of(0, 1))
    assert place.ingestion.update_many("part", []) == 1
    with pytest.raises(NoSuchCoverage):
        place.ingestion.update_many("none", [])


BAD: list[tuple[Coverage, type[EOxServerError], str]] = [
    (slice_of(3, 3, north=9.5), InvalidSubsetting, "part 3 of 3: on axis Lat the cell at"),
    (coverage("part", (lat(10, 4), long(0, 4))), InconsistentChange, "part 3 of 3: the axes are Lat, Long"),
    (slice_of(3, 1 + 2j, dtype="complex64"), InconsistentChange, "part 3 of 3: field v is complex64"),
    (slice_of(3, 70000, dtype="int32"), InconsistentChange, "the value 70000 cannot be int16"),
]


@pytest.mark.parametrize(("bad", "error", "words"), BAD)
def test_a_part_that_does_not_fit_keeps_all_out(
    place: Place, bad: Coverage, error: type[EOxServerError], words: str
) -> None:
    place.ingestion.insert(slice_of(0, 1))
    before = state(place, "part")
    with pytest.raises(error, match=words):
        place.ingestion.update_many("part", [slice_of(1, 1), slice_of(2, 2), bad])
    assert state(place, "part") == before
    assert len(place.ingestion.history("part")) == 1
    with pytest.raises(error):
        place.ingestion.insert(replace(slice_of(0, 1), identifier="new"), parts=[slice_of(1, 1), slice_of(2, 2), bad])
    assert not place.catalogue.exists("new")
    assert len(place.cubes()) == 1


class Watched:
    """Counts how many sources are read at a time; each waits until so many are."""

    def __init__(self, together: int) -> None:
        self._barrier = threading.Barrier(together, timeout=60)
        self._lock = threading.Lock()
        self._reading = 0
        self.most = 0

    def enter(self) -> None:
        with self._lock:
            self._reading += 1
            self.most = max(self.most, self._reading)
        self._barrier.wait()
        with self._lock:
            self._reading -= 1


class WatchedSource(MemorySource):
    """A slice of cells of one value."""

    def __init__(self, watched: Watched, value: int) -> None:
        super().__init__(np.full((1, 1, 4, 4), value, "int16"))
        self.enter: Callable[[], None]
        object.__setattr__(self, "enter", watched.enter)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        self.enter()
        return super().read(box, fields, level)


def test_parts_are_read_at_a_time(place: Place) -> None:
    place.ingestion.insert(slice_of(0, 1))
    watched = Watched(READERS)
    parts = [replace(slice_of(day, 0), source=WatchedSource(watched, day)) for day in range(1, 1 + 2 * READERS)]
    place.ingestion.update_many("part", parts)
    assert watched.most == READERS
    assert place.cells("part")[:, 0, 0].tolist() == [1, *range(1, 1 + 2 * READERS)]


def test_a_part_that_cannot_be_read_keeps_all_out_and_no_thread_goes_on(place: Place) -> None:
    place.ingestion.insert(slice_of(0, 1))
    seen: list[int] = []

    class Failing(MemorySource):
        def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
            seen.append(int(self.values.max()))
            if seen[-1] == 2:
                raise DataUnavailable("file 2 is broken")
            return super().read(box, fields, level)

    def parts() -> Iterator[Coverage]:
        for day in range(1, 40):
            yield replace(slice_of(day, 0), source=Failing(np.full((1, 1, 4, 4), day, "int16")))

    threads = threading.active_count()
    with pytest.raises(DataUnavailable, match="file 2 is broken"):
        place.ingestion.update_many("part", list(parts()))
    assert threading.active_count() == threads
    assert max(seen) <= 2 + 2 * READERS
    assert len(place.ingestion.history("part")) == 1
