# SPDX-License-Identifier: MIT
"""WCS 2.0.1 over HTTP: bindings, validators, tie points, data that is gone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.warp
import requests

from tests.integration.conftest import Raster
from tests.servers import eoxserver, serving
from tests.xmlschemas import ValidateXml, parse_xml, texts

pytestmark = pytest.mark.integration


def ask(ows: str, request: str, **params: str | list[str]) -> requests.Response:
    return requests.get(ows, params={"service": "WCS", "version": "2.0.1", "request": request, **params})


def code(response: requests.Response) -> list[str]:
    return texts(parse_xml(response.content), "//ows:Exception/@exceptionCode")


def test_documents_are_valid(ows: str, rasters: dict[str, Raster], validate_xml: ValidateXml) -> None:
    validate_xml(ask(ows, "GetCapabilities").content)
    validate_xml(ask(ows, "DescribeCoverage", coverageId=",".join([*rasters, "tied", "gone"])).content)
    for name in (*rasters, "tied"):
        validate_xml(ask(ows, "GetCoverage", coverageId=name, format="application/gml+xml").content)
    validate_xml(ask(ows, "GetCoverage", coverageId="nix").content)


def test_a_form_is_as_good_as_a_query(ows: str) -> None:
    form = {"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "GetCoverage", "COVERAGEID": "web"}
    subset = ["X(1000300,1000600)", "Y(5999400,5999700)"]
    by_get = ask(ows, "GetCoverage", coverageId="web", subset=subset)
    by_post = requests.post(ows, data={**form, "SUBSET": subset})
    assert by_post.status_code == 200
    assert by_post.content == by_get.content
    assert by_post.headers["Content-Type"] == "image/tiff"
    assert by_post.headers["Content-Disposition"] == 'inline; filename="web.tif"'


def test_what_the_client_has_is_not_sent_again(ows: str) -> None:
    first = ask(ows, "GetCapabilities")
    again = requests.get(first.url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    sequence = parse_xml(first.content).get("updateSequence")
    assert sequence is not None
    assert len(parse_xml(ask(ows, "GetCapabilities", updateSequence=sequence).content)) == 0


def test_one_coverage_whose_file_is_gone_harms_no_other(ows: str) -> None:
    assert "gone" in texts(parse_xml(ask(ows, "GetCapabilities").content), "//wcs:CoverageId/text()")
    assert ask(ows, "DescribeCoverage", coverageId="gone").status_code == 200
    for format_ in ("image/tiff", "application/gml+xml"):
        broken = ask(ows, "GetCoverage", coverageId="gone", format=format_)
        assert broken.status_code == 503
        assert code(broken) == ["NoApplicableCode"]
    assert ask(ows, "GetCoverage", coverageId="web").status_code == 200


def test_tie_points_are_cut_by_pixel(ows: str, tied: Path) -> None:
    with rasterio.open(tied) as dataset:
        cells = dataset.read()
    for x, y in (("i", "j"), ("x", "y")):
        part = ask(ows, "GetCoverage", coverageId="tied", subset=[f"{x}(3,7)", f"{y}(2,4)"])
        assert part.status_code == 200, part.text
        with rasterio.MemoryFile(part.content) as file, file.open() as dataset:
            np.testing.assert_array_equal(dataset.read(), cells[:, 2:5, 3:8])
    gml = parse_xml(
        ask(ows, "GetCoverage", coverageId="tied", subset=["i(3,4)", "j(2)"], format="application/gml+xml").content
    )
    assert texts(gml, "//gml:tupleList/text()") == [",".join(map(str, cells[0, 2, 3:5]))]


@pytest.mark.parametrize(
    "params",
    [{"outputCrs": "EPSG:4326"}, {"subsettingCrs": "EPSG:4326"}, {"scaleFactor": "0.5"}],
    ids=lambda params: next(iter(params)),
)
def test_what_needs_a_georeference_is_refused_for_tie_points(ows: str, params: dict[str, str]) -> None:
    refused = ask(ows, "GetCoverage", coverageId="tied", **params)
    assert refused.status_code == 400
    assert code(refused) == ["UnsupportedCombination"]
    assert next(iter(params)) in refused.text


def test_the_plan_is_explained(ows: str) -> None:
    explained = ask(ows, "GetCoverage", coverageId="web", explain="true", scaleFactor="0.5").json()
    assert explained["plan"]["node"] == "Scale"
    assert explained["cost"]["result_cells"] == 15 * 25


def test_a_reprojected_coverage_is_where_it_should_be(ows: str) -> None:
    url = "http://www.opengis.net/def/crs/EPSG/0/3857"
    answer = ask(ows, "GetCoverage", coverageId="lat_long", outputCrs=url, interpolation="bilinear")
    with rasterio.MemoryFile(answer.content) as file, file.open() as dataset:
        assert dataset.crs.to_epsg() == 3857
        west, south, east, north = rasterio.warp.transform_bounds("EPSG:4326", "EPSG:3857", 10, 48, 13, 50)
        assert dataset.bounds == pytest.approx((west, south, east, north), abs=2 * dataset.res[0])


def test_the_real_scene_with_tie_points(shared: Path, tmp_path: Path) -> None:
    (path,) = sorted((shared / "data").glob("ASA_*.tiff"))
    instance = tmp_path / "instance"
    eoxserver("create_instance", "asar", instance)
    eoxserver("register", "--instance", instance, "--id", "asar", path)
    with serving(instance) as url, rasterio.open(path) as source:
        part = ask(url, "GetCoverage", coverageId="asar", subset=["x(100,199)", "y(50,69)"])
        with rasterio.MemoryFile(part.content) as file, file.open() as copy:
            assert copy.dtypes == source.dtypes == ("uint16",)
            np.testing.assert_array_equal(copy.read(1), source.read(1)[50:70, 100:200])
        assert code(ask(url, "GetCoverage", coverageId="asar", outputCrs="EPSG:4326")) == ["UnsupportedCombination"]
        description = parse_xml(ask(url, "DescribeCoverage", coverageId="asar").content)
        assert texts(description, "//gml:Envelope/@axisLabels") == ["i j"]
        assert texts(description, "//tie_points_crs/text()") == ["http://www.opengis.net/def/crs/EPSG/0/4326"]
