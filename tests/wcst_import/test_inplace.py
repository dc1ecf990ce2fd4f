# SPDX-License-Identifier: MIT
"""Coverages over files that stay where they are are those that are copied."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eoxserver.core.errors import CoverageUnusable, EOxServerError
from eoxserver.wcst_import.errors import IngredientsError
from eoxserver.wcst_import.targets.instance import InstanceTarget
from tests.backends.rasters import pattern, write
from tests.gribfiles import write_grib
from tests.wcst_import.imports import Imports, ingredients
from tests.wcst_import.recipes.safeproducts import make_product
from tests.wcst_import.recipes.test_general import BANDS, DAYS, PLANE, general, write_netcdf

pytestmark = pytest.mark.integration

NAMED = {"metadata": {"global": {"Title": "'a title'"}, "local": {"name": "'${file:name}'"}}}


def mosaic(folder: Path, rng: np.random.Generator) -> Any:
    for column, row in ((0, 0), (1, 0), (2, 1), (0, 2)):
        bounds = (4 * column, -3 * row, 4 * column + 4, 3 - 3 * row)
        write(folder / f"t{column}{row}.tif", rng.integers(0, 9, (2, 3, 4), "int16"), bounds=bounds, nodata=5)
    return ingredients("map_mosaic", "t*.tif", {"band_names": ["red", "nir"], "coverage": NAMED})


def series(folder: Path, rng: np.random.Generator) -> Any:
    for day in ("20150105", "20150101", "20150301"):
        write(folder / f"s_{day}.tif", rng.integers(0, 9, (1, 3, 4)).astype("float32"))
    parameter = {"filename": {"regex": r"_(\d{8})\.", "group": "1"}, "datetime_format": "YYYYMMDD"}
    options = {"time_parameter": parameter, "time_crs": "OGC/0/AnsiDate", "coverage": NAMED}
    return ingredients("time_series_irregular", "s_*.tif", options, default_null_values=["3", "7:8"])


def arrays(folder: Path, rng: np.random.Generator) -> Any:
    for name, days in (("a", [0, 1, 5]), ("b", [3]), ("c", [9, 11])):
        write_netcdf(folder / f"{name}.nc", days, [42, 41, 40], seed=int(rng.integers(99)))
    options = general("OGC/0/AnsiDate@EPSG/0/4326", "netcdf", {"ansi": DAYS, **PLANE}, BANDS, pixelIsPoint=True,
                      metadata={"bands": "auto", "axes": "auto", **NAMED["metadata"]})  # fmt: skip
    return ingredients("general_coverage", "*.nc", options)


def turned_rasters(folder: Path, rng: np.random.Generator) -> Any:
    for number in range(3):
        write(folder / f"{number}.tif", rng.integers(0, 200, (3, 3, 4), "uint8"))
    axes = {
        "k": {"min": "int('${file:name}'[0])", "dataBound": False, "crsOrder": 0, "gridOrder": 2},
        "Lat": {"min": "${gdal:minY}", "max": "${gdal:maxY}", "resolution": "${gdal:resolutionY}", "gridOrder": 1},
        "Long": {"min": "${gdal:minX}", "max": "${gdal:maxX}", "resolution": "${gdal:resolutionX}", "gridOrder": 0},
    }
    bands = [{"name": "b", "identifier": "2"}, {"name": "a", "identifier": "0", "nilValue": "50:90"}]
    return ingredients("general_coverage", "?.tif", general("OGC/0/Index1D@EPSG/0/4326", "gdal", axes, bands))


def product(folder: Path, rng: np.random.Generator, archive: bool = False) -> Any:
    make_product(folder, seed=int(rng.integers(99)), archive=archive)
    make_product(folder, day="20170301", seed=int(rng.integers(99)), archive=archive)
    given = ingredients("sentinel2", "S2A*")
    given["input"]["resolutions"] = ["20m"]
    return given


def archived_product(folder: Path, rng: np.random.Generator) -> Any:
    return product(folder, rng, archive=True)


MAKERS = [mosaic, series, arrays, turned_rasters, product, archived_product]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_what_stays_in_files_is_the_same_coverage(
    imports: Imports, make: Callable[[Path, np.random.Generator], Any], seed: int
) -> None:
    given = make(imports.folder, np.random.default_rng(seed))
    found = {}
    for identifier, insitu in (("copied", False), ("there", True)):
        given["input"]["coverage_id"] = identifier
        given["config"]["insitu"] = insitu
        assert imports.run(given).imported > 1
        found[identifier] = imports.coverage(identifier), imports.cells(identifier)
    (copied, cells), (there, in_files) = found["copied"], found["there"]
    assert np.array_equal(cells, in_files, equal_nan=True)
    assert there.domain == copied.domain
    assert there.range_type == copied.range_type
    assert dict(there.metadata) == dict(copied.metadata)
    assert (there.extra.fields, there.extra.axes) == (copied.extra.fields, copied.extra.axes)
    parts = [one.extra.parts.within(one.domain) for one in (there, copied)]
    assert [(part.bounds, part.values) for part in parts[0]] == [(part.bounds, part.values) for part in parts[1]]


def test_a_second_run_adds_files(imports: Imports) -> None:
    first = pattern((1, 3, 4))
    write(imports.folder / "a.tif", first, bounds=(0, 0, 4, 3))
    given = ingredients("map_mosaic", "*.tif", insitu=True)
    assert imports.run(given).imported == 1
    write(imports.folder / "b.tif", first + 1, bounds=(4, 0, 8, 3))
    assert imports.run(given).imported == 1
    assert np.array_equal(imports.cells(), np.concatenate([first, first + 1], axis=2))
    write(imports.folder / "a.tif", first + 2, bounds=(0, 0, 4, 3))
    assert np.array_equal(imports.cells()[:, :, :4], first + 2), "it is the file that is read"


def test_copies_and_files_are_not_mixed(imports: Imports) -> None:
    write(imports.folder / "a.tif", pattern((1, 3, 4)), bounds=(0, 0, 4, 3))
    imports.run(ingredients("map_mosaic", "a.tif"))
    write(imports.folder / "b.tif", pattern((1, 3, 4)), bounds=(4, 0, 8, 3))
    with pytest.raises(CoverageUnusable, match="'c' has no slices"):
        imports.run(ingredients("map_mosaic", "b.tif", insitu=True))


@pytest.mark.parametrize("option", [{"tiling": "ALIGNED [0:1,0:1]"}, {"scale_levels": [2]}])
def test_what_is_for_copies_is_refused(imports: Imports, option: dict[str, Any]) -> None:
    with pytest.raises(IngredientsError, match=rf"recipe\.options\.{next(iter(option))} is for cells that are copied"):
        imports.session(ingredients("map_mosaic", "*.tif", option, insitu=True))


def test_other_servers_cannot_read_files_of_this_one(imports: Imports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(InstanceTarget, "reads_files", False)
    with pytest.raises(IngredientsError, match="cannot read; with --local the coverage is made in this instance"):
        imports.session(ingredients("map_mosaic", "*.tif", insitu=True))


def test_cells_that_would_be_turned_or_decoded_are_refused(imports: Imports) -> None:
    write_netcdf(imports.folder / "a.nc", [0, 1], [40, 41, 42])
    options = general("OGC/0/AnsiDate@EPSG/0/4326", "netcdf", {"ansi": DAYS, **PLANE}, BANDS, pixelIsPoint=True)
    with pytest.raises(EOxServerError, match=r"a\.nc cannot be registered in place .*turned along Lat; a resolution"):
        imports.run(ingredients("general_coverage", "a.nc", options, insitu=True))
    assert imports.run(ingredients("general_coverage", "a.nc", options), explain=True).imported == 0
    with pytest.raises(EOxServerError, match="turned along Lat"):
        imports.run(ingredients("general_coverage", "a.nc", options, insitu=True), explain=True)
    assert imports.run(ingredients("general_coverage", "a.nc", options, insitu=True, skip=True)).imported == 0
    options["coverage"]["slicer"]["axes"]["Lat"]["resolution"] = 1
    assert imports.run(ingredients("general_coverage", "a.nc", options, insitu=True)).imported == 1
    write_grib(imports.folder / "a.grib", [{"shape": (2, 3), "values": [1, 2, 3, 4, 5, 6]}])
    axes = {"Lat": {"min": 49, "max": 50, "resolution": -1}, "Long": {"min": 10, "max": 12, "resolution": 1}}
    options = general("EPSG/0/4326", "grib", axes, [{"name": "t"}], pixelIsPoint=True)
    given = ingredients("general_coverage", "a.grib", options, insitu=True)
    given["input"]["coverage_id"] = "messages"
    with pytest.raises(EOxServerError, match="messages of GRIB files are copied"):
        imports.run(given)
