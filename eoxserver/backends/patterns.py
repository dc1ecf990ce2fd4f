# SPDX-License-Identifier: MIT
"""Patterns of file names: ``*`` and ``?`` and ``[...]`` stay in a folder, ``**`` is any number of folders."""

from __future__ import annotations

from fnmatch import fnmatchcase

__all__ = ["is_pattern", "literal_part", "matches"]

SPECIAL = "*?["
"""Characters that make a location a pattern."""


def is_pattern(location: str) -> bool:
    """Say whether a location is a pattern.

    >>> is_pattern("2024/*.tif"), is_pattern("2024/B04.tif")
    (True, False)
    """
    return any(character in location for character in SPECIAL)


def literal_part(pattern: str) -> str:
    """What every name that matches begins with.

    >>> literal_part("2024/B0?.tif"), literal_part("**/*.tif")
    ('2024/B0', '')
    """
    return pattern[: next((at for at, character in enumerate(pattern) if character in SPECIAL), len(pattern))]


def matches(name: str, pattern: str) -> bool:
    """Say whether the name of a file matches a pattern as a whole; upper and lower case differ.

    >>> [matches(name, "2024/*.tif") for name in ("2024/a.tif", "2024/07/a.tif", "2024/a.TIF")]
    [True, False, False]
    >>> [matches(name, "**/*.tif") for name in ("a.tif", "2024/07/a.tif")], matches("2024/07/a.tif", "2024/**")
    ([True, True], True)
    """
    return _parts_match(name.split("/"), pattern.split("/"))


def _parts_match(names: list[str], patterns: list[str]) -> bool:
    """Match folder by folder, keeping every number of names that the patterns so far may have used."""
    used = {0}
    for number, pattern in enumerate(patterns):
        if pattern == "**":
            # As the last part it stands for the file as well.
            first = min(used) + (1 if number == len(patterns) - 1 else 0)
            used = set(range(first, len(names) + 1))
        else:
            used = {count + 1 for count in used if count < len(names) and fnmatchcase(names[count], pattern)}
        if not used:
            return False
    return len(names) in used
