# SPDX-License-Identifier: MIT
"""The readers that come with the package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eoxserver.backends.readers.base import Reader
from eoxserver.backends.readers.gdal import GdalReader
from eoxserver.conf.schema import Settings
from eoxserver.testing.contracts import ReaderContract
from eoxserver.testing.reader_contract import Sample
from tests.backends.rasters import add_overviews, write

pytestmark = pytest.mark.contract


def noise(shape: tuple[int, ...], dtype: str) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.random.default_rng(7).integers(0, 250, shape).astype(dtype)


class GdalContract(ReaderContract):
    def make_reader(self, settings: Settings) -> Reader:
        return GdalReader(settings)


class TestGdal(GdalContract):
    def make_sample(self, folder: Path) -> Sample:
        values = noise((3, 70, 90), "uint16")
        return Sample(write(folder / "a.tif", values, compress="deflate"), values)


class TestGdalWithNodata(GdalContract):
    def make_sample(self, folder: Path) -> Sample:
        values = noise((2, 300, 260), "float32")
        path = write(folder / "a.tif", values, nodata=17, tiled=True, blockxsize=64, blockysize=64, compress="zstd")
        return Sample(path, values, values != 17)


class TestGdalWithOverviews(GdalContract):
    def make_sample(self, folder: Path) -> Sample:
        values = noise((2, 257, 129), "int16")
        path = write(folder / "a.tif", values, tiled=True, blockxsize=32, blockysize=32, interleave="band")
        add_overviews(path, [2, 4])
        return Sample(path, values)
