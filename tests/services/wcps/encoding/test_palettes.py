# SPDX-License-Identifier: MIT
"""Palettes of results."""

from __future__ import annotations

import json

import numpy as np
import pytest

from eoxserver.core.errors import InvalidParameterValue, UnsupportedCombination
from eoxserver.services.wcps.encoding.palettes import ENTRIES, Palette, painted, parse_palette
from eoxserver.testing.coverages import counted, image
from tests.services.wcps.encoding.tools import Encoding

EXTRA = json.dumps({
    "colorPalette": {
        "paletteInterp": "RGB", "colorInterp": ["Palette"], "colorTable": [[0, 0, 0, 0], [255, 0, 0], [1, 2, 3, 128]]
    }
})  # fmt: skip


@pytest.mark.parametrize("name", ["png", "tiff", "gif", "bmp"])
def test_gdal_reads_the_palette(encoding: Encoding, name: str) -> None:
    values = np.array([[[0, 1], [2, 1]]], np.uint8)
    with encoding.opened(image(values), name, EXTRA) as dataset:
        np.testing.assert_array_equal(dataset.read(), values)
        table = dataset.colormap(1)
    assert table[1][:3] == (255, 0, 0)
    assert table[2][:3] == (1, 2, 3)


def test_a_picture_without_palettes_shows_the_colours(encoding: Encoding) -> None:
    found = encoding.cells(image(np.ones((1, 16, 16), np.uint8)), "jpeg", EXTRA)
    assert found.shape[0] == 3
    np.testing.assert_allclose(found[:, 8, 8].astype(int), (255, 0, 0), atol=8)


def test_a_png_of_real_numbers_has_one_too(encoding: Encoding) -> None:
    with encoding.opened(image(np.array([[[0.4, 0.6]]], np.float32)), "png", EXTRA) as dataset:
        assert dataset.read().tolist() == [[[0, 1]]]
        assert dataset.colormap(1)[1] == (255, 0, 0, 255)


def test_rows_that_are_not_given_are_clear() -> None:
    result = painted(image(counted((1, 2, 2))), parse_palette({"colorTable": [[7], [1, 2, 3]]}))
    palette = result.range_type.fields[0].palette
    assert palette is not None and len(palette) == ENTRIES
    assert palette[:3] == ((7, 7, 7, 255), (1, 2, 3, 255), (0, 0, 0, 0))


def test_how_fields_are_shown() -> None:
    words = ["Red", "GCI_GreenBand", "blue", "Undefined"]
    assert parse_palette({"colorInterp": words}) == Palette((), ("red", "green", "blue", ""))
    result = painted(image(counted((3, 2, 2))), parse_palette({"colorInterp": words[:3]}))
    assert [field.interpretation for field in result.range_type.fields] == ["red", "green", "blue"]


@pytest.mark.parametrize(
    ("value", "locator", "text"),
    [
        ([], "colorPalette", "paletteInterp"),
        ({"paletteInterp": "HSL"}, "colorPalette.paletteInterp", "accepted: RGB, Gray"),
        ({"colorInterp": "Red"}, "colorPalette.colorInterp", "a list of names"),
        ({"colorInterp": ["Rot"]}, "colorPalette.colorInterp", "Red, Green, Blue"),
        ({"colorTable": [[1, 2]]}, "colorPalette.colorTable", "three or four integers"),
        ({"colorTable": [[1, 2, 300]]}, "colorPalette.colorTable", "an integer from 0 to 255"),
        ({"colorTable": [[0, 0, 0]] * 257}, "colorPalette.colorTable", "257 colours: accepted: up to 256"),
        ({"colorTabel": []}, "colorTabel", "did you mean 'colorTable'"),
    ],
)
def test_what_is_wrong(value: object, locator: str, text: str) -> None:
    with pytest.raises(InvalidParameterValue) as caught:
        parse_palette(value)
    assert text in caught.value.message
    assert caught.value.locator == locator


def test_what_has_no_palette() -> None:
    table = parse_palette({"colorTable": [[1, 2, 3]]})
    for values in (counted((3, 2, 2)), counted((1, 2, 2), "float32"), counted((1, 2, 2), "int16")):
        with pytest.raises(UnsupportedCombination, match="one field of the type uint8 or uint16"):
            painted(image(values), table)
    with pytest.raises(UnsupportedCombination, match="2 names for 1 fields"):
        painted(image(counted((1, 2, 2))), parse_palette({"colorInterp": ["Red", "Blue"]}))
