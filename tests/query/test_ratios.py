# SPDX-License-Identifier: MIT
"""How many source cells a target cell is wide, typically."""

from __future__ import annotations

import pytest

from eoxserver.core.crs import parse_crs
from eoxserver.query.grids import Plane
from eoxserver.query.ratios import typical_ratios
from eoxserver.query.transforms import Placement

WORLD = Plane(parse_crs("EPSG:4326"), -180.0, 0.01, 36000, 90.0, -0.01, 18000)
DATELINE = Plane(parse_crs("EPSG:4326"), 170.0, 0.01, 2000, 10.0, -0.01, 2000)
ZONE = Plane(parse_crs("EPSG:32633"), 300_000.0, 10.0, 10_000, 5_400_000.0, -10.0, 10_000)


def ratios(source: Plane, target: Plane) -> tuple[float, float]:
    centre = (source.x + source.dx * source.width / 2, source.y + source.dy * source.height / 2)
    return typical_ratios(Placement(target, source.crs, centre), source)


def test_one_crs_divides_cell_sizes() -> None:
    assert ratios(WORLD, Plane(WORLD.crs, 5.0, 0.05, 10, 50.0, -0.02, 10)) == pytest.approx((5, 2))


@pytest.mark.parametrize("size", [1, 2, 256, 5000])
def test_a_map_of_the_equator_sees_equal_cells(size: int) -> None:
    metres = 20037508.342789244 / 180
    target = Plane(
        parse_crs("EPSG:3857"), 20 * metres, 0.03 * metres, size, size * 0.015 * metres, -0.03 * metres, size
    )
    if size < 5000:
        assert ratios(WORLD, target) == pytest.approx((3, 3), rel=0.01)
    else:
        across, down = ratios(WORLD, target)
        assert across == pytest.approx(3, rel=0.01)
        assert 1 < down < 3


def test_a_turned_grid_counts_distances() -> None:
    target = Plane(parse_crs("EPSG:3995"), 3e6, 5000.0, 64, 3e6, -5000.0, 64)
    source = Plane(parse_crs("EPSG:3413"), -4e6, 1000.0, 8000, 4e6, -1000.0, 8000)
    across, down = ratios(source, target)
    assert across == pytest.approx(down, rel=0.05)
    assert across == pytest.approx(5, rel=0.05)


@pytest.mark.parametrize("west", [168.0, -192.0])
def test_the_antimeridian_is_no_step(west: float) -> None:
    metres = 20037508.342789244 / 180
    target = Plane(parse_crs("EPSG:3857"), west * metres, 0.1 * metres, 240, 1e6, -0.1 * metres, 180)
    assert ratios(DATELINE, target) == pytest.approx((10, 10), rel=0.02)


def test_a_small_source_in_a_large_target_is_found() -> None:
    world = Plane(parse_crs("EPSG:3857"), -2e7, 10_000.0, 4000, 2e7, -10_000.0, 4000)
    across, down = ratios(ZONE, world)
    assert 500 < across < 1000 and 500 < down < 1000


def test_a_source_out_of_sight_has_some_ratio() -> None:
    beside = Plane(parse_crs("EPSG:4326"), 100.0, 0.001, 256, 10.0, -0.001, 256)
    assert all(0 < ratio < 1000 for ratio in ratios(ZONE, beside))
