# SPDX-License-Identifier: MIT
"""Locations as every storage understands them: names separated by ``/``, and patterns of them.

In a pattern ``*`` stands for any part of a name, ``?`` for one character, ``[abc]`` for one of some (``[!abc]``: of all
others), and ``**`` for any number of folders, or, as the last part, for everything below.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from eoxserver.core.errors import AccessDenied, ItemMissing

__all__ = ["Pattern", "check_location", "pattern_of"]

_SPECIAL = re.compile(r"[*?[]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern of locations.

    >>> pattern = pattern_of("2024/*/B0?.tif")
    >>> pattern.folder, pattern.depth, pattern.matches("2024/may/B04.tif"), pattern.matches("2024/may/x/B04.tif")
    ('2024', 2, True, False)
    """

    folder: str
    """Where all locations that match lie; empty for the root."""
    depth: int | None
    """How many names deep below the folder they lie; None when ``**`` leaves that open."""
    expression: re.Pattern[str]
    """The pattern as a regular expression."""

    def matches(self, location: str) -> bool:
        """Say whether a location is one of those meant."""
        return self.expression.fullmatch(location) is not None


def pattern_of(location: str) -> Pattern | None:
    """Read a pattern; None for a location that is none."""
    if _SPECIAL.search(location) is None:
        return None
    parts = location.split("/")
    fixed = next(number for number, part in enumerate(parts) if _SPECIAL.search(part))
    depth = None if "**" in parts else len(parts) - fixed
    text = "".join(_part(part, last=number == len(parts)) for number, part in enumerate(parts, 1))
    return Pattern("/".join(parts[:fixed]), depth, re.compile(text, re.DOTALL))


def _part(part: str, *, last: bool) -> str:
    """One part of a pattern as a regular expression, with the separator that follows it."""
    if part == "**":
        return ".+" if last else "(?:[^/]+/)*"
    made, position = [], 0
    while position < len(part):
        character, position = part[position], position + 1
        end = part.find("]", position + 1 + part.startswith("!", position))
        if character == "*":
            made.append("[^/]*")
        elif character == "?":
            made.append("[^/]")
        elif character == "[" and end > 0:
            made.append(_one_of(part[position:end]))
            position = end + 1
        else:
            made.append(re.escape(character))
    return "".join(made) + ("" if last else "/")


def _one_of(characters: str) -> str:
    """``[abc]``, ``[a-z]`` or ``[!abc]`` as a regular expression."""
    other = characters.startswith("!")
    ranges = re.findall(r"(.)-(.)|(.)", characters[other:], re.DOTALL)
    listed = "".join(
        re.escape(single) if single else f"{re.escape(low)}-{re.escape(high)}"
        for low, high, single in ranges
        if single or low <= high
    )
    if other:
        return f"[^/{listed}]"
    return f"(?!/)[{listed}]" if listed else "(?!)"


def check_location(location: str, storage: str) -> str:
    """Answer a location that lies in its storage whatever that makes of it.

    Parameters
    ----------
    location : str
        Relative to the root of the storage.
    storage : str
        What the storage is called in messages.

    Raises
    ------
    AccessDenied
        When it is absolute, or goes up.
    ItemMissing
        When it has control characters, which no storage has in names: they would be commands to some.
    """
    if _CONTROL.search(location) is not None:
        raise ItemMissing(f"{location!r} is no location in {storage}: it has control characters", locator=location)
    if location.startswith("/") or ".." in location.split("/"):
        raise AccessDenied(
            f"location '{location}' leads out of {storage}; accepted: locations below its root", locator=location
        )
    return location
