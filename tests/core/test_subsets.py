# SPDX-License-Identifier: MIT
"""Bounds given in another CRS than that of the axes."""

from __future__ import annotations

import numpy as np
import pytest

from eoxserver.core.axes import IrregularAxis, RegularAxis, Role
from eoxserver.core.crs import parse_crs, transform_bounds, transform_points
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidAxisLabel, InvalidSubsetting, SubsettingCrsNotSupported
from eoxserver.core.rasters import raster_domain
from eoxserver.core.selection import GRID, Selection, Slice, Subset, Trim, select

GEO = parse_crs("EPSG:4326")
MERCATOR = parse_crs("EPSG:3857")
UTM = parse_crs("EPSG:32633")
LAEA = parse_crs("EPSG:3035")
ANSI = parse_crs("OGC/0/AnsiDate")
WORLD = raster_domain(GEO, (-180.0, -90.0, 180.0, 90.0), 360, 180)
SCENE = raster_domain(UTM, (300000.0, 5300000.0, 400000.0, 5400000.0), 100, 100)
TIMES = IrregularAxis("ansi", np.array([148654.0, 148655.0]), ANSI, "d", Role.T)
CUBE = Domain((TIMES, *WORLD.axes), ("ansi", "Lat", "Long"))
DATELINE = raster_domain(GEO, (95.0, -45.0, 206.0, 84.0), 111, 129)


def in_crs(
    box: tuple[float, float, float, float], crs: str, source: str = "EPSG:4326"
) -> tuple[float, float, float, float]:
    return transform_bounds(parse_crs(source), parse_crs(crs), box)


def columns_and_rows(selection: Selection) -> tuple[int, int, int, int]:
    (row, column), (row_stop, column_stop) = selection.box.low[-2:], selection.box.high[-2:]
    return column, row, column_stop, row_stop


def test_a_box_in_mercator() -> None:
    west, south, east, north = in_crs((10, 40, 20, 50), "EPSG:3857")
    selection = select(WORLD, [Trim("Long", west, east), Trim("Lat", south, north)], MERCATOR)
    assert columns_and_rows(selection) == (190, 40, 200, 50)
    assert selection.domain.horizontal_bounds == pytest.approx((10, 40, 20, 50))


@pytest.mark.parametrize("labels", [("Long", "Lat"), ("Lon", "Lat"), ("X", "Y")])
def test_axes_are_named_as_in_either_crs(labels: tuple[str, str]) -> None:
    west, south, east, north = in_crs((10, 40, 20, 50), "EPSG:3857")
    selection = select(WORLD, [Trim(labels[1], south, north), Trim(labels[0], west, east)], MERCATOR)
    assert columns_and_rows(selection) == (190, 40, 200, 50)


def test_labels_of_a_crs_with_northing_first() -> None:
    west, south, east, north = in_crs((10, 50, 12, 52), "EPSG:3035")
    selection = select(WORLD, [Trim("Y", south, north), Trim("X", west, east)], LAEA)
    assert columns_and_rows(selection) == (190, 37, 193, 41)
    on_utm = select(SCENE, [Trim("Lon", 12.5, 13), Trim("Lat", 48, 48.5)], GEO)
    assert 0 < on_utm.box.cell_count < 10000


def test_labels_of_a_foreign_crs_mean_nothing_without_it() -> None:
    with pytest.raises(InvalidAxisLabel, match="no axis 'X'"):
        select(WORLD, [Trim("X", 0, 1), Trim("Y", 0, 1)])
    with pytest.raises(InvalidAxisLabel, match="no axis 'h'"):
        select(WORLD, [Trim("h", 0, 1)], parse_crs("EPSG:4979"))


def test_a_box_is_taken_around_its_bent_edges() -> None:
    west, south, east, north = 12.6, 48.0, 13.2, 48.4
    selection = select(SCENE, [Trim("E", west, east), Trim("N", south, north)], GEO)
    x, y = transform_points(GEO, UTM, np.linspace(west, east, 50), np.linspace(south, north, 50)[:, None])
    min_x, min_y, max_x, max_y = selection.domain.horizontal_bounds
    assert min_x <= x.min()
    assert max_x >= x.max()
    assert min_y <= y.min()
    assert max_y >= y.max()


def test_a_point_is_sliced_in_both_directions() -> None:
    x, y = transform_points(GEO, MERCATOR, 10.5, 40.5)
    selection = select(WORLD, [Slice("X", float(x)), Slice("Y", str(float(y)))], MERCATOR)
    assert columns_and_rows(selection) == (190, 49, 191, 50)
    assert selection.domain.labels == ()
    with pytest.raises(InvalidSubsetting, match="has no place"):
        select(SCENE, [Slice("Long", 10), Slice("Lat", 95)], GEO)
    with pytest.raises(InvalidSubsetting, match="outside"):
        select(SCENE, [Slice("Long", 10), Slice("Lat", 10)], GEO)


def test_open_ends_are_those_of_the_coverage() -> None:
    _, _, east, north = in_crs((0, 0, 20, 50), "EPSG:3857")
    selection = select(WORLD, [Trim("Long", None, east), Trim("Lat", "*", north)], MERCATOR)
    assert columns_and_rows(selection) == (0, 40, 200, 176)
    assert select(SCENE, [Trim("E"), Trim("N")], GEO).box.shape == (100, 100)


def test_bounds_of_one_axis_are_not_enough() -> None:
    west, south, _, north = in_crs((10, 40, 20, 50), "EPSG:3857")
    incomplete: list[list[Subset]] = [
        [Trim("Long", west, None)],
        [Trim("Lat", south, north)],
        [Trim("Long", west, None), Slice("Lat", south)],
        [Trim("Long", west, None), Trim("Lat", 0, 10, GRID)],
    ]
    for subsets in incomplete:
        with pytest.raises(InvalidSubsetting, match="both horizontal axes"):
            select(WORLD, subsets, MERCATOR)
    with pytest.raises(InvalidSubsetting, match="both horizontal axes"):
        select(WORLD, [Trim("Long", 0, 1, MERCATOR), Trim("Lat", 0, 1, LAEA)])


def test_a_subset_may_name_its_crs_itself() -> None:
    west, south, east, north = in_crs((10, 40, 20, 50), "EPSG:3857")
    for crs in (MERCATOR, "EPSG:3857", "http://www.opengis.net/def/crs/EPSG/0/3857"):
        selection = select(WORLD, [Trim("Long", west, east, crs), Trim("Lat", south, north, crs)])
        assert columns_and_rows(selection) == (190, 40, 200, 50)
    own = select(WORLD, [Trim("Long", 10, 20, GEO), Trim("Lat", 40, 50, GEO)], MERCATOR)
    assert columns_and_rows(own) == (190, 40, 200, 50)


@pytest.mark.parametrize(
    "name",
    ["EPSG:4326", "CRS:84", "EPSG:4979", 'EPSG:4326?axis-label-1="y"', "OGC/0/AnsiDate@EPSG:4326"],
)
def test_the_coverages_own_plane_under_other_names_changes_nothing(name: str) -> None:
    crs = parse_crs(name)
    assert columns_and_rows(select(CUBE, [Trim("Long", 10, 20)], crs)) == (190, 0, 200, 180)
    assert columns_and_rows(select(CUBE, [Trim("Lat", 40, 50), Slice("Long", 10.5)], crs)) == (190, 40, 191, 50)
    assert columns_and_rows(select(CUBE, [Trim("Long", 10, 20, crs)])) == (190, 0, 200, 180)


def test_other_axes_keep_their_own_crs() -> None:
    west, south, east, north = in_crs((10, 40, 20, 50), "EPSG:3857")
    both = [Trim("Long", west, east), Trim("Lat", south, north)]
    for crs in (MERCATOR, parse_crs("OGC/0/AnsiDate@EPSG:3857")):
        selection = select(CUBE, [Slice("ansi", "2008-01-02"), *both], crs)
        assert selection.box.low == (1, 40, 190)
    renamed = parse_crs('OGC/0/AnsiDate?axis-label="day"')
    assert select(CUBE, [Slice("ansi", "2008-01-02", renamed)]).box.low[0] == 1


@pytest.mark.parametrize(
    ("label", "crs"),
    [("ansi", "EPSG:4326"), ("ansi", "OGC/0/UnixTime"), ("Lat", "OGC/0/AnsiDate"), ("Lat", "EPSG:5773")],
)
def test_a_crs_that_does_not_fit_the_axis_is_refused(label: str, crs: str) -> None:
    with pytest.raises(SubsettingCrsNotSupported, match=f"axis '{label}' cannot be given in") as caught:
        select(CUBE, [Trim(label, 0, 1, crs)])
    assert caught.value.locator == "subsettingCrs"


def test_a_crs_out_of_reach_is_refused() -> None:
    with pytest.raises(SubsettingCrsNotSupported, match="no transformation"):
        select(WORLD, [Trim("Long", 0, 1), Trim("Lat", 0, 1)], parse_crs("EPSG:2218"))
    with pytest.raises(SubsettingCrsNotSupported, match="cannot be projected"):
        select(SCENE, [Trim("Long", 0, 1), Trim("Lat", 95, 96)], GEO)


def test_reversed_and_unreadable_bounds_are_refused_before_anything_is_transformed() -> None:
    with pytest.raises(InvalidSubsetting, match="lower bound 2 is greater than upper bound 1"):
        select(WORLD, [Trim("Long", 2, 1), Trim("Lat", 0, 1)], MERCATOR)
    with pytest.raises(InvalidSubsetting, match="'east' is not a number"):
        select(WORLD, [Trim("Long", "east", 1), Trim("Lat", 0, 1)], MERCATOR)
    with pytest.raises(InvalidSubsetting, match="outside"):
        select(SCENE, [Trim("Long", 100, 101), Trim("Lat", 48, 49)], GEO)


def test_longitudes_beyond_the_antimeridian_are_found() -> None:
    """Mercator knows 190 degrees east as 170 west only."""
    box = in_crs((-170, -10, -160, 0), "EPSG:3857")
    selection = select(DATELINE, [Trim("X", box[0], box[2]), Trim("Y", box[1], box[3])], MERCATOR)
    assert selection.domain.horizontal_bounds == pytest.approx((190, -10, 200, 0))
    x, y = transform_points(GEO, MERCATOR, -165.5, -9.5)
    point = select(DATELINE, [Slice("X", float(x)), Slice("Y", float(y))], MERCATOR)
    assert columns_and_rows(point)[:2] == (194 - 95, 93)
    world = in_crs((-180, -45, 180, 84), "EPSG:3857")
    everything = select(DATELINE, [Trim("X", world[0], world[2]), Trim("Y", world[1], world[3])], MERCATOR)
    assert everything.box.shape == DATELINE.shape
    utm = transform_bounds(GEO, parse_crs("EPSG:32701"), (181, -10, 183, -5))
    zone = select(DATELINE, [Trim("E", utm[0], utm[2]), Trim("N", utm[1], utm[3])], parse_crs("EPSG:32701"))
    west, _, east, _ = zone.domain.horizontal_bounds
    assert west <= 181
    assert east >= 183


def test_grids_of_other_units_are_not_turned() -> None:
    grad = parse_crs("EPSG:4807")
    domain = Domain(
        (
            RegularAxis("Lat", 10.5, 1.0, 100, grad, "grad", Role.Y),
            RegularAxis("Long", 0.5, 1.0, 200, grad, "grad", Role.X),
        )
    )
    box = transform_bounds(grad, MERCATOR, (20, 40, 30, 50))
    selection = select(domain, [Trim("Long", box[0], box[2]), Trim("Lat", box[1], box[3])], MERCATOR)
    assert selection.domain.horizontal_bounds == pytest.approx((20, 40, 30, 50), abs=1.1)
