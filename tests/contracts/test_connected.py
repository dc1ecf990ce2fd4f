# SPDX-License-Identifier: MIT
"""The storages that read in place, against their contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest
import rasterio

from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.storages.http import HttpStorage
from eoxserver.backends.storages.rasdaman.storage import RasdamanStorage
from eoxserver.conf.schema import default_settings
from eoxserver.testing.connected_contract import ConnectedSample, ConnectedStorageContract
from eoxserver.testing.coverages import counted
from tests.fileservers import FileServer, Manners, basic
from tests.rasqueries import RasCollection, stored
from tests.rasservers import RasServer

pytestmark = pytest.mark.contract


class Rasdaman(ConnectedStorageContract):
    secrets: ClassVar[tuple[str, ...]] = ("correct horse",)
    location: ClassVar[str] = "scene"

    def make_values(self) -> Mapping[str, npt.NDArray[Any]]:
        """Components of the array."""
        return {"": counted((30, 40), "uint16")}

    def make_collection(self) -> RasCollection:
        """The collection."""
        return stored(self.make_values())

    def make_valid(self) -> npt.NDArray[np.bool_] | None:
        """Which cells are valid."""
        return None

    @pytest.fixture(autouse=True)
    def served(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[RasServer]:
        """The server, for a user with a password."""
        monkeypatch.setenv("RASDAMAN", "reader:correct horse")
        with RasServer({"scene": self.make_collection()}, {"reader": "correct horse"}) as self.server:
            yield self.server

    def make_storage(self, folder: Path) -> ConnectedSample:
        record = StorageRecord("rasdaman", self.server.url, "env:RASDAMAN")
        planes = list(self.make_values().values())
        values = np.array(planes, np.result_type(*planes))
        return ConnectedSample(RasdamanStorage(record, default_settings()), self.location, values, self.make_valid())


class TestAtomicCells(Rasdaman):
    pass


class TestLargeArray(Rasdaman):
    def make_values(self) -> Mapping[str, npt.NDArray[Any]]:
        return {"": counted((601, 1030), "int16")}


class TestStruct(Rasdaman):
    def make_values(self) -> Mapping[str, npt.NDArray[Any]]:
        return {"red": counted((20, 30)), "green": counted((20, 30))[::-1], "blue": counted((20, 30)) // 2}

    def make_collection(self) -> RasCollection:
        return stored(self.make_values(), low=(-7, 100))


class TestMixedStruct(Rasdaman):
    def make_values(self) -> Mapping[str, npt.NDArray[Any]]:
        return {
            "count": counted((9, 11), "uint8"),
            "height": counted((9, 11), "float64"),
            "flag": counted((9, 11), "bool"),
        }


class TestNullValues(Rasdaman):
    def make_collection(self) -> RasCollection:
        return stored(self.make_values(), nulls="7919, 20000:30000")

    def make_valid(self) -> npt.NDArray[np.bool_]:
        values = self.make_values()[""][np.newaxis]
        valid: npt.NDArray[np.bool_] = np.not_equal(values, 7919) & ~((values >= 20000) & (values <= 30000))
        return valid


class TestCubeWithOtherOrder(Rasdaman):
    location = "scene?oid=1&axes=t,y,x"

    def make_values(self) -> Mapping[str, npt.NDArray[Any]]:
        return {"a": counted((4, 9, 7), "float32"), "b": -counted((4, 9, 7), "float32")}

    def make_collection(self) -> RasCollection:
        planes = {name: cells.transpose(2, 1, 0) for name, cells in self.make_values().items()}
        return stored(planes, low=(3, -2, 5), axes=("x", "y", "t"))


class TestHttpInPlace(ConnectedStorageContract):
    secrets: ClassVar[tuple[str, ...]] = ("correct horse", basic("reader", "correct horse").removeprefix("Basic "))
    missing: ClassVar[str] = "nowhere.tif"

    @pytest.fixture(autouse=True)
    def served(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
        """The server, for a user with a password."""
        monkeypatch.setenv("ARCHIVE", "reader:correct horse")
        with FileServer({}, Manners(authorization=basic("reader", "correct horse"))) as self.server:
            yield self.server

    def make_storage(self, folder: Path) -> ConnectedSample:
        values = np.array([counted((530, 310), "uint16"), counted((530, 310), "uint16")[::-1]])
        path = folder / "made.tif"
        # Overviews and masks are told at the front: rasterio keeps Python's lock while it asks for what is further
        # behind, and the server of this test would wait for it.
        with rasterio.open(path, "w", "COG", 310, 530, 2, dtype="uint16", compress="deflate", blocksize=128) as made:
            made.write(values)
        self.server.put("scenes/a b.tif", path.read_bytes())
        storage = HttpStorage(StorageRecord("http", f"{self.server.url}/scenes", "env:ARCHIVE"), default_settings())
        return ConnectedSample(storage, "a b.tif", values)
