# SPDX-License-Identifier: MIT
"""Queries over a cube: ``python -m bench.wcps [--slices N] [--size N] [--turns N] [--only large|small|dask]``.

* ``large``: the mean over time of ``(a - b) / (a + b)`` as a map and as one number, a plain average, and a histogram;
  beside the same by hand: numpy, chunk by chunk, from the same store, in as many threads.
* ``small``: a window of 64 x 64 cells over HTTP beside numpy on the same window, and how long a query is parsed.
* ``dask``: large queries on two worker processes beside two threads.

Peers run in turn; ratios of the medians count. ``--slices 256 --size 2048`` makes a cube of 4 GB.
"""

from __future__ import annotations

import argparse
import http.client
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from bench.__main__ import about
from bench.server import serving
from eoxserver.app import Instance, open_instance
from eoxserver.app.administration import make_instance
from eoxserver.app.dask.executor import DaskExecutor
from eoxserver.app.queries import Queries
from eoxserver.core.axes import IndexAxis
from eoxserver.core.blocks import split
from eoxserver.core.coverage import CellBox, Cells, Coverage, Level, Source
from eoxserver.core.domain import Domain
from eoxserver.core.fields import Field, RangeType
from eoxserver.query.executors import Executor, LocalExecutor
from eoxserver.services.wcps.parse import parse_query

THREADS = 2
CHUNKS = (16, 256, 256)
Array = npt.NDArray[Any]
Taken = tuple[float, float]
"""Time that went by, and time of the processors [s]."""

INDEX = "((float) $c.a{0} - (float) $c.b{0}) / ((float) $c.a{0} + (float) $c.b{0})"
LONG = (
    "for $c in (cube), $d in (cube) where avg($c.a[t(0), y(0:63), x(0:63)]) > 10 return encode(switch case "
    "$c.a > 3500 return {red: 255c; green: 0c; blue: 0c} case $d.b[t(0:1)] <= 12.5 + sqrt(abs($c.b)) return "
    '{red: 0c; green: 255c; blue: (char) ($c.a / 2)} default return {red: 0c; green: 0c; blue: 0c}, "image/png")'
)


@dataclass(frozen=True)
class Scenes:
    """Something like satellite images, one for each slice, made when they are asked for."""

    slices: int
    size: int
    dtype: str
    scenes: Sequence[Array]

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.slices, self.size, self.size)

    @property
    def chunks(self) -> tuple[int, ...]:
        return CHUNKS

    @property
    def levels(self) -> tuple[Level, ...]:
        return (Level(self.shape, (1.0, 1.0, 1.0)),)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        rows = box.slices[1:]
        times = range(box.low[0], box.high[0])
        bands = [np.stack([self.scenes[(each + 3 * band) % 8][rows] for each in times]) for band in fields]
        return Cells(np.stack(bands).astype(self.dtype))


def scene(number: int, size: int) -> Array:
    """Smooth, with noise."""
    row, column = np.mgrid[0:size, 0:size].astype(np.float32)
    smooth = 3000 + 1000 * np.sin(row / 90 + number) * np.cos(column / 70)
    noise = np.random.default_rng(number).normal(0, 30, (size, size))
    return np.asarray(smooth + noise).astype(np.uint16)


def prepare(root: Path, slices: int, size: int) -> None:
    """Make the instance, in a process of its own: what that takes of memory is not of the queries."""
    instance = open_instance(make_instance("bench", root).paths.root)
    insert(instance, "cube", slices, size, {"a": "u2", "b": "u2"})
    insert(instance, "bytes", slices, size, {"v": "u1"})
    instance.close()


def insert(instance: Instance, identifier: str, slices: int, size: int, bands: Mapping[str, str]) -> None:
    """Insert a cube of index axes."""
    axes = tuple(IndexAxis(label, length) for label, length in zip("tyx", (slices, size, size), strict=True))
    fields = RangeType(tuple(Field(name, np.dtype(dtype)) for name, dtype in bands.items()))
    source = Scenes(slices, size, next(iter(bands.values())), [scene(number, size) for number in range(8)])
    instance.ingestion.insert(Coverage(identifier, Domain(axes), fields, source), chunks=CHUNKS)


# -- by hand ------------------------------------------------------------------------------------------------------


def chunkwise(
    source: Source, pool: ThreadPoolExecutor, work: Callable[[Array], Any], bands: Sequence[int]
) -> list[Any]:
    """What a function makes of each chunk."""

    def one(box: CellBox) -> Any:
        return work(source.read(box, bands).values)

    return list(pool.map(one, split(CellBox.whole(source.shape), CHUNKS)))


def mean_map(source: Source, pool: ThreadPoolExecutor) -> Array:
    """The mean index over time, chunk column by chunk column; added up in double precision, as queries do."""
    slices, *plane = source.shape
    result = np.zeros(plane)

    def column(part: CellBox) -> None:
        total = np.zeros(part.shape)
        for first in range(0, slices, CHUNKS[0]):
            last = min(first + CHUNKS[0], slices)
            values = source.read(CellBox((first, *part.low), (last, *part.high)), (0, 1)).values
            total += index(values).sum(axis=0, dtype=np.float64)
        result[part.slices] = total / slices

    list(pool.map(column, split(CellBox.whole(plane), CHUNKS[1:])))
    return result


def index(values: Array) -> Array:
    """(a - b) / (a + b)."""
    a, b = values.astype(np.float32)
    found: Array = (a - b) / (a + b)
    return found


def mean_number(source: Source, pool: ThreadPoolExecutor) -> float:
    """The mean index of all cells."""
    parts = chunkwise(source, pool, lambda values: index(values).sum(dtype=np.float64), (0, 1))
    return float(sum(parts)) / float(np.prod(source.shape))


def histogram(source: Source, pool: ThreadPoolExecutor) -> Array:
    """Counts of 256 values."""
    counts = chunkwise(source, pool, lambda values: np.bincount(values.ravel(), minlength=256), (0,))
    return np.asarray(sum(counts))


def only_read(source: Source, pool: ThreadPoolExecutor) -> None:
    """Read everything, and do nothing with it."""
    chunkwise(source, pool, lambda _values: None, (0, 1))


# -- measuring ----------------------------------------------------------------------------------------------------


def medians(works: Mapping[str, Callable[[], Any]], turns: int) -> tuple[dict[str, Taken], dict[str, Any]]:
    """Median times of works that are done in turn, and what they make; the first turn warms up."""
    taken: dict[str, list[Taken]] = {name: [] for name in works}
    found: dict[str, Any] = {}
    for turn in range(turns + 1):
        for name, work in works.items():
            begin, spent = time.perf_counter(), time.process_time()
            found[name] = work()
            if turn:
                taken[name].append((time.perf_counter() - begin, time.process_time() - spent))
    return {name: (_median(times, 0), _median(times, 1)) for name, times in taken.items()}, found


def _median(times: Sequence[Taken], part: int) -> float:
    return statistics.median(each[part] for each in times)


def tell(title: str, ours: Taken, theirs: Taken, bound: float, *, here: bool = True) -> None:
    """Print a row; ``here``: all the work was done in this process, so that its processor time says something."""
    ratio = ours[0] / theirs[0]
    cpu = f"; of processor time {ours[1] / theirs[1]:.2f}" if here else ""
    verdict = f"(at most {bound:g})" if ratio <= bound else f"(at most {bound:g}) MISSED"
    print(f"{title:28} {1000 * ours[0]:7.0f} {1000 * theirs[0]:7.0f} ms, ratio {ratio:.2f}{cpu} {verdict}")


def queries_of(slices: int) -> dict[str, str]:
    """What is asked."""
    over = f"(condense + over $t t(0:{slices - 1}) using {INDEX.format('[t($t)]')}) / {slices}"
    return {
        "map": f"for $c in (cube) return {over}",
        "number": f"for $c in (cube) return avg({INDEX.format('')})",
        "average": "for $c in (cube) return avg($c)",
        "histogram": "for $c in (bytes) return coverage h over $b b(0:255) values count($c = $b)",
    }


def large(instance: Instance, slices: int, turns: int) -> None:
    """Large queries, beside numpy."""
    pool, alone = ThreadPoolExecutor(THREADS), ThreadPoolExecutor(1)
    source, gray = (instance.catalogue.coverage(name).source for name in ("cube", "bytes"))
    ours = {name: partial(instance.wcps, query) for name, query in queries_of(slices).items()}
    hand: dict[str, Callable[[], Any]] = {
        "map by hand": partial(mean_map, source, pool),
        "map in a loop": partial(mean_map, source, alone),
        "number by hand": partial(mean_number, source, pool),
        "number in a loop": partial(mean_number, source, alone),
        "reading": partial(only_read, source, pool),
        "bincount": partial(histogram, gray, pool),
    }
    ours["map"]()
    ours["number"]()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"peak memory of a process after these queries {peak} MiB (at most 1024)")
    taken, found = medians({**ours, **hand}, turns)
    np.testing.assert_allclose(found["map"], found["map by hand"], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found["number"], found["number by hand"], rtol=1e-6)
    np.testing.assert_array_equal(found["histogram"], found["bincount"])
    tell("mean map of an index", taken["map"], taken["map by hand"], 1.0)
    tell("mean of an index", taken["number"], taken["number by hand"], 1.0)
    tell("the map, beside a plain loop", taken["map"], taken["map in a loop"], 1.0)
    tell("the number, beside a loop", taken["number"], taken["number in a loop"], 1.0)
    tell("avg, beside reading", taken["average"], taken["reading"], 1.3)
    tell("histogram, beside bincount", taken["histogram"], taken["bincount"], 3.0)
    pool.shutdown()
    alone.shutdown()


def small(instance: Instance, folder: Path, requests: int = 300) -> None:
    """What a request costs beside its cells."""
    source = instance.catalogue.coverage("cube").source
    window = "$c{0}[t(5), y(100:163), x(300:363)]"
    a, b = window.format(".a"), window.format(".b")
    asked = f"((float) {a} - (float) {b}) / ((float) {a} + (float) {b})"
    box = CellBox((5, 100, 300), (6, 164, 364))

    def by_hand() -> Array:
        return index(source.read(box, (0, 1)).values)[0]

    with serving(["--instance", str(instance.paths.root)], folder / "log", 1) as peer:
        connection = http.client.HTTPConnection("127.0.0.1", peer.wire.port)

        def ask(query: str) -> bytes:
            connection.request("GET", f"/ows/wcps?query={quote(query)}")
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise SystemExit(body.decode())
            return body

        number = f"for $c in (cube) return avg({asked})"
        encoded = f'for $c in (cube) return encode({asked}, "image/tiff")'
        taken, found = medians(
            {"number": partial(ask, number), "image": partial(ask, encoded), "hand": by_hand}, requests
        )
        connection.close()
    np.testing.assert_allclose(float(found["number"]), found["hand"].mean(dtype=np.float64), rtol=1e-6)
    for name in ("number", "image"):
        more = 1000 * (taken[name][0] - taken["hand"][0])
        print(f"window of 64 x 64 over HTTP, {name:7} {more:5.1f} ms more than numpy (less than 10)")
    parsed, _ = medians({"parse": partial(parse_query, LONG)}, requests)
    print(f"parsing {len(LONG)} characters {1000 * parsed['parse'][0]:.2f} ms (less than 5)")


def dask(instance: Instance, slices: int, turns: int) -> None:
    """Two worker processes beside two threads."""
    from distributed import LocalCluster  # an extra

    with LocalCluster(
        n_workers=THREADS, threads_per_worker=1, host="127.0.0.1", scheduler_port=0, dashboard_address="127.0.0.1:0"
    ) as cluster:
        settings = instance.settings
        chosen = replace(settings.evaluation, dask_scheduler=cluster.scheduler_address)
        context = instance.context
        given: dict[str, Executor] = {
            "local": LocalExecutor(THREADS, chosen.block_cells),
            "dask": DaskExecutor(THREADS, chosen.block_cells, replace(settings, evaluation=chosen)),
        }
        asked = queries_of(slices)
        for name in ("map", "number", "histogram"):
            works = {
                key: partial(
                    Queries(replace(context, engine=replace(context.engine, executor=executor))).results,
                    asked[name],
                    {},
                )
                for key, executor in given.items()
            }
            taken, found = medians(works, turns)
            np.testing.assert_array_equal(found["dask"], found["local"])
            tell(f"{name} on two Dask workers", taken["dask"], taken["local"], 1.5, here=False)
        for executor in given.values():
            executor.close()


def main() -> None:
    """Make the cube and run what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.wcps", description=__doc__)
    parser.add_argument("--slices", type=int, default=64)
    parser.add_argument("--size", type=int, default=1024, help="cells along y and x")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--only", choices=["large", "small", "dask"])
    options = parser.parse_args()
    print(about())
    Path("bench/work").mkdir(exist_ok=True)
    # Nothing that is read may stay in memory: by hand and by query, every cell comes from the store.
    os.environ.update(EOXS_BACKENDS_CUBES__CACHE_BYTES="1", EOXS_SERVICES_EVALUATION__THREADS=str(THREADS))
    with tempfile.TemporaryDirectory(dir=Path("bench/work"), prefix="wcps-") as folder:
        root = Path(folder) / "instance"
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            process.submit(prepare, root, options.slices, options.size).result()
        instance = open_instance(root)
        print(f"cube of {4 * options.slices * options.size**2 / 1e6:.0f} MB")
        if options.only in (None, "large"):
            large(instance, options.slices, options.turns)
        if options.only in (None, "small"):
            small(instance, Path(folder))
        if options.only in (None, "dask"):
            dask(instance, options.slices, options.turns)
        instance.close()


if __name__ == "__main__":
    main()
