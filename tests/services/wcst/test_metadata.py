# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest

from eoxserver.core.crs import parse_crs
from eoxserver.services.wcst.document import read_document
from eoxserver.services.wcst.errors import TransactionError
from eoxserver.services.wcst.metadata import read_metadata
from tests.services.wcst import documents

DOMAIN = read_document(documents.cube(documents.cells("1,1,1,1,1,1")).encode(), parse_crs).domain
XML = (
    "<rasdaman:covMetadata xmlns:rasdaman='http://www.rasdaman.org'><title>A &amp; B</title><by><n>x</n></by>"
    "<bands><v><units>K</units></v><w/></bands><axes><Lat><positive>up</positive></Lat></axes><slices><slice>"
    '<boundedBy><Envelope><axisLabels>ansi Lat</axisLabels><lowerCorner>"2008-01-01" 48</lowerCorner>'
    '<upperCorner>"2008-01-03" 50</upperCorner></Envelope></boundedBy><file>a</file></slice></slices>'
    "</rasdaman:covMetadata>"
)
JSON = (
    '{"covMetadata": {"title": "A & B", "by": "<n>x</n>", "bands": {"v": {"units": "K"}}, "axes": {"Lat": '
    '{"positive": "up"}}, "slices": [{"boundedBy": {"Envelope": {"axisLabels": "ansi Lat", "lowerCorner": '
    '"148654 48", "upperCorner": "148656 50"}}, "file": "a"}]}}'
)


@pytest.mark.parametrize("text", [XML, JSON, f'<?xml version="1.0"?>\n{XML}'])
def test_parts(text: str) -> None:
    said = read_metadata(text, DOMAIN)
    assert dict(said.items) == {"title": "A & B", "by": "<n>x</n>"}
    assert dict(said.extra.fields) == {"v": {"units": "K"}}
    assert dict(said.extra.axes) == {"Lat": {"positive": "up"}}
    (part,) = said.extra.parts.within(DOMAIN)
    assert dict(part.bounds) == {"ansi": (148654, 148656), "Lat": (48, 50)}
    assert dict(part.values) == {"file": "a"}


@pytest.mark.parametrize("text", ["plain words", "<a>b</a>", "[1, 2]", "<a>", "{a", '{"covMetadata": 5}'])
def test_documents_of_other_kinds(text: str) -> None:
    said = read_metadata(f" {text}\0", DOMAIN)
    assert (dict(said.items), said.extra.document) == ({}, text)


@pytest.mark.parametrize(
    "text",
    [
        '{"slices": [5]}', '{"slices": [{"a": 1}]}',
        '{"slices": [{"boundedBy": {"axisLabels": "k", "lowerCorner": "1", "upperCorner": "2"}}]}',
        '{"slices": [{"boundedBy": {"axisLabels": "Lat", "lowerCorner": "1"}}]}',
        '{"slices": [{"boundedBy": {"axisLabels": "Lat", "lowerCorner": "a", "upperCorner": "b"}}]}',
    ],
)  # fmt: skip
def test_slices_without_a_place(text: str) -> None:
    with pytest.raises(TransactionError):
        read_metadata(text, DOMAIN)
