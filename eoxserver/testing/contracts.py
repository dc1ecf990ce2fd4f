# SPDX-License-Identifier: MIT
"""The contracts of storages, packages, readers, encoders and stores of cubes as suites of tests.

Subclass one, and say how to make the component:

>>> class TestMine(StorageContract):
...     def make_storage(self, files, folder):
...         return MyStorage(...)          # holding these files

pytest collects the subclass with all its inherited tests. The contracts themselves are written down in
``backends.storages.base``, ``backends.packages.base``, ``backends.readers.base``, ``backends.encoders.base`` and
``backends.cubes.base``.
"""

from __future__ import annotations

from eoxserver.testing.connected_contract import ConnectedSample, ConnectedStorageContract
from eoxserver.testing.cube_contract import CubeStoreContract
from eoxserver.testing.encoder_contract import EncoderContract
from eoxserver.testing.package_contract import PackageContract
from eoxserver.testing.reader_contract import ReaderContract
from eoxserver.testing.storage_contract import StorageContract

__all__ = [
    "ConnectedSample",
    "ConnectedStorageContract",
    "CubeStoreContract",
    "EncoderContract",
    "PackageContract",
    "ReaderContract",
    "StorageContract",
]
