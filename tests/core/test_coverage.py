# SPDX-License-Identifier: MIT
"""Boxes of cells, sources, and coverages of one to four dimensions in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.coverage import CellBox, Cells, Coverage, DataState, Level, MemorySource, Source, state_of
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.core.selection import Slice, Subset, Trim, select

GEO, UTM, ANSI, HEIGHT = (parse_crs(name) for name in ("EPSG:4326", "EPSG:32633", "OGC/0/AnsiDate", "EPSG:5773"))
BOXES = st.lists(st.tuples(st.integers(-20, 20), st.integers(0, 15)), min_size=0, max_size=4).map(
    lambda parts: CellBox(tuple(low for low, _ in parts), tuple(low + size for low, size in parts))
)


def make(identifier: str, axes: tuple[Axis, ...], order: tuple[str, ...], fields: int = 1) -> Coverage:
    """A coverage whose value in field f is its cell number + 1000000 f; every seventh cell is nil."""
    domain = Domain(axes, order)
    values = np.arange(domain.cell_count).reshape(domain.shape) + 1_000_000 * np.arange(fields).reshape(
        (fields,) + (1,) * len(axes)
    )
    range_type = RangeType(tuple(Field(f"b{n}", np.dtype("i4"), nil=(NilValue(-1),)) for n in range(fields)))
    return Coverage(identifier, domain, range_type, MemorySource(values.astype("i4"), values % 7 != 0))


def series() -> Coverage:
    return make("series", (RegularAxis("H", 5.0, 10.0, 12, HEIGHT, "metre", Role.Z),), ("H",))


def irregular_cube() -> Coverage:
    days = np.array([148654.084259259, 148656.999942129, 148658.08228, 148661.00206])
    axes: tuple[Axis, ...] = (
        RegularAxis("N", 5449765.6, -200.0, 6, UTM, "metre", Role.Y),
        RegularAxis("E", 80142.7, 200.0, 5, UTM, "metre", Role.X),
        IrregularAxis("ansi", days, ANSI, "d", Role.T),
    )
    return make("irr", axes, ("ansi", "E", "N"), fields=3)


def climate() -> Coverage:
    axes: tuple[Axis, ...] = (
        RegularAxis("ansi", 148654.0, 1.0, 5, ANSI, "d", Role.T),
        IrregularAxis("H", np.array([1000.0, 850.0, 500.0]), HEIGHT, "metre", Role.Z),
        RegularAxis("Lat", 85.0, -10.0, 18, GEO, "degree", Role.Y),
        RegularAxis("Long", -175.0, 10.0, 36, GEO, "degree", Role.X),
    )
    return make("climate", axes, ("ansi", "H", "Lat", "Long"), fields=2)


def read(
    coverage: Coverage, subsets: list[Subset], fields: list[int]
) -> tuple[Domain, npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Domain, values and validity of a subset, sliced axes dropped."""
    selection = select(coverage.domain, subsets)
    cells = coverage.source.read(selection.box, fields)
    dropped = tuple(position + 1 for position in selection.sliced)
    return selection.domain, cells.values.squeeze(dropped), cells.mask().squeeze(dropped)


# -- boxes ------------------------------------------------------------------------------------


def test_boxes() -> None:
    box = CellBox((1, 2), (4, 12))
    assert (box.shape, box.cell_count, box.slices) == ((3, 10), 30, (slice(1, 4), slice(2, 12)))
    assert CellBox.whole((3, 4)) == CellBox((0, 0), (3, 4))
    assert box.shifted((-1, 5)) == CellBox((0, 7), (3, 17))
    assert box.intersection(CellBox((3, 0), (9, 3))) == CellBox((3, 2), (4, 3))
    assert box.intersection(CellBox((4, 0), (9, 20))) is None
    assert CellBox.whole(()).cell_count == 1
    assert CellBox((), ()).intersection(CellBox((), ())) == CellBox((), ())


@pytest.mark.parametrize(("low", "high"), [((0,), (1, 2)), ((2,), (1,)), ((0, 5), (3, 4))])
def test_impossible_boxes_are_refused(low: tuple[int, ...], high: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="is no box"):
        CellBox(low, high)


@given(BOXES, st.data())
def test_an_intersection_holds_the_cells_of_both(box: CellBox, data: st.DataObject) -> None:
    shift = tuple(data.draw(st.integers(-20, 20)) for _ in box.low)
    other = box.shifted(shift)
    both = {i for i, _ in np.ndenumerate(np.empty(box.shape))}
    mine = {tuple(a + b for a, b in zip(i, box.low, strict=True)) for i in both}
    common = mine & {tuple(a + b for a, b in zip(i, shift, strict=True)) for i in mine}
    found = box.intersection(other)
    assert found == other.intersection(box)
    assert (found.cell_count if found else 0) == len(common)
    if found:
        assert min(common) == found.low


# -- sources ----------------------------------------------------------------------------------


def test_memory_is_a_source() -> None:
    values = np.arange(24).reshape(2, 3, 4)
    source: Source = MemorySource(values)
    assert isinstance(source, Source)
    assert not isinstance(object(), Source)
    assert (source.shape, source.chunks) == ((3, 4), (3, 4))
    assert source.levels == (Level((3, 4), (1.0, 1.0)),)
    cells = source.read(CellBox((1, 1), (3, 4)), [1, 0, 1])
    assert cells.values.shape == (3, 2, 3)
    np.testing.assert_array_equal(cells.values[0], values[1, 1:3, 1:4])
    np.testing.assert_array_equal(cells.values[1], values[0, 1:3, 1:4])
    assert cells.valid is None
    assert cells.mask().all()
    assert cells.mask().shape == cells.values.shape


def test_what_is_read_belongs_to_the_caller() -> None:
    source = MemorySource(np.zeros((1, 4)), np.ones((1, 4), dtype=bool))
    cells = source.read(CellBox.whole((4,)), [0])
    cells.values[:] = 9
    cells.mask()[:] = False
    assert source.values.max() == 0
    again = source.read(CellBox.whole((4,)), [0])
    assert again.mask().all()


def test_validity_is_read_with_the_values() -> None:
    valid = np.array([[True, False, True], [False, False, True]])
    cells = MemorySource(np.zeros((2, 3)), valid).read(CellBox((1,), (3,)), [1])
    assert cells.mask().tolist() == [[False, True]]
    assert Cells(np.zeros((1, 0))).mask().shape == (1, 0)


# -- coverages --------------------------------------------------------------------------------


@pytest.mark.parametrize("coverage", [series(), irregular_cube(), climate()], ids=lambda coverage: coverage.identifier)
def test_a_coverage_and_its_source_agree(coverage: Coverage) -> None:
    assert coverage.source.shape == coverage.domain.shape
    whole = coverage.source.read(CellBox.whole(coverage.domain.shape), range(len(coverage.range_type)))
    assert whole.values.shape == (len(coverage.range_type), *coverage.domain.shape)


def test_one_dimension() -> None:
    coverage = series()
    domain, values, valid = read(coverage, [Trim("H", 20, 50)], [0])
    assert (domain.shape, domain.subtype, domain.crs) == ((3,), "RectifiedGridCoverage", HEIGHT)
    assert (domain.axes[0].low, domain.axes[0].high) == (20, 50)
    assert values.tolist() == [[2, 3, 4]]
    assert valid.tolist() == [[True, True, True]]
    nothing, value, _ = read(coverage, [Slice("H", 37)], [0])
    assert (nothing.shape, value.tolist()) == ((), [3])


def test_three_dimensions_with_irregular_time() -> None:
    coverage = irregular_cube()
    assert coverage.domain.crs == parse_crs("OGC/0/AnsiDate@EPSG:32633")
    assert coverage.domain.subtype == "ReferenceableGridCoverage"
    subsets: list[Subset] = [
        Trim("ansi", '"2008-01-02"', '"2008-01-06"'),
        Trim("E", 80142.7, 80500),
        Slice("N", 5449500),
    ]
    domain, values, _ = read(coverage, subsets, [2, 0])
    assert domain.labels == ("E", "ansi")
    assert domain.crs_labels == ("ansi", "E")
    assert domain.axis("ansi").coordinates().tolist() == [148656.999942129, 148658.08228]
    numbers = np.arange(6 * 5 * 4).reshape(6, 5, 4)
    expected = numbers[1, 0:3, 1:3]
    np.testing.assert_array_equal(values, [expected + 2_000_000, expected])
    flat, _, _ = read(coverage, [Slice("ansi", '"2008-01-01T02:01:20.000Z"')], [0])
    assert (flat.subtype, flat.crs) == ("RectifiedGridCoverage", UTM)


def test_four_dimensions() -> None:
    coverage = climate()
    assert coverage.domain.crs == parse_crs("OGC/0/AnsiDate@EPSG:5773@EPSG:4326")
    subsets: list[Subset] = [
        Slice("H", 850), Trim("Lat", 40, 60), Trim("Long", 10, 40), Trim("ansi", '"2008-01-02"', '"2008-01-03T12:00"'),
    ]  # fmt: skip
    domain, values, valid = read(coverage, subsets, [1])
    assert domain.labels == ("ansi", "Lat", "Long")
    assert domain.shape == (2, 2, 3)
    assert domain.horizontal_bounds == pytest.approx((10, 40, 40, 60))
    expected = np.arange(5 * 3 * 18 * 36).reshape(5, 3, 18, 36)[1:3, 1, 3:5, 19:22] + 1_000_000
    np.testing.assert_array_equal(values[0], expected)
    np.testing.assert_array_equal(valid[0], expected % 7 != 0)


@given(st.data())
def test_cells_are_where_their_coordinates_say(data: st.DataObject) -> None:
    """Whatever is cut off a 4-D coverage, a slice at a cell's centre finds the value of that cell."""
    coverage = climate()
    cell = tuple(data.draw(st.integers(0, size - 1)) for size in coverage.domain.shape)
    subsets: list[Subset] = []
    for axis, number in zip(coverage.domain.axes, cell, strict=True):
        centre = axis.coordinate(number)
        kind = data.draw(st.sampled_from(["slice", "trim", "none"]))
        if kind == "slice":
            subsets.append(Slice(axis.label, centre))
        elif kind == "trim":
            low, high = (data.draw(st.floats(0, 1)) for _ in range(2))
            subsets.append(Trim(axis.label, centre - low * (centre - axis.low), centre + high * (axis.high - centre)))
    selection = select(coverage.domain, data.draw(st.permutations(subsets)))
    part = Coverage(
        "part", selection.domain, coverage.range_type, MemorySource(coverage.source.read(selection.box, [0, 1]).values)
    )
    inside = tuple(number - low for number, low in zip(cell, selection.box.low, strict=True))
    assert part.source.read(CellBox(inside, tuple(n + 1 for n in inside)), [0]).values.item() == np.ravel_multi_index(
        cell, coverage.domain.shape
    )
    for axis in selection.domain.axes:
        position = coverage.domain.index(axis.label)
        assert axis.coordinate(inside[position]) == pytest.approx(
            coverage.domain.axes[position].coordinate(cell[position])
        )


def test_a_grid_without_georeference() -> None:
    index = parse_crs("OGC/0/Index2D")
    coverage = make("pixels", (IndexAxis("j", 4, crs=index), IndexAxis("i", 6, crs=index)), ("i", "j"))
    domain, values, _ = read(coverage, [Trim("i", 2, 3), Slice("j", 1)], [0])
    assert domain.labels == ("i",)
    assert domain.subtype == "GridCoverage"
    assert values.tolist() == [[8, 9]]


class Replaced(MemorySource):
    """An array that tells that it is another one each time it is asked."""

    asked: ClassVar[list[int]] = []

    def state(self) -> str:
        self.asked.append(1)
        return str(len(self.asked))


def test_the_state_of_data_holds_until_it_changes() -> None:
    still = make("still", (IndexAxis("i", 3),), ("i",))
    moving = replace(still, source=Replaced(np.zeros((1, 3))))
    assert state_of(still.source) == ""
    assert DataState.of([still]).holds
    state = DataState.of([still, moving])
    assert (len(state.sources), state.states) == (1, ("1",))
    assert not state.holds
    assert (DataState.of([still]) + state).states == ("1",)
