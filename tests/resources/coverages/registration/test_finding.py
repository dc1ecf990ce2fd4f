# SPDX-License-Identifier: MIT
"""What the PATHs of a command mean, files of this machine left to test_files, storages to test_elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from eoxserver.backends.access import Access
from eoxserver.backends.models import Storage
from eoxserver.backends.packages import zip as zip_archives
from eoxserver.backends.storages import http, local
from eoxserver.conf.schema import Settings
from eoxserver.core.errors import RegistrationRefused
from eoxserver.plugins import Plugins
from eoxserver.resources.coverages.registration.finding import Finder
from tests.resources.coverages.registration.scenes import zipped


@pytest.fixture
def finder(database: Settings) -> Finder:
    return Finder(Access(Plugins.from_modules([local, http, zip_archives]), database), ())


def meant(finder: Finder, *paths: Path | str) -> dict[str, str]:
    """What PATHs mean, with the storage or the problem of each."""
    return {
        str(one.place): one.problem or (one.place.storage.url if one.place.storage else "")
        for one in finder.candidates(paths)
    }


def test_a_place_that_is_named_twice_comes_once(finder: Finder, tmp_path: Path) -> None:
    folder = tmp_path / "scenes"
    folder.mkdir()
    for name in ("b.tif", "a.tif"):
        (folder / name).touch()
    url = "http://host/a.tif"
    found = list(finder.candidates([folder / "b.tif", folder, f"{folder}/b*", url, url]))
    assert [(one.place.name, one.named) for one in found] == [("b.tif", True), ("a.tif", False), ("a.tif", True)]


def test_a_file_url_is_a_file_of_this_machine(finder: Finder, tmp_path: Path) -> None:
    (tmp_path / "a b.tif").touch()
    (found,) = finder.candidates([f"file://{tmp_path}/a%20b.tif"])
    assert found.place.local == f"{tmp_path}/a b.tif"


def test_the_longest_storage_takes_a_url(finder: Finder) -> None:
    for url in ("http://host", "http://host/eo/", "http://host/e", "http://other/eo"):
        Storage.objects.create(url=url, storage_type="http")
    assert meant(finder, "http://host/eo/a.tif", "http://host/a.tif", "http://third/a.tif") == {
        "http://host/eo/a.tif": "http://host/eo/",
        "http://host/a.tif": "http://host",
        "http://third/a.tif": "",
    }


def test_slashes_that_follow_no_archive_are_part_of_the_name(finder: Finder) -> None:
    (packed,) = finder.candidates(["http://h//eo//a.zip//b/c.tif"])
    assert str(packed.place.location) == "ZIP http://h//eo//a.zip -> b/c.tif"
    (plain,) = finder.candidates(["http://h//eo//a.tif"])
    assert plain.place.location.path == "http://h//eo//a.tif"


def test_a_query_is_no_pattern(finder: Finder) -> None:
    (found,) = finder.candidates(["http://host/a.tif?key=1&b=[2]"])
    assert found.named and not found.problem
    assert found.place.location.path == "http://host/a.tif?key=1&b=[2]"


def test_exactly_one(finder: Finder, tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        (tmp_path / name).write_bytes(zipped({"c.tif": b"c"}))
    assert str(finder.exact(f"{tmp_path}/a.zip")) == f"{tmp_path}/a.zip"
    assert str(finder.exact(f"{tmp_path}/a.zip//c.tif")) == f"{tmp_path}/a.zip//c.tif"
    for text, reason in (
        (f"{tmp_path}/*.zip", "several"),
        (f"{tmp_path}/x", "no such file"),
        (f"{tmp_path}", "several"),
    ):
        with pytest.raises(RegistrationRefused, match=reason):
            finder.exact(text)


def test_a_file_with_the_name_of_a_notation_is_the_file(
    finder: Finder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    odd = tmp_path / "storage:x"
    odd.mkdir()
    (odd / "a.tif").touch()
    assert meant(finder, "storage:x/a.tif") == {f"{odd}/a.tif": ""}
    assert meant(finder, "storage:y/a.tif") == {"storage:y/a.tif": "no storage 'y'; none is available"}
