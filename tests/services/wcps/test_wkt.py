# SPDX-License-Identifier: MIT
"""Geometries of plain numbers: the same trees as the grammar makes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.errors import WcpsSyntaxError
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.parse import parse_geometry, parse_query
from eoxserver.services.wcps.wkt import plain_geometry

NUMBERS = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.floats(-1e6, 1e6).map(repr),
    st.sampled_from(["+5", "7.", ".5", "-.25", "1e3", "2.5E-2", "-0"]),
)
BLANKS = st.sampled_from(["", " ", "\n ", "  "])


@st.composite
def rings(draw: st.DrawFn) -> str:
    points = draw(st.lists(st.lists(NUMBERS, min_size=1, max_size=3), min_size=1, max_size=4))
    return "(" + ",".join(draw(BLANKS) + " ".join(point) + draw(BLANKS) for point in points) + ")"


@st.composite
def polygons(draw: st.DrawFn) -> str:
    parts = draw(st.lists(rings(), min_size=1, max_size=3))
    return "(" + draw(BLANKS) + f",{draw(BLANKS)}".join(parts) + draw(BLANKS) + ")"


@st.composite
def geometries(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["linestring", "LineString", "POLYGON", "Polygon", "multipolygon", "MULTIPOLYGON"]))
    dimension = draw(st.sampled_from(["", "Z", " z"]))
    match kind.lower():
        case "linestring":
            body = draw(rings())
        case "polygon":
            body = draw(polygons())
        case _:
            parts = draw(st.lists(polygons(), min_size=1, max_size=3))
            body = "(" + f"{draw(BLANKS)},".join(parts) + ")"
    return f"{kind}{dimension}{draw(BLANKS)}{body}{draw(BLANKS)}"


def by_grammar(text: str) -> nodes.Syntax:
    tree = parse_query(f"for $c in (c) return clip($c, {text})").result
    assert isinstance(tree, nodes.Clip)
    return tree.shape


@given(geometries())
def test_the_tree_is_that_of_the_grammar(text: str) -> None:
    found = plain_geometry(text)
    assert found is not None
    assert found == by_grammar(text)
    assert repr(found) == repr(by_grammar(text))


@given(geometries(), st.data())
def test_what_it_reads_the_grammar_reads_too(text: str, data: st.DataObject) -> None:
    """One character more, less, or another."""
    place = data.draw(st.integers(0, len(text)))
    less = data.draw(st.integers(0, 1))
    more = data.draw(st.sampled_from(["", "(", ")", ",", " ", "-", ".", "e", "1", '"']))
    changed = text[:place] + more + text[place + less :]
    found = plain_geometry(changed)
    if found is not None:
        assert found == by_grammar(changed)


@pytest.mark.parametrize(
    "text",
    [
        'LINESTRING("2008" 1, "2009" 2)',
        "POLYGON((1 2, 3 4)",
        "POLYGON(1 2, 3 4)",
        "LINESTRING((1 2, 3 4))",
        "MULTIPOLYGON((1 2, 3 4))",
        "LINESTRING()",
        "LINESTRING(1 2,)",
        "LINESTRING(1e999 2)",
        "LINESTRING(1 2) x",
        "CURTAIN(projection(a, b), LINESTRING(1 2))",
    ],
)
def test_all_else_is_left_to_the_grammar(text: str) -> None:
    assert plain_geometry(text) is None


def _long(odd: str = "") -> str:
    """Vertices of a long line, in which one is written in another way."""
    return ", ".join([*(f"{place / 100:.2f} {-place}" for place in range(500)), *([odd] if odd else []), "7 8"])


@pytest.mark.parametrize("form", ["LINESTRING Z ({})", "polygon(({}), ({}))", "MultiPolygon((({})), (({}), ({})))"])
def test_long_geometries_in_queries_are_read_by_it(form: str) -> None:
    text = form.format(*[_long()] * 3)
    found = by_grammar(text)
    assert found == plain_geometry(text)
    assert isinstance(found, nodes.LineString | nodes.Polygon | nodes.MultiPolygon)
    assert (found.line, found.column) == (1, len("for $c in (c) return clip($c, ") + 1)


@pytest.mark.parametrize(
    ("odd", "coordinates"),
    [
        ("- 5 6", (-5, 6)),
        ("5-6", (5, -6)),
        ("5 -- 12\n 6", (5, 6)),
        ("5 /* 12 */ 6", (5, 6)),
        ('5 "2008"', (5, "2008")),
    ],
)
def test_other_ways_of_writing_a_vertex_are_read_in_long_geometries_too(
    odd: str, coordinates: tuple[object, ...]
) -> None:
    found = by_grammar(f"LINESTRING({_long(odd)})")
    assert isinstance(found, nodes.LineString)
    assert len(found.points) == 502
    assert found.points[-2].coordinates == coordinates


@pytest.mark.parametrize("odd", ["1..2 3", "1 2 3e", "1 2,,3 4", "1e999 2", f"{'1' * 500} 2"])
def test_mistakes_in_long_geometries_show_their_place(odd: str) -> None:
    query = f"for $c in (c) return clip($c, POLYGON(({_long(odd)})))"
    with pytest.raises(WcpsSyntaxError) as caught:
        parse_query(query)
    start = query.index(odd) + 1
    assert start <= caught.value.column <= start + len(odd)


def test_mistakes_show_their_place() -> None:
    with pytest.raises(WcpsSyntaxError, match="line 1, column 17"):
        parse_geometry("POLYGON((1 2, 3 x))")
