# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from eoxserver.core.errors import InvalidRequest
from eoxserver.services.ows.xml import DECLARATION, chunks, element, namespaces, parse


@given(st.text(), st.text())
def test_whatever_the_text_the_element_is_well_formed_and_says_the_same(content: str, value: str) -> None:
    root = etree.fromstring(element("a", content, {"b": value}).encode())
    allowed = "".join(c if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff") else "\ufffd" for c in content)
    assert (root.text or "") == allowed.replace("\r\n", "\n").replace("\r", "\n")
    assert len(root.get("b") or "") == len(value)


def test_a_lone_surrogate_does_not_break_the_document() -> None:
    assert etree.fromstring(element("a", "x\udc80y").encode()).text == "x\ufffdy"


def test_namespaces_and_schema_locations() -> None:
    text = f"{DECLARATION}<p:a{namespaces({'p': 'urn:p'}, {'urn:p': 'http://x/p.xsd'})}/>"
    root = etree.fromstring(text.encode())
    assert root.tag == "{urn:p}a"
    assert root.get("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation") == "urn:p http://x/p.xsd"


def test_parse_reads_a_plain_document() -> None:
    assert parse(b'<a xmlns="urn:x"><b/></a>').tag == "{urn:x}a"


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"no xml",
        b"<a>",
        b"<a>&undefined;</a>",
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a [<!ENTITY e "text">]><a>&e;</a>',
        b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x "x"><!ENTITY y "&x;&x;&x;&x;"><!ENTITY z "&y;&y;&y;&y;">]><a>&z;</a>',
    ],
)
def test_parse_refuses_what_is_not_well_formed_or_declares_a_type(document: bytes) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse(document)
    assert caught.value.locator == "body"


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=9)), st.integers(0, 3))
def test_chunks_are_few_and_have_everything(parts: list[str], large: int) -> None:
    everything = [*parts, *("\u00e9" * 70_000 for _ in range(large)), *parts]
    gathered = list(chunks(everything))
    assert b"".join(gathered) == "".join(everything).encode("utf-8", "strict")
    assert len(gathered) <= large + 1
