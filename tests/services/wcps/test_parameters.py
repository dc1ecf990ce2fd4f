# SPDX-License-Identifier: MIT
from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.errors import WcpsSyntaxError
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.parameters import bind
from eoxserver.services.wcps.parse import MAX_DEPTH, parse_query
from eoxserver.services.wcps.unparse import unparse


def bound(result: str, texts: Mapping[int, str], files: Collection[int] = ()) -> str:
    source = f"for $c in (mr) return {result}"
    return unparse(bind(parse_query(source), texts, files, source)).removeprefix("for $c in (mr) return ")


@pytest.mark.parametrize(
    ("result", "texts", "wanted"),
    [
        ('encode($c, "$1")', {1: "png"}, 'encode($c, "png")'),
        ("encode($c, $1)", {1: "png"}, 'encode($c, "png")'),
        ('encode($c, "png", "$2")', {2: '{"nodata": [0]}'}, 'encode($c, "png", "{\\"nodata\\": [0]}")'),
        ("$c[t($1)]", {1: '"2008"'}, '$c[t("2008")]'),
        ('$c[t("$1-01":"$2")]', {1: "2008", 2: "2009"}, '$c[t("2008-01":"2009")]'),
        ("$c * $1", {1: "1 + 2"}, "$c * (1 + 2)"),
        ("domain($c, t, $1)", {1: "CRS:1"}, 'domain($c, t, "CRS:1")'),
        ('"$3 and $1"', {1: "one"}, '"$3 and one"'),
    ],
)
def test_text_stands_where_its_number_stood(result: str, texts: dict[int, str], wanted: str) -> None:
    assert bound(result, texts) == wanted


def test_a_query_without_parameters_is_left_as_it_is() -> None:
    query = parse_query('for $c in (mr) return encode($c, "png")')
    assert bind(query, {1: "x"}) is query


def test_files_are_for_decode() -> None:
    source = 'for $c in (mr), $d in (decode($1)) return encode($d, "$2")'
    assert unparse(bind(parse_query(source), {2: "png"}, {1})) == source.replace("$2", "png")


@pytest.mark.parametrize(
    ("result", "texts", "files", "message"),
    [
        ("$c * $1", {}, (), r"parameter \$1 did not come with the query"),
        ("$c * $1", {}, (1,), r"parameter \$1 is a file; only decode\(\) takes files"),
        ("decode($1)", {1: "text"}, (), r"decode\(\) takes a file, and parameter \$1 is text"),
        ("decode($1)", {}, (), r"decode\(\) takes a file, and parameter \$1 did not come with the query"),
        ("$c * $1", {1: "2) return (1"}, (), r"parameter \$1 is no expression: line 1, column 2: expected .*"),
        ("$c * $1", {1: ""}, (), r"parameter \$1 is no expression: expected an expression"),
    ],
)
def test_what_does_not_fit_is_refused(result: str, texts: dict[int, str], files: tuple[int, ...], message: str) -> None:
    with pytest.raises(WcpsSyntaxError, match=message) as caught:
        bound(result, texts, files)
    assert caught.value.line == 1 and caught.value.column > 1


@given(st.text(max_size=40))
def test_text_never_leaves_the_quotes_it_is_put_in(text: str) -> None:
    query = bind(parse_query('for $c in (mr) return encode($c, "$1")'), {1: text})
    assert parse_query(unparse(query)) == query
    assert len(query.bindings) == 1


def test_what_is_put_in_counts_for_the_depth() -> None:
    deep = "abs(" * (MAX_DEPTH - 10) + "$c" + ")" * (MAX_DEPTH - 10)
    with pytest.raises(WcpsSyntaxError, match="levels deep"):
        bound("abs(" * 20 + "$1" + ")" * 20, {1: deep})


def test_what_is_put_in_stands_where_its_number_stood() -> None:
    """All of it: the names of axes too, which have places of their own."""
    source = "for $c in (mr) return $c + $1"
    query = bind(parse_query(source), {1: "\n\nflip $d along i"}, (), source)
    (flip,) = (node for node in nodes.walk(query) if isinstance(node, nodes.Flip))
    assert (flip.line, flip.column) == (1, source.index("$1") + 1)
    assert (flip.axis_place.line, flip.axis_place.column) == (1, source.index("$1") + 1)
