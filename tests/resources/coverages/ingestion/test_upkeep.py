# SPDX-License-Identifier: MIT
"""What is left by processes that end between the store's commit and the catalogue's transaction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError

from eoxserver.backends.models import Storage
from eoxserver.core.errors import CatalogueUnavailable, StorageUnreachable, VersionConflict
from eoxserver.core.metadata import ExtraMetadata, GivenParts, PartMetadata
from eoxserver.resources.coverages.ingestion import pending, publishing, writing
from eoxserver.resources.coverages.models import Coverage, PendingCube
from tests.resources.coverages.ingestion.coverages import Place, slice_of, times

INGESTION = "eoxserver.resources.coverages.ingestion"


class Killed(BaseException):
    """Ends the process, so to say: no ``except Exception`` sees it."""


@pytest.fixture
def die(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Answer a function that lets a function of ingestion end the process."""

    def killed(*args: Any, **more: Any) -> None:
        raise Killed

    return lambda name: monkeypatch.setattr(f"{INGESTION}.{name}", killed)


def about(day: float) -> ExtraMetadata:
    """Metadata of the slice at a day."""
    return ExtraMetadata(parts=GivenParts((PartMetadata({"ansi": (day, day)}, {"day": day}),)))


def days(place: Place) -> list[Any]:
    """The days of which the coverage has metadata."""
    found = place.catalogue.coverage("part")
    return [part.values["day"] for part in found.extra.parts.within(found.domain)]


def test_an_update_that_was_interrupted_is_finished(place: Place, die: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    place.ingestion.insert(slice_of(1, 1))
    with monkeypatch.context():
        die("changing.publish")
        for day in (2, 3):
            with pytest.raises(Killed):
                place.ingestion.update("part", slice_of(day, day, extra=about(day)))
        monkeypatch.undo()
    assert place.cells("part")[:, 0, 0].tolist() == [1]
    assert dict(place.ingestion.verify()) == {"part": ()}
    assert [text for text in place.ingestion.recover() if "part" in text] == [
        "coverage part is served at version 3, no longer at 1"
    ]
    assert place.cells("part")[:, 0, 0].tolist() == [1, 2, 3]
    assert days(place) == [2, 3]
    assert place.ingestion.recover() == []


def test_the_next_update_finishes_the_one_before(place: Place, die: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    place.ingestion.insert(slice_of(1, 1))
    with monkeypatch.context():
        die("changing.publish")
        with pytest.raises(Killed):
            place.ingestion.update("part", slice_of(2, 2, extra=about(2)))
        monkeypatch.undo()
    place.ingestion.update("part", slice_of(0.5, 3, north=11.0, extra=about(0.5)))
    assert place.catalogue.coverage("part").domain.axes[0] == times(0.5, 1, 2)
    assert days(place) == [2, 0.5]


def test_an_insertion_that_was_interrupted_never_happened(
    place: Place, die: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context():
        die("ingestion.insert_row")
        with pytest.raises(Killed):
            place.ingestion.insert(slice_of(1, 1))
        monkeypatch.undo()
    assert not place.catalogue.exists("part")
    assert len(place.cubes()) == 1
    assert place.ingestion.recover() == []
    assert len(place.cubes()) == 1, "somebody may be about to name it"
    place.ingestion.insert(slice_of(1, 2))
    assert len(place.cubes()) == 2


def test_an_insertion_is_given_up_after_a_while(place: Place, die: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context():
        die("ingestion.insert_row")
        with pytest.raises(Killed):
            place.ingestion.insert(slice_of(1, 1))
        monkeypatch.undo()
    PendingCube.objects.update(since=datetime.now(UTC) - 2 * pending.GRACE)
    assert place.ingestion.recover() == [], "the cube is a second old"
    monkeypatch.setattr(pending, "GRACE", timedelta(0))
    assert len(place.ingestion.recover()) == 1
    assert place.cubes() == []
    assert PendingCube.objects.count() == 0


def test_an_insertion_that_was_given_up_does_not_come_back(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def given_up(*args: Any) -> int:
        number = make(*args)
        PendingCube.objects.update(doomed=True)
        return number

    make = writing.make_cube
    monkeypatch.setattr(f"{INGESTION}.ingestion.make_cube", given_up)
    with pytest.raises(VersionConflict, match="given up"):
        place.ingestion.insert(slice_of(1, 1))
    assert not place.catalogue.exists("part")
    assert place.cubes() == []


def test_a_deletion_that_was_interrupted_is_finished(place: Place, die: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    place.ingestion.insert(slice_of(1, 1))
    with monkeypatch.context():
        die("pending.sweep")
        with pytest.raises(Killed):
            place.ingestion.delete(["part"])
        monkeypatch.undo()
    assert not place.catalogue.exists("part")
    assert len(place.cubes()) == 1
    place.ingestion.insert(slice_of(1, 2))
    assert len(place.cubes()) == 1
    assert place.cells("part")[0, 0, 0] == 2


def test_a_cube_that_cannot_be_removed_is_removed_later(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.ingestion.insert(slice_of(1, 1))
    store = place.ingestion.stores.of(Storage.objects.get())

    def fail(name: str) -> None:
        raise StorageUnreachable("the bucket does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(store, "delete", fail)
        place.ingestion.delete(["part"])
    assert len(place.cubes()) == 1
    assert len(place.ingestion.recover()) == 1
    assert place.cubes() == []


def test_cubes_that_the_catalogue_does_not_know_stay(place: Place) -> None:
    """A catalogue from an older backup must not cost cells."""
    place.ingestion.insert(slice_of(1, 1))
    Coverage.objects.all().delete()
    assert place.ingestion.recover() == []
    assert [(row.identifier, row.version) for row in place.ingestion.cubes()] == [(None, None)]


def test_a_cube_that_a_coverage_names_is_not_given_up(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can tell whether a transaction came through when the connection is lost in its last moment."""

    def insert_and_fail(*args: Any) -> None:
        insert_row(*args)
        pending.give_up(place.ingestion.stores, Storage.objects.get(), args[4])
        named.extend(place.cubes())
        raise DatabaseError("connection lost")

    named: list[str] = []
    insert_row = publishing.insert_row
    monkeypatch.setattr(f"{INGESTION}.ingestion.insert_row", insert_and_fail)
    with pytest.raises(CatalogueUnavailable):
        place.ingestion.insert(slice_of(1, 1))
    assert len(named) == 1
    assert not place.catalogue.exists("part")
    assert place.cubes() == []
    assert PendingCube.objects.count() == 0


def test_broken_cells_are_told(place: Place) -> None:
    place.ingestion.insert(slice_of(1, 1))
    folder = place.settings.path("cubes")
    for file in folder.rglob("*"):
        if file.is_file() and file.parent.name == "d":
            file.write_bytes(b"")
    found = dict(place.ingestion.verify(["part"]))
    assert len(found["part"]) > 0
    assert dict(place.ingestion.verify(["other"])) == {}
