# SPDX-License-Identifier: MIT
"""Archives are told by their names, by the catalogue, and by their first bytes."""

from __future__ import annotations

import io
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import pytest

from eoxserver.backends.models import Package
from eoxserver.backends.packages import tar
from eoxserver.backends.packages import zip as zip_archives
from eoxserver.backends.packages.tar import TarPackage
from eoxserver.conf.schema import Settings
from eoxserver.plugins import Plugins, hookimpl
from eoxserver.resources.coverages.registration.archives import Archives, content_format
from eoxserver.resources.coverages.registration.places import Place
from tests.resources.coverages.registration.scenes import tarred, zipped


class Seven(TarPackage):
    """A format of somebody else's."""

    key: ClassVar[str] = "7Z"


@pytest.fixture
def archives() -> Archives:
    plugin = ModuleType("seven")
    plugin.eoxs_packages = hookimpl(lambda: [Seven])  # type: ignore[attr-defined]  # a module made here
    return Archives(Plugins.from_modules([zip_archives, tar, plugin]).packages)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.zip", "ZIP"), ("A.ZIP", "ZIP"), ("a.tar", "TAR"), ("a.tar.gz", "TAR"), ("a.tgz", "TAR"),
        ("a.tar.zst", "TAR"), ("a.7z", "7Z"), ("a.tif", None), ("a.tif.gz", None), ("zip", None),
    ],
)  # fmt: skip
def test_by_name(archives: Archives, name: str, found: str | None) -> None:
    assert archives.by_name(name) == found
    assert archives.formats == ("ZIP", "TAR", "7Z")


def test_by_content(archives: Archives, database: Settings, tmp_path: Path) -> None:
    for content, found in (
        (zipped({"a": b"a"}), "ZIP"),
        (zipped({}), "ZIP"),
        (tarred({"a": b"a"}), "TAR"),
        (tarred({"a": b"a"}, "w:gz"), "TAR"),
        (tarred({"a": b"a"}, "w:xz"), "TAR"),
        (b"II*\0", None),
        (b"", None),
    ):
        path = tmp_path / "archive"
        path.write_bytes(content)
        assert archives.of(Place.of_file(path)) == found
        assert content_format(io.BytesIO(content)) == found


def test_by_the_catalogue(archives: Archives, database: Settings) -> None:
    place = Place.of_text("http://host/download")
    assert archives.of(place) is None
    Package.objects.create(location="http://host/download", format="tar")
    assert archives.of(place) == "TAR"
