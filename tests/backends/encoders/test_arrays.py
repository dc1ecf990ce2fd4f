# SPDX-License-Identifier: MIT
"""CSV and JSON as their specification prints them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.encoders.arrays import CsvEncoder, JsonEncoder
from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import Coverage, MemorySource
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidParameterValue
from eoxserver.testing.coverages import counted, cube, fields_of, image, profile, single_value
from tests.backends.encoders.tools import check, encode


def table(values: Any, dtype: str = "uint8", nil: float | None = None, valid: Any = None) -> Coverage:
    """Answer a coverage with an index axis for each dimension behind the first."""
    array = np.array(values, dtype=dtype)
    axes = tuple(IndexAxis(f"a{number}", size) for number, size in enumerate(array.shape[1:]))
    return Coverage("table", Domain(axes), fields_of(array, nil), MemorySource(array, valid))


def texts(coverage: Coverage, folder: Path, **options: str) -> tuple[str, str]:
    return (
        encode(CsvEncoder, coverage, folder, options).decode(),
        encode(JsonEncoder, coverage, folder, options).decode(),
    )


@pytest.mark.parametrize(
    ("values", "csv", "json_text"),
    [
        ([7], "7", "7"),
        ([[1, 2]], "1,2", "[1,2]"),
        ([[[1, 2], [3, 4]]], "{1,2},{3,4}", "[[1,2],[3,4]]"),
        ([[[1, 2, 3]]], "{1,2,3}", "[[1,2,3]]"),
        ([[[[1], [2]], [[3], [4]]]], "{{1},{2}},{{3},{4}}", "[[[1],[2]],[[3],[4]]]"),
        ([[[[[1, 2]]]]], "{{{1,2}}}", "[[[[1,2]]]]"),
        ([5, 6, 7], '"5 6 7"', '"5 6 7"'),
        ([[[1, 2], [3, 4]], [[5, 6], [7, 8]]], '{"1 5","2 6"},{"3 7","4 8"}', '[["1 5","2 6"],["3 7","4 8"]]'),
    ],
)
def test_nesting(tmp_path: Path, values: Any, csv: str, json_text: str) -> None:
    assert texts(table(values), tmp_path) == (csv, json_text)


def test_the_first_axis_may_vary_fastest(tmp_path: Path) -> None:
    coverage = table([[[0, 1], [2, 3]]])
    assert texts(coverage, tmp_path, order="inner_outer") == ("{0,2},{1,3}", "[[0,2],[1,3]]")
    assert texts(coverage, tmp_path, order="outer_inner") == ("{0,1},{2,3}", "[[0,1],[2,3]]")
    for kind in (CsvEncoder, JsonEncoder):
        with pytest.raises(InvalidParameterValue, match="accepted: outer_inner, inner_outer"):
            check(kind, coverage, {"order": "sideways"})


def test_what_is_no_number(tmp_path: Path) -> None:
    reals = table([[1.5, np.nan, np.inf]], "float32")
    assert texts(reals, tmp_path) == ("1.5,NaN,Infinity", "[1.5,null,null]")
    holes = np.array([[True, False]])
    assert texts(table([[1, 2]], nil=255, valid=holes), tmp_path) == ("1,255", "[1,255]")
    assert texts(table([[1, 2]], valid=holes), tmp_path) == ("1,NaN", "[1,null]")
    assert texts(table([[True, False]], "bool"), tmp_path) == ("true,false", "[true,false]")
    assert texts(table([[1 + 2j, complex(0, -1)]], "complex64"), tmp_path) == ("(1,2),(0,-1)", '["(1,2)","(0,-1)"]')
    both = table([[1, np.nan], [1, 2]], "float64")
    assert texts(both, tmp_path) == ('"1 1","NaN 2"', '["1 1","NaN 2"]')


@given(st.data())
def test_any_blocks_give_the_same_text(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    coverage = table(counted((data.draw(st.integers(1, 2)), *shape), "int16"), "int16")
    folder = tmp_path_factory.getbasetemp()
    whole = texts(coverage, folder)
    size = data.draw(st.integers(1, 40))
    assert encode(CsvEncoder, coverage, folder, block_cells=size).decode() == whole[0]
    assert encode(JsonEncoder, coverage, folder, block_cells=size).decode() == whole[1]
    if len(coverage.range_type) == 1:
        assert isinstance(coverage.source, MemorySource)
        np.testing.assert_array_equal(json.loads(whole[1]), coverage.source.values[0])
        numbers: Sequence[str] = re.findall(r"-?\d+", whole[0])
        assert [int(text) for text in numbers] == coverage.source.values.ravel().tolist()


def test_every_kind_of_coverage_can_be_written(tmp_path: Path) -> None:
    for coverage in (
        single_value(2.5), profile(counted((1, 7))), image(counted((3, 4, 5))), cube(counted((1, 3, 2, 4, 5))),
    ):  # fmt: skip
        assert np.shape(json.loads(texts(coverage, tmp_path)[1])) == coverage.domain.shape
