# SPDX-License-Identifier: MIT
"""Files that come with queries."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_bounds

from eoxserver.backends.readers.gdal import GdalReader
from eoxserver.conf.schema import Cache, Settings, Wcps
from eoxserver.core.coverage import CellBox
from eoxserver.core.errors import InvalidParameterValue, LimitExceeded
from eoxserver.services.wcps.decode import decode_file
from eoxserver.services.wire import Upload

CELLS = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4)


def raster(driver: str = "GTiff", **profile: Any) -> bytes:
    whole = {"crs": "EPSG:4326", "transform": from_bounds(40, 25, 60, 40, 4, 3), "nodata": -9999, **profile}
    with rasterio.MemoryFile() as file:
        with file.open(driver=driver, width=4, height=3, count=2, dtype="int16", **whole) as dataset:
            dataset.write(CELLS)
        return bytes(file.read())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(cache=replace(Cache(), directory=tmp_path / "cache"))


def decode(content: bytes, settings: Settings) -> Any:
    return decode_file(Upload("1", "image/tiff", content), [GdalReader], settings)


def test_a_geotiff_becomes_a_coverage_and_leaves_nothing_behind(settings: Settings, tmp_path: Path) -> None:
    found = decode(raster(), settings)
    assert found.identifier == "file1"
    assert found.domain.horizontal_bounds == (40, 25, 60, 40)
    assert found.domain.shape == (3, 4)
    assert found.range_type.names == ("b1", "b2")
    np.testing.assert_array_equal(found.source.read(CellBox.whole((3, 4)), [0, 1]).values, CELLS)
    assert list((tmp_path / "cache").rglob("*")) == [tmp_path / "cache" / "results"]


def netcdf(folder: Path) -> bytes:
    path = folder / "a.nc"
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.createDimension("lat", 3)
        dataset.createDimension("lon", 4)
        dataset.createVariable("v", "f4", ("lat", "lon"))[:] = 1
    return path.read_bytes()


VRT = b"""<VRTDataset rasterXSize="1" rasterYSize="1"><VRTRasterBand dataType="Byte" band="1">
<SimpleSource><SourceFilename>/etc/passwd</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (VRT, "may name other files"),
        (b'  {"type": "Feature"}', "may name other files"),
        (b"no picture at all", "no reader knows its format"),
        (b"II*\0" + bytes(40), "cannot be decoded"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "cannot be decoded"),
    ],
)
def test_what_cannot_be_decoded(content: bytes, reason: str, settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameterValue, match=reason) as refused:
        decode(content, settings)
    assert refused.value.locator == "1"
    assert refused.value.message.startswith("file $1 cannot be decoded")
    assert str(tmp_path) not in refused.value.message


def test_rasters_without_a_place_on_earth_are_refused(settings: Settings) -> None:
    with pytest.raises(InvalidParameterValue, match="not georeferenced"):
        decode(raster(crs=None, transform=None), settings)


def test_netcdf_is_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameterValue, match="cannot be decoded"):
        decode(netcdf(tmp_path), settings)


def test_a_bomb_is_refused_before_it_is_unpacked(settings: Settings) -> None:
    bounded = replace(settings, wcps=replace(Wcps(), max_file_bytes=47))
    with pytest.raises(LimitExceeded, match="take 48 bytes; 47 are allowed"):
        decode(raster(), bounded)
    decode(raster(), replace(settings, wcps=replace(Wcps(), max_file_bytes=48)))
