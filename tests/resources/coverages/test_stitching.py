# SPDX-License-Identifier: MIT
"""Pieces of a mosaic are found in its grid and painted in order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.coverage import CellBox, MemorySource
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.rasters import index_domain, raster_domain
from eoxserver.resources.coverages.stitching import MosaicSource, Piece, grid_offset
from tests.resources.coverages.samples import GREY

WGS84 = parse_crs("EPSG:4326")


def grid(west: float, south: float, width: int, height: int, cell: float = 0.1) -> Domain:
    return raster_domain(WGS84, (west, south, west + width * cell, south + height * cell), width, height)


@given(st.integers(-50, 50), st.integers(-50, 50))
def test_offsets_are_counted_from_the_first_row_and_column(right: int, down: int) -> None:
    whole = grid(10, 10, 100, 80)
    part = grid(10 + right * 0.1, 18 - (down + 20) * 0.1, 30, 20)
    assert grid_offset(whole, part) == (down, right)


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        (grid(10.05, 10, 10, 10), "0.500 of a cell beside"),
        (grid(10, 10, 10, 10, 0.11), "are not those of"),
        (grid(10, 10, 10, 10, 0.1001), "are not those of"),
        (raster_domain(parse_crs("EPSG:3035"), (0, 0, 1, 1), 10, 10), "are not"),
        (index_domain(10, 10), "are not"),
    ],
)
def test_what_does_not_fit_is_told(member: Domain, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        grid_offset(grid(10, 10, 100, 80), member)


corners = st.tuples(st.integers(-4, 8), st.integers(-4, 8))


@given(st.lists(corners, max_size=5), st.integers(0, 5), st.integers(0, 6), st.integers(1, 3), st.integers(1, 3))
def test_any_box_is_the_same_part_of_the_whole(
    offsets: list[tuple[int, int]], row: int, column: int, rows: int, columns: int
) -> None:
    values = np.zeros((8, 9), np.uint16)
    valid = np.zeros((8, 9), bool)
    pieces = []
    for number, (top, left) in enumerate(offsets, 1):
        cells = np.full((1, 4, 5), number, np.uint16)
        holes = np.ones(cells.shape, bool)
        holes[0, 1, 2] = False
        pieces.append(Piece((top, left), MemorySource(cells, holes)))
        for y in range(4):
            for x in range(5):
                if 0 <= top + y < 8 and 0 <= left + x < 9 and (y, x) != (1, 2):
                    values[top + y, left + x], valid[top + y, left + x] = number, True
    source = MosaicSource((8, 9), GREY, pieces)
    box = CellBox((row, column), (row + rows, column + columns))
    cells_read = source.read(box, [0])
    assert cells_read.valid is not None and cells_read.values.dtype == np.uint16
    assert np.array_equal(cells_read.valid[0], valid[box.slices])
    assert np.array_equal(np.where(cells_read.valid[0], cells_read.values[0], 0), values[box.slices])
    assert source.chunks == ((4, 5) if pieces else (8, 9))
