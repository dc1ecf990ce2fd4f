# SPDX-License-Identifier: MIT
"""The storages that come with the package."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.storages.base import FileStorageInterface
from eoxserver.backends.storages.ftp import FtpsStorage, FtpStorage
from eoxserver.backends.storages.local import LocalStorage
from eoxserver.conf.schema import default_settings
from eoxserver.testing.contracts import StorageContract
from tests.ftpservers import FtpServer, make_certificate

pytestmark = pytest.mark.contract


def write(files: Mapping[str, bytes], folder: Path) -> None:
    for location, content in files.items():
        path = folder / location
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class TestLocal(StorageContract):
    def make_storage(self, files: Mapping[str, bytes], folder: Path) -> FileStorageInterface:
        write(files, folder)
        return LocalStorage(StorageRecord("local", str(folder)), default_settings())


class Served(StorageContract):
    """Storages whose files a server has, as long as the test runs."""

    running: ExitStack

    @pytest.fixture(autouse=True)
    def servers(self) -> Iterator[None]:
        with ExitStack() as self.running:
            yield


class TestFtp(Served):
    def make_storage(self, files: Mapping[str, bytes], folder: Path) -> FileStorageInterface:
        write(files, folder)
        server = self.running.enter_context(FtpServer(folder))
        return FtpStorage(StorageRecord("ftp", server.url), default_settings())


class TestFtps(Served):
    def make_storage(self, files: Mapping[str, bytes], folder: Path) -> FileStorageInterface:
        write(files, folder)
        certificate = make_certificate(folder.parent)
        credentials = folder.parent / "credentials.json"
        credentials.write_text(json.dumps({"ca_file": str(certificate)}))
        server = self.running.enter_context(FtpServer(folder, certificate=certificate))
        return FtpsStorage(StorageRecord("ftps", server.url, f"file:{credentials}"), default_settings())
