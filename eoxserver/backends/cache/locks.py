# SPDX-License-Identifier: MIT
"""Locks that are files: they hold between threads and processes, and go with the process that held them.

They are flock(2)'s. The system takes them back when a process ends, in whatever way, so nobody waits for a dead one.
On network file systems flock works on one machine only or not at all: a cache belongs to one machine.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

__all__ = ["FileLock", "Locks"]


class FileLock:
    """A lock that is held until ``release``, or the end of a ``with`` block."""

    __slots__ = ("_descriptor", "_locks", "waited")

    def __init__(self, descriptor: int, locks: Locks, waited: bool) -> None:
        self._descriptor = descriptor
        self._locks = locks
        self.waited = waited
        """Whether somebody else had it first."""

    @property
    def descriptor(self) -> int:
        """Of the open file."""
        return self._descriptor

    def release(self) -> None:
        """Give it back; a second time does nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            self._locks.held.discard(self)
            os.close(descriptor)

    def __enter__(self) -> FileLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class Locks:
    """The locks of one process."""

    def __init__(self) -> None:
        self.held: set[FileLock] = set()

    def wait(self, path: Path, *, shared: bool = False) -> FileLock:
        """Take the lock of a file, which is made with its folders if need be, as soon as it is free."""
        while True:
            try:
                lock = self._take(path, shared=shared, wait=True)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                continue
            if lock is not None:
                return lock

    def attempt(self, path: Path, *, shared: bool = False) -> FileLock | None:
        """Take the lock of a file if it is free now; None when it is not, or its folder is gone."""
        try:
            return self._take(path, shared=shared, wait=False)
        except FileNotFoundError:
            return None

    def share(self, path: Path) -> FileLock | None:
        """Share the lock of a file; None when its folder is gone, or goes while we wait."""
        try:
            return self._take(path, shared=True, wait=True)
        except FileNotFoundError:
            return None

    def forget(self) -> None:
        """Let go of what a forked child has of its parent's; the parent keeps it."""
        for lock in list(self.held):
            lock.release()

    def _take(self, path: Path, *, shared: bool, wait: bool) -> FileLock | None:
        """One attempt; None when it is taken, or the file was removed or replaced before we had the lock."""
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        lock = FileLock(descriptor, self, waited=False)
        self.held.add(lock)
        try:
            try:
                fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if not wait:
                    lock.release()
                    return None
                lock.waited = True
                fcntl.flock(descriptor, kind)
            if not _is_at(descriptor, path):
                lock.release()
                return None
        except BaseException:
            lock.release()
            raise
        return lock


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether an open file is the one that has this path now."""
    try:
        there = os.stat(path)  # noqa: PTH116 - the same call as the one below
    except FileNotFoundError:
        return False
    mine = os.fstat(descriptor)
    return (mine.st_ino, mine.st_dev) == (there.st_ino, there.st_dev)
