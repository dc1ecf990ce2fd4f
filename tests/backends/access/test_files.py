# SPDX-License-Identifier: MIT
"""Files in storages: asked about now and then, doubted when something is wrong, never shown with a secret."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from eoxserver.backends.access.files import cache_key, conditions
from eoxserver.backends.connections import RasterPath
from eoxserver.backends.locations import Location, PackageRecord, StorageRecord
from eoxserver.core.errors import DataUnavailable, ItemMissing, NoRoom, StorageUnreachable
from tests.archives import zip_bytes
from tests.backends.access.remotes import BARE, NEAR, place, world


def test_a_storage_is_asked_once_in_a_while(tmp_path: Path) -> None:
    there, access = world(tmp_path)
    there.put("a.txt", b"one")
    paths = {access.retrieve_location(place("a.txt")) for _ in range(5)}
    assert [Path(path).read_bytes() for path in paths] == [b"one"]
    assert (there.asked["stat"], there.asked["retrieve"]) == (1, 1)


def test_questions_whether_a_file_changed_are_counted(tmp_path: Path) -> None:
    there, access = world(tmp_path, revalidate=0)
    there.put("a.txt", b"one")
    for _ in range(3):
        access.retrieve_location(place("a.txt"))
    assert there.asked["stat"] - 1 == access.cache.counters.revalidations > 1


@pytest.mark.parametrize(("max_age", "transfers"), [(0, 3), (3600, 1)])
def test_files_of_a_storage_that_cannot_tell_are_trusted_for_a_while(
    tmp_path: Path, max_age: int, transfers: int
) -> None:
    there, access = world(tmp_path, max_age=max_age)
    there.put("a.txt", b"one")
    there.put("a.zip", zip_bytes({"b.txt": b"two"}))
    for _ in range(3):
        assert Path(access.retrieve_location(place("a.txt", storage=BARE))).read_bytes() == b"one"
    assert there.asked["retrieve"] == transfers
    packed = place("b.txt", ("ZIP", "a.zip"), storage=BARE)
    assert Path(access.retrieve_location(packed)).read_bytes() == b"two"
    there.put("a.txt", b"new")
    there.put("a.zip", zip_bytes({"b.txt": b"other"}))
    expected = (b"new", b"other") if max_age == 0 else (b"one", b"two")
    found = (access.retrieve_location(place("a.txt", storage=BARE)), access.retrieve_location(packed))
    assert tuple(Path(path).read_bytes() for path in found) == expected


def test_a_changed_file_is_fetched_again(tmp_path: Path) -> None:
    there, access = world(tmp_path, revalidate=0)
    for content in (b"one", b"two"):
        there.put("a.txt", content)
        for _ in range(2):
            assert Path(access.retrieve_location(place("a.txt"))).read_bytes() == content
    assert there.asked["retrieve"] == 2


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    there, access = world(tmp_path, revalidate=0)
    there.put("a.tif", b"one")
    for location in (place("a.tif"), place("a.tif", storage=NEAR)):
        access.connect_location(location)
    del there.files["a.tif"]
    for location in (place("a.tif"), place("a.tif", storage=NEAR)):
        for ask in (access.connect_location, access.retrieve_location, access.open_location, access.status):
            with pytest.raises(ItemMissing, match=r"a\.tif: no such file in storage far://host"):
                ask(location)


def test_while_a_storage_is_away_what_was_known_holds(tmp_path: Path) -> None:
    there, access = world(tmp_path, revalidate=0)
    there.put("a.tif", b"one")
    known = [place("a.tif"), place("a.tif", storage=NEAR)]
    before = [access.connect_location(location) for location in known]
    there.away = True
    assert [access.connect_location(location) for location in known] == before
    with pytest.raises(StorageUnreachable, match="does not answer"):
        access.retrieve_location(place("b.tif"))


def test_a_copy_outlives_the_process_while_its_storage_is_away(tmp_path: Path) -> None:
    there, access = world(tmp_path, revalidate=0)
    there.put("a.txt", b"one")
    access.retrieve_location(place("a.txt"))
    again, other = world(tmp_path, revalidate=0)
    again.away = True
    assert Path(other.retrieve_location(place("a.txt"))).read_bytes() == b"one"


def test_connecting_tells_the_state_too(tmp_path: Path) -> None:
    there, access = world(tmp_path)
    there.put("a.tif", b"one")
    location = place("a.tif", storage=NEAR)
    path = access.connect_location(location)
    assert isinstance(path, RasterPath)
    assert access.connect_location(location) is path
    assert access.validator(location) == path.validator == "v1"
    assert (there.asked["connect"], there.asked["stat"]) == (1, 0)
    assert access.status(location).size == 3
    assert there.asked["stat"] == 1


def test_a_doubt_makes_another_attempt_at_the_same_state(tmp_path: Path) -> None:
    there, access = world(tmp_path)
    there.put("a.tif", b"one")
    location = place("a.tif", storage=NEAR)
    first = access.connect_location(location)
    access.doubt(location)
    second = access.connect_location(location)
    assert isinstance(first, RasterPath)
    assert isinstance(second, RasterPath)
    assert first.validator == second.validator
    assert first.identity != second.identity
    there.put("a.tif", b"two")
    access.doubt(location)
    third = access.connect_location(location)
    assert isinstance(third, RasterPath)
    assert third.validator == "v2"


def test_a_file_that_nobody_can_tell_about_is_another_one_after_a_while(tmp_path: Path) -> None:
    there, access = world(tmp_path, revalidate=0)
    there.put("a.tif", b"one")
    there.files["a.tif"].validator = ""
    location = place("a.tif", storage=NEAR)
    identities = set()
    for _ in range(3):
        path = access.connect_location(location)
        assert isinstance(path, RasterPath)
        identities.add(path.identity)
    assert len(identities) == 3


def test_a_file_that_is_larger_than_the_cache_is_not_fetched(tmp_path: Path) -> None:
    there, access = world(tmp_path, max_bytes=1000)
    there.put("big.nc", bytes(1001))
    there.put("big.zip", zip_bytes({"a.nc": bytes(1001)}))
    for location in (place("big.nc"), place("big.nc", storage=NEAR), place("a.nc", ("ZIP", "big.zip"))):
        with pytest.raises(NoRoom, match="far://host|near://host"):
            access.retrieve_location(location)
    assert there.asked["retrieve"] == 0


def test_streams_of_what_cannot_be_opened_are_of_the_copy(tmp_path: Path) -> None:
    _, access = world(tmp_path)
    file = tmp_path / "a.txt"
    file.write_bytes(b"one")
    for location in (Location(None, (), str(file)), place("a.txt", storage=StorageRecord("local", str(tmp_path)))):
        with access.open_location(location) as stream:
            assert stream.read() == b"one"
        assert access.status(location).size == 3


def test_a_full_disk_is_no_fault_of_the_storage(tmp_path: Path) -> None:
    there, access = world(tmp_path)
    there.put("a.txt", b"one")
    for number, kind in ((errno.ENOSPC, NoRoom), (errno.EIO, StorageUnreachable)):
        there.broken = OSError(number, os.strerror(number))
        with pytest.raises(DataUnavailable) as caught:
            access.retrieve_location(place("a.txt"))
        assert type(caught.value) is kind
    there.broken = None
    assert Path(access.retrieve_location(place("a.txt"))).read_bytes() == b"one"


def test_names_of_data_sets_are_made_of_the_copy(tmp_path: Path) -> None:
    there, access = world(tmp_path)
    there.put("d/a.nc", b"cells")
    for ask in (access.retrieve_location, access.connect_location):
        name = ask(place('NETCDF:"d/a.nc":sst'))
        assert isinstance(name, str)
        assert name.startswith(f'NETCDF:"{tmp_path}')
        assert name.endswith('/a.nc":sst')


def test_locations_without_files_are_told(tmp_path: Path) -> None:
    _, access = world(tmp_path)
    with pytest.raises(DataUnavailable, match="files are listed of storages that have files"):
        access.list_files(Location(None, (), "/data"))


def test_keys_differ_as_locations_do_and_hide_signatures() -> None:
    web = StorageRecord("http", "http://host/?sig=SECRET")
    locations = [
        Location(web, (), "a.tif"),
        Location(StorageRecord("http", "http://host/?sig=OTHER"), (), "a.tif"),
        Location(StorageRecord("http", "http://host/"), (), "a.tif"),
        Location(StorageRecord("http", "http://host/", "env:EO"), (), "a.tif"),
        Location(StorageRecord("http", "http://host/"), (PackageRecord("ZIP", "a.tif"),), "b"),
        Location(StorageRecord("http", "http://host/"), (), "ZIP a.tif -> b"),
        Location(None, (), "/a.tif"),
    ]
    keys = [cache_key(location) for location in locations]
    assert len(set(keys)) == len(keys)
    assert not any("SECRET" in key or "OTHER" in key for key in keys)


@pytest.mark.parametrize(
    ("validator", "header"),
    [
        ('"abc,d"', 'If-Match: "abc,d"'),
        ("Sun, 22 Nov 2026 01:32:42 GMT 1234", "If-Unmodified-Since: Sun, 22 Nov 2026 01:32:42 GMT"),
        ('W/"abc"', ""),
        ("", ""),
    ],
)
def test_what_is_read_far_away_is_of_one_state(validator: str, header: str) -> None:
    path = RasterPath("/vsicurl/http://host/a.tif", {"GDAL_HTTP_HEADERS": "X-Key: 1"})
    wanted = {"GDAL_HTTP_HEADERS": f"X-Key: 1\r\n{header}\r\n"} if header else {}
    assert conditions(path, validator) == wanted
    assert conditions(RasterPath("/data/a.tif"), validator) == {}
