# SPDX-License-Identifier: MIT
"""Files of real FTP servers, with and without TLS, that behave and misbehave."""

from __future__ import annotations

import json
import logging
import os
import socket
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import FileIO
from pathlib import Path

import pytest

from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.storages import ftp, ftpclient, retries
from eoxserver.backends.storages.ftp import FtpsStorage, FtpStorage
from eoxserver.backends.storages.partial import PartialFile
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
from tests.ftpservers import FtpServer, make_certificate

USER, PASSWORD = "reader", "correct-horse"
CONTENT = os.urandom(3_000_000)


def settings(again: int = 3, timeout: int = 20) -> Settings:
    return Settings(remote=Remote(connect_timeout=10, timeout=timeout, retries=again))


def storage(server: FtpServer, credentials: str = "", again: int = 3, timeout: int = 20) -> FtpStorage:
    kind = FtpsStorage if server.url.startswith("ftps:") else FtpStorage
    return kind(StorageRecord(kind.key, server.url, credentials), settings(again, timeout))


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.001)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("ftp")
    (top / "sub" / "deep er").mkdir(parents=True)
    (top / "empty").mkdir()
    (top / "a.bin").write_bytes(CONTENT)
    (top / "nothing.bin").write_bytes(b"")
    (top / "sub" / "b.txt").write_bytes(b"bee")
    (top / "sub" / "deep er" / "ü c.txt").write_bytes(b"see")
    return top


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def trusting(certificate: Path, tmp_path: Path) -> str:
    """A reference to credentials that trust the server of the tests."""
    path = tmp_path / "credentials.json"
    path.write_text(json.dumps({"user": USER, "password": PASSWORD, "ca_file": str(certificate)}))
    return f"file:{path}"


@pytest.fixture(params=["ftp", "ftps"])
def any_server(request: pytest.FixtureRequest, folder: Path, certificate: Path) -> Iterator[FtpServer]:
    with FtpServer(folder, user=(USER, PASSWORD), certificate=certificate if request.param == "ftps" else None) as made:
        yield made


@pytest.fixture
def reader(any_server: FtpServer, trusting: str, monkeypatch: pytest.MonkeyPatch) -> FtpStorage:
    """The storage of that server, whoever has to be trusted."""
    monkeypatch.setenv("EOXS_FTP", f"{USER}:{PASSWORD}")
    return storage(any_server, trusting if any_server.url.startswith("ftps:") else "env:EOXS_FTP")


@pytest.fixture
def server(folder: Path) -> Iterator[FtpServer]:
    with FtpServer(folder) as made:
        yield made


# -- what it does ---------------------------------------------------------------------------------


def test_files_come_whole(reader: FtpStorage, tmp_path: Path) -> None:
    reader.validate()
    for location, content in {"a.bin": CONTENT, "nothing.bin": b"", "sub/deep er/ü c.txt": b"see"}.items():
        path = Path(reader.retrieve(location, tmp_path / "copy"))
        assert path == tmp_path / "copy" / location.rpartition("/")[2]
        assert path.read_bytes() == content
    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == ["a.bin", "nothing.bin", "ü c.txt"]


def test_state_of_a_file(reader: FtpStorage, folder: Path) -> None:
    status = reader.stat("a.bin")
    assert status.size == 3_000_000
    assert status.validator.endswith("-3000000")
    os.utime(folder / "sub" / "b.txt", (1_000_000_000, 1_000_000_000))
    assert reader.stat("sub/b.txt").validator == "20010909014640-3"
    os.utime(folder / "sub" / "b.txt", (1_000_000_001, 1_000_000_001))
    assert reader.stat("sub/b.txt").validator == "20010909014641-3"
    assert reader.stat("nothing.bin").size == 0


def test_data_travels_as_the_type_says(any_server: FtpServer, reader: FtpStorage, tmp_path: Path) -> None:
    reader.retrieve("sub/b.txt", tmp_path)
    said = [command for command, _ in any_server.manners.commands]
    assert "PASV" not in said and "PORT" not in said
    assert said.count("EPSV") == 1
    assert (("PROT", "P") in any_server.manners.commands) == any_server.url.startswith("ftps:")


@pytest.mark.parametrize("lacking", [(), ("MLSD",), ("MLSD", "SIZE"), ("EPSV",)], ids=str)
@pytest.mark.parametrize("full_names", [False, True])
def test_listing(server: FtpServer, lacking: tuple[str, ...], full_names: bool) -> None:
    server.manners.lacks = frozenset(lacking)
    server.manners.full_names = full_names
    reader = storage(server)
    names = ["a.bin", "nothing.bin", "sub/b.txt", "sub/deep er/ü c.txt"]
    assert list(reader.list_files()) == names
    assert list(reader.list_files("sub")) == list(reader.list_files("sub/")) == names[2:]
    assert list(reader.list_files("empty")) == []
    assert list(reader.list_files("*.bin")) == names[:2]
    assert list(reader.list_files("sub/*/*.txt")) == names[3:]
    assert list(reader.list_files("**/*.txt")) == names[2:]
    assert list(reader.list_files("nowhere/*")) == []
    for empty in (False, True):
        server.manners.empty_for_missing = empty
        with pytest.raises(ItemMissing, match=r"nowhere in storage ftp://127\.0\.0\.1"):
            list(reader.list_files("nowhere"))


def test_a_pattern_is_looked_for_no_deeper_than_it_says(server: FtpServer) -> None:
    assert list(storage(server).list_files("sub/*.txt")) == ["sub/b.txt"]
    assert [path.rpartition("/")[2] for command, path in server.manners.commands if command == "MLSD"] == ["sub"]


def test_a_root_within_the_server(server: FtpServer, tmp_path: Path) -> None:
    for url in ("/sub/", "/%2Fsub", "/sub/deep%20er/"):
        own = FtpStorage(StorageRecord("ftp", server.url + url), settings())
        own.validate()
        (found,) = own.list_files("**/ü*")
        assert found == ("ü c.txt" if "deep" in url else "deep er/ü c.txt")
        assert Path(own.retrieve(found, tmp_path)).read_bytes() == b"see"


def test_a_server_without_sizes_and_times(server: FtpServer, tmp_path: Path) -> None:
    server.manners.lacks = frozenset({"SIZE", "MDTM"})
    reader = storage(server)
    assert (reader.stat("a.bin").size, reader.stat("a.bin").validator) == (None, "")
    assert Path(reader.retrieve("a.bin", tmp_path)).read_bytes() == CONTENT
    with pytest.raises(ItemMissing):
        reader.retrieve("gone.bin", tmp_path)
    with pytest.raises(DataUnavailable, match="no parts of files"):
        reader.open("a.bin")


# -- streams --------------------------------------------------------------------------------------


def test_parts_are_read(any_server: FtpServer, reader: FtpStorage) -> None:
    with reader.open("a.bin") as stream:
        assert stream.seek(-1000, os.SEEK_END) == 2_999_000
        assert stream.read() == CONTENT[-1000:]
        stream.seek(70_000)
        assert stream.read(500_000) == CONTENT[70_000:570_000]
        assert any_server.count("USER") == 1
        stream.seek(0)
        assert stream.read() == CONTENT
    with reader.open("nothing.bin") as stream:
        assert stream.read() == b""
    with pytest.raises(ItemMissing, match=r"gone\.bin"):
        reader.open("gone.bin")


def test_a_stream_goes_on_over_another_connection(any_server: FtpServer, reader: FtpStorage) -> None:
    with reader.open("a.bin") as stream:
        assert stream.read(10) == CONTENT[:10]
        any_server.manners.cut_at, any_server.manners.cuts = 1000, 2
        stream.seek(1_000_000)
        assert stream.read(100_000) == CONTENT[1_000_000:1_100_000]
    assert any_server.count("USER") == 3


def test_a_file_that_changes_is_not_read_on(server: FtpServer, folder: Path) -> None:
    path = folder / "changing.bin"
    path.write_bytes(b"1" * 500_000)
    try:
        with storage(server).open("changing.bin") as stream:
            assert stream.read(10) == b"1" * 10
            path.write_bytes(b"2" * 500_001)
            stream.seek(300_000)
            with pytest.raises(TransferFailed, match="changed while it was read"):
                stream.read(10)
    finally:
        path.unlink()


def test_servers_that_begin_at_the_start_only_have_no_streams(server: FtpServer) -> None:
    server.manners.lacks = frozenset({"REST"})
    with pytest.raises(DataUnavailable, match="only whole ones can be fetched"):
        storage(server).open("a.bin")


# -- transfers that are interrupted ---------------------------------------------------------------


def rests(server: FtpServer) -> list[int]:
    return [int(where) for command, where in server.manners.commands if command == "REST" and where != "0"]


def test_a_transfer_goes_on_where_it_was_interrupted(any_server: FtpServer, reader: FtpStorage, tmp_path: Path) -> None:
    any_server.manners.cut_at, any_server.manners.cuts = 1_000_000, 2
    assert Path(reader.retrieve("a.bin", tmp_path)).read_bytes() == CONTENT
    assert rests(any_server) == [1_000_000, 2_000_000]
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".json"] == ["a.bin"]


def test_a_later_transfer_goes_on_too(server: FtpServer, tmp_path: Path) -> None:
    server.manners.cut_at, server.manners.cuts = 1_000_000, 1
    with pytest.raises(TransferFailed, match=r"a\.bin in storage ftp://127.*broke off"):
        storage(server, again=0).retrieve("a.bin", tmp_path)
    assert not (tmp_path / "a.bin").exists()
    assert Path(storage(server).retrieve("a.bin", tmp_path)).read_bytes() == CONTENT
    assert rests(server) == [1_000_000]


def test_what_is_left_of_another_state_is_not_used(server: FtpServer, folder: Path, tmp_path: Path) -> None:
    server.manners.cut_at, server.manners.cuts = 1_000_000, 1
    with pytest.raises(TransferFailed):
        storage(server, again=0).retrieve("a.bin", tmp_path)
    os.utime(folder / "a.bin", (1_100_000_000, 1_100_000_000))
    assert Path(storage(server).retrieve("a.bin", tmp_path)).read_bytes() == CONTENT
    assert rests(server) == []


def test_servers_that_cannot_go_on_begin_anew(server: FtpServer, tmp_path: Path) -> None:
    server.manners.cut_at, server.manners.cuts = 1_000_000, 1
    server.manners.lacks = frozenset({"REST"})
    assert Path(storage(server).retrieve("a.bin", tmp_path)).read_bytes() == CONTENT
    assert server.count("RETR") == 2


@pytest.mark.parametrize("lie", [1, -1])
def test_another_length_than_announced_is_a_failure(server: FtpServer, tmp_path: Path, lie: int) -> None:
    server.manners.lie = lie
    with pytest.raises(TransferFailed, match=f"3000000 bytes came of {3_000_000 + lie} that were announced"):
        storage(server, again=1).retrieve("a.bin", tmp_path)
    assert not (tmp_path / "a.bin").exists()


def test_a_full_disk_is_not_taken_for_a_fault_of_the_server(
    server: FtpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PartialFile, "open", lambda _: FileIO("/dev/full", "wb"))
    with pytest.raises(OSError, match="No space left"):
        storage(server).retrieve("a.bin", tmp_path)
    assert server.count("RETR") == 1


# -- what goes wrong ------------------------------------------------------------------------------


def test_missing_files_are_named(reader: FtpStorage, tmp_path: Path) -> None:
    for location in ("gone.bin", "sub/gone.bin", "sub", "nowhere/a", "a.bin/b"):
        for call in (lambda: reader.retrieve(location, tmp_path), lambda: reader.stat(location)):  # noqa: B023
            with pytest.raises(ItemMissing, match=rf"{location} in storage ftps?://127\.0\.0\.1:"):
                call()
    with pytest.raises(ItemMissing, match="names no file"):
        reader.retrieve("sub/", tmp_path)


@pytest.mark.parametrize("location", ["../x", "sub/../../x", "/etc/passwd", ".."])
def test_no_location_leaves_the_storage(server: FtpServer, tmp_path: Path, location: str) -> None:
    reader = storage(server)
    for call in (reader.stat, reader.open, lambda name: reader.retrieve(name, tmp_path)):
        with pytest.raises(AccessDenied, match="leads out of storage ftp://"):
            call(location)
    with pytest.raises(AccessDenied):
        list(reader.list_files(location))
    assert server.manners.commands == []


@pytest.mark.parametrize("location", ["a.bin\r\nDELE a.bin", "a\nb", "a\0b"])
def test_no_location_is_a_command(server: FtpServer, tmp_path: Path, location: str) -> None:
    with pytest.raises(ItemMissing, match="control characters"):
        storage(server).retrieve(location, tmp_path)
    assert server.manners.commands == []


def test_refused_credentials(
    any_server: FtpServer,
    certificate: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = tmp_path / "wrong.json"
    options = {"ca_file": str(certificate)} if any_server.url.startswith("ftps:") else {}
    caplog.set_level(logging.DEBUG)
    for user in ({}, {"user": USER, "password": "battery-staple"}, {"user": "nobody", "password": "battery-staple"}):
        path.write_text(json.dumps({**options, **user} or {"user": "anonymous"}))
        with pytest.raises(CredentialsRefused, match=r"refuses the log-in \(530\)") as caught:
            storage(any_server, f"file:{path}").retrieve("a.bin", tmp_path)
        assert "battery" not in "".join(traceback.format_exception_only(caught.value)) + str(caught.value.__context__)
    assert "battery" not in caplog.text


def test_credentials_that_cannot_be_sent(server: FtpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EOXS_TOKEN", "abcdef")
    with pytest.raises(ConfigurationError, match=r"'env:EOXS_TOKEN' do not fit storage type 'ftp'") as caught:
        storage(server, "env:EOXS_TOKEN").stat("a.bin")
    assert "abcdef" not in str(caught.value)
    monkeypatch.setenv("EOXS_CA", json.dumps({"ca_file": "/etc/ca.pem"}))
    with pytest.raises(ConfigurationError, match="do not fit"):
        storage(server, "env:EOXS_CA").stat("a.bin")
    with pytest.raises(ConfigurationError, match="NONE_SUCH"):
        storage(server, "env:NONE_SUCH").validate()


def test_certificates_are_verified(folder: Path, certificate: Path, tmp_path: Path, trusting: str) -> None:
    with FtpServer(folder, user=(USER, PASSWORD), certificate=certificate) as server:
        with pytest.raises(DataUnavailable, match="certificate is not trusted"):
            storage(server).stat("a.bin")
        assert server.count("USER") == 0
        assert server.count("AUTH") == 1  # it is not tried again
    other = tmp_path / "other"
    other.mkdir()
    with FtpServer(folder, certificate=make_certificate(other, ["eo.example"])) as server:
        (tmp_path / "other.json").write_text(json.dumps({"ca_file": str(other / "server.pem")}))
        with pytest.raises(DataUnavailable, match="certificate is not trusted"):
            storage(server, f"file:{tmp_path}/other.json").stat("a.bin")
    (tmp_path / "other.json").write_text(json.dumps({"ca_file": "/none/such.pem"}))
    with pytest.raises(ConfigurationError, match="no file of certificates"):
        storage(server, f"file:{tmp_path}/other.json").stat("a.bin")


def test_passwords_are_never_sent_in_the_clear(server: FtpServer, trusting: str) -> None:
    url = server.url.replace("ftp:", "ftps:")
    with pytest.raises(DataUnavailable, match="offers no TLS"):
        FtpsStorage(StorageRecord("ftps", url, trusting), settings()).stat("a.bin")
    assert server.count("USER") == server.count("PASS") == 0


def test_a_server_that_wants_tls_is_said_to(folder: Path, certificate: Path) -> None:
    with FtpServer(folder, certificate=certificate) as server:
        own = FtpStorage(StorageRecord("ftp", server.url.replace("ftps:", "ftp:")), settings())
        with pytest.raises(CredentialsRefused, match="storage type 'ftps'"):
            own.stat("a.bin")


def test_busy_servers_are_asked_again(server: FtpServer, tmp_path: Path) -> None:
    server.manners.busy = 2
    assert Path(storage(server).retrieve("sub/b.txt", tmp_path)).read_bytes() == b"bee"
    server.manners.busy = 2
    with pytest.raises(StorageUnreachable, match=r"lets nobody in now \(421\)"):
        storage(server, again=1).stat("a.bin")


@pytest.mark.parametrize("command", ["USER", "SIZE", "EPSV", "RETR"])
def test_silence_ends(server: FtpServer, tmp_path: Path, command: str) -> None:
    server.manners.silent = frozenset({command})
    with pytest.raises(StorageUnreachable, match="no answer in time"):
        storage(server, again=0, timeout=1).retrieve("a.bin", tmp_path)


def test_silence_within_a_transfer_ends(server: FtpServer, tmp_path: Path) -> None:
    server.manners.stall_at = 1_000_000
    with pytest.raises(StorageUnreachable, match="no answer in time"):
        storage(server, again=0, timeout=1).retrieve("a.bin", tmp_path)
    server.manners.stall_at = None
    assert Path(storage(server).retrieve("a.bin", tmp_path)).read_bytes() == CONTENT
    assert 0 < rests(server)[0] <= 1_000_000


def test_nobody_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for host in (f"127.0.0.1:{port}", "no-such-host.invalid"):
        own = FtpStorage(StorageRecord("ftp", f"ftp://{host}/data"), settings(again=1))
        with pytest.raises(StorageUnreachable, match=f"storage ftp://{host}/data"):
            own.stat("a.bin")


def test_something_else_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, ThreadPoolExecutor(1) as pool:

        def answer() -> None:
            accepted, _ = other.accept()
            with accepted:
                accepted.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        answered = pool.submit(answer)
        own = FtpStorage(StorageRecord("ftp", f"ftp://127.0.0.1:{other.getsockname()[1]}"), settings(again=0))
        with pytest.raises(StorageUnreachable, match="storage ftp://"):
            own.stat("a.bin")
        answered.result()


@pytest.mark.parametrize(
    "url",
    [
        "ftp:///data",
        "ftps://host/data",
        "http://host/data",
        "/data",
        "ftp://host:port/",
        "ftp://host/a?b=c",
        "ftp://user:secret@host/data",
        "ftp://[::1/data",
    ],
)
def test_urls_that_are_none(url: str) -> None:
    own = FtpStorage(StorageRecord("ftp", url), settings())
    with pytest.raises(ConfigurationError, match=r"accepted: ftp://host\[:port\]/folder") as caught:
        own.validate()
    assert "secret" not in str(caught.value)


def test_a_root_does_not_go_up() -> None:
    for path in ("/../etc", "/a/%2E%2E/b"):
        with pytest.raises(AccessDenied):
            FtpStorage(StorageRecord("ftp", f"ftp://host{path}"), settings()).validate()


def test_a_missing_root_is_invalid(server: FtpServer) -> None:
    with pytest.raises(ItemMissing, match="nowhere"):
        FtpStorage(StorageRecord("ftp", f"{server.url}/nowhere"), settings()).validate()


def test_lists_have_bounds(server: FtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = storage(server)
    monkeypatch.setattr(ftp, "MOST_FILES", 3)
    with pytest.raises(DataUnavailable, match="more than 3 files"):
        list(reader.list_files())
    monkeypatch.setattr(ftp, "MOST_FILES", 100)
    monkeypatch.setattr(ftp, "DEEPEST", 2)
    with pytest.raises(DataUnavailable, match="2 deep"):
        list(reader.list_files())
    monkeypatch.setattr(ftpclient, "LARGEST_LIST", 100)
    with pytest.raises(DataUnavailable, match="its list has more than"):
        list(reader.list_files())
