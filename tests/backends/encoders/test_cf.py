# SPDX-License-Identifier: MIT
"""Axes and CRSs as CF metadata."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import netCDF4
import numpy as np
import pyproj
import pytest

from eoxserver.backends.encoders.cf import array_order, axis_coordinates, grid_mapping, standard_name, unit_text
from eoxserver.core.axes import IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.crs import parse_crs, to_instant
from eoxserver.testing.coverages import counted, cube, image, index_image, profile


def test_y_and_x_are_written_last() -> None:
    assert array_order(cube(counted((1, 2, 3, 4))).domain) == (0, 1, 2)
    turned = cube(counted((1, 2, 3, 4))).domain
    turned = type(turned)((turned.axes[2], turned.axes[0], turned.axes[1]), turned.crs_labels)
    assert array_order(turned) == (1, 2, 0)
    assert array_order(profile(counted((1, 2))).domain) == (0,)


def test_latitude_and_longitude() -> None:
    lat, long = (axis_coordinates(axis) for axis in image(counted((1, 5, 10))).domain.axes)
    assert (lat.attributes["standard_name"], lat.attributes["units"]) == ("latitude", "degrees_north")
    assert (long.attributes["standard_name"], long.attributes["units"]) == ("longitude", "degrees_east")
    assert lat.values.tolist() == [44.5, 43.5, 42.5, 41.5, 40.5]
    assert lat.attributes["crs_uri"] == "http://www.opengis.net/def/crs/EPSG/0/4326"


def test_projected_axes_are_in_metres() -> None:
    y, x = (axis_coordinates(axis) for axis in image(counted((1, 5, 10)), crs="EPSG:32633").domain.axes)
    assert (y.attributes["standard_name"], y.attributes["units"]) == ("projection_y_coordinate", "m")
    assert (x.attributes["standard_name"], x.attributes["axis"]) == ("projection_x_coordinate", "X")


@pytest.mark.parametrize("code", ["AnsiDate", "UnixTime", "JulianDate", "TruncatedJulianDate"])
def test_times_are_those_of_the_crs(code: str) -> None:
    crs = parse_crs(f"http://www.opengis.net/def/crs/OGC/0/{code}")
    unit = crs.axes[0].unit
    numbers = np.array([148654.25, 148655.5]) * (86400 if unit == "s" else 1)
    if code == "JulianDate":
        numbers += 2305812
    found = axis_coordinates(IrregularAxis("t", numbers, crs=crs, unit=unit, role=Role.T))
    assert found.attributes["calendar"] == "proleptic_gregorian"
    dates: Any = netCDF4.num2date(found.values, found.attributes["units"], found.attributes["calendar"])
    for number, date in zip(numbers, dates, strict=True):
        assert str(date)[:19] == to_instant(crs, float(number)).strftime("%Y-%m-%d %H:%M:%S")


def test_a_time_without_units_of_cf_is_a_number() -> None:
    crs = parse_crs("http://www.opengis.net/def/crs/OGC/0/ChronometricGeologicTime")
    found = axis_coordinates(IrregularAxis("geologic", np.array([66.0, 145.0]), crs=crs, role=Role.T))
    assert found.values.tolist() == [66, 145]
    assert found.attributes["units"] == "1"


def test_heights_say_which_way_is_up() -> None:
    up = parse_crs("EPSG:5773")
    found = axis_coordinates(IrregularAxis("H", np.array([0.0, 10.0]), crs=up, unit="metre", role=Role.Z))
    assert (found.attributes["positive"], found.attributes["units"], found.attributes["axis"]) == ("up", "m", "Z")
    down = parse_crs("EPSG:5715")
    found = axis_coordinates(IrregularAxis("D", np.array([0.0, 10.0]), crs=down, unit="metre", role=Role.Z))
    assert found.attributes["positive"] == "down"


def test_index_axes_are_integers() -> None:
    found = axis_coordinates(IndexAxis("i", 3, first=5))
    assert found.values.dtype == np.int64
    assert found.values.tolist() == [5, 6, 7]
    assert axis_coordinates(index_image(counted((1, 2, 3))).domain.axes[1]).values.tolist() == [0, 1, 2]


def test_a_single_cell_has_bounds() -> None:
    for role in Role:
        bounds = axis_coordinates(RegularAxis("a", 5, -2, 1, role=role)).bounds
        assert bounds is not None and bounds.tolist() == [[6, 4]]
    assert axis_coordinates(IrregularAxis("a", np.array([5.0]))).bounds is None


def test_cells_with_an_extent_have_bounds_but_for_x_and_y() -> None:
    assert axis_coordinates(RegularAxis("x", 5, -2, 2, role=Role.X)).bounds is None
    assert axis_coordinates(RegularAxis("y", 5, -2, 2, role=Role.Y)).bounds is None
    days = RegularAxis("ansi", 10.5, 1, 3, crs=parse_crs("OGC/0/AnsiDate"), unit="d", role=Role.T)
    bounds = axis_coordinates(days).bounds
    assert bounds is not None and bounds.tolist() == [[10, 11], [11, 12], [12, 13]]
    julian = replace(days, crs=parse_crs("OGC/0/JulianDate"), origin=2_440_588.0)
    bounds = axis_coordinates(julian).bounds
    assert bounds is not None and bounds[0].tolist() == [0, 1]
    assert axis_coordinates(IrregularAxis("a", np.array([5.0, 7.0]))).bounds is None


@pytest.mark.parametrize(
    ("definition", "name"),
    [
        ("http://vocab.nerc.ac.uk/standard_name/air_temperature/", "air_temperature"),
        ("https://mmisw.org/ont/cf/parameter/air_temperature", "air_temperature"),
        ("http://www.opengis.net/def/dataType/OGC/0/float32", ""),
        ("", ""),
    ],
)
def test_standard_names(definition: str, name: str) -> None:
    assert standard_name(definition) == name


@pytest.mark.parametrize("code", ["EPSG:4326", "EPSG:3857", "EPSG:3035", "EPSG:32633"])
def test_grid_mappings_name_their_crs(code: str) -> None:
    attributes = grid_mapping(parse_crs(code))
    for key in ("crs_wkt", "spatial_ref"):
        assert pyproj.CRS.from_wkt(str(attributes[key])).to_epsg(min_confidence=20) == int(code[5:])


def test_units() -> None:
    assert (unit_text("10^0"), unit_text(""), unit_text("K")) == ("1", "1", "K")
