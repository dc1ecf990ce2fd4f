# SPDX-License-Identifier: MIT
"""How parts of queries are written: literals, operators and functions, and how tightly each expression binds.

Parentheses stand only where the tree needs them: every expression has a level of how tightly it binds, as the rules of
``grammar.lark`` have it, and stands in parentheses where a tighter one is wanted. ``unparse`` adds the other parts.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch

from eoxserver.services.wcps import nodes

__all__ = ["OR", "POSTFIX", "braced", "bracketed", "crs_part", "listed", "more", "quoted", "write"]

_OVERLAY, OR, _AND, _COMPARISON, _SUM, _PRODUCT, _UNARY, POSTFIX = range(8)

_LEVELS = {
    "overlay": _OVERLAY, "or": OR, "xor": OR, "and": _AND,
    "<": _COMPARISON, "<=": _COMPARISON, ">": _COMPARISON, ">=": _COMPARISON, "=": _COMPARISON, "!=": _COMPARISON,
    "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT,
}  # fmt: skip

_OPEN = (nodes.Condense, nodes.Coverage, nodes.Sort, nodes.Switch)
"""What ends with an expression, and so takes in all operators that follow."""


def _level(node: nodes.Syntax) -> int:
    match node:
        case nodes.Binary(operator):
            return _LEVELS[operator]
        case nodes.IsNull() | nodes.NullValues() | nodes.NullMask():
            return _COMPARISON
        case nodes.Unary() | nodes.Cast():
            return _UNARY
        case nodes.Number(value):
            return _UNARY if str(value).startswith("-") else POSTFIX
        case nodes.Clip():
            return _UNARY
    return -1 if isinstance(node, _OPEN) else POSTFIX


def bracketed(node: nodes.Syntax, level: int) -> str:
    """An expression where one that binds at least as tightly as ``level`` is wanted."""
    text = write(node)
    return f"({text})" if _level(node) < level else text


def listed(parts: Iterable[nodes.Syntax], separator: str = ", ") -> str:
    """Parts one after the other."""
    return separator.join(write(one) for one in parts)


def quoted(text: str) -> str:
    """Text in quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def crs_part(crs: nodes.Text | None) -> str:
    """The CRS behind the name of an axis, if there is one."""
    return f":{write(crs)}" if crs is not None else ""


def more(part: nodes.Syntax | None) -> str:
    """One more argument, if there is one."""
    return f", {write(part)}" if part is not None else ""


def braced(target: tuple[nodes.Syntax, ...] | nodes.Syntax) -> str:
    """One part or several in braces."""
    return f"{{{listed(target) if isinstance(target, tuple) else write(target)}}}"


@singledispatch
def write(node: nodes.Syntax) -> str:
    """The text of a part of a query; raises TypeError for what is none."""
    raise TypeError(f"{type(node).__name__} is no part of a query")


# -- literals and names ---------------------------------------------------------------------------------------


@write.register
def _(node: nodes.Number) -> str:
    return repr(node.value)


@write.register
def _(_node: nodes.NotANumber) -> str:
    return "nan"


@write.register
def _(node: nodes.Boolean) -> str:
    return "true" if node.value else "false"


@write.register
def _(node: nodes.String) -> str:
    return quoted(node.value)


@write.register
def _(node: nodes.Complex) -> str:
    return f"({node.real!r}, {node.imaginary!r})"


@write.register
def _(node: nodes.Positional) -> str:
    return f"${node.number}"


@write.register
def _(node: nodes.Variable) -> str:
    return node.name


# -- operators and functions ----------------------------------------------------------------------------------


@write.register
def _(node: nodes.Unary) -> str:
    operand = bracketed(node.operand, _UNARY)
    return (
        f"{node.operator} {operand}"
        if node.operator == "not" or operand[0] == node.operator
        else (f"{node.operator}{operand}")
    )


@write.register
def _(node: nodes.Binary) -> str:
    level = _LEVELS[node.operator]
    left = bracketed(node.left, level + 1 if level == _COMPARISON else level)
    return f"{left} {node.operator} {bracketed(node.right, level + 1)}"


@write.register
def _(node: nodes.Cast) -> str:
    return f"({node.type.value}) {bracketed(node.operand, _UNARY)}"


@write.register
def _(node: nodes.IsNull) -> str:
    return f"{bracketed(node.operand, _SUM)} is {'not ' if node.negated else ''}null"


@write.register
def _(node: nodes.NullInterval) -> str:
    return write(node.low) + (f":{write(node.high)}" if node.high is not None else "")


@write.register
def _(node: nodes.NullValues) -> str:
    return f"{bracketed(node.operand, _SUM)} null values [{listed(node.intervals)}]"


@write.register
def _(node: nodes.NullMask) -> str:
    mask = bracketed(node.mask, _SUM) if node.mask is not None else "discard"
    return f"{bracketed(node.operand, _SUM)} null mask {mask}"


@write.register
def _(node: nodes.FieldSelect) -> str:
    operand = bracketed(node.operand, POSTFIX)
    bare = isinstance(node.operand, nodes.Number) and operand[0] != "("
    return f"({operand}).{node.field}" if bare else f"{operand}.{node.field}"


@write.register
def _(node: nodes.Concatenation) -> str:
    return f"{bracketed(node.left, POSTFIX)} . {bracketed(node.right, POSTFIX)}"


@write.register
def _(node: nodes.Function) -> str:
    return f"{node.name}({listed(node.arguments)})"


@write.register
def _(node: nodes.Reduce) -> str:
    return f"{node.operator}({write(node.operand)})"


@write.register
def _(node: nodes.Metadata) -> str:
    return f"{node.function}({write(node.operand)})"


@write.register
def _(node: nodes.Domain) -> str:
    axis = f", {node.axis}" if node.axis is not None else ""
    return f"{'imageCrsDomain' if node.grid else 'domain'}({write(node.operand)}{axis}{more(node.crs)})"


@write.register
def _(node: nodes.DomainPart) -> str:
    return f"{write(node.domain)}.{node.part}"


@write.register
def _(node: nodes.TimeUnits) -> str:
    high = f":{write(node.high)}" if node.high is not None else ""
    return f"{'all' if node.each else ''}{node.unit}({write(node.low)}{high})"


@write.register
def _(node: nodes.Polygonize) -> str:
    return f"polygonize({write(node.operand)}, {write(node.format)}, {node.connectivity})"
