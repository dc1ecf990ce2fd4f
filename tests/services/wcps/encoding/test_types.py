# SPDX-License-Identifier: MIT
"""Types that formats hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.coverage import CellBox
from eoxserver.services.wcps.encoding.types import adapted, cast, converted
from eoxserver.testing.coverages import counted, image
from tests.services.wcps.encoding.tools import Encoding, table

UINT8, UINT16 = np.dtype(np.uint8), np.dtype(np.uint16)


@given(st.floats(), st.sampled_from(["uint8", "int8", "uint16", "int16", "int32", "uint32", "int64", "uint64"]))
def test_rounded_half_up_and_clamped(value: float, dtype: str) -> None:
    limits = np.iinfo(dtype)
    if math.isnan(value):
        expected = 0
    elif math.isinf(value):
        expected = int(limits.max) if value > 0 else int(limits.min)
    else:
        expected = min(max(math.floor(value + 0.5), int(limits.min)), int(limits.max))
    found = int(cast(np.array([value]), np.dtype(dtype))[0])
    if dtype.endswith("64") and expected == int(limits.max):
        assert found >= int(math.nextafter(float(limits.max), 0))
    else:
        assert found == expected


@given(
    st.integers(-(2**31), 2**31 - 1),
    st.sampled_from(["int32", "int64", "float64"]),
    st.sampled_from(["uint8", "int8", "uint16", "int16", "uint32", "uint64"]),
)
def test_integers_are_clamped(value: int, source: str, dtype: str) -> None:
    limits = np.iinfo(dtype)
    found = int(cast(np.array([value], source), np.dtype(dtype))[0])
    assert found == min(max(value, int(limits.min)), int(limits.max))


def test_other_types() -> None:
    assert cast(np.array([True, False]), UINT8).tolist() == [1, 0]
    assert cast(np.array([2.6 + 9j]), UINT8).tolist() == [3]
    assert cast(np.array([1e300]), np.dtype(np.float32)).tolist() == [math.inf]
    assert cast(np.array([255, 3], np.uint8), np.dtype(np.int8)).tolist() == [127, 3]


@pytest.mark.parametrize(
    ("driver", "dtypes", "expected"),
    [
        ("PNG", ["uint8"], "uint8"),
        ("PNG", ["uint16"], "uint16"),
        ("PNG", ["uint8", "uint16"], "uint16"),
        ("PNG", ["bool"], "uint8"),
        ("PNG", ["bool", "uint16"], "uint16"),
        ("PNG", ["int16"], "uint8"),
        ("PNG", ["uint32"], "uint8"),
        ("PNG", ["float32", "uint8"], "uint8"),
        ("PNG", ["float64", "uint16"], "uint8"),
        ("JPEG", ["uint16"], "uint8"),
        ("GIF", ["int32"], "uint8"),
        ("GTiff", ["float64"], "float64"),
        ("netCDF", ["bool"], "bool"),
    ],
)
def test_types_of_pictures(driver: str, dtypes: list[str], expected: str) -> None:
    coverage = image(counted((len(dtypes), 2, 2)))
    coverage = converted(coverage, [np.dtype(name) for name in dtypes])
    found = {field.dtype.name for field in adapted(coverage, driver).range_type.fields}
    assert found == {expected}


def test_a_png_of_real_numbers(encoding: Encoding) -> None:
    values = np.array([[[-3.0, 0.5], [1.49, 254.5], [300.0, math.nan]]])
    found = encoding.cells(table(values, "float64"), "png")
    assert found.tolist() == [[[0, 1, 255], [1, 255, 0]]]
    assert found.dtype == UINT8


def test_a_png_of_16_bits_and_of_truth_values(encoding: Encoding) -> None:
    assert encoding.cells(table([[[1000], [65535]]], "uint16"), "png").tolist() == [[[1000, 65535]]]
    assert encoding.cells(table([[[True], [False]]], "bool"), "png").tolist() == [[[1, 0]]]


def test_nil_cells_become_what_their_value_becomes(encoding: Encoding) -> None:
    valid = [[[True], [False]]]
    far = table([[[7], [7]]], "int16", -9999, valid)
    with encoding.opened(far, "png") as dataset:
        assert (dataset.read().tolist(), dataset.nodata) == ([[[7, 0]]], None)
    near = table([[[7], [7]]], "int16", 255, valid)
    with encoding.opened(near, "png") as dataset:
        assert (dataset.read().tolist(), dataset.nodata) == ([[[7, 255]]], 255)
    none = table([[[7], [7]]], "int16", None, valid)
    assert encoding.cells(none, "png").tolist() == [[[7, 0]]]


def test_only_what_is_asked_for_is_converted() -> None:
    values = np.array([[[1.5, 2.5]], [[3.5, -1.0]]])
    coverage = converted(table(values, "float64"), [UINT8, np.dtype(np.int16)])
    both = coverage.source.read(CellBox.whole((1, 2)), (0, 1))
    assert (both.values.dtype.name, both.values.tolist()) == ("int16", [[[2, 3]], [[4, -1]]])
    one = coverage.source.read(CellBox((0, 1), (1, 2)), (0,))
    assert (one.values.dtype, one.values.tolist()) == (UINT8, [[[3]]])


def test_what_has_the_type_is_left_alone() -> None:
    coverage = image(counted((2, 3, 3)))
    assert converted(coverage, [UINT8, UINT8]) is coverage
    assert adapted(coverage, "PNG") is coverage
    assert converted(coverage, [UINT16, UINT8]) is not coverage
