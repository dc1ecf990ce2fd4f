# SPDX-License-Identifier: MIT
"""Rasters and arrays get their place from the command."""

from __future__ import annotations

import numpy as np
import pytest

from eoxserver.backends.descriptions import Description
from eoxserver.core.axes import IndexAxis, Role
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import CrsNotSupported, RegistrationRefused
from eoxserver.core.fields import Field, RangeType
from eoxserver.core.rasters import index_domain
from eoxserver.resources.coverages.registration.georeference import given_domain
from eoxserver.resources.coverages.registration.proposals import Options

RANGE_TYPE = RangeType((Field("b1", np.dtype("uint8")),))
WGS84 = parse_crs("EPSG:4326")
BOUNDS = (10.0, 40.0, 20.0, 45.0)


def described(*axes: IndexAxis) -> Description:
    return Description("array", Domain(axes), RANGE_TYPE)


def test_bounds_and_crs_make_a_domain() -> None:
    domain = given_domain(Description("PNG", index_domain(20, 10), RANGE_TYPE), Options(crs=WGS84, bounds=BOUNDS))
    assert domain.shape == (10, 20)
    assert domain.horizontal_bounds == BOUNDS
    assert domain.axes[0].coordinate(0) == pytest.approx(44.75)


def test_what_the_raster_says_goes_first() -> None:
    own = Description("PNG", index_domain(20, 10), RANGE_TYPE, bounds=(0, 0, 2, 1))
    assert given_domain(own, Options(crs=WGS84, bounds=BOUNDS)).horizontal_bounds == (0, 0, 2, 1)


def test_without_bounds_or_crs_there_is_a_way_out() -> None:
    plain = Description("PNG", index_domain(20, 10), RANGE_TYPE)
    with pytest.raises(RegistrationRefused, match="--crs EPSG:CODE with --bounds MINX MINY MAXX MAXY"):
        given_domain(plain, Options(crs=WGS84))
    with pytest.raises(RegistrationRefused, match=r"names no CRS \(bounds 10, 40, 20, 45\); .* try --crs EPSG:4326"):
        given_domain(plain, Options(bounds=BOUNDS))
    with pytest.raises(CrsNotSupported, match="has no horizontal axes"):
        given_domain(plain, Options(bounds=BOUNDS, crs=parse_crs("EPSG:5773")))


def test_further_axes_of_an_array_stay_index_axes() -> None:
    axes = IndexAxis("y", 10, 5, role=Role.Y), IndexAxis("band", 3, -1), IndexAxis("x", 20, role=Role.X)
    domain = given_domain(described(*axes), Options(crs=WGS84, bounds=BOUNDS))
    assert domain.shape == (10, 3, 20)
    assert domain.horizontal == (2, 0)
    assert domain.labels[1] == "band" and domain.crs_labels[0] == "band"
    assert (domain.axes[1].low, domain.axes[1].high) == (-1.0, 1.0)
    assert domain.crs is not None and "Index1D" in domain.crs.uri and "4326" in domain.crs.uri


@pytest.mark.parametrize(
    "axes",
    [
        [IndexAxis("x", 10, role=Role.X), IndexAxis("y", 20, role=Role.Y)],
        [IndexAxis("a", 10), IndexAxis("b", 20), IndexAxis("c", 20)],
        [IndexAxis("i", 10)],
    ],
)
def test_axes_that_make_no_raster_are_named(axes: list[IndexAxis]) -> None:
    names = ", ".join(axis.label for axis in axes)
    with pytest.raises(RegistrationRefused, match=f"the array's axes are {names}: a raster has y before x"):
        given_domain(described(*axes), Options(crs=WGS84, bounds=BOUNDS))
