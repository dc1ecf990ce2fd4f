# SPDX-License-Identifier: MIT
"""Coverages as rows and columns: north up wherever the axes stand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eoxserver.backends.encoders.base import Workspace
from eoxserver.backends.encoders.planes import blocks, fill_value, filled, plane_of
from eoxserver.core.axes import IndexAxis, RegularAxis, Role
from eoxserver.core.coverage import CellBox, Cells, Coverage, MemorySource, TiePoints
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import UnsupportedCombination
from eoxserver.core.fields import Field, NilValue
from eoxserver.testing.coverages import counted, cube, fields_of, image, index_image, profile, single_value

WGS84 = parse_crs("EPSG:4326")
SHAPE = (4, 5)


def grid(turned: bool, south_up: bool, east_left: bool) -> Coverage:
    """The same image laid out in another way: its cell (row, column) counts north to south, west to east."""
    values = counted((2, *SHAPE))
    lat = RegularAxis("Lat", 44.5, -1.0, 4, crs=WGS84, unit="degree", role=Role.Y)
    long = RegularAxis("Long", 11.0, 2.0, 5, crs=WGS84, unit="degree", role=Role.X)
    if south_up:
        values, lat = values[:, ::-1], replace(lat, origin=41.5, step=1.0)
    if east_left:
        values, long = values[:, :, ::-1], replace(long, origin=19.0, step=-2.0)
    axes = (lat, long)
    if turned:
        values, axes = values.transpose(0, 2, 1), (long, lat)
    return Coverage("grid", Domain(axes, ("Lat", "Long")), fields_of(values), MemorySource(values))


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("south_up", [False, True])
@pytest.mark.parametrize("east_left", [False, True])
def test_every_layout_shows_the_same_image(tmp_path: Path, turned: bool, south_up: bool, east_left: bool) -> None:
    plane = plane_of(grid(turned, south_up, east_left), "GeoTIFF")
    assert plane.shape == plane.chunks == plane.levels[0].shape == SHAPE
    assert plane.transform is not None
    assert tuple(plane.transform)[:6] == (2.0, 0.0, 10.0, 0.0, -1.0, 45.0)
    np.testing.assert_array_equal(plane.read(CellBox.whole(SHAPE), (0, 1)).values, counted((2, *SHAPE)))
    np.testing.assert_array_equal(plane.read(CellBox((1, 2), (3, 5)), (1,)).values, counted((2, *SHAPE))[1:, 1:3, 2:5])
    pasted = np.zeros((2, *SHAPE), np.uint8)
    for box, cells in blocks(plane, Workspace(tmp_path, block_cells=4)):
        pasted[(slice(None), *box.slices)] = cells.values
    np.testing.assert_array_equal(pasted, counted((2, *SHAPE)))


def test_blocks_of_whole_rows(tmp_path: Path) -> None:
    plane = plane_of(image(counted((1, 40, 30))), "PNG")
    boxes = [box for box, _ in blocks(plane, Workspace(tmp_path, block_cells=100), whole_rows=True)]
    assert all(box.shape[1] == 30 for box in boxes)
    assert sum(box.shape[0] for box in boxes) == 40


def test_the_crs_is_that_of_the_axes() -> None:
    crs = plane_of(image(counted((1, 3, 4)), crs="EPSG:3035"), "GeoTIFF").crs
    assert crs is not None and crs.to_epsg() == 3035


def test_index_axes_have_no_place() -> None:
    plane = plane_of(index_image(counted((1, 3, 4))), "GeoTIFF")
    assert plane.transform is None
    assert plane.crs is None
    assert plane.tie_points is None


def test_tie_points_count_from_the_first_cell_of_the_part() -> None:
    whole = index_image(counted((1, 30, 40)))
    points = TiePoints(WGS84, np.array([5.0]), np.array([7.5]), np.array([10.0]), np.array([50.0]))
    rows, columns = whole.domain.axes
    part = Domain((rows.cells(2, 30), columns.cells(4, 40)), whole.domain.crs_labels)
    plane = plane_of(replace(whole, domain=part, tie_points=points), "GeoTIFF")
    assert plane.tie_points is not None
    (point,), crs = plane.tie_points
    assert (point.row, point.col, point.x, point.y) == (3.0, 3.5, 10.0, 50.0)
    assert crs.to_epsg() == 4326


def test_other_numbers_of_axes_are_refused_with_a_remedy() -> None:
    with pytest.raises(UnsupportedCombination, match=r"PNG holds two axes, .* 3 \(ansi, Lat, Long\); slice ansi"):
        plane_of(cube(counted((1, 2, 3, 4))), "PNG")
    for coverage in (profile(counted((1, 9))), single_value(1.0)):
        with pytest.raises(UnsupportedCombination, match="ask for netCDF"):
            plane_of(coverage, "PNG")


@pytest.mark.parametrize(
    ("dtype", "nil", "expected"),
    [("uint8", 0, 0), ("uint8", -1, None), ("uint8", 0.5, None), ("float32", -1, -1), ("int16", -32768, -32768)],
)
def test_fill_values_are_those_the_type_holds(dtype: str, nil: float, expected: float | None) -> None:
    assert fill_value(Field("a", np.dtype(dtype), nil=(NilValue(nil),)), np.dtype(dtype)) == expected


def test_an_interval_is_no_fill_value() -> None:
    assert fill_value(Field("a", np.dtype("uint8"), nil=(NilValue(0, 5),)), np.dtype("uint8")) is None


def test_cells_that_are_not_valid_hold_the_nil_value_or_zero() -> None:
    values = np.full((2, 2, 2), 9, np.uint8)
    values.setflags(write=False)
    valid = np.ones((2, 2, 2), dtype=bool)
    valid[:, 0, 0] = False
    fields = (Field("a", np.dtype("uint8"), nil=(NilValue(255),)), Field("b", np.dtype("uint8")))
    result = filled(Cells(values, valid), fields, np.dtype("int16"))
    assert result.dtype == np.int16
    assert result.tolist() == [[[255, 9], [9, 9]], [[0, 9], [9, 9]]]
    assert (values == 9).all()
    same = filled(Cells(values, valid), fields, np.dtype("uint8"))
    assert same[0, 0, 0] == 255
    assert (values == 9).all(), "what was read belongs to others"


@pytest.mark.parametrize(
    ("roles", "crs_labels", "columns"),
    [
        ((Role.OTHER, Role.OTHER), ("i", "j"), "i"),
        ((Role.OTHER, Role.OTHER), ("j", "i"), "j"),
        ((Role.OTHER, Role.Y), ("j", "i"), "i"),
        ((Role.X, Role.OTHER), ("j", "i"), "i"),
        ((Role.Y, Role.X), ("i", "j"), "j"),
    ],
)
def test_columns_of_axes_without_place(roles: tuple[Role, Role], crs_labels: tuple[str, str], columns: str) -> None:
    values = counted((1, 3, 4))
    axes = (IndexAxis("i", 3, role=roles[0]), IndexAxis("j", 4, role=roles[1]))
    coverage = Coverage("plain", Domain(axes, crs_labels), fields_of(values), MemorySource(values))
    plane = plane_of(coverage, "PNG")
    turned = columns == "i"
    assert plane.shape == ((4, 3) if turned else (3, 4))
    read = plane.read(CellBox.whole(plane.shape), (0,)).values
    np.testing.assert_array_equal(read, values.transpose(0, 2, 1) if turned else values)


def test_tie_points_of_a_grid_whose_first_axis_gives_the_columns() -> None:
    values = counted((1, 5, 4))
    points = TiePoints(WGS84, *(np.array([number]) for number in (1.0, 2.0, 10.0, 50.0)))
    axes = (IndexAxis("i", 5, 2), IndexAxis("j", 4, 1))
    coverage = Coverage("plain", Domain(axes), fields_of(values), MemorySource(values), tie_points=points)
    found = plane_of(coverage, "GeoTIFF").tie_points
    assert found is not None
    assert (found[0][0].row, found[0][0].col) == (0.0, 0.0)
