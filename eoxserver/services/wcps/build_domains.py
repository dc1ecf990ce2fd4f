# SPDX-License-Identifier: MIT
# ruff: noqa: D102 - the methods are the rules of the grammar, which says what they are
"""Rules of ``grammar.lark`` for what changes the domain: subsets, scales, CRS transformations and clipping."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from lark import Token, Transformer

from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.build_expressions import Items, unquoted
from eoxserver.services.wcps.mistakes import Mistake
from eoxserver.services.wcps.places import at
from eoxserver.services.wcps.wkt import NoGeometry, plain_geometry

__all__ = ["DomainRules"]


@dataclass(frozen=True, slots=True)
class _End(nodes.Syntax):
    """``*``, the end of an axis."""


class DomainRules(Transformer[Token, Any]):
    """Makes what changes the domain; raises Mistake."""

    # -- domains -----------------------------------------------------------------------------------

    def star(self, items: Items) -> _End:
        return _End(**at(items[0]))

    def axis_item(self, items: Items) -> nodes.AxisSubset:
        axis, crs, low, high = items
        for bound in (low, high):
            _check_instant(axis, bound)
        if high is not None:
            start, end = (None if isinstance(bound, _End) else bound for bound in (low, high))
            return nodes.Trim(str(axis), start, end, crs, **at(axis))
        if isinstance(low, _End):
            raise Mistake(
                f"axis {axis}: a slice needs a point, not '*'",
                hint=f"the whole axis is {axis}(*:*), or leave it away",
                **at(low),
            )
        if isinstance(low, nodes.Domain):
            return nodes.Within(str(axis), low, crs, **at(axis))
        return nodes.Slice(str(axis), low, crs, **at(axis))

    def subset(self, items: Items) -> nodes.Subset:
        operand, *subsets = items
        return nodes.Subset(operand, _target(subsets, nodes.Variable), **at(subsets[0]))

    def subset_list(self, items: Items) -> nodes.SubsetList:
        return nodes.SubsetList(tuple(items), **at(items[0]))

    def slice(self, items: Items) -> nodes.Subset:
        keyword, operand, *subsets = items
        for one in subsets:
            if not isinstance(one, nodes.Slice):
                raise Mistake(
                    f"slice() takes points, and {one.axis} has an interval", hint="use trim() or [...]", **at(one)
                )
        return nodes.Subset(operand, tuple(subsets), **at(keyword))

    def trim(self, items: Items) -> nodes.Subset:
        keyword, operand, *subsets = items
        for one in subsets:
            if isinstance(one, nodes.Slice):
                raise Mistake(
                    f"trim() takes intervals, and {one.axis} has a point", hint="use slice() or [...]", **at(one)
                )
        return nodes.Subset(operand, tuple(subsets), **at(keyword))

    def extend(self, items: Items) -> nodes.Extend:
        keyword, operand, *target = items
        for one in target:
            if isinstance(one, nodes.Slice):
                raise Mistake(f"extend() takes intervals, and {one.axis} has a point", **at(one))
        return nodes.Extend(operand, _target(target, nodes.Variable, nodes.Domain), **at(keyword))

    def scale(self, items: Items) -> nodes.Scale | nodes.ScaleFactor | nodes.ScaleAxes:
        keyword, operand, *target = items
        kinds = {isinstance(one, nodes.Slice) for one in target}
        if kinds == {True}:
            return nodes.ScaleAxes(operand, _axis_values(target, "scale"), **at(keyword))
        if kinds == {True, False}:
            odd = next(one for one in target if isinstance(one, nodes.Slice))
            raise Mistake(f"scale() takes intervals or factors, not both: {odd.axis} has a factor", **at(odd))
        if isinstance(target[0], (nodes.Trim, nodes.Within, nodes.Domain)):
            return nodes.Scale(operand, _target(target, nodes.Domain), **at(keyword))
        return nodes.ScaleFactor(operand, target[0], **at(keyword))

    def scale_to(self, items: Items) -> nodes.Scale:
        keyword, operand, variable = items
        return nodes.Scale(operand, variable, **at(keyword))

    def scale_axes(self, items: Items) -> nodes.ScaleAxes:
        keyword, operand, *factors = items
        return nodes.ScaleAxes(operand, _axis_values(factors, "scaleaxes"), **at(keyword))

    def scale_size(self, items: Items) -> nodes.ScaleSize:
        keyword, operand, *sizes = items
        return nodes.ScaleSize(operand, _axis_values(sizes, "scalesize"), **at(keyword))

    def scale_extent(self, items: Items) -> nodes.ScaleExtent:
        keyword, operand, *extents = items
        for one in extents:
            if not isinstance(one, nodes.Trim):
                raise Mistake(f"scaleextent() takes axis(low:high) for {one.axis}", **at(one))
            _no_crs(one, "scaleextent")
        return nodes.ScaleExtent(operand, tuple(extents), **at(keyword))

    # -- CRS ---------------------------------------------------------------------------------------

    def axis_crs(self, items: Items) -> nodes.AxisCrs:
        axis, crs = items
        return nodes.AxisCrs(str(axis), crs, **at(axis))

    def axis_crss(self, items: Items) -> tuple[nodes.AxisCrs, ...]:
        return tuple(items)

    def resolution(self, items: Items) -> nodes.AxisValue:
        axis, value = items
        return nodes.AxisValue(str(axis), value, **at(axis))

    def interpolation(self, items: Items) -> tuple[str, Any]:
        return "interpolation", items[0]

    def resolutions(self, items: Items) -> tuple[str, Any]:
        return "resolutions", tuple(items)

    def plain_resolutions(self, items: Items) -> tuple[str, Any]:
        return "resolutions", tuple(nodes.AxisValue("", one, **at(one)) for one in items)

    def bounds(self, items: Items) -> tuple[str, Any]:
        return "bounds", _target(items, nodes.Domain)

    def crs_transform(self, items: Items) -> nodes.CrsTransform:
        keyword, operand, crs, *options = items
        order = ("interpolation", "resolutions", "bounds")
        places = [order.index(kind) for kind, _ in options]
        if any(a >= b for a, b in pairwise(places)):
            raise Mistake(
                "crsTransform() takes {interpolation}, {resolutions}, {bounds} once each, in this order", **at(keyword)
            )
        given = dict(options)
        method = given.get("interpolation")
        return nodes.CrsTransform(
            operand,
            crs,
            str(method) if method is not None else None,
            given.get("resolutions", ()),
            given.get("bounds"),
            **at(keyword),
        )

    # -- clipping ----------------------------------------------------------------------------------

    def point(self, items: Items) -> nodes.Point:
        coordinates = tuple(unquoted(one) if isinstance(one, Token) else one.value for one in items)
        return nodes.Point(coordinates, **at(items[0]))

    def ring(self, items: Items) -> tuple[nodes.Point, ...]:
        return tuple(items)

    rings = ring

    def outline(self, items: Items) -> nodes.Shape:
        token = items[0]
        shape = plain_geometry(str(token), **at(token))
        if shape is None:
            raise NoGeometry
        return shape

    def line_string(self, items: Items) -> nodes.LineString:
        return nodes.LineString(items[1], **at(items[0]))

    def polygon(self, items: Items) -> nodes.Polygon:
        return nodes.Polygon(items[1], **at(items[0]))

    def multi_polygon(self, items: Items) -> nodes.MultiPolygon:
        keyword, *polygons = items
        return nodes.MultiPolygon(tuple(nodes.Polygon(one, **at(one[0][0])) for one in polygons), **at(keyword))

    def curtain(self, items: Items) -> nodes.Curtain:
        keyword, _, first, second, mask = items
        return nodes.Curtain((str(first), str(second)), mask, **at(keyword))

    def corridor(self, items: Items) -> nodes.Corridor:
        keyword, _, first, second, track, mask, discrete = items
        axes = (str(first), str(second))
        return nodes.Corridor(axes, track, mask, discrete is not None, **at(keyword))

    def clip(self, items: Items) -> nodes.Clip:
        keyword, operand, shape, crs, coordinates = items
        return nodes.Clip(operand, shape, crs, coordinates is not None, **at(keyword))

    def with_coordinates(self, items: Items) -> bool:
        return True


def _check_instant(axis: Token, bound: Any) -> None:
    """Refuse a date without quotes, which would be read as two subtractions."""
    match bound:
        case nodes.Binary(
            "-", nodes.Binary("-", nodes.Number(int(year)) as first, nodes.Number(int(month))) as inner, last
        ):
            line, column = first.line, first.column
            places = [(part.line, part.column) for part in (inner, bound, last)]
            if year > 999 and 0 < month < 13 and places == [(line, column + step) for step in (4, 7, 8)]:
                raise Mistake(
                    f'axis {axis}: an instant stands in double quotes, as {axis}("2008-01-02")',
                    line=line,
                    column=column,
                )


def _target(items: Items, *alone: type[nodes.Syntax]) -> Any:
    """The only item when it is one of a kind that stands alone, otherwise all items."""
    return items[0] if len(items) == 1 and isinstance(items[0], alone) else tuple(items)


def _no_crs(one: nodes.Slice | nodes.Trim, function: str) -> None:
    if one.crs is not None:
        raise Mistake(f"{function}() counts cells; axis {one.axis} takes no CRS here", **at(one))


def _axis_values(items: Items, function: str) -> tuple[nodes.AxisValue, ...]:
    for one in items:
        if not isinstance(one, nodes.Slice):
            raise Mistake(f"{function}() takes one value for an axis, as {one.axis}(2)", **at(one))
        _no_crs(one, function)
    return tuple(nodes.AxisValue(one.axis, one.point, **at(one)) for one in items)
