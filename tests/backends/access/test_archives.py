# SPDX-License-Identifier: MIT
"""Files in archives: only what is needed is fetched, once, and what lies there as it is, is read in place."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from eoxserver.backends.connections import RasterPath
from eoxserver.core.errors import AccessDenied, DataUnavailable, ItemMissing, PackageBroken, StorageUnreachable
from tests.archives import COMPRESSIONS, compressed, tar_bytes, zip_bytes
from tests.backends.access.remotes import NEAR, place, world

BIG = bytes(range(256)) * 40_000
"""10 MB."""


def within(path: RasterPath) -> bytes:
    """The bytes that GDAL finds at ``/vsisubfile/START_SIZE,PATH``."""
    span, _, file = path.removeprefix("/vsisubfile/").partition(",")
    start, _, size = span.partition("_")
    with Path(file).open("rb") as stream:
        stream.seek(int(start))
        return stream.read(int(size))


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_members_of_a_remote_tar(compression: str, tmp_path: Path) -> None:
    there, access = world(tmp_path)
    there.put("a.tar", compressed(tar_bytes({"x.bin": BIG, "d/b.txt": b"two"}), compression))
    assert Path(access.retrieve_location(place("d/b.txt", ("TAR", "a.tar")))).read_bytes() == b"two"
    assert Path(access.retrieve_location(place("x.bin", ("TAR", "a.tar")))).read_bytes() == BIG
    assert list(access.list_files(place("", ("TAR", "a.tar")))) == ["d/b.txt", "x.bin"]
    assert there.asked["retrieve"] == 0


def test_only_the_bytes_of_the_member_travel(tmp_path: Path) -> None:
    there, access = world(tmp_path)
    there.put("a.zip", zip_bytes({"big": BIG, "b.txt": b"two", "big2": BIG}, zipfile.ZIP_STORED))
    there.put("a.tar", tar_bytes({"big": BIG, "b.txt": b"two", "big2": BIG}))
    for form in ("zip", "tar"):
        path = access.retrieve_location(place("b.txt", (form.upper(), f"a.{form}")))
        assert Path(path).read_bytes() == b"two"
        assert Path(path).name == "b.txt"
    assert there.asked["bytes"] < len(BIG) // 10


def test_a_list_of_members_is_read_once_for_all_processes(tmp_path: Path) -> None:
    there, access = world(tmp_path)
    there.put("a.tar", tar_bytes({f"m{number}.txt": b"%d" % number for number in range(500)}))
    access.retrieve_location(place("m3.txt", ("TAR", "a.tar")))
    again, other = world(tmp_path)
    again.files = there.files
    again.asked.clear()
    assert Path(other.retrieve_location(place("m499.txt", ("TAR", "a.tar")))).read_bytes() == b"499"
    assert again.asked["bytes"] < len(there.files["a.tar"]) // 3


@pytest.mark.parametrize("outer", ["ZIP", "TAR", "TAR gzip"])
@pytest.mark.parametrize("inner", ["ZIP", "TAR", "TAR zstd"])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_archives_in_archives(outer: str, inner: str, method: int, tmp_path: Path) -> None:
    there, access = world(tmp_path)

    def archive(kind: str, files: dict[str, bytes]) -> bytes:
        form, _, compression = kind.partition(" ")
        return zip_bytes(files, method) if form == "ZIP" else compressed(tar_bytes(files), compression)

    there.put("out", archive(outer, {"in/in": archive(inner, {"b.txt": b"two"}), "c": b"three"}))
    path = access.retrieve_location(place("b.txt", (outer[:3], "out"), (inner[:3], "in/in")))
    assert Path(path).read_bytes() == b"two"
    with access.open_location(place("b.txt", (outer[:3], "out"), (inner[:3], "in/in"))) as stream:
        assert stream.seek(1) == 1
        assert stream.read() == b"wo"


def test_stored_members_are_read_in_place_at_any_depth(tmp_path: Path) -> None:
    there, access = world(tmp_path)
    inner = zip_bytes({"x": BIG[:1000], "b.tif": b"raster"}, zipfile.ZIP_STORED)
    there.put("out.tar", tar_bytes({"y": BIG[:3000], "in.zip": inner}))
    location = place("b.tif", ("TAR", "out.tar"), ("ZIP", "in.zip"), storage=NEAR)
    path = access.connect_location(location)
    assert isinstance(path, RasterPath)
    assert within(path) == b"raster"
    assert (path.validator, path.options["GDAL_DISABLE_READDIR_ON_OPEN"]) == ("v1", "EMPTY_DIR")
    assert access.connect_location(location) is path


@pytest.mark.parametrize("name", ["b.nc", "b.h5", "b.grib2", "b.vrt", "b"])
def test_formats_whose_libraries_want_a_file_get_one(name: str, tmp_path: Path) -> None:
    there, access = world(tmp_path)
    there.put("a.zip", zip_bytes({name: b"cells"}, zipfile.ZIP_STORED))
    path = access.connect_location(place(name, ("ZIP", "a.zip"), storage=NEAR))
    assert type(path) is str
    assert Path(path).read_bytes() == b"cells"


def test_packed_members_are_unpacked_to_be_read(tmp_path: Path) -> None:
    there, access = world(tmp_path)
    there.put("a.zip", zip_bytes({"b.tif": b"raster"}))
    path = access.connect_location(place("b.tif", ("ZIP", "a.zip"), storage=NEAR))
    assert type(path) is str
    assert Path(path).read_bytes() == b"raster"


def test_archives_of_this_machine_are_read_where_they_are(tmp_path: Path) -> None:
    _, access = world(tmp_path)
    archive = tmp_path / "a.zip"
    archive.write_bytes(zip_bytes({"b.png": b"picture"}, zipfile.ZIP_STORED))
    location = place("b.png", ("ZIP", str(archive)), storage=None)
    path = access.connect_location(location)
    assert isinstance(path, RasterPath)
    assert (path.file, within(path)) == (str(archive), b"picture")
    archive.write_bytes(zip_bytes({"x": b"1", "b.png": b"another"}, zipfile.ZIP_STORED))
    changed = access.connect_location(location)
    assert isinstance(changed, RasterPath)
    assert within(changed) == b"another"
    assert changed.validator != path.validator


def test_an_archive_that_is_compressed_as_a_whole_is_expanded_once(tmp_path: Path) -> None:
    there, access = world(tmp_path)
    there.put("a.tgz", compressed(tar_bytes({"b.tif": b"raster", "c.tif": b"grid"}), "gzip"))
    size = len(there.files["a.tgz"])
    found = [access.connect_location(place(name, ("TAR", "a.tgz"))) for name in ("b.tif", "c.tif")]
    contents = [within(path) for path in found if isinstance(path, RasterPath)]
    assert contents == [b"raster", b"grid"]
    assert there.asked["bytes"] < 2 * size + 1000


def test_an_archive_that_changed_is_read_anew(tmp_path: Path) -> None:
    there, access = world(tmp_path, revalidate=0)
    location = place("b.txt", ("ZIP", "a.zip"))
    for content in (b"one", b"another one"):
        there.put("a.zip", zip_bytes({"x": content, "b.txt": content}))
        assert Path(access.retrieve_location(location)).read_bytes() == content


def test_an_archive_that_changed_before_it_was_noticed(tmp_path: Path) -> None:
    there, access = world(tmp_path)
    there.put("a.zip", zip_bytes({"b.txt": b"one", "c.txt": b"three"}))
    assert Path(access.retrieve_location(place("b.txt", ("ZIP", "a.zip")))).read_bytes() == b"one"
    there.put("a.zip", zip_bytes({"0": BIG[:5000], "c.txt": b"another"}))
    # The list that is known tells where it was; what is there now is none, so the storage is asked.
    assert Path(access.retrieve_location(place("c.txt", ("ZIP", "a.zip")))).read_bytes() == b"another"


def test_what_cannot_be_had_is_told_with_the_archive(tmp_path: Path) -> None:
    there, access = world(tmp_path)
    there.put("a.zip", zip_bytes({"b.txt": b"one"}))
    there.put("no.zip", b"no archive")
    there.put("evil.tar", tar_bytes({"../x": b"evil"}))
    for location, kind, text in (
        (place("c.txt", ("ZIP", "a.zip")), ItemMissing, "far://host/a.zip: has no member 'c.txt'"),
        (place("c.txt", ("ZIP", "gone.zip")), ItemMissing, "gone.zip: no such file in storage far://host"),
        (place("c.txt", ("ZIP", "no.zip")), PackageBroken, "far://host/no.zip"),
        (place("../x", ("TAR", "evil.tar")), AccessDenied, "has '..'"),
        (place("d.txt", ("ZIP", "a.zip"), ("TAR", "b.txt")), PackageBroken, "far://host/a.zip//b.txt"),
    ):
        for ask in (access.retrieve_location, access.connect_location, access.open_location):
            with pytest.raises((DataUnavailable, AccessDenied), match=text) as caught:
                ask(location)
            assert isinstance(caught.value, kind)


def test_a_member_is_had_while_its_storage_is_away(tmp_path: Path) -> None:
    there, access = world(tmp_path, revalidate=0)
    there.put("a.zip", zip_bytes({"b.txt": b"one", "c.txt": b"two"}))
    path = access.retrieve_location(place("b.txt", ("ZIP", "a.zip")))
    there.away = True
    assert access.retrieve_location(place("b.txt", ("ZIP", "a.zip"))) == path
    with pytest.raises(StorageUnreachable, match="far://host"):
        access.retrieve_location(place("c.txt", ("ZIP", "a.zip")))


def test_the_state_of_a_member_is_that_of_its_archive(tmp_path: Path) -> None:
    there, access = world(tmp_path)
    there.put("a.zip", zip_bytes({"b.txt": b"one"}))
    status = access.status(place("b.txt", ("ZIP", "a.zip")))
    assert (status.size, status.validator) == (3, "v1")
    assert access.validator(place("b.txt", ("ZIP", "a.zip"))) == "v1"


def test_a_list_of_members_is_that_of_the_format_asked_for(tmp_path: Path) -> None:
    there, access = world(tmp_path)
    there.put("a.tar", tar_bytes({"b.txt": b"two"}))
    assert list(access.list_files(place("", ("TAR", "a.tar")))) == ["b.txt"]
    with pytest.raises(PackageBroken, match="is no ZIP archive"):
        access.list_files(place("", ("ZIP", "a.tar")))
