# SPDX-License-Identifier: MIT
"""Whatever is asked wrongly is answered in the standard's words: code, status, locator, and what would be accepted.

Codes: OWS Common 2.0 (OGC 06-121r9) table 27, WCS 2.0.1 (OGC 09-110r4) and its extensions, WMS 1.3.0 (OGC 06-042)
table E.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from rasterio.control import GroundControlPoint
from werkzeug.test import TestResponse

from eoxserver.core.util.timetools import parse_iso8601
from tests.applications import Application, application, instance_template, raster_cells
from tests.backends.rasters import pattern, write
from tests.xmlschemas import ValidateXml, texts

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

CAPABILITIES = "service=WCS&request=GetCapabilities"
DESCRIBE = "service=WCS&version=2.0.1&request=DescribeCoverage"
COVERAGE = "service=WCS&version=2.0.1&request=GetCoverage"
RGB = f"{COVERAGE}&coverageId=rgb"
TIED = f"{COVERAGE}&coverageId=tied"
MAP = (
    "service=WMS&version=1.3.0&request=GetMap&layers=rgb&styles=&crs=EPSG:4326&bbox=40,10,45,20&width=100&height=50"
    "&format=image/png"
)


def but(**changes: str | None) -> str:
    """The good GetMap request with some values exchanged, or (None) left out."""
    pairs = {key: changes.get(key, value) for key, value in parse_qsl(MAP, keep_blank_values=True)}
    return "&".join(f"{key}={value}" for key, value in pairs.items() if value is not None)


# Request | status | code | locator | words that the text must have, separated by " / "
TABLE: tuple[tuple[str, int, str, str, str], ...] = (
    # -- service, version and operation
    ("", 400, "MissingParameterValue", "service", "'service' / WCS, WMS"),
    ("service=", 400, "MissingParameterValue", "service", "'service' / WCS, WMS"),
    ("request=GetCapabilities", 400, "MissingParameterValue", "service", "'service' / WCS, WMS"),
    ("service=WFS", 400, "InvalidParameterValue", "service", "'WFS' / WCS, WMS"),
    ("service=WCS&service=WMS", 400, "InvalidRequest", "service", "'service' / 2 times"),
    ("service=WCS", 400, "MissingParameterValue", "request", "'request'"),
    ("service=WCS&request=", 400, "MissingParameterValue", "request", "'request'"),
    ("service=WMS", 400, "MissingParameterValue", "request", "'request'"),
    ("service=WCS&request=GetMap", 501, "OperationNotSupported", "request", "'GetMap' / GetCoverage"),
    ("service=WCS&request=GetCoverages", 501, "OperationNotSupported", "request", "did you mean 'GetCoverage'?"),
    (f"{CAPABILITIES}&request=DescribeCoverage", 400, "InvalidRequest", "request", "'request' / 2 times"),
    (f"{CAPABILITIES}&version=3.0.0", 400, "VersionNegotiationFailed", "version", "3.0.0 / 2.0.1"),
    (f"{CAPABILITIES}&acceptVersions=1.1.2,9", 400, "VersionNegotiationFailed", "acceptVersions", "1.1.2, 9 / 2.0.1"),
    (f"{CAPABILITIES}&sections=Content", 400, "InvalidParameterValue", "sections", "did you mean 'Contents'?"),
    (f"{CAPABILITIES}&updateSequence=99999999999", 400, "InvalidUpdateSequence", "updateSequence", "'99999999999'"),
    (f"{CAPABILITIES}&section=All", 400, "InvalidRequest", "section", "'section' / did you mean 'sections'?"),
    ("service=WCS&request=DescribeCoverage", 400, "MissingParameterValue", "version", "'version'"),
    (f"{DESCRIBE.replace('2.0.1', '1.1.2')}", 400, "InvalidParameterValue", "version", "'1.1.2' / 2.0.1"),
    (f"{RGB.replace('2.0.1', 'two')}", 400, "InvalidParameterValue", "version", "'two' / 2.0.1"),
    ("request=GetMap", 400, "MissingParameterValue", "version", "'version'"),
    (but(version=None), 400, "MissingParameterValue", "version", "'version'"),
    (but(version="1.1.1"), 400, "InvalidParameterValue", "version", "'1.1.1' / 1.3.0"),
    (but(request="GetMaps"), 501, "OperationNotSupported", "request", "did you mean 'GetMap'?"),
    (but(request="GetFeatureInfo"), 501, "OperationNotSupported", "request", "'GetFeatureInfo' / GetMap"),
    ("request=GetFeatureInfo", 501, "OperationNotSupported", "request", "'GetFeatureInfo' / GetMap"),
    ("service=WMS&request=GetCapabilities&version=new", 400, "InvalidParameterValue", "version", "'new' / 1.3.0"),
    (
        "service=WMS&request=GetCapabilities&updateSequence=99999999999",
        400, "InvalidUpdateSequence", "updateSequence", "'99999999999'",
    ),
    # -- coverages
    (DESCRIBE, 400, "MissingParameterValue", "coverageId", "'coverageId'"),
    (f"{DESCRIBE}&coverageId=", 400, "emptyCoverageIdList", "coverageId", "'coverageId'"),
    (f"{DESCRIBE}&coverageId=,,", 400, "emptyCoverageIdList", "coverageId", "'coverageId'"),
    (f"{DESCRIBE}&coverageId=rbg", 404, "NoSuchCoverage", "rbg", "'rbg' / did you mean 'rgb'? / float, rgb, tied"),
    (f"{DESCRIBE}&coverageId=a,rgb,b", 404, "NoSuchCoverage", "a,b", "'a', 'b' / float, rgb, tied"),
    (f"{DESCRIBE}&coverageId=scenes", 404, "NoSuchCoverage", "scenes", "'scenes' / float, rgb, tied"),
    (f"{DESCRIBE}&coverageId=rgb&coverageId=float", 400, "InvalidRequest", "coverageId", "'coverageId' / 2 times"),
    (f"{DESCRIBE}&coverageId=rgb&format=text/csv", 400, "InvalidParameterValue", "format", "'text/csv' / text/xml"),
    (f"{DESCRIBE}&coverageId=rgb&subset=Lat(1)", 400, "InvalidRequest", "subset", "'subset' / coverageversion, format"),
    (COVERAGE, 400, "MissingParameterValue", "coverageId", "'coverageId'"),
    (f"{COVERAGE}&coverageId=", 400, "MissingParameterValue", "coverageId", "'coverageId'"),
    (f"{COVERAGE}&coverageId=rbg", 404, "NoSuchCoverage", "rbg", "'rbg' / did you mean 'rgb'?"),
    (f"{COVERAGE}&coverageId=rgb,float", 404, "NoSuchCoverage", "rgb,float", "'rgb,float'"),
    (f"{RGB}&coverageId=float", 400, "InvalidRequest", "coverageId", "'coverageId' / 2 times"),
    (f"{RGB}&subsets=Lat(41,42)", 400, "InvalidRequest", "subsets", "'subsets' / did you mean 'subset'?"),
    # -- subsets
    (f"{RGB}&subset=", 400, "InvalidSubsetting", "subset", "axis(low,high)"),
    (f"{RGB}&subset=Lat", 400, "InvalidSubsetting", "subset", "'Lat' / axis(low,high)"),
    (f"{RGB}&subset=Lat(", 400, "InvalidSubsetting", "subset", "'Lat(' / axis(low,high)"),
    (f"{RGB}&subset=Lat()", 400, "InvalidSubsetting", "Lat", "'Lat()' / '*'"),
    (f"{RGB}&subset=Lat(*)", 400, "InvalidSubsetting", "Lat", "'Lat(*)' / point"),
    (f"{RGB}&subset=Lat(41,42,43)", 400, "InvalidSubsetting", "Lat", "'Lat(41,42,43)' / low and high"),
    (f"{RGB}&subset=Lat(a,b)", 400, "InvalidSubsetting", "Lat", "'a' is not a number"),
    (f"{RGB}&subset=Lat(nan,42)", 400, "InvalidSubsetting", "Lat", "'nan' is not a number"),
    (f"{RGB}&subset=Lat(41,1e999)", 400, "InvalidSubsetting", "Lat", "'1e999' is not a number"),
    (f'{RGB}&subset=Lat("2001-01-01")', 400, "InvalidSubsetting", "Lat", "'2001-01-01' is not a number"),
    (f"{RGB}&subset=Lat(%00)", 400, "InvalidSubsetting", "Lat", "is not a number"),
    (f"{RGB}&subset=Lat(42,41)", 400, "InvalidSubsetting", "Lat", "42 is greater than upper bound 41"),
    (f"{RGB}&subset=Lat(50,60)", 400, "InvalidSubsetting", "Lat", "50 .. 60 / from 40 to 45"),
    (f"{RGB}&subset=Lat(50)", 400, "InvalidSubsetting", "Lat", "50 / from 40 to 45"),
    (f"{RGB}&subset=h(1,2)", 404, "InvalidAxisLabel", "h", "'h' / Lat, Long"),
    (f"{RGB}&subset=lat(41,42)", 404, "InvalidAxisLabel", "lat", "did you mean 'Lat'?"),
    (f"{RGB}&subset=i(1,2)", 404, "InvalidAxisLabel", "i", "'i' / Lat, Long"),
    (f"{RGB}&subset=Lat(41,42)&subset=Lat(41,42)", 404, "InvalidAxisLabel", "Lat", "'Lat' / twice"),
    (f"{RGB}&subset=Lat,EPSG:99999(41,42)", 404, "SubsettingCrs-NotSupported", "subset", "'EPSG:99999'"),
    (f"{RGB}&subsettingCrs=EPSG:99999", 404, "SubsettingCrs-NotSupported", "subsettingCrs", "'EPSG:99999'"),
    (f"{RGB}&subsettingCrs=EPSG:31287", 404, "SubsettingCrs-NotSupported", "subsettingCrs", "EPSG:31287 / EPSG:3857"),
    (f"{RGB}&subsettingCrs=EPSG:3857&subset=X(1,2)", 400, "InvalidSubsetting", "X", "both / Long, Lat"),
    (f"{RGB}&subsettingCrs=EPSG:3857&subsetCrs=EPSG:3857", 400, "InvalidRequest", "subsetCrs", "subsettingCrs / one"),
    # -- fields
    (f"{RGB}&rangeSubset=", 400, "MissingParameterValue", "rangeSubset", "'rangeSubset'"),
    (f"{RGB}&rangeSubset=red", 400, "NoSuchField", "red", "'red' / b1, b2, b3"),
    (f"{RGB}&rangeSubset=b1:b9", 400, "NoSuchField", "b9", "'b9' / b1, b2, b3"),
    (f"{RGB}&rangeSubset=3", 400, "NoSuchField", "3", "'3' / b1, b2, b3"),
    (f"{RGB}&rangeSubset=b1,", 400, "InvalidParameterValue", "rangeSubset", "'b1,' / b1,b3:b5"),
    (f"{RGB}&rangeSubset=b3:b1", 400, "IllegalFieldSequence", "b3:b1", "b3:b1 / b1, b2, b3"),
    (f"{RGB}&rangeSubset=b1&rangeSubset=b2", 400, "Invalid RangeSubsets parameters", "rangeSubset", "more than once"),
    # -- scaling and interpolation
    (f"{RGB}&scaleFactor=", 400, "MissingParameterValue", "scaleFactor", "'scaleFactor'"),
    (f"{RGB}&scaleFactor=0", 400, "InvalidScaleFactor", "scaleFactor", "'0' / positive"),
    (f"{RGB}&scaleFactor=-1", 400, "InvalidScaleFactor", "scaleFactor", "'-1' / positive"),
    (f"{RGB}&scaleFactor=half", 400, "InvalidScaleFactor", "scaleFactor", "'half' / positive"),
    (f"{RGB}&scaleFactor=nan", 400, "InvalidScaleFactor", "scaleFactor", "'nan' / positive"),
    (f"{RGB}&scaleFactor=1e308", 400, "InvalidScaleFactor", "Lat", "1e+308 / reasonable"),
    (f"{RGB}&scaleFactor=1e6", 400, "InvalidParameterValue", "max_result_cells", "15000000000000000 / 1000000 cells"),
    (f"{RGB}&scaleAxes=Lat", 400, "InvalidParameterValue", "scaleAxes", "'Lat' / axis(value)"),
    (f"{RGB}&scaleAxes=q(2)", 400, "ScaleAxisUndefined", "q", "'q' / Lat, Long"),
    (f"{RGB}&scaleAxes=Lat(0)", 400, "InvalidScaleFactor", "Lat", "'0' / positive"),
    (f"{RGB}&scaleAxes=Lat(2),Lat(3)", 404, "InvalidAxisLabel", "Lat", "'Lat' twice"),
    (f"{RGB}&scaleSize=q(9)", 400, "ScaleAxisUndefined", "q", "'q' / Lat, Long"),
    (f"{RGB}&scaleSize=Lat(0)", 400, "InvalidScaleFactor", "Lat", "'0' / positive integer"),
    (f"{RGB}&scaleSize=Lat(1.5)", 400, "InvalidScaleFactor", "Lat", "'1.5' / positive integer"),
    (f"{RGB}&scaleSize=Lat(9000000)", 400, "InvalidParameterValue", "max_result_cells", "9000000 / 1000000 cells"),
    (f"{RGB}&scaleExtent=q(1:5)", 400, "ScaleAxisUndefined", "q", "'q' / Lat, Long"),
    (f"{RGB}&scaleExtent=Lat(5:1)", 400, "InvalidExtent", "Lat", "'5:1' / ends before it starts"),
    (f"{RGB}&scaleExtent=Lat(5)", 400, "InvalidExtent", "Lat", "'5' / Lat(0:99)"),
    (f"{RGB}&scaleFactor=2&scaleSize=Lat(3)", 400, "InvalidRequest", "scaleSize", "scaleFactor and scaleSize"),
    (f"{RGB}&scaleFactor=2&scaleFactor=3", 400, "InvalidRequest", "scaleFactor", "'scaleFactor' / 2 times"),
    (f"{RGB}&interpolation=best", 501, "InterpolationMethodNotSupported", "interpolation", "'best' / near, bilinear"),
    (
        f"{RGB}&interpolation=cubic&scaleFactor=2",
        501, "InterpolationMethodNotSupported", "interpolation", "'cubic' / nearest-neighbor",
    ),
    # -- output
    (f"{RGB}&format=", 400, "MissingParameterValue", "format", "'format'"),
    (f"{RGB}&format=image/xyz", 400, "InvalidParameterValue", "format", "'image/xyz' / image/tiff / gml+xml"),
    (f"{RGB}&mediaType=text/plain", 415, "InvalidMediatype", "mediaType", "'text/plain' / multipart/related"),
    (f"{RGB}&outputCrs=EPSG:99999", 404, "OutputCrs-NotSupported", "outputCrs", "'EPSG:99999'"),
    (f"{RGB}&outputCrs=here", 404, "OutputCrs-NotSupported", "outputCrs", "'here' / EPSG:4326"),
    (f"{RGB}&outputCrs=EPSG:31287", 404, "OutputCrs-NotSupported", "outputCrs", "EPSG:31287 / EPSG:4326, EPSG:3857"),
    (f"{RGB}&outputCrs=EPSG:5773", 404, "OutputCrs-NotSupported", "outputCrs", "5773 / horizontal"),
    (f"{RGB}&outputCrs=EPSG:3857&subset=Lat(42)", 400, "UnsupportedCombination", "outputCrs", "two / Long"),
    (f"{RGB}&format=image/tiff&subset=Lat(42)", 400, "UnsupportedCombination", "format", "two axes / netCDF"),
    (f"{RGB}&explain=maybe", 400, "InvalidParameterValue", "explain", "'maybe' / true nor false"),
    (f"{RGB}&geotiff:compression=zip", 400, "InvalidParameterValue", "geotiff:compression", "'zip' / Deflate, LZW"),
    (f"{RGB}&geotiff:compresion=LZW", 400, "InvalidParameterValue", "geotiff:compresion", "mean 'compression'?"),
    (
        f"{RGB}&geotiff:tiling=true&geotiff:tilewidth=17",
        400, "InvalidParameterValue", "geotiff:tilewidth", "'17' / multiple of 16",
    ),
    (
        f"{RGB}&format=image/png&geotiff:compression=LZW",
        400, "InvalidRequest", "geotiff:compression", "does not apply / image/png",
    ),
    (f"{COVERAGE}&coverageId=float&format=image/jpeg", 400, "UnsupportedCombination", "format", "uint8 / float32"),
    (f"{COVERAGE}&coverageId=float&format=image/png", 400, "UnsupportedCombination", "format", "uint16 / float32"),
    # -- a grid that is tied to the Earth by points only
    (f"{TIED}&subset=Lat(1,2)", 404, "InvalidAxisLabel", "Lat", "'Lat' / i, j"),
    (f"{TIED}&subset=i(20,30)", 400, "InvalidSubsetting", "i", "20 .. 30 / from 0 to 11"),
    (f"{TIED}&subset=i(5,2)", 400, "InvalidSubsetting", "i", "5 / 2"),
    (f"{TIED}&outputCrs=EPSG:4326", 400, "UnsupportedCombination", "outputCrs", "horizontal CRS / j, i"),
    (f"{TIED}&subsettingCrs=EPSG:4326", 400, "UnsupportedCombination", "subsettingCrs", "horizontal CRS / j, i"),
    (f"{TIED}&scaleFactor=2", 400, "UnsupportedCombination", "scaleFactor", "regular axis / j, i"),
    (but(layers="tied"), 400, "InvalidRequest", "layers", "'tied' / j, i"),
    # -- layers and styles
    (but(layers=None), 400, "MissingParameterValue", "layers", "'layers'"),
    (but(layers=""), 400, "MissingParameterValue", "layers", "'layers'"),
    (but(layers="rgb,,float"), 400, "InvalidParameterValue", "layers", "empty"),
    (but(layers="rbg"), 404, "LayerNotDefined", "layers", "'rbg' / mean 'rgb'? / available: float, rgb; / scenes"),
    (but(layers="rgb,scene"), 404, "LayerNotDefined", "layers", "'scene' / did you mean 'scenes'?"),
    (f"{MAP}&layers=float", 400, "InvalidRequest", "layers", "'layers' / 2 times"),
    (but(styles=None), 400, "MissingParameterValue", "styles", "'styles' / empty"),
    (but(styles=","), 400, "InvalidParameterValue", "styles", "2 / 1"),
    (but(styles="red"), 404, "StyleNotDefined", "styles", "'red' / available: rgb"),
    # -- the map's place and size
    (but(crs=None), 400, "MissingParameterValue", "crs", "'crs'"),
    (f"{but(crs=None)}&srs=EPSG:4326", 400, "MissingParameterValue", "crs", "'crs' / 'srs'"),
    (but(crs="EPSG:99999"), 400, "InvalidCRS", "crs", "'EPSG:99999'"),
    (but(crs="here"), 400, "InvalidCRS", "crs", "'here' / EPSG:4326"),
    (but(crs="EPSG:31287"), 400, "InvalidCRS", "crs", "EPSG:31287 / EPSG:4326, EPSG:3857"),
    (but(crs="EPSG:5773"), 400, "InvalidCRS", "crs", "'EPSG:5773' / easting and northing"),
    (but(layers="scenes", crs="EPSG:31287"), 400, "InvalidCRS", "crs", "EPSG:31287 / EPSG:4326, EPSG:3857"),
    (but(bbox=None), 400, "MissingParameterValue", "bbox", "'bbox'"),
    (but(bbox="1,2,3"), 400, "InvalidParameterValue", "bbox", "3 / min1,min2,max1,max2"),
    (but(bbox="1,2,three,4"), 400, "InvalidParameterValue", "bbox", "yMax 'three'"),
    (but(bbox="1,2,3,nan"), 400, "InvalidParameterValue", "bbox", "xMax 'nan'"),
    (but(bbox="-inf,2,3,4"), 400, "InvalidParameterValue", "bbox", "yMin '-inf'"),
    (but(bbox="1,2,3,1e300"), 400, "InvalidParameterValue", "bbox", "xMax '1e300' / 1000000000000"),
    (but(bbox="45,10,40,20"), 400, "InvalidParameterValue", "bbox", "yMin 45 / yMax 40 / latitude or northing first"),
    (but(bbox="40,20,45,10"), 400, "InvalidParameterValue", "bbox", "xMin 20 / xMax 10"),
    (but(bbox="40,10,40,20"), 400, "InvalidParameterValue", "bbox", "yMin 40 / yMax 40"),
    (but(width=None), 400, "MissingParameterValue", "width", "'width'"),
    (but(width=""), 400, "MissingParameterValue", "width", "'width'"),
    (but(width="0"), 400, "InvalidParameterValue", "width", "'0' / from 1 to 4096"),
    (but(width="-3"), 400, "InvalidParameterValue", "width", "'-3' / from 1 to 4096"),
    (but(width="1.5"), 400, "InvalidParameterValue", "width", "'1.5' / from 1 to 4096"),
    (but(width="9" * 30), 400, "InvalidParameterValue", "width", f"{'9' * 30} / from 1 to 4096"),
    (but(height="4097"), 400, "InvalidParameterValue", "height", "'4097' / from 1 to 4096"),
    (but(height="high"), 400, "InvalidParameterValue", "height", "'high' / from 1 to 4096"),
    (but(height="%2B-5"), 400, "InvalidParameterValue", "height", "'+-5' / from 1 to 4096"),
    (f"{MAP}&width=5", 400, "InvalidRequest", "width", "'width' / 2 times"),
    # -- how the map looks
    (but(format=None), 400, "MissingParameterValue", "format", "'format'"),
    (but(format="image/gif"), 400, "InvalidFormat", "format", "'image/gif' / image/jpeg, image/png"),
    (but(format="png"), 400, "InvalidFormat", "format", "'png' / image/jpeg, image/png"),
    (f"{MAP}&bgcolor=red", 400, "InvalidParameterValue", "bgcolor", "'red' / 0xRRGGBB"),
    (f"{MAP}&transparent=maybe", 400, "InvalidParameterValue", "transparent", "'maybe' / true nor false"),
    (f"{MAP}&exceptions=json", 400, "InvalidParameterValue", "exceptions", "'json' / XML, INIMAGE, BLANK"),
    (f"{MAP}&interpolation=best", 400, "InvalidParameterValue", "interpolation", "'best' / bilinear / near"),
    # -- dimensions
    (f"{MAP}&time=then", 400, "InvalidDimensionValue", "time", "'then' / yyyy-MM-dd"),
    (f"{MAP}&time=2000-01-01/1990-01-01", 400, "InvalidDimensionValue", "time", "2000-01-01 / ends before it begins"),
    (f"{MAP}&time=2000,", 400, "InvalidDimensionValue", "time", "'2000,' / min/max"),
    (f"{MAP}&time=2007", 400, "InvalidDimensionValue", "time", "'2007' / 'rgb' / 2006-08-16T09:00:00Z"),
    (f"{but(layers='scenes')}&time=2007", 400, "InvalidDimensionValue", "time", "'2007' / 'scenes' / 2006-08-16"),
    (f"{MAP}&dim_pressure=3", 400, "InvalidDimensionValue", "dim_pressure", "'dim_pressure' / none"),
)  # fmt: skip


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, instance_template: Path) -> Iterator[Application]:
    """Answer an application that serves ``rgb`` (in ``scenes``), ``float`` and ``tied``."""
    folder = tmp_path_factory.mktemp("bad")
    environ = {
        "EOXS_SERVICES_LIMITS__MAX_RESULT_CELLS": "1000000",
        "EOXS_SERVICES_LIMITS__REQUEST_BODY_BYTES": "100000",
    }
    points = [
        GroundControlPoint(row, column, 10 + column / 10, 50 - row / 10 + column / 100)
        for row in (0, 8)
        for column in (0, 6, 12)
    ]
    cells = np.arange(8 * 12, dtype="uint16").reshape(1, 8, 12)
    with application(folder, instance_template, environ) as made:
        span = (parse_iso8601("2006-08-16T09:00:00Z"), parse_iso8601("2006-08-16T09:05:00Z"))
        made.register(Path(write(folder / "rgb.tif", pattern((3, 50, 100)))), collection="scenes", span=span)
        made.register(Path(write(folder / "float.tif", pattern((1, 20, 30), "float32"), nodata=-1)))
        made.register(Path(write(folder / "tied.tif", cells, bounds=None, gcps=points)))
        yield made


def check_report(
    answer: TestResponse, status: int, code: str, locator: str, words: str, validate_xml: ValidateXml
) -> None:
    assert (answer.status_code, answer.mimetype) == (status, "text/xml"), answer.text
    root = validate_xml(answer.data)
    (text,) = texts(root, "//ows:ExceptionText/text() | //ogc:ServiceException/text()")
    assert texts(root, "//@exceptionCode | //@code") == [code], text
    assert texts(root, "//@locator") == [locator], text
    for word in words.split(" / "):
        assert word in text
    assert "Traceback" not in text and len(text) < 500
    assert "ETag" not in answer.headers
    assert answer.headers["X-Request-Id"]


@pytest.mark.parametrize(("query", "status", "code", "locator", "words"), TABLE, ids=[row[0] for row in TABLE])
def test_errors_are_told(
    app: Application, validate_xml: ValidateXml, query: str, status: int, code: str, locator: str, words: str
) -> None:
    check_report(app.get(query.replace('"', "%22")), status, code, locator, words, validate_xml)
    posted = app.client.post("/ows", data=query, content_type="application/x-www-form-urlencoded")
    check_report(posted, status, code, locator, words, validate_xml)


def test_the_good_requests_of_the_table_are_good(app: Application) -> None:
    for query in (CAPABILITIES, f"{DESCRIBE}&coverageId=rgb", RGB, TIED, MAP, but(layers="scenes")):
        assert app.get(query).status_code == 200, query


@pytest.mark.parametrize("form", ["INIMAGE", "BLANK", "application/vnd.ogc.se_inimage", "application/vnd.ogc.se_blank"])
@pytest.mark.parametrize(
    ("query", "shape", "kind"),
    [
        (but(layers="rbg"), (50, 100), "image/png"),
        (but(layers="rbg", format="image/jpeg"), (50, 100), "image/jpeg"),
        (but(layers="rbg", format="image/gif"), (50, 100), "image/png"),
        (but(width="0"), (256, 256), "image/png"),
        (but(width=None, height="99999"), (256, 256), "image/png"),
        (but(bbox="1,2,3"), (50, 100), "image/png"),
        (but(version="1.1.1"), (50, 100), "image/png"),
    ],
)
def test_errors_as_pictures(app: Application, form: str, query: str, shape: tuple[int, int], kind: str) -> None:
    answer = app.get(f"{query}&exceptions={form}")
    assert (answer.status_code, answer.mimetype) == (200, kind)
    cells = raster_cells(answer.data)
    assert cells.shape[1:] == shape
    assert (np.unique(cells).size > 1) is ("inimage" in form.lower())


# -- HTTP -----------------------------------------------------------------------------------------


def test_paths_and_methods_that_there_are_not(app: Application) -> None:
    assert app.client.get("/nothing").status_code == 404
    assert app.client.get("/ows/nothing").status_code == 404
    for method in ("PUT", "DELETE", "PATCH"):
        refused = app.client.open("/ows", method=method)
        assert refused.status_code == 405 and "GET" in refused.headers["Allow"]
    assert app.client.post("/").status_code == 405


def test_bodies_that_are_no_form(app: Application, validate_xml: ValidateXml) -> None:
    huge = app.client.post(
        "/ows", data=b"service=WCS&x=" + b"y" * 200_000, content_type="application/x-www-form-urlencoded"
    )
    assert huge.status_code == 413
    for content_type in ("text/xml", "application/json", "application/octet-stream", ""):
        answer = app.client.post("/ows", data=b"\x00\xff<<>>", content_type=content_type)
        check_report(answer, 400, "MissingParameterValue", "service", "WCS, WMS", validate_xml)
    broken = app.client.post("/ows", data=b"--x\r\nbroken", content_type="multipart/form-data; boundary=x")
    assert broken.status_code == 400


@pytest.mark.parametrize(
    "query", ["service=%", "service=%zz", "service=%ff%fe", "&&&", "=", "service", "%00=%00", "a=1;b=2"]
)
def test_queries_that_are_none(app: Application, validate_xml: ValidateXml, query: str) -> None:
    answer = app.get(query)
    assert answer.status_code == 400
    validate_xml(answer.data)
