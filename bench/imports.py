# SPDX-License-Identifier: MIT
"""Bulk import: ``python -m bench.imports [--slices N] [--size N] [--files N]``.

* ``slices``: GeoTIFF files become one cube of time, beside the same arrays written to the store by hand, in turn.
* ``files``: time and memory for each of many small files, of 1,000 and of ``--files``.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
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
        day = str(start + number).replace("-", "")
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


def imported(instance: Path, path: Path) -> tuple[float, float]:
    """Seconds that the command takes, and its greatest memory [MB]."""
    begin = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    command = [sys.executable, "-m", "eoxserver", "wcst_import", str(path), "--instance", str(instance)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return time.perf_counter() - begin, max(before, after) / 1024


def slices(folder: Path, instance: Path, many: int, size: int) -> None:
    """Throughput of an import, and by hand."""
    files = folder / "slices"
    files.mkdir()
    write_files(files, many, size)
    bulk = many * size * size * 2 / 1e6
    ours, hand = [], []
    for number in range(ROUNDS):
        ours.append(imported(instance, ingredients(files, f"slices_{number}"))[0])
        array = by_hand(folder / f"hand{number}", "ocdbt", size, many)
        scenes = [scene(each, size)[0, 0] for each in range(4)]
        begin = time.perf_counter()
        for each in range(many):
            array[each].write(scenes[each % 4]).result()
        hand.append(time.perf_counter() - begin)
    best, by = min(ours), min(hand)
    print(f"import: {bulk / best:.0f} MB/s; by hand: {bulk / by:.0f} MB/s; ratio {by / best:.2f}")


def files(folder: Path, instance: Path, many: int) -> None:
    """What a file costs, of few and of many."""
    print("| files | s | ms a file | memory MB |\n|---|---|---|---|")
    for count in (1000, many):
        place = folder / f"files{count}"
        place.mkdir()
        write_files(place, count, 16)
        seconds, memory = imported(instance, ingredients(place, f"files_{count}"))
        print(f"| {count} | {seconds:.1f} | {1000 * seconds / count:.2f} | {memory:.0f} |")


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
