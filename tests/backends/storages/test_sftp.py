# SPDX-License-Identifier: MIT
"""The storage of SSH servers, with a real one: fsspec's file system, with what it lacks."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.storages import retries
from eoxserver.backends.storages.base import FileStorageInterface
from eoxserver.backends.storages.filesystems import FileSystemStorage, storage_class
from eoxserver.conf.schema import Remote, Settings
from eoxserver.core.errors import ConfigurationError, CredentialsRefused, StorageUnreachable
from eoxserver.testing.contracts import StorageContract

pytest.importorskip("paramiko", reason="paramiko is not installed (pip install 'eoxserver[sftp]')")

from tests.sftpservers import SftpServer

SETTINGS = Settings(remote=Remote(retries=1))
CONTENT = os.urandom(9_000_000)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without keys, and no agent that has some."""
    made = tmp_path_factory.mktemp("home")
    (made / ".ssh").mkdir()
    monkeypatch.setenv("HOME", str(made))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.001)
    return made


class TestSftp(StorageContract):
    """The contract."""

    pytestmark = pytest.mark.contract

    @pytest.fixture(autouse=True)
    def running(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        self.home = home
        monkeypatch.setenv("EOXS_SFTP", "reader:secret")
        with ExitStack() as self.servers:
            yield

    def make_storage(self, files: Mapping[str, bytes], folder: Path) -> FileStorageInterface:
        return self.make_protected_storage(files, folder, "reader", "secret", "env:EOXS_SFTP")

    def make_protected_storage(
        self, files: Mapping[str, bytes], folder: Path, user: str, password: str, reference: str
    ) -> FileStorageInterface:
        for location, content in files.items():
            (folder / location).parent.mkdir(parents=True, exist_ok=True)
            (folder / location).write_bytes(content)
        self.folder = folder
        server = self.servers.enter_context(SftpServer(folder, user, password))
        (self.home / ".ssh" / "known_hosts").write_text(server.known_hosts)
        return storage_class("sftp")(StorageRecord("sftp", server.url, reference), SETTINGS)

    def change(self, location: str, content: bytes) -> None:
        path = self.folder / location
        later = path.stat().st_mtime + 2  # the protocol tells seconds
        path.write_bytes(content)
        os.utime(path, (later, later))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SftpServer]:
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "a.bin").write_bytes(CONTENT)
    with SftpServer(folder, "reader", "geheim!") as made:
        (tmp_path / "known_hosts").write_text(made.known_hosts)
        yield made


def storage(server: SftpServer, monkeypatch: pytest.MonkeyPatch, **options: object) -> FileSystemStorage:
    monkeypatch.setenv("EOXS_SFTP", json.dumps({"user": "reader", "password": "geheim!", **options}))
    return storage_class("sftp")(StorageRecord("sftp", server.url, "env:EOXS_SFTP"), SETTINGS)


def test_large_files_come_whole(server: SftpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = storage(server, monkeypatch, known_hosts=str(tmp_path / "known_hosts"))
    assert Path(own.retrieve("a.bin", tmp_path / "copy")).read_bytes() == CONTENT
    with own.open("a.bin") as stream:
        stream.seek(4_000_000)
        assert stream.read(1_000_000) == CONTENT[4_000_000:5_000_000]


def test_servers_that_are_not_known_get_no_password(
    server: SftpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StorageUnreachable, match="not found in known_hosts"):
        storage(server, monkeypatch).stat("a.bin")
    (tmp_path / "other").mkdir()
    with SftpServer(tmp_path / "other", "reader", "geheim!") as other:
        line = other.known_hosts.replace(str(other.port), str(server.port))
    (tmp_path / "wrong").write_text(line)
    with pytest.raises(StorageUnreachable, match="BadHostKeyException"):
        storage(server, monkeypatch, known_hosts=str(tmp_path / "wrong")).stat("a.bin")


def test_what_is_wrong_is_said_without_the_password(
    server: SftpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = str(tmp_path / "known_hosts")
    with pytest.raises(CredentialsRefused, match="AuthenticationException") as refused:
        storage(server, monkeypatch, known_hosts=known, password="falsch!").stat("a.bin")
    with pytest.raises(ConfigurationError, match="unexpected keyword argument 'typo'") as wrong:
        storage(server, monkeypatch, known_hosts=known, typo=1).stat("a.bin")
    assert "falsch!" not in refused.value.message and "geheim!" not in wrong.value.message
