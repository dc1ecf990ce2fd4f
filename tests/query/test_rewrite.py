# SPDX-License-Identifier: MIT
"""Rewritten plans give the same cells, and look as they should."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from eoxserver.core.axes import RegularAxis
from eoxserver.core.errors import InvalidAxisLabel, NoSuchField
from eoxserver.core.selection import GRID, Slice, Trim
from eoxserver.query.plan import (
    Factor,
    Interpolation,
    Node,
    Overlay,
    Read,
    Reproject,
    Scale,
    Select,
    Size,
    SubsetNode,
    TargetGrid,
)
from eoxserver.query.rewrite import rewrite
from tests.query.plans import LOOKUP, plans, result
from tests.query.samples import GEO, MERCATOR, assert_same, read

GRID_3857 = TargetGrid((1.0e6, 4.8e6, 2.3e6, 6.5e6), 40, 30)
CLIMATE_GRID = TargetGrid((-2e6, -2e6, 2e6, 2e6), 8, 8)


@settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(plans())
def test_a_rewritten_plan_gives_the_same_coverage(plan: Node) -> None:
    plain, rewritten = result(plan), result(rewrite(plan, LOOKUP))
    assert rewritten.range_type == plain.range_type
    assert rewritten.domain.labels == plain.domain.labels
    assert rewritten.domain.crs_labels == plain.domain.crs_labels
    assert rewritten.domain.shape == plain.domain.shape
    for mine, theirs in zip(rewritten.domain.axes, plain.domain.axes, strict=True):
        scale = abs(theirs.step) if isinstance(theirs, RegularAxis) else 1.0
        np.testing.assert_allclose(mine.coordinates(), theirs.coordinates(), rtol=0, atol=1e-6 * scale)
    assert_same(read(rewritten), read(plain))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(plans())
def test_rewriting_twice_changes_nothing_more(plan: Node) -> None:
    once = rewrite(plan, LOOKUP)
    assert rewrite(once, LOOKUP) == once


def trimmed(node: Node, *subsets: Trim | Slice) -> SubsetNode:
    return SubsetNode(node, subsets)


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (Read("cube"), Read("cube")),
        (Select(Read("cube"), (0, 1, 2)), Read("cube")),
        (Select(Select(Read("cube"), (2, 0)), (1,)), Select(Read("cube"), (0,))),
        (
            trimmed(trimmed(Read("cube"), Trim("E", 1, 5, GRID)), Slice("E", 2, GRID), Trim("N", 3, 4, GRID)),
            trimmed(Read("cube"), Trim("N", 3, 4, GRID), Slice("E", 3, GRID)),
        ),
        (trimmed(Read("cube"), Trim("E", None, None)), Read("cube")),
        (
            trimmed(Select(Read("cube"), (1,)), Slice("ansi", 2, GRID)),
            Select(trimmed(Read("cube"), Slice("ansi", 2, GRID)), (1,)),
        ),
        (
            trimmed(Overlay((Read("cube"), Read("cube"))), Slice("ansi", 2, GRID)),
            Overlay((trimmed(Read("cube"), Slice("ansi", 2, GRID)),) * 2),
        ),
        (Overlay((Overlay((Read("cube"),)), Overlay((Read("cube"), Read("cube"))))), Overlay((Read("cube"),) * 3)),
        (
            Select(Reproject(Read("image"), MERCATOR, GRID_3857), (2,)),
            Reproject(Select(Read("image"), (2,)), MERCATOR, GRID_3857),
        ),
        (
            Select(Overlay((Read("image"), Read("image"))), (2,)),
            Select(Overlay((Read("image"), Read("image"))), (2,)),
        ),
        (
            trimmed(Reproject(Read("climate"), MERCATOR, CLIMATE_GRID), Slice("ansi", 3, GRID), Trim("X", 1, 4, GRID)),
            trimmed(
                Reproject(trimmed(Read("climate"), Slice("ansi", 3, GRID)), MERCATOR, CLIMATE_GRID),
                Trim("X", 1, 4, GRID),
            ),
        ),
        (
            trimmed(
                Scale(Read("cube"), (Size("E", 3), Factor("ansi", 1.0))), Slice("ansi", 0, GRID), Slice("E", 1, GRID)
            ),
            trimmed(Scale(trimmed(Read("cube"), Slice("ansi", 0, GRID)), (Size("E", 3),)), Slice("E", 1, GRID)),
        ),
        (Scale(Read("image"), (Factor("Lat", 1.0),), Interpolation.CUBIC), Read("image")),
        (Reproject(Read("image"), GEO, None), Read("image")),
        (Select(Reproject(Select(Read("image"), (1,)), GEO, None), (0,)), Select(Read("image"), (1,))),
    ],
)
def test_plans_become_simple(plan: Node, expected: Node) -> None:
    assert rewrite(plan, LOOKUP) == expected


def test_what_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidAxisLabel):
        rewrite(trimmed(Read("cube"), Slice("q", 0, GRID)), LOOKUP)
    with pytest.raises(NoSuchField):
        result(rewrite(Select(Select(Read("cube"), (1,)), (4,)), LOOKUP))
