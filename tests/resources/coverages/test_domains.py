# SPDX-License-Identifier: MIT
"""CRSs are kept as texts from which they are made again."""

from __future__ import annotations

import pytest

from eoxserver.core.crs import parse_crs
from eoxserver.resources.coverages.domains import crs_text, stored_crs


@pytest.mark.parametrize(
    "text",
    [
        "EPSG:4326", "EPSG:3035", "OGC:CRS84", "OGC/0/AnsiDate", "OGC/0/Index3D", "+proj=ortho +lat_0=50 +lon_0=8",
        'http://www.opengis.net/def/crs/OGC/0/AnsiDate?axis-label="day"', "OGC/0/AnsiDate@EPSG/0/4326",
        'http://www.opengis.net/def/crs/OGC/0/Temporal?epoch="1950-01-01"&uom="d"&label="t"',
    ],
)  # fmt: skip
def test_round_trip_of_crss(text: str) -> None:
    crs = parse_crs(text)
    again = parse_crs(crs_text(crs))
    assert again == crs and again.axes == crs.axes


def test_stored_crs() -> None:
    assert stored_crs(None, "") is None
    assert stored_crs(3035, "") == parse_crs("EPSG:3035")
    assert stored_crs(None, crs_text(parse_crs("+proj=ortho"))) == parse_crs("+proj=ortho")
