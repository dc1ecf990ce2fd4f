# SPDX-License-Identifier: MIT
"""The tree of definitions: lists, parameters, comparison, errors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from pyproj.database import get_database_metadata

from tests.services.crs.conftest import BASE, ENTRIES, Resolver, make_resolver
from tests.xmlschemas import texts

CRSNTS = {"c": "http://www.opengis.net/crs-nts/1.0", "gml": "http://www.opengis.net/gml/3.2"}
ROOT = "http://www.opengis.net/def/crs"


def identifiers(resolver: Resolver, url: str) -> list[str]:
    root = resolver.root(url)
    assert root.tag == "identifiers"
    found = [str(element.text) for element in root]
    assert {element.tag for element in root} <= {"identifier"}
    assert all(text.startswith(f"{BASE}/") for text in found)
    return [text.removeprefix(f"{BASE}/") for text in found]


def code_of(resolver: Resolver, url: str, status: int) -> tuple[str, str]:
    """Code and text of the exception report of a URL."""
    response = resolver.ask(url)
    assert response.status == status, response.body
    assert isinstance(response.body, bytes)
    root = etree.fromstring(response.body)
    return texts(root, "//ows:Exception/@exceptionCode")[0], texts(root, "//ows:ExceptionText/text()")[0]


def test_an_incomplete_url_lists_what_is_below(resolver: Resolver) -> None:
    for url in ("", "index.jsp", "browse.jsp"):
        assert {"crs", "axis", "uom", "datum", "ellipsoid"} <= set(identifiers(resolver, url))
    assert {"crs/EPSG", "crs/OGC", "crs/AUTO", "crs/USER", "crs/ESRI"} <= set(identifiers(resolver, "crs"))
    newest = (get_database_metadata("EPSG.VERSION") or "").removeprefix("v")
    for url in ("crs/EPSG", "crs/epsg/", "crs?authority=EPSG"):
        assert identifiers(resolver, url) == ["crs/EPSG/0", f"crs/EPSG/{newest}"]
    for url in ("crs/EPSG/0", "crs?authority=EPSG&version=0"):
        codes = identifiers(resolver, url)
        assert len(codes) > 7000
        assert len(set(codes)) == len(codes)
        assert {"crs/EPSG/0/4326", "crs/EPSG/0/7415", "crs/EPSG/0/5773"} <= set(codes)
    assert identifiers(resolver, "crs/USER") == ["crs/USER/0"]
    assert identifiers(resolver, "crs/USER/0") == [
        f"crs/USER/0/{code}" for code in sorted(entry.definition.code for entry in ENTRIES)
    ]
    assert identifiers(resolver, "crs/AUTO/1.3")[0] == "crs/AUTO/1.3/42001"
    assert identifiers(resolver, "crs/OGC/1.3") == [f"crs/OGC/1.3/CRS{n}" for n in ("27", "83", "84", "84h")]


@pytest.mark.parametrize("kind", ["area", "axis", "coordinateOperation", "cs", "datum", "ellipsoid", "meridian",
                                  "method", "parameter", "uom"])  # fmt: skip
def test_every_kind_lists_codes(resolver: Resolver, kind: str) -> None:
    assert f"{kind}/EPSG" in identifiers(resolver, kind)
    assert len(identifiers(resolver, f"{kind}/EPSG/0")) > 10


@pytest.mark.parametrize("authority", ["OGC", "USER", "AUTO", "EPSG"])
def test_what_is_listed_has_a_definition(resolver: Resolver, authority: str) -> None:
    versions = [url.rpartition("/")[2] for url in identifiers(resolver, f"crs/{authority}")]
    for version in versions:
        listed = identifiers(resolver, f"crs/{authority}/{version}")
        assert listed
        for url in listed[:: max(1, len(listed) // 20)]:
            assert resolver.ask(url).status == 200, url


def test_the_named_version_is_part_of_the_identifier(resolver: Resolver) -> None:
    newest = (get_database_metadata("EPSG.VERSION") or "").removeprefix("v")
    root = resolver.root(f"crs/EPSG/{newest}/4326")
    assert texts(root, "/*/gml:identifier/text()") == [f"{BASE}/crs/EPSG/{newest}/4326"]


@pytest.mark.parametrize(
    ("url", "locator"),
    [
        ("crs/EPSG/0/999999", "EPSG"),
        ("crs/EPSG/0/abc", "abc"),
        ("crs/EPSG/1.0/4326", "no version '1.0'"),
        ("crs/NOBODY/0/1", "NOBODY"),
        ("crs/NOBODY", "NOBODY"),
        ("crs/OGC/0/MarsTime", "MarsTime"),
        ("crs/OGC/0/Index99D", "Index99D"),
        ("crs/OGC/0/CRS:1", "cells of any grid"),
        ("crs/AUTO/1.3/42009", "42009"),
        ("crs/USER/0/other", "other"),
        ("crs/USER/2/local", "no version '2'"),
        ("crs/EPSG/0/4326/more", "AUTHORITY/VERSION/CODE"),
        ("crs/OGC/0/.Mars-template", "Mars"),
        ("datum/EPSG/0/1", "datum/EPSG/0/1"),
        ("axis/EPSG/0/1000000", "axis"),
        ("uom/UCUM/0/parsec", "uom"),
        ("cs/EPSG/0/x", "cs"),
        ("unicorn/EPSG/0/1", "did you mean|available"),
        ("crs-compound?1=EPSG:4326&2=EPSG:999999", "EPSG:999999"),
        ("equal?1=EPSG:4326&2=EPSG:999999", "EPSG:999999"),
    ],
)
def test_what_is_not_there_is_not_found(resolver: Resolver, url: str, locator: str) -> None:
    code, text = code_of(resolver, url, 404)
    assert code == "NoSuchDefinition"
    assert any(part in text for part in locator.split("|")), text


@pytest.mark.parametrize(
    ("url", "code", "says"),
    [
        ("crs/EPSG/0/4326?axis=1", "InvalidParameterValue", "no parameter 'axis'"),
        ('crs/OGC/0/AnsiDate?axis-label="1 2"', "InvalidParameterValue", "is not a name"),
        ("crs/OGC/0/AnsiDate?axis-label", "InvalidParameterValue", "is no parameter"),
        ("crs/OGC/0/Temporal?epoch=1950&uom=blink", "InvalidParameterValue", "unit 'blink'"),
        ("crs/OGC/0/Temporal?epoch=never", "InvalidParameterValue", "epoch"),
        ("crs/USER/0/meridian?lon=1&hue=3", "InvalidParameterValue", "no parameter 'hue'"),
        ("crs/AUTO/1.3/42001?CenterLongitude=1&CenterLatitude=91", "InvalidParameterValue", "CenterLatitude"),
        ("crs-compound", "InvalidParameterValue", "1=URL"),
        ("crs-compound?1=EPSG:4326&1=EPSG:3857", "InvalidParameterValue", "1=URL"),
        ("crs-compound?1=EPSG:4326&2=EPSG:4326", "InvalidParameterValue", "occurs twice"),
        ("equal", "MissingParameterValue", "missing"),
        ("equal?1=EPSG:4326", "MissingParameterValue", "second"),
        ("crs-equal?2=EPSG:4326", "MissingParameterValue", "second"),
        ("equal?1=EPSG:4326&2=EPSG:4326&3=EPSG:4326", "InvalidRequest", "two are compared"),
        ("equal?1=EPSG:4326&2=Mars", "InvalidParameterValue", "is not a CRS"),
    ],
)
def test_wrong_requests_are_refused(resolver: Resolver, url: str, code: str, says: str) -> None:
    found, text = code_of(resolver, url, 400)
    assert (found, says in text) == (code, True), text


def test_queries_are_not_offered(resolver: Resolver) -> None:
    assert code_of(resolver, "crs-query", 501)[0] == "OperationNotSupported"


# -- comparison -------------------------------------------------------------------------------


def compared(resolver: Resolver, a: str, b: str, path: str = "equal") -> tuple[bool, str]:
    root = resolver.root(f"{path}?1={a}&2={b}")
    assert etree.QName(root).localname == "comparisonResult"
    equal = root.findtext("c:equal", namespaces=CRSNTS)
    assert equal in ("true", "false")
    return equal == "true", root.findtext("c:reason", namespaces=CRSNTS) or ""


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (f"{ROOT}/EPSG/0/4326", "http://localhost:8080/def/crs/EPSG/0/4326"),
        (f"{ROOT}/EPSG/0/4326", "urn:ogc:def:crs:EPSG::4326"),
        (f"{ROOT}/OGC/0/AnsiDate", f'{ROOT}/OGC/0/AnsiDate?axis-label="ansi"'),
        ("OGC/0/AnsiDate@EPSG:4326", "USER:cube"),
        ("USER:hours", 'OGC/0/Temporal?epoch=1950&uom=h&label="run"'),
        ("EPSG:28992@EPSG:5709", "EPSG:7415"),
    ],
)
def test_one_crs_under_two_names_is_equal(resolver: Resolver, a: str, b: str) -> None:
    assert compared(resolver, a, b)[0]
    assert compared(resolver, b, a, "crs-equal")[0]
    assert compared(resolver, a, a) == (True, "both are the same CRS")


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        (f"{ROOT}/EPSG/0/4327", f"{ROOT}/EPSG/0/4326", "3 axes"),
        ("EPSG:4326", "CRS:84", "axis 1 has the direction 'north'"),
        ("EPSG:4326", "EPSG:4258", "defined differently"),
        ("OGC/0/AnsiDate", 'OGC/0/AnsiDate?axis-label="day"', "the label 'ansi' in the one, 'day'"),
        ("OGC/0/AnsiDate", "OGC/0/UnixTime", "the unit 'd'"),
        ("OGC/0/JulianDate", "OGC/0/TruncatedJulianDate", "defined differently"),
        ("EPSG:32632", "EPSG:32633", "defined differently"),
        ("OGC/0/Index2D", 'OGC/0/Index1D@OGC/0/Index1D?axis-label="j"', "has 1 components"),
    ],
)
def test_different_crss_are_not_equal(resolver: Resolver, a: str, b: str, reason: str) -> None:
    equal, text = compared(resolver, a, b)
    assert not equal
    assert reason in text


# -- parameters -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "parameters", "template"),
    [
        ("OGC/0/Temporal", ["epoch"], "OGC/0/.Temporal-template"),
        ("OGC/0/Temporal?uom=h", ["epoch"], "OGC/0/.Temporal-template"),
        ("AUTO/1.3/42003", ["CenterLongitude", "CenterLatitude"], "AUTO/1.3/.42003-template"),
        ("AUTO/1.3/42003?centerlongitude=1", ["CenterLatitude"], "AUTO/1.3/.42003-template"),
        ("USER/0/meridian", ["lon"], None),
        ("USER/0/meridian?lat=3", ["lon"], None),
    ],
)
def test_a_crs_without_all_its_values_says_which_are_needed(
    resolver: Resolver, name: str, parameters: list[str], template: str | None
) -> None:
    root = resolver.root(f"crs/{name}")
    assert etree.QName(root).localname == "ParameterizedCRS"
    assert root.xpath("c:parameters/c:parameter/@name", namespaces=CRSNTS) == parameters
    assert texts(root, "gml:identifier/text()") == [f"{BASE}/crs/{name}"]
    links = texts(root, "*/@xlink:href")
    assert links == ([f"{BASE}/crs/{template}"] if template else [])
    for link in links:
        made = resolver.root(link.removeprefix(f"{BASE}/"))
        assert texts(made, "/*/gml:identifier/text()") == [link]
        for target in root.findall("c:parameters/c:parameter/c:target", CRSNTS):
            places = made.xpath(str(target.text), namespaces=CRSNTS)
            assert isinstance(places, list) and len(places) == 1, target


def test_templates_of_times_are_their_definitions(resolver: Resolver) -> None:
    root = resolver.root("crs/OGC/0/.AnsiDate-template")
    assert texts(root, "//gml:axisAbbrev/text()") == ["ansi"]


# -- definitions of administrators ------------------------------------------------------------


def test_titles_and_remarks_are_those_of_the_administrator(resolver: Resolver) -> None:
    root = resolver.root("crs/USER/0/local")
    assert texts(root, "/*/gml:name/text()") == ["Local grid"]
    assert texts(root, "/*/gml:remarks/text()") == ["Made for tests."]


def test_the_state_changes_with_the_definitions() -> None:
    one, other = make_resolver(*ENTRIES), make_resolver(*ENTRIES[1:])
    assert one.service.state() == make_resolver(*ENTRIES).service.state() != other.service.state()


# -- anything ---------------------------------------------------------------------------------

PIECES = st.sampled_from(
    ["crs", "crs-compound", "equal", "datum", "uom", "axis", "EPSG", "OGC", "USER", "AUTO", "0", "1.3", "4326", "42001",
     "AnsiDate", "meridian", "Temporal", ".AnsiDate-template", "Index2D", "", "..", "%00", "\x00", "é", "a b"]
)  # fmt: skip
QUERIES = st.sampled_from(
    ["", "1=", "1=EPSG:4326", "2=USER:local", "axis-label=x", "lon=1", "lon=]", "epoch=1950", "authority=EPSG", "code=",
     "version=", "&", "=", "%22", "%ff", "1=2=3", "CenterLongitude=1", "CenterLatitude=1e999"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=6), st.lists(QUERIES, max_size=4))
def test_whatever_is_asked_is_answered_in_xml(pieces: list[str], queries: list[str]) -> None:
    response = make_resolver(*ENTRIES).ask(f"{'/'.join(pieces)}?{'&'.join(queries)}")
    assert response.status in (200, 400, 404, 501), response.body
    assert isinstance(response.body, bytes)
    etree.fromstring(response.body)
