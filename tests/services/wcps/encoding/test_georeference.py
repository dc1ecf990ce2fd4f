# SPDX-License-Identifier: MIT
"""Other places for results."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from eoxserver.core.axes import RegularAxis
from eoxserver.core.crs import parse_crs
from eoxserver.core.errors import CrsUnknown, InvalidParameterValue, InvalidRequest, UnsupportedCombination
from eoxserver.services.wcps.encoding.georeference import GeoReference, parse_geo_reference, placed
from eoxserver.testing.coverages import counted, cube, image, index_image
from tests.services.wcps.encoding.tools import Encoding, airtemp, table

BOX = {"xmin": 1000, "ymin": 2000, "xmax": 1400, "ymax": 2300}


def extra(**reference: Any) -> str:
    return json.dumps({"geoReference": reference})


@pytest.mark.parametrize("crs", ["EPSG:3857", "http://www.opengis.net/def/crs/EPSG/0/3857"])
def test_a_bounding_box_replaces_the_place(encoding: Encoding, crs: str) -> None:
    coverage = image(counted((1, 3, 4)))
    with encoding.opened(coverage, "tiff", extra(crs=crs, bbox=BOX)) as dataset:
        assert dataset.crs.to_epsg() == 3857
        assert tuple(dataset.bounds) == (1000, 2000, 1400, 2300)
        np.testing.assert_array_equal(dataset.read(), counted((1, 3, 4)))


@pytest.mark.parametrize("north_up", [True, False])
def test_the_image_is_the_same(encoding: Encoding, north_up: bool) -> None:
    coverage = image(counted((1, 3, 4)), north_up=north_up)
    place = extra(crs="EPSG:4326", bbox=BOX | {"xmin": 1, "xmax": 5, "ymin": 3, "ymax": 4})
    np.testing.assert_array_equal(encoding.cells(coverage, "tiff", place), encoding.cells(coverage, "tiff"))
    moved = placed(coverage, GeoReference(parse_crs("EPSG:4326"), (1, 3, 5, 4)))
    y = moved.domain.axes[0]
    assert isinstance(y, RegularAxis) and (y.step < 0) is north_up
    assert moved.domain.crs_labels[0] == y.label


def test_indices_get_a_place_with_i_as_columns(encoding: Encoding) -> None:
    coverage = table(counted((1, 4, 3)))
    with encoding.opened(coverage, "tiff", extra(crs="EPSG:4326", bbox=BOX | {"ymin": 0, "ymax": 30})) as dataset:
        assert (dataset.width, dataset.height) == (4, 3)
        assert dataset.crs.to_epsg() == 4326
        assert tuple(dataset.bounds) == (1000, 0, 1400, 30)
        np.testing.assert_array_equal(dataset.read(1), counted((1, 4, 3))[0].T)


def test_long_before_lat_stays_so(encoding: Encoding) -> None:
    place = extra(crs="EPSG:4326", bbox={"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4})
    with encoding.opened(airtemp(), "tiff", place) as dataset:
        assert tuple(dataset.bounds) == (1, 2, 3, 4)
        np.testing.assert_array_equal(dataset.read(), encoding.cells(airtemp(), "tiff"))
    assert encoding.text(airtemp(), "csv", place) == encoding.text(airtemp(), "csv")


def test_the_crs_is_its_own_where_none_is_given(encoding: Encoding) -> None:
    older = "xmin=1;ymin=2;xmax=3;ymax=4"
    for text in (older, extra(bbox={"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4})):
        with encoding.opened(airtemp(), "tiff", text) as dataset:
            assert (dataset.crs.to_epsg(), tuple(dataset.bounds)) == (4326, (1, 2, 3, 4))
    with pytest.raises(InvalidParameterValue, match="the result has no CRS of its own"):
        encoding.result(table(counted((1, 2, 2))), "tiff", older)


def test_cubes_are_moved_in_x_and_y(encoding: Encoding) -> None:
    moved = placed(cube(counted((1, 2, 3, 4))), GeoReference(parse_crs("EPSG:3857"), (0, 0, 40, 30)))
    assert list(moved.domain.horizontal_bounds) == [0, 0, 40, 30]
    assert len(moved.domain.axes) == 3
    with pytest.raises(UnsupportedCombination, match="the result has i"):
        placed(table([[1, 2]]), GeoReference(parse_crs("EPSG:3857"), (0, 0, 40, 30)))


POINTS = [
    {"id": "1", "info": "corner", "pixel": 0, "line": 0, "x": 10, "y": 50, "z": 7},
    {"pixel": 4, "line": 0, "x": 12, "y": 50.5},
    {"pixel": 4, "line": 3, "x": "12.5", "y": 48},
    {"pixel": 0, "line": 3, "x": 10, "y": 47.5},
]


@pytest.mark.parametrize("coverage", [image(counted((1, 3, 4))), index_image(counted((1, 3, 4)))])
def test_ground_control_points(encoding: Encoding, coverage: Any) -> None:
    with encoding.opened(coverage, "tiff", extra(crs="EPSG:4326", GCPs=POINTS)) as dataset:
        points, crs = dataset.gcps
        assert crs.to_epsg() == 4326
        assert [(point.col, point.row, point.x, point.y, point.z) for point in points] == [
            (0, 0, 10, 50, 7), (4, 0, 12, 50.5, 0), (4, 3, 12.5, 48, 0), (0, 3, 10, 47.5, 0),
        ]  # fmt: skip
        np.testing.assert_array_equal(dataset.read(), counted((1, 3, 4)))


def test_points_are_those_of_images(encoding: Encoding) -> None:
    place = extra(crs="EPSG:4326", GCPs=POINTS)
    with pytest.raises(UnsupportedCombination, match="An image with GCPs holds two axes"):
        encoding.result(cube(counted((1, 2, 3, 4))), "tiff", place)
    for name in ("netcdf", "csv", "gml", "dem"):
        with pytest.raises(InvalidRequest, match="GCPs do not apply to the format .*; accepted: formats of images"):
            encoding.result(image(counted((1, 3, 4))), name, place)


@pytest.mark.parametrize(
    ("value", "locator", "text"),
    [
        ([], "geoReference", "accepted:"),
        ({"crs": "EPSG:4326"}, "geoReference", "one of bbox and GCPs"),
        ({"crs": "EPSG:4326", "bbox": BOX, "GCPs": POINTS}, "geoReference", "one of bbox and GCPs"),
        ({"crs": 4326, "bbox": BOX}, "geoReference.crs", "a CRS by its code or URL"),
        ({"crs": "http://www.opengis.net/def/crs/OGC/0/AnsiDate", "bbox": BOX}, "geoReference.crs", "a horizontal CRS"),
        ({"bbox": {"xmin": 1}}, "geoReference.bbox.ymin", "accepted: a number"),
        ({"bbox": BOX | {"xmax": 1000}}, "geoReference.bbox", "xmin less than xmax"),
        ({"bbox": BOX | {"xmax": "Infinity"}}, "geoReference.bbox.xmax", "that is finite"),
        ({"bbox": BOX | {"zmin": 0}}, "zmin", "no key 'zmin' of geoReference.bbox"),
        ({"GCPs": POINTS}, "geoReference.crs", "the CRS of the GCPs"),
        ({"crs": "EPSG:4326", "GCPs": []}, "geoReference.GCPs", "at least one point"),
        ({"crs": "EPSG:4326", "GCPs": [{"pixel": 1}]}, "geoReference.GCPs[0].line", "accepted: a number"),
        ({"crs": "EPSG:4326", "GCPs": [7]}, "geoReference.GCPs[0]", "an object of pixel, line, x and y"),
        ({"CRS": "EPSG:4326", "bbox": BOX}, "CRS", "did you mean 'crs'"),
    ],
)
def test_what_is_wrong(value: object, locator: str, text: str) -> None:
    with pytest.raises((InvalidParameterValue, CrsUnknown)) as caught:
        parse_geo_reference(value)
    assert text in caught.value.message
    assert caught.value.locator == locator
