# SPDX-License-Identifier: MIT
"""The text that makes a version of a cube a coverage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from eoxserver.backends.cubes.base import CubeAxis
from eoxserver.core.domain import Domain
from eoxserver.core.errors import DataUnavailable
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.core.metadata import PartMetadata
from eoxserver.resources.coverages.ingestion.states import CubeState
from tests.resources.coverages.ingestion.coverages import index, lat, long, regular_days, times

DOMAIN = Domain((times(1, 2, 4), lat(10, 4), long(0, 5), index("i", -3, 2)), ("i", "ansi", "Lat", "Long"))
FIELDS = RangeType((Field("v", np.dtype("float32"), "K", (NilValue(float("nan")), NilValue(1, 2, "bad"))),))
CUBE = (
    CubeAxis("ansi", 0, 3, np.array([1.0, 2, 4])),
    CubeAxis("Lat", 0, 4),
    CubeAxis("Long", 0, 5),
    CubeAxis("i", -3, 2),
)


def test_a_state_gives_back_the_domain_of_a_new_cube() -> None:
    state = CubeState.from_text(CubeState.first(DOMAIN, FIELDS, "image/tiff").to_text(), "c")
    assert state.domain(CUBE) == DOMAIN
    assert state.range_type == FIELDS
    assert state.native_format == "image/tiff"


def test_axes_reach_as_far_as_the_cube() -> None:
    state = CubeState.first(Domain((regular_days(100, 3), lat(10, 4))), FIELDS, "")
    grown = state.domain((CubeAxis("ansi", -2, 6), CubeAxis("Lat", -1, 9)))
    assert grown.axes == (regular_days(98, 6), lat(11, 9))


def test_metadata_come_along() -> None:
    state = replace(
        CubeState.first(DOMAIN, FIELDS, ""),
        metadata={"a": "b"},
        details={"fields": {"v": {"c": [1]}}},
        parts=(PartMetadata({"ansi": (1.0, 2.0)}, {"file": "a.tif"}),),
    )
    assert CubeState.from_text(state.to_text(), "c") == state


def test_the_size_does_not_depend_on_the_number_of_cells() -> None:
    many = Domain((times(*range(100_000)), *DOMAIN.axes[1:]), DOMAIN.crs_labels)
    assert CubeState.first(many, FIELDS, "") == CubeState.first(DOMAIN, FIELDS, "")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 2}', '{"format": 1, "axes": [{}]}'])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(DataUnavailable, match="cube c was not made by ingestion"):
        CubeState.from_text(text, "c")
