# SPDX-License-Identifier: MIT
"""Encoding parameters."""

from __future__ import annotations

import pytest

from eoxserver.backends.encoders.options import Options
from eoxserver.core.errors import InvalidParameterValue

KNOWN = ("compression", "quality", "tiling")


def read(**options: str) -> Options:
    return Options.read(options, KNOWN, "GeoTIFF")


def test_names_and_words_may_be_in_any_case() -> None:
    options = Options.read({"Compression": " deflate "}, KNOWN, "GeoTIFF")
    assert "compression" in options
    assert options.choice("compression", ("None", "Deflate")) == "Deflate"


def test_defaults_hold_for_what_is_not_given() -> None:
    options = read()
    assert options.choice("compression", ("None",), "None") == "None"
    assert options.integer("quality", 1, 100, 75) == 75
    assert options.boolean("tiling", default=True) is True


def test_an_unknown_parameter_is_named_with_the_nearest() -> None:
    with pytest.raises(
        InvalidParameterValue, match="GeoTIFF has no encoding parameter 'compresion'; did you mean"
    ) as e:
        read(compresion="LZW")
    assert e.value.locator == "compresion"


@pytest.mark.parametrize("value", ["", "gzip"])
def test_a_bad_word_names_the_accepted_ones(value: str) -> None:
    with pytest.raises(InvalidParameterValue, match=f"compression='{value}': accepted: None, Deflate") as caught:
        read(compression=value).choice("compression", ("None", "Deflate"), "None")
    assert caught.value.locator == "compression"


@pytest.mark.parametrize("value", ["", "0", "101", "7.5", "-3", "ten", "٣", "9" * 40])
def test_a_bad_number_names_the_bounds(value: str) -> None:
    with pytest.raises(InvalidParameterValue, match="accepted: an integer from 1 to 100"):
        read(quality=value).integer("quality", 1, 100, 75)


def test_multiples() -> None:
    assert read(quality="32").integer("quality", 16, 64, 16, multiple=16) == 32
    with pytest.raises(InvalidParameterValue, match="a multiple of 16"):
        read(quality="33").integer("quality", 16, 64, 16, multiple=16)


def test_booleans() -> None:
    assert read(tiling="TRUE").boolean("tiling") is True
    assert read(tiling="false").boolean("tiling", default=True) is False
    with pytest.raises(InvalidParameterValue, match="accepted: true, false"):
        read(tiling="perhaps").boolean("tiling")
    assert read(tiling="YES").boolean("tiling") is True
    assert read(tiling="off").boolean("tiling", default=True) is False


def test_other_names_of_a_parameter() -> None:
    options = Options.read({"TILED": "maybe"}, ("tiling",), "GeoTIFF", {"tiled": "tiling"})
    with pytest.raises(InvalidParameterValue, match="encoding parameter TILED='maybe'") as caught:
        options.boolean("tiling")
    assert caught.value.locator == "TILED"
    with pytest.raises(InvalidParameterValue, match="TILED says the same as tiling"):
        Options.read({"tiling": "true", "TILED": "YES"}, ("tiling",), "GeoTIFF", {"tiled": "tiling"})
