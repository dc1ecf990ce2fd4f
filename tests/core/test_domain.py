# SPDX-License-Identifier: MIT
"""Domains: two orders of axes, the CRS of the whole, parts of it."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

from eoxserver.core import domain as module
from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import CoverageUnusable, InvalidAxisLabel

PLANE = parse_crs("EPSG:4326")
ANSI = parse_crs("OGC/0/AnsiDate")
HEIGHT = parse_crs("EPSG:5773")
LAT = RegularAxis("Lat", -9.0, -0.05, 711, PLANE, "degree", Role.Y)
LONG = RegularAxis("Long", 112.0, 0.05, 886, PLANE, "degree", Role.X)
TIME = IrregularAxis("ansi", np.array([148654.0, 148656.0, 148657.0]), ANSI, "d", Role.T)
UP = RegularAxis("H", 10.0, 20.0, 4, HEIGHT, "metre", Role.Z)
IMAGE = Domain((LAT, LONG))
CUBE = Domain((LAT, LONG, TIME), ("ansi", "Lat", "Long"))


def test_docstrings_hold() -> None:
    assert doctest.testmod(module).failed == 0


def test_grid_order_and_crs_order_are_kept_apart() -> None:
    assert CUBE.labels == ("Lat", "Long", "ansi")
    assert CUBE.shape == (711, 886, 3)
    assert CUBE.cell_count == 711 * 886 * 3
    assert CUBE.crs_axes == (TIME, LAT, LONG)
    low, high = CUBE.envelope()
    assert low == pytest.approx((148654.0, -44.525, 111.975))
    assert high == pytest.approx((148657.0, -8.975, 156.275))
    assert IMAGE.crs_labels == ("Lat", "Long")


def test_the_crs_of_the_whole() -> None:
    assert CUBE.crs == parse_crs("OGC/0/AnsiDate@EPSG:4326")
    assert CUBE.crs_components == (ANSI, PLANE)
    assert IMAGE.crs == PLANE
    assert Domain((UP, TIME, LAT, LONG)).crs == parse_crs("EPSG:5773@OGC/0/AnsiDate@EPSG:4326")
    assert Domain((IndexAxis("i", 3),)).crs is None
    assert Domain(()).crs is None


def test_a_crs_without_code_has_its_place_in_the_compound() -> None:
    own = parse_crs("+proj=sinu +R=6371007.181")
    x, y = (RegularAxis(label, 0.0, 1.0, 2, own, "metre", role) for label, role in (("E", Role.X), ("N", Role.Y)))
    crs = Domain((TIME, y, x), ("ansi", "E", "N")).crs
    assert crs is not None
    assert crs.components == (ANSI, own)


def test_a_component_goes_with_its_last_axis() -> None:
    assert CUBE.without(frozenset({2})).crs == PLANE
    assert CUBE.without(frozenset({0})).crs == parse_crs("OGC/0/AnsiDate@EPSG:4326")
    alone = CUBE.without(frozenset({0, 2}))
    assert (alone.labels, alone.crs_labels, alone.crs) == (("Long",), ("Long",), PLANE)
    nothing = CUBE.without(frozenset({0, 1, 2}))
    assert (nothing.shape, nothing.cell_count, nothing.crs, nothing.envelope()) == ((), 1, None, ((), ()))


def test_axes_are_found_by_label_and_synonym() -> None:
    assert CUBE.index("ansi") == 2
    assert CUBE.axis("Lon") is LONG
    assert Domain((RegularAxis("Lon", 0.0, 1.0, 2),)).index("Long") == 0
    with pytest.raises(InvalidAxisLabel, match="no axis 'lat'; did you mean 'Lat'") as caught:
        CUBE.axis("lat")
    assert caught.value.locator == "lat"
    with pytest.raises(InvalidAxisLabel, match="none is available"):
        Domain(()).index("Lat")


def test_the_plane_needs_two_regular_axes_of_one_crs() -> None:
    assert CUBE.horizontal == CUBE.require_horizontal() == (1, 0)
    assert CUBE.horizontal_crs == PLANE
    assert CUBE.horizontal_bounds == pytest.approx((111.975, -44.525, 156.275, -8.975))
    other = RegularAxis("E", 0.0, 1.0, 3, parse_crs("EPSG:32632"), "metre", Role.X)
    bent = IrregularAxis("Long", np.array([1.0, 3.0]), PLANE, "degree", Role.X)
    nowhere: tuple[tuple[Axis, ...], ...] = (
        (LAT,), (LONG,), (TIME,), (), (LAT, other), (LAT, bent), (IndexAxis("j", 2), IndexAxis("i", 2)),
        (RegularAxis("y", 0.0, 1.0, 2, role=Role.Y), RegularAxis("x", 0.0, 1.0, 2, role=Role.X)),
    )  # fmt: skip
    for axes in nowhere:
        domain = Domain(axes)
        assert domain.horizontal is None
        assert domain.horizontal_crs is None
        with pytest.raises(CoverageUnusable, match="regular x and y axes"):
            _ = domain.horizontal_bounds
    assert Domain((TIME, LAT)).role_index(Role.T) == 0
    assert Domain((TIME, LAT)).role_index(Role.X) is None


def test_axes_are_replaced_in_both_orders() -> None:
    east = RegularAxis("E", 0.0, 1.0, 3, parse_crs("EPSG:32632"), "metre", Role.X)
    changed = CUBE.replaced({1: east, 0: LAT.cells(0, 2)})
    assert changed.labels == ("Lat", "E", "ansi")
    assert changed.crs_labels == ("ansi", "Lat", "E")
    assert changed.shape == (2, 3, 3)
    assert CUBE.replaced({}) == CUBE


@pytest.mark.parametrize(
    ("axes", "subtype"),
    [((LAT, LONG), "RectifiedGridCoverage"), ((LAT, LONG, TIME), "ReferenceableGridCoverage"),
     ((IndexAxis("j", 2), IndexAxis("i", 2)), "GridCoverage"), ((IndexAxis("i", 2), LAT), "RectifiedGridCoverage"),
     ((), "RectifiedGridCoverage")],
)  # fmt: skip
def test_the_subtype_follows_from_the_axes(axes: tuple[Axis, ...], subtype: str) -> None:
    assert Domain(axes).subtype == subtype


def test_impossible_domains_are_refused() -> None:
    with pytest.raises(ValueError, match="not unique"):
        Domain((LAT, LAT))
    for order in (("Lat",), ("Lat", "x"), ("Lat", "Long", "ansi"), ("Lat", "Lat")):
        with pytest.raises(ValueError, match="CRS order"):
            Domain((LAT, LONG), order)
