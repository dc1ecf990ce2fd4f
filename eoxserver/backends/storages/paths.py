# SPDX-License-Identifier: MIT
"""Locations as every storage of remote files understands them: they stay inside, and may be patterns."""

from __future__ import annotations

import re
from dataclasses import dataclass

from eoxserver.backends.patterns import is_pattern, matches
from eoxserver.core.errors import AccessDenied, ItemMissing

__all__ = ["Selection", "check_location", "select"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Selection:
    """What is to be listed of a storage: where to look, how deep, and which of the files there."""

    folder: str
    """All files that are meant lie below it; empty for the root."""
    depth: int | None = None
    """How many names deep below the folder they lie; None for any number."""
    pattern: str | None = None
    """What their locations match; None when all are meant."""

    def has(self, location: str) -> bool:
        """Say whether a file is meant, that lies below the folder and not too deep."""
        return self.pattern is None or matches(location, self.pattern)


def select(location: str, storage: str) -> Selection:
    """Read what ``list_files`` is asked for: a folder, or a pattern.

    Raises
    ------
    AccessDenied, ItemMissing
        As ``check_location``.

    Examples
    --------
    >>> select("2024/*/B0?.tif", "storage s3://eo")
    Selection(folder='2024', depth=2, pattern='2024/*/B0?.tif')
    >>> select("2024/", "storage s3://eo")
    Selection(folder='2024', depth=None, pattern=None)
    """
    check_location(location, storage)
    if not is_pattern(location):
        return Selection(location.rstrip("/"))
    parts = location.split("/")
    fixed = next(number for number, part in enumerate(parts) if is_pattern(part))
    return Selection("/".join(parts[:fixed]), None if "**" in parts else len(parts) - fixed, location)


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
