# SPDX-License-Identifier: MIT
"""What is told of typical mistakes, word for word."""

from __future__ import annotations

import pytest

from eoxserver.core.errors import WcpsError, WcpsSemanticError, WcpsSyntaxError
from eoxserver.services.ows.exceptions import error_report
from eoxserver.services.wcps.parse import parse_query
from eoxserver.services.wcps.places import pointed, shown

EXPRESSION = "expected the end of the query or an operator"
QUOTES = 'text stands in double quotes: "..."'
STRING = "expected a parameter as $1 or text in double quotes"


@pytest.mark.parametrize(
    ("query", "column", "message", "hint"),
    [
        ("for $c (mr) return 1", 8, "expected 'in', found '('", "did you forget 'in'? write: for $c in (coverage)"),
        ("for $c = mr return 1", 8, "expected 'in', found '='", "did you forget 'in'? write: for $c in (coverage)"),
        ("fro $c in (mr) return 1", 1, "expected 'for', found 'fro'", "did you mean 'for'?"),
        ("select 1 from mr", 1, "expected 'for', found 'select'", "a query begins: for $c in (coverage)"),
        (
            "for $c in (mr) retrun 1", 16, "expected 'for', 'let', 'return', 'where' or ',', found 'retrun'",
            "did you mean 'return'?",
        ),
        (
            'for $c in (mr) encode($c, "png")', 16,
            "expected 'for', 'let', 'return', 'where' or ',', found 'encode'", "did you forget 'return'?",
        ),
        (
            "for $c in (mr) where $c > 1 $c", 29, "expected 'let', 'return' or an operator, found '$c'",
            "did you forget 'return'?",
        ),
        (
            "for $c in (mr return 1", 15, "expected ')' or ',', found 'return'",
            "'(' of line 1, column 11 is not closed",
        ),
        (
            "for $c in (mr) return avg($c", 29, "expected ')', ',', ':' or an operator, the query ends",
            "'(' of line 1, column 26 is not closed",
        ),
        (
            "for $c in (mr) return avg($c]", 29, "expected ')', ',', ':' or an operator, found ']'",
            "this ']' closes '(' of line 1, column 26",
        ),
        ("for $c in (mr) return 1)", 24, f"{EXPRESSION}, found ')'", "no '(' is open here"),
        (
            "for $c in (mr) let $a = 2 return $a", 23, "expected ':=', found '='",
            "a variable of let is bound by ':='",
        ),
        (
            "for $c in (mr) where $c == 2 return 1", 26, "expected an expression, found '='",
            "equality is written '='",
        ),
        ("for $c in (mr) return $c <> 2", 27, "expected an expression, found '>'", "inequality is written '!='"),
        ("for $c in (mr) return $c && $c", 26, f"{EXPRESSION}, found '&&'", "write 'and'"),
        ("for $c in (mr) return $c % 2", 26, f"{EXPRESSION}, found '%'", "the remainder is mod(a, b)"),
        ("for $c in (mr) return $c ** 2", 27, "expected an expression, found '*'", "powers are pow(a, b)"),
        ("for $c in (mr) return encode($c, 'png')", 34, f"{STRING}, found \"'\"", QUOTES),
        ("for $c in (mr) return encode($c, “png”)", 34, f"{STRING}, found '“'", QUOTES),
        ("for $c in (mr) return encode($c, png)", 34, f"{STRING}, found 'png'", 'text stands in double quotes: "png"'),
        (
            "for $c in (mr) return encode($c)", 32, "expected ',' or an operator, found ')'",
            'encode() takes a format too: encode(e, "png")',
        ),
        (
            'for $c in (mr) return encode($c, "png)', 34, f"{STRING}, found '\"'",
            'this text is not closed; inside text, " is written \\"',
        ),
        (
            'for $c in (mr) return encode($c, "a\\n")', 34, f'{STRING}, found "a\\n"',
            'in text, \\" and \\\\ are the only escapes, not \\n',
        ),
        (
            "for $c in (mr) return $c[t(2008-01-02)]", 28,
            'axis t: an instant stands in double quotes, as t("2008-01-02")', "",
        ),
        (
            "for $c in (mr) return $c[t(2008-01-02T00:00:00Z)]", 44, "expected ')' or an operator, found ':'",
            'an instant stands in double quotes, as "2008-01-02T03:04:05Z"',
        ),
        (
            "for $c in (mr) return {a: 1, b: 2}", 28, "expected '}', ';' or an operator, found ','",
            "fields of a struct are separated by ';'",
        ),
        (
            "for $c in (mr) return $c[i(0,1)]", 29, "expected ')', ':' or an operator, found ','",
            "the bounds of an interval are separated by ':', as in axis(low:high)",
        ),
        (
            "for $c in (mr) return $c[i(*)]", 28, "axis i: a slice needs a point, not '*'",
            "the whole axis is i(*:*), or leave it away",
        ),
        (
            "for $c in (mr) return $c[Lat=3]", 29, "expected '(', ']' or ':', found '='",
            "a subset is Lat(point) or Lat(low:high)",
        ),
        ("for $c in (mr) return sqr($c)", 23, "there is no function 'sqr'", "did you mean 'sqrt'?"),
        ("for $c in (mr) return frobnicate($c)", 23, "there is no function 'frobnicate'", ""),
        (
            "for $c in (mr) return abs(encode($c))", 27, "encode() stands directly after return, and nowhere else", "",
        ),
        ("for $c in (mr) return pow($c)", 23, "pow() takes 2 arguments, not 1", ""),
        ("for $c in (mr) return abs(1:2)", 27, "abs() takes no interval; intervals stand in axis(low:high)", ""),
        (
            "for $c in (mr) return (blob) $c", 30, f"{EXPRESSION}, found '$c'",
            "there is no type 'blob'; available: boolean, char, cint16, cint32, complex, complexd, double, float, long,"
            " octet, short, unsigned long, unsigned short",
        ),
        (
            "for $c in (mr) return condense sum over $x x(0:1) using 1", 32,
            "expected '(', the end of the query or an operator, found 'sum'",
            "condense is followed by one of + * min max and or overlay",
        ),
        (
            "for $c in (mr) return 1 /* abc", 25, f"{EXPRESSION}, found '/'",
            "this comment is not closed; it ends with */",
        ),
        ("for $c in (mr) return 1;", 24, f"{EXPRESSION}, found ';'", "a query ends without ';'"),
        ("for $c in (mr), $c in (mr) return 1", 17, "variable $c is bound twice; give the second another name", ""),
        (
            "for $c in (mr) return {a: 1; a: 2}", 30, "field 'a' stands twice in one struct", "",
        ),
        (
            "for $c in (mr) return domain($c, t).low", 37,
            "a domain has no 'low'; did you mean 'lo'? available: hi, lo, resolution", "",
        ),
        (
            "for $c in (mr) return slice($c, {i(0:1)})", 34,
            "slice() takes points, and i has an interval", "use trim() or [...]",
        ),
        (
            "for $c in (mr) return trim($c, {i(0)})", 33,
            "trim() takes intervals, and i has a point", "use slice() or [...]",
        ),
        ("for $c in (mr) return extend($c, {i(0)})", 35, "extend() takes intervals, and i has a point", ""),
        (
            "for $c in (mr) return scale($c, {i(0:1), j(2)})", 42,
            "scale() takes intervals or factors, not both: j has a factor", "",
        ),
        ("for $c in (mr) return scalesize($c, [i(0:1)])", 38, "scalesize() takes one value for an axis, as i(2)", ""),
        (
            "for $c in (mr) return scalesize($c, [i:\"CRS:1\"(1)])", 38,
            "scalesize() counts cells; axis i takes no CRS here", "",
        ),
        ("for $c in (mr) return (1, $c)", 27, "the parts of a complex number must be numbers, as (1, 2.5)",
         "an expression in parentheses has no ','; fields of a struct stand in {name: e; ...}"),
    ],
)  # fmt: skip
def test_typical_mistakes(query: str, column: int, message: str, hint: str) -> None:
    with pytest.raises(WcpsSyntaxError) as caught:
        parse_query(query)
    lines = [f"line 1, column {column}: {message}", query, " " * (column - 1) + "^", *([hint] if hint else [])]
    assert caught.value.message.split("\n") == lines
    assert (caught.value.line, caught.value.column, caught.value.locator) == (1, column, "query")


def test_comparisons_do_not_chain() -> None:
    with pytest.raises(WcpsSyntaxError, match="comparisons do not chain; write: a < b and b < c"):
        parse_query("for $c in (mr) return 1 < 2 < 3")


def test_the_place_is_told_by_line() -> None:
    with pytest.raises(WcpsSyntaxError) as caught:
        parse_query('for $c in (mr)\nreturn\n  encode($c "png")')
    assert caught.value.message.split("\n")[:3] == [
        "line 3, column 13: expected ',' or an operator, found \"png\"",
        '  encode($c "png")',
        "            ^",
    ]


def test_an_empty_query_has_no_line_to_show() -> None:
    with pytest.raises(WcpsSyntaxError) as caught:
        parse_query("")
    assert caught.value.message == "expected 'for', the query ends\na query begins: for $c in (coverage)"


def test_of_long_lines_the_part_around_the_place_is_shown() -> None:
    line, caret = shown("a" * 200 + "\0" + "b" * 200, 1, 201).split("\n")
    assert line == "... " + "a" * 60 + " " + "b" * 29 + " ..."
    assert caret.index("^") == 64


def test_other_errors_show_their_place_in_the_same_way() -> None:
    error = pointed(WcpsSemanticError, "no such band", "for $c in (mr) return $c.red", 1, 26, "bands: grey")
    assert error.message.endswith("\n" + " " * 25 + "^\nbands: grey")


@pytest.mark.parametrize(
    ("kind", "code"), [(WcpsError, "WcpsError"), (WcpsSyntaxError, "SyntaxError"), (WcpsSemanticError, "SemanticError")]
)
def test_section_7_codes(kind: type[WcpsError], code: str) -> None:
    report = error_report(kind("message", locator="query"))
    assert (report.ows_code, report.status, report.locator) == (code, 400, "query")
