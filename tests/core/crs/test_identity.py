# SPDX-License-Identifier: MIT
"""Identity, axes and compounds of CRSs."""

from __future__ import annotations

import doctest
import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pyproj
import pytest

from eoxserver.core.axes import Role
from eoxserver.core.crs import Crs, compound_crs, identity, parse_crs, rename_axes, same_crs
from eoxserver.core.errors import CrsNotSupported, CrsUnknown, InvalidTime


def test_docstrings_hold() -> None:
    assert doctest.testmod(identity).failed == 0


@pytest.mark.parametrize(
    ("name", "kind", "labels", "units", "directions", "roles"),
    [
        ("EPSG:4326", "geographic", "Lat Long", "degree degree", "north east", "yx"),
        ("CRS:84", "geographic", "Long Lat", "degree degree", "east north", "xy"),
        ("EPSG:4979", "geographic", "Lat Long h", "degree degree metre", "north east up", "yxz"),
        ("EPSG:3857", "projected", "X Y", "metre metre", "east north", "xy"),
        ("EPSG:32632", "projected", "E N", "metre metre", "east north", "xy"),
        ("EPSG:32757", "projected", "E N", "metre metre", "east north", "xy"),
        ("EPSG:3035", "projected", "Y X", "metre metre", "north east", "yx"),
        ("EPSG:2180", "projected", "x y", "metre metre", "north east", "yx"),
        ("EPSG:2140", "projected", "E N", "metre metre", "east north", "xy"),
        ("EPSG:3388", "projected", "N E", "metre metre", "north east", "yx"),
        ("EPSG:32661", "projected", "N E", "metre metre", "south south", "yx"),
        ("EPSG:3031", "projected", "E N", "metre metre", "north north", "xy"),
        ("EPSG:2065", "projected", "X Y", "metre metre", "south west", "yx"),
        ("EPSG:2263", "projected", "X Y", "US_survey_foot US_survey_foot", "east north", "xy"),
        ("EPSG:4807", "geographic", "Lat Long", "grad grad", "north east", "yx"),
        ("EPSG:5773", "vertical", "H", "metre", "up", "z"),
        ("EPSG:5336", "vertical", "D", "metre", "down", "z"),
        ("EPSG:7415", "compound", "X Y H", "metre metre metre", "east north up", "xyz"),
        ("EPSG:4978", "geocentric", "X Y Z", "metre metre metre", "geocentricX geocentricY geocentricZ", "---"),
        ("OGC/0/AnsiDate", "temporal", "ansi", "d", "future", "t"),
        ("OGC/0/UnixTime", "temporal", "unix", "s", "future", "t"),
        ("OGC/0/JulianDate", "temporal", "julian", "d", "future", "t"),
        ("OGC/0/TruncatedJulianDate", "temporal", "julian", "d", "future", "t"),
        ("OGC/0/ChronometricGeologicTime", "temporal", "geologic", "Ma", "past", "t"),
        ('OGC/0/Temporal?epoch="1950"&uom="h"', "temporal", "t", "h", "future", "t"),
        ("OGC/0/Index1D", "index", "i", "GridSpacing", "indexedAxisPositive", "-"),
        ("OGC/0/Index5D", "index", "i j k l m", "GridSpacing " * 5, "indexedAxisPositive " * 5, "-----"),
        ("CRS:1", "index", "", "", "", ""),
    ],
)
def test_axes_are_those_of_the_register(
    name: str, kind: str, labels: str, units: str, directions: str, roles: str
) -> None:
    crs = parse_crs(name)
    letters = {Role.X: "x", Role.Y: "y", Role.Z: "z", Role.T: "t", Role.OTHER: "-"}
    assert crs.kind == kind
    assert [axis.label for axis in crs.axes] == labels.split()
    assert [axis.unit for axis in crs.axes] == units.split()
    assert [axis.direction for axis in crs.axes] == directions.split()
    assert "".join(letters[axis.role] for axis in crs.axes) == roles
    assert crs.yx == roles.startswith("yx")


def test_labels_of_the_plane() -> None:
    assert (parse_crs("EPSG:3035").x_label, parse_crs("EPSG:3035").y_label) == ("X", "Y")
    assert (parse_crs("OGC/0/AnsiDate@EPSG:4326").x_label, parse_crs("EPSG:2065").x_label) == ("Long", "Y")
    with pytest.raises(CrsNotSupported, match="has no x axis"):
        parse_crs("OGC/0/AnsiDate").x_label  # noqa: B018 - reading it raises


@pytest.mark.parametrize(
    ("name", "horizontal"),
    [("EPSG:4326", "EPSG:4326"), ("EPSG:4979", "EPSG:4326"), ("EPSG:7415", "EPSG:28992"), ("OGC/0/AnsiDate", None),
     ("EPSG:5773@EPSG:32632", "EPSG:32632"), ("EPSG:5773", None), ("EPSG:4978", None), ("OGC/0/Index2D", None)],
)  # fmt: skip
def test_the_plane_in_a_crs(name: str, horizontal: str | None) -> None:
    crs = parse_crs(name)
    assert crs.horizontal == (parse_crs(horizontal) if horizontal else None)
    assert crs.is_horizontal == (name == horizontal)


def test_registered_compounds_have_components_and_keep_their_code() -> None:
    crs = parse_crs("EPSG:7415")
    assert crs.uri == "http://www.opengis.net/def/crs/EPSG/0/7415"
    assert [part.epsg for part in crs.components] == [28992, 5709]
    assert crs.short == "EPSG:7415"
    assert crs.to_pyproj().to_epsg() == 7415


def test_single_crss_are_their_own_component() -> None:
    assert parse_crs("EPSG:4979").components == (parse_crs("EPSG:4979"),)


def test_the_way_to_proj() -> None:
    assert parse_crs("EPSG:3035").to_pyproj() == pyproj.CRS.from_epsg(3035)
    for name in ("OGC/0/AnsiDate", "OGC/0/Index2D", "OGC/0/AnsiDate@EPSG:4326"):
        with pytest.raises(CrsNotSupported, match="PROJ has no such CRS"):
            parse_crs(name).to_pyproj()


def test_the_same_crs_may_have_other_labels() -> None:
    ansi, day = parse_crs("OGC/0/AnsiDate"), parse_crs('OGC/0/AnsiDate?axis-label="day"')
    assert ansi != day
    assert same_crs(ansi, day)
    assert same_crs(compound_crs([day, parse_crs("EPSG:4326")]), parse_crs("OGC/0/AnsiDate@EPSG:4326"))
    assert not same_crs(parse_crs("EPSG:4326"), parse_crs("CRS:84"))
    assert not same_crs(parse_crs("EPSG:4326@OGC/0/AnsiDate"), parse_crs("OGC/0/AnsiDate@EPSG:4326"))


def test_renaming_axes_and_back() -> None:
    crs = parse_crs("OGC/0/AnsiDate@EPSG:4326")
    renamed = rename_axes(crs, ["day", "Lat", "Lon"])
    assert renamed.uri == (
        'http://www.opengis.net/def/crs-compound?1=http://www.opengis.net/def/crs/OGC/0/AnsiDate?axis-label="day"'
        '&2=http://www.opengis.net/def/crs/EPSG/0/4326?axis-label-2="Lon"'
    )
    assert renamed.yx
    assert rename_axes(renamed, crs.labels) == crs
    registered = rename_axes(parse_crs("EPSG:7415"), ["a", "b", "c"])
    assert parse_crs(registered.uri) == registered


@pytest.mark.parametrize("labels", [["y"], ["y", "x", "z"], ["y", "y"], ["y", "an x"], ["1", "x"], ["", "x"]])
def test_labels_are_unique_names(labels: list[str]) -> None:
    with pytest.raises(CrsUnknown):
        rename_axes(parse_crs("EPSG:4326"), labels)


def test_compounds() -> None:
    ansi, plane, height = (parse_crs(name) for name in ("OGC/0/AnsiDate", "EPSG:32632", "EPSG:5773"))
    both = compound_crs([ansi, plane])
    assert compound_crs([both, height]).components == (ansi, plane, height)
    assert compound_crs([plane]) is plane
    with pytest.raises(CrsUnknown, match="needs components"):
        compound_crs([])
    with pytest.raises(CrsUnknown, match="'ansi' occurs twice"):
        compound_crs([both, ansi])


def test_time_scales_of_time_crss_only() -> None:
    ansi = parse_crs("OGC/0/AnsiDate")
    assert (ansi.origin, ansi.unit_seconds, ansi.is_temporal) == (datetime(1600, 12, 31, tzinfo=UTC), 86400.0, True)
    assert parse_crs("OGC/0/UnixTime").origin == datetime(1970, 1, 1, tzinfo=UTC)
    with pytest.raises(InvalidTime, match="-4712"):
        parse_crs("OGC/0/JulianDate").origin  # noqa: B018 - reading it raises
    with pytest.raises(CrsNotSupported, match="not a time CRS"):
        parse_crs("EPSG:4326").unit_seconds  # noqa: B018 - reading it raises


def test_values_travel_between_processes() -> None:
    for name in ("EPSG:7415", 'OGC/0/AnsiDate?axis-label="day"@EPSG:4979', "CRS:1"):
        crs = parse_crs(name)
        copy: Crs = pickle.loads(pickle.dumps(crs))
        assert copy == crs
        assert hash(copy) == hash(crs)
        assert copy.axes == crs.axes
        assert copy.components == crs.components


def test_many_threads_parse_at_once() -> None:
    names = [f"EPSG:{code}" for code in range(32601, 32661)] * 3
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda name: (parse_crs(name).short, parse_crs(name).to_pyproj().to_epsg()), names))
    assert found == [(name, int(name[5:])) for name in names]
