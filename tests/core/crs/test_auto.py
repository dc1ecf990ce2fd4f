# SPDX-License-Identifier: MIT
"""Projections that a request centres itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.crs import parse_crs, transform_points
from eoxserver.core.errors import CrsUnknown

URI = 'http://www.opengis.net/def/crs/AUTO/1.3/42003?CenterLatitude=45&CenterLongitude=-100&UoM="m"'


@pytest.mark.parametrize(
    "text",
    [
        URI,
        "http://www.opengis.net/def/crs/AUTO/1.3/42003?CenterLongitude=-100&CenterLatitude=45",
        "http://localhost/def/crs?authority=OGC&version=1.3&code=AUTO42003&UoM=m&CenterLongitude=-100&CenterLatitude=45",
        "http://localhost/def/crs/OGC/1.3/AUTO42003?UoM=m&centerlongitude=-100&centerlatitude=45.0",
        "AUTO2:42003,1,-100,45",
        "AUTO:42003,9001,-100,45",
        'AUTO/1.3/42003?CenterLatitude="45"&CenterLongitude="-100"&UoM=9001',
    ],
)
def test_one_projection_in_every_notation(text: str) -> None:
    crs = parse_crs(text)
    assert crs.uri == URI
    assert (crs.kind, crs.authority, crs.version, crs.code, crs.epsg) == ("projected", "AUTO", "1.3", "42003", None)
    assert crs.labels == ("E", "N")
    assert [axis.unit for axis in crs.axes] == ["metre", "metre"]
    assert crs.is_horizontal
    for form in (crs.short, crs.urn):
        assert parse_crs(form) == crs


@given(st.sampled_from(["42001", "42002", "42003", "42004", "42005"]), st.floats(-179, 179), st.floats(-80, 80))
def test_the_projections_are_good_around_their_centre(code: str, longitude: float, latitude: float) -> None:
    crs = parse_crs(f"AUTO/1.3/{code}?CenterLongitude={longitude:.6f}&CenterLatitude={latitude:.6f}")
    plate = parse_crs("CRS:84")
    x, y = transform_points(plate, crs, longitude, latitude)
    again = transform_points(crs, plate, x, y)
    assert again[0] == pytest.approx(longitude, abs=1e-5)
    assert again[1] == pytest.approx(latitude, abs=1e-5)
    if code == "42003":
        assert [float(x), float(y)] == pytest.approx([0, 0], abs=0.2)


@pytest.mark.parametrize(
    ("longitude", "latitude", "epsg"), [(-100, 45, 32614), (3, 1, 32631), (179.9, -30, 32760), (180, 10, 32660)]
)
def test_auto_utm_is_the_zone_of_its_centre(longitude: float, latitude: float, epsg: int) -> None:
    auto = parse_crs(f"AUTO2:42001,1,{longitude},{latitude}")
    zone = parse_crs(f"EPSG:{epsg}")
    lon, lat = min(longitude, 179.5) - 0.5, latitude + 1
    plate = parse_crs("CRS:84")
    mine, theirs = (transform_points(plate, crs, lon, lat) for crs in (auto, zone))
    assert [float(v) for v in mine] == [pytest.approx(float(v), abs=1e-3) for v in theirs]


def test_coordinates_are_in_the_unit_asked_for() -> None:
    plate = parse_crs("CRS:84")
    metres = transform_points(plate, parse_crs("AUTO2:42003,1,10,50"), 10.5, 50.5)
    feet = transform_points(plate, parse_crs("AUTO2:42003,0.3048,10,50"), 10.5, 50.5)
    assert float(feet[0]) * 0.3048 == pytest.approx(float(metres[0]))
    assert "foot" in parse_crs("AUTO2:42003,0.3048,10,50").axes[0].unit


def test_axes_may_be_renamed() -> None:
    crs = parse_crs(f'{URI}&axis-label-1="x"')
    assert crs.labels == ("x", "N")
    assert parse_crs(crs.uri) == crs


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("AUTO/1.3/42009", "42001, 42002"),
        ("AUTO/1.3/42003", "needs CenterLongitude"),
        ("AUTO/1.3/42003?CenterLongitude=1", "needs CenterLatitude"),
        ("AUTO/1.3/42003?CenterLongitude=181&CenterLatitude=0", "-180 to 180"),
        ("AUTO/1.3/42003?CenterLongitude=nan&CenterLatitude=0", "-180 to 180"),
        ("AUTO/1.3/42003?CenterLongitude=east&CenterLatitude=0", "-180 to 180"),
        ("AUTO/1.3/42003?CenterLongitude=1&CenterLatitude=-91", "-90 to 90"),
        ("AUTO/1.3/42003?CenterLongitude=1&CenterLatitude=1&UoM=parsec", "accepted: m, km, ft, us-ft"),
        ("AUTO/1.3/42003?CentreLongitude=1", "no parameter 'CentreLongitude'"),
        ("AUTO2:42003,1,2", "unit, longitude and latitude"),
        ("AUTO2:42003,2,2,3", "factor 2"),
        ("AUTO2:42003,x,2,3", "factor x"),
    ],
)
def test_what_is_wrong_is_said(text: str, says: str) -> None:
    with pytest.raises(CrsUnknown, match=says):
        parse_crs(text)
