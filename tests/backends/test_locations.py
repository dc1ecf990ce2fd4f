# SPDX-License-Identifier: MIT
"""Chains of storages and packages as values; names of data sets inside files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from eoxserver.backends.locations import (
    Location,
    PackageRecord,
    StorageRecord,
    address,
    data_file,
    location_of,
    shown_address,
    split_dataset_name,
    with_implied_storage,
)
from eoxserver.core.errors import DataUnavailable


@dataclass
class Storage:
    url: str
    storage_type: str
    credentials: str = ""


@dataclass
class Item:
    """A data item, or a package, as far as its place goes."""

    location: str
    storage: Storage | None = None
    package: Item | None = None
    format: str = ""


DISK, WEB = Storage("/data", "LOCAL"), Storage("https://eo.example/", "http")


def test_a_path_alone() -> None:
    assert location_of(Item("/a.tif")) == Location(None, (), "/a.tif")


def test_the_storage_comes_before_the_package() -> None:
    item = Item("a.tif", DISK, Item("b.zip", format="zip"))
    assert location_of(item) == Location(StorageRecord("local", "/data"), (), "a.tif")


def test_packages_from_the_outermost_in_with_the_storage_of_the_outermost() -> None:
    outer = Item("outer.tar", WEB, format="tar")
    inner = Item("inner.zip", package=outer, format="ZIP")
    location = location_of(Item("B04.tif", package=inner))
    assert location.packages == (PackageRecord("TAR", "outer.tar"), PackageRecord("ZIP", "inner.zip"))
    assert location.storage == StorageRecord("http", "https://eo.example/")
    assert str(location) == "http:https://eo.example/ -> TAR outer.tar -> ZIP inner.zip -> B04.tif"


def test_an_address_is_what_people_write() -> None:
    outer = Item("outer.tar", WEB, format="tar")
    inner = Item("inner.zip", package=outer, format="ZIP")
    assert address(location_of(Item("B04.tif", package=inner))) == "https://eo.example/outer.tar//inner.zip//B04.tif"
    assert address(location_of(Item("sub/a.tif", DISK))) == "/data/sub/a.tif"
    assert address(location_of(Item("/a.tif"))) == "/a.tif"
    assert address(location_of(Item('HDF5:"a.h5"://sst', WEB))) == 'HDF5:"https://eo.example/a.h5"://sst'

    arrays = Location(StorageRecord("rasdaman", "https://me:secret@eo.example/rasql"), (), "mosaics?oid=1025")
    assert shown_address(arrays) == "https://eo.example/rasql/mosaics?oid=1025"
    assert shown_address(Location(StorageRecord("s3", "s3://bucket/"), (), "a?#b.tif")) == "s3://bucket/a?#b.tif"

    signed = Location(None, (), 'NETCDF:"https://eo.example/a.nc?signature=secret":sst')
    assert "secret" in address(signed)
    assert shown_address(signed) == 'NETCDF:"https://eo.example/a.nc":sst'


def test_a_package_in_itself_ends_with_an_error() -> None:
    package = Item("a.zip", format="zip")
    package.package = package
    with pytest.raises(DataUnavailable, match="more than 16 packages"):
        location_of(Item("a.tif", package=package))


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("/data/a.tif", "/data/a.tif"),
        ("/data/odd:name.tif", "/data/odd:name.tif"),
        ('NETCDF:"/data/a.nc":sst', "/data/a.nc"),
        ("netcdf:/data/a.nc:sst", "/data/a.nc"),
        ("GTIFF_DIR:2:/data/a.tif", "/data/a.tif"),
        ('HDF4_EOS:EOS_GRID:"/data/a.hdf":grid:band', "/data/a.hdf"),
        ("http://host/a.tif", "http://host/a.tif"),
        ('HDF5:"/data/a.h5"://group/sst', "/data/a.h5"),
        ("HDF5:/data/a.h5://sst", "/data/a.h5"),
        ('NETCDF:"https://host:8080/a.nc":sst', "https://host:8080/a.nc"),
        ("NETCDF:https://host/a.nc:sst", "NETCDF:https://host/a.nc:sst"),
    ],
)
def test_the_file_in_a_name_of_gdal(text: str, file: str) -> None:
    name = split_dataset_name(text)
    assert name.file == file
    assert str(name) == text
    assert str(name.with_file("/other")) == text.replace(file, "/other")


def test_data_file_is_one_that_exists(tmp_path: Path) -> None:
    path = tmp_path / "a:b.nc"
    path.touch()
    assert data_file(str(path)) == str(path)
    plain = tmp_path / "a.nc"
    plain.touch()
    assert data_file(f'NETCDF:"{plain}":sst') == str(plain)
    assert data_file(f"NETCDF:{tmp_path}/none.nc:sst") is None


@pytest.mark.parametrize(
    ("location", "storage", "path"),
    [
        (Location(None, (), "/data/a.tif"), None, "/data/a.tif"),
        (Location(None, (), "file:///data/a.tif"), None, "file:///data/a.tif"),
        (Location(None, (), "a.tif"), None, "a.tif"),
        (Location(None, (), "http://host:8080/d/a.tif"), StorageRecord("http", "http://host:8080"), "d/a.tif"),
        (Location(None, (), "HTTPS://host/a%20b?s=1"), StorageRecord("https", "HTTPS://host/?s=1"), "a b"),
        (Location(None, (), "s3://bucket/a%20b?.tif"), StorageRecord("s3", "s3://bucket"), "a%20b?.tif"),
        (Location(None, (), "sftp://me@host/a"), StorageRecord("sftp", "sftp://me@host"), "a"),
        (Location(None, (), 'NETCDF:"s3://bucket/a.nc":t'), StorageRecord("s3", "s3://bucket"), 'NETCDF:"a.nc":t'),
        (Location(StorageRecord("x", "x://y"), (), "http://h/a"), StorageRecord("x", "x://y"), "http://h/a"),
    ],
)
def test_a_url_has_a_storage_of_its_own(location: Location, storage: StorageRecord | None, path: str) -> None:
    found = with_implied_storage(location)
    assert (found.storage, found.path) == (storage, path)


def test_the_storage_of_an_archive_at_a_url() -> None:
    packages = (PackageRecord("TAR", "http://host/d/a.tar"), PackageRecord("ZIP", "b.zip"))
    found = with_implied_storage(Location(None, packages, "http://not/a/url"))
    assert found.storage == StorageRecord("http", "http://host")
    assert found.packages == (PackageRecord("TAR", "d/a.tar"), PackageRecord("ZIP", "b.zip"))
    assert found.path == "http://not/a/url"


def test_a_url_with_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(DataUnavailable, match="was given with a password") as caught:
        with_implied_storage(Location(None, (), "ftp://me:geheim@host/a.tif"))
    assert "geheim" not in f"{caught.value.message} {caught.value.locator}"
