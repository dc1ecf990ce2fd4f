# SPDX-License-Identifier: MIT
"""Shapes of what depends on iterators: leading axes are left alone, labels mean own axes only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from eoxserver.core.coverage import Cells
from eoxserver.core.errors import InvalidAxisLabel
from eoxserver.query.plan import Clip, Corridor, Extend, Extent, Iterator, Node, Pick, PickCell, Ring, Trace
from tests.query.samples import assert_same, climate, read
from tests.query.shapes.shapes import given, resolved, with_nil

DAY, LEVEL = Iterator("$d", 1, 3), Iterator("$h", 0, 2)
CLIMATE = with_nil(climate(valid=True))
PICKED = Pick(given(CLIMATE), (PickCell("ansi", DAY), PickCell("H", LEVEL)))
"""Days 1 to 3 and the first two heights of the climate, of 36 longitudes and 18 latitudes."""
LINE: Ring = ((-45.0, -100.0), (45.0, 100.0))
TRIANGLE: Ring = ((-45.0, -100.0), (45.0, 100.0), (45.0, -100.0))


SQUARE: Ring = ((-12.0, -12.0), (-12.0, 12.0), (12.0, 12.0), (12.0, -12.0))

SHAPES: dict[str, Callable[[Node], Node]] = {
    "extend": lambda node: Extend(node, (Extent("Lat", -2, 20), Extent("Long", 0, 40))),
    "clip": lambda node: Clip(node, ("Lat", "Long"), ((TRIANGLE,),)),
    "line": lambda node: Trace(node, ("Lat", "Long"), LINE),
    "line with coordinates": lambda node: Trace(node, ("Long", "Lat"), ((-100.0, -45.0), (100.0, 45.0)), True),
    "line on one axis": lambda node: Trace(node, ("Long",), ((-100.0,), (100.0,))),
    "corridor": lambda node: Corridor(node, ("Lat", "Long"), ((0.0, 0.0), (40.0, 40.0)), (SQUARE,)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_lifted_shape_has_at_each_place_that_of_the_slice(shape: str) -> None:
    lifted = resolved(SHAPES[shape](PICKED))
    assert lifted.iterators == (DAY, LEVEL)
    assert lifted.domain.labels[:2] == ("$d", "$h")
    cells = read(lifted.coverage)
    for place in np.ndindex(3, 2):
        day, height = Iterator("$d", 1 + place[0], 1), Iterator("$h", place[1], 1)
        single = resolved(SHAPES[shape](Pick(given(CLIMATE), (PickCell("ansi", day), PickCell("H", height)))))
        assert single.own_domain == lifted.own_domain
        alone = read(single.coverage)
        at = (slice(None), *place)
        assert_same(Cells(cells.values[at], cells.mask()[at]), Cells(alone.values[:, 0, 0], alone.mask()[:, 0, 0]))


@pytest.mark.parametrize("label", ["$d", "$h", "ansi"])
def test_labels_mean_own_axes_only(label: str) -> None:
    for plan in (
        Extend(PICKED, (Extent(label, -1, 5),)),
        Clip(PICKED, ("Lat", label), ((SQUARE,),)),
        Trace(PICKED, (label,), ((0.0,),)),
        Corridor(PICKED, (label, "Lat"), ((0.0, 0.0),), (SQUARE,)),
    ):
        with pytest.raises(InvalidAxisLabel):
            resolved(plan)
