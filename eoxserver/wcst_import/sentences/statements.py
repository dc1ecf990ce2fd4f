# SPDX-License-Identifier: MIT
"""What ``statements`` bring to a sentence: imports of a short list of harmless names (section 7).

Imported names take the place of functions of the same name: after ``from datetime import datetime``, ``datetime`` is
Python's class.
"""

from __future__ import annotations

import ast
import datetime
import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from eoxserver.core.errors import suggest
from eoxserver.wcst_import.errors import SentenceError

__all__ = ["ALLOWED", "imported"]

ALLOWED: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "datetime": {name: getattr(datetime, name) for name in ("date", "datetime", "time", "timedelta", "timezone")},
        "math": {name: getattr(math, name) for name in dir(math) if not name.startswith("_") and name != "factorial"},
    }
)
"""What may be imported, by module."""


def imported(statements: str | Sequence[str]) -> dict[str, Any]:
    """The names that statements bring.

    Raises
    ------
    SentenceError
        When a statement is no import, or imports something that is not on the list.

    >>> sorted(imported("from datetime import datetime, timedelta as step"))
    ['datetime', 'step']
    """
    names: dict[str, Any] = {}
    for text in [statements] if isinstance(statements, str) else statements:
        try:
            parsed = ast.parse(text.strip())
        except SyntaxError as error:
            raise SentenceError(f"'{text}' is no statement: {error.msg}", locator="statements") from error
        for statement in parsed.body:
            names.update(_names(statement, text))
    return names


def _names(statement: ast.stmt, text: str) -> dict[str, Any]:
    if not isinstance(statement, ast.ImportFrom) or statement.level:
        raise SentenceError(
            f"'{text}' is not allowed; accepted: from {' or '.join(ALLOWED)} import NAME, ...", locator="statements"
        )
    module = ALLOWED.get(statement.module or "")
    if module is None:
        raise SentenceError(
            f"'{text}': nothing can be imported from {statement.module}; {suggest(statement.module or '', ALLOWED)}",
            locator="statements",
        )
    found: dict[str, Any] = {}
    for each in statement.names:
        if each.name not in module:
            raise SentenceError(
                f"'{text}': {each.name} cannot be imported; {suggest(each.name, module, 20)}", locator="statements"
            )
        found[each.asname or each.name] = module[each.name]
    return found
