# SPDX-License-Identifier: MIT
"""Multi-point coverages in the whole application: inserted by WCS-T, described, listed and delivered by WCS."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.applications import Application, application, instance_template
from tests.integration.transactions import ask, code, gml, insert, login, values
from tests.services.wcst import documents
from tests.xmlschemas import ValidateXml, parse_xml, texts

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

FIELDS = documents.field("t", "float32", uom="Cel") + documents.field("n", "signedShort")
POSITIONS = ("48.25 16.5", "47 15.25", "-10.125 170", "48.25 17")
VALUES = "1.5 1,2.25 2,-3 3,4 -4"
TIMED = (
    '"2020-01-01T00:00:00.000Z" 48 16 100',
    '"2020-01-02T00:00:00.000Z" 47 15 200.5',
    '"2020-01-02T00:00:00.001Z" 46 14 300',
)
TIMED_CRS = "http://www.opengis.net/def/crs-compound?" + "&amp;".join(
    f"{number}=http://www.opengis.net/def/crs/{name}"
    for number, name in enumerate(("OGC/0/AnsiDate", "EPSG/0/4326", "EPSG/0/5773"), 1)
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, instance_template: Path) -> Iterator[Application]:
    with application(tmp_path_factory.mktemp("points"), instance_template) as opened:
        insert(opened, documents.points(POSITIONS, VALUES, FIELDS))
        fields = documents.field("temperature", "float64")
        timed = documents.points(TIMED, "1,2,3", fields, "timed", TIMED_CRS, "ansi Lat Long H")
        insert(opened, timed)
        yield opened


def positions(app: Application, identifier: str, **params: str | list[str]) -> list[str]:
    return texts(gml(app, identifier, **params), "//gml:pointMember/gml:Point/gml:pos/text()")


# -- what is said of them -----------------------------------------------------------------------


def test_described(app: Application, validate_xml: ValidateXml) -> None:
    root = validate_xml(app.wcs("DescribeCoverage", coverageId="stations,timed").data)
    assert texts(root, "//wcs:CoverageSubtype/text()") == ["MultiPointCoverage"] * 2
    first = root[0]
    assert texts(first, ".//gml:lowerCorner/text()") == ["-10.125 15.25"]
    assert texts(first, ".//gml:upperCorner/text()") == ["48.25 170"]
    assert texts(first, ".//gml:MultiPoint//gml:pos/text()") == list(POSITIONS)
    assert texts(first, ".//swe:field/@name") == ["t", "n"]
    assert texts(first, ".//gml:GridFunction") == []


def test_listed(app: Application, validate_xml: ValidateXml) -> None:
    root = validate_xml(app.wcs("GetCapabilities").data)
    summary = "//wcs:CoverageSummary[wcs:CoverageId='stations']"
    assert texts(root, f"{summary}/wcs:CoverageSubtype/text()") == ["MultiPointCoverage"]
    assert texts(root, f"{summary}/ows:WGS84BoundingBox/*/text()") == ["15.25 -10.125", "170 48.25"]
    assert texts(root, f"{summary}/ows:BoundingBox/*/text()") == ["-10.125 15.25", "48.25 170"]
    assert texts(root, "//wcs:CoverageSummary[wcs:CoverageId='timed']/ows:BoundingBox/@dimensions") == ["4"]


def test_catalogued_times_and_footprint(app: Application) -> None:
    (found,) = (one for one in app.instance.catalogue.summaries() if one.identifier == "timed")
    assert found.begin_time is not None and found.end_time is not None
    assert (found.begin_time.day, found.end_time.day, found.end_time.microsecond) == (1, 2, 1000)
    coverage = app.instance.catalogue.coverage("timed")
    assert coverage.footprint is not None and coverage.footprint.bounds == (14, 46, 16, 48)
    assert coverage.domain.shape == (3,) and coverage.range_type.names == ("temperature",)


def test_cis_1_1_is_for_grids(app: Application) -> None:
    response = app.wcs("DescribeCoverage", version="2.1.0", coverageId="timed", outputType="GeneralGridCoverage")
    assert response.status_code == 400
    assert "has points" in response.text


# -- delivered ----------------------------------------------------------------------------------


def test_gml_is_valid_and_goes_round(app: Application, validate_xml: ValidateXml) -> None:
    for identifier in ("stations", "timed"):
        before = app.wcs("GetCoverage", coverageId=identifier, format="application/gml+xml")
        validate_xml(before.data)
        again = insert(app, before.text, useId="new")
        after = app.wcs("GetCoverage", coverageId=again, format="application/gml+xml")
        assert after.text.replace(again, identifier) == before.text
        assert ask(app, "DeleteCoverage", coverageId=again).status_code == 200
    assert positions(app, "stations") == list(POSITIONS)
    assert values(app, "stations") == VALUES.split(",")


def test_csv(app: Application) -> None:
    rows = list(csv.reader(io.StringIO(app.wcs("GetCoverage", coverageId="timed", format="text/csv").text)))
    assert rows == [
        ["ansi", "Lat", "Long", "H", "temperature"],
        ["2020-01-01T00:00:00.000Z", "48", "16", "100", "1"],
        ["2020-01-02T00:00:00.000Z", "47", "15", "200.5", "2"],
        ["2020-01-02T00:00:00.001Z", "46", "14", "300", "3"],
    ]


def test_json(app: Application) -> None:
    found = json.loads(app.wcs("GetCoverage", coverageId="stations", format="application/json").text)
    assert found == [[48.25, 16.5, 1.5, 1], [47, 15.25, 2.25, 2], [-10.125, 170, -3, 3], [48.25, 17, 4, -4]]


def test_coverage_json(app: Application) -> None:
    found = json.loads(app.wcs("GetCoverage", coverageId="stations", format="application/vnd.cov+json").text)
    assert found["domain"]["domainType"] == "MultiPoint"
    axis = found["domain"]["axes"]["composite"]
    assert (axis["dataType"], axis["coordinates"]) == ("tuple", ["y", "x"])
    assert axis["values"] == [[48.25, 16.5], [47, 15.25], [-10.125, 170], [48.25, 17]]
    assert found["ranges"]["n"]["values"] == [1, 2, 3, -4]
    assert found["ranges"]["n"]["axisNames"] == ["composite"] and found["ranges"]["n"]["shape"] == [4]


def test_coverage_json_with_times(app: Application) -> None:
    several = json.loads(app.wcs("GetCoverage", coverageId="timed", format="application/vnd.cov+json").text)
    assert "domainType" not in several["domain"]
    assert several["domain"]["axes"]["composite"]["values"][1] == ["2020-01-02T00:00:00.000Z", 47, 15, 200.5]
    single = json.loads(
        app.wcs("GetCoverage", coverageId="timed", format="application/vnd.cov+json", subset="Lat(48)").text
    )
    assert single["domain"]["domainType"] == "MultiPoint"
    assert single["domain"]["axes"]["t"] == {"values": ["2020-01-01T00:00:00.000Z"]}
    assert single["domain"]["axes"]["composite"]["values"] == [[48, 16, 100]]


def test_netcdf(app: Application, tmp_path: Path) -> None:
    response = app.wcs("GetCoverage", coverageId="timed")
    assert response.mimetype == "application/netcdf"  # their native format
    (tmp_path / "points.nc").write_bytes(response.data)
    with netCDF4.Dataset(tmp_path / "points.nc") as found:
        assert (found.featureType, found.Conventions) == ("point", "CF-1.8")
        assert found.variables["temperature"].coordinates == "ansi Lat Long H"
        assert found.variables["temperature"].dimensions == ("point",)
        assert found.variables["temperature"][:].tolist() == [1, 2, 3]
        assert found.variables["Lat"].standard_name == "latitude"
        assert found.variables["Long"][:].tolist() == [16, 15, 14]
        assert found.variables["H"].positive == "up"
        times = netCDF4.num2date(
            found.variables["ansi"][:], found.variables["ansi"].units, found.variables["ansi"].calendar
        )
        days = [(one.year, one.month, one.day) for one in np.atleast_1d(np.asarray(times))]
        assert days == [(2020, 1, 1), (2020, 1, 2), (2020, 1, 2)]
        assert "spatial_ref" in found.variables[found.variables["temperature"].grid_mapping].ncattrs()


def test_multipart(app: Application) -> None:
    response = app.wcs("GetCoverage", coverageId="stations", format="text/csv", mediaType="multipart/related")
    assert response.status_code == 200
    assert b"gmlcov:MultiPointCoverage" in response.data and b"Lat,Long,t,n" in response.data


@pytest.mark.parametrize("mime", ["image/tiff", "image/png", "image/jpeg"])
def test_formats_of_grids(app: Application, mime: str) -> None:
    response = app.wcs("GetCoverage", coverageId="stations", format=mime)
    assert response.status_code == 400
    for able in ("text/csv", "application/json", "application/netcdf", "application/gml+xml", "vnd.cov+json"):
        assert able in response.text
    assert "image/tiff," not in response.text


# -- subsets ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subsets", "kept"),
    [
        (["Lat(47,48.25)"], [0, 1, 3]),
        (["Lat(47,48.25)", "Long(16.5,*)"], [0, 3]),
        (["Lat(48.25)"], [0, 3]),
        (["Lat(48.25)", "Lon(17)"], [3]),
        (["Long(*,16)"], [1]),
    ],
)
def test_points_within_bounds(app: Application, subsets: list[str], kept: list[int]) -> None:
    assert positions(app, "stations", subset=subsets) == [POSITIONS[number] for number in kept]
    assert values(app, "stations", subset=subsets) == [VALUES.split(",")[number] for number in kept]


def test_bounds_of_what_is_kept(app: Application) -> None:
    root = gml(app, "stations", subset="Lat(47,49)")
    assert texts(root, "//gml:lowerCorner/text()") == ["47 15.25"]
    assert texts(root, "//gml:upperCorner/text()") == ["48.25 17"]


def test_times_are_met_to_the_millisecond(app: Application) -> None:
    assert values(app, "timed", subset='ansi("2020-01-02T00:00:00.001Z")') == ["3"]
    assert values(app, "timed", subset='ansi("2020-01-02","2020-01-02T00:00:00.001Z")') == ["2", "3"]
    assert values(app, "timed", subset=['ansi("2020-01-02",*)', "H(*,200.5)"]) == ["2"]


def test_fields(app: Application) -> None:
    assert values(app, "stations", rangeSubset="n") == ["1", "2", "3", "-4"]
    assert values(app, "stations", rangeSubset="n,t", subset="Lat(47)") == ["2 2.25"]


@pytest.mark.parametrize(
    ("params", "refused"),
    [
        ({"subset": "Lat(1,2)"}, "InvalidSubsetting"),
        ({"subset": "Lat(5,2)"}, "InvalidSubsetting"),
        ({"subset": "h(5,2)"}, "InvalidAxisLabel"),
        ({"subset": "Lat,http://www.opengis.net/def/crs/OGC/0/CRS:1(0:1)"}, "InvalidSubsetting"),
        ({"rangeSubset": "x"}, "NoSuchField"),
        ({"scaleFactor": "2"}, "CoverageUnusable"),
        ({"outputCrs": "EPSG:3857"}, "CoverageUnusable"),
        ({"clip": "POLYGON((0 0,0 50,50 50,50 0,0 0))"}, "CoverageUnusable"),
    ],
)
def test_what_is_refused(app: Application, params: dict[str, str], refused: str) -> None:
    response = app.wcs("GetCoverage", coverageId="stations", format="text/csv", **params)
    assert 400 <= response.status_code < 500
    if refused != "CoverageUnusable":
        assert code(response) == refused
    else:
        assert "needs a grid" in response.text and next(iter(params))[:4] in response.text


# -- changes ------------------------------------------------------------------------------------


def test_points_are_not_updated(app: Application) -> None:
    document = documents.points(["1 2"], "1 1", FIELDS)
    response = ask(app, "UpdateCoverage", coverageId="stations", inputCoverage=document)
    assert response.status_code == 400
    assert "delete it and insert it" in response.text
    assert len(values(app, "stations")) == 4


def test_points_do_not_go_into_grids(app: Application) -> None:
    insert(app, documents.index2d("grid"))
    response = ask(app, "UpdateCoverage", coverageId="grid", inputCoverage=documents.points(["1 2"], "1"))
    assert response.status_code == 400
    assert values(app, "grid") == ["1", "2", "3", "4", "5", "6"]
    ask(app, "DeleteCoverage", coverageId="grid")


def test_deleted(app: Application) -> None:
    insert(app, documents.points(["1 2"], "1", identifier="gone"))
    assert positions(app, "gone") == ["1 2"]
    assert ask(app, "DeleteCoverage", coverageId="gone").status_code == 200
    assert app.wcs("GetCoverage", coverageId="gone").status_code == 404


def test_metadata_come_and_are_replaced(app: Application) -> None:
    said = '{"title": "old", "axes": {"Lat": {"about": "north"}}}'
    insert(app, documents.points(["1 2", "3 4"], "1,2", identifier="told", metadata=said))
    assert texts(gml(app, "told"), "//gmlcov:Extension//about/text()") == ["north"]
    response = app.client.post(
        "/rasdaman/admin/coverage/update", data={"COVERAGEID": "told", "METADATA": '{"a": "b"}'}, headers=login(app)
    )
    assert response.status_code == 200, response.text
    assert texts(gml(app, "told"), "//gmlcov:Extension//a/text()") == ["b"]
    assert positions(app, "told") == ["1 2", "3 4"]
    ask(app, "DeleteCoverage", coverageId="told")


def test_an_earlier_version(app: Application) -> None:
    assert positions(app, "stations", coverageVersion="1") == list(POSITIONS)


@pytest.mark.parametrize(
    ("document", "refused"),
    [
        (documents.points(["1 2"], "1,2"), "WCSTWrongNumberOfPixels"),
        (documents.points(["1 2"], "1").replace(">1 2</gml:pos>", ">1 x</gml:pos>"), "InvalidRequest"),
        (documents.points(["1 2"], "1").replace(">1 2</gml:pos>", ">1 NaN</gml:pos>"), "InvalidRequest"),
        (documents.points(["1 2"], "1").replace(">1 2</gml:pos>", ">1</gml:pos>"), "WCSTMissingPos"),
        (documents.points(["1 2"], "1").replace("gml:MultiPoint", "gml:Solid"), "WCSTOnlyRectifiedGridsSupported"),
        (documents.points(["1 2", "3 4"], "1", simple=True).replace("1 2 3 4", "1 2 3"), "WCSTWrongNumberOfPixels"),
        (documents.points(["1 2"], "1").replace('"m" srsName="', '"m" srsName="EPSG:3857" a="'), "InvalidRequest"),
    ],
)
def test_bad_documents(app: Application, document: str, refused: str) -> None:
    response = ask(app, "InsertCoverage", inputCoverage=document, useId="new")
    assert response.status_code == 400
    assert code(response) == refused


# -- many ---------------------------------------------------------------------------------------


def test_many_points_in_one_list(app: Application) -> None:
    count = 70_000  # more than are written at a time
    rng = np.random.default_rng(4)
    lats, longs = rng.uniform(-80, 80, count), rng.uniform(-170, 170, count)
    given = [f"{lat!r} {long!r}" for lat, long in zip(lats.tolist(), longs.tolist(), strict=True)]
    fields = documents.field("v", "signedInt")
    insert(app, documents.points(given, ",".join(map(str, range(count))), fields, "many", simple=True))
    assert positions(app, "many") == given
    inside = np.flatnonzero((lats >= 10) & (lats <= 11) & (longs >= 0))
    assert values(app, "many", subset=["Lat(10,11)", "Long(0,*)"]) == [str(number) for number in inside]
    ask(app, "DeleteCoverage", coverageId="many")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    found=st.lists(
        st.tuples(st.floats(-90, 90), st.floats(-180, 180), st.floats(width=32, allow_nan=False, allow_infinity=False)),
        min_size=1,
        max_size=8,
    )
)
def test_any_points_go_round(app: Application, found: list[tuple[float, float, float]]) -> None:
    document = documents.points(
        [f"{lat!r} {long!r}" for lat, long, _ in found],
        ",".join(repr(value) for _, _, value in found),
        documents.field("v", "float32"),
    )
    identifier = insert(app, document, useId="new")
    root = gml(app, identifier)
    numbers = [tuple(map(float, one.split())) for one in texts(root, "//gml:pos/text()")]
    assert numbers == [(lat, long) for lat, long, _ in found]
    again = insert(app, app.wcs("GetCoverage", coverageId=identifier, format="application/gml+xml").text, useId="new")
    assert values(app, again) == values(app, identifier)
    assert parse_xml(app.wcs("DescribeCoverage", coverageId=again).data) is not None
    ask(app, "DeleteCoverage", coverageId=f"{identifier},{again}")


def test_maps_are_for_grids(app: Application) -> None:
    response = app.client.get(
        "/ows",
        query_string={
            "service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": "stations", "styles": "",
            "crs": "CRS:84", "bbox": "10,40,20,50", "width": "10", "height": "10", "format": "image/png",
        },
    )  # fmt: skip
    assert b"ServiceException" in response.data and b"stations" in response.data


def test_values_are_computed_with(app: Application) -> None:
    response = app.client.post(
        "/ows",
        data={
            "service": "WCS", "version": "2.0.1", "request": "ProcessCoverages",
            "query": 'for $c in (stations) return encode($c.n * 2, "text/csv")',
        },
    )  # fmt: skip
    assert response.text == "2,4,6,-8"
