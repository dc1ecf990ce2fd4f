# SPDX-License-Identifier: MIT
"""Geometries are understood in every form, and boxes go round the Earth."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box, mapping

from eoxserver.resources.coverages.geometries import (
    geometry,
    multi_polygon,
    plain_boxes,
    round_box,
    search_box,
    surrounding_box,
)

SQUARE = box(1, 2, 3, 4)


@dataclass
class Geos:
    """Has what a geometry of django.contrib.gis has, without its libraries."""

    wkb: memoryview
    srid: int | None = 4326


@dataclass
class Wkt:
    wkt: str


class GeoInterface:
    __geo_interface__ = mapping(SQUARE)


@pytest.mark.parametrize(
    "value",
    [
        SQUARE, SQUARE.wkt, f"SRID=4326;{SQUARE.wkt}", SQUARE.wkb, SQUARE.wkb_hex, bytearray(SQUARE.wkb),
        mapping(SQUARE), json.dumps(mapping(SQUARE)), GeoInterface(), Geos(memoryview(SQUARE.wkb)),
        Geos(memoryview(SQUARE.wkb), None),
        Wkt(SQUARE.wkt), shapely.set_srid(SQUARE, 4326), shapely.force_3d(SQUARE, 7),
        shapely.to_wkb(shapely.set_srid(SQUARE, 4326), include_srid=True),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_every_form_is_understood(value: Any) -> None:
    found = geometry(value)
    assert shapely.equals_exact(found, SQUARE, normalize=True) and not found.has_z
    assert multi_polygon(value).equals(MultiPolygon([SQUARE]))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "not a geometry"),
        ("POLYGON ((0 0", "not a geometry"),
        ("{", "not a geometry"),
        ("00ff", "not a geometry"),
        ('{"type": "Nonsense"}', "not a geometry"),
        (7, "7 is not a geometry; accepted:"),
        (None, "None is not a geometry"),
        ({"type": "Point"}, "not a geometry"),
        (b"\x01\x02", "not a geometry"),
        (Geos(memoryview(SQUARE.wkb), 3857), "EPSG:3857"),
        (shapely.set_srid(SQUARE, 3035), "EPSG:3035"),
        (f"SRID=3857;{SQUARE.wkt}", "EPSG:3857"),
        (Polygon([(0, 0), (1, 0), (math.inf, 1)]), "not finite"),
    ],
)
def test_what_is_no_geometry_is_refused_with_its_reason(value: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        geometry(value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (Point(0, 0), "this is a Point"),
        (LineString([(0, 0), (1, 1)]), "this is a LineString"),
        (Polygon(), "an empty"),
        (MultiPolygon(), "an empty MultiPolygon"),
        (box(0, 0, 1, 91), "latitudes 0 to 91"),
    ],
)
def test_footprints_are_polygons_on_the_earth(value: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        multi_polygon(value)


def test_footprints_beyond_the_date_line_are_cut_there() -> None:
    found = multi_polygon(box(170, 0, 190, 10))
    assert found.equals(MultiPolygon([box(170, 0, 180, 10), box(-180, 0, -170, 10)]))
    assert surrounding_box(found) == (170, 0, 190, 10)
    assert multi_polygon(box(-200, 0, -170, 10)).equals(MultiPolygon([box(160, 0, 180, 10), box(-180, 0, -170, 10)]))


@pytest.mark.parametrize(
    ("found", "around"),
    [
        (SQUARE, (1, 2, 3, 4)),
        (box(-180, -90, 180, 90), (-180, -90, 180, 90)),
        (MultiPolygon([box(-10, 0, 0, 1), box(100, 5, 110, 6)]), (-10, 0, 110, 6)),
        (MultiPolygon([box(-170, 0, -160, 1), box(160, 5, 170, 6)]), (160, 0, 200, 6)),
        (MultiPolygon([box(-180, 0, -90, 1), box(90, 0, 180, 1), box(-1, 0, 1, 1)]), (-1, 0, 270, 1)),
        (Point(5, 6), (5, 6, 5, 6)),
    ],
)
def test_surrounding_box_leaves_the_widest_gap_out(found: Any, around: tuple[float, ...]) -> None:
    assert surrounding_box(found) == around


lon = st.floats(-180, 180)
lat = st.floats(-90, 90)


@given(st.lists(st.tuples(lon, st.floats(0, 60), lat), min_size=1, max_size=6))
def test_a_surrounding_box_holds_every_part(parts: list[tuple[float, float, float]]) -> None:
    boxes = [box(west, min(south, 89), min(west + width, 180), min(south, 89) + 1) for west, width, south in parts]
    west, south, east, north = surrounding_box(shapely.geometrycollections(boxes))
    assert -180 <= west <= 180 and west <= east <= west + 360
    for part in boxes:
        low, bottom, high, top = part.bounds
        assert south <= bottom and top <= north
        assert any(west <= low + turn and high + turn <= east for turn in (0, 360))


@given(st.floats(-1000, 1000), st.floats(-1000, 1000), st.floats(-720, 720))
def test_a_round_box_means_the_same_meridians(west: float, east: float, meridian: float) -> None:
    round_west, _, round_east, _ = round_box((west, 0, east, 1))
    assert -180 <= round_west <= 180 and round_west <= round_east <= round_west + 360
    if west > east:
        east += 360 * math.ceil((west - east) / 360)

    def holds(low: float, high: float) -> bool:
        return any(low <= meridian + 360 * turn <= high for turn in range(-6, 7))

    edges = [abs((meridian - edge) % 360) for edge in (west, east, 180)]
    if min(min(edge, 360 - edge) for edge in edges) > 1e-6:
        assert holds(west, east) == holds(round_west, round_east)
        assert holds(west, east) == any(holds(w, e) for w, _, e, _ in plain_boxes((round_west, 0, round_east, 1)))


@pytest.mark.parametrize("bounds", [(0, 1, 2, 0), (0, 0, math.nan, 1), (math.inf, 0, 1, 1)])
def test_what_is_no_box_is_refused(bounds: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="is no box; accepted: west, south, east, north"):
        round_box(bounds)


def test_search_boxes_may_be_lines_and_points() -> None:
    assert search_box((1, 2, 1, 2)) == Point(1, 2)
    assert search_box((1, 2, 5, 2)) == LineString([(1, 2), (5, 2)])
    assert search_box((1, 2, 3, 4)).equals(SQUARE)
    assert search_box((170, 0, -170, 1)).equals(MultiPolygon([box(170, 0, 180, 1), box(-180, 0, -170, 1)]))
    assert np.isclose(search_box((-700, -90, 700, 90)).area, 360 * 180)
