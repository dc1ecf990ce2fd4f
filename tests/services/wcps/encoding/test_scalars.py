# SPDX-License-Identifier: MIT
"""Single values as text: section 4 of the notes on the WCPS language."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.coverage import Cells
from eoxserver.core.fields import Field, NilValue
from eoxserver.services.wcps.encoding.scalars import scalar_text


def text(value: object, dtype: str, nil: float | None = None, valid: bool = True) -> str:
    field = Field("a", np.dtype(dtype), nil=() if nil is None else (NilValue(nil),))
    return scalar_text(Cells(np.array([value], dtype), np.array([valid])), [field])


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (7, "int32", "7"),
        (-1, "int8", "-1"),
        (2**63, "uint64", "9223372036854775808"),
        (0.1, "float64", "0.1"),
        (15.0, "float64", "15"),
        (0.1, "float32", "0.1"),
        (1e300, "float64", "1e+300"),
        (np.nan, "float64", "NaN"),
        (-np.inf, "float64", "-Infinity"),
        (True, "bool", "true"),
        (False, "bool", "false"),
        (1.5 - 2j, "complex128", "(1.5,-2)"),
    ],
)
def test_values(value: object, dtype: str, expected: str) -> None:
    assert text(value, dtype) == expected


def test_structs() -> None:
    fields = [Field(name, np.dtype(kind)) for name, kind in (("a", "uint8"), ("b", "float64"), ("c", "bool"))]
    assert scalar_text(Cells(np.array([1.0, 2.5, 1.0])), fields) == "{ 1, 2.5, true }"


def test_nil_values() -> None:
    assert text(5, "int16", -9999, valid=False) == "-9999"
    assert text(5, "int16", None, valid=False) == "0"
    assert text(5, "float32", float("nan"), valid=False) == "NaN"


@given(st.floats())
def test_doubles_read_back(value: float) -> None:
    found = float(text(value, "float64").replace("Infinity", "inf"))
    assert found == value or (np.isnan(found) and np.isnan(value))


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_read_back(value: int) -> None:
    assert int(text(value, "int64")) == value
