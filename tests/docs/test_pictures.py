# SPDX-License-Identifier: MIT
"""Pictures of documents are found, and compared with what is made."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.docs.pictures import check_pictures, pictures

pytestmark = pytest.mark.docs


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A document that shows two pictures, of which its blocks make one."""
    (tmp_path / "shown").mkdir()
    (tmp_path / "made").mkdir()
    Image.new("RGBA", (3, 2), (10, 20, 30, 255)).save(tmp_path / "shown" / "a.png")
    page = tmp_path / "page.md"
    page.write_text("![one](shown/a.png)\n![another](shown/b.png)\n")
    return page


def test_near_colours_are_the_same_picture(document: Path, tmp_path: Path) -> None:
    Image.new("RGBA", (3, 2), (11, 20, 28, 255)).save(tmp_path / "made" / "a.png")
    assert list(pictures(document, tmp_path / "made")) == [(tmp_path / "shown" / "a.png", tmp_path / "made" / "a.png")]
    check_pictures(document, tmp_path / "made")


@pytest.mark.parametrize(("size", "colour"), [((3, 3), (10, 20, 30)), ((3, 2), (10, 20, 40))])
def test_other_pictures_are_found(
    document: Path, tmp_path: Path, size: tuple[int, int], colour: tuple[int, int, int]
) -> None:
    Image.new("RGB", size, colour).save(tmp_path / "made" / "a.png")
    with pytest.raises(AssertionError, match=r"a\.png"):
        check_pictures(document, tmp_path / "made")


def test_the_tutorial_of_queries_shows_what_it_makes(root: Path) -> None:
    text = (root / "docs" / "wcps-tutorial.md").read_text()
    made = {path.name for path in (root / "docs" / "images" / "wcps").iterdir()}
    assert made == {word for word in text.split() if word.endswith(".png") and "/" not in word}
    assert all(f"(images/wcps/{name})" in text for name in made)
