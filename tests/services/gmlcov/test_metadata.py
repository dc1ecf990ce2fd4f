# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from eoxserver.core.coverage import Coverage
from eoxserver.core.metadata import ExtraMetadata, GivenParts, PartMetadata
from eoxserver.core.selection import Slice, Trim, select
from eoxserver.services.gmlcov.metadata import metadata_elements, metadata_json, metadata_values
from tests.services.wcs.conftest import Client
from tests.services.wcs.v20.coverages import irr, pixels
from tests.xmlschemas import ValidateXml, parse_xml, texts

SLICES = GivenParts(
    (
        PartMetadata({"ansi": (148654, 148654)}, {"sensor": "one"}),
        PartMetadata({"ansi": (148656, 148658), "X": (0, 1000)}, {"sensor": "two", "passes": [1, 2]}),
    )
)
EXTRA = ExtraMetadata(
    fields={"a": {"wavelength": 445.5}, "b": {}, "gone": {"x": "y"}},
    axes={"ansi": {"long_name": "time"}, "gone": {"x": "y"}},
    parts=SLICES,
)


def told() -> Coverage:
    return replace(irr(), metadata={"Title": "A & B", "1st": "x", "two words": "<y/>"}, extra=EXTRA)


def parsed(coverage: Coverage) -> etree._Element:
    return parse_xml(f"<all>{metadata_elements(coverage)}</all>".encode())


def test_names_become_elements() -> None:
    root = parsed(told())
    names = [etree.QName(item).localname for item in root[0]]
    assert names == ["Title", "_1st", "two_words", "bands", "axes", "slices"]
    assert root.findtext(".//Title") == "A & B"
    assert metadata_elements(irr()) == ""
    assert metadata_json(irr()) == {}


def test_fields_axes_and_parts_that_are_there_are_told_of() -> None:
    root = parsed(told())
    assert texts(root, "//bands/a/wavelength/text()") == ["445.5"]
    assert texts(root, "//axes/ansi/long_name/text()") == ["time"]
    assert root.find(".//gone") is None and root.find(".//bands/b") is None
    assert texts(root, "//slices/slice/sensor/text()") == ["one", "two"]
    assert texts(root, "//slices/slice/passes/text()") == ["1", "2"]
    assert texts(root, "//slice[2]//axisLabels/text()") == ["ansi X"]
    assert texts(root, "//slice[2]//lowerCorner/text()") == ['"2008-01-03T00:00:00.000Z" 0']


def test_parts_that_a_result_does_not_meet_are_left_out() -> None:
    domain = select(irr().domain, [Trim("X", 2500, 3000)]).domain
    assert [one["sensor"] for one in metadata_values(replace(told(), domain=domain))["slices"]["slice"]] == ["one"]
    sliced = select(irr().domain, [Slice("ansi", "2008-01-01")]).domain
    values = metadata_values(replace(told(), domain=sliced))
    assert "axes" not in values
    assert values["slices"]["slice"][0]["boundedBy"]["Envelope"]["axisLabels"] == ""


def test_a_document_stands_as_it_is() -> None:
    xml = '<?xml version="1.0"?><m:info xmlns:m="urn:m"><m:a>1</m:a></m:info>'
    coverage = replace(pixels(), extra=ExtraMetadata(xml))
    assert parsed(coverage)[0].tag == "{urn:m}info"
    assert metadata_json(coverage) == {"document": xml}
    for text in ('{"a": "<b"}', "plain < text", "<broken"):
        coverage = replace(pixels(), extra=ExtraMetadata(text), metadata={"k": "v"})
        assert (parsed(coverage)[0].text, len(parsed(coverage))) == (text, 2)
    assert metadata_json(replace(pixels(), extra=ExtraMetadata('{"a": 1}'))) == {"document": {"a": 1}}


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=20), max_size=3), st.text(max_size=20))
def test_whatever_is_told_the_document_is_well_formed(items: dict[str, str], document: str) -> None:
    coverage = replace(pixels(), metadata=items, extra=ExtraMetadata(document))
    text = f"<all>{metadata_elements(coverage)}</all>"
    parse_xml(text.encode("utf-8", "replace"))
    json.dumps(metadata_json(coverage))


@pytest.mark.parametrize("version", ["2.0.1", "2.1.0"])
def test_documents_with_metadata_are_valid(
    make: Callable[..., Client], validate_xml: ValidateXml, version: str
) -> None:
    quiet = replace(pixels(), metadata={"k": "<a><b/></a>"}, extra=ExtraMetadata(fields={"v": {"one": [1, 2]}}))
    client = make([quiet])
    kind = () if version == "2.0.1" else (("outputType", "GeneralGridCoverage"),)
    for request in ("DescribeCoverage", "GetCoverage"):
        pairs = (("version", version), ("request", request), ("coverageId", "pixels"), *kind)
        more = (("format", "application/gml+xml"),)
        response = client.ask(*pairs, *more)
        assert isinstance(response.body, bytes)
        root = validate_xml(response.body)
        assert len(root.findall(".//b")) == 1
        assert texts(root, "//bands/v/one/text()") == ["1", "2"]
