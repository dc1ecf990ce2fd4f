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
