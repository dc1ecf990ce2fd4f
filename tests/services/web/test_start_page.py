# SPDX-License-Identifier: MIT
"""The start page over a real catalogue, without a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import numpy as np
import pytest
from rasterio.control import GroundControlPoint
from werkzeug.test import TestResponse

from tests.applications import Application, application
from tests.integration.conftest import write

pytestmark = pytest.mark.integration


class Page(HTMLParser):
    """What a page shows."""

    VOID = ("meta", "link", "input", "img", "br")

    def __init__(self, response: TestResponse) -> None:
        super().__init__()
        assert response.status_code == 200
        self.images: list[str] = []
        self.links: list[str] = []
        self.names: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(response.text)
        assert not self._open, "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag not in self.VOID:
            self._open.append(tag)
        if tag == "img":
            assert found["alt"] and found["width"] and found["height"]
            self.images.append(found["src"] or "")
        if tag == "a":
            self.links.append(found["href"] or "")
        if (found.get("id") or "").startswith("layer-"):
            self.names.append((found["id"] or "").removeprefix("layer-"))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("style", "script"):
            self.text += data


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """Answer an application with 30 coverages, one of them without a grid in a CRS, and a collection."""
    folder = tmp_path_factory.mktemp("page")
    cells = np.full((1, 4, 6), 200, np.uint8)
    with application(folder) as app:
        for number in range(29):
            path = folder / f"scene_{number:02}.tif"
            write(path, cells, crs="EPSG:4326", transform=(1.0, 0.0, number, 0.0, -1.0, 4.0))
            app.register(path, collection="even" if number % 2 == 0 else None)
        corners = [GroundControlPoint(row, column, 10 + column, 50 - row) for row in (0, 4) for column in (0, 6)]
        app.register(write(folder / "tied.tif", cells, gcps=corners, crs="EPSG:4326"))
        yield app


def page(served: Application, query: str = "", path: str = "/") -> Page:
    return Page(served.client.get(f"{path}?{query}" if query else path, headers={"Accept": "text/html"}))


def test_a_page_lists_and_links(served: Application) -> None:
    first = page(served)
    assert first.names[0] == "even"
    assert first.names[1:] == [f"scene_{number:02}" for number in range(24)]
    assert "30 coverages" in first.text and "Page 1 of 2" in first.text
    assert "./?page=2" in first.links
    second = page(served, "page=2")
    assert second.names == [*(f"scene_{number:02}" for number in range(24, 29)), "tied"]
    assert len(second.images) == 5, "what has no grid in a CRS has no map"
    assert "./?page=1" in second.links and "./?page=3" not in second.links


@pytest.mark.parametrize("query", ["page=99", "page=-1", "page=two", "page=", "page=1&page=2", "page=99999999999999"])
def test_nonsense_shows_the_first_page(served: Application, query: str) -> None:
    assert "Page 1 of 2" in page(served, query).text


def test_search(served: Application) -> None:
    found = page(served, "q=SCENE_1")
    assert found.names == [f"scene_1{number}" for number in range(10)]
    assert page(served, "q=even").names == ["even"]
    assert "1 coverage with" in page(served, "q=tie").text
    nothing = page(served, "q=%3Cb%3Enone")
    assert nothing.names == []
    assert "<b>none" in nothing.text, "shown as text, not taken as an element"


def test_every_preview_is_a_map(served: Application) -> None:
    found = page(served)
    assert len(found.images) == len(found.names)
    for source in found.images[:4]:
        assert source.startswith("ows?"), "from the place of the page"
        response = served.client.get(f"/{source}")
        assert (response.status_code, response.mimetype) == (200, "image/png")


def test_the_endpoint_shows_the_page_to_browsers(served: Application) -> None:
    assert page(served, path="/ows").names == page(served).names


def test_the_public_address_is_shown(served: Application) -> None:
    text = served.client.get("/", base_url="https://eo.example/").text
    assert "gdalinfo &quot;WMS:https://eo.example/ows?service=WMS" in text


def test_the_policy_allows_what_stands_in_the_page_only(served: Application) -> None:
    response = served.client.get("/")
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/]{43}='", policy)
    assert "unsafe" not in policy
