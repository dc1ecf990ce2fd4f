# SPDX-License-Identifier: MIT
"""Which cubes registration finds in files, here and elsewhere."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from eoxserver.backends.access import Access
from eoxserver.backends.locations import Location, PackageRecord
from eoxserver.backends.packages import zip as zip_archives
from eoxserver.backends.storages import local
from eoxserver.conf.schema import Settings
from eoxserver.core.crs import parse_crs
from eoxserver.core.errors import DataUnavailable, RegistrationRefused
from eoxserver.plugins import Plugins
from eoxserver.resources.coverages.registration.arrays import ArrayLooker
from eoxserver.resources.coverages.registration.places import Place
from tests.backends.rasters import pattern, write
from tests.backends.readers.arrayfiles import Variable, cube, write_netcdf, write_zarr


@pytest.fixture
def looker(tmp_path: Path) -> ArrayLooker:
    settings = Settings(instance=tmp_path)
    return ArrayLooker(Access(Plugins.from_modules([local, zip_archives]), settings))


def found(looker: ArrayLooker, place: Place, images: bool = False) -> list[tuple[str, tuple[str, ...]]]:
    return [(str(one.place), one.cube.variables) for one in looker.cubes(place, None, images)]


def test_grids_of_a_file(looker: ArrayLooker, tmp_path: Path) -> None:
    variables = cube(names="ab")
    variables["c"] = Variable(["time", "lon", "lat"], np.zeros((3, 5, 4)))
    path = write_netcdf(tmp_path / "a.nc", variables)
    place = Place.of_file(path)
    names = [f'NETCDF:"{path}":a', f'NETCDF:"{path}":c']
    assert found(looker, place) == [(names[0], ("a", "b")), (names[1], ("c",))]
    assert found(looker, Place.of_text(f'NETCDF:"{path}":b')) == [(f'NETCDF:"{path}":b', ("b",))]
    assert found(looker, Place.of_text(f'NETCDF:"{path}":lat')) == []


def test_images_are_cubes_where_they_are_wanted(looker: ArrayLooker, tmp_path: Path) -> None:
    place = Place.of_file(write_netcdf(tmp_path / "a.nc", cube(times=(1,))))
    assert found(looker, place) == []
    assert found(looker, place, images=True) == [(str(place), ("v",))]


def test_files_without_arrays(looker: ArrayLooker, tmp_path: Path) -> None:
    assert found(looker, Place.of_file(write(tmp_path / "a.tif", pattern((1, 4, 8))))) == []
    assert found(looker, Place.of_text("https://data.eo.example/a.tif")) == []
    (tmp_path / "broken.nc").write_bytes(b"\x89HDF\r\n\x1a\nbroken")
    assert found(looker, Place.of_file(tmp_path / "broken.nc")) == []


def test_a_file_in_an_archive(looker: ArrayLooker, tmp_path: Path) -> None:
    path = write_netcdf(tmp_path / "a.nc", cube())
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(path, "in/a.nc")
    place = Place(Location(None, (PackageRecord("ZIP", str(tmp_path / "a.zip")),), "in/a.nc"))
    assert found(looker, place) == [(str(place), ("v",))]


def test_a_broken_group_of_zarr_is_told(looker: ArrayLooker, tmp_path: Path) -> None:
    path = write_zarr(tmp_path / "a.zarr", cube(), 3)
    (path / "zarr.json").write_text("{")
    with pytest.raises(DataUnavailable, match=r"a\.zarr: its metadata are no JSON"):
        looker.cubes(Place.of_file(path), None, False)


def test_coordinates_in_a_crs_that_nobody_names(looker: ArrayLooker, tmp_path: Path) -> None:
    variables = {
        "time": cube()["time"],
        "y": Variable(["y"], np.arange(4.0), {"standard_name": "projection_y_coordinate"}),
        "x": Variable(["x"], np.arange(5.0), {"standard_name": "projection_x_coordinate"}),
        "v": Variable(["time", "y", "x"], np.zeros((3, 4, 5))),
    }
    place = Place.of_file(write_netcdf(tmp_path / "a.nc", variables))
    with pytest.raises(RegistrationRefused, match="name no CRS; --crs"):
        looker.cubes(place, None, False)
    (one,) = looker.cubes(place, parse_crs("EPSG:3035"), False)
    assert one.cube.domain.horizontal_crs == parse_crs("EPSG:3035")
