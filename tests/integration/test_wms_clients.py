# SPDX-License-Identifier: MIT
"""GDAL's WMS client and OWSLib's see the layers, and the pixels of the files behind them."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import requests
from owslib.wms import WebMapService
from PIL import Image

from tests.integration.conftest import Raster
from tests.integration.test_gdal_client import Gdal

pytestmark = pytest.mark.integration

LAYERS = ("lat_long", "web", "laea", "utm")


@pytest.fixture
def gdal(program: Callable[[str], str], tmp_path: Path) -> Gdal:
    return Gdal(program, tmp_path)


def subdatasets(gdal: Gdal, ows: str) -> dict[str, str]:
    """Answer the layers that GDAL finds: its name for them by the title."""
    found = gdal.info(f"WMS:{ows}?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities")["metadata"]["SUBDATASETS"]
    numbers = range(1, len(found) // 2 + 1)
    return {found[f"SUBDATASET_{n}_DESC"]: found[f"SUBDATASET_{n}_NAME"] for n in numbers}


def test_gdal_lists_the_layers(gdal: Gdal, ows: str) -> None:
    assert set(subdatasets(gdal, ows)) == {*LAYERS, "gone"}, "and none for a raster with tie points only"


def test_gdal_knows_where_a_layer_is(gdal: Gdal, ows: str, rasters: dict[str, Raster]) -> None:
    info = gdal.info(subdatasets(gdal, ows)["utm"])
    assert 'ID["EPSG",32633]]' in info["coordinateSystem"]["wkt"].replace("\n", "")
    with rasterio.open(rasters["utm"].path) as dataset:
        bounds = dataset.bounds
    corners = info["cornerCoordinates"]
    assert corners["upperLeft"] == pytest.approx([bounds.left, bounds.top])
    assert corners["lowerRight"] == pytest.approx([bounds.right, bounds.bottom])


def test_gdal_reads_the_pixels_of_the_file(gdal: Gdal, ows: str, rasters: dict[str, Raster], tmp_path: Path) -> None:
    cells = rasters["lat_long"].read()
    _, height, width = cells.shape
    copy = gdal.translate(
        subdatasets(gdal, ows)["lat_long"] + "&FORMAT=image/png",
        tmp_path / "map.tif",
        "-outsize",
        str(width * 8),
        str(height * 8),
        "-r",
        "nearest",
    )
    with rasterio.open(copy) as dataset:
        shown = dataset.read()
    assert shown.shape[0] == 3
    middles = shown[:, 4::8, 4::8]
    np.testing.assert_array_equal(middles, cells)


def test_gdal_shows_grey_layers_in_all_its_bands(
    gdal: Gdal, ows: str, rasters: dict[str, Raster], tmp_path: Path
) -> None:
    cells = rasters["web"].read()
    _, height, width = cells.shape
    copy = gdal.translate(
        subdatasets(gdal, ows)["web"] + "&FORMAT=image/png",
        tmp_path / "map.tif",
        "-outsize",
        str(width * 8),
        str(height * 8),
        "-r",
        "nearest",
    )
    with rasterio.open(copy) as dataset:
        shown = dataset.read()[:, 4::8, 4::8]
    for band in shown:
        np.testing.assert_array_equal(band, np.minimum(cells[0], 255))


def test_gdal_is_told_what_is_wrong(gdal: Gdal, ows: str) -> None:
    source = f"WMS:{ows}?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=nix&STYLES=&CRS=EPSG:4326&BBOX=0,0,1,1"
    done = gdal.run("gdal_translate", source, "/vsimem/nothing.tif", "-outsize", "10", "10")
    assert "no layer 'nix'" in done.stderr + done.stdout


@pytest.fixture(scope="module")
def wms(ows: str) -> Any:
    return WebMapService(ows, version="1.3.0")


def test_owslib_reads_capabilities(wms: Any) -> None:
    assert (wms.identification.type, wms.identification.version) == ("WMS", "1.3.0")
    assert {operation.name for operation in wms.operations} == {"GetCapabilities", "GetMap"}
    assert wms.getOperationByName("GetMap").formatOptions == ["image/png", "image/jpeg"]
    assert {*LAYERS, "gone"} <= set(wms.contents)
    assert "tied" not in wms.contents


def test_owslib_reads_layers(wms: Any, rasters: dict[str, Raster]) -> None:
    for name in LAYERS:
        found, raster = wms[name], rasters[name]
        assert f"EPSG:{raster.epsg}" in found.crsOptions and "CRS:84" in found.crsOptions
        assert list(found.styles) == [name]
        with rasterio.open(raster.path) as dataset:
            expected = rasterio.warp.transform_bounds(dataset.crs, "EPSG:4326", *dataset.bounds)
        assert found.boundingBoxWGS84 == pytest.approx(expected, abs=1e-4)


def test_owslib_gets_maps(wms: Any, rasters: dict[str, Raster]) -> None:
    raster = rasters["lat_long"]
    answer = wms.getmap(
        layers=["lat_long"], styles=[""], srs="EPSG:4326", bbox=(10, 48, 13, 50), size=(60, 40), format="image/png",
        transparent=True,
    )  # fmt: skip
    pixels = np.asarray(Image.open(io.BytesIO(answer.read())))
    cells = np.moveaxis(raster.read(), 0, 2)
    seen = cells.any(axis=2)
    np.testing.assert_array_equal(pixels[seen][:, :3], cells[seen])


def test_owslib_raises_what_is_wrong(wms: Any) -> None:
    with pytest.raises(requests.HTTPError) as caught:
        wms.getmap(layers=["nix"], srs="EPSG:4326", bbox=(10, 48, 13, 50), size=(60, 40), format="image/png")
    assert caught.value.response.status_code == 404
    assert "no layer 'nix'" in caught.value.response.text
