# SPDX-License-Identifier: MIT
"""Cells of coverages are those of their files, by coordinate, as other libraries read them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from rasterio.transform import from_origin

from tests.gribfiles import write_grib
from tests.wcst_import.imports import Imports, ingredients
from tests.wcst_import.recipes.test_general import DAYS, general

pytestmark = pytest.mark.integration

FEW = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SIZES = st.integers(1, 5)
TYPES = st.sampled_from(["uint8", "int16", "uint16", "int32", "float32", "float64"])
SEEDS = st.integers(0, 2**31)

Cells = npt.NDArray[Any]


def emptied(imports: Imports) -> None:
    """Begin anew: no files and no coverage."""
    shutil.rmtree(imports.folder)
    imports.folder.mkdir()
    if imports.instance.catalogue.exists("c"):
        imports.instance.ingestion.delete(["c"])


def raster(path: Path, rng: np.random.Generator, shape: tuple[int, ...], kind: str, west: float, north: float,
           nil: float | None) -> None:  # fmt: skip
    """A file of small numbers; one degree a cell."""
    count, height, width = shape
    profile = {"driver": "GTiff", "count": count, "height": height, "width": width, "dtype": kind, "nodata": nil}
    with rasterio.open(path, "w", crs="EPSG:4326", transform=from_origin(west, north, 1, 1), **profile) as file:
        file.write(rng.integers(0, 9, shape).astype(kind))


def same_as_rasters(imports: Imports, paths: list[Path], where: list[dict[str, float]]) -> None:
    """Compare every cell of every file with the one at its centre."""
    cells, domain = imports.cells(), imports.coverage().domain
    places = [{round(float(value), 6): n for n, value in enumerate(axis.coordinates())} for axis in domain.axes]
    covered = np.zeros(cells.shape[1:], bool)
    for path, leading in zip(paths, where, strict=True):
        with rasterio.open(path) as file:
            values, valid = file.read(), file.read_masks() > 0
            for row in range(file.height):
                for column in range(file.width):
                    x, y = file.xy(row, column)
                    position = {**leading, "Long": x, "Lat": y}
                    index: tuple[Any, ...] = tuple(place[round(position[axis.label], 6)]
                                  for place, axis in zip(places, domain.axes, strict=True))  # fmt: skip
                    expected = np.where(valid[:, row, column], values[:, row, column], np.nan)
                    assert np.array_equal(cells[:, *index], expected, equal_nan=True), (path, index)
                    covered[index] = True
    assert np.isnan(cells[:, ~covered]).all() or imports.coverage().range_type.fields[0].nil == ()


@FEW
@given(data=st.data(), kind=TYPES, seed=SEEDS, nil=st.sampled_from([None, 3]))
def test_mosaics(imports: Imports, data: st.DataObject, kind: str, seed: int, nil: float | None) -> None:
    emptied(imports)
    rng, count = np.random.default_rng(seed), data.draw(st.integers(1, 3))
    spots = data.draw(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=1, max_size=4, unique=True))
    paths = []
    for number, (column, row) in enumerate(spots):
        shape = (count, data.draw(SIZES), data.draw(SIZES))
        paths.append(imports.folder / f"{number}.tif")
        raster(paths[-1], rng, shape, kind, 10 + 5 * column, 40 + 5 * row, nil)
    imports.run(ingredients("map_mosaic", "*.tif", {"tiling": "ALIGNED [0:3,0:2]"}))
    same_as_rasters(imports, paths, [{}] * len(paths))


@FEW
@given(
    days=st.lists(st.integers(0, 900), min_size=1, max_size=5, unique=True),
    kind=TYPES, seed=SEEDS, height=SIZES, width=SIZES, order=st.sampled_from(["ascending", "descending"]),
    regular=st.booleans(),
)  # fmt: skip
def test_series(
    imports: Imports, days: list[int], kind: str, seed: int, height: int, width: int, order: str, regular: bool
) -> None:
    emptied(imports)
    rng = np.random.default_rng(seed)
    paths = []
    for day in days:
        date = np.datetime64("2001-01-01") + np.timedelta64(days.index(day) if regular else day, "D")
        paths.append(imports.folder / f"s_{str(date).replace('-', '')}.tif")
        raster(paths[-1], rng, (2, height, width), kind, 10, 40, 5)
    options: dict[str, Any] = {"time_crs": "OGC/0/AnsiDate", "import_order": order}
    if regular:
        options |= {"time_start": "2001-01-01", "time_step": "1 day"}
    else:
        options["time_parameter"] = {"filename": {"regex": r"_(\d{8})"}, "datetime_format": "YYYYMMDD"}
    imports.run(ingredients("time_series_regular" if regular else "time_series_irregular", "*.tif", options))
    (first,) = imports.coverage().domain.axes[0].coordinates()[:1]
    begin = days.index(days[0]) if regular else min(days)
    same_as_rasters(imports, paths, [{"ansi": first + (n if regular else day) - begin} for n, day in enumerate(days)])


@FEW
@given(
    order=st.permutations([0, 1, 2]), falling=st.tuples(st.booleans(), st.booleans()), seed=SEEDS,
    sizes=st.tuples(st.integers(1, 4), st.integers(2, 4), st.integers(2, 4)),
    signs=st.tuples(st.sampled_from([1, -1]), st.sampled_from([1, -1])),
)  # fmt: skip
def test_arrays(
    imports: Imports, order: list[int], falling: tuple[bool, bool], seed: int, sizes: tuple[int, int, int],
    signs: tuple[int, int],
) -> None:  # fmt: skip
    """Axes of netCDF files in any order and direction, whatever sign the resolution has."""
    emptied(imports)
    rng = np.random.default_rng(seed)
    names = [("time", "lat", "lon")[place] for place in order]
    days = np.sort(rng.choice(500, sizes[0], replace=False)).astype(float)
    coordinates = {"time": days, "lat": 40.0 + np.arange(sizes[1]), "lon": 10.0 + np.arange(sizes[2])}
    for name, back in zip(("lat", "lon"), falling, strict=True):
        coordinates[name] = coordinates[name][::-1] if back else coordinates[name]
    path = imports.folder / "a.nc"
    with netCDF4.Dataset(path, "w") as file:
        for name in names:
            file.createDimension(name, len(coordinates[name]))
            file.createVariable(name, "f8", (name,))[:] = coordinates[name]
        file["time"].units = "days since 2000-01-01"
        shape = [len(coordinates[name]) for name in names]
        file.createVariable("t", "i2", names, fill_value=7)[:] = rng.integers(0, 99, shape)
    axes = {
        "ansi": {**DAYS, "gridOrder": names.index("time")},
        "Lat": {"min": "${netcdf:variable:lat:min}", "max": "${netcdf:variable:lat:max}", "resolution": signs[0],
                "gridOrder": names.index("lat")},
        "Long": {"min": "${netcdf:variable:lon:min}", "max": "${netcdf:variable:lon:max}", "resolution": signs[1],
                 "gridOrder": names.index("lon")},
    }  # fmt: skip
    options = general("OGC/0/AnsiDate@EPSG/0/4326", "netcdf", axes, [{"name": "t"}], pixelIsPoint=True)
    imports.run(ingredients("general_coverage", "a.nc", options))
    domain, cells = imports.coverage().domain, imports.cells()[0]
    labels = {"time": "ansi", "lat": "Lat", "lon": "Long"}
    assert domain.labels == tuple(labels[name] for name in names)
    shift = domain.axes[names.index("time")].coordinates()[0] - days[0]
    with netCDF4.Dataset(path) as file:
        expected = np.ma.filled(file["t"][:].astype(float), np.nan)
        for place, name in enumerate(names):
            own = np.asarray(file[name][:]) + (shift if name == "time" else 0)
            found = domain.axes[place].coordinates()
            expected = np.take(expected, [int(np.argmin(np.abs(own - one))) for one in found], place)
            assert np.allclose(np.sort(own), np.sort(found))
    assert np.array_equal(cells, expected, equal_nan=True)


@FEW
@given(hours=st.lists(st.integers(0, 23), min_size=1, max_size=3, unique=True), edition=st.sampled_from([1, 2]),
       rows=st.integers(2, 4), columns=st.integers(2, 4), seed=SEEDS)  # fmt: skip
def test_messages(imports: Imports, hours: list[int], edition: int, rows: int, columns: int, seed: int) -> None:
    """Messages as GDAL reads them, in a process of its own."""
    emptied(imports)
    rng = np.random.default_rng(seed)
    messages = [
        {"edition": edition, "shape": (rows, columns), "values": rng.integers(0, 999, rows * columns).tolist(),
         "keys": {"dataDate": 20150601, "dataTime": 100 * hour}} for hour in hours
    ]  # fmt: skip
    path = write_grib(imports.folder / "a.grib", messages)
    axes = {
        "ansi": {"min": "grib_datetime(${grib:dataDate}, ${grib:dataTime})", "irregular": True, "dataBound": False,
                 "type": "date", "gridOrder": 0},
        "Lat": {"min": "${grib:latitudeOfLastGridPointInDegrees}", "max": "${grib:latitudeOfFirstGridPointInDegrees}",
                "resolution": -1, "gridOrder": 1},
        "Long": {"min": "${grib:longitudeOfFirstGridPointInDegrees}",
                 "max": "${grib:longitudeOfLastGridPointInDegrees}", "resolution": 1, "gridOrder": 2},
    }  # fmt: skip
    options = general("OGC/0/AnsiDate@EPSG/0/4326", "grib", axes, [{"name": "t"}], pixelIsPoint=True)
    assert imports.run(ingredients("general_coverage", "a.grib", options)).imported == len(hours)
    reading = "import json, rasterio, sys; print(json.dumps(rasterio.open(sys.argv[1]).read().tolist()))"
    kelvin = {**os.environ, "GRIB_NORMALIZE_UNITS": "NO"}  # which GDAL makes degrees Celsius otherwise
    read = subprocess.run(
        [sys.executable, "-c", reading, str(path)], capture_output=True, text=True, check=True, env=kelvin
    )
    bands = np.array(json.loads(read.stdout))
    time = imports.coverage().domain.axes[0].coordinates()
    assert np.allclose((time - time[0]) * 24, np.sort(hours) - min(hours))
    assert np.allclose(imports.cells()[0], bands[np.argsort(hours)], atol=1e-2)


@FEW
@given(width=SIZES, height=SIZES, bands=st.sampled_from([1, 3, 4]), seed=SEEDS, turned=st.booleans())
def test_pictures(imports: Imports, width: int, height: int, bands: int, seed: int, turned: bool) -> None:
    emptied(imports)
    values = np.random.default_rng(seed).integers(0, 255, (height, width, bands), "uint8")
    path = imports.folder / "a.png"
    Image.fromarray(values[..., 0] if bands == 1 else values).save(path)
    axes = {
        "i": {"min": 0, "max": "${gdal:maxX} - 1", "resolution": 1, "gridOrder": 0 if turned else 1},
        "j": {"min": 0, "max": "${gdal:maxY} - 1", "resolution": 1, "gridOrder": 1 if turned else 0},
    }
    names = [{"name": f"b{number}", "identifier": str(number)} for number in range(bands)]
    imports.run(ingredients("general_coverage", "a.png", general("OGC/0/Index2D", "gdal", axes, names)))
    with Image.open(path) as picture:
        expected = np.moveaxis(np.asarray(picture).reshape(height, width, bands), -1, 0)
    found = imports.cells()
    # The first in the order of the grid are the columns, whatever axis of the CRS that is.
    assert np.array_equal(found, np.transpose(expected, (0, 2, 1)))
