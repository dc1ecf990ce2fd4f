# SPDX-License-Identifier: MIT
"""A larger grid (section 4.3 of the specification wcps-language)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from eoxserver.core.axes import IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.coverage import CellBox, Coverage
from eoxserver.core.domain import Domain
from eoxserver.core.errors import EOxServerError, InvalidAxisLabel, InvalidExtent, UnsupportedCombination
from eoxserver.query.check import price
from eoxserver.query.plan import Extend, Extent, Select
from tests.query.samples import Recorder, assert_same, climate, covering, cube, image, numbers, read, scan, series
from tests.query.shapes.shapes import blocks, by_blocks, given, resolved, result, with_nil

CLIMATE = with_nil(climate(valid=True), (1,))


def test_new_cells_are_zero_where_there_is_no_nil_value() -> None:
    extended = result(Extend(given(scan(3, 4)), (Extent("i", -2, 5),)))
    assert extended.domain.axis("i") == IndexAxis("i", 8, first=1)
    cells = read(extended)
    assert cells.valid is None
    np.testing.assert_array_equal(cells.values[0, 1], [0, 0, 4, 5, 6, 7, 0, 0])


def test_new_cells_are_not_valid_where_there_is_one() -> None:
    coverage = with_nil(image(numbers((2, 2), 2)), (1,))
    extended = result(Extend(given(coverage), (Extent("Lat", -1, 1), Extent("Long", 0, 2))))
    cells = read(extended)
    expected = np.zeros((2, 3, 3), dtype=bool)
    expected[0] = True
    expected[1, 1:, :2] = True
    np.testing.assert_array_equal(cells.mask(), expected)
    np.testing.assert_array_equal(cells.values[0], [[0, 0, 0], [0, 1, 0], [2, 3, 0]])


def test_a_regular_axis_grows_at_both_ends() -> None:
    extended = result(Extend(given(image(numbers((10, 10)))), (Extent("Lat", -2, 11),)))
    axis = extended.domain.axis("Lat")
    assert isinstance(axis, RegularAxis)
    assert (axis.low, axis.high, axis.size) == (38, 52, 14)


def test_the_order_of_axes_in_the_crs_stays() -> None:
    extended = result(Extend(given(climate()), (Extent("Long", -1, 35), Extent("ansi", 0, 7))))
    assert extended.domain.crs_labels == ("ansi", "H", "Lat", "Long")
    assert extended.domain.shape == (8, 3, 37, 18)


def test_an_irregular_axis_may_be_named_when_it_stays_as_it_is() -> None:
    extended = result(Extend(given(cube()), (Extent("ansi", 0, 3), Extent("E", -1, 6))))
    assert isinstance(extended.domain.axis("ansi"), IrregularAxis)
    assert extended.domain.shape == (9, 8, 4)


def test_nothing_more_is_the_coverage_itself() -> None:
    coverage = series()
    assert result(Extend(given(coverage), (Extent("H", 0, 11),))).domain is coverage.domain


@pytest.mark.parametrize(
    ("coverage", "extent", "error"),
    [
        (series(), Extent("H", 1, 20), InvalidExtent),
        (series(), Extent("H", -3, 10), InvalidExtent),
        (series(), Extent("H", 5, -5), InvalidExtent),
        (cube(), Extent("ansi", 0, 4), UnsupportedCombination),
        (series(), Extent("Z", 0, 20), InvalidAxisLabel),
    ],
)
def test_what_is_no_larger_grid_is_refused(coverage: Coverage, extent: Extent, error: type[EOxServerError]) -> None:
    with pytest.raises(error):
        result(Extend(given(coverage), (extent,)))


def test_an_axis_named_twice_is_refused() -> None:
    with pytest.raises(InvalidAxisLabel, match="twice"):
        result(Extend(given(climate()), (Extent("Long", 0, 40), Extent("Lon", 0, 40))))


@examples(st.data())
def test_the_input_is_where_it_was_and_all_else_is_new(data: st.DataObject) -> None:
    """Whatever is read of it, in whatever blocks."""
    before = [data.draw(st.integers(0, 3)) for _ in range(3)]
    after = [data.draw(st.integers(0, 3)) for _ in range(3)]
    labels = ("ansi", "Long", "Lat")
    sizes = (5, 36, 18)
    extents = tuple(
        Extent(label, -a, size - 1 + b) for label, size, a, b in zip(labels, sizes, before, after, strict=True)
    )
    plan = Extend(given(CLIMATE), data.draw(st.permutations(extents).map(tuple)))
    extended = result(plan)
    whole, original = read(extended), read(CLIMATE)
    pads = ((0, 0), (before[0], after[0]), (0, 0), (before[1], after[1]), (before[2], after[2]))
    np.testing.assert_array_equal(whole.values * whole.mask(), np.pad(original.values * original.mask(), pads))
    np.testing.assert_array_equal(whole.mask()[0], np.pad(original.mask()[0], pads[1:], constant_values=True))
    np.testing.assert_array_equal(whole.mask()[1], np.pad(original.mask()[1], pads[1:], constant_values=False))
    assert_same(by_blocks(extended, data.draw(blocks(extended))), whole)
    assert_same(read(result(Select(plan, (1,)))), type(whole)(whole.values[1:], whole.mask()[1:]))


def test_what_is_new_reads_nothing() -> None:
    values = np.broadcast_to(np.uint8(1), (1, 100, 100))
    source = Recorder([values])
    axes = (RegularAxis("y", 0.0, 1.0, 100), RegularAxis("x", 0.0, 1.0, 100))
    plan = Extend(given(covering(Domain(axes), values, source=source)), (Extent("y", -900, 999), Extent("x", 0, 199)))
    step = resolved(plan)
    beside, across = CellBox((0, 0), (900, 200)), CellBox((850, 50), (950, 150))
    assert (price(step, beside).cells, price(step, across).cells, price(step).cells) == (0, 2500, 10_000)
    assert not read(step.coverage, beside).values.any()
    assert not source.reads
    assert read(step.coverage, across).values.sum() == 2500
    assert source.cells == 2500
