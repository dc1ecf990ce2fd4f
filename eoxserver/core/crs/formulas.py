# SPDX-License-Identifier: MIT
"""Formulas for parameters of CRSs: arithmetic over the values of other parameters.

``floor((${lon} + 180) / 6) + 1`` is one. There are numbers, ``+ - * / // % **``, comparisons, ``a if test else b``, and
``abs, ceil, floor, max, min, round``, which may be written ``Math.floor`` too. Nothing else is evaluated.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping

from eoxserver.core.errors import CrsUnknown

__all__ = ["check_formula", "evaluate_formula", "formula_names"]

LONGEST = 500
"""Longest text of a formula [characters]."""

_PLACEHOLDER = re.compile(r"\$\{([^{}]*)\}")
_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: math.pow,
}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "abs": abs, "ceil": math.ceil, "floor": math.floor, "max": max, "min": min, "round": round,
}  # fmt: skip


def formula_names(text: str) -> tuple[str, ...]:
    """The parameters that a formula names, each once.

    >>> formula_names("${lon} + 2 * ${lon} - ${lat}")
    ('lon', 'lat')
    """
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))


def check_formula(text: str) -> None:
    """Refuse what is no formula; raises CrsUnknown."""
    try:
        _value(_parsed(text), dict.fromkeys(formula_names(text), 1.0))
    except (ArithmeticError, ValueError):
        return  # of these values, not of others
    except RecursionError as error:
        raise _no_formula(text, "it is nested too deeply") from error


def evaluate_formula(text: str, values: Mapping[str, str]) -> str:
    """The value of a formula, as it stands in a definition.

    Parameters
    ----------
    values : mapping
        Those of the parameters that it names.

    Raises
    ------
    CrsUnknown
        When one of them is no number, or there is no result.

    >>> evaluate_formula("floor((${lon} + 180) / 6) + 1", {"lon": "14.5"})
    '33'
    """
    numbers = {name: _number(name, values[name]) for name in formula_names(text)}
    try:
        result = float(_value(_parsed(text), numbers))
    except (ArithmeticError, ValueError, RecursionError) as error:
        raise _no_formula(text, f"it has no result: {error}") from error
    if not math.isfinite(result):
        raise _no_formula(text, "its result is not finite")
    return str(int(result)) if result.is_integer() and abs(result) < 1e15 else repr(result)


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise CrsUnknown(f"parameter '{name}' is '{text}', of which a formula needs a number", locator=name)
    return value


def _parsed(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise _no_formula(text[:40], f"it has more than {LONGEST} characters")
    plain = _PLACEHOLDER.sub(lambda match: f"(_['{match[1]}'])", text.replace("Math.", ""))
    try:
        return ast.parse(plain.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise _no_formula(text, "it is not arithmetic") from error


def _value(node: ast.expr, numbers: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return value
        case ast.Subscript(value=ast.Name(id="_"), slice=ast.Constant(value=str() as name)):
            return numbers[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, numbers)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand, numbers)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](float(_value(left, numbers)), float(_value(right, numbers)))
        case ast.IfExp(test=ast.Compare(left=left, ops=[op], comparators=[right]), body=body, orelse=orelse) if (
            type(op) in _COMPARISONS
        ):
            holds = _COMPARISONS[type(op)](_value(left, numbers), _value(right, numbers))
            return _value(body if holds else orelse, numbers)
        case ast.Call(func=ast.Name(id=name), args=[_, *_] as args, keywords=[]) if name in _FUNCTIONS:
            if (len(args) < 2) if name in ("max", "min") else (len(args) != 1):
                raise _no_formula(ast.unparse(node), f"{name} has another number of arguments")
            return float(_FUNCTIONS[name](*(_value(arg, numbers) for arg in args)))
    raise _no_formula(
        ast.unparse(node).replace("_['", "${").replace("']", "}"),
        f"accepted: numbers, ${{name}}, + - * / // % **, a if x < y else b, {', '.join(_FUNCTIONS)}",
    )


def _no_formula(text: str, reason: str) -> CrsUnknown:
    return CrsUnknown(f"formula '{text}': {reason}", locator="parameters")
