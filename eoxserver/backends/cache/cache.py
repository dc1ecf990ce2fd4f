# SPDX-License-Identifier: MIT
"""The cache of local copies of remote and packed files: see ``Cache``."""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from eoxserver.backends.cache.counters import Counters
from eoxserver.backends.cache.flights import Flights
from eoxserver.backends.cache.layout import EntryFolder, Layout
from eoxserver.backends.cache.locks import Locks
from eoxserver.backends.cache.records import Record, read_failure, read_record, write_failure
from eoxserver.backends.cache.room import Eviction, Room
from eoxserver.backends.cache.transfers import Fetch, Transfers, reason
from eoxserver.backends.cache.upkeep import CacheEntry, Cleared, Upkeep, Usage, Verified
from eoxserver.backends.cache.uses import TOUCH_SECONDS, Uses
from eoxserver.core.errors import DataUnavailable, EOxServerError, ItemMissing, StorageUnreachable

__all__ = ["Cache", "Fetch", "Validator"]

log = logging.getLogger(__name__)

Validator = Callable[[], str] | str | None
"""Asks for the validator of the original, or is it; None when the original never changes under its key."""

MOST_KNOWN = 20_000
"""Copies that a process remembers, so that it need not read their records."""
CLOCK_SECONDS = 2.0
"""Times further in the future than this were written before the clock was set back, and are not believed."""
SWEEP_SECONDS = 3600
"""Old copies are looked for so often."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A copy as this process remembers it."""

    path: str
    size: int
    mtime_ns: int
    validator: str
    trusted_until: float
    """[s of the monotonic clock]"""
    noted_until: float
    """Its use is noted; [s of the monotonic clock]"""


class Cache:
    """Local copies of remote and packed files, for many threads and processes of one machine.

    Copies are bounded in bytes and age; what was not used for longest goes first, and nothing goes that is held. What
    many want at once is fetched once. A file is seen when it is whole, or not at all, whenever a process ends or the
    power fails. The folder has to be on a disk of this machine: on network file systems its locks do not hold.

    Parameters
    ----------
    directory : Path
        The cache's folder of the instance; copies are in ``copies/`` within.
    max_bytes : int
        What all copies may take together [bytes]. What is under way of transfers comes on top.
    max_age : int
        Time after which an unused copy is removed, and for which one is trusted whose storage does not tell, or cannot
        be asked, whether the original changed [s].
    revalidate : int
        Time for which a copy is trusted before its storage is asked [s].
    """

    def __init__(self, directory: Path, max_bytes: int, max_age: int, revalidate: int) -> None:
        self.max_bytes = max_bytes
        self.max_age = max_age
        self.revalidate = revalidate
        self.counters = Counters()
        self._layout = Layout(directory)
        self._locks = Locks()
        self._uses = Uses(self._layout, self._locks)
        self._room = Room(self._layout, self._locks, max_bytes, max_age)
        self._transfers = Transfers(self._layout, self._locks, self._room, self.counters)
        self._upkeep = Upkeep(self._layout, self._locks, self._room)
        self._next_sweep = 0.0
        self._flights: Flights[_Known | str] = Flights()
        self._known: dict[str, _Known] = {}
        _renew_in_children(self)

    def get(self, key: str, fetch: Fetch, validator: Validator = None) -> str:
        """Answer the path of a copy, fetched if need be.

        It stays for 15 minutes at least, if ``max_bytes`` allows, or as long as it is held (``hold``).

        Parameters
        ----------
        key : str
            Says what it is a copy of; comes in messages, so it has no secrets.
        fetch : callable
            Writes one file into the folder that it is given, and answers its path. The folder may have in it what an
            interrupted attempt left. When it answers a file elsewhere, that is the answer, and no copy is made.
        validator : callable, str, optional
            Asks for the validator of the original, or is it; empty when the storage cannot tell. None: the original
            never changes under this key.

        Raises
        ------
        NoRoom
            When the disk is full, or the file is larger than ``max_bytes``, or everything else is in use.
        EOxServerError
            What ``fetch`` or ``validator`` raise, for everybody who waited for it. A storage that cannot be reached
            is no error while there is a copy that was true within ``max_age``: it is answered, and logged.
        """
        while True:
            known = self._known.get(key)
            if known is not None and _answers(known, validator):
                self.counters.hit()
                return known.path
            found, led = self._flights.run(key, lambda: self._obtained(key, fetch, validator))
            if not led:
                self.counters.hit()
            if isinstance(found, str):
                return found
            if not isinstance(validator, str) or validator in ("", found.validator):
                return found.path
            # somebody else was asking for another state of it

    def hold(self, path: str) -> AbstractContextManager[None]:
        """Keep a copy until the end of a ``with`` block; a path that is none of the cache's passes.

        Raises
        ------
        DataUnavailable
            When the copy was removed since it was answered.
        """
        return self._uses.hold(path)

    def admit(self, name: str, size: int) -> None:
        """Refuse, before it is fetched, what is larger than all copies may be together; raises NoRoom."""
        self._room.admit(name, size)

    def size(self) -> int:
        """Bytes that copies take."""
        return self._room.taken()

    def evict(self) -> Eviction:
        """Remove copies that are too old or do not fit, and what was left behind; done every hour without asking."""
        self._layout.root.mkdir(parents=True, exist_ok=True)
        self._layout.swept.touch()
        gone = self._room.sweep()
        self.counters.evicted(gone.copies)
        return gone

    # -- upkeep --------------------------------------------------------------------------------

    def entries(self) -> Iterator[CacheEntry]:
        """Answer the copies that are there."""
        return self._upkeep.entries()

    def usage(self) -> Usage:
        """Answer the copies that are there, and what else takes room."""
        return self._upkeep.usage(self.max_bytes, self.max_age)

    def clear(self, key: str | None = None, *, unused_for: float = 0.0, recent: bool = False) -> Cleared:
        """Remove copies, except those in use.

        Parameters
        ----------
        key : str, optional
            Only the copy of this.
        unused_for : float
            Only copies that were not used for so long [s].
        recent : bool
            Also those that were answered within the last 15 minutes, and may be in use without anybody holding them.
        """
        return self._upkeep.clear(key, unused_for, recent)

    def verify(self, watch: Callable[[str], None] = lambda _: None) -> Verified:
        """Read every copy, and remove what is broken or was left behind.

        Parameters
        ----------
        watch : callable
            Is told the key of each copy when it was looked at.
        """
        return self._upkeep.verify(watch)

    # -- forks ---------------------------------------------------------------------------------

    def renew(self) -> None:
        """Begin anew in the child of a fork: the locks and the threads of its parent are not its own."""
        self._locks.forget()
        self._uses.renew()
        self.counters.renew()
        self._flights = Flights()

    # -- getting -------------------------------------------------------------------------------

    def _obtained(self, key: str, fetch: Fetch, validator: Validator) -> _Known | str:
        """A copy that is there and trusted, or is made so; by one thread of one process at a time."""
        entry = self._layout.entry(key)
        try:
            standing = self._standing(entry, key, validator)
            if standing is not None:
                self._sweep_sometimes()
                return standing
            earlier = read_failure(entry)
            with self._locks.wait(entry.lock) as lock:
                standing = self._standing(entry, key, validator)
                if standing is not None:
                    return standing
                failure = read_failure(entry) if lock.waited else None
                if failure is not None and (earlier is None or earlier.attempt != failure.attempt):
                    raise failure.error()
                found = self._told(entry, lambda: self._renewed(entry, key, fetch, validator))
            self._sweep_sometimes()
            return found
        except OSError as error:
            raise self._transfers.refused(key, error) from error

    def _sweep_sometimes(self) -> None:
        """Have one process evict now and then, beside its work."""
        now = time.monotonic()
        if now < self._next_sweep:
            return
        self._next_sweep = now + SWEEP_SECONDS
        swept = _modified(self._layout.swept)
        if not swept:  # everything is new
            self._layout.swept.touch()
        elif abs(time.time() - swept) >= SWEEP_SECONDS:
            self._layout.swept.touch()  # so that no other process begins too
            threading.Thread(target=self._swept, name="eoxserver-cache-sweep", daemon=True).start()

    def _swept(self) -> None:
        try:
            self.evict()
        except OSError as error:
            log.warning("the cache in %s was not swept: %s", self._layout.root, reason(error))

    def _told(self, entry: EntryFolder, attempt: Callable[[], _Known | str]) -> _Known | str:
        """Make an attempt; if it fails, those who wait for it are told."""
        try:
            return attempt()
        except EOxServerError as error:
            try:
                write_failure(entry, error)
            except OSError as second:
                log.warning("others who want %s are not told that it failed: %s", entry.path, second.strerror)
            raise

    def _standing(self, entry: EntryFolder, key: str, validator: Validator) -> _Known | None:
        """The copy, if it can be answered without asking anybody."""
        record = read_record(entry)
        if record is None or record.key != key or not self._is_trusted(entry, record, validator):
            return None
        known = self._answer(entry, record)
        if known is not None:
            self.counters.hit()
        return known

    def _answer(self, entry: EntryFolder, record: Record) -> _Known | None:
        """Answer a copy; None when it is gone or somebody changed it."""
        path = record.path(entry)
        if not self._uses.note(record.folder(entry)):
            return None
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if (status.st_size, status.st_mtime_ns) != (record.size, record.mtime_ns):
            return None
        now = time.monotonic()
        trusted = self._trusted(entry, record)[1] - time.time()
        known = _Known(str(path), record.size, record.mtime_ns, record.validator, now + trusted, now + TOUCH_SECONDS)
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[record.key] = known
        return known

    def _is_trusted(self, entry: EntryFolder, record: Record, validator: Validator) -> bool:
        if validator is None:
            return True
        if isinstance(validator, str) and validator:
            return validator == record.validator
        since, until = self._trusted(entry, record)
        return since - CLOCK_SECONDS <= time.time() < until

    def _trusted(self, entry: EntryFolder, record: Record) -> tuple[float, float]:
        """Since and until when a copy is answered without asking its storage, in seconds since 1970."""
        if not record.validator:
            return record.fetched, record.fetched + self.max_age
        asked = _modified(entry.asked)
        if record.checked < asked < record.checked + self.max_age:
            return asked, min(asked + self.revalidate, record.checked + self.max_age)
        return record.checked, record.checked + self.revalidate

    # -- fetching, under the lock of the entry ---------------------------------------------------

    def _renewed(self, entry: EntryFolder, key: str, fetch: Fetch, validator: Validator) -> _Known | str:
        """The copy after its storage was asked, and if it changed or there is none, fetched."""
        record = read_record(entry)
        if record is not None and (record.key != key or not record.path(entry).is_file()):
            record = None
        try:
            stands, current = self._original(entry, key, validator, record)
            if record is not None and stands:
                known = self._answer(entry, replace(record, checked=_modified(entry.record)))
                if known is not None:
                    self.counters.hit()
                    return known
            made = self._transfers.run(entry, key, fetch, current, record)
        except ItemMissing:
            entry.record.unlink(missing_ok=True)
            self._known.pop(key, None)
            raise
        if isinstance(made, str):
            return made
        entry.failure.unlink(missing_ok=True)
        entry.asked.unlink(missing_ok=True)
        known = self._answer(entry, made)
        if known is None:
            raise DataUnavailable(f"{key}: its new local copy was removed or changed at once", locator=key)
        self._transfers.retire(entry, made.version)
        return known

    def _original(self, entry: EntryFolder, key: str, validator: Validator, record: Record | None) -> tuple[bool, str]:
        """Whether the copy is still true, and the validator of the original."""
        if not callable(validator):
            return False, validator or ""
        if record is None:
            return False, _asked(key, validator)
        self.counters.revalidation()
        now = time.time()
        try:
            current = _asked(key, validator)
        except StorageUnreachable as error:
            if not 0 <= now - record.checked < self.max_age:
                raise
            known_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.checked))
            log.warning("%s: answered as it was at %s: %s", key, known_at, error.message)
            entry.asked.touch()
            return True, record.validator
        same = current == record.validator if current else now < record.fetched + self.max_age
        if same:
            os.utime(entry.record, (now, now))
        return same, current


def _asked(key: str, validator: Callable[[], str]) -> str:
    """The validator of the original, from its storage."""
    try:
        return validator()
    except OSError as error:
        raise StorageUnreachable(f"{key}: its storage cannot be asked: {reason(error)}", locator=key) from error


def _answers(known: _Known, validator: Validator) -> bool:
    """Whether a copy that is remembered can be answered without asking anybody, and is there."""
    now = time.monotonic()
    if now >= known.noted_until:
        return False
    if validator is not None and now >= known.trusted_until and (validator == "" or validator != known.validator):
        return False
    if isinstance(validator, str) and validator and validator != known.validator:
        return False
    try:
        status = os.stat(known.path)  # noqa: PTH116 - on the way to every file; Path costs twice as much
    except OSError:
        return False
    return status.st_size == known.size and status.st_mtime_ns == known.mtime_ns


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _renew_in_children(cache: Cache) -> None:
    """Have the cache told when it finds itself in the child of a fork."""
    reference = weakref.ref(cache)

    def renew() -> None:
        known = reference()
        if known is not None:
            known.renew()

    os.register_at_fork(after_in_child=renew)
