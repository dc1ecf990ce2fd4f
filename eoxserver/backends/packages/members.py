# SPDX-License-Identifier: MIT
"""Names of members, and which of them may be had.

A member is written under the last part of its name into a folder of its own, so that no name leads anywhere else; still
names that try are refused: what they name is no part of the data.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

from eoxserver.backends.packages.base import Member
from eoxserver.backends.patterns import is_pattern, literal_part, matches
from eoxserver.core.errors import AccessDenied, ItemMissing, PackageBroken

__all__ = ["clean_name", "name_problem", "range_of", "select_names", "usable_member", "usable_name"]

log = logging.getLogger(__name__)

_DRIVE = re.compile(r"[A-Za-z]:")
LONGEST_PART = 255
"""Of a name in a file system [bytes]."""


def name_problem(name: str) -> str:
    """Say what is wrong with the name of a member; empty when nothing is.

    >>> name_problem("a/b.tif"), name_problem("a/../../b.tif"), name_problem("C:/b.tif")
    ('', "has '..'", 'has a drive letter')
    """
    parts = name.split("/")
    if not name.strip("/."):
        return "has '..'" if ".." in parts else "is empty"
    if "\0" in name:
        return "has a zero byte"
    if name.startswith("/"):
        return "is absolute"
    if ".." in parts:
        return "has '..'"
    if "\\" in name:
        return "has a backslash"
    if _DRIVE.match(name):
        return "has a drive letter"
    return f"has a part of more than {LONGEST_PART} bytes" if _too_long(parts) else ""


def _too_long(parts: list[str]) -> bool:
    return any(len(part.encode("utf-8", "surrogatepass")) > LONGEST_PART for part in parts)


def clean_name(name: str) -> str:
    """The name without parts that mean nothing; a name with a problem stays as it is.

    >>> clean_name("./a//b.tif"), clean_name("a/./b.tif"), clean_name("../b.tif")
    ('a/b.tif', 'a/b.tif', '../b.tif')
    """
    if "//" not in name and "./" not in name and not name.endswith(("/", "/.")):
        return name
    if name_problem(name):
        return name
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def usable_name(location: str, archive: str) -> str:
    """Answer the clean name that a location means.

    Raises
    ------
    AccessDenied
        When the name leads out of the archive; the archive may have such a member.
    """
    problem = name_problem(location)
    if problem and location:
        raise AccessDenied(
            f"{archive}: the name {location!r} {problem}; accepted: names relative to the archive, with '/' between "
            "folders",
            locator=location,
        )
    return clean_name(location)


def usable_member(member: Member | None, location: str, archive: str) -> Member:
    """Answer the member that was found under a location, if it may be had.

    Raises
    ------
    ItemMissing
        When none was found.
    AccessDenied
        When its name leads out of the archive.
    PackageBroken
        When it cannot be read.
    """
    usable_name(location, archive)
    if member is None:
        raise ItemMissing(f"{archive}: has no member {location!r}", locator=location)
    usable_name(member.name, archive)
    if member.problem:
        raise PackageBroken(f"{archive}: member {location!r} {member.problem}", locator=location)
    return member


def range_of(location: str) -> tuple[str, str]:
    """The names that a folder or pattern can mean: from the first to before the second; "" has no end.

    >>> range_of("2024"), range_of("2024/B*.tif"), range_of("")
    (('2024/', '20240'), ('2024/B', '2024/C'), ('', ''))
    """
    first = literal_part(location) if is_pattern(location) else (f"{location}/" if location else "")
    return (first, first[:-1] + chr(ord(first[-1]) + 1)) if first and ord(first[-1]) < 0xD7FF else (first, "")


def select_names(names: Iterator[str], location: str, archive: str) -> Iterator[str]:
    """Those of the names, in order, that lie below a folder or match a pattern, and may be had; others are logged.

    Raises
    ------
    ItemMissing
        When there is no such folder.
    """
    pattern = is_pattern(location)
    found = False
    refused, example = 0, ""
    for name in names:
        inside = matches(name, location) if pattern else not location or name.startswith(f"{location}/")
        problem = name_problem(name) if inside else ""
        if problem:
            refused, example = refused + 1, example or f"{name!r} {problem}"
        elif inside:
            found = True
            yield name
    if refused:
        log.warning("%s: members left out because of their names: %d; %s", archive, refused, example)
    if not found and not pattern and location:
        raise ItemMissing(f"{archive}: has no folder {location!r}", locator=location)
