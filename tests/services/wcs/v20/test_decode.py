# SPDX-License-Identifier: MIT
from __future__ import annotations

from dataclasses import replace

import pytest

from eoxserver.conf.schema import Ows, Settings
from eoxserver.core.crs import parse_crs
from eoxserver.core.errors import (
    EmptyCoverageIdList,
    EOxServerError,
    FormatNotSupported,
    InvalidMediaType,
    InvalidParameterValue,
    InvalidRequest,
    InvalidUpdateSequence,
    MissingParameterValue,
    OutputCrsNotSupported,
    RangeSubsetRepeated,
    SubsettingCrsNotSupported,
)
from eoxserver.core.selection import Slice, Trim
from eoxserver.query.plan import Interpolation, Size
from eoxserver.services.ows.kvp import Params
from eoxserver.services.wcs.v20.decode import (
    decode_describe_coverage,
    decode_get_capabilities,
    decode_get_coverage,
)
from eoxserver.services.wcs.v20.requests import AllAxes, DescribeCoverage, GetCoverage, RangeItem

COMMON = [("service", "WCS"), ("version", "2.0.1"), ("request", "GetCoverage"), ("coverageId", "a")]


def coverage(*pairs: tuple[str, str]) -> GetCoverage:
    return decode_get_coverage(Params([*COMMON, *pairs]))


def test_the_least_request() -> None:
    assert coverage() == GetCoverage("a")


def test_every_parameter_is_decoded() -> None:
    assert coverage(
        ("SUBSET", "Lat(1,2)"),
        ("subset", 'ansi("2008-01-02")'),
        ("rangeSubset", "b1,b3:b5"),
        ("scaleSize", "Lat(10)"),
        ("interpolation", "cubic"),
        ("subsettingCrs", "http://www.opengis.net/def/crs/EPSG/0/4326"),
        ("outputCrs", "EPSG:3857"),
        ("format", "image/tiff"),
        ("mediaType", "multipart/related"),
        ("geotiff:compression", "Deflate"),
        ("GEOTIFF:Predictor", "None"),
        ("explain", "true"),
    ) == GetCoverage(
        "a",
        subsets=(Trim("Lat", "1", "2"), Slice("ansi", "2008-01-02")),
        range_items=(RangeItem("b1"), RangeItem("b3", "b5")),
        scaling=(Size("Lat", 10),),
        interpolation=Interpolation.CUBIC,
        subsetting_crs=parse_crs("EPSG:4326"),
        output_crs=parse_crs("EPSG:3857"),
        format="image/tiff",
        multipart=True,
        encoding={"geotiff:compression": "Deflate", "geotiff:predictor": "None"},
        explain=True,
    )


def test_subsets_may_be_numbered_as_gdal_does() -> None:
    decoded = coverage(("SUBSET", "Lat(1,2)"), ("SUBSET0", 'ansi("2008-01-02")'), ("SUBSET12", "h(5)"))
    assert [subset.label for subset in decoded.subsets] == ["Lat", "ansi", "h"]


def test_subset_crs_is_an_alias() -> None:
    assert coverage(("subsetCrs", "EPSG:3857")).subsetting_crs == parse_crs("EPSG:3857")


def test_scale_factor() -> None:
    assert coverage(("SCALEFACTOR", "0.5")).scaling == AllAxes(0.5)


@pytest.mark.parametrize(
    ("pairs", "error", "locator"),
    [
        ([("foo", "1")], InvalidRequest, "foo"),
        ([("subsets", "Lat(1)")], InvalidRequest, "subsets"),
        ([("subsetx", "Lat(1)")], InvalidRequest, "subsetx"),
        ([("coverageid", "b")], InvalidRequest, "coverageId"),
        ([("format", "image/png"), ("FORMAT", "image/tiff")], InvalidRequest, "format"),
        ([("scaleFactor", "1"), ("scaleSize", "Lat(1)")], InvalidRequest, "scaleSize"),
        ([("scaleFactor", "1"), ("scalefactor", "1")], InvalidRequest, "scaleFactor"),
        ([("subsetCrs", "EPSG:3857"), ("subsettingCrs", "EPSG:3857")], InvalidRequest, "subsetCrs"),
        ([("rangeSubset", "a"), ("rangesubset", "b")], RangeSubsetRepeated, "rangeSubset"),
        ([("mediaType", "text/plain")], InvalidMediaType, "mediaType"),
        ([("mediaType", "")], MissingParameterValue, "mediaType"),
        ([("format", " ")], MissingParameterValue, "format"),
        ([("rangeSubset", "")], MissingParameterValue, "rangeSubset"),
        ([("scaleSize", "")], MissingParameterValue, "scaleSize"),
        ([("geotiff:compression", "")], MissingParameterValue, "geotiff:compression"),
        ([("explain", "yes")], InvalidParameterValue, "explain"),
        ([("subsettingCrs", "EPSG:0")], SubsettingCrsNotSupported, "subsettingCrs"),
        ([("subsetCrs", "Mars")], SubsettingCrsNotSupported, "subsetCrs"),
        ([("outputCrs", "http://www.opengis.net/def/crs/EPSG/0/1")], OutputCrsNotSupported, "outputCrs"),
    ],
)
def test_what_get_coverage_refuses(pairs: list[tuple[str, str]], error: type[EOxServerError], locator: str) -> None:
    with pytest.raises(error) as caught:
        coverage(*pairs)
    assert caught.value.locator == locator
    assert type(caught.value) is error


@pytest.mark.parametrize("pairs", [[], [("coverageId", "")], [("coverageId", " ")]])
def test_get_coverage_needs_a_coverage(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(MissingParameterValue) as caught:
        decode_get_coverage(Params([*COMMON[:3], *pairs]))
    assert caught.value.locator == "coverageId"


def test_describe_coverage_takes_a_list_and_each_name_once() -> None:
    pairs = [*COMMON[:2], ("request", "DescribeCoverage"), ("COVERAGEID", "a, b,a,,c")]
    assert decode_describe_coverage(Params(pairs)) == DescribeCoverage(("a", "b", "c"))
    assert decode_describe_coverage(Params([*pairs, ("FORMAT", "text/xml")])) == DescribeCoverage(("a", "b", "c"))


def test_general_grids_are_asked_for_in_version_2_1() -> None:
    pairs = [*COMMON[:3], ("coverageId", "a"), ("outputType", "generalgridcoverage")]
    assert decode_describe_coverage(Params(pairs), "2.1.0") == DescribeCoverage(("a",), general_grid=True)
    assert decode_get_coverage(Params(pairs), version="2.1.0") == GetCoverage("a", general_grid=True)
    assert not decode_get_coverage(Params(pairs[:-1]), version="2.1.0").general_grid
    with pytest.raises(InvalidRequest, match="outputType needs version=2.1.0") as caught:
        decode_get_coverage(Params(pairs))
    assert caught.value.locator == "outputType"


@pytest.mark.parametrize(("media_type", "json"), [("application/json", True), ("APPLICATION/GML XML", False)])
def test_formats_of_descriptions(media_type: str, json: bool) -> None:
    found = decode_describe_coverage(Params([*COMMON[:3], ("coverageId", "a"), ("format", media_type)]))
    assert found == DescribeCoverage(("a",), json=json)


@pytest.mark.parametrize(
    ("pairs", "error"),
    [
        ([], MissingParameterValue),
        ([("coverageId", "")], EmptyCoverageIdList),
        ([("coverageId", " , ")], EmptyCoverageIdList),
        ([("coverageId", "a"), ("coverageid", "b")], InvalidRequest),
        ([("coverageId", "a"), ("subset", "Lat(1)")], InvalidRequest),
        ([("coverageId", "a"), ("format", "image/tiff")], FormatNotSupported),
        ([("coverageId", "a"), ("outputType", "GeneralGridCoverage")], InvalidRequest),
        ([("coverageId", "a"), ("outputType", "Other")], InvalidParameterValue),
        ([("coverageId", "a"), ("outputType", "")], MissingParameterValue),
    ],
)
def test_what_describe_coverage_refuses(pairs: list[tuple[str, str]], error: type[EOxServerError]) -> None:
    with pytest.raises(error) as caught:
        decode_describe_coverage(Params([*COMMON[:3], *pairs]))
    assert type(caught.value) is error


def test_get_capabilities() -> None:
    pairs = [("service", "WCS"), ("request", "GetCapabilities"), ("acceptVersions", "2.0.1")]
    everything = decode_get_capabilities(Params(pairs), Settings(), 7)
    assert {"Contents", "ServiceIdentification", "ServiceMetadata"} < everything.sections
    assert (everything.media_type, everything.update_sequence, everything.current) == ("text/xml", "7", False)
    more = [*pairs, ("sections", "Contents"), ("acceptFormats", "application/xml"), ("updateSequence", "7")]
    part = decode_get_capabilities(Params([*more, ("acceptLanguages", "en")]), Settings(), 7)
    assert part.sections == frozenset({"Contents"})
    assert (part.media_type, part.current) == ("application/xml", True)
    named = replace(Settings(), ows=Ows(update_sequence="spring"))
    assert decode_get_capabilities(Params(pairs), named, 7).update_sequence == "spring"
    with pytest.raises(InvalidUpdateSequence):
        decode_get_capabilities(Params([*pairs, ("updateSequence", "8")]), Settings(), 7)
    with pytest.raises(InvalidParameterValue):
        decode_get_capabilities(Params([*pairs, ("sections", "Nonsense")]), Settings(), 7)
    with pytest.raises(InvalidRequest):
        decode_get_capabilities(Params([*pairs, ("coverageId", "a")]), Settings(), 7)
