# SPDX-License-Identifier: MIT
"""Every construct of the language, by the section of the WCPS specification that has it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eoxserver.core.errors import WcpsSyntaxError
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.nodes import Number, String, Trim, Variable
from eoxserver.services.wcps.parse import MAX_DEPTH, MAX_LENGTH, parse_expression, parse_query
from eoxserver.services.wcps.unparse import unparse
from tests.services.wcps.examples import EXAMPLES

C = Variable("$c")
D = Variable("$d")
REFUSED = {"14": "a slice needs a point", "33": "there is no type 'blob'"}
"""Example queries of section 8 whose answer is an error that the text alone tells."""


def binary(operator: str, left: Any, right: Any) -> nodes.Binary:
    return nodes.Binary(operator, left, right)


# -- examples -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", sorted(EXAMPLES.keys() - REFUSED.keys()))
def test_section_8_examples_are_read_and_come_back_from_their_text(number: str) -> None:
    tree = parse_query(EXAMPLES[number])
    assert parse_query(unparse(tree)) == tree


@pytest.mark.parametrize("number", sorted(REFUSED))
def test_section_8_examples_that_the_text_alone_refuses(number: str) -> None:
    with pytest.raises(WcpsSyntaxError, match=REFUSED[number]):
        parse_query(EXAMPLES[number])


def test_all_sixty_numbers_are_there() -> None:
    assert {int(number.rstrip("bc")) for number in EXAMPLES} == set(range(1, 61))


# -- section 2: lexical rules ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("7", Number(7)),
        ("007", Number(7)),
        ("1.", Number(1.0)),
        ("1.5", Number(1.5)),
        (".5", Number(0.5)),
        ("2e3", Number(2000.0)),
        ("2.5E-3", Number(0.0025)),
        ("-4", Number(-4)),
        ("NaN", nodes.NotANumber()),
        ("TRUE", nodes.Boolean(True)),
        ("false", nodes.Boolean(False)),
        ("(1, -2.5)", nodes.Complex(1, -2.5)),
        ('"a b"', String("a b")),
        ('""', String("")),
        ('"{\\"k\\": \\"a\\\\b\\"}"', String('{"k": "a\\b"}')),
        ('"two\nlines"', String("two\nlines")),
        ("$c", C),
        ("c", Variable("c")),
        ("2D_cov", Variable("2D_cov")),
        ("$1st", Variable("$1st")),
        ("$1", nodes.Positional(1)),
        ("$12", nodes.Positional(12)),
    ],
)
def test_section_2_literals_and_names(text: str, node: nodes.Syntax) -> None:
    assert repr(parse_expression(text)) == repr(node)


def test_section_2_keywords_take_any_case_and_names_do_not() -> None:
    upper = parse_query("FOR $c IN (MR) LET $a := 1 WHERE TRUE RETURN AVG($c.Red OVERLAY $c[I(0:1)])")
    lower = parse_query("for $c in (MR) let $a := 1 where true return avg($c.Red overlay $c[I(0:1)])")
    assert upper == lower
    assert parse_expression("$C") != parse_expression("$c")


@pytest.mark.parametrize(
    "text",
    [
        "1 + -- to the end\n 2",
        "1 /* in ** between */ + 2",
        "/**/1/* - */+/*\n*/2--",
        '1+2 -- "not text',
    ],
)
def test_section_2_comments(text: str) -> None:
    assert parse_expression(text) == binary("+", Number(1), Number(2))


def test_section_2_comment_marks_in_text_are_text() -> None:
    assert parse_expression('"a -- b /* c */"') == String("a -- b /* c */")


@pytest.mark.parametrize("name", ["lo", "hi", "by", "is", "re", "im", "bit", "in", "for", "value", "min", "t", "nan"])
def test_section_2_keywords_are_names_after_a_dot_and_of_axes(name: str) -> None:
    assert parse_expression(f"$c.{name}") == nodes.FieldSelect(C, name)
    assert parse_expression(f"$c[{name}(1)]") == nodes.Subset(C, (nodes.Slice(name, Number(1)),))
    assert parse_expression(f"domain($c, {name})") == nodes.Domain(C, name)
    assert parse_expression(f"{{{name}: 1}}") == nodes.RangeConstructor((nodes.RangeField(name, Number(1)),))
    assert parse_expression(f"flip $c along {name}") == nodes.Flip(C, name)


@pytest.mark.parametrize("name", ["host:8080:cov", "a.b.c", "2019_ndvi", "MER-FRS", "$LAYER", "in", "été"])
def test_section_2_names_of_coverages_have_colons_points_and_hyphens(name: str) -> None:
    query = parse_query(f"for $c in ({name}) return 1")
    assert query.bindings[0].sources == (nodes.CoverageName(name),)


@pytest.mark.parametrize("keyword", ["LineString", "LINESTRINGZ", "linestring Z"])
def test_section_2_z_after_the_kind_of_a_geometry(keyword: str) -> None:
    tree = parse_expression(f'clip($c, {keyword}(1 -2 "2008-01-01", 3 4 "2009"))')
    points = (nodes.Point((1, -2, "2008-01-01")), nodes.Point((3, 4, "2009")))
    assert tree == nodes.Clip(C, nodes.LineString(points))


# -- section 3: clauses ---------------------------------------------------------------------------------------


def query(result: Any, assignments: Any = (), where: Any = None) -> nodes.Query:
    return nodes.Query((nodes.Binding("$c", (nodes.CoverageName("mr"),)),), assignments, where, result)


def test_section_3_for_binds_several_variables_to_several_coverages() -> None:
    found = parse_query('for $c in (mr, rgb), d in mr, $e in (decode($1, "{}")) return 1').bindings
    mr, rgb = nodes.CoverageName("mr"), nodes.CoverageName("rgb")
    assert found == (
        nodes.Binding("$c", (mr, rgb)),
        nodes.Binding("d", (mr,)),
        nodes.Binding("$e", (nodes.Decode(nodes.Positional(1), String("{}")),)),
    )


@pytest.mark.parametrize("between", [", for", " for", ","])
def test_section_3_for_may_be_repeated(between: str) -> None:
    assert len(parse_query(f"for $c in (mr){between} $d in (mr) return 1").bindings) == 2


@pytest.mark.parametrize("clauses", ["let $a := 1 where $a > 0", "where $a > 0 let $a := 1"])
def test_section_3_let_and_where_stand_in_either_order(clauses: str) -> None:
    wanted = query(Variable("$a"), (nodes.Assignment("$a", Number(1)),), binary(">", Variable("$a"), Number(0)))
    assert parse_query(f"for $c in (mr) {clauses} return $a") == wanted


def test_section_3_let_binds_expressions_subsets_and_geometries() -> None:
    found = parse_query(
        "for $c in (mr) let $a := $c[i(0:50)], $b := [i(20), j(40:*)], $w := POLYGON((1 2, 3 4, 5 6)) return 1"
    ).assignments
    assert [one.value for one in found] == [
        nodes.Subset(C, (Trim("i", Number(0), Number(50)),)),
        nodes.SubsetList((nodes.Slice("i", Number(20)), Trim("j", Number(40), None))),
        nodes.Polygon(((nodes.Point((1, 2)), nodes.Point((3, 4)), nodes.Point((5, 6))),)),
    ]


@pytest.mark.parametrize(
    "text", ['return (encode($c, "png"))', 'return encode($c, "png")', 'RETURN((ENCODE($c,"png")))']
)
def test_section_3_the_result_may_stand_in_parentheses(text: str) -> None:
    assert parse_query(f"for $c in (mr) {text}") == query(nodes.Encode(C, String("png")))


def test_section_3_outputs() -> None:
    assert parse_query('for $c in (mr) return describe($c, "gml")') == query(nodes.Describe(C, String("gml")))
    assert parse_query("for $c in (mr) return describeCoverage($c)") == query(nodes.Describe(C, String("gml")))
    assert parse_query('for $c in (mr) return encode($c, $2, "{}")') == query(
        nodes.Encode(C, nodes.Positional(2), String("{}"))
    )


# -- section 3: precedence ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("a - b - c", "(a - b) - c"),
        ("a / b * c", "(a / b) * c"),
        ("a + b * c", "a + (b * c)"),
        ("a < b + c", "a < (b + c)"),
        ("a and b = c", "a and (b = c)"),
        ("a or b and c", "a or (b and c)"),
        ("a and b or c", "(a and b) or c"),
        ("a xor b or c", "(a xor b) or c"),
        ("a or b overlay c or d", "(a or b) overlay (c or d)"),
        ("a overlay b overlay c", "(a overlay b) overlay c"),
        ("-a * b", "(-a) * b"),
        ("-a.b[i(1)]", "-((a.b)[i(1)])"),
        ("(float) a / b", "((float) a) / b"),
        ("(float) -a.b", "(float) (-(a.b))"),
        ("a + b is null", "(a + b) is null"),
        ("not a = b", "(not a) = b"),
        ("a is not null and b", "(a is not null) and b"),
        ("a + b null values [0]", "(a + b) null values [0]"),
        ("a null mask b + c", "a null mask (b + c)"),
        ("a.b.c", "(a.b).c"),
        ("a[i(0:9)][i(3)]", "(a[i(0:9)])[i(3)]"),
        ("condense + over $x i(0:1) using a + b", "condense + over $x i(0:1) using (a + b)"),
        ("condense + over $x i(0:1) using a overlay b", "(condense + over $x i(0:1) using a) overlay b"),
        ("coverage k over $x i(0:1) values a overlay b", "(coverage k over $x i(0:1) values a) overlay b"),
        ("1 + condense + over $x i(0:1) using a * 2", "1 + (condense + over $x i(0:1) using (a * 2))"),
        ("switch case a return b default return c overlay d", "switch case a return b default return (c overlay d)"),
        ("flip a overlay b along i", "flip (a overlay b) along i"),
    ],
)
def test_section_3_precedence_and_associativity(text: str, grouped: str) -> None:
    assert parse_expression(text) == parse_expression(grouped)
    assert isinstance(parse_expression(text), nodes.Syntax)


def test_section_3_a_date_and_a_negative_number_are_not_mixed_up() -> None:
    assert parse_expression("2008 - 1 - 2") == binary("-", binary("-", Number(2008), Number(1)), Number(2))
    assert parse_expression("$c -1") == binary("-", C, Number(1))


# -- section 3: expressions -----------------------------------------------------------------------------------

LAT = Trim("Lat", Number(30), Number(35))
GRID = String("CRS:1")
RING = (nodes.Point((1, 2)), nodes.Point((3, 4)))
OVER = nodes.Iterator("$x", "i", nodes.IteratorRange(Number(0), Number(9)))


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("$c.0", nodes.FieldSelect(C, "0")),
        ("$c.re", nodes.FieldSelect(C, "re")),
        ("(unsigned  Char) $c", nodes.Cast(nodes.CellType.CHAR, C)),
        ("(int) $c", nodes.Cast(nodes.CellType.LONG, C)),
        ("(unsigned int) $c", nodes.Cast(nodes.CellType.ULONG, C)),
        ("(complex2) $c", nodes.Cast(nodes.CellType.COMPLEXD, C)),
        ("$c is null", nodes.IsNull(C)),
        ("$c IS NOT NULL", nodes.IsNull(C, True)),
        (
            "$c null values [0, -5:-1]",
            nodes.NullValues(C, (nodes.NullInterval(Number(0)), nodes.NullInterval(Number(-5), Number(-1)))),
        ),
        ("$c null mask discard", nodes.NullMask(C)),
        ("$c null mask $d", nodes.NullMask(C, D)),
        ('"2008-" . "01"', nodes.Concatenation(String("2008-"), String("01"))),
        ('"2008-" . $m', nodes.Concatenation(String("2008-"), Variable("$m"))),
        ("not($c)", nodes.Unary("not", C)),
        ("SQRT($c)", nodes.Function("sqrt", (C,))),
        ("pow($c, 0.5)", nodes.Function("pow", (C, Number(0.5)))),
        ("bit($c, 7)", nodes.Function("bit", (C, Number(7)))),
        ("max($c, $d)", nodes.Function("max", (C, D))),
        ("max($c)", nodes.Reduce("max", C)),
        ("sum($c)", nodes.Reduce("add", C)),
        ("crsSet($c)", nodes.Metadata("crsSet", C)),
        ("nullSet($c)", nodes.Metadata("nilSet", C)),
        ("cellcount($c)", nodes.Metadata("cellCount", C)),
        ("domain($c)", nodes.Domain(C)),
        ('domain($c, Lat, "CRS:1")', nodes.Domain(C, "Lat", GRID)),
        ("imageCrsdomain($c, Lat)", nodes.Domain(C, "Lat", grid=True)),
        ("imageCrsDomain($c, Lat).HI", nodes.DomainPart(nodes.Domain(C, "Lat", grid=True), "hi")),
        ("domain($c, t).resolution", nodes.DomainPart(nodes.Domain(C, "t"), "resolution")),
        ('months("2008":"2009")', nodes.TimeUnits("months", String("2008"), String("2009"))),
        ("allDays(domain($c, t))", nodes.TimeUnits("days", nodes.Domain(C, "t"), None, True)),
        ('polygonize($c, "GeoJSON", 8)', nodes.Polygonize(C, String("GeoJSON"), 8)),
        ("decode($1)", nodes.Decode(nodes.Positional(1))),
        ("$c[Lat(30:35)]", nodes.Subset(C, (LAT,))),
        ("$c[ Lat ( 30 : 35 ) ]", nodes.Subset(C, (LAT,))),
        ("trim($c, {Lat(30:35)})", nodes.Subset(C, (LAT,))),
        ("trim($c, Lat(30:35))", nodes.Subset(C, (LAT,))),
        ("slice($c, {Lat(30)})", nodes.Subset(C, (nodes.Slice("Lat", Number(30)),))),
        ('$c[Lat:"CRS:1"(*:9)]', nodes.Subset(C, (Trim("Lat", None, Number(9), GRID),))),
        ("$c[i(110/2)]", nodes.Subset(C, (nodes.Slice("i", binary("/", Number(110), Number(2))),))),
        ("$c[t(domain($d, t))]", nodes.Subset(C, (nodes.Within("t", nodes.Domain(D, "t")),))),
        ("$c[$a]", nodes.Subset(C, Variable("$a"))),
        ("c[a]", nodes.Subset(Variable("c"), Variable("a"))),
        ("extend($c, {Lat(30:35)})", nodes.Extend(C, (LAT,))),
        ("extend($c, {domain($d)})", nodes.Extend(C, nodes.Domain(D))),
        ("extend($c, {$a})", nodes.Extend(C, Variable("$a"))),
        ("scale($c, {Lat(30:35)})", nodes.Scale(C, (LAT,))),
        ("scale($c, { imageCrsDomain($d) })", nodes.Scale(C, nodes.Domain(D, grid=True))),
        ("scale($c, {$a})", nodes.Scale(C, Variable("$a"))),
        ("scale($c, {0.5})", nodes.ScaleFactor(C, Number(0.5))),
        ("scale($c, 1/2)", nodes.ScaleFactor(C, binary("/", Number(1), Number(2)))),
        ("scale($c, {Lat(0.5)})", nodes.ScaleAxes(C, (nodes.AxisValue("Lat", Number(0.5)),))),
        ("scalefactor($c, 2)", nodes.ScaleFactor(C, Number(2))),
        ("scaleaxes($c, [Lat(0.5)])", nodes.ScaleAxes(C, (nodes.AxisValue("Lat", Number(0.5)),))),
        ("scaleSize($c, {Lat(5)})", nodes.ScaleSize(C, (nodes.AxisValue("Lat", Number(5)),))),
        ("scaleextent($c, [Lat(30:35)])", nodes.ScaleExtent(C, (LAT,))),
        ('crsTransform($c, "EPSG:4326")', nodes.CrsTransform(C, String("EPSG:4326"))),
        ('crsTransform($c, "EPSG:4326", {})', nodes.CrsTransform(C, String("EPSG:4326"))),
        (
            'crsTransform($c, {Lat:"a", Long:"b"}, {cubic}, {Lat: 0.5, Long: 1/4}, {Lat(30:35)})',
            nodes.CrsTransform(
                C,
                (nodes.AxisCrs("Lat", String("a")), nodes.AxisCrs("Long", String("b"))),
                "cubic",
                (
                    nodes.AxisValue("Lat", Number(0.5)),
                    nodes.AxisValue("Long", binary("/", Number(1), Number(4))),
                ),
                (LAT,),
            ),
        ),
        (
            'crsTransform($c, "a", {0.5, 2}, {domain($d)})',
            nodes.CrsTransform(
                C,
                String("a"),
                None,
                (nodes.AxisValue("", Number(0.5)), nodes.AxisValue("", Number(2))),
                nodes.Domain(D),
            ),
        ),
        ("clip($c, POLYGON((1 2, 3 4), (1 2, 3 4)))", nodes.Clip(C, nodes.Polygon((RING, RING)))),
        (
            'clip($c, Multipolygon(((1 2, 3 4)), ((1 2, 3 4))), "crs")',
            nodes.Clip(C, nodes.MultiPolygon((nodes.Polygon((RING,)), nodes.Polygon((RING,)))), String("crs")),
        ),
        ("clip($c, linestring(1 2, 3 4)) WITH Coordinates", nodes.Clip(C, nodes.LineString(RING), None, True)),
        ("clip($c, $w)", nodes.Clip(C, Variable("$w"))),
        (
            "clip($c, CURTAIN(projection(Lat, Long), linestring(1 2, 3 4)))",
            nodes.Clip(C, nodes.Curtain(("Lat", "Long"), nodes.LineString(RING))),
        ),
        (
            "clip($c, corridor(projection(E, N), LineString(1 2, 3 4), $w, discrete))",
            nodes.Clip(C, nodes.Corridor(("E", "N"), nodes.LineString(RING), Variable("$w"), True)),
        ),
        ("flip $c along Lat", nodes.Flip(C, "Lat")),
        ("sort $c along t by avg($c)", nodes.Sort(C, "t", nodes.Reduce("avg", C))),
        ("sort $c along t DESC by avg($c)", nodes.Sort(C, "t", nodes.Reduce("avg", C), True)),
        ("condense + over $x i(0:9) using $x", nodes.Condense("+", (OVER,), None, Variable("$x"))),
        (
            "condense max over $x i(0:9), $y t(domain($c, t)) desc where true using $x",
            nodes.Condense(
                "max",
                (OVER, nodes.Iterator("$y", "t", nodes.Domain(C, "t"), True)),
                nodes.Boolean(True),
                Variable("$x"),
            ),
        ),
        (
            'condense overlay over $t t("2008":"2009":"P1M") using $t',
            nodes.Condense(
                "overlay",
                (nodes.Iterator("$t", "t", nodes.IteratorRange(String("2008"), String("2009"), String("P1M"))),),
                None,
                Variable("$t"),
            ),
        ),
        (
            'coverage k over $t t("a", "b") asc values $t',
            nodes.Coverage(
                "k",
                (nodes.Iterator("$t", "t", nodes.IteratorValues((String("a"), String("b"))), False),),
                Variable("$t"),
            ),
        ),
        (
            "coverage k over $x i(0:9) value list <1; -2.5; true; nan; (1, 2)>",
            nodes.ConstantCoverage(
                "k",
                (OVER,),
                (Number(1), Number(-2.5), nodes.Boolean(True), nodes.NotANumber(), nodes.Complex(1, 2)),
            ),
        ),
        ("struct {a: 1; b: $c.0}", parse_expression("{a: 1; b: $c.0}")),
        (
            "switch case $c return 1 default return 2",
            nodes.Switch((nodes.Case(C, Number(1)),), Number(2)),
        ),
    ],
)
def test_section_3_expressions(text: str, node: nodes.Syntax) -> None:
    assert repr(parse_expression(text)) == repr(node)
    assert parse_expression(unparse(node)) == node


def test_nodes_know_where_they_stand() -> None:
    tree = parse_query('for $c in (mr)\nreturn encode(\n  $c.red + 20, "png")')
    assert isinstance(tree.result, nodes.Encode) and isinstance(tree.result.operand, nodes.Binary)
    total = tree.result.operand
    places = [(one.line, one.column) for one in (tree, tree.result, total, total.left, total.right, tree.result.format)]
    assert places == [(1, 1), (2, 8), (3, 10), (3, 6), (3, 12), (3, 16)]


# -- limits and bad input -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "deep",
    [
        "- " * 300 + "$c",
        "abs(" * 300 + "$c" + ")" * 300,
        "+".join(["$c"] * 300),
        "$c" + ".a" * 300,
        "{a:" * 300 + "1" + "}" * 300,
    ],
)
def test_trees_have_a_greatest_depth(deep: str) -> None:
    with pytest.raises(WcpsSyntaxError, match=f"nested more than {MAX_DEPTH} levels deep") as caught:
        parse_query(f"for $c in (mr) return {deep}")
    assert caught.value.line == 1


def test_a_deep_tree_that_is_accepted_can_be_walked_compared_and_written() -> None:
    text = "abs(" * (MAX_DEPTH - 1) + "$c" + ")" * (MAX_DEPTH - 1)
    tree = parse_expression(text)
    assert tree == parse_expression(text) and hash(tree) and unparse(tree) == text


def test_parentheses_cost_no_depth() -> None:
    assert parse_expression("(" * 5000 + "$c" + ")" * 5000) == C


@pytest.mark.parametrize("open_", ["(", "abs(", "[", "{a:", "- ", "switch case ", "condense + over $x x(", "$c[x("])
def test_what_is_never_closed_ends_in_an_error(open_: str) -> None:
    with pytest.raises(WcpsSyntaxError):
        parse_query("for $c in (mr) return " + open_ * 5000)


def test_texts_have_a_greatest_length() -> None:
    with pytest.raises(WcpsSyntaxError, match=f"has {MAX_LENGTH + 1} characters; {MAX_LENGTH} are accepted"):
        parse_query(" " * (MAX_LENGTH + 1))


@pytest.mark.parametrize("text", ["9" * 500, "1e999", "$123456"])
def test_absurd_numbers_are_refused(text: str) -> None:
    with pytest.raises(WcpsSyntaxError):
        parse_expression(text)


PIECES = sorted({word for text in EXAMPLES.values() for word in text.replace("(", " ( ").replace(")", " ) ").split()})
NOISE = st.sampled_from([*PIECES, *"()[]{}<>;:,.*/+-=\"'$\\\n\0é“", ":=", "--", "/*", "*/", "==", "null", "mask"])


@given(st.sampled_from(sorted(EXAMPLES.values())), st.data())
def test_changed_queries_are_read_or_refused_with_a_place(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        text = text[:start] + data.draw(NOISE | st.just("")) + text[end:]
    check_read_or_refused(text)


@given(st.lists(NOISE, max_size=30).map(" ".join))
@example("")
@example("\n\n")
@example("for")
def test_noise_is_read_or_refused_with_a_place(text: str) -> None:
    check_read_or_refused(text)
    check_read_or_refused(f"for $c in (mr) return {text}")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    check_read_or_refused(text)


def check_read_or_refused(text: str) -> None:
    refused: WcpsSyntaxError | None = None
    try:
        tree = parse_query(text)
        assert repr(parse_query(unparse(tree))) == repr(tree)
    except WcpsSyntaxError as error:
        refused = error
    if refused is not None:
        lines = text.split("\n")
        assert 1 <= refused.line <= len(lines)
        assert 1 <= refused.column <= len(lines[refused.line - 1]) + 1


def test_lark_is_loaded_when_the_first_query_comes_not_on_import(root: Path) -> None:
    source = (root / "eoxserver/services/wcps/parse.py").read_text("utf-8")
    for statement in ast.parse(source).body:
        assert not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call)
