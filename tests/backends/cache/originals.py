# SPDX-License-Identifier: MIT
"""Originals to make copies of, and how time passes for a cache."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

from eoxserver.backends.cache import Cache
from eoxserver.backends.cache.layout import Layout
from eoxserver.core.errors import EOxServerError

__all__ = ["DAY", "Original", "age", "files", "new_cache"]

DAY = 86400


@dataclass
class Original:
    """A file of a storage, which counts what is asked of it."""

    content: bytes = b"content"
    name: str = "a.tif"
    state: str = "1"
    """Its validator."""
    error: Exception | None = None
    """Raised by a transfer."""
    asked_error: EOxServerError | None = None
    """Raised when it is asked for its validator."""
    fetches: int = 0
    questions: int = 0
    gate: threading.Event | None = None
    """Transfers wait for it after they wrote half of the file."""
    half: threading.Event = field(default_factory=threading.Event)
    """Set when half of the file is written."""

    def fetch(self, folder: Path) -> str:
        """Write it into a folder."""
        self.fetches += 1
        path = folder / self.name
        with path.open("wb") as file:
            file.write(self.content[: len(self.content) // 2])
            file.flush()
            self.half.set()
            if self.gate is not None:
                self.gate.wait()
            if self.error is not None:
                raise self.error
            file.write(self.content[len(self.content) // 2 :])
        return str(path)

    def ask(self) -> str:
        """Answer its validator."""
        self.questions += 1
        if self.asked_error is not None:
            raise self.asked_error
        return self.state

    def change(self, content: bytes, state: str) -> None:
        """Let it be another."""
        self.content, self.state = content, state


def new_cache(folder: Path, max_bytes: int = 10**6, max_age: int = 30 * DAY, revalidate: int = 60) -> Cache:
    """Answer a cache in a folder; another one in the same folder is as that of another process."""
    return Cache(folder, max_bytes, max_age, revalidate)


def age(folder: Path, key: str, seconds: float) -> None:
    """Let time pass for everything that is noted about a key."""
    entry = Layout(folder).entry(key)
    noted = [entry.record, entry.asked, entry.failure, *(copy.use for copy in entry.copies())]
    for path in noted:
        if path.exists():
            then = path.stat().st_mtime - seconds
            os.utime(path, (then, then))
    if entry.record.exists():
        record = entry.record.read_text()
        before = entry.record.stat().st_mtime
        start = record.index('"fetched": ') + len('"fetched": ')
        end = min(found for found in (record.find(",", start), record.find("}", start)) if found > 0)
        entry.record.write_text(f"{record[:start]}{float(record[start:end]) - seconds!r}{record[end:]}")
        os.utime(entry.record, (before, before))


def files(folder: Path) -> set[str]:
    """Answer the names of the files with content below a folder, whole or not."""
    layout = Layout(folder)
    return {
        path.name for path in layout.root.rglob("*") if path.is_file() and {"content", "transfer"} & set(path.parts)
    }
