# SPDX-License-Identifier: MIT
"""Identifiers, times and types of objects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from eoxserver.conf.schema import Settings
from eoxserver.resources.coverages import models
from tests.resources.coverages.samples import box_footprint, item, rectified, series

NOON = datetime(2014, 5, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize("identifier", ["a", "_1", "CCI_L3_v02.2_201411", "été", "a-b.c", "a" * 256])
def test_ncnames_are_identifiers(database: Settings, identifier: str) -> None:
    rectified(identifier)
    assert models.EOObject.objects.get().identifier == identifier


@pytest.mark.parametrize("identifier", ["", "1a", "a b", "a:b", "-a", "a/b", "a" * 257, "a\n"])
def test_other_texts_are_none(database: Settings, identifier: str) -> None:
    with pytest.raises(ValidationError) as told:
        models.EOObject(identifier=identifier).full_clean()
    assert "identifier" in told.value.message_dict


def test_identifiers_are_unique_over_all_types(database: Settings) -> None:
    rectified("a")
    with pytest.raises(ValidationError, match="already an object with this identifier"):
        models.DatasetSeries(identifier="a").full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        models.DatasetSeries(identifier="a").save()
    assert models.EOObject.objects.count() == 1


def test_times_are_utc_whatever_their_offset(database: Settings) -> None:
    east = timezone(timedelta(hours=2))
    rectified("a", begin_time=datetime(2014, 5, 10, 14, tzinfo=east), end_time=datetime(2014, 5, 10, 15, tzinfo=east))
    found = models.Coverage.objects.get()
    assert found.begin_time == NOON and found.begin_time.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"begin_time": NOON, "end_time": NOON - timedelta(seconds=1)}, "end_time"),
        ({"begin_time": datetime(2014, 5, 10)}, "begin_time"),  # noqa: DTZ001 (what is refused)
    ],
)
def test_wrong_times_are_told_by_full_clean(database: Settings, values: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as told:
        rectified("a", save=False, **values).full_clean()
    assert list(told.value.message_dict) == [field]


def test_database_refuses_times_in_the_wrong_order(database: Settings) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        models.EOObject.objects.create(identifier="a", begin_time=NOON, end_time=NOON - timedelta(seconds=1))


def test_real_type_is_that_of_the_first_save(database: Settings) -> None:
    rectified("a")
    as_coverage = models.Coverage.objects.get()
    as_coverage.title = "Title"
    as_coverage.save()
    found = models.EOObject.objects.get()
    assert (found.real_type, found.title) == ("coverages.rectifieddataset", "Title")
    assert type(found.cast()) is models.RectifiedDataset
    assert models.EOObject(identifier="new").cast().identifier == "new"


def test_deleting_takes_everything_along_but_storages(database: Settings) -> None:
    dataset = rectified("a")
    item(dataset, "/a.tif")
    models.Coverage.objects.get().delete()
    for model in (models.EOObject, models.Coverage, models.RectifiedDataset):
        assert not model._default_manager.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM backends_dataitem")
        assert cursor.fetchone()[0] == 0


@pytest.mark.parametrize("by_query", [True, False])
def test_collections_forget_what_is_deleted(database: Settings, by_query: bool) -> None:
    first = rectified("a", (0, 0, 10, 10), begin_time=NOON, end_time=NOON)
    second = rectified("b", (20, 0, 30, 10), begin_time=NOON + timedelta(days=1), end_time=NOON + timedelta(days=1))
    inner = series("inner", first, second)
    outer = series("outer", inner)
    if by_query:
        models.Coverage.objects.filter(identifier="b").delete()
    else:
        second.delete()
    for one in (inner, outer):
        one.refresh_from_db()
        assert one.footprint == box_footprint(0, 0, 10, 10)
        assert (one.begin_time, one.end_time) == (NOON, NOON)
    inner.delete()
    outer.refresh_from_db()
    assert (outer.footprint, outer.begin_time, outer.end_time) == (None, None, None)
    assert models.Coverage.objects.count() == 1


def test_managers_do_not_delete(database: Settings) -> None:
    rectified("a")
    assert not hasattr(models.Coverage.objects, "delete")
    assert models.Coverage.objects.exists()


def test_bounded_queries_to_save(database: Settings) -> None:
    with CaptureQueriesContext(connection) as queries:
        rectified("a")
    inserts = [query for query in queries if query["sql"].startswith("INSERT")]
    assert len(inserts) == 3
