# SPDX-License-Identifier: MIT
"""From a syntax tree back to text that means the same, on one line.

Parentheses stand only where the tree needs them: every expression has a level of how tightly it binds, as the rules of
``grammar.lark`` have it, and stands in parentheses where a tighter one is wanted.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch

from eoxserver.services.wcps import nodes

__all__ = ["unparse"]

_OVERLAY, _OR, _AND, _COMPARISON, _SUM, _PRODUCT, _UNARY, _POSTFIX = range(8)

_LEVELS = {
    "overlay": _OVERLAY, "or": _OR, "xor": _OR, "and": _AND,
    "<": _COMPARISON, "<=": _COMPARISON, ">": _COMPARISON, ">=": _COMPARISON, "=": _COMPARISON, "!=": _COMPARISON,
    "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT,
}  # fmt: skip

_OPEN = (nodes.Condense, nodes.Coverage, nodes.Sort, nodes.Switch)
"""What ends with an expression, and so takes in all operators that follow."""


def unparse(node: nodes.Syntax) -> str:
    """The text of a query, an expression, or any part of one.

    >>> from eoxserver.services.wcps.parse import parse_query
    >>> unparse(parse_query("FOR c IN (mr) RETURN (1 + 2) * 3"))
    'for c in (mr) return (1 + 2) * 3'
    """
    return _write(node)


def _level(node: nodes.Syntax) -> int:
    match node:
        case nodes.Binary(operator):
            return _LEVELS[operator]
        case nodes.IsNull() | nodes.NullValues() | nodes.NullMask():
            return _COMPARISON
        case nodes.Unary() | nodes.Cast():
            return _UNARY
        case nodes.Number(value):
            return _UNARY if str(value).startswith("-") else _POSTFIX
        case nodes.Clip():
            return _UNARY
    return -1 if isinstance(node, _OPEN) else _POSTFIX


def _in(node: nodes.Syntax, level: int) -> str:
    """An expression where one that binds at least as tightly as ``level`` is wanted."""
    text = _write(node)
    return f"({text})" if _level(node) < level else text


def _list(parts: Iterable[nodes.Syntax], separator: str = ", ") -> str:
    return separator.join(_write(one) for one in parts)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _crs(crs: nodes.Text | None) -> str:
    return f":{_write(crs)}" if crs is not None else ""


def _more(part: nodes.Syntax | None) -> str:
    return f", {_write(part)}" if part is not None else ""


def _braced(target: tuple[nodes.Syntax, ...] | nodes.Syntax) -> str:
    return f"{{{_list(target) if isinstance(target, tuple) else _write(target)}}}"


@singledispatch
def _write(node: nodes.Syntax) -> str:
    raise TypeError(f"{type(node).__name__} is no part of a query")


# -- literals and names ---------------------------------------------------------------------------------------


@_write.register
def _(node: nodes.Number) -> str:
    return repr(node.value)


@_write.register
def _(_node: nodes.NotANumber) -> str:
    return "nan"


@_write.register
def _(node: nodes.Boolean) -> str:
    return "true" if node.value else "false"


@_write.register
def _(node: nodes.String) -> str:
    return _quoted(node.value)


@_write.register
def _(node: nodes.Complex) -> str:
    return f"({node.real!r}, {node.imaginary!r})"


@_write.register
def _(node: nodes.Positional) -> str:
    return f"${node.number}"


@_write.register
def _(node: nodes.Variable) -> str:
    return node.name


# -- operators and functions ----------------------------------------------------------------------------------


@_write.register
def _(node: nodes.Unary) -> str:
    operand = _in(node.operand, _UNARY)
    return (
        f"{node.operator} {operand}"
        if node.operator == "not" or operand[0] == node.operator
        else (f"{node.operator}{operand}")
    )


@_write.register
def _(node: nodes.Binary) -> str:
    level = _LEVELS[node.operator]
    left = _in(node.left, level + 1 if level == _COMPARISON else level)
    return f"{left} {node.operator} {_in(node.right, level + 1)}"


@_write.register
def _(node: nodes.Cast) -> str:
    return f"({node.type.value}) {_in(node.operand, _UNARY)}"


@_write.register
def _(node: nodes.IsNull) -> str:
    return f"{_in(node.operand, _SUM)} is {'not ' if node.negated else ''}null"


@_write.register
def _(node: nodes.NullInterval) -> str:
    return _write(node.low) + (f":{_write(node.high)}" if node.high is not None else "")


@_write.register
def _(node: nodes.NullValues) -> str:
    return f"{_in(node.operand, _SUM)} null values [{_list(node.intervals)}]"


@_write.register
def _(node: nodes.NullMask) -> str:
    mask = _in(node.mask, _SUM) if node.mask is not None else "discard"
    return f"{_in(node.operand, _SUM)} null mask {mask}"


@_write.register
def _(node: nodes.FieldSelect) -> str:
    operand = _in(node.operand, _POSTFIX)
    bare = isinstance(node.operand, nodes.Number) and operand[0] != "("
    return f"({operand}).{node.field}" if bare else f"{operand}.{node.field}"


@_write.register
def _(node: nodes.Concatenation) -> str:
    return f"{_in(node.left, _POSTFIX)} . {_in(node.right, _POSTFIX)}"


@_write.register
def _(node: nodes.Function) -> str:
    return f"{node.name}({_list(node.arguments)})"


@_write.register
def _(node: nodes.Reduce) -> str:
    return f"{node.operator}({_write(node.operand)})"


@_write.register
def _(node: nodes.Metadata) -> str:
    return f"{node.function}({_write(node.operand)})"


@_write.register
def _(node: nodes.Domain) -> str:
    axis = f", {node.axis}" if node.axis is not None else ""
    return f"{'imageCrsDomain' if node.grid else 'domain'}({_write(node.operand)}{axis}{_more(node.crs)})"


@_write.register
def _(node: nodes.DomainPart) -> str:
    return f"{_write(node.domain)}.{node.part}"


@_write.register
def _(node: nodes.TimeUnits) -> str:
    high = f":{_write(node.high)}" if node.high is not None else ""
    return f"{'all' if node.each else ''}{node.unit}({_write(node.low)}{high})"


@_write.register
def _(node: nodes.Polygonize) -> str:
    return f"polygonize({_write(node.operand)}, {_write(node.format)}, {node.connectivity})"


# -- domains --------------------------------------------------------------------------------------------------


@_write.register
def _(node: nodes.Slice) -> str:
    return f"{node.axis}{_crs(node.crs)}({_write(node.point)})"


@_write.register
def _(node: nodes.Trim) -> str:
    low, high = (_write(end) if end is not None else "*" for end in (node.low, node.high))
    return f"{node.axis}{_crs(node.crs)}({low}:{high})"


@_write.register
def _(node: nodes.Within) -> str:
    return f"{node.axis}{_crs(node.crs)}({_write(node.domain)})"


@_write.register
def _(node: nodes.SubsetList) -> str:
    return f"[{_list(node.items)}]"


@_write.register
def _(node: nodes.Subset) -> str:
    inside = _list(node.subset) if isinstance(node.subset, tuple) else _write(node.subset)
    return f"{_in(node.operand, _POSTFIX)}[{inside}]"


@_write.register
def _(node: nodes.Extend) -> str:
    return f"extend({_write(node.operand)}, {_braced(node.target)})"


@_write.register
def _(node: nodes.Scale) -> str:
    return f"scale({_write(node.operand)}, {_braced(node.target)})"


@_write.register
def _(node: nodes.ScaleFactor) -> str:
    return f"scalefactor({_write(node.operand)}, {_write(node.factor)})"


@_write.register
def _(node: nodes.AxisValue) -> str:
    return f"{node.axis}({_write(node.value)})"


@_write.register
def _(node: nodes.ScaleAxes) -> str:
    return f"scaleaxes({_write(node.operand)}, [{_list(node.factors)}])"


@_write.register
def _(node: nodes.ScaleSize) -> str:
    return f"scalesize({_write(node.operand)}, [{_list(node.sizes)}])"


@_write.register
def _(node: nodes.ScaleExtent) -> str:
    return f"scaleextent({_write(node.operand)}, [{_list(node.extents)}])"


@_write.register
def _(node: nodes.AxisCrs) -> str:
    return f"{node.axis}:{_write(node.crs)}"


@_write.register
def _(node: nodes.CrsTransform) -> str:
    parts = [_write(node.operand), _braced(node.crs) if isinstance(node.crs, tuple) else _write(node.crs)]
    if node.interpolation is not None:
        parts.append(f"{{{node.interpolation}}}")
    if node.resolutions:
        named = (f"{one.axis}: {_write(one.value)}" if one.axis else _write(one.value) for one in node.resolutions)
        parts.append(f"{{{', '.join(named)}}}")
    if node.bounds is not None:
        parts.append(_braced(node.bounds))
    return f"crsTransform({', '.join(parts)})"


# -- clipping -------------------------------------------------------------------------------------------------


def _ring(points: tuple[nodes.Point, ...]) -> str:
    return f"({_list(points)})"


def _rings(rings: tuple[tuple[nodes.Point, ...], ...]) -> str:
    return f"({', '.join(_ring(one) for one in rings)})"


@_write.register
def _(node: nodes.Point) -> str:
    return " ".join(_quoted(one) if isinstance(one, str) else repr(one) for one in node.coordinates)


@_write.register
def _(node: nodes.LineString) -> str:
    return f"linestring{_ring(node.points)}"


@_write.register
def _(node: nodes.Polygon) -> str:
    return f"polygon{_rings(node.rings)}"


@_write.register
def _(node: nodes.MultiPolygon) -> str:
    return f"multipolygon({', '.join(_rings(one.rings) for one in node.polygons)})"


@_write.register
def _(node: nodes.Curtain) -> str:
    return f"curtain(projection({', '.join(node.axes)}), {_write(node.mask)})"


@_write.register
def _(node: nodes.Corridor) -> str:
    discrete = ", discrete" if node.discrete else ""
    return f"corridor(projection({', '.join(node.axes)}), {_write(node.track)}, {_write(node.mask)}{discrete})"


@_write.register
def _(node: nodes.Clip) -> str:
    coordinates = " with coordinates" if node.with_coordinates else ""
    return f"clip({_write(node.operand)}, {_write(node.shape)}{_more(node.crs)}){coordinates}"


# -- cells ----------------------------------------------------------------------------------------------------


@_write.register
def _(node: nodes.Flip) -> str:
    return f"flip {_write(node.operand)} along {node.axis}"


@_write.register
def _(node: nodes.Sort) -> str:
    order = "desc" if node.descending else "asc"
    return f"sort {_write(node.operand)} along {node.axis} {order} by {_in(node.key, _OR)}"


@_write.register
def _(node: nodes.IteratorRange) -> str:
    step = f":{_write(node.step)}" if node.step is not None else ""
    return f"{_write(node.low)}:{_write(node.high)}{step}"


@_write.register
def _(node: nodes.IteratorValues) -> str:
    return _list(node.values)


@_write.register
def _(node: nodes.Iterator) -> str:
    order = "" if node.descending is None else " desc" if node.descending else " asc"
    return f"{node.variable} {node.axis}({_write(node.domain)}){order}"


@_write.register
def _(node: nodes.Condense) -> str:
    where = f" where {_write(node.where)}" if node.where is not None else ""
    return f"condense {node.operator} over {_list(node.iterators)}{where} using {_in(node.using, _OR)}"


@_write.register
def _(node: nodes.Coverage) -> str:
    return f"coverage {node.name} over {_list(node.iterators)} values {_in(node.values, _OR)}"


@_write.register
def _(node: nodes.ConstantCoverage) -> str:
    return f"coverage {node.name} over {_list(node.iterators)} value list <{_list(node.values, '; ')}>"


@_write.register
def _(node: nodes.RangeField) -> str:
    return f"{node.name}: {_write(node.value)}"


@_write.register
def _(node: nodes.RangeConstructor) -> str:
    return f"{{{_list(node.fields, '; ')}}}"


@_write.register
def _(node: nodes.Case) -> str:
    return f"case {_write(node.condition)} return {_write(node.result)}"


@_write.register
def _(node: nodes.Switch) -> str:
    return f"switch {_list(node.cases, ' ')} default return {_write(node.default)}"


# -- queries --------------------------------------------------------------------------------------------------


@_write.register
def _(node: nodes.CoverageName) -> str:
    return node.name


@_write.register
def _(node: nodes.Decode) -> str:
    return f"decode({_write(node.source)}{_more(node.extra)})"


@_write.register
def _(node: nodes.Encode) -> str:
    return f"encode({_write(node.operand)}, {_write(node.format)}{_more(node.extra)})"


@_write.register
def _(node: nodes.Describe) -> str:
    return f"describe({_write(node.operand)}, {_write(node.format)}{_more(node.extra)})"


@_write.register
def _(node: nodes.Binding) -> str:
    return f"{node.variable} in ({_list(node.sources)})"


@_write.register
def _(node: nodes.Assignment) -> str:
    return f"{node.variable} := {_write(node.value)}"


@_write.register
def _(node: nodes.Query) -> str:
    parts = [f"for {_list(node.bindings)}"]
    if node.assignments:
        parts.append(f"let {_list(node.assignments)}")
    if node.where is not None:
        parts.append(f"where {_write(node.where)}")
    parts.append(f"return {_write(node.result)}")
    return " ".join(parts)
