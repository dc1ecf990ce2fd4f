# SPDX-License-Identifier: MIT
"""Run the benchmarks: ``python -m bench [--seconds S] [--rounds N] [--only maps|coverages]``."""

from __future__ import annotations

import argparse
import platform
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio

from bench import mapserver, server
from bench.compare import difference, picture, raster
from bench.data import FOLDER, HEIGHT, WIDTH, world
from bench.load import Answer, Peer, Result, run
from bench.requests import maps, windows

CLIENTS = 4
PROCESSES = 2


@dataclass
class Case:
    """One row of the table."""

    key: str
    title: str
    queries: Callable[[int], Iterator[str]]
    decode: Callable[[Answer], npt.NDArray[Any]]
    media_type: str
    must_reach: float
    most_apart: float
    """Mean difference of values up to which answers count as the same."""
    results: dict[str, list[Result]] = field(default_factory=dict)

    def good(self, answer: Answer) -> bool:
        """Whether an answer is what was asked for, by its kind."""
        return answer.status == 200 and answer.media_type.startswith(self.media_type) and len(answer.body) > 200


CASES = (
    Case("maps", "WMS GetMap 256x256 PNG, EPSG:3857", maps, picture, "image/png", 1.5, 6.0),
    Case(
        "coverages", "WCS GetCoverage 600x600x3 GeoTIFF", lambda seed: windows(seed, WIDTH, HEIGHT), raster,
        "image/tiff", 1.0, 0.0,
    ),
)  # fmt: skip


def main() -> int:
    """Run, print the table, and answer 1 when a ratio is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of one run (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each server, in turn (default: %(default)s)")
    parser.add_argument("--only", choices=[case.key for case in CASES])
    parser.add_argument("--png-compression", type=int, metavar="0-9", help="zlib level of MapServer (its default: 6)")
    options = parser.parse_args()
    lacking = mapserver.missing()
    data = world().absolute()
    print(about())
    with ExitStack() as stack:
        ours = stack.enter_context(server.started(data, FOLDER, PROCESSES))
        peers = {"eoxserver": ours}
        if lacking is None:
            level = options.png_compression
            tuning = "" if level is None else f'    FORMATOPTION "COMPRESSION={level}"\n'
            peers["mapserver"] = stack.enter_context(mapserver.started(data, PROCESSES, tuning))
        else:
            print(lacking)
        missed = 0
        for case in CASES:
            if options.only in (None, case.key):
                measure(case, peers, options.seconds, options.rounds)
                missed += report(case)
    return 1 if missed else 0


def about() -> str:
    """The machine and the versions."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = f"{len(names)} x {names[0]}" if names else model
    peer = mapserver.version() if mapserver.missing() is None else "no MapServer"
    return (
        f"{model}; {platform.python_implementation()} {platform.python_version()} ({sys.executable}), "
        f"numpy {np.__version__}, rasterio {rasterio.__version__} with GDAL {rasterio.__gdal_version__}; {peer}"
    )


def measure(case: Case, peers: dict[str, Peer], seconds: float, rounds: int) -> None:
    """Check that the answers agree, warm both up, and run them in turn."""
    print(f"\n{case.title}: {PROCESSES} processes, {CLIENTS} clients, {rounds} x {seconds:g} s each, in turn")
    if len(peers) == 2:
        mean, equal = difference(
            peers["eoxserver"].wire, peers["mapserver"].wire, islice(case.queries(0), 40), case.decode
        )
        print(f"same answers: mean difference {mean:.2f} of 255, {100 * equal:.1f} % of the pixels equal")
        if mean > case.most_apart:
            raise SystemExit(f"the servers do not answer the same: {mean:.2f} > {case.most_apart}")
    counts = {name: Counter[str]() for name in peers}
    for number in range(rounds + 1):
        for name, peer in peers.items():
            result = run(peer, counted(case.queries(1 + number), counts[name]), seconds, CLIENTS, case.good)
            if number:  # the first run warms up
                case.results.setdefault(name, []).append(result)
    asked, again = (
        sum(map(part, counts.values())) for part in (Counter.total, lambda count: count.total() - len(count))
    )
    print(f"{100 * again / asked:.1f} % of the requests had been asked before")


def counted(queries: Iterator[str], count: Counter[str]) -> Iterator[str]:
    """The queries, counted as they are taken."""
    for query in queries:
        count[query] += 1
        yield query


def report(case: Case) -> bool:
    """Print the rows, and answer whether the ratio is missed."""
    titles = ("requests/s", "of each run", "median ms", "p95 ms", "KB", "server CPU ms", "client")
    print("{:12} {:>11} {:>26} {:>10} {:>8} {:>7} {:>14} {:>7}".format("", *titles))
    rates = {}
    for name, results in case.results.items():
        merged = Result()
        for result in results:
            merged.seconds += result.seconds
            merged.own_seconds += result.own_seconds
            merged.server_seconds += result.server_seconds
            merged.latencies += result.latencies
            merged.sizes += result.sizes
        rates[name] = merged.rate
        runs = " ".join(f"{result.rate:.0f}" for result in results)
        own, cpu = (1e3 * each / len(merged.latencies) for each in (merged.own_seconds, merged.server_seconds))
        print(
            f"{name:12} {merged.rate:11.0f} {runs:>26} {1e3 * merged.quantile(0.5):10.1f} "
            f"{1e3 * merged.quantile(0.95):8.1f} {np.mean(merged.sizes) / 1e3:7.0f} {cpu:14.2f} {own:7.2f}"
        )
    if "mapserver" not in rates:
        return False
    ratio = rates["eoxserver"] / rates["mapserver"]
    print(f"ratio {ratio:.2f} (must reach {case.must_reach})")
    return ratio < case.must_reach


if __name__ == "__main__":
    sys.exit(main())
