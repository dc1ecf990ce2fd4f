# SPDX-License-Identifier: MIT
"""The mask of polygons against shapely."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given as examples
from hypothesis import strategies as st

from eoxserver.core.axes import IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.errors import InvalidSubsetting
from eoxserver.query.plan import Ring
from eoxserver.query.shapes.places import Floats, Ruler
from eoxserver.query.shapes.polygons import Masks, check_polygons, filled, outlines

ROWS = Ruler.of(IndexAxis("y", 12))
COLUMNS = Ruler.of(IndexAxis("x", 15))


def mask(
    polygons: tuple[tuple[Ring, ...], ...], swapped: bool = False
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return Masks(outlines(polygons, ROWS, COLUMNS, swapped), ROWS, COLUMNS).block((0, 12), (0, 15))


def by_shapely(
    polygons: tuple[tuple[Ring, ...], ...], rows: Floats, columns: Floats
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.bool_]], Floats]:
    """Which centres polygons cover, and how far they are from the boundary; rows are y."""
    y, x = np.meshgrid(rows, columns, indexing="ij")
    points = shapely.points(y.ravel(), x.ravel())
    inside = np.zeros(points.shape, dtype=bool)
    distance = np.full(points.shape, np.inf)
    for rings in polygons:
        shape = shapely.Polygon(rings[0], rings[1:])
        inside |= shapely.covers(shape, points)
        distance = np.minimum(distance, shapely.distance(shape.boundary, points))
    return inside.reshape(x.shape), distance.reshape(x.shape)


@st.composite
def stars(draw: st.DrawFn, whole: bool) -> Ring:
    """A simple ring around a point: one vertex in each direction."""
    count = draw(st.integers(3, 12))
    y, x = draw(st.integers(-3, 15)), draw(st.integers(-3, 18))
    radii = draw(st.lists(st.floats(0.5, 14), min_size=count, max_size=count))
    angles = np.sort(np.linspace(0, 2 * np.pi, count, endpoint=False) + draw(st.floats(0, 6)))
    vertices = [(y + r * np.sin(a), x + r * np.cos(a)) for r, a in zip(radii, angles, strict=True)]
    if whole:
        vertices = [(round(b), round(a)) for b, a in vertices]
    return tuple((float(b), float(a)) for b, a in vertices)


@examples(st.lists(stars(whole=False), min_size=1, max_size=3))
def test_the_mask_is_shapelys(rings: list[Ring]) -> None:
    polygons = tuple((ring,) for ring in rings)
    expected, distance = by_shapely(polygons, np.arange(12.0), np.arange(15.0))
    clear = distance > 1e-4
    np.testing.assert_array_equal(mask(polygons)[clear], expected[clear])


@examples(stars(whole=True))
def test_centres_on_the_outline_are_in(ring: Ring) -> None:
    """Vertices on centres: many edges run through centres exactly."""
    ring = tuple(dict.fromkeys(ring))
    shape = shapely.Polygon(ring) if len(ring) > 2 else None
    if shape is None or not shape.is_valid:
        return
    expected, _ = by_shapely(((ring,),), np.arange(12.0), np.arange(15.0))
    np.testing.assert_array_equal(mask(((ring,),)), expected)


def test_holes_are_out_and_their_edges_in() -> None:
    outline = ((1.0, 1.0), (1.0, 9.0), (9.0, 9.0), (9.0, 1.0))
    hole = ((3.0, 3.0), (3.0, 6.0), (6.0, 6.0), (6.0, 3.0))
    found = mask(((outline, hole),))
    expected = np.zeros((12, 15), dtype=bool)
    expected[1:10, 1:10] = True
    expected[4:6, 4:6] = False
    np.testing.assert_array_equal(found, expected)


def test_an_island_in_a_hole_is_in() -> None:
    outline = ((0.0, 0.0), (0.0, 10.0), (10.0, 10.0), (10.0, 0.0))
    hole = ((1.0, 1.0), (1.0, 9.0), (9.0, 9.0), (9.0, 1.0))
    island = ((4.0, 4.0), (4.0, 6.0), (6.0, 6.0), (6.0, 4.0))
    found = mask(((outline, hole), (island,)))
    assert found[5, 5]
    assert not found[3, 3]


def test_polygons_that_touch_share_the_centres_between() -> None:
    left = ((0.0, 0.0), (0.0, 5.0), (9.0, 5.0), (9.0, 0.0))
    right = ((0.0, 5.0), (0.0, 9.0), (9.0, 9.0), (9.0, 5.0))
    assert mask(((left,),))[:10, 5].all()
    assert mask(((right,),))[:10, 5].all()
    np.testing.assert_array_equal(mask(((left,), (right,))), mask(((left,),)) | mask(((right,),)))


def test_an_outline_that_crosses_itself_is_filled_even_odd() -> None:
    found = mask(((((0.0, 0.0), (10.0, 10.0), (10.0, 0.0), (0.0, 10.0)),),))
    assert found[2, 5] == found[8, 5] != found[5, 2]


def test_a_closing_vertex_changes_nothing() -> None:
    ring = ((1.3, 2.2), (8.0, 4.0), (3.0, 12.6))
    np.testing.assert_array_equal(mask(((ring,),)), mask((((*ring, ring[0]),),)))


def test_binary_noise_does_not_decide() -> None:
    """Outlines through centres of an axis of 0.05 degrees, whose coordinates are no binary fractions."""
    longitude, latitude = RegularAxis("Long", 112.0, 0.05, 886), RegularAxis("Lat", -9.0, -0.05, 711)
    rulers = Ruler.of(latitude), Ruler.of(longitude)
    ring = ((-20.0, 120.0), (-20.0, 130.0), (-30.0, 130.0), (-30.0, 120.0))
    found = Masks(outlines(((ring,),), *rulers, swapped=False), *rulers).block((0, 711), (0, 886))
    expected = np.zeros((711, 886), dtype=bool)
    expected[220:421, 160:361] = True
    np.testing.assert_array_equal(found, expected)


@examples(stars(whole=False), st.booleans())
def test_irregular_and_descending_axes(ring: Ring, swapped: bool) -> None:
    """Coordinates decide, not cells."""
    rows = IrregularAxis("y", np.array([11.0, 10.5, 7.0, 3.25, 0.5, -2.0]))
    columns = RegularAxis("x", 14.0, -0.75, 20)
    rulers = Ruler.of(rows), Ruler.of(columns)
    given = tuple((x, y) for y, x in ring) if swapped else ring
    found = Masks(outlines(((given,),), *rulers, swapped), *rulers).block((0, 6), (0, 20))
    expected, distance = by_shapely(((ring,),), rows.coordinates(), columns.coordinates())
    clear = distance > 1e-3
    np.testing.assert_array_equal(found[clear], expected[clear])


@examples(stars(whole=False), st.integers(0, 11), st.integers(1, 12), st.integers(0, 14), st.integers(1, 15))
def test_a_block_is_part_of_the_whole(ring: Ring, top: int, height: int, left: int, width: int) -> None:
    shape = outlines(((ring,),), ROWS, COLUMNS, swapped=False)
    whole = filled(shape, np.arange(12.0), np.arange(15.0))
    part = filled(shape, np.arange(12.0)[top : top + height], np.arange(15.0)[left : left + width])
    np.testing.assert_array_equal(part, whole[top : top + height, left : left + width])


def test_masks_are_remembered_and_cannot_be_changed() -> None:
    masks = Masks(outlines(((((0.0, 0.0), (5.0, 0.0), (0.0, 5.0)),),), ROWS, COLUMNS, swapped=False), ROWS, COLUMNS)
    first = masks.block((0, 12), (0, 15))
    assert masks.block((0, 12), (0, 15)) is first
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = False


@pytest.mark.parametrize(
    ("polygons", "message"),
    [
        ((), "outline"),
        (((),), "outline"),
        (((((0.0, 0.0), (1.0, 1.0)),),), "at least three"),
        (((((0.0, 0.0), (1.0, 1.0), (0.0, 0.0)),),), "at least three"),
        (((((0.0, 0.0), (1.0, 1.0), (1.0, 1.0), (2.0, 0.0)),),), r"vertex \(1 1\) occurs twice"),
        (((((0.0, 0.0), (1.0, 1.0, 1.0), (2.0, 0.0)),),), r"has 3 coordinates; there must be 2, for y, x"),
        (((((0.0, 0.0), (float("inf"), 1.0), (2.0, 0.0)),),), "not a finite number"),
    ],
)
def test_what_is_no_polygon_is_refused(polygons: tuple[tuple[Ring, ...], ...], message: str) -> None:
    with pytest.raises(InvalidSubsetting, match=message):
        check_polygons(polygons, ("y", "x"))
