# SPDX-License-Identifier: MIT
"""Places as values: what they are called, and what lies beside and inside them."""

from __future__ import annotations

import pytest

from eoxserver.backends.locations import Location, PackageRecord, StorageRecord
from eoxserver.resources.coverages.registration.places import Place

WEB = StorageRecord("https", "https://eo.example/data/")


@pytest.mark.parametrize(
    ("text", "name", "stem", "folder", "subdataset"),
    [
        ("/data/a.b.tif", "a.b.tif", "a.b", "data", ""),
        ("https://eo.example/2024/a%20b.tif?key=1", "a b.tif", "a b", "2024", ""),
        ("https://eo.example/a.tif", "a.tif", "a", "eo.example", ""),
        ("s3://bucket/a%20b.tif", "a%20b.tif", "a%20b", "bucket", ""),
        ('NETCDF:"/data/a.nc":/deep/sst', "a.nc", "a", "data", "deep/sst"),
        ('HDF5:"s3://bucket/a.h5"://sst', "a.h5", "a", "bucket", "sst"),
        ("GTIFF_DIR:2:/data/a.tif", "a.tif", "a", "data", "2"),
    ],
)
def test_names(text: str, name: str, stem: str, folder: str, subdataset: str) -> None:
    place = Place.of_text(text)
    assert (place.name, place.stem, place.folder, place.subdataset) == (name, stem, folder, subdataset)


def test_only_files_of_this_machine_are_local() -> None:
    assert Place.of_file("/data/a.tif").local == "/data/a.tif"
    assert Place.of_text('NETCDF:"/data/a.nc":sst').local == 'NETCDF:"/data/a.nc":sst'
    for place in (
        Place.of_text("http://host/a.tif"),
        Place.of_text('NETCDF:"http://host/a.nc":sst'),
        Place(Location(WEB, (), "a.tif")),
        Place(Location(StorageRecord("local", "/data"), (), "a.tif")),
        Place.of_file("/data/a.zip").member("ZIP", "a.tif"),
    ):
        assert place.local is None


def test_the_same_url_in_and_out_of_a_storage_has_one_address() -> None:
    stored = Place(Location(WEB, (), "2024/a.tif"))
    assert stored.address == Place.of_text("https://eo.example/data/2024/a.tif").address
    assert stored != Place.of_text("https://eo.example/data/2024/a.tif")


def test_what_is_shown_has_no_secret() -> None:
    for place in (
        Place.of_text("https://eo.example/a.zip?signature=secret").member("ZIP", "b.tif"),
        Place(Location(WEB, (), "a.tif?signature=secret")),
        Place.of_text('NETCDF:"https://eo.example/a.nc?signature=secret":sst'),
    ):
        assert "secret" in place.address
        assert "secret" not in str(place) + place.shown_location + place.name + place.label


def test_beside_and_inside() -> None:
    place = Place(Location(WEB, (PackageRecord("ZIP", "a.zip"),), "in/b.nc"))
    assert str(place.beside("b.xml")) == "https://eo.example/data/a.zip//in/b.xml"
    assert str(Place.of_file("/a.zip").member("ZIP", "b.tif").beside("b.xml")) == "/a.zip//b.xml"
    inside = place.inside("netcdf:/cache/1/b.nc:sst", "/cache/1/b.nc")
    assert inside.location == Location(WEB, (PackageRecord("ZIP", "a.zip"),), 'NETCDF:"in/b.nc":sst')
    assert (str(inside), inside.label) == ('NETCDF:"https://eo.example/data/a.zip//in/b.nc":sst', "b.nc:sst")
    assert inside.file == place
    assert Place.of_file("/a.tif").inside("GTIFF_DIR:2:/a.tif", "/a.tif").location.path == "GTIFF_DIR:2:/a.tif"
