# SPDX-License-Identifier: MIT
"""Clips with polygons (section 4.3 of the specification wcps-language)."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given as examples
from hypothesis import strategies as st

from eoxserver.core.axes import IndexAxis, RegularAxis, Role
from eoxserver.core.coverage import CellBox, Coverage, MemorySource
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidAxisLabel, InvalidSubsetting
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.query.plan import Clip, Given, Ring, Select
from eoxserver.query.resolver import Resolver
from eoxserver.query.shapes.lines import line_path
from eoxserver.query.windows import is_view
from tests.query.samples import Recorder, assert_same, climate, covering, cube, image, numbers, read, scan
from tests.query.shapes.shapes import blocks, by_blocks, given, result, with_nil

TRIANGLE: Ring = ((42.0, 12.0), (48.0, 12.0), (42.0, 18.0))
"""Latitude, longitude."""


def test_the_result_is_the_box_around_the_shape() -> None:
    """With centres at half degrees: rows 47.5 to 42.5, columns 12.5 to 17.5."""
    clipped = result(Clip(given(with_nil(image(numbers((10, 10))))), ("Lat", "Long"), ((TRIANGLE,),)))
    assert clipped.domain.horizontal_bounds == (12.0, 42.0, 18.0, 48.0)
    cells = read(clipped)
    expected = np.array([[column <= row for column in range(6)] for row in range(6)])
    np.testing.assert_array_equal(cells.mask()[0], expected)
    np.testing.assert_array_equal(cells.values[0][expected], numbers((10, 10))[0, 2:8, 2:8][expected])


def test_cells_outside_are_zero_where_there_is_no_nil_value() -> None:
    cells = read(result(Clip(given(image(numbers((10, 10)) + 1)), ("Lat", "Long"), ((TRIANGLE,),))))
    assert cells.valid is None
    assert cells.values[0, 0, 1] == 0
    assert cells.values[0, 5, 5] == 78


def test_cells_that_were_not_valid_are_not_made_valid() -> None:
    valid = np.ones((2, 10, 10), dtype=bool)
    valid[:, 6, 3] = False
    coverage = with_nil(image(numbers((10, 10), 2), valid=valid), (1,))
    found = read(result(Clip(given(coverage), ("Lat", "Long"), ((TRIANGLE,),)))).mask()
    assert not found[:, 4, 1].any()
    assert found[0, 0, 1]
    assert not found[1, 0, 1]


def test_the_order_of_coordinates_is_that_of_the_labels() -> None:
    turned: Ring = tuple((x, y) for y, x in TRIANGLE)
    coverage = with_nil(image(numbers((10, 10))))
    one = Clip(given(coverage), ("Lat", "Long"), ((TRIANGLE,),))
    other = Clip(given(coverage), ("Lon", "Lat"), ((turned,),))
    assert result(one).domain == result(other).domain
    assert_same(read(result(one)), read(result(other)))


def test_a_shape_that_reaches_beyond_the_coverage_is_cut() -> None:
    ring: Ring = ((0.0, 0.0), (45.0, 0.0), (45.0, 15.0), (0.0, 15.0))
    clipped = result(Clip(given(image(numbers((10, 10)))), ("Lat", "Long"), ((ring,),)))
    assert clipped.domain.horizontal_bounds == (10.0, 40.0, 15.0, 45.0)
    assert (read(clipped).values[0] == numbers((10, 10))[0, 5:, :5]).all()


@pytest.mark.parametrize("labels", [("ansi", "Lat"), ("Lat", "ansi"), ("H", "Long"), ("Lat", "Long")])
def test_any_two_axes_make_a_plane(labels: tuple[str, str]) -> None:
    """The others are left alone."""
    coverage = with_nil(climate(valid=True))
    domain = coverage.domain
    bounds = [(domain.axis(label).low, domain.axis(label).high) for label in labels]
    a, b = ([low + part * (high - low) for part in (0.2, 0.5, 0.85)] for low, high in bounds)
    ring: Ring = ((a[0], b[1]), (a[1], b[2]), (a[2], b[1]), (a[1], b[0]))
    clipped = result(Clip(given(coverage), labels, ((ring,),)))
    cells = read(clipped)
    axes = [clipped.domain.axis(label) for label in labels]
    y, x = np.meshgrid(*(axis.coordinates() for axis in axes), indexing="ij")
    inside = shapely.intersects_xy(shapely.Polygon(ring), y, x)
    assert inside.any()
    assert not inside.all()
    positions = [clipped.domain.index(label) for label in labels]
    mask = np.moveaxis(cells.mask()[0], positions, (0, 1))
    starts = [
        int(np.flatnonzero(old.coordinates() == new.coordinates()[0])[0])
        for old, new in zip(domain.axes, clipped.domain.axes, strict=True)
    ]
    original = read(coverage, CellBox.whole(clipped.domain.shape).shifted(starts))
    expected = np.moveaxis(original.mask()[0], positions, (0, 1)) & inside[:, :, np.newaxis, np.newaxis]
    np.testing.assert_array_equal(mask, expected)
    assert_same(type(cells)(cells.values, cells.mask()), type(cells)(original.values, cells.mask()))


def test_index_axes_count_from_their_first_index() -> None:
    """Columns of the scan count from 3."""
    clipped = result(Clip(given(scan()), ("i", "j"), ((((5.0, 2.0), (8.0, 2.0), (8.0, 4.0), (5.0, 4.0)),),)))
    assert clipped.domain.axis("i") == IndexAxis("i", 4, first=5)
    np.testing.assert_array_equal(read(clipped).values[0], numbers((20, 30))[0, 2:5, 2:6])


@pytest.mark.parametrize(
    ("labels", "ring"),
    [
        (("Lat", "Long"), ((60.0, 12.0), (70.0, 12.0), (65.0, 15.0))),
        (("Lat", "Long"), ((42.0, 22.0), (45.0, 22.0), (43.0, 25.0))),
    ],
)
def test_a_shape_elsewhere_is_refused(labels: tuple[str, str], ring: Ring) -> None:
    with pytest.raises(InvalidSubsetting, match="outside"):
        result(Clip(given(image(numbers((10, 10)))), labels, ((ring,),)))


def test_a_shape_between_the_positions_of_an_irregular_axis_is_refused() -> None:
    ring: Ring = ((148655.0, 380000.0), (148656.0, 380000.0), (148655.0, 381000.0))
    with pytest.raises(InvalidSubsetting, match="no position"):
        result(Clip(given(cube()), ("ansi", "E"), ((ring,),)))


@pytest.mark.parametrize("labels", [("Lat", "Lat"), ("Lat", "X")])
def test_axes_must_be_two_of_the_coverage(labels: tuple[str, str]) -> None:
    with pytest.raises(InvalidAxisLabel):
        result(Clip(given(image(numbers((10, 10)))), labels, ((TRIANGLE,),)))


@examples(st.data())
def test_block_by_block_it_is_the_same(data: st.DataObject) -> None:
    coordinate = st.floats(-120, 120)
    ring = tuple(data.draw(st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=9, unique=True)))
    plan = Clip(given(with_nil(climate(valid=True), (1,))), ("Lat", "Long"), ((ring,),))
    try:
        clipped = result(plan)
    except InvalidSubsetting:  # all of it beyond a pole
        assert min(abs(y) for y, _ in ring) >= 90
        return
    whole = read(clipped)
    assert_same(by_blocks(clipped, data.draw(blocks(clipped))), whole)
    assert_same(read(result(Select(plan, (1,)))), type(whole)(whole.values[1:], whole.mask()[1:]))


def test_only_what_lies_around_the_shape_is_read() -> None:
    """Of the box of a diagonal strip, a block beside the strip reads nothing."""
    axes = (
        RegularAxis("y", 0.0, 1.0, 1000, role=Role.OTHER),
        RegularAxis("x", 0.0, 1.0, 1000, role=Role.OTHER),
    )
    values = np.broadcast_to(np.uint8(7), (1, 1000, 1000))
    source = Recorder([values])
    coverage = covering(Domain(axes), values, source=source)
    ring: Ring = ((0.0, 0.0), (0.0, 5.0), (999.0, 999.0), (999.0, 990.0))
    clipped = result(Clip(given(coverage), ("y", "x"), ((ring,),)))
    assert is_view(clipped.source)
    cells = by_blocks(clipped, (50, 50))
    assert int((cells.values == 7).sum()) > 5000
    assert source.cells < 120_000


def test_truth_values_are_clipped() -> None:
    values = np.ones((1, 10, 10), dtype=bool)
    found = read(result(Clip(given(image(values)), ("Long", "Lat"), (((((10, 40), (20, 40), (20, 50))),),))))
    assert found.values.dtype == bool
    assert 40 <= found.values.sum() <= 60


# -- lines ------------------------------------------------------------------------------------------------------


@examples(st.data())
def test_a_line_masks_the_plane_along_its_cells(data: st.DataObject) -> None:
    """A curtain with a line (WCPS section 4.3): as many axes as before, null but for the cells on the line."""
    rows, columns = data.draw(st.integers(2, 9)), data.draw(st.integers(2, 9))
    point = st.tuples(st.integers(-3, 12), st.integers(-3, 12)).map(lambda pair: tuple(float(each) for each in pair))
    vertices = tuple(data.draw(st.lists(point, min_size=1, max_size=4)))
    swapped = data.draw(st.booleans())
    axes = (IndexAxis("t", 2), IndexAxis("j", rows), IndexAxis("i", columns))
    values = np.arange(1, 1 + 2 * rows * columns, dtype="f4").reshape(1, 2, rows, columns)
    field = Field("v", np.dtype("f4"), nil=(NilValue(0.0),))
    whole = Coverage("c", Domain(axes), RangeType((field,)), MemorySource(values))
    labels = ("i", "j") if swapped else ("j", "i")
    line = tuple(vertex[::-1] for vertex in vertices) if swapped else vertices
    node = Clip(Given(whole), labels, (), (line,))
    path = line_path([(int(y), int(x)) for y, x in vertices], (rows, columns))
    expected = {(int(y), int(x)) for y, x in path.cells(0, path.size)}
    resolver = Resolver(lambda name: whole)
    if not expected:
        with pytest.raises(InvalidSubsetting):
            resolver.resolve(node)
        return
    step = resolver.resolve(node)
    assert step.domain.labels == ("t", "j", "i")
    first = [axis.first for axis in step.domain.axes if isinstance(axis, IndexAxis)]
    cells = step.source.read(CellBox.whole(step.domain.shape), [0])
    found = {
        (int(y) + first[1], int(x) + first[2]): cells.values[0, :, y, x].tolist()
        for y, x in zip(*np.nonzero(cells.mask()[0, 0]), strict=True)
    }
    assert found == {(y, x): values[0, :, y, x].tolist() for y, x in expected}
