# SPDX-License-Identifier: MIT
"""Lists of coverages and collections, and members of collections, in few queries and little memory."""

from __future__ import annotations

import logging
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import shapely
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eoxserver.conf.schema import OwsCommon, Settings
from eoxserver.core.axes import IrregularAxis, Role
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import DataUnavailable, NoSuchCoverage
from eoxserver.core.rasters import raster_domain
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.catalogue import Catalogue
from tests.resources.coverages.arrays import open_catalogue
from tests.resources.coverages.samples import GREY, GREY_JSON, rectified, series, small

START = datetime(2014, 5, 10, tzinfo=UTC)
WGS84 = parse_crs("EPSG:4326")
ANSI = parse_crs("http://www.opengis.net/def/crs/OGC/0/AnsiDate")


def test_summaries_tell_what_capabilities_need(catalogue: Catalogue) -> None:
    assert list(catalogue.summaries()) == []
    small("b", title="B", abstract="about b", begin_time=START, end_time=START + timedelta(hours=1))
    rectified("a", (170, -10, 180, 10), footprint=shapely.box(170, -10, 190, 10), srid=4326)
    small("hidden", visible=False)
    rectified("utm", None, srid=32633, min_x=4e5, max_x=5e5, min_y=5.0e6, max_y=5.1e6)
    series("s")
    found = list(catalogue.summaries())
    assert [one.identifier for one in found] == ["a", "b", "utm"]
    a, b, utm = found
    assert (b.title, b.abstract, b.begin_time, b.end_time) == ("B", "about b", START, START + timedelta(hours=1))
    assert b.domain == catalogue.coverage("b").domain and b.wgs84_bounds == (0.0, 0.0, 4.0, 3.0)
    assert a.wgs84_bounds == (-180.0, -10.0, 180.0, 10.0)
    assert utm.wgs84_bounds is not None and np.allclose(utm.wgs84_bounds, (13.7, 45.1, 15.0, 46.1), atol=0.1)


def test_summaries_have_the_domains_of_coverages(catalogue: Catalogue) -> None:
    names = ["cube", "flat", "m", "raster", "swath"]
    times = IrregularAxis("ansi", np.array([148654.5, 148660.0]), ANSI, "d", Role.T)
    raster = raster_domain(WGS84, (0, 0, 4, 3), 4, 3)
    models.Coverage.objects.create(identifier="cube", range_type=GREY).set_domain(
        Domain((*raster.axes, times), ("ansi", *raster.crs_labels))
    )
    small("raster").set_domain(Domain((times, *raster.axes), ("ansi", *raster.crs_labels)))
    small("flat", north_up=False)
    models.ReferenceableDataset.objects.create(identifier="swath", size_x=5, size_y=2, range_type=GREY)
    models.RectifiedStitchedMosaic.objects.create(
        identifier="m", size_x=6, size_y=4, min_x=0, min_y=0, max_x=6, max_y=4, srid=4326, range_type=GREY
    )
    found = {one.identifier: one for one in catalogue.summaries()}
    assert sorted(found) == names
    for one in catalogue.coverages(names):
        assert found[one.identifier].domain == one.domain
        assert found[one.identifier].domain.crs_labels == one.domain.crs_labels
    assert found["swath"].wgs84_bounds is None


def test_one_broken_coverage_breaks_no_list(catalogue: Catalogue, caplog: pytest.LogCaptureFixture) -> None:
    for name in "abcdefg":
        small(name)
    cube = models.Coverage.objects.create(identifier="h", range_type=GREY)
    cube.set_domain(Domain((IrregularAxis("ansi", np.array([1.0, 2.0]), ANSI, "d", Role.T),)))
    with connection.cursor() as cursor:
        for table, change, name in (
            ("coverages_coverage", "srid = 1", "a"),
            ("coverages_coverage", "srid = NULL, projection = 'nonsense'", "b"),
            ("coverages_rectifieddataset", "size_x = 0", "c"),
            ("coverages_coverage", "range_type = '{'", "d"),
            ("coverages_eoobject", "real_type = 'nobody.knows'", "e"),
        ):
            key = models.EOObject.objects.get(identifier=name).pk
            column = {"coverages_eoobject": "id", "coverages_coverage": "eoobject_ptr_id"}.get(table, "coverage_ptr_id")
            cursor.execute(f"UPDATE {table} SET {change} WHERE {column} = %s", [key])
        cursor.execute("UPDATE coverages_axis SET coefficients = %s", [b"\x00" * 9])
        cursor.execute("UPDATE coverages_eoobject SET footprint = %s WHERE identifier = 'f'", [b"\x01"])
    with caplog.at_level(logging.WARNING):
        assert [one.identifier for one in catalogue.summaries()] == ["d", "e", "f", "g"]
    assert [record.getMessage().split()[1] for record in caplog.records] == ["a", "b", "c", "h"]
    for name in "abcdefh":
        with pytest.raises(DataUnavailable, match="broken in the catalogue"):
            catalogue.coverage(name)
    assert catalogue.coverage("g").identifier == "g"
    assert catalogue.version() > 0


def test_lists_of_thousands_take_one_query_and_little_memory(catalogue: Catalogue) -> None:
    count = 3000
    models.EOObject.objects.bulk_create(
        [
            models.EOObject(identifier=f"c{number:05}", real_type="coverages.rectifieddataset", abstract="x" * 1000)
            for number in range(count)
        ]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO coverages_coverage (eoobject_ptr_id, range_type, srid, projection, native_format)"
            " SELECT id, %s, 4326, '', '' FROM coverages_eoobject", [GREY_JSON],
        )  # fmt: skip
        cursor.execute(
            "INSERT INTO coverages_rectifieddataset"
            " (coverage_ptr_id, size_x, size_y, min_x, min_y, max_x, max_y, north_up)"
            " SELECT id, 10, 10, 0, 0, 10, 10, %s FROM coverages_eoobject", [True],
        )  # fmt: skip
    with CaptureQueriesContext(connection) as queries:
        assert sum(1 for _ in catalogue.summaries()) == count
    assert len([query for query in queries if "SELECT" in query["sql"]]) <= 1
    tracemalloc.start()
    try:
        largest = 0
        for _ in catalogue.summaries():
            largest = max(largest, tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert largest < 3_000_000


def test_a_list_that_is_left_early_leaves_nothing_open(catalogue: Catalogue) -> None:
    for number in range(600):
        models.EOObject.objects.create(identifier=f"s{number}", real_type="coverages.datasetseries")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO coverages_collection (eoobject_ptr_id) SELECT id FROM coverages_eoobject")
    assert next(catalogue.collections()).identifier == "s0"
    assert len(list(catalogue.collections())) == 600
    small("a")
    assert catalogue.coverage("a").identifier == "a"


def test_search_among_coverages(catalogue: Catalogue) -> None:
    for number in range(5):
        begin = START + timedelta(days=number)
        rectified(f"c{number}", (10 * number, 0, 10 * number + 5, 5), begin_time=begin, end_time=begin)
    rectified("hidden", (0, 0, 5, 5), visible=False)
    assert [one.identifier for one in catalogue.search((4, 0, 21, 5))] == ["c0", "c1", "c2"]
    assert [one.identifier for one in catalogue.search(None, START + timedelta(days=3))] == ["c3", "c4"]
    assert [one.identifier for one in catalogue.search()] == [f"c{number}" for number in range(5)]


def test_collections(catalogue: Catalogue) -> None:
    assert list(catalogue.collections()) == [] and catalogue.collection("s") is None
    a = rectified("a", (170, 0, 180, 5), begin_time=START, end_time=START)
    b = rectified("b", (-180, 0, -170, 5), begin_time=START + timedelta(days=1), end_time=START + timedelta(days=1))
    series("s", a, b)
    series("empty")
    models.DatasetSeries.objects.create(identifier="hidden", visible=False, title="Hidden")
    found = list(catalogue.collections())
    assert [one.identifier for one in found] == ["empty", "s"]
    assert found[0].wgs84_bounds is None and found[1].wgs84_bounds == (-180.0, 0.0, 180.0, 5.0)
    assert (found[1].begin_time, found[1].end_time) == (START, START + timedelta(days=1))
    hidden = catalogue.collection("hidden")
    assert hidden is not None and hidden.title == "Hidden"
    assert catalogue.collection("a") is None


def test_members_are_the_coverages_at_any_depth_the_oldest_first(catalogue: Catalogue) -> None:
    scenes = {}
    for number, name in enumerate("ecadb"):
        begin = START + timedelta(days=number)
        scenes[name] = rectified(name, (number, 0, number + 1, 1), begin_time=begin, end_time=begin)
    timeless = rectified("z", (0, 0, 9, 9))
    deep = series("deep", scenes["b"], scenes["a"])
    inner = series("inner", deep, scenes["c"], timeless)
    series("outer", inner, deep, scenes["e"], scenes["b"])
    assert catalogue.collection_members("outer") == ("z", "e", "c", "a", "b")
    assert catalogue.collection_members("deep") == ("a", "b")
    assert catalogue.collection_members("outer", limit=2) == ("a", "b")
    assert catalogue.collection_members("outer", bbox=(2.5, 0, 9, 1)) == ("z", "a", "b")
    assert catalogue.collection_members("outer", begin=START, end=START + timedelta(days=1)) == ("e", "c")
    assert catalogue.collection_members("outer", (1.5, 0, 3, 1), START, START + timedelta(days=3)) == ("c", "a")
    with pytest.raises(NoSuchCoverage, match="no collection 'a'"):
        catalogue.collection_members("a")
    with pytest.raises(ValueError, match="no box"):
        catalogue.collection_members("outer", bbox=(0, 5, 1, 4))


def test_ends_of_intervals_count_as_configured(database: Settings) -> None:
    series("s", rectified("a", begin_time=START, end_time=START + timedelta(days=1)))
    begin, end = START + timedelta(days=1), START + timedelta(days=2)
    for common, wanted in (
        (OwsCommon(time_interval_interpretation="closed"), ("a",)),
        (OwsCommon(time_interval_interpretation="open"), ()),
    ):
        catalogue = open_catalogue(replace(database, owscommon=common))
        assert catalogue.collection_members("s", begin=begin, end=end) == wanted
        assert tuple(one.identifier for one in catalogue.search(None, begin, end)) == wanted


def test_exists_and_visible(catalogue: Catalogue) -> None:
    small("a")
    small("hidden", visible=False)
    series("s")
    assert [catalogue.exists(name) for name in ("a", "hidden", "s", "x")] == [True, True, False, False]
    assert [catalogue.visible(name) for name in ("a", "hidden", "s", "x")] == [True, False, True, False]
