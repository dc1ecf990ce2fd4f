# SPDX-License-Identifier: MIT
"""Resampled coverages that much must be read for, and nobody waits for any more."""

from __future__ import annotations

import numpy as np
import pytest

from eoxserver.core.axes import RegularAxis, Role
from eoxserver.core.domain import Domain
from eoxserver.query.plan import Given, Interpolation, Node, Reproject, Scale, Size
from eoxserver.query.resolver import Resolver
from eoxserver.query.steps import Options
from tests.query.samples import GEO, MERCATOR, Recorder, catalogue, covering, read


class _TooLong(Exception):
    """Nobody waits any more."""


@pytest.mark.parametrize(
    "method", [Interpolation.AVERAGE, Interpolation.MAX, Interpolation.MODE, Interpolation.NEAREST]
)
@pytest.mark.parametrize("reproject", [False, True])
def test_one_large_read_is_given_up_between_its_parts(method: Interpolation, reproject: bool) -> None:
    """Three cells of the result need all four million of the source, or three of them far apart."""
    size, budget, most = 2000, 1 << 16, 2
    axes = (
        RegularAxis("Lat", 40.0, -0.01, size, GEO, "degree", Role.Y),
        RegularAxis("Long", 10.0, 0.01, size, GEO, "degree", Role.X),
    )
    values = np.broadcast_to(np.uint8(1), (1, size, size))
    source = Recorder([values])
    coverage = covering(Domain(axes), values, source=source)
    calls = 0

    def proceed() -> None:
        nonlocal calls
        calls += 1
        if calls > most:
            raise _TooLong

    plan: Node = Given(coverage)
    if reproject:
        plan = Reproject(plan, MERCATOR, None, method)
    plan = Scale(plan, (Size("X" if reproject else "Long", 3), Size("Y" if reproject else "Lat", 3)), method)
    step = Resolver(catalogue(), Options(window_bytes=budget, proceed=proceed)).resolve(plan)
    with pytest.raises(_TooLong):
        read(step.coverage)
    assert 0 < len(source.reads) <= most
    assert all(box.cell_count * 8 <= budget for box, _, _ in source.reads)
