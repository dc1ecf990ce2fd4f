# SPDX-License-Identifier: MIT
"""Times of scenes, from rasters and from names."""

from __future__ import annotations

import pytest

from eoxserver.core.errors import InvalidParameterValue, RegistrationRefused
from eoxserver.core.util.timetools import isotime
from eoxserver.resources.coverages.registration.times import NamePattern, parse_span, raster_span


@pytest.mark.parametrize(
    ("metadata", "begin", "end", "why"),
    [
        (
            {"MPH_SENSING_START": "31-MAR-2005 07:59:36.409059", "MPH_SENSING_STOP": "31-MAR-2005 08:00:36.342970"},
            "2005-03-31T07:59:36.409Z",
            "2005-03-31T08:00:36.343Z",
            "MPH_SENSING_START, MPH_SENSING_STOP of the raster",
        ),
        (
            {"TIFFTAG_DATETIME": "2006:08:16 09:09:29"},
            "2006-08-16T09:09:29Z",
            "2006-08-16T09:09:29Z",
            "TIFFTAG_DATETIME of the raster",
        ),
        (
            {"NC_GLOBAL#time_coverage_start": "2014-11-01", "NC_GLOBAL#time_coverage_end": "2014-11-30T23:59:59Z"},
            "2014-11-01T00:00:00Z",
            "2014-11-30T23:59:59Z",
            "NC_GLOBAL#time_coverage_start, NC_GLOBAL#time_coverage_end of the raster",
        ),
        (
            {"TIFFTAG_DATETIME": "2006:08:16 09:09:29", "time_coverage_start": "2006-08-15"},
            "2006-08-15T00:00:00Z",
            "2006-08-15T00:00:00Z",
            "time_coverage_start of the raster",
        ),
    ],
)
def test_times_of_a_raster(metadata: dict[str, str], begin: str, end: str, why: str) -> None:
    span = raster_span(metadata)
    assert span is not None
    assert (isotime(span.begin), isotime(span.end), span.why) == (begin, end, why)


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"AREA_OR_POINT": "Area"},
        {"TIFFTAG_DATETIME": "0000:00:00 00:00:00"},
        {"TIFFTAG_DATETIME": "yesterday"},
        {"MPH_SENSING_START": "31-MAI-2005 07:59:36"},
        {"time_coverage_start": "2006-08-15", "time_coverage_end": "2005-08-15"},
    ],
)
def test_what_cannot_be_read_as_a_time_is_none(metadata: dict[str, str]) -> None:
    assert raster_span(metadata) is None


@pytest.mark.parametrize(
    ("pattern", "name", "begin", "end"),
    [
        (r"_(\d{6})\.", "sm_201411.tif", "2014-11-01T00:00:00Z", "2014-11-30T23:59:59Z"),
        (r"\d{4}", "ndvi_2016.tif", "2016-01-01T00:00:00Z", "2016-12-31T23:59:59Z"),
        (r"\d{4}-\d\d-\d\d", "a.2016-02-29.tif", "2016-02-29T00:00:00Z", "2016-02-29T23:59:59Z"),
        (r"(?P<time>\d{8}T\d{6})", "S2_20200712T101031_x.tif", "2020-07-12T10:10:31Z", "2020-07-12T10:10:31Z"),
        (r"(?P<time>\d{8}_\d{6})", "S2_20200712_101031_x.tif", "2020-07-12T10:10:31Z", "2020-07-12T10:10:31Z"),
        (r"(?P<begin>\d{8})_(?P<end>\d{8})", "m_20200701_20200710.tif", "2020-07-01T00:00:00Z", "2020-07-10T23:59:59Z"),
        (r"\d{4}", "last_9999.tif", "9999-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
        (r"\d{6}", "m_201602.tif", "2016-02-01T00:00:00Z", "2016-02-29T23:59:59Z"),
    ],
)
def test_times_in_a_name(pattern: str, name: str, begin: str, end: str) -> None:
    span = NamePattern(pattern).span(name)
    assert (isotime(span.begin), isotime(span.end)) == (begin, end)


@pytest.mark.parametrize(
    ("pattern", "name", "message"),
    [
        (r"_(\d{6})\.", "sm.tif", "finds no time in the name sm.tif"),
        (r"\d{8}", "sm_20141399.tif", "is not a date"),
        (r"\d{6}", "sm_201413.tif", "is not a date"),
        (r"[a-z]+", "sm.tif", "'sm' in the name sm.tif is not a date"),
        (r"(?P<begin>\d{4})_(?P<end>\d{4})", "2015_2014", "end before they begin"),
    ],
)
def test_a_name_without_a_time_is_refused(pattern: str, name: str, message: str) -> None:
    with pytest.raises(RegistrationRefused, match=message):
        NamePattern(pattern).span(name)


def test_a_broken_pattern_is_refused_at_once() -> None:
    with pytest.raises(InvalidParameterValue, match="not a regular expression"):
        NamePattern("(")


def test_a_span_in_words() -> None:
    begin, end = parse_span("2014-11-01/2014-11-30")
    assert (isotime(begin), isotime(end)) == ("2014-11-01T00:00:00Z", "2014-11-30T00:00:00Z")
    with pytest.raises(InvalidParameterValue, match="time: 'soon'"):
        parse_span("soon")
