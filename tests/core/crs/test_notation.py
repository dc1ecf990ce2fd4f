# SPDX-License-Identifier: MIT
"""Every notation of a CRS leads to the same value, and wrong text says what would be right."""

from __future__ import annotations

import doctest
from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.crs import Crs, notation, parse_crs
from eoxserver.core.errors import CrsUnknown

ROOT = "http://www.opengis.net/def/crs"
LAT_LONG = f"{ROOT}/EPSG/0/4326"
ANSI = f"{ROOT}/OGC/0/AnsiDate"
NAMES = [
    "EPSG:4326", "EPSG:3857", "EPSG:32632", "EPSG:3035", "EPSG:4979", "EPSG:7415", "EPSG:5773", "CRS:84", "ESRI:54009",
    "OGC/0/AnsiDate", "OGC/0/UnixTime", "OGC/0/JulianDate", "OGC/0/TruncatedJulianDate", "OGC/0/Index1D",
    "OGC/0/Index5D", "OGC/0/ChronometricGeologicTime", "CRS:1", 'OGC/0/Temporal?epoch="1950-01-01"&uom="h"',
]  # fmt: skip


def test_docstrings_hold() -> None:
    assert doctest.testmod(notation).failed == 0


@pytest.mark.parametrize(
    "text",
    [
        LAT_LONG,
        "http://opengis.net/def/crs/EPSG/0/4326",
        "https://www.opengis.net/def/crs/EPSG/0/4326",
        "http://localhost:8080/def/crs/EPSG/0/4326",
        "http://localhost:8080/rasdaman/def/crs/EPSG/0/4326",
        "https://maps.example/a/b/def/crs/EPSG/0/4326/",
        "HTTP://WWW.OPENGIS.NET/def/crs/epsg/0/4326",
        f"{ROOT}/EPSG/9.8.15/4326",
        f"{ROOT}?authority=EPSG&version=0&code=4326",
        f'{ROOT}?CODE=4326&Authority="EPSG"&version=9.8',
        f"{ROOT}?authority=EPSG&code=4326",
        quote(LAT_LONG, safe=""),
        "urn:ogc:def:crs:EPSG::4326",
        "urn:ogc:def:crs:EPSG:6.9:4326",
        "urn:x-ogc:def:crs:EPSG:4326",
        "URN:OGC:DEF:CRS:EPSG::4326",
        "http://www.opengis.net/gml/srs/epsg.xml#4326",
        "EPSG:4326",
        "epsg:4326",
        "EPSG:04326",
        "EPSG:9.8:4326",
        "EPSG/0/4326",
        "  EPSG:4326\n",
    ],
)
def test_one_crs_in_every_notation(text: str) -> None:
    crs = parse_crs(text)
    assert crs.uri == LAT_LONG
    assert crs == parse_crs("EPSG:4326")
    assert (crs.authority, crs.code, crs.epsg) == ("EPSG", "4326", 4326)
    assert (crs.urn, crs.short) == ("urn:ogc:def:crs:EPSG::4326", "EPSG:4326")


@pytest.mark.parametrize(
    "text",
    [f"{ROOT}/OGC/1.3/CRS84", f"{ROOT}/OGC/0/CRS84", "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84",
     "OGC:CRS84", "OGC/0/CRS84", "OGC:1.3:CRS84", "CRS:84", "crs:84", "ogc:crs84"],
)  # fmt: skip
def test_crs84_in_every_notation(text: str) -> None:
    crs = parse_crs(text)
    assert crs.uri == f"{ROOT}/OGC/1.3/CRS84"
    assert crs.labels == ("Long", "Lat")
    assert (crs.urn, crs.short, crs.epsg, crs.yx) == ("urn:ogc:def:crs:OGC:1.3:CRS84", "CRS:84", None, False)


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("OGC/0/ansidate", ANSI),
        ("OGC:AnsiDate", ANSI),
        ("urn:ogc:def:crs:OGC::AnsiDate", ANSI),
        ("OGC/0/ChronometricGeographicTime", f"{ROOT}/OGC/0/ChronometricGeologicTime"),
        ("OGC/0/index3d", f"{ROOT}/OGC/0/Index3D"),
        ("OGC:CRS84h", f"{ROOT}/OGC/1.3/CRS84h"),
        ("CRS:1", f"{ROOT}/OGC/0/CRS:1"),
        (f"{ROOT}/OGC/0/CRS:1", f"{ROOT}/OGC/0/CRS:1"),
        ("IAU:49900", f"{ROOT}/IAU_2015/0/49900"),
    ],
)
def test_codes_are_spelt_as_registered(text: str, uri: str) -> None:
    assert parse_crs(text).uri == uri


@pytest.mark.parametrize(
    "text",
    [
        f"{ROOT}-compound?1={ANSI}&2={LAT_LONG}",
        f"{ROOT}-compound?2={LAT_LONG}&1={ANSI}",
        f"{ROOT}-compound?1={quote(ANSI, safe='')}&2={quote(LAT_LONG, safe='')}",
        "http://localhost:8080/rasdaman/def/crs-compound?1=http://a/def/crs/OGC/0/AnsiDate&2=EPSG:4326",
        f"{ROOT}-compound?1={ANSI}&7={ROOT}?authority=EPSG&version=0&code=4326",
        f"{ROOT}-compound?1={quote(ROOT + '-compound?1=' + ANSI, safe='')}&2={LAT_LONG}",
        quote(f"{ROOT}-compound?1={ANSI}&2={LAT_LONG}", safe=""),
        "OGC/0/AnsiDate@EPSG/0/4326",
        "OGC:AnsiDate @ EPSG:4326",
        f"{ANSI}@{LAT_LONG}",
        "urn:ogc:def:crs,crs:OGC::AnsiDate,crs:EPSG::4326",
    ],
)
def test_one_compound_in_every_notation(text: str) -> None:
    crs = parse_crs(text)
    assert crs.uri == f"{ROOT}-compound?1={ANSI}&2={LAT_LONG}"
    assert crs.kind == "compound"
    assert [part.uri for part in crs.components] == [ANSI, LAT_LONG]
    assert crs.labels == ("ansi", "Lat", "Long")
    assert crs.urn == "urn:ogc:def:crs,crs:OGC::AnsiDate,crs:EPSG::4326"
    assert crs.short == "OGC/0/AnsiDate@EPSG:4326"
    assert crs.horizontal == parse_crs("EPSG:4326")
    assert crs.yx


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        (f'{ANSI}?axis-label="day"', ("day",)),
        (f"{ANSI}?axis-label='day'", ("day",)),
        (f"{ANSI}?axis-label=day", ("day",)),
        (f"{ANSI}?axis-label=%22day%22", ("day",)),
        ('OGC/0/AnsiDate?axis-label="day"', ("day",)),
        (f'{ROOT}?authority=OGC&version=0&code=AnsiDate&axis-label="day"', ("day",)),
        ('OGC/0/Index2D?axis-label-2="column"&axis-label-1="row"', ("row", "column")),
        ('OGC/0/Index2D?axis-label-2="column"', ("i", "column")),
        (f'{LAT_LONG}?axis-label-1="y"', ("y", "Long")),
        (f'{ROOT}-compound?1={ANSI}?axis-label="day"&2={LAT_LONG}', ("day", "Lat", "Long")),
        (f"{ROOT}-compound?1={ANSI}?axis-label=%22day%22&2={LAT_LONG}", ("day", "Lat", "Long")),
        (f"{ROOT}-compound?1={quote(ANSI + '?axis-label=' + chr(34) + 'day' + chr(34), safe='')}&2={LAT_LONG}",
         ("day", "Lat", "Long")),
        (f'{ROOT}-compound?1={ROOT}/OGC/0/Temporal?epoch="1950-01-01"&uom="h"&label="run"&2={LAT_LONG}',
         ("run", "Lat", "Long")),
        ('OGC/0/Temporal?epoch=1950&axis-label="run"', ("run",)),
        ('OGC/0/AnsiDate@OGC/0/UnixTime?axis-label="seen"@EPSG:3857', ("ansi", "seen", "X", "Y")),
    ],
)  # fmt: skip
def test_axes_are_renamed_by_parameters(text: str, labels: tuple[str, ...]) -> None:
    crs = parse_crs(text)
    assert crs.labels == labels
    again = parse_crs(crs.uri)
    assert again == crs
    assert again.labels == labels
    assert parse_crs(crs.short) == crs


@pytest.mark.parametrize("name", NAMES)
def test_the_canonical_forms_name_the_crs_itself(name: str) -> None:
    crs = parse_crs(name)
    for form in (crs.uri, crs.short, quote(crs.uri, safe="")):
        assert parse_crs(form) == crs
    if "Temporal" not in name:
        assert parse_crs(crs.urn) == crs


@given(st.lists(st.sampled_from(NAMES), min_size=2, max_size=4))
def test_compounds_are_named_by_their_uri(names: list[str]) -> None:
    labels = [label for name in names for label in parse_crs(name).labels]
    if len(set(labels)) < len(labels):
        with pytest.raises(CrsUnknown, match="occurs twice"):
            parse_crs("@".join(names))
        return
    crs = parse_crs("@".join(names))
    assert parse_crs(crs.uri) == crs
    assert parse_crs(crs.uri).labels == crs.labels
    assert parse_crs(crs.short) == crs


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "accepted"),
        ("4326", "accepted"),
        ("WGS 84", "accepted"),
        ("EPSG", "accepted"),
        ("EPSG:", "accepted"),
        ("EPSG:4326:extra:more", "not a number"),
        ("http://www.opengis.net/crs/EPSG/0/4326", "accepted"),
        ("ftp://www.opengis.net/def/crs/EPSG/0/4326", "accepted"),
        ("urn:ogc:def:datum:EPSG::6326", "accepted"),
        ("EPSG:999999", "no CRS"),
        ("EPSG:4326a", "not a number"),
        ("EPSG:٤٣٢٦", "not a number"),
        ("NOBODY:1", "no CRS"),
        ("OGC/0/MarsTime", "AnsiDate"),
        ("CRS:99", "no CRS"),
        (f"{ROOT}/EPSG/newest/4326", "version 'newest'"),
        (f"{ROOT}/EPSG/0", "incomplete"),
        (f"{ROOT}", "incomplete"),
        (f"{ROOT}?authority=EPSG", "incomplete"),
        (f"{ROOT}/EPSG/0/4326/more", "incomplete"),
        (f"{ROOT}-compound", "does not list CRSs"),
        (f"{ROOT}-compound?{LAT_LONG}", "does not list CRSs"),
        (f"{ROOT}-compound?1={ANSI}&1={LAT_LONG}", "does not list CRSs"),
        (f"{ROOT}-compound?1={ANSI}&2=EPSG:999999", "999999"),
        (f"{ROOT}-compound?1={ANSI}&2={ANSI}", "'ansi' occurs twice"),
        ("OGC/0/AnsiDate@", "accepted"),
        (f"{ANSI}?axis-label=", "not a name"),
        (f'{ANSI}?axis-label="two words"', "not a name"),
        (f'{ANSI}?axis-label-2="day"', "accepted: axis-label"),
        (f'{LAT_LONG}?axis-label="y"', "axis-label-1 to axis-label-2"),
        (f'{LAT_LONG}?axis-label-1="Long"', "occurs twice"),
        (f'{ANSI}?uom="d"', "no parameter 'uom'"),
        (f'{LAT_LONG}?uom="d"', "no parameter 'uom'"),
        (f'{ANSI}?axis-label="a"&axis-label="b"', "occurs twice"),
        (f"{ANSI}?axis-label", "is no parameter"),
        (f'{ANSI}?axis-label="day', "is no parameter"),
        ("OGC/0/Index0D", "Index1D to Index32D"),
        ("OGC/0/Index33D", "Index1D to Index32D"),
        ("OGC/0/Temporal", "needs an epoch"),
        ('OGC/0/Temporal?epoch="soon"', "epoch"),
        ('OGC/0/Temporal?epoch="1950"&uom="furlong"', "accepted: ms, s"),
        ('OGC/0/Temporal?epoch="1950"&zone="x"', "accepted: epoch, uom, label"),
        ("x" * 20_001, "too long"),
        ("EPSG:" + "9" * 5000, "1000 digits"),
        (f"http://www.opengis.net/def/crs/EPSG/{'9' * 5000}/4326", "1000 digits"),
        (f"http://www.opengis.net/def/crs/OGC/0/Index{'9' * 5000}D", "1000 digits"),
    ],
)
def test_what_names_no_crs_is_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(CrsUnknown, match=says):
        parse_crs(text)


def test_a_refusal_does_not_repeat_endless_text() -> None:
    with pytest.raises(CrsUnknown) as caught:
        parse_crs("x" * 15_000)
    assert len(caught.value.message) < 500


@given(st.text(max_size=60))
def test_any_text_is_a_crs_or_refused(text: str) -> None:
    with suppress(CrsUnknown):
        assert isinstance(parse_crs(text), Crs)


@given(st.sampled_from(NAMES), st.integers(0, 60), st.characters(codec="utf-8"))
def test_a_slip_of_the_keyboard_never_crashes(name: str, position: int, character: str) -> None:
    uri = parse_crs(name).uri
    text = uri[:position] + character + uri[position + 1 :]
    with suppress(CrsUnknown):
        assert isinstance(parse_crs(text), Crs)


def test_parsing_again_answers_the_same_object() -> None:
    assert parse_crs("EPSG:25833") is parse_crs("EPSG:25833")
