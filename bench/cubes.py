# SPDX-License-Identifier: MIT
"""The store of cubes: ``python -m bench.cubes [--only cost|writing|chunks|bands|snapshot]``.

* ``cost``: one slice more in a cube of 10, 1,000 and 10,000 slices, in time and in bytes written.
* ``writing``: slices, each an update of its own, beside the same arrays written with tensorstore by hand.
* ``chunks``: maps and time series with chunks of several shapes, and with those that the store chooses.
* ``bands``: three bands as an array each, as the store keeps them, beside one array with bands in the chunk.
* ``snapshot``: finding the latest version, and opening and reading it for the first time.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorstore as ts

from bench.__main__ import about
from eoxserver.backends.cubes.base import CubeLayout
from eoxserver.backends.cubes.ocdbt import OcdbtCubeStore
from eoxserver.core.coverage import CellBox, Cells, Source
from eoxserver.core.fields import Field, NilValue

LABELS = ("t", "y", "x")
TURNS = 25


def layout(bands: int = 1, chunks: tuple[int, ...] | None = None) -> CubeLayout:
    """Fields of 16 bits over time, y and x."""
    fields = tuple(Field(f"b{number}", np.dtype("int16"), nil=(NilValue(-9999.0),)) for number in range(bands))
    return CubeLayout(fields, LABELS, frozenset({"t"}), chunks=chunks)


def scene(number: int, size: int, bands: int = 1) -> npt.NDArray[np.int16]:
    """Something like a satellite image: smooth, with noise; shape (band, 1, size, size)."""
    row, column = np.mgrid[0:size, 0:size]
    smooth = 1000 + 500 * np.sin(row / 90 + number) * np.cos(column / 70)
    noise = np.random.default_rng(number).normal(0, 12, (bands, 1, size, size))
    return (smooth + noise).astype(np.int16)


def put(store: OcdbtCubeStore, times: list[float], values: npt.NDArray[Any], made: CubeLayout | None = None) -> None:
    """One update."""
    size = values.shape[-1]
    with store.update("a", made) as update:
        update.write({"t": times, "y": range(size), "x": range(size)}, Cells(values))
        update.commit()


def stored_bytes(folder: Path) -> int:
    """Size of all files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def median(work: Callable[..., object], *arguments: object) -> float:
    """Median time of one call [ms]."""
    taken = []
    for _ in range(TURNS):
        begin = time.perf_counter()
        work(*arguments)
        taken.append(time.perf_counter() - begin)
    return 1000 * statistics.median(taken)


def cost(folder: Path) -> None:
    """One slice more."""
    size = 256
    print("| slices before | update ms | bytes written | cells bytes |\n|---|---|---|---|")
    for many in (10, 1000, 10_000):
        place = folder / str(many)
        store = OcdbtCubeStore(str(place))
        for begin in range(0, many, 500):
            times = [float(each) for each in range(begin, min(begin + 500, many))]
            values = np.broadcast_to(np.array(times, np.int16)[:, None, None] % 90, (1, len(times), size, size))
            put(store, times, values, None if begin else layout())
        before = stored_bytes(place)
        scenes = iter([([float(many + number)], scene(number, size)) for number in range(TURNS)])
        taken = median(put_next, store, scenes)
        print(f"| {many} | {taken:.1f} | {(stored_bytes(place) - before) // TURNS} | {2 * size * size} |")


def put_next(store: OcdbtCubeStore, scenes: Iterator[tuple[list[float], npt.NDArray[Any]]]) -> None:
    """One update with the next slice."""
    put(store, *next(scenes))


def writing(folder: Path) -> None:
    """Throughput, in turn."""
    size, many = 2048, 20
    scenes = [scene(number, size) for number in range(4)]
    store = OcdbtCubeStore(str(folder / "ours"))
    put(store, [-1.0], scenes[0], layout())
    arrays = {name: by_hand(folder / name, name, size, many) for name in ("ocdbt", "files")}
    taken: dict[str, list[float]] = {}
    for number in range(many):
        works: dict[str, Callable[[], object]] = {"ours": lambda n=number: put(store, [float(n)], scenes[n % 4])}
        works |= {
            name: lambda n=number, array=array: array[n].write(scenes[n % 4][0, 0]).result()
            for name, array in arrays.items()
        }
        for name, work in works.items():
            begin = time.perf_counter()
            work()
            taken.setdefault(name, []).append(time.perf_counter() - begin)
    speeds = {name: scenes[0].nbytes / 1e6 / statistics.median(each) for name, each in taken.items()}
    for name, speed in speeds.items():
        print(f"{name}: {speed:.0f} MB/s, {speeds['ours'] / speed:.2f}")


def by_hand(folder: Path, kind: str, size: int, many: int) -> ts.TensorStore:
    """An array of the same chunks and codecs: in an OCDBT database, or in plain files."""
    files = {"driver": "file", "path": f"{folder}/"}
    codecs = [
        {"name": "bytes", "configuration": {"endian": "little"}},
        {"name": "zstd", "configuration": {"level": 1}},
        {"name": "crc32c"},
    ]
    spec = {
        "driver": "zarr3",
        "kvstore": {"driver": "ocdbt", "base": files} if kind == "ocdbt" else files,
        "metadata": {
            "shape": [many, size, size],
            "data_type": "int16",
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 256, 128]}},
            "codecs": codecs,
        },
    }
    return ts.open(spec, create=True).result()


class RandomReads:
    """Reads of boxes of a cube at random places."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.random = np.random.default_rng(1)

    def read(self, extent: tuple[int, ...], fields: Sequence[int] = (0,)) -> None:
        """One box of so many cells along each axis."""
        low = [
            int(self.random.integers(0, whole - size + 1))
            for whole, size in zip(self.source.shape, extent, strict=True)
        ]
        high = [first + size for first, size in zip(low, extent, strict=True)]
        self.source.read(CellBox(tuple(low), tuple(high)), fields)


def chunks(folder: Path) -> None:
    """Maps and time series; nothing that was read is kept."""
    size, many = 2048, 64
    scenes = [scene(number, size) for number in range(4)]
    shapes = [None, (1, 512, 512), (1, 256, 256), (1, 128, 128), (4, 128, 128), (16, 128, 128), (16, 256, 256)]
    for shape in shapes:
        place = folder / str(shape)
        store = OcdbtCubeStore(str(place), cache_bytes=0)
        begin = time.perf_counter()
        for number in range(many):
            put(store, [float(number)], scenes[number % 4], None if number else layout(chunks=shape))
        taken = time.perf_counter() - begin
        snapshot = store.snapshot("a")
        reads = RandomReads(snapshot.source)
        extents = {
            "map 256": (1, 256, 256),
            "map 1024": (1, 1024, 1024),
            "series 1": (many, 1, 1),
            "series 64": (many, 64, 64),
        }
        found = ", ".join(f"{name} {median(reads.read, extent):.1f}" for name, extent in extents.items())
        title = f"{snapshot.layout.chunks}{'' if shape else ' (chosen)'}"
        print(f"{title}: {found} ms; slice {1000 * taken / many:.0f} ms, {stored_bytes(place) / 1e6:.0f} MB")


def bands(folder: Path) -> None:
    """An array for each band, or bands as the last axis of the chunk."""
    size, many = 2048, 16
    scenes = [scene(number, size, 3) for number in range(4)]
    for packed in (False, True):
        store = OcdbtCubeStore(str(folder / str(packed)), cache_bytes=0)
        made = layout(3)
        if packed:
            made = CubeLayout(layout().fields, (*LABELS, "band"), frozenset({"t"}), chunks=(1, 128, 128, 3))
        begin = time.perf_counter()
        for number in range(many):
            along: dict[str, Any] = {"t": [float(number)], "y": range(size), "x": range(size)}
            values = scenes[number % 4]
            if packed:
                along["band"], values = range(3), np.moveaxis(values, 0, -1)[np.newaxis]
            with store.update("a", None if number else made) as update:
                update.write(along, Cells(values))
                update.commit()
        taken = time.perf_counter() - begin
        reads = RandomReads(store.snapshot("a").source)
        figures = ", ".join(
            f"{count} band(s) {cells}: {median(reads.read, *wanted(cells, count, packed)):.1f}"
            for cells in (256, 1024)
            for count in (1, 3)
        )
        print(f"{'packed' if packed else 'an array each'}: {figures} ms; slice {1000 * taken / many:.0f} ms")


def wanted(cells: int, bands_: int, packed: bool) -> tuple[tuple[int, ...], Sequence[int]]:
    """The extent and the fields of a read of some bands."""
    return ((1, cells, cells, bands_), (0,)) if packed else ((1, cells, cells), range(bands_))


def snapshot(folder: Path) -> None:
    """Finding and opening."""
    store = OcdbtCubeStore(str(folder))
    put(store, [0.0], scene(0, 512, 3), layout(3))
    print(f"latest version, unchanged: {median(lambda: store.snapshot('a').source):.2f} ms")
    numbers = iter(range(1, 1000))
    fresh, first = [], []
    for _ in range(25):
        put(store, [float(next(numbers))], scene(0, 512, 3))
        begin = time.perf_counter()
        source = store.snapshot("a").source
        middle = time.perf_counter()
        source.read(CellBox((0, 0, 0), (1, 256, 256)), (0, 1, 2))
        first.append(1000 * (time.perf_counter() - middle))
        fresh.append(1000 * (middle - begin))
    print(f"latest version, new: {statistics.median(fresh):.2f} ms; its first read: {statistics.median(first):.2f} ms")


CASES: dict[str, Callable[[Path], None]] = {
    "cost": cost, "writing": writing, "chunks": chunks, "bands": bands, "snapshot": snapshot,
}  # fmt: skip


def main() -> None:
    """Run the cases."""
    parser = argparse.ArgumentParser(prog="python -m bench.cubes", description=__doc__)
    parser.add_argument("--only", choices=list(CASES))
    only = parser.parse_args().only
    print(about())
    for name, case in CASES.items():
        if only in (None, name):
            print(f"\n{name}")
            with tempfile.TemporaryDirectory(dir=Path("bench/work"), prefix="cubes-") as folder:
                case(Path(folder))


if __name__ == "__main__":
    main()
