# SPDX-License-Identifier: MIT
"""What is written down about an entry: the record of its copy, and the failure of a transfer.

Both are small files that are replaced as a whole. They are not flushed to the disk: what a power failure leaves of one
is either true or cannot be read, and then there is no copy. Content is flushed before its record is written.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eoxserver.backends.cache.layout import CopyFolder, EntryFolder
from eoxserver.core import errors
from eoxserver.core.errors import DataUnavailable, EOxServerError

__all__ = ["Failure", "Record", "read_failure", "read_record", "write_failure", "write_record"]


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of the copy of an entry."""

    key: str
    version: str
    """Folder of the copy."""
    name: str
    """Of the file."""
    size: int
    """[bytes]"""
    mtime_ns: int
    """Of the file, so that one changed by somebody is not answered."""
    crc32: int
    """Of the content."""
    validator: str
    """Of the original when it was fetched; empty when its storage cannot tell."""
    fetched: float
    """When, in seconds since 1970."""
    checked: float
    """When the original was last known to be the same; kept as the time of change of the record's file."""

    def path(self, entry: EntryFolder) -> Path:
        """The file."""
        return self.folder(entry).content / self.name

    def folder(self, entry: EntryFolder) -> CopyFolder:
        """The copy."""
        return entry.copy(self.version)


_KINDS: dict[str, type] = {
    "key": str, "version": str, "name": str, "size": int, "mtime_ns": int, "crc32": int, "validator": str,
    "fetched": float, "checked": float,
}  # fmt: skip


def read_record(entry: EntryFolder) -> Record | None:
    """Answer the record of an entry; None when there is none that can be read."""
    try:
        with entry.record.open(encoding="utf-8") as file:
            content = json.load(file)
            checked = os.fstat(file.fileno()).st_mtime
    except (OSError, ValueError):
        return None
    return _record(content, checked)


def _record(content: Any, checked: float) -> Record | None:
    """The record of what a file says; None when it says something else."""
    if not isinstance(content, dict):
        return None
    content = content | {"checked": checked}
    if set(content) != set(_KINDS) or not all(type(content[name]) is kind for name, kind in _KINDS.items()):
        return None
    if "/" in content["name"] or "/" in content["version"]:
        return None
    return Record(**content)


def write_record(entry: EntryFolder, record: Record) -> None:
    """Make a record the true one; the caller holds the lock of the entry."""
    content = asdict(record)
    checked = content.pop("checked")
    _replace(entry.record, content, checked)


@dataclass(frozen=True, slots=True)
class Failure:
    """How a transfer failed."""

    attempt: str
    """Differs for each."""
    kind: str
    """Class of the error."""
    message: str
    locator: str | None

    def error(self) -> EOxServerError:
        """The error again."""
        kind = getattr(errors, self.kind, None)
        if not (isinstance(kind, type) and issubclass(kind, EOxServerError)):
            kind = DataUnavailable
        return kind(self.message, locator=self.locator)


def read_failure(entry: EntryFolder) -> Failure | None:
    """Answer how the last transfer failed; None when it did not."""
    try:
        return Failure(**json.loads(entry.failure.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_failure(entry: EntryFolder, error: EOxServerError) -> None:
    """Tell those who wait how the transfer failed; the caller holds the lock of the entry."""
    known = next(kind for kind in type(error).__mro__ if getattr(errors, kind.__name__, None) is kind)
    _replace(entry.failure, asdict(Failure(secrets.token_hex(8), known.__name__, error.message, error.locator)))


def _replace(path: Path, content: Any, modified: float | None = None) -> None:
    """Put a new file in the place of an old one."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(content), encoding="utf-8")
    if modified is not None:
        os.utime(new, (modified, modified))
    new.replace(path)
