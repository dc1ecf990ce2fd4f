# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest

from eoxserver.core.errors import InvalidParameterValue, InvalidRequest, MissingParameterValue
from eoxserver.services.ows.kvp import Params


def test_keys_are_read_in_any_case_and_values_as_they_are() -> None:
    params = Params([("SubSet", "Lat(1)"), ("SUBSET", "Long(2)"), ("Format", " image/TIFF ")])
    assert params.all("subset") == ("Lat(1)", "Long(2)")
    assert params.get("FORMAT") == " image/TIFF "
    assert params.get("absent", "x") == "x"
    assert "format" in params and list(params) == ["subset", "format"]


def test_a_doubled_key_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="'format' is given 2 times") as caught:
        Params([("format", "a"), ("FORMAT", "b")]).get("format")
    assert caught.value.locator == "format"


@pytest.mark.parametrize("pairs", [[], [("version", "")], [("version", "  ")]])
def test_a_mandatory_key_needs_a_value(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(MissingParameterValue) as caught:
        Params(pairs).require("version")
    assert caught.value.locator == "version"


def test_numbers_integers_and_flags() -> None:
    params = Params([("n", "1.5"), ("i", "12"), ("f", "TRUE"), ("bad", "x"), ("inf", "inf"), ("empty", "")])
    assert params.number("n") == 1.5
    assert params.number("empty", 2.0) == 2.0
    assert params.integer("i", 1, 20) == 12
    assert params.flag("f") and not params.flag("absent")
    for call in (
        lambda: params.number("bad"),
        lambda: params.number("inf"),
        lambda: params.integer("bad", 0, 9),
        lambda: params.integer("i", 0, 9),
        lambda: params.integer("n", 0, 9),
        lambda: params.flag("bad"),
    ):
        with pytest.raises(InvalidParameterValue):
            call()


@pytest.mark.parametrize("text", ["+-5", "--5", "1_0", "²", "٣", pytest.param("9" * 5000, id="long"), "1e2", "0x10"])
def test_what_is_no_integer_is_named(text: str) -> None:
    with pytest.raises(InvalidParameterValue, match="give an integer from 1 to 4096") as caught:
        Params([("width", text)]).integer("width", 1, 4096)
    assert caught.value.locator == "width"


def test_integers_may_have_signs_and_leading_zeros() -> None:
    assert [Params([("n", text)]).integer("n", -9, 9) for text in ("+5", "-5", " 005 ")] == [5, -5, 5]


def test_unknown_keys_are_refused_with_the_nearest_known_one() -> None:
    params = Params([("service", "WCS"), ("Covrageid", "a"), ("geotiff:compression", "None")])
    with pytest.raises(InvalidRequest, match="'Covrageid'; did you mean 'coverageid'") as caught:
        params.allow({"service", "coverageid"}, ["geotiff:"])
    assert caught.value.locator == "Covrageid"
    Params([("service", "WCS"), ("geotiff:x", "")]).allow({"service"}, ["geotiff:"])
