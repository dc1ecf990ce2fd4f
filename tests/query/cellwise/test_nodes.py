# SPDX-License-Identifier: MIT
"""Casts, nulls, switch, range constructors and null operators (WCPS specification, section 4.4, 4.5, 4.6)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from eoxserver.core.coverage import CellBox
from eoxserver.core.errors import EvaluationFailed, WcpsSemanticError
from eoxserver.core.fields import NilValue
from eoxserver.query.plan import Cast, Combine, Constant, Iterator, Map, Mask, Node, Select, SetNil, Switch
from tests.query.cellwise.samples import apply, bands, cells, dtype, line, number, resolve, values

C = line([1, 2, 3, 4], "int16", [True, False, True, True], nil=[-9999])
D = line([1, 5, 7, 4], "int16", [True, True, False, True], nil=[-1])


def cast(node: Node, name: str) -> Cast:
    return Cast(node, np.dtype(name))


@pytest.mark.parametrize(
    ("given", "kind", "target", "result"),
    [
        ([357, -1, 7], "int32", "uint8", [255, 0, 7]),
        ([200, 100], "uint8", "int8", [127, 100]),
        ([2**32 - 1], "uint32", "int32", [2**31 - 1]),
        ([-5, 70000], "int32", "uint16", [0, 65535]),
        ([1.9, -1.9, 300.0, -300.0], "float32", "int8", [1, -1, 127, -128]),
        ([3e9, -3e9, math.inf, -math.inf], "float64", "int32", [2**31 - 1, -(2**31), 2**31 - 1, -(2**31)]),
        ([3e9, -1.0], "float32", "uint32", [3000000000, 0]),
        ([math.nan, 1.0], "float32", "uint8", [0, 1]),
        ([math.nan, 2.0**70, -(2.0**70)], "float64", "int64", [0, 2**63 - 1, -(2**63)]),
        ([0, 2, -1], "int16", "bool", [False, True, True]),
        ([math.nan, 0.0], "float64", "bool", [True, False]),
        ([True, False], "bool", "int16", [1, 0]),
        ([1e300, 0.1], "float64", "float32", [math.inf, float(np.float32(0.1))]),
        ([3 + 4j], "complex64", "float32", [3.0]),
        ([300 + 4j], "complex128", "uint8", [255]),
        ([3], "uint8", "complex64", [3 + 0j]),
    ],
)  # fmt: skip
def test_casts_saturate_and_truncate(given: list[Any], kind: str, target: str, result: list[Any]) -> None:
    node = cast(line(given, kind), target)
    with np.errstate(all="raise"):
        assert (values(node), dtype(node)) == (result, target)


def test_casts_apply_to_each_band() -> None:
    node = cast(bands([[300, 1], [7, -4]], ["int16", "int16"]), "uint8")
    assert cells(node).values.tolist() == [[255, 1], [7, 0]]


# -- nulls


def test_any_null_input_makes_null() -> None:
    assert values(apply("+", C, D)) == [2, None, None, 8]
    assert values(apply("sqrt", C))[1] is None
    assert values(apply("min", C, number(0))) == [0, None, 0, 0]


@pytest.mark.parametrize(("name", "truth"), [("=", [1, 0, 0, 1]), ("!=", [0, 0, 0, 0]), ("<", [0, 0, 0, 0])])
def test_a_comparison_with_a_null_is_false_and_valid(name: str, truth: list[int]) -> None:
    assert values(apply(name, C, D)) == [bool(each) for each in truth]
    assert cells(apply(name, C, D)).valid is None


def test_is_null_tells_nulls() -> None:
    assert values(apply("isnull", apply("+", C, D))) == [False, True, True, False]
    assert values(apply("isnull", number(1))) == [False]


def test_logic_with_a_null_is_null() -> None:
    a, b = line([1, 1, 0], "bool", [True, False, False]), line([1, 0, 0], "bool")
    for name in ("and", "or", "xor"):
        assert values(apply(name, a, b))[1:] == [None, None]
    assert values(apply("not", a)) == [False, None, None]


def test_overlay_leaves_what_lies_below_nulls_and_zeros() -> None:
    above = line([9, 9, 0, 0], "int16", [False, True, True, False])
    assert values(apply("overlay", C, above)) == [1, 9, 3, 4]
    assert values(apply("overlay", above, C)) == [1, 9, 3, 4]
    assert values(apply("overlay", C, C)) == [1, None, 3, 4]


def test_a_comparison_of_all_bands_is_one_truth_value() -> None:
    a = bands([[1, 2, 3], [4, 5, 6]], ["int16", "int16"])
    b = bands([[1, 2, 0], [4, 0, 0]], ["int16", "int16"])
    assert values(apply("=", a, b)) == [True, False, False]
    assert values(apply("!=", a, b)) == [False, True, True]
    assert len(resolve(apply("=", a, b)).range_type) == 1
    assert values(apply("=", a, number(1))) == [False, False, False]


def test_a_null_band_makes_both_comparisons_false() -> None:
    a = bands([[1, 2], [4, 5]], ["int16", "int16"], [[True, True], [True, False]])
    b = bands([[1, 9], [4, 5]], ["int16", "int16"])
    assert (values(apply("=", a, b)), values(apply("!=", a, b))) == ([True, False], [False, False])


# -- switch


def test_the_first_true_case_wins() -> None:
    c = line([5, 50, 500], "int16")
    node = Switch(
        (apply("<", c, number(10)), apply("<", c, number(100))),
        (number(0, "uint8"), number(1, "uint8")),
        number(2, "uint8"),
    )
    assert (values(node), dtype(node)) == ([0, 1, 2], "uint8")


@pytest.mark.parametrize(
    "kind", ["bool", "int8", "uint16", "int32", "float32", "float64", "complex64", "complex128", "int64"]
)
def test_results_of_every_type_are_chosen(kind: str) -> None:
    given = [1.5, -2.5, math.inf] if kind[0] == "f" else [1, 0, 1] if kind == "bool" else [1, 2, 3]
    default = line([7, 0, 9] if kind != "bool" else [0, 1, 0], kind)
    chosen = values(Switch((line([1, 0, 1], "bool"),), (line(given, kind),), default))
    assert chosen == [given[0], values(default)[1], given[2]]
    assert math.isnan(values(Switch((line([1], "bool"),), (number(math.nan, "float64"),), number(0)))[0])


def test_a_null_condition_is_false_and_results_have_their_nulls() -> None:
    node = Switch((apply(">", C, number(0)),), (D,), C)
    assert values(node) == [1, None, None, 4]
    null_condition = Switch((line([1, 1], "bool", [False, True]),), (number(1),), number(2))
    assert values(null_condition) == [2, 1]


def test_bands_of_results_go_together_by_position() -> None:
    red = Combine(("red", "green"), (number(255), number(0)))
    black = Combine(("black", "white"), (number(0, "uint8"), number(0.5, "float64")))
    node = Switch((apply(">", line([1, 9], "int16"), number(5)),), (red,), black)
    step = resolve(node)
    assert step.range_type.names == ("red", "green")
    assert [field.dtype.name for field in step.range_type.fields] == ["int32", "float64"]
    assert cells(node).values.tolist() == [[0, 255], [0.5, 0]]


def test_results_need_as_many_bands() -> None:
    two = Combine(("a", "b"), (number(1), number(2)))
    with pytest.raises(WcpsSemanticError, match=r"results of 'switch' have 2 fields \(a, b\) and 1 \(value\)"):
        resolve(Switch((apply(">", C, number(5)),), (two,), number(1)))


def test_conditions_are_single_truth_values() -> None:
    with pytest.raises(WcpsSemanticError, match="a condition of 'switch' is boolean, not short; compare it"):
        resolve(Switch((C,), (number(1),), number(0)))
    pair = Combine(("a", "b"), (apply("isnull", C), apply("isnull", D)))
    with pytest.raises(WcpsSemanticError, match=r"a condition of 'switch' has one field, not 2 \(a, b\)"):
        resolve(Switch((pair,), (number(1),), number(0)))


def test_switch_guards_against_what_cannot_be_computed() -> None:
    divisor = line([2, 0, 5], "int16")
    quotient = apply("/", number(10, "int16"), divisor)
    guarded = Switch((apply("=", divisor, number(0)),), (number(-1, "int16"),), quotient)
    assert values(guarded) == [5, -1, 2]
    with pytest.raises(EvaluationFailed):
        values(apply("+", quotient, guarded))
    late = Switch((apply("!=", divisor, number(0)), apply(">", quotient, number(0))), (quotient, number(1)), number(0))
    with pytest.raises(EvaluationFailed):
        values(late)


def test_what_is_null_is_not_missed() -> None:
    divisor = line([2, 0], "int16")
    quotient = apply("/", line([8, 8], "int16"), divisor)
    assert values(Mask(quotient, apply("!=", divisor, number(0)))) == [4, None]
    with pytest.raises(EvaluationFailed):
        values(Mask(line([1, 2], "int16"), apply(">", quotient, number(0))))
    nothing = apply("+", quotient, line([1, 1], "int16", [True, False]))
    assert values(nothing) == [5, None]
    assert values(apply("isnull", nothing)) == [False, True]


# -- range constructors


def test_fields_of_coverages_and_numbers_are_combined() -> None:
    node = Combine(("a", "b", "c"), (C, number(7, "uint8"), apply("*", D, number(0.5, "float64"))))
    step = resolve(node)
    assert step.range_type.names == ("a", "b", "c")
    assert [field.dtype.name for field in step.range_type.fields] == ["int16", "uint8", "float64"]
    found = cells(node)
    assert found.mask().tolist() == [[True, False, True, True], [True] * 4, [True, True, False, True]]
    assert found.values[1].tolist() == [7] * 4


def test_fields_read_alone_have_their_own_type() -> None:
    step = resolve(Combine(("a", "b"), (C, apply("sqrt", C))))
    assert step.source.read(CellBox.whole(step.domain.shape), (0,)).values.dtype == "int16"
    assert step.source.read(CellBox.whole(step.domain.shape), (1, 0)).values.dtype == "float64"


def test_names_of_fields_are_as_many_and_differ() -> None:
    with pytest.raises(WcpsSemanticError, match=r"1 names \(a\) for 2 fields"):
        resolve(Combine(("a",), (C, D)))
    with pytest.raises(WcpsSemanticError, match="field 'a' is there more than once"):
        resolve(Combine(("a", "a"), (C, D)))


# -- null operators


def test_other_nil_values_tell_validity_anew() -> None:
    node = SetNil(C, (NilValue(3.0), NilValue(4.0, 9.0)))
    assert values(node) == [1, -9999, None, None]
    assert resolve(node).range_type.fields[0].nil == (NilValue(3.0), NilValue(4.0, 9.0))
    assert values(SetNil(C, ())) == [1, -9999, 3, 4]


def test_nulls_without_nil_value_read_as_0() -> None:
    assert values(Mask(line([1, 2], "int16", [False, True]))) == [0, 2]
    assert values(Mask(line([1, 2], "uint8", [False, True], nil=[-9999]))) == [0, 2]


def test_a_mask_tells_which_cells_are_valid() -> None:
    mask = line([1, 1, 0, 1], "bool", [True, True, True, False])
    assert values(Mask(C, mask)) == [1, -9999, None, None]
    assert values(Mask(C)) == [1, -9999, 3, 4]
    with pytest.raises(WcpsSemanticError, match="a mask is boolean, not short"):
        resolve(Mask(C, D))


# -- scalars and iterators


@pytest.mark.parametrize(("value", "kind"), [(True, "bool"), (7, "int32"), (0.5, "float64"), (1 - 2j, "complex128")])
def test_constants_are_scalars(value: complex, kind: str) -> None:
    step = resolve(Constant(value, np.dtype(kind)))
    assert (step.domain.axes, step.iterators) == ((), ())
    assert (values(step.node), dtype(step.node)) == ([value], kind)


def test_an_iterator_is_a_ramp_along_its_axis() -> None:
    iterator = Iterator("p", -1, 3)
    step = resolve(iterator)
    assert (step.domain.labels, step.domain.shape, step.iterators) == (("p",), (3,), (iterator,))
    assert step.domain.axes[0].coordinate(0) == -1
    assert (values(iterator), dtype(iterator)) == ([-1, 0, 1], "int32")
    assert (values(Iterator("t", 0, 2, (0.5, 4.0))), dtype(Iterator("t", 0, 2, (0.5, 4.0)))) == ([0.5, 4.0], "float64")
    assert (values(Iterator("t", 0, 2, (7, 3))), dtype(Iterator("t", 0, 2, (7, 3)))) == ([7, 3], "int32")


def test_an_iterator_with_very_many_places_costs_nothing() -> None:
    step = resolve(apply("+", Iterator("p", 0, 10**12), number(1)))
    assert step.source.read(CellBox((10**11,), (10**11 + 2,)), (0,)).values.tolist() == [[10**11 + 1, 10**11 + 2]]


def test_fields_selected_of_computed_cells_are_computed_alone() -> None:
    node = Combine(("good", "bad"), (C, apply("/", C, number(0, "int16"))))
    assert values(apply("+", Select(node, (0,)), number(1))) == [2, None, 4, 5]
    with pytest.raises(EvaluationFailed):
        values(Map("+", (Select(node, (1,)), number(1))))
