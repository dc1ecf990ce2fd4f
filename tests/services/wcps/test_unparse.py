# SPDX-License-Identifier: MIT
from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.parse import parse_expression, parse_query
from eoxserver.services.wcps.unparse import unparse
from tests.services.wcps.trees import expressions, queries


@given(expressions)
def test_every_expression_comes_back_from_its_text(tree: Any) -> None:
    assert repr(parse_expression(unparse(tree))) == repr(tree)


@given(queries)
def test_every_query_comes_back_from_its_text(tree: nodes.Query) -> None:
    assert repr(parse_query(unparse(tree))) == repr(tree)


@given(queries)
def test_every_node_of_a_text_knows_its_place(tree: nodes.Query) -> None:
    text = unparse(tree)
    for node in nodes.walk(parse_query(text)):
        assert node.line >= 1 and node.column >= 1


@pytest.mark.parametrize(
    ("text", "shortest"),
    [
        ("((a) + (b))", "a + b"),
        ("(a + b) * c", "(a + b) * c"),
        ("a + (b * c)", "a + b * c"),
        ("a - (b - c)", "a - (b - c)"),
        ("-(-$c)", "- -$c"),
        ("- -2", "2"),
        ("(-2).re", "(-2).re"),
        ("not(a) and (not b)", "not a and not b"),
        ("(a overlay b) overlay c", "a overlay b overlay c"),
        ("(switch case a return b default return c) overlay d", "(switch case a return b default return c) overlay d"),
        ("switch case a return b default return (c overlay d)", "switch case a return b default return c overlay d"),
        ("sum(c)", "add(c)"),
        ("SCALE($c, 0.5)", "scalefactor($c, 0.5)"),
        ("scale($c, {x(0.5)})", "scaleaxes($c, [x(0.5)])"),
        ("slice($c, {t(1), i(2)})", "$c[t(1), i(2)]"),
        ('"say \\"a\\\\b\\""', '"say \\"a\\\\b\\""'),
        ("1e-7", "1e-07"),
    ],
)
def test_parentheses_stand_where_they_must_and_nowhere_else(text: str, shortest: str) -> None:
    assert unparse(parse_expression(text)) == shortest


def test_what_is_no_part_of_a_query_has_no_text() -> None:
    with pytest.raises(TypeError, match="Syntax is no part of a query"):
        unparse(nodes.Syntax())
