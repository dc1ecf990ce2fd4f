# SPDX-License-Identifier: MIT
from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.crs import GRID_CRS, parse_crs
from eoxserver.core.errors import (
    EOxServerError,
    InterpolationNotSupported,
    InvalidAxisLabel,
    InvalidExtent,
    InvalidParameterValue,
    InvalidScaleFactor,
    InvalidSubsetting,
    SubsettingCrsNotSupported,
)
from eoxserver.core.selection import Slice, Subset, Trim
from eoxserver.query.plan import Extent, Factor, Interpolation, Size
from eoxserver.services.wcs.v20 import grammar
from eoxserver.services.wcs.v20.requests import AllAxes, RangeItem

INDEX2D = parse_crs("http://www.opengis.net/def/crs/OGC/0/Index2D")


@pytest.mark.parametrize(
    ("text", "subset"),
    [
        ("Long(112,113)", Trim("Long", "112", "113")),
        ("Long(112:113)", Trim("Long", "112", "113")),
        (" Lat ( -9.2 , * ) ", Trim("Lat", "-9.2", None)),
        ("Lat(*,-9.2)", Trim("Lat", None, "-9.2")),
        ("Lat(*:*)", Trim("Lat", None, None)),
        ("Lat(-10)", Slice("Lat", "-10")),
        ("Lat(1e-3)", Slice("Lat", "1e-3")),
        ('ansi("2008-01-02")', Slice("ansi", "2008-01-02")),
        ('ansi("2008-01-02","2008-01-06T12:00:00Z")', Trim("ansi", "2008-01-02", "2008-01-06T12:00:00Z")),
        ('ansi("2008-01-02":"2008-01-06")', Trim("ansi", "2008-01-02", "2008-01-06")),
        ('ansi("2008-01-02",*)', Trim("ansi", "2008-01-02", None)),
        ("ansi(2008-01-02T02:01:20.000Z)", Slice("ansi", "2008-01-02T02:01:20.000Z")),
        ("ansi(2008-01-02T02:01)", Slice("ansi", "2008-01-02T02:01")),
        ("ansi(2008-01-02T02:01:20+01:00)", Slice("ansi", "2008-01-02T02:01:20+01:00")),
        (
            "ansi(2008-01-02T02:01:20Z,2008-01-03T02:01:20Z)",
            Trim("ansi", "2008-01-02T02:01:20Z", "2008-01-03T02:01:20Z"),
        ),
        (
            "ansi(2008-01-02T02:01:20Z:2008-01-03T02:01:20Z)",
            Trim("ansi", "2008-01-02T02:01:20Z", "2008-01-03T02:01:20Z"),
        ),
        ("ansi(2008:2010)", Trim("ansi", "2008", "2010")),
        ("ansi(148654,148656)", Trim("ansi", "148654", "148656")),
        ('h("5")', Slice("h", "5")),
        ("Lat(north)", Slice("Lat", "north")),
        ("i,http://www.opengis.net/def/crs/OGC/0/Index2D(0,9)", Trim("i", "0", "9", INDEX2D)),
        ("E,http://www.opengis.net/def/crs/OGC/0/CRS:1(0:9)", Trim("E", "0", "9", GRID_CRS)),
        ("E,CRS:1(3)", Slice("E", "3", GRID_CRS)),
        ("ansi,http://www.opengis.net/def/crs/OGC/0/CRS:1(1)", Slice("ansi", "1", GRID_CRS)),
        ("Lat,EPSG:3857(1,2)", Trim("Lat", "1", "2", parse_crs("EPSG:3857"))),
        ("Lat,urn:ogc:def:crs:EPSG::3857(1,2)", Trim("Lat", "1", "2", parse_crs("EPSG:3857"))),
    ],
)
def test_subsets(text: str, subset: Subset) -> None:
    assert grammar.subset(text) == subset


@pytest.mark.parametrize(
    ("text", "locator"),
    [
        ("", "subset"),
        ("Lat", "subset"),
        ("(1,2)", "subset"),
        ("Lat(1,2", "subset"),
        ("Lat(1,2)x", "subset"),
        ("Lat(1,2),Long(3,4)", "subset"),
        ("Lat()", "Lat"),
        ("Lat(1,2,3)", "Lat"),
        ("Lat(1:2:3)", "Lat"),
        ("Lat(,)", "Lat"),
        ("Lat(1,)", "Lat"),
        ('Lat("")', "Lat"),
        ("Lat(*)", "Lat"),
        ('ansi("2008-01-01)', "ansi"),
    ],
)
def test_subsets_that_cannot_be_read(text: str, locator: str) -> None:
    with pytest.raises(InvalidSubsetting) as caught:
        grammar.subset(text)
    assert caught.value.locator == locator
    assert text in caught.value.message


def test_the_crs_of_a_subset_must_be_known() -> None:
    with pytest.raises(SubsettingCrsNotSupported, match="999999"):
        grammar.subset("Lat,http://www.opengis.net/def/crs/EPSG/0/999999(1,2)")


numbers = st.floats(allow_nan=False, allow_infinity=False).map(repr)
instants = st.datetimes().map(lambda value: f'"{value.isoformat()}Z"')
bounds = st.one_of(numbers, instants, st.just("*"))


@given(bounds, bounds, st.sampled_from(",:"))
def test_every_pair_of_bounds_is_read_with_either_separator(low: str, high: str, separator: str) -> None:
    def plain(bound: str) -> str | None:
        return None if bound == "*" else bound.strip('"')

    assert grammar.subset(f"t({low}{separator}{high})") == Trim("t", plain(low), plain(high))


@given(st.text())
def test_any_text_is_a_subset_or_an_error_of_ours(text: str) -> None:
    for read in (
        grammar.subset,
        grammar.range_subset,
        grammar.scale_factor,
        grammar.scale_axes,
        grammar.scale_size,
        grammar.scale_extent,
        grammar.interpolation,
    ):
        with suppress(EOxServerError):
            read(text)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("b1", [RangeItem("b1")]),
        ("b1, b3:b5 ,0", [RangeItem("b1"), RangeItem("b3", "b5"), RangeItem("0")]),
    ],
)
def test_range_subsets(text: str, items: list[RangeItem]) -> None:
    assert grammar.range_subset(text) == tuple(items)


@pytest.mark.parametrize("text", ["", "b1,", ":b2", "b1:", ",", "b1,,b2"])
def test_range_subsets_that_cannot_be_read(text: str) -> None:
    with pytest.raises(InvalidParameterValue) as caught:
        grammar.range_subset(text)
    assert caught.value.locator == "rangeSubset"


def test_scales() -> None:
    assert grammar.scale_factor("0.5") == AllAxes(0.5)
    assert grammar.scale_axes("Lat(2),Long(0.5)") == (Factor("Lat", 2), Factor("Long", 0.5))
    assert grammar.scale_size(" Lat ( 10 ) , Long(20)") == (Size("Lat", 10), Size("Long", 20))
    assert grammar.scale_extent("Lat(0:9),Long(-5,5)") == (Extent("Lat", 0, 9), Extent("Long", -5, 5))


@pytest.mark.parametrize("text", ["0", "-1", "x", "", "nan", "inf"])
def test_a_scale_factor_is_a_positive_number(text: str) -> None:
    with pytest.raises(InvalidScaleFactor) as caught:
        grammar.scale_factor(text)
    assert caught.value.locator == "scaleFactor"
    with pytest.raises(InvalidScaleFactor) as caught:
        grammar.scale_axes(f"Long(1),Lat({text})")
    assert caught.value.locator == "Lat"


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", ""])
def test_a_size_is_a_positive_integer(text: str) -> None:
    with pytest.raises(InvalidScaleFactor) as caught:
        grammar.scale_size(f"Lat({text})")
    assert caught.value.locator == "Lat"


@pytest.mark.parametrize("text", ["9:0", "1", "0:1:2", "a:b", "0:1.5", ""])
def test_an_extent_is_two_integers_in_order(text: str) -> None:
    with pytest.raises(InvalidExtent) as caught:
        grammar.scale_extent(f"Lat({text})")
    assert caught.value.locator == "Lat"


@pytest.mark.parametrize("text", ["", "Lat", "Lat(1)Long(2)", "Lat(1),", "(1)", "Lat(1),Long"])
def test_scales_that_cannot_be_read(text: str) -> None:
    with pytest.raises(InvalidParameterValue) as caught:
        grammar.scale_size(text)
    assert caught.value.locator == "scaleSize"


def test_no_axis_is_scaled_twice() -> None:
    with pytest.raises(InvalidAxisLabel) as caught:
        grammar.scale_axes("Lat(1),Long(2),Lat(3)")
    assert caught.value.locator == "Lat"


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("http://www.opengis.net/def/interpolation/OGC/1.0/nearest-neighbor", Interpolation.NEAREST),
        ("http://www.opengis.net/def/interpolation/OGC/1/nearest-neighbor", Interpolation.NEAREST),
        ("http://www.opengis.net/def/interpolation/OGC/1/cubic", Interpolation.CUBIC),
        ("near", Interpolation.NEAREST),
        ("Nearest", Interpolation.NEAREST),
        ("linear", Interpolation.BILINEAR),
        ("bilinear", Interpolation.BILINEAR),
        ("cubicspline", Interpolation.CUBIC_SPLINE),
        ("med", Interpolation.MEDIAN),
        ("q3", Interpolation.Q3),
    ],
)
def test_interpolation_methods(text: str, method: Interpolation) -> None:
    assert grammar.interpolation(text) is method


@pytest.mark.parametrize("text", ["best", "http://www.opengis.net/def/interpolation/OGC/1/best", "http://x/near"])
def test_unknown_interpolation_methods(text: str) -> None:
    with pytest.raises(InterpolationNotSupported) as caught:
        grammar.interpolation(text)
    assert caught.value.locator == "interpolation"
    assert text in caught.value.message
