# SPDX-License-Identifier: MIT
from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from eoxserver.core.errors import EOxServerError
from tests.backends.rasters import pattern, write
from tests.wcst_import.imports import Imports, ingredients

pytestmark = pytest.mark.integration


def tile(folder: Path, name: str, column: int, row: int, **profile: Any) -> Any:
    """Write a tile of 4 x 6 cells of one degree in a mosaic that begins at 10 east, 50 north."""
    values = pattern((2, 4, 6), profile.pop("dtype", "int16")) + column * 7 + row * 31
    west, north = 10 + 6 * column, 50 - 4 * row
    write(folder / name, values, bounds=(west, north - 4, west + 6, north), **profile)
    return values


def test_files_are_placed_by_their_georeference(imports: Imports) -> None:
    tiles = {(0, 0): "a", (1, 0): "b", (1, 1): "c"}
    expected = np.full((2, 8, 12), np.nan)
    for (column, row), name in tiles.items():
        values = tile(imports.folder, f"{name}.tif", column, row, nodata=-1)
        expected[:, row * 4 : row * 4 + 4, column * 6 : column * 6 + 6] = values
    result = imports.run(ingredients("map_mosaic", ["*.tif"]))
    assert result.imported == 3
    assert np.array_equal(imports.cells(), expected, equal_nan=True)
    assert imports.coverage().domain.labels == ("Lat", "Long")
    assert imports.coverage().domain.horizontal_bounds == (10, 42, 22, 50)


def test_options_name_bands_and_nil_values(imports: Imports) -> None:
    tile(imports.folder, "a.tif", 0, 0)
    options = {"band_names": ["red", "nir"], "tiling": "ALIGNED [0:1,0:2]", "coverage": {"metadata": {
        "global": {"Title": "'of ${file:name}'"}, "local": {"name": "'${file:name}'"}}}}  # fmt: skip
    imports.run(ingredients("map_mosaic", "a.tif", options, default_null_values=["7", "100:200"]))
    found = imports.coverage()
    assert found.range_type.names == ("red", "nir")
    assert [(nil.low, nil.high) for nil in found.range_type.fields[0].nil] == [(7, None), (100, 200)]
    assert found.source.chunks == (2, 3)
    assert found.metadata == {"Title": "of a.tif"}
    (part,) = found.extra.parts.within(found.domain)
    assert part.values == {"name": "a.tif", "fileReferenceHistory": str(imports.folder / "a.tif")}
    assert part.bounds == {"Lat": (46, 50), "Long": (10, 16)}


def test_a_second_run_adds_to_the_coverage(imports: Imports) -> None:
    first = tile(imports.folder, "a.tif", 0, 0)
    imports.run(ingredients("map_mosaic", "*.tif"))
    second = tile(imports.folder, "b.tif", 1, 0)
    assert imports.run(ingredients("map_mosaic", "*.tif")).imported == 1
    assert np.array_equal(imports.cells(), np.concatenate([first, second], axis=2))
    assert imports.run(ingredients("map_mosaic", "*.tif")).imported == 0
    assert "2 files are imported already" in imports.listener.warnings[0]


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ({"crs": "EPSG:3857"}, "EPSG/0/3857.*gdalwarp -t_srs"),
        ({"dtype": "uint8"}, "band .* is uint8; in .*a.tif it is int16"),
        ({"crs": None}, "names no CRS; say which with config.default_crs"),
        ({"crs": None, "bounds": None}, "is not georeferenced; general_coverage"),
    ],
)
def test_files_that_differ_are_refused_and_nothing_is_imported(
    imports: Imports, profile: dict[str, Any], words: str
) -> None:
    tile(imports.folder, "a.tif", 0, 0)
    values = pattern((2, 4, 6), profile.pop("dtype", "int16"))
    write(imports.folder / "b.tif", values, **{"bounds": (16, 46, 22, 50), **profile})
    with pytest.raises(EOxServerError, match=words):
        imports.run(ingredients("map_mosaic", "*.tif"))
    assert not imports.instance.catalogue.exists("c")


@pytest.mark.parametrize(
    ("bounds", "words"),
    [((16.3, 46, 22.3, 50), "0.3 cells off the grid"), ((16, 46, 28, 50), "resolution 2 on axis Long")],
)
def test_files_off_the_grid_are_refused(
    imports: Imports, bounds: tuple[float, float, float, float], words: str
) -> None:
    tile(imports.folder, "a.tif", 0, 0)
    write(imports.folder / "b.tif", pattern((2, 4, 6), "int16"), bounds=bounds)
    with pytest.raises(EOxServerError, match=words):
        imports.run(ingredients("map_mosaic", "*.tif"))


def test_with_skip_the_rest_goes_on(imports: Imports) -> None:
    first = tile(imports.folder, "a.tif", 0, 0)
    (imports.folder / "b.tif").write_text("no raster")
    last = tile(imports.folder, "c.tif", 1, 0)
    cut = imports.folder / "d.tif"
    tile(imports.folder, "d.tif", 0, 1)
    cut.write_bytes(cut.read_bytes()[:-40])
    result = imports.run(ingredients("map_mosaic", "*.tif", skip=True))
    assert result.imported == 2
    assert [Path(path).name for path, _ in result.skipped] == ["b.tif", "d.tif"]
    assert np.array_equal(imports.cells(), np.concatenate([first, last], axis=2))
    log = (imports.folder / "ingredients.log").read_text()
    assert "Skipped file: " in log and log.rstrip().endswith("Result: success.")


def test_the_scenes_of_meris_are_one_mosaic(imports: Imports, shared: Path) -> None:
    paths = sorted((shared / "data").glob("mosaic_*.tif"))
    imports.run(ingredients("map_mosaic", [str(path) for path in paths], default_null_values=[0]))
    found, cells = imports.coverage(), imports.cells()
    lat, long = (axis.coordinates() for axis in found.domain.axes)
    with rasterio.open(paths[-1]) as dataset:  # written last, on top
        values = dataset.read()
        rows = [int(np.argmin(np.abs(lat - dataset.xy(row, 0)[1]))) for row in (0, dataset.height - 1)]
        columns = [int(np.argmin(np.abs(long - dataset.xy(0, column)[0]))) for column in (0, dataset.width - 1)]
    part = cells[:, rows[0] : rows[1] + 1, columns[0] : columns[1] + 1]
    assert part.shape == values.shape
    inside = values != 0
    assert np.array_equal(part[inside], values[inside])
