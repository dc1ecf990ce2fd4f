# SPDX-License-Identifier: MIT
"""Variables, coverages and files (sections 2 and 4)."""

from __future__ import annotations

import numpy as np
import pytest

from eoxserver.core.errors import InvalidSubsetting, NoSuchCoverage, NoSuchField, WcpsSemanticError
from eoxserver.query.plan import Given, Read
from eoxserver.services.wcps.compile import CoverageValue
from tests.services.wcps.compile.querying import compiled, coverage, number, refused, scope_of
from tests.services.wcps.samples import eobs, mr


def test_a_variable_is_the_coverage_it_goes_through() -> None:
    value = coverage('for c in (mr) return encode(c,"image/tiff")')
    assert value.node == Read("mr")
    assert value.identifier == "mr"


def test_variables_of_let_see_those_before() -> None:
    assert number("for $c in (mr) let $a := 2, $b := $a + 1 return $b * $a") == 6


def test_a_name_that_is_no_variable_is_a_coverage() -> None:
    assert coverage("for $c in (eobs) return max(mr)").identifier == "mr"


def test_a_coverage_is_read_once_however_it_is_named() -> None:
    value = coverage("for $c in (mr), $d in (mr) return $c - $d")
    assert value.step.inputs[0] is value.step.inputs[1]


def test_a_file_is_decoded_to_a_coverage() -> None:
    value = coverage("for $c in (decode($1)) return $c", {1: mr()})
    assert isinstance(value.node, Given)
    assert value.identifier == "mr"
    inline = coverage("for $c in (mr) return decode($2) - $c", {2: mr()})
    assert inline.domain.shape == (256, 211)
    refused("for $c in (decode($1)) return $c", WcpsSemanticError, "$1", "a file")


@pytest.mark.parametrize(
    ("query", "kind", "at", "word"),
    [
        ("for $c in (nope) return 1", NoSuchCoverage, "nope", "nope"),
        ("for $c in (mrs) return 1", NoSuchCoverage, "mrs", "did you mean 'mr'?"),
        ("for $c in (mr) return $d", WcpsSemanticError, "$d", "available: $c"),
        ("for $cov in (mr) return cov", WcpsSemanticError, "cov", "did you mean '$cov'?"),
        ("for $c in (mr) let $s := [i(0:3)] return $s + 1", WcpsSemanticError, "$s +", "list of subsets"),
        ("for $c in (mr) let $s := LINESTRING(1 2, 3 4) return $s + 1", WcpsSemanticError, "$s +", "a geometry"),
    ],
)
def test_unknown_names_are_told_with_the_known_ones(query: str, kind: type, at: str, word: str) -> None:
    refused(query, kind, at, word)


def test_what_is_wrong_in_let_is_told_to_whoever_uses_it() -> None:
    broken = "for $c in (mr) let $a := $c.nope, $b := $a + 1 return "
    assert number(broken + "7") == 7
    refused(broken + "$b", NoSuchField, "nope")
    refused("for $c in (mr) let $a := [i(9:3)] return $c[$a]", InvalidSubsetting, "i(9")


def test_grid_indices_of_an_index_axis_are_its_own() -> None:
    shifted = coverage("for $c in (mr) let $g := coverage g over $x x(5:8) values $x return $g[x(6:7)]")
    assert shifted.low == (6,)


def test_iterations_see_their_own_coverages() -> None:
    query = "for $c in (mr), $d in (eobs) let $m := max($c) return $m"
    scope = scope_of(query)
    held = scope.variables["$m"]
    assert isinstance(held, CoverageValue)
    assert held.identifier == "mr"
    assert list(scope.variables) == ["$c", "$d", "$m"]


def test_text_stays_text() -> None:
    value = compiled('for $c in (mr) return "some text"')
    assert getattr(value, "text", None) == "some text"


def test_a_coverage_with_nil_values_is_read_with_them() -> None:
    assert number("for $c in (eobs) return count($c is null)") == np.count_nonzero(
        ~np.asarray(eobs().source.valid)  # type: ignore[attr-defined]  # a MemorySource
    )
