# SPDX-License-Identifier: MIT
"""Fields of results: names, nil values, units, bands (WCPS specification, section 4.4)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from eoxserver.core.errors import WcpsSemanticError
from eoxserver.core.fields import Field, NilValue
from eoxserver.query.cellwise.ranges import fill_of
from eoxserver.query.plan import Cast, Given, Node, Switch
from tests.query.cellwise.samples import apply, bands, cells, line, number, resolve

RGB = bands([[1, 2], [3, 4], [5, 6]], ["uint8"] * 3, names=("red", "green", "blue"))
ONE = line([10, 20], "uint8")


def only(node: Node) -> Field:
    """The single field of a node."""
    fields = resolve(node).range_type.fields
    assert len(fields) == 1
    return fields[0]


def test_a_number_and_a_single_band_go_with_every_band() -> None:
    for other, expected in ((number(1, "uint8"), [[2, 3], [4, 5], [6, 7]]), (ONE, [[11, 22], [13, 24], [15, 26]])):
        for node in (apply("+", RGB, other), apply("+", other, RGB)):
            assert resolve(node).range_type.names == ("red", "green", "blue")
            assert cells(node).values.tolist() == expected


def test_as_many_bands_go_together_by_position() -> None:
    assert cells(apply("-", RGB, RGB)).values.tolist() == [[0, 0]] * 3
    with pytest.raises(WcpsSemanticError, match=r"'\+' have 3 fields \(red, green, blue\) and 2 \(b0, b1\)"):
        resolve(apply("+", RGB, bands([[1, 2], [3, 4]], ["uint8", "uint8"])))


@pytest.mark.parametrize("name", ["<", "<=", ">", ">="])
def test_several_bands_have_no_order(name: str) -> None:
    with pytest.raises(WcpsSemanticError, match=rf"'{name}' compares single fields, not 3 \(red, green, blue\)"):
        resolve(apply(name, RGB, number(1)))


def test_the_coverage_names_the_field_not_the_number() -> None:
    assert only(apply("*", number(2), line([1], "uint8"))).name == "b0"
    assert only(apply("sqrt", line([1], "uint8"))).name == "b0"


def test_nil_values_of_a_unary_function_are_those_of_its_operand() -> None:
    assert only(apply("abs", line([1], "int16", nil=[-9999]))).nil == (NilValue(-9999.0),)


def test_nil_values_of_a_binary_function_are_those_of_both() -> None:
    a, b = line([1], "int16", nil=[-9999, 0]), line([1], "int16", nil=[0, 7])
    assert only(apply("+", a, b)).nil == (NilValue(-9999.0), NilValue(0.0), NilValue(7.0))
    assert only(apply("+", number(1), b)).nil == (NilValue(0.0), NilValue(7.0))


@pytest.mark.parametrize("name", ["=", "<", "isnull"])
def test_what_is_never_null_has_no_nil_values(name: str) -> None:
    a = line([1], "int16", nil=[1])
    assert only(apply(name, *([a] if name == "isnull" else [a, a]))).nil == ()


KELVIN, METRE, PURE = (line([1.0], "float32", unit=unit) for unit in ("K", "m", "10^0"))


@pytest.mark.parametrize(
    ("node", "unit"),
    [
        (apply("+", KELVIN, KELVIN), "K"),
        (apply("-", KELVIN, number(1)), "K"),
        (apply("+", KELVIN, METRE), "10^0"),
        (apply("+", KELVIN, PURE), "10^0"),
        (apply("*", KELVIN, PURE), "K"),
        (apply("*", number(2), KELVIN), "K"),
        (apply("*", KELVIN, KELVIN), "10^0"),
        (apply("/", KELVIN, KELVIN), "10^0"),
        (apply("/", KELVIN, number(2)), "K"),
        (apply("/", number(2), KELVIN), "10^0"),
        (apply("abs", KELVIN), "K"),
        (apply("max", KELVIN, KELVIN), "K"),
        (apply("sqrt", KELVIN), "10^0"),
        (apply("=", KELVIN, KELVIN), "10^0"),
        (Cast(KELVIN, np.dtype("int16")), "K"),
        (Switch((apply(">", KELVIN, number(0)),), (KELVIN,), KELVIN), "K"),
        (Switch((apply(">", KELVIN, number(0)),), (KELVIN,), METRE), "10^0"),
    ],
)
def test_units_stay_as_long_as_they_are_true(node: Node, unit: str) -> None:
    assert only(node).unit == unit


def test_a_cast_keeps_what_is_known_of_a_field_but_for_its_values() -> None:
    given = line([1], "uint8", nil=[255]).coverage
    field = replace(given.range_type.fields[0], label="Class", palette=((0, 0, 0, 255),), intervals=((0.0, 9.0),))
    described = Given(replace(given, range_type=replace(given.range_type, fields=(field,))))
    found = only(Cast(described, np.dtype("float32")))
    assert (found.label, found.nil, found.palette, found.intervals) == ("Class", (NilValue(255.0),), None, ())
    assert only(Cast(described, np.dtype("uint8"))) == field


@pytest.mark.parametrize(
    ("nil", "fill"),
    [
        ((), 0.0),
        ((NilValue(-9999.0), NilValue(1.0)), -9999.0),
        ((NilValue(5.0, 9.0), NilValue(1.0)), 1.0),
        ((NilValue(5.0, 9.0),), 5.0),
        ((NilValue(-np.inf, -1.0),), -1.0),
    ],
)
def test_a_null_cell_reads_as_the_first_nil_value(nil: tuple[NilValue, ...], fill: float) -> None:
    assert fill_of(Field("a", np.dtype("float32"), nil=nil)) == fill
