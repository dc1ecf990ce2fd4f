# SPDX-License-Identifier: MIT
"""A rasdaman server with a few collections, and a storage for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.storages import retries
from eoxserver.backends.storages.rasdaman.storage import RasdamanStorage
from eoxserver.conf.schema import Cache, Remote, Settings
from eoxserver.testing.coverages import counted
from tests.rasqueries import RasArray, RasCollection, stored
from tests.rasservers import RasServer

SETTINGS = Settings(
    remote=replace(Remote(), retries=2, timeout=1, connect_timeout=1), cache=replace(Cache(), revalidate=60)
)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once."""
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.0)


@pytest.fixture
def server() -> Iterator[RasServer]:
    rgb = {name: counted((30, 20)) + number for number, name in enumerate(("red", "green", "blue"))}
    collections = {
        "grey": stored(counted((1000, 1000), "uint16"), low=(-100, 50)),
        "rgb": stored(rgb, axes=("x", "y"), tile="[0:15,0:7]"),
        "two": RasCollection({5: RasArray({"": counted((4, 4))}, (0, 0)), 6: RasArray({"": counted((3, 5))}, (1, 1))}),
        "iq": stored(counted((5, 6), "complex64"), types={"": "cint16"}),
        "masked": stored(np.array([[0.5, np.nan, -9999.9], [7, 8, 1e10]], "float32"), nulls="nan, -9999.9, 1e9:*"),
    }
    with RasServer(collections) as server:
        yield server


@pytest.fixture
def storage(server: RasServer) -> RasdamanStorage:
    return storage_of(server.url)


def storage_of(url: str, credentials: str = "", settings: Settings = SETTINGS) -> RasdamanStorage:
    return RasdamanStorage(StorageRecord("rasdaman", url, credentials), settings)
