# SPDX-License-Identifier: MIT
"""Files below a root that no location leaves."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.storages.local import LocalStorage
from eoxserver.conf.schema import default_settings
from eoxserver.core.errors import AccessDenied, ConfigurationError, DataUnavailable


def storage(root: Path | str) -> LocalStorage:
    return LocalStorage(StorageRecord("local", str(root)), default_settings())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.tif").touch()
    (folder / "sub" / "b.tif").touch()
    (folder / "sub" / "c.xml").touch()
    (tmp_path / "secret.txt").write_text("secret")
    return folder


def test_files_are_answered_in_place(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    assert storage(root).retrieve("sub/b.tif", folder) == str(root / "sub" / "b.tif")
    assert storage(f"file://{root}").retrieve("a.tif", folder) == str(root / "a.tif")
    assert storage(root).retrieve(str(root / "a.tif"), folder) == str(root / "a.tif")
    assert not folder.exists()


def test_data_sets_inside_files(root: Path, tmp_path: Path) -> None:
    assert storage(root).retrieve('NETCDF:"a.tif":sst', tmp_path) == f'NETCDF:"{root}/a.tif":sst'


@pytest.mark.parametrize("location", ["../secret.txt", "sub/../../secret.txt", "/etc/passwd", "NETCDF:../secret.txt:a"])
def test_no_location_leaves_the_root(root: Path, tmp_path: Path, location: str) -> None:
    with pytest.raises(AccessDenied, match="leads out of storage"):
        storage(root).retrieve(location, tmp_path)


def test_links_are_followed_inside_the_root_only(root: Path, tmp_path: Path) -> None:
    (root / "inside.tif").symlink_to(root / "a.tif")
    (root / "outside.txt").symlink_to(tmp_path / "secret.txt")
    (root / "up").symlink_to(tmp_path)
    (root / "loop").symlink_to(root / "loop")
    own = storage(root)
    assert own.retrieve("inside.tif", tmp_path) == str(root / "a.tif")
    for location in ("outside.txt", "up/secret.txt"):
        with pytest.raises(AccessDenied):
            own.retrieve(location, tmp_path)
    with pytest.raises(DataUnavailable):
        own.retrieve("loop", tmp_path)
    assert list(own.list_files()) == ["a.tif", "inside.tif", "sub/b.tif", "sub/c.xml"]


def test_a_folder_that_becomes_a_link_is_noticed(root: Path, tmp_path: Path) -> None:
    own = storage(root)
    assert own.retrieve("sub/b.tif", tmp_path) == str(root / "sub" / "b.tif")
    (root / "sub").rename(tmp_path / "moved")
    (root / "sub").symlink_to(tmp_path / "moved")
    with pytest.raises(AccessDenied):
        own.retrieve("sub/b.tif", tmp_path)


def test_the_root_of_all_files_is_a_root(root: Path, tmp_path: Path) -> None:
    assert storage("/").retrieve(str(root / "a.tif").lstrip("/"), tmp_path) == str(root / "a.tif")


def test_a_root_that_is_a_link_is_the_folder_it_leads_to(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    assert storage(tmp_path / "link").retrieve("a.tif", tmp_path) == str(root / "a.tif")


def test_missing_files_are_named(root: Path, tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match=r"gone\.tif: no such file in storage") as caught:
        storage(root).retrieve("gone.tif", tmp_path)
    assert caught.value.locator == "gone.tif"
    for location in ("x" * 5000, "a\0b"):
        with pytest.raises(DataUnavailable):
            storage(root).retrieve(location, tmp_path)


def test_listing_by_folder_and_pattern(root: Path) -> None:
    own = storage(root)
    assert list(own.list_files()) == ["a.tif", "sub/b.tif", "sub/c.xml"]
    assert list(own.list_files("sub")) == ["sub/b.tif", "sub/c.xml"]
    assert list(own.list_files("**/*.tif")) == ["a.tif", "sub/b.tif"]
    with pytest.raises(DataUnavailable, match="no such folder"):
        list(own.list_files("none"))
    for location in ("..", "../*", "/etc/*"):
        with pytest.raises(AccessDenied):
            list(own.list_files(location))


@pytest.mark.parametrize("url", ["data", "http://host/data", "file://host/data", ""])
def test_a_root_is_an_absolute_path(url: str) -> None:
    with pytest.raises(ConfigurationError, match="accepted: an absolute path or a file: URL"):
        storage(url).validate()


def test_validate_wants_a_folder(root: Path, tmp_path: Path) -> None:
    storage(root).validate()
    for path in (tmp_path / "none", root / "a.tif"):
        with pytest.raises(DataUnavailable, match="no such folder"):
            storage(path).validate()


@given(st.text(max_size=30))
def test_any_text_is_inside_or_refused(tmp_path_factory: pytest.TempPathFactory, location: str) -> None:
    root = tmp_path_factory.getbasetemp() / "any"
    root.mkdir(exist_ok=True)
    try:
        path = storage(root).retrieve(location, root)
    except (AccessDenied, DataUnavailable):
        return
    assert Path(path).resolve().is_relative_to(root.resolve())
