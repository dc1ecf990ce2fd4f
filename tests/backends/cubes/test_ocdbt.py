# SPDX-License-Identifier: MIT
"""The store of cubes in OCDBT databases, beyond what every store does (``tests/contracts/test_cubes.py``)."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from eoxserver.backends.cubes.base import CubeLayout, Overview
from eoxserver.backends.cubes.ocdbt import OcdbtCubeStore
from eoxserver.core.coverage import CellBox, Cells, state_of
from eoxserver.core.errors import ConfigurationError, DataUnavailable, VersionConflict
from eoxserver.core.fields import Field

FIELD = Field("a", np.dtype("uint8"))
LAYOUT = CubeLayout((FIELD,), ("y", "x"))


def write(store: OcdbtCubeStore, name: str, value: int, layout: CubeLayout | None = None) -> int:
    with store.update(name, layout) as update:
        update.write({"y": range(10), "x": range(10)}, Cells(np.full((1, 10, 10), value, np.uint8)))
        return update.commit()


def test_a_store_in_memory() -> None:
    store, other = OcdbtCubeStore("memory://"), OcdbtCubeStore("memory://")
    write(store, "a", 1, LAYOUT)
    write(store, "a", 2)
    assert store.snapshot("a", 1).source.read(CellBox((0, 0), (1, 1)), (0,)).values.item() == 1
    assert store.compact("a") == 2
    assert list(store.names()) == ["a"] and list(other.names()) == []
    store.delete("a")
    assert list(store.names()) == []


def test_a_place_that_is_none() -> None:
    with pytest.raises(ConfigurationError, match="ftp"):
        OcdbtCubeStore("ftp://host/cubes")


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = OcdbtCubeStore("file", tmp_path)
    with pytest.raises(DataUnavailable, match="a"):
        write(store, "a", 1, LAYOUT)


_FORKING = """
import os, sys
from pathlib import Path
from tests.backends.cubes.test_ocdbt import LAYOUT, OcdbtCubeStore, write
store = OcdbtCubeStore(sys.argv[1])
for number in range(3):
    child = os.fork()
    if not child:
        write(store, f"cube{number}", number, LAYOUT)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
print(list(store.names()))
"""


def test_a_store_may_be_made_before_a_fork_and_used_after(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", _FORKING, str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout
    assert answer == "['cube0', 'cube1', 'cube2']\n"


def test_a_snapshot_is_one_object_while_nothing_changes(tmp_path: Path) -> None:
    store = OcdbtCubeStore(str(tmp_path))
    write(store, "a", 1, LAYOUT)
    snapshot = store.snapshot("a")
    assert store.snapshot("a") is snapshot
    assert OcdbtCubeStore(str(tmp_path)).snapshot("a").axes[0].size == 10
    write(store, "a", 2)
    assert store.snapshot("a") is not snapshot
    assert store.snapshot("a", 1) is snapshot
    assert state_of(snapshot.source) != state_of(store.snapshot("a").source) != ""


def test_two_compactions_at_once(tmp_path: Path) -> None:
    store = OcdbtCubeStore(str(tmp_path))
    for number in range(5):
        write(store, "a", number, None if number else LAYOUT)
    outcomes: list[object] = []

    def compact() -> None:
        try:
            outcomes.append(OcdbtCubeStore(str(tmp_path)).compact("a"))
        except VersionConflict as error:
            outcomes.append(error)

    threads = [threading.Thread(target=compact) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 5 in outcomes and all(each == 5 or isinstance(each, VersionConflict) for each in outcomes)
    assert store.snapshot("a").source.read(CellBox((0, 0), (1, 1)), (0,)).values.item() == 4
    assert list(store.verify("a")) == []
    assert [path.name for path in (tmp_path / "data" / "a").iterdir()] == [(tmp_path / "names" / "a").read_text()]


def test_a_branch_that_is_overtaken_is_dropped(tmp_path: Path) -> None:
    store = OcdbtCubeStore(str(tmp_path), update_bytes=50)
    write(store, "a", 1, LAYOUT)
    with store.update("a") as late:
        late.write({"y": range(10), "x": range(10)}, Cells(np.full((1, 10, 10), 7, np.uint8)))
        assert list(tmp_path.rglob("branches/*/manifest.ocdbt"))
        write(store, "a", 2)
        with pytest.raises(VersionConflict):
            late.commit()
    assert not list(tmp_path.rglob("branches/*/manifest.ocdbt"))
    with store.update("a") as late:
        write(store, "a", 3)
        with pytest.raises(VersionConflict):
            late.write({"y": range(10), "x": range(10)}, Cells(np.full((1, 10, 10), 7, np.uint8)))
    assert store.snapshot("a").source.read(CellBox((0, 0), (1, 1)), (0,)).values.item() == 3


def test_many_versions(tmp_path: Path) -> None:
    """More than one file of the database lists."""
    store = OcdbtCubeStore(str(tmp_path))
    numbers = [write(store, "a", number, None if number else LAYOUT) for number in range(40)]
    store.add_overview("a", Overview((2, 2)))
    found = list(OcdbtCubeStore(str(tmp_path)).versions("a"))
    assert [version.number for version in found[1:]] == numbers[::-1]
    assert [version.time for version in found] == sorted((version.time for version in found), reverse=True)
    for number in (0, 17, 39):
        assert store.snapshot("a", numbers[number]).source.read(CellBox((0, 0), (1, 1)), (0,)).values.item() == number


def test_coefficients_are_known_to_who_wrote_them_as_to_others(tmp_path: Path) -> None:
    mine, other = OcdbtCubeStore(str(tmp_path)), OcdbtCubeStore(str(tmp_path))

    def put(store: OcdbtCubeStore, times: list[float], layout: CubeLayout | None = None) -> None:
        with store.update("a", layout) as update:
            update.write({"t": times}, Cells(np.ones((1, len(times)), np.uint8)))
            update.commit()

    put(mine, [3.0], CubeLayout((FIELD,), ("t",), frozenset({"t"})))
    for store, times in ((mine, [1.0]), (other, [2.0, 7.0]), (mine, [5.0]), (mine, [2.0, 9.0]), (other, [0.0])):
        put(store, times)
    with mine.update("a") as dropped:  # and not committed
        dropped.write({"t": [100.0]}, Cells(np.ones((1, 1), np.uint8)))
    for store in (mine, other, OcdbtCubeStore(str(tmp_path))):
        coefficients = store.snapshot("a").axes[0].coefficients
        assert coefficients is not None and coefficients.tolist() == [0.0, 1.0, 2.0, 3.0, 5.0, 7.0, 9.0]


def test_coefficients_of_a_change_that_was_refused_are_not_known(tmp_path: Path) -> None:
    mine, other = OcdbtCubeStore(str(tmp_path)), OcdbtCubeStore(str(tmp_path))
    with mine.update("a", CubeLayout((FIELD,), ("t",), frozenset({"t"}))) as update:
        update.write({"t": [1.0]}, Cells(np.ones((1, 1), np.uint8)))
        update.commit()
    with mine.update("a") as slow:
        slow.write({"t": [2.0]}, Cells(np.ones((1, 1), np.uint8)))
        with other.update("a") as quick:
            quick.write({"t": [3.0]}, Cells(np.ones((1, 1), np.uint8)))
            quick.commit()
        with pytest.raises(VersionConflict):
            slow.commit()
    for store in (mine, other):
        coefficients = store.snapshot("a").axes[0].coefficients
        assert coefficients is not None and coefficients.tolist() == [1.0, 3.0]
