# SPDX-License-Identifier: MIT
"""Where cells of a part belong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.axes import Axis
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InconsistentChange, InvalidSubsetting
from eoxserver.resources.coverages.placement import TOLERANCE, place
from tests.resources.coverages.ingestion.coverages import index, lat, long, regular_days, times


def along(whole: Axis, part: Axis, low: int = 0) -> range | Sequence[float]:
    """Answer where a part goes on one axis."""
    return place(Domain((whole,)), Domain((part,)), [low])[0]


@given(
    st.integers(-50, 50), st.integers(1, 20), st.floats(-TOLERANCE, TOLERANCE).map(lambda off: off * 0.99),
    st.sampled_from([-0.1, 0.25, 1.0, -30.0]),
)  # fmt: skip
def test_cells_on_the_grid_are_found_wherever_they_lie(offset: int, size: int, off: float, step: float) -> None:
    whole = long(0, 10, step)
    part = replace(whole, origin=whole.coordinate(offset + off), size=size)
    assert along(whole, part, low=7) == range(7 + offset, 7 + offset + size)


def test_cells_off_the_grid_are_refused() -> None:
    with pytest.raises(InvalidSubsetting, match=r"Lat.*cells off the grid"):
        along(lat(10, 4), lat(10.01, 4))


def test_another_resolution_is_refused() -> None:
    with pytest.raises(InconsistentChange, match="resolution"):
        along(lat(10, 4), lat(10, 4, -0.5))
    with pytest.raises(InconsistentChange, match="resolution"):
        along(lat(10, 4), lat(6, 4, 1.0))


def test_a_resolution_may_differ_by_rounding() -> None:
    whole = long(0, 1000, 1 / 3)
    assert along(whole, replace(whole, step=0.3333333333)) == range(1000)


def test_a_single_position_on_a_regular_axis_is_a_cell() -> None:
    assert along(regular_days(100, 3), times(105)) == range(5, 6)
    assert along(regular_days(100, 3), times(98, 99)) == range(-2, 0)


def test_positions_with_gaps_on_a_regular_axis_are_refused() -> None:
    with pytest.raises(InvalidSubsetting, match="do not follow each other"):
        along(regular_days(100, 3), times(98, 100))


def test_indices_are_coordinates() -> None:
    assert along(index("i", 5, 3), index("i", 2, 2), low=5) == range(2, 4)


def test_known_coefficients_are_found_and_others_are_new() -> None:
    assert along(times(1, 2, 4), times(0.5, 2, 3, 9)) == [0.5, 2, 3, 9]


def test_coefficients_that_differ_by_rounding_are_those_of_the_coverage() -> None:
    known = 148654.084259259
    assert along(times(known), times(known + 1e-9)) == [known]
    assert along(times(known), times(known + 1e-7)) == [known + 1e-7]


def test_on_axes_without_time_rounding_is_a_part_of_the_least_distance() -> None:
    heights = replace(times(10, 20, 50), label="h", crs=parse_crs("EPSG:5714"))
    assert along(heights, replace(heights, coefficients=np.array([20 + 1e-6, 30.0]))) == [20, 30]


def test_two_coefficients_that_are_one_are_refused() -> None:
    with pytest.raises(InconsistentChange, match="two coefficients are the same"):
        along(times(1, 2), times(2 - 1e-9, 2))


def test_falling_coefficients_stay_falling() -> None:
    assert along(times(9, 5, 1), times(7, 5)) == [7, 5]
    with pytest.raises(InconsistentChange, match="which fall"):
        along(times(9, 5, 1), times(5, 7))
    with pytest.raises(InconsistentChange, match="which rise"):
        along(times(1, 5), times(7, 5))


def test_axes_must_be_the_same_in_the_same_order() -> None:
    whole = Domain((times(1), lat(10, 4), long(0, 4)))
    for axes in ((times(1), long(0, 4), lat(10, 4)), (lat(10, 4), long(0, 4)), (*whole.axes, index("i", 0, 1))):
        with pytest.raises(InconsistentChange, match="the axes are"):
            place(whole, Domain(axes), [0, 0, 0])


def test_old_and_new_names_of_longitude_are_one() -> None:
    assert along(long(0, 4), replace(long(0, 4), label="Lon")) == range(4)


def test_another_crs_is_refused() -> None:
    with pytest.raises(InconsistentChange, match="EPSG/0/4258"):
        along(lat(10, 4), replace(lat(10, 4), crs=parse_crs("EPSG:4258")))
    with pytest.raises(InconsistentChange, match="no CRS"):
        along(lat(10, 4), replace(lat(10, 4), crs=None))
