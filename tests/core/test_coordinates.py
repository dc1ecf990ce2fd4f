# SPDX-License-Identifier: MIT
"""Coordinates as text and as numbers."""

from __future__ import annotations

import doctest
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core import coordinates
from eoxserver.core.axes import IndexAxis, RegularAxis, Role
from eoxserver.core.coordinates import (
    coordinate_text,
    coordinate_texts,
    is_temporal,
    number_text,
    parse_coordinate,
    parse_number,
)
from eoxserver.core.crs import parse_crs
from eoxserver.core.errors import InvalidSubsetting, InvalidTime

ANSI = parse_crs("OGC/0/AnsiDate")
GEO = parse_crs("EPSG:4326")
TIME = RegularAxis("ansi", 148654.0, 1.0, 3, ANSI, "d", Role.T)
LAT = RegularAxis("Lat", 0.0, 1.0, 3, GEO, "degree", Role.Y)


def test_docstrings_hold() -> None:
    assert doctest.testmod(coordinates).failed == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (-0.0, "0"), (5.0, "5"), (-9999.0, "-9999"), (0.1 + 0.2, "0.3"), (80042.72735943, "80042.72735943"),
        (1e-7, "0.0000001"), (1.5e-5, "0.000015"), (3.3e-12, "0.0000000000033"), (123456789012345.0, "123456789012345"),
        (1e15, "1000000000000000"), (1e16, "1e+16"), (-1e300, "-1e+300"), (math.nan, "NaN"), (math.inf, "INF"),
        (-math.inf, "-INF"), (156.27499999999998, "156.275"), (-44.52499999999999, "-44.525"),
    ],
)  # fmt: skip
def test_numbers_are_written_short_and_without_noise(value: float, text: str) -> None:
    assert number_text(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_written_numbers_are_read_back(value: float) -> None:
    text = number_text(value)
    assert re.fullmatch(r"-?[0-9]+(\.[0-9]*[1-9])?(e\+[0-9]+)?", text)
    number = parse_number(text)
    assert number is not None
    assert number == pytest.approx(value, rel=1e-14)


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(0, 12))
def test_decimals_of_fifteen_digits_survive(digits: int, places: int) -> None:
    value = float(f"{digits}e-{places}")
    assert float(number_text(value)) == value


@pytest.mark.parametrize(
    ("text", "value"), [("1", 1), (" -1.5 ", -1.5), ("+.5", 0.5), ("5.", 5), ("1e3", 1000), ("1E-3", 0.001), ("007", 7)]
)
def test_numbers_are_read(text: str, value: float) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize("text", ["", ".", "1,5", "1 5", "0x10", "nan", "inf", "1e999", "--1", "1_000", "\u0661", "1e"])
def test_what_is_no_finite_number_is_none(text: str) -> None:
    assert parse_number(text) is None


def test_coordinates_of_time_axes_are_instants() -> None:
    assert coordinate_text(TIME, 148654.084259259) == "2008-01-01T02:01:20.000Z"
    assert coordinate_text(TIME, 148654.0, '"') == '"2008-01-01T00:00:00.000Z"'
    assert coordinate_text(LAT, 31.5, '"') == "31.5"
    assert coordinate_text(IndexAxis("i", 3), 2.0) == "2"
    assert is_temporal(TIME)
    assert not is_temporal(LAT)
    assert not is_temporal(IndexAxis("i", 3))


@given(st.integers(0, 86_400_000 * 400_000))
def test_written_instants_are_read_back(milliseconds: int) -> None:
    value = milliseconds / 86_400_000
    text = coordinate_text(TIME, value, '"')
    assert parse_coordinate(ANSI, text, "ansi") == pytest.approx(value, abs=1e-9)
    assert coordinate_text(TIME, parse_coordinate(ANSI, text, "ansi"), '"') == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("2008", 148654), ("148654", 148654), ("2008.0", 2008), ('"2008-01-01"', 148654), ("2008-01-01T12", 148654.5),
     ("0", 0), ("-5", -5), ("20080101", 20080101)],
)  # fmt: skip
def test_bare_numbers_on_time_axes_are_coordinates_but_years_are_years(text: str, value: float) -> None:
    assert parse_coordinate(ANSI, text, "ansi") == value


@pytest.mark.parametrize(
    ("crs", "text"),
    [(ANSI, "noon"), (ANSI, '"148654"'), (ANSI, ""), (GEO, '"2008"'), (GEO, "10E"), (None, "2008-01-01")],
)
def test_what_is_no_coordinate_is_refused_with_its_axis(crs: object, text: str) -> None:
    with pytest.raises(InvalidSubsetting, match="axis Q") as caught:
        parse_coordinate(ANSI if crs is ANSI else GEO if crs is GEO else None, text, "Q")
    assert caught.value.locator == "Q"


@given(
    st.sampled_from(["AnsiDate", "UnixTime", "JulianDate", "TruncatedJulianDate"]),
    st.lists(st.floats(-1e4, 1e4, allow_nan=False), max_size=5),
)
def test_many_instants_have_the_texts_of_each(code: str, offsets: list[float]) -> None:
    crs = parse_crs(f"OGC/0/{code}")
    scale = crs.time
    assert scale is not None
    values = np.array([scale.reference_number + 1e4 * 86_400_000 / scale.unit_milliseconds + x for x in offsets])
    axis = RegularAxis("t", 0.0, 1.0, 3, crs, "d", Role.T)
    assert coordinate_texts(axis, values) == [coordinate_text(axis, value) for value in values.tolist()]


@given(st.lists(st.floats(), max_size=5))
def test_many_numbers_have_the_texts_of_each(values: list[float]) -> None:
    assert coordinate_texts(LAT, np.array(values)) == [number_text(value) for value in values]


@pytest.mark.parametrize("value", [1e7, -1e6, math.nan, 1e300])
def test_many_instants_of_which_one_is_none(value: float) -> None:
    with pytest.raises(InvalidTime):
        coordinate_texts(TIME, np.array([148654.0, value]))
