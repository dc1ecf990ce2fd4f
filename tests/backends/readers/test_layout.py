# SPDX-License-Identifier: MIT
"""Layouts of remote rasters, served by a thread of this very process: it answers only if others may run meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.enums import Resampling

from eoxserver.backends.connections import RasterPath
from eoxserver.backends.profiles import gdal_profile
from eoxserver.backends.readers.gdal import GdalReader
from eoxserver.backends.readers.layout import Mask, load_layout
from eoxserver.conf.schema import Remote, Settings
from tests.fileservers import FileServer

SETTINGS = replace(Settings(), remote=Remote(timeout=3, retries=0))
SIZE = 512
HIDDEN = (slice(0, 100), slice(0, 200))
"""Rows and columns of cells that are not valid."""


@pytest.fixture(scope="module")
def scattered(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A TIFF with overviews and a mask whose headers lie behind the cells."""
    path = tmp_path_factory.mktemp("layout") / "scattered.tif"
    cells = np.random.default_rng(7).integers(1, 255, (3, SIZE, SIZE), dtype=np.uint8)
    mask = np.full((SIZE, SIZE), 255, dtype=np.uint8)
    mask[HIDDEN] = 0
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        with rasterio.open(
            path, "w", driver="GTiff", width=SIZE, height=SIZE, count=3, dtype="uint8", tiled=True,
            blockxsize=128, blockysize=128,
        ) as dataset:  # fmt: skip
            dataset.write(cells)
            dataset.write_mask(mask)
        with rasterio.open(path, "r+") as dataset:
            dataset.build_overviews([2, 4], Resampling.nearest)
    return Path(path).read_bytes()


@pytest.fixture
def server(scattered: bytes) -> Iterator[FileServer]:
    with FileServer({"scattered.tif": scattered}) as running:
        yield running


@pytest.fixture
def reader() -> Iterator[GdalReader]:
    made = GdalReader(SETTINGS)
    yield made
    made.close()


def remote(server: FileServer) -> RasterPath:
    """The path of the file, as storages make it."""
    return RasterPath(f"/vsicurl/{server.url}/scattered.tif", gdal_profile("http", SETTINGS), '"1"')


def test_masks_and_overviews_whose_headers_come_late(server: FileServer, reader: GdalReader) -> None:
    path = remote(server)
    layout = load_layout(path, path.identity, reader.handles)
    assert layout.masks == (Mask(shared=True),) * 3
    assert [level.shape for level in layout.levels] == [(SIZE, SIZE), (SIZE // 2, SIZE // 2), (SIZE // 4, SIZE // 4)]


def test_describing_lets_others_run_too(server: FileServer, reader: GdalReader) -> None:
    path = remote(server)
    assert [field.name for field in reader.describe(path).range_type.fields] == ["b1", "b2", "b3"]
    layout = load_layout(path, path.identity, reader.handles)  # of the data set that was opened to be described
    assert layout.masks == (Mask(shared=True),) * 3
