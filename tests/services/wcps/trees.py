# SPDX-License-Identifier: MIT
"""Syntax trees that hypothesis draws: every kind of node, in every place where the grammar has room for it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.functions import FUNCTIONS

__all__ = ["expressions", "queries"]

dollars = st.sampled_from(["$c", "$d", "$px", "$1st", "$a$b"])
variables = st.sampled_from(["$c", "$d", "c", "cov_1", "2D", "t", "by", "in", "value", "scale", "polygon"])
labels = st.sampled_from(["Lat", "Long", "t", "i", "E", "by", "is", "lo", "min", "return", "unsigned"])
coverages = st.sampled_from(["mr", "S2_L2A", "2019", "host:8080:cov", "MER-FRS.v1", "$LAYER"])
integers = st.integers(0, 10**12)
floats = st.floats(0, allow_nan=False, allow_infinity=False)
magnitudes = integers | floats
signed = magnitudes | magnitudes.map(lambda value: -value)
strings = st.text(max_size=8).map(nodes.String)
positionals = st.integers(0, 99999).map(nodes.Positional)
texts: st.SearchStrategy[Any] = strings | positionals
numbers = signed.map(nodes.Number)
complexes = st.builds(nodes.Complex, signed, signed)
literals: st.SearchStrategy[Any] = (
    numbers | strings | st.booleans().map(nodes.Boolean) | st.just(nodes.NotANumber()) | complexes
)
names = variables.map(nodes.Variable)

points = st.lists(signed | st.text(max_size=5), min_size=1, max_size=3).map(lambda one: nodes.Point(tuple(one)))
rings = st.lists(points, min_size=1, max_size=3).map(tuple)
polygons = st.lists(rings, min_size=1, max_size=2).map(lambda one: nodes.Polygon(tuple(one)))
shapes: st.SearchStrategy[Any] = (
    rings.map(nodes.LineString)
    | polygons
    | st.lists(polygons, min_size=1, max_size=2).map(lambda one: nodes.MultiPolygon(tuple(one)))
)
masks: st.SearchStrategy[Any] = shapes | names
planes = st.tuples(labels, labels)


def some(strategy: st.SearchStrategy[Any], most: int = 2) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, min_size=1, max_size=most).map(tuple)


def _domains(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[nodes.Domain]:
    return st.builds(nodes.Domain, inner, st.none() | labels, st.none(), grid=st.booleans()) | st.builds(
        nodes.Domain, inner, labels, texts
    )


def _subsets(inner: st.SearchStrategy[Any], *, slices: bool = True) -> st.SearchStrategy[tuple[Any, ...]]:
    point = inner.filter(lambda one: not isinstance(one, nodes.Domain))
    crs = st.none() | texts
    trims: st.SearchStrategy[Any] = st.builds(nodes.Trim, labels, st.none() | inner, st.none() | inner, crs)
    within: st.SearchStrategy[Any] = st.builds(nodes.Within, labels, _domains(inner), crs)
    return some(trims | within | st.builds(nodes.Slice, labels, point, crs) if slices else trims | within)


def _iterators(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    alone = inner.filter(lambda one: not isinstance(one, nodes.Domain))
    values = some(inner).filter(lambda one: len(one) > 1) | alone.map(lambda one: (one,))
    domains: st.SearchStrategy[Any] = (
        _domains(inner)
        | st.builds(nodes.IteratorRange, inner, inner, st.none() | inner)
        | st.builds(nodes.IteratorValues, values)
    )
    return some(st.builds(nodes.Iterator, variables, labels, domains, st.none() | st.booleans()), 2)


def _operators(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    operators = ["overlay", "or", "xor", "and", "<", "<=", ">", ">=", "=", "!=", "+", "-", "*", "/"]
    null = st.builds(nodes.NullInterval, numbers, st.none() | numbers)
    return st.one_of(
        st.builds(nodes.Binary, st.sampled_from(operators), inner, inner),
        st.builds(
            nodes.Unary, st.sampled_from(["+", "-", "not"]), inner.filter(lambda one: not isinstance(one, nodes.Number))
        ),
        st.builds(nodes.Cast, st.sampled_from(nodes.CellType), inner),
        st.builds(nodes.IsNull, inner, st.booleans()),
        st.builds(nodes.NullValues, inner, some(null)),
        st.builds(nodes.NullMask, inner, st.none() | inner),
        st.builds(
            nodes.FieldSelect, inner.filter(lambda one: not isinstance(one, nodes.Domain)), labels | st.just("0")
        ),
        st.builds(nodes.Concatenation, inner, strings | dollars.map(nodes.Variable)),
    )


def _functions(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def call(name: str) -> st.SearchStrategy[nodes.Function]:
        least, most = FUNCTIONS[name]
        arguments = st.lists(inner, min_size=least, max_size=most).map(tuple)
        return st.builds(nodes.Function, st.just(name), arguments)

    return st.one_of(
        st.sampled_from(sorted(FUNCTIONS)).flatmap(call),
        st.builds(nodes.Reduce, st.sampled_from(["count", "add", "avg", "min", "max", "some", "all"]), inner),
        st.builds(nodes.Metadata, st.sampled_from(["identifier", "crsSet", "imageCrs", "cellCount", "nilSet"]), inner),
        _domains(inner),
        st.builds(nodes.DomainPart, _domains(inner), st.sampled_from(["lo", "hi", "resolution"])),
        st.builds(nodes.TimeUnits, st.sampled_from(["years", "seconds"]), inner, st.none() | inner, st.booleans()),
        st.builds(nodes.Polygonize, inner, texts, st.sampled_from([4, 8])),
        st.builds(nodes.Decode, positionals, st.none() | texts),
    )


def _domain_changes(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    values = some(st.builds(nodes.AxisValue, labels, inner.filter(lambda one: not isinstance(one, nodes.Domain))))
    target: st.SearchStrategy[Any] = _subsets(inner, slices=False) | _domains(inner) | names
    plain = some(st.builds(nodes.AxisValue, st.just(""), numbers))
    shape: st.SearchStrategy[Any] = (
        masks | st.builds(nodes.Curtain, planes, masks) | st.builds(nodes.Corridor, planes, masks, masks, st.booleans())
    )
    return st.one_of(
        st.builds(nodes.Subset, inner, _subsets(inner) | names),
        st.builds(nodes.Extend, inner, target),
        st.builds(nodes.Scale, inner, target),
        st.builds(nodes.ScaleFactor, inner, inner),
        st.builds(nodes.ScaleAxes, inner, values),
        st.builds(nodes.ScaleSize, inner, values),
        st.builds(nodes.ScaleExtent, inner, some(st.builds(nodes.Trim, labels, st.none() | inner, st.none() | inner))),
        st.builds(
            nodes.CrsTransform,
            inner,
            texts | some(st.builds(nodes.AxisCrs, labels, texts)),
            st.none() | st.sampled_from(["near", "bilinear", "max"]),
            st.just(()) | plain | some(st.builds(nodes.AxisValue, labels, inner)),
            st.none() | _subsets(inner) | _domains(inner),
        ),
        st.builds(nodes.Clip, inner, shape, st.none() | texts, st.booleans()),
    )


def _cells(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    condensers = st.sampled_from(["+", "*", "min", "max", "and", "or", "overlay"])
    fields = st.lists(
        st.builds(nodes.RangeField, labels, inner), min_size=1, max_size=3, unique_by=lambda one: one.name
    ).map(tuple)
    return st.one_of(
        st.builds(nodes.Flip, inner, labels),
        st.builds(nodes.Sort, inner, labels, inner, st.booleans()),
        st.builds(nodes.Condense, condensers, _iterators(inner), st.none() | inner, inner),
        st.builds(nodes.Coverage, variables, _iterators(inner), inner),
        st.builds(nodes.ConstantCoverage, variables, _iterators(inner), some(literals)),
        st.builds(nodes.RangeConstructor, fields),
        st.builds(nodes.Switch, some(st.builds(nodes.Case, inner, inner)), inner),
    )


expressions: st.SearchStrategy[Any] = st.recursive(
    literals | positionals | names,
    lambda inner: _operators(inner) | _functions(inner) | _domain_changes(inner) | _cells(inner),
    max_leaves=4,
)

_sources: st.SearchStrategy[Any] = coverages.map(nodes.CoverageName) | st.builds(
    nodes.Decode, positionals, st.none() | texts
)
_outputs: st.SearchStrategy[Any] = (
    expressions
    | st.builds(nodes.Encode, expressions, texts, st.none() | texts)
    | st.builds(nodes.Describe, expressions, texts, st.none() | texts)
)


_values: st.SearchStrategy[Any] = expressions | shapes | _subsets(expressions).map(nodes.SubsetList)


def _query(bound: Any, assigned: Any, where: Any, result: Any) -> nodes.Query:
    taken = {name for name, _ in bound}
    return nodes.Query(
        tuple(nodes.Binding(*one) for one in bound),
        tuple(nodes.Assignment(*one) for one in assigned if one[0] not in taken),
        where,
        result,
    )


queries = st.builds(
    _query,
    st.lists(st.tuples(variables, some(_sources)), min_size=1, max_size=2, unique_by=lambda one: str(one[0])),
    st.lists(st.tuples(variables, _values), max_size=2, unique_by=lambda one: str(one[0])),
    st.none() | expressions,
    _outputs,
)
