# SPDX-License-Identifier: MIT
"""Numbers of time CRSs."""

from __future__ import annotations

import doctest
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.crs import TIME_UNITS, parse_crs, scales, to_instant, to_number
from eoxserver.core.errors import CrsNotSupported, InvalidTime
from eoxserver.core.util.timetools import from_milliseconds, isoformat, parse_iso8601, to_milliseconds

NAMES = ["OGC/0/AnsiDate", "OGC/0/UnixTime", "OGC/0/JulianDate", "OGC/0/TruncatedJulianDate"]
UNITS = {
    "ms": 1, "s": 1000, "min": 60000, "h": 3600000, "d": 86400000, "wk": 7 * 86400000, "a": 365.25 * 86400000,
    "a_j": 365.25 * 86400000, "a_g": 365.2425 * 86400000, "a_t": 365.24219 * 86400000, "mo": 365.25 * 86400000 / 12,
    "mo_j": 365.25 * 86400000 / 12, "mo_g": 365.2425 * 86400000 / 12, "mo_s": 29.53059 * 86400000,
}  # fmt: skip
MILLISECONDS = st.integers(to_milliseconds(datetime(1, 1, 1, tzinfo=UTC)), 253402300799999)


def test_docstrings_hold() -> None:
    assert doctest.testmod(scales).failed == 0


@pytest.mark.parametrize(
    ("text", "ansi", "unix"),
    [
        ("1601-01-01", 1, -11644473600),
        ("1950-01-01", 127470, -631152000),
        ("2008-01-01", 148654, 1199145600),
        ("2008-01-01T02:01:20Z", 148654.084259259, 1199152880),
        ("1600-12-31", 0, -11644560000),
        ("1970-01-01", 134775, 0),
    ],
)
def test_instants_as_numbers(text: str, ansi: float, unix: float) -> None:
    instant = parse_iso8601(text)
    assert to_number(parse_crs("OGC/0/AnsiDate"), instant) == pytest.approx(ansi, abs=1e-9)
    assert to_number(parse_crs("OGC/0/UnixTime"), instant) == unix
    assert to_instant(parse_crs("OGC/0/AnsiDate"), ansi) == instant
    assert to_instant(parse_crs("OGC/0/UnixTime"), unix) == instant


@pytest.mark.parametrize(
    ("name", "text", "number"),
    [
        ("OGC/0/JulianDate", "2000-01-01T12:00:00Z", 2451545.0),
        ("OGC/0/JulianDate", "1858-11-17", 2400000.5),
        ("OGC/0/TruncatedJulianDate", "1968-05-25T06:00", 1.25),
        ("OGC/0/ChronometricGeologicTime", "1950", 0.0),
        ("OGC/0/ChronometricGeologicTime", "0950-01-01", 0.001),
        ('OGC/0/Temporal?epoch="1950-01-01T00:00:00"&uom="d"', "1950-01-03T12", 2.5),
        ('OGC/0/Temporal?epoch="2000"&uom="wk"', "2000-01-15", 2.0),
        ('OGC/0/Temporal?epoch="2000-01-01T01:00:00%2B01:00"&uom="h"', "2000-01-02", 24.0),
    ],
)
def test_other_scales(name: str, text: str, number: float) -> None:
    crs = parse_crs(name)
    assert to_number(crs, parse_iso8601(text)) == pytest.approx(number, abs=1e-5 if "Geologic" in name else 1e-12)


def test_units_of_time() -> None:
    assert dict(TIME_UNITS) == UNITS
    for unit, milliseconds in UNITS.items():
        crs = parse_crs(f'OGC/0/Temporal?epoch="1970"&uom="{unit}"')
        assert crs.unit_seconds == milliseconds / 1000
        assert crs.axes[0].unit == unit
        assert to_number(crs, from_milliseconds(10**12)) == 10**12 / milliseconds


@given(MILLISECONDS, st.sampled_from(NAMES))
def test_instants_survive_at_the_millisecond(milliseconds: int, name: str) -> None:
    crs, instant = parse_crs(name), from_milliseconds(milliseconds)
    assert to_instant(crs, to_number(crs, instant)) == instant


@given(MILLISECONDS, st.sampled_from(list(UNITS)))
def test_instants_survive_in_every_unit(milliseconds: int, unit: str) -> None:
    crs, instant = parse_crs(f'OGC/0/Temporal?epoch="1950-06-01"&uom="{unit}"'), from_milliseconds(milliseconds)
    assert to_instant(crs, to_number(crs, instant)) == instant


@given(MILLISECONDS, st.sampled_from(NAMES))
def test_later_instants_have_greater_numbers(milliseconds: int, name: str) -> None:
    crs = parse_crs(name)
    if milliseconds < 253402300799999:
        assert to_number(crs, from_milliseconds(milliseconds)) < to_number(crs, from_milliseconds(milliseconds + 1))


def test_instants_are_rounded_to_milliseconds_half_up() -> None:
    unix = parse_crs("OGC/0/UnixTime")
    assert to_number(unix, parse_iso8601("1970-01-01T00:00:00.0005Z")) == 0.001
    assert to_number(unix, parse_iso8601("1970-01-01T00:00:00.0004999Z")) == 0.0
    assert to_number(unix, parse_iso8601("1969-12-31T23:59:59.9995Z")) == 0.0
    assert isoformat(to_instant(unix, 0.0005)) == "1970-01-01T00:00:00.001Z"
    assert isoformat(to_instant(unix, -0.0005)) == "1970-01-01T00:00:00.000Z"


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e12, -1e12, 1e300])
def test_numbers_beyond_the_calendar_are_refused(number: float) -> None:
    with pytest.raises(InvalidTime, match="AnsiDate"):
        to_instant(parse_crs("OGC/0/AnsiDate"), number)


def test_other_crss_have_no_instants() -> None:
    with pytest.raises(CrsNotSupported, match="not a time CRS"):
        to_number(parse_crs("EPSG:4326"), datetime(2000, 1, 1, tzinfo=UTC))
    with pytest.raises(CrsNotSupported, match="not a time CRS"):
        to_instant(parse_crs("OGC/0/AnsiDate@EPSG:4326"), 1.0)
