# SPDX-License-Identifier: MIT
"""What is wrong is told in one line that names file, key and remedy; nothing half-imported stays."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eoxserver.core.errors import EOxServerError
from tests.backends.rasters import pattern, write
from tests.wcst_import.imports import Imports, ingredients
from tests.wcst_import.recipes.test_general import BANDS, DAYS, PLANE, general, write_netcdf

pytestmark = pytest.mark.integration

SERIES = {
    "time_parameter": {"filename": {"regex": r"_(\d+)\.", "group": "1"}, "datetime_format": "YYYYMMDD"},
    "time_crs": "OGC/0/AnsiDate",
}
GOOD = pattern((1, 3, 4))


def change(content: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Ingredients with another value at a key; ``...`` takes it out."""
    found = copy.deepcopy(content)
    *words, last = path.split(".")
    section: Any = found
    for word in words:
        section = section[word]
    if value is ...:
        del section[last]
    else:
        section[last] = value
    return found


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("input.coverage_id", ..., r"input\.coverage_id is missing: .*text"),
        ("config", ..., "section 'config' is missing"),
        ("recipe.options.time_crs", ..., r"recipe\.options\.time_crs is missing"),
        ("recipe.name", ..., r"recipe\.name is missing"),
        ("config.skip", "perhaps", r"config\.skip must be true or false, not 'perhaps'"),
        ("config.retries", -1, r"config\.retries must be a whole number"),
        ("input.paths", 5, r"input\.paths must be text, not 5"),
        ("recipe.options.tilling", "", r"has no option 'tilling'; did you mean 'tiling'"),
        ("recipe.name", "time_series", r"recipe\.name: .*'time_series'"),
        ("recipe.options.time_crs", "EPSG/0/4326", r"time_crs: .* no CRS of one axis of time; try OGC/0/AnsiDate"),
        ("recipe.options.time_crs", "OGC/0/Ansi", r"recipe\.options\.time_crs: "),
        ("recipe.options.tiling", "REGULAR [", r"tiling|TILE|\["),
        ("config.default_null_values", ["many"], r"config\.default_null_values: 'many' is no nil value; accepted: "),
    ],
)
def test_wrong_ingredients(imports: Imports, path: str, value: Any, words: str) -> None:
    write(imports.folder / "s_20240101.tif", GOOD)
    given = change(ingredients("time_series_irregular", "*.tif", SERIES), path, value)
    with pytest.raises(EOxServerError, match=words) as caught:
        imports.run(given)
    assert "\n" not in caught.value.message
    assert not imports.instance.catalogue.exists("c")


def other_crs(path: Path) -> None:
    write(path, GOOD, crs="EPSG:32633", bounds=(4, 0, 8, 3))


def no_crs(path: Path) -> None:
    write(path, GOOD, crs=None, bounds=(4, 0, 8, 3))


def no_place(path: Path) -> None:
    write(path, GOOD, crs=None, bounds=None)


def more_bands(path: Path) -> None:
    write(path, pattern((2, 3, 4)), bounds=(4, 0, 8, 3))


def other_type(path: Path) -> None:
    write(path, GOOD.astype("float32"), bounds=(4, 0, 8, 3))


def other_resolution(path: Path) -> None:
    write(path, GOOD, bounds=(4, 0, 12, 3))


def off_grid(path: Path) -> None:
    write(path, GOOD, bounds=(4.4, 0, 8.4, 3))


def unreadable(path: Path) -> None:
    path.write_bytes(b"II*\0 and nothing else")


def no_raster(path: Path) -> None:
    path.write_text("words")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def gone(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere.tif")


BAD: list[tuple[Callable[[Path], None], str]] = [
    (other_crs, "is in .*32633; .*gdalwarp -t_srs"),
    (no_crs, r"names no CRS; say which with config\.default_crs"),
    (no_place, "is not georeferenced; general_coverage"),
    (more_bands, "has 2 bands; .* has 1"),
    (other_type, "is float32; .* it is uint8; gdal_translate -ot"),
    (other_resolution, "resolution 2 on axis Long; the first file has 1"),
    (off_grid, "0.4 cells off the grid of the first file on axis Long.*gdalwarp -tap"),
    (unreadable, r"b\.tif"),
    (no_raster, r"not recognized .*input\.paths.*config\.skip"),
    (empty, r"no reader knows its format|b\.tif"),
    (gone, r"b\.tif"),
]


@pytest.mark.parametrize(("make", "words"), BAD, ids=[make.__name__ for make, _ in BAD])
def test_files_that_do_not_go_with_the_others(imports: Imports, make: Callable[[Path], None], words: str) -> None:
    write(imports.folder / "a.tif", GOOD, bounds=(0, 0, 4, 3))
    write(imports.folder / "c.tif", GOOD, bounds=(8, 0, 12, 3))
    make(imports.folder / "b.tif")
    given = ingredients("map_mosaic", "?.tif")
    with pytest.raises(EOxServerError, match=words) as caught:
        imports.run(given)
    assert "b.tif" in caught.value.message and "\n" not in caught.value.message
    assert not imports.instance.catalogue.exists("c"), "all files are looked at before the first is written"
    assert list(imports.instance.ingestion.cubes()) == []
    assert not (imports.folder / "c.resume.json").exists()
    result = imports.run(change(given, "config.skip", True))
    assert result.imported == 2
    ((path, reason),) = result.skipped
    assert path.endswith("b.tif") and reason == caught.value.message
    assert any("b.tif" in warning for warning in imports.listener.warnings)
    log = (imports.folder / "ingredients.log").read_text()
    assert f"Skipped file: {path}\nReason: {reason}\n" in log and log.endswith("Result: success.\n")


@pytest.mark.parametrize("name", ["s_20241301.tif", "s_2024.tif", "s_x.tif"])
def test_dates_that_are_none(imports: Imports, name: str) -> None:
    for each in ("s_20240101.tif", name):
        write(imports.folder / each, GOOD)
    given = ingredients("time_series_irregular", "*.tif", SERIES)
    with pytest.raises(EOxServerError, match=rf"{name}.*recipe\.options\.time_parameter") as caught:
        imports.run(given)
    assert "\n" not in caught.value.message and not imports.instance.catalogue.exists("c")
    result = imports.run(change(given, "config.skip", True))
    assert (result.imported, len(result.skipped)) == (1, 1)


def test_a_file_that_cannot_be_read_any_more(imports: Imports) -> None:
    """Its header is fine, its cells are not: the change is undone, with skip the others are written without it."""
    cells = np.random.default_rng(1).integers(0, 255, (1, 300, 400), "uint8")
    for number, name in enumerate("abc"):
        write(imports.folder / f"{name}.tif", cells, bounds=(4 * number, 0, 4 * number + 4, 3))
    whole = (imports.folder / "b.tif").read_bytes()
    (imports.folder / "b.tif").write_bytes(whole[: len(whole) // 2])
    given = ingredients("map_mosaic", "?.tif")
    with pytest.raises(EOxServerError, match=r"b\.tif") as caught:
        imports.run(given)
    assert "\n" not in caught.value.message
    assert not imports.instance.catalogue.exists("c")
    assert not any(row.identifier for row in imports.instance.ingestion.cubes())
    result = imports.run(change(given, "config.skip", True))
    assert result.imported == 2 and [Path(path).name for path, _ in result.skipped] == ["b.tif"]
    assert np.array_equal(imports.cells()[:, :, :400], cells)
    assert np.array_equal(imports.cells()[:, :, 800:], cells)
    (imports.folder / "b.tif").write_bytes(whole)
    assert imports.run(given).imported == 1, "the one that was left out is not remembered as done"
    assert np.array_equal(imports.cells()[:, :, 400:800], cells)


def test_a_change_that_fails_is_tried_again_and_given_up(imports: Imports, monkeypatch: pytest.MonkeyPatch) -> None:
    write(imports.folder / "a.tif", GOOD)
    session = imports.session(ingredients("map_mosaic", "a.tif", retry=True, retries=3, retry_sleep=0))
    calls = []

    def failing(*given: object) -> None:
        calls.append(given)
        raise EOxServerError("the disk is full")

    monkeypatch.setattr(session._environment.target, "insert", failing)
    with pytest.raises(EOxServerError, match="the disk is full"):
        session.run()
    assert len(calls) == 4
    assert not imports.instance.catalogue.exists("c")


def test_netcdf_files_that_differ(imports: Imports) -> None:
    write_netcdf(imports.folder / "a.nc", [0, 1], [42, 41, 40])
    write_netcdf(imports.folder / "b.nc", [2], [43.5, 42.5, 41.5])
    write_netcdf(imports.folder / "d.nc", [5], [42, 41, 40])
    (imports.folder / "c.nc").write_bytes(b"CDF\x01")
    options = general("OGC/0/AnsiDate@EPSG/0/4326", "netcdf", {"ansi": DAYS, **PLANE}, BANDS, pixelIsPoint=True)
    given = ingredients("general_coverage", "?.nc", options)
    with pytest.raises(EOxServerError, match=r"b\.nc: its cells lie 0.5 cells off the grid of .* axis Lat"):
        imports.run(given)
    result = imports.run(change(given, "config.skip", True))
    assert result.imported == 2 and [Path(path).name for path, _ in result.skipped] == ["b.nc", "c.nc"]
    assert imports.coverage().domain.shape == (3, 3, 4)
