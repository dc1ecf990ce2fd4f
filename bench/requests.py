# SPDX-License-Identifier: MIT
"""What is asked for: boxes at random places and scales, the same ones every time, hardly ever one twice."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

__all__ = ["maps", "windows"]

HALF_WORLD = 20037508.342789244
"""Half the side of the square of EPSG:3857 [m]."""
ZOOMS = range(2, 9)
"""Zoom levels of the maps: from 39 km a pixel to 611 m; the raster has 1855 m a cell at the equator."""


def boxes(seed: int) -> Iterator[tuple[float, float, float, float]]:
    """Squares of EPSG:3857 between 80 degrees south and north, of the size of tiles of random zoom levels."""
    chance = random.Random(seed)
    reach = 6378137 * math.log(math.tan(math.radians(45 + 80 / 2)))
    while True:
        side = 2 * HALF_WORLD / 2 ** chance.choice(ZOOMS)
        west = chance.uniform(-HALF_WORLD, HALF_WORLD - side)
        south = chance.uniform(-reach, reach - side)
        yield (west, south, west + side, south + side)


def maps(seed: int, layer: str = "world") -> Iterator[str]:
    """GetMap requests: 256 x 256 PNG in EPSG:3857."""
    for box in boxes(seed):
        text = ",".join(f"{value:.3f}" for value in box)
        yield (
            f"service=WMS&version=1.3.0&request=GetMap&layers={layer}&styles=&crs=EPSG:3857&bbox={text}"
            "&width=256&height=256&format=image/png"
        )


def windows(seed: int, width: int, height: int, size: int = 600, coverage: str = "world") -> Iterator[str]:
    """GetCoverage requests: windows of ``size`` x ``size`` cells at full resolution, as GeoTIFF."""
    chance = random.Random(seed)
    step = 360 / width
    while True:
        column, row = chance.randrange(width - size), chance.randrange(height - size)
        west, north = -180 + column * step, 90 - row * step
        east, south = west + size * step, north - size * step
        yield (
            f"service=WCS&version=2.0.1&request=GetCoverage&coverageId={coverage}&format=image/tiff"
            f"&subset=Long({west:.9f},{east:.9f})&subset=Lat({south:.9f},{north:.9f})"
        )
