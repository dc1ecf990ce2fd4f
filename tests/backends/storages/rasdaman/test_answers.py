# SPDX-License-Identifier: MIT
"""What comes back from a server."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.storages.rasdaman.answers import (
    Interval,
    answer_text,
    parse_domain,
    parse_domains,
    parse_facts,
    parse_report,
)


def test_domains_with_and_without_names() -> None:
    assert parse_domain(" [0:255, -3 : 210] ") == (Interval(0, 255), Interval(-3, 210))
    assert parse_domain("[d0(0:9),Lat( -9:-1 )]") == (Interval(0, 9, "d0"), Interval(-9, -1, "Lat"))
    assert Interval(-9, -1).size == 9


@pytest.mark.parametrize("text", ["", "[]", "[0:*]", "[5:3]", "[1]", "0:3", "[0:3", "[0:3][0:3]", "[a:b]", "x"])
def test_what_is_no_domain(text: str) -> None:
    assert parse_domain(text) is None


@given(st.lists(st.tuples(st.integers(-(10**9), 10**9), st.integers(0, 10**6)), min_size=1, max_size=5))
def test_any_domain_is_understood(ends: list[tuple[int, int]]) -> None:
    text = "[" + ",".join(f"{low}:{low + more}" for low, more in ends) + "]"
    assert parse_domain(text) == tuple(Interval(low, low + more) for low, more in ends)
    assert parse_domains(f"{text}\n{text}") == [parse_domain(text)] * 2


def test_domains_among_something_else_are_none() -> None:
    assert parse_domains("") == []
    assert parse_domains("<html>[0:1]</html>") is None
    assert parse_domains("[0:1] [0:*]") is None


def test_array_information_of_old_and_new_servers() -> None:
    old = parse_facts('{\n "oid": "150529",\n "baseType": "marray <char>",\n "tiling": {"tilingScheme": "no_tiling",'
                      ' "tileSize": "2097152",\t"tileConfiguration": "[0:511,0:511]"} }')  # fmt: skip
    assert old is not None
    assert (old.base_type, old.set_type, old.marray_type, old.tiles) == ("marray <char>", "", "", ())
    new = parse_facts(
        json.dumps(
            {
                "baseType": "marray <char, 2>",
                "setTypeName": "GreySet",
                "mddTypeName": "GreyImage",
                "tiling": {"tilingScheme": "regular", "tileConfiguration": "[0:511,0:255]"},
            }
        )
    )
    assert new is not None
    assert (new.set_type, new.marray_type, new.tiles) == ("GreySet", "GreyImage", (512, 256))


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "<html>", "3"])
def test_what_is_no_array_information(text: str) -> None:
    assert parse_facts(text) is None


def test_array_information_of_other_kinds_is_left_out() -> None:
    found = parse_facts('{"baseType": 3, "tiling": "none"}')
    assert found is not None
    assert (found.base_type, found.tiles) == ("", ())


def test_texts_of_several_parts() -> None:
    body = b"--b\r\nContent-Type: text/plain\r\n\r\nx: 1\r\n\r\ny\0\r\n--b\r\n\r\n\xc3\xa9\r\n--b--\r\n"
    assert answer_text(body, 'Multipart/Mixed; boundary="b"') == "x: 1\r\n\r\ny\né"
    assert answer_text(b" one\0", "application/octet-stream") == "one"
    assert answer_text(b"\xff", "text/plain") == "\N{REPLACEMENT CHARACTER}"


def test_reports_are_one_line() -> None:
    report = parse_report(
        b"<?xml version='1.0'?><ExceptionReport><Exception exceptionCode='RasdamanRequestFailed'><ExceptionText>"
        b"Execution error 381\n   in line 1 &lt;here&gt;</ExceptionText><ExceptionText>more</ExceptionText>"
        b"</Exception></ExceptionReport>"
    )
    assert report is not None
    assert (report.code, report.text) == ("RasdamanRequestFailed", "Execution error 381 in line 1 <here> more")
    assert parse_report(b"<html/>") is None
    long = parse_report(b"<ExceptionReport><ExceptionText>" + b"x" * 9000 + b"</ExceptionText></ExceptionReport>")
    assert long is not None and len(long.text) == 500
