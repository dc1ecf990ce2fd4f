# SPDX-License-Identifier: MIT
"""Names of members."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.packages.base import Member
from eoxserver.backends.packages.members import clean_name, name_problem, range_of, select_names, usable_member
from eoxserver.backends.patterns import is_pattern, matches
from eoxserver.core.errors import AccessDenied, ItemMissing, PackageBroken

TEXTS = st.text("ab./\\:\0C é", max_size=12)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("a/b.tif", ""),
        ("./a//b.tif", ""),
        ("..a/b..", ""),
        ("", "is empty"),
        ("/", "is empty"),
        ("./.", "is empty"),
        ("..", "has '..'"),
        ("a/..", "has '..'"),
        ("a/../b", "has '..'"),
        ("/etc/passwd", "is absolute"),
        ("a\\b", "has a backslash"),
        ("..\\b", "has a backslash"),
        ("c:b", "has a drive letter"),
        ("C:/b", "has a drive letter"),
        ("a\0b", "has a zero byte"),
        ("x" * 256, "has a part of more than 255 bytes"),
        ("é" * 128, "has a part of more than 255 bytes"),
    ],
)
def test_problems_of_names_are_told(name: str, problem: str) -> None:
    assert name_problem(name) == problem


@given(TEXTS)
def test_a_usable_name_cleaned_is_a_path_below(name: str) -> None:
    cleaned = clean_name(name)
    if name_problem(name):
        assert cleaned == name
    else:
        assert not {"", ".", ".."} & set(cleaned.split("/"))
        assert clean_name(cleaned) == cleaned


def test_a_member_is_answered_or_refused_with_archive_and_name() -> None:
    member = Member("a/b", 1, 0, 1)
    assert usable_member(member, "a//b", "x.zip") is member
    with pytest.raises(ItemMissing, match=r"x\.zip: has no member 'a/c'"):
        usable_member(None, "a/c", "x.zip")
    with pytest.raises(PackageBroken, match=r"x\.zip: member 'e' is encrypted"):
        usable_member(Member("e", 1, 0, 1, problem="is encrypted"), "e", "x.zip")
    with pytest.raises(AccessDenied, match=r"x\.zip: the name '\.\./b' has '\.\.'"):
        usable_member(Member("../b", 1, 0, 1), "../b", "x.zip")


def test_names_that_cannot_be_had_are_not_listed(caplog: pytest.LogCaptureFixture) -> None:
    assert list(select_names(iter(["../a", "/b", "c", "d\\e"]), "", "x.zip")) == ["c"]
    assert "x.zip: members left out because of their names: 3; '../a' has '..'" in caplog.text


def test_an_empty_archive_has_no_files_and_no_folders() -> None:
    assert list(select_names(iter([]), "", "x.zip")) == []
    assert list(select_names(iter([]), "*", "x.zip")) == []
    with pytest.raises(ItemMissing, match="'2024'"):
        list(select_names(iter(["2024.tif"]), "2024", "x.zip"))


@given(st.text("ab/é😀\ud7ff", min_size=1, max_size=5), st.text("ab/*?é😀\ud7ff", max_size=5))
def test_the_range_has_every_name_that_is_meant(name: str, location: str) -> None:
    first, end = range_of(location)
    inside = matches(name, location) if is_pattern(location) else name.startswith(f"{location}/")
    if inside:
        assert first <= name and (not end or name < end)
