# SPDX-License-Identifier: MIT
"""Geometries as nodes of a plan (section 4.3 of the specification wcps-language)."""

from __future__ import annotations

import math

import pytest

from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import (
    EOxServerError,
    InvalidAxisLabel,
    InvalidRequest,
    InvalidSubsetting,
)
from eoxserver.query.plan import Clip, Corridor, Read, Trace
from eoxserver.services.wcps.clipping import clip_node
from eoxserver.services.wcps.parse import parse_geometry
from tests.services.wcs.v20.coverages import airtemp, eobs, four, irr, pixels

NODE = Read("c")


def made(text: str, domain: Domain, crs: str | None = None, coordinates: bool = False) -> Clip | Trace | Corridor:
    return clip_node(NODE, domain, parse_geometry(text), None if crs is None else parse_crs(crs), coordinates)


def test_coordinates_stand_in_the_order_of_the_crs() -> None:
    """Latitude first, whatever the order of the grid."""
    node = made("POLYGON((-20 120, -20 130, -30 130))", airtemp().domain)
    assert node == Clip(NODE, ("Lat", "Long"), ((((-20.0, 120.0), (-20.0, 130.0), (-30.0, 130.0)),),))


def test_a_multipolygon_has_several_with_holes() -> None:
    node = made("MULTIPOLYGON(((0 0, 0 4, 4 4), (1 1, 1 2, 2 2)), ((5 5, 6 6, 5 6)))", pixels().domain)
    assert isinstance(node, Clip)
    assert node.labels == ("i", "j")
    assert [len(rings) for rings in node.polygons] == [2, 1]


def test_a_line_runs_through_all_axes() -> None:
    text = 'LINESTRINGZ("2008-01-01" 100.5 200, "2008-01-05" 900 1800)'
    node = made(text, irr().domain, coordinates=True)
    assert node == Trace(NODE, ("ansi", "X", "Y"), ((148654.0, 100.5, 200.0), (148658.0, 900.0, 1800.0)), True)


def test_a_curtain_names_its_axes_and_their_order() -> None:
    line = made("CURTAIN(projection(Long, Lat), LINESTRING(41 25, 45 30))", eobs().domain)
    assert line == Clip(NODE, ("Long", "Lat"), (), (((41.0, 25.0), (45.0, 30.0)),))
    text = 'CURTAIN(projection(t, Lat), POLYGON(("1950-01-02" 26, "1950-01-04" 26, "1950-01-04" 30)))'
    polygon = made(text, eobs().domain)
    assert isinstance(polygon, Clip)
    assert polygon.labels == ("t", "Lat")
    assert polygon.polygons[0][0][0] == (127471.0, 26.0)


def test_the_track_of_a_corridor_runs_through_its_plane_or_through_all_axes() -> None:
    mask = "POLYGON((0 0, 0 500, 500 500))"
    flat = made(f"CORRIDOR(projection(X, Y), LINESTRING(100 200, 900 200), {mask})", irr().domain)
    assert isinstance(flat, Corridor)
    assert (flat.labels, flat.track_labels, flat.discrete) == (("X", "Y"), (), False)
    text = f'CORRIDOR(projection(X, Y), LINESTRING("2008-01-01" 100 200, "2008-01-05" 900 200), {mask}, discrete)'
    deep = made(text, irr().domain)
    assert isinstance(deep, Corridor)
    assert (deep.track_labels, deep.track[0], deep.discrete) == (("ansi", "X", "Y"), (148654.0, 100.0, 200.0), True)


def test_a_crs_of_its_own_gives_order_and_place() -> None:
    """Easting first in EPSG:3857, which becomes latitude and longitude, latitude first."""
    x, y = 13_358_338.895, -2_273_030.927
    node = made(f"LINESTRING({x} {y}, {x + 1000} {y})", airtemp().domain, "EPSG:3857")
    assert isinstance(node, Trace)
    assert math.dist(node.vertices[0], (-20.0, 120.0)) < 1e-6
    named = made(f"CURTAIN(projection(Lat, Long), LINESTRING({x} {y}, {x + 1000} {y}))", airtemp().domain, "EPSG:3857")
    assert isinstance(named, Clip)
    assert named.lines == (node.vertices,)


def test_the_coverages_own_crs_changes_nothing() -> None:
    text = "LINESTRING(-20 120, -21 121)"
    assert made(text, airtemp().domain, "EPSG:4326") == made(text, airtemp().domain)
    assert made("LINESTRING(120 -20, 121 -21)", airtemp().domain, "CRS:84") == made(text, airtemp().domain)


@pytest.mark.parametrize(
    ("text", "domain", "crs", "error", "message"),
    [
        ("POLYGON((1 2, 3 4, 5 6))", eobs().domain, None, InvalidRequest, "CURTAIN"),
        ("LINESTRING(1 2, 3 4)", eobs().domain, None, InvalidSubsetting, r"\(1 2\) has 2 coordinates; there must be 3"),
        ('LINESTRING("x" 2, 3 4)', airtemp().domain, None, InvalidSubsetting, "'x' is not a number"),
        ("CURTAIN(projection(Lat, H), LINESTRING(1 2, 3 4))", eobs().domain, None, InvalidAxisLabel, "no axis 'H'"),
                (
            "CORRIDOR(projection(Lat, Long), LINESTRING(1 2), MULTIPOLYGON(((1 2, 3 4, 5 6))))",
            eobs().domain, None, InvalidRequest, "one polygon",
        ),
        (
            "CORRIDOR(projection(Lat, Long), POLYGON((1 2, 3 4, 5 6)), POLYGON((1 2, 3 4, 5 6)))",
            eobs().domain, None, InvalidRequest, "linestring",
        ),
        (
            "CURTAIN(projection(t, Lat), LINESTRING(127470 25, 127472 27))",
            eobs().domain, "EPSG:3857", InvalidRequest, "both horizontal axes",
        ),
        ("LINESTRING(1 2, 3 4)", pixels().domain, "EPSG:4326", InvalidRequest, "needs both horizontal axes"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(
    text: str, domain: Domain, crs: str | None, error: type[EOxServerError], message: str
) -> None:
    with pytest.raises(error, match=message):
        made(text, domain, crs)


def test_only_lines_have_coordinates() -> None:
    with pytest.raises(InvalidRequest, match="linestring only"):
        made("POLYGON((1 2, 3 4, 5 6))", airtemp().domain, coordinates=True)


def test_a_point_without_a_place_is_refused() -> None:
    with pytest.raises(InvalidSubsetting, match="has no place"):
        made("LINESTRING(-20 120, 1e30 5)", four().domain.without(frozenset({0, 1})), "EPSG:32633")
