# SPDX-License-Identifier: MIT
"""Storages of fsspec: a real S3 server, one that misbehaves, and the file system in memory."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest
import rasterio
from fsspec.registry import _registry
from rasterio.env import getenv
from rasterio.windows import Window

from eoxserver.backends.connections import RasterPath
from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.rasters import open_raster, with_options
from eoxserver.backends.storages import filesystems, retries
from eoxserver.backends.storages.base import FileStatus
from eoxserver.backends.storages.filesystems import FileSystemStorage, RasterFileSystemStorage, storage_class
from eoxserver.conf.schema import Remote, Settings
from eoxserver.core.errors import (
    AccessDenied,
    ConfigurationError,
    CredentialsRefused,
    DataUnavailable,
    ItemMissing,
    StorageUnreachable,
    TransferFailed,
)
from tests.fileservers import FileServer
from tests.s3servers import KEY, SECRET, S3Server

CONTENT = os.urandom(20_000_000)
NAMES = ["a.bin", "x/b c+ü.txt", "x/y/d.txt"]


def settings(again: int = 3, timeout: int = 20) -> Settings:
    return Settings(remote=Remote(connect_timeout=10, timeout=timeout, retries=again))


def storage(url: str, credentials: str = "", again: int = 3, timeout: int = 20) -> Any:
    kind = url.partition(":")[0]
    return storage_class(kind)(StorageRecord(kind, url, credentials), settings(again, timeout))


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials of whoever runs the tests, and short pauses."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "GOOGLE_", "AZURE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.001)


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    content = {"a.bin": CONTENT, "x/b c+ü.txt": b"bee", "x/y/d.txt": b"", "x/": b"", "x//odd.txt": b"?"}
    with S3Server(content) as made:
        made.remove("x//odd.txt")
        yield made


@pytest.fixture
def credentials(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("EOXS_S3", server.credentials)
    return "env:EOXS_S3"


@pytest.fixture
def reader(server: S3Server, credentials: str) -> RasterFileSystemStorage:
    found = storage(f"s3://{server.bucket}", credentials)
    assert isinstance(found, RasterFileSystemStorage)
    return found


@pytest.fixture
def flaky(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """A web server that answers enough of S3, and misbehaves as it is told."""
    with FileServer({"bucket/a.bin": CONTENT}) as made:
        given = {"key": KEY, "secret": SECRET, "endpoint_url": made.url}
        monkeypatch.setenv("EOXS_FLAKY", json.dumps(given))
        yield made


# -- a real S3 server -----------------------------------------------------------------------------


def test_files_come_whole(reader: RasterFileSystemStorage, tmp_path: Path) -> None:
    reader.validate()
    for location, content in zip(NAMES, (CONTENT, b"bee", b""), strict=True):
        path = Path(reader.retrieve(location, tmp_path / "copy"))
        assert path == tmp_path / "copy" / location.rpartition("/")[2]
        assert path.read_bytes() == content
    assert len(list((tmp_path / "copy").iterdir())) == 3


def test_the_entity_tag_is_the_validator(server: S3Server, reader: RasterFileSystemStorage) -> None:
    server.put("changing", b"1")
    before = reader.stat("changing")
    assert before.size == 1
    assert before.validator[0] == before.validator[-1] == '"'
    assert reader.stat("changing") == before
    server.put("changing", b"2")
    after = reader.stat("changing")
    assert after.validator != before.validator
    server.remove("changing")
    with pytest.raises(ItemMissing, match="changing in storage s3://eo-data"):
        reader.stat("changing")


def test_listing(server: S3Server, reader: RasterFileSystemStorage) -> None:
    assert list(reader.list_files()) == NAMES
    assert list(reader.list_files("x")) == list(reader.list_files("x/")) == NAMES[1:]
    assert list(reader.list_files("*.bin")) == NAMES[:1]
    assert list(reader.list_files("x/*.txt")) == NAMES[1:2]
    assert list(reader.list_files("**/*.txt")) == NAMES[1:]
    assert list(reader.list_files("nowhere/*")) == []
    server.put("new/z.txt", b"")
    assert list(reader.list_files("new")) == ["new/z.txt"]
    server.remove("new/z.txt")
    for location in ("new", "a.bin"):
        with pytest.raises(ItemMissing, match=f"{location} in storage s3://eo-data"):
            list(reader.list_files(location))


def test_a_folder_of_a_bucket(server: S3Server, credentials: str, tmp_path: Path) -> None:
    for url in (f"s3://{server.bucket}/x", f"s3://{server.bucket}/x/", f"s3a://{server.bucket}/x"):
        own = storage(url, credentials)
        own.validate()
        assert list(own.list_files()) == ["b c+ü.txt", "y/d.txt"]
        assert list(own.list_files("*")) == ["b c+ü.txt"]
        assert Path(own.retrieve("b c+ü.txt", tmp_path)).read_bytes() == b"bee"
        assert own.connect("b c+ü.txt") == "/vsis3/eo-data/x/b c+ü.txt"


def test_parts_are_read(reader: RasterFileSystemStorage) -> None:
    with reader.open("a.bin") as stream:
        stream.seek(-5, os.SEEK_END)
        assert stream.read() == CONTENT[-5:]
        stream.seek(1_000_000)
        assert stream.read(3_000_000) == CONTENT[1_000_000:4_000_000]
    with reader.open("x/y/d.txt") as stream:
        assert stream.read() == b""
    with pytest.raises(ItemMissing, match="gone"):
        reader.open("gone")


def test_a_file_that_changes_is_not_read_on(server: S3Server, reader: RasterFileSystemStorage) -> None:
    server.put("changing.bin", CONTENT)
    with reader.open("changing.bin") as stream:
        assert stream.read(10) == CONTENT[:10]
        server.put("changing.bin", CONTENT[::-1])
        stream.seek(10_000_000)
        with pytest.raises(TransferFailed, match=r"changing\.bin in storage s3://eo-data"):
            stream.read(10)
    server.remove("changing.bin")


def test_missing_items_are_named(reader: RasterFileSystemStorage, credentials: str, tmp_path: Path) -> None:
    for location in ("gone.bin", "x", "x/y", "a.bin/b"):
        for call in (reader.stat, reader.connect, lambda name: reader.retrieve(name, tmp_path)):
            with pytest.raises(ItemMissing, match=f"{location} in storage s3://eo-data"):
                call(location)
    with pytest.raises(ItemMissing, match="x/y in .*: is a folder, which is named with '/' at its end"):
        reader.stat("x/y")
    with pytest.raises(ItemMissing, match="names no file"):
        reader.retrieve("x/", tmp_path)
    other = storage("s3://no-such-bucket", credentials)
    for again in (other.validate, lambda: other.stat("a"), lambda: list(other.list_files())):
        with pytest.raises(ItemMissing, match="storage s3://no-such-bucket"):
            again()


@pytest.mark.parametrize("location", ["../x", "x/../../x", "/etc/passwd", ".."])
def test_no_location_leaves_the_storage(reader: RasterFileSystemStorage, tmp_path: Path, location: str) -> None:
    for call in (reader.stat, reader.open, reader.connect, lambda name: reader.retrieve(name, tmp_path)):
        with pytest.raises(AccessDenied, match="leads out of storage s3://"):
            call(location)
    with pytest.raises(AccessDenied):
        list(reader.list_files(location))


def test_many_threads_use_one_storage(reader: RasterFileSystemStorage, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda number: reader.retrieve("x/b c+ü.txt", tmp_path / str(number)), range(40)))
    assert {Path(path).read_bytes() for path in paths} == {b"bee"}


def _stat_in_child(reader: FileSystemStorage, results: Any) -> None:
    results.put(reader.stat("a.bin").size)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")  # as the server is
def test_a_storage_survives_a_fork(reader: RasterFileSystemStorage) -> None:
    assert reader.stat("a.bin").size == len(CONTENT)
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    child = context.Process(target=_stat_in_child, args=(reader, results))
    child.start()
    child.join()
    assert child.exitcode == 0
    assert results.get() == len(CONTENT)
    assert reader.stat("a.bin").size == len(CONTENT)


# -- read in place --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cog(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Any]:
    """A raster with overviews of 2048 x 2048 cells, as a file and as an array."""
    path = tmp_path_factory.mktemp("cog") / "a.tif"
    cells = np.random.default_rng(1).integers(0, 255, (1, 2048, 2048), dtype="uint8")
    with rasterio.open(
        path, "w", driver="COG", width=2048, height=2048, count=1, dtype="uint8", crs="EPSG:4326", blocksize=256,
        transform=rasterio.transform.from_origin(10, 50, 0.001, 0.001),
    ) as target:  # fmt: skip
        target.write(cells)
    return path.read_bytes(), cells


def read_tile(path: RasterPath) -> Any:
    """256 x 256 cells, in another thread than the main one, as services read."""

    def tile() -> Any:
        with open_raster(path) as source:
            return with_options(path, lambda: source.read(window=Window(512, 1024, 256, 256)))

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(tile).result()


def test_a_raster_is_read_in_place(server: S3Server, reader: RasterFileSystemStorage, cog: tuple[bytes, Any]) -> None:
    server.put("rasters/a b.tif", cog[0])
    path = reader.connect("rasters/a b.tif")
    assert path == "/vsis3/eo-data/rasters/a b.tif"
    assert path.validator == reader.stat("rasters/a b.tif").validator
    assert SECRET not in repr(path) + str(path)
    np.testing.assert_array_equal(read_tile(path), cog[1][:, 1024:1280, 512:768])
    # Nothing of it is left behind for others.
    assert not any("AWS" in name for name in os.environ)
    with rasterio.Env():
        assert not any(name.startswith("AWS") for name in getenv())
    server.remove("rasters/a b.tif")


def test_a_tile_takes_few_requests(flaky: FileServer, cog: tuple[bytes, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-somebody-else")
    flaky.put("bucket/a.tif", cog[0])
    path = storage("s3://bucket", "env:EOXS_FLAKY").connect("a.tif")
    assert flaky.asked[-1].method == "HEAD"
    before = len(flaky.asked)
    np.testing.assert_array_equal(read_tile(path), cog[1][:, 1024:1280, 512:768])
    asked = flaky.asked[before:]
    assert len(asked) <= 4
    assert sum(each.sent for each in asked if each.method == "GET") < 400_000 < len(cog[0])
    assert KEY in asked[-1].headers["authorization"]
    assert not any("x-amz-security-token" in each.headers for each in flaky.asked)


def test_environment_credentials_are_those_of_gdal_too(
    flaky: FileServer, cog: tuple[bytes, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    flaky.put("bucket/env.tif", cog[0])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "KEYOFENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "abcdef")
    monkeypatch.setenv("AWS_ENDPOINT_URL", flaky.url)
    path = storage("s3://bucket").connect("env.tif")
    assert "KEYOFENVIRONMENT" in flaky.asked[-1].headers["authorization"]
    assert "AWS_NO_SIGN_REQUEST" not in path.options
    np.testing.assert_array_equal(read_tile(path), cog[1][:, 1024:1280, 512:768])
    assert "KEYOFENVIRONMENT" in flaky.asked[-1].headers["authorization"]


def test_without_credentials_nothing_is_signed(
    flaky: FileServer, cog: tuple[bytes, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    flaky.put("bucket/open.tif", cog[0])
    monkeypatch.setenv("AWS_ENDPOINT_URL", flaky.url)
    path = storage("s3://bucket").connect("open.tif")
    np.testing.assert_array_equal(read_tile(path), cog[1][:, 1024:1280, 512:768])
    assert not any("authorization" in each.headers for each in flaky.asked)


def test_who_pays_is_said(flaky: FileServer, cog: tuple[bytes, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    flaky.put("bucket/paid.tif", cog[0])
    given = {"key": KEY, "secret": SECRET, "endpoint_url": flaky.url, "requester_pays": True}
    monkeypatch.setenv("EOXS_PAYS", json.dumps(given))
    path = storage("s3://bucket", "env:EOXS_PAYS").connect("paid.tif")
    assert path.options["AWS_REQUEST_PAYER"] == "requester"
    assert flaky.asked[-1].headers["x-amz-request-payer"] == "requester"
    np.testing.assert_array_equal(read_tile(path), cog[1][:, 1024:1280, 512:768])
    assert flaky.asked[-1].headers["x-amz-request-payer"] == "requester"


# -- a server that misbehaves ---------------------------------------------------------------------


def test_failures_that_pass_are_waited_for(flaky: FileServer, tmp_path: Path) -> None:
    flaky.manners.fail = 2
    assert Path(storage("s3://bucket", "env:EOXS_FLAKY").retrieve("a.bin", tmp_path)).read_bytes() == CONTENT
    flaky.manners.fail = 2
    with pytest.raises(StorageUnreachable, match=r"a\.bin in storage s3://bucket"):
        storage("s3://bucket", "env:EOXS_FLAKY", again=1).stat("a.bin")
    assert flaky.manners.fail == 0


def test_transfers_go_on_where_they_were_interrupted(flaky: FileServer, tmp_path: Path) -> None:
    flaky.manners.cut_at, flaky.manners.cuts = 12_000_000, 1
    own = storage("s3://bucket", "env:EOXS_FLAKY", again=0)
    with pytest.raises(DataUnavailable, match=r"a\.bin in storage s3://bucket"):
        own.retrieve("a.bin", tmp_path)
    assert not (tmp_path / "a.bin").exists()
    flaky.asked.clear()
    assert Path(own.retrieve("a.bin", tmp_path)).read_bytes() == CONTENT


def test_what_is_here_is_not_fetched_again(flaky: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filesystems, "BLOCK", 1 << 20)
    own = storage("s3://bucket", "env:EOXS_FLAKY", again=0)
    read = own._read
    monkeypatch.setattr(own, "_read", lambda source, location, start, size: _until(5 << 20, read, source, start, size))
    with pytest.raises(StorageUnreachable):
        own.retrieve("a.bin", tmp_path)
    monkeypatch.setattr(own, "_read", read)
    flaky.asked.clear()
    assert Path(own.retrieve("a.bin", tmp_path)).read_bytes() == CONTENT
    ranges = [each.range for each in flaky.asked if each.method == "GET"]
    assert ranges[0].startswith(f"bytes={5 << 20}-")


def _until(end: int, read: Any, source: Any, start: int, size: int) -> Any:
    if start >= end:
        raise StorageUnreachable("it broke")
    return read(source, "a.bin", start, size)


def test_a_file_that_changes_while_it_is_fetched(flaky: FileServer, tmp_path: Path) -> None:
    own = storage("s3://bucket", "env:EOXS_FLAKY", again=0)
    read = own._read

    def reading(source: Any, location: str, start: int, size: int) -> Any:
        content = read(source, location, start, size)
        if start == 0:
            flaky.put("bucket/a.bin", CONTENT[::-1])
        return content

    own._read = reading
    with pytest.raises(TransferFailed, match=r"a\.bin in storage s3://bucket"):
        own.retrieve("a.bin", tmp_path)
    own._read = read
    assert Path(own.retrieve("a.bin", tmp_path)).read_bytes() == CONTENT[::-1]


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials(flaky: FileServer, tmp_path: Path, status: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    flaky.manners.fail, flaky.manners.fail_status = 100, status
    own = storage("s3://bucket", "env:EOXS_FLAKY")
    for call in (own.stat, own.connect, own.open, lambda name: own.retrieve(name, tmp_path)):
        with pytest.raises(CredentialsRefused, match=r"a\.bin in storage s3://bucket") as caught:
            call("a.bin")
        assert SECRET not in str(caught.value) and KEY not in str(caught.value)
    assert SECRET not in caplog.text
    flaky.manners.fail = 0
    assert own.stat("a.bin").size == len(CONTENT)


def test_refused_without_credentials(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    with pytest.raises(CredentialsRefused, match="Forbidden; the storage names no credentials"):
        storage(f"s3://{server.bucket}").stat("a.bin")


def test_credentials_that_were_changed_are_read_anew(flaky: FileServer, tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.write_text(json.dumps({"key": "OLDKEY", "secret": "s", "endpoint_url": flaky.url}))
    own = storage("s3://bucket", f"file:{path}")
    flaky.manners.fail, flaky.manners.fail_status = 1, 403
    with pytest.raises(CredentialsRefused):
        own.stat("a.bin")
    path.write_text(json.dumps({"key": "NEWKEY", "secret": "s", "endpoint_url": flaky.url}))
    own.stat("a.bin")
    assert "NEWKEY" in flaky.asked[-1].headers["authorization"]


def test_silence_ends(flaky: FileServer) -> None:
    flaky.manners.delay = 3
    with pytest.raises(StorageUnreachable, match=r"a\.bin in storage s3://bucket"):
        storage("s3://bucket", "env:EOXS_FLAKY", again=0, timeout=1).stat("a.bin")


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv(
        "EOXS_S3", json.dumps({"key": KEY, "secret": SECRET, "endpoint_url": f"http://127.0.0.1:{port}"})
    )
    with pytest.raises(StorageUnreachable, match=f"storage s3://bucket: .*127.0.0.1:{port}"):
        storage("s3://bucket", "env:EOXS_S3").stat("a.bin")


# -- other file systems ---------------------------------------------------------------------------


@pytest.fixture
def memory() -> Iterator[FileSystemStorage]:
    system = fsspec.filesystem("memory")
    system.pipe({"/eo/a.txt": b"one", "/eo/b/c.txt": b"two", "/other.txt": b"three"})
    yield storage("memory://eo")
    for path in system.find("/"):
        system.rm(path)
    system.pseudo_dirs[:] = [""]


def test_memory(memory: FileSystemStorage, tmp_path: Path) -> None:
    memory.validate()
    assert list(memory.list_files()) == ["a.txt", "b/c.txt"]
    assert Path(memory.retrieve("b/c.txt", tmp_path)).read_bytes() == b"two"
    with memory.open("a.txt") as stream:
        assert stream.read() == b"one"
    before = memory.stat("a.txt")
    fsspec.filesystem("memory").pipe("/eo/a.txt", b"uno")
    assert memory.stat("a.txt") != before
    assert before.size == 3
    assert not hasattr(memory, "connect")
    everything = storage("memory://")
    everything.validate()
    assert list(everything.list_files()) == ["eo/a.txt", "eo/b/c.txt", "other.txt"]
    with pytest.raises(ItemMissing):
        storage("memory://nowhere").validate()


def test_lists_have_bounds(memory: FileSystemStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filesystems, "MOST_FILES", 1)
    with pytest.raises(DataUnavailable, match="more than 1 files"):
        list(memory.list_files())


class StubSystem(fsspec.AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A file system like most: used by one thread, with errors of its own."""

    protocol = "eoxstest"
    cachable = False
    made: list[tuple[int, Mapping[str, Any]]] = []  # noqa: RUF012

    def __init__(self, **arguments: Any) -> None:
        if "typo" in arguments:
            raise TypeError(f"unexpected argument typo={arguments['typo']}")
        self.made.append((threading.get_ident(), arguments))
        super().__init__(**arguments)

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        if path.endswith("login"):
            raise type("AuthenticationException", (Exception,), {})("wrong password geheim!")
        if path.endswith("odd"):
            raise NotImplementedError
        if path.endswith("broken"):
            raise type("SSHException", (Exception,), {})("connection lost")
        return {"name": path, "type": "file", "size": None, "mtime": 12.5}


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_registry, "eoxstest", StubSystem)
    StubSystem.made.clear()
    monkeypatch.setenv("EOXS_STUB", "reader:geheim!")


@pytest.mark.usefixtures("stub")
def test_errors_of_libraries_are_put_in_our_words() -> None:
    own = storage("eoxstest://host/data", "env:EOXS_STUB", again=1)
    with pytest.raises(CredentialsRefused, match=r"login in storage eoxstest://host/data: .*wrong password \.\.\.$"):
        own.stat("login")
    with pytest.raises(StorageUnreachable, match="SSHException: connection lost"):
        own.stat("broken")
    with pytest.raises(DataUnavailable, match="odd in storage eoxstest://host/data: NotImplementedError"):
        own.stat("odd")
    assert own.stat("a") == FileStatus(None, "12.5-None")


@pytest.mark.usefixtures("stub")
def test_what_is_not_safe_for_threads_is_made_for_each() -> None:
    own = storage("eoxstest://host/data", "env:EOXS_STUB")
    for _ in range(2):
        own.stat("a")
    with ThreadPoolExecutor(1) as pool:
        pool.submit(own.stat, "a").result()
    assert len(StubSystem.made) == len({thread for thread, _ in StubSystem.made}) == 2
    assert StubSystem.made[0][1]["username"] == "reader"
    assert StubSystem.made[0][1]["password"] == "geheim!"


@pytest.mark.usefixtures("stub")
def test_arguments_a_library_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EOXS_STUB", json.dumps({"typo": "geheim!"}))
    with pytest.raises(ConfigurationError, match="refuses its arguments: TypeError: unexpected argument") as caught:
        storage("eoxstest://host", "env:EOXS_STUB").stat("a")
    assert "geheim" not in str(caught.value)


@pytest.mark.usefixtures("stub")
def test_a_library_that_is_missed_late(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: StubSystem, **arguments: Any) -> None:
        raise ModuleNotFoundError("No module named 'pyarrow'")

    monkeypatch.setattr(StubSystem, "__init__", refuse)
    with pytest.raises(ConfigurationError, match=r"'eoxstest' needs a library that is not installed; .* 'pyarrow'"):
        storage("eoxstest://host").stat("a")


@pytest.mark.parametrize(
    "url",
    [
        "s3://",
        "s3:bucket",
        "s3:///bucket",
        "s3://user:secret@bucket",
        "s3://bucket?a=b",
        "s3://bucket/a#b",
        "s3://a::s3://b",
        "s3://[::1",
        "gs://bucket",
    ],
)
def test_urls_that_are_none(url: str) -> None:
    own = storage_class("s3")(StorageRecord("s3", url), settings())
    with pytest.raises(ConfigurationError, match="accepted: s3://bucket/folder") as caught:
        own.validate()
    assert "secret" not in str(caught.value)


def test_a_root_does_not_go_up() -> None:
    with pytest.raises(AccessDenied):
        storage("memory://a/../../b").validate()
