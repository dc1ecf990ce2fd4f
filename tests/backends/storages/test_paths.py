# SPDX-License-Identifier: MIT
"""Locations and what is listed of a storage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.storages.paths import Selection, check_location, select
from eoxserver.core.errors import AccessDenied, ItemMissing

FILES = ["a.tif", "b/a.tif", "b/c/a.tif", "b/c/a.xml", "b/d e.tif", "bb/a.tif"]


@pytest.mark.parametrize(
    ("text", "selection", "found"),
    [
        ("*.tif", Selection("", 1, "*.tif"), ["a.tif"]),
        ("b/*.tif", Selection("b", 1, "b/*.tif"), ["b/a.tif", "b/d e.tif"]),
        ("b/?/a.*", Selection("b", 2, "b/?/a.*"), ["b/c/a.tif", "b/c/a.xml"]),
        ("b/c/[ab].tif", Selection("b/c", 1, "b/c/[ab].tif"), ["b/c/a.tif"]),
        ("b/**", Selection("b", None, "b/**"), ["b/a.tif", "b/c/a.tif", "b/c/a.xml", "b/d e.tif"]),
        ("**/c/*", Selection("", None, "**/c/*"), ["b/c/a.tif", "b/c/a.xml"]),
        ("b/", Selection("b"), FILES),
        ("", Selection(""), FILES),
    ],
)
def test_what_is_selected(text: str, selection: Selection, found: list[str]) -> None:
    assert select(text, "storage x") == selection
    assert [file for file in FILES if selection.has(file)] == found


@given(st.text("ab/*?[]!.", max_size=12), st.text("ab/.", min_size=1, max_size=12))
def test_what_matches_lies_below_the_folder_and_as_deep(text: str, file: str) -> None:
    try:
        selection = select(text, "storage x")
    except AccessDenied:
        return
    if selection.pattern is not None and selection.has(file):
        below = file.split("/")[len(selection.folder.split("/")) if selection.folder else 0 :]
        assert file.startswith(selection.folder)
        assert selection.depth in (None, len(below))


@pytest.mark.parametrize("text", ["../*", "/a/*", "a/../*.tif"])
def test_nothing_outside_is_selected(text: str) -> None:
    with pytest.raises(AccessDenied, match="leads out of storage x"):
        select(text, "storage x")


@pytest.mark.parametrize("location", ["", "a.tif", "b/..a/c..tif", "b//c", "a b", "ä.tif", "..."])
def test_locations_inside(location: str) -> None:
    assert check_location(location, "storage x") is location


@pytest.mark.parametrize("location", ["/a", "..", "../a", "a/../b", "a/..", "//host/a"])
def test_locations_outside(location: str) -> None:
    with pytest.raises(AccessDenied, match="leads out of storage x"):
        check_location(location, "storage x")


@pytest.mark.parametrize("location", ["a\0b", "a\r\nDELE b", "a\nb", "\x7f"])
def test_control_characters(location: str) -> None:
    with pytest.raises(ItemMissing, match="control characters"):
        check_location(location, "storage x")
