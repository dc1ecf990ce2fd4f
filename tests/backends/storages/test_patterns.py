# SPDX-License-Identifier: MIT
"""Locations and patterns of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.storages.patterns import check_location, pattern_of
from eoxserver.core.errors import AccessDenied, ItemMissing

FILES = ["a.tif", "b/a.tif", "b/c/a.tif", "b/c/a.xml", "b/c/[x].tif", "b/d e.tif", "bb/a.tif"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("*", ["a.tif"]),
        ("*.tif", ["a.tif"]),
        ("b/*.tif", ["b/d e.tif", "b/a.tif"]),
        ("b*/a.tif", ["b/a.tif", "bb/a.tif"]),
        ("?/a.tif", ["b/a.tif"]),
        ("**/a.tif", ["a.tif", "b/a.tif", "b/c/a.tif", "bb/a.tif"]),
        ("b/**", ["b/a.tif", "b/c/a.tif", "b/c/a.xml", "b/c/[x].tif", "b/d e.tif"]),
        ("**/c/*", ["b/c/a.tif", "b/c/a.xml", "b/c/[x].tif"]),
        ("b/c/[[]x].tif", ["b/c/[x].tif"]),
        ("b/[a-c].tif", ["b/a.tif"]),
        ("b/[!a-c]*.tif", ["b/d e.tif"]),
        ("b/[z-a].tif", []),
        ("b/[!z-a].tif", ["b/a.tif"]),
        ("b[/]a.tif", []),
        ("b[!x]a.tif", []),
        ("b/c/[x*", ["b/c/[x].tif"]),
        ("*.TIF", []),
    ],
)
def test_what_matches(text: str, found: list[str]) -> None:
    pattern = pattern_of(text)
    assert pattern is not None
    matching = [file for file in FILES if pattern.matches(file)]
    assert sorted(matching) == sorted(found)
    for file in matching:
        below = file.removeprefix(pattern.folder).lstrip("/")
        assert file.startswith(pattern.folder)
        assert pattern.depth in (None, len(below.split("/")))


@pytest.mark.parametrize("location", ["", "a.tif", "b/c", "b/c/a].tif", "a{b}.tif"])
def test_a_location_is_no_pattern(location: str) -> None:
    assert pattern_of(location) is None


@given(st.text("ab/*?[]!-.", min_size=1, max_size=12))
def test_any_text_is_understood(text: str) -> None:
    pattern = pattern_of(text)
    assert (pattern is None) == (not any(character in text for character in "*?["))
    if pattern is not None:
        pattern.matches("a/b.tif")


@given(st.text("ab.*?", min_size=1, max_size=8), st.text("ab.", min_size=1, max_size=8))
def test_a_name_matches_as_in_a_folder_of_this_machine(text: str, name: str) -> None:
    pattern = pattern_of(text)
    if pattern is not None and "**" not in text:
        assert pattern.matches(name) == Path(name).match(text) or name in (".", "..")


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
