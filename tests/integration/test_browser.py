# SPDX-License-Identifier: MIT
"""The start page in a real browser: previews show, copying and searching work, in light and dark, without script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.integration.conftest import write
from tests.servers import eoxserver, serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Answer the address of the start page of a server of three rasters, one of them with a strange title."""
    folder = tmp_path_factory.mktemp("browser")
    rows, columns = np.mgrid[0:120, 0:200]
    cells = np.stack([rows, columns, rows + columns]).astype("uint8")
    names = ("alps", "baltic", "crete")
    for number, name in enumerate(names):
        transform = (0.05, 0.0, 5.0 + 10 * number, 0.0, -0.05, 50.0)
        write(folder / f"{name}.tif", cells, crs="EPSG:4326", transform=transform, photometric="RGB")
    eoxserver("create_instance", "tests", folder / "instance")
    paths = [folder / f"{name}.tif" for name in names]
    eoxserver("register", "--instance", folder / "instance", "--collection", "europe", *paths)
    with serving(folder / "instance") as ows:
        yield ows.removesuffix("ows")


@pytest.fixture(scope="module")
def browser(program: Callable[[str], str]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(browser: Browser, address: str, **options: object) -> tuple[Page, list[str]]:
    """Open a page; answers it, and the list in which what goes wrong on it is gathered."""
    context = browser.new_context(viewport={"width": 1280, "height": 2400}, **options)  # type: ignore[arg-type]
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("response", lambda response: wrong.append(response.url) if response.status >= 400 else None)
    page.on("request", lambda request: None if request.url.startswith(address) else _foreign(wrong, request.url))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return page, wrong


def _foreign(wrong: list[str], url: str) -> None:
    if not url.startswith("data:"):
        wrong.append(f"not from here: {url}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_previews_really_show(browser: Browser, home: str, scheme: str, tmp_path: Path) -> None:
    page, wrong = opened(browser, home, color_scheme=scheme)
    images = page.locator(".preview img")
    assert images.count() == 4, "three coverages and their collection"
    for number in range(images.count()):
        image = images.nth(number)
        expect(image).to_be_visible()
        assert image.evaluate("image => image.complete && image.naturalWidth") == 320
    colours = page.evaluate(
        """() => {
            const image = document.querySelector(".preview img"), canvas = document.createElement("canvas");
            canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
            const pen = canvas.getContext("2d"); pen.drawImage(image, 0, 0);
            return new Set(new Uint32Array(pen.getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size;
        }"""
    )
    assert colours > 100, "it is a picture, not one colour"
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in re.findall(r"\d+", dark)[:3])
    assert (brightness < 200) is (scheme == "dark")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    assert wrong == []


def test_copy_buttons_copy(browser: Browser, home: str) -> None:
    page, wrong = opened(browser, home, permissions=["clipboard-read", "clipboard-write"])
    page.locator("#layer-baltic summary").click()
    row = page.locator("#layer-baltic .copyable").first
    text = row.locator("code").inner_text()
    assert text.startswith(f"{home}ows?service=WMS") and "layers=baltic" in text
    row.get_by_role("button", name="Copy: Map").click()
    expect(page.locator("#said")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == text
    assert wrong == []


def test_search(browser: Browser, home: str) -> None:
    page, wrong = opened(browser, home)
    page.get_by_role("searchbox").fill("cret")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**/?q=cret")
    expect(page.get_by_role("heading", level=3)).to_have_text(["crete"])
    expect(page.get_by_role("searchbox")).to_have_value("cret")
    assert wrong == []


def test_without_script(browser: Browser, home: str) -> None:
    page, _ = opened(browser, home, java_script_enabled=False)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    page.get_by_role("searchbox").fill("alp")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("heading", level=3)).to_have_text(["alps"])


def test_everything_is_reached_by_keyboard(browser: Browser, home: str) -> None:
    page, _ = opened(browser, home)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "q"
    assert page.locator("html").get_attribute("lang") == "en"
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("button, a, input, img, summary")].filter(
            one => !(one.textContent.trim() || one.alt || one.ariaLabel || one.labels?.length)).length"""
    )
    assert unnamed == 0
