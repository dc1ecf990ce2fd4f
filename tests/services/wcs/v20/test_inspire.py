# SPDX-License-Identifier: MIT
from __future__ import annotations

from lxml import etree

from eoxserver.conf.schema import Inspire
from eoxserver.resources.coverages.announcements import MarkedCoverage
from eoxserver.services.wcs.v20.inspire import NAMESPACES, extended_capabilities
from tests.xmlschemas import NS

URL = "https://eo.example/ows"
MARKED = [MarkedCoverage("a", "https://geo.example/a?x=1&y=<2>"), MarkedCoverage("b", "https://geo.example/b")]


def parsed(text: str) -> etree._Element:
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NS.items())
    return etree.fromstring(f"<a {declared}>{text}</a>")


def found(text: str, path: str) -> list[str]:
    nodes = etree.XPath(path, namespaces=dict(NAMESPACES))(parsed(text))
    assert isinstance(nodes, list)
    return [str(one) for one in nodes]


def test_nothing_is_said_of_no_data_set() -> None:
    assert extended_capabilities(Inspire(), [], URL) == ""


def test_the_order_is_that_of_the_schema() -> None:
    text = extended_capabilities(Inspire(), MARKED, URL)
    (extended,) = parsed(text).iter(f"{{{NAMESPACES['inspire_dls']}}}ExtendedCapabilities")
    assert extended.getparent() is not None
    assert [etree.QName(child).localname for child in extended] == [
        "MetadataUrl", "SupportedLanguages", "ResponseLanguage", "SpatialDataSetIdentifier",
        "SpatialDataSetIdentifier",
    ]  # fmt: skip


def test_data_sets_have_code_namespace_and_record() -> None:
    text = extended_capabilities(Inspire(), MARKED, URL)
    sets = "//inspire_dls:SpatialDataSetIdentifier"
    assert found(text, f"{sets}/inspire_common:Code/text()") == ["a", "b"]
    assert found(text, f"{sets}/@metadataURL") == [one.metadata_url for one in MARKED]
    assert found(text, f"{sets}/inspire_common:Namespace/text()") == [URL, URL]
    other = extended_capabilities(Inspire(namespace="https://ns.example"), MARKED, URL)
    assert found(other, f"{sets}/inspire_common:Namespace/text()") == ["https://ns.example"] * 2


def test_metadata_of_the_service() -> None:
    own = extended_capabilities(Inspire(), MARKED, URL)
    assert found(own, "//inspire_common:URL/text()") == [f"{URL}?service=WCS&request=GetCapabilities"]
    assert found(own, "//inspire_common:MediaType") == []
    record = extended_capabilities(Inspire(inspire_common_url="https://geo.example/r", language="ger"), MARKED, URL)
    assert found(record, "//inspire_common:URL/text()") == ["https://geo.example/r"]
    assert found(record, "//inspire_common:MediaType/text()") == ["application/vnd.iso.19139+xml"]
    assert found(record, "//inspire_common:Language/text()") == ["ger", "ger"]
