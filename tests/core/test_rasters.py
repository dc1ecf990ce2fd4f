# SPDX-License-Identifier: MIT
"""Domains of 2-D rasters."""

from __future__ import annotations

import pytest

from eoxserver.core.axes import IndexAxis, RegularAxis
from eoxserver.core.crs import parse_crs
from eoxserver.core.errors import CrsNotSupported
from eoxserver.core.rasters import index_domain, raster_domain


@pytest.mark.parametrize(
    ("name", "grid", "order"),
    [
        ("EPSG:4326", ("Lat", "Long"), ("Lat", "Long")),
        ("CRS:84", ("Lat", "Long"), ("Long", "Lat")),
        ("EPSG:3857", ("Y", "X"), ("X", "Y")),
        ("EPSG:32633", ("N", "E"), ("E", "N")),
        ("EPSG:3035", ("Y", "X"), ("Y", "X")),
        ("EPSG:2180", ("x", "y"), ("x", "y")),
        ("EPSG:4979", ("Lat", "Long"), ("Lat", "Long")),
    ],
)
def test_rows_run_along_y_and_columns_along_x(name: str, grid: tuple[str, str], order: tuple[str, str]) -> None:
    domain = raster_domain(parse_crs(name), (10.0, 40.0, 18.0, 44.0), 16, 4)
    assert domain.labels == grid
    assert domain.crs_labels == order
    assert domain.shape == (4, 16)
    assert domain.horizontal == (1, 0)
    assert domain.horizontal_bounds == pytest.approx((10, 40, 18, 44))
    assert domain.crs == parse_crs(name).horizontal
    y, x = domain.axes
    assert isinstance(y, RegularAxis)
    assert isinstance(x, RegularAxis)
    assert (y.origin, y.step, x.origin, x.step) == (43.5, -1.0, 10.25, 0.5)
    assert y.unit == parse_crs(name).axes[0].unit


def test_the_first_row_may_be_the_southernmost() -> None:
    y = raster_domain(parse_crs("EPSG:4326"), (10.0, 40.0, 18.0, 44.0), 16, 4, north_up=False).axes[0]
    assert isinstance(y, RegularAxis)
    assert (y.origin, y.step) == (40.5, 1.0)


@pytest.mark.parametrize("name", ["OGC/0/AnsiDate", "EPSG:5773", "OGC/0/Index2D", 'LOCAL_CS["x",UNIT["metre",1]]'])
def test_a_raster_needs_a_plane_on_the_earth(name: str) -> None:
    with pytest.raises(CrsNotSupported, match="no horizontal axes"):
        raster_domain(parse_crs(name), (0, 0, 1, 1), 1, 1)


def test_pixels_without_georeference_are_counted() -> None:
    domain = index_domain(40, 30)
    assert domain.shape == (30, 40)
    assert domain.crs_labels == ("i", "j")
    assert domain.crs == parse_crs("OGC/0/Index2D")
    assert all(isinstance(axis, IndexAxis) for axis in domain.axes)
    assert domain.horizontal is None
