# SPDX-License-Identifier: MIT
"""From a syntax tree back to text that means the same, on one line."""

from __future__ import annotations

from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.unparse_expressions import (
    OR,
    POSTFIX,
    braced,
    bracketed,
    crs_part,
    listed,
    more,
    quoted,
    write,
)

__all__ = ["unparse"]


def unparse(node: nodes.Syntax) -> str:
    """The text of a query, an expression, or any part of one.

    >>> from eoxserver.services.wcps.parse import parse_query
    >>> unparse(parse_query("FOR c IN (mr) RETURN (1 + 2) * 3"))
    'for c in (mr) return (1 + 2) * 3'
    """
    return write(node)


# -- domains --------------------------------------------------------------------------------------------------


@write.register
def _(node: nodes.Slice) -> str:
    return f"{node.axis}{crs_part(node.crs)}({write(node.point)})"


@write.register
def _(node: nodes.Trim) -> str:
    low, high = (write(end) if end is not None else "*" for end in (node.low, node.high))
    return f"{node.axis}{crs_part(node.crs)}({low}:{high})"


@write.register
def _(node: nodes.Within) -> str:
    return f"{node.axis}{crs_part(node.crs)}({write(node.domain)})"


@write.register
def _(node: nodes.SubsetList) -> str:
    return f"[{listed(node.items)}]"


@write.register
def _(node: nodes.Subset) -> str:
    inside = listed(node.subset) if isinstance(node.subset, tuple) else write(node.subset)
    return f"{bracketed(node.operand, POSTFIX)}[{inside}]"


@write.register
def _(node: nodes.Extend) -> str:
    return f"extend({write(node.operand)}, {braced(node.target)})"


@write.register
def _(node: nodes.Scale) -> str:
    return f"scale({write(node.operand)}, {braced(node.target)})"


@write.register
def _(node: nodes.ScaleFactor) -> str:
    return f"scalefactor({write(node.operand)}, {write(node.factor)})"


@write.register
def _(node: nodes.AxisValue) -> str:
    return f"{node.axis}({write(node.value)})"


@write.register
def _(node: nodes.ScaleAxes) -> str:
    return f"scaleaxes({write(node.operand)}, [{listed(node.factors)}])"


@write.register
def _(node: nodes.ScaleSize) -> str:
    return f"scalesize({write(node.operand)}, [{listed(node.sizes)}])"


@write.register
def _(node: nodes.ScaleExtent) -> str:
    return f"scaleextent({write(node.operand)}, [{listed(node.extents)}])"


@write.register
def _(node: nodes.AxisCrs) -> str:
    return f"{node.axis}:{write(node.crs)}"


@write.register
def _(node: nodes.CrsTransform) -> str:
    parts = [write(node.operand), braced(node.crs) if isinstance(node.crs, tuple) else write(node.crs)]
    if node.interpolation is not None:
        parts.append(f"{{{node.interpolation}}}")
    if node.resolutions:
        named = (f"{one.axis}: {write(one.value)}" if one.axis else write(one.value) for one in node.resolutions)
        parts.append(f"{{{', '.join(named)}}}")
    if node.bounds is not None:
        parts.append(braced(node.bounds))
    return f"crsTransform({', '.join(parts)})"


# -- clipping -------------------------------------------------------------------------------------------------


def _ring(points: tuple[nodes.Point, ...]) -> str:
    return f"({listed(points)})"


def _rings(rings: tuple[tuple[nodes.Point, ...], ...]) -> str:
    return f"({', '.join(_ring(one) for one in rings)})"


@write.register
def _(node: nodes.Point) -> str:
    return " ".join(quoted(one) if isinstance(one, str) else repr(one) for one in node.coordinates)


@write.register
def _(node: nodes.LineString) -> str:
    return f"linestring{_ring(node.points)}"


@write.register
def _(node: nodes.Polygon) -> str:
    return f"polygon{_rings(node.rings)}"


@write.register
def _(node: nodes.MultiPolygon) -> str:
    return f"multipolygon({', '.join(_rings(one.rings) for one in node.polygons)})"


@write.register
def _(node: nodes.Curtain) -> str:
    return f"curtain(projection({', '.join(node.axes)}), {write(node.mask)})"


@write.register
def _(node: nodes.Corridor) -> str:
    discrete = ", discrete" if node.discrete else ""
    return f"corridor(projection({', '.join(node.axes)}), {write(node.track)}, {write(node.mask)}{discrete})"


@write.register
def _(node: nodes.Clip) -> str:
    coordinates = " with coordinates" if node.with_coordinates else ""
    return f"clip({write(node.operand)}, {write(node.shape)}{more(node.crs)}){coordinates}"


# -- cells ----------------------------------------------------------------------------------------------------


@write.register
def _(node: nodes.Flip) -> str:
    return f"flip {write(node.operand)} along {node.axis}"


@write.register
def _(node: nodes.Sort) -> str:
    order = "desc" if node.descending else "asc"
    return f"sort {write(node.operand)} along {node.axis} {order} by {bracketed(node.key, OR)}"


@write.register
def _(node: nodes.IteratorRange) -> str:
    step = f":{write(node.step)}" if node.step is not None else ""
    return f"{write(node.low)}:{write(node.high)}{step}"


@write.register
def _(node: nodes.IteratorValues) -> str:
    return listed(node.values)


@write.register
def _(node: nodes.Iterator) -> str:
    order = "" if node.descending is None else " desc" if node.descending else " asc"
    return f"{node.variable} {node.axis}({write(node.domain)}){order}"


@write.register
def _(node: nodes.Condense) -> str:
    where = f" where {write(node.where)}" if node.where is not None else ""
    return f"condense {node.operator} over {listed(node.iterators)}{where} using {bracketed(node.using, OR)}"


@write.register
def _(node: nodes.Coverage) -> str:
    return f"coverage {node.name} over {listed(node.iterators)} values {bracketed(node.values, OR)}"


@write.register
def _(node: nodes.ConstantCoverage) -> str:
    return f"coverage {node.name} over {listed(node.iterators)} value list <{listed(node.values, '; ')}>"


@write.register
def _(node: nodes.RangeField) -> str:
    return f"{node.name}: {write(node.value)}"


@write.register
def _(node: nodes.RangeConstructor) -> str:
    return f"{{{listed(node.fields, '; ')}}}"


@write.register
def _(node: nodes.Case) -> str:
    return f"case {write(node.condition)} return {write(node.result)}"


@write.register
def _(node: nodes.Switch) -> str:
    return f"switch {listed(node.cases, ' ')} default return {write(node.default)}"


# -- queries --------------------------------------------------------------------------------------------------


@write.register
def _(node: nodes.CoverageName) -> str:
    return node.name


@write.register
def _(node: nodes.Decode) -> str:
    return f"decode({write(node.source)}{more(node.extra)})"


@write.register
def _(node: nodes.Encode) -> str:
    return f"encode({write(node.operand)}, {write(node.format)}{more(node.extra)})"


@write.register
def _(node: nodes.Describe) -> str:
    return f"describe({write(node.operand)}, {write(node.format)}{more(node.extra)})"


@write.register
def _(node: nodes.Binding) -> str:
    return f"{node.variable} in ({listed(node.sources)})"


@write.register
def _(node: nodes.Assignment) -> str:
    return f"{node.variable} := {write(node.value)}"


@write.register
def _(node: nodes.Query) -> str:
    parts = [f"for {listed(node.bindings)}"]
    if node.assignments:
        parts.append(f"let {listed(node.assignments)}")
    if node.where is not None:
        parts.append(f"where {write(node.where)}")
    parts.append(f"return {write(node.result)}")
    return " ".join(parts)
