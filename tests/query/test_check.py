# SPDX-License-Identifier: MIT
"""The price of plans, and the limits that refuse them."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from eoxserver.core.coverage import Coverage
from eoxserver.core.crs import Crs
from eoxserver.core.errors import LimitExceeded, NoSuchField
from eoxserver.core.selection import GRID, Slice, Trim
from eoxserver.query.check import Checked, Cost, Limits, check
from eoxserver.query.plan import (
    Condense,
    Constant,
    Factor,
    Interpolation,
    Iterator,
    Map,
    Node,
    Overlay,
    Read,
    Reduce,
    Reproject,
    Scale,
    Select,
    Size,
    SubsetNode,
    TargetGrid,
)
from tests.query.plans import LOOKUP, plans
from tests.query.samples import (
    GEO,
    MERCATOR,
    UTM,
    Recorder,
    catalogue,
    covering,
    cube,
    image,
    pyramid,
    read,
    series,
    waves,
)

WAVES = waves(512, 1024, 3)
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def large(levels: int = 1) -> Coverage:
    return covering(image(WAVES).domain, WAVES, source=pyramid(WAVES, levels))


def priced(plan: Node, levels: int = 1) -> tuple[Cost, Recorder]:
    """What a plan was said to cost, and what was read of its source."""
    coverage = large(levels)
    checked = check(plan, catalogue(coverage))
    assert isinstance(coverage.source, Recorder) and coverage.source.reads == []
    read(checked.coverage)
    return checked.cost, coverage.source


@settings(deadline=None, max_examples=60, suppress_health_check=SLOW)
@given(plans())
def test_a_check_tells_what_the_result_is(plan: Node) -> None:
    checked = check(plan, LOOKUP)
    cells = read(checked.coverage)
    assert checked.domain == checked.coverage.domain
    assert checked.range_type == checked.coverage.range_type
    assert checked.cost.result_cells == cells.values.size
    assert checked.cost.result_bytes == checked.domain.cell_count * checked.range_type.cell_bytes
    if cells.mask().any():
        assert checked.cost.coverages == 1 and checked.cost.cells >= 1 and checked.cost.chunks >= 1


@pytest.mark.parametrize(
    ("plan", "cost"),
    [
        (Read("c"), Cost(1, 8 * 16, 1024 * 512 * 3, 1024 * 512 * 3, 1024 * 512 * 3, 1024 * 512 * 3)),
        (SubsetNode(Read("c"), (Trim("Lat", 0, 64, GRID), Slice("Long", 5, GRID))), Cost(1, 2, 195, 195, 195, 195)),
        (Select(SubsetNode(Read("c"), (Trim("Lat", 10, 19, GRID),)), (2, 0)), Cost(1, 16, 20480, 20480, 20480, 20480)),
        (
            Overlay((Read("c"), Read("c"))),
            Cost(1, 128, 3 * 512 * 1024, 3 * 512 * 1024, 3 * 512 * 1024, 3 * 512 * 1024),
        ),
        (
            Scale(Read("c"), (Size("Lat", 128), Size("Long", 256))),
            Cost(1, 128, 509 * 1021 * 3, 509 * 1021 * 3, 128 * 256 * 3, 128 * 256 * 3),
        ),
    ],
)
def test_prices_are_exact_where_cells_are_known(plan: Node, cost: Cost) -> None:
    assert priced(plan)[0] == cost


@pytest.mark.parametrize("method", [Interpolation.NEAREST, Interpolation.CUBIC, Interpolation.AVERAGE])
@pytest.mark.parametrize(
    ("crs", "bounds"),
    [
        (GEO, (12.0, 41.0, 17.0, 46.0)),
        (GEO, (0.0, 30.0, 30.0, 60.0)),
        (MERCATOR, (1.2e6, 5e6, 1.9e6, 6e6)),
        (UTM, (3e5, 4.5e6, 7e5, 5.2e6)),
    ],
)
@pytest.mark.parametrize("size", [50, 400])
def test_prices_of_reprojections_are_near(
    crs: Crs, bounds: tuple[float, float, float, float], method: Interpolation, size: int
) -> None:
    cost, source = priced(Reproject(Read("c"), crs, TargetGrid(bounds, size, size), method), levels=5)
    read_cells = 3 * source.cells
    assert 0.7 * read_cells <= cost.cells <= 1.6 * read_cells + 3000


def test_overviews_make_it_cheaper() -> None:
    plan = Scale(Read("c"), (Factor("Lat", 0.125), Factor("Long", 0.125)), Interpolation.AVERAGE)
    assert priced(plan, levels=5)[0].cells == 64 * 128 * 3
    assert priced(plan, levels=1)[0].cells == 512 * 1024 * 3


def test_what_lies_outside_costs_nothing() -> None:
    cost, source = priced(Reproject(Read("c"), GEO, TargetGrid((100, 0, 110, 10), 100, 100)))
    assert cost == Cost(0, 0, 0, 0, 30_000, 30_000)
    assert source.reads == []


def test_enormous_results_are_priced_without_being_made() -> None:
    for plan in (
        Scale(Read("c"), (Size("Lat", 10**9), Size("Long", 10**9))),
        Reproject(Read("c"), GEO, TargetGrid((10, 40, 20, 50), 10**8, 10**8)),
        Reproject(Read("c"), UTM, TargetGrid((2e5, 4.5e6, 8e5, 5.5e6), 10**8, 10**8)),
    ):
        checked = check(plan, catalogue(large()))
        assert checked.cost.result_cells >= 3 * 10**16
        assert checked.cost.cells <= 512 * 1024 * 3


# -- limits


def refused(plan: Node, limits: Limits) -> str:
    with pytest.raises(LimitExceeded) as caught:
        check(plan, catalogue(large(), cube(), series()), limits)
    assert caught.value.locator in {"max_result_cells", "max_result_bytes", "max_read_bytes", "max_folded_cells"}
    return caught.value.message


def fits(plan: Node, limits: Limits) -> Checked:
    return check(plan, catalogue(large(), cube(), series()), limits)


@pytest.mark.parametrize("limit", [1_500_000, 100_000, 3000, 7])
def test_too_many_cells_are_refused_with_a_scale_factor_that_fits(limit: int) -> None:
    limits = Limits(max_result_cells=limit)
    message = refused(Read("c"), limits)
    assert "1572864 cells" in message and f"{limit} cells allowed (max_result_cells)" in message
    found = re.search(r"scaled by ([0-9.]+) to Lat (\d+) x Long (\d+) cells it would fit", message)
    assert found is not None
    factor = float(found[1])
    checked = fits(Scale(Read("c"), (Factor("Lat", factor), Factor("Long", factor))), limits)
    assert checked.domain.shape == (int(found[2]), int(found[3]))
    assert checked.cost.result_cells >= 0.2 * limit


def test_too_many_bytes_are_refused_in_units_people_read() -> None:
    message = refused(Read("c"), Limits(max_result_bytes=1 << 20))
    assert "has 1.5 MiB, more than the 1 MiB allowed (max_result_bytes)" in message
    assert "scaled by 0.81" in message


def test_what_is_just_allowed_is_allowed() -> None:
    cells = 1024 * 512 * 3
    assert fits(Read("c"), Limits(cells, cells, cells)).cost.cells == cells
    refused(Read("c"), Limits(max_read_bytes=cells - 1))


def test_reading_too_much_is_refused_with_a_part_that_fits() -> None:
    plan = Scale(Read("c"), (Size("Lat", 50), Size("Long", 100)), Interpolation.AVERAGE)
    limits = Limits(max_read_bytes=200_000)
    message = refused(plan, limits)
    assert "reads 1.5 MiB of 1 coverage, more than the 195 KiB allowed (max_read_bytes)" in message
    found = re.search(r"Lat ([-\d.]+) to ([-\d.]+), Long ([-\d.]+) to ([-\d.]+) would read", message)
    assert found is not None
    south, north, west, east = (float(found[number]) for number in range(1, 5))
    fits(SubsetNode(plan, (Trim("Lat", south, north), Trim("Long", west, east))), limits)


def test_where_scaling_does_not_help_positions_are_named() -> None:
    one_time = SubsetNode(Read("cube"), (Slice("N", 0, GRID), Slice("E", 0, GRID)))
    assert "2 positions of axis ansi would fit" in refused(one_time, Limits(max_result_cells=7))
    assert "positions of axis" not in refused(Read("series"), Limits(max_result_cells=7))


def test_a_limit_below_a_single_cell_says_so() -> None:
    assert "no part of it would fit" in refused(Read("series"), Limits(max_read_bytes=1))


def test_what_condensers_go_through_is_bounded() -> None:
    cells = series().domain.cell_count
    fold = Reduce("avg", Read("series"))
    message = refused(fold, Limits(max_folded_cells=cells - 1))
    assert f"condenses {cells} cells, more than the {cells - 1} allowed (max_folded_cells)" in message
    fits(fold, Limits(max_folded_cells=cells))
    place = Iterator("$x#1", 0, 10)
    total = Condense("+", (place,), Map("+", (place, Read("series"))))
    assert f"condenses {10 * cells} cells" in refused(total, Limits(max_folded_cells=cells))
    alone = Condense("+", (place,), Constant(1, np.dtype("i4")))
    assert "condenses 10 cells" in refused(alone, Limits(max_folded_cells=9))
    chosen = Condense("+", (place,), place, Map(">", (Select(Read("series"), (0,)), place)))
    assert f"condenses {10 * cells} cells" in refused(chosen, Limits(max_folded_cells=cells))


def test_other_errors_come_before_prices() -> None:
    with pytest.raises(NoSuchField):
        check(Select(Read("c"), (9,)), catalogue(large()), Limits(0, 0, 0))


def test_a_single_value_of_too_much_has_no_part() -> None:
    message = refused(Reduce("avg", Read("series")), Limits(max_read_bytes=1))
    assert message.endswith("trim what it reads, or scale it down")
    assert refused(Reduce("avg", Read("series")), Limits(max_result_cells=1)).endswith("ask for fewer fields")
