# SPDX-License-Identifier: MIT
"""Definitions of CRSs: valid GML whose axes, units and parts are those of the CRS."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree
from pyproj.database import get_authorities, get_codes
from pyproj.enums import PJType

from eoxserver.core.crs import parse_crs
from tests.services.crs.conftest import BASE, Resolver
from tests.xmlschemas import texts

CRSS = [
    ("EPSG/0/4326", "GeodeticCRS", "WGS 84"),
    ("EPSG/0/4979", "GeodeticCRS", "WGS 84"),
    ("EPSG/0/4978", "GeodeticCRS", "WGS 84"),
    ("EPSG/0/4267", "GeodeticCRS", "NAD27"),
    ("EPSG/0/4901", "GeodeticCRS", "ATF (Paris)"),
    ("EPSG/0/7789", "GeodeticCRS", "ITRF2014"),
    ("EPSG/0/3857", "ProjectedCRS", "WGS 84 / Pseudo-Mercator"),
    ("EPSG/0/32633", "ProjectedCRS", "WGS 84 / UTM zone 33N"),
    ("EPSG/0/3035", "ProjectedCRS", "ETRS89-extended / LAEA Europe"),
    ("EPSG/0/2180", "ProjectedCRS", "ETRF2000-PL / CS92"),
    ("EPSG/0/2264", "ProjectedCRS", "NAD83 / North Carolina (ftUS)"),
    ("EPSG/0/5041", "ProjectedCRS", "WGS 84 / UPS North (E,N)"),
    ("EPSG/0/27572", "ProjectedCRS", "NTF (Paris) / Lambert zone II"),
    ("EPSG/0/5773", "VerticalCRS", "EGM96 height"),
    ("EPSG/0/5715", "VerticalCRS", "MSL depth"),
    ("EPSG/0/9389", "VerticalCRS", "EVRF2019 height"),
    ("EPSG/0/7415", "CompoundCRS", "Amersfoort / RD New + NAP height"),
    ("ESRI/0/54009", "ProjectedCRS", "World_Mollweide"),
    ("ESRI/0/102001", "ProjectedCRS", "Canada_Albers_Equal_Area_Conic"),
    ("IAU_2015/0/49900", "GeodeticCRS", "Mars (2015) - Sphere / Ocentric"),
    ("IAU_2015/0/19902", "GeodeticCRS", None),
    ("OGC/1.3/CRS84", "GeodeticCRS", "WGS 84 (CRS84)"),
    ("OGC/1.3/CRS27", "GeodeticCRS", None),
    ("OGC/0/AnsiDate", "TemporalCRS", None),
    ("OGC/0/UnixTime", "TemporalCRS", None),
    ("OGC/0/JulianDate", "TemporalCRS", "Julian date"),
    ("OGC/0/TruncatedJulianDate", "TemporalCRS", None),
    ("OGC/0/ChronometricGeologicTime", "TemporalCRS", None),
    ('OGC/0/Temporal?epoch="1950-01-01"&uom="h"', "TemporalCRS", "Time in h since 1950-01-01T00:00:00Z"),
    ("OGC/0/Index1D", "EngineeringCRS", "Index1D"),
    ("OGC/0/Index5D", "EngineeringCRS", "Index5D"),
    ("AUTO/1.3/42003?CenterLongitude=-100&CenterLatitude=45", "ProjectedCRS", "WGS 84 / Auto Orthographic"),
    ("USER/0/local", "ProjectedCRS", "Local grid"),
    ("USER/0/hours", "TemporalCRS", "USER/0/hours"),
    ("USER/0/cube", "CompoundCRS", "USER/0/cube"),
    ("USER/0/site", "EngineeringCRS", "USER/0/site"),
    ("USER/0/meridian?lon=3", "ProjectedCRS", "Meridian of your own"),
]


@pytest.mark.parametrize(("name", "tag", "called"), CRSS)
def test_definitions_are_valid_and_have_the_axes_of_the_crs(
    resolver: Resolver, shared: Path, name: str, tag: str, called: str | None
) -> None:
    root = resolver.gml(f"crs/{name}", shared)
    assert etree.QName(root).localname == tag
    crs = resolver.crss.parse(name)
    axes = "//gml:CoordinateSystemAxis[not(ancestor::gml:baseGeodeticCRS)]"
    assert texts(root, f"{axes}/gml:axisAbbrev/text()") == list(crs.labels)
    assert texts(root, f"{axes}/gml:axisDirection/text()") == [axis.direction for axis in crs.axes]
    path, _, query = name.partition("?")
    (identifier,) = texts(root, "/*/gml:identifier/text()")
    assert identifier.partition("?")[0] == f"{BASE}/crs/{path}"
    assert bool(query) == ("?" in identifier)
    assert resolver.crss.parse(identifier) == crs
    if called is not None:
        assert texts(root, "/*/gml:name/text()") == [called]


def test_every_link_of_a_definition_leads_somewhere(resolver: Resolver) -> None:
    """Units, datums, axes and all the rest are definitions of this resolver, or parts of the document."""
    seen: set[str] = set()
    for name, _, _ in CRSS:
        root = resolver.root(f"crs/{name}")
        ids = set(texts(root, "//@gml:id"))
        found = {*texts(root, "//gml:identifier/text()"), *texts(root, "//@uom")}
        assert found
        whole = texts(root, "/*/gml:identifier/text()")[0]
        for link in found - seen:
            seen.add(link)
            if link.startswith(f"{whole}#"):
                assert link.partition("#")[2] in ids
            elif link.startswith(BASE):
                assert resolver.ask(link.removeprefix(f"{BASE}/")).status == 200, f"{link} in {name}"
            else:
                assert link == "furlong"


def test_what_it_says_of_utm(resolver: Resolver, shared: Path) -> None:
    root = resolver.gml("crs/EPSG/0/32633", shared)
    assert texts(root, "/*/gml:scope/text()") == ["Navigation and medium accuracy spatial referencing."]
    assert (
        "Between 12°E and 18°E" in texts(root, "/*/gml:domainOfValidity//*[local-name()='CharacterString']/text()")[0]
    )
    assert texts(root, "/*/gml:domainOfValidity//*[local-name()='Decimal']/text()") == ["12", "18", "0", "84"]
    assert texts(root, "//gml:Conversion/gml:identifier/text()") == [f"{BASE}/coordinateOperation/EPSG/0/16033"]
    assert texts(root, "//gml:OperationMethod/gml:name/text()") == ["Transverse Mercator"]
    assert texts(root, "//gml:ParameterValue/gml:value/text()") == ["0", "15", "0.9996", "500000", "0"]
    assert texts(root, "//gml:ParameterValue/gml:value/@uom") == [
        f"{BASE}/uom/EPSG/0/{code}" for code in (9122, 9122, 9201, 9001, 9001)
    ]
    assert texts(root, "//gml:baseGeodeticCRS/*/gml:identifier/text()") == [f"{BASE}/crs/EPSG/0/4326"]
    assert texts(root, "//gml:baseGeodeticCRS//gml:axisAbbrev/text()") == ["Lat", "Long"]
    assert texts(root, "//gml:cartesianCS/*/gml:identifier/text()") == [f"{BASE}/cs/EPSG/0/4400"]
    assert texts(root, "//gml:cartesianCS//gml:CoordinateSystemAxis/@uom") == [f"{BASE}/uom/EPSG/0/9001"] * 2
    assert texts(root, "//gml:Ellipsoid/gml:semiMajorAxis/text()") == ["6378137"]
    assert texts(root, "//gml:inverseFlattening/text()") == ["298.257223563"]
    assert "Datum ensemble" in texts(root, "//gml:GeodeticDatum/gml:remarks/text()")[0]


@pytest.mark.parametrize(
    ("name", "origin", "unit"),
    [
        ("AnsiDate", "1600-12-31T00:00:00Z", "d"),
        ("UnixTime", "1970-01-01T00:00:00Z", "s"),
        ("JulianDate", "-4712-01-01T12:00:00Z", "d"),
        ("TruncatedJulianDate", "1968-05-24T00:00:00Z", "d"),
        ("ChronometricGeologicTime", "1950-01-01T00:00:00Z", "Ma"),
    ],
)
def test_time_crss_have_their_origin_and_unit(resolver: Resolver, name: str, origin: str, unit: str) -> None:
    root = resolver.root(f"crs/OGC/0/{name}")
    assert texts(root, "//gml:TemporalDatum/gml:origin/text()") == [origin]
    assert texts(root, "//gml:TimeCS//@uom") == [f"{BASE}/uom/UCUM/0/{unit}"]


@pytest.mark.parametrize(
    ("url", "labels"),
    [
        ('crs/OGC/0/AnsiDate?axis-label="day"', ["day"]),
        ("crs/OGC/0/AnsiDate?axis-label=%22day%22", ["day"]),
        ('crs?authority=OGC&version=0&code=AnsiDate&axis-label="day"', ["day"]),
        ('crs/EPSG/0/4326?axis-label-2="Lon"', ["Lat", "Lon"]),
        ('crs/USER/0/local?axis-label-1="x"', ["x", "N"]),
        ('crs/EPSG/0/7415?axis-label-3="height"', ["X", "Y", "height"]),
    ],
)
def test_axes_are_renamed(resolver: Resolver, shared: Path, url: str, labels: list[str]) -> None:
    root = resolver.gml(url, shared)
    axes = "//gml:CoordinateSystemAxis[not(ancestor::gml:baseGeodeticCRS)]"
    assert texts(root, f"{axes}/gml:axisAbbrev/text()") == labels
    (identifier,) = texts(root, "/*/gml:identifier/text()")
    assert list(resolver.crss.parse(identifier).labels) == labels


@pytest.mark.parametrize(
    ("query", "tags"),
    [
        ("1=http://www.opengis.net/def/crs/OGC/0/AnsiDate&2=http://any.host/def/crs/EPSG/0/4326",
         ["TemporalCRS", "GeodeticCRS"]),
        ("2=EPSG:28992&1=EPSG:5709", ["VerticalCRS", "ProjectedCRS"]),
        ("1=http%3A%2F%2Fx%2Fdef%2Fcrs%2FOGC%2F0%2FAnsiDate%3Faxis-label%3D%22day%22&2=OGC/0/Index2D",
         ["TemporalCRS", "EngineeringCRS"]),
        ('1=http://x/def/crs/OGC/0/AnsiDate?axis-label="day"&2=http://x/def/crs/OGC/0/UnixTime&3=USER:local',
         ["TemporalCRS", "TemporalCRS", "ProjectedCRS"]),
    ],
)  # fmt: skip
def test_compounds_have_their_components_in_order(
    resolver: Resolver, shared: Path, query: str, tags: list[str]
) -> None:
    root = resolver.gml(f"crs-compound?{query}", shared)
    assert etree.QName(root).localname == "CompoundCRS"
    found = root.findall("{*}componentReferenceSystem/*")
    assert [etree.QName(part).localname for part in found] == tags
    (identifier,) = texts(root, "/*/gml:identifier/text()")
    assert identifier.startswith(f"{BASE}/crs-compound?1={BASE}/crs/")
    crs = resolver.crss.parse(identifier)
    assert crs == resolver.crss.parse(f"http://www.opengis.net/def/crs-compound?{query}")
    assert len(crs.components) == len(tags)


def test_a_single_component_is_itself(resolver: Resolver) -> None:
    root = resolver.root("crs-compound?1=EPSG:4326")
    assert etree.QName(root).localname == "GeodeticCRS"


@pytest.mark.parametrize("authority", [one for one in get_authorities() if one not in ("PROJ", "NRCAN")])
def test_a_sample_of_every_register_is_valid(resolver: Resolver, shared: Path, authority: str) -> None:
    codes = sorted(get_codes(authority, PJType.CRS, allow_deprecated=True))
    step = max(1, len(codes) // 60)
    for code in codes[::step]:
        root = resolver.gml(f"crs/{authority}/0/{code}", shared)
        crs = parse_crs(f"{authority}/0/{code}")
        axes = "//gml:CoordinateSystemAxis[not(ancestor::gml:baseGeodeticCRS) and not(ancestor::gml:baseCRS)]"
        assert texts(root, f"{axes}/gml:axisAbbrev/text()") == list(crs.labels), code
