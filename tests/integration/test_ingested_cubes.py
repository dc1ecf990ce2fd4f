# SPDX-License-Identifier: MIT
"""Coverages that were inserted, through the whole application: described and read by WCS."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import numpy.typing as npt
import pytest
from lxml import etree

from eoxserver.core.coverage import CellBox
from tests.applications import Application, application, instance_template, raster_cells
from tests.backends.rasters import pattern, write
from tests.integration.transactions import code, insert
from tests.resources.coverages.ingestion.coverages import coverage, index, lat, long, regular_days, slice_of, times
from tests.xmlschemas import ValidateXml, parse_xml, texts

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

DAYS = (148654.0, 148656.0, 148659.5)
"""1, 3 and 6 January 2008, the last at noon."""


@pytest.fixture
def served(instance_template: Path, tmp_path: Path) -> Iterator[Application]:
    """Answer an application with cubes of one to four dimensions."""
    with application(tmp_path, instance_template) as app:
        ingestion = app.instance.ingestion
        ingestion.insert(coverage("cube", (times(*DAYS), lat(10, 4), long(0, 5))))
        ingestion.insert(coverage("series", (times(*DAYS),)))
        ingestion.insert(coverage("plane", (lat(10, 4), long(0, 5))))
        ingestion.insert(coverage("four", (index("i", -2, 3), regular_days(148654, 3), lat(10, 4), long(0, 5))))
        yield app


def values(app: Application, identifier: str, *subsets: str, media: str = "application/netcdf") -> npt.NDArray[Any]:
    """The cells of a part of a coverage, by way of netCDF."""
    answer = app.wcs("GetCoverage", coverageId=identifier, subset=list(subsets), format=media)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    with netCDF4.Dataset("memory", memory=answer.data) as file:
        found: npt.NDArray[Any] = np.ma.filled(file["v"][:], -1)
    return found


def whole(app: Application, identifier: str) -> npt.NDArray[Any]:
    """All cells."""
    source = app.instance.catalogue.coverage(identifier).source
    found: npt.NDArray[Any] = source.read(CellBox.whole(source.shape), [0]).values[0]
    return found


@pytest.mark.parametrize("identifier", ["cube", "series", "plane", "four"])
def test_every_cube_is_described_and_listed(served: Application, identifier: str) -> None:
    answer = served.wcs("DescribeCoverage", coverageId=identifier)
    assert answer.status_code == 200
    root = etree.fromstring(answer.data)
    assert root.findtext(".//{*}CoverageId") == identifier
    assert identifier in served.wcs("GetCapabilities").get_data(as_text=True)


def test_slices_by_time_strings(served: Application) -> None:
    assert (values(served, "cube", 'ansi("2008-01-03")') == whole(served, "cube")[1]).all()
    assert (values(served, "cube", 'ansi("2008-01-06T12:00:00Z")') == whole(served, "cube")[2]).all()


def test_trims_by_time_strings_and_coordinates(served: Application) -> None:
    found = values(served, "cube", 'ansi("2008-01-01","2008-01-05")', "Lat(7,9)", "Long(1,4)")
    assert (found == whole(served, "cube")[:2, 1:3, 1:4]).all()


def test_open_bounds(served: Application) -> None:
    assert (values(served, "cube", 'ansi("2008-01-02",*)') == whole(served, "cube")[1:]).all()


def test_a_time_between_two_is_none(served: Application) -> None:
    answer = served.wcs("GetCoverage", coverageId="cube", subset='ansi("2008-01-02")')
    assert answer.status_code in (400, 404)
    assert "InvalidSubsetting" in answer.get_data(as_text=True)


def test_a_slice_of_a_cube_is_an_image(served: Application) -> None:
    answer = served.wcs("GetCoverage", coverageId="cube", subset='ansi("2008-01-03")', format="image/tiff")
    assert answer.status_code == 200
    assert (raster_cells(answer.data)[0] == whole(served, "cube")[1]).all()


def test_a_cube_is_no_image(served: Application) -> None:
    answer = served.wcs("GetCoverage", coverageId="cube", format="image/tiff")
    assert answer.status_code == 400
    assert "netcdf" in answer.get_data(as_text=True).lower()


def test_index_axes_are_cut_by_index(served: Application) -> None:
    found = values(served, "four", "i(-1)", 'ansi("2008-01-02")')
    assert (found == whole(served, "four")[1, 1]).all()


def test_a_cube_is_delivered_whole(served: Application) -> None:
    answer = served.wcs("GetCoverage", coverageId="series", format="application/json")
    assert answer.status_code == 200
    assert json.load(io.BytesIO(answer.data)) == [1, 2, 3]


def test_growth_is_seen_by_the_next_request(instance_template: Path, tmp_path: Path) -> None:
    with application(tmp_path, instance_template) as app:
        ingestion = app.instance.ingestion
        ingestion.insert(slice_of(148654, 1))
        first = app.wcs("GetCoverage", coverageId="part", format="application/netcdf")
        tag = {"If-None-Match": first.headers["ETag"]}
        url = "service=WCS&version=2.0.1&request=GetCoverage&coverageId=part&format=application/netcdf"
        assert app.get(url, **tag).status_code == 304
        ingestion.update("part", slice_of(148653, 2))
        again = app.get(url, **tag)
        assert again.status_code == 200
        assert values(app, "part")[:, 0, 0].tolist() == [2, 1]
        ingestion.update("part", slice_of(148653, 3))
        assert values(app, "part")[:, 0, 0].tolist() == [3, 1]
        ingestion.delete(["part"])
        assert app.wcs("GetCoverage", coverageId="part").status_code == 404


@pytest.fixture
def changed(instance_template: Path, tmp_path: Path) -> Iterator[Application]:
    """Answer an application with a cube of three versions, of as many slices."""
    with application(tmp_path, instance_template) as app:
        app.instance.ingestion.insert(slice_of(148654, 1))
        app.instance.ingestion.update("part", slice_of(148655, 2))
        app.instance.ingestion.update("part", slice_of(148653, 3))
        yield app


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_coverage_as_it_was(changed: Application, method: str) -> None:
    seen = {}
    for version in ("1", "2", "3", None):
        earlier = {} if version is None else {"coverageVersion": version}
        pairs = {"service": "WCS", "version": "2.0.1", "coverageId": "part", **earlier}
        asked = {**pairs, "request": "GetCoverage", "subset": "Lat(9.5)", "format": "application/gml+xml"}
        described = {**pairs, "request": "DescribeCoverage"}
        both = [
            changed.client.get("/ows", query_string=one) if method == "GET" else changed.client.post("/ows", data=one)
            for one in (asked, described)
        ]
        assert [one.status_code for one in both] == [200, 200]
        roots = [parse_xml(one.data) for one in both]
        cells = texts(roots[0], "//gml:tupleList/text()")[0].split(",")
        assert len({texts(root, "//gmlrgrid:coefficients/text()")[0] for root in roots}) == 1
        seen[version] = [int(value) for value in cells[::4]]
    assert seen == {"1": [1], "2": [1, 2], "3": [3, 1, 2], None: [3, 1, 2]}


def test_an_earlier_state_in_the_terms_of_cis_1_1(changed: Application) -> None:
    answer = changed.wcs(
        "DescribeCoverage", version="2.1.0", coverageId="part", coverageVersion="1", format="application/json"
    )
    axes = json.loads(answer.data)["domainSet"]["generalGrid"]["axis"]
    assert axes[0]["coordinate"] == ["2008-01-01T00:00:00.000Z"]


def test_the_plan_for_an_earlier_state(changed: Application) -> None:
    prices = [
        json.loads(changed.wcs("GetCoverage", coverageId="part", explain="true", **version).data)["cost"][
            "result_cells"
        ]
        for version in ({"coverageVersion": "1"}, {})
    ]
    assert prices == [16, 48]


@pytest.mark.parametrize("request_name", ["DescribeCoverage", "GetCoverage"])
@pytest.mark.parametrize(
    ("pairs", "code", "words"),
    [
        ({"coverageId": "part", "coverageVersion": "4"}, "InvalidParameterValue", "no version 4; the latest is 3"),
        ({"coverageId": "part", "coverageVersion": "0"}, "InvalidParameterValue", "no version 0; the latest is 3"),
        ({"coverageId": "part", "coverageVersion": "-1"}, "InvalidParameterValue", "'-1' is no number of a version"),
        ({"coverageId": "part", "coverageVersion": "2.0.1"}, "InvalidParameterValue", "no number of a version"),
        ({"coverageId": "part", "coverageVersion": ""}, "MissingParameterValue", "has no value"),
        ({"coverageId": "none", "coverageVersion": "1"}, "NoSuchCoverage", "no coverage 'none'"),
    ],
)
def test_versions_that_are_not_there(
    changed: Application, request_name: str, pairs: dict[str, str], code: str, words: str, validate_xml: ValidateXml
) -> None:
    answer = changed.wcs(request_name, **pairs)
    root = validate_xml(answer.data)
    assert answer.status_code == (404 if code == "NoSuchCoverage" else 400)
    assert texts(root, "//ows:Exception/@exceptionCode") == [code]
    if code != "NoSuchCoverage":
        assert texts(root, "//ows:Exception/@locator") == ["coverageVersion"]
    assert words in texts(root, "//ows:ExceptionText/text()")[0]


def test_a_version_belongs_to_one_coverage(served: Application) -> None:
    answer = served.wcs("DescribeCoverage", coverageId="cube,plane", coverageVersion="1")
    assert answer.status_code == 400
    assert "coverageVersion is that of one coverage" in answer.get_data(as_text=True)


def test_coverages_that_are_read_from_files_have_no_versions(changed: Application, tmp_path: Path) -> None:
    changed.register(write(tmp_path / "r.tif", pattern((1, 4, 8))))
    answer = changed.wcs("GetCoverage", coverageId="r", coverageVersion="1")
    assert answer.status_code == 400
    assert "files it was registered with" in answer.get_data(as_text=True)


def test_an_earlier_state_stays_good_until_it_is_forgotten(changed: Application) -> None:
    url = "service=WCS&version=2.0.1&request=GetCoverage&coverageId=part&format=application/netcdf&coverageVersion=1"
    first = changed.get(url)
    tag = {"If-None-Match": first.headers["ETag"]}
    assert changed.get(url, **tag).status_code == 304
    latest = changed.get(url.replace("coverageVersion=1", "coverageVersion=3"))
    assert latest.headers["ETag"] != first.headers["ETag"]
    changed.instance.ingestion.compact("part")
    again = changed.get(url, **tag)
    assert again.status_code == 400
    assert "may be forgotten" in again.get_data(as_text=True)
    assert changed.get(url.replace("&coverageVersion=1", "")).status_code == 200


def test_a_value_without_axes(served: Application, validate_xml: ValidateXml) -> None:
    """What is left when all axes are sliced away is a coverage too: inserted, changed, described, listed, compacted."""
    sliced = ['ansi("2008-01-03")', "Lat(9.5)", "Long(1.5)"]
    found = served.wcs("GetCoverage", coverageId="cube", subset=sliced, format="application/gml+xml").text
    assert insert(served, found.replace('gml:id="cube', 'gml:id="value')) == "value"
    served.instance.ingestion.update("value", coverage("value", (), 7))
    served.instance.ingestion.update("value", coverage("value", (), -1))
    answers = {
        version: served.wcs("GetCoverage", coverageId="value", format="text/csv", **version_key(version)).text
        for version in ("1", None)
    }
    assert answers == {"1": str(whole(served, "cube")[1, 0, 1]), None: "7"}
    assert values(served, "value") == 7
    validate_xml(served.wcs("GetCapabilities").data)
    root = parse_xml(served.wcs("DescribeCoverage", coverageId="value").data)
    assert texts(root, "//gml:Envelope/@srsDimension") == ["0"]
    assert dict(served.instance.ingestion.verify(["value"])) == {"value": ()}
    served.instance.ingestion.compact("value")
    assert values(served, "value") == 7
    answer = served.wcs("GetCoverage", coverageId="value", subset="Lat(9.5)")
    assert (answer.status_code, code(answer, validate_xml)) == (404, "InvalidAxisLabel")


def version_key(version: str | None) -> dict[str, str]:
    return {} if version is None else {"coverageVersion": version}
