# SPDX-License-Identifier: MIT
"""Parameters that come beside a query and stand in it as ``$1``, ``$2``, ... (WCPS specification, section 1).

A text parameter is never pasted into the text of the query. Where text is wanted (a format, a CRS, JSON) it is that
text; inside quotes, ``"$2"``, it takes the place of its number; elsewhere it is read as one expression. So a parameter
cannot end the clause it stands in. A file is only good for ``decode($1)``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from eoxserver.core.errors import WcpsSyntaxError
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.parse import check_depth, parse_expression
from eoxserver.services.wcps.places import Place, at, pointed

__all__ = ["bind"]

_NUMBERED = re.compile(r"\$([0-9]{1,5})(?![0-9])")
_TEXTS = ("crs", "format", "extra")
"""Parts of nodes where text is wanted."""

N = TypeVar("N", bound=nodes.Syntax)


def bind(query: nodes.Query, texts: Mapping[int, str], files: Collection[int] = (), source: str = "") -> nodes.Query:
    """The query with its text parameters in their places.

    Parameters
    ----------
    query : Query
    texts : mapping
        Text parameters by their numbers.
    files : collection of int
        The numbers of parameters that are files.
    source : str
        The text of the query, for messages.

    Raises
    ------
    WcpsSyntaxError
        When a parameter lacks, is of the wrong kind, or is no expression where one is wanted.
    """
    if not any(_concerns(node) for node in nodes.walk(query)):
        return query
    bound = _Binding(texts, files, source).node(query)
    check_depth(source, bound)
    return bound


def _concerns(node: nodes.Syntax) -> bool:
    return isinstance(node, nodes.Positional) or (isinstance(node, nodes.String) and "$" in node.value)


@dataclass(frozen=True, slots=True)
class _Binding:
    texts: Mapping[int, str]
    files: Collection[int]
    source: str

    def node(self, node: N) -> N:
        """A node with all parameters below it in their places; the node itself when there is none."""
        changed: dict[str, Any] = {}
        name: str
        for name in node.__match_args__:
            old = getattr(node, name)
            new = self._part(old, name)
            if new is not old:
                changed[name] = new
        return replace(node, **changed) if changed else node

    def _part(self, value: object, name: str) -> object:
        if isinstance(value, nodes.Positional):
            return self._positional(value, name)
        if isinstance(value, nodes.String):
            text = _NUMBERED.sub(lambda found: self.texts.get(int(found[1]), found[0]), value.value)
            return value if text == value.value else nodes.String(text, **at(value))
        if isinstance(value, nodes.Syntax):
            return self.node(value)
        if isinstance(value, tuple):
            parts = tuple(self._part(one, name) for one in value)
            return parts if any(a is not b for a, b in zip(parts, value, strict=True)) else value
        return value

    def _positional(self, value: nodes.Positional, name: str) -> nodes.Syntax:
        number = value.number
        if name == "source":
            if number not in self.files:
                found = "is text" if number in self.texts else "did not come with the query"
                raise self._error(value, f"decode() takes a file, and parameter ${number} {found}")
            return value
        if number not in self.texts:
            found = "is a file; only decode() takes files" if number in self.files else "did not come with the query"
            raise self._error(value, f"parameter ${number} {found}")
        text = self.texts[number]
        if name in _TEXTS:
            return nodes.String(text, **at(value))
        try:
            return _moved(parse_expression(text), at(value))
        except WcpsSyntaxError as error:
            raise self._error(value, f"parameter ${number} is no expression: {error.message}") from error

    def _error(self, value: nodes.Positional, message: str) -> WcpsSyntaxError:
        return pointed(WcpsSyntaxError, message, self.source, value.line, value.column)


def _moved(node: N, place: Place) -> N:
    """The same tree, all of it at one place."""
    changed: dict[str, Any] = dict(place)
    if isinstance(node, nodes.OnAxis):
        changed |= {"axis_line": 0, "axis_column": 0}
    name: str
    for name in node.__match_args__:
        changed[name] = _moved_part(getattr(node, name), place)
    return replace(node, **changed)


def _moved_part(value: object, place: Place) -> object:
    if isinstance(value, nodes.Syntax):
        return _moved(value, place)
    return tuple(_moved_part(one, place) for one in value) if isinstance(value, tuple) else value
