# SPDX-License-Identifier: MIT
"""Colours for values: section 5.1 of the notes on WMS."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.coverage import CellBox
from eoxserver.core.errors import InvalidParameterValue, UnsupportedCombination
from eoxserver.services.wcps.encoding.colormap import ColorMap, coloured, parse_color_map
from eoxserver.testing.coverages import counted, image
from tests.services.wcps.encoding.tools import Encoding, table

GUIDE = {"-1": [255, 255, 255, 0], "-0.5": [125, 125, 125, 255], "1": [1, 2, 3, 255]}


def color_map(kind: str, entries: dict[str, list[int]]) -> ColorMap:
    return parse_color_map({"type": kind, "colorTable": entries})


def colours(kind: str, entries: dict[str, list[int]], *values: float) -> list[list[int]]:
    found = color_map(kind, entries).apply(np.array(values))
    listed: list[list[int]] = found.T.tolist()
    return listed


def test_values_are_exact() -> None:
    entries = {"5": [1, 2, 3], "1.5": [4, 5, 6]}
    found = colours("values", entries, 5, 1.5, 5.0001, -9, 100, math.nan, math.inf)
    assert found == [[1, 2, 3], [4, 5, 6], *[[0, 0, 0]] * 5]


def test_intervals_begin_at_their_entry() -> None:
    entries = {"100": [2], "0": [1], "255": [3]}
    found = colours("intervals", entries, -7, 0, 99.9, 100, 254, 255, 1e9, -math.inf, math.inf, math.nan)
    assert [one for (one,) in found] == [1, 1, 1, 2, 2, 3, 3, 1, 3, 0]


def test_ramps_mix_and_cut() -> None:
    found = colours("ramp", GUIDE, -0.75, -1, -0.5, 1, -9, 9, math.inf, -math.inf, math.nan)
    assert found == [
        [189, 189, 189, 127], GUIDE["-1"], GUIDE["-0.5"], GUIDE["1"], GUIDE["-1"], GUIDE["1"], GUIDE["1"],
        GUIDE["-1"], [0, 0, 0, 0],
    ]  # fmt: skip
    assert colours("ramp", {"3": [9]}, 1, 3, 5) == [[9]] * 3


@given(
    st.dictionaries(st.integers(-50, 50), st.tuples(*[st.integers(0, 255)] * 3), min_size=2, max_size=5),
    st.floats(-60, 60),
)
def test_ramps_as_the_rule_says(entries: dict[int, tuple[int, int, int]], value: float) -> None:
    found = colours("ramp", {str(number): list(colour) for number, colour in entries.items()}, value)[0]
    numbers = sorted(entries)
    if value <= numbers[0]:
        expected = list(entries[numbers[0]])
    elif value >= numbers[-1]:
        expected = list(entries[numbers[-1]])
    else:
        b = next(number for number in numbers if number > value)
        a = numbers[numbers.index(b) - 1]
        weight = (b - value) / (b - a)
        pairs = zip(entries[a], entries[b], strict=True)
        expected = [int(weight * low + 1e-9) + int((1 - weight) * high + 1e-9) for low, high in pairs]
    assert found == expected


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "uint16", "int32", "float32", "bool"])
@pytest.mark.parametrize("kind", ["values", "intervals", "ramp"])
def test_a_result_is_coloured_block_by_block(dtype: str, kind: str) -> None:
    values = counted((1, 6, 7), dtype)
    entries = {"0": [0, 10, 20, 30], "3": [100, 110, 120, 130], "90": [200, 210, 220, 230]}
    result = coloured(image(values), color_map(kind, entries))
    assert result.range_type.names == ("red", "green", "blue", "alpha")
    whole = result.source.read(CellBox.whole((6, 7)), (0, 1, 2, 3)).values
    assert whole.dtype == np.uint8
    np.testing.assert_array_equal(whole, color_map(kind, entries).apply(values[0]))
    part = result.source.read(CellBox((1, 2), (4, 6)), (3, 0)).values
    np.testing.assert_array_equal(part, whole[[3, 0], 1:4, 2:6])


def test_nil_cells() -> None:
    values, valid = [[[5, 7]]], [[[True, False]]]
    opaque = {"0": [1, 1, 1, 255], "7": [2, 2, 2, 255]}

    def read(nil: float | None, entries: dict[str, list[int]]) -> list[Any]:
        result = coloured(table(values, "uint8", nil, valid), color_map("intervals", entries))
        cells = result.source.read(CellBox.whole((1, 2)), range(len(result.range_type)))
        assert cells.valid is None
        found: list[Any] = cells.values[:, 0, 1].tolist()
        return found

    assert read(9, opaque) == [2, 2, 2, 0]
    assert read(7, opaque) == [2, 2, 2, 255]
    assert read(None, opaque) == [1, 1, 1, 0]
    assert read(9, {"0": [1, 1, 1], "7": [2, 2, 2]}) == [2, 2, 2]


@pytest.mark.parametrize(
    ("value", "locator", "text"),
    [
        ([], "colorMap", 'accepted: {"type"'),
        (
            {"type": "ramps", "colorTable": {}},
            "colorMap.type",
            "type=ramps: accepted: values, intervals, ramp",
        ),
        ({"colorTable": {"1": [1]}}, "colorMap.type", "accepted: values, intervals, ramp"),
        ({"type": "ramp"}, "colorMap.colorTable", "an object of colours by number"),
        ({"type": "ramp", "colorTable": {}}, "colorMap.colorTable", "at least one colour"),
        ({"type": "ramp", "colorTable": {"x": [1]}}, "colorMap.colorTable", "finite numbers as the names"),
        ({"type": "ramp", "colorTable": {"NaN": [1]}}, "colorMap.colorTable", "finite numbers as the names"),
        ({"type": "ramp", "colorTable": {"1": [1], "1.0": [2]}}, "colorMap.colorTable", "each number once"),
        ({"type": "ramp", "colorTable": {"1": [1, 2]}}, "colorMap.colorTable.1", "1, 3 or 4 integers"),
        ({"type": "ramp", "colorTable": {"1": [256]}}, "colorMap.colorTable.1", "an integer from 0 to 255"),
        ({"type": "ramp", "colorTable": {"1": [1.5]}}, "colorMap.colorTable.1", "an integer from 0 to 255"),
        ({"type": "ramp", "colorTable": {"1": [1], "2": [1, 2, 3]}}, "colorMap.colorTable", "as long as the other"),
        ({"type": "ramp", "colourTable": {}}, "colourTable", "did you mean 'colorTable'"),
    ],
)
def test_what_is_wrong(value: object, locator: str, text: str) -> None:
    with pytest.raises(InvalidParameterValue) as caught:
        parse_color_map(value)
    assert text in caught.value.message
    assert caught.value.locator == locator


def test_only_one_field_has_colours() -> None:
    with pytest.raises(UnsupportedCombination, match="one field of integers or real numbers; the result has 3"):
        coloured(image(counted((3, 2, 2))), color_map("ramp", GUIDE))
    with pytest.raises(UnsupportedCombination, match="complex"):
        coloured(image(counted((1, 2, 2), "complex64")), color_map("ramp", GUIDE))


def test_a_png_in_colours(encoding: Encoding) -> None:
    extra = json.dumps({"colorMap": {"type": "intervals", "colorTable": {"0": [0, 0, 255, 0], "100": [9, 8, 7, 255]}}})
    found = encoding.cells(image(np.array([[[99.5, 100.0]]], np.float32)), "png", extra)
    assert found[:, 0].T.tolist() == [[0, 0, 255, 0], [9, 8, 7, 255]]
    grey = json.dumps({"colorMap": {"type": "values", "colorTable": {"2": [77]}}})
    assert encoding.text(table([[1, 2, 3]]), "csv", grey) == "0,77,0"
    single = json.dumps({"colorMap": {"type": "ramp", "colorTable": {"0": [0, 0, 0], "2": [2, 4, 6]}}})
    assert encoding.text(table([1]), "json", single) == '"1 2 3"'
