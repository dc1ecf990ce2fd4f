# SPDX-License-Identifier: MIT
"""retrieve and connect: the walk from storage through packages to the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from eoxserver.backends.access import Access, connect, install_access, installed, retrieve
from eoxserver.backends.locations import Location, PackageRecord, StorageRecord
from eoxserver.backends.storages import local
from eoxserver.conf.schema import Settings, default_settings
from eoxserver.core.errors import ConfigurationError, DataUnavailable, UnknownKey
from eoxserver.plugins import Plugins, hookimpl
from tests.backends.test_locations import DISK, Item, Storage


class Shelf:
    """A storage that writes what it fetches."""

    key: ClassVar[str] = "shelf"

    def __init__(self, record: StorageRecord, settings: Settings) -> None:
        self.url = record.url

    def validate(self) -> None:
        """Nothing can be wrong."""

    def retrieve(self, location: str, folder: Path) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "copy"
        path.write_text(f"{self.url}{location}")
        return str(path)

    def list_files(self, location: str = "") -> Iterator[str]:
        yield "a"


class Wire:
    """A storage that can only be connected to."""

    key: ClassVar[str] = "wire"

    def __init__(self, record: StorageRecord, settings: Settings) -> None:
        self.url = record.url

    def validate(self) -> None:
        """Nothing can be wrong."""

    def connect(self, location: str) -> object:
        return ("wire", self.url, location)


class Box:
    """A package that adds the member to the text of the archive."""

    key: ClassVar[str] = "BOX"

    def __init__(self, path: str, settings: Settings) -> None:
        self.path = path

    def extract(self, location: str, folder: Path) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "member"
        path.write_text(f"{Path(self.path).read_text()}|{location}")
        return str(path)

    def list_files(self, location: str = "") -> Iterator[str]:
        yield "a"


class Toys:
    """A plugin with all of them."""

    @hookimpl
    def eoxs_storages(self) -> Sequence[type]:
        return [Shelf, Wire]

    @hookimpl
    def eoxs_packages(self) -> Sequence[type]:
        return [Box]


@pytest.fixture
def access(tmp_path: Path) -> Access:
    return Access(Plugins.from_modules([local, Toys()]), replace(default_settings(), instance=tmp_path))


def test_a_file_of_this_machine_is_answered_as_it_is(access: Access, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.touch()
    for location in (str(path), f"file://{path}"):
        assert access.retrieve(Item(location)) == str(path)
        assert access.connect(Item(location)) == str(path)
    assert access.retrieve(Item(f'NETCDF:"{path}":sst')) == f'NETCDF:"{path}":sst'


def test_relative_to_nothing_is_refused(access: Access) -> None:
    with pytest.raises(DataUnavailable, match="'a.tif' is neither an absolute path nor on a storage"):
        access.retrieve(Item("a.tif"))


def test_a_missing_file_is_named(access: Access, tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match=r"gone\.tif: no such file"):
        access.retrieve(Item(str(tmp_path / "gone.tif")))


def test_a_local_storage(access: Access, tmp_path: Path) -> None:
    (tmp_path / "a.tif").touch()
    item = Item("a.tif", Storage(str(tmp_path), "local"))
    assert access.retrieve(item) == access.connect(item) == str(tmp_path / "a.tif")


def test_an_unknown_storage_says_what_there_is(access: Access) -> None:
    wanted = r"no storage 's3'; .*available: local, shelf, wire.*pip install 'eoxserver\[s3\]'"
    with pytest.raises(UnknownKey, match=wanted):
        access.retrieve(Item("a.tif", Storage("s3://bucket", "S3")))


def test_an_unknown_package_says_what_there_is(access: Access, tmp_path: Path) -> None:
    (tmp_path / "a.rar").touch()
    with pytest.raises(UnknownKey, match="no package 'RAR'.*BOX"):
        access.retrieve(Item("b.tif", package=Item(str(tmp_path / "a.rar"), format="rar")))


def test_the_walk_through_storage_and_packages(access: Access, tmp_path: Path) -> None:
    outer = Item("outer", Storage("shelf:", "shelf"), format="box")
    item = Item("b.tif", package=Item("inner", package=outer, format="Box"))
    path = access.retrieve(item)
    assert Path(path).read_text() == "shelf:outer|inner|b.tif"
    assert Path(path).is_relative_to(tmp_path / "cache")


def test_each_chain_has_a_place_of_its_own(access: Access) -> None:
    first, second = Storage("one:", "shelf"), Storage("two:", "shelf")
    paths = {access.retrieve(Item(name, where)) for name in "ab" for where in (first, second)}
    assert len(paths) == 4


def test_a_connected_storage_is_connected_to(access: Access) -> None:
    item = Item("select c", Storage("ras://host", "wire"))
    assert access.connect(item) == ("wire", "ras://host", "select c")
    with pytest.raises(DataUnavailable, match="has no files to retrieve"):
        access.retrieve(item)


def test_connect_equals_retrieve_without_a_connected_storage(access: Access) -> None:
    path = access.connect(Item("a", Storage("one:", "shelf")))
    assert isinstance(path, str)
    assert Path(path).read_text() == "one:a"


def test_a_storage_is_made_once_for_each_record(access: Access) -> None:
    record = StorageRecord("shelf", "one:")
    assert access.storage(record) is access.storage(record)
    assert access.storage(StorageRecord("shelf", "two:")) is not access.storage(record)


def test_the_functions_use_the_installed_access(access: Access, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.touch()
    before = install_access(access)
    try:
        assert retrieve(Item(str(path))) == str(path)
        assert connect(Item(str(path))) == str(path)
    finally:
        assert install_access(before) is access


def test_without_an_instance_they_say_how_to_open_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed._Installed, "access", None)
    for function in (retrieve, connect):
        call: Any = function
        with pytest.raises(ConfigurationError, match="open_instance"):
            call(SimpleNamespace(location="/a", storage=DISK, package=None))


def test_what_is_read_in_place_is_told_beforehand(access: Access, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.touch()
    shelf, wire = StorageRecord("shelf", "one:"), StorageRecord("wire", "ras://host")
    places = (
        Location(None, (), str(path)),
        Location(None, (), f'NETCDF:"{path}":sst'),
        Location(StorageRecord("local", str(tmp_path)), (), "a.tif"),
        Location(wire, (), "select c"),
        Location(shelf, (), "a.tif"),
        Location(shelf, (), 'NETCDF:"a.nc":sst'),
        Location(None, (PackageRecord("BOX", str(path)),), "b.tif"),
    )
    assert [access.is_read_in_place(place) for place in places] == [True] * 4 + [False] * 3
