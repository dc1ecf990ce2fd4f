# SPDX-License-Identifier: MIT
from __future__ import annotations

from collections.abc import Callable

import pytest

from eoxserver.plugins.manager import Plugins
from eoxserver.query.check import Limits
from eoxserver.services.ows.kvp import Params
from eoxserver.services.wcs import plugin
from eoxserver.services.wcs.service import OPERATIONS, VERSIONS, WebCoverageService
from eoxserver.services.wire import Request
from tests.services.wcs.conftest import Client, body
from tests.services.wcs.v20.coverages import airtemp, rgb
from tests.xmlschemas import NS, ValidateXml, parse_xml

GET = (("version", "2.0.1"), ("request", "GetCoverage"))
AIRTEMP = (*GET, ("coverageId", "airtemp"))
DESCRIBE = (("version", "2.0.1"), ("request", "DescribeCoverage"))
CAPABILITIES = (("request", "GetCapabilities"),)

# Parameters; code, HTTP status, locator, and what the text must name.
ERRORS: list[tuple[tuple[tuple[str, str], ...], str, int, str, str]] = [
    ((), "MissingParameterValue", 400, "request", "request"),
    ((("request", ""),), "MissingParameterValue", 400, "request", "request"),
    ((("version", "2.0.1"), ("request", "GetFeature")), "OperationNotSupported", 501, "request", "GetFeature"),
    ((("request", "DescribeCoverage"),), "MissingParameterValue", 400, "version", "version"),
    (
        (("version", "1.0.0"), ("request", "GetCoverage"), ("coverageId", "airtemp")),
        "InvalidParameterValue", 400, "version", "1.0.0",
    ),
    ((*CAPABILITIES, ("acceptVersions", "1.0.0,1.1.2")), "VersionNegotiationFailed", 400, "acceptVersions", "1.1.2"),
    ((*CAPABILITIES, ("version", "9.9.9")), "VersionNegotiationFailed", 400, "version", "9.9.9"),
    ((*CAPABILITIES, ("sections", "Everything")), "InvalidParameterValue", 400, "sections", "Everything"),
    ((*CAPABILITIES, ("updateSequence", "8")), "InvalidUpdateSequence", 400, "updateSequence", "8"),
    ((*CAPABILITIES, ("foo", "1")), "InvalidRequest", 400, "foo", "foo"),
    (DESCRIBE, "MissingParameterValue", 400, "coverageId", "coverageId"),
    ((*DESCRIBE, ("coverageId", "")), "emptyCoverageIdList", 400, "coverageId", "coverageId"),
    ((*DESCRIBE, ("coverageId", "rgb,nix,airtemp,nux")), "NoSuchCoverage", 404, "nix,nux", "'nux'"),
    ((*DESCRIBE, ("coverageId", "rgb"), ("foo", "1")), "InvalidRequest", 400, "foo", "foo"),
    (GET, "MissingParameterValue", 400, "coverageId", "coverageId"),
    ((*GET, ("coverageId", "nix")), "NoSuchCoverage", 404, "nix", "'nix'"),
    ((*AIRTEMP, ("coverageid", "rgb")), "InvalidRequest", 400, "coverageId", "coverageId"),
    ((*AIRTEMP, ("foo", "1")), "InvalidRequest", 400, "foo", "foo"),
    ((*AIRTEMP, ("subset", "Lat")), "InvalidSubsetting", 400, "subset", "Lat"),
    ((*AIRTEMP, ("subset", "h(1)")), "InvalidAxisLabel", 404, "h", "'h'"),
    ((*AIRTEMP, ("subset", "Lat(-10)"), ("subset", "Lat(-9)")), "InvalidAxisLabel", 404, "Lat", "Lat"),
    ((*AIRTEMP, ("subset", "Lat(-10,ten)")), "InvalidSubsetting", 400, "Lat", "ten"),
    ((*AIRTEMP, ("subset", "Lat(-9,-10)")), "InvalidSubsetting", 400, "Lat", "-10"),
    ((*AIRTEMP, ("subset", "Lat(0)")), "InvalidSubsetting", 400, "Lat", "0"),
    ((*AIRTEMP, ("subset", "Long(156.3)")), "InvalidSubsetting", 400, "Long", "156.3"),
    ((*AIRTEMP, ("subset", "Long(0,100)")), "InvalidSubsetting", 400, "Long", "100"),
    ((*AIRTEMP, ("subset", "Lat,EPSG:999999(0,1)")), "SubsettingCrs-NotSupported", 404, "subset", "999999"),
    (
        (*GET, ("coverageId", "irr"), ("subset", 'ansi("2008-01-02")')),
        "InvalidSubsetting", 400, "ansi", "2008-01-02",
    ),
    (
        (*GET, ("coverageId", "irr"), ("subset", 'ansi("2008-01-02T25:00:00Z")')),
        "InvalidSubsetting", 400, "ansi", "2008-01-02T25",
    ),
    ((*AIRTEMP, ("rangeSubset", "nir")), "NoSuchField", 400, "nir", "nir"),
    ((*AIRTEMP, ("rangeSubset", "7")), "NoSuchField", 400, "7", "'7'"),
    ((*GET, ("coverageId", "rgb"), ("rangeSubset", "green:red")), "IllegalFieldSequence", 400, "green:red", "red"),
    (
        (*AIRTEMP, ("rangeSubset", "tmp"), ("rangeSubset", "tmp")),
        "Invalid RangeSubsets parameters", 400, "rangeSubset", "rangeSubset",
    ),
    ((*AIRTEMP, ("scaleAxes", "h(2)")), "ScaleAxisUndefined", 400, "h", "'h'"),
    ((*AIRTEMP, ("scaleFactor", "0")), "InvalidScaleFactor", 400, "scaleFactor", "'0'"),
    ((*AIRTEMP, ("scaleFactor", "many")), "InvalidScaleFactor", 400, "scaleFactor", "many"),
    ((*AIRTEMP, ("scaleAxes", "Lat(-2)")), "InvalidScaleFactor", 400, "Lat", "-2"),
    ((*AIRTEMP, ("scaleSize", "Lat(0)")), "InvalidScaleFactor", 400, "Lat", "'0'"),
    ((*AIRTEMP, ("scaleExtent", "Lat(9:0)")), "InvalidExtent", 400, "Lat", "9:0"),
    ((*AIRTEMP, ("scaleFactor", "2"), ("scaleSize", "Lat(2)")), "InvalidRequest", 400, "scaleSize", "scaleFactor"),
    ((*GET, ("coverageId", "irr"), ("scaleSize", "ansi(2)")), "UnsupportedCombination", 400, "ansi", "non regular"),
    (
        (
            *AIRTEMP,
            ("interpolation", "http://www.opengis.net/def/interpolation/OGC/1/cubic"),
            ("scaleFactor", "2"),
        ),
        "InterpolationMethodNotSupported", 501, "interpolation", "cubic",
    ),
    ((*AIRTEMP, ("interpolation", "magic")), "InterpolationMethodNotSupported", 501, "interpolation", "magic"),
    ((*AIRTEMP, ("subsettingCrs", "EPSG:1")), "SubsettingCrs-NotSupported", 404, "subsettingCrs", "EPSG:1"),
    ((*AIRTEMP, ("subsettingCrs", "EPSG:32633")), "SubsettingCrs-NotSupported", 404, "subsettingCrs", "32633"),
    (
        (*AIRTEMP, ("subset", "Long(12500000,12600000)"), ("subsettingCrs", "EPSG:3857")),
        "InvalidSubsetting", 400, "Long", "both",
    ),
    ((*AIRTEMP, ("outputCrs", "EPSG:1")), "OutputCrs-NotSupported", 404, "outputCrs", "EPSG:1"),
    ((*AIRTEMP, ("outputCrs", "EPSG:32633")), "OutputCrs-NotSupported", 404, "outputCrs", "32633"),
    ((*GET, ("coverageId", "eobs"), ("outputCrs", "EPSG:3857")), "UnsupportedCombination", 400, "outputCrs", "t, Lat"),
    ((*GET, ("coverageId", "pixels"), ("outputCrs", "EPSG:3857")), "UnsupportedCombination", 400, "outputCrs", "j, i"),
    ((*AIRTEMP, ("format", "image/x")), "InvalidParameterValue", 400, "format", "image/x"),
    ((*AIRTEMP, ("format", "application/x-grib2")), "InvalidParameterValue", 400, "format", "application/x-grib2"),
    ((*AIRTEMP, ("format", "image/png"), ("mediaType", "text/plain")), "InvalidMediatype", 415, "mediaType", "text"),
    ((*GET, ("coverageId", "eobs"), ("format", "image/png")), "UnsupportedCombination", 400, "", "3"),
    (
        (*AIRTEMP, ("format", "image/png"), ("geotiff:compression", "LZW")),
        "InvalidRequest", 400, "geotiff:compression", "image/png",
    ),
    ((*AIRTEMP, ("geotiff:compression", "bad")), "InvalidParameterValue", 400, "geotiff:compression", "bad"),
    ((*AIRTEMP, ("explain", "perhaps")), "InvalidParameterValue", 400, "explain", "perhaps"),
]  # fmt: skip


@pytest.mark.parametrize(("pairs", "code", "status", "locator", "named"), ERRORS)
def test_errors(
    client: Client, pairs: tuple[tuple[str, str], ...], code: str, status: int, locator: str, named: str
) -> None:
    response = client.ask(*pairs)
    root = parse_xml(body(response))
    error = root.find("ows:Exception", namespaces=NS)
    assert error is not None
    assert error.get("exceptionCode") == code
    assert response.status == status
    assert error.get("locator", "") == locator
    assert named in (error.findtext("ows:ExceptionText", namespaces=NS) or "")
    assert root.get("version") == "2.0.1"
    assert response.media_type.startswith("text/xml")


def test_a_result_beyond_the_limits_is_refused(make: Callable[..., Client]) -> None:
    client = make([airtemp()], limits=Limits(max_result_cells=1000))
    response = client.ask(*AIRTEMP)
    assert response.status == 400
    assert b"1000" in body(response)
    assert client.coverage("airtemp", ("subset", "Lat(-10,-9)"), ("subset", "Long(112,113)"))


def test_an_error_of_ours_is_reported_without_its_text(client: Client) -> None:
    report = client.service.report(Request(Params(), "http://eo.example/ows"), RuntimeError("/secret/path"))
    assert report.status == 500
    assert b"NoApplicableCode" in body(report)
    assert b"secret" not in body(report)


@pytest.mark.parametrize("version", ["2.0.0", "2.0.1", "2.0.9"])
def test_every_2_0_is_answered_as_2_0_1(client: Client, version: str) -> None:
    response = client.ask(("version", version), ("request", "describecoverage"), ("coverageId", "rgb"))
    assert response.status == 200


def test_names_of_operations_may_be_in_any_case(client: Client) -> None:
    assert client.ask(("REQUEST", "GETCAPABILITIES")).status == 200


def test_reading_may_be_denied(make: Callable[..., Client]) -> None:
    client = make([rgb(), airtemp()], hidden=["airtemp"])
    for operation in ("GetCoverage", "DescribeCoverage"):
        pairs = (("version", "2.0.1"), ("request", operation), ("coverageId", "airtemp"))
        refused = client.ask(*pairs)
        assert refused.status == 403
        assert b"AccessDenied" in body(refused)
        assert client.ask(*pairs, actor="admin").status == 200
        missing = tuple((key, value.replace("airtemp", "airtmp")) for key, value in pairs)
        assert b"'airtemp'" not in body(client.ask(*missing))
        assert b"did you mean 'airtemp'" in body(client.ask(*missing, actor="admin"))
    assert b"airtemp" not in client.get("GetCapabilities")
    assert b"airtemp" in client.get("GetCapabilities", actor="admin")


def test_the_service_comes_as_a_plugin() -> None:
    plugins = Plugins.from_modules([plugin])
    assert plugins.services["WCS"] is WebCoverageService


def test_what_is_announced_is_in_the_table() -> None:
    assert WebCoverageService.operations == ("GetCapabilities", "DescribeCoverage", "GetCoverage")
    assert [version.number for version in VERSIONS] == list(OPERATIONS)


def test_reports_are_valid(client: Client, validate_xml: ValidateXml) -> None:
    for pairs, *_ in ERRORS:
        validate_xml(body(client.ask(*pairs)))
