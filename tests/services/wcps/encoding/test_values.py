# SPDX-License-Identifier: MIT
"""Values of extra parameters."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.errors import InvalidParameterValue
from eoxserver.services.wcps.encoding.values import finite, integer, known_keys, number, number_of_text, refused


@given(st.floats())
def test_any_number_is_read_from_its_text(value: float) -> None:
    found = number_of_text(repr(value))
    assert found is not None
    assert found == value or (math.isnan(found) and math.isnan(value))


@pytest.mark.parametrize("text", ["", "x", "1_000", "0x1", "1e", "--1", "\u0661", "1 2"])
def test_other_texts_are_none(text: str) -> None:
    assert number_of_text(text) is None


def test_long_values_are_cut() -> None:
    assert len(refused("key", "x" * 10_000, "less").message) < 150


def test_bounds() -> None:
    assert integer("key", "3", 0, 5) == 3
    for value in (6, -1, 2.5, "x", None, True, math.nan):
        with pytest.raises(InvalidParameterValue, match="an integer from 0 to 5"):
            integer("key", value, 0, 5)
    with pytest.raises(InvalidParameterValue, match="a number that is finite"):
        finite("key", math.inf)
    with pytest.raises(InvalidParameterValue, match="accepted: a number"):
        number("key", 10**400)


def test_keys_in_another_case_are_found() -> None:
    with pytest.raises(InvalidParameterValue, match="did you mean 'geoReference'"):
        known_keys(["GEOREFERENCE"], ["nodata", "geoReference"])
