# SPDX-License-Identifier: MIT
"""Files of web servers, good and bad ones."""

from __future__ import annotations

import base64
import logging
import os
import socket
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.connections import RasterPath
from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.rasters import open_raster, with_options
from eoxserver.backends.storages.base import (
    ConnectedStorageInterface,
    FileStorageInterface,
    OpenStorageInterface,
    StatStorageInterface,
)
from eoxserver.backends.storages.http import HttpsStorage, HttpStorage
from eoxserver.core.errors import (
    AccessDenied,
    ConfigurationError,
    CredentialsRefused,
    DataUnavailable,
    ItemMissing,
    PartsRefused,
    StorageUnreachable,
    TransferFailed,
)
from tests.backends.storages.https import BIG, SMALL, settings, storage
from tests.certificates import make_certificate
from tests.fileservers import FileServer, Manners, basic, bearer

pytestmark = pytest.mark.integration


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer({"data/big.bin": BIG, "data/a b+ü%20#?.txt": SMALL, "data/empty": b""}) as server:
        yield server


def get(own: HttpStorage, location: str, folder: Path) -> bytes:
    path = Path(own.retrieve(location, folder))
    assert path.parent == folder and path.is_absolute() and path.name == location.rpartition("/")[2]
    assert [each.name for each in folder.iterdir()] == [path.name]
    return path.read_bytes()


def test_it_has_all_interfaces(server: FileServer) -> None:
    for interface in (FileStorageInterface, StatStorageInterface, OpenStorageInterface, ConnectedStorageInterface):
        assert isinstance(storage(server), interface)
    assert (HttpStorage.key, HttpsStorage.key) == ("http", "https")


# -- URLs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/", "//host/", "host", "", "http://", "http:///a", "http://host:99999/", "http://[host/", "/data",
        "http://me@host/", "http://me:HUSH@host/?sig=HUSH", "http://host/#HUSH", "http://host/\r\nX: y", "http://a b/",
        "http://host\\@other/",
    ],
)  # fmt: skip
def test_urls_that_are_none_of_ours(url: str, tmp_path: Path) -> None:
    own = HttpStorage(StorageRecord("http", url), settings())
    for use in (own.validate, lambda: own.retrieve("a", tmp_path), lambda: own.stat("a")):
        with pytest.raises(ConfigurationError, match="accepted: http and https URLs") as caught:
            use()
        assert "HUSH" not in str(caught.value)


def test_https_is_never_plain(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="accepted: https URLs"):
        HttpsStorage(StorageRecord("https", "http://host/"), settings()).validate()


def test_names_are_encoded(server: FileServer, tmp_path: Path) -> None:
    assert get(storage(server), "data/a b+ü%20#?.txt", tmp_path / "1") == SMALL
    assert get(storage(f"{server.url}/data/"), "a b+ü%20#?.txt", tmp_path / "2") == SMALL
    assert get(storage(f"{server.url}/d%61ta"), "empty", tmp_path / "3") == b""


@pytest.mark.parametrize(
    "location",
    [
        "../secret", "a/../../secret", "..", "/etc/passwd", "//other/a", "http://other/a", "file:///etc/passwd",
        "%2e%2e/secret", "a/%2E%2e/x", "%252e%252e/x", "..%2fsecret", "..\\secret", "a%5c..%5cx", "a\0b", "a\r\nb",
        "a%00b", "\ud800",
    ],
)  # fmt: skip
def test_no_location_leaves_the_storage(server: FileServer, tmp_path: Path, location: str) -> None:
    own = storage(f"{server.url}/data")
    for use in (own.stat, own.open, own.connect, lambda text: own.retrieve(text, tmp_path), own.list_files):
        with pytest.raises(AccessDenied, match="accepted: paths below its root"):
            use(location)
    assert server.count() == 0


@given(st.text(max_size=20))
def test_any_location_is_below_the_storage_or_refused(location: str) -> None:
    own = storage("http://host/data/?sig=1")
    try:
        url = own._url(location)
    except AccessDenied:
        return
    path, _, query = url.partition("?")
    assert path.startswith("http://host/data/") and query == "sig=1" and path.isascii()
    assert ".." not in unquote(path).split("/")


@pytest.mark.parametrize("location", ["", ".", "data/", "data", "data/."])
def test_folders_are_no_files(server: FileServer, tmp_path: Path, location: str) -> None:
    for use in (storage(server).stat, lambda text: storage(server).retrieve(text, tmp_path)):
        with pytest.raises(ItemMissing, match="folder"):
            use(location)


# -- state ----------------------------------------------------------------------------------------


def test_state_by_head(server: FileServer) -> None:
    status = storage(server).stat("data/big.bin")
    assert status.size == len(BIG) and status.validator.startswith('"')
    assert storage(server).stat("data/empty").size == 0
    assert [asked.method for asked in server.asked] == ["HEAD", "HEAD"]
    server.put("data/big.bin", b"x")
    changed = storage(server).stat("data/big.bin")
    assert changed.size == 1 and changed.validator != status.validator


def test_state_where_head_is_refused(server: FileServer) -> None:
    server.manners.head = False
    status = storage(server).stat("data/big.bin")
    assert (status.size, status.validator[0]) == (len(BIG), '"')
    assert [(asked.method, asked.range) for asked in server.asked] == [("HEAD", ""), ("GET", "bytes=0-0")]
    assert storage(server).stat("data/empty").size == 0
    server.manners.ranges = False
    assert storage(server).stat("data/big.bin").size == len(BIG)
    with pytest.raises(ItemMissing):
        storage(server).stat("data/none")


def test_state_by_dates_and_weak_tags(server: FileServer) -> None:
    server.manners.etags = "weak"
    first = storage(server).stat("data/big.bin")
    assert first.validator == f"{formatdate(1_600_000_000, usegmt=True)} {len(BIG)}"
    server.put("data/big.bin", BIG[::-1])
    assert storage(server).stat("data/big.bin").validator != first.validator
    server.manners.dates = False
    assert storage(server).stat("data/big.bin").validator.startswith("W/")
    server.manners.etags = "none"
    assert storage(server).stat("data/big.bin").validator == ""


def test_state_without_length(server: FileServer) -> None:
    server.manners.lengths = False
    assert storage(server).stat("data/big.bin").size == len(BIG)
    server.manners.ranges = False
    assert storage(server).stat("data/big.bin").size is None


# -- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "text"),
    [
        (401, CredentialsRefused, "asks for credentials (401 Unauthorized); the 'credentials' of the storage say"),
        (403, CredentialsRefused, "env:NAME or file:/absolute/path"),
        (404, ItemMissing, "has no such file (404 Not Found)"),
        (410, ItemMissing, "has no such file (410 Gone)"),
        (418, DataUnavailable, "answers 418"),
        (429, StorageUnreachable, "answers 429 Too Many Requests"),
        (500, StorageUnreachable, "answers 500 Internal Server Error"),
        (503, StorageUnreachable, "answers 503 Service Unavailable"),
        (599, StorageUnreachable, "answers 599"),
        (204, DataUnavailable, "answers 204"),
    ],
)
def test_status_codes(server: FileServer, tmp_path: Path, status: int, kind: type[Exception], text: str) -> None:
    own = storage(server, query="/data?sig=HUSH", retries=0)
    uses: list[Callable[[], object]] = [
        lambda: own.retrieve("big.bin", tmp_path),
        lambda: own.connect("big.bin"),
        lambda: own.open("big.bin"),
        lambda: own.stat("big.bin"),
    ]
    for use in uses[: 2 if status == 204 else 4]:
        server.manners.fail, server.manners.fail_status = 2, status
        with pytest.raises(kind) as caught:
            use()
        assert type(caught.value) is kind
        assert f"big.bin: storage {server.url}/data" in str(caught.value) and text in str(caught.value)
        assert "HUSH" not in str(caught.value)


def test_failures_that_pass(server: FileServer, tmp_path: Path) -> None:
    for status in (429, 502, 503, 504):
        server.manners.fail, server.manners.fail_status = 2, status
        assert storage(server, retries=2).stat("data/big.bin").size == len(BIG)
    server.manners.drop = 2
    assert get(storage(server, retries=2), "data/big.bin", tmp_path) == BIG
    server.forget()
    server.manners.fail, server.manners.retry_after = 1, "unreadable"
    assert storage(server, retries=2).stat("data/empty").size == 0


def test_failures_are_tried_again_so_often_and_no_more(server: FileServer) -> None:
    server.manners.fail = 100
    with pytest.raises(StorageUnreachable):
        storage(server, retries=2).stat("data/big.bin")
    assert server.count() == 3
    server.forget()
    server.manners.fail_status = 404
    with pytest.raises(ItemMissing):
        storage(server, retries=2).stat("data/big.bin")
    assert server.count() == 1


def test_a_server_that_is_gone_for_long_is_not_waited_for(server: FileServer) -> None:
    server.manners.fail, server.manners.retry_after = 5, "3600"
    with pytest.raises(StorageUnreachable, match="503 Service Unavailable, and asks to come back in 3600 s"):
        storage(server, retries=3).stat("data/big.bin")
    assert server.count() == 1


def test_nobody_answers(server: FileServer, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/?sig=HUSH"
        with pytest.raises(StorageUnreachable, match="does not answer: Connection refused") as caught:
            storage(url, retries=0).stat("a.tif")
        with pytest.raises(StorageUnreachable):
            storage(url, retries=0).validate()
    assert "HUSH" not in str(caught.value)
    with pytest.raises(StorageUnreachable, match="no name server knows"):
        storage("http://host.invalid/", retries=0).stat("a.tif")
    server.manners.drop = 5
    with pytest.raises(StorageUnreachable, match="does not answer: "):
        storage(server, retries=0).stat("a.tif")
    server.manners = Manners(delay=3)
    with pytest.raises(StorageUnreachable, match="silent for 1 s"):
        storage(server, retries=0, timeout=1).stat("a.tif")


# -- credentials ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "header"),
    [("reader:p:ä", basic("reader", "p:ä")), ("Bearer TOKEN", bearer("TOKEN")), ("TOKEN", bearer("TOKEN"))],
)
def test_credentials(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, header: str
) -> None:
    server.manners.authorization = header
    own = storage(server, "env:ARCHIVE")
    with pytest.raises(ConfigurationError, match="no variable ARCHIVE"):
        own.validate()
    monkeypatch.setenv("ARCHIVE", "reader:old")
    with pytest.raises(CredentialsRefused, match="refuses the credentials it was given"):
        own.validate()
    monkeypatch.setenv("ARCHIVE", text)  # noticed by the same storage
    own.validate()
    assert get(own, "data/big.bin", tmp_path) == BIG
    with own.open("data/big.bin") as stream:
        assert stream.read(10) == BIG[:10]


def test_a_netrc_is_none_of_ours(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(stat.S_IRUSR)
    monkeypatch.setenv("NETRC", str(netrc))
    with FileServer({}, Manners(redirect=server.url)) as first:
        storage(first).stat("data/big.bin")
        storage(server).stat("data/big.bin")
        assert not any("authorization" in asked.headers for asked in first.asked + server.asked)


def test_credentials_stay_with_their_host(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("reader:HUSH", "HUSH"):
        monkeypatch.setenv("ARCHIVE", text)
        with FileServer({}, Manners(redirect=server.url)) as first:
            own = storage(first, "env:ARCHIVE")
            assert get(own, "data/big.bin", tmp_path / text[:4]) == BIG
            assert own.stat("data/big.bin").size == len(BIG)
            with own.open("data/big.bin") as stream:
                assert stream.read(10) == BIG[:10]
            assert all("authorization" in asked.headers for asked in first.asked)
    assert server.asked and not any("authorization" in asked.headers for asked in server.asked)


def test_credentials_and_signatures_are_never_shown(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("ARCHIVE", "reader:HUSH")
    own = storage(server, "env:ARCHIVE", query="?sig=HUSH", retries=1)
    server.manners = Manners(authorization=basic("reader", "HUSH"), query="sig=HUSH", fail=1, drop=1, cut_at=1_000_000)
    texts = [repr(own)]
    with pytest.raises(DataUnavailable) as caught:
        own.stat("data/big.bin")
    texts.append(str(caught.value))
    assert get(own, "data/big.bin", tmp_path) == BIG
    server.manners.authorization = basic("reader", "other")
    uses: list[Callable[[], object]] = [own.validate, lambda: own.retrieve("data/big.bin", tmp_path)]
    uses += [partial(use, "data/big.bin") for use in (own.stat, own.open, own.connect)]
    for use in uses:
        with pytest.raises(CredentialsRefused) as refused:
            use()
        texts.append(f"{refused.value} {refused.value.locator}")
    texts += [record.getMessage() for record in caplog.records]
    assert any("GET /data/big.bin" in text for text in texts), "urllib3 logs requests"
    assert not [text for text in texts if "HUSH" in text or base64.b64encode(b"reader:HUSH").decode() in text]


def test_signatures_go_with_every_request(server: FileServer, tmp_path: Path) -> None:
    server.manners.query = "se=2030&sig=a%2Bb%3D"
    own = storage(f"{server.url}/data", query="?se=2030&sig=a%2Bb%3D")
    own.validate()
    assert get(own, "big.bin", tmp_path) == BIG
    assert own.stat("big.bin").size == len(BIG)
    with own.open("big.bin") as stream:
        assert stream.read(5) == BIG[:5]
    assert list(own.list_files()) == ["a b+ü%20#?.txt", "big.bin", "empty"]
    with pytest.raises(CredentialsRefused):
        storage(f"{server.url}/data").stat("big.bin")


# -- redirects, TLS -------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x/"])
def test_redirects_to_elsewhere_are_refused(server: FileServer, tmp_path: Path, target: str) -> None:
    server.manners.redirect = target
    for use in (storage(server).stat, storage(server).open, lambda text: storage(server).retrieve(text, tmp_path)):
        with pytest.raises(AccessDenied, match="accepted: http and https URLs"):
            use("data/big.bin")


def test_redirects_end(server: FileServer) -> None:
    server.manners.redirect = server.url
    with pytest.raises(DataUnavailable, match="sends on more than 5 times"):
        storage(server).stat("data/big.bin")
    assert server.count() == 6
    server.manners.redirect = "http://[/"
    with pytest.raises(DataUnavailable, match="sends on to what is no URL"):
        storage(server).stat("data/big.bin")


def test_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = make_certificate(tmp_path)
    with FileServer({"a.bin": BIG}, certificate=certificate) as server:
        with pytest.raises(StorageUnreachable, match="a certificate that is not trusted: self-signed"):
            storage(server, retries=0).stat("a.bin")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        own = storage(server)
        own.validate()
        assert get(own, "a.bin", tmp_path / "copy") == BIG
    with FileServer({}) as plain, pytest.raises(StorageUnreachable, match="cannot be spoken to in secret"):
        storage(plain.url.replace("http:", "https:"), retries=0).stat("a.bin")


# -- streams --------------------------------------------------------------------------------------


def test_streams_fetch_what_is_read(server: FileServer) -> None:
    with storage(server).open("data/big.bin") as stream:
        assert stream.read(100) == BIG[:100]
        assert stream.seek(-100, os.SEEK_END) == len(BIG) - 100
        assert stream.read() == BIG[-100:]
        stream.seek(1_000_000)
        assert stream.read(100_000) == BIG[1_000_000:1_100_000]
    assert server.count() == 3 and server.sent() < 400_000
    assert all("if-range" in asked.headers for asked in server.asked[1:])
    with storage(server).open("data/big.bin") as stream:
        assert stream.read() == BIG
    with storage(server).open("data/empty") as stream:
        assert stream.read() == b""


def test_streams_need_ranges(server: FileServer) -> None:
    server.manners.ranges = False
    with pytest.raises(DataUnavailable, match="sends whole files only") as caught:
        storage(server).open("data/big.bin")
    assert type(caught.value) is PartsRefused
    with pytest.raises(ItemMissing):
        storage(server).open("data/none")


@pytest.mark.parametrize("manners", [Manners(), Manners(etags="weak"), Manners(etags="none"), Manners(dates=False)])
def test_a_file_that_changes_while_it_is_read(server: FileServer, manners: Manners) -> None:
    server.manners = manners
    with storage(server).open("data/big.bin") as stream:
        stream.read(10)
        server.put("data/big.bin", BIG[::-1])
        stream.seek(2_000_000)
        with pytest.raises(TransferFailed, match="has changed the file while it was read"):
            stream.read(10)
        server.put("data/big.bin", b"short")
        with pytest.raises(TransferFailed):
            stream.read(10)
        server.remove("data/big.bin")
        with pytest.raises(ItemMissing):
            stream.read(10)


def test_connections_that_break_while_reading(server: FileServer) -> None:
    server.manners.cut_at, server.manners.cuts = 1000, 2
    with storage(server, retries=2).open("data/big.bin") as stream:
        assert stream.read(100_000) == BIG[:100_000]
        server.manners.cuts = 100
        with pytest.raises(TransferFailed, match="ended the transfer of bytes .* 3 times in a row"):
            stream.read()


@pytest.mark.parametrize("manners", [Manners(range_lie=1), Manners(range_lie=100)])
def test_servers_that_send_other_bytes(server: FileServer, tmp_path: Path, manners: Manners) -> None:
    with storage(server).open("data/big.bin") as stream:
        server.manners = manners
        stream.seek(2_000_000)
        with pytest.raises(TransferFailed, match="and answers 'bytes 19"):
            stream.read(10)
    with pytest.raises(DataUnavailable):
        storage(server).open("data/big.bin")
    assert storage(server).connect("data/big.bin") is None


# -- in place -------------------------------------------------------------------------------------


@pytest.fixture
def raster(tmp_path: Path) -> bytes:
    path = tmp_path / "made.tif"
    cells = np.random.default_rng(1).integers(0, 255, (1, 512, 512), dtype=np.uint8)
    with rasterio.open(path, "w", driver="GTiff", width=512, height=512, count=1, dtype="uint8", tiled=True) as made:
        made.write(cells)
    return path.read_bytes()


def read(path: RasterPath) -> int:
    """The first cell, read in place."""
    made = open_raster(path)
    try:
        return int(with_options(path, lambda: made.read(1, window=((0, 1), (0, 1))))[0, 0])
    finally:
        made.close()


def test_rasters_are_read_in_place(raster: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    for text, header in (("reader:HUSH", basic("reader", "HUSH")), ("TOKEN", bearer("TOKEN"))):
        with FileServer({"a b.tif": raster}, Manners(authorization=header)) as server:
            monkeypatch.setenv("ARCHIVE", text)
            path = storage(server, "env:ARCHIVE").connect("a b.tif")
            assert path == f"/vsicurl/{server.url}/a%20b.tif" and isinstance(path, RasterPath)
            assert path.validator == storage(server, "env:ARCHIVE").stat("a b.tif").validator
            read(path)
            assert server.sent() < len(raster) / 2
            assert path.options["GDAL_HTTP_MAX_RETRY"] == "1"


def test_gdal_keeps_credentials_with_their_host(raster: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("reader:HUSH", "HUSH"):
        monkeypatch.setenv("ARCHIVE", text)
        with FileServer({"a.tif": raster}) as second, FileServer({}, Manners(redirect=second.url)) as first:
            path = storage(first, "env:ARCHIVE").connect("a.tif")
            assert path is not None
            read(path)
            assert any("authorization" in asked.headers for asked in first.asked)
            assert second.count() > 1 and not any("authorization" in asked.headers for asked in second.asked)


def test_what_is_not_read_in_place(server: FileServer) -> None:
    assert storage(server, query="?sig=1").connect("data/big.bin") is None
    assert storage(server).connect("data/empty") is None
    server.manners.ranges = False
    assert storage(server).connect("data/big.bin") is None
    with pytest.raises(ItemMissing):
        storage(server).connect("data/none")


# -- threads, processes ---------------------------------------------------------------------------


def test_threads_and_processes_have_their_own_connections(server: FileServer) -> None:
    own = storage(server)
    own.stat("data/big.bin")
    session = own._client._sessions.session()
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: own.stat("data/big.bin").size, range(20))) == {len(BIG)}
        assert pool.submit(own._client._sessions.session).result() is not session
    assert own._client._sessions.session() is session
    own._client._sessions._process = -1  # as after a fork
    assert own._client._sessions.session() is not session
