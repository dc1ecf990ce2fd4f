# SPDX-License-Identifier: MIT
"""Regular, irregular and index axes."""

from __future__ import annotations

import doctest
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core import axes
from eoxserver.core.axes import IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.crs import parse_crs

REGULAR = st.builds(
    RegularAxis,
    st.just("x"),
    origin=st.floats(-1e6, 1e6),
    step=st.floats(1e-3, 1e3).flatmap(lambda step: st.sampled_from([step, -step])),
    size=st.integers(1, 10_000),
)


def test_docstrings_hold() -> None:
    assert doctest.testmod(axes).failed == 0


def test_cells_of_a_regular_axis_are_as_wide_as_its_step() -> None:
    long = RegularAxis("Long", origin=112.0, step=0.05, size=886)
    assert (long.start, long.stop, long.low, long.high) == pytest.approx((111.975, 156.275, 111.975, 156.275))
    lat = RegularAxis("Lat", origin=-9.0, step=-0.05, size=711)
    assert (lat.start, lat.stop, lat.low, lat.high) == pytest.approx((-8.975, -44.525, -44.525, -8.975))
    assert lat.coordinate(0) == -9.0
    assert lat.coordinate(-0.5) == lat.start
    assert lat.coordinates()[[0, -1]] == pytest.approx((-9.0, -44.5))
    assert lat.coordinates().shape == (711,)


@given(REGULAR, st.data())
def test_a_part_of_a_regular_axis_lies_on_the_same_grid(axis: RegularAxis, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, axis.size - 1))
    stop = data.draw(st.integers(start + 1, axis.size))
    part = axis.cells(start, stop)
    assert part.size == stop - start
    assert (part.label, part.step, part.role) == (axis.label, axis.step, axis.role)
    noise = 1e-12 * (abs(axis.origin) + axis.size * abs(axis.step))
    assert part.start == pytest.approx(axis.start + start * axis.step, abs=noise)
    assert part.stop == pytest.approx(axis.start + stop * axis.step, abs=noise)
    np.testing.assert_allclose(part.coordinates(), axis.coordinates()[start:stop], atol=noise)


@given(REGULAR, st.integers(1, 5000))
def test_resizing_keeps_the_extent(axis: RegularAxis, size: int) -> None:
    resized = axis.resized(size)
    noise = 1e-12 * (abs(axis.origin) + axis.size * abs(axis.step))
    assert resized.size == size
    assert (resized.start, resized.stop) == pytest.approx((axis.start, axis.stop), abs=noise)
    assert math.copysign(1, resized.step) == math.copysign(1, axis.step)


@pytest.mark.parametrize(
    ("origin", "step", "size"),
    [(0.0, 0.0, 1), (math.nan, 1.0, 1), (0.0, math.inf, 1), (0.0, 1.0, 0), (0.0, 1.0, -3)],
)
def test_impossible_regular_axes_are_refused(origin: float, step: float, size: int) -> None:
    with pytest.raises(ValueError, match="axis x"):
        RegularAxis("x", origin, step, size)


def test_positions_of_an_irregular_axis_are_points() -> None:
    axis = IrregularAxis("Long", np.array([112.0, 112.075, 112.11, 112.23]))
    assert (axis.size, axis.low, axis.high, axis.coordinate(2)) == (4, 112.0, 112.23, 112.11)
    part = axis.cells(1, 3)
    assert part.coordinates().tolist() == [112.075, 112.11]
    assert (part.low, part.high) == (112.075, 112.11)
    falling = IrregularAxis("p", np.array([1000.0, 850.0, 500.0]))
    assert (falling.low, falling.high) == (500.0, 1000.0)
    assert IrregularAxis("p", np.array([5.0])).size == 1


def test_coefficients_are_a_frozen_copy() -> None:
    given_values = np.array([1.0, 2.0, 4.0])
    axis = IrregularAxis("t", given_values)
    given_values[0] = 99
    assert axis.coordinate(0) == 1.0
    with pytest.raises(ValueError, match="read-only"):
        axis.coefficients[0] = 5


@pytest.mark.parametrize(
    "values", [[], [1.0, 1.0], [1.0, 3.0, 2.0], [1.0, math.nan], [1.0, math.inf], [[1.0, 2.0], [3.0, 4.0]]]
)
def test_impossible_coefficients_are_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="axis t"):
        IrregularAxis("t", np.array(values))


def test_irregular_axes_are_values() -> None:
    ansi = parse_crs("OGC/0/AnsiDate")
    one, two = (IrregularAxis("ansi", np.array([1.0, 2.5]), ansi, "d", Role.T) for _ in range(2))
    assert one == two
    assert hash(one) == hash(two)
    assert one != IrregularAxis("ansi", np.array([1.0, 2.6]), ansi, "d", Role.T)
    assert one != IrregularAxis("ansi", np.array([1.0, 2.5]), None, "d", Role.T)
    assert one != IrregularAxis("t", np.array([1.0, 2.5]), ansi, "d", Role.T)
    assert one != "ansi"
    assert pickle.loads(pickle.dumps(one)) == one


def test_index_axes_count_integers() -> None:
    axis = IndexAxis("i", 40)
    assert (axis.low, axis.high, axis.coordinate(3), axis.unit) == (0.0, 39.0, 3.0, "GridSpacing")
    shifted = IndexAxis("i", 5, first=-2)
    assert shifted.coordinates().tolist() == [-2.0, -1.0, 0.0, 1.0, 2.0]
    part = shifted.cells(1, 4)
    assert (part.low, part.high, part.size) == (-1.0, 1.0, 3)
    with pytest.raises(ValueError, match="size 0"):
        IndexAxis("i", 0)
