# SPDX-License-Identifier: MIT
"""Large cubes: what an update and a snapshot cost, and how much memory they need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from eoxserver.backends.cubes.base import CubeLayout
from eoxserver.backends.cubes.ocdbt import OcdbtCubeStore
from eoxserver.core.coverage import CellBox, Cells
from eoxserver.core.fields import Field, NilValue

FIELD = Field("a", np.dtype("int16"), nil=(NilValue(-1.0),))
LAYOUT = CubeLayout((FIELD,), ("t", "y", "x"), frozenset({"t"}))
SIZE = 128


def bytes_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def slices(store: OcdbtCubeStore, times: list[float], values: np.ndarray[tuple[int, ...], np.dtype[np.int16]]) -> None:
    new = "a" not in list(store.names())
    with store.update("a", LAYOUT if new else None) as update:
        update.write({"t": times, "y": range(SIZE), "x": range(SIZE)}, Cells(values[np.newaxis]))
        update.commit()


def cost_of_a_slice(folder: Path, slices_before: int) -> int:
    """Bytes that one slice of noise adds to a cube, the mean of some."""
    store = OcdbtCubeStore(str(folder))
    many = np.arange(slices_before, dtype=np.int16)[:, None, None] % 100
    slices(store, [float(each) for each in range(slices_before)], np.broadcast_to(many, (slices_before, SIZE, SIZE)))
    before = bytes_of(folder)
    for number in range(5):
        noise = np.random.default_rng(number).integers(0, 5000, (1, SIZE, SIZE)).astype(np.int16)
        slices(store, [slices_before / 2 + number + 0.5], noise)
    return (bytes_of(folder) - before) // 5


def test_an_update_costs_the_slice_and_not_the_cube(tmp_path: Path) -> None:
    small, large = cost_of_a_slice(tmp_path / "small", 10), cost_of_a_slice(tmp_path / "large", 10_000)
    assert large < 2 * small
    assert small < 2 * SIZE * SIZE * 2


def test_a_hundred_thousand_coefficients(tmp_path: Path) -> None:
    layout = CubeLayout((FIELD,), ("t",), frozenset({"t"}), chunks=(4096,))
    store = OcdbtCubeStore(str(tmp_path))
    many = 100_000
    times = np.arange(many) * 2.0
    with store.update("a", layout) as update:
        update.write({"t": times.tolist()}, Cells((np.arange(many) % 1000).astype(np.int16)[np.newaxis]))
        update.commit()
    before = bytes_of(tmp_path)
    with store.update("a") as update:
        update.write({"t": [-1.0, 99_999.0]}, Cells(np.array([[7, 8]], np.int16)))
        update.commit()
    assert bytes_of(tmp_path) - before < 100_000, "one chunk of coefficients and one of cells"
    again = OcdbtCubeStore(str(tmp_path))
    snapshot = again.snapshot("a")
    coefficients = snapshot.axes[0].coefficients
    assert coefficients is not None
    assert coefficients.size == many + 2 and (np.diff(coefficients) > 0).all()
    place = int(np.searchsorted(coefficients, 99_999.0))
    assert snapshot.source.read(CellBox((place - 1,), (place + 2,)), (0,)).values.tolist() == [
        [(place - 2) % 1000, 8, (place - 1) % 1000]
    ]
    assert snapshot.source.read(CellBox((0,), (2,)), (0,)).values.tolist() == [[7, 0]]


_PEAK = """
import resource, sys
import numpy as np
from eoxserver.backends.cubes.base import CubeLayout, Overview
from eoxserver.backends.cubes.ocdbt import OcdbtCubeStore
from eoxserver.core.coverage import CellBox, Cells
from eoxserver.core.fields import Field

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

store = OcdbtCubeStore(sys.argv[1], cache_bytes=16_000_000, update_bytes=32_000_000)
layout = CubeLayout((Field("a", np.dtype("uint16")),), ("t", "y", "x"), frozenset("t"))
block = np.random.default_rng(0).integers(0, 4000, (1, 1, 2000, 2000)).astype(np.uint16)
with store.update("a", layout) as update:
    update.write({"t": [0.0], "y": range(2000), "x": range(2000)}, Cells(block))
    update.commit()
before = peak()
with store.update("a") as update:
    for number in range(30):
        update.write({"t": [number + 1.0], "y": range(2000), "x": range(2000)}, Cells(block))
    update.commit()
written = peak()
store.add_overview("a", Overview((1, 4, 4), "average"))
made = peak()
store.compact("a")
store.export("a", sys.argv[1] + "/export")
assert list(store.verify("a")) == []
source = store.snapshot("a").source
for number in range(31):
    source.read(CellBox((number, 0, 0), (number + 1, 2000, 2000)), (0,))
print(written - before, made - before, peak() - before)
"""


def test_memory_is_bounded(tmp_path: Path) -> None:
    """240 MB go in as one update, are brought together, copied, exported, checked and read."""
    answer = subprocess.run(
        [sys.executable, "-c", _PEAK, str(tmp_path)], check=True, capture_output=True, text=True
    ).stdout
    assert max(map(int, answer.split())) < 160_000_000, answer
