# SPDX-License-Identifier: MIT
"""The store of cubes that comes with the package."""

from __future__ import annotations

from pathlib import Path

import pytest

from eoxserver.backends.cubes.base import CubeStore
from eoxserver.backends.cubes.ocdbt import OcdbtCubeStore
from eoxserver.testing.contracts import CubeStoreContract

pytestmark = pytest.mark.contract


class TestOcdbt(CubeStoreContract):
    def make_store(self, folder: Path) -> CubeStore:
        return OcdbtCubeStore("cubes", folder)


class TestOcdbtInLittleMemory(CubeStoreContract):
    """Every write goes to a branch, in many commits."""

    def make_store(self, folder: Path) -> CubeStore:
        return OcdbtCubeStore("cubes", folder, cache_bytes=0, update_bytes=300)
