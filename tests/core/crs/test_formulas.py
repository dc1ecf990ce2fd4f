# SPDX-License-Identifier: MIT
"""Formulas for parameters of CRSs."""

from __future__ import annotations

import pytest

from eoxserver.core.crs import Definition, Definitions, Parameter, check_definition, parse_crs
from eoxserver.core.crs.formulas import check_formula, evaluate_formula
from eoxserver.core.errors import CrsUnknown

ZONE = Definition(
    "USER",
    "0",
    "utm",
    "+proj=utm +zone=${zone} +type=crs",
    (Parameter("lon"), Parameter("zone", "=Math.floor((${lon} + 180) / 6) + 1")),
)


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("1 + 2 * 3", "7"),
        ("-${a} / 4", "-0.625"),
        ("${a} ** 2 % 4 // 1", "2"),
        ("max(1, ${a}, min(7, 8))", "7"),
        ("round(${a}) + ceil(${a}) + abs(-1)", "6"),
        ("10 if ${a} < 3 else 20", "10"),
        ("10 if ${a} == 3 else 20", "20"),
    ],
)
def test_arithmetic(formula: str, result: str) -> None:
    assert evaluate_formula(formula, {"a": "2.5"}) == result


def test_a_formula_gives_the_value_that_a_url_does_not() -> None:
    check_definition(ZONE)
    known = Definitions.of([ZONE])
    assert ZONE.bound({"lon": "14.5"}) == "+proj=utm +zone=33 +type=crs"
    assert ZONE.bound({"lon": "14.5", "zone": "1"}) == "+proj=utm +zone=1 +type=crs"
    assert [one.name for one in ZONE.unbound({})] == ["lon"]
    found = parse_crs('USER/0/utm?lon="14.5"', known)
    assert found.to_pyproj().equals(parse_crs("+proj=utm +zone=33 +type=crs").to_pyproj())


@pytest.mark.parametrize(
    ("values", "words"),
    [({"lon": "east"}, "needs a number"), ({"lon": "nan"}, "needs a number"), ({}, "needs values of lon")],
)
def test_values_of_which_nothing_can_be_computed(values: dict[str, str], words: str) -> None:
    with pytest.raises(CrsUnknown, match=words):
        ZONE.bound(values)


@pytest.mark.parametrize(
    "formula", ["1 / (${a} - 2.5)", "(1 - ${a}) ** 0.5", "${a} ** 9999", "floor(${a} ** 999 * 10 ** 300)"]
)
def test_formulas_without_result(formula: str) -> None:
    check_formula(formula)
    with pytest.raises(CrsUnknown, match="no result|not finite"):
        evaluate_formula(formula, {"a": "2.5"})


@pytest.mark.parametrize(
    "formula",
    [
        "", "1 +", "__import__('os')", "(1).real", "'a' * 9", "[1]", "lambda: 1", "x", "True", "open(1)", "abs(1, 2)",
        "max(1)",
        "1 if ${a} else 2", "1 < 2", "${a}" * 200, "_", "_[1]", "floor(x=1)", "${'] or _['a}", "1j",
    ],
)  # fmt: skip
def test_what_is_no_formula(formula: str) -> None:
    with pytest.raises(CrsUnknown, match="formula '"):
        check_formula(formula)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ((Parameter("lon"), Parameter("zone", "=1 +")), "not arithmetic"),
        ((Parameter("lon"), Parameter("zone", "=${lat}")), "'lat' of USER/0/utm is in its text"),
        ((Parameter("lon", "=${zone}"), Parameter("zone", "=${lon}")), "which has a formula itself"),
        ((Parameter("zone", "=${zone} + 1"),), "which has a formula itself"),
        ((Parameter("lon"), Parameter("zone", "=31")), "'lon' of USER/0/utm is not in its text"),
    ],
)
def test_definitions_that_are_refused(parameters: tuple[Parameter, ...], words: str) -> None:
    with pytest.raises(CrsUnknown, match=words):
        Definition("USER", "0", "utm", ZONE.text, parameters).check()
