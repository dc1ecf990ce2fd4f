# SPDX-License-Identifier: MIT
"""Types of cells, and what was never written."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from eoxserver.backends.cubes.celltypes import fill_value, json_fill, stored
from eoxserver.core.fields import Field, NilValue


def field(dtype: str, *nil: NilValue) -> Field:
    return Field("a", np.dtype(dtype), nil=nil)


@pytest.mark.parametrize(
    ("dtype", "nil", "value"),
    [
        ("int16", [], 0),
        ("int16", [NilValue(-9999.0)], -9999),
        ("uint8", [NilValue(-9999.0)], 0),
        ("uint8", [NilValue(-9999.0), NilValue(255.0)], 255),
        ("uint8", [NilValue(1.5), NilValue(math.nan), NilValue(math.inf), NilValue(7.0)], 7),
        ("uint8", [NilValue(200.0, 300.0)], 200),
        ("uint8", [NilValue(-5.0, 3.0)], 3),
        ("uint8", [NilValue(-math.inf, 3.0)], 3),
        ("uint8", [NilValue(1.0, 2.0), NilValue(9.0)], 9),
        ("float32", [NilValue(math.inf)], math.inf),
        ("float32", [NilValue(-1.7976931348623157e308)], float(np.finfo("float32").min)),
        ("float32", [NilValue(-9999.9)], float(np.float32(-9999.9))),
        ("bool", [NilValue(2.0), NilValue(1.0)], True),
        ("complex64", [NilValue(-1.0)], -1),
    ],
)
def test_fill_values(dtype: str, nil: list[NilValue], value: Any) -> None:
    found = fill_value(field(dtype, *nil))
    assert found.dtype == np.dtype(dtype)
    assert found == value


def test_a_fill_value_that_is_no_number() -> None:
    found = fill_value(field("float32", NilValue(math.nan)))
    assert found.dtype == np.float32 and np.isnan(found)
    assert json_fill(found) == "NaN"
    assert json_fill(np.complex128(complex(math.nan, -math.inf))) == ["NaN", "-Infinity"]
    assert (json_fill(np.int8(-3)), json_fill(np.float64(math.inf))) == (-3, "Infinity")


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.array([256]), "uint8"),
        (np.array([-1]), "uint8"),
        (np.array([2.5]), "int16"),
        (np.array([math.nan]), "int16"),
        (np.array([math.inf]), "int32"),
        (np.array([2**31], np.uint32), "int32"),
        (np.array([2**24 + 1]), "float32"),
        (np.array([2.0**31], np.float32), "int32"),
        (np.array([-(2**63)]), "uint32"),
        (np.array([1e39]), "float32"),
        (np.array([2], np.uint8), "bool"),
        (np.array([1 + 2j]), "float64"),
        (np.array([1e39j]), "complex64"),
    ],
)
def test_values_that_do_not_fit(values: Any, dtype: str) -> None:
    with pytest.raises(ValueError, match=f"a.*does not fit.*{dtype}"):
        stored(values, None, field(dtype))
    result = stored(values, np.array([False]), field(dtype, NilValue(1.0)))
    assert result.tolist() == [1], "what is not valid does not matter"


@pytest.mark.parametrize(
    ("values", "dtype", "wanted"),
    [
        (np.array([255, 0]), "uint8", [255, 0]),
        (np.array([7.0]), "int16", [7]),
        (np.array([0.1, math.inf, math.nan]), "float32", [np.float32(0.1), math.inf, math.nan]),
        (np.array([True]), "uint8", [1]),
        (np.array([1, 0], np.uint8), "bool", [True, False]),
        (np.array([3 + 0j]), "float32", [3]),
        (np.array([3]), "complex64", [3]),
        (np.array([-(2.0**31)], np.float32), "int32", [-(2**31)]),
        (np.array([2**63], np.uint64), "float32", [2.0**63]),
    ],
)
def test_values_of_another_type(values: Any, dtype: str, wanted: list[Any]) -> None:
    result = stored(values, None, field(dtype))
    assert result.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(result, np.array(wanted, dtype))


def test_what_is_stored_is_a_copy() -> None:
    values = np.arange(6).reshape(2, 3).T.astype("int16")
    result = stored(values, None, field("int16"))
    assert not np.shares_memory(values, result) and result.flags.c_contiguous


def test_what_nobody_can_change_is_stored_as_it_is() -> None:
    values = np.arange(12).reshape(3, 4).astype("int16")
    part = values[1:]
    part.setflags(write=False)
    assert not np.shares_memory(part, stored(part, None, field("int16"))), "what it is a part of can be changed"
    values.setflags(write=False)
    assert stored(part, None, field("int16")) is part
    assert stored(part.T, None, field("int16")).flags.c_contiguous
    assert not np.shares_memory(part, stored(part, part > 2, field("int16"))), "fill values are put in"
