# SPDX-License-Identifier: MIT
"""Windows of sources, and the choice of a level."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.coverage import CellBox, Level, MemorySource
from eoxserver.query.windows import Need, Window, choose_level
from tests.query.samples import numbers, pyramid

SOURCE = MemorySource(numbers((6, 8, 5), 3))


def levels(*factors: tuple[float, ...]) -> list[Level]:
    return [Level(tuple(round(1000 / f) for f in each), each) for each in factors]


def test_a_window_of_a_window_is_one_window_of_the_source() -> None:
    window = Window.over(SOURCE, 3).subset(CellBox((1, 2, 3), (5, 8, 4)), frozenset({2})).select((2, 0))
    inner = window.subset(CellBox((1, 0), (2, 4)), frozenset({0})).select((1, 1))
    assert window.shape == (4, 6)
    assert inner.shape == (4,)
    assert inner.base is SOURCE
    np.testing.assert_array_equal(inner.read(CellBox((1,), (4,)), (0, 1)).values, SOURCE.values[[0, 0], 2, 3:6, 3])


@given(st.data())
def test_reading_a_window_is_reading_the_source_there(data: st.DataObject) -> None:
    def box(shape: tuple[int, ...]) -> CellBox:
        low = tuple(data.draw(st.integers(0, size - 1)) for size in shape)
        return CellBox(low, tuple(data.draw(st.integers(a + 1, size)) for a, size in zip(low, shape, strict=True)))

    outer = box(SOURCE.shape)
    window = Window.over(SOURCE, 3).subset(outer, frozenset())
    inner = box(window.shape)
    expected = SOURCE.values[(slice(None), *outer.slices)][(slice(None), *inner.slices)]
    np.testing.assert_array_equal(window.read(inner, (0, 1, 2)).values, expected)


def test_masks_lose_sliced_axes_too() -> None:
    source = MemorySource(SOURCE.values, SOURCE.values % 3 != 0)
    window = Window.over(source, 3).subset(CellBox((0, 4, 0), (6, 5, 5)), frozenset({1}))
    cells = window.read(CellBox((0, 0), (6, 5)), (1,))
    assert cells.valid is not None
    np.testing.assert_array_equal(cells.valid[0], SOURCE.values[1, :, 4, :] % 3 != 0)


def test_needs_are_told_in_cells_of_the_source() -> None:
    window = Window.over(SOURCE, 3).subset(CellBox((1, 2, 3), (5, 8, 4)), frozenset({2})).select((2, 0))
    need = next(window.needs(CellBox((1, 1), (3, 2)), (0,)))
    assert need == Need(SOURCE, 0, CellBox((2, 3, 3), (4, 4, 4)), (2,))


def test_a_whole_window_has_the_levels_of_its_source_and_a_part_has_none() -> None:
    source = pyramid(numbers((64, 64)), 3)
    whole = Window.over(source, 1)
    assert whole.levels == source.levels
    np.testing.assert_array_equal(whole.read(CellBox((2, 3), (4, 5)), (0,), 2).values, source.arrays[2][:, 2:4, 3:5])
    assert [level.shape for level in whole.subset(CellBox((0, 0), (64, 63)), frozenset()).levels] == [(64, 63)]


@given(st.integers(0, 63), st.integers(1, 64), st.integers(0, 3))
def test_a_zoomed_window_covers_the_window_and_less_than_a_cell_more(low: int, size: int, level: int) -> None:
    source = pyramid(numbers((64,)), 4, horizontal=(-1,))
    high = min(64, low + size)
    zoomed = Window.over(source, 1).subset(CellBox((low,), (high,)), frozenset()).zoomed(level)
    factor = 2**level
    start, stop = zoomed.box.low[0] * factor, zoomed.box.high[0] * factor
    assert start <= low < start + factor
    assert stop - factor < high <= stop
    assert zoomed.scale[0] * 0 + zoomed.shift[0] == pytest.approx((low - start) / factor)


@pytest.mark.parametrize(
    ("ratio", "level"), [(0.5, 0), (1, 0), (1.9, 0), (1.91, 1), (2, 1), (3.7, 1), (3.9, 2), (7, 2), (100, 3)]
)
def test_the_coarsest_level_that_has_cells_enough_is_chosen(ratio: float, level: int) -> None:
    found = choose_level(levels((1, 1), (2, 2), (4, 4), (8, 8)), {0: ratio, 1: ratio * 2})
    assert found == level


def test_levels_must_leave_other_axes_alone() -> None:
    available = levels((1, 1, 1), (2, 4, 4), (1, 2, 2))
    assert choose_level(available, {1: 8, 2: 8}) == 2
    assert choose_level(available, {0: 8, 1: 8, 2: 8}) == 1


@given(st.integers(0, 61), st.integers(1, 62), st.integers(0, 3))
def test_a_level_may_begin_before_its_source(low: int, size: int, before: int) -> None:
    class Shifted(MemorySource):
        @property
        def levels(self) -> tuple[Level, ...]:
            return (Level(self.shape, (1.0,)), Level((-(-(62 + before) // 4),), (4.0,), (before,)))

    high = min(62, low + size)
    zoomed = Window.over(Shifted(numbers((62,))), 1).subset(CellBox((low,), (high,)), frozenset()).zoomed(1)
    start, stop = (4 * edge - before for edge in (zoomed.box.low[0], zoomed.box.high[0]))
    assert start <= low < start + 4
    assert stop - 4 < high <= stop
    assert zoomed.shift[0] == pytest.approx((low - start) / 4)
