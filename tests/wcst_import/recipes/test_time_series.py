# SPDX-License-Identifier: MIT
from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from eoxserver.core.axes import IrregularAxis, RegularAxis
from eoxserver.core.coordinates import coordinate_texts
from eoxserver.core.errors import EOxServerError
from eoxserver.wcst_import.errors import IngredientsError
from eoxserver.wcst_import.recipes.time_series import step_seconds
from tests.backends.rasters import pattern, write
from tests.wcst_import.imports import Imports, ingredients

pytestmark = pytest.mark.integration

REGULAR = {"time_start": "2012-12-01", "time_step": "1 day", "time_crs": "OGC/0/AnsiDate"}
BY_NAME = {
    "time_parameter": {"filename": {"regex": r"_(\d{8})\.", "group": "1"}, "datetime_format": "YYYYMMDD"},
    "time_crs": "http://localhost:8080/def/crs/OGC/0/AnsiDate",
}


def write_days(folder: Path, *days: str) -> list[Any]:
    found = []
    for number, day in enumerate(days):
        found.append(pattern((1, 3, 4), "float32") + number)
        write(folder / f"t_{day}.tif", found[-1])
    return found


def times(imports: Imports) -> list[str]:
    axis = imports.coverage().domain.axes[0]
    return [text[:10] for text in coordinate_texts(axis, axis.coordinates())]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1 day", 86400), ("2 days 10 minutes 3 seconds", 173403), ("1.5 hours", 5400), ("2weeks", 1209600)],
)
def test_steps_of_time(text: str, seconds: float) -> None:
    assert step_seconds(text) == seconds


@pytest.mark.parametrize("text", ["1 month", "2 years", "day", "1 fortnight", "0 days", "1..2 days", "1 day, 2 hours"])
def test_steps_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(IngredientsError, match=r"recipe\.options\.time_step"):
        step_seconds(text)


def test_a_regular_series_goes_by_the_order_of_names(imports: Imports) -> None:
    values = write_days(imports.folder, "b", "c", "d")
    imports.run(ingredients("time_series_regular", "*.tif", {**REGULAR, "time_step": "2 days"}))
    axis = imports.coverage().domain.axes[0]
    assert isinstance(axis, RegularAxis) and axis.step == 2
    assert times(imports) == ["2012-12-01", "2012-12-03", "2012-12-05"]
    assert np.array_equal(imports.cells()[0], np.concatenate(values))
    assert imports.coverage().domain.crs_labels == ("ansi", "Lat", "Long")


def test_a_regular_series_goes_on_where_it_stopped(imports: Imports) -> None:
    write_days(imports.folder, "b", "c")
    imports.run(ingredients("time_series_regular", "*.tif", REGULAR))
    write(imports.folder / "t_d.tif", pattern((1, 3, 4), "float32") + 2)
    imports.run(ingredients("time_series_regular", "*.tif", REGULAR))
    assert times(imports) == ["2012-12-01", "2012-12-02", "2012-12-03"]


@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_an_irregular_series_goes_by_the_instants_of_names(imports: Imports, order: str) -> None:
    first, last, middle = write_days(imports.folder, "20150101", "20150301", "20150109")
    imports.run(ingredients("time_series_irregular", "*.tif", {**BY_NAME, "import_order": order}))
    assert isinstance(imports.coverage().domain.axes[0], IrregularAxis)
    assert times(imports) == ["2015-01-01", "2015-01-09", "2015-03-01"]
    assert np.array_equal(imports.cells()[0], np.concatenate([first, middle, last]))


def test_instants_may_be_metadata_items(imports: Imports) -> None:
    for name, day in (("x", "2015:01:02"), ("y", "2015:01:01")):
        path = write(imports.folder / f"{name}.tif", pattern((1, 3, 4)))
        with rasterio.open(path, "r+") as dataset:
            dataset.update_tags(TIFFTAG_DATETIME=f"{day} 00:00:00")
    parameter = {"metadata_tag": {"tag_name": "TIFFTAG_DATETIME"}, "datetime_format": "YYYY:MM:DD HH:mm:ss"}
    imports.run(ingredients("time_series_irregular", "*.tif", {**BY_NAME, "time_parameter": parameter}))
    assert times(imports) == ["2015-01-01", "2015-01-02"]
    parameter["metadata_tag"] = {"tag_name": "TIFFTAG_DATE"}
    with pytest.raises(EOxServerError, match="no metadata item 'TIFFTAG_DATE'.*did you mean 'TIFFTAG_DATETIME'"):
        imports.run(
            ingredients("time_series_irregular", "x.tif", {**BY_NAME, "time_parameter": parameter}, track_files=False)
        )


@pytest.mark.parametrize(
    ("change", "locator"),
    [
        ({"time_crs": "EPSG:4326"}, "recipe.options.time_crs"),
        ({"time_crs": "OGC/0/AnsiDat"}, "recipe.options.time_crs"),
        ({"time_crs": 1}, "recipe.options.time_crs"),
        ({"time_parameter": {}}, "recipe.options.time_parameter"),
        ({"time_parameter": {"filename": {"regex": "("}}}, "recipe.options.time_parameter.filename.regex"),
        ({"time_parameter": {"filename": {"regex": "a", "group": 2}}}, "recipe.options.time_parameter.filename.group"),
        ({"time_parameter": {"file": {}}}, "recipe.options.time_parameter.file"),
        ({"time": 1}, "recipe.options.time"),
        ({"scale_levels": [2], "scale_factors": []}, None),
        ({"scale_levels": [2], "scale_factors": [{"coverage_id": "x", "factors": [1, 2, 2]}]},
         "recipe.options.scale_factors"),
    ],
)  # fmt: skip
def test_wrong_options_are_refused_before_any_file_is_read(
    imports: Imports, change: dict[str, Any], locator: str | None
) -> None:
    given = ingredients("time_series_irregular", "*.tif", {**BY_NAME, **change})
    if locator is None:
        imports.session(given)
        return
    with pytest.raises(IngredientsError) as caught:
        imports.session(given)
    assert caught.value.locator == locator


def test_a_name_without_an_instant_is_refused(imports: Imports) -> None:
    write_days(imports.folder, "20150101", "2015")
    with pytest.raises(EOxServerError, match=r"t_2015\.tif does not match"):
        imports.run(ingredients("time_series_irregular", "*.tif", BY_NAME))
    write_days(imports.folder, "20150101", "20159901")
    (imports.folder / "t_2015.tif").unlink()
    with pytest.raises(EOxServerError, match=r"t_20159901\.tif: '20159901' is no date in the form YYYYMMDD"):
        imports.run(ingredients("time_series_irregular", "*.tif", BY_NAME))


def test_soil_moisture_of_two_months(imports: Imports, shared: Path) -> None:
    parameter = {"filename": {"regex": r"_(\d{6})\.tif", "group": "1"}, "datetime_format": "YYYYMM"}
    options = {**BY_NAME, "time_parameter": parameter, "scale_levels": [4]}
    imports.run(ingredients("time_series_irregular", str(shared / "data" / "cci_ssmv_*.tif"), options))
    assert times(imports) == ["2014-11-01", "2014-12-01"]
    latitude = imports.coverage().domain.axes[1]
    assert isinstance(latitude, RegularAxis)
    for number, path in enumerate(sorted((shared / "data").glob("cci_ssmv_*.tif"))):
        with rasterio.open(path) as dataset:
            rows = dataset.read(1, masked=True).filled(np.nan)
            upright = rows if (dataset.transform.e < 0) == (latitude.step < 0) else rows[::-1]
        assert np.array_equal(imports.cells()[0, number], upright, equal_nan=True)
    assert [dict(factors) for factors, _ in imports.instance.ingestion.overviews("c")] == [
        {"ansi": 1, "Lat": 4, "Long": 4}
    ]
