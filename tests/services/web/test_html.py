# SPDX-License-Identifier: MIT
"""Templates escape what is filled in."""

from __future__ import annotations

from importlib import resources

import pytest

from eoxserver.services.web.html import Html, fill, joined, read_text


def test_values_are_escaped_and_html_is_not() -> None:
    assert fill("fact.html", text="<b>&\"'") == "<li>&lt;b&gt;&amp;&quot;&#x27;</li>\n"
    assert fill("fact.html", text=Html("<b>")) == "<li><b></li>\n"
    assert fill("fact.html", text=3) == "<li>3</li>\n"
    assert isinstance(fill("fact.html", text=""), Html)


def test_attributes_cannot_be_left() -> None:
    shown = fill("preview.html", source='x" onerror="alert(1)', title='"><script>', width=1, height=2)
    assert 'onerror="' not in shown and "<script>" not in shown


def test_missing_values_are_errors() -> None:
    with pytest.raises(KeyError, match="text"):
        fill("fact.html")


def test_parts_are_joined_as_html() -> None:
    assert joined([Html("<a>"), Html("<b>")]) == "<a><b>"
    assert isinstance(joined([]), Html)


def test_pages_need_nothing_from_elsewhere() -> None:
    folder = resources.files("eoxserver.services.web").joinpath("templates")
    for file in folder.iterdir():
        text = read_text(file.name)
        for word in ("http://", "https://", "@import", "url("):
            assert word not in text.replace("http://www.w3.org/2000/svg", ""), f"{file.name} loads something"
