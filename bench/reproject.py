# SPDX-License-Identifier: MIT
"""Reprojection alone, against GDAL's warper in the same process: ``python -m bench.reproject [--tiles N]``.

Tiles of 256 x 256 x 3 cells from the COG of the other benchmarks, read through our reader and query engine, and through
rasterio's WarpedVRT over a handle that stays open (so that both keep what they have read). No encoding. Each tile is
made by both, one after the other; the table has the median of each and of their ratio. ``engine`` is what our time is
without the file: the same plan over an image in memory.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.transform import from_bounds
from rasterio.vrt import WarpedVRT

from bench.data import world
from eoxserver.backends.readers.gdal import GdalReader
from eoxserver.conf.schema import default_settings
from eoxserver.core.coverage import CellBox, Cells, Coverage, Level, Source
from eoxserver.core.crs import parse_crs
from eoxserver.core.rasters import raster_domain
from eoxserver.query.check import Limits
from eoxserver.query.executors import LocalExecutor
from eoxserver.query.plan import Interpolation, Read, Reproject, TargetGrid

SIZE = 256
LIMITS = Limits(10**9, 2**30, 2**34)
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Case:
    """Tiles of one CRS and method."""

    crs: str
    method: Interpolation
    resampling: Resampling
    tiles: Callable[[], Iterator[Bounds]]


def mercator_tiles() -> Iterator[Bounds]:
    """Tiles of the usual pyramid, zoom 3 to 7, between 70 degrees south and north."""
    rng, edge = np.random.default_rng(1), 20037508.342789244
    while True:
        side = 2 * edge / 2 ** int(rng.integers(3, 8))
        west = -edge + side * int(rng.integers(0, round(2 * edge / side)))
        south = -edge + side * round((float(rng.uniform(-1.1e7, 1.1e7)) + edge) / side)
        yield (west, south, west + side, south + side)


def zone_tiles() -> Iterator[Bounds]:
    """Tiles of a zone of UTM, 500 to 2000 m a cell."""
    rng = np.random.default_rng(2)
    while True:
        side = SIZE * float(rng.uniform(500, 2000))
        west, south = float(rng.uniform(2e5, 8e5 - side / 2)), float(rng.uniform(1e6, 7e6))
        yield (west, south, west + side, south + side)


def polar_tiles() -> Iterator[Bounds]:
    """Tiles around the north pole, 1000 to 8000 m a cell."""
    rng = np.random.default_rng(3)
    while True:
        side = SIZE * float(rng.uniform(1000, 8000))
        west, south = (float(rng.uniform(-2.5e6, 2.5e6 - side)) for _ in "xy")
        yield (west, south, west + side, south + side)


CASES = tuple(
    Case(crs, method, resampling, tiles)
    for crs, tiles in (("EPSG:3857", mercator_tiles), ("EPSG:32633", zone_tiles), ("EPSG:3995", polar_tiles))
    for method, resampling in (
        (Interpolation.NEAREST, Resampling.nearest),
        (Interpolation.BILINEAR, Resampling.bilinear),
        (Interpolation.CUBIC, Resampling.cubic),
    )
)


class Held:
    """The overviews of a source, in memory: as fast as a source can be."""

    def __init__(self, source: Source) -> None:
        _, first, *_ = source.levels
        self.shape, self.chunks = first.shape, source.chunks
        self.levels = tuple(
            Level(level.shape, tuple(a / b for a, b in zip(first.shape, level.shape, strict=True)))
            for level in source.levels[1:]
        )
        self.arrays = [
            source.read(CellBox.whole(level.shape), (0, 1, 2), number).values
            for number, level in enumerate(source.levels)
            if number
        ]

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells of a box, copied."""
        return Cells(np.ascontiguousarray(self.arrays[level][(slice(None), *box.slices)]))


class Ours:
    """Tiles through the query engine."""

    def __init__(self, coverage: Coverage) -> None:
        self.coverage = coverage
        self.forget()

    def forget(self) -> None:
        """Forget transformed coordinates: most tiles are new."""
        self.executor = LocalExecutor(1)

    def tile(self, case: Case, bounds: Bounds) -> Cells:
        """Check a plan and read its result, as the map service does."""
        grid = TargetGrid(bounds, SIZE, SIZE)
        plan = Reproject(Read(self.coverage.identifier), parse_crs(case.crs), grid, case.method)
        result = self.executor.check(plan, lambda _: self.coverage, LIMITS).coverage
        return result.source.read(CellBox((0, 0), (SIZE, SIZE)), (0, 1, 2))


def gdals(
    dataset: rasterio.DatasetReader, case: Case, bounds: Bounds
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A tile through GDAL's warper."""
    grid = {"transform": from_bounds(*bounds, SIZE, SIZE), "width": SIZE, "height": SIZE}
    with WarpedVRT(dataset, crs=case.crs, resampling=case.resampling, **grid) as warped:
        return np.asarray(warped.read())


def timed(maker: Callable[[Bounds], object], bounds: Bounds) -> float:
    """Seconds for one tile."""
    began = time.perf_counter()
    maker(bounds)
    return time.perf_counter() - began


def compare(path: Path, count: int) -> None:
    """Print the table."""
    reader = GdalReader(default_settings())
    description = reader.describe(str(path))
    source = reader.open(str(path))
    ours = Ours(Coverage("world", description.domain, description.range_type, source))
    held = Held(source)
    y, x = description.domain.axes
    assert description.bounds is not None
    domain = raster_domain(parse_crs("EPSG:4326"), description.bounds, held.shape[1], held.shape[0])
    engine = Ours(Coverage("world", domain, description.range_type, held))
    print(f"{count} tiles of {SIZE} x {SIZE} x 3 of a {x.size} x {y.size} COG; medians in milliseconds\n")
    print("| CRS | method | engine | with file | GDAL | GDAL / ours | mean difference |")
    print("|---|---|---|---|---|---|---|")
    with rasterio.open(path) as dataset:
        for case in CASES:
            times, differences = [], []
            for number, bounds in enumerate(islice(case.tiles(), count + 5)):
                mine, theirs = ours.tile(case, bounds), gdals(dataset, case, bounds)  # both have the file's blocks now
                makers = (partial(engine.tile, case), partial(ours.tile, case), partial(gdals, dataset, case))
                engine.forget()
                ours.forget()
                row = [timed(maker, bounds) for maker in makers]
                if number >= 5:
                    times.append(row)
                    differences.append(np.abs(mine.values.astype(int) - theirs)[mine.mask()].mean())
            alone, full, gdal = np.median(np.array(times) * 1000, axis=0)
            ratio = np.median([row[2] / row[1] for row in times])
            print(
                f"| {case.crs} | {case.method} | {alone:.2f} | {full:.2f} | {gdal:.2f} | {ratio:.1f} "
                f"| {np.mean(differences):.2f} |"
            )
    reader.close()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tiles", type=int, default=200, help="tiles of each case")
    compare(world(), parser.parse_args().tiles)


if __name__ == "__main__":
    main()
