# SPDX-License-Identifier: MIT
"""Key-value pairs of WMS 1.3.0 as values, and every way they can be wrong."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from eoxserver.core.errors import (
    CrsNotSupported,
    CrsUnknown,
    EOxServerError,
    FormatNotSupported,
    InvalidBounds,
    InvalidParameterValue,
    InvalidRequest,
    MissingParameterValue,
)
from eoxserver.query.plan import Interpolation
from eoxserver.services.ows.kvp import Params
from eoxserver.services.wms.requests import ErrorForm, MapRequest
from eoxserver.services.wms.v13.decode import decode_error_form, decode_get_map

OFFERED = ("image/png", "image/jpeg")
GOOD = "version=1.3.0&layers=a,b&styles=&crs=EPSG:4326&bbox=-44.5,112,-9,156.25&width=300&height=200&format=image/png"


def params(query: str, **changes: str | None) -> Params:
    pairs = dict(parse_qsl(query, keep_blank_values=True))
    for key, value in changes.items():
        if value is None:
            pairs.pop(key, None)
        else:
            pairs[key] = value
    return Params(pairs.items())


def decode(**changes: str | None) -> MapRequest:
    return decode_get_map(params(GOOD, **changes), OFFERED, 4096, 2048)


def test_a_whole_request() -> None:
    request = decode()
    assert request.layers == ("a", "b")
    assert request.styles == ("", "")
    assert request.crs.epsg == 4326
    assert request.bounds == (112.0, -44.5, 156.25, -9.0), "latitude stands first in EPSG:4326"
    assert (request.width, request.height) == (300, 200)
    assert request.media_type == "image/png"
    assert (request.transparent, request.background) == (False, (255, 255, 255))
    assert request.interpolation is Interpolation.NEAREST
    assert request.dimensions == ()
    assert not request.explain


def test_equal_requests_are_one_key() -> None:
    assert len({decode(), decode(random="1"), decode(random="2"), decode(width="301")}) == 2


@pytest.mark.parametrize(
    ("crs", "bounds"),
    [
        ("CRS:84", (-44.5, 112.0, -9.0, 156.25)),
        ("EPSG:3857", (-44.5, 112.0, -9.0, 156.25)),
        ("EPSG:3035", (112.0, -44.5, 156.25, -9.0)),
        ("http://www.opengis.net/def/crs/EPSG/0/4326", (112.0, -44.5, 156.25, -9.0)),
    ],
)
def test_boxes_follow_the_axis_order_of_their_crs(crs: str, bounds: tuple[float, ...]) -> None:
    assert decode(crs=crs).bounds == bounds


def test_options() -> None:
    request = decode(
        transparent="TRUE", bgcolor="0xFF8000", interpolation="Bilinear", explain="true", format="IMAGE/JPEG",
        styles="a,", time="2012", DIM_Pressure="20,30", elevation="", exceptions="inimage",
    )  # fmt: skip
    assert request.transparent
    assert request.background == (255, 128, 0)
    assert request.interpolation is Interpolation.BILINEAR
    assert request.explain
    assert request.media_type == "image/jpeg"
    assert request.styles == ("a", "")
    assert request.dimensions == (("dim_pressure", "20,30"), ("time", "2012"))


@pytest.mark.parametrize("key", ["layers", "styles", "crs", "bbox", "width", "height", "format"])
def test_each_mandatory_parameter_is_missed(key: str) -> None:
    with pytest.raises(MissingParameterValue) as caught:
        decode(**{key: None})
    assert caught.value.locator == key


@pytest.mark.parametrize(
    ("key", "value", "error", "words"),
    [
        ("layers", "a,,b", InvalidParameterValue, "empty"),
        ("styles", "x", InvalidParameterValue, "1 given for 2 layers"),
        ("crs", "EPSG:999999", CrsUnknown, "999999"),
        ("crs", "nonsense", CrsUnknown, "nonsense"),
        ("crs", "OGC/0/AnsiDate", CrsNotSupported, "AnsiDate"),
        ("bbox", "1,2,3", InvalidBounds, "3 numbers"),
        ("bbox", "1,2,3,4,5", InvalidBounds, "5 numbers"),
        ("bbox", "a,2,3,4", InvalidBounds, "yMin 'a'"),
        ("bbox", "1,,3,4", InvalidBounds, "xMin ''"),
        ("bbox", "1,2,nan,4", InvalidBounds, "yMax 'nan'"),
        ("bbox", "1,2,3,1e999", InvalidBounds, "xMax '1e999'"),
        ("bbox", "1,2,3,1e308", InvalidBounds, "xMax '1e308' is no place on the Earth"),
        ("bbox", "-1.1e12,2,3,4", InvalidBounds, "accepted: numbers from -1000000000000 to 1000000000000"),
        ("bbox", "3,2,1,4", InvalidBounds, "yMin 3 is not less than yMax 1"),
        ("bbox", "1,4,3,4", InvalidBounds, "xMin 4 is not less than xMax 4"),
        ("width", "0", InvalidParameterValue, "from 1 to 4096"),
        ("width", "-3", InvalidParameterValue, "-3"),
        ("height", "2049", InvalidParameterValue, "from 1 to 2048"),
        ("height", "99999999999999999999", InvalidParameterValue, "2048"),
        ("height", "2.5", InvalidParameterValue, "2.5"),
        ("format", "image/gif", FormatNotSupported, "image/png"),
        ("transparent", "maybe", InvalidParameterValue, "maybe"),
        ("bgcolor", "red", InvalidParameterValue, "0xRRGGBB"),
        ("interpolation", "magic", InvalidParameterValue, "lanczos"),
        ("exceptions", "html", InvalidParameterValue, "INIMAGE"),
    ],
)
def test_bad_values_are_named(key: str, value: str, error: type[EOxServerError], words: str) -> None:
    with pytest.raises(error) as caught:
        decode(**{key: value})
    assert type(caught.value) is error
    assert words in caught.value.message


def test_the_old_name_of_crs_is_pointed_out() -> None:
    with pytest.raises(MissingParameterValue, match="not 'srs'"):
        decode(crs=None, srs="EPSG:4326")


def test_doubled_parameters_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="width"):
        decode_get_map(Params([*parse_qsl(GOOD, keep_blank_values=True), ("WIDTH", "4")]), OFFERED, 4096, 4096)


def form(query: str) -> ErrorForm:
    return decode_error_form(Params(parse_qsl(query, keep_blank_values=True)), OFFERED, 4096, 4096)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ErrorForm()),
        ("exceptions=XML&width=10&height=10", ErrorForm()),
        ("exceptions=nonsense", ErrorForm()),
        ("exceptions=blank&exceptions=inimage", ErrorForm()),
        ("exceptions=BLANK&width=10&height=20&format=image/jpeg", ErrorForm("blank", 10, 20, "image/jpeg")),
        ("exceptions=application/vnd.ogc.se_inimage&width=x&height=20", ErrorForm("inimage")),
        ("exceptions=inimage&width=99999&height=20&format=image/gif", ErrorForm("inimage")),
        (
            "exceptions=blank&width=1&height=1&transparent=true&bgcolor=0x000001",
            ErrorForm("blank", 1, 1, "image/png", True, (0, 0, 1)),
        ),
        ("exceptions=blank&width=1&height=1&transparent=true&bgcolor=blue", ErrorForm("blank", 1, 1)),
    ],
)
def test_the_form_of_errors_is_read_from_whatever_is_usable(query: str, expected: ErrorForm) -> None:
    assert form(query) == expected
