# SPDX-License-Identifier: MIT
"""Key-value pairs of OGC requests: keys in any case, values as they are.

OGC 06-121r9 (OWS Common) clause 11.5.2: keys are case-insensitive, their order means nothing. A key
that stands twice is an error unless the operation lets it repeat; so is a key that the operation does
not know, because a misspelt optional parameter would otherwise be ignored in silence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Iterator

from eoxserver.core.errors import InvalidParameterValue, InvalidRequest, MissingParameterValue, suggest

__all__ = ["Params"]

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


class Params:
    """The parameters of one request.

    >>> params = Params([("SERVICE", "WCS"), ("subset", "Lat(1)"), ("subset", "Long(2)")])
    >>> params.require("service"), params.all("SUBSET")
    ('WCS', ('Lat(1)', 'Long(2)'))
    """

    __slots__ = ("_values",)

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, list[tuple[str, str]]] = {}
        for key, value in pairs:
            self._values.setdefault(key.lower(), []).append((key, value))

    def __contains__(self, key: str) -> bool:
        return key.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def all(self, key: str) -> tuple[str, ...]:
        """Every value of a key that may repeat."""
        return tuple(value for _, value in self._values.get(key.lower(), ()))

    def get(self, key: str, default: str | None = None) -> str | None:
        """The value of a key; raises InvalidRequest when it stands more than once."""
        values = self.all(key)
        if len(values) > 1:
            raise InvalidRequest(f"parameter '{key}' is given {len(values)} times; once is accepted", locator=key)
        return values[0] if values else default

    def require(self, key: str) -> str:
        """The value of a mandatory key; raises MissingParameterValue when absent or empty."""
        value = self.get(key)
        if value is None or not value.strip():
            raise MissingParameterValue(f"parameter '{key}' is missing", locator=key)
        return value

    def number(self, key: str, default: float | None = None) -> float | None:
        """The finite number of a key; raises InvalidParameterValue."""
        text = self.get(key)
        if text is None or not text.strip():
            return default
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InvalidParameterValue(f"{key}: '{text}' is not a number", locator=key)
        return value

    def integer(self, key: str, low: int, high: int) -> int:
        """The integer of a mandatory key, between ``low`` and ``high``; raises InvalidParameterValue."""
        text = self.require(key).strip()
        if _INTEGER.fullmatch(text) is None or not low <= int(text) <= high:
            raise InvalidParameterValue(
                f"{key}: '{text}' is not accepted; give an integer from {low} to {high}", locator=key
            )
        return int(text)

    def flag(self, key: str, default: bool = False) -> bool:
        """The truth value of a key (``true`` or ``false`` in any case); raises InvalidParameterValue."""
        text = self.get(key)
        if text is None or not text.strip():
            return default
        if text.strip().lower() not in ("true", "false"):
            raise InvalidParameterValue(f"{key}: '{text}' is neither true nor false", locator=key)
        return text.strip().lower() == "true"

    def allow(self, known: Collection[str], prefixes: Collection[str] = ()) -> None:
        """Refuse keys that are not ``known`` and start with none of ``prefixes`` (both in lower case)."""
        for key, values in self._values.items():
            if key not in known and not key.startswith(tuple(prefixes)):
                given = values[0][0]
                raise InvalidRequest(f"unknown parameter '{given}'; {suggest(key, known, 30)}", locator=given)
