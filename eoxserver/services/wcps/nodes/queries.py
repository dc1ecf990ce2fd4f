# SPDX-License-Identifier: MIT
"""Whole queries, and how a tree is walked."""

from __future__ import annotations

from collections.abc import Iterator as Iterable
from dataclasses import dataclass

from eoxserver.services.wcps.nodes.domains import SubsetList
from eoxserver.services.wcps.nodes.expressions import Decode, Expression
from eoxserver.services.wcps.nodes.literals import Shape, Syntax, Text

__all__ = [
    "Assignment", "Binding", "CoverageName", "Describe", "Encode", "Query", "children", "walk",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class CoverageName(Syntax):
    """A coverage of the catalogue."""

    name: str


@dataclass(frozen=True, slots=True)
class Encode(Syntax):
    """``encode(e, format, extra)``."""

    operand: Expression
    format: Text
    extra: Text | None = None


@dataclass(frozen=True, slots=True)
class Describe(Syntax):
    """``describe(e, format, extra)``."""

    operand: Expression
    format: Text
    extra: Text | None = None


@dataclass(frozen=True, slots=True)
class Binding(Syntax):
    """``variable in (source, ...)``."""

    variable: str
    sources: tuple[CoverageName | Decode, ...]


@dataclass(frozen=True, slots=True)
class Assignment(Syntax):
    """``variable := value``."""

    variable: str
    value: Expression | Shape | SubsetList


@dataclass(frozen=True, slots=True)
class Query(Syntax):
    """``for ... let ... where ... return ...``."""

    bindings: tuple[Binding, ...]
    assignments: tuple[Assignment, ...]
    where: Expression | None
    result: Expression | Encode | Describe


def children(node: Syntax) -> list[Syntax]:
    """The nodes directly below a node, in the order of the text."""
    found: list[Syntax] = []
    name: str
    for name in node.__match_args__:
        _collect(getattr(node, name), found)
    return found


def _collect(value: object, found: list[Syntax]) -> None:
    if isinstance(value, Syntax):
        found.append(value)
    elif isinstance(value, tuple):
        for one in value:
            _collect(one, found)


def walk(node: Syntax) -> Iterable[Syntax]:
    """A node and all below it, each before what is below it."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(reversed(children(one)))
