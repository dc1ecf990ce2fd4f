# SPDX-License-Identifier: MIT
"""Many threads change and read one coverage; processes do so in tests/integration/test_ingestion_processes.py."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection, connections

from eoxserver.backends.cubes.database import Database
from eoxserver.backends.cubes.ocdbt import OcdbtCubeStore
from eoxserver.backends.cubes.session import Session
from eoxserver.core.errors import CoverageExists, DataUnavailable, EOxServerError, NoSuchCoverage, VersionConflict
from eoxserver.core.metadata import ExtraMetadata
from eoxserver.resources.coverages import catalogue, loading
from eoxserver.resources.coverages.ingestion.ingestion import Ingestion
from eoxserver.resources.coverages.models import EOObject, PendingCube
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

    monkeypatch.setattr("eoxserver.resources.coverages.ingestion.ingestion.add_parts", too_late)
    with pytest.raises(VersionConflict, match="'part' is being changed by others; nothing was changed"):
        place.ingestion.update("part", slice_of(1, 2))


def test_updates_made_for_one_grid_are_all_applied(place: Place) -> None:
    place.ingestion.insert(slice_of(0, 1))
    grid = place.ingestion.grid("part")
    found = [place.ingestion.update("part", slice_of(day, day + 1), grid=grid) for day in (1, 2, 3)]
    assert found == [2, 3, 4]
    assert place.cells("part")[:, 0, 0].tolist() == [1, 2, 3, 4]


def test_a_grid_of_a_coverage_that_was_replaced(place: Place) -> None:
    """What the grid says of where the coverage was is not believed when it is not there any more."""
    place.ingestion.insert(slice_of(0, 1))
    grid = place.ingestion.grid("part")
    place.ingestion.delete(["part"])
    with pytest.raises(NoSuchCoverage):
        place.ingestion.update("part", slice_of(1, 2), grid=grid)
    place.ingestion.insert(slice_of(5, 5))
    assert place.ingestion.update("part", slice_of(6, 6), grid=grid) == 2
    assert place.cells("part")[:, 0, 0].tolist() == [5, 6]


def test_an_old_grid_is_looked_up_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Metadata that were changed since are those of the new version."""
    place.ingestion.insert(slice_of(0, 1))
    grid = place.ingestion.grid("part")
    place.ingestion.set_metadata("part", {"a": "new"}, ExtraMetadata())
    monkeypatch.setattr("eoxserver.resources.coverages.ingestion.changing.FRESH", 0.0)
    version = place.ingestion.update("part", slice_of(1, 2), grid=grid)
    assert place.ingestion.coverage("part", version).metadata == {"a": "new"}


def test_a_grid_of_another_coverage_is_not_used(place: Place) -> None:
    place.ingestion.insert(slice_of(0, 1))
    other = replace(slice_of(0, 1), identifier="other")
    place.ingestion.insert(other)
    place.ingestion.update("part", slice_of(1, 2), grid=place.ingestion.grid("other"))
    assert (len(place.cells("part")), len(place.cells("other"))) == (2, 1)


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


def _remove_files(place: Place) -> None:
    """What a deletion in another process has done when it is half done: the files are gone, the names are there."""
    for folder in place.settings.path("cubes/data").iterdir():
        shutil.rmtree(folder)


def _delete_before(
    place: Place, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, then: Callable[[], None]
) -> None:
    """Before a method works for the first time, somebody deletes the coverage and its files."""
    method = getattr(owner, name)
    left = [True]

    def deleting(self: Any, *args: Any, **kwargs: Any) -> Any:
        if left:
            left.clear()
            EOObject.objects.filter(identifier="part").delete()
            _remove_files(place)
            then()
        return method(self, *args, **kwargs)

    monkeypatch.setattr(owner, name, deleting)


CHANGES: dict[str, Callable[[Ingestion], Any]] = {
    "update": lambda ingestion: ingestion.update("part", slice_of(1, 2)),
    "add_overview": lambda ingestion: ingestion.add_overview("part", {"Lat": 2, "Long": 2}),
    "remove_overview": lambda ingestion: ingestion.remove_overview("part", {"Lat": 4, "Long": 4}),
    "compact": lambda ingestion: ingestion.compact("part"),
}
LOOKS: dict[str, Callable[[Ingestion], Any]] = {
    "overviews": lambda ingestion: ingestion.overviews("part"),
    "history": lambda ingestion: ingestion.history("part"),
    "coverage": lambda ingestion: ingestion.coverage("part", 1),
    "export": lambda ingestion: ingestion.export("part", "memory://there"),
}
STEPS = {
    "a version is looked for": (Database, "manifest"),
    "a version is finished": (Session, "finish"),
}


def _grown(place: Place) -> None:
    place.ingestion.insert(slice_of(0, 1))
    place.ingestion.add_overview("part", {"Lat": 4, "Long": 4})


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("change", CHANGES)
def test_a_coverage_whose_files_go_in_the_middle_of_a_change_is_missing(
    place: Place, monkeypatch: pytest.MonkeyPatch, change: str, step: str
) -> None:
    _grown(place)
    if change == "compact" and step == "a version is finished":
        _delete_before(place, monkeypatch, OcdbtCubeStore, "_new_database", lambda: None)
    else:
        _delete_before(place, monkeypatch, *STEPS[step], lambda: None)
    with pytest.raises(NoSuchCoverage, match="no coverage 'part'"):
        CHANGES[change](place.ingestion)


@pytest.mark.parametrize("look", LOOKS)
def test_a_coverage_whose_files_go_while_one_looks_into_it_is_missing(
    place: Place, monkeypatch: pytest.MonkeyPatch, look: str
) -> None:
    _grown(place)
    _delete_before(place, monkeypatch, Database, "manifest", lambda: None)
    with pytest.raises(NoSuchCoverage, match="no coverage 'part'"):
        LOOKS[look](place.ingestion)


def test_an_update_of_a_coverage_that_is_deleted_and_inserted_again_changes_the_new_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    _grown(place)
    _delete_before(place, monkeypatch, Session, "finish", lambda: place.ingestion.insert(slice_of(7, 8)))
    place.ingestion.update("part", slice_of(9, 10))
    assert place.cells("part")[:, 0, 0].tolist() == [8, 10]


def test_a_store_that_fails_is_told_while_the_coverage_is_there(place: Place) -> None:
    _grown(place)
    _remove_files(place)
    for work in (*CHANGES.values(), *LOOKS.values()):
        with pytest.raises(DataUnavailable, match=r"cube part-\w+ (cannot be read|is not complete)"):
            work(place.ingestion)


def test_a_coverage_that_is_deleted_while_cubes_are_verified_has_no_problems(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    _grown(place)
    place.ingestion.insert(coverage("other", (lat(10, 4), long(0, 4))))
    assert dict(place.ingestion.verify()) == {"other": (), "part": ()}
    _delete_before(place, monkeypatch, OcdbtCubeStore, "verify", lambda: None)
    assert [identifier for identifier, problems in place.ingestion.verify() if identifier == "part"] == []
