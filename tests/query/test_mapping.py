# SPDX-License-Identifier: MIT
"""Positions of target cells in a source: exact, approximated within bounds, around the Earth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eoxserver.core.crs import parse_crs, transform_points
from eoxserver.query.grids import Plane
from eoxserver.query.mapping import TILE, PlaneMap, TilePositions
from eoxserver.query.transforms import Floats, Placement, TransformCache
from tests.query.samples import GEO, MERCATOR, UTM


def mapping(source: Plane, target: Plane, tolerance: float = 0.125) -> PlaneMap:
    centre = (source.x + source.dx * source.width / 2, source.y + source.dy * source.height / 2)
    edges = (0.0, float(source.width), 0.0, float(source.height))
    return PlaneMap(Placement(target, source.crs, centre, TransformCache()), source, edges, (1.0, 1.0), tolerance)


def absolute(tile: TilePositions) -> tuple[Floats, Floats]:
    return tile.x.astype(float) + tile.origin[0], tile.y.astype(float) + tile.origin[1]


def grid(crs: str, bounds: tuple[float, float, float, float], width: int, height: int) -> Plane:
    west, south, east, north = bounds
    return Plane(parse_crs(crs), west, (east - west) / width, width, north, (south - north) / height, height)


ZONE = grid("EPSG:32633", (300_000, 5_000_000, 700_000, 5_400_000), 4000, 4000)
WORLD = grid("EPSG:4326", (-180, -90, 180, 90), 3600, 1800)
ARCTIC = grid("EPSG:3995", (-4e6, -4e6, 4e6, 4e6), 2000, 2000)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (ZONE, grid("EPSG:4326", (12, 45, 17, 49), 700, 500)),
        (ZONE, grid("EPSG:3857", (1.3e6, 5.6e6, 1.9e6, 6.2e6), 300, 300)),
        (ZONE, grid("EPSG:3035", (4.4e6, 2.5e6, 4.9e6, 2.9e6), 300, 300)),
        (WORLD, grid("EPSG:3995", (-4e6, -4e6, 4e6, 4e6), 512, 512)),
        (WORLD, grid("EPSG:32633", (1e5, 4e6, 9e5, 6e6), 300, 700)),
        (ARCTIC, grid("EPSG:4326", (-180, 45, 180, 90), 720, 90)),
        (ARCTIC, grid("EPSG:3413", (-3e6, -3e6, 3e6, 3e6), 300, 300)),
    ],
)
def test_approximated_positions_err_less_than_the_tolerance(source: Plane, target: Plane) -> None:
    nearly, exactly = mapping(source, target), mapping(source, target, tolerance=0)
    assert not nearly.separable
    for column in range(0, target.width, TILE):
        for row in range(0, target.height, TILE):
            one, other = nearly.tile(column, row), exactly.tile(column, row)
            x, y = absolute(one)
            known = np.ones(x.shape, bool) if other.inside is None else other.inside
            expected_x, expected_y = absolute(other)
            around = nearly.period or np.inf
            errors = np.abs(x - expected_x)[known], np.abs(y - expected_y)[known]
            errors = (np.minimum(errors[0], np.abs(around - errors[0])), errors[1])
            for error, size in zip(errors, other.footprint, strict=True):
                assert error.max(initial=0) <= 0.125 * max(1, size)


def test_exact_positions_are_projs() -> None:
    target = grid("EPSG:4326", (12, 45, 17, 49), 40, 30)
    x, y = absolute(mapping(ZONE, target, tolerance=0).tile(0, 0))
    lon, lat = np.meshgrid(12 + (np.arange(40) + 0.5) * 0.125, 49 - (np.arange(30) + 0.5) * 4 / 30)
    east, north = transform_points(GEO, UTM, lon, lat)
    np.testing.assert_allclose(x, (east - 300_000) / 100, atol=1e-6)
    np.testing.assert_allclose(y, (5_400_000 - north) / 100, atol=1e-6)


@settings(deadline=None, max_examples=25)
@given(st.floats(-180, 180), st.floats(60, 89), st.floats(0.001, 0.2))
def test_positions_do_not_depend_on_the_tile_they_are_part_of(lon: float, lat: float, step: float) -> None:
    """A cell's position is the same whether its tile is asked for alone or with others; parts are parts."""
    target = Plane(GEO, lon, step, 300, lat, -step, 280)
    plane = mapping(ARCTIC, target)
    once, again = plane.tile(256, 0), mapping(ARCTIC, target).tile(256, 0)
    np.testing.assert_array_equal(absolute(once)[0], absolute(again)[0])
    part = once.part(slice(3, 9), slice(1, 2))
    np.testing.assert_array_equal(part.x, once.x[1:2, 3:9])


def test_cells_outside_the_source_or_the_projection_are_not_inside() -> None:
    beside = mapping(ZONE, grid("EPSG:4326", (100, 45, 101, 46), 64, 64)).tile(0, 0)
    assert beside.inside is not None and not beside.inside.any()
    ortho = "+proj=ortho +lat_0=50 +lon_0=10 +R=6371000 +type=crs"
    disc = mapping(WORLD, grid(ortho, (-7e6, -7e6, 7e6, 7e6), 256, 256)).tile(0, 0)
    assert disc.inside is not None
    assert not disc.inside[0, 0] and disc.inside[128, 128]
    assert disc.inside.mean() == pytest.approx(np.pi / 4 * (6371 / 7000) ** 2, abs=0.01)


# -- separable


@pytest.mark.parametrize("x", [-540.0, -180.0, 0.0, 170.0, 175.5, 180.0, 365.0])
def test_longitudes_beyond_180_come_again(x: float) -> None:
    target = Plane(GEO, x, 1.0, 20, 10.0, -1.0, 5)
    columns, rows = mapping(WORLD, target).axes((0, 20), (0, 5))
    assert columns.inside is None and rows.inside is None
    expected = (x + np.arange(20) + 0.5 + 180) % 360 * 10
    np.testing.assert_allclose(np.mod(columns.positions, 3600), expected, atol=1e-6)
    assert (np.diff(columns.positions) > 0).all()


@pytest.mark.parametrize("x", [-190.0, 170.0, 530.0])
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857"])
def test_a_source_across_the_antimeridian_is_met_from_both_sides(x: float, crs: str) -> None:
    scale = 20037508.342789244 / 180 if crs == "EPSG:3857" else 1
    source = Plane(GEO, 170.0, 0.1, 200, 10.0, -0.1, 200)
    target = Plane(parse_crs(crs), x * scale, 0.5 * scale, 40, 1e5 if crs == "EPSG:3857" else 5.0, -1.0, 3)
    columns, _ = mapping(source, target).axes((0, 40), (0, 3))
    assert columns.inside is None
    np.testing.assert_allclose(columns.positions, (np.arange(40) + 0.5) * 5, atol=1e-5)


def test_what_lies_beside_a_source_across_the_antimeridian_is_outside() -> None:
    source = Plane(GEO, 170.0, 0.1, 200, 10.0, -0.1, 200)
    columns, _ = mapping(source, Plane(GEO, -180.0, 1.0, 360, 5.0, -1.0, 3)).axes((0, 360), (0, 3))
    assert columns.inside is not None
    assert np.flatnonzero(columns.inside).tolist() == [*range(10), *range(350, 360)]


def test_a_grid_around_the_earth_is_closed() -> None:
    assert mapping(WORLD, WORLD).closed
    assert mapping(Plane(GEO, 0.0, 0.5, 720, 90.0, -0.5, 360), WORLD).closed
    assert not mapping(Plane(GEO, 0.0, 0.5, 719, 90.0, -0.5, 360), WORLD).closed
    assert not mapping(ZONE, WORLD).closed


def test_positions_of_a_source_cell_centre_are_halves() -> None:
    columns, rows = mapping(WORLD, Plane(GEO, 20.0, 0.1, 50, 45.0, -0.1, 30)).axes((0, 50), (0, 30))
    np.testing.assert_allclose(columns.positions, 2000 + np.arange(50) + 0.5, atol=1e-6)
    np.testing.assert_allclose(rows.positions, 450 + np.arange(30) + 0.5, atol=1e-6)


def test_ratios_follow_the_projection() -> None:
    target = Plane(MERCATOR, 0.0, 10_000.0, 10, 1e7, -1e6, 20)
    across, down = mapping(WORLD, target).axis_ratios((0, 10), (0, 20))
    np.testing.assert_allclose(across, 10_000 / 20037508.342789244 * 1800)
    assert down[10] > 1.9 * down[0] > 0


# -- the place of a box, for the price


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_the_estimated_place_of_a_box_holds_its_positions(data: st.DataObject) -> None:
    target = data.draw(
        st.sampled_from(
            [grid("EPSG:4326", (11, 44, 18, 50), 900, 700), grid("EPSG:3035", (4.3e6, 2.4e6, 5e6, 3e6), 600, 600)]
        )
    )
    low = (data.draw(st.integers(0, target.width - 1)), data.draw(st.integers(0, target.height - 1)))
    high = (data.draw(st.integers(low[0] + 1, target.width)), data.draw(st.integers(low[1] + 1, target.height)))
    plane = mapping(ZONE, target)
    bounds = PlaneMap(plane.placement, ZONE, plane.edges, (8.0, 9.0)).bounds((low[0], high[0]), (low[1], high[1]))
    column, row = data.draw(st.integers(low[0], high[0] - 1)), data.draw(st.integers(low[1], high[1] - 1))
    x, y = (float(each[0, 0]) for each in plane.placement.points(np.array([column + 0.5]), np.array([row + 0.5])))
    position = ((x - ZONE.x) / ZONE.dx, (y - ZONE.y) / ZONE.dy)
    if 0 <= position[0] <= ZONE.width and 0 <= position[1] <= ZONE.height and bounds is not None:
        spacing = [(b - a) / 16 * 10 for a, b in zip(low, high, strict=True)]
        assert bounds[0][0] - spacing[0] - 1 <= position[0] <= bounds[0][1] + spacing[0] + 1
        assert bounds[1][0] - spacing[1] - 1 <= position[1] <= bounds[1][1] + spacing[1] + 1


def test_a_box_elsewhere_has_no_place() -> None:
    assert mapping(ZONE, grid("EPSG:4326", (100, 45, 101, 46), 64, 64)).bounds((0, 64), (0, 64)) is None
