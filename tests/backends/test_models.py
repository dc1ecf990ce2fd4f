# SPDX-License-Identifier: MIT
"""Storages, packages and data items refuse what would not be found later."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError

from eoxserver.backends.access import Access
from eoxserver.backends.locations import location_of
from eoxserver.backends.models import DataItem, Package, Storage
from eoxserver.conf.schema import Settings
from tests.resources.coverages.samples import RGB, rectified


def messages(told: pytest.ExceptionInfo[ValidationError]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = told.value.message_dict
    return found


def test_storages_have_unique_names_or_none(database: Settings) -> None:
    for name in ("data", None, None, ""):
        storage = Storage(name=name, url="/data", storage_type="local")
        storage.full_clean()
        storage.save()
    assert sorted(storage.name or "" for storage in Storage.objects.all()) == ["", "", "", "data"]
    with pytest.raises(ValidationError) as told:
        Storage(name="data", url="/data", storage_type="local").full_clean()
    assert "name" in messages(told)
    assert [str(one) for one in Storage.objects.order_by("pk")][:2] == ["data", "/data"]


@pytest.mark.parametrize(
    ("values", "field", "reason"),
    [
        ({"url": "ftp://me:secret@example.com/"}, "url", "no password"),
        ({"url": "https://token-secret@example.com/"}, "url", "--credentials env:VARIABLE"),
        ({"url": "data", "storage_type": "LOCAL"}, "url", "'data' is relative"),
        ({"url": "http://[::1/"}, "url", "no URL"),
        ({"url": ""}, "url", "blank"),
        ({"storage_type": ""}, "storage_type", "blank"),
    ],
)
def test_what_is_no_storage(database: Settings, values: dict[str, Any], field: str, reason: str) -> None:
    with pytest.raises(ValidationError) as told:
        Storage(**{"url": "http://example.com/", "storage_type": "http", **values}).full_clean()
    assert reason in " ".join(messages(told)[field])
    assert "secret" not in str(told.value)


def test_storage_types_are_the_same_in_any_case() -> None:
    assert Storage(storage_type="HTTP").key == "http"


@pytest.mark.parametrize(
    "location",
    [
        "/a.tif",
        "http://example.com/a.tif",
        "s3://bucket/a.tif",
        'NETCDF:"/a.nc":sst',
        "NETCDF:/a.nc:sst",
        "GTIFF_DIR:2:/a",
        'HDF5:"s3://bucket/a.h5"://sst',
        "ftp://me@example.com/a.tif",
    ],
)
def test_locations_that_need_nothing(database: Settings, location: str) -> None:
    DataItem(dataset=rectified("a"), location=location, semantic="bands").full_clean()


@pytest.mark.parametrize("location", ["a.tif", "./a.tif", "../a.tif", "NETCDF:a.nc:sst", "C:a.tif", "HDF5:a.h5://sst"])
def test_a_relative_location_needs_a_storage_or_package(database: Settings, location: str) -> None:
    item = DataItem(dataset=rectified("a"), location=location, semantic="bands")
    with pytest.raises(ValidationError, match=r"is relative.*accepted: an absolute path") as told:
        item.full_clean()
    assert list(messages(told)) == ["location"]
    with pytest.raises(ValidationError, match="is relative"):
        Package(location=location, format="ZIP").full_clean()
    storage = Storage.objects.create(url="/data", storage_type="local")
    item.storage = storage
    item.full_clean()
    package = Package(location=location, format="ZIP", storage=storage)
    package.full_clean()
    package.save()
    item.storage, item.package = None, package
    item.full_clean()
    inner = Package(location=location, format="TAR", package=package)
    inner.full_clean()


@pytest.mark.parametrize(
    "location", ["https://me:secret@example.com/a.tif", 'NETCDF:"http://secret@example.com/a.nc":sst']
)
def test_a_location_holds_no_password(database: Settings, location: str) -> None:
    for located in (
        DataItem(dataset=rectified("a"), location=location, semantic="bands"),
        Package(location=location, format="ZIP"),
    ):
        with pytest.raises(ValidationError, match="holds no password") as told:
            located.clean()
        assert "secret" not in str(told.value)


def test_storage_comes_before_package_and_packages_take_their_own(database: Settings) -> None:
    near = Storage.objects.create(url="/near", storage_type="local")
    far = Storage.objects.create(url="http://example.com", storage_type="http")
    package = Package.objects.create(location="a.zip", format="zip", storage=far)
    inner = Package.objects.create(location="b.tar", format="TAR", package=package)
    item = DataItem(dataset=rectified("a"), location="a.tif", semantic="bands", storage=near, package=inner)
    item.full_clean()
    item.save()
    assert str(location_of(DataItem.objects.get())) == "local:/near -> a.tif"
    item.storage = None
    item.save()
    assert str(location_of(DataItem.objects.get())) == "http:http://example.com -> ZIP a.zip -> TAR b.tar -> a.tif"
    assert Access.connect.__name__ == "connect"


def test_packages_do_not_lie_in_themselves(database: Settings) -> None:
    outer = Package.objects.create(location="/a.zip", format="ZIP")
    inner = Package.objects.create(location="b.zip", format="ZIP", package=outer)
    outer.package = inner
    with pytest.raises(ValidationError, match="would lie in itself"):
        outer.full_clean()
    fresh = Package(location="c.zip", format="ZIP")
    fresh.package = fresh
    with pytest.raises(ValidationError, match="would lie in itself"):
        fresh.full_clean()
    deep = outer
    outer.package = None
    for number in range(16):
        deep = Package.objects.create(location=f"{number}.zip", format="ZIP", package=deep)
    with pytest.raises(ValidationError, match="more than 16 deep"):
        Package(location="x.zip", format="ZIP", package=deep).full_clean()


@pytest.mark.parametrize(
    ("semantic", "reason"),
    [
        ("bands[0:4]", "beyond the 3 fields"),
        ("bands[1:1]", "names no band"),
        ("bands[", "no range of bands"),
        ("a b", "no semantic"),
        ("", "blank"),
    ],
)
def test_semantics_fit_the_coverage(database: Settings, semantic: str, reason: str) -> None:
    item = DataItem(dataset=rectified("a", range_type=RGB), location="/a.tif", semantic=semantic)
    with pytest.raises(ValidationError) as told:
        item.full_clean()
    assert reason in " ".join(messages(told)["semantic"])


def test_items_know_their_fields(database: Settings) -> None:
    item = DataItem(location="/a.tif", semantic="bands")
    assert item.field_range(3) == (0, 3)
    item.semantic = "bands[1:3]"
    assert item.field_range(3) == (1, 3)
    item.semantic = "metadata"
    with pytest.raises(ValueError, match=r"'/a\.tif' is 'metadata' and holds no bands"):
        item.field_range(3)


def test_an_item_needs_a_coverage(database: Settings) -> None:
    with pytest.raises(ValidationError) as told:
        DataItem(location="/a.tif", semantic="bands").full_clean()
    assert list(messages(told)) == ["dataset"]


def test_places_in_use_cannot_be_deleted(database: Settings) -> None:
    storage = Storage.objects.create(url="/data", storage_type="local")
    package = Package.objects.create(location="a.zip", format="ZIP", storage=storage)
    item = DataItem.objects.create(dataset=rectified("a"), location="a.tif", semantic="bands", package=package)
    for place in (storage, package):
        with pytest.raises(ProtectedError):
            place.delete()
    item.dataset.delete()
    package.delete()
    storage.delete()
    assert not DataItem.objects.exists() and not Storage.objects.exists()
    assert str(item) == "a.tif"
