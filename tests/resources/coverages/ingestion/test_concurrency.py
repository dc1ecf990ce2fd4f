# SPDX-License-Identifier: MIT
"""Many threads change and read one coverage; processes do so in tests/integration/test_ingestion_processes.py."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

from eoxserver.core.errors import CoverageExists, EOxServerError, NoSuchCoverage, VersionConflict
from eoxserver.resources.coverages import catalogue, loading
from eoxserver.resources.coverages.models import PendingCube
from tests.resources.coverages.ingestion.coverages import Place, coverage, lat, long, read, slice_of, times


def closing(work: Callable[[int], Any]) -> Callable[[int], Any]:
    """Let a thread close its connections."""

    def run(number: int) -> Any:
        try:
            return work(number)
        finally:
            connections.close_all()

    return run


def in_threads(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Call a function in threads that begin together; answer what it answered, or raised."""
    barrier = threading.Barrier(count)

    def run(number: int) -> Any:
        barrier.wait()
        try:
            return work(number)
        except EOxServerError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(closing(run), range(count)))


def test_updates_at_a_time_are_all_applied(place: Place) -> None:
    place.ingestion.insert(slice_of(0, 1))
    found = in_threads(6, lambda number: place.ingestion.update("part", slice_of(number + 1, number + 2)))
    assert sorted(found) == [2, 3, 4, 5, 6, 7]
    assert place.cells("part")[:, 0, 0].tolist() == [1, 2, 3, 4, 5, 6, 7]


def test_somebody_who_is_always_slower_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.ingestion.insert(slice_of(0, 1))
    monkeypatch.setattr("time.sleep", lambda seconds: None)

    def too_late(*args: Any) -> int:
        raise VersionConflict("too late")

    monkeypatch.setattr("eoxserver.resources.coverages.ingestion.ingestion.write_part", too_late)
    with pytest.raises(VersionConflict, match="'part' is being changed by others; nothing was changed"):
        place.ingestion.update("part", slice_of(1, 2))


def test_of_insertions_at_a_time_one_succeeds(place: Place) -> None:
    found = in_threads(4, lambda number: place.ingestion.insert(slice_of(0, number)))
    assert found.count(None) == 1
    assert all(isinstance(each, CoverageExists) for each in found if each is not None)
    assert place.cells("part")[0, 0, 0] == found.index(None)
    assert len(place.cubes()) == 1
    assert PendingCube.objects.count() == 0


def test_updates_and_a_deletion_at_a_time(place: Place) -> None:
    place.ingestion.insert(slice_of(0, 1))

    def work(number: int) -> Any:
        if number == 0:
            return place.ingestion.delete(["part"])
        return place.ingestion.update("part", slice_of(number, 1))

    found = in_threads(4, work)
    assert found[0] is None
    assert all(isinstance(each, int | NoSuchCoverage) for each in found[1:]), found
    assert place.cubes() == []


def test_readers_see_whole_versions(place: Place) -> None:
    """Version n has n slices, all of whose cells are n."""
    place.ingestion.insert(slice_of(0, 1))
    over = threading.Event()
    seen: set[int] = set()

    def read_on(number: int) -> None:
        while not over.is_set():
            found = place.catalogue.coverage("part")
            cells = read(found)
            assert len(cells) == found.domain.shape[0]
            assert (cells == len(cells)).all()
            seen.add(len(cells))

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(closing(read_on), number) for number in range(3)]
        try:
            for number in range(2, 22):
                days = times(*range(number))
                place.ingestion.update("part", coverage("p", (days, lat(10, 4), long(0, 4)), number))
        finally:
            over.set()
        for reader in readers:
            reader.result()
    assert len(seen) > 1


def test_a_coverage_that_changes_while_it_is_loaded_is_loaded_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Axes are read before data items: the two must be of one version."""
    place.ingestion.insert(slice_of(0, 1))
    remaining = [3, 2, 1]
    data_items = loading._data_items

    def changing(keys: Any) -> Any:
        if remaining:
            place.ingestion.update("part", slice_of(remaining.pop(), 1))
        return data_items(keys)

    monkeypatch.setattr(loading, "_data_items", changing)
    assert place.cells("part").shape == (4, 4, 4)


def test_writers_wait_for_a_reader_that_found_changes_too_often(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.ingestion.insert(slice_of(0, 1))
    data_items = loading._data_items
    days = iter(range(1, 1000))

    def changing(keys: Any) -> Any:
        if not connection.in_atomic_block:
            place.ingestion.update("part", slice_of(next(days), 1))
        return data_items(keys)

    monkeypatch.setattr(loading, "_data_items", changing)
    found = place.cells("part")
    assert found.shape == (1 + catalogue._LOADS, 4, 4)
