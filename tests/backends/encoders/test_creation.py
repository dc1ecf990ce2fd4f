# SPDX-License-Identifier: MIT
"""GDAL's creation options by their own names."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasterio.drivers import raster_driver_extensions
from rasterio.io import MemoryFile

from eoxserver.backends.encoders.creation import CREATION, creation, creation_names
from eoxserver.backends.encoders.gdal import GdalEncoder
from eoxserver.backends.encoders.geotiff import CogEncoder, GeoTiffEncoder
from eoxserver.backends.encoders.image import JpegEncoder, PngEncoder
from eoxserver.backends.encoders.netcdf import NetcdfEncoder
from eoxserver.backends.encoders.options import Options
from eoxserver.core.errors import InvalidParameterValue
from eoxserver.testing.coverages import counted, image
from tests.backends.encoders.tools import check, encode, opened

VALUES = counted((1, 64, 80), "uint8")


def test_options_have_gdals_names_and_values() -> None:
    read = Options.read({"interlacing": "on"}, creation_names("GIF"), "GIF")
    assert creation(read, "GIF") == {"INTERLACING": "ON"}
    with pytest.raises(InvalidParameterValue, match="accepted: ON, OFF"):
        creation(Options.read({"INTERLACING": "2"}, creation_names("GIF"), "GIF"), "GIF")
    assert creation_names("BMP") == ()


@pytest.mark.parametrize(
    ("kind", "driver", "options"),
    [
        (GeoTiffEncoder, "GTiff", {"COMPRESS": "DEFLATE", "ZLEVEL": "9", "PREDICTOR": "2"}),
        (GeoTiffEncoder, "GTiff", {"TILED": "YES", "BLOCKXSIZE": "32", "BLOCKYSIZE": "16", "BIGTIFF": "YES"}),
        (GeoTiffEncoder, "GTiff", {"compress": "zstd", "zstd_level": "5", "ENDIANNESS": "BIG"}),
        (CogEncoder, "COG", {"COMPRESS": "LZW", "BLOCKSIZE": "128", "OVERVIEWS": "NONE"}),
        (GdalEncoder, "JP2OpenJPEG", {"QUALITY": "100", "REVERSIBLE": "YES", "RESOLUTIONS": "3"}),
        (GdalEncoder, "GIF", {"INTERLACING": "ON"}),
        (GdalEncoder, "HFA", {"COMPRESSED": "YES"}),
        (GdalEncoder, "PCIDSK", {"COMPRESSION": "NONE", "INTERLEAVING": "BAND"}),
        (GdalEncoder, "NITF", {"IC": "NC"}),
        (GdalEncoder, "AAIGrid", {"FORCE_CELLSIZE": "TRUE"}),
        (PngEncoder, "PNG", {"ZLEVEL": "9"}),
        (NetcdfEncoder, "netCDF", {"COMPRESS": "DEFLATE", "ZLEVEL": "9", "FORMAT": "NC4"}),
    ],
)
def test_they_change_the_file_and_not_the_cells(
    tmp_path: Path, kind: type[Any], driver: str, options: dict[str, str]
) -> None:
    coverage = image(VALUES)
    check(kind, coverage, options, driver)
    with opened(encode(kind, coverage, tmp_path, options, driver)) as dataset:
        np.testing.assert_array_equal(dataset.read(), VALUES)


def test_large_results_have_them_too(tmp_path: Path) -> None:
    options = {"COMPRESS": "DEFLATE", "TILED": "YES", "BLOCKXSIZE": "16", "BLOCKYSIZE": "16"}
    with opened(encode(GeoTiffEncoder, image(VALUES), tmp_path, options, memory_bytes=100)) as dataset:
        assert dataset.block_shapes == [(16, 16)]
        assert dataset.compression is not None and dataset.compression.name == "deflate"


def test_png_is_smaller_at_a_level(tmp_path: Path) -> None:
    smooth = np.tile(np.arange(250, dtype=np.uint16), (1, 250, 1)).astype(np.uint8)
    fast = encode(PngEncoder, image(smooth), tmp_path)
    best = encode(PngEncoder, image(smooth), tmp_path, {"zlevel": "9"})
    assert len(best) < len(fast)
    streamed = encode(PngEncoder, image(smooth), tmp_path, {"zlevel": "9"}, memory_bytes=100)
    for data in (best, streamed):
        with opened(data) as dataset:
            np.testing.assert_array_equal(dataset.read(), smooth)
    packed = best[best.index(b"IDAT") + 4 : best.index(b"IEND") - 8]
    assert len(zlib.decompress(packed)) == 250 * 251


def test_a_progressive_jpeg(tmp_path: Path) -> None:
    assert b"\xff\xc2" in encode(JpegEncoder, image(VALUES), tmp_path, {"PROGRESSIVE": "ON"})
    assert b"\xff\xc2" in encode(JpegEncoder, image(VALUES), tmp_path, {"PROGRESSIVE": "ON"}, memory_bytes=100)
    assert b"\xff\xc2" not in encode(JpegEncoder, image(VALUES), tmp_path, {"quality": "90"})


@pytest.mark.parametrize(
    ("kind", "driver", "options", "text"),
    [
        (
            GeoTiffEncoder,
            "GTiff",
            {"COMPRES": "LZW"},
            "GeoTIFF has no encoding parameter 'COMPRES'; did you mean",
        ),
        (GeoTiffEncoder, "GTiff", {"TFW": "YES"}, "GeoTIFF has no encoding parameter 'TFW'"),
        (GeoTiffEncoder, "GTiff", {"COMPRESS": "ZIP"}, "COMPRESS='ZIP': accepted: None, PackBits, Deflate"),
        (GeoTiffEncoder, "GTiff", {"COMPRESS": "DEFLATE", "ZLEVEL": "0"}, "an integer from 1 to 12"),
        (GdalEncoder, "JP2OpenJPEG", {"GMLJP2V2_DEF": "/etc/passwd"}, "no encoding parameter 'GMLJP2V2_DEF'"),
        (GdalEncoder, "BMP", {"WORLDFILE": "YES"}, "BMP has no encoding parameter 'WORLDFILE'"),
        (GdalEncoder, "PCIDSK", {"INTERLEAVING": "FILE"}, "accepted: PIXEL, BAND, TILED"),
        (PngEncoder, "PNG", {"WORLDFILE": "YES"}, "PNG has no encoding parameter 'WORLDFILE'"),
        (NetcdfEncoder, "netCDF", {"ZLEVEL": "9"}, "needs compression=Deflate"),
        (NetcdfEncoder, "netCDF", {"FORMAT": "NC2"}, "accepted: NC4"),
    ],
)
def test_others_are_refused(kind: type[Any], driver: str, options: dict[str, str], text: str) -> None:
    with pytest.raises(InvalidParameterValue, match=text) as caught:
        check(kind, image(VALUES), options, driver)
    assert caught.value.locator in options


def test_no_option_names_a_file() -> None:
    assert set(CREATION) <= {*raster_driver_extensions().values(), "COG", "GTiff", "PCIDSK"}
    for options in CREATION.values():
        for accepted in options.values():
            assert isinstance(accepted, range) or all("/" not in word for word in accepted)


def test_configuration_holds_for_one_write(tmp_path: Path) -> None:
    values = np.zeros((1, 40, 40), np.uint8)
    plain = encode(GeoTiffEncoder, image(values), tmp_path)
    big = encode(GeoTiffEncoder, image(values), tmp_path, config={"GDAL_TIFF_ENDIANNESS": "BIG"})
    assert (plain[:2], big[:2]) == (b"II", b"MM")
    assert encode(GeoTiffEncoder, image(values), tmp_path)[:2] == b"II"
    large = encode(GeoTiffEncoder, image(values), tmp_path, config={"GDAL_TIFF_ENDIANNESS": "BIG"}, memory_bytes=10)
    assert large[:2] == b"MM"
    with MemoryFile(big) as memory, memory.open() as dataset:
        np.testing.assert_array_equal(dataset.read(), values)
