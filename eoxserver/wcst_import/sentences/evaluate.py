# SPDX-License-Identifier: MIT
"""The value of a sentence for one file (wcst_import specification, section 7).

An expression inside quotes becomes part of the text; elsewhere it is a value: a number where the file has a number, or
text that reads as one. The rest is Python, of which a whitelist of syntax is evaluated by ``simpleeval``: no attribute
that begins with ``_``, no method but those of texts, numbers, lists and dates, no import, no assignment.
"""

from __future__ import annotations

import ast
import datetime
import math
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, TypeAlias

import simpleeval

from eoxserver.wcst_import.errors import SentenceError
from eoxserver.wcst_import.sentences.functions import FUNCTIONS, LONGEST

__all__ = ["Find", "Sentence", "expressions"]

Find: TypeAlias = Callable[[tuple[str, ...]], Any]
"""From the parts of an expression (``("gdal", "minX")``) to its value; raises SentenceError."""

_EXPRESSION = re.compile(r"\$\{([^{}]*)\}")
_STAND_IN = re.compile(r"_value(\d+)_")
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")

_DATES: dict[type | None, set[str]] = {
    each: {name for name in dir(each) if not name.startswith("_")}
    for each in (datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone)
}


def expressions(text: str) -> list[tuple[str, ...]]:
    """The expressions of a sentence, each as its parts.

    >>> expressions("${netcdf:variable:time:min} + 1")
    [('netcdf', 'variable', 'time', 'min')]
    """
    return [tuple(found.split(":")) for found in _EXPRESSION.findall(text)]


class Sentence:
    """A sentence, read once and evaluated for many files.

    Parameters
    ----------
    text : str or number
        As it stands in the ingredients; a number is its own value.
    names : mapping
        What ``statements`` import.
    key : str
        Where it stands, for messages.

    Raises
    ------
    SentenceError
        When it is not written as Python is.
    """

    def __init__(self, text: str | float, names: Mapping[str, Any] | None = None, key: str = "") -> None:
        self.text = str(text)
        self.key = key
        self.expressions = expressions(self.text)
        self._names = dict(names or {})
        self._alone = _EXPRESSION.fullmatch(self.text.strip()) is not None
        numbers = iter(range(len(self.expressions)))
        stood_in = _EXPRESSION.sub(lambda _: f"_value{next(numbers)}_", self.text).strip()
        try:
            with warnings.catch_warnings(action="ignore"):  # of backslashes, which patterns have
                self._tree = ast.parse(stood_in, mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            raise SentenceError(
                f"'{self.text}' is no sentence: {error}; text takes quotes of its own: \"'...'\"", locator=key
            ) from error

    def evaluate(self, find: Find) -> Any:
        """The value: a number, text, or a list.

        Raises
        ------
        SentenceError
            When an expression has no value, or Python cannot compute it; shows the sentence as given, and with the
            values of its expressions.
        """
        values = [find(parts) for parts in self.expressions]
        if self._alone:
            return _as_value(values[0])
        names = {f"_value{number}_": _as_value(value) for number, value in enumerate(values)}
        simpleeval.MAX_COMPREHENSION_LENGTH = LONGEST  # the library's own setting, there is no other way to it
        evaluator = simpleeval.EvalWithCompoundTypes(
            functions={**FUNCTIONS, **{name: each for name, each in self._names.items() if callable(each)}},
            names={**names, **self._names, "True": True, "False": False, "None": None},
            allowed_attrs={**simpleeval.BASIC_ALLOWED_ATTRS, **_DATES},
        )
        try:
            return evaluator.eval(self.text, previously_parsed=_Texts(values).visit(deepcopy(self._tree)))
        except (simpleeval.InvalidExpression, ArithmeticError, LookupError, TypeError, ValueError) as error:
            shown = self._shown(values)
            raise SentenceError(f"'{self.text}'{shown} has no value: {error}", locator=self.key) from error

    def _shown(self, values: Sequence[Any]) -> str:
        if not values:
            return ""
        texts = iter([_short(value) for value in values])
        return f", which is '{_EXPRESSION.sub(lambda _: next(texts), self.text)}',"


class _Texts(ast.NodeTransformer):
    """Puts values into the texts in which they stand."""

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = values

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        """Of a text, one with the values."""
        if isinstance(node.value, str) and "_value" in node.value:
            text = _STAND_IN.sub(lambda found: str(self._values[int(found[1])]), node.value)
            return ast.copy_location(ast.Constant(text), node)
        return node


def _as_value(value: Any) -> Any:
    """Text that reads as a number is one."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        text = value.strip()
        return int(text) if re.fullmatch(r"[-+]?\d+", text) else float(text)
    if isinstance(value, float) and math.isfinite(value) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:70]}... ({len(text)} characters)"
