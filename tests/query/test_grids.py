# SPDX-License-Identifier: MIT
"""The domains of scaled and reprojected coverages."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasterio.warp import calculate_default_transform

from eoxserver.core.axes import IndexAxis, RegularAxis
from eoxserver.core.crs import parse_crs, transform_bounds
from eoxserver.core.domain import Domain
from eoxserver.core.errors import (
    CoverageUnusable,
    CrsNotSupported,
    InvalidAxisLabel,
    InvalidExtent,
    InvalidScaleFactor,
    ScaleAxisUndefined,
    UnsupportedCombination,
)
from eoxserver.core.rasters import raster_domain
from eoxserver.query.grids import Plane, reprojected_domain, scaled_domain, suggested_grid, x_period
from eoxserver.query.plan import Extent, Factor, ScaleTarget, Size, TargetGrid
from tests.query.samples import ANSI, GEO, MERCATOR, UTM, climate, cube, scan, series


def plane(crs: str, bounds: tuple[float, float, float, float], width: int, height: int) -> Plane:
    return Plane.of(raster_domain(parse_crs(crs), bounds, width, height))


# -- scaling


@pytest.mark.parametrize(
    ("factor", "cells"),
    [(0.5, 6), (1, 12), (2, 24), (0.04, 1), (1e-9, 1), (0.125, 2), (0.124, 1), (1.04, 12), (1.05, 13)],
)
def test_a_factor_rounds_half_up_and_leaves_a_cell(factor: float, cells: int) -> None:
    assert scaled_domain(series(12).domain, [Factor("H", factor)]).shape == (cells,)


@given(st.integers(1, 300), st.floats(0.001, 50))
def test_scaling_keeps_the_extent(size: int, factor: float) -> None:
    before = RegularAxis("x", 3.0, -0.25, size)
    after = scaled_domain(Domain((before,)), [Factor("x", factor)]).axes[0]
    assert after.size == max(1, math.floor(size * factor + 0.5))
    assert (after.low, after.high) == pytest.approx((before.low, before.high))


def test_sizes_and_extents_count_cells() -> None:
    domain = scaled_domain(cube().domain, [Size("E", 3), Extent("N", 5, 24)])
    assert domain.shape == (20, 3, 4)
    assert domain.crs_labels == cube().domain.crs_labels


def test_an_index_axis_counts_on_or_begins_where_the_extent_begins() -> None:
    domain = scaled_domain(scan().domain, [Factor("j", 0.5), Extent("i", 10, 19)])
    assert domain.axes == (IndexAxis("j", 10), IndexAxis("i", 10, first=10))


def test_an_irregular_axis_keeps_its_size_but_may_be_named() -> None:
    assert scaled_domain(cube().domain, [Factor("ansi", 1.0), Size("E", 7)]) == cube().domain
    with pytest.raises(UnsupportedCombination, match="ansi is irregular") as caught:
        scaled_domain(cube().domain, [Factor("ansi", 0.5)])
    assert caught.value.locator == "ansi"


@pytest.mark.parametrize(
    ("target", "error", "text"),
    [
        (Factor("Q", 1), ScaleAxisUndefined, "no axis 'Q'"),
        (Factor("E", 0), InvalidScaleFactor, "scale factor 0"),
        (Factor("E", -2), InvalidScaleFactor, "scale factor -2"),
        (Factor("E", math.nan), InvalidScaleFactor, "scale factor nan"),
        (Factor("E", math.inf), InvalidScaleFactor, "scale factor inf"),
        (Factor("E", 1e300), InvalidScaleFactor, "reasonable"),
        (Size("E", 0), InvalidScaleFactor, "size 0"),
        (Size("E", 1 << 60), InvalidScaleFactor, "size"),
        (Extent("E", 5, 4), InvalidExtent, "5:4"),
    ],
)
def test_bad_targets_are_refused_by_name(target: ScaleTarget, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text) as caught:
        scaled_domain(cube().domain, [target])
    assert getattr(caught.value, "locator", None) == target.label


def test_an_axis_is_scaled_once() -> None:
    with pytest.raises(InvalidAxisLabel, match="scaled twice"):
        scaled_domain(cube().domain, [Factor("E", 2), Size("E", 3)])


# -- reprojection


def test_the_new_plane_takes_the_place_of_the_old_one() -> None:
    domain = reprojected_domain(climate().domain, MERCATOR, TargetGrid((-1e6, -2e6, 3e6, 4e6), 8, 12))
    assert domain.labels == ("ansi", "H", "X", "Y")
    assert domain.crs_labels == ("ansi", "H", "X", "Y")
    assert domain.shape == (5, 3, 8, 12)
    assert domain.horizontal_bounds == (-1e6, -2e6, 3e6, 4e6)
    back = reprojected_domain(domain, GEO, TargetGrid((0, 0, 10, 20), 5, 5))
    assert back.crs_labels == ("ansi", "H", "Lat", "Long")


def test_without_a_grid_the_own_crs_changes_nothing() -> None:
    assert (
        reprojected_domain(cube().domain, UTM, None) is cube().domain
        or reprojected_domain(cube().domain, UTM, None) == cube().domain
    )


def test_what_cannot_be_reprojected_says_so() -> None:
    with pytest.raises(CoverageUnusable):
        reprojected_domain(series().domain, GEO, None)
    with pytest.raises(CrsNotSupported, match="no horizontal axes"):
        reprojected_domain(cube().domain, ANSI, None)
    axes = (RegularAxis("X", 0.0, 1.0, 4), *cube().domain.axes)
    with pytest.raises(UnsupportedCombination, match="'X'"):
        reprojected_domain(Domain(axes), MERCATOR, None)


# -- suggested grids


@pytest.mark.parametrize(
    ("crs", "bounds", "width", "height", "target"),
    [
        ("EPSG:32633", (300000, 4990200, 409800, 5100000), 10980, 10980, "EPSG:4326"),
        ("EPSG:32633", (300000, 4990200, 409800, 5100000), 10980, 10980, "EPSG:3857"),
        ("EPSG:32633", (300000, 4990200, 409800, 5100000), 10980, 10980, "EPSG:32632"),
        ("EPSG:4326", (11, 44, 16, 48), 1000, 800, "EPSG:3035"),
        ("EPSG:4326", (-20, -60, 50, 70), 700, 1300, "EPSG:3857"),
        ("EPSG:3413", (-3e5, -2.3e6, 3e5, -1.9e6), 600, 400, "EPSG:4326"),
    ],
)
def test_a_suggested_grid_is_about_gdals(
    crs: str, bounds: tuple[float, float, float, float], width: int, height: int, target: str
) -> None:
    grid = suggested_grid(plane(crs, bounds, width, height), parse_crs(target))
    transform, columns, rows = calculate_default_transform(crs, target, width, height, *bounds)
    assert grid.width == pytest.approx(columns, rel=0.03)
    assert grid.height == pytest.approx(rows, rel=0.03)
    theirs = (transform.c, transform.f + rows * transform.e, transform.c + columns * transform.a, transform.f)
    assert grid.bounds == pytest.approx(theirs, abs=2 * transform.a)
    assert (grid.bounds[2] - grid.bounds[0]) / grid.width == pytest.approx(
        (grid.bounds[3] - grid.bounds[1]) / grid.height
    )


def test_the_world_in_web_mercator_ends_where_that_ends() -> None:
    grid = suggested_grid(plane("EPSG:4326", (-180, -90, 180, 90), 3600, 1800), MERCATOR)
    edge = 20037508.34
    cell = (grid.bounds[2] - grid.bounds[0]) / grid.width
    assert grid.bounds == pytest.approx((-edge, -edge, edge, edge), abs=0.01 * edge)
    assert 2500 < grid.width < 3700
    assert cell < 16000


def test_the_world_in_a_zone_is_what_lies_around_that_zone() -> None:
    for code in (32601, 32633, 32760):
        world = plane("EPSG:4326", (-180, -90, 180, 90), 3600, 1800)
        grid = suggested_grid(world, parse_crs(f"EPSG:{code}"))
        assert -6e6 < grid.bounds[0] < -4e6
        assert 5e6 < grid.bounds[2] < 7e6
        assert grid.width < 2000


def test_a_scene_wider_than_a_zone_is_kept_whole() -> None:
    grid = suggested_grid(plane("EPSG:4326", (11.3, 32.2, 28.3, 46.3), 541, 449), parse_crs("EPSG:32632"))
    west, south, east, north = transform_bounds(GEO, parse_crs("EPSG:32632"), (11.3, 32.2, 28.3, 46.3))
    assert grid.bounds == pytest.approx((west, south, east, north), abs=5000)


@pytest.mark.parametrize("target", ["EPSG:3857", "EPSG:32601", "EPSG:4087"])
def test_across_the_antimeridian_the_grid_stays_together(target: str) -> None:
    source = plane("EPSG:4326", (170, -10, 190, 10), 200, 200)
    grid = suggested_grid(source, parse_crs(target))
    assert grid.bounds[2] - grid.bounds[0] < 3e6
    assert 150 <= grid.width <= 210


def test_a_zone_across_the_antimeridian_in_degrees_has_bounds_beyond_180() -> None:
    grid = suggested_grid(plane("EPSG:32660", (700000, 0, 900000, 200000), 200, 200), GEO)
    assert 178 < grid.bounds[0] < 180 < grid.bounds[2] < 182


def test_around_a_pole_all_longitudes_are_kept() -> None:
    west, south, east, north = suggested_grid(plane("EPSG:3413", (-2e6, -2e6, 2e6, 2e6), 400, 400), GEO).bounds
    assert (west, north) == (-180, 90)
    assert east == pytest.approx(180, abs=1)
    assert 60 < south < 68


@pytest.mark.parametrize(
    ("crs", "period"),
    [
        ("EPSG:4326", 360),
        ("EPSG:3857", 40075016.685578),
        ("EPSG:3832", 40075016.685578),
        ("EPSG:32633", None),
        ("EPSG:3035", None),
        ("OGC/0/AnsiDate", None),
    ],
)
def test_meridians_come_again_in_geographic_and_cylindrical_crss(crs: str, period: float | None) -> None:
    found = x_period(parse_crs(crs))
    assert (found is None) == (period is None)
    assert found is None or found == pytest.approx(period, rel=1e-9)
