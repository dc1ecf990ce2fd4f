# SPDX-License-Identifier: MIT
"""The encoders that come with the package."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import netCDF4
import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from PIL import Image

from eoxserver.backends.encoders.arrays import CsvEncoder, JsonEncoder
from eoxserver.backends.encoders.base import Encoder
from eoxserver.backends.encoders.coveragejson import CoverageJsonEncoder
from eoxserver.backends.encoders.gdal import GdalEncoder
from eoxserver.backends.encoders.geotiff import CogEncoder, GeoTiffEncoder
from eoxserver.backends.encoders.image import JpegEncoder, PngEncoder, WebpEncoder
from eoxserver.backends.encoders.netcdf import NetcdfEncoder
from eoxserver.backends.hdf5 import HDF5_LOCK
from eoxserver.conf.schema import Settings
from eoxserver.core.coverage import Coverage
from eoxserver.testing.contracts import EncoderContract
from eoxserver.testing.coverages import counted, cube, image, index_image, profile, single_value

pytestmark = pytest.mark.contract


def any_type() -> list[Coverage]:
    return [
        image(counted((2, 30, 40), dtype))
        for dtype in ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
    ]


def not_planes() -> list[Coverage]:
    return [cube(counted((1, 3, 8, 8))), profile(counted((1, 40))), single_value(1.0)]


class Raster(EncoderContract):
    """Formats of two axes that rasterio reads."""

    def decode(self, path: Path, coverage: Coverage) -> npt.NDArray[Any]:
        with rasterio.open(path) as dataset:
            values: npt.NDArray[Any] = dataset.read(list(range(1, len(coverage.range_type) + 1)))
            return values

    def make_refused(self) -> Sequence[Coverage]:
        return not_planes()


class TestGeoTiff(Raster):
    driver = "GTiff"

    def make_encoder(self, settings: Settings) -> Encoder:
        return GeoTiffEncoder(settings)

    def make_coverages(self) -> Sequence[Coverage]:
        masked = image(counted((3, 30, 40)), counted((3, 30, 40)) % 5 != 0)
        return [*any_type(), image(counted((1, 9, 8), "complex64")), masked, index_image(counted((1, 30, 40)))]


class TestTiledGeoTiff(TestGeoTiff):
    options: Mapping[str, str] = MappingProxyType(
        {"tiling": "true", "tilewidth": "16", "tileheight": "32", "compression": "Deflate"}
    )


class TestCog(Raster):
    driver = "COG"

    def make_encoder(self, settings: Settings) -> Encoder:
        return CogEncoder(settings)

    def make_coverages(self) -> Sequence[Coverage]:
        return [image(counted((3, 300, 400), dtype), nil=0) for dtype in ("uint8", "uint16", "float32")]


class TestPng(Raster):
    driver = "PNG"

    def make_encoder(self, settings: Settings) -> Encoder:
        return PngEncoder(settings)

    def make_coverages(self) -> Sequence[Coverage]:
        shapes = [(count, 30, 40) for count in (1, 2, 3, 4)]
        plain = [image(counted(shape, dtype)) for shape in shapes for dtype in ("uint8", "uint16")]
        return [*plain, image(counted((1, 30, 40)), counted((1, 30, 40)) > 9), image(counted((3, 30, 40)), nil=0)]

    def make_refused(self) -> Sequence[Coverage]:
        return [*not_planes(), image(counted((1, 9, 8), "float32")), image(counted((5, 9, 8)))]


class TestJpeg(Raster):
    driver = "JPEG"
    exact = False

    def make_encoder(self, settings: Settings) -> Encoder:
        return JpegEncoder(settings)

    def make_coverages(self) -> Sequence[Coverage]:
        return [image(counted((count, 30, 40))) for count in (1, 3)]

    def make_refused(self) -> Sequence[Coverage]:
        return [
            *not_planes(),
            image(counted((1, 9, 8), "uint16")),
            image(counted((2, 9, 8))),
            image(counted((4, 9, 8))),
        ]


class TestWebp(EncoderContract):
    driver = "WEBP"
    options: Mapping[str, str] = MappingProxyType({"lossless": "true"})

    def make_encoder(self, settings: Settings) -> Encoder:
        return WebpEncoder(settings)

    def make_coverages(self) -> Sequence[Coverage]:
        return [image(counted((count, 30, 40))) for count in (3, 4)]

    def make_refused(self) -> Sequence[Coverage]:
        return [*not_planes(), image(counted((3, 9, 8), "uint16")), image(counted((2, 9, 8)))]

    def decode(self, path: Path, coverage: Coverage) -> npt.NDArray[Any]:
        with Image.open(path) as picture:
            return np.asarray(picture).transpose(2, 0, 1)


class TestNetcdf(EncoderContract):
    driver = "netCDF"

    def make_encoder(self, settings: Settings) -> Encoder:
        return NetcdfEncoder(settings)

    def make_coverages(self) -> Sequence[Coverage]:
        return [
            *any_type(),
            image(counted((3, 30, 40)), counted((3, 30, 40)) % 5 != 0),
            cube(counted((2, 3, 8, 9), "int16"), nil=0),
            cube(counted((1, 3, 2, 8, 9), "float32"), irregular=False),
            profile(counted((2, 40))),
            single_value(2.5),
        ]

    def make_refused(self) -> Sequence[Coverage]:
        return [image(counted((1, 9, 8), "complex64"))]

    def decode(self, path: Path, coverage: Coverage) -> npt.NDArray[Any]:
        with HDF5_LOCK, netCDF4.Dataset(path) as dataset:
            dataset.set_auto_mask(False)
            return np.stack([np.asarray(dataset[name][...]) for name in coverage.range_type.names])


class TestGif(Raster):
    """A driver without an encoder of its own."""

    driver = "GIF"

    def make_encoder(self, settings: Settings) -> Encoder:
        return GdalEncoder(settings)

    def make_coverages(self) -> Sequence[Coverage]:
        return [image(counted((1, 30, 40)))]

    def make_refused(self) -> Sequence[Coverage]:
        return [*not_planes(), image(counted((3, 9, 8)))]


class TestJpeg2000(TestGif):
    driver = "JP2OpenJPEG"

    def make_coverages(self) -> Sequence[Coverage]:
        return [image(counted((count, 30, 40), dtype)) for count in (1, 3) for dtype in ("uint8", "uint16", "int16")]

    def make_refused(self) -> Sequence[Coverage]:
        return [*not_planes(), image(counted((1, 9, 8), "float32"))]


class TestJson(EncoderContract):
    driver = "JSON"

    def make_encoder(self, settings: Settings) -> Encoder:
        return JsonEncoder(settings)

    def make_coverages(self) -> Sequence[Coverage]:
        kinds = [cube(counted((1, 3, 8, 8), "float32")), cube(counted((2, 3, 2, 4, 5), "int16"), nil=0)]
        return [*any_type(), *kinds, profile(counted((1, 40)))]

    def make_refused(self) -> Sequence[Coverage]:
        return []

    def decode(self, path: Path, coverage: Coverage) -> npt.NDArray[Any]:
        return self.array(json.loads(path.read_text()), coverage)

    @staticmethod
    def array(lists: Any, coverage: Coverage) -> npt.NDArray[Any]:
        """The cells in lists, several fields in one text, as an array (field, *axes)."""
        cells = np.array([str(cell).split() for cell in np.array(lists, dtype=object).ravel()], dtype=float)
        return cells.T.reshape(len(coverage.range_type), *coverage.domain.shape)


class TestCsv(TestJson):
    driver = "CSV"

    def make_encoder(self, settings: Settings) -> Encoder:
        return CsvEncoder(settings)

    def decode(self, path: Path, coverage: Coverage) -> npt.NDArray[Any]:
        lists = json.loads(f"[{path.read_text().replace('{', '[').replace('}', ']')}]")
        return self.array(lists, coverage)


class TestCoverageJson(EncoderContract):
    driver = "CoverageJSON"

    def make_encoder(self, settings: Settings) -> Encoder:
        return CoverageJsonEncoder(settings)

    def make_coverages(self) -> Sequence[Coverage]:
        kinds = [cube(counted((1, 3, 8, 8), "float32")), cube(counted((2, 3, 2, 4, 5), "int16"), nil=0)]
        return [*any_type(), *kinds, profile(counted((1, 40))), index_image(counted((2, 30, 40), "bool"))]

    def make_refused(self) -> Sequence[Coverage]:
        return [image(counted((1, 9, 8), "complex64"))]

    def decode(self, path: Path, coverage: Coverage) -> npt.NDArray[Any]:
        ranges = json.loads(path.read_text())["ranges"]
        arrays = [np.array(ranges[name]["values"], float) for name in coverage.range_type.names]
        return np.array(arrays).reshape(len(arrays), *coverage.domain.shape)
