# SPDX-License-Identifier: MIT
"""Files on the way to data: of this machine, and in storages; those in archives are in ``access.archives``.

A file of any kind can be had as a local file, as a stream, or in place; it knows what changes when its content does.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Protocol

from eoxserver.backends.cache import Cache
from eoxserver.backends.connections import RasterPath, file_validator
from eoxserver.backends.locations import Location, StorageRecord, shown_address
from eoxserver.backends.profiles import gdal_profile
from eoxserver.backends.storages.base import FileStatus
from eoxserver.backends.storages.local import LocalStorage
from eoxserver.conf.schema import Settings
from eoxserver.core.errors import DataUnavailable, ItemMissing, PartsRefused, StorageUnreachable
from eoxserver.plugins.manager import Plugins

__all__ = ["File", "Means", "OwnFile", "Span", "StorageFile", "cache_key", "conditions", "open_copy", "suffix"]

log = logging.getLogger(__name__)

IN_PLACE = frozenset({".tif", ".tiff", ".gtiff", ".btf", ".jp2", ".j2k", ".vrt"})
"""Endings of names of formats of which GDAL reads parts from far away. The libraries behind others (netCDF, HDF5, GRIB)
want a file, or they read all of it in any case (PNG, JPEG)."""


_MODIFIED = re.compile("[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT")
"""A time as HTTP has it."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says when a disk of this machine is full."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where GDAL finds the bytes of a file: within a file that it opens."""

    path: RasterPath
    start: int = 0
    """[bytes]"""


@dataclass(frozen=True)
class Means:
    """What is needed on the way."""

    plugins: Plugins
    settings: Settings
    cache: Cache

    @cached_property
    def local_options(self) -> Mapping[str, str]:
        """GDAL's options for files of this machine that hold others."""
        return gdal_profile("local-archive", self.settings)

    def span(self, path: str) -> Span:
        """All of a file of this machine."""
        return Span(RasterPath(path, self.local_options, file_validator(path), path))


class File(Protocol):
    """A file somewhere; its methods raise DataUnavailable, for whatever keeps it from being had."""

    location: Location

    def validator(self) -> str | None:
        """Answer what changes when the content does; empty when it cannot be told, None when it never changes."""

    def status(self) -> FileStatus:
        """Answer size and validator."""

    def path(self) -> str:
        """Answer the path of a local file with the content."""

    def open(self) -> BinaryIO:
        """Open a stream that seeks; for one thread."""

    def span(self) -> Span:
        """Answer where GDAL finds the bytes."""

    def in_place(self) -> object:
        """Answer what a reader opens: a path, or a source."""

    def is_open(self) -> bool:
        """Say whether its bytes can be read where they are, without a copy of it or of what it lies in."""

    def is_read_in_place(self) -> bool:
        """Say whether ``in_place`` answers without making a copy."""

    def doubt(self) -> None:
        """Take nothing for granted that was known so far: something was wrong with it."""


def cache_key(location: Location) -> str:
    """Answer the key of a file in the cache: unlike that of any other, and without secrets.

    >>> cache_key(Location(StorageRecord("http", "http://host", "env:EO"), (), "a.tif"))
    'http:http://host [env:EO] -> a.tif'
    """
    storage = location.storage
    parts = (
        [f"{storage.type}:{storage.url}" + (f" [{storage.credentials}]" if storage.credentials else "")]
        if storage
        else []
    )
    parts += [f"{package.format} {package.path}" for package in location.packages]
    parts.append(location.path)
    text = " -> ".join(part.partition("?")[0] for part in parts)
    if any(" -> " in part or "?" in part for part in parts):
        text += f" ({hashlib.sha256(repr(location).encode()).hexdigest()[:16]})"
    return text


def conditions(path: RasterPath, validator: str) -> dict[str, str]:
    """Options with which GDAL reads a remote file in the state of a validator, and gets an error if it is in another.

    A strong entity tag or a time of change is sent with every request (``If-Match``, ``If-Unmodified-Since``; RFC 9110
    chapter 13.1). For other validators there is nothing of the kind that servers observe.
    """
    if not path.startswith(("/vsicurl", "/vsis3", "/vsigs", "/vsiaz", "/vsiadls")):
        return {}
    modified = _MODIFIED.match(validator)
    if validator.startswith('"'):
        condition = f"If-Match: {validator}"
    elif modified is not None:
        condition = f"If-Unmodified-Since: {modified[0]}"
    else:
        return {}
    given = path.options.get("GDAL_HTTP_HEADERS", "").splitlines()
    # Separated by line breaks, GDAL takes them as they are, quotation marks and commas included.
    return {"GDAL_HTTP_HEADERS": "\r\n".join([*filter(None, given), condition, ""])}


def open_copy(cache: Cache, path: str) -> BinaryIO:
    """Open a local file, which may be a copy in the cache; raises DataUnavailable when it is gone."""
    with cache.hold(path):
        try:
            return Path(path).open("rb")
        except OSError as error:
            raise DataUnavailable(f"{path}: cannot be opened: {error.strerror}", locator=path) from error


class OwnFile:
    """A file of this machine, that is on no storage."""

    def __init__(self, means: Means, location: Location, path: str) -> None:
        self.location = location
        self._means = means
        self._path = path

    def validator(self) -> str:
        """Its size, time and number; raises ItemMissing."""
        found = file_validator(self._path)
        if not found:
            raise ItemMissing(f"{self._path}: no such file", locator=self._path)
        return found

    def status(self) -> FileStatus:
        """Size and validator."""
        return FileStatus(Path(self.path()).stat().st_size, self.validator())

    def path(self) -> str:
        """The file itself."""
        self.validator()
        return self._path

    def open(self) -> BinaryIO:
        """Open it."""
        return open_copy(self._means.cache, self.path())

    def span(self) -> Span:
        """All of it."""
        return self._means.span(self.path())

    def in_place(self) -> str:
        """The file itself."""
        return self.path()

    def is_open(self) -> bool:
        """It is here."""
        return True

    def is_read_in_place(self) -> bool:
        """It is here."""
        return True

    def doubt(self) -> None:
        """It is looked at each time."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a storage said of a file."""

    status: FileStatus
    until: float
    """Trusted so long; [s of the monotonic clock]."""


class StorageFile:
    """A file in a storage, or whatever a storage calls by a location.

    Its state is asked for at most once in ``cache.revalidate`` seconds.
    """

    def __init__(self, means: Means, location: Location, record: StorageRecord, storage: Any) -> None:
        self.location = location
        self._means = means
        self._record = record
        self._storage = storage
        self._key = cache_key(location)
        self._lock = threading.Lock()
        self._asked: _Asked | None = None
        self._connected: tuple[str | None, object] | None = None
        self._untold: tuple[()] | tuple[object] = ()
        """What was connected to when the state was asked for, until it is wanted."""
        self._doubts = 0
        self._stats = hasattr(storage, "stat") and not isinstance(storage, LocalStorage)
        self._local = isinstance(storage, LocalStorage)

    def validator(self) -> str | None:
        """As the storage says it, else that of the local file where it has to be fetched whole in any case."""
        if self._stats:
            return self._state().validator
        if self._local or not hasattr(self._storage, "open"):
            return file_validator(self.path())
        return ""

    def status(self) -> FileStatus:
        """As the storage says it, else of the local file."""
        if not self._stats:
            path = self.path()
            return FileStatus(Path(path).stat().st_size, file_validator(path))
        state = self._state()
        if state.size is None:  # known from connecting to it
            self._trust(0)
            state = self._state()
        return state

    def _state(self) -> FileStatus:
        """As the storage says it; what was known is trusted on while the storage does not answer."""
        asked = self._asked
        if asked is not None and time.monotonic() < asked.until:
            return asked.status
        with self._lock:
            asked = self._asked
            if asked is not None and time.monotonic() < asked.until:
                return asked.status
            if asked is not None:
                self._means.cache.counters.revalidation()
            try:
                with self._telling():
                    status = self._ask()
            except StorageUnreachable as error:
                if asked is None or asked.until == 0:
                    raise
                log.warning("%s: is taken to be as it was: %s", self._key, error.message)
                status = asked.status
            if asked is not None and not status.validator:  # it may have changed, nobody can tell
                self._connected, self._doubts = None, self._doubts + 1
            self._asked = _Asked(status, time.monotonic() + self._means.settings.cache.revalidate)
            return status

    def _ask(self) -> FileStatus:
        """Ask the storage; the first time by connecting, which tells as well and is often wanted next."""
        if self._asked is None and hasattr(self._storage, "connect"):
            self._untold = (self._storage.connect(self.location.path),)
            connected = self._untold[0]
            if isinstance(connected, RasterPath) and connected.validator:
                return FileStatus(None, connected.validator)
        status: FileStatus = self._storage.stat(self.location.path)
        return status

    def _trust(self, until: float) -> None:
        """Trust what is known of the state until another moment."""
        with self._lock:
            if self._asked is not None:
                self._asked = _Asked(self._asked.status, until)

    def path(self) -> str:
        """The storage's own file where it is on this machine, else a copy in the cache."""
        if not hasattr(self._storage, "retrieve"):
            raise DataUnavailable(
                f"{self.location}: storage type '{self._record.type}' has no files to retrieve, "
                "only data to connect to",
                locator=self.location.path,
            )
        if self._local:
            return str(self._storage.retrieve(self.location.path, Path()))
        return self._means.cache.get(self._key, self._retrieve, self._known_validator() if self._stats else "")

    def open(self) -> BinaryIO:
        """The storage's stream, or one of the local file."""
        if self._local or not hasattr(self._storage, "open"):
            return open_copy(self._means.cache, self.path())
        try:
            with self._telling():
                stream: BinaryIO = self._storage.open(self.location.path)
                return stream
        except PartsRefused:
            return open_copy(self._means.cache, self.path())

    def span(self) -> Span:
        """All of what the storage connects to, or of the local file."""
        connected = self._connect() if hasattr(self._storage, "connect") else None
        if isinstance(connected, RasterPath):
            return Span(connected)
        return self._means.span(self.path())

    def in_place(self) -> object:
        """What the storage connects to, where it has no files, or a file of a format that is read in place."""
        connected = self._connect() if self.is_read_in_place() and not self._local else None
        return self.path() if connected is None else connected

    def is_open(self) -> bool:
        """Whether it is on this machine, or the storage connects to its data."""
        return self._local or hasattr(self._storage, "connect")

    def is_read_in_place(self) -> bool:
        """Whether it is, and of a format that is read so."""
        return self.is_open() and (
            self._local or not hasattr(self._storage, "retrieve") or suffix(self.location.path) in IN_PLACE
        )

    def doubt(self) -> None:
        """Ask the storage, and connect to it, at the next use."""
        self._trust(0)
        with self._lock:
            self._connected, self._untold = None, ()
            self._doubts += 1

    def _known_validator(self) -> Any:
        """For the cache: the validator; how to ask when it cannot be had now, so that it decides what then holds."""
        try:
            return self._state().validator
        except StorageUnreachable as error:
            return _failing(error)

    def _retrieve(self, folder: Path) -> str:
        size = self.status().size if self._stats else None
        if size is not None:
            self._means.cache.admit(self._key, size)
        with self._telling():
            return str(self._storage.retrieve(self.location.path, folder))

    def _connect(self) -> object:
        """What the storage connects to, the same one as long as the file is the same."""
        validator = self._state().validator if self._stats else None
        known = self._connected
        if known is not None and known[0] == validator:
            return known[1]
        with self._lock:
            untold, self._untold, doubts = self._untold, (), self._doubts
        with self._telling():
            connected = untold[0] if untold else self._storage.connect(self.location.path)
        if isinstance(connected, RasterPath):
            state = connected.validator if validator is None else validator
            # GDAL remembers what failed, too: after a doubt the same state has another identity.
            connected = connected.pinned(state, conditions(connected, state), doubts)
        with self._lock:
            if doubts == self._doubts:
                self._connected = (validator, connected)
        return connected

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Tell where it was that a storage failed."""
        try:
            yield
        except OSError as error:
            if error.errno in _FULL:  # the disk of the local copies: the cache makes room, or tells
                raise
            reason = error.strerror or str(error) or type(error).__name__
            raise StorageUnreachable(
                f"{shown_address(self.location)}: storage {self._record.type} fails: {reason}",
                locator=self.location.path,
            ) from error


def _failing(error: DataUnavailable) -> Any:
    def fail() -> str:
        raise error

    return fail


def suffix(path: str) -> str:
    """The ending of the name of a file, in lower case, whatever query the path has.

    >>> suffix("2024/B04.TIF?key=1"), suffix("2024.d/B04")
    ('.tif', '')
    """
    return PurePosixPath(path.partition("?")[0]).suffix.lower()
