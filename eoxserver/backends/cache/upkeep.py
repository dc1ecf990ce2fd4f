# SPDX-License-Identifier: MIT
"""What an administrator does with a cache: look, clear, verify."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from eoxserver.backends.cache.layout import CopyFolder, EntryFolder, Layout, remove
from eoxserver.backends.cache.locks import Locks
from eoxserver.backends.cache.records import Record, read_record, write_record
from eoxserver.backends.cache.room import Room, folder_size, remove_copy, remove_empty
from eoxserver.backends.cache.transfers import checksum
from eoxserver.backends.cache.uses import GRACE_SECONDS, LEASE_SECONDS, last_use

__all__ = ["Broken", "CacheEntry", "Cleared", "Kept", "Upkeep", "Usage", "Verified"]

_OURS = ("lock", "record.json", "asked", "failure.json")
"""Files of an entry beside its folders."""


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A copy, as an administrator sees it."""

    id: str
    """Name of its folder."""
    key: str
    """What it is a copy of."""
    path: str
    size: int
    """[bytes]"""
    validator: str
    """Of the original; empty when its storage cannot tell."""
    fetched: float
    """[s since 1970]"""
    checked: float
    """When the original was last known to be the same [s since 1970]."""
    used: float
    """[s since 1970]; 0 when it never was."""
    held: bool
    """Whether a reader holds it now."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a cache holds, and may hold."""

    entries: tuple[CacheEntry, ...]
    bytes: int
    """Of these."""
    superseded_bytes: int
    """Of copies of earlier states, which go when their readers are done."""
    leftover_bytes: int
    """Of transfers that were interrupted."""
    under_way_bytes: int
    """Of transfers under way."""
    max_bytes: int
    max_age: int
    """[s]"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A copy that was not removed."""

    entry: CacheEntry
    reason: str


@dataclass(frozen=True, slots=True)
class Cleared:
    """What was removed, and what not."""

    removed: tuple[CacheEntry, ...]
    kept: tuple[Kept, ...]
    bytes: int
    """That are free now, those of superseded copies and leftovers too."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A copy that was not what it should be."""

    id: str
    key: str
    """Empty when not even that was known."""
    reason: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found, and is mended now."""

    copies: int
    """That were looked at and are whole."""
    bytes: int
    """Of these."""
    broken: tuple[Broken, ...]
    """That were removed, to be fetched again when they are wanted."""
    leftover_bytes: int
    """Of interrupted transfers and the like, which were removed."""
    busy: tuple[str, ...]
    """Entries that were not looked at, because they are being fetched."""


class Upkeep:
    """Looks through everything, one entry at a time."""

    def __init__(self, layout: Layout, locks: Locks, room: Room) -> None:
        self._layout = layout
        self._locks = locks
        self._room = room

    # -- looking -------------------------------------------------------------------------------

    def entries(self) -> Iterator[CacheEntry]:
        """The copies that are there, in no order that means anything."""
        for entry in self._layout.entries():
            described = self._described(entry)
            if described is not None:
                yield described

    def usage(self, max_bytes: int, max_age: int) -> Usage:
        """Everything that takes room."""
        entries: list[CacheEntry] = []
        superseded = leftovers = under_way = 0
        for entry in self._layout.entries():
            described = self._described(entry)
            if described is not None:
                entries.append(described)
            superseded += sum(
                folder_size(copy.content)[0]
                for copy in entry.copies()
                if described is None or copy.content != Path(described.path).parent
            )
            size = folder_size(entry.transfer)[0]
            if self._is_locked(entry.lock):
                under_way += size
            else:
                leftovers += size
        return Usage(
            tuple(entries), sum(found.size for found in entries), superseded, leftovers, under_way, max_bytes, max_age
        )

    def _described(self, entry: EntryFolder) -> CacheEntry | None:
        record = read_record(entry)
        if record is None or not record.path(entry).exists():
            return None
        copy = record.folder(entry)
        return CacheEntry(
            entry.path.name, record.key, str(record.path(entry)), record.size, record.validator, record.fetched,
            record.checked, last_use(copy) or 0.0, self._is_locked(copy.use),
        )  # fmt: skip

    def _is_locked(self, path: Path) -> bool:
        if not path.exists():
            return False
        lock = self._locks.attempt(path)
        if lock is None:
            return path.exists()
        lock.release()
        return False

    # -- clearing ------------------------------------------------------------------------------

    def clear(self, key: str | None, unused_for: float, recent: bool) -> Cleared:
        """Remove copies that nobody uses.

        Parameters
        ----------
        key : str, optional
            Only what is a copy of this.
        unused_for : float
            Only copies that were not used for so long [s].
        recent : bool
            Also those that were answered within the last 15 minutes, and may be in use without anybody holding them.
        """
        removed: list[CacheEntry] = []
        kept: list[Kept] = []
        freed = 0
        latest_use = time.time() - (GRACE_SECONDS if recent else LEASE_SECONDS)
        for entry in self._layout.entries() if key is None else [self._layout.entry(key)]:
            described = self._described(entry)
            if described is not None and described.used > time.time() - unused_for:
                continue
            lock = self._locks.attempt(entry.lock) if entry.path.exists() else None
            if lock is None:
                if described is not None:
                    kept.append(Kept(described, "it is being fetched anew"))
                continue
            with lock:
                size, whole = self._emptied(entry, latest_use)
            freed += size
            if described is not None and whole:
                removed.append(described)
            elif described is not None:
                kept.append(Kept(described, self._why(entry, described, recent)))
        return Cleared(tuple(removed), tuple(kept), freed)

    def _emptied(self, entry: EntryFolder, latest_use: float) -> tuple[int, bool]:
        """Remove what is not in use of an entry; answers the bytes, and whether the true copy went."""
        record = read_record(entry)
        true = record.folder(entry) if record is not None else None
        freed, whole = folder_size(entry.transfer)[0], True
        self._layout.discard(entry.transfer)
        for copy in entry.copies():
            size = folder_size(copy.content)[0]
            if remove_copy(self._layout, self._locks, copy, latest_use):
                freed += size
            else:
                whole = whole and copy != true
        if whole:
            entry.record.unlink(missing_ok=True)
        remove_empty(self._layout, entry)
        self._room.add(-freed)
        return freed, whole

    def _why(self, entry: EntryFolder, described: CacheEntry, recent: bool) -> str:
        now = self._described(entry) or described
        if now.held:
            return "it is being read"
        ago = max(time.time() - now.used, 0)
        lease = f"{GRACE_SECONDS:.0f} s" if recent else f"{LEASE_SECONDS // 60} minutes"
        return f"it was answered {ago:.0f} s ago, and may be in use for {lease}"

    # -- verifying -----------------------------------------------------------------------------

    def verify(self, watch: Callable[[str], None]) -> Verified:
        """Read every copy, and remove what is broken or was left behind.

        Parameters
        ----------
        watch : callable
            Is told the key (or folder) of each entry after it was looked at.
        """
        whole: list[int] = []
        broken: list[Broken] = []
        busy: list[str] = []
        leftovers = folder_size(self._layout.trash)[0]
        self._layout.empty_trash()
        for entry in self._layout.entries():
            lock = self._locks.attempt(entry.lock)
            if lock is None:
                busy.append(entry.path.name)
                continue
            with lock:
                record = read_record(entry)
                reason = self._mended(entry, record)
                name = record.key if record is not None else ""
                if reason is not None:
                    broken.append(Broken(entry.path.name, name, reason))
                elif record is not None and entry.record.exists():
                    whole.append(record.size)
                leftovers += self._swept(entry)
            watch(name or entry.path.name)
        self._room.count()
        return Verified(len(whole), sum(whole), tuple(broken), leftovers, tuple(busy))

    def _mended(self, entry: EntryFolder, record: Record | None) -> str | None:
        """Say what was broken about the copy, which is removed then; None when nothing was."""
        if record is None:
            if not entry.record.exists():
                return None
            entry.record.unlink()
            return "its record cannot be read"
        reason = _fault(entry, record, self._layout)
        if reason is None:
            return None
        entry.record.unlink(missing_ok=True)
        remove_copy(self._layout, self._locks, record.folder(entry), time.time())
        return reason or None

    def _swept(self, entry: EntryFolder) -> int:
        """Remove what nobody will use of an entry; answers its bytes."""
        size = folder_size(entry.transfer)[0]
        self._layout.discard(entry.transfer)
        record = read_record(entry)
        for copy in entry.copies():
            if record is None or copy.version != record.version:
                size += self._removed(copy)
        for path in entry.path.iterdir():
            if path.name not in _OURS and CopyFolder(path) not in entry.copies():
                size += folder_size(path)[0] if path.is_dir() else path.stat().st_size
                remove(path)
        remove_empty(self._layout, entry)
        return size

    def _removed(self, copy: CopyFolder) -> int:
        size = folder_size(copy.content)[0]
        return size if remove_copy(self._layout, self._locks, copy, time.time() - LEASE_SECONDS) else 0


def _fault(entry: EntryFolder, record: Record, layout: Layout) -> str | None:
    """What is wrong with a copy; empty when it is only gone, None when it is whole."""
    if layout.entry(record.key).path != entry.path:
        return "it lies in the folder of another key"
    path = record.path(entry)
    try:
        size, crc32 = checksum(path)
    except FileNotFoundError:
        return "" if not record.folder(entry).path.exists() else "its file is gone"
    except OSError as error:
        return f"its file cannot be read: {error.strerror}"
    if size != record.size:
        return f"its file has {size} bytes instead of {record.size}"
    if crc32 != record.crc32:
        return "its content was changed: the checksum differs"
    modified = path.stat().st_mtime_ns
    if modified != record.mtime_ns:  # only the date was changed, by a copy of the folder for example
        write_record(entry, replace(record, mtime_ns=modified))
    return None
