# SPDX-License-Identifier: MIT
# ruff: noqa: D102 - the methods are the rules of the grammar, which says what they are
"""Rules of ``grammar.lark`` for literals, operators and functions."""

from __future__ import annotations

import difflib
import math
import re
from typing import Any, TypeAlias

from lark import Token, Transformer

from eoxserver.core.errors import suggest
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.functions import CONDENSERS, FUNCTIONS, METADATA, TIME_UNITS, every_function
from eoxserver.services.wcps.mistakes import Mistake
from eoxserver.services.wcps.nodes import CellType
from eoxserver.services.wcps.places import at, on_axis

__all__ = ["TYPES", "ExpressionRules", "Items", "unquoted"]

Items: TypeAlias = list[Any]
"""Tokens, nodes, tuples of nodes, and None for what lacks."""

TYPES = {one.value: one for one in CellType} | {
    "bool": CellType.BOOLEAN,
    "unsigned char": CellType.CHAR,
    "ushort": CellType.USHORT,
    "int": CellType.LONG,
    "unsigned int": CellType.ULONG,
    "ulong": CellType.ULONG,
    "cfloat32": CellType.COMPLEX,
    "cfloat64": CellType.COMPLEXD,
    "complex2": CellType.COMPLEXD,
}
_ESCAPED = re.compile(r'\\(["\\])')
_MAX_DIGITS = 400
"""No number that a cell or coordinate holds has more."""


def unquoted(token: Token) -> str:
    """The text between the quotes, without escapes."""
    text = token[1:-1]
    return _ESCAPED.sub(r"\1", text) if "\\" in text else str(text)


class ExpressionRules(Transformer[Token, Any]):
    """Makes literals, operators and functions; raises Mistake."""

    # -- literals and names ------------------------------------------------------------------------

    def number(self, items: Items) -> nodes.Number:
        token = items[0]
        if len(token) > _MAX_DIGITS:
            raise Mistake(f"a number has {len(token)} characters; {_MAX_DIGITS} are accepted", **at(token))
        value = int(token) if token.isdigit() else float(token)
        if math.isinf(value):
            raise Mistake(f"number {token} is too large", **at(token))
        return nodes.Number(value, **at(token))

    def negative(self, items: Items) -> nodes.Number:
        sign, number = items
        return nodes.Number(-number.value if sign == "-" else number.value, **at(sign))

    def string(self, items: Items) -> nodes.String:
        return nodes.String(unquoted(items[0]), **at(items[0]))

    def positional(self, items: Items) -> nodes.Positional:
        token = items[0]
        if len(token) > 6:
            raise Mistake(f"there is no parameter {token}; the greatest is $99999", **at(token))
        return nodes.Positional(int(token[1:]), **at(token))

    def boolean(self, items: Items) -> nodes.Boolean:
        return nodes.Boolean(items[0].lower() == "true", **at(items[0]))

    def nan(self, items: Items) -> nodes.NotANumber:
        return nodes.NotANumber(**at(items[0]))

    def variable(self, items: Items) -> nodes.Variable:
        return nodes.Variable(str(items[0]), **at(items[0]))

    dollar_variable = variable

    def complex_number(self, items: Items) -> nodes.Complex:
        real, imaginary = items
        for part in items:
            if not isinstance(part, nodes.Number):
                raise Mistake(
                    "the parts of a complex number must be numbers, as (1, 2.5)",
                    hint="an expression in parentheses has no ','; fields of a struct stand in {name: e; ...}",
                    **at(part),
                )
        return nodes.Complex(real.value, imaginary.value, **at(real))

    # -- operators ---------------------------------------------------------------------------------

    def unary(self, items: Items) -> nodes.Expression:
        operator, operand = items
        if operator == "-" and isinstance(operand, nodes.Number):
            return nodes.Number(-operand.value, **at(operator))
        return nodes.Unary(operator.lower(), operand, **at(operator))

    def binary(self, items: Items) -> nodes.Binary:
        left, operator, right = items
        return nodes.Binary(operator.lower(), left, right, **at(operator))

    def cast(self, items: Items) -> nodes.Cast:
        name, operand = items
        return nodes.Cast(TYPES[" ".join(name.lower().split())], operand, **at(name))

    def is_null(self, items: Items) -> nodes.IsNull:
        operand, keyword, negation, _ = items
        return nodes.IsNull(operand, negation is not None, **at(keyword))

    def null_interval(self, items: Items) -> nodes.NullInterval:
        low, high = items
        return nodes.NullInterval(low, high, **at(low))

    def null_values(self, items: Items) -> nodes.NullValues:
        operand, keyword, _, *intervals = items
        return nodes.NullValues(operand, tuple(intervals), **at(keyword))

    def null_mask(self, items: Items) -> nodes.NullMask:
        operand, keyword, _, mask = items
        return nodes.NullMask(operand, None if isinstance(mask, Token) else mask, **at(keyword))

    def field(self, items: Items) -> nodes.Expression:
        operand, name = items
        if isinstance(operand, nodes.Domain):
            part = name.lower()
            if part not in ("lo", "hi", "resolution"):
                raise Mistake(f"a domain has no '{name}'; {suggest(part, ('lo', 'hi', 'resolution'))}", **at(name))
            return nodes.DomainPart(operand, part, **at(name))
        return nodes.FieldSelect(operand, str(name), **at(name))

    def concatenation(self, items: Items) -> nodes.Concatenation:
        left, right = items
        return nodes.Concatenation(left, right, **at(right))

    # -- functions ---------------------------------------------------------------------------------

    def interval(self, items: Items) -> nodes.IteratorRange:
        low, high = items
        return nodes.IteratorRange(low, high, **at(low))

    def call(self, items: Items) -> nodes.Expression:
        name, *arguments = items
        arguments = [] if arguments == [None] else arguments
        key, where = name.lower(), at(name)
        count = len(arguments)
        if key in TIME_UNITS:
            return _time_units(name, arguments)
        for one in arguments:
            if isinstance(one, nodes.IteratorRange):
                raise Mistake(f"{name}() takes no interval; intervals stand in axis(low:high)", **at(one))
        if key in CONDENSERS and count == 1:
            return nodes.Reduce(CONDENSERS[key], arguments[0], **where)
        if key in FUNCTIONS:
            _check_count(name, count, *FUNCTIONS[key])
            return nodes.Function(key, tuple(arguments), **where)
        if key in CONDENSERS or key in METADATA:
            _check_count(name, count, 1, 1)
            return nodes.Metadata(METADATA[key], arguments[0], **where)
        if key == "scalefactor":
            _check_count(name, count, 2, 2)
            return nodes.ScaleFactor(arguments[0], arguments[1], **where)
        if key == "polygonize":
            return _polygonize(name, arguments)
        raise _no_function(name)

    def domain(self, items: Items) -> nodes.Domain:
        keyword, operand, axis, crs = (*items, None, None)[:4]
        grid = keyword.lower() != "domain"
        if grid and crs is not None:
            raise Mistake("imageCrsDomain() takes a coverage and an axis; it has no CRS", **at(crs))
        if axis is None:
            return nodes.Domain(operand, None, crs, grid, **at(keyword))
        return nodes.Domain(operand, str(axis), crs, grid, **on_axis(axis), **at(keyword))


def _check_count(name: Token, count: int, least: int, most: int) -> None:
    if not least <= count <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise Mistake(f"{name}() takes {wanted} argument{'s' if wanted != '1' else ''}, not {count}", **at(name))


def _no_function(name: Token) -> Mistake:
    if name.lower() in ("encode", "describe", "describecoverage"):
        return Mistake(f"{name}() stands directly after return, and nowhere else", **at(name))
    near = difflib.get_close_matches(name.lower(), every_function(), n=1)
    return Mistake(f"there is no function '{name}'", hint=f"did you mean '{near[0]}'?" if near else "", **at(name))


def _time_units(name: Token, arguments: Items) -> nodes.TimeUnits:
    unit, each = TIME_UNITS[name.lower()]
    if len(arguments) == 1 and isinstance(arguments[0], nodes.IteratorRange):
        return nodes.TimeUnits(unit, arguments[0].low, arguments[0].high, each, **at(name))
    _check_count(name, len(arguments), 1, 1)
    return nodes.TimeUnits(unit, arguments[0], None, each, **at(name))


def _polygonize(name: Token, arguments: Items) -> nodes.Polygonize:
    _check_count(name, len(arguments), 2, 3)
    operand, form, *connectivity = arguments
    if not isinstance(form, (nodes.String, nodes.Positional)):
        raise Mistake('polygonize() takes the name of a format, as "GeoJSON"', **at(form))
    if not connectivity:
        return nodes.Polygonize(operand, form, **at(name))
    if connectivity[0] not in (nodes.Number(4), nodes.Number(8)):
        raise Mistake("polygonize() connects 4 or 8 neighbours", **at(connectivity[0]))
    return nodes.Polygonize(operand, form, connectivity[0].value, **at(name))
