# SPDX-License-Identifier: MIT
from __future__ import annotations

import doctest
import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from eoxserver.backends.encoders import texts
from eoxserver.backends.encoders.texts import (
    CSV,
    JSON,
    NULLS,
    XML,
    Notation,
    cell_texts,
    column_texts,
    nested,
    reversed_axes,
    value_text,
)
from eoxserver.core.coverage import CellBox, Cells
from eoxserver.core.fields import Field, NilValue
from eoxserver.testing.coverages import counted, cube


def column(values: list[Any], dtype: str, notation: Notation, nil: float | None = None, **valid: bool) -> list[str]:
    """Answer the texts of values; ``_1=False`` makes the second one not valid."""
    array = np.array(values, dtype=dtype)
    mask = np.array([valid.get(f"_{number}", True) for number in range(len(values))])
    field = Field("a", array.dtype, nil=() if nil is None else (NilValue(nil),))
    return column_texts(array, mask if valid else None, field, notation)


def test_the_examples_in_the_documentation() -> None:
    assert doctest.testmod(texts).failed == 0


@pytest.mark.parametrize(
    ("notation", "reals", "truths", "number"),
    [
        (XML, ["1", "0.1", "NaN", "INF", "-INF"], ["0", "1"], "(1,-2.5)"),
        (CSV, ["1", "0.1", "NaN", "Infinity", "-Infinity"], ["false", "true"], "(1,-2.5)"),
        (JSON, ["1", "0.1", "null", "null", "null"], ["false", "true"], '"(1,-2.5)"'),
    ],
)
def test_notations(notation: Notation, reals: list[str], truths: list[str], number: str) -> None:
    values = [1, 0.1, np.nan, np.inf, -np.inf]
    assert column(values, "float32", notation) == reals
    assert column(values, "float64", notation) == reals
    assert column([False, True], "bool", notation) == truths
    assert column([1 - 2.5j], "complex64", notation) == [number]


def test_cells_that_are_not_valid() -> None:
    assert column([1, 2], "uint8", CSV, 255, _1=False) == ["1", "255"]
    assert column([1, 2], "uint8", CSV, _1=False) == ["1", "NaN"]
    assert column([1, 2], "uint8", JSON, 255, _1=False) == ["1", "255"]
    assert column([1, 2], "float32", JSON, _1=False) == ["1", "null"]
    assert column([1, 2], "float32", NULLS, -9999, _1=False) == ["1", "null"]
    assert column([1, 2], "float32", JSON, np.nan, _1=False) == ["1", "null"]


def test_values_in_a_common_type_are_written_as_those_of_their_field() -> None:
    whole = Field("a", np.dtype("int16"), nil=(NilValue(-1),))
    mixed = np.array([1, np.nan, 3])
    assert column_texts(mixed, ~np.isnan(mixed), whole, CSV) == ["1", "-1", "3"]
    assert column_texts(np.array([0.1], "f4").astype("f8"), None, Field("a", np.dtype("f4")), CSV) == ["0.1"]
    assert column_texts(np.array([0, 1], "i4"), None, Field("a", np.dtype("?")), JSON) == ["false", "true"]
    assert column_texts(np.array([7 + 0j]), None, Field("a", np.dtype("i2")), JSON) == ["7"]


def test_cells_of_several_fields_are_one_text() -> None:
    fields = [Field("a", np.dtype("i2")), Field("b", np.dtype("f4"))]
    cells = Cells(np.array([[1, 2], [0.5, np.nan]], "f4"))
    assert cell_texts(cells, fields, CSV, '"') == ['"1 0.5"', '"2 NaN"']
    assert cell_texts(cells, fields, XML) == ["1 0.5", "2 NaN"]


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [(-9999, "float32", "-9999"), (255, "uint8", "255"), (0.5, "uint8", "0.5"), (float("inf"), "f8", "Infinity"),
     (float("nan"), "f8", "NaN"), (-9.22337204e18, "f4", "-9.22337204e+18")],
)  # fmt: skip
def test_single_values(value: float, dtype: str, text: str) -> None:
    assert value_text(value, np.dtype(dtype), CSV) == text


@given(
    hnp.arrays(
        st.sampled_from([np.dtype(name) for name in ("?", "u1", "i2", "u4", "i8", "u8", "f2", "f4", "f8")]),
        hnp.array_shapes(min_dims=1, max_dims=1, max_side=20),
    )
)
def test_every_value_reads_back_as_itself(values: npt.NDArray[Any]) -> None:
    written = column_texts(values, None, Field("a", values.dtype), CSV)
    names = {"true": 1, "false": 0}
    back = [names.get(text, text) if values.dtype.kind == "b" else text for text in written]
    kind = values.dtype.type
    np.testing.assert_array_equal(np.array([kind(text) for text in back]), values)
    finite = values[np.isfinite(values)]
    read = json.loads(f"[{','.join(column_texts(finite, None, Field('a', values.dtype), JSON))}]")
    np.testing.assert_array_equal(np.array(read, values.dtype), finite)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(1, 7))
def test_pieces_join_to_nested_lists(shape: list[int], size: int) -> None:
    values = np.arange(np.prod(shape, dtype=int))
    parts = [nested(values[start : start + size].astype("U").tolist(), start, shape, "[", "]")
             for start in range(0, len(values), size)]  # fmt: skip
    depth = len(shape)
    np.testing.assert_array_equal(json.loads("[" * depth + "".join(parts) + "]" * depth), values.reshape(shape))


def test_axes_in_the_opposite_order() -> None:
    plain = cube(counted((2, 2, 3, 4)), nil=0)
    turned = reversed_axes(plain)
    assert turned.domain.labels == ("Long", "Lat", "ansi")
    assert turned.domain.shape == turned.source.shape == turned.source.levels[0].shape == (4, 3, 2)
    assert turned.source.chunks == plain.source.chunks[::-1]
    cells = turned.source.read(CellBox((1, 0, 1), (4, 2, 2)), [1])
    expected = plain.source.read(CellBox((1, 0, 1), (2, 2, 4)), [1])
    np.testing.assert_array_equal(cells.values, expected.values.transpose(0, 3, 2, 1))
    np.testing.assert_array_equal(cells.mask(), expected.mask().transpose(0, 3, 2, 1))
