# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest

from eoxserver.core.coverage import CellBox
from eoxserver.core.crs import parse_crs
from eoxserver.core.errors import CrsUnknown
from eoxserver.core.roles import Role
from eoxserver.services.wcst.document import Document, read_document
from eoxserver.services.wcst.errors import TransactionError
from tests.services.wcst import documents

ONE = documents.points(["1 2"], "5")


def read(text: str) -> Document:
    return read_document(text.encode(), parse_crs)


def positions(document: Document) -> list[list[float]]:
    assert document.points is not None
    axes = range(len(document.points.frame.axes))
    found: list[list[float]] = document.points.source.read(CellBox.whole(document.domain.shape), axes).values.tolist()
    return found


@pytest.mark.parametrize("simple", [True, False])
def test_points(simple: bool) -> None:
    document = read(documents.points(["1 2", "-3.5 4e1", "1 2"], "5,6,7", simple=simple))
    assert positions(document) == [[1, -3.5, 1], [2, 40, 2]]
    assert document.domain.labels == ("point",)
    frame = document.frame
    assert [(axis.label, axis.low, axis.high, axis.role) for axis in frame.axes] == [
        ("Lat", -3.5, 1, Role.Y),
        ("Long", 2, 40, Role.X),
    ]


def test_several_in_one_member() -> None:
    text = documents.points(["1 2", "3 4"], "5,6").replace("</gml:pointMember><gml:pointMember>", "")
    assert positions(read(text.replace("gml:pointMember>", "gml:pointMembers>"))) == [[1, 3], [2, 4]]


def test_instants() -> None:
    crs = f"{documents.ROOT}/OGC/0/UnixTime"
    document = read(
        documents.points(['"1970-01-01T00:01:00Z"', "61.5"], "5,6", crs=crs, labels="unix").replace(
            ">61.5</gml:upperCorner>", ">62</gml:upperCorner>"
        )
    )
    assert positions(document) == [[60, 61.5]]


@pytest.mark.parametrize("name", ["EPSG:4326", f"{documents.ROOT}/EPSG/0/4326"])
def test_crs_of_a_point(name: str) -> None:
    assert positions(read(ONE.replace('"p0"', f'"p0" srsName="{name}"'))) == [[1], [2]]


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [
        (">1 2</gml:pos>", ">1 2 3</gml:pos>", "WCSTMissingPos"),
        (">1 2</gml:pos>", "></gml:pos>", "WCSTMissingPos"),
        (">1 2</gml:pos>", ">1 inf</gml:pos>", "InvalidRequest"),
        (">1 2</gml:pos>", ">1 two</gml:pos>", "InvalidRequest"),
        ("gml:pos>", "gml:coordinates>", "WCSTMissingPos"),
        ("gml:pointMember>", "gml:other>", "WCSTMissingPoint"),
        ('"p0"', '"p0" srsName="EPSG:3857"', "InvalidRequest"),
        ("gml:MultiPoint>", "gml:MultiPoint><gml:Solid/>", "WCSTMissingGridType"),
    ],
)
def test_what_is_refused(before: str, after: str, refused: str) -> None:
    assert before in ONE
    with pytest.raises(TransactionError) as caught:
        read(ONE.replace(before, after))
    assert caught.value.code == refused


def test_unknown_crs() -> None:
    with pytest.raises(CrsUnknown):
        read(ONE.replace('"p0"', '"p0" srsName="EPSG:999999"'))
