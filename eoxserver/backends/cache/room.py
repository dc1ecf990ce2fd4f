# SPDX-License-Identifier: MIT
"""Room for copies: how much is taken, and what goes when more is wanted.

What was not used for longest goes first. A copy that a reader holds never goes, nor one that was answered within the
last seconds. One that was answered within the last quarter of an hour goes only when there is no other way to make
room, because the alternative is to answer nothing.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from eoxserver.backends.cache.layout import CopyFolder, EntryFolder, Layout
from eoxserver.backends.cache.locks import FileLock, Locks
from eoxserver.backends.cache.records import read_record
from eoxserver.backends.cache.uses import GRACE_SECONDS, LEASE_SECONDS, last_use
from eoxserver.core.errors import NoRoom

__all__ = ["Eviction", "Room", "folder_size", "remove_copy", "remove_empty"]

FULL = 0.9
"""Share of the bound that is left taken when room is made, so that it is not made for each copy anew."""
LEFTOVER_SECONDS = 3600
"""What an interrupted transfer left is kept for so long, to be gone on with."""
WAIT_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Eviction:
    """What was removed."""

    copies: int = 0
    bytes: int = 0

    def __add__(self, other: Eviction) -> Eviction:
        return Eviction(self.copies + other.copies, self.bytes + other.bytes)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Something that takes room and may go: a copy, or what is left of a transfer."""

    entry: EntryFolder
    copy: CopyFolder | None
    """None: the leftovers of a transfer."""
    size: int
    used: float
    wanted: bool
    """Whether it is the copy that the record names."""


class Room:
    """The bound of the bytes of a cache.

    Parameters
    ----------
    max_bytes : int
        What all copies may take together [bytes]. Transfers under way come on top.
    max_age : int
        Time after which an unused copy goes [s].
    """

    def __init__(self, layout: Layout, locks: Locks, max_bytes: int, max_age: int) -> None:
        self._layout = layout
        self._locks = locks
        self._max_bytes = max_bytes
        self._max_age = max_age

    def taken(self) -> int:
        """Bytes that are taken, to the best of our knowledge; an exact count needs a look at every copy."""
        return _number(self._layout.room) or 0

    def admit(self, name: str, size: int) -> None:
        """Refuse what is larger than everything together may be; raises NoRoom."""
        if size > self._max_bytes:
            raise NoRoom(
                f"{name}: has {size} bytes, and all local copies together may have {self._max_bytes}; "
                "accepted: a larger max_bytes in section [backends.cache]",
                locator=name,
            )

    def make(self, name: str, entry: EntryFolder, size: int, place: Callable[[], None]) -> Eviction:
        """Make room, and put something there.

        Parameters
        ----------
        entry : EntryFolder
            Whose copy it is; the caller holds its lock.
        place : callable
            Puts a file of this size, fetched completely, in its place.

        Raises
        ------
        NoRoom
            When it is too large, or everything else is in use.
        """
        self.admit(name, size)
        gone = Eviction()
        latest = time.monotonic() + GRACE_SECONDS + 2 * WAIT_SECONDS
        while True:
            with self._locks.wait(self._layout.room) as lock:
                taken = _read(lock)
                if taken is None or taken + size > self._max_bytes:
                    taken, more = self._free(self._survey(entry), size, entry)
                    gone += more
                if taken + size <= self._max_bytes:
                    _write(lock, taken + size)
                    place()
                    return gone
                _write(lock, taken)
            if time.monotonic() > latest:
                raise NoRoom(
                    f"{name}: has {size} bytes, and {taken} of the {self._max_bytes} that local copies may have are "
                    "in use; accepted: a larger max_bytes in section [backends.cache]",
                    locator=name,
                )
            time.sleep(WAIT_SECONDS)

    def add(self, size: int) -> None:
        """Count bytes that came (or, negative, went) in another way."""
        if size:
            with self._locks.wait(self._layout.room) as lock:
                taken = _read(lock)
                if taken is not None:
                    _write(lock, max(taken + size, 0))
                else:  # what went is not there to be counted any more
                    _write(lock, sum(piece.size for piece in self._survey()) + max(size, 0))

    def relieve(self) -> Eviction:
        """Remove a tenth of the copies, because the disk is full before the bound is reached."""
        with self._locks.wait(self._layout.room) as lock:
            pieces = sorted(self._survey(), key=lambda piece: (piece.wanted, piece.used))
            taken = sum(piece.size for piece in pieces)
            removed = self._remove(pieces, time.time() - GRACE_SECONDS, enough=max((1 - FULL) * taken, 1))
            gone = _eviction(removed)
            _write(lock, taken - gone.bytes)
        return gone

    def count(self) -> None:
        """Count exactly what is taken."""
        with self._locks.wait(self._layout.room) as lock:
            _write(lock, sum(piece.size for piece in self._survey()))

    def sweep(self) -> Eviction:
        """Remove what is too old, superseded or left behind, and what does not fit."""
        with self._locks.wait(self._layout.room) as lock:
            self._layout.empty_trash()
            now = time.time()
            pieces = self._survey()
            old = [piece for piece in pieces if piece.used < now - self._keep_seconds(piece)]
            removed = self._remove(old, latest_use=now - LEASE_SECONDS)
            left = [piece for piece in pieces if piece not in removed]
            full = {piece.entry for piece in left}
            for entry in self._layout.entries():
                if entry not in full:
                    self._tidy(entry)
            taken, more = self._free(left, 0)
            _write(lock, taken)
        return _eviction(removed) + more

    def _keep_seconds(self, piece: _Piece) -> float:
        if piece.copy is None:
            return LEFTOVER_SECONDS
        return self._max_age if piece.wanted else LEASE_SECONDS

    def _free(self, pieces: list[_Piece], size: int, own: EntryFolder | None = None) -> tuple[int, Eviction]:
        """Remove until there is room for ``size`` if that can be; answers the bytes then taken."""
        left = sorted(pieces, key=lambda piece: (piece.wanted, piece.used))
        taken = sum(piece.size for piece in left)
        gone = Eviction()
        now = time.time()
        for aim, spared in ((FULL * self._max_bytes, LEASE_SECONDS), (self._max_bytes, GRACE_SECONDS)):
            if taken + size > self._max_bytes:
                removed = self._remove(left, now - spared, enough=taken + size - aim, own=own)
                left = [piece for piece in left if piece not in removed]
                gone += _eviction(removed)
                taken -= _eviction(removed).bytes
        return taken, gone

    def _remove(
        self, pieces: list[_Piece], latest_use: float, enough: float = math.inf, own: EntryFolder | None = None
    ) -> set[_Piece]:
        """Remove pieces in order until that is enough [bytes]; those in use, or used since, stay."""
        removed: set[_Piece] = set()
        freed = 0
        for piece in pieces:
            if freed >= enough:
                break
            if self._removed(piece, latest_use, own):
                removed.add(piece)
                freed += piece.size
        return removed

    def _removed(self, piece: _Piece, latest_use: float, own: EntryFolder | None) -> bool:
        """Remove a piece, or leave it because it is in use."""
        if piece.copy is not None and piece.used > latest_use:
            return False
        with ExitStack() as stack:
            if piece.entry != own:
                lock = self._locks.attempt(piece.entry.lock)
                if lock is None:
                    return False
                stack.enter_context(lock)
            if piece.copy is not None:
                return remove_copy(self._layout, self._locks, piece.copy, latest_use)
            self._layout.discard(piece.entry.transfer)
            return True

    def _tidy(self, entry: EntryFolder) -> None:
        """Remove an entry of which nothing is left."""
        lock = self._locks.attempt(entry.lock)
        if lock is not None:
            with lock:
                remove_empty(self._layout, entry)

    def _survey(self, own: EntryFolder | None = None) -> list[_Piece]:
        """Everything that takes room, transfers under way left out."""
        pieces = []
        for entry in self._layout.entries():
            copies, names = entry.contents()
            current = _current(entry, copies) if entry.record.name in names else ""
            for copy in copies:
                used = last_use(copy)
                size = folder_size(copy.content)[0]
                pieces.append(_Piece(entry, copy, size, used or 0.0, copy.version == current))
            if entry != own and entry.transfer.name in names:
                lock = self._locks.attempt(entry.lock)
                if lock is not None:
                    lock.release()
                    size, changed = folder_size(entry.transfer)
                    pieces.append(_Piece(entry, None, size, changed, wanted=False))
        return pieces


def _eviction(pieces: set[_Piece]) -> Eviction:
    return Eviction(sum(piece.copy is not None for piece in pieces), sum(piece.size for piece in pieces))


def _current(entry: EntryFolder, copies: list[CopyFolder]) -> str:
    """Name of the copy that the record names, or of the only one that there is beside a record."""
    if len(copies) == 1:
        return copies[0].version
    record = read_record(entry)
    return record.version if record else ""


def remove_copy(layout: Layout, locks: Locks, copy: CopyFolder, latest_use: float) -> bool:
    """Remove a copy unless it is in use, or was used since; the caller holds the lock of the entry."""
    if last_use(copy) is None:  # not even begun
        layout.discard(copy.path)
        return True
    lock = locks.attempt(copy.use)
    if lock is None:
        return False
    with lock:
        used = last_use(copy)
        if used is None or used > latest_use:
            return False
        layout.discard(copy.path)
    return True


def remove_empty(layout: Layout, entry: EntryFolder) -> bool:
    """Remove an entry without copies and leftovers; the caller holds its lock."""
    if entry.copies() or entry.transfer.exists():
        return False
    try:
        if entry.failure.stat().st_mtime > time.time() - LEASE_SECONDS:  # somebody may still be waiting to hear of it
            return False
    except FileNotFoundError:
        pass
    layout.discard(entry.path)
    return True


def folder_size(folder: Path) -> tuple[int, float]:
    """Answer the bytes of the files below a folder, and when one of them last changed."""
    size, changed = 0, 0.0
    try:
        with os.scandir(folder) as files:
            for found in files:
                if found.is_dir(follow_symlinks=False):
                    more, later = folder_size(Path(found.path))
                    size, changed = size + more, max(changed, later)
                else:
                    status = found.stat(follow_symlinks=False)
                    size, changed = size + status.st_size, max(changed, status.st_mtime)
    except (FileNotFoundError, NotADirectoryError):
        return size, changed
    return size, changed


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _read(lock: FileLock) -> int | None:
    try:
        return int(os.pread(lock.descriptor, 64, 0))
    except ValueError:
        return None


def _write(lock: FileLock, number: int) -> None:
    os.pwrite(lock.descriptor, f"{number:020}\n".encode(), 0)
