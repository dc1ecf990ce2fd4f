# SPDX-License-Identifier: MIT
"""Literals, operators, casts, fields, switches, null operators, aggregates (sections 4.4 to 4.6).

What is computed is tested with the nodes; here is which node an expression becomes, and what is refused.
"""

from __future__ import annotations

import numpy as np
import pytest

from eoxserver.core.errors import InvalidRequest, NoSuchField, WcpsSemanticError
from eoxserver.query.plan import Combine, Constant, Read
from tests.services.wcps.compile.querying import array, cells, coverage, number, refused
from tests.services.wcps.samples import eobs, mr, rgb

MR = mr().source.values[0]  # type: ignore[attr-defined]  # a MemorySource
RGB = rgb().source.values  # type: ignore[attr-defined]
EOBS = eobs().source.values[0]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("literal", "dtype"),
    [
        ("1", "int32"),
        ("-2147483648", "int32"),
        ("2147483648", "uint32"),
        ("4294967296", "float64"),
        ("1.0", "float64"),
        ("1e3", "float64"),
        ("true", "bool"),
        ("nan", "float64"),
        ("(1, 2.5)", "complex128"),
    ],
)
def test_types_of_literals(literal: str, dtype: str) -> None:
    """Section 4.4, "constants"."""
    value = coverage(f"for $c in (mr) return {literal}")
    assert isinstance(value.node, Constant)
    assert value.range_type.fields[0].dtype == np.dtype(dtype)
    assert value.is_scalar
    assert value.identifier == ""


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("10 - 2 - 3", 5),
        ("-(3)", -3),
        ("not (1 = 2)", True),
        ("1 = 1 xor 2 = 2", False),
        ("(char) 300", 255),
        ("(unsigned char)(119*3)", 255),
        ("7 / 2", 3),
        ("7 / 2.0", 3.5),
        ("pow(2, 3)", 8.0),
        ("mod(7, 4)", 3),
        ("bit(4, 2)", True),
        ("min(3, 4)", 3),
        ("arctan2(0, 1)", 0.0),
        ("1 overlay 2", 2),
        ("1 overlay 0", 1),
        ("(3, 4).re", 3.0),
        ("im((3, 4))", 4.0),
        ('identifier($c) = "mr"', True),
        ('identifier($c) != "mr"', False),
        ("avg($c) > 127 and avg($c) < 128", True),
        ("count($c = 255)", int((MR == 255).sum())),
        ("some($c = 255)", True),
        ("all($c > 0)", False),
        ("max($c)", 255),
        ("add($c)", int(MR.sum())),
    ],
)
def test_scalars(expression: str, expected: complex) -> None:
    found = number(f"for $c in (mr) return {expression}")
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$c - $c", MR - MR),
        ("(char)($c / 2)", MR // 2),
        ("$c * 0 + 9", np.full(MR.shape, 9, "i4")),
        ("$c > 100 and not($c > 200)", (MR > 100) & ~(MR > 200)),
        ("$c overlay (char)($c*0 + 9)", np.full(MR.shape, 9, "u1")),
        ("bit($c,7)", MR >> 7 == 1),
        ("max($c, 100)", np.maximum(MR.astype("i4"), 100)),
        ("switch case $c < 10 return (char)0 case $c < 100 return (char)1 default return (char)2",
         np.select([MR < 10, MR < 100], [0, 1], 2).astype("u1")),
        ("switch case true return $c default return 3", MR.astype("i4")),
    ],
)  # fmt: skip
def test_cells(expression: str, expected: np.ndarray) -> None:
    found = array(f"for $c in (mr) return {expression}")
    np.testing.assert_array_equal(found, expected)


def test_fields_by_name_and_number() -> None:
    for expression in ("$c.green", "$c.1", "{a: $c.red; b: $c.green}.b", "{a: $c.red; b: $c.green}.1"):
        np.testing.assert_array_equal(array(f"for $c in (rgb) return {expression}"), RGB[1])


def test_a_field_of_a_struct_needs_no_other() -> None:
    value = coverage("for $c in (rgb) let $s := {a: $c.red; b: sqrt($c.green)} return $s.a")
    assert isinstance(value.node, Combine)
    assert value.range_type.names == ("a",)
    assert value.step.inputs[0].range_type.names == ("red",)


def test_a_scalar_in_a_struct_has_the_grid_of_the_struct() -> None:
    value = coverage("for $c in (rgb) let $s := {a: $c.red; b: 3} return $s.b")
    assert value.domain.shape == (400, 344)


def test_range_constructors_name_bands_in_their_order() -> None:
    found = cells("for $c in (rgb) return {red: $c.blue; green: $c.green; blue: $c.red}")
    np.testing.assert_array_equal(found.values, RGB[::-1])
    assert coverage("for $c in (rgb) return struct {a: 1; b: (char) 2}").is_scalar


def test_null_values_and_masks() -> None:
    """Section 4.6, "null operators"."""
    assert number("for $c in (eobs) return count($c is null)") == int((EOBS == -9999).sum())
    assert number("for $c in (eobs) return count($c is not null)") == int((EOBS != -9999).sum())
    assert number("for $c in (mr) return count(($c null values [0:9, 20]) is null)") == int(
        ((MR < 10) | (MR == 20)).sum()
    )
    assert number("for $c in (mr) return count(($c null mask ($c > 9)) is null)") == int((MR <= 9).sum())
    assert number("for $c in (eobs) return count(($c null mask discard) is null)") == 0


def test_results_belong_to_the_first_coverage() -> None:
    """Section 4.1, binary operations; section 5, identifier."""
    value = coverage("for $c in (eobs), $d in (irr) return max($d) * $c[Lat(30:35)] - $c[Lat(35:40)]")
    assert value.low == (0, 10, 0)
    assert value.identifier == "irr"
    assert value.domain.axis("Lat").high == 35


def test_equal_expressions_are_computed_once() -> None:
    value = coverage("for $c in (mr) let $m := avg($c) return ($c - $m) * ($c - avg($c))")
    left, right = value.step.inputs
    assert left is right
    assert isinstance(left.inputs[0].node, Read)


@pytest.mark.parametrize(
    ("expression", "kind", "at", "word"),
    [
        ("$c.alpha", NoSuchField, "alpha", "blue, green, red"),
        ("$c.3", NoSuchField, "3", "blue, green, red"),
        ("$c.gren", NoSuchField, "gren", "did you mean 'green'?"),
        ("avg($c.red).red", InvalidRequest, "red", "single value"),
        ("$c[i(1), j(2)].red", InvalidRequest, "red", "single value"),
        ("{a: $c; b: 1}", WcpsSemanticError, "a: $c", "has 3"),
        ("$c + {a: $c.0; b: $c.1}", WcpsSemanticError, "+", "2 and 3 bands"),
        ("$c and $c", WcpsSemanticError, "and", "boolean"),
        ("$c.0 < 3 and $c", WcpsSemanticError, "and", "boolean"),
        ("$c < 3", WcpsSemanticError, "<", "single fields"),
        ("$c.0 + mr", WcpsSemanticError, "+", "axis i of one has 400 cells, axis i of the other 256"),
        ("$c.0 + eobs", WcpsSemanticError, "+", "2 axes"),
        ("irr.b1[ansi:\"CRS:1\"(0:1)] + irr.b1[ansi:\"CRS:1\"(1:2)]", WcpsSemanticError, "+", "positions along"),
        ("eobs[t:\"CRS:1\"(0)] + airtemp[Long:\"CRS:1\"(0:29),Lat:\"CRS:1\"(0:39)]", WcpsSemanticError, "+",
         "axis Lat of one stands where the other has axis Long"),
        ("count($c)", WcpsSemanticError, "$c)", "true or false"),
        ("some($c.0 + 1)", WcpsSemanticError, "+", "true or false"),
        ("1 + \"a\"", WcpsSemanticError, "\"a\"", "text"),
        ("domain($c, i) + 1", WcpsSemanticError, "domain", "a domain"),
        ("sqrt(months(\"2000\":\"2001\"))", WcpsSemanticError, "months", "list"),
        ("$c null mask $c.0", WcpsSemanticError, "0", "true or false"),
        ("$c null values [3:1]", WcpsSemanticError, "3:1", "ends before"),
        ("switch case $c.0 return 1 default return 2", WcpsSemanticError, "0 return", "true or false"),
        ("switch case $c.0 > 1 return {a: 1; b: 2} default return 2", WcpsSemanticError, "2", "number of bands"),
        ("switch case $c.0 > 1 return 1 case mr > 1 return 2 default return 3", WcpsSemanticError, "> 1 return 2",
         "incompatible"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_where_it_stands(expression: str, kind: type, at: str, word: str) -> None:
    refused(f"for $c in (rgb) return {expression}", kind, at, word)
