# SPDX-License-Identifier: MIT
"""PROJ's database, and definitions by text."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pyproj
import pytest
from pyproj.database import query_crs_info
from pyproj.exceptions import ProjError

from eoxserver.core.axes import Role
from eoxserver.core.crs import compound_crs, epsg_crs, parse_crs
from eoxserver.core.crs.registry import definition_crs
from eoxserver.core.errors import CrsUnknown

DIALECTS = ("WKT1_GDAL", "WKT1_ESRI", "WKT2_2015", "WKT2_2019", "PROJJSON")
SINUSOIDAL = "+proj=sinu +lon_0=0 +x_0=0 +y_0=0 +R=6371007.181 +units=m +no_defs"
NCNAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def every_code() -> list[int]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sorted(int(info.code) for info in query_crs_info(auth_name="EPSG", allow_deprecated=True))


def in_dialect(crs: pyproj.CRS, dialect: str) -> str:
    return crs.to_json() if dialect == "PROJJSON" else crs.to_wkt(dialect)


def without_codes(wkt: str) -> str:
    return re.sub(r',(?:AUTHORITY|ID)\["[^"]*",(?:"[^"]*"|[0-9]+)\]', "", wkt)


def test_every_registered_code_is_a_crs_with_sound_axes() -> None:
    codes = every_code()
    assert len(codes) > 5000
    for code in codes[::7]:
        crs = epsg_crs(code)
        assert crs.epsg == code
        assert len(set(crs.labels)) == len(crs.axes) > 0, code
        assert all(NCNAME.fullmatch(axis.label) and NCNAME.fullmatch(axis.unit) for axis in crs.axes), code
        roles = [axis.role for axis in crs.axes]
        assert (Role.X in roles) == (Role.Y in roles) == (crs.horizontal is not None), code
        if crs.horizontal is not None:
            assert len(crs.horizontal.axes) == 2, code
        assert crs.kind != "engineering" or "Engineering" in crs.to_pyproj().type_name, code


def test_axis_order_is_that_of_proj_wherever_axes_point_east_or_north() -> None:
    """The order PROJ has for its ``always_xy`` is asked for by transforming a point both ways."""
    checked = 0
    for code in every_code()[::23]:
        crs = epsg_crs(code)
        pyproj_crs = crs.to_pyproj()
        area = pyproj_crs.area_of_use
        directions = {axis.direction for axis in crs.axes}
        if not (crs.is_horizontal and crs.kind == "projected" and area and directions <= {"east", "north"}):
            continue
        longitude, latitude = area.west + 0.7, area.south + 0.4
        try:
            as_is = pyproj.Transformer.from_crs(pyproj_crs.geodetic_crs, pyproj_crs, always_xy=True)
            ours = pyproj.Transformer.from_crs(pyproj_crs.geodetic_crs, pyproj_crs)
        except ProjError:
            continue
        xy = as_is.transform(longitude, latitude)
        geodetic = pyproj_crs.geodetic_crs
        geodetic_yx = geodetic is not None and geodetic.axis_info[0].direction == "north"
        first, second = ours.transform(*((latitude, longitude) if geodetic_yx else (longitude, latitude)))
        if np.isfinite(xy).all():
            assert ((second, first) if crs.yx else (first, second)) == pytest.approx(xy), code
            checked += 1
    assert checked > 100


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "code", [4326, 3857, 32632, 3035, 2180, 31467, 27700, 5514, 2056, 7415, 3031, 32661, 2193, 2263]
)
def test_a_definition_becomes_the_crs_of_its_code(code: int, dialect: str) -> None:
    crs = parse_crs(in_dialect(pyproj.CRS.from_epsg(code), dialect))
    assert crs == epsg_crs(code)
    assert crs.labels == epsg_crs(code).labels


@pytest.mark.parametrize("code", [4326, 3857, 32632, 3035, 25833, 3031, 27700])
def test_a_definition_without_code_is_identified(code: int) -> None:
    text = without_codes(pyproj.CRS.from_epsg(code).to_wkt())
    assert "EPSG" not in text
    assert parse_crs(text) == epsg_crs(code)


def test_the_wkt_that_rasters_carry_gets_the_axis_order_of_the_register() -> None:
    traditional = (
        'PROJCS["ETRS89-extended / LAEA Europe",GEOGCS["ETRS89",DATUM["European_Terrestrial_Reference_System_1989",'
        'SPHEROID["GRS 1980",6378137,298.257222101]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],'
        'PROJECTION["Lambert_Azimuthal_Equal_Area"],PARAMETER["latitude_of_center",52],'
        'PARAMETER["longitude_of_center",10],PARAMETER["false_easting",4321000],PARAMETER["false_northing",3210000],'
        'UNIT["metre",1]]'
    )
    crs = parse_crs(traditional)
    assert (crs.epsg, crs.labels, crs.yx) == (3035, ("Y", "X"), True)


@pytest.mark.parametrize(
    ("text", "code"),
    [("+proj=longlat +datum=WGS84 +no_defs", 4326), ("+proj=utm +zone=32 +datum=WGS84", 32632),
     ("proj=utm zone=32 datum=WGS84 south", 32732), ("+init=epsg:3857", 3857), ("+init=epsg:4326 +type=crs", 4326)],
)  # fmt: skip
def test_proj_text_is_identified(text: str, code: int) -> None:
    assert parse_crs(text).epsg == code


def test_a_code_that_contradicts_its_definition_is_not_believed() -> None:
    text = pyproj.CRS.from_epsg(32632).to_wkt("WKT1_GDAL").replace('"false_easting",500000', '"false_easting",400000')
    crs = parse_crs(text)
    assert crs.epsg is None
    assert crs.kind == "projected"
    other = pyproj.CRS.from_epsg(4326).to_wkt("WKT1_GDAL").replace("6378137", "6371000")
    assert parse_crs(other).epsg is None


@pytest.mark.parametrize(
    ("code", "old", "new", "answer"),
    [
        (4326, 'AUTHORITY["EPSG","4326"]', 'AUTHORITY["EPSG","4807"]', 4326),
        (4807, 'PRIMEM["Paris",2.33722917', 'PRIMEM["Paris",3.33722917', None),
        (4326, 'UNIT["degree",0.0174532925199433', 'UNIT["degree",0.0157079632679489', None),
        (32632, 'UNIT["metre",1', 'UNIT["metre",0.3048', None),
        (32632, 'PROJECTION["Transverse_Mercator"]', 'PROJECTION["Oblique_Stereographic"]', None),
    ],
)
def test_a_code_is_no_cover_for_another_meridian_unit_or_method(
    code: int, old: str, new: str, answer: int | None
) -> None:
    text = pyproj.CRS.from_epsg(code).to_wkt("WKT1_GDAL")
    assert old in text
    assert parse_crs(text.replace(old, new)).epsg == answer


@pytest.mark.parametrize(("authority", "number"), [("EPSG", "999999"), ("HOUSE", "4326")])
def test_a_code_nobody_knows_is_passed_over(authority: str, number: str) -> None:
    text = pyproj.CRS.from_epsg(32632).to_wkt("WKT1_GDAL")
    changed = text.replace('AUTHORITY["EPSG","32632"]', f'AUTHORITY["{authority}","{number}"]')
    assert changed != text
    assert parse_crs(changed) == epsg_crs(32632)


def test_heights_and_centred_crss_are_known_by_their_code() -> None:
    for code in (5773, 4978, 5709, 4807):
        for dialect in ("WKT1_GDAL", "WKT2_2019"):
            assert parse_crs(in_dialect(pyproj.CRS.from_epsg(code), dialect)) == epsg_crs(code)


def test_a_shift_to_wgs84_does_not_hide_the_code() -> None:
    text = pyproj.CRS.from_epsg(31370).to_wkt("WKT1_GDAL")
    shifted = text.replace(
        'AUTHORITY["EPSG","6313"]]', 'TOWGS84[-106.8,52.3,-103.7,0.3,-0.4,1.8,-1.2],AUTHORITY["EPSG","6313"]]'
    )
    assert shifted != text
    assert parse_crs(shifted) == epsg_crs(31370)


def test_a_definition_nobody_registered_is_named_by_its_digest() -> None:
    crs = parse_crs(SINUSOIDAL)
    assert re.fullmatch(r"urn:x-eoxserver:crs:wkt:[0-9a-f]{16}", crs.uri)
    assert (crs.epsg, crs.code, crs.kind, crs.labels) == (None, "", "projected", ("E", "N"))
    assert (crs.urn, crs.short, crs.definition) == (crs.uri,) * 3
    assert crs.wkt is not None
    assert parse_crs(crs.wkt) == crs
    assert crs.to_pyproj() == pyproj.CRS.from_user_input(SINUSOIDAL)
    assert parse_crs(SINUSOIDAL.replace("lon_0=0", "lon_0=1")) != crs
    with pytest.raises(CrsUnknown):
        parse_crs(crs.uri)


def test_definitions_without_code_join_compounds() -> None:
    crs = compound_crs([parse_crs("OGC/0/AnsiDate"), parse_crs(SINUSOIDAL)])
    assert crs.labels == ("ansi", "E", "N")
    assert crs.horizontal == parse_crs(SINUSOIDAL)


def test_a_compound_definition_is_taken_apart() -> None:
    compound = pyproj.crs.CompoundCRS("plane and height", [pyproj.CRS.from_epsg(32632), pyproj.CRS.from_epsg(5773)])
    assert parse_crs(compound.to_wkt()) == parse_crs("EPSG:32632@EPSG:5773")
    partly = pyproj.crs.CompoundCRS("unknown plane", [pyproj.CRS(SINUSOIDAL), pyproj.CRS.from_epsg(5773)])
    crs = parse_crs(partly.to_wkt())
    assert [part.short for part in crs.components] == [parse_crs(SINUSOIDAL).uri, "EPSG:5773"]
    assert crs.wkt is not None


def test_a_local_grid_is_no_plane_on_the_earth() -> None:
    crs = parse_crs('LOCAL_CS["Unknown",UNIT["unknown",1]]')
    assert crs.kind == "engineering"
    assert crs.horizontal is None
    assert {axis.role for axis in crs.axes} <= {Role.OTHER}


def test_a_rotated_pole_is_geographic() -> None:
    crs = parse_crs(
        "+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=39.25 +lon_0=18 +to_meter=0.0174532925199433 +R=6371229"
    )
    assert (crs.kind, crs.epsg) == ("geographic", None)


def test_projected_crss_with_height_have_a_plane() -> None:
    crs = epsg_crs(9895)
    assert crs.labels == ("X", "Y", "h")
    assert crs.horizontal is not None
    assert crs.horizontal.labels == ("X", "Y")
    assert not crs.is_horizontal


@pytest.mark.parametrize(
    "text",
    [
        "+proj=nothing",
        "+proj=pipeline +step +proj=merc",
        "{}",
        '{"type":"Datum"}',
        "[",
        'GEOGCS["WGS 84"',
        'DATUM["World Geodetic System 1984",ELLIPSOID["WGS 84",6378137,298.257223563]]',
    ],
)
def test_text_that_defines_no_crs_is_refused(text: str) -> None:
    with pytest.raises(CrsUnknown, match="PROJ cannot read"):
        parse_crs(text)


@pytest.mark.parametrize(
    "template",
    [
        "+init={}:4326",
        "init={}:4326",
        "+proj=longlat +ellps=WGS84 +nadgrids={} +type=crs",
        "+proj=longlat +ellps=WGS84 +nadgrids=@null,{} +type=crs",
        "+proj=utm +zone=32 +geoidgrids={} +type=crs",
        'PROJCS["x",EXTENSION["PROJ4","+proj=merc +nadgrids={}"]]',
        'BOUNDCRS[ABRIDGEDTRANSFORMATION["x",METHOD["NTv2"],PARAMETERFILE["difference file","{}"]]]',
        '{{"type":"BoundCRS","transformation":{{"parameters":[{{"name":"file","value":"{}"}}]}}}}',
    ],
)
def test_a_definition_reads_no_files(template: str, tmp_path: Path) -> None:
    trap = tmp_path / "epsg"
    trap.write_text("<4326> +proj=longlat +datum=WGS84 <>\n")
    for name in (str(trap), f"../{trap.name}", f"~/{trap.name}"):
        with pytest.raises(CrsUnknown, match="must not name files"):
            parse_crs(template.format(name))


def test_the_environment_cannot_open_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROJ_NETWORK", "ON")
    pyproj.network.set_network_enabled(None)  # type: ignore[attr-defined]
    assert pyproj.network.is_network_enabled()  # type: ignore[attr-defined]
    definition_crs(pyproj.CRS.from_epsg(4267).to_wkt())
    assert not pyproj.network.is_network_enabled()  # type: ignore[attr-defined]


def time_wkt(system: str, axis: str, origin: str = "1950-01-01") -> str:
    return f'TIMECRS["time",TDATUM["epoch",TIMEORIGIN[{origin}]],CS[{system},1],AXIS[{axis}]]'


def test_a_time_crs_in_wkt_is_a_linear_scale() -> None:
    crs = parse_crs(time_wkt("TemporalCount", '"days (day)",future,TIMEUNIT["day",86400]'))
    assert crs == parse_crs('OGC/0/Temporal?epoch="1950-01-01"&uom="d"&label="day"')
    assert crs.labels == ("day",)
    assert parse_crs(crs.uri) == crs


@pytest.mark.parametrize(
    "wkt",
    [
        time_wkt("TemporalDateTime", '"time (T)",future'),
        time_wkt("TemporalMeasure", '"t",future,TIMEUNIT["blink",0.3]'),
        time_wkt("TemporalMeasure", '"t",past,TIMEUNIT["day",86400]'),
    ],
)
def test_a_time_crs_that_counts_nothing_is_refused(wkt: str) -> None:
    with pytest.raises(CrsUnknown, match="counts units"):
        parse_crs(wkt)
