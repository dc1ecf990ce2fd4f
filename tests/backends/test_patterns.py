# SPDX-License-Identifier: MIT
"""Patterns of file names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.patterns import is_pattern, literal_part, matches

PARTS = st.text("ab.*?", min_size=1, max_size=3)
NAMES = st.lists(st.text("ab.", min_size=1, max_size=3), min_size=1, max_size=4).map("/".join)


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("*.tif", "a.tif", True),
        ("*.tif", "x/a.tif", False),
        ("**/*.tif", "a.tif", True),
        ("**/*.tif", "x/y/a.tif", True),
        ("x/**", "x/y/a.tif", True),
        ("x/**", "x", False),
        ("**", "a", True),
        ("x/**/z/*.tif", "x/z/a.tif", True),
        ("x/**/z/*.tif", "x/y/y/z/a.tif", True),
        ("x/**/z/*.tif", "x/y/y/a.tif", False),
        ("**/**/a", "a", True),
        ("a?.t[ix]f", "ab.tif", True),
        ("a?.t[ix]f", "a/.tif", False),
        ("A*", "a.tif", False),
        ("*", ".hidden", True),
    ],
)
def test_patterns_match(pattern: str, name: str, expected: bool) -> None:
    assert matches(name, pattern) is expected


@given(NAMES, st.lists(st.one_of(PARTS, st.just("**")), min_size=1, max_size=4).map("/".join))
def test_a_name_that_matches_begins_with_the_literal_part(name: str, pattern: str) -> None:
    if matches(name, pattern):
        assert name.startswith(literal_part(pattern))


@given(NAMES, st.lists(PARTS.filter(lambda part: "**" not in part), min_size=1, max_size=3).map("/".join))
def test_patterns_are_those_of_pathlib(name: str, pattern: str) -> None:
    expected = Path("/" + name).match("/" + pattern) if "." not in name.split("/") + pattern.split("/") else None
    if expected is not None:
        assert matches(name, pattern) is expected


@given(NAMES)
def test_a_name_without_special_characters_matches_itself_only(name: str) -> None:
    assert not is_pattern(name)
    assert literal_part(name) == name
    assert matches(name, name)
    assert not matches(name + "x", name)
