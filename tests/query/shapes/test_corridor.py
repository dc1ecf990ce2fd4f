# SPDX-License-Identifier: MIT
"""Corridors (section 4.3 of the specification wcps-language)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from eoxserver.core.axes import IndexAxis, RegularAxis
from eoxserver.core.coverage import CellBox
from eoxserver.core.domain import Domain
from eoxserver.core.errors import EOxServerError, InvalidAxisLabel, InvalidSubsetting, UnsupportedCombination
from eoxserver.query.check import price
from eoxserver.query.plan import Corridor, Ring, Trace
from eoxserver.query.resolver import Resolver
from eoxserver.query.steps import Options
from tests.query.samples import Recorder, assert_same, catalogue, climate, covering, cube, numbers, read
from tests.query.shapes.shapes import blocks, by_blocks, given, resolved, result, with_nil

SQUARE: Ring = ((1.0, 1.0), (1.0, 3.0), (3.0, 3.0), (3.0, 1.0))
DIAMOND: Ring = ((2.0, 0.0), (4.0, 2.0), (2.0, 4.0), (0.0, 2.0))


def plane(t: int = 4, height: int = 10, width: int = 12) -> Domain:
    return Domain((IndexAxis("t", t), IndexAxis("y", height), IndexAxis("x", width)))


CUBE = with_nil(covering(plane(), numbers((4, 10, 12))))


def test_the_mask_moves_with_the_track_through_all_axes() -> None:
    """Three dimensions: the track is first, time is sliced where it is."""
    track: Ring = ((0.0, 2.0, 2.0), (3.0, 5.0, 8.0))
    step = result(Corridor(given(CUBE), ("y", "x"), track, (SQUARE,), track_labels=("t", "y", "x")))
    assert step.domain.labels == ("i", "y", "x")
    assert step.domain.shape == (7, 3, 3)
    cells = read(step)
    assert cells.mask().all()
    places = [(0, 2, 2), (0, 2, 3), (1, 3, 4), (1, 3, 5), (2, 4, 6), (2, 4, 7), (3, 5, 8)]
    values = numbers((4, 10, 12))[0]
    expected = np.stack([values[t, y - 1 : y + 2, x - 1 : x + 2] for t, y, x in places])
    np.testing.assert_array_equal(cells.values[0], expected)


def test_axes_the_track_does_not_name_are_left_alone() -> None:
    step = result(Corridor(given(CUBE), ("x", "y"), ((2.0, 2.0), (2.0, 6.0)), (SQUARE,)))
    assert step.domain.labels == ("i", "t", "y", "x")
    values = numbers((4, 10, 12))[0]
    expected = np.stack([values[:, y - 1 : y + 2, 1:4] for y in range(2, 7)])
    np.testing.assert_array_equal(read(step).values[0], expected)


def test_discrete_has_the_vertices_only() -> None:
    track: Ring = ((2.0, 2.0), (2.0, 6.0), (7.0, 6.0), (2.0, 6.0))
    step = result(Corridor(given(CUBE), ("y", "x"), track, (SQUARE,), discrete=True))
    assert step.domain.shape == (4, 4, 3, 3)
    values = numbers((4, 10, 12))[0]
    expected = np.stack([values[:, y - 1 : y + 2, x - 1 : x + 2] for y, x in ((2, 2), (2, 6), (7, 6), (2, 6))])
    np.testing.assert_array_equal(read(step).values[0], expected)


def test_what_is_not_in_the_polygon_is_outside() -> None:
    step = result(Corridor(given(CUBE), ("y", "x"), ((2.0, 2.0), (2.0, 3.0)), (DIAMOND,)))
    expected = np.array([[abs(y - 2) + abs(x - 2) <= 2 for x in range(5)] for y in range(5)])
    np.testing.assert_array_equal(read(step).mask()[0], np.broadcast_to(expected, (2, 4, 5, 5)))


def test_what_is_beyond_the_grid_is_outside() -> None:
    """Zero where there is no nil value; the axis begins below the grid."""
    plain = covering(plane(), numbers((4, 10, 12)) + 1)
    step = result(
        Corridor(
            given(plain), ("y", "x"), ((0.0, 0.0), (0.0, 11.0)), (((-1.0, -1.0), (-1.0, 1.0), (1.0, 1.0), (1.0, -1.0)),)
        )
    )
    assert step.domain.axis("y") == IndexAxis("y", 3, first=-1)
    cells = read(step)
    assert cells.valid is None
    np.testing.assert_array_equal(cells.values[0, 0, 0], [[0, 0, 0], [0, 1, 2], [0, 13, 14]])
    np.testing.assert_array_equal(cells.values[0, 11, 0], [[0, 0, 0], [11, 12, 0], [23, 24, 0]])


def test_the_axes_of_the_polygon_are_those_of_its_first_place() -> None:
    coverage = climate()
    ring: Ring = ((-10.0, 0.0), (-10.0, 20.0), (10.0, 20.0), (10.0, 0.0))
    step = result(Corridor(given(coverage), ("Lat", "Long"), ((1.0, 9.0), (1.0, 99.0)), (ring,)))
    latitude, longitude = step.domain.axis("Lat"), step.domain.axis("Long")
    assert isinstance(latitude, RegularAxis)
    assert (latitude.low, latitude.high, longitude.low, longitude.high) == (-10, 10, 0, 20)
    assert step.domain.labels == ("i", "ansi", "H", "Long", "Lat")
    assert step.domain.crs_labels == ("i", "ansi", "H", "Lat", "Long")
    whole = read(coverage).values
    for place in range(10):
        expected = whole[:, :, :, 18 + place : 20 + place, 8:10]
        np.testing.assert_array_equal(read(step).values[:, place], expected)


@pytest.mark.parametrize(
    ("labels", "track", "polygon", "names", "error", "message"),
    [
        (("y", "x"), ((5.0, 5.0), (6.0, 6.0)), (SQUARE,), (), InvalidSubsetting, "begins at y 5, x 5"),
        (("y", "x"), (), (SQUARE,), (), InvalidSubsetting, "at least one vertex"),
        (("y", "x"), ((2.0, 2.0, 2.0),), (SQUARE,), (), InvalidSubsetting, "has 3 coordinates"),
        (("y", "x"), ((2.0, 2.0),), (), (), InvalidSubsetting, "outline"),
        (("y", "x"), ((0.0, 2.0),), (SQUARE,), ("t", "y"), InvalidSubsetting, "not through the axes of the polygon"),
        (("y", "z"), ((2.0, 2.0),), (SQUARE,), (), InvalidAxisLabel, "no axis 'z'"),
        (
            ("y", "x"),
            ((-9.0, -9.0),),
            (((-8.0, -8.0), (-10.0, -8.0), (-9.0, -11.0)),),
            (),
            InvalidSubsetting,
            "no place",
        ),
    ],
)
def test_what_is_no_corridor_is_refused(
    labels: tuple[str, str],
    track: Ring,
    polygon: tuple[Ring, ...],
    names: tuple[str, ...],
    error: type[EOxServerError],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        result(Corridor(given(CUBE), labels, track, polygon, track_labels=names))


def test_a_polygon_cannot_move_along_an_irregular_axis() -> None:
    ring: Ring = ((148654.0, 380000.0), (148662.0, 380000.0), (148658.0, 382000.0))
    with pytest.raises(UnsupportedCombination, match="ansi is irregular"):
        result(Corridor(given(cube()), ("ansi", "E"), ((148657.0, 380500.0),), (ring,)))


@examples(st.data())
def test_block_by_block_it_is_the_same(data: st.DataObject) -> None:
    coordinates = [st.integers(0, size - 1).map(float) for size in (4, 10, 12)]
    others = data.draw(st.lists(st.tuples(*coordinates), max_size=4))
    track = ((data.draw(coordinates[0]), 2.0, 2.0), *others)
    track, names = (track, ("t", "y", "x")) if data.draw(st.booleans()) else (tuple(each[1:] for each in track), ())
    coverage = data.draw(st.sampled_from([CUBE, covering(plane(), numbers((4, 10, 12), 2))]))
    plan = Corridor(given(coverage), ("y", "x"), track, (DIAMOND,), data.draw(st.booleans()), names)
    whole = read(result(plan))
    assert_same(by_blocks(result(plan), data.draw(blocks(result(plan)))), whole)
    assert_same(read(result(plan, window_bytes=1)), whole)


def test_places_near_each_other_are_read_together_and_far_ones_are_not() -> None:
    axes = (RegularAxis("y", 0.0, 1.0, 5000), RegularAxis("x", 0.0, 1.0, 5000))
    values = np.broadcast_to(np.uint8(1), (1, 5000, 5000))
    source = Recorder([values])
    coverage = covering(Domain(axes), values, source=source)
    ring: Ring = ((0.0, 0.0), (0.0, 50.0), (50.0, 50.0), (50.0, 0.0))
    whole = resolved(Corridor(given(coverage), ("y", "x"), ((25.0, 25.0), (4900.0, 4900.0)), (ring,)))
    step = whole.coverage
    read(step, CellBox((0, 0, 0), (4800, 51, 51)), (0,))
    assert len(source.reads) < 4800 / 30
    assert source.cells == price(whole, CellBox((0, 0, 0), (4800, 51, 51))).cells
    assert step.source.chunks == (1, 51, 51)
    assert max(box.cell_count for box, _, _ in source.reads) <= 4 * 51 * 51


def test_a_large_polygon_is_read_in_pieces() -> None:
    """A block of the result need not hold all of the polygon."""
    axes = (RegularAxis("y", 0.0, 1.0, 5000), RegularAxis("x", 0.0, 1.0, 5000))
    values = np.broadcast_to(np.uint8(1), (1, 5000, 5000))
    source = Recorder([values], chunk=128)
    ring: Ring = ((0.0, 0.0), (0.0, 4000.0), (4000.0, 4000.0), (4000.0, 0.0))
    plan = Corridor(
        given(covering(Domain(axes), values, source=source)), ("y", "x"), ((9.0, 9.0), (9.0, 12.0)), (ring,)
    )
    assert result(plan).source.chunks == (1, 128, 128)


def test_work_that_is_not_wanted_any_more_ends() -> None:
    class Stopped(Exception):
        """Nobody waits."""

    def stop() -> None:
        raise Stopped

    plans = (
        Corridor(given(CUBE), ("y", "x"), ((2.0, 2.0), (2.0, 6.0)), (SQUARE,)),
        Trace(given(CUBE), ("y", "x"), ((2.0, 2.0), (2.0, 6.0))),
    )
    for plan in plans:
        step = Resolver(catalogue(), Options(proceed=stop)).resolve(plan)
        with pytest.raises(Stopped):
            read(step.coverage)


@pytest.mark.parametrize("discrete", [False, True])
def test_a_polygon_of_many_cells_is_moved_as_a_small_one(discrete: bool) -> None:
    coverage = covering(plane(2, 60, 70), numbers((2, 60, 70)))
    ring: Ring = ((1.0, 2.0), (1.0, 24.0), (20.0, 24.0), (20.0, 2.0))
    step = result(Corridor(given(coverage), ("y", "x"), ((10.0, 10.0), (40.0, 50.0)), (ring,), discrete))
    values = np.pad(numbers((2, 60, 70))[0], ((0, 0), (0, 20), (0, 20)))
    places = [(0, 0), (30, 40)] if discrete else [((2 * 30 * step + 39) // 80, step) for step in range(41)]
    expected = np.stack([values[:, 1 + y : 21 + y, 2 + x : 25 + x] for y, x in places])
    np.testing.assert_array_equal(read(step).values[0], expected)
