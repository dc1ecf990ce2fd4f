# SPDX-License-Identifier: MIT
"""Footprints on the Earth."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box

from eoxserver.core.coverage import TiePoints
from eoxserver.core.crs import parse_crs
from eoxserver.core.errors import CrsNotSupported
from eoxserver.resources.coverages.footprints import bounds_footprint, ring_polygon, tie_points_footprint, wrapped

Array = npt.NDArray[Any]


def test_a_box_in_degrees_is_itself() -> None:
    assert bounds_footprint(parse_crs("EPSG:4326"), (10, 30, 20, 40)).equals(box(10, 30, 20, 40))
    assert bounds_footprint(parse_crs("OGC:CRS84"), (10, 30, 20, 40)).equals(box(10, 30, 20, 40))


def test_a_box_over_the_date_line_is_cut() -> None:
    footprint = bounds_footprint(parse_crs("EPSG:4326"), (95.37, -44.068, 206.264, 83.93))
    assert len(footprint.geoms) == 2
    assert footprint.bounds == (-180, -44.068, 180, 83.93)
    assert footprint.area == pytest.approx((206.264 - 95.37) * (83.93 + 44.068))
    assert not footprint.intersects(Point(0, 0))


@pytest.mark.parametrize("bounds", [(0, -90, 360, 90), (-180.125, -90.125, 179.875, 90.125), (-180, -90, 180, 90)])
def test_a_global_grid_covers_the_earth(bounds: tuple[float, float, float, float]) -> None:
    assert bounds_footprint(parse_crs("EPSG:4326"), bounds).equals(box(-180, -90, 180, 90))


@given(
    west=st.floats(-360, 360),
    south=st.floats(-90, 89),
    width=st.floats(0.01, 360),
    height=st.floats(0.01, 90),
)
def test_a_box_keeps_its_area_wherever_it_lies(west: float, south: float, width: float, height: float) -> None:
    north = min(90, south + height)
    footprint = bounds_footprint(parse_crs("EPSG:4326"), (west, south, west + width, north))
    assert footprint.is_valid
    assert footprint.area == pytest.approx(width * (north - south), rel=1e-6)
    assert box(-180, -90, 180, 90).covers(footprint)


def test_the_edges_of_a_projected_box_are_curved() -> None:
    footprint = bounds_footprint(parse_crs("EPSG:3035"), (2_500_000, 1_500_000, 7_000_000, 5_000_000))
    assert len(footprint.exterior.coords if isinstance(footprint, Polygon) else footprint.geoms[0].exterior.coords) > 90
    assert footprint.contains(Point(10, 52))
    # The top edge bends north between its corners.
    assert footprint.bounds[3] > footprint.envelope.exterior.coords[0][1]


def test_a_projected_box_over_the_date_line() -> None:
    footprint = bounds_footprint(parse_crs("EPSG:32601"), (166_000, 6_000_000, 834_000, 6_100_000))
    assert footprint.contains(Point(-178, 54.5)) and footprint.contains(Point(179.9, 54.5))
    assert not footprint.contains(Point(0, 54.5))
    assert footprint.area < 15


@pytest.mark.parametrize(("code", "pole"), [(3413, 90), (3031, -90)])
def test_a_box_round_a_pole_reaches_it(code: int, pole: int) -> None:
    footprint = bounds_footprint(parse_crs(f"EPSG:{code}"), (-2e6, -2e6, 2e6, 2e6))
    sign = 1 if pole > 0 else -1
    for longitude in range(-179, 180, 20):
        assert footprint.contains(Point(longitude, sign * 85))
        assert not footprint.contains(Point(longitude, sign * 55))
    assert footprint.bounds[0] == -180 and footprint.bounds[2] == 180
    assert pole in (footprint.bounds[1], footprint.bounds[3])


def test_a_box_that_reaches_into_space_keeps_what_lies_on_the_earth() -> None:
    geostationary = parse_crs("+proj=geos +h=35785831 +lon_0=0 +sweep=y +ellps=WGS84")
    edge = 5_568_748.0
    footprint = bounds_footprint(geostationary, (-edge, -edge, edge, edge))
    assert footprint.is_valid
    for point in (Point(0, 0), Point(60, 0), Point(0, 60), Point(-60, -10)):
        assert footprint.contains(point)
    assert not footprint.contains(Point(120, 0))


def test_a_box_in_space_has_no_footprint() -> None:
    geostationary = parse_crs("+proj=geos +h=35785831 +lon_0=0 +sweep=y +ellps=WGS84")
    with pytest.raises(CrsNotSupported, match="no part of the box"):
        bounds_footprint(geostationary, (6e6, 6e6, 7e6, 7e6))


def tie_points(lon: Array, lat: Array, rows: Array, columns: Array) -> TiePoints:
    return TiePoints(parse_crs("EPSG:4326"), rows.astype(float), columns.astype(float), lon, lat)


def test_a_grid_of_tie_points_has_its_outline() -> None:
    rows, columns = (a.ravel() for a in np.mgrid[0:5, 0:4])
    shuffled = np.random.default_rng(1).permutation(rows.size)
    rows, columns = rows[shuffled], columns[shuffled]
    # The middle columns sag: the outline is not convex.
    lat = 50 - rows - np.where((columns == 0) | (columns == 3), 0.0, 0.5)
    footprint = tie_points_footprint(tie_points(10.0 + columns, lat, rows, columns))
    assert footprint.area == pytest.approx(12)
    assert footprint.bounds == (10, 45.5, 13, 50)
    assert not footprint.contains(Point(11.5, 49.8))


def test_loose_tie_points_have_their_hull_over_the_date_line_too() -> None:
    lon, lat = np.array([179.0, -179.0, -179.0, 179.0, 180.0]), np.array([0.0, 0.0, 1.0, 1.0, 0.5])
    rows, columns = np.array([0, 0, 10, 10, 5]), np.array([0, 10, 10, 0, 5])
    footprint = tie_points_footprint(tie_points(lon, lat, rows, columns))
    assert footprint.area == pytest.approx(2)
    assert not footprint.intersects(Point(0, 0.5))


def test_tie_points_on_a_line_have_no_footprint() -> None:
    line = np.arange(4.0)
    with pytest.raises(ValueError, match="no area"):
        tie_points_footprint(tie_points(line, line, line, line))


def test_a_ring_round_the_pole() -> None:
    ring = [(-180.0, 70.0), (-90.0, 70.0), (0.0, 70.0), (90.0, 70.0), (179.0, 70.0), (-180.0, 70.0)]
    assert wrapped(ring_polygon(ring)).contains(Point(30, 80))


def test_a_global_ring_stays_global() -> None:
    ring = [(-180.0, -90.0), (180.0, -90.0), (180.0, 90.0), (-180.0, 90.0), (-180.0, -90.0)]
    assert wrapped(ring_polygon(ring)).equals(box(-180, -90, 180, 90))


def test_a_footprint_is_valid_whatever_comes() -> None:
    bow = Polygon([(0, 0), (10, 10), (10, 0), (0, 10), (0, 0)])
    footprint = wrapped(bow)
    assert isinstance(footprint, MultiPolygon)
    assert footprint.is_valid and footprint.area == pytest.approx(50)


def test_nothing_is_no_footprint() -> None:
    with pytest.raises(ValueError, match="no area"):
        wrapped(Polygon())
