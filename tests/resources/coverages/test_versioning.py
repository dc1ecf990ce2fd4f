# SPDX-License-Identifier: MIT
"""Every write counts, in its own transaction, whatever way it takes; reading does not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from eoxserver.app.django_setup import close_connections
from eoxserver.backends.models import DataItem, Package, Storage
from eoxserver.conf.schema import Settings
from eoxserver.core.axes import IndexAxis
from eoxserver.core.domain import Domain
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.versioning import catalogue_version
from tests.resources.coverages.samples import GREY, item, rectified, series


def counted(write: Callable[[], Any]) -> bool:
    """Whether the version grew by a write."""
    before = catalogue_version()
    write()
    after = catalogue_version()
    assert after >= before
    return after > before


def test_every_table_counts(database: Settings) -> None:
    """A migration that makes or remakes a table must give it its triggers."""
    tables = {
        model._meta.db_table
        for label in ("coverages", "backends", "crs")
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
        if model is not models.CatalogueVersion
    }
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'")
            found = {(table, name.removeprefix(f"{table}_")) for table, name in cursor.fetchall()}
            wanted = {(table, f"count_{event}") for table in tables for event in ("insert", "update", "delete")}
            wanted |= {("coverages_eoobject", f"rtree_{event}") for event in ("insert", "update", "delete")}
        else:
            cursor.execute("SELECT event_object_table, event_manipulation FROM information_schema.triggers")
            found = set(cursor.fetchall())
            wanted = {(table, event) for table in tables for event in ("INSERT", "UPDATE", "DELETE")}
    assert found == wanted


def test_every_way_of_writing_counts(database: Settings) -> None:
    dataset = rectified("a")
    collection = series("s")
    mosaic = models.RectifiedStitchedMosaic(
        identifier="m", size_x=1024, size_y=1024, min_x=0, min_y=0, max_x=90, max_y=90, srid=4326, range_type=GREY
    )
    cube = models.Coverage(identifier="c", range_type=GREY)
    referenceable = models.ReferenceableDataset(identifier="r", size_x=1, size_y=1, range_type=GREY)
    storage, package = Storage(url="/data", storage_type="local"), Package(location="/a.zip", format="ZIP")
    writes: list[Callable[[], Any]] = [
        mosaic.save,
        cube.save,
        referenceable.save,
        storage.save,
        package.save,
        lambda: item(dataset, "/a.tif"),
        lambda: collection.insert(dataset),
        lambda: collection.remove(dataset),
        lambda: mosaic.insert(dataset),
        lambda: cube.set_domain(Domain((IndexAxis("i", 3),))),
        lambda: models.EOObject.objects.filter(pk=dataset.pk).update(title="Title"),
        lambda: models.RectifiedDataset.objects.update(size_x=512),
        lambda: models.Coverage.objects.update(native_format="image/png"),
        lambda: models.ReferenceableDataset.objects.update(size_y=2),
        lambda: models.RectifiedStitchedMosaic.objects.update(size_y=20),
        lambda: models.Axis.objects.update(unit="m"),
        lambda: Storage.objects.update(name="n"),
        lambda: Package.objects.update(format="TAR"),
        lambda: DataItem.objects.update(format="image/png"),
        lambda: models.EOObject.objects.bulk_create([models.EOObject(identifier=f"b{n}") for n in range(3)]),
        lambda: models.EOObject.objects.bulk_create(
            [models.EOObject(identifier="b0"), models.EOObject(identifier="b9")], ignore_conflicts=True
        ),
        lambda: models.EOObject.objects.bulk_update([dataset], ["title"]),
        lambda: models.MosaicMember.objects.update(position=9),
        lambda: connection.cursor().execute("UPDATE coverages_eoobject SET title = 'raw'"),
        lambda: models.EOObject.objects.filter(identifier__startswith="b").delete(),
        mosaic.delete,
        dataset.delete,
        collection.delete,
        storage.delete,
    ]
    for number, write in enumerate(writes):
        assert counted(write), number


def test_reading_does_not_count(database: Settings) -> None:
    dataset = rectified("a")
    collection = series("s", dataset)
    assert not counted(lambda: list(models.EOObject.objects.all()))
    assert not counted(lambda: [one.cast() for one in collection])
    assert not counted(lambda: list(models.Coverage.objects.search((0, 0, 1, 1))))
    assert not counted(dataset.full_clean)


def test_a_write_that_is_taken_back_does_not_count(database: Settings) -> None:
    before = catalogue_version()
    with transaction.atomic():
        rectified("a")
        assert catalogue_version() > before
        transaction.set_rollback(True)
    assert catalogue_version() == before


def test_readers_see_the_version_with_the_write(database: Settings) -> None:
    """Another connection sees neither before the commit, both after it."""
    before = catalogue_version()
    seen: list[tuple[int, bool]] = []

    def look() -> None:
        try:
            seen.append((catalogue_version(), models.EOObject.objects.exists()))
        finally:
            close_connections()

    def look_from_another_thread() -> None:
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    with transaction.atomic():
        rectified("a")
        look_from_another_thread()
    look_from_another_thread()
    assert seen[0] == (before, False)
    assert seen[1] == (catalogue_version(), True) and seen[1][0] > before


def test_writers_do_not_block_each_other_for_good(database: Settings) -> None:
    """Many threads that write the same rows in different orders all come through, each write counted."""
    first, second = rectified("a"), rectified("b")
    before = catalogue_version()
    failures: list[BaseException] = []

    def write(number: int) -> None:
        pair = (first.pk, second.pk) if number % 2 else (second.pk, first.pk)
        try:
            for _ in range(10):
                with transaction.atomic():
                    for key in pair:
                        models.EOObject.objects.filter(pk=key).update(title=f"{number}")
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            close_connections()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert catalogue_version() - before == 4 * 10 * 2


def test_version_is_one_cheap_query(database: Settings) -> None:
    with CaptureQueriesContext(connection) as queries:
        catalogue_version()
    assert len(queries) == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM coverages_catalogueversion")
        assert cursor.fetchone()[0] == 1


def test_an_emptied_database_goes_on_counting(database: Settings) -> None:
    rectified("a")
    call_command("flush", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM coverages_catalogueversion")
    assert catalogue_version() == 0
    assert counted(lambda: rectified("a"))
    assert catalogue_version() > 1_500_000_000
    assert counted(lambda: rectified("b"))


def test_migrations_can_be_taken_back(database: Settings) -> None:
    call_command("migrate", "coverages", "0001", verbosity=0)
    call_command("migrate", verbosity=0)
    assert counted(lambda: rectified("a"))
    assert models.Coverage.objects.search((1, 1, 2, 2)).exists()


def test_rows_from_before_the_index_are_found(database: Settings) -> None:
    call_command("migrate", "coverages", "0001", verbosity=0)
    models.EOObject.objects.create(identifier="old", footprint="POLYGON ((0 0, 0 9, 9 9, 0 0))")
    call_command("migrate", verbosity=0)
    assert models.EOObject.objects.search((0, 0, 1, 1)).get().identifier == "old"
