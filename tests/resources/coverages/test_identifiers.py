# SPDX-License-Identifier: MIT
"""NCNames are what Namespaces in XML says they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from eoxserver.resources.coverages.identifiers import is_ncname


@given(st.text(max_size=4))
def test_agrees_with_an_xml_parser(text: str) -> None:
    try:
        etree.QName(text)
        known = bool(text) and ":" not in text and not text.startswith("{")
    except ValueError:
        known = False
    if text.isascii():
        assert is_ncname(text) == known


@pytest.mark.parametrize("text", ["été", "Ω", "日本", "a\u0301", "a·"])
def test_letters_of_any_script(text: str) -> None:
    assert is_ncname(text)


@pytest.mark.parametrize("text", ["\u0301a", "a b", "a\n", "\u00d7", "a\u00f7", "1", ".a"])
def test_what_is_none(text: str) -> None:
    assert not is_ncname(text)
