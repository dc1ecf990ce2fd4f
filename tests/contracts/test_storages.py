# SPDX-License-Identifier: MIT
"""The storages that come with the package."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.storages.base import FileStorageInterface
from eoxserver.backends.storages.local import LocalStorage
from eoxserver.conf.schema import default_settings
from eoxserver.testing.contracts import StorageContract

pytestmark = pytest.mark.contract


class TestLocal(StorageContract):
    def make_storage(self, files: Mapping[str, bytes], folder: Path) -> FileStorageInterface:
        for location, content in files.items():
            path = folder / location
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return LocalStorage(StorageRecord("local", str(folder)), default_settings())
