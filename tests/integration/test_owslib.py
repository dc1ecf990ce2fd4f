# SPDX-License-Identifier: MIT
"""OWSLib's WCS 2.0.1 client reads capabilities, descriptions and coverages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import rasterio
import requests
from owslib.wcs import WebCoverageService

from tests.integration.conftest import Raster
from tests.xmlschemas import NS

pytestmark = pytest.mark.integration

NAMES = ("lat_long", "web", "laea", "utm")


@pytest.fixture(scope="module")
def wcs(ows: str) -> Any:
    return WebCoverageService(ows, version="2.0.1")


def test_capabilities(wcs: Any, ows: str) -> None:
    assert (wcs.identification.type, wcs.identification.version) == ("OGC WCS", "2.0.1")
    assert "http://www.opengis.net/spec/WCS/2.0/conf/core" in wcs.identification.profiles
    names = [operation.name for operation in wcs.operations]
    assert names[:3] == ["GetCapabilities", "DescribeCoverage", "GetCoverage"]
    assert set(names[3:]) >= {"InsertCoverage", "UpdateCoverage", "DeleteCoverage"}
    urls = {method["url"] for operation in wcs.operations for method in operation.methods}
    assert urls == {ows, f"{ows}?"}


def test_contents(wcs: Any) -> None:
    assert set(wcs.contents) == {*NAMES, "tied", "gone"}
    assert wcs["web"].supportedFormats[0] == "image/tiff"
    assert "application/gml+xml" in wcs["web"].supportedFormats


@pytest.mark.parametrize("name", NAMES)
def test_bounding_boxes_are_in_the_order_of_the_crs(wcs: Any, rasters: dict[str, Raster], name: str) -> None:
    (box,) = wcs[name].boundingboxes
    raster = rasters[name]
    assert box["nativeSrs"] == f"http://www.opengis.net/def/crs/EPSG/0/{raster.epsg}"
    assert box["bbox"] == pytest.approx((*raster.lower, *raster.upper))


def test_the_grid_is_told_in_the_order_of_the_array(wcs: Any, rasters: dict[str, Raster]) -> None:
    for name, labels in (("lat_long", ["Lat", "Long"]), ("web", ["Y", "X"]), ("laea", ["Y", "X"]), ("utm", ["N", "E"])):
        grid = wcs[name].grid
        _, height, width = rasters[name].read().shape
        assert grid.axislabels == labels
        assert [int(high) + 1 for high in grid.highlimits] == [height, width]


def test_descriptions(wcs: Any) -> None:
    root = wcs.getDescribeCoverage("laea")
    assert root.findtext(".//wcs:CoverageId", namespaces=NS) == "laea"
    assert [nil.text for nil in root.iterfind(".//swe:nilValue", namespaces=NS)] == ["-9999", "-9999"]


def test_a_subset_has_the_cells_of_the_file(wcs: Any, rasters: dict[str, Raster]) -> None:
    subsets = [("Lat", 49, 49.5), ("Long", 11, 12)]
    answer = wcs.getCoverage(identifier="lat_long", format="image/tiff", subsets=subsets)
    with rasterio.MemoryFile(answer.read()) as file, file.open() as part:
        np.testing.assert_array_equal(part.read(), rasters["lat_long"].read()[:, 10:20, 20:40])
        assert part.bounds == pytest.approx((11, 49, 12, 49.5))


def test_fields_and_scale(wcs: Any, rasters: dict[str, Raster]) -> None:
    answer = wcs.getCoverage(identifier="lat_long", format="image/tiff", rangesubset="2,0", scalefactor="0.5")
    with rasterio.MemoryFile(answer.read()) as file, file.open() as part:
        assert (part.count, part.height, part.width) == (2, 20, 30)


def test_nodata_survives(wcs: Any, rasters: dict[str, Raster]) -> None:
    answer = wcs.getCoverage(identifier="laea", format="image/tiff")
    with rasterio.MemoryFile(answer.read()) as file, file.open() as copy:
        assert copy.nodata == -9999
        np.testing.assert_array_equal(copy.read(), rasters["laea"].read())


def test_errors_carry_the_status(wcs: Any) -> None:
    with pytest.raises(requests.HTTPError) as caught:
        wcs.getCoverage(identifier="nix", format="image/tiff")
    assert caught.value.response.status_code == 404
    assert b"NoSuchCoverage" in caught.value.response.content
