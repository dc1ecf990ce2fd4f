# SPDX-License-Identifier: MIT
"""Which parts of a query may have no result for some cells."""

from __future__ import annotations

import pytest

from eoxserver.core.errors import EvaluationFailed
from eoxserver.services.wcps.compile import compile_expression
from eoxserver.services.wcps.parse import parse_query
from tests.services.wcps.compile.querying import scope_of


@pytest.mark.parametrize(
    ("expression", "function", "at"),
    [
        ("$c / $c", "/", "/"),
        ("$c / $c + $c / 2 + $c / 2.0 + 1.5 / $c", "/", "/"),
        ("$c / 0 + mod($c, $c)", "/", "/"),
        ("$c / 0 + mod($c, $c)", "mod", "mod"),
        ("bit($c, 3) + bit($c, $c)", "bit", "bit($c, $c)"),
        ("$c / ($c - 1) + $c / ($c - 1)", "/", "/"),
        ("condense + over $x i(0:9) using add($c[j(0:$x)] / $x)", "/", "/"),
        ("$c / $c + $c / ($c - 1)", "/", None),
        ("$c / 2", "/", None),
        ("$c / 0.5", "/", None),
        ("bit($c, 0 + 1)", "mod", None),
    ],
)
def test_the_only_part_that_can_be_at_fault_is_shown(expression: str, function: str, at: str | None) -> None:
    query = f"for $c in (mr) return {expression}"
    scope = scope_of(query)
    compile_expression(parse_query(query).result, scope)
    error = EvaluationFailed("no result", locator=function)
    shown = scope.plan.shown(error)
    if at is None:
        assert shown is error
    else:
        assert isinstance(shown, EvaluationFailed)
        assert (shown.line, shown.column) == (1, query.index(at) + 1)
        assert scope.plan.shown(shown) is shown
