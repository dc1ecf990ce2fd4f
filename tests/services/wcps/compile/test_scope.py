# SPDX-License-Identifier: MIT
"""Nodes are made once, errors show their place and stay what they are, work that doubles is refused (section 7)."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eoxserver.core.coverage import Cells
from eoxserver.core.errors import (
    DataUnavailable,
    EOxServerError,
    EvaluationFailed,
    LimitExceeded,
    NoSuchCoverage,
    WcpsSemanticError,
)
from eoxserver.query.resolver import Resolver
from eoxserver.query.steps import Step
from eoxserver.services.wcps.compile import bind, compile_expression, open_scope
from eoxserver.services.wcps.parse import parse_query
from tests.services.wcps.compile.querying import coverage, number, refused, scope_of
from tests.services.wcps.samples import catalogue, mr


def chain(count: int, form: str) -> str:
    """A query whose variables each use the one before."""
    variables = [f"$a{number + 1} := {form.replace('@', f'$a{number}')}" for number in range(count)]
    return f"for $c in (mr) let $a0 := $c, {', '.join(variables)} return $a{count}"


def test_variables_that_double_each_other_stay_small() -> None:
    scope = scope_of(chain(200, "@ + @"))
    value = scope.variables["$a200"]
    assert value is not None
    assert number("for $c in (mr) let $a := max($c) + 1, $b := $a + $a, $d := $b + $b return $d") == 256 * 4


@pytest.mark.parametrize(
    "form", ["@ + flip @ along i", '@ + @[i:"CRS:1"(0:*)]', "flip @ along i + flip (flip @ along i) along j"]
)
def test_queries_that_read_without_end_are_refused(form: str) -> None:
    with pytest.raises(LimitExceeded, match="times over|steps") as caught:
        coverage(chain(30, form))
    assert "^" in caught.value.message


def test_what_is_condensed_is_read_once() -> None:
    query = chain(30, "@ + avg(@)")
    assert coverage(query).domain.shape == (256, 211)


def test_plans_that_are_too_deep_are_refused() -> None:
    with pytest.raises(LimitExceeded, match="steps"):
        coverage(chain(60, "flip @ along i"))
    with pytest.raises(LimitExceeded, match="steps"):
        coverage(chain(300, "@ + 1"))


def test_errors_show_the_line_they_are_on() -> None:
    query = "for $c in (mr)\nlet $a := $c[i(0:3)]\nreturn\n  $a[k(1)]"
    with pytest.raises(EOxServerError) as caught:
        coverage(query)
    assert caught.value.message.startswith("line 4, column 6: ")
    assert caught.value.message.split("\n")[1:3] == ["  $a[k(1)]", "     ^"]
    assert caught.value.locator == "k"


def test_semantic_errors_have_their_place_as_numbers() -> None:
    with pytest.raises(WcpsSemanticError) as caught:
        coverage("for $c in (mr) return $c + eobs")
    assert (caught.value.line, caught.value.column) == (1, 26)


def test_bounds_that_cannot_be_computed_are_told() -> None:
    refused("for $c in (mr) return $c[i(1/0)]", EvaluationFailed, "/0", "divided by 0")


def test_reading_of_bounds_may_be_refused() -> None:
    def read(step: Step) -> Cells:
        raise LimitExceeded(f"{len(step.range_type)} bands are too expensive", locator="max_read_bytes")

    query = "for $c in (mr) return $c[i(avg($c))]"
    tree = parse_query(query)
    scope = open_scope(Resolver(catalogue(mr())), query, read=read)
    with pytest.raises(LimitExceeded, match="line 1, column 28: 1 bands are too expensive") as caught:
        compile_expression(tree.result, bind(tree, scope, [tree.bindings[0].sources[0]]))
    assert caught.value.locator == "max_read_bytes"


def test_data_that_is_gone_stays_that_error() -> None:
    def lookup(identifier: str) -> object:
        raise DataUnavailable(f"{identifier} is on a broken disk")

    query = "for $c in (mr) return $c"
    tree = parse_query(query)
    with pytest.raises(DataUnavailable, match="broken disk"):
        bind(tree, open_scope(Resolver(lookup), query), [tree.bindings[0].sources[0]])  # type: ignore[arg-type]


def test_a_query_without_text_has_errors_without_place() -> None:
    tree = parse_query("for $c in (nope) return $c")
    with pytest.raises(NoSuchCoverage) as caught:
        bind(tree, open_scope(Resolver(catalogue(mr()))), [tree.bindings[0].sources[0]])
    assert caught.value.message.startswith("no coverage 'nope'")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["+ $c", "- 1", "* 2.5", "> 3", "[i(0:9)]", ".0", "is null", "/ 0"]), max_size=6))
def test_any_chain_of_operators_compiles_or_is_refused_with_its_place(parts: list[str]) -> None:
    query = f"for $c in (mr) return ({'(' * len(parts)}$c{''.join(f' {part})' for part in parts)})"
    with suppress(EOxServerError):
        assert coverage(query).domain.labels == ("i", "j")
        return
    with pytest.raises(EOxServerError, match="^line 1, column "):
        coverage(query)
