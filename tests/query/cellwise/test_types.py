# SPDX-License-Identifier: MIT
"""Data types of results (WCPS specification, section 4.4)."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.query.cellwise.types import arithmetic_type, general_type, real_type, type_name, wide_type

REAL = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64")
ALL = (*REAL, "complex64", "complex128")


@pytest.mark.parametrize("name", ALL)
def test_equal_types_keep_their_type(name: str) -> None:
    assert general_type(np.dtype(name), np.dtype(name)) == name


@pytest.mark.parametrize(
    ("a", "b", "wider"),
    [
        ("uint8", "int8", "int16"),
        ("uint16", "int16", "int32"),
        ("uint32", "int32", "float64"),
        ("uint16", "int8", "int32"),
        ("uint32", "int8", "float64"),
        ("uint8", "int16", "int16"),
        ("uint16", "int32", "int32"),
        ("bool", "int8", "int8"),
        ("int32", "float32", "float32"),
        ("uint32", "float32", "float32"),
        ("float32", "float64", "float64"),
        ("int32", "complex64", "complex64"),
        ("float64", "complex64", "complex128"),
    ],
)
def test_mixed_types_go_to_the_more_general_one_and_mixed_signs_to_the_next_wider(a: str, b: str, wider: str) -> None:
    assert general_type(np.dtype(a), np.dtype(b)) == general_type(np.dtype(b), np.dtype(a)) == wider


@given(st.lists(st.sampled_from(REAL), min_size=2, max_size=4))
def test_the_order_of_operands_does_not_count(names: list[str]) -> None:
    found = {general_type(*map(np.dtype, order)) for order in itertools.permutations(names)}
    assert len(found) == 1


def test_truth_values_are_numbers_where_they_are_counted() -> None:
    assert arithmetic_type(np.dtype("bool"), np.dtype("bool")) == "uint8"
    assert arithmetic_type(np.dtype("bool"), np.dtype("float32")) == "float32"


def test_integers_of_64_bits_of_files_keep_their_width() -> None:
    assert general_type(np.dtype("int64"), np.dtype("int32")) == "int64"
    assert general_type(np.dtype("int64"), np.dtype("uint64")) == "float64"


@pytest.mark.parametrize(
    ("name", "wide"), [("bool", "float64"), ("int32", "float64"), ("float32", "float32"), ("complex64", "complex64")]
)
def test_functions_without_integer_values_are_double_for_integers(name: str, wide: str) -> None:
    assert wide_type(np.dtype(name)) == wide


def test_parts_of_complex_types_are_half_as_wide() -> None:
    assert [real_type(np.dtype(name)) for name in ("complex64", "complex128", "int16")] == [
        np.dtype("float32"), np.dtype("float64"), np.dtype("int16"),
    ]  # fmt: skip


def test_types_have_the_names_of_the_language() -> None:
    assert [type_name(np.dtype(name)) for name in ALL] == [
        "boolean", "octet", "char", "short", "unsigned short", "long", "unsigned long", "float", "double", "complex",
        "complexd",
    ]  # fmt: skip
