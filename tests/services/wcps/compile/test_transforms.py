# SPDX-License-Identifier: MIT
"""crsTransform (section 4.3)."""

from __future__ import annotations

import pytest

from eoxserver.core.errors import (
    InterpolationNotSupported,
    InvalidAxisLabel,
    InvalidRequest,
    InvalidSubsetting,
    NoSuchDefinition,
    WcpsSemanticError,
)
from eoxserver.query.plan import Interpolation, Reproject
from tests.services.wcps.compile.querying import cells, coverage, refused

WEB = "EPSG:3857"


def reproject(call: str) -> Reproject:
    node = coverage(f"for $c in (airtemp) return {call}").node
    assert isinstance(node, Reproject)
    return node


def test_axes_and_labels_come_from_the_target() -> None:
    value = coverage('for $c in (airtemp) return crsTransform($c,"http://host/def/crs/EPSG/0/3857",{bilinear})')
    assert set(value.domain.labels) == {"X", "Y"}
    assert value.domain.horizontal_crs is not None
    assert value.domain.horizontal_crs.epsg == 3857
    assert value.low == (0, 0)
    both = coverage(f'for $c in (airtemp) return crsTransform($c,{{Lat:"{WEB}",Long:"{WEB}"}},{{bilinear}})')
    assert both.domain == value.domain


@pytest.mark.parametrize(
    ("option", "method"),
    [
        ("", Interpolation.NEAREST),
        (",{}", Interpolation.NEAREST),
        (",{Near}", Interpolation.NEAREST),
        (",{cubicspline}", Interpolation.CUBIC_SPLINE),
        (",{q3}", Interpolation.Q3),
        (",{med}", Interpolation.MEDIAN),
    ],
)
def test_interpolations(option: str, method: Interpolation) -> None:
    assert reproject(f'crsTransform($c,"{WEB}"{option})').interpolation is method


def test_resolution_and_bounds_make_the_grid() -> None:
    value = coverage(
        f'for $c in (airtemp) return crsTransform($c,"{WEB}",{{near}},{{X:10000,Y:20000}},'
        "{X(13000000:14000000),Y(-4000000:-3000000)})"
    )
    assert value.domain.horizontal_bounds == pytest.approx((13000000, -4000000, 14000000, -3000000))
    assert dict(zip(value.domain.labels, value.domain.shape, strict=True)) == {"X": 100, "Y": 50}


def test_a_resolution_alone_keeps_the_extent() -> None:
    assert reproject(f'crsTransform($c,"{WEB}")').grid is None
    grid = reproject(f'crsTransform($c,"{WEB}",{{near}},{{10000}})').grid
    assert grid is not None
    west, _, east, north = grid.bounds
    around = coverage(f'for $c in (airtemp) return crsTransform($c,"{WEB}")').domain.horizontal_bounds
    assert (west, north) == (around[0], around[3])
    assert abs(east - around[2]) <= 10000
    assert grid.width * 10000 == pytest.approx(east - west)


def test_bounds_of_a_domain_are_brought_to_the_target() -> None:
    value = coverage(
        f'for $c in (airtemp) return crsTransform($c,"{WEB}",{{near}},{{20000}},'
        "{domain($c[Long(120:130),Lat(-20:-10)])})"
    )
    west, south, east, north = value.domain.horizontal_bounds
    assert (west, east) == pytest.approx((13358338, 14471533), abs=20000)
    assert (south, north) == pytest.approx((-2273031, -1118890), abs=30000)
    assert cells(f'for $c in (airtemp) return crsTransform($c,"{WEB}",{{near}},{{500000}})').values.size > 10


@pytest.mark.parametrize(
    ("name", "arguments", "kind", "at"),
    [
        ("eobs", "$c,\"EPSG:3857\"", InvalidRequest, "crsTransform"),
        ("mr", "$c,\"EPSG:3857\"", InvalidRequest, "crsTransform"),
        ("eobs", "$c[Lat(30)],\"EPSG:3857\"", InvalidRequest, "crsTransform"),
        ("mr", "avg($c),\"EPSG:3857\"", InvalidRequest, "avg"),
        ("airtemp", "$c,\"EPSG:3857\",{foo}", InterpolationNotSupported, "crsT"),
        ("airtemp", "$c,\"EPSG:99999\"", NoSuchDefinition, "\"EPSG"),
        ("airtemp", "$c,\"OGC/0/AnsiDate\"", InvalidRequest, "crsT"),
        ("airtemp", "$c,{Lat:\"EPSG:3857\",Long:\"EPSG:4326\"},{}", InvalidRequest, "crsT"),
        ("airtemp", "$c,{Lat:\"EPSG:3857\"},{}", InvalidRequest, "crsT"),
        ("airtemp", "$c,{Lat:\"EPSG:3857\",Lat:\"EPSG:3857\"}", InvalidAxisLabel, "Lat"),
        ("airtemp", "$c,{Foo:\"EPSG:3857\",Lat:\"EPSG:3857\"}", InvalidAxisLabel, "Foo"),
        ("airtemp", "$c,\"EPSG:3857\",{},{Q:3}", InvalidAxisLabel, "Q"),
        ("airtemp", "$c,\"EPSG:3857\",{},{X:0}", WcpsSemanticError, "X"),
        ("airtemp", "$c,\"EPSG:3857\",{},{1, 2, 3}", WcpsSemanticError, "1, 2"),
        ("airtemp", "$c,\"EPSG:3857\",{},{X(3:1)}", InvalidSubsetting, "crsT"),
        ("airtemp", "$c,\"EPSG:3857\",{},{X(\"a\":\"b\")}", InvalidSubsetting, "X("),
        ("airtemp", "$c,\"EPSG:3857\",{},{imageCrsDomain($c)}", InvalidRequest, "imageCrs"),
    ],
)  # fmt: skip
def test_transformations_that_make_no_sense_are_refused(name: str, arguments: str, kind: type, at: str) -> None:
    refused(f"for $c in ({name}) return crsTransform({arguments})", kind, at)
