# SPDX-License-Identifier: MIT
"""What the header of a web server's answer tells of a file: its state, its size, which bytes of it have come.

Rules: HTTP Semantics (RFC 9110) chapters 8.8 (validators), 13.1.5 (If-Range), 14.4 (Content-Range).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime

__all__ = ["ByteRange", "FileState", "byte_range", "file_state"]

_RANGE = re.compile(r"bytes\s+(?:([0-9]{1,18})-([0-9]{1,18})|\*)/([0-9]{1,18}|\*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FileState:
    """The state of a file on a web server."""

    etag: str = ""
    """As sent; empty without."""
    modified: str = ""
    """``Last-Modified`` as sent; empty without."""
    size: int | None = None
    """Of the whole file [bytes]; None when the answer does not tell."""
    settled: bool = False
    """The file was last changed so long before the answer that any other change would have shown."""

    @property
    def condition(self) -> str:
        """For ``If-Range``: a strong validator, after which bytes of two answers fit together; empty without one."""
        if self.etag.startswith('"'):
            return self.etag
        return self.modified if self.modified and self.settled else ""

    @property
    def validator(self) -> str:
        """For the cache: changes when the file does; empty when nobody can tell."""
        if self.etag.startswith('"') or not self.modified or self.size is None:
            return self.etag
        return f"{self.modified} {self.size}"

    def contradicts(self, other: FileState) -> bool:
        """Say whether two answers are certainly of different states of the file."""
        return any(
            bool(mine) and bool(theirs) and mine != theirs
            for mine, theirs in (
                (self.etag.removeprefix("W/"), other.etag.removeprefix("W/")),
                (self.modified, other.modified),
            )
        ) or (self.size is not None and other.size is not None and self.size != other.size)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Which bytes an answer holds."""

    start: int
    stop: int
    """One after the last."""
    size: int | None
    """Of the whole file."""


def file_state(status: int, headers: Mapping[str, str]) -> FileState:
    """Read the state of a file from the header of an answer (200, 206 or 416)."""
    if status in (206, 416):
        part = byte_range(headers)
        size = part.size if part else None
    else:
        length = headers.get("Content-Length", "")
        size = int(length) if re.fullmatch("[0-9]{1,18}", length) else None
    modified = headers.get("Last-Modified", "")
    return FileState(headers.get("ETag", ""), modified, size, _settled(modified, headers.get("Date", "")))


def byte_range(headers: Mapping[str, str]) -> ByteRange | None:
    """Read ``Content-Range``; None without, or when it makes no sense. No bytes at all are 0 to 0.

    >>> byte_range({"Content-Range": "bytes 10-19/100"}), byte_range({"Content-Range": "bytes */5"})
    (ByteRange(start=10, stop=20, size=100), ByteRange(start=0, stop=0, size=5))
    """
    match = _RANGE.fullmatch(headers.get("Content-Range", "").strip())
    if match is None:
        return None
    size = None if match[3] == "*" else int(match[3])
    if match[1] is None:
        return ByteRange(0, 0, size)
    start, stop = int(match[1]), int(match[2]) + 1
    return ByteRange(start, stop, size) if start < stop and (size is None or stop <= size) else None


def _settled(modified: str, date: str) -> bool:
    """RFC 9110 chapter 8.8.2.2 asks for a second at least; clocks of file systems may be coarser."""
    try:
        return parsedate_to_datetime(date) - parsedate_to_datetime(modified) >= timedelta(seconds=60)
    except (TypeError, ValueError, OverflowError):
        return False
