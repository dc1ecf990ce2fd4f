# SPDX-License-Identifier: MIT
"""The raster of the benchmarks: a made-up world of 21600 x 10800 cells and three bands, as a COG.

It has detail at every scale, as a satellite image has: continents and relief from noise of many octaves,
parcels, rivers, and grain. Made in strips, so that memory stays small; the same cells every time.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.shutil import copy
from rasterio.transform import from_bounds
from rasterio.windows import Window

__all__ = ["FOLDER", "HEIGHT", "WIDTH", "world"]

FOLDER = Path(__file__).parent / "work"
WIDTH, HEIGHT = 21600, 10800
STRIP = 512
NAME = "world.tif"

Floats = npt.NDArray[np.float32]


def world(folder: Path = FOLDER) -> Path:
    """The path of the raster; it is made when it is not there (about a minute, 310 MB)."""
    target = folder / NAME
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    plain, part = folder / "world.plain.tif", folder / "world.part.tif"
    try:
        _write_plain(plain)
        print(f"\r{time.perf_counter() - began:5.0f} s: overviews and compression ...     ", file=sys.stderr)
        copy(
            plain, part, driver="COG", compress="ZSTD", level=9, predictor="YES", blocksize=512,
            overview_resampling="AVERAGE", num_threads="ALL_CPUS", bigtiff="NO",
        )  # fmt: skip
        part.rename(target)
    finally:
        plain.unlink(missing_ok=True)
        part.unlink(missing_ok=True)
    size = target.stat().st_size / 1e6
    print(f"{time.perf_counter() - began:5.0f} s: {target}, {size:.0f} MB", file=sys.stderr)
    return target


def _write_plain(path: Path) -> None:
    profile = {
        "driver": "GTiff", "width": WIDTH, "height": HEIGHT, "count": 3, "dtype": "uint8", "crs": "EPSG:4326",
        "transform": from_bounds(-180, -90, 180, 90, WIDTH, HEIGHT), "tiled": True, "blockxsize": 512,
        "blockysize": 512, "interleave": "pixel", "photometric": "RGB",
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        for row in range(0, HEIGHT, STRIP):
            rows = min(STRIP, HEIGHT - row)
            print(f"\rrow {row} of {HEIGHT} ...", end="", file=sys.stderr)
            target.write(strip(row, rows), window=Window(0, row, WIDTH, rows))


def strip(row: int, rows: int, width: int = WIDTH) -> npt.NDArray[np.uint8]:
    """Some rows of the world, shape (3, rows, width)."""
    height = _octaves(row, rows, width, 4096, 11, 0.66, seed=0)
    relief = np.diff(height, axis=1, prepend=height[:, :1]) * 9
    moist = _octaves(row, rows, width, 2048, 5, 0.5, seed=40)
    land = height > 0.12
    bed = _noise(row, rows, width, 300, seed=70) + 0.25 * _noise(row, rows, width, 60, seed=71)
    river = (np.abs(bed) < 0.012) & land
    parcels = _parcels(row, rows, height)
    grain = _grain(row, rows, width)
    colours = np.empty((3, rows, width), np.float32)
    for band, (sea, low, high, dry, tint) in enumerate(
        ((18, 70, 190, 70, 22), (52, 104, 180, 35, 18), (96, 58, 172, 10, 10))
    ):
        ground = low + (high - low) * np.clip(height - 0.12, 0, 1.2) / 1.2 + dry * np.clip(-moist, 0, 1)
        ground += tint * parcels * (moist > 0) + 55 * relief
        colours[band] = np.where(land & ~river, ground, sea + 26 * np.clip(height + 1, 0, 1) + 6 * relief)
    colours += grain * np.where(land, 5.0, 2.0)
    return np.clip(colours, 1, 255).astype(np.uint8)


def _octaves(row: int, rows: int, width: int, cell: int, count: int, share: float, seed: int) -> Floats:
    """Noise of many scales: each octave is half as wide as the one before, and weaker by ``share``."""
    total = np.zeros((rows, width), np.float32)
    for octave in range(count):
        total += _noise(row, rows, width, cell >> octave, seed + octave) * np.float32(share**octave)
    return total


def _lattice(row: int, column: npt.NDArray[np.int64], seed: int) -> Floats:
    """A random number from -1 to 1 for each knot of a row, by hashing."""
    start = (row * 0xC2B2AE3D27D4EB4F + seed * 0x165667B19E3779F9) % 2**64
    mixed = column.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(start)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    return (mixed >> np.uint64(40)).astype(np.float32) / np.float32(2**23) - 1


def _noise(row: int, rows: int, width: int, cell: int, seed: int) -> Floats:
    """Smooth noise with one random value every ``cell`` cells, shape (rows, width); goes round the world."""
    knots = max(1, round(width / cell))
    x = np.arange(width, dtype=np.float32) * (knots / width)
    left = x.astype(np.int64)
    across = _ease(x - left)
    y = (np.arange(row, row + rows, dtype=np.float32)) / cell
    upper = np.floor(y).astype(np.int64)
    down = _ease(y - upper)
    result = np.empty((rows, width), np.float32)
    lines: dict[int, Floats] = {}
    for knot in range(int(upper[0]), int(upper[-1]) + 2):
        values = _lattice(knot, np.arange(knots, dtype=np.int64), seed)
        first = values[left % knots]
        lines[knot] = first + (values[(left + 1) % knots] - first) * across
    for index in range(rows):
        above = lines[int(upper[index])]
        np.multiply(lines[int(upper[index]) + 1] - above, down[index], out=result[index])
        result[index] += above
    return result


def _ease(t: npt.NDArray[np.floating]) -> Floats:
    eased: Floats = (t * t * (3 - 2 * t)).astype(np.float32)
    return eased


def _parcels(row: int, rows: int, height: Floats) -> Floats:
    """Fields that follow the relief, each of one shade from -1 to 1, shape (rows, width)."""
    result = np.empty_like(height)
    columns = np.arange(height.shape[1], dtype=np.int64)
    for index in range(rows):
        band = (row + index) // 23
        bent = columns + band * 7919 % 41 + (height[index] * 60).astype(np.int64)
        result[index] = _lattice(band, bent // 31, seed=90)
    return result


def _grain(row: int, rows: int, width: int) -> Any:
    return np.random.default_rng(row).standard_normal((rows, width), dtype=np.float32)


if __name__ == "__main__":
    print(world())
