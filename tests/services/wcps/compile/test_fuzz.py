# SPDX-License-Identifier: MIT
"""Queries made of parts that may or may not fit: each is compiled and read, or refused with an error of the package."""

from __future__ import annotations

import warnings
from contextlib import suppress

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eoxserver.core.coverage import CellBox
from eoxserver.core.errors import EOxServerError
from eoxserver.services.wcps.compile import CoverageValue
from tests.services.wcps.compile.querying import compiled

FAMILIES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "image": (
        ("mr", "mr", "rgb.red[i(0:256), j(0:211)]", "rgb[i(0:256), j(0:211)]"),
        ("i(3)", "i(0:9)", 'i:"CRS:1"(2:5)', "j(*:4)", "i($x)", "j($x:$x+1)", "i(domain(mr,i))", "i($x), j(3)"),
    ),
    "cube": (
        ("eobs", "eobs", "eobs[Lat(30:32)]", "(float) eobs", "irr.b1"),
        (
            "Lat(30)", "Lat(30:32)", 't("1950-01-02")', 't:"CRS:1"($x)', "t($x)", "t($x), Lat(30), Long(50)",
            "Lat($x:$x+1)", 'ansi:"CRS:1"(1)', "E(100000:200000)",
        ),
    ),
    "any": (
        ("mr", "rgb", "eobs", "irr", "irr.b1", "airtemp", "$s", '"2008-01-01"', "(1, 2)", "nan", "-3"),
        ("i(3)", "Long(120)", 'Lat:"EPSG:3857"(0:1)', "N(*:5200000)", "i($x)"),
    ),
}  # fmt: skip
"""Coverages that go together, and subsets that they may have."""
FORMS = (
    "({0} + {1})", "({0} - {1})", "({0} * {1})", "({0} / {1})", "({0} < {1})", "({0} = {1})", "({0} and {1})",
    "({0} overlay {1})", "(not {0})", "(-{0})", "((char) {0})", "((float) {0})", "((complex) {0})", "({0} is null)",
    "({0} null values [0, 3:9])", "({0} null mask {1})", "({0} null mask discard)", "{0}.0", "{0}.b1", "{0}.re",
    "avg({0})", "max({0})", "count({0} > 3)", "some({0})", "add({0})", "abs({0})", "sqrt({0})", "pow({0}, {1})",
    "mod({0}, {1})", "bit({0}, 2)", "min({0}, {1})", "{{a: {0}; b: {1}}}", "identifier({0})", "cellCount({0})",
    "domain({0}, i).lo", "imageCrsDomain({0}, Lat).hi", "crsSet({0})", "nilSet({0})", "domain({0})",
    "scalefactor({0}, 0.3)", "scale({0}, {{imageCrsDomain({1})}})", 'scale({0}, {{i:"CRS:1"(0:5)}})',
    "scalesize({0}, [Lat(3)])", 'extend({0}, {{i:"CRS:1"(-2:260)}})', 'crsTransform({0}, "EPSG:3857")',
    "clip({0}, POLYGON((26 41, 30 41, 30 45)))", "clip({0}, LINESTRING(26 41, 30 41))",
    "clip({0}, CURTAIN(projection(Lat, Long), LINESTRING(26 41, 30 45)))", "(flip {0} along i)", "(flip {0} along t)",
    "(sort {0} along ansi by avg({1}))", "(sort {0} along t desc by max({0}))",
    "(switch case {0} return {1} case {1} > 3 return {0} default return 1)",
    "(condense + over $x i(0:3) using {0})", "(condense max over $x t(0:2) where {1} > 3 using {0})",
    "(condense and over $x i(1:2) using {0})", "(coverage q over $x x(0:3) values {0})",
    "(coverage q over $x x(2:3), $y i(0:1) values {0})", "(coverage k over $y x(0:1) value list <1;2>)",
)  # fmt: skip


def _expressions(family: str) -> st.SearchStrategy[str]:
    leaves, subsets = FAMILIES[family]
    some = st.lists(st.sampled_from(subsets), min_size=1, max_size=2).map(", ".join)

    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        forms = st.tuples(st.sampled_from(FORMS), inner, inner).map(lambda parts: parts[0].format(parts[1], parts[2]))
        return forms | st.tuples(inner, some).map(lambda parts: f"{parts[0]}[{parts[1]}]")

    return st.recursive(st.sampled_from((*leaves, *leaves, "$x", "1", "2.5", "true")), grown, max_leaves=6)


expressions = st.sampled_from(sorted(FAMILIES)).flatmap(_expressions)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(expressions, expressions)
def test_any_query_has_a_value_or_an_error_of_the_package(result: str, aside: str) -> None:
    query = f"for $c in (mr) let $s := {aside} return {result}"
    with warnings.catch_warnings(), suppress(EOxServerError):
        warnings.simplefilter("error")
        value = compiled(query)
        if not isinstance(value, CoverageValue):
            return
        shape = value.step.domain.shape
        assert len(value.low) == len(value.domain.axes)
        box = CellBox(tuple(size // 2 for size in shape), tuple(size // 2 + 1 for size in shape))
        cells = value.step.source.read(box, tuple(range(len(value.range_type))))
        assert cells.values.shape == (len(value.range_type), *box.shape)
        assert cells.valid is None or cells.valid.dtype == np.bool_
