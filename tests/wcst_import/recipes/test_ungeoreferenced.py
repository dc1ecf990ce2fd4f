# SPDX-License-Identifier: MIT
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from werkzeug.test import Client

from eoxserver.app import build_app
from eoxserver.core.axes import IndexAxis
from eoxserver.core.domain import Domain
from eoxserver.services.ows.xml import parse
from eoxserver.wcst_import.errors import FileRefused, IngredientsError
from tests.backends.rasters import pattern, write
from tests.wcst_import.imports import Imports, ingredients
from tests.wcst_import.recipes.test_general import DAYS, general

pytestmark = pytest.mark.integration

PLANE = {
    "Lat": {"min": "${gdal:minY}", "max": "${gdal:maxY}", "resolution": "${gdal:resolutionY}"},
    "Long": {"min": "${gdal:minX}", "max": "${gdal:maxX}", "resolution": "${gdal:resolutionX}"},
}


def indexed(axes: dict[str, Any] | None = None, crs: str = "EPSG/0/4326", **config: Any) -> dict[str, Any]:
    options = general(crs, "gdal", axes or PLANE)
    options["coverage"]["grid_coverage"] = True
    return ingredients("general_coverage", "*.tif", options, **config)


def indices(domain: Domain) -> dict[str, tuple[int, int]]:
    assert all(isinstance(axis, IndexAxis) for axis in domain.axes)
    return {axis.label: (int(axis.low), int(axis.high)) for axis in domain.axes}


@pytest.mark.parametrize("insitu", [False, True])
def test_cells_are_counted_from_0(imports: Imports, insitu: bool) -> None:
    """Files of half a degree, from 10 to 12 east and from 3 to 0 north: 180 rows lie between them and the pole."""
    values = pattern((1, 6, 8), "int16")
    write(imports.folder / "a.tif", values[:, :, :4], bounds=(10, 0, 12, 3))
    imports.run(indexed(insitu=insitu))
    assert indices(imports.coverage().domain) == {"Lat": (-6, -1), "Long": (20, 23)}
    write(imports.folder / "b.tif", values[:, :, 4:], bounds=(12, 0, 14, 3))
    imports.run(indexed(insitu=insitu))
    domain = imports.coverage().domain
    assert indices(domain) == {"Lat": (-6, -1), "Long": (20, 27)}
    assert domain.subtype == "GridCoverage"
    assert domain.crs is not None
    assert "Index2D" in domain.crs.uri
    assert np.array_equal(imports.cells(), values)


def test_sentences_let_them_begin_elsewhere(imports: Imports) -> None:
    write(imports.folder / "a.tif", pattern((1, 6, 4)), bounds=(10.3, 0.1, 12.3, 3.1))
    axes = {
        "Lat": {"min": "${gdal:minY} - 3.1", "max": "${gdal:maxY} - 3.1", "resolution": "${gdal:resolutionY}"},
        "Long": {"min": "${gdal:minX} - 10.3", "max": "${gdal:maxX} - 10.3", "resolution": "${gdal:resolutionX}"},
    }
    imports.run(indexed(axes))
    assert indices(imports.coverage().domain) == {"Lat": (0, 5), "Long": (0, 3)}


def test_axes_of_slices_too(imports: Imports) -> None:
    for day in (5, 6):
        write(imports.folder / f"{day}.tif", pattern((1, 6, 4)) + day, bounds=(10, 0, 12, 3))
    axes = {"day": {"min": "int('${file:name}'[0])", "resolution": 1, "dataBound": False, "crsOrder": 0}, **PLANE}
    imports.run(indexed(axes, "OGC/0/AnsiDate@EPSG/0/4326"))
    assert indices(imports.coverage().domain) == {"day": (5, 6), "Lat": (-6, -1), "Long": (20, 23)}
    assert np.array_equal(imports.cells()[0], np.concatenate([pattern((1, 6, 4)) + day for day in (5, 6)]))


def test_indices_stay_what_they_are(imports: Imports) -> None:
    write(imports.folder / "a.tif", pattern((1, 6, 4)), crs=None, bounds=None)
    axes = {
        "i": {"min": 3, "max": "${gdal:maxX} + 2", "gridOrder": 0},
        "j": {"min": 0, "max": "${gdal:maxY} - 1", "gridOrder": 1},
    }
    imports.run(indexed(axes, "OGC/0/Index2D"))
    assert indices(imports.coverage().domain) == {"i": (3, 6), "j": (0, 5)}


def test_wcs_knows_no_place(imports: Imports) -> None:
    write(imports.folder / "a.tif", pattern((1, 6, 4)), bounds=(10, 0, 12, 3))
    imports.run(indexed())
    query = "service=WCS&version=2.0.1&request=DescribeCoverage&coverageId=c"
    root = parse(Client(build_app(imports.instance)).get(f"/ows?{query}").data)
    grid = next(root.iter("{*}Grid"))
    assert [each.text for each in grid.iter("{*}low", "{*}high")] == ["-6 20", "-1 23"]


# -- what is refused ----------------------------------------------------------------------------


def test_irregular_axes_have_no_indices(imports: Imports) -> None:
    with pytest.raises(IngredientsError, match=r"grid_coverage: axis ansi is irregular, .* irregular false"):
        imports.session(indexed({"ansi": DAYS, **PLANE}, "OGC/0/AnsiDate@EPSG/0/4326"))


def test_files_between_the_cells_of_others(imports: Imports) -> None:
    write(imports.folder / "a.tif", pattern((1, 6, 4)), bounds=(10, 0, 12, 3))
    write(imports.folder / "b.tif", pattern((1, 6, 4)), bounds=(12.1, 0, 14.1, 3))
    with pytest.raises(FileRefused, match=r"b\.tif: along Long it lies \+0\.2 cells off the grid .*gdalwarp -tap"):
        imports.run(indexed())
