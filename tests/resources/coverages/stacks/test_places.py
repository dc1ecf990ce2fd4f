# SPDX-License-Identifier: MIT
"""Places in a grid stay what they are, however the grid grows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.axes import IrregularAxis
from eoxserver.core.domain import Domain
from eoxserver.resources.coverages.stacks.places import (
    Grid,
    Run,
    SlicePlace,
    anchors_from_json,
    anchors_of,
    grown,
)
from tests.resources.coverages.ingestion.coverages import index, regular_days, times

RANGES = st.tuples(st.integers(-20, 20), st.integers(1, 5)).map(lambda one: range(one[0], one[0] + one[1]))


@given(st.lists(RANGES, min_size=1, max_size=6))
def test_grid_indices_of_regular_and_index_axes(parts: list[range]) -> None:
    domain = Domain((regular_days(100, 2, 0.1), index("k", 3, 1)))
    anchors = anchors_of(domain)
    for part in parts:
        domain = grown(domain, anchors, [part, part])
    grid = Grid(domain, anchors)
    for part in parts:
        place = SlicePlace.of([part, part])
        for axis, cell in ((0, 100 + 0.1 * part.start), (1, part.start)):
            (run,) = grid.runs(axis, place.spans[axis], None)
            assert run.count == len(part)
            assert abs(domain.axes[axis].coordinates()[run.start] - cell) < 1e-9
            assert grid.numbers(axis, run.start, run.start + run.count) == (part.start, part.stop - 1)


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=12, unique=True), st.booleans(), st.integers(1, 11))
def test_coefficients_come_in_any_order(numbers: list[int], falling: bool, split: int) -> None:
    one, other = numbers[:split], numbers[split:] or numbers[:1]
    first, second = (sorted(map(float, part), reverse=falling) for part in (one, other))
    domain = Domain((times(*first),))
    if len(first) > 1 or not falling:
        domain = grown(domain, (None,), [second])
        grid = Grid(domain, (None,))
        axis = domain.axes[0]
        assert isinstance(axis, IrregularAxis)
        assert axis.coefficients.tolist() == sorted({*first, *second}, reverse=falling)
        for part in (first, second):
            span = SlicePlace.of([part]).spans[0]
            runs = grid.runs(0, span, None if grid.is_whole(0, span) else np.array(part))
            cells = [run.start + number for run in runs for number in range(run.count)]
            assert axis.coefficients[cells].tolist() == part


def test_positions_that_came_later_are_no_cells() -> None:
    grid = Grid(Domain((times(1, 3, 5),)), (None,))
    assert grid.runs(0, (2.0, 2.0, 1), None) == []
    assert not grid.is_whole(0, (2.0, 4.0, 2))
    assert grid.runs(0, (1.0, 4.0, 3), np.array([1.0, 3.0, 4.0])) == [Run(0, 0, 2)]


def test_json() -> None:
    place = SlicePlace.of([range(2, 5), [1.5, 2.5]])
    assert SlicePlace.from_json(place.to_json()) == place
    assert place.shape == (3, 2)
    assert anchors_from_json([1, None]) == (1.0, None)
