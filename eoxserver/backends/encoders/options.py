# SPDX-License-Identifier: MIT
"""Reading encoding parameters: each is known, has a value it accepts, and fits the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eoxserver.core.errors import InvalidParameterValue, suggest

__all__ = ["Options"]


@dataclass(frozen=True)
class Options:
    """The encoding parameters of a request, names in lower case."""

    given: Mapping[str, str]

    @classmethod
    def read(cls, options: Mapping[str, str], known: Sequence[str], name: str) -> Options:
        """Take parameters that the format ``name`` knows.

        Raises
        ------
        InvalidParameterValue
            For one it does not know.
        """
        given = {key.lower(): value.strip() for key, value in options.items()}
        for key in given:
            if key not in known:
                raise InvalidParameterValue(
                    f"{name} has no encoding parameter '{key}'; {suggest(key, known)}", locator=key
                )
        return cls(given)

    def __contains__(self, key: object) -> bool:
        return key in self.given

    def choice(self, key: str, choices: Sequence[str], default: str = "") -> str:
        """One of some words, upper and lower case being the same; answered as written in ``choices``."""
        value = self.given.get(key, default)
        if not value and key not in self.given:
            return default
        for word in choices:
            if word.lower() == value.lower():
                return word
        raise self.bad(key, f"accepted: {', '.join(choices)}")

    def integer(self, key: str, low: int, high: int, default: int, multiple: int = 1) -> int:
        """An integer between two bounds, both included."""
        text = self.given.get(key)
        if text is None:
            return default
        if text.isascii() and text.isdigit() and len(text) < 10:
            value = int(text)
            if low <= value <= high and value % multiple == 0:
                return value
        also = f", a multiple of {multiple}" if multiple > 1 else ""
        raise self.bad(key, f"accepted: an integer from {low} to {high}{also}")

    def boolean(self, key: str, default: bool = False) -> bool:
        """``true`` or ``false``."""
        if key not in self.given:
            return default
        return self.choice(key, ("true", "false")) == "true"

    def bad(self, key: str, accepted: str) -> InvalidParameterValue:
        """The error for a parameter of the request."""
        return InvalidParameterValue(f"encoding parameter {key}='{self.given.get(key, '')}': {accepted}", locator=key)
