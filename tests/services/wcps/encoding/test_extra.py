# SPDX-License-Identifier: MIT
"""The third argument of encode: its keys, its older forms, and what is wrong with it."""

from __future__ import annotations

import json
import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.errors import CrsUnknown, InvalidParameterValue
from eoxserver.services.wcps.encoding.extra import KEYS, Extra, parse_extra


def test_the_keys_are_those_of_the_language() -> None:
    assert set(KEYS) == {
        "nodata", "metadata", "geoReference", "coordinates", "variables", "dimensions", "transpose", "colorPalette",
        "colorMap", "formatParameters", "configOptions", "outputType",
    }  # fmt: skip


@pytest.mark.parametrize("text", [None, "", "  ", "{}"])
def test_nothing(text: str | None) -> None:
    assert parse_extra(text) == Extra()


@pytest.mark.parametrize(
    ("text", "nodata"),
    [
        ('{"nodata": 0}', (0.0,)),
        ('{"nodata": [0]}', (0.0,)),
        ('{"nodata": [1, 2.5, -3]}', (1.0, 2.5, -3.0)),
        ('{"nodata": Infinity}', (math.inf,)),
        ('{"nodata": [-Infinity, "Infinity", "-Infinity"]}', (-math.inf, math.inf, -math.inf)),
        ('{"nodata": "7"}', (7.0,)),
        ("nodata=0", (0.0,)),
        ("nodata=1,2,3;", (1.0, 2.0, 3.0)),
        (" nodata = -9999 ; ", (-9999.0,)),
    ],
)
def test_nodata(text: str, nodata: tuple[float, ...]) -> None:
    assert parse_extra(text).nodata == nodata


@pytest.mark.parametrize("text", ['{"nodata": NaN}', '{"nodata": NaNf}', '{"nodata": ["NaN"]}', "nodata=NaNf"])
def test_nodata_that_is_no_number(text: str) -> None:
    (value,) = parse_extra(text).nodata
    assert math.isnan(value)


def test_texts_keep_what_looks_like_a_number() -> None:
    assert parse_extra('{"metadata": {"a": "is NaNf \\" NaNf"}, "nodata": NaNf}').metadata == {"a": 'is NaNf " NaNf'}


def test_metadata() -> None:
    found = parse_extra('{"metadata": {"title": "x", "number": 5, "flag": true}}').metadata
    assert found == {"title": "x", "number": "5", "flag": "true"}
    assert parse_extra('{"metadata": "all in one"}').metadata == {"metadata": "all in one"}
    assert parse_extra("metadata=some text;nodata=0").metadata == {"metadata": "some text"}


def test_transpose_is_of_neighbours() -> None:
    assert parse_extra('{"transpose": [0, 1]}').transpose == 0
    assert parse_extra('{"transpose": [3, 2]}').transpose == 2


def test_parameters_of_the_format() -> None:
    found = parse_extra('{"formatParameters": {"QUALITY": 80, "order": "inner_outer"}}')
    assert found.format_parameters == {"QUALITY": "80", "order": "inner_outer"}
    assert parse_extra("COMPRESS=LZW;nodata=0").format_parameters == {"COMPRESS": "LZW"}


def test_output_type() -> None:
    assert parse_extra("outputType=GeneralGridCoverage").general_grid
    assert parse_extra('{"outputType": "GeneralGridCoverage"}').general_grid
    assert not parse_extra("nodata=0").general_grid


def test_the_older_form_of_a_place() -> None:
    place = parse_extra("nodata=0;xmin=1;xmax=3.5;ymin=-2;ymax=4;crs=EPSG:4326").place
    assert place is not None and place.crs is not None
    assert list(place.bounds or ()) == [1, -2, 3.5, 4]
    assert place.crs.epsg == 4326
    legacy = parse_extra('{"coordinates": {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4, "crs": "EPSG:3857"}}').place
    assert legacy is not None and legacy.crs is not None
    assert (legacy.bounds, legacy.crs.epsg) == ((1, 2, 3, 4), 3857)


BAD = [
    ('{"nodta": 0}', "nodta", "no key 'nodta'; did you mean 'nodata'"),
    ('{"Nodata": 0}', "Nodata", "cannot be deserialized: no key 'Nodata'; did you mean 'nodata'"),
    ('{"nodata": "low"}', "nodata", "nodata=low: accepted: a number, or a list"),
    ('{"nodata": []}', "nodata", "accepted: a number"),
    ('{"nodata": [[1]]}', "nodata", "accepted: a number"),
    ('{"nodata": null}', "nodata", "nodata=null"),
    ('{"nodata": true}', "nodata", "nodata=true"),
    ('{"nodata": 1' + "0" * 400 + "}", "nodata", "accepted: a number"),
    ('{"metadata": [1]}', "metadata", "accepted: an object of texts"),
    ('{"metadata": {"a": {"b": 1}}}', "metadata.a", "accepted: a text"),
    ('{"transpose": [0, 2]}', "transpose", "two neighbouring axes"),
    ('{"transpose": [0]}', "transpose", "two neighbouring axes"),
    ('{"transpose": [-1, 0]}', "transpose", "two neighbouring axes"),
    ('{"transpose": [true, false]}', "transpose", "two neighbouring axes"),
    ('{"transpose": 0}', "transpose", "two neighbouring axes"),
    ('{"formatParameters": ["a"]}', "formatParameters", "accepted: an object of texts"),
    ('{"formatParameters": {"a": null}}', "formatParameters.a", "accepted: a text"),
    ('{"dimensions": "a"}', "dimensions", "accepted: a list of names"),
    ('{"dimensions": ["a", "a"]}', "dimensions", "each once"),
    ('{"dimensions": [1]}', "dimensions", "accepted: a list of names"),
    ('{"outputType": "Grid"}', "outputType", "accepted: GeneralGridCoverage"),
    ("outputType=Grid", "outputType", "accepted: GeneralGridCoverage"),
    ('{"nodata": 0, "nodata": 1}', "nodata", "key 'nodata' is there twice"),
    ('{"metadata": {"a": "1", "a": "2"}}', "a", "key 'a' is there twice"),
    ('{"nodata": 0', "extra", "cannot be deserialized at character"),
    ("[1]", "extra", "accepted: a JSON object, or <key>=<value>"),
    ("nonsense", "extra", "accepted: a JSON object, or <key>=<value>"),
    ("nodata=0;nodata=1", "extra", "each key once"),
    ("nodata=x", "nodata", "accepted: a number"),
    ("a b=1", "extra", "accepted: a JSON object"),
    ('{"a":' * 100_000, "extra", "cannot be deserialized"),
    ('{"configOptions": {"GDAL_DATA": "/etc"}}', "configOptions", "'GDAL_DATA' is not accepted"),
    (
        '{"geoReference": {"crs": "EPSG:4326", "bbox": {"xmin":0,"ymin":0,"xmax":1,"ymax":1}}, "coordinates": {}}',
        "coordinates",
        "only where there is no geoReference",
    ),
]


@pytest.mark.parametrize(("text", "locator", "message"), BAD)
def test_what_is_wrong(text: str, locator: str, message: str) -> None:
    with pytest.raises(InvalidParameterValue) as caught:
        parse_extra(text)
    assert message in caught.value.message
    assert caught.value.locator == locator
    assert len(caught.value.message) < 1000


def test_an_unknown_crs() -> None:
    with pytest.raises(CrsUnknown):
        parse_extra("xmin=0;ymin=0;xmax=1;ymax=1;crs=EPSG:0")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*KEYS, "x"]), JSON_VALUES, max_size=3))
def test_any_json_is_understood_or_refused(value: dict[str, object]) -> None:
    with suppress(InvalidParameterValue, CrsUnknown):
        assert isinstance(parse_extra(json.dumps(value)), Extra)


@given(st.text(max_size=60))
def test_any_text_is_understood_or_refused(text: str) -> None:
    with suppress(InvalidParameterValue, CrsUnknown):
        assert isinstance(parse_extra(text), Extra)
