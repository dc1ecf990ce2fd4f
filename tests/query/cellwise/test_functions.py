# SPDX-License-Identifier: MIT
"""Functions of cells: types, values, refusals (WCPS specification, section 4.4)."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable

import numpy as np
import pytest

from eoxserver.core.errors import EvaluationFailed, WcpsSemanticError
from eoxserver.query.cellwise.functions import FUNCTIONS, result_dtype
from tests.query.cellwise.samples import apply, cells, dtype, line, number, values

COMPLEX = line([3 + 4j, -1j], "complex64")


def test_equal_types_wrap_silently() -> None:
    sum_ = apply("+", line([200, 1], "uint8"), line([100, 2], "uint8"))
    assert (values(sum_), dtype(sum_)) == ([44, 3], "uint8")
    assert values(apply("*", line([2**30], "int32"), line([4], "int32"))) == [0]
    assert values(apply("abs", line([-128], "int8"))) == [-128]


def test_a_literal_makes_char_long() -> None:
    sum_ = apply("+", line([200], "uint8"), number(100))
    assert (values(sum_), dtype(sum_)) == ([300], "int32")


def test_mixed_signedness_goes_to_the_next_wider_signed_type() -> None:
    difference = apply("-", line([3], "uint32"), line([-5], "int32"))
    assert (values(difference), dtype(difference)) == ([8.0], "float64")


def test_boolean_counts_as_0_and_1_in_arithmetic() -> None:
    yes = line([True, False], "bool")
    assert (values(apply("+", yes, yes)), dtype(apply("+", yes, yes))) == ([2, 0], "uint8")
    assert values(apply("neg", yes)) == [-1, 0]
    assert values(apply("abs", yes)) == [1, 0]


def test_integer_division_truncates() -> None:
    quotient = apply("/", line([7, -7, 7, -7], "int16"), line([2, 2, -2, -2], "int16"))
    assert (values(quotient), dtype(quotient)) == ([3, -3, -3, 3], "int16")
    assert values(apply("/", line([255], "uint8"), line([2], "uint8"))) == [127]
    assert values(apply("/", line([-(2**63) + 1, 9], "int64"), line([2, -4], "int64"))) == [-(2**62) + 1, -2]


@pytest.mark.parametrize(("kind", "divisor"), [("uint8", 2), ("int16", 2), ("int16", -2), ("uint16", -2), ("bool", 2)])
def test_a_literal_divisor_truncates_too(kind: str, divisor: int) -> None:
    given = [1, 0] if kind == "bool" else [7, 9, 200 if kind[0] == "u" else -7]
    node = apply("/", line(given, kind), number(divisor))
    assert (values(node), dtype(node)) == ([int(value / divisor) for value in given], "int32")


@pytest.mark.parametrize("name", ["int8", "int16", "int32"])
def test_the_quotient_that_does_not_fit_wraps(name: str) -> None:
    low = np.iinfo(name).min
    assert values(apply("/", line([low, low], name), line([-1, 3], name))) == [low, -(-low // 3)]


@pytest.mark.parametrize("name", ["/", "mod"])
def test_integers_are_not_divided_by_0(name: str) -> None:
    with pytest.raises(EvaluationFailed, match="divided by 0; cast an operand to float"):
        values(apply(name, line([1, 2], "int16"), line([1, 0], "int16")))


def test_a_null_divisor_divides_nothing() -> None:
    divisor = line([2, 0], "int16", [True, False])
    assert values(apply("/", line([5, 5], "int16"), divisor)) == [2, None]
    assert values(apply("mod", line([5, 5], "int16"), divisor)) == [1, None]


def test_floats_divide_by_the_rules_of_ieee() -> None:
    found = values(apply("/", line([1, -1, 0], "float32"), number(0)))
    assert found[:2] == [math.inf, -math.inf]
    assert math.isnan(found[2])


def test_mod_has_the_sign_of_the_dividend() -> None:
    assert values(apply("mod", line([7, -7, 7], "int32"), line([3, 3, -3], "int32"))) == [1, -1, 1]
    assert dtype(apply("mod", line([7], "uint8"), number(3))) == "int32"


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("sqrt", math.sqrt), ("exp", math.exp), ("log", math.log10), ("ln", math.log), ("sin", math.sin),
        ("cos", math.cos), ("tan", math.tan), ("sinh", math.sinh), ("cosh", math.cosh), ("tanh", math.tanh),
        ("arcsin", math.asin), ("arccos", math.acos), ("arctan", math.atan),
    ],
)  # fmt: skip
def test_functions_of_reals(name: str, function: Callable[[float], float]) -> None:
    for kind, result, exact in (("float64", "float64", 1e-14), ("float32", "float32", 1e-6)):
        node = apply(name, line([0.25, 0.75], kind))
        assert dtype(node) == result
        np.testing.assert_allclose(values(node), [function(0.25), function(0.75)], rtol=exact)
    integers = apply(name, line([1], "uint8"))
    assert dtype(integers) == "float64"
    np.testing.assert_allclose(values(integers), [function(1)], rtol=1e-14)


@pytest.mark.parametrize(("name", "value"), [("sqrt", -1), ("ln", -1), ("arcsin", 2), ("arccos", -2)])
def test_an_illegal_argument_is_nan(name: str, value: float) -> None:
    with np.errstate(all="raise"):
        assert math.isnan(values(apply(name, line([value], "float64")))[0])


def test_pow_is_double_unless_the_base_is_float() -> None:
    square = apply("pow", line([2, 3], "uint8"), number(2))
    assert (values(square), dtype(square)) == ([4.0, 9.0], "float64")
    assert dtype(apply("pow", line([2], "float32"), number(0.5, "float64"))) == "float32"
    assert values(apply("pow", line([4], "int16"), number(-0.5, "float64"))) == [0.5]


def test_min_and_max_are_per_cell_in_the_general_type() -> None:
    a, b = line([1, 200], "uint8"), line([-5, 7], "int8")
    assert (values(apply("min", a, b)), dtype(apply("min", a, b))) == ([-5, 7], "int16")
    assert values(apply("max", a, b)) == [1, 200]


def test_bit_counts_from_the_least_significant() -> None:
    c = line([0, 1, 128, 255], "uint8")
    assert (values(apply("bit", c, number(7))), dtype(apply("bit", c, number(7)))) == (
        [False, False, True, True],
        "bool",
    )
    assert values(apply("bit", c, line([0, 0, 7, 8], "uint8"))) == [False, True, True, False]
    assert values(apply("bit", line([-1], "int8"), number(90))) == [True]


def test_bit_refuses_negative_numbers_and_floats() -> None:
    with pytest.raises(EvaluationFailed, match="number of a bit, from 0"):
        values(apply("bit", line([1], "uint8"), number(-1)))
    with pytest.raises(WcpsSemanticError, match="'bit' takes integers, not float; cast it first"):
        values(apply("bit", line([1], "float32"), number(1)))


def test_round_goes_away_from_0_at_halves() -> None:
    found = values(apply("round", line([0.5, 1.5, -0.5, -2.5, 0.49999999999999994, 2.4], "float64")))
    assert found == [1, 2, -1, -3, 0, 2]
    large = [2.0**52 + 1, 2.0**51 + 0.5, -(2.0**51) - 0.5, math.inf]
    assert values(apply("round", line(large, "float64"))) == [2.0**52 + 1, 2.0**51 + 1, -(2.0**51) - 1, math.inf]
    narrow = np.nextafter(np.float32(0.5), np.float32(0))
    assert values(apply("round", line([narrow, 0.5], "float32"))) == [0, 1]
    whole = apply("round", line([3], "int16"))
    assert (values(whole), dtype(whole)) == ([3], "int16")


def test_ceil_and_floor_keep_the_type() -> None:
    c = line([1.2, -1.2], "float32")
    assert (values(apply("ceil", c)), values(apply("floor", c)), dtype(apply("ceil", c))) == (
        [2, -1],
        [1, -2],
        "float32",
    )
    assert dtype(apply("floor", line([1], "uint16"))) == "uint16"


def test_signs() -> None:
    minus = apply("neg", line([200], "uint8"))
    assert (values(minus), dtype(minus)) == ([-200], "int16")
    assert dtype(apply("neg", line([1], "uint32"))) == "float64"
    assert dtype(apply("neg", line([1], "int32"))) == "int32"
    assert (values(apply("plus", line([5], "uint8"))), dtype(apply("plus", line([5], "uint8")))) == ([5], "uint8")


def test_atan2_has_the_quadrant() -> None:
    node = apply("atan2", line([1, -1], "int16"), line([-1, -1], "float64"))
    np.testing.assert_allclose(values(node), [math.atan2(1, -1), math.atan2(-1, -1)])
    assert dtype(apply("atan2", line([1], "float32"), line([1], "float32"))) == "float32"


def test_complex_numbers_have_parts_and_a_length() -> None:
    assert (values(apply("re", COMPLEX)), values(apply("im", COMPLEX)), dtype(apply("re", COMPLEX))) == (
        [3, 0], [4, -1], "float32",
    )  # fmt: skip
    assert (values(apply("abs", COMPLEX)), dtype(apply("abs", COMPLEX))) == ([5, 1], "float32")
    assert (values(apply("re", line([2], "int16"))), values(apply("im", line([2], "int16")))) == ([2], [0])
    np.testing.assert_allclose(values(apply("sqrt", COMPLEX)), [cmath.sqrt(3 + 4j), cmath.sqrt(-1j)], rtol=1e-6)
    assert values(apply("=", COMPLEX, COMPLEX)) == [True, True]


@pytest.mark.parametrize("name", ["<", "<=", ">", ">=", "min", "max", "mod", "atan2"])
def test_complex_numbers_have_no_order(name: str) -> None:
    with pytest.raises(WcpsSemanticError, match=rf"'{name}' does not take complex numbers; take their parts"):
        values(apply(name, COMPLEX, COMPLEX))


@pytest.mark.parametrize("name", ["round", "ceil", "floor"])
def test_complex_numbers_are_not_rounded(name: str) -> None:
    with pytest.raises(WcpsSemanticError, match="does not take complex numbers"):
        values(apply(name, COMPLEX))


def test_comparisons_are_boolean_and_exact() -> None:
    a, b = line([1, 2, 3], "uint8"), line([2, 2, 2], "int32")
    expected = {"<": [1, 0, 0], "<=": [1, 1, 0], ">": [0, 0, 1], ">=": [0, 1, 1], "=": [0, 1, 0], "!=": [1, 0, 1]}
    for name, truth in expected.items():
        assert (values(apply(name, a, b)), dtype(apply(name, a, b))) == ([bool(each) for each in truth], "bool")
    assert values(apply("=", line([2**32 - 1], "uint32"), line([-1], "int32"))) == [False]
    assert values(apply("=", line([16777217], "int32"), line([16777216], "float32"))) == [False]


@pytest.mark.parametrize(
    ("value", "kind", "truth"),
    [
        (200, "int32", [True, False]),
        (300, "int32", [True, True]),
        (-1, "int32", [False, False]),
        (199.5, "float64", [True, False]),
        (math.nan, "float64", [False, False]),
    ],
)
def test_literals_are_compared_with_what_they_are_not_with_what_fits_the_cells(
    value: float, kind: str, truth: list[bool]
) -> None:
    assert values(apply("<", line([7, 200], "uint8"), number(value, kind))) == truth


def test_logic() -> None:
    a, b = line([1, 1, 0, 0], "bool"), line([1, 0, 1, 0], "bool")
    assert values(apply("and", a, b)) == [True, False, False, False]
    assert values(apply("or", a, b)) == [True, True, True, False]
    assert values(apply("xor", a, b)) == [False, True, True, False]
    assert values(apply("not", a)) == [False, False, True, True]


@pytest.mark.parametrize("name", ["and", "or", "xor"])
def test_logic_refuses_numbers(name: str) -> None:
    with pytest.raises(WcpsSemanticError, match=rf"'{name}' takes boolean operands, not char; compare it"):
        values(apply(name, line([1], "bool"), line([1], "uint8")))


def test_overlay_takes_what_is_not_0() -> None:
    below, above = line([1, 2, 3], "uint8"), line([0, -7, 0], "int16")
    assert (values(apply("overlay", below, above)), dtype(apply("overlay", below, above))) == ([1, -7, 3], "int16")


def test_unknown_functions_and_wrong_numbers_of_operands_are_refused() -> None:
    with pytest.raises(WcpsSemanticError, match="no function 'sqroot'; did you mean 'sqrt'"):
        values(apply("sqroot", number(1)))
    with pytest.raises(WcpsSemanticError, match="'sqrt' takes 1 operand, not 2"):
        values(apply("sqrt", number(1), number(2)))
    with pytest.raises(WcpsSemanticError, match=r"'\+' takes 2 operands, not 1"):
        result_dtype("+", [np.dtype("uint8")])


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_no_function_warns(name: str) -> None:
    boolean = name in {"and", "or", "xor", "not"}
    kinds = ["bool"] if boolean else ["int8", "uint16", *([] if name == "bit" else ["float32", "float64"])]
    for kind in kinds:
        ones = line([0, 1, -1 if kind[0] in "if" else 1], kind, [True, True, True])
        others = line([0, 1, 1], kind, [name not in {"/", "mod"}, True, True])
        inputs = (ones,) if FUNCTIONS[name].arity == 1 else (ones, others)
        with np.errstate(all="raise"):
            cells(apply(name, *inputs))
