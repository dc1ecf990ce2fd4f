# SPDX-License-Identifier: MIT
"""The Python API as it is documented, line by line, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eoxserver.backends import models as backends
from eoxserver.backends.access import connect, install_access, retrieve
from eoxserver.conf.schema import Settings
from eoxserver.core.util.timetools import parse_iso8601
from eoxserver.resources.coverages import models
from tests.resources.coverages.arrays import local_access
from tests.resources.coverages.samples import RGB

polygon = shapely.box(10, 10, 20, 20)


@pytest.fixture
def dataset(database: Settings) -> models.RectifiedDataset:
    """Answer the dataset of the example."""
    dataset = models.RectifiedDataset(
        identifier="a", size_x=1024, size_y=1024, min_x=0, min_y=0, max_x=90, max_y=90, srid=4326,
        footprint=shapely.MultiPolygon([shapely.box(0, 0, 90, 90)]), range_type=RGB,
        begin_time=parse_iso8601("2014-05-10T10:00:00Z"), end_time=parse_iso8601("2014-05-10T10:01:00Z"),
    )  # fmt: skip
    dataset.full_clean()
    dataset.save()
    return dataset


def test_create_a_dataset_with_data(dataset: models.RectifiedDataset) -> None:
    item = backends.DataItem(dataset=dataset, location="/path/to/data.tif", format="image/tiff", semantic="bands[0:3]")
    item.full_clean()
    item.save()
    assert list(dataset.data_items.all()) == [item]
    assert item.dataset.cast() == dataset


def test_series_covers_its_members_and_forgets_them(dataset: models.RectifiedDataset) -> None:
    series = models.DatasetSeries(identifier="s")
    series.full_clean()
    series.save()
    series.insert(dataset)
    assert series.footprint == dataset.footprint
    assert (series.begin_time, series.end_time) == (dataset.begin_time, dataset.end_time)
    stored = models.DatasetSeries.objects.get(identifier="s")
    assert stored.footprint == dataset.footprint and stored.begin_time == dataset.begin_time
    series.remove(dataset)
    assert (series.footprint, series.begin_time, series.end_time) == (None, None, None)
    stored = models.DatasetSeries.objects.get(identifier="s")
    assert (stored.footprint, stored.begin_time, stored.end_time) == (None, None, None)


def test_iteration_yields_eo_objects_of_any_type(dataset: models.RectifiedDataset) -> None:
    inner = models.DatasetSeries.objects.create(identifier="inner")
    series = models.DatasetSeries.objects.create(identifier="s")
    series.insert(dataset)
    series.insert(inner)
    found = []
    for eo_object in series:
        assert type(eo_object) is models.EOObject
        found.append(eo_object.cast())
    assert sorted(found, key=lambda one: one.identifier) == [dataset, inner]
    assert {type(one) for one in found} == {models.RectifiedDataset, models.DatasetSeries}


def test_cast_asks_the_database_only_for_another_type(dataset: models.RectifiedDataset) -> None:
    coverage = models.Coverage.objects.get(identifier="a")
    assert type(coverage) is models.Coverage
    with CaptureQueriesContext(connection) as queries:
        actual = coverage.cast()
    assert type(actual) is models.RectifiedDataset and actual == dataset
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        assert actual.cast() is actual
        assert dataset.cast() is dataset
    assert len(queries) == 0


def test_get_by_type(dataset: models.RectifiedDataset) -> None:
    assert models.RectifiedDataset.objects.get(identifier="a").size_x == 1024
    with pytest.raises(models.Coverage.DoesNotExist):
        models.Coverage.objects.get(identifier="SomeIdentifier")
    with pytest.raises(models.ReferenceableDataset.DoesNotExist):
        models.ReferenceableDataset.objects.get(identifier="a")
    models.DatasetSeries.objects.create(identifier="s")
    with pytest.raises(models.EOObject.MultipleObjectsReturned):
        models.EOObject.objects.get(identifier__in=["a", "s"])


def test_filters_chain_and_are_lazy(dataset: models.RectifiedDataset) -> None:
    series = models.DatasetSeries.objects.create(identifier="s")
    series.insert(dataset)
    start, stop = parse_iso8601("2014-05-10"), parse_iso8601("2014-05-12")
    with CaptureQueriesContext(connection) as queries:
        coverages = models.Coverage.objects.filter(begin_time__gte=start, end_time__lte=stop)
        in_series = models.Coverage.objects.filter(collections__identifier="s")
    assert len(queries) == 0
    assert [one.identifier for one in coverages] == ["a"]
    assert [one.identifier for one in in_series] == ["a"]
    members = series.eo_objects.filter(begin_time__gte=start, end_time__lte=stop)
    assert members.filter(footprint__intersects=polygon).order_by("begin_time").count() == 1
    assert not members.filter(footprint__intersects=shapely.box(-20, 0, -10, 10)).exists()
    assert [one.pk for one in series.eo_objects.filter(footprint__intersects=polygon).order_by("begin_time")] == [
        dataset.pk
    ]


def test_data_items_by_semantic(dataset: models.RectifiedDataset) -> None:
    for location, semantic, media_type in (
        ("/a_0.tif", "bands[0]", "image/tiff"),
        ("/a_1.tif", "bands[1:3]", "image/tiff"),
        ("/a.xml", "metadata", "eogml"),
    ):
        backends.DataItem.objects.create(dataset=dataset, location=location, semantic=semantic, format=media_type)
    metadata_items = dataset.data_items.filter(semantic="metadata", format="eogml")
    assert [one.location for one in metadata_items] == ["/a.xml"]
    bands = dataset.data_items.filter(semantic__startswith="bands")
    assert [one.location for one in bands] == ["/a_0.tif", "/a_1.tif"]
    assert [one.field_range(3) for one in bands] == [(0, 1), (1, 3)]


def test_storages_and_packages(dataset: models.RectifiedDataset) -> None:
    http_storage = backends.Storage(url="http://example.com/base_path/", storage_type="HTTP")
    http_storage.full_clean()
    http_storage.save()
    zip_package = backends.Package(location="relative/package.zip", format="ZIP", storage=http_storage)
    zip_package.full_clean()
    zip_package.save()
    item = backends.DataItem(dataset=dataset, location="data.tif", format="image/tiff", semantic="bands")
    item.package = zip_package
    item.full_clean()
    item.storage = http_storage
    item.full_clean()
    item.save()
    assert backends.DataItem.objects.get(storage__storage_type="HTTP", package__format="ZIP") == item


def test_data_of_items_is_reached(dataset: models.RectifiedDataset, database: Settings, tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text("<metadata/>")
    storage = backends.Storage.objects.create(url=str(tmp_path), storage_type="local")
    backends.DataItem.objects.create(dataset=dataset, location="a.xml", storage=storage, semantic="metadata")
    data_item = dataset.data_items.get(semantic="metadata")
    before = install_access(local_access(database))
    try:
        local_path = retrieve(data_item)
        assert local_path == str(path)
        assert connect(data_item) == str(path)
    finally:
        install_access(before)
