# SPDX-License-Identifier: MIT
"""Who uses a copy: readers who hold it, and those who were answered it a while ago."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eoxserver.backends.cache.layout import CopyFolder, Layout
from eoxserver.backends.cache.locks import FileLock, Locks
from eoxserver.core.errors import DataUnavailable

__all__ = ["GRACE_SECONDS", "LEASE_SECONDS", "TOUCH_SECONDS", "Uses", "last_use"]

LEASE_SECONDS = 15 * 60
"""A copy that was answered is safe from age and upkeep for so long, held or not."""
GRACE_SECONDS = 3.0
"""... and from everything, want of room too, for so long: who is answered a path can hold it or open it."""
TOUCH_SECONDS = 1.0
"""A process notes the use of a copy at most this often."""


@dataclass(slots=True)
class _Held:
    """A copy that this process holds."""

    lock: FileLock
    holders: int = 1


class Uses:
    """The uses of copies by this process."""

    def __init__(self, layout: Layout, locks: Locks) -> None:
        self._layout = layout
        self._locks = locks
        self._held: dict[Path, _Held] = {}
        self._lock = threading.Lock()

    def note(self, copy: CopyFolder) -> bool:
        """Note that a copy is answered now; False when it is gone.

        Who removes a copy has its lock alone, so it is safe from here on, or gone already.
        """
        lock = self._locks.share(copy.use)
        if lock is None:
            return False
        with lock:
            os.utime(lock.descriptor)
        return True

    @contextmanager
    def hold(self, path: str) -> Iterator[None]:
        """Keep the copy that a path lies in until the end of the block; other paths pass.

        Raises
        ------
        DataUnavailable
            When the copy is gone already.
        """
        copy = self._layout.copy_of(path)
        if copy is None:
            yield
            return
        self._take(copy, path)
        try:
            yield
        finally:
            self._give_back(copy)

    def renew(self) -> None:
        """After a fork, in the child: what the parent holds is the parent's."""
        self._held = {}
        self._lock = threading.Lock()

    def _take(self, copy: CopyFolder, path: str) -> None:
        with self._lock:
            held = self._held.get(copy.path)
            if held is not None:
                held.holders += 1
                return
            lock = self._locks.share(copy.use)
            if lock is None:
                raise DataUnavailable(
                    f"{path}: this local copy was removed since it was retrieved; retrieve the item again", locator=path
                )
            self._held[copy.path] = _Held(lock)

    def _give_back(self, copy: CopyFolder) -> None:
        with self._lock:
            held = self._held.get(copy.path)
            if held is None:  # taken before a fork
                return
            held.holders -= 1
            if not held.holders:
                del self._held[copy.path]
                os.utime(held.lock.descriptor)
                held.lock.release()


def last_use(copy: CopyFolder) -> float | None:
    """Answer when a copy was last used, in seconds since 1970; None when it was never published."""
    try:
        return min(os.stat(f"{copy.path}/use").st_mtime, time.time())  # noqa: PTH116 - asked of all copies in turn
    except FileNotFoundError:
        return None
