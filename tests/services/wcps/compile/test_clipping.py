# SPDX-License-Identifier: MIT
"""clip (section 4.3): vertices, axes, CRSs; which cells are where is tested with the nodes."""

from __future__ import annotations

import numpy as np
import pytest

from eoxserver.core.errors import InvalidAxisLabel, InvalidRequest, InvalidSubsetting, WcpsSemanticError
from eoxserver.query.plan import Clip, Corridor, Trace
from tests.services.wcps.compile.querying import array, cells, coverage, refused, text

TRIANGLE = "POLYGON((-20 120, -20 130, -30 130))"


def test_a_polygon_has_coordinates_in_the_order_of_the_crs() -> None:
    value = coverage("for $c in (airtemp) return clip($c, POLYGON((-20 120, -20 130, -30 130, -30 120)))")
    assert isinstance(value.node, Clip)
    assert value.node.labels == ("Lat", "Long")
    assert value.low == (160, 220)
    assert text(f"for $c in (airtemp) return imageCrsDomain(clip($c, {TRIANGLE}), Long)") == "(160:360)"


def test_a_ring_may_be_closed_and_have_holes() -> None:
    open_, closed = (
        array(
            f"for $c in (airtemp) return "
            f"clip($c, POLYGON((-20 120, -20 130, -30 130{end}), (-22 127, -22 128, -23 128)))"
        )
        for end in ("", ", -20 120")
    )
    np.testing.assert_array_equal(open_, closed)


def test_several_polygons() -> None:
    value = coverage(
        "for $c in (airtemp) return "
        "clip($c, MULTIPOLYGON(((-20 120, -20 130, -30 130)), ((-10 112, -10 113, -11 113))))"
    )
    assert isinstance(value.node, Clip)
    assert len(value.node.polygons) == 2


def test_a_geometry_in_a_variable() -> None:
    named = coverage(f"for $c in (airtemp) let $p := {TRIANGLE} return clip($c, $p)")
    placed = coverage(f"for $c in (airtemp) return clip($c, {TRIANGLE})")
    assert isinstance(named.node, Clip)
    assert isinstance(placed.node, Clip)
    assert named.node.polygons == placed.node.polygons


def test_vertices_in_another_crs_are_brought_to_that_of_the_coverage() -> None:
    value = coverage(
        "for $c in (airtemp) return "
        'clip($c, POLYGON((13000000 -2000000, 13000000 -3000000, 14000000 -3000000)), "EPSG:3857")'
    )
    assert isinstance(value.node, Clip)
    lat, long = value.node.polygons[0][0][0]
    assert (lat, long) == pytest.approx((-17.678, 116.780), abs=1e-3)
    same = coverage(f'for $c in (airtemp) return clip($c, {TRIANGLE}, "EPSG:4326")')
    assert isinstance(same.node, Clip)
    assert same.node.polygons[0][0][0] == (-20, 120)


def test_a_line_with_coordinates() -> None:
    """Section 8, query 56."""
    query = "for $c in (airtemp) return clip($c, LINESTRING(-29.38 120.28, -19.52 144.40)) with coordinates"
    value = coverage(query)
    assert isinstance(value.node, Trace)
    assert value.range_type.names == ("Lat", "Long", "value")
    found = cells(query).values
    assert found[:2, 0] == pytest.approx([-29.4, 120.3], abs=0.03)


def test_a_line_through_time() -> None:
    value = coverage('for $c in (eobs) return clip($c, LINESTRING("1950-01-01" 26 41, "1950-01-05" 30 41))')
    assert isinstance(value.node, Trace)
    assert value.node.labels == ("t", "Lat", "Long")
    assert array('for $c in (eobs) return clip($c, LINESTRING("1950-01-01" 26 41, "1950-01-05" 30 41))').size == 9


def test_curtains_leave_other_axes_alone() -> None:
    """Section 8, query 57."""
    line = coverage("for $c in (eobs) return clip($c, CURTAIN(projection(Lat,Long), LINESTRING(25 41, 30 41, 30 45)))")
    assert isinstance(line.node, Clip)
    assert (line.domain.labels, line.domain.shape) == (("t", "Lat", "Long"), (6, 10, 9))
    assert line.low == (0, 20, 2)
    mask = coverage("for $c in (eobs) return clip($c, CURTAIN(projection(Long,Lat), POLYGON((41 26, 41 30, 45 30))))")
    assert isinstance(mask.node, Clip)
    assert mask.node.labels == ("Long", "Lat")
    assert (mask.domain.labels, mask.low) == (("t", "Lat", "Long"), (0, 20, 2))


def test_corridors_run_through_all_axes_or_those_of_the_mask() -> None:
    mask = "POLYGON((26 41, 30 41, 30 45, 26 45))"
    through = coverage(
        "for $c in (eobs) return clip($c, CORRIDOR(projection(Lat,Long), "
        f'LINESTRING("1950-01-01" 28 42, "1950-01-03" 29 43), {mask}, discrete))'
    )
    assert isinstance(through.node, Corridor)
    assert (through.node.track_labels, through.node.discrete) == (("t", "Lat", "Long"), True)
    assert through.domain.shape == (2, 8, 8)
    flat = coverage(
        'for $c in (eobs) return clip($c[t("1950-01-01")], '
        f"CORRIDOR(projection(Lat,Long), LINESTRING(28 42, 29 43), {mask}))"
    )
    assert flat.domain.shape == (3, 8, 8)


@pytest.mark.parametrize(
    ("operand", "shape", "kind", "at"),
    [
        ("$c", "POLYGON((26 41, 30 41, 30 45))", InvalidRequest, "POLYGON"),
        ("$c", "LINESTRING(26 41, 30 41)", InvalidSubsetting, "26 41, 30"),
        ('$c[t("1950-01-01")]', "POLYGON((26 41, 26 41, 30 45))", InvalidSubsetting, "clip"),
        ('$c[t("1950-01-01")]', "POLYGON((26 41, 30 45, 26 41))", InvalidSubsetting, "clip"),
        ('$c[t("1950-01-01")]', "POLYGON((26 41, 30 45 3, 26 42))", InvalidSubsetting, "30 45 3"),
        ('$c[t("1950-01-01")]', 'POLYGON((26 "x", 30 45, 26 42))', InvalidSubsetting, '26 "x"'),
        ('$c[t("1950-01-01")]', "POLYGON((1 1, 2 2, 1 2))", InvalidSubsetting, "clip"),
        ("$c", "CURTAIN(projection(Lat,Foo), LINESTRING(25 41, 30 41))", InvalidAxisLabel, "CURTAIN"),
        ("$c", "CURTAIN(projection(Lat,Lat), LINESTRING(25 41, 30 41))", InvalidAxisLabel, "clip"),
        ("avg($c)", "LINESTRING(25 41, 30 41)", InvalidRequest, "avg"),
        (
            "$c", 'CURTAIN(projection(t,Lat), LINESTRING("1950-01-01" 41, "1950-01-02" 41)), "EPSG:3857"',
            InvalidRequest, "CURTAIN",
        ),
        (
            "$c", "CORRIDOR(projection(Lat,Long), LINESTRING(28 42, 29 43), MULTIPOLYGON(((26 41, 30 41, 30 45))))",
            InvalidRequest, "CORRIDOR",
        ),
        (
            "$c", "CORRIDOR(projection(Lat,Long), POLYGON((28 42, 29 43, 29 44)), POLYGON((26 41, 30 41, 30 45)))",
            InvalidRequest, "CORRIDOR",
        ),
        ("$c", "$c", WcpsSemanticError, "$c)"),
    ],
)  # fmt: skip
def test_clips_that_make_no_sense_are_refused(operand: str, shape: str, kind: type, at: str) -> None:
    refused(f"for $c in (eobs) return clip({operand}, {shape})", kind, at)


def test_only_lines_have_coordinates() -> None:
    refused(
        f"for $c in (airtemp) return clip($c, {TRIANGLE}) with coordinates", InvalidRequest, "POLYGON", "linestring"
    )


def test_a_track_begins_in_its_mask() -> None:
    refused(
        "for $c in (eobs) return clip($c, CORRIDOR(projection(Lat,Long), LINESTRING(35 55, 29 43), "
        "POLYGON((26 41, 30 41, 30 45, 26 45))))",
        InvalidSubsetting,
        "clip",
    )
