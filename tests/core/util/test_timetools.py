# SPDX-License-Identifier: MIT
"""Instants, intervals and durations."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.errors import InvalidParameterValue, InvalidTime
from eoxserver.core.util import timetools
from eoxserver.core.util.timetools import (
    Duration,
    Period,
    as_utc,
    from_milliseconds,
    isoformat,
    isotime,
    parse_duration,
    parse_interval,
    parse_iso8601,
    parse_period,
    to_milliseconds,
)

INSTANTS = st.datetimes(timezones=st.just(UTC))
MILLISECONDS = st.integers(to_milliseconds(datetime(1, 1, 1, tzinfo=UTC)), 253402300799999)


def utc(year: int, month: int = 1, day: int = 1, *time: int) -> datetime:
    hour, minute, second, microsecond = (*time, 0, 0, 0, 0)[:4]
    return datetime(year, month, day, hour, minute, second, microsecond, tzinfo=UTC)


def test_docstrings_hold() -> None:
    assert doctest.testmod(timetools).failed == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2014", utc(2014)),
        ("2014-05", utc(2014, 5)),
        ("2014-05-10", utc(2014, 5, 10)),
        ("2014-05-10T07", utc(2014, 5, 10, 7)),
        ("2014-05-10T07:30", utc(2014, 5, 10, 7, 30)),
        ("2014-05-10T07:30:15", utc(2014, 5, 10, 7, 30, 15)),
        ("2014-05-10T07:30:15Z", utc(2014, 5, 10, 7, 30, 15)),
        ("2014-05-10 07:30:15z", utc(2014, 5, 10, 7, 30, 15)),
        ("2014-05-10T07:30:15.5", utc(2014, 5, 10, 7, 30, 15, 500_000)),
        ("2014-05-10T07:30:15,123456Z", utc(2014, 5, 10, 7, 30, 15, 123_456)),
        ("2014-05-10T07:30:15.1234569Z", utc(2014, 5, 10, 7, 30, 15, 123_456)),
        ("2014-05-10T07:30:15+02:00", utc(2014, 5, 10, 5, 30, 15)),
        ("2014-05-10T07:30:15-0330", utc(2014, 5, 10, 11, 0, 15)),
        ("2014-05-10T07+01", utc(2014, 5, 10, 6)),
        ("2014-05-10T24:00:00", utc(2014, 5, 11)),
        ("2014-05-10T24", utc(2014, 5, 11)),
        ("2016-12-31T23:59:60Z", utc(2017)),
        ("20140510", utc(2014, 5, 10)),
        ("20140510T0730", utc(2014, 5, 10, 7, 30)),
        ("20140510T073015.25Z", utc(2014, 5, 10, 7, 30, 15, 250_000)),
        ('"2014-05-10"', utc(2014, 5, 10)),
        ("'2014'", utc(2014)),
        ('  " 2014-05 " ', utc(2014, 5)),
        ("0001", utc(1)),
        ("9999-12-31T23:59:59.999999", utc(9999, 12, 31, 23, 59, 59, 999_999)),
    ],
)
def test_instants_of_every_precision_are_read(text: str, expected: datetime) -> None:
    instant = parse_iso8601(text)
    assert instant == expected
    assert instant.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "", '""', "now", "2014-5-1", "2014-05-10T", "2014-05-10Z", "2014-05-10T7", "2014-05-10T07:30:15 +02:00",
        "2014-05-10T07:30:15+", "2014-05-10T07:30:15+0", "2014-05-10T07:30:15+02:0", "2014-05-10T07:30:15Europe/Rome",
        "2014-05-10T07:30:15+24:00", "2014-05-10T07:30:15+02:60", "2014-05-10T07:30:15.", "201405", "148654.5",
        '"2014', "'2014\"", "2014-13", "2014-02-30", "2014-05-10T25:00", "2014-05-10T07:60", "2014-05-10T07:30:61",
        "2014-05-10T24:00:01", "2014-05-10T24:00:00.5", "٢٠١٤", "2014/05/10",
    ],
)  # fmt: skip
def test_other_text_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(InvalidTime) as caught:
        parse_iso8601(text)
    assert f"'{text}'" in caught.value.message
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, InvalidParameterValue)


def test_the_accepted_forms_are_named() -> None:
    with pytest.raises(InvalidTime, match=r"yyyy-MM-dd"):
        parse_iso8601("yesterday")


@pytest.mark.parametrize(
    "text",
    ["0000", "0000-01-01", "-0044-03-15", "+12008-01-01", "12008-01-01", "-4712-01-01T12:00:00Z", "0001-01-01T00+01",
     "9999-12-31T23:59:59-01:00", "9999-12-31T24:00:00"],
)  # fmt: skip
def test_years_that_cannot_be_held_are_refused(text: str) -> None:
    with pytest.raises(InvalidTime, match=r"outside the years|year 0"):
        parse_iso8601(text)


@given(INSTANTS, st.integers(-23 * 60, 23 * 60))
def test_isoformat_of_any_zone_is_read_back(instant: datetime, minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    try:
        there = instant.astimezone(zone)
    except OverflowError:
        return
    assert parse_iso8601(there.isoformat()) == instant


@given(MILLISECONDS)
def test_milliseconds_survive_writing_and_reading(milliseconds: int) -> None:
    instant = from_milliseconds(milliseconds)
    assert to_milliseconds(instant) == milliseconds
    assert parse_iso8601(isoformat(instant)) == instant
    assert parse_iso8601(isotime(instant)) == instant


@given(INSTANTS)
def test_milliseconds_are_rounded_half_up(instant: datetime) -> None:
    rest = instant.microsecond % 1000
    exact = (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert to_milliseconds(instant) * 1000 == exact - rest + (1000 if rest >= 500 else 0)


def test_written_instants() -> None:
    instant = parse_iso8601("2008-01-01T02:01:20")
    assert isoformat(instant) == "2008-01-01T02:01:20.000Z"
    assert isotime(instant) == "2008-01-01T02:01:20Z"
    assert isotime(instant.replace(microsecond=250_000)) == "2008-01-01T02:01:20.250Z"
    assert isotime(instant.replace(microsecond=400)) == "2008-01-01T02:01:20Z"
    assert isoformat(instant.replace(microsecond=999_500)) == "2008-01-01T02:01:21.000Z"
    assert isoformat(utc(44, 3, 15)) == "0044-03-15T00:00:00.000Z"
    assert isoformat(datetime(2008, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))) == "2008-01-01T00:00:00.000Z"
    assert isotime(datetime(2008, 1, 1)) == "2008-01-01T00:00:00Z"  # noqa: DTZ001 - without a zone on purpose


def test_the_end_of_time_is_told_not_crashed_into() -> None:
    with pytest.raises(InvalidTime, match="outside the years 1 to 9999"):
        isoformat(datetime.max.replace(tzinfo=UTC))
    with pytest.raises(InvalidTime, match="outside the years 1 to 9999"):
        from_milliseconds(10**20)
    with pytest.raises(InvalidTime, match="outside the years 1 to 9999"):
        as_utc(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))))


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("2012-01-01/2012-02-01", utc(2012), utc(2012, 2)),
        ('"2012-01-01"/"2012-02-01"', utc(2012), utc(2012, 2)),
        ('"2012-01-01/2012-02-01"', utc(2012), utc(2012, 2)),
        ("2012-01-31/P1M", utc(2012, 1, 31), utc(2012, 2, 29)),
        ("P1DT12H/2012-01-03", utc(2012, 1, 1, 12), utc(2012, 1, 3)),
        ("2012/2013/P1D", utc(2012), utc(2013)),
        ("2012-05", utc(2012, 5), utc(2012, 5)),
        ("2012/2012", utc(2012), utc(2012)),
    ],
)
def test_intervals(text: str, begin: datetime, end: datetime) -> None:
    assert parse_interval(text) == (begin, end)


@pytest.mark.parametrize(
    "text",
    ["2013/2012", "2012/2013/P1D/P1D", "P1D/P1D", "2012/", "/2012", "", "2013/2012/P1D", "2012/2013/PT0S",
     "2012/2013/day", "9999-12-31/P1D", "P2Y/0001"],
)  # fmt: skip
def test_bad_intervals_are_refused(text: str) -> None:
    with pytest.raises(InvalidTime):
        parse_interval(text)


def test_periods() -> None:
    period = parse_period("2014-01-31/2014-05-01/P1M")
    assert period == Period(utc(2014, 1, 31), utc(2014, 5), Duration(months=1))
    assert [f"{i:%m-%d}" for i in period.instants()] == ["01-31", "02-28", "03-31", "04-30"]
    assert list(parse_period("2014/2014/P1D").instants()) == [utc(2014)]
    assert len(list(parse_period("9999-12-30/9999-12-31T23/P1D").instants())) == 2
    with pytest.raises(InvalidTime, match="begin/end/period"):
        parse_period("2014/2015")


@pytest.mark.parametrize(
    ("text", "months", "milliseconds"),
    [
        ("P1D", 0, 86_400_000),
        ("p1dt2h", 0, 93_600_000),
        ("P1M", 1, 0),
        ("PT1M", 0, 60_000),
        ("P1Y2M", 14, 0),
        ("P2W", 0, 1_209_600_000),
        ("PT0.0005S", 0, 1),
        ("PT1,5S", 0, 1500),
        ("P1Y2M3W4DT5H6M7.008S", 14, 25 * 86_400_000 + 5 * 3_600_000 + 6 * 60_000 + 7008),
        ("PT0S", 0, 0),
        ('"P16D"', 0, 16 * 86_400_000),
    ],
)
def test_durations(text: str, months: int, milliseconds: int) -> None:
    assert parse_duration(text) == Duration(months, milliseconds)


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "1D", "P1", "P1DT", "-P1D", "P1.5M", "P1H", "PT1D", "P1D1D", "P-1D", "P" + "9" * 40 + "D"]
)
def test_bad_durations_are_refused(text: str) -> None:
    with pytest.raises(InvalidTime, match="PnYnMnWnDTnHnMnS"):
        parse_duration(text)


def test_a_duration_is_not_negative() -> None:
    with pytest.raises(InvalidTime, match="negative"):
        Duration(months=-1)


@given(st.builds(Duration, st.integers(0, 24_000), st.integers(0, 10**12)))
def test_durations_survive_writing_and_reading(duration: Duration) -> None:
    assert parse_duration(duration.isoformat()) == duration
    assert bool(duration) == (duration.isoformat() != "PT0S")


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)), st.integers(1, 500))  # noqa: DTZ001 - hypothesis wants bounds without zone
def test_months_there_and_back_differ_by_the_missing_days_only(instant: datetime, months: int) -> None:
    duration = Duration(months=months)
    there = duration.after(instant)
    assert (there.year * 12 + there.month) - (instant.year * 12 + instant.month) == months
    back = duration.after(there, -1)
    assert timedelta() <= instant - back <= timedelta(days=3)
