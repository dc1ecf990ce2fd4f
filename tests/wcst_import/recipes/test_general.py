# SPDX-License-Identifier: MIT
from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from PIL import Image

from eoxserver.core.axes import IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.coordinates import coordinate_texts
from eoxserver.core.errors import EOxServerError
from eoxserver.wcst_import.errors import IngredientsError
from tests.backends.rasters import pattern, write
from tests.gribfiles import write_grib
from tests.wcst_import.imports import Imports, ingredients

pytestmark = pytest.mark.integration

PLANE = {
    "Lat": {"min": "${netcdf:variable:lat:min}", "max": "${netcdf:variable:lat:max}", "resolution": -1, "gridOrder": 2},
    "Long": {"min": "${netcdf:variable:lon:min}", "max": "${netcdf:variable:lon:max}", "resolution": 1, "gridOrder": 3},
}
DAYS = {
    "statements": "from datetime import datetime, timedelta",
    "min": "(datetime(2000, 1, 1) + timedelta(days=${netcdf:variable:time:min})).isoformat()",
    "max": "(datetime(2000, 1, 1) + timedelta(days=${netcdf:variable:time:max})).isoformat()",
    "directPositions": "[(datetime(2000, 1, 1) + timedelta(days=x)).isoformat() for x in ${netcdf:variable:time}]",
    "irregular": True,
    "gridOrder": 0,
    "type": "date",
}


def general(crs: str, kind: str, axes: dict[str, Any], bands: Sequence[dict[str, Any]] = (), **more: Any) -> Any:
    metadata = more.pop("metadata", None)
    slicer = {"type": kind, "bands": list(bands), "axes": copy.deepcopy(axes), **more}
    coverage = {"crs": crs, "slicer": slicer} | ({"metadata": metadata} if metadata else {})
    return {"coverage": coverage}


def write_netcdf(
    path: Path, days: Sequence[float], latitudes: Sequence[float], levels: Sequence[float] = (), seed: int = 0
) -> Any:
    """Write variables ``t`` and ``q`` of time, (level,) lat and lon; answers the cells, shape (2, time, ...)."""
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.title = "a title"
        sizes = {"time": days, "level": levels, "lat": latitudes, "lon": [10.0, 11.0, 12.0, 13.0]}
        dims = [name for name, values in sizes.items() if len(values)]
        for name in dims:
            dataset.createDimension(name, len(sizes[name]))
            variable = dataset.createVariable(name, "f8", (name,))
            variable.units = {"time": "days since 2000-01-01", "level": "hPa"}.get(name, "degrees")
            variable[:] = sizes[name]
        shape = tuple(len(sizes[name]) for name in dims)
        values = np.random.default_rng(seed).integers(-900, 900, (2, *shape)).astype("i2")
        for name, cells in zip("tq", values, strict=True):
            variable = dataset.createVariable(name, "i2", dims, fill_value=-999)
            variable.units = "K"
            variable[:] = cells
    return values


BANDS = [
    {"name": "temperature", "identifier": "t", "uomCode": "${netcdf:variable:t:units}"},
    {"name": "q", "nilValue": "-1, 5:7", "nilReason": "unknown", "description": "humidity", "colour": "blue"},
]


@pytest.mark.parametrize("falling", [True, False])
def test_netcdf_variables_with_irregular_time(imports: Imports, falling: bool) -> None:
    latitudes = [42.0, 41.0, 40.0] if falling else [40.0, 41.0, 42.0]
    first = write_netcdf(imports.folder / "a.nc", [0, 1, 5], latitudes)
    second = write_netcdf(imports.folder / "b.nc", [7.5, 9], latitudes, seed=1)
    options = general("OGC/0/AnsiDate@EPSG/0/4326", "netcdf", {"ansi": DAYS, **PLANE}, BANDS, pixelIsPoint=True)
    imports.run(ingredients("general_coverage", "*.nc", options))
    expected = np.concatenate([first, second], axis=1)
    found, (time, lat, _) = imports.cells(), imports.coverage().domain.axes
    wanted = expected if falling else expected[:, :, ::-1]
    nil = (wanted[1] == -1) | ((wanted[1] >= 5) & (wanted[1] <= 7))
    assert np.array_equal(found[0], wanted[0])
    assert np.array_equal(found[1], np.where(nil, np.nan, wanted[1]), equal_nan=True)
    assert isinstance(time, IrregularAxis) and isinstance(lat, RegularAxis)
    texts = ["2000-01-01T00:00", "2000-01-02T00:00", "2000-01-06T00:00", "2000-01-08T12:00", "2000-01-10T00:00"]
    assert [text[:16] for text in coordinate_texts(time, time.coordinates())] == texts
    assert (lat.origin, lat.step, lat.size) == (42, -1, 3)
    temperature, humidity = imports.coverage().range_type.fields
    assert (temperature.name, temperature.unit, temperature.dtype) == ("temperature", "K", np.dtype("i2"))
    assert [nil.low for nil in temperature.nil] == [-999]
    assert (humidity.description, humidity.nil[1].reason) == ("humidity", "unknown")


def test_four_axes_and_metadata_of_everything(imports: Imports) -> None:
    values = write_netcdf(imports.folder / "a.nc", [0, 1], [42, 41], [1000, 850, 500])
    level = {
        "min": "${netcdf:variable:level:min}", "max": "${netcdf:variable:level:max}",
        "directPositions": "${netcdf:variable:level}", "irregular": True, "gridOrder": 1, "crsOrder": 1,
    }  # fmt: skip
    metadata = {
        "type": "json", "global": "auto", "bands": {"temperature": {"source": "model"}, "q": "auto"},
        "axes": {"ansi": "auto", "level": {"meaning": "pressure"}, "Lat": "${netcdf:variable:lat:metadata}"},
        "local": {"file": "'${file:name}'", "days": "${netcdf:variable:time}"},
    }  # fmt: skip
    crs = 'OGC/0/AnsiDate@OGC/0/Index1D?axis-label="p"@EPSG/0/4326'
    axes = {"ansi": DAYS, "level": level, **PLANE}
    options = general(crs, "netcdf", axes, BANDS, pixelIsPoint=True, metadata=metadata)
    imports.run(ingredients("general_coverage", "*.nc", options))
    found = imports.coverage()
    assert found.domain.labels == ("ansi", "level", "Lat", "Long")
    assert found.domain.axes[1].coordinates().tolist() == [1000, 850, 500]
    assert np.array_equal(imports.cells()[0], values[0])
    assert found.metadata == {"title": "a title"}
    assert found.extra.fields == {"temperature": {"source": "model"}, "q": {"units": "K", "colour": "blue"}}
    assert found.extra.axes == {
        "ansi": {"units": "days since 2000-01-01"}, "level": {"meaning": "pressure"}, "Lat": {"units": "degrees"}
    }  # fmt: skip
    (part,) = found.extra.parts.within(found.domain)
    assert part.values["file"] == "a.nc" and part.values["days"] == [0, 1]


@pytest.mark.parametrize("edition", [1, 2])
def test_messages_of_grib(imports: Imports, edition: int) -> None:
    expected = np.arange(2 * 2 * 6, dtype=float).reshape(2, 2, 2, 3)
    messages = [
        {"edition": edition, "shape": (2, 3), "values": expected[hour, number].ravel().tolist(),
         "keys": {"dataDate": 20150601, "dataTime": hour * 600, "centre": 97 + number}}
        for hour in range(2) for number in range(2)
    ]  # fmt: skip
    messages[-1]["values"][4] = None
    write_grib(imports.folder / "a.grib", messages)
    axes = {
        "Lat": {"min": "${grib:latitudeOfLastGridPointInDegrees}", "max": "${grib:latitudeOfFirstGridPointInDegrees}",
                "resolution": "-${grib:jDirectionIncrementInDegrees}", "gridOrder": 2, "crsOrder": 0},
        "Long": {"min": "${grib:longitudeOfFirstGridPointInDegrees}",
                 "max": "${grib:longitudeOfLastGridPointInDegrees}",
                 "resolution": "${grib:iDirectionIncrementInDegrees}", "gridOrder": 3, "crsOrder": 1},
        "ansi": {"min": "grib_datetime(${grib:dataDate}, ${grib:dataTime})", "resolution": "1.0 / 4", "type": "date",
                 "dataBound": False, "gridOrder": 0, "crsOrder": 2},
        "ens": {"min": "(${grib:messagenumber} - 1) % 2", "resolution": 1, "gridOrder": 1, "crsOrder": 3},
    }  # fmt: skip
    crs = 'EPSG/0/4326@OGC/0/AnsiDate@OGC/0/Index1D?axis-label="ens"'
    bands = [{"name": "t2m", "nilValue": "9999"}]
    options = general(crs, "grib", axes, bands, pixelIsPoint=True)
    assert imports.run(ingredients("general_coverage", "a.grib", options)).imported == 4
    domain = imports.coverage().domain
    assert (domain.labels, domain.crs_labels) == (("ansi", "ens", "Lat", "Long"), ("Lat", "Long", "ansi", "ens"))
    assert isinstance(domain.axes[1], IndexAxis) and domain.axes[1].first == 0
    assert isinstance(domain.axes[0], RegularAxis) and domain.axes[0].step == 0.25
    expected[1, 1, 1, 1] = np.nan
    assert np.allclose(imports.cells()[0], expected, atol=1e-3, equal_nan=True)


@pytest.mark.parametrize("name", ["global", "bands", "axes", "colorPaletteTable"])
def test_metadata_of_grib_are_named_one_by_one(imports: Imports, name: str) -> None:
    axes = {"Lat": {"min": 49, "max": 50, "resolution": -1}, "Long": {"min": 10, "max": 12, "resolution": 1}}
    options = general("EPSG/0/4326", "grib", axes, [{"name": "t"}], metadata={name: "auto"})
    with pytest.raises(IngredientsError, match=rf'metadata\.{name}: "auto" is not for grib; name keys'):
        imports.session(ingredients("general_coverage", "a.grib", options))


def test_two_dimensional_files_by_week(imports: Imports) -> None:
    axes = {
        "day": {"min": r"datetime(regex_extract('${file:name}', '(.*)\\.(.*)', 1), 'YYYYMMDD')", "crsOrder": 0,
                "gridOrder": 0, "type": "ansidate", "irregular": True, "dataBound": False, "sliceGroupSize": 7},
        "lat": {"min": "${gdal:minY}", "max": "${gdal:maxY}", "resolution": "${gdal:resolutionY}", "crsOrder": 1,
                "gridOrder": 2},
        "lon": {"min": "${gdal:minX}", "max": "${gdal:maxX}", "resolution": "${gdal:resolutionX}", "crsOrder": 2,
                "gridOrder": 1},
    }  # fmt: skip
    values = {}
    for number, day in enumerate(("20150105", "20150114")):
        values[day] = pattern((2, 3, 4)) + number
        write(imports.folder / f"{day}.tif", values[day])
    options = general("OGC/0/AnsiDate@EPSG/0/4326", "gdal", axes, [{"name": "v", "identifier": "1"}])
    imports.run(ingredients("general_coverage", "*.tif", options))
    domain = imports.coverage().domain
    assert domain.labels == ("day", "lon", "lat")
    assert [position % 7 for position in domain.axes[0].coordinates()] == [0, 0]
    expected = np.stack([cells[1].T for cells in values.values()])
    assert np.array_equal(imports.cells()[0], expected)


def test_a_picture_on_an_index_crs(imports: Imports) -> None:
    values = pattern((3, 2, 4))
    Image.fromarray(np.moveaxis(values, 0, -1)).save(imports.folder / "a.png")
    axes = {
        "i": {"min": 0, "max": 3, "resolution": 1, "gridOrder": 0},
        "j": {"min": 0, "max": 1, "resolution": 1, "gridOrder": 1},
    }
    bands = [{"name": name, "identifier": str(number)} for number, name in enumerate(("red", "green", "blue"))]
    imports.run(ingredients("general_coverage", "a.png", general("OGC/0/Index2D", "gdal", axes, bands)))
    assert imports.coverage().domain.labels == ("i", "j")
    assert np.array_equal(imports.cells(), np.transpose(values, (0, 2, 1)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"crs": ""}, r"recipe\.options\.coverage\.crs is missing"),
        ({"crs": "EPSG/0/4326"}, "slicer.axes has 3 axes: .*; the CRS has 2: Lat, Long"),
        ({"crs": "EPSG/0/43260"}, r"recipe\.options\.coverage\.crs: "),
        ({"slicer": None}, "slicer is missing|must be an object"),
        ({"bands": []}, "slicer.bands is missing: netcdf needs them"),
        ({"Lat": {"gridOrder": 3}}, "two axes have one gridOrder"),
        ({"Lat": {"irregular": True}}, "resolution must be 1 on an irregular axis"),
        ({"Lat": {"min": "two words"}}, "is no sentence"),
        ({"ansi": {"statements": "import os"}}, "not allowed"),
        ({"ansi": {"sliceGroupSize": 7}}, "sliceGroupSize is for irregular axes with dataBound false"),
        ({"Lat": {"min": None}}, "Lat.min"),
    ],
)
def test_wrong_options_are_refused_at_once(imports: Imports, change: dict[str, Any], words: str) -> None:
    options = general("OGC/0/AnsiDate@EPSG/0/4326", "netcdf", {"ansi": DAYS, **PLANE}, BANDS)
    coverage = options["coverage"]
    for key, value in change.items():
        if key in coverage:
            coverage[key] = value
        elif key in coverage["slicer"]:
            coverage["slicer"][key] = value
        else:
            coverage["slicer"]["axes"][key].update(value)
    with pytest.raises(EOxServerError, match=words):
        imports.session(ingredients("general_coverage", "*.nc", options))


@pytest.mark.parametrize(
    ("axis", "change", "words"),
    [
        ("Lat", {"resolution": -0.5}, "there are 5 cells; the file has 3"),
        ("Lat", {"resolution": 0}, "a signed number that is not 0"),
        ("Lat", {"min": "${netcdf:variable:latt:min}"}, "has no variable 'latt'; did you mean 'lat'"),
        ("Lat", {"min": "${netcdf:variable:lat:unit}"}, "has no attribute 'unit'; did you mean 'units'"),
        ("Lat", {"min": "${gdal:minY}"}, "no driver 'gdal'"),
        ("Lat", {"min": "'north'"}, "axis Lat: min 'north'"),
        ("ansi", {"directPositions": "['2000-01-01', '2000-01-02']"}, "2 positions; the file has 3 cells"),
        ("ansi", {"directPositions": "['2000-01-01', '2000-01-03', '2000-01-02']"}, "strictly increasing"),
        ("ansi", {"directPositions": "['yesterday', 1, 2]"}, "axis ansi: directPositions 'yesterday'"),
        ("Long", {"max": "", "dataBound": False}, "the array has 3 axes; 2 axes of the ingredients"),
    ],
)
def test_files_that_do_not_go_with_the_sentences_are_refused(
    imports: Imports, axis: str, change: dict[str, Any], words: str
) -> None:
    write_netcdf(imports.folder / "a.nc", [0, 1, 5], [42, 41, 40])
    options = general("OGC/0/AnsiDate@EPSG/0/4326", "netcdf", {"ansi": DAYS, **PLANE}, BANDS, pixelIsPoint=True)
    options["coverage"]["slicer"]["axes"][axis].update(change)
    with pytest.raises(EOxServerError, match=words):
        imports.run(ingredients("general_coverage", "*.nc", options))
    assert not imports.instance.catalogue.exists("c")


def test_without_pixel_is_point_bounds_are_edges(imports: Imports) -> None:
    write_netcdf(imports.folder / "a.nc", [0, 1, 5], [42, 41, 40])
    axes = {"ansi": DAYS, **PLANE, "Lat": {"min": 39.5, "max": 42.5, "resolution": -1, "gridOrder": 2},
            "Long": {"min": 9.5, "max": "13.5", "resolution": 1, "gridOrder": 3}}  # fmt: skip
    imports.run(ingredients("general_coverage", "*.nc", general("OGC/0/AnsiDate@EPSG/0/4326", "netcdf", axes, BANDS)))
    assert imports.coverage().domain.horizontal_bounds == (9.5, 39.5, 13.5, 42.5)


def test_metadata_in_a_file_beside_each_slice(imports: Imports) -> None:
    write(imports.folder / "a.tif", pattern((1, 3, 4)))
    (imports.folder / "a.tif.xml").write_text("<product><quality><cloud>3</cloud></quality></product>")
    local = {"metadata_file": {"path": "'${file:path}.xml'", "root_element": "product"}}
    imports.run(ingredients("map_mosaic", "a.tif", {"coverage": {"metadata": {"local": local}}}))
    found = imports.coverage()
    (part,) = found.extra.parts.within(found.domain)
    assert part.values["product"] == {"quality": {"cloud": "3"}}
    local["metadata_file"]["root_element"] = "quality"
    with pytest.raises(EOxServerError, match=r"a\.tif\.xml has no 'quality'"):
        imports.run(ingredients("map_mosaic", "a.tif", {"coverage": {"metadata": {"local": local}}}, track_files=False))


def test_metadata_of_bands_that_are_not_there_are_refused(imports: Imports) -> None:
    write_netcdf(imports.folder / "a.nc", [0, 1, 5], [42, 41, 40])
    axes = {"ansi": DAYS, **PLANE}
    metadata = {"bands": {"temperatur": {"a": 1}}}
    options = general("OGC/0/AnsiDate@EPSG/0/4326", "netcdf", axes, BANDS, pixelIsPoint=True, metadata=metadata)
    with pytest.raises(IngredientsError, match="did you mean 'temperature'"):
        imports.run(ingredients("general_coverage", "*.nc", options))
