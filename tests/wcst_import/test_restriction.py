# SPDX-License-Identifier: MIT
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from eoxserver.core.coordinates import coordinate_texts
from eoxserver.wcst_import.errors import IngredientsError
from tests.backends.rasters import pattern, write
from tests.wcst_import.imports import Imports, ingredients

pytestmark = pytest.mark.integration

OPTIONS = {
    "time_parameter": {"filename": {"regex": r"_(\d{8})", "group": "1"}, "datetime_format": "YYYYMMDD"},
    "time_crs": "OGC/0/AnsiDate",
}
ALL = {"low": "*", "high": "*"}


def days(folder: Path) -> None:
    for day in ("20150101", "20150105", "20150301"):
        for column in range(2):
            bounds = (4 * column, 0, 4 * column + 4, 3)
            write(folder / f"s_{day}_{column}.tif", pattern((1, 3, 4)), bounds=bounds)


@pytest.mark.parametrize(
    ("given", "slices", "dates"),
    [
        ([{"low": "2015-01-02", "high": "2015-03-01", "type": "date"}, ALL, ALL], 4, ["2015-01-05", "2015-03-01"]),
        ([{"low": "2015-01-05", "high": "2015-01-05", "type": "date"}, ALL, ALL], 2, ["2015-01-05"]),
        ([ALL, {"low": 0, "high": 3}, {"low": 0, "high": "4"}], 3, ["2015-01-01", "2015-01-05", "2015-03-01"]),
        ([ALL, ALL, {"low": 4, "high": "*"}], 3, ["2015-01-01", "2015-01-05", "2015-03-01"]),
    ],
)
def test_only_slices_inside_are_imported(imports: Imports, given: Any, slices: int, dates: list[str]) -> None:
    days(imports.folder)
    run = ingredients("time_series_irregular", "*.tif", OPTIONS, slice_restriction=given)
    assert imports.run(run).imported == slices
    time, _, longitude = imports.coverage().domain.axes
    assert [text[:10] for text in coordinate_texts(time, time.coordinates())] == dates
    assert longitude.size == (8 if slices in (2, 4) else 4)


def test_a_box_without_slices_imports_nothing(imports: Imports) -> None:
    days(imports.folder)
    given = [ALL, ALL, {"low": 1, "high": 7}]
    assert imports.run(ingredients("time_series_irregular", "*.tif", OPTIONS, slice_restriction=given)).imported == 0
    assert "no slices to import" in imports.listener.warnings[0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([ALL], "has 1 entries; the axes are ansi, Lat, Long"),
        ([ALL, {"low": "2015-01-01", "high": "*", "type": "date"}, ALL], r"\[1\].low: axis Lat has no dates"),
        ([ALL, ALL, {"low": "west", "high": 7}], r"\[2\].low: 'west' is no bound on axis Long: accepted: a number"),
        ([{"low": "*", "high": "soon", "type": "date"}, ALL, ALL], r"\[0\].high: 'soon' is no bound on axis ansi"),
        ([ALL, ALL, {"low": 8, "high": 7}], r"\[2\]: low 8 is greater than high 7"),
    ],
)
def test_bounds_that_are_none_are_refused(imports: Imports, given: Any, words: str) -> None:
    days(imports.folder)
    with pytest.raises(IngredientsError, match=rf"config\.slice_restriction.*{words}"):
        imports.run(ingredients("time_series_irregular", "*.tif", OPTIONS, slice_restriction=given, skip=True))
