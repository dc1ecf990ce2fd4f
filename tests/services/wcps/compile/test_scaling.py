# SPDX-License-Identifier: MIT
"""The scale family (section 4.2) and extend (section 4.3)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.errors import (
    InvalidAxisLabel,
    InvalidExtent,
    InvalidRequest,
    InvalidScaleFactor,
    InvalidSubsetting,
    ScaleAxisUndefined,
    UnsupportedCombination,
    WcpsSemanticError,
)
from tests.services.wcps.compile.querying import array, cells, coverage, refused
from tests.services.wcps.samples import airtemp, mr

MR = mr().source.values[0]  # type: ignore[attr-defined]  # a MemorySource


@pytest.mark.parametrize(
    ("scaled", "shape", "low"),
    [
        ('scale($c,{Long:"CRS:1"(0:160)})', (161, 129), (0, 0)),
        ('scale($c,{Long:"CRS:1"(5:165), Lat:"CRS:1"(1:2)})', (161, 2), (5, 1)),
        ("scale($c,{Long(112:113), Lat(-10:-9)})", (21, 21), (0, 0)),
        ("scale($c,{Long(112:113)})", (21, 17), (0, 0)),
        ("scale($c[Long(113:114)],{Long(113.5:113.7)})", (5, 169), (30, 0)),
        ("scalefactor($c,0.5)", (443, 356), (0, 0)),
        ("scale($c,0.5)", (443, 356), (0, 0)),
        ("scale($c,{0.5})", (443, 356), (0, 0)),
        ("scalefactor($c,0.0001)", (1, 1), (0, 0)),
        ("scalesize($c,[Long(100),Lat(50)])", (100, 50), (0, 0)),
        ("scaleaxes($c,[Lat(0.1)])", (886, 71), (0, 0)),
        ("scale($c,{Lat(0.1)})", (886, 71), (0, 0)),
        ("scaleextent($c,[Long(0:9),Lat(3:12)])", (10, 10), (0, 3)),
        ("scale($c,{imageCrsDomain($c[Long(113:114)])})", (21, 711), (20, 0)),
        ("scale($c,{imageCrsDomain($c[Long(113:114)], Long)})", (21, 17), (20, 0)),
        ("scale($c,{Long(imageCrsDomain($c[Long(113:114)], Long)), Lat(imageCrsDomain($c,Lat))})", (21, 711), (20, 0)),
        ("scale($c,{domain($c[Long(113:114)])})", (21, 711), (20, 0)),
    ],
)
def test_the_grids_of_scaling(scaled: str, shape: tuple[int, ...], low: tuple[int, ...]) -> None:
    value = coverage(f"for $c in (airtemp) return {scaled}")
    assert (value.domain.shape, value.low) == (shape, low)
    assert value.domain.horizontal_bounds == pytest.approx(
        airtemp().domain.horizontal_bounds
        if "$c[Long(113:114)],{" not in scaled
        else (112.975, -44.525, 114.025, -8.975)
    )


def test_pixels_keep_their_shape() -> None:
    """Section 4.2: 40 x 30 cells, 11 along longitude, give 8 along latitude; time stays."""
    value = coverage('for $c in (eobs) return scale($c,{Long:"CRS:1"(0:10)})')
    assert value.domain.shape == (6, 8, 11)


def test_targets_in_variables() -> None:
    listed = coverage('for $c in (eobs) let $a := [Long:"CRS:1"(0:10), Lat:"CRS:1"(0:3)] return scale($c,{$a})')
    assert listed.domain.shape == (6, 4, 11)
    domain = coverage("for $c in (eobs) let $a := imageCrsDomain($c[Lat(30:35)]) return scale($c,{$a})")
    assert (domain.domain.shape, domain.low) == ((6, 10, 40), (0, 10, 0))


@given(size=st.integers(1, 300))
def test_the_nearest_cell_is_taken(size: int) -> None:
    """Section 4.2: src = floor(i * N / n)."""
    found = array(f"for $c in (mr) return scalesize($c[j(0)],[i({size})])")
    np.testing.assert_array_equal(found, MR[np.arange(size) * 256 // size, 0])


def test_irregular_axes_stay_as_they_are() -> None:
    assert coverage("for $c in (irr) return scalefactor($c,0.5)").domain.shape == (4, 32, 18)
    assert coverage("for $c in (irr) return scalesize($c,[ansi(4), E(3)])").domain.shape == (4, 3, 36)
    refused("for $c in (irr) return scalesize($c,[ansi(2)])", UnsupportedCombination, "scalesize", "irregular")


@pytest.mark.parametrize(
    ("scaled", "kind", "at"),
    [
        ("scalefactor($c,0)", InvalidScaleFactor, "0)"),
        ("scalefactor($c,-2)", InvalidScaleFactor, "-2)"),
        ("scalefactor($c,$c)", WcpsSemanticError, "$c)"),
        ("scalesize($c,[Lat(0)])", InvalidScaleFactor, "Lat"),
        ("scalesize($c,[Lat(1.5)])", InvalidScaleFactor, "Lat"),
        ("scaleextent($c,[Lat(9:0)])", InvalidExtent, "Lat"),
        ("scaleextent($c,[Lat(*:3)])", InvalidExtent, "Lat"),
        ('scale($c,{Lat:"CRS:1"(9:0)})', InvalidExtent, "Lat"),
        ("scale($c,{Lat(0:9)})", InvalidSubsetting, "Lat"),
        ("scalesize($c,[Foo(9)])", ScaleAxisUndefined, "Foo"),
        ("scaleaxes($c,[Lat(2), Lat(3)])", InvalidAxisLabel, "Lat"),
        ('scale($c,{Lat:"CRS:1"(0:9), Lat:"CRS:1"(0:9)})', InvalidAxisLabel, "Lat"),
        ('scale($c,{Lat:"EPSG:3857"(0:9)})', WcpsSemanticError, "Lat"),
        ("scale($c,{imageCrsDomain(mr)})", InvalidRequest, "scale"),
        ("scale(avg($c),{imageCrsDomain($c)})", InvalidRequest, "avg"),
        ("scalefactor(1,2)", InvalidRequest, "1,2"),
    ],
)
def test_scales_that_make_no_sense_are_refused(scaled: str, kind: type, at: str) -> None:
    refused(f"for $c in (airtemp) return {scaled}", kind, at)


@pytest.mark.parametrize(
    ("extended", "shape", "low"),
    [
        ('extend($c,{i:"CRS:1"(-5:260)})', (266, 211), (-5, 0)),
        ("extend($c,{i(-5:300)})", (305, 211), (-5, 0)),
        ("extend($c,{i(-4.5:*), j(*:211.5)})", (261, 212), (-5, 0)),
        ("extend($c[i(10:20)],{imageCrsDomain($c)})", (256, 211), (0, 0)),
        ("extend($c[i(10:20)],{domain($c)})", (256, 211), (0, 0)),
        ('extend($c[i(10:20)],{i:"CRS:1"(10:29)})', (20, 211), (10, 0)),
        ("extend($c,{imageCrsDomain($c)})", (256, 211), (0, 0)),
    ],
)
def test_the_grids_of_extensions(extended: str, shape: tuple[int, ...], low: tuple[int, ...]) -> None:
    value = coverage(f"for $c in (mr) return {extended}")
    assert (value.domain.shape, value.low) == (shape, low)


def test_what_is_added_is_nil() -> None:
    found = cells('for $c in (eobs) return extend($c[Lat(39:40), Long(40:41)], {t("1949-12-30":"1950-01-06")})')
    assert found.valid is not None
    assert found.values.shape == (1, 8, 2, 2)
    assert not found.valid[:, :2].any()
    assert found.valid[:, 2:].all()


@pytest.mark.parametrize(
    ("extended", "kind", "at"),
    [
        ('extend($c,{ansi:"CRS:1"(0:9)})', UnsupportedCombination, "extend"),
        ('extend($c,{ansi("2007":"2009")})', InvalidExtent, "ansi"),
        ('extend($c,{E:"CRS:1"(5:100)})', InvalidExtent, "extend"),
        ("extend($c,{E(0:100000)})", InvalidExtent, "extend"),
        ("extend($c,{E(900000:0)})", InvalidExtent, "E(9"),
        ("extend($c,{Q(0:1)})", InvalidAxisLabel, "Q"),
        ("extend(avg($c.b1),{E(0:1)})", InvalidRequest, "avg"),
    ],
)
def test_extensions_that_make_no_sense_are_refused(extended: str, kind: type, at: str) -> None:
    refused(f"for $c in (irr) return {extended}", kind, at)


def test_an_irregular_axis_is_extended_to_what_it_is() -> None:
    value = coverage('for $c in (irr) return extend($c,{ansi:"CRS:1"(0:3), E:"CRS:1"(-1:62)})')
    assert (value.domain.shape, value.low) == ((4, 64, 36), (0, -1, 0))
