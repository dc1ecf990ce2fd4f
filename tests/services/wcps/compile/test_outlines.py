# SPDX-License-Identifier: MIT
"""polygonize (section 4.6): of what it can be."""

from __future__ import annotations

import pytest

from eoxserver.core.errors import InvalidRequest, WcpsSemanticError
from eoxserver.services.wcps.compile import OutlinesValue
from tests.services.wcps.compile.querying import compiled, refused


def test_regions_have_a_format_and_a_connectivity() -> None:
    value = compiled('for $c in (mr) return polygonize($c > 100, "GeoJSON", 8)')
    assert isinstance(value, OutlinesValue)
    assert (value.format, value.connectivity, value.value.domain.shape) == ("GeoJSON", 8, (256, 211))
    plain = compiled('for $c in (mr) return polygonize($c, "ESRI Shapefile")')
    assert isinstance(plain, OutlinesValue)
    assert plain.connectivity == 4


@pytest.mark.parametrize(
    ("expression", "kind", "at", "word"),
    [
        ('polygonize(rgb, "GPKG")', InvalidRequest, "polygonize", "3 (red, green, blue)"),
        ('polygonize(eobs, "GPKG")', InvalidRequest, "polygonize", "3 (t, Lat, Long)"),
        ('polygonize(irr.b1[N(5000000)], "GPKG")', InvalidRequest, "polygonize", "irregular"),
        ('polygonize((complex) mr, "GPKG")', WcpsSemanticError, "polygonize", "complex"),
        ('polygonize(avg(mr), "GPKG")', InvalidRequest, "avg", "single value"),
        ('polygonize(mr, "GPKG") + 1', WcpsSemanticError, "polygonize", "a set of polygons"),
        ('coverage q over $x x(0:3) values polygonize(mr + $x, "GPKG")', WcpsSemanticError, "polygonize", "stands in"),
    ],
)  # fmt: skip
def test_what_has_no_outline_is_refused(expression: str, kind: type, at: str, word: str) -> None:
    refused(f"for $c in (mr) return {expression}", kind, at, word)
