# SPDX-License-Identifier: MIT
"""Definitions of axes, coordinate systems, datums, ellipsoids, meridians, conversions, units and areas."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from tests.services.crs.conftest import BASE, Resolver
from tests.xmlschemas import texts

OBJECTS = [
    ("datum/EPSG/0/6326", "GeodeticDatum", "World Geodetic System 1984 ensemble"),
    ("datum/EPSG/0/6267", "GeodeticDatum", "North American Datum 1927"),
    ("datum/EPSG/0/6807", "GeodeticDatum", "Nouvelle Triangulation Francaise (Paris)"),
    ("datum/EPSG/0/5171", "VerticalDatum", "EGM96 geoid"),
    ("ellipsoid/EPSG/0/7030", "Ellipsoid", "WGS 84"),
    ("ellipsoid/EPSG/0/7008", "Ellipsoid", "Clarke 1866"),
    ("ellipsoid/EPSG/0/7048", "Ellipsoid", "GRS 1980 Authalic Sphere"),
    ("meridian/EPSG/0/8901", "PrimeMeridian", "Greenwich"),
    ("meridian/EPSG/0/8903", "PrimeMeridian", "Paris"),
    ("coordinateOperation/EPSG/0/16033", "Conversion", "UTM zone 33N"),
    ("cs/EPSG/0/6422", "EllipsoidalCS", "ellipsoidal, Lat, Lon"),
    ("cs/EPSG/0/4400", "CartesianCS", "Cartesian, E, N"),
    ("cs/EPSG/0/6499", "VerticalCS", "vertical, H"),
    ("axis/EPSG/0/106", "CoordinateSystemAxis", "Geodetic latitude"),
    ("uom/EPSG/0/9001", "UnitDefinition", "metre"),
    ("uom/EPSG/0/9122", "ConventionalUnit", "degree (supplier to define representation)"),
    ("uom/EPSG/0/9003", "ConventionalUnit", "US survey foot"),
    ("uom/UCUM/0/d", "ConventionalUnit", "day"),
    ("uom/UCUM/0/s", "UnitDefinition", "second"),
    ("uom/UCUM/0/Ma", "ConventionalUnit", "million years of 365.25 days"),
    ("uom/OGC/0/GridSpacing", "UnitDefinition", "GridSpacing"),
    ("method/EPSG/0/9807", "OperationMethod", "Transverse Mercator"),
    ("parameter/EPSG/0/8801", "OperationParameter", "Latitude of natural origin"),
    ("area/EPSG/0/1262", "Definition", "World"),
]


@pytest.mark.parametrize(("name", "tag", "called"), OBJECTS)
def test_definitions_are_valid(resolver: Resolver, shared: Path, name: str, tag: str, called: str) -> None:
    root = resolver.gml(name, shared)
    assert etree.QName(root).localname == tag
    assert texts(root, "/*/gml:identifier/text()") == [f"{BASE}/{name}"]
    assert texts(root, "/*/gml:name/text()")[0].startswith(called)


@pytest.mark.parametrize(
    ("name", "path", "values"),
    [
        ("axis/EPSG/0/106", "/*/@uom", [f"{BASE}/uom/EPSG/0/9122"]),
        ("axis/EPSG/0/106", "/*/gml:axisAbbrev/text()", ["Lat"]),
        ("axis/EPSG/0/106", "/*/gml:axisDirection/text()", ["north"]),
        ("uom/EPSG/0/9003", "//gml:factor/text()", ["0.30480060960121924"]),
        ("uom/EPSG/0/9003", "/*/*/@uom", [f"{BASE}/uom/EPSG/0/9001"]),
        ("uom/UCUM/0/d", "//gml:factor/text()", ["86400"]),
        ("uom/UCUM/0/d", "/*/*/@uom", [f"{BASE}/uom/UCUM/0/s"]),
        ("uom/UCUM/0/Ma", "//gml:factor/text()", ["31557600000000"]),
        ("ellipsoid/EPSG/0/7008", "//gml:semiMinorAxis/text()", ["6356583.8"]),
        ("meridian/EPSG/0/8903", "//gml:greenwichLongitude/text()", ["2.5969213"]),
        ("meridian/EPSG/0/8903", "//gml:greenwichLongitude/@uom", [f"{BASE}/uom/EPSG/0/9105"]),
        ("coordinateOperation/EPSG/0/16033", "//gml:ParameterValue/gml:value/text()",
         ["0", "15", "0.9996", "500000", "0"]),
        ("area/EPSG/0/1262", "//*[local-name()='Decimal']/text()", ["-180", "180", "-90", "90"]),
    ],
)  # fmt: skip
def test_definitions_have_the_values_of_the_register(
    resolver: Resolver, name: str, path: str, values: list[str]
) -> None:
    assert texts(resolver.root(name), path) == values


def test_samples_of_every_kind_are_valid(resolver: Resolver, shared: Path) -> None:
    for kind in ("area", "axis", "coordinateOperation", "cs", "datum", "ellipsoid", "meridian", "method",
                 "parameter", "uom"):  # fmt: skip
        listed = [str(element.text) for element in resolver.root(f"{kind}/EPSG/0")]
        for url in listed[:: max(1, len(listed) // 25)]:
            resolver.gml(url.removeprefix(f"{BASE}/"), shared)
