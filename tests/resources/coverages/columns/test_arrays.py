# SPDX-License-Identifier: MIT
"""Coefficients and tie points come back bit by bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.coverage import TiePoints
from eoxserver.core.crs import parse_crs
from eoxserver.resources.coverages.columns.arrays import CoefficientsField, TiePointsField


@given(st.lists(st.floats(), max_size=50))
def test_coefficients_survive(values: list[float]) -> None:
    field = CoefficientsField()
    given_values = np.array(values)
    stored = field.decode(field.encode(given_values))
    assert stored.tobytes() == given_values.tobytes()
    if not np.isnan(given_values).any():
        assert field.convert(field.text(stored)).tolist() == values


@pytest.mark.parametrize("value", ["a b", [[1.0, 2.0]], object(), ["x"]])
def test_what_is_no_row_of_numbers_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError, match="coefficients"):
        CoefficientsField().to_python(value)


def points(crs: str = "EPSG:4326") -> TiePoints:
    return TiePoints(parse_crs(crs), np.array([0.5, 10]), np.array([0.1, 7]), np.array([1 / 3, 2]), np.array([3.0, -4]))


@pytest.mark.parametrize("crs", ["EPSG:4326", "+proj=ortho +lat_0=50 +lon_0=8"])
def test_tie_points_survive(crs: str) -> None:
    field, given_points = TiePointsField(), points(crs)
    assert field.convert(given_points) is given_points
    for found in (field.decode(field.encode(given_points)), field.convert(field.text(given_points))):
        assert found is not None
        assert found.crs == given_points.crs
        for name in ("rows", "columns", "x", "y"):
            assert np.array_equal(getattr(found, name), getattr(given_points, name))


@pytest.mark.parametrize(
    "value",
    [
        "[]",
        {"crs": "EPSG:4326"},
        {"crs": "EPSG:0", "rows": [1], "columns": [1], "x": [1], "y": [1]},
        {"crs": "EPSG:4326", "rows": [1], "columns": [1, 2], "x": [1], "y": [1]},
        {"crs": "EPSG:4326", "rows": [], "columns": [], "x": [], "y": []},
        {"crs": "EPSG:4326", "rows": "x", "columns": "x", "x": "x", "y": "x"},
    ],
)
def test_what_are_no_tie_points_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        TiePointsField().to_python(value)
