# SPDX-License-Identifier: MIT
"""Tests of eoxserver.conf.ini."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from eoxserver.conf.ini import Entry, Fault, parse_ini

TEXT = """\
# a comment
; another
[a.b]
Key = value ; with # both
empty =
colon: x = y

[c]
long = one
  two
  # not this
\tthree

  stray
"""


def test_sections_entries_and_lines() -> None:
    sections, faults = parse_ini(TEXT.splitlines())
    assert [(section.name, section.line) for section in sections] == [("a.b", 3), ("c", 8)]
    assert sections[0].entries == {
        "key": Entry("value ; with # both", 4),
        "empty": Entry("", 5),
        "colon": Entry("x = y", 6),
    }
    assert sections[1].entries == {"long": Entry("one\ntwo\nthree", 9)}
    assert faults == [Fault(14, "'stray' is neither [section], key = value nor a comment")]


def test_faults_name_lines() -> None:
    _, faults = parse_ini(["k = 1", "[a]", "k = 1", "K = 2", "[b]", "[a]", "[unclosed", "= 3"])
    assert faults == [
        Fault(1, "'k' stands before any [section]"),
        Fault(4, "[a] k is already in line 3"),
        Fault(6, "section [a] is already in line 2; join them"),
        Fault(7, "'[unclosed' is neither [section], key = value nor a comment"),
        Fault(8, "'= 3' is neither [section], key = value nor a comment"),
    ]


@given(st.lists(st.text(max_size=20), max_size=10))
def test_any_text_is_read_or_said_to_be_wrong(lines: list[str]) -> None:
    sections, faults = parse_ini(lines)
    assert all(1 <= fault.line <= len(lines) for fault in faults)
    assert all(1 <= entry.line <= len(lines) for section in sections for entry in section.entries.values())
