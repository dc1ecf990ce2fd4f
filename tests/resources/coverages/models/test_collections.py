# SPDX-License-Identifier: MIT
"""Collections cover their members, tell those above them, and never contain themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import shapely
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from eoxserver.conf.schema import Settings
from eoxserver.resources.coverages import models
from tests.resources.coverages.samples import box_footprint, rectified, series

START = datetime(2014, 5, 10, tzinfo=UTC)


def scene(identifier: str, number: int, **values: Any) -> models.RectifiedDataset:
    """A dataset 10 degrees and one day after the other."""
    begin = START + timedelta(days=number)
    box = (10.0 * number, 0.0, 10.0 * number + 5, 5.0)
    return rectified(identifier, box, begin_time=begin, end_time=begin + timedelta(hours=1), **values)


def state(one: models.EOObject) -> tuple[Any, ...]:
    """Footprint and times, as the database has them."""
    found = models.EOObject.objects.get(pk=one.pk)
    return found.footprint, found.begin_time, found.end_time


def test_insert_grows_remove_shrinks_in_all_collections_above(database: Settings) -> None:
    a, b, c = (scene(name, number) for number, name in enumerate("abc"))
    top, middle, bottom = series("top"), series("middle"), series("bottom")
    top.insert(middle)
    middle.insert(bottom)
    assert state(top) == (None, None, None)
    bottom.insert(a)
    assert state(top) == state(middle) == state(bottom) == state(a)
    bottom.insert(c)
    top.insert(b)
    whole = shapely.union_all([a.footprint, b.footprint, c.footprint])
    footprint, begin, end = state(top)
    assert footprint.equals(whole) and (begin, end) == (a.begin_time, c.end_time)
    footprint, begin, end = state(middle)
    assert footprint.equals(shapely.union(a.footprint, c.footprint)) and end == c.end_time
    bottom.remove(c)
    assert state(bottom) == state(middle) == state(a)
    footprint, begin, end = state(top)
    assert footprint.equals(shapely.union(a.footprint, b.footprint)) and (begin, end) == (a.begin_time, b.end_time)
    middle.remove(bottom)
    assert state(middle) == (None, None, None)
    assert state(top) == state(b)
    assert (middle.footprint, middle.begin_time) == (None, None)


def test_collections_reached_on_two_ways_are_computed_in_order(database: Settings) -> None:
    a, b = scene("a", 0), scene("b", 1)
    low, left, right, high = series("low", a, b), series("left"), series("right"), series("high")
    left.insert(low)
    right.insert(low, left)
    high.insert(right, low)
    low.remove(b)
    assert state(high) == state(right) == state(left) == state(low) == state(a)


def test_members_without_footprint_or_time_do_not_count(database: Settings) -> None:
    a, blank = scene("a", 0), rectified("blank", None)
    collection = series("s", blank, a)
    assert state(collection) == state(a)
    collection.remove(a)
    assert state(collection) == (None, None, None)
    assert [one.identifier for one in collection] == ["blank"]


def test_inserting_twice_changes_nothing(database: Settings) -> None:
    a, b = scene("a", 0), scene("b", 1)
    collection = series("s", a, b)
    before = state(collection)
    collection.insert(a)
    collection.insert(a, b)
    assert state(collection) == before and collection.eo_objects.count() == 2


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_a_cycle_is_refused_and_nothing_is_changed(database: Settings, depth: int) -> None:
    chain = [series(f"s{number}") for number in range(depth + 1)]
    for outer, inner in pairwise(chain):
        outer.insert(inner)
    a = scene("a", 0)
    with pytest.raises(ValidationError, match="which contains it"):
        chain[-1].insert(a, chain[0])
    assert models.Membership.objects.count() == depth
    assert state(chain[0]) == (None, None, None)
    with transaction.atomic():
        with pytest.raises(ValidationError):
            chain[-1].insert(chain[0])
        chain[-1].insert(a)
    assert state(chain[0]) == state(a)


def test_what_is_not_saved_cannot_be_inserted(database: Settings) -> None:
    with pytest.raises(ValidationError, match="'a' is not saved"):
        series("s").insert(rectified("a", save=False))
    with pytest.raises(ValidationError, match="'t' is not saved"):
        models.DatasetSeries(identifier="t").insert(rectified("b"))


def test_footprints_on_both_sides_of_the_date_line(database: Settings) -> None:
    east = rectified("east", (-180, 0, -170, 10))
    west = rectified("west", (170, 0, 180, 10))
    collection = series("s", east, west)
    assert (collection.west, collection.east) == (170, 190)
    assert models.DatasetSeries.objects.search((175, 1, -175, 2)).exists()


def test_polygons_that_cross_themselves_do_not_stop_an_insert(database: Settings) -> None:
    bow = shapely.MultiPolygon([shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])])
    one = models.EOObject.objects.create(identifier="bow", footprint=bow)
    other = rectified("other", (5, 0, 15, 10))
    collection = series("s", one, other)
    assert collection.footprint is not None and collection.footprint.is_valid
    assert collection.footprint.contains(shapely.Point(12, 5))


def test_a_bulk_of_members_needs_few_queries(database: Settings) -> None:
    for number in range(60):
        models.EOObject.objects.create(
            identifier=f"o{number}", footprint=box_footprint(number, 0, number + 1, 1), begin_time=START, end_time=START
        )
    members = list(models.EOObject.objects.all())
    collection = series("s")
    with CaptureQueriesContext(connection) as queries:
        collection.insert(*members)
    assert len(queries) < 15
    assert collection.footprint is not None and collection.footprint.bounds == (0, 0, 60, 1)


def test_refresh_gathers_changes_of_members(database: Settings) -> None:
    a = scene("a", 0)
    collection = series("s", a)
    outer = series("outer", collection)
    a.footprint = box_footprint(50, 50, 60, 60)
    a.save()
    collection.refresh()
    assert state(collection) == state(outer) == state(a)
