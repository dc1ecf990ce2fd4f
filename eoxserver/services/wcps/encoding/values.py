# SPDX-License-Identifier: MIT
"""Reading values of the extra parameters: each says which key is wrong, and what it accepts."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from eoxserver.core.errors import InvalidParameterValue, suggest

__all__ = [
    "a_list",
    "an_object",
    "integer",
    "known_keys",
    "names_of",
    "number",
    "number_of_text",
    "numbers_of",
    "refused",
    "text_of",
    "texts_of",
]  # fmt: skip

NOT_FINITE: Mapping[str, float] = MappingProxyType({
    "nan": math.nan, "nanf": math.nan, "infinity": math.inf, "+infinity": math.inf, "-infinity": -math.inf,
    "inf": math.inf, "-inf": -math.inf,
})  # fmt: skip
_NUMBER = re.compile(r"[+-]?([0-9]{1,400}\.?[0-9]{0,400}|\.[0-9]{1,400})([eE][+-]?[0-9]{1,6})?")
_SHOWN = 60
"""Characters of a wrong value that a message shows."""


def refused(key: str, value: object, accepted: str) -> InvalidParameterValue:
    """The error for a value that a key does not accept."""
    shown = value if isinstance(value, str) else json.dumps(value)
    shown = f"{shown[:_SHOWN]}..." if len(shown) > _SHOWN else shown
    return InvalidParameterValue(f"extra parameter {key}={shown}: accepted: {accepted}", locator=key)


def known_keys(found: Collection[str], known: Collection[str], where: str = "") -> None:
    """Refuse keys that are not known, with the nearest one that is."""
    for key in found:
        if key not in known:
            inside = f" of {where}" if where else ""
            near = next((one for one in known if one.lower() == key.lower()), key[:_SHOWN])
            raise InvalidParameterValue(
                f"the extra parameters cannot be deserialized: no key '{key[:_SHOWN]}'{inside}; "
                f"{suggest(near, known, limit=20)}",
                locator=key[:_SHOWN],
            )


def an_object(key: str, value: object, accepted: str) -> Mapping[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise refused(key, value, accepted)
    return value


def a_list(key: str, value: object, accepted: str) -> list[Any]:
    """A JSON array."""
    if not isinstance(value, list):
        raise refused(key, value, accepted)
    return value


def number_of_text(text: str) -> float | None:
    """The number that a text is, ``NaN``, ``NaNf``, ``Infinity`` and ``-Infinity`` included; None for any other.

    >>> number_of_text("NaNf"), number_of_text("1e3"), number_of_text("x")
    (nan, 1000.0, None)
    """
    word = text.strip()
    if word.lower() in NOT_FINITE:
        return NOT_FINITE[word.lower()]
    return float(word) if _NUMBER.fullmatch(word) else None


def number(key: str, value: object, accepted: str = "a number") -> float:
    """A number, or a text that is one."""
    found: float | None = None
    if isinstance(value, str):
        found = number_of_text(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        try:
            found = float(value)
        except OverflowError:
            found = None
    if found is None:
        raise refused(key, value, accepted)
    return found


def finite(key: str, value: object, accepted: str = "a number") -> float:
    """A finite number."""
    found = number(key, value, accepted)
    if not math.isfinite(found):
        raise refused(key, value, f"{accepted} that is finite")
    return found


def numbers_of(key: str, value: object, accepted: str) -> tuple[float, ...]:
    """A number, or a list of them that is not empty."""
    listed = value if isinstance(value, list) else [value]
    if not listed:
        raise refused(key, value, accepted)
    return tuple(number(key, one, accepted) for one in listed)


def integer(key: str, value: object, low: int, high: int) -> int:
    """An integer between two bounds, both included."""
    found = finite(key, value, f"an integer from {low} to {high}")
    if not found.is_integer() or not low <= found <= high:
        raise refused(key, value, f"an integer from {low} to {high}")
    return int(found)


def text_of(key: str, value: object, accepted: str = "a text") -> str:
    """A text; of numbers and truth values that of JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise refused(key, value, accepted)


def texts_of(key: str, value: object, accepted: str) -> dict[str, str]:
    """An object of texts."""
    return {name: text_of(f"{key}.{name}", one) for name, one in an_object(key, value, accepted).items()}


def names_of(key: str, value: object, accepted: str) -> tuple[str, ...]:
    """A list of names, each once."""
    found = a_list(key, value, accepted)
    if not all(isinstance(one, str) and one for one in found) or len(set(found)) != len(found):
        raise refused(key, value, f"{accepted}, each once")
    return tuple(found)
