# SPDX-License-Identifier: MIT
"""Palettes that coverages carry."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from eoxserver.core.coverage import Coverage
from eoxserver.services.wcps.encoding.own_palette import KEY, table_colours
from eoxserver.testing.coverages import counted, image
from tests.services.wcps.encoding.tools import Encoding

ROWS = [[0, 0, 0, 0], [255, 0, 0, 255], [1, 2, 3, 128]]


def carrying(text: str, dtype: str = "uint8", count: int = 1) -> Coverage:
    values = np.zeros((count, 1, 3), dtype)
    values[0, 0] = [0, 1, 2]
    return replace(image(values), metadata={KEY: text})


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ROWS),
        json.dumps({"colorTable": ROWS}),
        "0,0,0,0\n255,0,0,255\n1,2,3,128\n",
        "# a comment\n0, 0, 0, 0\n\n255, 0, 0, 255 # red\n1, 2, 3, 128",
        "0 0 0 0 0\n1 255 0 0 255\n2 1 2 3 128",
        "2:1:2:3:128\n1:255:0:0\n0\t0 0 0 0\nnv 9 9 9\nB black",
    ],
)
def test_tables(encoding: Encoding, text: str) -> None:
    with encoding.opened(carrying(text), "png") as dataset:
        assert dataset.read().tolist() == [[[0, 1, 2]]]
        assert [dataset.colormap(1)[value] for value in range(3)] == [tuple(row) for row in ROWS]


def test_colours_between_values_are_mixed() -> None:
    found = table_colours("0 0 0 0\n100 100 200 50")
    assert found[50] == (50, 100, 25, 255)
    assert found[255] == (100, 200, 50, 255)
    assert table_colours("0 0 0 0 100 100 200 50\n100 100 200 50 200 0 0 0")[150] == (50, 100, 25, 255)


@pytest.mark.parametrize("text", ["", "no table", "/srv/land.cpt", "[1]", "[[1,2,3", "{}", "1,2\n3,4", "0 300 0 0"])
def test_other_texts_give_none(encoding: Encoding, text: str) -> None:
    assert table_colours(text) == ()
    with encoding.opened(carrying(text), "png") as dataset:
        assert dataset.colorinterp[0].name == "gray"


def test_only_a_png_of_bytes_has_it(encoding: Encoding) -> None:
    text = json.dumps(ROWS)
    for coverage, name in (
        (carrying(text), "tiff"),
        (carrying(text, "int16"), "png"),
        (carrying(text, count=3), "png"),
    ):
        with encoding.opened(coverage, name) as dataset:
            assert dataset.colorinterp[0].name != "palette"


def test_what_the_query_says_comes_first(encoding: Encoding) -> None:
    coverage = carrying(json.dumps(ROWS))
    with encoding.opened(coverage, "png", '{"colorPalette": {"colorTable": [[9, 9, 9]]}}') as dataset:
        assert dataset.colormap(1)[0] == (9, 9, 9, 255)
    extra = '{"colorMap": {"type": "values", "colorTable": {"1": [7]}}}'
    assert encoding.cells(coverage, "png", extra).tolist() == [[[0, 7, 0]]]
    assert encoding.cells(image(counted((1, 4, 4))), "png").tolist() == counted((1, 4, 4)).tolist()
