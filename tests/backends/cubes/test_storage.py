# SPDX-License-Identifier: MIT
"""Versions of cubes as data of data items."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eoxserver.backends.cubes import storage
from eoxserver.backends.cubes.base import CubeLayout
from eoxserver.backends.cubes.storage import CubeStorage
from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.storages.base import ConnectedStorageInterface, DescribeStorageInterface
from eoxserver.conf.schema import Cubes, Settings
from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import CellBox, Cells, Source
from eoxserver.core.errors import ConfigurationError, ItemMissing
from eoxserver.core.fields import Field

LAYOUT = CubeLayout((Field("v", np.dtype("int16")),), ("i", "j"))


@pytest.fixture
def cubes(tmp_path: Path) -> CubeStorage:
    """Answer a storage with a cube of three versions."""
    found = CubeStorage(StorageRecord("cube", "cubes"), replace(Settings(), instance=tmp_path))
    for number in range(3):
        with found.store.update("a", LAYOUT if number == 0 else None) as update:
            update.write({"i": range(-number, 1), "j": range(2)}, Cells(np.full((1, number + 1, 2), number, "int16")))
            update.commit()
    return found


def test_it_is_a_storage_that_reads_and_describes(cubes: CubeStorage) -> None:
    assert isinstance(cubes, ConnectedStorageInterface)
    assert isinstance(cubes, DescribeStorageInterface)
    cubes.validate()


def test_a_relative_folder_is_one_of_the_instance(cubes: CubeStorage, tmp_path: Path) -> None:
    assert (tmp_path / "cubes").is_dir()


def test_a_url_where_no_cubes_can_be_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="gopher"):
        CubeStorage(StorageRecord("cube", "gopher://host"), Settings())


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_version_is_read_by_its_number(cubes: CubeStorage, number: int) -> None:
    versions = sorted(version.number for version in cubes.store.versions("a"))
    source = cubes.connect(f"a?version={versions[number]}")
    assert isinstance(source, Source)
    assert source.shape == (number + 1, 2)
    assert source.levels[0].shape == source.shape
    assert len(source.chunks) == 2
    assert (source.read(CellBox.whole(source.shape), [0]).values == number).all()
    assert source.state() == f"a?version={versions[number]}"


def test_the_latest_version_needs_no_number(cubes: CubeStorage) -> None:
    assert cubes.connect("a").shape == (3, 2)
    assert cubes.complete("a") == f"a?version={next(cubes.store.versions('a')).number}"
    assert cubes.complete("a?version=1") == "a?version=1"


def test_the_array_is_described(cubes: CubeStorage) -> None:
    found = cubes.describe("a")
    assert found.domain.axes == (IndexAxis("i", 3, -2), IndexAxis("j", 2, 0))
    assert found.range_type.fields == LAYOUT.fields


@pytest.mark.parametrize("location", ["b", "a?version=99", "a?version=x", "a?b", ""])
def test_what_is_not_there_is_missing(cubes: CubeStorage, location: str) -> None:
    with pytest.raises(ItemMissing):
        cubes.connect(location)


def test_versions_that_are_not_kept_open_are_opened_again(cubes: CubeStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "KEPT", 1)
    first, second = cubes.connect("a?version=1"), cubes.connect("a?version=2")
    for source in (first, second, first):
        assert source.read(CellBox.whole(source.shape), [0]).values.shape == (1, *source.shape)
    assert len(cubes._kept) == 1


def test_memory_is_what_the_settings_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(storage, "OcdbtCubeStore", lambda *given: seen.append(given))
    CubeStorage(StorageRecord("cube", "cubes"), Settings(instance=tmp_path, cubes=Cubes("cubes", 1000, 2000)))
    CubeStorage(StorageRecord("cube", "cubes"), Settings(instance=tmp_path))
    assert [given[2:] for given in seen] == [(1000, 2000), (64 * 2**20, 128 * 2**20)]
