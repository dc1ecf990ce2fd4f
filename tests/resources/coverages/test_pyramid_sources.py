# SPDX-License-Identifier: MIT
"""Members of pyramids as levels of their bases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from eoxserver.core.axes import Axis
from eoxserver.core.coverage import CellBox, Level
from eoxserver.core.domain import Domain
from eoxserver.resources.coverages.pyramid_sources import PyramidSource, member_level, with_members
from tests.resources.coverages.ingestion.coverages import coverage, index, lat, long, times

BASE: tuple[Axis, ...] = (times(1, 3), lat(10, 8), long(0, 10))
FITTING: list[tuple[Sequence[Axis], Level]] = [
    ((times(1, 3), lat(10, 2, -4), long(0, 5, 2)), Level((2, 2, 5), (1.0, 4.0, 2.0), (0, 0, 0))),
    ((times(1, 3), lat(12, 3, -4), long(-1, 3, 4)), Level((2, 3, 3), (1.0, 4.0, 4.0), (0, 2, 1))),
    ((times(1, 3), lat(10, 3, -8 / 3), long(0, 10)), Level((2, 3, 10), (1.0, 8 / 3, 1.0), (0, 0, 0))),
    (BASE, Level((2, 8, 10), (1.0, 1.0, 1.0), (0, 0, 0))),
]
OTHER = replace(long(0, 5, 2), crs=None)
LEFT_OUT: list[Sequence[Axis]] = [
    (times(1, 4), lat(10, 2, -4), long(0, 5, 2)),
    (times(1), lat(10, 2, -4), long(0, 5, 2)),
    (times(1, 3), lat(10, 16, -0.5), long(0, 5, 2)),
    (times(1, 3), lat(10, 1, -4), long(0, 5, 2)),
    (times(1, 3), lat(9, 2, -4), long(0, 5, 2)),
    (times(1, 3), lat(10.5, 3, -4), long(0, 5, 2)),
    (times(1, 3), lat(10, 2, -4), OTHER),
    (times(1, 3), lat(2, 2, 4), long(0, 5, 2)),
    (lat(10, 2, -4), long(0, 5, 2)),
]


@pytest.mark.parametrize(("axes", "level"), FITTING)
def test_members_that_cover_their_base(axes: Sequence[Axis], level: Level) -> None:
    found = member_level(Domain(BASE), Domain(tuple(axes)))
    assert found is not None
    assert (found.shape, found.before) == (level.shape, level.before)
    assert found.factors == pytest.approx(level.factors)


@pytest.mark.parametrize("axes", LEFT_OUT)
def test_members_that_do_not(axes: Sequence[Axis]) -> None:
    assert member_level(Domain(BASE), Domain(tuple(axes))) is None
    base = coverage("base", BASE)
    assert with_members(base, [coverage("member", axes)]) is base


def test_index_axes_are_the_same() -> None:
    base = Domain((index("i", -2, 5),))
    assert member_level(base, base) == Level((5,), (1.0,), (0,))
    assert member_level(base, Domain((index("i", 0, 5),))) is None


def test_levels_are_read_from_their_sources() -> None:
    base, half, quarter = (
        coverage(name, (times(1, 3), lat(10, 8 // factor, -factor), long(0, 8 // factor, factor)), value)
        for name, factor, value in (("base", 1, 1), ("half", 2, 2), ("quarter", 4, 4))
    )
    found = with_members(base, [quarter, half, coverage("bytes", half.domain.axes, 3, "uint8")])
    assert isinstance(found.source, PyramidSource)
    assert [level.factors[1] for level in found.source.levels] == [1, 4, 2]
    read = [
        found.source.read(CellBox.whole(level.shape), [0], number).values
        for number, level in enumerate(found.source.levels)
    ]
    assert [np.unique(values).tolist() for values in read] == [[1], [4], [2]]
    assert (found.source.shape, found.source.chunks) == (base.source.shape, base.source.chunks)
    assert found.source.state() == "\n\n"
