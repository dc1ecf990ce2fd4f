# SPDX-License-Identifier: MIT
"""Searches by place and time find what a look at every object finds, on both databases and by their indexes."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import FieldError
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from shapely.geometry import MultiPolygon, Point, Polygon, box

from eoxserver.conf.schema import Settings
from eoxserver.resources.coverages.geometries import Box, multi_polygon
from eoxserver.resources.coverages.models import Coverage, EOObject
from eoxserver.resources.coverages.search.regions import Region
from tests.resources.coverages.samples import box_footprint, rectified, series

START = datetime(2014, 1, 1, tzinfo=UTC)
EVERYWHERE = (-180.0, -90.0, 180.0, 90.0)


def scattered(count: int) -> list[EOObject]:
    """Unsaved objects all over the Earth and a year: some cross the date line, some lack footprint or times."""
    chance = random.Random(7)
    objects = []
    for number in range(count):
        x, y, radius = chance.uniform(-180, 180), chance.uniform(-80, 80), chance.uniform(0.01, 9)
        corners = np.linspace(0, 2 * np.pi, chance.choice([4, 5, 9]), endpoint=False) + chance.random()
        footprint = multi_polygon(
            Polygon(np.column_stack([x + radius * np.cos(corners), y + radius * np.sin(corners)]))
        )
        begin = START + timedelta(seconds=chance.randrange(365 * 86400))
        end = begin + timedelta(seconds=chance.choice([0, 1, 300, 86400]))
        kind = number % 10
        objects.append(
            EOObject(
                identifier=f"o{number}",
                real_type="coverages.eoobject",
                footprint=None if kind == 8 else footprint,
                begin_time=None if kind == 9 else begin,
                end_time=None if kind in (7, 9) else end,
            )
        )
    return objects


@pytest.fixture
def objects(database: Settings) -> list[EOObject]:
    """Answer 400 objects that are in the catalogue, as the database gives them back."""
    EOObject.objects.bulk_create(scattered(400))
    return list(EOObject.objects.all())


def names(found: Any) -> list[str]:
    return sorted(one.identifier for one in found)


REGIONS = [
    box(5, 5, 40, 40),
    box(-180, -90, 180, 90),
    Polygon([(0, -60), (60, 0), (0, 60), (-60, 0)]),
    Polygon([(-20, -20), (-10, 30), (25, -10)]),
    MultiPolygon([box(160, -40, 180, 40), box(-180, -40, -160, 40)]),
    MultiPolygon([box(-50, 0, -40, 10), box(30, 30, 60, 60)]),
    box(-180, -30, -170, 30),
]


RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "intersects": lambda footprint, region: footprint.intersects(region),
    "within": lambda footprint, region: footprint.within(region),
    "contains": lambda footprint, region: footprint.contains(region),
    "disjoint": lambda footprint, region: footprint.disjoint(region),
}


def test_lookups_find_what_a_look_at_every_object_finds(objects: list[EOObject]) -> None:
    placed = [one for one in objects if one.footprint is not None]
    for region, (name, holds) in product(REGIONS, RELATIONS.items()):
        wanted = names(one for one in placed if holds(one.footprint, region))
        assert names(EOObject.objects.filter(**{f"footprint__{name}": region})) == wanted, (name, region)
        others = names(one for one in objects if one.identifier not in wanted)
        assert names(EOObject.objects.exclude(**{f"footprint__{name}": region})) == others, (name, region)


def test_contains_a_point_and_a_part(objects: list[EOObject]) -> None:
    for one in objects[:40]:
        if one.footprint is not None:
            point = one.footprint.representative_point()
            wanted = names(o for o in objects if o.footprint is not None and o.footprint.contains(point))
            assert names(EOObject.objects.filter(footprint__contains=point)) == wanted
            assert one.identifier in wanted


BOXES = [
    (5, 5, 40, 40), (170, -90, -170, 90), (-180, -90, 180, 90), (-200, -30, -160, 30), (170, 0, 200, 60),
    (12, 12, 12, 12), (-10, 3, 20, 3), (179, -80, 180, 80), (-180, -80, -179, 80), (0, 0, 0.001, 0.001),
]  # fmt: skip


def around(one: EOObject) -> list[tuple[float, float]]:
    """The longitudes of the box around an object, as they are and a turn on."""
    assert one.west is not None and one.east is not None
    return [(one.west, one.east), (one.west - 360, one.east - 360), (one.west + 360, one.east + 360)]


def test_bbox_compares_boxes_round_the_earth(objects: list[EOObject]) -> None:
    for bounds in BOXES:
        west, south, east, north = bounds
        east += 360 if west > east else 0
        wanted, at_the_line = [], []
        for one in objects:
            if one.south is None or one.north is None or one.south > north or one.north < south:
                continue
            if any(low <= east and high >= west for low, high in around(one)):
                wanted.append(one)
            if any(low == east or high == west for low, high in around(one)):
                at_the_line.append(one)
        found = set(names(EOObject.objects.filter(footprint__bbox=bounds)))
        # Whether boxes on different sides of the date line touch is not promised.
        assert found | set(names(at_the_line)) == set(names(wanted)) | set(names(at_the_line)), bounds
        assert set(names(EOObject.objects.search(bounds))) <= found, bounds


PLACES: dict[Box | None, Any] = {
    None: None,
    (5.0, 5.0, 60.0, 60.0): box(5, 5, 60, 60),
    (160.0, -50.0, -150.0, 50.0): MultiPolygon([box(160, -50, 180, 50), box(-180, -50, -150, 50)]),
    EVERYWHERE: box(*EVERYWHERE),
}
DAYS = [(0, 400), (100, 130), (None, 50), (300, None), (100, 100)]


def meets(one: EOObject, region: Any, begin: datetime | None, end: datetime | None, closed: bool) -> bool:
    """Whether an object meets a region and a span of time."""
    first, last = one.begin_time or one.end_time, one.end_time or one.begin_time
    if first is None or last is None or (region is not None and one.footprint is None):
        return False
    if region is not None and one.footprint is not None and not one.footprint.intersects(region):
        return False
    if closed:
        return (end is None or first <= end) and (begin is None or last >= begin)
    return (end is None or first < end) and (begin is None or last > begin)


def test_search_by_place_and_time(objects: list[EOObject]) -> None:
    for (bounds, region), days, closed in product(PLACES.items(), DAYS, (True, False)):
        begin, end = (None if day is None else START + timedelta(days=day) for day in days)
        found = EOObject.objects.search(bounds, begin, end, closed=closed)
        wanted = names(one for one in objects if meets(one, region, begin, end, closed))
        assert names(found) == wanted, (bounds, days, closed)


def test_search_for_what_lies_within(objects: list[EOObject]) -> None:
    begin, end = START + timedelta(days=50), START + timedelta(days=200)
    found = EOObject.objects.search((-60, -60, 60, 60), begin, end, contained=True)
    region = box(-60, -60, 60, 60)
    wanted = [
        one for one in objects
        if one.footprint is not None and one.footprint.within(region)
        and one.begin_time is not None and one.end_time is not None and one.begin_time >= begin and one.end_time <= end
    ]  # fmt: skip
    assert names(found) == names(wanted) and wanted


def test_time_edges_are_exact_to_the_microsecond(database: Settings) -> None:
    instant = datetime(2014, 5, 10, 12, 0, 0, 123456, tzinfo=UTC)
    one = EOObject.objects.create(identifier="a", begin_time=instant, end_time=instant)
    tick = timedelta(microseconds=1)
    for begin, end, closed, hit in (
        (instant, instant, True, True),
        (instant, instant, False, False),
        (instant - tick, instant + tick, False, True),
        (instant + tick, instant + 9 * tick, True, False),
        (instant - 9 * tick, instant - tick, True, False),
    ):
        assert list(EOObject.objects.search(None, begin, end, closed=closed)) == ([one] if hit else [])


@pytest.mark.parametrize("year", [1, 1583, 1970, 9999])
def test_any_year_can_be_searched(database: Settings, year: int) -> None:
    instant = datetime(year, 6, 1, tzinfo=UTC)
    EOObject.objects.create(identifier="a", begin_time=instant, footprint=box_footprint(0, 0, 1, 1))
    day = timedelta(days=1)
    assert EOObject.objects.search((0, 0, 1, 1), instant - day, instant + day).count() == 1
    assert EOObject.objects.search((0, 0, 1, 1), instant + day, instant + 2 * day).count() == 0


def test_index_follows_every_way_of_writing(database: Settings) -> None:
    here, there = (0.0, 0.0, 10.0, 10.0), (50.0, 50.0, 60.0, 60.0)

    def where() -> tuple[bool, bool]:
        return EOObject.objects.search(here).exists(), EOObject.objects.search(there).exists()

    one = EOObject.objects.create(identifier="a", footprint=box_footprint(*here))
    assert where() == (True, False)
    EOObject.objects.filter(pk=one.pk).update(footprint=box_footprint(*there))
    assert where() == (False, True)
    one.footprint = box_footprint(*here)
    one.save(update_fields=["footprint"])
    assert where() == (True, False)
    one.footprint = box(*there).wkt
    EOObject.objects.bulk_update([one], ["footprint"])
    assert where() == (False, True)
    stored = EOObject.objects.get()
    assert (stored.west, stored.south, stored.east, stored.north) == there
    EOObject.objects.update(footprint=None)
    assert where() == (False, False)
    EOObject.objects.update(footprint=box(*here))
    one.refresh_from_db()
    one.delete()
    assert where() == (False, False)
    EOObject.objects.bulk_create([EOObject(identifier="b", real_type="coverages.eoobject", footprint=box(*there))])
    assert where() == (False, True)
    EOObject.objects.all().delete()
    assert where() == (False, False)


def test_a_deferred_footprint_keeps_its_box(database: Settings) -> None:
    EOObject.objects.create(identifier="a", footprint=box_footprint(0, 0, 10, 10))
    one = EOObject.objects.defer("footprint").get()
    one.title = "Title"
    one.save()
    stored = EOObject.objects.get()
    assert (stored.title, stored.west, stored.north) == ("Title", 0, 10)


def test_lookups_follow_relations(database: Settings) -> None:
    dataset = rectified("a", (0, 0, 10, 10))
    collection = series("s", dataset)
    assert Coverage.objects.search((5, 5, 6, 6)).get().identifier == "a"
    assert collection.eo_objects.search((5, 5, 6, 6)).get().pk == dataset.pk
    assert Coverage.objects.filter(collections__footprint__intersects=box(9, 9, 12, 12)).count() == 1
    assert Coverage.objects.filter(collections__footprint__intersects=box(11, 11, 12, 12)).count() == 0


def test_right_sides_of_lookups(database: Settings) -> None:
    EOObject.objects.create(identifier="a", footprint=box_footprint(0, 0, 10, 10))
    objects = EOObject.objects
    given: list[Any] = [
        box(1, 1, 2, 2), "POINT (1 1)", box(1, 1, 2, 2).wkb, {"type": "Point", "coordinates": [1, 1]}, (1, 1, 2, 2),
        Region(Point(1, 1)),
    ]  # fmt: skip
    for value in given:
        assert objects.filter(footprint__intersects=value).count() == 1, value
    with pytest.raises(ValueError, match="not a geometry"):
        objects.filter(footprint__intersects="nowhere")
    with pytest.raises(ValueError, match="no box"):
        objects.filter(footprint__bbox=(0, 5, 1, 4))
    with pytest.raises(ValueError, match="between -180 and 180"):
        objects.filter(footprint__within=box(170, 0, 190, 1))
    with pytest.raises(FieldError, match="not an expression"):
        objects.filter(footprint__intersects=F("footprint"))
    with pytest.raises(ValueError, match="before it begins"):
        objects.search(None, START, START - timedelta(days=1))
    with pytest.raises(ValueError, match="time zone"):
        objects.search(None, datetime(2014, 1, 1))  # noqa: DTZ001 (what it refuses)


def test_no_search_is_no_condition(objects: list[EOObject]) -> None:
    assert EOObject.objects.search().count() == len(objects)


def plan(queryset: Any) -> str:
    """The plan of a query, as the database tells it."""
    return str(queryset.explain())


@pytest.fixture
def many(database: Settings) -> Settings:
    """Answer settings of a catalogue of 20,000 objects."""
    chance = random.Random(5)
    objects = []
    for number in range(20_000):
        x, y = chance.uniform(-179, 179), chance.uniform(-80, 80)
        begin = START + timedelta(days=chance.uniform(0, 3650))
        footprint = box_footprint(x, y, x + 0.5, y + 0.5)
        objects.append(
            EOObject(identifier=f"o{number}", real_type="t", footprint=footprint, begin_time=begin, end_time=begin)
        )
    EOObject.objects.bulk_create(objects, batch_size=2000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return database


def test_searches_use_the_index(many: Settings) -> None:
    place = time = "coverages_eoobject_rtree"
    if connection.vendor == "postgresql":
        place, time = "coverages_eoobject_search", "coverages_eoobject_period"
    begin = START + timedelta(days=100)
    end = begin + timedelta(days=30)
    triangle = Polygon([(0, 0), (10, 0), (0, 10)])
    for index, found in (
        (place, EOObject.objects.search((5, 5, 6, 6), begin, end)),
        (place, EOObject.objects.search((5, 5, 6, 6))),
        (time, EOObject.objects.search(EVERYWHERE, begin, begin + timedelta(days=1))),
        (time, EOObject.objects.search(None, begin, begin + timedelta(days=1))),
        (place, EOObject.objects.search((179, 5, -179, 6), begin, end)),
        (place, EOObject.objects.filter(footprint__bbox=(5, 5, 6, 6))),
        (place, EOObject.objects.filter(footprint__intersects=box(5, 5, 6, 6))),
        (place, EOObject.objects.filter(footprint__within=box(5, 5, 6, 6))),
    ):
        text = plan(found)
        assert index in text, text
        assert "Seq Scan" not in text and "SCAN coverages_eoobject\n" not in f"{text}\n", text
    # What boxes cannot decide is looked up in the index first, then enters the query as keys.
    with CaptureQueriesContext(connection) as queries:
        hits = names(EOObject.objects.filter(footprint__intersects=triangle))
    everything = EOObject.objects.filter(footprint__isnull=False)
    assert hits == names(one for one in everything if triangle.intersects(one.footprint)) and hits
    assert len(queries) == (1 if connection.vendor == "sqlite" else 2)
    with connection.cursor() as cursor:
        cursor.execute(("EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN ") + queries[0]["sql"])
        text = "\n".join(str(row) for row in cursor.fetchall())
    assert place in text and "Seq Scan" not in text, text


def test_searches_over_joins_start_at_the_index(many: Settings) -> None:
    rectified("a", (5, 5, 6, 6))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    text = plan(Coverage.objects.search((5, 5, 6, 6)))
    if connection.vendor == "sqlite":
        assert "SCAN coverages_eoobject\n" not in f"{text}\n", text
    assert Coverage.objects.search((5, 5, 6, 6)).get().identifier == "a"


def test_a_broken_footprint_does_not_end_a_search(objects: list[EOObject], caplog: pytest.LogCaptureFixture) -> None:
    region = Polygon([(0, -60), (60, 0), (0, 60), (-60, 0)])
    found = names(EOObject.objects.filter(footprint__intersects=region))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE coverages_eoobject SET footprint = %s WHERE identifier = %s", [b"\x01junk", found[0]])
    left = EOObject.objects.filter(footprint__intersects=region).values_list("identifier", flat=True)
    assert sorted(left) == found[1:]


def test_every_object_stands_in_the_tree_once(objects: list[EOObject]) -> None:
    if connection.vendor != "sqlite":
        return  # PostgreSQL keeps its indexes itself.
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM coverages_eoobject_rtree")
        count = cursor.fetchone()[0]
        cursor.execute("SELECT rtreecheck('coverages_eoobject_rtree')")
        assert cursor.fetchone()[0] == "ok"
    assert count == sum(one.footprint is not None or one.begin_time is not None for one in objects)
