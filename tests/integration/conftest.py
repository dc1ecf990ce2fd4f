# SPDX-License-Identifier: MIT
"""An instance with rasters of several CRSs and data types, served by a real server."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from rasterio.control import GroundControlPoint
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import from_origin

from tests.servers import eoxserver, serving


@dataclass(frozen=True)
class Raster:
    """A raster that is served, and where it lies."""

    identifier: str
    path: Path
    epsg: int
    lower: tuple[float, float]
    """In the order of the CRS."""
    upper: tuple[float, float]

    def read(self) -> npt.NDArray[Any]:
        """Answer its cells, shape (field, row, column)."""
        with rasterio.open(self.path) as dataset:
            cells: npt.NDArray[Any] = dataset.read()
        return cells

    @property
    def transform(self) -> tuple[float, ...]:
        """Answer its geotransform in GDAL's order."""
        with rasterio.open(self.path) as dataset:
            result: tuple[float, ...] = dataset.transform.to_gdal()
        return result


def write(path: Path, cells: npt.NDArray[Any], **profile: Any) -> Path:
    """Write cells, shape (field, row, column), as GeoTIFF."""
    count, height, width = cells.shape
    shape = {"count": count, "height": height, "width": width, "dtype": cells.dtype.name}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, "w", driver="GTiff", **shape, **profile) as dataset:
            dataset.write(cells)
    return path


@pytest.fixture(scope="session")
def rasters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Raster]:
    """Answer what is served, by identifier."""
    folder = tmp_path_factory.mktemp("rasters")
    rng = np.random.default_rng(1)
    lat_long = rng.integers(0, 255, (3, 40, 60), dtype="uint8")
    web = rng.integers(0, 65535, (1, 30, 50), dtype="uint16")
    laea = rng.normal(size=(2, 25, 35)).astype("float32")
    laea[:, 3, 4] = -9999
    utm = rng.integers(-3000, 3000, (1, 20, 10), dtype="int16")
    found = (
        Raster(
            "lat_long",
            write(folder / "lat_long.tif", lat_long, crs="EPSG:4326", transform=from_origin(10, 50, 0.05, 0.05)),
            4326, (48, 10), (50, 13),
        ),
        Raster(
            "web",
            write(folder / "web.tif", web, crs="EPSG:3857", transform=from_origin(1_000_000, 6_000_000, 30, 30)),
            3857, (1_000_000, 5_999_100), (1_001_500, 6_000_000),
        ),
        Raster(
            "laea",
            write(
                folder / "laea.tif", laea,
                crs="EPSG:3035", transform=from_origin(4_000_000, 3_000_000, 1000, 1000), nodata=-9999,
            ),
            3035, (2_975_000, 4_000_000), (3_000_000, 4_035_000),
        ),
        Raster(
            "utm",
            write(folder / "utm.tif", utm, crs="EPSG:32633", transform=from_origin(500_000, 5_000_000, 10, 10)),
            32633, (500_000, 4_999_800), (500_100, 5_000_000),
        ),
    )  # fmt: skip
    return {raster.identifier: raster for raster in found}


@pytest.fixture(scope="session")
def tied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answer a raster that lies on the Earth by tie points, served as ``tied``."""
    points = [
        GroundControlPoint(row, column, 10 + column / 10, 50 - row / 10 + column / 100)
        for row in (0, 8)
        for column in (0, 6, 12)
    ]
    cells = np.arange(8 * 12, dtype="uint16").reshape(1, 8, 12)
    return write(tmp_path_factory.mktemp("tied") / "tied.tif", cells, gcps=points, crs="EPSG:4326")


@pytest.fixture(scope="session")
def ows(rasters: dict[str, Raster], tied: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Answer the URL of a server of all rasters, of ``tied``, and of ``gone``, whose file is missing."""
    folder = tmp_path_factory.mktemp("served")
    instance = folder / "instance"
    gone = write(folder / "gone.tif", np.ones((1, 4, 4), "uint8"), crs="EPSG:4326", transform=from_origin(0, 4, 1, 1))
    eoxserver("create_instance", "tests", instance)
    paths = [*(raster.path for raster in rasters.values()), tied, gone]
    eoxserver("register", "--instance", instance, *paths)
    gone.unlink()
    with serving(instance) as url:
        yield url
