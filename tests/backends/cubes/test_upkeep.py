# SPDX-License-Identifier: MIT
"""Checks of cubes that are damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eoxserver.backends.cubes.base import CubeLayout, Overview
from eoxserver.backends.cubes.ocdbt import OcdbtCubeStore
from eoxserver.core.coverage import CellBox, Cells
from eoxserver.core.errors import DataUnavailable
from eoxserver.core.fields import Field

LAYOUT = CubeLayout((Field("a", np.dtype("uint16")),), ("t", "y", "x"), frozenset({"t"}), chunks=(1, 64, 64))


def damaged(folder: Path, at: float) -> None:
    """Change a few bytes in the largest data file, at a part of its length."""
    path = max((path for path in folder.rglob("d/*") if path.is_file()), key=lambda path: path.stat().st_size)
    content = bytearray(path.read_bytes())
    place = int(len(content) * at)
    content[place : place + 8] = bytes(each ^ 255 for each in content[place : place + 8])
    path.write_bytes(content)


@pytest.fixture
def store(tmp_path: Path) -> OcdbtCubeStore:
    store = OcdbtCubeStore(str(tmp_path))
    values = np.random.default_rng(0).integers(0, 60000, (1, 2, 200, 200)).astype(np.uint16)
    with store.update("a", LAYOUT) as update:
        update.write({"t": [2.0, 1.0][::-1], "y": range(200), "x": range(200)}, Cells(values))
        update.commit()
    store.add_overview("a", Overview((1, 2, 2), "average"))
    assert list(store.verify("a")) == []
    return store


def test_a_damaged_chunk_is_found_and_never_read(store: OcdbtCubeStore, tmp_path: Path) -> None:
    damaged(tmp_path, 0.5)
    again = OcdbtCubeStore(str(tmp_path))
    (problem,) = again.verify("a")
    assert "0/c/" in problem
    with pytest.raises(DataUnavailable, match="cube a"):
        again.snapshot("a").source.read(CellBox.whole((2, 200, 200)), (0,))


def test_files_that_are_gone_are_found(store: OcdbtCubeStore, tmp_path: Path) -> None:
    largest = max(tmp_path.rglob("d/*"), key=lambda path: path.stat().st_size)
    largest.unlink()
    again = OcdbtCubeStore(str(tmp_path))
    assert list(again.verify("a"))
    with pytest.raises(DataUnavailable):
        again.snapshot("a").source.read(CellBox.whole((2, 200, 200)), (0,))


def test_a_database_that_is_gone(store: OcdbtCubeStore, tmp_path: Path) -> None:
    for path in tmp_path.rglob("manifest.ocdbt"):
        path.unlink()
    with pytest.raises(DataUnavailable, match="a is not complete"):
        OcdbtCubeStore(str(tmp_path)).snapshot("a")
    (tmp_path / "data" / "a" / (tmp_path / "names" / "a").read_text() / "manifest.ocdbt").write_bytes(b"damaged")
    with pytest.raises(DataUnavailable, match="a cannot be read"):
        OcdbtCubeStore(str(tmp_path)).snapshot("a")


def test_compaction_frees_the_disk(tmp_path: Path) -> None:
    store = OcdbtCubeStore(str(tmp_path))
    for seed in range(8):
        values = np.random.default_rng(seed).integers(0, 60000, (1, 1, 200, 200)).astype(np.uint16)
        with store.update("a", None if seed else LAYOUT) as update:
            update.write({"t": [0.0], "y": range(200), "x": range(200)}, Cells(values))
            update.commit()
    before = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    store.compact("a")
    after = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert after < before / 6
    store.delete("a")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_compaction_that_is_not_finished_can_be_repeated(store: OcdbtCubeStore, tmp_path: Path) -> None:
    """As when a process is killed after the other database has taken over, before the name says so."""
    name = tmp_path / "names" / "a"
    before = name.read_text()
    stale = {path: path.read_bytes() for path in (tmp_path / "data" / "a" / before).rglob("*") if path.is_file()}
    store.compact("a")
    current = name.read_text()
    for path, content in stale.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    name.write_text(before)
    old = OcdbtCubeStore(str(tmp_path))
    snapshot = old.snapshot("a")
    snapshot.database.move(current, snapshot.condition)
    fresh = OcdbtCubeStore(str(tmp_path))
    assert str(fresh.snapshot("a").database.spec["path"]).endswith(f"{current}/")
    assert list(fresh.verify("a")) == []
    fresh.compact("a")
    assert name.read_text() not in {before, current}
    assert list(OcdbtCubeStore(str(tmp_path)).verify("a")) == []
