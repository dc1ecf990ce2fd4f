# SPDX-License-Identifier: MIT
"""Bulk import: ``python -m bench.imports [--slices N] [--size N] [--files N]``.

* ``slices``: GeoTIFF files become one cube of time, beside the same arrays written to the store by hand, in turn. The
  whole command counts, its start too; the ratio without the start is that to a run which finds nothing to import.
* ``files``: time and memory for each of many small files, of 1,000 and of ``--files``: neither may grow.

``TMPDIR=/dev/shm`` measures without disks.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

from bench.__main__ import about
from bench.cubes import by_hand, scene

ROUNDS = 3


def write_files(folder: Path, many: int, size: int) -> None:
    """GeoTIFF files of one band, a day each."""
    profile = {
        "driver": "GTiff", "width": size, "height": size, "count": 1, "dtype": "int16", "nodata": -9999,
        "crs": "EPSG:32633", "transform": from_origin(300_000, 5_400_000, 20, 20), "tiled": size >= 256,
    }  # fmt: skip
    scenes = [scene(number, size)[0] for number in range(4)]
    start = np.datetime64("2020-01-01")
    for number in range(many):
        day = str(start + np.timedelta64(number, "D")).replace("-", "")
        with rasterio.open(folder / f"s_{day}.tif", "w", **profile) as dataset:
            dataset.write(scenes[number % 4])


def ingredients(folder: Path, identifier: str) -> Path:
    """A file that imports them as a series."""
    parameter = {"filename": {"regex": r"_(\d{8})\.", "group": "1"}, "datetime_format": "YYYYMMDD"}
    content = {
        "config": {"automated": True, "track_files": True},
        "input": {"coverage_id": identifier, "paths": ["*.tif"]},
        "recipe": {
            "name": "time_series_irregular",
            "options": {
                "time_parameter": parameter, "time_crs": "OGC/0/AnsiDate", "tiling": "ALIGNED [0:0,0:255,0:127]",
            },
        },
    }  # fmt: skip
    path = folder / f"{identifier}.json"
    path.write_text(json.dumps(content))
    return path


@dataclass(frozen=True)
class Taken:
    """What a piece of work took."""

    seconds: float
    processor: float
    """Of all threads [s]."""
    memory: float
    """The most that any process so far had [MB]."""


def imported(instance: Path, path: Path) -> Taken:
    """What the command takes."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "eoxserver", "wcst_import", str(path), "--instance", str(instance)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Taken(seconds, processor, after.ru_maxrss / 1024)


def written(folder: Path, many: int, size: int) -> Taken:
    """What writing the same arrays by hand takes."""
    array = by_hand(folder, "ocdbt", size, many)
    scenes = [scene(each, size)[0, 0] for each in range(4)]
    begin, processor = time.perf_counter(), time.process_time()
    for each in range(many):
        array[each].write(scenes[each % 4]).result()
    return Taken(time.perf_counter() - begin, time.process_time() - processor, 0)


def slices(folder: Path, instance: Path, many: int, size: int) -> None:
    """Throughput of an import, and by hand."""
    files = folder / "slices"
    files.mkdir()
    write_files(files, many, size)
    bulk = many * size * size * 2 / 1e6
    ours, starts, hand = [], [], []
    for number in range(ROUNDS):
        path = ingredients(files, f"slices_{number}")
        ours.append(imported(instance, path))
        starts.append(imported(instance, path))  # all files are imported already
        hand.append(written(folder / f"hand{number}", many, size))
    print("| | MB/s | processor s | ratio | ratio of processor time |\n|---|---|---|---|---|")
    best, by, start = (min(each.seconds for each in runs) for runs in (ours, hand, starts))
    used, by_used, start_used = (min(each.processor for each in runs) for runs in (ours, hand, starts))
    print(f"| import | {bulk / best:.0f} | {used:.1f} | {by / best:.2f} | {by_used / used:.2f} |")
    best, used = best - start, used - start_used
    print(f"| without its start | {bulk / best:.0f} | {used:.1f} | {by / best:.2f} | {by_used / used:.2f} |")
    print(f"| by hand | {bulk / by:.0f} | {by_used:.1f} | | |")


def files(folder: Path, instance: Path, many: int) -> None:
    """What a file costs, of few and of many."""
    print("| files | s | processor s | ms a file | processor ms a file | memory MB |\n|---|---|---|---|---|---|")
    for count in (1000, many):
        place = folder / f"files{count}"
        place.mkdir()
        write_files(place, count, 16)
        path = ingredients(place, f"files_{count}")
        whole, start = imported(instance, path), imported(instance, path)
        each = (1000 * (a - b) / count for a, b in ((whole.seconds, start.seconds), (whole.processor, start.processor)))
        figures = " | ".join(f"{one:.2f}" for one in each)
        print(f"| {count} | {whole.seconds:.1f} | {whole.processor:.1f} | {figures} | {whole.memory:.0f} |")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description="Bulk import")
    parser.add_argument("--slices", type=int, default=200)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--only", choices=["slices", "files"])
    given = parser.parse_args()
    print(about())
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        instance = folder / "instance"
        command = [sys.executable, "-m", "eoxserver", "create_instance", "bench", str(instance)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        if given.only != "files":
            slices(folder, instance, given.slices, given.size)
        if given.only != "slices":
            files(folder, instance, given.files)


if __name__ == "__main__":
    main()
