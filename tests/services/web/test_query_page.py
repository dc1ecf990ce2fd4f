# SPDX-License-Identifier: MIT
"""The page for queries."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html

from tests.applications import Application, application, instance_template
from tests.services.wcps import samples

__all__ = ["instance_template"]


@pytest.fixture
def app(instance_template: Path, tmp_path: Path) -> Iterator[Application]:
    with application(tmp_path, instance_template) as found:
        found.instance.ingestion.insert(samples.mr())
        yield found


def test_the_page_is_linked_and_holds_a_query_that_works(app: Application) -> None:
    assert 'href="web/query"' in app.client.get("/").get_data(as_text=True)
    page = app.client.get("/web/query")
    assert page.mimetype == "text/html"
    form = html.fromstring(page.data).find(".//form")
    assert form is not None
    assert (form.get("method"), form.get("action")) == ("post", "../ows/wcps")
    query = form.findtext("textarea") or ""
    assert app.client.post("/ows/wcps", data={"query": query}).data == b"(0:255,0:210)"


def test_a_query_may_come_with_the_address_and_is_only_text(app: Application) -> None:
    page = app.client.get("/web/query", query_string={"query": "</textarea><script>alert(1)</script> $title $$1"})
    text = html.fromstring(page.data).findtext(".//textarea")
    assert text == "</textarea><script>alert(1)</script> $title $$1"
    assert b"<script>alert" not in page.data


def test_the_policy_allows_what_stands_in_the_page_only(app: Application) -> None:
    page = app.client.get("/web/query")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "connect-src 'self'" in policy
    for tag, kind in (("script", "script-src"), ("style", "style-src")):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page.get_data(as_text=True), re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy


def test_other_pages_are_not_there(app: Application) -> None:
    assert app.client.get("/web/queries").status_code == 404
    assert app.client.post("/web/query").status_code == 405


def test_without_coverages_the_page_is_there(instance_template: Path, tmp_path: Path) -> None:
    with application(tmp_path, instance_template) as app:
        assert b"COVERAGE" in app.client.get("/web/query").data
