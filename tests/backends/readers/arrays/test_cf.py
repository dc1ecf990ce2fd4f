# SPDX-License-Identifier: MIT
"""What netCDF files mean: axes, CRSs, times, fields."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from eoxserver.backends.readers.arrays.cf import ArrayCube, array_cubes
from eoxserver.backends.readers.arrays.files import read_arrays
from eoxserver.core.axes import IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.coordinates import coordinate_text
from eoxserver.core.crs import parse_crs
from eoxserver.core.errors import DataUnavailable
from eoxserver.core.fields import NilValue
from tests.backends.readers.arrayfiles import Variable, cube, write_netcdf


def only(folder: Path, variables: dict[str, Variable], **given: Any) -> ArrayCube:
    """The only cube of a file of these variables."""
    (found,) = array_cubes(read_arrays(str(write_netcdf(folder / "a.nc", variables))), **given)
    return found


def with_coordinates(values: Any, units: str, **attributes: str) -> dict[str, Variable]:
    """The cube with other coordinates in the place of times."""
    given = np.array(values)
    found = cube(times=range(len(given)))
    return {**found, "time": Variable(["time"], given, {"units": units, **attributes})}


@pytest.mark.parametrize("falling", [True, False])
def test_latitudes_and_longitudes_are_regular(tmp_path: Path, falling: bool) -> None:
    domain = only(tmp_path, cube(falling=falling)).domain
    lat, long = domain.axis("Lat"), domain.axis("Long")
    assert isinstance(lat, RegularAxis)
    assert (lat.origin, lat.step) == ((41.5, -0.5) if falling else (40, 0.5))
    assert domain.labels == ("time", "Lat", "Long")
    assert domain.horizontal_bounds == (9.75, 39.75, 12.25, 41.75)
    assert domain.crs is not None
    assert domain.crs.uri.count("AnsiDate") == 1
    assert long.crs == parse_crs("EPSG:4326")


def test_coordinates_of_32_bits_are_the_decimals_that_were_meant(tmp_path: Path) -> None:
    variables = cube()
    steps = (0.1 * np.arange(4) - 9.05).astype("f4")
    lat = only(tmp_path, {**variables, "lat": replace(variables["lat"], values=steps)}).domain.axis("Lat")
    assert isinstance(lat, RegularAxis)
    assert (lat.origin, round(lat.step, 9)) == (-9.05, 0.1)


@pytest.mark.parametrize(
    ("values", "units", "calendar", "texts"),
    [
        ([0, 1, 5], "days since 2000-01-01", "standard", "2000-01-01T00 2000-01-02T00 2000-01-06T00"),
        ([0, 36, 48], "hours since 2000-01-01 12:00:00", "", "2000-01-01T12 2000-01-03T00 2000-01-03T12"),
        ([-1, 60, 3600], "seconds since 1970-1-1", "gregorian", "1969-12-31T23:59:59 1970-01-01T00:01 1970-01-01T01"),
        ([730121, 730122, 730124], "days since 1-1-1", "standard", "2000-01-01T00 2000-01-02T00 2000-01-04T00"),
        ([730119, 730120, 730122], "days since 1-1-1", "proleptic_gregorian", "2000-01-01 2000-01-02 2000-01-04"),
        ([0, 1, 3], "weeks since 2000-01-01T00:00:00Z", "standard", "2000-01-01T00 2000-01-08T00 2000-01-22T00"),
    ],
)
def test_times(tmp_path: Path, values: list[int], units: str, calendar: str, texts: str) -> None:
    given = {"calendar": calendar} if calendar else {}
    axis = only(tmp_path, with_coordinates(values, units, **given)).domain.axes[0]
    assert isinstance(axis, IrregularAxis)
    assert axis.role is Role.T
    found = [coordinate_text(axis, one) for one in axis.coefficients]
    assert [text.startswith(start) for text, start in zip(found, texts.split(), strict=True)] == [True] * 3, found


def test_even_times_are_a_regular_axis(tmp_path: Path) -> None:
    axis = only(tmp_path, cube(times=(0, 6, 12, 18), units="hours since 2000-01-01")).domain.axes[0]
    assert isinstance(axis, RegularAxis)
    assert (axis.step, axis.size, axis.label) == (0.25, 4, "time")


@pytest.mark.parametrize(("units", "calendar"), [("days since 2000-01-01", "360_day"), ("months since 2000-01-01", "")])
def test_times_that_are_none_of_ours_are_numbers(tmp_path: Path, units: str, calendar: str) -> None:
    given = {"calendar": calendar} if calendar else {}
    axis = only(tmp_path, with_coordinates([0, 1, 5], units, **given)).domain.axes[0]
    assert isinstance(axis, IrregularAxis)
    assert axis.role is Role.OTHER
    assert axis.coefficients.tolist() == [0, 1, 5]
    assert axis.crs == parse_crs('OGC/0/Index1D?axis-label="time"')


def test_heights_and_dimensions_without_coordinates(tmp_path: Path) -> None:
    found = cube()
    values = np.zeros((2, 3, 4, 5), "f4")
    levels = Variable(["level"], np.array([1000.0, 850.0, 500.0]), {"units": "hPa", "positive": "down"})
    variables = {"lat": found["lat"], "lon": found["lon"], "level": levels}
    domain = only(tmp_path, {**variables, "t": Variable(["member", "level", "lat", "lon"], values)}).domain
    member, level = domain.axes[:2]
    assert member == IndexAxis("member", 2, crs=parse_crs('OGC/0/Index1D?axis-label="member"'))
    assert isinstance(level, IrregularAxis)
    assert (level.role, level.unit, level.coefficients.tolist()) == (Role.Z, "hPa", [1000, 850, 500])


def test_variables_of_one_grid_are_fields(tmp_path: Path) -> None:
    variables = cube(names="ab")
    variables["b"] = replace(
        variables["b"],
        attributes={
            "missing_value": 99.0,
            "scale_factor": 0.1,
            "long_name": "second",
            "valid_range": np.array([0, 50]),
        },
    )
    variables["mask"] = Variable(["lat", "lon"], np.zeros((4, 5), "i1"))
    found = only(tmp_path, variables)
    a, b = found.range_type.fields
    assert (found.variables, a.name, a.unit, a.nil, a.dtype) == (
        ("a", "b"),
        "a",
        "K",
        (NilValue(-9),),
        np.dtype("int16"),
    )
    assert (b.label, b.nil, b.intervals) == ("second", (NilValue(99.0),), ((0.0, 50.0),))
    assert found.extra.fields["b"] == {"scale_factor": 0.1}


def test_a_grid_mapping_names_the_crs(tmp_path: Path) -> None:
    crs = parse_crs("EPSG:3035")
    y = Variable(["y"], 3_000_000 - 1000 * np.arange(4.0), {"standard_name": "projection_y_coordinate", "units": "m"})
    x = Variable(["x"], 4_000_000 + 1000 * np.arange(5.0), {"standard_name": "projection_x_coordinate", "units": "m"})
    mapping = Variable([], np.array(0, "i4"), {"crs_wkt": crs.to_pyproj().to_wkt()})
    v = Variable(["time", "y", "x"], np.zeros((3, 4, 5)), {"grid_mapping": "laea"})
    variables = {"time": cube()["time"], "y": y, "x": x, "laea": mapping, "v": v}
    domain = only(tmp_path, variables).domain
    assert domain.horizontal_crs == crs
    assert domain.crs_labels == ("time", *(axis.label for axis in crs.axes))
    del variables["laea"]
    found = only(tmp_path, variables)
    assert found.without_crs
    assert not only(tmp_path, variables, crs=crs).without_crs
    assert only(tmp_path, variables, crs=crs).domain == domain


def test_the_only_cell_of_an_axis_has_its_bounds(tmp_path: Path) -> None:
    variables = {
        **cube(),
        "lat": Variable(["lat"], np.array([45.0]), {"units": "degrees_north", "bounds": "lat_bnds"}),
        "lat_bnds": Variable(["lat", "nv"], np.array([[46.0, 44.0]])),
        "v": Variable(["time", "lat", "lon"], np.zeros((3, 1, 5))),
    }
    lat = only(tmp_path, variables).domain.axis("Lat")
    assert isinstance(lat, RegularAxis)
    assert (lat.low, lat.high, lat.step) == (44, 46, -2)


def test_what_is_no_cube(tmp_path: Path) -> None:
    plain = {**cube(), "v": Variable(["lat", "lon"], np.zeros((4, 5)))}
    assert array_cubes(read_arrays(str(write_netcdf(tmp_path / "a.nc", plain)))) == ()
    nowhere = {"t": Variable(["a", "b", "c"], np.zeros((2, 3, 4)))}
    assert array_cubes(read_arrays(str(write_netcdf(tmp_path / "b.nc", nowhere)))) == ()
    one = array_cubes(read_arrays(str(write_netcdf(tmp_path / "c.nc", cube(times=(3,))))))
    assert [found.several for found in one] == [False]
    (tmp_path / "d.nc").write_bytes(b"\x89HDF\r\n\x1a\nbroken")
    with pytest.raises(DataUnavailable, match=r"d\.nc cannot be read"):
        read_arrays(str(tmp_path / "d.nc"))


def test_variables_in_groups(tmp_path: Path) -> None:
    path = write_netcdf(tmp_path / "a.nc", {name: one for name, one in cube().items() if name != "v"})
    with netCDF4.Dataset(path, "a") as dataset:
        group = dataset.createGroup("deep")
        group.createVariable("w", "f4", ("time", "lat", "lon"))[...] = 2
    (found,) = array_cubes(read_arrays(str(path)))
    assert found.variables == ("deep/w",)
    assert found.domain.labels == ("time", "Lat", "Long")
