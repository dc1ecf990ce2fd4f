# SPDX-License-Identifier: MIT
"""The store of cubes that comes with the package."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from eoxserver.backends.cubes.base import CubeStore
from eoxserver.backends.cubes.ocdbt import OcdbtCubeStore
from eoxserver.testing.contracts import CubeStoreContract
from tests.s3servers import KEY, SECRET, S3Server


@pytest.fixture(scope="module")
def bucket() -> Iterator[S3Server]:
    with pytest.MonkeyPatch.context() as patch, S3Server({}, "cubes") as server:
        patch.setenv("AWS_ACCESS_KEY_ID", KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        yield server


class TestOcdbt(CubeStoreContract):
    pytestmark = pytest.mark.contract

    def make_store(self, folder: Path) -> CubeStore:
        return OcdbtCubeStore("cubes", folder)


class TestOcdbtInLittleMemory(CubeStoreContract):
    """Every write goes to a branch, in many commits."""

    pytestmark = pytest.mark.contract

    def make_store(self, folder: Path) -> CubeStore:
        return OcdbtCubeStore("cubes", folder, cache_bytes=0, update_bytes=300)


class TestOcdbtInS3(CubeStoreContract):
    """The database is in an object store."""

    pytestmark = pytest.mark.integration

    @pytest.fixture(autouse=True)
    def _bucket(self, bucket: S3Server) -> None:
        self.bucket = bucket

    def make_store(self, folder: Path) -> CubeStore:
        prefix = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
        query = f"endpoint={self.bucket.url}&aws_region=us-east-1"
        return OcdbtCubeStore(f"s3://{self.bucket.bucket}/{prefix}?{query}", folder, update_bytes=20_000)
