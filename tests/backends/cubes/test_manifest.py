# SPDX-License-Identifier: MIT
"""The manifest of a version."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from eoxserver.backends.cubes.base import Overview
from eoxserver.backends.cubes.manifest import EXTENT, AxisState, Manifest, OverviewState
from eoxserver.core.fields import Field, NilValue

FIELDS = (
    Field(
        "a", np.dtype("float32"), "", (NilValue(math.nan, reason="none"), NilValue(-math.inf, 3.5)), "A", "first",
        "http://x/a", ((0.0, math.inf),), "gray",
    ),
    Field("b", np.dtype("uint8"), "10^0", palette=((1, 2, 3, 4), (5, 6, 7, 8))),
)  # fmt: skip


def test_a_manifest_is_read_as_it_was_written() -> None:
    axes = (AxisState("t", 1, 0, 7, irregular=True, descending=True, ordered=False), AxisState("x", 100, -5, 9))
    overview = OverviewState(Overview((1, 4), "mode"), "1x4", (0, 3))
    manifest = Manifest(12, -1, 11, "c0ffee", FIELDS, axes, (overview,), 'state "ü"')
    content = manifest.to_bytes()
    assert Manifest.from_bytes(content) == manifest
    assert json.loads(content, parse_constant=pytest.fail)["format"] == 1, "plain JSON, without NaN"
    assert manifest.number == 11
    assert manifest.layout.chunks == (1, 100)
    assert manifest.layout.irregular == manifest.layout.descending == {"t"}


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="format 2"):
        Manifest.from_bytes(b'{"format": 2}')


@pytest.mark.parametrize("chunk", [1, 7, 256, 500, 2**20 + 1])
def test_an_origin_is_where_a_chunk_begins(chunk: int) -> None:
    origin = AxisState("x", chunk, 0, 1).origin
    assert origin % chunk == 0
    assert abs(origin - EXTENT // 2) < chunk


def test_cells_of_an_overview() -> None:
    state = OverviewState(Overview((4,)), "4", (2,))
    assert [state.cells(0, low, low + 1) for low in (-3, -2, 1, 2, 5, 6)] == [
        (-2, -1), (-1, 0), (-1, 0), (0, 1), (0, 1), (1, 2),
    ]  # fmt: skip
    assert state.cells(0, -2, 6) == (-1, 1)
    assert state.cells(0, -3, 7) == (-2, 2)
