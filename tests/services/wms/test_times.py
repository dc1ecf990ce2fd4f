# SPDX-License-Identifier: MIT
"""Dimensions: what is announced, and which positions a value picks."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.crs import parse_crs, to_number
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidDimensionValue
from eoxserver.core.util.timetools import parse_iso8601
from eoxserver.services.wms.times import (
    Span,
    ValueRange,
    axis_default,
    axis_extent,
    axis_key,
    axis_positions,
    default_position,
    matching,
    parse_spans,
    parse_values,
    span_default,
    span_extent,
)

ANSI = parse_crs("OGC/0/AnsiDate")


def moment(text: str) -> float:
    return to_number(ANSI, parse_iso8601(text))


def irregular(*times: str) -> IrregularAxis:
    return IrregularAxis("ansi", np.array([moment(t) for t in times]), crs=ANSI, unit="d", role=Role.T)


STAMPS = ("2012-01-01T09:00:00Z", "2012-01-15T10:30:20Z", "2012-02-01T00:00:00Z", "2013-06-01T00:00:00Z")
SCENES = irregular(*STAMPS)
BACKWARDS = irregular(*reversed(STAMPS))
DAILY = RegularAxis("ansi", moment("2012-01-01"), 1.0, 31, crs=ANSI, unit="d", role=Role.T)
HOURLY = RegularAxis("ansi", moment("2012-01-01"), 1 / 24, 48, crs=ANSI, unit="d", role=Role.T)
HEIGHTS = RegularAxis("h", 10.0, 5.0, 4, crs=parse_crs("EPSG:5714"), unit="metre", role=Role.Z)
PRESSURE = IrregularAxis("pressure", np.array([1000.0, 850.0, 500.0]), unit="hPa")
LEVELS = IndexAxis("level", 5, first=1)


def picked(axis: Axis, text: str, closed: bool = True) -> tuple[int, ...]:
    return axis_positions(Domain((axis,)), 0, text, axis_key(axis), closed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2012", [ValueRange("2012")]),
        ("1,2 , 3", [ValueRange("1"), ValueRange("2"), ValueRange("3")]),
        ("1/2", [ValueRange("1", "2")]),
        ("1/2/0.5", [ValueRange("1", "2")]),
        ("1/2,5/6", [ValueRange("1", "2"), ValueRange("5", "6")]),
        ("'2012-01-01'/\"2012-02-01\"", [ValueRange("2012-01-01", "2012-02-01")]),
        ('"2012-01-01T00:00:00.000Z"', [ValueRange("2012-01-01T00:00:00.000Z")]),
    ],
)
def test_values_are_singles_ranges_and_lists(text: str, expected: list[ValueRange]) -> None:
    assert list(parse_values(text, "time")) == expected


@pytest.mark.parametrize("text", ["", ",", "1,", ",1", "1/", "/1", "1//2", "1/2/3/4", '"1', '"1"2', "''"])
def test_malformed_values_are_refused(text: str) -> None:
    with pytest.raises(InvalidDimensionValue) as caught:
        parse_values(text, "dim_x")
    assert "dim_x" in caught.value.message
    assert caught.value.locator == "dim_x"


@pytest.mark.parametrize(
    ("axis", "key"), [(SCENES, "time"), (HEIGHTS, "elevation"), (PRESSURE, "dim_pressure"), (LEVELS, "dim_level")]
)
def test_each_kind_of_axis_has_its_parameter(axis: Axis, key: str) -> None:
    assert axis_key(axis) == key


@pytest.mark.parametrize(
    ("axis", "extent", "default"),
    [
        (DAILY, "2012-01-01T00:00:00Z/2012-01-31T00:00:00Z/P1D", "2012-01-31T00:00:00Z"),
        (HOURLY, "2012-01-01T00:00:00Z/2012-01-02T23:00:00Z/PT1H", "2012-01-02T23:00:00Z"),
        (SCENES, ",".join(STAMPS), STAMPS[-1]),
        (BACKWARDS, ",".join(STAMPS), STAMPS[-1]),
        (irregular("2012-01-01"), "2012-01-01T00:00:00Z", "2012-01-01T00:00:00Z"),
        (HEIGHTS, "10/25/5", "25"),
        (PRESSURE, "500,850,1000", "1000"),
        (LEVELS, "1/5/1", "5"),
    ],
)
def test_extents_and_defaults(axis: Axis, extent: str, default: str) -> None:
    assert axis_extent(axis) == extent
    assert axis_default(axis) == default


def test_a_period_that_is_no_whole_number_of_milliseconds_becomes_a_list() -> None:
    thirds = RegularAxis("t", 0.0, 1 / 3000, 4, crs=parse_crs("OGC/0/UnixTime"), unit="s", role=Role.T)
    assert axis_extent(thirds).count(",") == 3


@pytest.mark.parametrize("axis", [DAILY, HOURLY, SCENES, BACKWARDS, HEIGHTS, PRESSURE, LEVELS])
def test_every_announced_position_picks_its_own_cell(axis: Axis) -> None:
    for cell in range(axis.size):
        assert picked(axis, axis_extent(axis.cells(cell, cell + 1))) == (cell,)
    assert picked(axis, axis_default(axis)) == (default_position(axis),)


@pytest.mark.parametrize(
    ("axis", "text", "cells"),
    [
        (SCENES, "2012-01-15T10:30:20Z", (1,)),
        (SCENES, "2012-01-15T10:30:20.900Z", (1,)),
        (SCENES, "2012-01-01/2012-02-01", (0, 1, 2)),
        (SCENES, "2012-01-10/2012-01-20,2013-06-01", (1, 3)),
        (SCENES, "2013-06-01,2012-01-01T09:00:00Z,2013-06-01", (0, 3)),
        (SCENES, "2012-01-01/P1M", (0, 1, 2)),
        (BACKWARDS, "2012-01-01/2012-02-01", (3, 2, 1)),
        (DAILY, "2012-01-05", (4,)),
        (DAILY, "2012-01-30/2012-02-10", (29, 30)),
        (HEIGHTS, "12", (0,)),
        (HEIGHTS, "15/20", (1, 2)),
        (PRESSURE, "850,500", (2, 1)),
        (PRESSURE, "400/900", (2, 1)),
        (LEVELS, "2/3", (1, 2)),
    ],
)
def test_values_pick_cells_in_the_order_of_their_coordinates(axis: Axis, text: str, cells: tuple[int, ...]) -> None:
    assert picked(axis, text) == cells


def test_an_open_range_is_without_its_upper_end() -> None:
    cells = RegularAxis("dim", 0.5, 1.0, 5)
    assert picked(cells, "1/3", closed=True) == (1, 2, 3)
    assert picked(cells, "1/3", closed=False) == (1, 2)


@pytest.mark.parametrize(
    ("axis", "text"),
    [
        (SCENES, "2012-01-16"),
        (SCENES, "2012-01-15T10:30:25Z"),
        (SCENES, "2020-01-01/2021-01-01"),
        (SCENES, "2012-02-30"),
        (SCENES, "2013/2012"),
        (SCENES, "yesterday"),
        (DAILY, "2011-12-01"),
        (DAILY, "2013"),
        (HEIGHTS, "high"),
        (HEIGHTS, "99"),
        (HEIGHTS, "20/15"),
        (PRESSURE, "700"),
        (LEVELS, "0"),
        (LEVELS, "1.5"),
    ],
)
def test_values_that_are_not_there_are_refused(axis: Axis, text: str) -> None:
    with pytest.raises(InvalidDimensionValue) as caught:
        picked(axis, text)
    assert caught.value.locator == axis_key(axis)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # the parts are year, month, ...


def test_spans_of_scenes() -> None:
    assert parse_spans("2006-08-16T09:09:29Z") == (Span(utc(2006, 8, 16, 9, 9, 29), utc(2006, 8, 16, 9, 9, 29)),)
    assert parse_spans("2006-08-16/2006-08-22T10:00Z,2007") == (
        Span(utc(2006, 8, 16), utc(2006, 8, 22, 10)),
        Span(utc(2007, 1, 1), utc(2007, 12, 31, 23, 59, 59, 999000)),
    )
    assert parse_spans("2008-02")[0].end == utc(2008, 2, 29, 23, 59, 59, 999000)
    with pytest.raises(InvalidDimensionValue, match="time"):
        parse_spans("2006-13")


def test_spans_announced() -> None:
    begin, end = utc(2006, 8, 16, 9, 9, 29), utc(2006, 8, 16, 9, 12, 46)
    assert span_extent(begin, end) == "2006-08-16T09:09:29Z/2006-08-16T09:12:46Z/PT3M17S"
    assert span_default(begin, end) == "2006-08-16T09:09:29Z/2006-08-16T09:12:46Z"
    assert span_extent(begin, begin) == span_default(begin, begin) == "2006-08-16T09:09:29Z"


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.integers(0, 20))
def test_a_scene_matches_a_span_that_it_meets(a: int, b: int, c: int, d: int) -> None:
    scene = sorted((utc(2006, 1, 1 + a), utc(2006, 1, 1 + b)))
    asked = sorted((utc(2006, 1, 1 + c), utc(2006, 1, 1 + d)))
    days = set(range(min(a, b), max(a, b) + 1)) & set(range(min(c, d), max(c, d) + 1))
    assert matching([Span(asked[0], asked[1])], scene[0], scene[1]) is bool(days)


def test_ends_of_an_open_span_do_not_count() -> None:
    span = Span(utc(2006, 1, 2), utc(2006, 1, 3))
    assert matching([span], utc(2006, 1, 3), utc(2006, 1, 4), closed=True)
    assert not matching([span], utc(2006, 1, 3), utc(2006, 1, 4), closed=False)
    assert matching([span], utc(2006, 1, 2, 12), None, closed=False)
    assert not matching([span], None, None)
