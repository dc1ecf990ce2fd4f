# SPDX-License-Identifier: MIT
"""Coverages read as one: by coordinate, every cell is the last valid one there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.axes import Axis
from eoxserver.core.coverage import CellBox, Cells, Coverage, MemorySource, TiePoints
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InconsistentChange, InvalidSubsetting
from eoxserver.core.fields import Field, RangeType
from eoxserver.core.wrapping import SameGrid
from eoxserver.resources.coverages.virtual.composing import common_domain, compose
from tests.resources.coverages.ingestion.coverages import (
    WGS84,
    coverage,
    index,
    lat,
    long,
    regular_days,
    times,
)

INSTANTS = st.lists(st.integers(0, 6), min_size=1, max_size=4, unique=True).map(sorted)


@st.composite
def parts(draw: st.DrawFn) -> list[Coverage]:
    """Coverages of time, rows and columns on one grid, with holes."""
    found = []
    for number in range(draw(st.integers(1, 4))):
        axes = (
            times(*draw(INSTANTS)),
            lat(10 - draw(st.integers(0, 4)), draw(st.integers(1, 3))),
            long(draw(st.integers(-3, 3)), draw(st.integers(1, 4))),
        )
        shape = (1, *(axis.size for axis in axes))
        values = np.arange(np.prod(shape), dtype=np.int16).reshape(shape) + 1000 * (number + 1)
        holes = np.array(draw(st.lists(st.booleans(), min_size=values.size, max_size=values.size))).reshape(shape)
        found.append(replace(coverage(f"c{number}", axes), source=Holed(MemorySource(values), ~holes)))
    return found


@dataclass(frozen=True, eq=False)
class Holed(SameGrid):
    """Cells of which some are not valid."""

    valid: npt.NDArray[np.bool_]

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells of the box."""
        return Cells(self.source.read(box, fields).values, self.valid[list(fields)][(slice(None), *box.slices)])


def by_coordinate(coverages: Sequence[Coverage]) -> dict[tuple[float, ...], int]:
    """The last valid cell at each position."""
    found = {}
    for one in coverages:
        cells = one.source.read(CellBox.whole(one.source.shape), [0])
        axes = [axis.coordinates() for axis in one.domain.axes]
        for place in product(*(range(axis.size) for axis in one.domain.axes)):
            if cells.mask()[(0, *place)]:
                position = tuple(round(float(axis[number]), 6) for axis, number in zip(axes, place, strict=True))
                found[position] = int(cells.values[(0, *place)])
    return found


@given(parts())
def test_every_cell_is_the_last_valid_one_there(coverages: list[Coverage]) -> None:
    domain, _, source = compose(coverages)
    whole = Coverage("v", domain, coverages[0].range_type, source)
    assert source.shape == domain.shape
    assert by_coordinate([whole]) == by_coordinate(coverages)


@given(parts(), st.data())
def test_boxes_are_parts_of_the_whole(coverages: list[Coverage], data: st.DataObject) -> None:
    _, _, source = compose(coverages)
    low = tuple(data.draw(st.integers(0, size - 1)) for size in source.shape)
    high = tuple(data.draw(st.integers(one + 1, size)) for one, size in zip(low, source.shape, strict=True))
    box = CellBox(low, high)
    part, whole = source.read(box, [0]), source.read(CellBox.whole(source.shape), [0])
    where = (slice(None), *box.slices)
    assert np.array_equal(part.mask(), whole.mask()[where])
    assert np.array_equal(part.values[part.mask()], whole.values[where][part.mask()])


@given(parts())
def test_the_domain_is_known_without_cells(coverages: list[Coverage]) -> None:
    assert common_domain([(one.identifier, one.domain) for one in coverages]) == compose(coverages)[0]


def test_index_and_regular_axes_grow_in_both_directions() -> None:
    one = coverage("a", (index("k", 3, 2), regular_days(10, 2)))
    other = coverage("b", (index("k", 0, 1), regular_days(14, 1)))
    domain, _, source = compose([one, other])
    assert [(axis.low, axis.high) for axis in domain.axes] == [(0, 4), (9.5, 14.5)]
    cells = source.read(CellBox.whole(source.shape), [0])
    assert cells.mask()[0].astype(int).tolist() == [
        [0, 0, 0, 0, 1], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 1, 0, 0, 0],
    ]  # fmt: skip


# -- what does not go together --------------------------------------------------------------------------

PLANE = (lat(10, 4), long(0, 4))


@pytest.mark.parametrize(
    ("axes", "error", "words"),
    [
        ((times(1), *PLANE), InconsistentChange, "'b' does not go with 'a': the axes are ansi, Lat, Long"),
        ((long(0, 4), lat(10, 4)), InconsistentChange, "the axes are Long, Lat"),
        ((lat(10, 4), replace(long(0, 4), crs=None)), InconsistentChange, "axis Long is in no CRS"),
        ((lat(10, 4), long(0, 8, 0.5)), InconsistentChange, "axis Long has the resolution 0.5"),
        ((lat(10, 4), long(0.3, 4)), InvalidSubsetting, r"lies 0\.3 cells off the grid"),
        ((lat(10, 4, 1), long(0, 4)), InconsistentChange, "axis Lat has the resolution 1"),
    ],
)
def test_other_axes(axes: tuple[Axis, ...], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        compose([coverage("a", PLANE), coverage("b", axes)])


def test_irregular_axes_and_regular_ones() -> None:
    with pytest.raises(InconsistentChange, match="'b' does not go .*: axis ansi is irregular, there it is regular"):
        compose([coverage("a", (regular_days(1, 2),)), coverage("b", (times(3),))])


def test_other_fields() -> None:
    field = Field("w", np.dtype("int16"))
    with pytest.raises(InconsistentChange, match="'b' has the fields w int16; 'a' has v int16"):
        compose([coverage("a", PLANE), coverage("b", PLANE, range_type=RangeType((field,)))])
    with pytest.raises(InconsistentChange, match="'b' has the fields v float32; 'a' has v int16"):
        compose([coverage("a", PLANE), coverage("b", PLANE, dtype="float32")])


def test_rasters_that_are_tied_to_the_earth_by_points() -> None:
    corners = np.array([0.0, 4.0])
    points = TiePoints(WGS84, corners, corners, corners, corners)
    with pytest.raises(InconsistentChange, match="'a' has no grid of axes, as sources have"):
        compose([replace(coverage("a", PLANE), tie_points=points)])


def test_a_domain_of_one() -> None:
    assert common_domain([("a", Domain(PLANE))]) == Domain(PLANE)
