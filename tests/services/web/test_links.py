# SPDX-License-Identifier: MIT
"""Addresses and commands of the start page."""

from __future__ import annotations

import shlex
from urllib.parse import parse_qs, urlsplit

import pytest

from eoxserver.core.crs import parse_crs
from eoxserver.services.web.links import (
    MapView,
    coverage_commands,
    layer_commands,
    map_url,
    map_view,
    service_commands,
)

BASE = "http://eo.example/ows"
LAT_LONG = parse_crs("EPSG:4326")
VIEW = MapView(LAT_LONG, (112.0, -44.5, 156.25, -9.0), 300, 240)


@pytest.mark.parametrize(
    ("bounds", "size"),
    [
        ((0, 0, 20, 10), (320, 160)),
        ((0, 0, 10, 20), (100, 200)),
        ((0, 0, 16, 10), (320, 200)),
        ((0, 0, 1000, 1), (320, 1)),
        ((0, 0, 1, 1000), (1, 200)),
    ],
)
def test_maps_keep_the_shape_of_their_layer(bounds: tuple[float, float, float, float], size: tuple[int, int]) -> None:
    view = map_view(LAT_LONG, bounds, None, 320, 200)
    assert view == MapView(LAT_LONG, bounds, *size)


def test_a_crs_without_code_is_replaced() -> None:
    free = parse_crs("+proj=laea +lat_0=12.3 +lon_0=4.5 +ellps=GRS80")
    view = map_view(free, (0, 0, 1000, 1000), (4.0, 12.0, 5.0, 13.0), 320, 200)
    assert view is not None
    assert (view.crs.short, view.bounds) == ("CRS:84", (4.0, 12.0, 5.0, 13.0))
    assert map_view(free, (0, 0, 1000, 1000), None, 320, 200) is None


@pytest.mark.parametrize("bounds", [(5.0, 5.0, 5.0, 5.0), (5.0, 5.0, 6.0, 5.0)])
def test_points_and_lines_have_something_around_them(bounds: tuple[float, float, float, float]) -> None:
    view = map_view(None, None, bounds, 320, 200)
    assert view is not None
    assert view.bounds[0] < bounds[0] and view.bounds[1] < bounds[1]
    assert view.bounds[2] > bounds[2] and view.bounds[3] > bounds[3]


def test_the_address_of_a_map() -> None:
    found = urlsplit(map_url(BASE, "air", VIEW, "image/png", transparent=True))
    assert parse_qs(found.query, keep_blank_values=True) == {
        "service": ["WMS"], "version": ["1.3.0"], "request": ["GetMap"], "layers": ["air"], "styles": [""],
        "crs": ["EPSG:4326"], "bbox": ["-44.5,112,-9,156.25"], "width": ["300"], "height": ["240"],
        "format": ["image/png"], "transparent": ["true"],
    }  # fmt: skip
    assert "bbox=112,-44.5,156.25,-9&" in map_url(
        BASE, "air", MapView(parse_crs("CRS:84"), *_rest(VIEW)), "image/png", False
    )


def _rest(view: MapView) -> tuple[tuple[float, float, float, float], int, int]:
    return view.bounds, view.width, view.height


def test_an_address_with_a_query_of_its_own() -> None:
    assert map_url("http://eo.example/cgi?map=a", "l", VIEW, "image/png", False).startswith(
        "http://eo.example/cgi?map=a&service="
    )


@pytest.mark.parametrize(
    "base", [BASE, 'http://eo.example/"; rm -rf $HOME; echo `id`/ows', "http://eo.example/a b'\\/ows"]
)
def test_commands_are_one_command_of_a_shell(base: str) -> None:
    commands = (
        *service_commands(base)[1:], *layer_commands(base, "air", VIEW, "image/png"),
        *coverage_commands(base, "air", ("Lat", "Long")),
    )  # fmt: skip
    for command in commands:
        words = shlex.split(command.text)
        if command.text.startswith(("http", "WCS:")):
            assert not set(command.text) & set(" \"'`$\\;"), command.text
        else:
            assert words[0] in ("curl", "gdalinfo", "gdal_translate")
            assert not set(command.text) & set("`$\\"), command.text
            assert sum("http" in word for word in words) == 1


def test_coverages_of_other_than_two_axes_have_a_description_only() -> None:
    assert [one.label for one in coverage_commands(BASE, "cube", ("ansi", "Lat", "Long"))] == ["Description"]
