# SPDX-License-Identifier: MIT
"""CRSs that an administrator defines: names, texts, parameters, and what they mean to coverages that use them."""

from __future__ import annotations

import doctest
from dataclasses import replace

import pytest

from eoxserver.core.crs import (
    Definition,
    Definitions,
    Parameter,
    check_definition,
    compound_crs,
    definitions,
    parse_crs,
    parse_stored,
    same_crs,
    stored_text,
    transform_points,
)
from eoxserver.core.errors import CrsUnknown

ROOT = "http://www.opengis.net/def/crs"
LOCAL = Definition("USER", "0", "local", "+proj=tmerc +lat_0=0 +lon_0=14.5 +datum=WGS84 +type=crs")
HOURS = Definition("USER", "0", "hours", 'OGC/0/Temporal?epoch="1950-01-01"&uom="h"&label="run"')
CUBE = Definition("USER", "0", "cube", "OGC/0/AnsiDate@EPSG:4326")
LATLON = Definition("USER", "0", "latlon", "EPSG:4326")
MERIDIAN = Definition(
    "USER",
    "0",
    "meridian",
    "+proj=tmerc +lat_0=${lat} +lon_0=${lon} +datum=WGS84 +type=crs",
    (Parameter("lon"), Parameter("lat", "0")),
)
ALL = Definitions.of([LOCAL, HOURS, CUBE, LATLON, MERIDIAN])


def test_docstrings_hold() -> None:
    assert doctest.testmod(definitions).failed == 0


@pytest.mark.parametrize(
    "text",
    [
        f"{ROOT}/USER/0/local",
        "https://eo.example/rasdaman/def/crs/user/0/local",
        f"{ROOT}?authority=USER&version=0&code=local",
        "USER/0/local",
        "USER:local",
        "urn:ogc:def:crs:USER::local",
    ],
)
def test_one_crs_in_every_notation(text: str) -> None:
    crs = parse_crs(text, ALL)
    assert crs.uri == f"{ROOT}/USER/0/local"
    assert crs == parse_crs("USER:local", ALL)
    assert (crs.authority, crs.version, crs.code, crs.epsg) == ("USER", "0", "local", None)
    assert (crs.short, crs.urn) == ("USER:local", "urn:ogc:def:crs:USER::local")
    assert crs.labels == ("E", "N")
    assert crs.is_horizontal
    x, y = transform_points(parse_crs("CRS:84"), crs, 14.5, 0)
    assert [float(x), float(y)] == pytest.approx([0, 0])


def test_names_mean_nothing_without_the_definitions() -> None:
    with pytest.raises(CrsUnknown, match="USER/0/local"):
        parse_crs("USER/0/local")
    with pytest.raises(CrsUnknown, match="no CRS"):
        parse_crs("USER/0/other", ALL)


def test_any_notation_may_stand_behind_a_name() -> None:
    hours = parse_crs("USER:hours", ALL)
    assert (hours.kind, hours.labels, hours.unit_seconds) == ("temporal", ("run",), 3600)
    cube = parse_crs("USER:cube", ALL)
    assert (cube.kind, cube.labels) == ("compound", ("ansi", "Lat", "Long"))
    assert cube.horizontal == parse_crs("EPSG:4326")
    assert parse_crs("USER:latlon", ALL).to_pyproj().equals(parse_crs("EPSG:4326").to_pyproj())


def test_a_name_is_part_of_compounds_and_axes_are_renamed() -> None:
    crs = parse_crs('USER/0/hours?axis-label="h"@USER/0/local', ALL)
    assert crs.labels == ("h", "E", "N")
    assert set(crs.custom) == {HOURS, LOCAL}
    assert parse_crs(crs.uri, ALL) == crs
    assert compound_crs([crs]) == crs


def test_another_definition_is_another_crs() -> None:
    first = parse_crs("USER:local", ALL)
    other = replace(LOCAL, text=LOCAL.text.replace("14.5", "15"))
    second = parse_crs("USER:local", Definitions.of([other]))
    assert first.uri == second.uri
    assert first != second
    assert not same_crs(first, second)
    point = transform_points(first, second, 0, 0)
    assert float(point[0]) == pytest.approx(-55_660, abs=50)


@pytest.mark.parametrize(
    "text",
    [
        "USER:local",
        'USER/0/local?axis-label-1="x"',
        "OGC/0/AnsiDate@USER:local",
        'USER/0/hours?axis-label="h"@USER/0/local',
        "USER/0/meridian?lon=14&lat=3",
        "EPSG:4326",
        "OGC/0/AnsiDate@EPSG:3035",
        "+proj=moll +lon_0=7 +type=crs",
    ],
)
def test_what_is_stored_needs_no_definitions(text: str) -> None:
    crs = parse_crs(text, ALL)
    stored = stored_text(crs)
    again = parse_stored(stored)
    assert again == crs
    assert (again.labels, again.wkt, again.custom) == (crs.labels, crs.wkt, crs.custom)
    assert stored_text(again) == stored


def test_stored_text_is_not_a_notation_for_strangers() -> None:
    with pytest.raises(CrsUnknown):
        parse_crs(stored_text(parse_crs("USER:local", ALL)))


@pytest.mark.parametrize("text", ['{"crs": 1}', '{"crs": "USER:local", "definitions": [["USER"]]}', '{"crs"'])
def test_stored_text_that_is_damaged_is_refused(text: str) -> None:
    with pytest.raises(CrsUnknown, match="cannot be read"):
        parse_stored(text)


def test_parameters_take_values_of_the_url_before_defaults() -> None:
    crs = parse_crs("USER/0/meridian?lon=14.5", ALL)
    assert crs.uri == f'{ROOT}/USER/0/meridian?lon="14.5"'
    assert parse_crs(crs.uri, ALL) == crs
    point = transform_points(parse_crs("USER:local", ALL), crs, 1000, 2000)
    assert [float(v) for v in point] == [pytest.approx(1000), pytest.approx(2000)]
    assert parse_crs('USER/0/meridian?lon=14.5&lat="50"&axis-label-1="x"', ALL).labels == ("x", "N")
    assert check_definition(MERIDIAN) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("USER/0/meridian", "needs values of lon"),
        ("USER/0/meridian?lon=1&height=3", "no parameter 'height'; accepted: lon, lat, axis-label"),
        ("USER/0/meridian?lon=1]", "no value of parameter 'lon'"),
        ("USER/0/meridian?lon=abc", "PROJ cannot read"),
        ("USER/0/local?lon=1", "no parameter 'lon'"),
    ],
)
def test_wrong_parameters_are_refused(text: str, says: str) -> None:
    with pytest.raises(CrsUnknown, match=says):
        parse_crs(text, ALL)


def test_the_newest_version_stands_for_none() -> None:
    one, ten, two = (replace(LATLON, version=version) for version in ("1.1", "1.10", "1.2"))
    found = Definitions.of([one, ten, two])
    assert found.find("USER", "0", "latlon") == ten
    assert found.find("USER", "", "latlon") == ten
    assert found.find("USER", "1.1", "latlon") == one
    assert found.find("USER", "1.3", "latlon") is None
    assert parse_crs("USER:latlon", found).uri == f"{ROOT}/USER/1.10/latlon"
    assert parse_crs(parse_crs("USER/1.1/latlon", found).short, found).version == "1.1"
    assert Definitions.of([ten, two, one]) == found


@pytest.mark.parametrize("definition", [LOCAL, HOURS, CUBE, LATLON])
def test_good_definitions_are_accepted(definition: Definition) -> None:
    crs = check_definition(definition)
    assert crs is not None
    assert crs.custom == (definition,)


@pytest.mark.parametrize(
    ("wrong", "locator", "says"),
    [
        ({"authority": "EPSG"}, "authority", "fixed"),
        ({"authority": "OGC"}, "authority", "fixed"),
        ({"authority": "AUTO"}, "authority", "fixed"),
        ({"authority": "user"}, "authority", "capital"),
        ({"authority": "A/B"}, "authority", "capital"),
        ({"version": "new"}, "version", "numbers"),
        ({"code": "a b"}, "code", "letters"),
        ({"code": ""}, "code", "letters"),
        ({"text": " "}, "definition", "characters"),
        ({"text": "x" * 10_001}, "definition", "10001"),
        ({"text": "nonsense"}, "definition", "is not a CRS"),
        ({"text": "USER/0/local"}, "definition", "no CRS"),
        ({"text": "+proj=merc +nadgrids=/etc/passwd +type=crs"}, "definition", "must not name files"),
        ({"text": "EPSG:${code}"}, "code", "not among its parameters"),
        ({"parameters": (Parameter("lon", "1"),)}, "lon", "is not in its text"),
        ({"parameters": (Parameter("1"),)}, "1", "name of a parameter"),
        ({"parameters": (Parameter("axis-label"),)}, "axis-label", "name of a parameter"),
        ({"parameters": (Parameter("lon"), Parameter("lon"))}, "lon", "twice"),
        ({"parameters": (Parameter("lon", "a b"),)}, "lon", "no value"),
    ],
)
def test_bad_definitions_are_refused(wrong: dict[str, object], locator: str, says: str) -> None:
    with pytest.raises(CrsUnknown, match=says) as refused:
        check_definition(replace(LOCAL, **wrong))  # type: ignore[arg-type]  # the table names fields
    assert refused.value.locator == locator
