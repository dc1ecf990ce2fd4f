# SPDX-License-Identifier: MIT
"""Which old cells contribute to new ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.query.plan import Interpolation
from eoxserver.query.taps import KERNELS, LINEAR, RANKED, make_taps

METHODS = list(Interpolation)


def spread(old: int, new: int) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], float]:
    """Centres of ``new`` cells over ``old`` ones, and their width."""
    return (np.arange(new) + 0.5) * old / new, old / new


@given(st.integers(1, 60), st.integers(1, 60), st.sampled_from(METHODS))
def test_taps_stay_within_the_source(old: int, new: int, method: Interpolation) -> None:
    positions, ratio = spread(old, new)
    taps = make_taps(positions, ratio, old, method)
    assert taps.index.shape[1:] == (new,)
    assert taps.low >= 0 and taps.high <= old


@given(st.integers(1, 60), st.integers(1, 60), st.sampled_from(sorted(LINEAR)), st.booleans())
def test_weights_sum_up_to_one(old: int, new: int, method: Interpolation, closed: bool) -> None:
    positions, ratio = spread(old, new)
    weight = make_taps(positions, ratio, old, method, closed).weight
    assert weight is not None
    np.testing.assert_allclose(weight.sum(axis=0), 1)


@given(
    st.lists(st.floats(0, 60), min_size=1, max_size=9),
    st.floats(-12, 0).map(lambda power: 10**power),
    st.sampled_from(METHODS),
    st.sampled_from(["f4", "f8"]),
)
def test_cells_however_small_are_made_of_the_one_they_lie_in(
    places: list[float], ratio: float, method: Interpolation, dtype: str
) -> None:
    positions = np.array(places, dtype)
    taps = make_taps(positions, ratio, 60, method)
    weight = np.ones(taps.index.shape) if taps.weight is None else taps.weight
    assert np.isfinite(weight).all() and weight.any(axis=0).all()
    if method is Interpolation.AVERAGE:
        mean = (weight * (taps.index + 0.5)).sum(axis=0)
        assert (np.abs(mean - positions) <= 0.5 + ratio + 1e-3).all()


@given(st.integers(1, 40), st.sampled_from([m for m in METHODS if m is not Interpolation.CUBIC_SPLINE]))
def test_equal_grids_take_each_cell_from_itself(size: int, method: Interpolation) -> None:
    taps = make_taps(np.arange(size) + 0.5, 1.0, size, method)
    weight = np.ones(taps.index.shape) if taps.weight is None else taps.weight
    for cell in range(size):
        contributing = {int(i): w for i, w in zip(taps.index[:, cell], weight[:, cell], strict=True) if abs(w) > 1e-9}
        assert contributing == {cell: pytest.approx(1)}


def test_nearest_gives_edges_to_the_following_cell_and_the_far_edge_to_the_last() -> None:
    positions = np.array([0.0, 0.9999999999, 1.0, 1.0000000001, 2.5, 3.0])
    assert make_taps(positions, 1.0, 3, Interpolation.NEAREST).index.tolist() == [[0, 1, 1, 1, 2, 2]]


def test_bilinear_weighs_by_distance_and_grows_with_wide_cells() -> None:
    taps = make_taps(np.array([1.25]), 1.0, 4, Interpolation.BILINEAR)
    assert taps.weight is not None
    assert (taps.index[:, 0].tolist(), taps.weight[:, 0].tolist()) == ([0, 1], [0.25, 0.75])
    wide = make_taps(np.array([4.0]), 2.0, 8, Interpolation.BILINEAR)
    assert wide.weight is not None
    assert wide.index[:, 0].tolist() == [2, 3, 4, 5]
    np.testing.assert_allclose(wide.weight[:, 0], [0.125, 0.375, 0.375, 0.125])


def test_average_weighs_by_share() -> None:
    taps = make_taps(np.array([1.25, 3.75]), 2.5, 5, Interpolation.AVERAGE)
    assert taps.weight is not None
    np.testing.assert_allclose(taps.weight.T, [[0.4, 0.4, 0.2], [0.2, 0.4, 0.4]])
    assert taps.index.T.tolist() == [[0, 1, 2], [2, 3, 4]]


def test_a_closed_axis_goes_on_at_its_other_end() -> None:
    taps = make_taps(np.array([0.0, 8.0]), 1.0, 8, Interpolation.BILINEAR, closed=True)
    assert taps.index.T.tolist() == [[-1, 0], [7, 8]]


def test_an_origin_moves_the_numbers_not_the_cells() -> None:
    positions = np.array([0.2, 3.7, 9.9])
    for method in (Interpolation.NEAREST, Interpolation.CUBIC, Interpolation.AVERAGE):
        here = make_taps(positions, 1.5, 10, method)
        there = make_taps(positions - 4, 1.5, 10, method, origin=4)
        np.testing.assert_array_equal(here.index, there.index + 4)
        if here.weight is not None and there.weight is not None:
            np.testing.assert_allclose(here.weight, there.weight)


@pytest.mark.parametrize("method", [*RANKED, Interpolation.MODE])
def test_ranks_over_wide_cells_are_sampled(method: Interpolation) -> None:
    taps = make_taps(np.array([500.0]), 1000.0, 1000, method, sampled=True)
    assert taps.index.shape == (16, 1)
    assert np.diff(taps.index[:, 0]).min() >= 62


@pytest.mark.parametrize("method", list(KERNELS))
def test_kernels_are_even_and_vanish_at_their_reach(method: Interpolation) -> None:
    reach, kernel = KERNELS[method]
    t = np.linspace(0, reach, 50)
    np.testing.assert_allclose(kernel(t), kernel(-t))
    assert kernel(np.array([reach]))[0] == pytest.approx(0, abs=1e-12)
    assert kernel(np.array([0.0]))[0] == pytest.approx(2 / 3 if method is Interpolation.CUBIC_SPLINE else 1)
