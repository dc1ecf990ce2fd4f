# SPDX-License-Identifier: MIT
"""New cells from old ones, against the same sums and statistics done cell by cell."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eoxserver.core.coverage import Cells
from eoxserver.query.plan import Interpolation
from eoxserver.query.resample import combined, gathered, rounded
from eoxserver.query.taps import LINEAR, RANKED, Taps, make_taps

METHODS = list(Interpolation)
Array = npt.NDArray[Any]


def by_hand(values: Array, valid: Array | None, ys: Taps, xs: Taps, method: Interpolation, at: tuple[int, int]) -> Any:
    """One new cell of an image, or None."""
    wy = np.ones(ys.index.shape) if ys.weight is None else ys.weight
    wx = np.ones(xs.index.shape) if xs.weight is None else xs.weight
    met = [
        (values[i, j], float(a) * float(b))
        for i, a in zip(ys.index[:, at[0]], wy[:, at[0]], strict=True)
        for j, b in zip(xs.index[:, at[1]], wx[:, at[1]], strict=True)
        if (valid is None or valid[i, j]) and float(a) * float(b) != 0
    ]
    if not met:
        return None
    numbers = sorted(float(value) for value, _ in met)
    if method in LINEAR:
        total = sum(weight for _, weight in met)
        return None if total <= 1e-6 else sum(float(value) * weight for value, weight in met) / total
    if method in RANKED:
        return numbers[max(0, math.ceil(RANKED[method] * len(numbers) - 1))]
    if method is Interpolation.MODE:
        return max(numbers, key=lambda each: (numbers.count(each), -each))
    if method is Interpolation.NEAREST:
        return numbers[0]
    return numbers[0] if method is Interpolation.MIN else numbers[-1]


@settings(deadline=None, max_examples=60)
@given(st.data(), st.sampled_from(METHODS), st.booleans(), st.sampled_from(["u1", "i2", "f4", "f8"]))
def test_both_ways_of_combining_agree_with_doing_it_by_hand(
    data: st.DataObject, method: Interpolation, masked: bool, dtype: str
) -> None:
    height, width, new_height, new_width = (data.draw(st.integers(1, 9)) for _ in range(4))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    values = rng.integers(0, 6, (2, height, width)).astype(dtype)
    valid = rng.random(values.shape) > 0.4 if masked else None
    ys = make_taps((np.arange(new_height) + 0.5) * height / new_height, height / new_height, height, method)
    xs = make_taps((np.arange(new_width) + 0.5) * width / new_width, width / new_width, width, method)
    apart = combined(Cells(values.copy(), valid), {1: ys, 2: xs}, method)
    rows = Taps(
        ys.index[:, :, None].repeat(new_width, 2),
        None if ys.weight is None else ys.weight[:, :, None] + np.zeros(new_width),
    )
    columns = Taps(
        xs.index[:, None, :].repeat(new_height, 1),
        None if xs.weight is None else xs.weight[:, None, :] + np.zeros((new_height, 1)),
    )
    together = gathered(Cells(values.copy(), valid), rows, columns, method)
    tolerance = 0.51 if np.dtype(dtype).kind in "iu" else 1e-4
    for cells in (apart, together):
        assert cells.values.dtype == values.dtype
        for band, i, j in np.ndindex(2, new_height, new_width):
            expected = by_hand(values[band], None if valid is None else valid[band], ys, xs, method, (i, j))
            if expected is None:
                assert not cells.mask()[band, i, j]
            elif cells.mask()[band, i, j]:
                clipped = min(max(expected, 0), 255) if dtype == "u1" else expected
                assert cells.values[band, i, j] == pytest.approx(clipped, abs=tolerance)
            else:  # a sum of weights so close to nothing that both ways round it differently
                assert method in LINEAR


def test_nothing_is_masked_when_everything_is_valid() -> None:
    values = np.arange(12.0).reshape(1, 3, 4)
    for method in METHODS:
        taps = make_taps(np.array([0.7, 2.1]), 1.3, 3, method)
        assert combined(Cells(values.copy(), np.ones(values.shape, bool)), {1: taps}, method).mask().all()


def test_invalid_numbers_under_the_mask_do_not_spread() -> None:
    values = np.array([[[1.0, np.nan, 3.0, 4.0]]])
    cells = Cells(values, np.isfinite(values))
    for method in METHODS:
        taps = make_taps(np.array([1.0, 3.0]), 2.0, 4, method)
        result = combined(cells, {2: taps}, method)
        assert np.isfinite(result.values[result.mask()]).all()
        if method is not Interpolation.NEAREST:
            assert result.mask().all()


def test_other_axes_are_picked_from_whatever_the_method() -> None:
    values = np.arange(24.0).reshape(1, 2, 3, 4)
    taps = {1: Taps(np.array([[1, 0, 1]]), None), 3: make_taps(np.array([2.0]), 4.0, 4, Interpolation.AVERAGE)}
    result = combined(Cells(values), taps, Interpolation.AVERAGE)
    np.testing.assert_allclose(result.values[0, :, :, 0], values[0, [1, 0, 1]].mean(axis=2))


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([-0.6, -0.5, 0.49, 0.5, 254.5, 300.0], "u1", [0, 0, 0, 1, 255, 255]),
        ([-1.5, -1.51, 1.5], "i2", [-1, -2, 2]),
        ([1e30, -1e30, 2.5], "i8", [2**63 - 1, -(2**63), 3]),
        ([1e30, -1.0, 2.4], "u8", [2**64 - 1, 0, 2]),
        ([1.5, 2.25], "f4", [1.5, 2.25]),
    ],
)
def test_integers_are_rounded_half_up_and_clipped(values: list[float], dtype: str, expected: list[int]) -> None:
    assert rounded(np.array(values), np.dtype(dtype)).tolist() == expected


def test_complex_values_are_interpolated() -> None:
    values = np.array([[[1 + 1j, 3 - 1j]]], dtype="c8")
    taps = make_taps(np.array([1.0]), 1.0, 2, Interpolation.BILINEAR)
    assert combined(Cells(values), {2: taps}, Interpolation.BILINEAR).values.tolist() == [[[2 + 0j]]]


def test_the_least_of_equally_frequent_values_is_the_mode() -> None:
    values = np.array([[[7, 3, 3, 7, 9, 1]]], dtype="u1")
    taps = make_taps(np.array([3.0]), 6.0, 6, Interpolation.MODE)
    assert combined(Cells(values), {2: taps}, Interpolation.MODE).values.tolist() == [[[3]]]


@pytest.mark.parametrize(
    ("method", "expected"), [(Interpolation.MIN, 1 + 5j), (Interpolation.MAX, 3 + 1j), (Interpolation.MODE, 2 + 2j)]
)
def test_complex_values_have_an_order(method: Interpolation, expected: complex) -> None:
    values = np.array([[[3 + 1j, 2 + 2j, 2 + 2j, 1 + 5j, -9]]], np.complex64)
    valid = np.array([[[True, True, True, True, False]]])
    taps = {2: make_taps(np.array([2.5]), 5.0, 5, method)}
    found = combined(Cells(values, valid), taps, method)
    assert found.values.dtype == np.complex64
    assert found.values.ravel().tolist() == [expected]
