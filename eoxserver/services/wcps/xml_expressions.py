# SPDX-License-Identifier: MIT
"""Expressions of the XML syntax of WCPS (``wcpsProcessCoverages.xsd`` 1.0), to the nodes that their text has."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lxml import etree

from eoxserver.core.errors import suggest
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.build_expressions import TYPES
from eoxserver.services.wcps.xml_elements import (
    failure,
    integer,
    kids,
    line_of,
    local_name,
    number,
    one,
    optional,
    text,
)

__all__ = ["coverage_expression", "expression"]

_UNARY = {"unaryPlus": "+", "unaryMinus": "-", "not": "not", "booleanNot": "not", "numericUnaryMinus": "-"}
_BINARY = {
    "plus": "+", "minus": "-", "mult": "*", "div": "/", "and": "and", "or": "or", "xor": "xor", "equals": "=",
    "lessThan": "<", "greaterThan": ">", "lessOrEqual": "<=", "greaterOrEqual": ">=", "notEqual": "!=",
    "overlay": "overlay", "booleanAnd": "and", "booleanOr": "or", "booleanXor": "xor", "booleanLessThan": "<",
    "booleanLessOrEqual": "<=", "booleanGreaterThan": ">", "booleanGreaterOrEqual": ">=", "booleanEqualNumeric": "=",
    "booleanNotEqualNumeric": "!=", "booleanEqualString": "=", "booleanNotEqualString": "!=", "numericAdd": "+",
    "numericMinus": "-", "numericMult": "*", "numericDiv": "/",
}  # fmt: skip
_FUNCTIONS = (
    "sqrt", "abs", "exp", "log", "ln", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "re",
    "im",
)  # fmt: skip
_REDUCE = ("all", "some", "count", "add", "avg", "min", "max")
_METADATA = {"identifier": "identifier", "stringIdentifier": "identifier", "imageCrs": "imageCrs",
             "crsSet": "crsSet", "nullSet": "nilSet"}  # fmt: skip
_CONDENSERS = {"opPlus": "+", "opMult": "*", "opMax": "max", "opMin": "min", "opAnd": "and", "opOr": "or"}
_LACKING = ("setIdentifier", "setCrsSet", "setNullSet", "setInterpolationDefault", "setInterpolationSet",
            "interpolationDefault", "interpolationSet")  # fmt: skip
_NEAREST = ("nearest", "near", "none", "")


def expression(element: etree._Element) -> nodes.Expression:
    """The expression of an element; raises WcpsSyntaxError."""
    name, inside, line = local_name(element), kids(element), line_of(element)
    if name in _UNARY:
        operand = expression(*_exactly(element, inside, 1))
        if _UNARY[name] == "-" and isinstance(operand, nodes.Number):
            return nodes.Number(-operand.value, line=line)
        return nodes.Unary(_UNARY[name], operand, line=line)
    if name in _BINARY:
        left, right = _exactly(element, inside, 2)
        return nodes.Binary(_BINARY[name], expression(left), expression(right), line=line)
    if name in _FUNCTIONS:
        return nodes.Function(name, (expression(*_exactly(element, inside, 1)),), line=line)
    if name in _REDUCE:
        return nodes.Reduce(name, expression(*_exactly(element, inside, 1)), line=line)
    if name in _METADATA:
        return nodes.Metadata(_METADATA[name], expression(*_exactly(element, inside, 1)), line=line)
    if name in _LACKING:
        raise failure(element, f"'{name}' is not part of the language here")
    read = _READERS.get(name)
    if read is None:
        raise failure(element, f"'{name}' is no expression; {suggest(name, every_element(), 0)}")
    return read(element, inside)


coverage_expression = expression


def every_element() -> tuple[str, ...]:
    """The names of all elements that are expressions."""
    return (*_UNARY, *_BINARY, *_FUNCTIONS, *_REDUCE, *_METADATA, *_READERS)


def _exactly(element: etree._Element, inside: Sequence[etree._Element], count: int) -> Sequence[etree._Element]:
    if len(inside) != count:
        raise failure(element, f"'{local_name(element)}' holds {count} expression(s), not {len(inside)}")
    return inside


# -- constants and names --------------------------------------------------------------------------------------


def _variable(element: etree._Element, _: Sequence[etree._Element]) -> nodes.Variable:
    return nodes.Variable(text(element), line=line_of(element))


def _number(element: etree._Element, _: Sequence[etree._Element]) -> nodes.Literal:
    value = number(element)
    line = line_of(element)
    return nodes.NotANumber(line=line) if math.isnan(value) else nodes.Number(value, line=line)


def _boolean(element: etree._Element, _: Sequence[etree._Element]) -> nodes.Boolean:
    content = text(element)
    if content not in ("true", "false", "1", "0"):
        raise failure(element, f"'{content}' is neither true nor false")
    return nodes.Boolean(content in ("true", "1"), line=line_of(element))


def _string(element: etree._Element, _: Sequence[etree._Element]) -> nodes.String:
    return nodes.String(text(element), line=line_of(element))


def _complex(element: etree._Element, _: Sequence[etree._Element]) -> nodes.Complex:
    return nodes.Complex(number(one(element, "re")), number(one(element, "im")), line=line_of(element))


# -- operations on cells --------------------------------------------------------------------------------------


def _operand(element: etree._Element, inside: Sequence[etree._Element]) -> nodes.Expression:
    """The expression that comes first in an element."""
    if not inside:
        raise failure(element, f"'{local_name(element)}' is empty")
    return expression(inside[0])


def _bit(element: etree._Element, inside: Sequence[etree._Element]) -> nodes.Function:
    index = nodes.Number(integer(one(element, "bitIndex")))
    return nodes.Function("bit", (_operand(element, inside), index), line=line_of(element))


def _cast(element: etree._Element, inside: Sequence[etree._Element]) -> nodes.Cast:
    name = text(one(element, "type"))
    if name not in TYPES:
        raise failure(element, f"there is no type '{name}'; {suggest(name, TYPES, 20)}")
    return nodes.Cast(TYPES[name], _operand(element, inside), line=line_of(element))


def _field_name(element: etree._Element) -> str:
    field = one(element, "field")
    name = optional(field, "name")
    return text(field if name is None else name)


def _field(element: etree._Element, inside: Sequence[etree._Element]) -> nodes.FieldSelect:
    return nodes.FieldSelect(_operand(element, inside), _field_name(element), line=line_of(element))


def _range(element: etree._Element, inside: Sequence[etree._Element]) -> nodes.RangeConstructor:
    fields = []
    for component in inside:
        _, value = _exactly(component, kids(component), 2)
        line = line_of(component)
        fields.append(nodes.RangeField(_field_name(component), expression(value), line=line))
    if not fields:
        raise failure(element, "'rangeConstructor' needs a component")
    return nodes.RangeConstructor(tuple(fields), line=line_of(element))


# -- domains --------------------------------------------------------------------------------------------------


def _image_crs_domain(element: etree._Element, inside: Sequence[etree._Element]) -> nodes.Domain:
    axis = optional(element, "axis")
    label = text(axis) if axis is not None else None
    return nodes.Domain(_operand(element, inside), label, None, grid=True, line=line_of(element))


def _domain(element: etree._Element, inside: Sequence[etree._Element]) -> nodes.Domain:
    crs = optional(element, "srsName")
    return nodes.Domain(
        _operand(element, inside),
        text(one(element, "axis")),
        nodes.String(text(crs)) if crs is not None else None,
        line=line_of(element),
    )


@dataclass(slots=True)
class _Group:
    """The elements from one ``axis`` to the next."""

    axis: etree._Element
    rest: list[etree._Element]

    def part(self, name: str) -> etree._Element | None:
        return next((one for one in self.rest if local_name(one) == name), None)

    def bound(self, name: str) -> nodes.Expression:
        found = self.part(name)
        if found is None:
            raise failure(self.axis, f"axis {text(self.axis)} needs '{name}'")
        return expression(*_exactly(found, kids(found), 1))

    @property
    def crs(self) -> nodes.String | None:
        found = self.part("srsName")
        return nodes.String(text(found)) if found is not None else None


def _groups(element: etree._Element, inside: Sequence[etree._Element]) -> list[_Group]:
    """The axes after the operand; a method of interpolation is checked on the way."""
    found: list[_Group] = []
    for child in inside[1:]:
        if local_name(child) == "axis" and not _in_domain(found):
            found.append(_Group(child, []))
        elif found:
            found[-1].rest.append(child)
    if not found:
        raise failure(element, f"'{local_name(element)}' needs an axis")
    return found


def _in_domain(groups: Sequence[_Group]) -> bool:
    """Whether the next axis is that of a domain: one follows a coverage, not a bound."""
    rest = groups[-1].rest if groups else []
    known = ("lowerBound", "upperBound", "slicingPosition", "srsName", "name", "interpolationMethod", "nullResistance")
    covers = [place for place, one in enumerate(rest) if local_name(one) not in (*known, "axis")]
    return bool(covers) and not any(local_name(one) == "axis" for one in rest[covers[0] :])


def _interval(group: _Group) -> nodes.Trim | nodes.Within:
    axis, line = text(group.axis), line_of(group.axis)
    within = [place for place, one in enumerate(group.rest) if local_name(one) == "axis"]
    if within:
        place = within[0]
        crs = [one for one in group.rest[place:] if local_name(one) == "srsName"]
        domain = nodes.Domain(
            expression(group.rest[place - 1]),
            text(group.rest[place]),
            nodes.String(text(crs[0])) if crs else None,
            line=line,
        )
        before = [one for one in group.rest[: place - 1] if local_name(one) == "srsName"]
        return nodes.Within(axis, domain, nodes.String(text(before[0])) if before else None, line=line)
    return nodes.Trim(axis, group.bound("lowerBound"), group.bound("upperBound"), group.crs, line=line)


def _trim(element: etree._Element, inside: Sequence[etree._Element]) -> nodes.Subset:
    intervals = tuple(_interval(group) for group in _groups(element, inside))
    return nodes.Subset(_operand(element, inside), intervals, line=line_of(element))


def _slice(element: etree._Element, inside: Sequence[etree._Element]) -> nodes.Subset:
    points = tuple(
        nodes.Slice(text(group.axis), group.bound("slicingPosition"), group.crs, line=line_of(group.axis))
        for group in _groups(element, inside)
    )
    return nodes.Subset(_operand(element, inside), points, line=line_of(element))


def _extend(element: etree._Element, inside: Sequence[etree._Element]) -> nodes.Extend:
    intervals = tuple(_interval(group) for group in _groups(element, inside))
    return nodes.Extend(_operand(element, inside), intervals, line=line_of(element))


def _methods(inside: Sequence[etree._Element]) -> list[str]:
    return [text(child) for child in inside if local_name(child) == "interpolationMethod"]


def _scale(element: etree._Element, inside: Sequence[etree._Element]) -> nodes.Scale:
    for method in _methods(inside):
        if method not in _NEAREST:
            raise failure(element, f"scale takes the nearest cell; there is no interpolationMethod '{method}' here")
    intervals = tuple(_interval(group) for group in _groups(element, inside))
    return nodes.Scale(_operand(element, inside), intervals, line=line_of(element))


def _crs_transform(element: etree._Element, inside: Sequence[etree._Element]) -> nodes.CrsTransform:
    crss, bounds = [], []
    for group in _groups(element, inside):
        if group.crs is None:
            raise failure(group.axis, f"axis {text(group.axis)} needs 'srsName'")
        crss.append(nodes.AxisCrs(text(group.axis), group.crs))
        bounds.append(_interval(group))
    methods = set(_methods(inside))
    if len(methods) > 1:
        raise failure(element, "all fields take one interpolationMethod")
    return nodes.CrsTransform(
        _operand(element, inside),
        tuple(crss),
        methods.pop() if methods else None,
        (),
        tuple(bounds),
        line=line_of(element),
    )


# -- iterators ------------------------------------------------------------------------------------------------


def _iterator(element: etree._Element) -> nodes.Iterator:
    inside = kids(element)
    if len(inside) != 4 or [local_name(one) for one in inside[:2]] != ["iteratorVar", "axis"]:
        raise failure(element, "an iterator holds iteratorVar, axis, and two bounds or a coverage and its axis")
    variable, axis, *rest = inside
    domain: nodes.Domain | nodes.IteratorRange
    if local_name(rest[1]) == "axis":
        domain = nodes.Domain(expression(rest[0]), text(rest[1]), None, grid=True)
    else:
        domain = nodes.IteratorRange(expression(rest[0]), expression(rest[1]))
    return nodes.Iterator(text(variable), text(axis), domain, line=line_of(element))


def _iterators(element: etree._Element, name: str) -> tuple[nodes.Iterator, ...]:
    found = tuple(_iterator(child) for child in kids(element) if local_name(child) == name)
    if not found:
        raise failure(element, f"'{local_name(element)}' needs '{name}'")
    return found


def _condense(element: etree._Element, inside: Sequence[etree._Element]) -> nodes.Expression:
    if len(inside) == 1:
        return expression(inside[0])
    iterators = _iterators(element, "iterator")
    operator, using = local_name(inside[0]), inside[-1]
    if operator not in _CONDENSERS:
        raise failure(element, f"'{operator}' does not condense; {suggest(operator, _CONDENSERS)}")
    where = optional(element, "where")
    condition = expression(*_exactly(where, kids(where), 1)) if where is not None else None
    return nodes.Condense(_CONDENSERS[operator], iterators, condition, expression(using), line=line_of(element))


def _construct(element: etree._Element, inside: Sequence[etree._Element]) -> nodes.Coverage:
    iterators = _iterators(element, "axisIterator")
    return nodes.Coverage(text(one(element, "name")), iterators, expression(inside[-1]), line=line_of(element))


def _const(element: etree._Element, inside: Sequence[etree._Element]) -> nodes.ConstantCoverage:
    iterators = _iterators(element, "axisIterator")
    values: list[nodes.Literal] = []
    for child in inside:
        if local_name(child) == "value":
            literal = expression(*_exactly(child, kids(child), 1))
            if not isinstance(literal, (nodes.Number, nodes.String, nodes.Boolean, nodes.NotANumber, nodes.Complex)):
                raise failure(child, "a value of 'const' is a constant")
            values.append(literal)
    if not values:
        raise failure(element, "'const' needs 'value'")
    return nodes.ConstantCoverage(text(one(element, "name")), iterators, tuple(values), line=line_of(element))


_READERS: dict[str, Callable[[etree._Element, Sequence[etree._Element]], nodes.Expression]] = {
    "coverage": _variable, "variable": _variable, "variableRef": _variable, "numericConstant": _number,
    "integerConstant": _number, "floatConstant": _number, "booleanConstant": _boolean, "stringConstant": _string,
    "complexConstant": _complex, "bit": _bit, "cast": _cast, "fieldSelect": _field, "rangeConstructor": _range,
    "imageCrsDomain": _image_crs_domain, "DomainMetadata": _domain, "trim": _trim, "slice": _slice, "extend": _extend,
    "scale": _scale, "crsTransform": _crs_transform, "condense": _condense, "reduce": _condense,
    "construct": _construct, "const": _const,
}  # fmt: skip
