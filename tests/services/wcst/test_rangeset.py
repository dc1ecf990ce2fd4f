# SPDX-License-Identifier: MIT
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from eoxserver.core.fields import Field
from eoxserver.services.wcst.errors import TransactionError
from eoxserver.services.wcst.rangeset import FileCells, TupleCells, range_set
from eoxserver.services.wcst.xmlinput import parse_large
from tests.services.wcst import documents

BYTE = Field("a", np.dtype("uint8"))
FLOAT = Field("b", np.dtype("float32"))


def read(content: str) -> TupleCells | FileCells:
    return range_set(parse_large(documents.index2d(content=content).encode()), (0, 0))


@given(
    arrays.arrays(np.float32, st.tuples(st.integers(1, 3), st.integers(1, 4)), elements=st.floats(width=32)),
    st.sampled_from([(",", " "), (";", ","), (" ", ","), (" \n", "/")]),
)
def test_values_come_back(array: np.ndarray, separators: tuple[str, str]) -> None:
    cells, fields = separators
    text = cells.join(f"{one}{fields}{float(two)!r}" for one, two in zip(range(array.size), array.ravel(), strict=True))
    source = TupleCells(text, cells, fields).source(array.shape, [Field("n", np.dtype("uint8")), FLOAT])
    assert source.values[0].ravel().tolist() == list(range(array.size))
    np.testing.assert_array_equal(source.values[1].astype("float32"), array)


@pytest.mark.parametrize("text", ["1 2 3 4 5 6", "1,2,3,4,5,6", " 1 2,3 4,5 6 ", "1,2, 3\n4 5 6,"])
def test_without_separators(text: str) -> None:
    found = read(documents.cells(text, ""))
    assert isinstance(found, TupleCells)
    assert found.source((2, 3), [BYTE]).values.tolist() == [[[1, 2, 3], [4, 5, 6]]]
    assert found.source((3,), [BYTE, BYTE]).values.tolist() == [[1, 3, 5], [2, 4, 6]]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("1,2,3,4,5", "WCSTWrongNumberOfPixels"),
        ("1,2,3,4,5,6,7", "WCSTWrongNumberOfPixels"),
        ("", "WCSTWrongNumberOfPixels"),
        ("1,2,3,4,5,", "WCSTWrongNumberOfPixels"),
        ("1,2,3,4,5,six", "InvalidParameterValue"),
        ("1,2,3,4,5,6.5", "InvalidParameterValue"),
        ("1,2,3,4,5,-6", "InvalidParameterValue"),
        ("1,2,3,4,5,256", "InvalidParameterValue"),
        ("1,2,3,4,5,NaN", "InvalidParameterValue"),
    ],
)
def test_wrong_values(text: str, name: str) -> None:
    with pytest.raises(TransactionError) as refused:
        TupleCells(text, ",", " ").source((2, 3), [BYTE])
    assert refused.value.code == name


def test_cells_with_too_few_fields_are_named() -> None:
    with pytest.raises(TransactionError, match="cell 1"):
        TupleCells("1 2,3", ",", " ").source((2,), [BYTE, FLOAT])


@pytest.mark.parametrize("separators", ['ts="," cs=","', 'ts="1" cs=","', 'ts="" cs=","', 'ts="." cs=","'])
def test_separators_that_are_none(separators: str) -> None:
    with pytest.raises(TransactionError):
        read(documents.cells("1", separators))


def test_files() -> None:
    found = read(documents.file_cells("file:///a.nc", '{"variables": ["a", "b"], "bands": 2}', "application/netcdf"))
    assert found == FileCells("file:///a.nc", "application/netcdf", ("a", "b"), (2,))
    assert read(documents.file_cells("file:///a.nc", '{"variables": "a, b"}')) == FileCells(
        "file:///a.nc", "image/tiff", ("a", "b")
    )


@pytest.mark.parametrize("parameters", ["a", "[]", '{"level": 1}', '{"bands": [-1]}', '{"variables": {"a": 1}}', "5"])
def test_parameters_that_are_none(parameters: str) -> None:
    with pytest.raises(TransactionError) as refused:
        read(documents.file_cells("file:///a.nc", parameters))
    assert refused.value.locator == "rangeParameters"
