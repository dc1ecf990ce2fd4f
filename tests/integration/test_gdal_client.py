# SPDX-License-Identifier: MIT
"""GDAL's WCS client (``gdalinfo``, ``gdal_translate``) sees the same raster through the server as in the file."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from tests.integration.conftest import Raster
from tests.servers import eoxserver, serving

pytestmark = pytest.mark.integration

NAMES = ("lat_long", "web", "laea", "utm")


class Gdal:
    """Runs GDAL's programs with a cache of their own."""

    def __init__(self, program: Callable[[str], str], home: Path) -> None:
        self._programs = {name: program(name) for name in ("gdalinfo", "gdal_translate")}
        self._environment = {"HOME": str(home), "PATH": os.environ["PATH"], "no_proxy": "*"}

    def run(self, name: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program."""
        command = [self._programs[name], *map(str, words)]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)

    def info(self, source: str) -> dict[str, Any]:
        """Answer what gdalinfo says."""
        done = self.run("gdalinfo", "-json", source)
        assert done.returncode == 0 and "ERROR" not in done.stderr, done.stderr
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    def translate(self, source: str, target: Path, *options: str) -> Path:
        """Copy a source to a GeoTIFF."""
        done = self.run("gdal_translate", "-q", *options, source, target)
        assert done.returncode == 0 and "ERROR" not in done.stderr, done.stderr
        return target


@pytest.fixture
def gdal(program: Callable[[str], str], tmp_path: Path) -> Gdal:
    return Gdal(program, tmp_path)


def wcs(ows: str, identifier: str) -> str:
    return f"WCS:{ows}?SERVICE=WCS&VERSION=2.0.1&COVERAGE={identifier}"


@pytest.mark.parametrize("name", NAMES)
def test_gdalinfo_finds_size_place_and_crs(gdal: Gdal, ows: str, rasters: dict[str, Raster], name: str) -> None:
    raster = rasters[name]
    info = gdal.info(wcs(ows, name))
    count, height, width = raster.read().shape
    assert info["size"] == [width, height]
    assert len(info["bands"]) == count
    assert f'ID["EPSG",{raster.epsg}]]' in info["coordinateSystem"]["wkt"].replace("\n", "")
    np.testing.assert_allclose(info["geoTransform"], raster.transform, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_gdal_translate_copies_every_cell(
    gdal: Gdal, ows: str, rasters: dict[str, Raster], name: str, tmp_path: Path
) -> None:
    raster = rasters[name]
    with rasterio.open(gdal.translate(wcs(ows, name), tmp_path / "copy.tif")) as copy:
        np.testing.assert_array_equal(copy.read(), raster.read())
        assert copy.dtypes[0] == raster.read().dtype.name
        assert copy.crs.to_epsg() == raster.epsg


@pytest.mark.parametrize("name", NAMES)
def test_a_window_is_the_window_of_the_file(
    gdal: Gdal, ows: str, rasters: dict[str, Raster], name: str, tmp_path: Path
) -> None:
    window = ("-srcwin", "3", "5", "7", "11")
    with rasterio.open(gdal.translate(wcs(ows, name), tmp_path / "window.tif", *window)) as copy:
        np.testing.assert_array_equal(copy.read(), rasters[name].read()[:, 5:16, 3:10])


@pytest.mark.parametrize("name", NAMES)
def test_a_smaller_copy_keeps_the_box(
    gdal: Gdal, ows: str, rasters: dict[str, Raster], name: str, tmp_path: Path
) -> None:
    with rasterio.open(rasters[name].path) as source:
        bounds = source.bounds
    with rasterio.open(gdal.translate(wcs(ows, name), tmp_path / "small.tif", "-outsize", "50%", "20%")) as copy:
        _, height, width = rasters[name].read().shape
        assert (copy.height, copy.width) == (height // 5, width // 2)
        np.testing.assert_allclose(copy.bounds, bounds, rtol=0, atol=1e-6)
        assert np.isin(copy.read(), rasters[name].read()).all()


def test_the_service_lists_its_coverages(gdal: Gdal, ows: str) -> None:
    subdatasets = gdal.info(f"WCS:{ows}?SERVICE=WCS&VERSION=2.0.1")["metadata"]["SUBDATASETS"]
    listed = {value for key, value in subdatasets.items() if key.endswith("_DESC")}
    assert listed == {*NAMES, "tied", "gone"}


def test_an_unknown_coverage_is_told_in_the_words_of_the_server(gdal: Gdal, ows: str) -> None:
    done = gdal.run("gdalinfo", wcs(ows, "nix"))
    assert done.returncode != 0
    assert "nix" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("pattern", ["mosaic_*20060816*.tif", "cci_*201411.tif", "crosses_dateline.tif"])
def test_real_data_arrives_unchanged(gdal: Gdal, shared: Path, pattern: str, tmp_path: Path) -> None:
    (path,) = sorted((shared / "data").glob(pattern))
    instance = tmp_path / "instance"
    eoxserver("create_instance", "real", instance)
    eoxserver("register", "--instance", instance, "--id", "real", path)
    with (
        serving(instance) as url,
        rasterio.open(path) as source,
        rasterio.open(gdal.translate(wcs(url, "real"), tmp_path / "copy.tif")) as copy,
    ):
        np.testing.assert_array_equal(copy.read(), source.read())
        np.testing.assert_allclose(copy.transform, source.transform, rtol=0, atol=1e-9)
        assert copy.crs == source.crs
