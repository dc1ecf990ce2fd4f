# SPDX-License-Identifier: MIT
"""Earth observation metadata in GML."""

from __future__ import annotations

from pathlib import Path

import pytest
from shapely.geometry import Point, box

from eoxserver.core.errors import DataUnavailable
from eoxserver.core.util.timetools import isotime
from eoxserver.resources.coverages.metadata.eogml import EOGMLReader
from tests.resources.coverages.metadata.conftest import Write

RING = "40 10 40 20 30 20 30 10 40 10"


def document(
    ring: str = f"<gml:posList>{RING}</gml:posList>",
    srs: str = ' srsName="EPSG:4326"',
    schema: str = "eop/2.0",
    hole: str = "",
    time: str = "<gml:TimePeriod><gml:beginPosition>2006-08-16T09:09:29Z</gml:beginPosition>"
    "<gml:endPosition>2006-08-16T09:12:46Z</gml:endPosition></gml:TimePeriod>",
    head: str = "",
) -> str:
    interior = f"<gml:interior><gml:LinearRing>{hole}</gml:LinearRing></gml:interior>" if hole else ""
    return f"""<?xml version="1.0" encoding="utf-8"?>{head}
<x:EarthObservation xmlns:x="http://www.opengis.net/{schema}" xmlns:eop="http://www.opengis.net/eop/2.0"
  xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:om="http://www.opengis.net/om/2.0">
 <om:phenomenonTime>{time}</om:phenomenonTime>
 <om:procedure><eop:EarthObservationEquipment>
  <eop:platform><eop:Platform><eop:shortName>ENVISAT</eop:shortName></eop:Platform></eop:platform>
 </eop:EarthObservationEquipment></om:procedure>
 <om:featureOfInterest><eop:Footprint><eop:multiExtentOf><gml:MultiSurface{srs}><gml:surfaceMember><gml:Polygon>
  <gml:exterior><gml:LinearRing>{ring}</gml:LinearRing></gml:exterior>{interior}
 </gml:Polygon></gml:surfaceMember></gml:MultiSurface></eop:multiExtentOf></eop:Footprint></om:featureOfInterest>
 <eop:metaDataProperty><eop:EarthObservationMetaData><eop:identifier> scene 1 </eop:identifier>
  <eop:productType>MER_FRS_1P</eop:productType></eop:EarthObservationMetaData></eop:metaDataProperty>
</x:EarthObservation>"""


@pytest.mark.parametrize("schema", ["eop/2.0", "opt/2.0", "sar/2.0", "atm/2.1", "alt/2.1"])
def test_every_thematic_schema_is_read(write: Write, schema: str) -> None:
    path = write(document(schema=schema))
    assert EOGMLReader().can_read(path)
    found = EOGMLReader().read(path)
    assert found.identifier == "scene 1"
    assert found.begin_time is not None and isotime(found.begin_time) == "2006-08-16T09:09:29Z"
    assert found.end_time is not None and isotime(found.end_time) == "2006-08-16T09:12:46Z"
    assert dict(found.extra) == {"platform": "ENVISAT", "productType": "MER_FRS_1P"}


@pytest.mark.parametrize(
    ("srs", "ring"),
    [
        (' srsName="EPSG:4326"', f"<gml:posList>{RING}</gml:posList>"),
        ("", f"<gml:posList>{RING}</gml:posList>"),
        (' srsName="urn:ogc:def:crs:EPSG::4326"', f"<gml:posList>{RING}</gml:posList>"),
        (' srsName="http://www.opengis.net/gml/srs/epsg.xml#4326"', f"<gml:posList>{RING}</gml:posList>"),
        (' srsName="urn:ogc:def:crs:OGC:1.3:CRS84"', "<gml:posList>10 40 20 40 20 30 10 30 10 40</gml:posList>"),
        ("", '<gml:posList srsDimension="3">40 10 0 40 20 0 30 20 0 30 10 0 40 10 0</gml:posList>'),
        ("", "".join(f"<gml:pos>{p}</gml:pos>" for p in ("40 10", "40 20", "30 20", "30 10", "40 10"))),
    ],
)
def test_positions_are_in_the_order_of_their_crs(write: Write, srs: str, ring: str) -> None:
    footprint = EOGMLReader().read(write(document(ring, srs))).footprint
    assert footprint is not None
    assert footprint.equals(box(10, 30, 20, 40))


def test_positions_in_a_projected_crs_are_transformed(write: Write) -> None:
    metres = 111319.490793
    ring = " ".join(f"{x * metres} {y * metres}" for x, y in ((10, 1), (20, 1), (20, 0), (10, 0), (10, 1)))
    footprint = (
        EOGMLReader().read(write(document(f"<gml:posList>{ring}</gml:posList>", ' srsName="EPSG:3857"'))).footprint
    )
    assert footprint is not None
    assert footprint.bounds == pytest.approx((10, 0, 20, 1), abs=1e-3)


def test_a_footprint_over_the_date_line_is_cut_there(write: Write) -> None:
    ring = "<gml:posList>40 170 40 -170 30 -170 30 170 40 170</gml:posList>"
    footprint = EOGMLReader().read(write(document(ring))).footprint
    assert footprint is not None
    assert footprint.area == pytest.approx(200)
    assert footprint.contains(Point(175, 35)) and footprint.contains(Point(-175, 35))
    assert not footprint.intersects(Point(0, 35))


def test_holes_stay_holes(write: Write) -> None:
    hole = "<gml:posList>36 14 36 16 34 16 34 14 36 14</gml:posList>"
    footprint = EOGMLReader().read(write(document(hole=hole))).footprint
    assert footprint is not None
    assert footprint.area == pytest.approx(96)


def test_an_instant_is_begin_and_end(write: Write) -> None:
    time = "<gml:TimeInstant><gml:timePosition>2006-08-16T09:09:29Z</gml:timePosition></gml:TimeInstant>"
    found = EOGMLReader().read(write(document(time=time)))
    assert found.begin_time is not None
    assert found.begin_time == found.end_time


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (document()[:-30], "no well-formed XML"),
        ("", "no well-formed XML"),
        ("<a/>", "a is not an EarthObservation"),
        (document(schema="eop/1.0"), "is not an EarthObservation of EOP 2"),
        (document("<gml:posList>40 10 40 x</gml:posList>"), "could not convert string to float: 'x'"),
        (document("<gml:posList>40 10 40 20</gml:posList>"), "four positions"),
        (document("<gml:posList>40 10 40 20 30</gml:posList>"), "cannot be positions"),
        (document("<gml:posList>140 10 40 20 30 20 30 10 140 10</gml:posList>"), "latitudes"),
        (document("<gml:posList>40 10 40 10 40 10 40 10</gml:posList>"), "no area"),
        (document(srs=' srsName="EPSG:999999"'), "999999"),
        (document(time="<gml:TimePeriod><gml:beginPosition>soon</gml:beginPosition></gml:TimePeriod>"), "'soon'"),
        (
            document(
                time="<gml:TimePeriod><gml:beginPosition>2007-01-01</gml:beginPosition>"
                "<gml:endPosition>2006-01-01</gml:endPosition></gml:TimePeriod>"
            ),
            "before it begins",
        ),
        (document(head='<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'), "document type"),
        (document(head="<!DOCTYPE x>"), "document type"),
    ],
)
def test_a_bad_document_is_refused_with_the_reason(write: Write, text: str, reason: str) -> None:
    path = write(text)
    with pytest.raises(DataUnavailable) as refused:
        EOGMLReader().read(path)
    assert reason in refused.value.message
    assert refused.value.message.startswith(path)


def test_an_entity_bomb_does_no_harm(write: Write) -> None:
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 50}">' for i in range(1, 12))
    path = write(f"<!DOCTYPE x [{entities}]><x>&a11;</x>")
    assert not EOGMLReader().can_read(path)
    with pytest.raises(DataUnavailable, match="document type"):
        EOGMLReader().read(path)


@pytest.mark.parametrize("text", ["", "II*\0", "<a/>", "{}", "<html><EarthObservation/></html>", b"\xff\xfe\x00"])
def test_other_files_are_told_apart(write: Write, text: str | bytes) -> None:
    assert not EOGMLReader().can_read(write(text))


def test_a_missing_document(tmp_path: Path) -> None:
    assert not EOGMLReader().can_read(str(tmp_path / "x.xml"))
    with pytest.raises(DataUnavailable, match="No such file"):
        EOGMLReader().read(str(tmp_path / "x.xml"))


def test_the_meris_scenes(shared: Path) -> None:
    paths = sorted((shared / "data").glob("mosaic*.xml"))
    assert len(paths) == 3
    for path in paths:
        assert EOGMLReader().can_read(str(path))
        found = EOGMLReader().read(str(path))
        assert found.begin_time is not None and found.end_time is not None and found.footprint is not None
        assert found.begin_time.strftime("%Y%m%d_%H%M%S") in path.name
        assert (found.end_time - found.begin_time).total_seconds() == 197
        assert found.identifier == path.stem.replace("ENVISAT-", "")
        west, south, east, north = found.footprint.bounds
        assert 32 < south < 33 and 46 < north < 47 and 14 < east - west < 17
        assert found.extra["platform"] == "ENVISAT" and found.extra["instrument"] == "MERIS"
