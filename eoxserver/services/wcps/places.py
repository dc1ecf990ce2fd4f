# SPDX-License-Identifier: MIT
"""Messages that show the place in a query: its line and column, the line itself, and a caret under the place."""

from __future__ import annotations

from typing import Protocol, TypedDict, TypeVar

from eoxserver.core.errors import WcpsError, without_long_words

__all__ = ["AxisPlace", "Place", "at", "on_axis", "pointed", "shown"]

_BEFORE = 60
_AFTER = 30
"""How much of a long line is shown before and after the place [characters]."""

E = TypeVar("E", bound=WcpsError)


class Place(TypedDict):
    """Where something starts, from 1."""

    line: int
    column: int


class _Placed(Protocol):
    @property
    def line(self) -> int | None: ...
    @property
    def column(self) -> int | None: ...


def at(part: _Placed) -> Place:
    """The place of a token or node, as arguments for a node or a mistake."""
    return {"line": part.line or 0, "column": part.column or 0}


class AxisPlace(TypedDict):
    """Where the name of an axis starts, from 1."""

    axis_line: int
    axis_column: int


def on_axis(part: _Placed) -> AxisPlace:
    """The place of the name of an axis, as arguments for a node."""
    return {"axis_line": part.line or 0, "axis_column": part.column or 0}


def shown(text: str, line: int, column: int) -> str:
    """The line of a text with a caret below ``column``; of a long line the part around it.

    >>> print(shown("for $c (mr)", 1, 8))
    for $c (mr)
           ^
    """
    lines = text.split("\n")
    whole = lines[line - 1] if 0 < line <= len(lines) else ""
    place = min(max(column, 1), len(whole) + 1) - 1
    start = max(0, place - _BEFORE)
    end = min(len(whole), place + _AFTER)
    cut = "".join(char if char.isprintable() else " " for char in whole[start:end])
    left = "... " if start else ""
    right = " ..." if end < len(whole) else ""
    return f"{left}{cut}{right}\n{' ' * (len(left) + place - start)}^"


def pointed(kind: type[E], message: str, text: str, line: int, column: int, hint: str = "") -> E:
    """An error that shows its place in the ``text`` of a query.

    Parameters
    ----------
    kind : class of WcpsError
    message : str
        What is wrong, in one line; the longest words are shortened.
    text : str
        The query; empty when there is none to show.
    line, column : int
        The place, from 1; a line of 0 shows none.
    hint : str
        What may help, below the caret.
    """
    message, hint = without_long_words(message), without_long_words(hint)
    if not text or line < 1:
        return kind(f"{message}\n{hint}" if hint else message, locator="query", line=line, column=column)
    parts = [f"line {line}, column {column}: {message}", shown(text, line, column)]
    return kind("\n".join([*parts, hint] if hint else parts), locator="query", line=line, column=column)
