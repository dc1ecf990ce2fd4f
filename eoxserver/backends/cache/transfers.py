# SPDX-License-Identifier: MIT
"""From a fetch to a copy that everybody may read.

A file is fetched into a folder that nobody reads, measured, flushed to the disk, moved to the folder of a new copy, and
is there once the record names it. Whoever ends a process at any moment of this finds a copy that is whole, or none.
"""

from __future__ import annotations

import errno
import filecmp
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from isal import isal_zlib

from eoxserver.backends.cache.counters import Counters
from eoxserver.backends.cache.layout import EntryFolder, Layout
from eoxserver.backends.cache.locks import Locks
from eoxserver.backends.cache.records import Record, write_record
from eoxserver.backends.cache.room import Eviction, Room, folder_size, remove_copy
from eoxserver.backends.cache.uses import LEASE_SECONDS
from eoxserver.core.errors import DataUnavailable, NoRoom, TransferFailed

__all__ = ["Fetch", "Transfers", "checksum", "reason"]

Fetch = Callable[[Path], str]
"""Writes one file into a folder, and answers its path."""

_CHUNK = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class Transfers:
    """Makes copies; the caller holds the lock of the entry."""

    layout: Layout
    locks: Locks
    room: Room
    counters: Counters

    def run(self, entry: EntryFolder, key: str, fetch: Fetch, validator: str, old: Record | None) -> Record | str:
        """Fetch a file and publish it.

        Parameters
        ----------
        validator : str
            Of the original, from before it is fetched: a change meanwhile is noticed the next time it is asked for.
        old : Record, optional
            The copy so far, which stays if it turns out to have the same content.

        Returns
        -------
        Record or str
            Of the new copy; or the path of a file that is on this machine anyhow, of which no copy was made.

        Raises
        ------
        NoRoom
            When the disk is full though copies were removed for it, or the file too large; nothing is left of it.
        DataUnavailable
            Whatever else ``fetch`` raises; what it left stays for the next attempt.
        """
        self.counters.miss()
        try:
            return self._attempt(entry, key, fetch, validator, old)
        except NoRoom as error:
            evicted = self.room.relieve() if _tells_of_the_disk(error) else Eviction()
            self.counters.evicted(evicted.copies)
            if not evicted.bytes:
                raise
        return self._attempt(entry, key, fetch, validator, old)

    def _attempt(self, entry: EntryFolder, key: str, fetch: Fetch, validator: str, old: Record | None) -> Record | str:
        """Fetch and publish, or leave nothing."""
        began = time.time()
        try:
            entry.transfer.mkdir(parents=True, exist_ok=True)
            self.layout.trash.mkdir(exist_ok=True)  # while there is room for it
            file = self._fetched(entry, key, fetch)
            if isinstance(file, str):
                self.layout.discard(entry.transfer)
                return file
            self.counters.fetched(file.stat().st_size)
            record = self._published(entry, file, Record(key, "", file.name, 0, 0, 0, validator, began, began), old)
        except NoRoom:
            self.layout.discard(entry.transfer)
            raise
        except OSError as error:
            self.layout.discard(entry.transfer)
            raise self.refused(key, error) from error
        self.layout.discard(entry.transfer)
        return record

    def retire(self, entry: EntryFolder, keep: str) -> None:
        """Remove the copies of an entry that are superseded and unused; those in use go later."""
        for copy in entry.copies():
            if copy.version != keep:
                size = folder_size(copy.content)[0]
                if remove_copy(self.layout, self.locks, copy, time.time() - LEASE_SECONDS):
                    self.room.add(-size)

    def _fetched(self, entry: EntryFolder, key: str, fetch: Fetch) -> Path | str:
        """The file in the transfer folder; or the path of one elsewhere."""
        try:
            answer = fetch(entry.transfer)
        except OSError as error:
            if error.errno in _FULL:
                raise
            self._keep_leftovers(entry)
            raise TransferFailed(f"{key}: the transfer failed: {reason(error)}", locator=key) from error
        except NoRoom:
            raise
        except BaseException:
            self._keep_leftovers(entry)
            raise
        file = Path(os.path.abspath(answer))  # noqa: PTH100 - Path.resolve would follow a link to elsewhere
        if not file.is_relative_to(entry.transfer):
            return answer
        if file.is_symlink() or not file.is_file():
            self.layout.discard(entry.transfer)
            raise TransferFailed(f"{key}: the transfer ended without the file '{file.name}'", locator=key)
        return file

    def _keep_leftovers(self, entry: EntryFolder) -> None:
        """Count what an interrupted transfer left, for as long as it is kept."""
        size = folder_size(entry.transfer)[0]
        if size:
            self.room.add(size)
        else:
            self.layout.discard(entry.transfer)

    def _published(self, entry: EntryFolder, file: Path, record: Record, old: Record | None) -> Record:
        """Make a fetched file the copy of the entry."""
        size, crc32 = _flushed(file)
        if old is not None and (old.name, old.crc32) == (file.name, crc32) and _same(file, old.path(entry)):
            record = replace(old, validator=record.validator, fetched=record.fetched, checked=record.checked)
            write_record(entry, record)
            return record
        copy = entry.new_copy()

        def place() -> None:
            copy.content.mkdir(parents=True)
            copy.use.touch()
            os.utime(copy.use, (0, 0))  # not used by anybody yet
            file.rename(copy.content / file.name)

        try:
            evicted = self.room.make(record.key, entry, size, place)
            self.counters.evicted(evicted.copies)
            modified = (copy.content / file.name).stat().st_mtime_ns
            record = replace(record, version=copy.version, size=size, mtime_ns=modified, crc32=crc32)
            write_record(entry, record)
        except OSError:
            self.layout.discard(copy.path)
            raise
        return record

    def refused(self, key: str, error: OSError) -> DataUnavailable:
        """The error that says what our own disk did."""
        if error.errno in _FULL:
            return NoRoom(f"{key}: the disk of the local copies, {self.layout.root}, is full", locator=key)
        return DataUnavailable(
            f"{key}: no local copy can be kept in {self.layout.root}: {reason(error)}", locator=str(self.layout.root)
        )


def _tells_of_the_disk(error: NoRoom) -> bool:
    """Whether it was the system that had no room, not a bound of ours."""
    return error.__cause__ is not None


def reason(error: OSError) -> str:
    """Say why, without texts of libraries, which may have addresses with secrets in them."""
    return error.strerror or type(error).__name__ if error.errno else type(error).__name__


def _same(file: Path, other: Path) -> bool:
    """Whether two files have the same content; not if one is gone."""
    try:
        return filecmp.cmp(file, other, shallow=False)
    except FileNotFoundError:
        return False


def _flushed(file: Path) -> tuple[int, int]:
    """Size and checksum of a file, all of which is on the disk now, so that a power failure does not undo it."""
    with file.open("rb") as stream:
        os.fsync(stream.fileno())
    return checksum(file)


def checksum(file: Path) -> tuple[int, int]:
    """Answer the size and the CRC-32 of a file."""
    size, crc32 = 0, 0
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            crc32 = isal_zlib.crc32(chunk, crc32)
    return size, crc32
