# SPDX-License-Identifier: MIT
"""Condensers, constructors, constant coverages, sort and flip (sections 4.1, 4.4, 4.6)."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from eoxserver.core.errors import InvalidAxisLabel, InvalidRequest, InvalidSubsetting, LimitExceeded, WcpsSemanticError
from eoxserver.query.plan import Condense, Construct
from eoxserver.services.wcps.compile.bodies import Varying
from tests.services.wcps.compile.querying import array, coverage, number, refused, text
from tests.services.wcps.samples import eobs, irr, mr

MR = mr().source.values[0]  # type: ignore[attr-defined]  # a MemorySource
EOBS = eobs().source.values[0]  # type: ignore[attr-defined]
VALID = EOBS != -9999
IRR = irr().source.values  # type: ignore[attr-defined]


def test_a_condenser_keeps_the_axes_that_its_iterators_do_not_address() -> None:
    """Section 8, query 44."""
    value = coverage("for $c in (eobs) return condense max over $p t(imageCrsDomain($c,t)) using $c[t($p)]")
    assert isinstance(value.node, Condense)
    assert (value.domain.labels, value.low, value.identifier) == (("Lat", "Long"), (0, 0), "eobs")
    part = "for $c in (eobs) return condense max over $p t(imageCrsDomain($c,t)) using $c[t($p), Lat(30:35)]"
    assert coverage(part).low == (10, 0)
    np.testing.assert_array_equal(array(part), np.where(VALID, EOBS, -9999)[:, 10:20].max(axis=0))


def test_a_condition_chooses_places() -> None:
    """Section 8, query 45."""
    found = number(
        "for $c in (mr) return condense + over $x i(0:9), $y j(0:9) where $c[i($x),j($y)] > 20 using $c[i($x),j($y)]"
    )
    block = MR[:10, :10].astype(int)
    assert found == block[block > 20].sum()


def test_a_scalar_is_condensed_in_each_cell_in_which_the_condition_is_true() -> None:
    """Section 4.1, "general condenser with coverage-valued ``using``": a scalar goes with all axes of ``where``."""
    part = MR[0:3, 0:4].astype(int)
    query = "for $c in (mr) let $p := $c[i(0:3), j(0:4)] return condense {} over $x x(0:5) where $p {} using {}"
    np.testing.assert_array_equal(array(query.format("+", "> $x", "1")), np.minimum(part, 6))
    weights = [sum(x * x for x in range(6) if value > x) for value in part.reshape(-1)]
    np.testing.assert_array_equal(array(query.format("+", "> $x", "$x * $x")).reshape(-1), weights)
    assert array(query.format("*", "> 900 + $x", "$x")).tolist() == [[1] * 4] * 3
    assert coverage(query.format("+", "> $x", "1")).domain.labels == ("i", "j")
    nulls = 'for $c in (eobs) return condense + over $x x(0:1) where $c[t:"CRS:1"(0)] > -9999 using 1'
    np.testing.assert_array_equal(array(nulls), np.where(EOBS[0] == -9999, 0, 2))


def test_a_condition_without_axes_chooses_places_of_coverages() -> None:
    query = "for $c in (mr) return condense + over $x i(0:9) where $x * $x > 20 using $c[i($x)]"
    np.testing.assert_array_equal(array(query), MR[5:10].astype(int).sum(axis=0))


def test_a_histogram() -> None:
    """Section 8, query 46."""
    value = coverage("for $c in (mr) return coverage h over $b bucket(0:255) values count($c = $b)")
    assert isinstance(value.node, Construct)
    assert (value.domain.labels, value.low, value.identifier) == (("bucket",), (0,), "h")
    np.testing.assert_array_equal(
        array("for $c in (mr) return coverage h over $b bucket(0:255) values count($c = $b)"),
        np.bincount(MR.reshape(-1), minlength=256),
    )


def test_constructors_are_addressed_by_what_their_iterators_went_through() -> None:
    query = "for $c in (mr) let $g := coverage g over $x x(5:8), $y y(-1:1) values (char)($x + 10*$y + 20) return "
    np.testing.assert_array_equal(array(query + "$g"), [[15, 25, 35], [16, 26, 36], [17, 27, 37], [18, 28, 38]])
    assert text(query + "imageCrsDomain($g)") == "(5:8,-1:1)"
    assert text(query + "domain($g)") == "(5:8,-1:1)"
    assert number(query + "$g[x(6), y(0)]") == 26
    assert number(query + '$g[x:"CRS:1"(6), y:"CRS:1"(0)]') == 26
    assert text(query + "imageCrsDomain($g[x(7:*)], x)") == "(7:8)"


def test_grid_indices_of_a_part_are_what_an_iterator_goes_through() -> None:
    query = (
        "for $c in (eobs) return coverage q over $la x(imageCrsDomain($c[Lat(30:32)],Lat)) "
        'values $c[t("1950-01-02"), Lat($la), Long(50)]'
    )
    assert coverage(query).low == (16,)
    np.testing.assert_array_equal(array(query), EOBS[1, 16:20, 20])
    sub = query.replace("values $c", "values $c[Lat(20:32)]")
    np.testing.assert_array_equal(array(sub), EOBS[1, 16:20, 20])


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        ("x(0:10:5)", [0, 5, 10]),
        ("x(0:11:5)", [0, 5, 10]),
        ("x(3, 9, 4)", [3, 9, 4]),
        ("x(3, 9, 4) asc", [3, 4, 9]),
        ("x(0:3) desc", [3, 2, 1, 0]),
        ("x(0:3) asc", [0, 1, 2, 3]),
        ("x(1.5, 2.5)", [1.5, 2.5]),
        ('x(months("2008-01-15":"2008-03-02"))', [1, 2, 3]),
        ("x(domain($c,i).lo:3)", [0, 1, 2, 3]),
        ("x(imageCrsDomain($c,j).hi - 1:imageCrsDomain($c,j).hi)", [209, 210]),
        ("x(2:4/2 + 1)", [2, 3]),
    ],
)
def test_what_iterators_go_through(axis: str, expected: list[float]) -> None:
    assert array(f"for $c in (mr) return coverage q over $x {axis} values $x").tolist() == expected


def test_a_domain_in_a_variable_is_gone_through() -> None:
    query = "for $c in (eobs) let $d := imageCrsDomain($c[Lat(30:32)],Lat) return coverage q over $x x($d) values $x"
    assert array(query).tolist() == [16, 17, 18, 19]


@pytest.mark.parametrize(
    ("axis", "days"),
    [
        ('t("1950-01-01":"1950-01-05":"P2D")', [0, 2, 4]),
        ('t("1950-01-03","1950-01-01")', [2, 0]),
        ('t("1950-01-03","1950-01-01") asc', [0, 2]),
        ("t(alldays(domain($c,t))) desc", [5, 4, 3, 2, 1, 0]),
        ('t(alldays("1950-01-02":"1950-01-03"))', [1, 2]),
        ("t(domain($c,t))", [0, 1, 2, 3, 4, 5]),
    ],
)
def test_instants_are_found_on_the_axis_they_are_used_on(axis: str, days: list[int]) -> None:
    """Section 4.6, "iterator step / lists"."""
    found = array(f"for $c in (eobs) return coverage q over $t {axis} values $c[t($t), Lat(30), Long(50)]")
    np.testing.assert_array_equal(found, EOBS[days, 20, 20])


def test_the_order_of_visits_matters_to_an_overlay() -> None:
    ordered = "for $c in (eobs) return condense overlay over $t t(0:5) {} using $c[t($t), Lat(30), Long(45)]"
    assert number(ordered.format("asc")) == EOBS[5, 20, 10]
    assert number(ordered.format("desc")) == EOBS[0, 20, 10]


def test_expressions_and_intervals_of_iterators_are_grid_indices() -> None:
    found = array("for $c in (mr) return coverage q over $x x(1:4) values avg($c[i($x * 2 - 1), j($x:$x + 2)])")
    np.testing.assert_allclose(found, [MR[x * 2 - 1, x : x + 3].mean() for x in range(1, 5)])
    part = 'for $c in (mr) return coverage q over $x x(11:13) values $c[i:"CRS:1"(10:19)][i($x + 1), j(0)]'
    np.testing.assert_array_equal(array(part), MR[12:15, 0])


def test_intervals_may_have_other_sizes_at_other_places() -> None:
    """Section 4.1: an iterator addresses its axis by grid indices, in trims as well."""
    found = array("for $c in (mr) return coverage q over $x i(0:3) values avg($c[i($x), j($x:$x * 2)])")
    np.testing.assert_allclose(found, [MR[x, x : 2 * x + 1].mean() for x in range(4)])
    found = array("for $c in (mr) return coverage q over $x i(250:255) values add($c[i($x:*), j(0)])")
    np.testing.assert_array_equal(found, [MR[x:, 0].sum() for x in range(250, 256)])
    running = 'coverage q over $t t(imageCrsDomain($c, t)) values max($c[t(0:$t), Lat:"CRS:1"(0), Long:"CRS:1"(0)])'
    np.testing.assert_array_equal(array(f"for $c in (eobs) return {running}"), EOBS[:, 0, 0])
    days = 'condense + over $t t("1950-01-02", "1950-01-04") using add($c[t($t), Lat(30:30 + 1), Long(50)][Lat(*:*)])'
    assert number(f"for $c in (eobs) return {days}") == EOBS[[1, 3], 18:20, 20].sum()


def test_bodies_of_each_place_nest() -> None:
    query = (
        "for $c in (mr) return coverage q over $x x(1:3) values "
        "condense + over $y y(0:1) using add($c[i(0:$x), j($y)]) * $y"
    )
    np.testing.assert_array_equal(array(query), [MR[: x + 1, 1].sum() for x in (1, 2, 3)])


@pytest.mark.parametrize(
    ("ranges", "places"),
    [
        ("$x i(0:3), $y j(0:$x)", [(x, y) for x in range(4) for y in range(x + 1)]),
        ("$x i(0:3), $y j($x:5)", [(x, y) for x in range(4) for y in range(x, 6)]),
        ("$x i(0:3), $y j($x - 1:$x + 1)", [(x, y) for x in range(4) for y in range(x - 1, x + 2)]),
        ("$x i(0:4), $y j($x + 1:4)", [(x, y) for x in range(5) for y in range(x + 1, 5)]),
        ("$x i(0:7), $y j(0:$x:2)", [(x, y) for x in range(8) for y in range(0, x + 1, 2)]),
        ("$x i(3, 1, 7), $y j(0:$x)", [(x, y) for x in (3, 1, 7) for y in range(x + 1)]),
        ("$x i(0:3), $y j(0:$x) desc", [(x, y) for x in range(4) for y in range(x + 1)]),
    ],
)
def test_ranges_may_depend_on_iterators_before_them(ranges: str, places: list[tuple[int, int]]) -> None:
    query = "for $c in (mr) return condense + over {} {} using {}"
    assert number(query.format(ranges, "", "1")) == len(places)
    assert number(query.format(ranges, "", "100 * $x + $y")) == sum(100 * x + y for x, y in places)
    inside = [(x, y) for x, y in places if y >= 0]
    found = number(query.format(ranges, "where $y >= 0", "$c[i($x), j($y)]"))
    assert found == sum(int(MR[x, y]) for x, y in inside)
    odd = [(x, y) for x, y in inside if MR[x, y] % 2]
    found = number(query.format(ranges, "where $y >= 0 and mod($c[i($x), j(max($y, 0))], 2) = 1", "$y"))
    assert found == sum(y for _, y in odd)


def test_what_lies_outside_a_range_is_not_evaluated() -> None:
    query = "for $c in (mr) return condense + over $x i(0:3), $y j($x:5) using $c[i($y - $x), j(0)]"
    assert number(query) == sum(int(MR[y - x, 0]) for x in range(4) for y in range(x, 6))
    moving = "for $c in (mr) return condense + over $x i(0:3), $y j($x:5) using add($c[i($x:$y), j(0)])"
    assert number(moving) == sum(int(MR[x : y + 1, 0].sum()) for x in range(4) for y in range(x, 6))


def test_ranges_may_depend_on_iterators_around_them() -> None:
    """A running sum; and one in which a condition has axes."""
    running = "for $c in (mr) return coverage q over $x x(0:9) values condense + over $y i(0:$x) using $c[i($y), j(3)]"
    np.testing.assert_array_equal(array(running), np.cumsum(MR[:10, 3].astype(int)))
    query = (
        "for $c in (mr) return condense + over $x x(0:3) using "
        "(condense + over $y y(0:$x) where $c[i(0:2), j(0:3)] > $y using $x)"
    )
    expected = sum(x * np.minimum(MR[:2, :3].astype(int), x + 1) for x in range(4))
    np.testing.assert_array_equal(array(query), expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("coverage q over $x x(0:4) values add(coverage r over $y y(0:$x) values $y * $x)", [0, 1, 6, 18, 40]),
        ("coverage q over $x x(0:4) values add(coverage r over $y y($x:$x + 2) value list <1;2;4>)", [7] * 5),
        ("coverage q over $x x(0:2) values condense + over $a a(0:1) using "
         "add(coverage r over $y y(0:$x + $a) values $y)", [1, 4, 9]),
        ("condense + over $x x(0:3) where $x > 1 using add(coverage r over $y y(2:$x) values $y)", 2 + 5),
        ("condense + over $x x(0:3) using coverage r over $y y($x:$x + 1) values $y", [6, 10]),
        ("coverage q over $x x(0:3) values add(coverage r over $y y(0 * $x:2 - 0 * $x) values $x * $y)", [0, 3, 6, 9]),
        ("coverage q over $x i(0:3) values max(coverage r over $y j(0:$x) values $c[i($x), j($y)])",
         [MR[x, : x + 1].max() for x in range(4)]),
        ("coverage q over $x x(0:max($c) / 85) values $x", [0, 1, 2, 3]),
    ],
)  # fmt: skip
def test_ranges_of_coverages_may_depend_on_iterators_around_them(expression: str, expected: object) -> None:
    """Section 4.1: a coverage has the integer domains it is given, another one at each place perhaps."""
    np.testing.assert_array_equal(array(f"for $c in (mr) return {expression}"), np.asarray(expected))


def test_indices_outside_are_none_where_the_condition_excludes_them() -> None:
    """Section 3, ``generalCondense``: what ``where`` excludes is not evaluated."""
    query = "for $c in (mr) return condense + over $x i({}) where {} using {}"
    assert number(query.format("-2:300", "$x >= 0 and $x < 256", "$c[i($x), j(0)]")) == MR[:, 0].sum()
    assert number(query.format("-2:300", "$x * 2 >= 0 and $x < 100", "$c[i($x * 2), j(0)]")) == MR[:200:2, 0].sum()
    found = number(query.format("-5:9", "$x >= 0 and $x < 5", "add($c[i($x:$x + 1), j(0)])"))
    assert found == sum(MR[x : x + 2, 0].sum() for x in range(5))
    assert number(query.format("0:3", "$x > 0", "add($c[i(0:$x - 1), j(0)])")) == sum(
        MR[:x, 0].sum() for x in range(1, 4)
    )
    assert number(query.format("300:302", "$x < 0", "$c[i($x), j(0)]")) == 0


@pytest.mark.parametrize(
    ("index", "words"),
    [
        ("i($c[i($x), j(0)] + 99)", "cell 99 of axis i: it has the cells 100 to 199"),
        ("i($c[i($x), j(0)] + 198)", "cell 200 of axis i: it has the cells 100 to 199"),
        ("i($c[i($x), j(0)] / 2.0 + 100)", "100.5 is no index of a cell of axis i"),
    ],
)
def test_indices_that_come_from_data_are_those_of_the_grid(index: str, words: str) -> None:
    """Section 4.1: grid indices of a part are those of the whole, also when cells say which."""
    query = f"for $c in (mr) return condense + over $x x(0:3) using $c[i(100:200)][{index}, j(0)]"
    with pytest.raises(InvalidSubsetting, match=words):
        number(query)
    found = number(query.replace(index, "i($c[i($x), j(0)] * 2 + 100)"))
    assert found == sum(int(MR[100 + 2 * int(MR[x, 0]), 0]) for x in range(4))


def test_products_beyond_all_numbers_are_infinite_without_a_warning() -> None:
    """Section 4.4: real numbers follow IEEE 754."""
    query = "for $c in (mr) return condense {} over $x i(0:255) using {}"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert number(query.format("*", "1e308")) == np.inf
        assert number(query.format("+", "1e308")) == np.inf


def test_neighbours_of_cells_at_the_edge() -> None:
    query = (
        "for $c in (mr) return coverage q over $x i(0:4), $y j(0:3) values condense + over $a a(-1:1), $b b(-1:1) "
        "where $x + $a >= 0 and $y + $b >= 0 using $c[i($x + $a), j($y + $b)]"
    )
    padded = np.pad(MR.astype(int), ((1, 0), (1, 0)))
    expected = [[padded[x : x + 3, y : y + 3].sum() for y in range(4)] for x in range(5)]
    np.testing.assert_array_equal(array(query), expected)


@pytest.mark.parametrize(
    ("form", "at"),
    [
        ('@[i:"CRS:1"(0)]', 'i:"CRS:1"(0)'),
        ("@[i(0:1)]", "i(0:1)"),
        ("@[i($x)]", "i($x)]"),
        ("clip(@, POLYGON((0 0, 0 9, 9 9)))", "clip"),
        ("extend(@, {imageCrsDomain($c)})", "extend"),
        ('extend(@, {i:"CRS:1"(0:9)})', 'i:"CRS:1"'),
        ("@ + imageCrsDomain(@, i).lo", "imageCrs"),
        ("scale(@, {i(0:1)})", "i(0:1)"),
        ("flip (0 - @)[i(0:1)] along j", "i(0:1)"),
    ],
)
def test_where_a_moving_interval_lies_cannot_be_asked(form: str, at: str) -> None:
    query = f"for $c in (mr) return coverage q over $x x(0:3) values avg({form.replace('@', '$c[i($x:$x + 1)]')})"
    refused(query, WcpsSemanticError, at, "axis i was cut by an interval that depends on an iterator")


def test_a_moving_interval_can_be_computed_with() -> None:
    query = "for $c in (mr) return coverage q over $x x(0:3) values avg(scalefactor($c[i($x:$x+1)], 2)[j(0:9)])"
    np.testing.assert_allclose(array(query), [MR[x : x + 2, :9].mean() for x in range(4)], rtol=0.2)
    settled = "for $c in (mr) return (condense + over $x i(0:3) using $c[i($x:$x+1)])[i(0:1)]"
    assert coverage(settled).domain.shape == (1, 211)


def test_iterators_nest() -> None:
    found = array("for $c in (mr) return coverage q over $x x(0:2) values (condense + over $y y(0:3) using $x * $y)")
    assert found.tolist() == [0, 6, 12]


def test_equal_constructors_are_one() -> None:
    one = "(coverage h over $b b(0:3) values count($c = $b))"
    value = coverage(f"for $c in (mr) return {one} + {one}")
    assert value.step.inputs[0] is value.step.inputs[1]


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ("<1;2;3;4;5;6>", "int32", [[1, 2, 3], [4, 5, 6]]),
        ("<1;2;3;4;5;6.5>", "float64", [[1, 2, 3], [4, 5, 6.5]]),
        ("<1;2;3;4;5;-3000000000>", "float64", [[1, 2, 3], [4, 5, -3e9]]),
        ("<true;false;true;true;true;true>", "bool", [[True, False, True], [True, True, True]]),
        ("<1;2;3;4;5;(1, 2)>", "complex128", [[1, 2, 3], [4, 5, 1 + 2j]]),
    ],
)
def test_constant_coverages(values: str, dtype: str, expected: list[list[complex]]) -> None:
    """Section 8, query 48: the last axis is the fastest."""
    found = array(f"for $c in (mr) return coverage k over $x x(0:1), $y y(0:2) value list {values}")
    assert found.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(found, expected)


def test_a_constant_coverage_is_addressed_by_its_integers() -> None:
    query = "for $c in (mr) let $k := coverage k over $x x(4:5) value list <10;20> return "
    assert number(query + "$k[x(5)]") == 20
    assert text(query + "imageCrsDomain($k)") == "(4:5)"
    assert text(query + "identifier($k)") == "k"


def test_flip_keeps_the_domain() -> None:
    """Section 8, query 59."""
    query = 'for $c in (irr) return flip $c.b1[ansi:"CRS:1"(0), E:"CRS:1"(3:9)] along E'
    np.testing.assert_array_equal(array(query), IRR[0, 0, 3:10][::-1])
    assert coverage(query).low == (3, 0)


def test_sort_sees_the_slice_it_sorts() -> None:
    np.testing.assert_array_equal(
        array("for $c in (irr) return (sort $c along ansi desc by avg($c.b1)).b1"), IRR[0, ::-1]
    )
    part = 'for $c in (irr) return (sort $c.b1[ansi:"CRS:1"(1:3)] along ansi desc by avg($c.b1))'
    np.testing.assert_array_equal(array(part), IRR[0, 3:0:-1])
    assert coverage(part).low == (1, 0, 0)
    inside = 'for $c in (irr) return sort $c.b1 along ansi by (0 - avg($c.b1[E:"CRS:1"(3)]))'
    np.testing.assert_array_equal(array(inside), IRR[0, ::-1])


@pytest.mark.parametrize(
    ("expression", "kind", "at", "word"),
    [
        ("coverage q over $x x(3:0) values 1", InvalidSubsetting, "$x", "from 3 to 0"),
        ("coverage q over $x x(0:99999999999) values 1", LimitExceeded, "$x", "99999999999"),
        ("coverage q over $x x(0:9999999) desc values 1", LimitExceeded, "$x", "10000000 values"),
        ("coverage q over $x x(0:1.5) values 1", WcpsSemanticError, "1.5", "integer"),
        ("coverage q over $x x(0:9:0) values 1", WcpsSemanticError, "0:9:0", "positive"),
        ("coverage q over $x x(\"0\":\"9\") values 1", WcpsSemanticError, "\"0\"", "not text"),
        ("coverage q over $x x(\"2000\":\"2001\":1) values 1", WcpsSemanticError, "1)", "duration"),
        ("coverage q over $x x(\"2000\":\"2001\":\"P1X\") values 1", InvalidSubsetting, "\"P1X", "duration"),
        ("coverage q over $x x(\"2000\":\"2001\":\"PT0S\") values 1", InvalidSubsetting, "\"PT0S", "no length"),
        ("coverage q over $x x(\"2001\":\"2000\":\"P1D\") values 1", InvalidSubsetting, "\"P1D", "ends before"),
        ("coverage q over $x x(\"1001\":\"2000\":\"PT1S\") values 1", LimitExceeded, "\"PT1S", "steps"),
        ("coverage q over $x x(1, \"2000\") values 1", WcpsSemanticError, "$x", "numbers, or through instants"),
        ("coverage q over $x x(imageCrsDomain($c)) values 1", WcpsSemanticError, "imageCrs", "one axis"),
        ("coverage q over $x x(0:3), $x y(0:2) values 1", WcpsSemanticError, "$x", "another name"),
        ("coverage q over $c x(0:3) values 1", WcpsSemanticError, "$c", "another name"),
        ("coverage q over $x x(0:3), $y x(0:2) values 1", InvalidAxisLabel, "$y", "twice"),
        ("coverage q over $x x(0:$y), $y y(0:3) values 1", WcpsSemanticError, "$y)", "$y is no variable"),
        ("coverage q over $x x(0:3), $y y(0:$x) values 1", WcpsSemanticError, "0:$x)", "has one range"),
        ("coverage q over $x x(0:3) values add(coverage r over $y y(0:$x), $z z(0:$y) values 1)", WcpsSemanticError,
         "0:$y)", "the range of $z depends on another iterator"),
        ("condense + over $x x(0:3) using coverage r over $y y(0:$x) values 1", WcpsSemanticError, "coverage",
         "one place of $x,"),
        ("condense + over $x x(0:3) using add(coverage r over $y y(1:$x) values 1)", InvalidSubsetting, "$y y",
         "from 1 to 0: there is nothing between"),
        ("condense + over $x x(0:3), $y y(0:add(coverage r over $z z(0:$x) values 1)) using 1", Varying, "0:$x)",
         "the range of $z is another one at another place of an iterator"),
        ("coverage q over $x x(0:1000) values add(coverage r over $y y(0:$x) values 1)", LimitExceeded, "add(",
         "these are 1001, and at most 1000"),
        ("condense + over $x x(0:3) using add(coverage r over $y y(0:$c[i($x), j(0)]) values 1)", WcpsSemanticError,
         "i($x)", "neither on data"),
        ("coverage k over $x x(0:1), $y y(0:$x) value list <1;2;3>", WcpsSemanticError, "0:$x)", "has one range"),
        ("condense + over $x x(0:3), $y y($x:9:2) using 1", WcpsSemanticError, "$x:9", "has a step"),
        ("condense + over $x x(0:3), $y y(0:$x:$x) using 1", WcpsSemanticError, "$x) using", "iterator $x"),
        ("condense + over $x x(0:3), $y y(0:$x / 2.0) using 1", WcpsSemanticError, "/ 2.0", "integer, not 0.5"),
        ("condense + over $x x(0:3), $y y(0:$c[i($x), j(0)]) using 1", WcpsSemanticError, "i($x), j(0)]", "on data"),
        ("condense + over $x x(0:3), $y y(0:$c[i($x)]) using 1", WcpsSemanticError, "i($x)]", "single value"),
        ("condense + over $x x(0:99999999), $y y(0:$x) using 1", WcpsSemanticError, "$x) using", "too many places"),
        ("condense + over $x x(0:3), $y y(9 + $x:8) using 1", InvalidSubsetting, "$y", "nothing between"),
        ("condense + over $x i(0:300), $y j(0:$x) using $c[i($x), j(0)]", InvalidSubsetting, "i($x), j", "to 300"),
        ("condense + over $x i(0:250), $y j(0:$x) using $c[i($x), j($y)]", InvalidSubsetting, "j($y)", "from 0 to 250"),
        ("coverage q over $x x(0:3) values $c", WcpsSemanticError, "$c", "single value"),
        ("coverage q over $x i(0:300) values $c[i($x), j(0)]", InvalidSubsetting, "i($x)", "from 0 to 300"),
        ("coverage q over $x i(0:3) values avg($c[j(2:$x)])", InvalidSubsetting, "j(2", "ends before it starts"),
        ("coverage q over $x i(0:3000) values avg($c[j(0:$x / 20)])", LimitExceeded, "avg", "3001, and at most 1000"),
        ("sort $c along i by avg($c[j(0:max($c) / 2)])", InvalidSubsetting, "j(0:max", "on data"),
        ("coverage q over $x i(0:3) values avg($c[j(0:$c[i($x), j(0)])])", InvalidSubsetting, "j(0:$c", "on data"),
        ("coverage q over $x i(0:9) values $c[i($x * 40), j(0)]", InvalidSubsetting, "i($x", "280 is outside its grid"),
        ("coverage q over $x i(12:29) values $c[i(10:20)][i($x * 2 - 12), j(0)]", InvalidSubsetting, "i($x",
         "20 is outside its grid, 10:19"),
        ("condense + over $x i(0:300) where $x < 280 using $c[i($x), j(0)]", InvalidSubsetting, "i($x), j(0)]",
         "256 is outside its grid, 0:255"),
        ("condense + over $x i(0:300) where $c[i(0), j(0)] = $x using $c[i($x), j(0)]", InvalidSubsetting,
         "i($x)", "from 0 to 300"),
        ("coverage q over $x t(\"2000\",\"2001\") values $c[i($x), j(0)]", InvalidSubsetting, "i($x", "no time axis"),
        ("coverage q over $x t(\"2000\",\"2001\") values $x + 1", WcpsSemanticError, "$x +", "an instant"),
        ("coverage q over $x i(0:3) values $c[i:\"EPSG:4326\"($x), j(0)]", InvalidSubsetting, "i:", "grid index"),
        ("condense + over $x i(0:9) where $c[i($x), j(0)] using 1", WcpsSemanticError, "i($x)", "true or false"),
        ("condense and over $x i(0:9) using $c[i($x), j(0)]", WcpsSemanticError, "i($x)", "true or false"),
        ("coverage k over $x x(0:1) value list <1;2;3>", WcpsSemanticError, "coverage k", "3 values"),
        ("coverage k over $x x(0:1) value list <1;true>", WcpsSemanticError, "coverage k", "true and false"),
        ("coverage k over $x x(0:1) value list <1;\"a\">", WcpsSemanticError, "\"a\"", "text"),
        ("coverage k over $x x(0:2:2) value list <1;2>", WcpsSemanticError, "coverage k", "consecutive"),
        ("flip $c along q", InvalidAxisLabel, "q", "available: i, j"),
        ("flip avg($c) along i", InvalidRequest, "avg", "single value"),
        ("sort $c along q by avg($c)", InvalidAxisLabel, "q by", "available: i, j"),
        ("sort $c along i by avg($c[i(3)])", InvalidAxisLabel, "i(3)", "available: j"),
        ("sort $c along i by $c", WcpsSemanticError, "$c", "single value"),
        ("sort $c along i by 3", WcpsSemanticError, "3", "the same for all slices"),
        ("sort $c along i by avg($c[j(0:3)] + rgb.0)", WcpsSemanticError, "+", "incompatible"),
        ("sort rgb along i by avg($c)", WcpsSemanticError, "$c)", "has only 0:255"),
    ],
)  # fmt: skip
def test_iterations_that_make_no_sense_are_refused(expression: str, kind: type, at: str, word: str) -> None:
    refused(f"for $c in (mr) return {expression}", kind, at, word)
