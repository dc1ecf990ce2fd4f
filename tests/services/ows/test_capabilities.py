# SPDX-License-Identifier: MIT
from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from lxml import etree

from eoxserver.conf.schema import Ows, Settings
from eoxserver.core.errors import InvalidParameterValue, InvalidUpdateSequence
from eoxserver.services.ows.capabilities import (
    OperationMetadata,
    accepted_format,
    is_current,
    operations_metadata,
    requested_sections,
    service_identification,
    service_provider,
    update_sequence,
)
from eoxserver.services.ows.kvp import Params
from eoxserver.services.ows.xml import namespaces
from tests.xmlschemas import NS, ValidateXml

KNOWN = ("ServiceIdentification", "ServiceProvider", "Contents")
TEXTS: dict[str, Any] = {field.name: f"{field.name} <&>" for field in fields(Ows)} | {
    "keywords": ("a", "b & c"),
    "provider_site": "https://eo.example/?a=1&b=2",
    "online_resource": "https://eo.example/more",
}
FULL = Ows(**TEXTS)


def document(*sections: str) -> bytes:
    """Put sections where the schema of OWS Common expects them."""
    root = f'<wcs:Capabilities{namespaces({k: NS[k] for k in ("wcs", "ows", "xlink")})} version="2.0.1">'
    return f"{root}{''.join(sections)}</wcs:Capabilities>".encode()


def texts(section: str, name: str) -> list[str | None]:
    root = etree.fromstring(document(section))
    return [found.text for found in root.iter(f"{{{NS['ows']}}}{name}")]


@pytest.mark.parametrize("ows", [Ows(), FULL, Ows(title="", fees="", access_constraints="")])
def test_sections_are_valid(ows: Ows, validate_xml: ValidateXml) -> None:
    operations = [OperationMetadata("GetCapabilities"), OperationMetadata("GetCoverage", ())]
    validate_xml(
        document(
            service_identification(ows, "OGC WCS", ["2.0.1"], ["urn:profile"]),
            service_provider(ows),
            operations_metadata(operations, "http://eo.example/ows"),
        )
    )


def test_every_text_of_the_configuration_is_announced() -> None:
    whole = service_identification(FULL, "OGC WCS", ["2.0.1"]) + service_provider(FULL)
    root = etree.fromstring(document(whole))
    said = {element.text for element in root.iter()} | {
        value for element in root.iter() for value in element.attrib.values()
    }
    for field in fields(Ows):
        value = getattr(FULL, field.name)
        if field.name != "update_sequence":
            assert set(value if isinstance(value, tuple) else (value,)) <= said, field.name


def test_what_is_not_configured_is_left_out() -> None:
    section = service_provider(Ows(title="T"))
    assert texts(section, "ProviderName") == ["T"]
    assert not texts(section, "ContactInfo")
    assert not texts(section, "ProviderSite")
    assert texts(service_identification(Ows(), "OGC WCS", ["2.0.1", "2.0.0"]), "ServiceTypeVersion") == [
        "2.0.1",
        "2.0.0",
    ]


def test_operations_say_where_and_how_they_are_reached() -> None:
    section = operations_metadata(
        [OperationMetadata("A", ("KVP", "XML")), OperationMetadata("B", ())], "http://eo.example/ows?map=1"
    )
    root = etree.fromstring(document(section))
    hrefs = root.xpath("//ows:Operation[@name='A']//ows:Get/@xlink:href", namespaces=NS)
    assert hrefs == ["http://eo.example/ows?map=1&"]
    assert root.xpath("//ows:Operation[@name='A']//ows:Post//ows:Value/text()", namespaces=NS) == ["KVP", "XML"]
    assert root.xpath("count(//ows:Operation[@name='B']//ows:Post)", namespaces=NS) == 0


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        (None, set(KNOWN)),
        ("", set(KNOWN)),
        ("All", set(KNOWN)),
        ("contents, All", set(KNOWN)),
        ("CONTENTS,ServiceProvider", {"Contents", "ServiceProvider"}),
    ],
)
def test_sections_that_are_asked_for(text: str | None, sections: set[str]) -> None:
    params = Params([] if text is None else [("SECTIONS", text)])
    assert requested_sections(params, KNOWN) == sections


def test_an_unknown_section_is_named() -> None:
    with pytest.raises(InvalidParameterValue, match="'Content'; did you mean 'Contents'") as caught:
        requested_sections(Params([("sections", "Content")]), KNOWN)
    assert caught.value.locator == "sections"


@pytest.mark.parametrize(
    ("text", "media_type"),
    [("", "text/xml"), ("application/json", "text/xml"), ("text/html, Application/XML", "application/xml")],
)
def test_accepted_formats(text: str, media_type: str) -> None:
    assert accepted_format(Params([("acceptFormats", text)])) == media_type


def test_the_update_sequence_is_that_of_the_catalogue_unless_configured() -> None:
    assert update_sequence(Settings(), 17) == "17"
    assert update_sequence(replace(Settings(), ows=Ows(update_sequence="2024-01")), 17) == "2024-01"


@pytest.mark.parametrize(
    ("given", "current", "result"),
    [("", "17", False), ("17", "17", True), ("9", "17", False), ("016", "17", False), ("2023-12", "2024-01", False)],
)
def test_update_sequences_compare(given: str, current: str, result: bool) -> None:
    assert is_current(Params([("updateSequence", given)]), current) is result


@pytest.mark.parametrize(
    ("given", "current"),
    [("18", "17"), ("100", "17"), pytest.param("9" * 5000, "17", id="long"), ("2024-02", "2024-01"), ("abc", "17")],
)
def test_a_newer_update_sequence_is_an_error(given: str, current: str) -> None:
    with pytest.raises(InvalidUpdateSequence, match=given) as caught:
        is_current(Params([("updateSequence", given)]), current)
    assert caught.value.locator == "updateSequence"
