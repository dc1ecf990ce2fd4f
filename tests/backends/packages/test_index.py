# SPDX-License-Identifier: MIT
"""The members of an archive in a file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.packages.base import Member
from eoxserver.backends.packages.index import MemberIndex, write_index
from eoxserver.backends.packages.members import clean_name, select_names
from eoxserver.core.errors import AccessDenied, DataUnavailable, ItemMissing, PackageBroken

MEMBER = Member("a/b.tif", 2**63 - 1, 512, 7, True, 1024, "stored", 0xFFFFFFFF, "")


def index(tmp_path: Path, *members: Member) -> MemberIndex:
    return MemberIndex(write_index(members, tmp_path), "x.tar")


def test_a_member_comes_back_as_it_was(tmp_path: Path) -> None:
    problem = Member("../e\0", 1, 2, 3, problem="is encrypted")
    written = index(tmp_path, MEMBER, problem)
    assert written.find("a/b.tif") == MEMBER
    assert written.find("./a//b.tif") == MEMBER
    assert written.find("../e\0") == problem
    assert written.find("a") is None


def test_of_members_of_one_name_the_last_counts(tmp_path: Path) -> None:
    assert index(tmp_path, Member("a", 1, 0, 1), Member("a", 2, 0, 2)).find("a") == Member("a", 2, 0, 2)


def test_more_names_than_are_read_at_once_are_listed_in_order(tmp_path: Path) -> None:
    names = [f"{number % 3}/{number}" for number in range(5000)]
    written = index(tmp_path, *(Member(name, 1, 0, 1) for name in names))
    assert list(written.names()) == sorted(names)
    assert list(written.names("1")) == sorted(name for name in names if name.startswith("1/"))
    assert list(written.names("*/100?")) == ["0/1002", "0/1005", "0/1008", *(f"1/100{n}" for n in (0, 3, 6, 9)),
                                             "2/1001", "2/1004", "2/1007"]  # fmt: skip


@given(
    st.lists(st.text("ab/.é\U0001f600", min_size=1, max_size=6)),
    st.text("ab/*?é\U0001f600", max_size=5),
)
def test_the_table_lists_what_a_search_through_all_names_finds(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], location: str
) -> None:
    def listed(found: Iterator[str]) -> list[str] | str:
        try:
            return list(found)
        except (ItemMissing, AccessDenied) as error:
            return type(error).__name__

    written = index(tmp_path_factory.mktemp("index"), *(Member(name, 1, 0, 1) for name in names))
    from_table = listed(written.names(location))
    if from_table != "AccessDenied":
        assert from_table == listed(select_names(iter(sorted(set(names))), clean_name(location), "x.tar"))


def test_locations_that_lead_out_are_refused(tmp_path: Path) -> None:
    for location in ("../*", "/etc"):
        with pytest.raises(AccessDenied, match=r"x\.tar"):
            list(index(tmp_path, MEMBER).names(location))


def test_many_threads_look_up(tmp_path: Path) -> None:
    written = index(tmp_path, *(Member(str(number), number, 0, 1) for number in range(500)))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: written.find(str(number)), range(500)))
    assert [member.size for member in found if member] == list(range(500))


def test_an_error_of_the_list_is_passed_on(tmp_path: Path) -> None:
    def broken() -> Iterator[Member]:
        yield MEMBER
        raise PackageBroken("x.tar: is truncated")

    with pytest.raises(PackageBroken, match="is truncated"):
        write_index(broken(), tmp_path)
    assert index(tmp_path, MEMBER).find("a/b.tif") == MEMBER, "what an interrupted attempt left behind did harm"


@pytest.mark.parametrize("content", [b"", b"junk" * 1000])
def test_a_damaged_index_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "members.sqlite"
    path.write_bytes(content)
    with pytest.raises(PackageBroken, match=r"x\.tar: the list of its members .* is damaged"):
        MemberIndex(str(path), "x.tar").find("a")
    with pytest.raises(PackageBroken, match="damaged"):
        list(MemberIndex(str(tmp_path / "gone"), "x.tar").names())


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match="cannot be written"):
        write_index([MEMBER], tmp_path / "gone")


def test_a_lookup_reads_little_of_a_large_table(tmp_path: Path) -> None:
    written = index(tmp_path, *(Member(f"{number:06}", 1, 0, 1) for number in range(20_000)))
    with sqlite3.connect(written.path) as database:
        (plan,) = database.execute("EXPLAIN QUERY PLAN SELECT * FROM member WHERE name = '000001'").fetchall()
    assert "SEARCH" in plan[3]
