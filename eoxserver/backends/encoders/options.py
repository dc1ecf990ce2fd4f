# SPDX-License-Identifier: MIT
"""Reading encoding parameters: each is known, has a value it accepts, and fits the others.

A parameter may have another name, which is GDAL's for the same creation option; messages use the name that was given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eoxserver.core.errors import InvalidParameterValue, suggest

__all__ = ["Options"]


@dataclass(frozen=True)
class Options:
    """The encoding parameters of a request, names in lower case."""

    given: Mapping[str, str]
    spelled: Mapping[str, str] = field(default_factory=dict)
    """The names of parameters as they were given, where they are others."""

    @classmethod
    def read(
        cls, options: Mapping[str, str], known: Sequence[str], name: str, synonyms: Mapping[str, str] | None = None
    ) -> Options:
        """Take parameters that the format ``name`` knows.

        Parameters
        ----------
        synonyms : mapping of str to str, optional
            Other names of parameters, in lower case.

        Raises
        ------
        InvalidParameterValue
            For one it does not know, and for one that is given twice.
        """
        other = synonyms or {}
        given: dict[str, str] = {}
        spelled: dict[str, str] = {}
        for told, value in options.items():
            key = other.get(told.lower(), told.lower())
            if key not in known:
                raise InvalidParameterValue(
                    f"{name} has no encoding parameter '{told}'; {suggest(told.lower(), (*known, *other), limit=20)}",
                    locator=told,
                )
            if key in given:
                raise InvalidParameterValue(
                    f"encoding parameter {told} says the same as {spelled.get(key, key)}: one of them is accepted",
                    locator=told,
                )
            given[key] = value.strip()
            spelled[key] = told
        return cls(given, spelled)

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
        """``true`` or ``false``; also ``yes`` and ``no``, ``on`` and ``off``, as GDAL has them."""
        if key not in self.given:
            return default
        if self.given[key].lower() in ("yes", "on", "no", "off"):
            return self.given[key].lower() in ("yes", "on")
        return self.choice(key, ("true", "false")) == "true"

    def bad(self, key: str, accepted: str) -> InvalidParameterValue:
        """The error for a parameter of the request."""
        told = self.spelled.get(key, key)
        return InvalidParameterValue(f"encoding parameter {told}='{self.given.get(key, '')}': {accepted}", locator=told)
