# SPDX-License-Identifier: MIT
"""The operators of condensers (WCPS language, section 4.4)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.errors import WcpsSemanticError
from eoxserver.core.fields import Field, NilValue
from eoxserver.query.iterate.folds import CONDENSERS, REDUCERS, Fold, Mask, fold_of
from tests.query.samples import Array

NAMES = tuple(dict.fromkeys((*REDUCERS, *CONDENSERS)))


def folded(name: str, values: Array, valid: Mask = None, places: Mask = None) -> Any:
    """The scalar of some cells; None for null."""
    fold = fold_of(name)
    state = fold.state(values[np.newaxis], valid, places, tuple(range(1, values.ndim + 1)))
    cells = fold.finished(state, fold.dtype(values.dtype))
    assert cells.values.dtype == fold.dtype(values.dtype)
    return cells.values[0].item() if cells.mask()[0] else None


NUMBERS = np.array([3, 0, 200, 200], dtype=np.uint8)
VALID = np.array([[True, True, True, False]])


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("add", 203), ("+", 203), ("*", 0), ("avg", 203 / 3), ("min", 0), ("max", 200), ("count", 2), ("some", True),
        ("all", False), ("and", False), ("or", True), ("overlay", 200),
    ],
)  # fmt: skip
def test_4_4_nulls_are_skipped(name: str, result: float) -> None:
    assert folded(name, NUMBERS, VALID) == result


@pytest.mark.parametrize(
    ("name", "result"),
    [("add", 0), ("count", 0), ("min", None), ("max", None), ("some", False), ("all", True), ("+", 0), ("*", 1)],
)
def test_4_4_nulls_alone(name: str, result: float | None) -> None:
    assert folded(name, NUMBERS, np.zeros((1, 4), bool)) == result


def test_4_4_the_mean_of_nulls_is_nan() -> None:
    assert np.isnan(folded("avg", NUMBERS, np.zeros((1, 4), bool)))


@pytest.mark.parametrize(
    ("name", "result"),
    [("+", 0), ("*", 1), ("and", True), ("or", False), ("min", 255), ("max", 0), ("overlay", 0)],
)
def test_4_4_no_place_makes_the_identity(name: str, result: float) -> None:
    assert folded(name, NUMBERS, None, np.zeros((1, 4), bool)) == result


def test_4_4_extremes_of_doubles_are_finite() -> None:
    assert folded("max", np.zeros(3), None, np.zeros((1, 3), bool)) == np.finfo(np.float64).min


@pytest.mark.parametrize(
    ("dtype", "wide"),
    [("bool", "i8"), ("u1", "i8"), ("i2", "i8"), ("u4", "i8"), ("f4", "f8"), ("f8", "f8"), ("c8", "c16")],
)
def test_4_4_sums_are_wide(dtype: str, wide: str) -> None:
    for name in ("add", "+", "*"):
        assert fold_of(name).dtype(np.dtype(dtype)) == np.dtype(wide)


def test_4_4_sums_do_not_wrap() -> None:
    assert folded("add", np.full((3, 70000), 65535, np.uint16)) == 3 * 70000 * 65535
    assert folded("add", np.full((300, 700), -32768, np.int16)) == -300 * 700 * 32768


@pytest.mark.parametrize("dtype", ["f4", "f8", "c16", "i2", "bool"])
def test_4_4_what_lies_under_nulls_means_nothing(dtype: str) -> None:
    values = np.array([np.nan if dtype[0] in "fc" else 1, 1, np.inf if dtype[0] in "fc" else 1, 1]).astype(dtype)
    valid = np.array([[False, True, False, True]])
    assert [folded(name, values, valid) for name in ("add", "avg", "*")] == [2, 1, 1]


def test_4_4_an_overlay_ends_with_the_last_that_is_not_zero() -> None:
    assert folded("overlay", np.array([7, 5, 0, 9]), np.array([[True, True, True, False]])) == 5
    assert folded("overlay", np.array([0, 0, 4]), np.array([[True, True, False]])) == 0
    assert folded("overlay", np.array([1, 2]), np.array([[False, False]])) is None


def test_4_4_complex_numbers_have_a_sum_and_no_order() -> None:
    assert folded("add", np.array([1 + 2j, 3 - 1j], np.complex64)) == 4 + 1j
    assert folded("avg", np.array([1 + 2j, 3 - 2j], np.complex64)) == 2
    with pytest.raises(WcpsSemanticError, match="'max' takes integers"):
        fold_of("max").dtype(np.dtype(np.complex64))


def test_unknown_operators_are_named() -> None:
    with pytest.raises(WcpsSemanticError, match="no condenser 'median'; available: count, add"):
        fold_of("median")


def test_4_4_nil_values_stay_with_those_that_may_be_null() -> None:
    field = Field("t", np.dtype(np.int16), unit="K", nil=(NilValue(-9999),))
    assert fold_of("max").field(field) == field
    assert fold_of("avg").field(field) == Field("t", np.dtype(np.float64), unit="K")
    assert fold_of("count").field(field) == Field("t", np.dtype(np.int64))


@given(st.sampled_from(NAMES), st.integers(0, 500), st.integers(1, 5), st.booleans())
def test_blocks_make_what_the_whole_makes(name: str, seed: int, cuts: int, masked: bool) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 3, (2, 3, 12)).astype(rng.choice(["u1", "i4", "f4"]))
    valid = rng.random(values.shape) > 0.5 if masked else None
    places = rng.random((1, 1, 12)) > 0.5 if rng.random() > 0.5 else None
    fold = fold_of(name)
    whole = fold.finished(fold.state(values, valid, places, (2,)), fold.dtype(values.dtype))
    edges = [0, *sorted(rng.integers(1, 12, cuts)), 12]
    result = None
    for low, high in pairwise(edges):
        if low < high:
            part = (values[..., low:high], None if valid is None else valid[..., low:high])
            state = fold.state(*part, None if places is None else places[..., low:high], (2,))
            result = state if result is None else fold.merged(result, state)
    assert result is not None
    cells = fold.finished(result, fold.dtype(values.dtype))
    np.testing.assert_array_equal(cells.mask(), whole.mask())
    np.testing.assert_array_equal(np.where(cells.mask(), cells.values, 0), np.where(whole.mask(), whole.values, 0))


def test_every_operator_is_a_fold() -> None:
    assert all(isinstance(fold_of(name), Fold) for name in NAMES)
