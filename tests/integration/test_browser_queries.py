# SPDX-License-Identifier: MIT
"""The page for queries in a real browser: pictures, texts, files and mistakes are shown beside the query."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.applications import application, instance_template
from tests.servers import serving
from tests.services.wcps import samples

__all__ = ["instance_template"]

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(
    instance_template: Path, tmp_path_factory: pytest.TempPathFactory, program: Callable[[str], str]
) -> Iterator[Page]:
    """Answer the page of a server of the coverages of the specification; nothing may go wrong on it."""
    folder = tmp_path_factory.mktemp("browser")
    with application(folder, instance_template) as app:
        for coverage in samples.samples():
            app.instance.ingestion.insert(coverage)
    with serving(folder / "instance") as ows, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if "Policy" in message.text else None)
        page.goto(ows.removesuffix("ows"))
        page.get_by_role("link", name="Queries").click()
        yield page
        assert wrong == []
        browser.close()


def run(page: Page, query: str) -> None:
    page.get_by_label("Query").fill(query)
    page.get_by_role("button", name="Run").click()


def test_a_picture_is_shown(page: Page) -> None:
    run(page, 'for $c in (rgb) return encode($c, "png")')
    expect(page.locator("#told")).to_have_text("image/png, 400 x 344 pixels")
    image = page.get_by_role("img", name="The result of the query")
    assert image.evaluate("image => image.naturalWidth") == 400


def test_text_is_shown_and_ctrl_enter_runs(page: Page) -> None:
    page.get_by_label("Query").fill("for $c in (mr, rgb) return identifier($c)")
    page.get_by_label("Query").press("Control+Enter")
    expect(page.locator("#result pre")).to_have_text("mr\nrgb")


def test_other_formats_are_files(page: Page) -> None:
    run(page, 'for $c in (mr) return encode($c, "tiff")')
    link = page.get_by_role("link", name="Save mr.tif")
    with page.expect_download() as begun:
        link.click()
    assert begun.value.path().read_bytes()[:4] == b"II*\0"


def test_mistakes_are_shown_with_their_place(page: Page) -> None:
    run(page, "for $c in (mr)\nreturn max($d)")
    expect(page.locator("#told")).to_have_text("SemanticError")
    shown = page.locator("#result pre").text_content() or ""
    assert shown.splitlines()[1:3] == ["return max($d)", "           ^"]


def test_no_result_is_told(page: Page) -> None:
    run(page, "for $c in (mr) where false return 1")
    expect(page.locator("#told")).to_have_text("No combination of coverages meets the condition.")
