# SPDX-License-Identifier: MIT
"""Definitions in GML: what the resolver writes is read, and what is wrong is told."""

from __future__ import annotations

import json

import pytest

from eoxserver.core.crs import parse_crs, same_crs
from eoxserver.core.errors import CrsUnknown, EOxServerError, InvalidRequest
from eoxserver.services.crs.crs_gml import CrsWriter
from eoxserver.services.crs.document import Document
from eoxserver.services.crs.gml_reader import GmlReader
from eoxserver.services.crs.proj_database import ProjDatabase

DATABASE = ProjDatabase()
READER = GmlReader(DATABASE, parse_crs)
URL = "http://www.opengis.net/def"


def written(name: str) -> str:
    """The GML of a CRS as ``/def`` answers it."""
    document = Document(URL, f"{URL}/crs/{name}")
    return document.whole(CrsWriter(document, DATABASE).crs(parse_crs(name), f"{URL}/crs/{name}")).decode()


def some_codes() -> list[str]:
    """Every so many of the CRSs of EPSG that the resolver can write."""
    found = []
    for code in list(DATABASE.codes("crs", "EPSG"))[::40]:
        try:
            written(f"EPSG/0/{code}")
        except EOxServerError:
            continue
        found.append(code)
    return found


CODES = [
    "4326",
    "3857",
    "32633",
    "3035",
    "4979",
    "5773",
    "7415",
    "28992",
    "4978",
    "2180",
    "2263",
    "4807",
    "27572",
    "7420",
]


@pytest.mark.parametrize("code", CODES)
def test_what_the_resolver_writes_is_read(code: str) -> None:
    crs = parse_crs(f"EPSG/0/{code}")
    text, name = READER.definition(written(f"EPSG/0/{code}"))
    found = parse_crs(text)
    assert name == crs.to_pyproj().name
    assert found.labels == crs.labels
    assert found.to_pyproj().equals(crs.to_pyproj())


def test_the_register_is_read() -> None:
    codes = some_codes()
    assert len(codes) > 100
    for code in codes:
        found = parse_crs(READER.definition(written(f"EPSG/0/{code}"))[0])
        assert found.to_pyproj().equals(parse_crs(f"EPSG/0/{code}").to_pyproj()), code


def test_time_scales() -> None:
    text = READER.definition(written("OGC/0/AnsiDate"))[0]
    assert text == 'OGC/0/Temporal?epoch="1600-12-31T00:00:00Z"&uom="d"&label="ansi"'
    assert parse_crs(text).labels == ("ansi",)


GML = 'xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:xlink="http://www.w3.org/1999/xlink"'
UTM = f"""<gml:ProjectedCRS {GML} gml:id="a"><gml:name>Own zone</gml:name>
  <gml:conversion xlink:href="{URL}/coordinateOperation/EPSG/0/16033"/>
  <gml:baseGeodeticCRS xlink:href="urn:ogc:def:crs:EPSG::4326"/>
  <gml:cartesianCS xlink:href="http://another.example/def/cs/EPSG/0/4400"/></gml:ProjectedCRS>"""
GEODETIC = f"""<gml:GeodeticCRS {GML} gml:id="a"><gml:name>Own</gml:name>
  <gml:ellipsoidalCS xlink:href="{URL}/cs/EPSG/0/6422"/>
  <gml:geodeticDatum xlink:href="{URL}/datum/EPSG/0/6326"/></gml:GeodeticCRS>"""


def test_parts_that_are_referred_to() -> None:
    text, name = READER.definition(UTM)
    assert name == "Own zone"
    assert parse_crs(text).to_pyproj().equals(parse_crs("EPSG:32633").to_pyproj())
    assert same_crs(parse_crs(READER.definition(GEODETIC)[0]), parse_crs("EPSG:4326"))
    parts = f'<gml:componentReferenceSystem xlink:href="{URL}/crs/'
    compound = f'{parts}OGC/0/AnsiDate"/>{parts}EPSG/0/4326"/>'
    text, _ = READER.definition(f'<gml:CompoundCRS {GML} gml:id="a">{compound}</gml:CompoundCRS>')
    assert same_crs(parse_crs(text), parse_crs("OGC/0/AnsiDate@EPSG/0/4326"))


def test_a_changed_document_is_another_crs() -> None:
    """Numbers in the document count, whatever register its parts say to be from."""
    moved = written("EPSG/0/32633").replace(">15<", ">16.5<")
    tree = json.loads(READER.definition(moved)[0])
    assert [one["value"] for one in tree["conversion"]["parameters"]] == [0, 16.5, 0.9996, 500000, 0]
    flat = written("EPSG/0/4326").replace(">298.257223563<", ">300<")
    tree = json.loads(READER.definition(flat)[0])
    assert tree["datum"]["ellipsoid"]["inverse_flattening"] == 300
    assert not same_crs(parse_crs(json.dumps(tree)), parse_crs("EPSG:4326"))


BAD: list[tuple[str, type[EOxServerError], str]] = [
    ("<gml:GeodeticCRS", InvalidRequest, "not well-formed"),
    ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', InvalidRequest, "DOCTYPE"),
    (f"<gml:ImageCRS {GML}/>", CrsUnknown, "a ImageCRS in GML is not read; accepted: GeodeticCRS"),
    (f"<gml:GeodeticCRS {GML}/>", CrsUnknown, "GeodeticCRS lacks an element ellipsoidalCS"),
    (f"<gml:TemporalCRS {GML}/>", CrsUnknown, "TemporalCRS lacks an element temporalDatum"),
    (f"<gml:CompoundCRS {GML}/>", CrsUnknown, "lacks an element componentReferenceSystem"),
    (GEODETIC.replace("6326", "999999"), CrsUnknown, "datum/EPSG/999999 is in no register"),
    (GEODETIC.replace("6422", "999999"), CrsUnknown, "there is no system EPSG/999999"),
    (GEODETIC.replace(f"{URL}/datum/EPSG/0/6326", "file:///etc/passwd"), CrsUnknown, "refers to 'file:///etc/passwd'"),
    (GEODETIC.replace(f' xlink:href="{URL}/datum/EPSG/0/6326"', ""), CrsUnknown, "geodeticDatum has nothing in it"),
    (UTM.replace("EPSG::4326", "EPSG::999999"), CrsUnknown, "999999"),
    (UTM.replace("urn:ogc:def:crs:EPSG::4326", f"{URL}/crs/OGC/0/AnsiDate"), CrsUnknown, "cannot be part of this CRS"),
    (written("EPSG/0/32633").replace(">0.9996<", ">one<"), CrsUnknown, "value is 'one', no number"),
    (written("EPSG/0/32633").replace("uom/EPSG/0/9001", "uom/EPSG/0/1"), CrsUnknown, "is no unit that is known"),
    (written("EPSG/0/32633").replace(f"{URL}/uom/EPSG/0/9001", "ell"), CrsUnknown, "'ell' is no unit that is known"),
]


@pytest.mark.parametrize(("text", "error", "words"), BAD)
def test_what_is_wrong_is_told(text: str, error: type[EOxServerError], words: str) -> None:
    with pytest.raises(error, match=words):
        READER.definition(text)
