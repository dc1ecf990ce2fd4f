# SPDX-License-Identifier: MIT
"""Queries over a cube: ``python -m bench.wcps [--slices N] [--size N]``.

The mean over time of ``(a - b) / (a + b)``, as a map and as one number, by the query engine and by hand: numpy, chunk
by chunk, from the same store, in as many threads. Both run in turn; the ratio of the medians counts.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.__main__ import about
from eoxserver.backends.cubes.base import CubeLayout
from eoxserver.backends.cubes.ocdbt import OcdbtCubeStore
from eoxserver.core.axes import IndexAxis
from eoxserver.core.blocks import split
from eoxserver.core.coverage import CellBox, Cells, Coverage, Source
from eoxserver.core.domain import Domain
from eoxserver.core.fields import Field, RangeType
from eoxserver.query.executors import LocalExecutor
from eoxserver.query.plan import (
    Cast,
    Condense,
    Constant,
    Given,
    Iterator,
    Map,
    Node,
    Pick,
    PickCell,
    Reduce,
    Select,
)

THREADS = 2
TURNS = 5
FLOAT = np.dtype(np.float32)
CHUNKS = (16, 256, 256)


def cube(folder: Path, slices: int, size: int) -> Source:
    """A cube of two bands over t, y and x in a store; nothing that is read of it is kept."""
    fields = tuple(Field(name, np.dtype(np.uint16)) for name in ("a", "b"))
    store = OcdbtCubeStore(str(folder), cache_bytes=0)
    scenes = [scene(number, size) for number in range(8)]
    made: CubeLayout | None = CubeLayout(fields, ("t", "y", "x"), frozenset({"t"}), chunks=CHUNKS)
    for first in range(0, slices, CHUNKS[0]):
        times = range(first, min(first + CHUNKS[0], slices))
        with store.update("cube", made) as update:
            for top in range(0, size, CHUNKS[1]):
                rows = range(top, min(top + CHUNKS[1], size))
                values = np.stack(
                    [
                        np.stack([scenes[(each + 3 * band) % 8][rows.start : rows.stop] for each in times])
                        for band in (0, 1)
                    ]
                )
                update.write({"t": [float(each) for each in times], "y": rows, "x": range(size)}, Cells(values))
            update.commit()
        made = None
    return store.snapshot("cube").source


def scene(number: int, size: int) -> npt.NDArray[np.uint16]:
    """Something like a satellite image: smooth, with noise."""
    row, column = np.mgrid[0:size, 0:size]
    smooth = 3000 + 1000 * np.sin(row / 90 + number) * np.cos(column / 70)
    noise = np.random.default_rng(number).normal(0, 30, (size, size))
    return np.asarray(smooth + noise, np.float64).astype(np.uint16)


def coverage(source: Source) -> Coverage:
    """The cube as a coverage."""
    axes = tuple(IndexAxis(label, length) for label, length in zip("tyx", source.shape, strict=True))
    fields = RangeType(tuple(Field(name, np.dtype(np.uint16)) for name in ("a", "b")))
    return Coverage("cube", Domain(axes), fields, source)


def index(node: Node) -> Node:
    """(a - b) / (a + b)."""
    a, b = (Cast(Select(node, (band,)), FLOAT) for band in (0, 1))
    return Map("/", (Map("-", (a, b)), Map("+", (a, b))))


def mean_map(given: Node, slices: int) -> Node:
    """``condense + over $t t(0:n) using index($c[t($t)])`` by the number of slices."""
    over = Iterator("t#1", 0, slices)
    total = Condense("+", (over,), index(Pick(given, (PickCell("t", over),))))
    return Map("/", (total, Constant(slices, np.dtype(np.int32))))


def by_hand(source: Source, pool: ThreadPoolExecutor) -> npt.NDArray[np.float32]:
    """The map, chunk column by chunk column."""
    slices, *plane = source.shape
    chunks = source.chunks
    result = np.zeros(plane, np.float32)

    def column(part: CellBox) -> None:
        total = np.zeros(part.shape, np.float32)
        for first in range(0, slices, chunks[0]):
            last = min(first + chunks[0], slices)
            values = source.read(CellBox((first, *part.low), (last, *part.high)), (0, 1)).values
            a, b = values.astype(np.float32)
            total += ((a - b) / (a + b)).sum(axis=0)
        result[part.slices] = total / slices

    list(pool.map(column, split(CellBox.whole(plane), chunks[1:])))
    return result


def read_all(executor: LocalExecutor, plan: Node) -> npt.NDArray[Any]:
    """All cells of a plan of one field, block by block."""
    made = executor.evaluate(plan, _missing)
    result = np.empty(made.domain.shape, made.range_type.dtype)
    for box, cells in executor.blocks(made):
        result[box.slices] = cells.values[0]
    return result


def _missing(identifier: str) -> Coverage:
    raise LookupError(identifier)


def main() -> None:
    """Run both in turn, and print medians and ratios."""
    parser = argparse.ArgumentParser(prog="python -m bench.wcps", description=__doc__)
    parser.add_argument("--slices", type=int, default=64)
    parser.add_argument("--size", type=int, default=1024, help="cells along y and x")
    options = parser.parse_args()
    print(about())
    with tempfile.TemporaryDirectory(dir=Path("bench/work"), prefix="wcps-") as folder:
        source = cube(Path(folder), options.slices, options.size)
        given, executor, pool = Given(coverage(source)), LocalExecutor(THREADS), ThreadPoolExecutor(THREADS)
        plans = mean_map(given, options.slices), Reduce("avg", index(given))
        works: dict[str, Callable[[], npt.NDArray[Any]]] = {
            "by hand": lambda: by_hand(source, pool),
            "map": lambda: read_all(executor, plans[0]),
            "number": lambda: read_all(executor, plans[1]),
        }
        taken: dict[str, list[float]] = {name: [] for name in works}
        found: dict[str, npt.NDArray[Any]] = {}
        for _ in range(TURNS):
            for name, work in works.items():
                begin = time.perf_counter()
                found[name] = work()
                taken[name].append(time.perf_counter() - begin)
        np.testing.assert_allclose(found["map"], found["by hand"], rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(found["number"], found["by hand"].mean(dtype=np.float64), rtol=1e-3)
        medians = {name: statistics.median(times) for name, times in taken.items()}
        cells = 4 * options.slices * options.size**2
        print(
            f"cube of {cells / 1e6:.0f} MB, peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB"
        )
        for name, median in medians.items():
            print(f"{name}: {1000 * median:.0f} ms, ratio {median / medians['by hand']:.2f}")
        executor.close()
        pool.shutdown()


if __name__ == "__main__":
    main()
