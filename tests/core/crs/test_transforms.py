# SPDX-License-Identifier: MIT
"""Points and boxes from one CRS to another."""

from __future__ import annotations

import doctest
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.crs import (
    area_of_use,
    parse_crs,
    same_horizontal,
    separable,
    split_antimeridian,
    transform_bounds,
    transform_points,
    transforms,
    wgs84_bounds,
)
from eoxserver.core.errors import CrsNotSupported, InvalidBounds

WORLD = (-180.0, -90.0, 180.0, 90.0)
HALF = 20037508.342789244
"""Half the circumference of the Earth in EPSG:3857 [m]."""
GEOS = "+proj=geos +h=35785831 +lon_0=140.7 +ellps=WGS84"
SINUSOIDAL = "+proj=sinu +R=6371007.181"


def bounds(src: str, dst: str, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    return transform_bounds(parse_crs(src), parse_crs(dst), box)


def test_docstrings_hold() -> None:
    assert doctest.testmod(transforms).failed == 0


# -- points -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "dst", ["EPSG:3857", "EPSG:32633", "EPSG:3035", "EPSG:2180", "EPSG:3031", "EPSG:32661", "EPSG:4267"]
)
@pytest.mark.parametrize("src", ["EPSG:4326", "CRS:84", "EPSG:4979", "OGC/0/AnsiDate@EPSG:4326"])
def test_points_go_in_and_come_out_x_first(src: str, dst: str) -> None:
    x, y = transform_points(parse_crs(src), parse_crs(dst), [14.5, 20.0], [48.25, -10.0])
    expected = pyproj.Transformer.from_crs("OGC:CRS84", dst, always_xy=True).transform([14.5, 20.0], [48.25, -10.0])
    np.testing.assert_allclose((x, y), expected, rtol=1e-12)
    back = transform_points(parse_crs(dst), parse_crs(src), x, y)
    np.testing.assert_allclose(back, ([14.5, 20.0], [48.25, -10.0]), rtol=1e-7)


def test_axes_that_point_west_and_south_are_x_and_y_too() -> None:
    x, y = transform_points(parse_crs("EPSG:4326"), parse_crs("EPSG:2065"), 15.0, 50.0)
    assert (float(x), float(y)) == pytest.approx((702500, 1058000), rel=0.01)
    assert float(transform_points(parse_crs("EPSG:4326"), parse_crs("EPSG:2065"), 14.0, 50.0)[0]) > float(x)


def test_points_keep_their_shape() -> None:
    src, dst = parse_crs("EPSG:4326"), parse_crs("EPSG:3857")
    x, y = transform_points(src, dst, np.arange(3)[None, :], np.arange(4)[:, None])
    assert x.shape == y.shape == (4, 3)
    assert transform_points(src, dst, 1, 2)[0].shape == ()
    assert transform_points(src, dst, [], [])[0].shape == (0,)
    strided = np.arange(20.0).reshape(4, 5)[:, ::2]
    np.testing.assert_allclose(transform_points(src, dst, strided, strided)[0], strided * HALF / 180)


@pytest.mark.parametrize("dst", ["EPSG:4326", "EPSG:3857"])
def test_what_is_given_is_left_alone(dst: str) -> None:
    given_x = np.array([1.0, 2.0])
    x, _ = transform_points(parse_crs("EPSG:4326"), parse_crs(dst), given_x, [0.0, 0.0])
    x[:] = 7
    assert given_x.tolist() == [1.0, 2.0]


def test_points_that_cannot_be_projected_are_nan() -> None:
    x, y = transform_points(parse_crs("EPSG:4326"), parse_crs("EPSG:3857"), [0, np.nan, 10, np.inf], [95, 0, 10, 0])
    assert np.isnan(x).tolist() == np.isnan(y).tolist() == [True, True, False, True]


@pytest.mark.parametrize(
    ("src", "dst"),
    [
        ("OGC/0/AnsiDate", "EPSG:4326"),
        ("EPSG:4326", "OGC/0/Index2D"),
        ("EPSG:5773", "EPSG:4326"),
        ("EPSG:4326", "EPSG:2218"),
    ],
)
def test_where_there_is_no_way_the_error_names_the_crs(src: str, dst: str) -> None:
    with pytest.raises(CrsNotSupported, match=r"http://www.opengis.net/def/crs/"):
        transform_points(parse_crs(src), parse_crs(dst), 0, 0)
    with pytest.raises(CrsNotSupported):
        bounds(src, dst, (0, 0, 1, 1))


def test_many_threads_transform_at_once() -> None:
    src, dst = parse_crs("EPSG:4326"), parse_crs("EPSG:25832")
    longitudes = np.linspace(5, 15, 5000)
    expected = transform_points(src, dst, longitudes, 50.0)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: transform_points(src, dst, longitudes, 50.0), range(64)))
    for answer in answers:
        np.testing.assert_array_equal(answer, expected)


# -- boxes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("src", "dst", "box", "expected"),
    [
        ("EPSG:4326", "EPSG:3857", WORLD, (-HALF, -20048966.1, HALF, 20048966.1)),
        ("EPSG:4326", "EPSG:3857", (-180, -80, 180, 80), (-HALF, -15538711.1, HALF, 15538711.1)),
        ("EPSG:4326", "EPSG:3395", WORLD, (-HALF, -15496570.74, HALF, 18764656.23)),
        ("EPSG:4326", "EPSG:4087", WORLD, (-HALF, -HALF / 2, HALF, HALF / 2)),
        ("EPSG:3857", "EPSG:4326", (-HALF, -HALF, HALF, HALF), (-180, -85.05112878, 180, 85.05112878)),
        ("EPSG:3857", "CRS:84", (0, 0, HALF, HALF), (0, 0, 180, 85.05112878)),
        ("EPSG:4326", "CRS:84", (0, -90, 360, 90), (0, -90, 360, 90)),
        ("EPSG:4807", "EPSG:4326", (0, 50, 5, 55), (2.3365, 45, 6.8367, 49.5)),
        # around the poles, beside them, with them on the edge
        ("EPSG:3031", "EPSG:4326", (-3e6, -3e6, 3e6, 3e6), (-180, -90, 180, -52.3171)),
        ("EPSG:3413", "EPSG:4326", (-3e6, -3e6, 3e6, 3e6), (-180, 52.2117, 180, 90)),
        ("EPSG:3031", "EPSG:4326", (0, 0, 3e6, 3e6), (0, -90, 90, -52.3171)),
        ("EPSG:3031", "EPSG:4326", (-1e6, 0, 1e6, 1e6), (-90, -90, 90, -77.0374)),
        ("EPSG:3031", "EPSG:4326", (-1e6, -1e6, 1e6, -1e5), (95.7106, -89.0797, 264.2894, -77.0374)),
        # over the antimeridian
        ("EPSG:32760", "EPSG:4326", (400000, 7900000, 900000, 8000000), (176.05, -18.9925, 180.7972, -18.0517)),
        ("EPSG:3832", "EPSG:4326", (3e6, -1e6, 5e6, 1e6), (176.9495, -9.0059, 194.9158, 9.0059)),
        ("EPSG:4326", "EPSG:3857", (95.37, -44, 206.26, 60), (-HALF, -5465442.18, HALF, 8399737.89)),
        ("EPSG:4326", "EPSG:32760", (179, -19, 181, -18), (710533.7, 7894379.5, 923730.9, 8008672.0)),
        # whole Earths in projections that cannot show all of it
        (SINUSOIDAL, "EPSG:4326", (-20015109, -10007554, 20015109, 10007554), (-180, -90, 180, 90)),
        (GEOS, "EPSG:4326", (-5.5e6, -5.5e6, 5.5e6, 5.5e6), (60.7, -78.1, 219.7, 78.1)),
    ],
)  # fmt: skip
def test_boxes(
    src: str, dst: str, box: tuple[float, float, float, float], expected: tuple[float, float, float, float]
) -> None:
    found = bounds(src, dst, box)
    size = max(expected[2] - expected[0], expected[3] - expected[1])
    # PROJ 9.6 measures EPSG:4087 northwards on the ellipsoid, earlier ones do on a sphere.
    assert found == pytest.approx(expected, abs=(2e-3 if src == GEOS or dst == "EPSG:4087" else 2e-5) * size)


@pytest.mark.parametrize(
    "dst", ["EPSG:32632", "EPSG:3035", "EPSG:2193", "EPSG:3031", "EPSG:3832", "EPSG:5070", "EPSG:27700"]
)
def test_the_whole_world_has_a_finite_box_that_holds_the_area_of_use(dst: str) -> None:
    found = bounds("EPSG:4326", dst, WORLD)
    area = area_of_use(parse_crs(dst))
    assert all(map(math.isfinite, found))
    assert area is not None
    west, south, east, north = area
    x, y = transform_points(
        parse_crs("EPSG:4326"), parse_crs(dst), [west, east, west, east], [south, south, north, north]
    )
    slack = 1e-3 * (found[2] - found[0])
    assert (x >= found[0] - slack).all()
    assert (x <= found[2] + slack).all()
    assert (y >= found[1] - slack).all()
    assert (y <= found[3] + slack).all()


PAIRS = [
    ("EPSG:4326", "EPSG:3857", (-170, -80, 170, 80)),
    ("EPSG:4326", "EPSG:3035", (-10, 35, 40, 70)),
    ("EPSG:4326", "EPSG:32633", (9, 0, 21, 80)),
    ("EPSG:32633", "EPSG:4326", (100000, 0, 900000, 8e6)),
    ("EPSG:3035", "EPSG:3857", (2.5e6, 1.4e6, 7.4e6, 5.5e6)),
    ("EPSG:3413", "EPSG:32633", (-1e6, -4e6, 3e6, -1e6)),
    ("EPSG:2180", "EPSG:4258", (1.5e5, 1.3e5, 8.5e5, 7.7e5)),
]


@given(st.sampled_from(PAIRS), st.lists(st.floats(0, 1), min_size=6, max_size=6))
def test_a_box_holds_the_points_of_the_box(
    pair: tuple[str, str, tuple[float, float, float, float]], parts: list[float]
) -> None:
    src, dst, (west, south, east, north) = parse_crs(pair[0]), parse_crs(pair[1]), pair[2]
    left, right = sorted(west + (east - west) * part for part in parts[:2])
    bottom, top = sorted(south + (north - south) * part for part in parts[2:4])
    found = transform_bounds(src, dst, (left, bottom, right, top))
    x, y = transform_points(src, dst, left + (right - left) * parts[4], bottom + (top - bottom) * parts[5])
    slack = 2e-3 * max(found[2] - found[0], found[3] - found[1]) + 1e-6
    assert found[0] - slack <= x <= found[2] + slack
    assert found[1] - slack <= y <= found[3] + slack


@given(st.sampled_from(PAIRS))
def test_there_and_back_the_box_only_grows(pair: tuple[str, str, tuple[float, float, float, float]]) -> None:
    src, dst, box = parse_crs(pair[0]), parse_crs(pair[1]), pair[2]
    again = transform_bounds(dst, src, transform_bounds(src, dst, box))
    slack = 1e-6 * max(box[2] - box[0], box[3] - box[1])
    assert again[0] <= box[0] + slack
    assert again[1] <= box[1] + slack
    assert again[2] >= box[2] - slack
    assert again[3] >= box[3] - slack


def test_a_disc_of_the_earth_in_a_crs_of_its_far_side() -> None:
    found = bounds(GEOS, "EPSG:5070", (-5.5e6, -5.5e6, 5.5e6, 5.5e6))
    assert all(map(math.isfinite, found))
    west, south, east, north = bounds("EPSG:4326", SINUSOIDAL, (-180, -90, 180, 90))
    assert (west, south, east, north) == pytest.approx((-20015109, -10007554, 20015109, 10007554), rel=1e-3)


def test_a_point_is_a_box_too() -> None:
    west, south, east, north = bounds("EPSG:4326", "EPSG:32633", (15, 50, 15, 50))
    assert west == east == pytest.approx(500000)
    assert south == north


@pytest.mark.parametrize("box", [(1, 0, 0, 1), (0, 1, 1, 0), (math.nan, 0, 1, 1), (0, 0, math.inf, 1)])
def test_what_is_no_box_is_refused(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(InvalidBounds, match="is no box"):
        bounds("EPSG:4326", "EPSG:3857", box)


@pytest.mark.parametrize(
    ("src", "dst", "box"),
    [("EPSG:4326", "EPSG:3857", (0, 90, 10, 90)), ("EPSG:4326", "EPSG:32632", (0, 95, 1, 96)),
     (GEOS, "EPSG:4326", (6e6, 6e6, 7e6, 7e6))],
)  # fmt: skip
def test_a_box_that_is_nowhere_is_refused(src: str, dst: str, box: tuple[float, float, float, float]) -> None:
    with pytest.raises(CrsNotSupported, match="cannot be projected"):
        bounds(src, dst, box)


# -- boxes on the globe -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "box", "expected"),
    [
        ("EPSG:4326", (10, 40, 20, 50), (10, 40, 20, 50)),
        ("EPSG:4326", (0, -90, 360, 90), WORLD),
        ("EPSG:4326", (200, 0, 210, 10), (-160, 0, -150, 10)),
        ("EPSG:4326", (95.37, -44, 206.26, 83.9), (95.37, -44, 206.26, 83.9)),
        ("EPSG:4326", (-190, -95, -170, 95), (170, -90, 190, 90)),
        ("EPSG:4326", (0, 100, 10, 110), (0, 90, 10, 90)),
        ("EPSG:4326", (0, -200, 10, -100), (0, -90, 10, -90)),
        ("OGC/0/AnsiDate@EPSG:4326", (10, 40, 20, 50), (10, 40, 20, 50)),
        ("EPSG:3857", (-HALF, -HALF, HALF, HALF), (-180, -85.05112878, 180, 85.05112878)),
    ],
)
def test_wgs84_bounds(
    name: str, box: tuple[float, float, float, float], expected: tuple[float, float, float, float]
) -> None:
    assert wgs84_bounds(parse_crs(name), box) == pytest.approx(expected)


def test_no_wgs84_bounds_without_a_place_on_the_earth() -> None:
    assert wgs84_bounds(parse_crs("OGC/0/Index2D"), (0, 0, 10, 10)) is None
    assert wgs84_bounds(parse_crs('LOCAL_CS["Unknown",UNIT["unknown",1]]'), (0, 0, 10, 10)) is None
    assert wgs84_bounds(parse_crs(GEOS), (6e6, 6e6, 7e6, 7e6)) is None


@given(st.floats(-720, 720), st.floats(0, 360))
def test_boxes_are_split_at_the_antimeridian(west: float, width: float) -> None:
    parts = split_antimeridian((west, 0.0, west + width, 1.0))
    assert len(parts) in {1, 2}
    assert all(-180 <= part[0] <= part[2] <= 180 for part in parts)
    assert sum(part[2] - part[0] for part in parts) == pytest.approx(width, abs=1e-6)
    if len(parts) == 2:
        assert (parts[0][2], parts[1][0]) == (180, -180)


def test_areas_of_use() -> None:
    assert area_of_use(parse_crs("EPSG:4326")) == WORLD
    assert area_of_use(parse_crs("EPSG:32632")) == (6.0, 0.0, 12.0, 84.0)
    area = area_of_use(parse_crs("EPSG:3832"))
    assert area is not None
    assert area[0] > area[2]
    assert area_of_use(parse_crs("OGC/0/AnsiDate")) is None
    assert area_of_use(parse_crs(SINUSOIDAL)) is None


# -- what can be simplified -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("EPSG:4326", "CRS:84", True),
        ("EPSG:4326", "EPSG:4979", True),
        ("EPSG:7415", "EPSG:28992", True),
        ("OGC/0/AnsiDate@EPSG:3857", 'EPSG:3857?axis-label-1="x"', True),
        ("EPSG:32661", "EPSG:5041", True),
        ("EPSG:4326", "EPSG:3857", False),
        ("EPSG:4326", "EPSG:4267", False),
        ("EPSG:32632", "EPSG:32633", False),
    ],
)
def test_the_same_plane(a: str, b: str, same: bool) -> None:
    assert same_horizontal(parse_crs(a), parse_crs(b)) is same
    assert same_horizontal(parse_crs(b), parse_crs(a)) is same


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("EPSG:4326", "EPSG:3857", True),
        ("EPSG:4326", "EPSG:3395", True),
        ("EPSG:4326", "EPSG:4087", True),
        ("EPSG:4326", "EPSG:32662", True),
        ("EPSG:4326", "EPSG:6933", True),
        ("EPSG:4326", "CRS:84", True),
        ("EPSG:4326", "EPSG:4258", True),
        ("EPSG:3857", "EPSG:3395", True),
        ("EPSG:3857", "EPSG:3832", True),
        ("EPSG:4326", "EPSG:4267", False),
        ("EPSG:4326", "EPSG:32632", False),
        ("EPSG:4326", "EPSG:3035", False),
        ("EPSG:32632", "EPSG:32633", False),
        ("EPSG:4326", SINUSOIDAL, False),
        ("EPSG:4326", "EPSG:2218", False),
        ("EPSG:27700", "EPSG:2193", False),
    ],
)
def test_separable_transformations(a: str, b: str, expected: bool) -> None:
    assert separable(parse_crs(a), parse_crs(b)) is expected
    assert separable(parse_crs(b), parse_crs(a)) is expected


def test_what_has_no_plane_cannot_be_compared() -> None:
    for function in (same_horizontal, separable):
        with pytest.raises(CrsNotSupported, match="no horizontal axes"):
            function(parse_crs("OGC/0/AnsiDate"), parse_crs("EPSG:4326"))
