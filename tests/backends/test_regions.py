# SPDX-License-Identifier: MIT
"""Regions of equal cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from shapely import Polygon

from eoxserver.backends.regions import ROWS, corner_count, regions


def test_each_region_has_its_outline_and_holes() -> None:
    found: dict[int, list[Polygon]] = {0: [], 7: []}
    ring = np.zeros((5, 5), np.uint8)
    ring[1:4, 1:4] = 7
    ring[2, 2] = 0
    for rings, value in regions(ring):
        found[value].append(Polygon(rings[0], rings[1:]))
    assert sorted(polygon.area for polygon in found[0]) == [1, 16]
    assert [polygon.area for polygon in found[7]] == [8]


@pytest.mark.parametrize(("connectivity", "count"), [(4, 4), (8, 2)])
def test_corners_connect_or_not(connectivity: int, count: int) -> None:
    assert len(list(regions(np.eye(2), None, connectivity))) == count


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16", "uint32", "int64", "float32", "float64"])
def test_values_are_exact_whatever_their_type(dtype: str) -> None:
    values = np.array([[1, 0], [1, 1]]).astype(dtype)
    if dtype == "float64":
        values[0, 1] = 0.1
    if dtype == "uint32":
        values[0, 1] = 2**32 - 1
    assert {value for _, value in regions(values)} == set(values.reshape(-1).tolist())


def test_cells_that_are_not_valid_belong_nowhere() -> None:
    valid = np.array([[True, False], [True, False]])
    (rings, value), *others = regions(np.zeros((2, 2), np.uint8), valid)
    assert (Polygon(rings[0]).bounds, value, others) == ((0, 0, 1, 2), 0, [])


@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 2)))
def test_regions_cover_each_cell_once(values: np.ndarray) -> None:
    areas = np.zeros(3)
    for rings, value in regions(values):
        areas[value] += Polygon(rings[0], rings[1:]).area
    np.testing.assert_array_equal(areas, np.bincount(values.reshape(-1), minlength=3))


@given(
    arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.sampled_from([0.0, 1.0, np.nan])),
    st.data(),
    st.sampled_from([4, 8]),
)
def test_vertices_are_counted_before_there_are_any(values: np.ndarray, data: st.DataObject, connectivity: int) -> None:
    valid = data.draw(st.none() | arrays(np.bool_, st.just(values.shape)))
    made = sum(len(ring) - 1 for rings, _ in regions(values, valid, connectivity) for ring in rings)
    assert corner_count(values, valid) == made


def test_vertices_are_counted_across_the_rows_that_are_looked_at_together() -> None:
    """A cross over the edges between these, in a field of stripes."""
    values = np.zeros((2 * ROWS + 3, 7), np.uint8)
    values[:, 2:4] = 1
    values[ROWS - 1 : ROWS + 1] = 1
    values[2 * ROWS] = 2
    made = sum(len(ring) - 1 for rings, _ in regions(values) for ring in rings)
    assert corner_count(values) == made
