# SPDX-License-Identifier: MIT
"""The storages that come with the package."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import pytest

from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.storages.base import FileStorageInterface
from eoxserver.backends.storages.filesystems import storage_class
from eoxserver.backends.storages.ftp import FtpsStorage, FtpStorage
from eoxserver.backends.storages.http import HttpStorage
from eoxserver.backends.storages.local import LocalStorage
from eoxserver.conf.schema import default_settings
from eoxserver.testing.contracts import StorageContract
from tests.fileservers import FileServer, basic
from tests.ftpservers import FtpServer, make_certificate
from tests.s3servers import S3Server

pytestmark = pytest.mark.contract


def write(files: Mapping[str, bytes], folder: Path) -> None:
    for location, content in files.items():
        path = folder / location
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class TestLocal(StorageContract):
    def make_storage(self, files: Mapping[str, bytes], folder: Path) -> FileStorageInterface:
        write(files, folder)
        self.folder = folder
        return LocalStorage(StorageRecord("local", str(folder)), default_settings())

    def change(self, location: str, content: bytes) -> None:
        (self.folder / location).write_bytes(content)


class TestHttp(StorageContract):
    @pytest.fixture(autouse=True)
    def served(self) -> Iterator[None]:
        with FileServer() as self.server:
            yield

    def make_storage(self, files: Mapping[str, bytes], folder: Path) -> FileStorageInterface:
        for location, content in files.items():
            self.server.put(f"data/{location}", content)
        self.server.put("secret.txt", b"secret")
        return HttpStorage(StorageRecord("http", f"{self.server.url}/data"), default_settings())

    def change(self, location: str, content: bytes) -> None:
        self.server.put(f"data/{location}", content)

    def interrupt(self, location: str, after: int) -> None:
        self.server.manners.cut_at, self.server.manners.cuts = after, 1

    def make_protected_storage(
        self, files: Mapping[str, bytes], folder: Path, user: str, password: str, reference: str
    ) -> FileStorageInterface:
        self.make_storage(files, folder)
        self.server.manners.authorization = basic(user, password)
        return HttpStorage(StorageRecord("http", f"{self.server.url}/data", reference), default_settings())


class TestHttpWithoutRetries(TestHttp):
    """So that an interruption is seen outside."""

    def make_storage(self, files: Mapping[str, bytes], folder: Path) -> FileStorageInterface:
        super().make_storage(files, folder)
        made = default_settings()
        few = replace(made, remote=replace(made.remote, retries=0))
        return HttpStorage(StorageRecord("http", f"{self.server.url}/data"), few)


class Served(StorageContract):
    """Storages whose files a server has, as long as the test runs."""

    running: ExitStack

    @pytest.fixture(autouse=True)
    def servers(self) -> Iterator[None]:
        with ExitStack() as self.running:
            yield


class TestFtp(Served):
    def make_storage(self, files: Mapping[str, bytes], folder: Path) -> FileStorageInterface:
        return self.make(files, folder)

    def make(self, files: Mapping[str, bytes], folder: Path, reference: str = "", **login: Any) -> FileStorageInterface:
        write(files, folder)
        self.folder = folder
        self.server = self.running.enter_context(FtpServer(folder, **login))
        kind = FtpsStorage if "certificate" in login else FtpStorage
        return kind(StorageRecord(kind.key, self.server.url, reference), default_settings())

    def change(self, location: str, content: bytes) -> None:
        path = self.folder / location
        later = path.stat().st_mtime + 2  # the protocol tells seconds
        path.write_bytes(content)
        os.utime(path, (later, later))

    def interrupt(self, location: str, after: int) -> None:
        self.server.manners.cut_at, self.server.manners.cuts = after, 1

    def make_protected_storage(
        self, files: Mapping[str, bytes], folder: Path, user: str, password: str, reference: str
    ) -> FileStorageInterface:
        return self.make(files, folder, reference, user=(user, password))


class TestFtps(TestFtp):
    @pytest.fixture(autouse=True)
    def trusted(self, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
        """A certificate that the system trusts."""
        self.certificate = make_certificate(tmp_path_factory.mktemp("certificate"))
        monkeypatch.setenv("SSL_CERT_FILE", str(self.certificate))

    def make(self, files: Mapping[str, bytes], folder: Path, reference: str = "", **login: Any) -> FileStorageInterface:
        return super().make(files, folder, reference, certificate=self.certificate, **login)


class TestS3(Served):
    def make_storage(self, files: Mapping[str, bytes], folder: Path) -> FileStorageInterface:
        self.server = self.running.enter_context(S3Server(files))
        credentials = folder.parent / "credentials.json"
        credentials.write_text(self.server.credentials)
        record = StorageRecord("s3", f"s3://{self.server.bucket}", f"file:{credentials}")
        return storage_class("s3")(record, default_settings())

    def change(self, location: str, content: bytes) -> None:
        self.server.put(location, content)


class TestMemory(Served):
    def make_storage(self, files: Mapping[str, bytes], folder: Path) -> FileStorageInterface:
        system = fsspec.filesystem("memory")
        system.pipe({f"/contract/{location}": content for location, content in files.items()})
        self.running.callback(system.rm, "/contract", recursive=True)
        return storage_class("memory")(StorageRecord("memory", "memory://contract"), default_settings())

    def change(self, location: str, content: bytes) -> None:
        fsspec.filesystem("memory").pipe(f"/contract/{location}", content)
