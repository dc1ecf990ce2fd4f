# SPDX-License-Identifier: MIT
"""Axes and fields go through JSON and come back as they were."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.core.roles import Role
from eoxserver.resources.coverages.outlines import (
    outline_from_json,
    outline_to_json,
    range_type_from_json,
    range_type_to_json,
)

FULL = RangeType(
    (
        Field(
            "soil_moisture",
            np.dtype("float32"),
            unit="m3/m3",
            nil=(NilValue(math.nan, reason="no data"), NilValue(-9999.0), NilValue(-math.inf, -1.5, "below range")),
            label="Soil moisture",
            description="Volumetric, 0 to 5 cm",
            definition="http://example.com/def/sm",
            intervals=((0.0, 1.0), (5.0, math.inf)),
            interpretation="gray",
        ),
        Field("class", np.dtype("uint8"), palette=((0, 0, 0, 0), (255, 128, 0, 255)), nil=(NilValue(255),)),
        Field("pair", np.dtype([("re", np.int16), ("im", np.int16)])),
        Field("wave", np.dtype("complex64")),
    )
)


def test_round_trip_through_json() -> None:
    text = json.dumps(range_type_to_json(FULL), allow_nan=False)
    assert range_type_from_json(json.loads(text)) == FULL


def test_numpy_numbers_become_plain_ones() -> None:
    nil = (NilValue(np.float32(0.1)), NilValue(np.uint8(255)))  # type: ignore[arg-type]  # what raster libraries give
    found = range_type_from_json(range_type_to_json(RangeType((Field("a", np.dtype("float32"), nil=nil),))))
    assert [type(one.low) for one in found.fields[0].nil] == [float, int]
    assert np.float32(found.fields[0].nil[0].low) == np.float32(0.1)


PLANE, DAYS = parse_crs("EPSG:4326"), parse_crs("http://www.opengis.net/def/crs/OGC/0/AnsiDate")
finite = st.floats(-1e9, 1e9)


@st.composite
def domains(draw: st.DrawFn) -> Domain:
    """Any axes that may stand together, in any order of the CRS."""
    times = draw(st.lists(finite, min_size=1, max_size=4, unique=True))
    axes: list[Axis] = [
        IrregularAxis("ansi", np.array(sorted(times)), DAYS, "d", Role.T),
        RegularAxis("Lat", draw(finite), -0.1, draw(st.integers(1, 10**9)), PLANE, "degree", Role.Y),
        IndexAxis("n", draw(st.integers(1, 10**9)), draw(st.integers(-5, 5))),
    ]
    chosen = draw(st.permutations(axes))[: draw(st.integers(1, 3))]
    return Domain(tuple(chosen), tuple(draw(st.permutations([axis.label for axis in chosen]))))


@given(domains())
def test_any_domain_survives(domain: Domain) -> None:
    text = json.dumps(outline_to_json(domain, FULL), allow_nan=False)
    assert outline_from_json(json.loads(text)) == (domain, FULL)


AXIS = {"kind": "index", "label": "i", "crs": "", "unit": "1", "role": "other", "size": 2, "first": 0}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (None, "an object is expected"),
        ({"axes": 5}, "no axes and fields"),
        ({"axes": [5]}, "no axes and fields"),
        ({"axes": [{}]}, "no axes and fields of a coverage: KeyError"),
        ({"axes": [{**AXIS, "kind": "regular"}]}, "lacks its origin"),
        ({"axes": [{**AXIS, "kind": "irregular", "coefficients": [1.0]}]}, "1 coefficients, but the size 2"),
        ({"axes": [{**AXIS, "crs": "EPSG:nonsense"}]}, "EPSG code 'nonsense'"),
        ({"axes": [{**AXIS, "size": math.inf}]}, "OverflowError"),
        ({"axes": [{**AXIS, "role": "king"}]}, "king"),
        ({"crs_labels": ["j"]}, "j"),
        ({"range_type": []}, "a list of fields"),
    ],
)
def test_what_is_no_outline_is_refused(change: dict[str, Any] | None, words: str) -> None:
    good = {"axes": [AXIS], "crs_labels": ["i"], "range_type": [{"name": "a", "dtype": "uint8"}]}
    outline_from_json(good)
    with pytest.raises(ValueError, match=words):
        outline_from_json(None if change is None else {**good, **change})
