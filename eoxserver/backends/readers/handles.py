# SPDX-License-Identifier: MIT
"""Open files, kept open and shared among threads.

GDAL's data sets are fast to read and slow to open, and one of them may be used by one thread at a time only.
``Handles`` lends each to one reader at a time, keeps it open for the next one, opens a second one where two threads
read the same file at once, and closes what was not used for longest when more are open than it may keep. A file that
changed is opened anew; a remote one whose name GDAL remembers, after nobody reads what it was before.
"""

from __future__ import annotations

import os
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from rasterio.io import DatasetReader

from eoxserver.backends.connections import RasterPath, file_validator
from eoxserver.backends.hdf5 import HDF5_DRIVERS, hdf5_guard, is_hdf5
from eoxserver.backends.locations import data_file
from eoxserver.backends.rasters import forget, lasting_name, open_raster, with_options
from eoxserver.core.errors import DataUnavailable

__all__ = ["FileChanged", "FileIdentity", "Handle", "Handles", "Identity", "identify", "identify_path"]

Result = TypeVar("Result")


class FileChanged(DataUnavailable):
    """A file was replaced or written between a look at it and its opening; another look tells what it is now."""


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """What changes when a file is written again or replaced."""

    size: int
    """[bytes]"""
    modified: int
    """Time of the last change [ns]."""
    inode: int
    device: int


def identify(file: str | None) -> FileIdentity | None:
    """Answer the identity of a local file; None when it is no (longer a) local file."""
    if file is None:
        return None
    try:
        status = os.stat(file)  # noqa: PTH116 - on the way to every cell that is read; Path costs twice as much
    except OSError:
        return None
    return FileIdentity(status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev)


Identity: TypeAlias = FileIdentity | str | None
"""Of a file of this machine, or the validator of a path that is read in place; None when nobody knows."""


def identify_path(path: str, file: str | None) -> Identity:
    """Answer which file a path is now.

    Parameters
    ----------
    path : str
        Of one that is read in place, the validator is meant, which is not asked for again.
    file : str or None
        The local file that another path means (``locations.data_file``).
    """
    if isinstance(path, RasterPath):
        return (file_validator(path.file) if path.file else path.identity) or None
    return identify(file)


Key: TypeAlias = tuple[str, int, Identity]
"""Path, level, and which file it was."""


@dataclass(slots=True)
class Handle:
    """An open data set, lent to one thread."""

    key: Key
    dataset: DatasetReader
    guarded: bool
    """Whether its driver needs the lock of ``backends.hdf5`` around every call."""

    def use(self, call: Callable[[DatasetReader], Result]) -> Result:
        """Call something with the data set: under the options of its path, and the lock where it needs that."""

        def guarded() -> Result:
            with hdf5_guard(self.guarded):
                return call(self.dataset)

        return with_options(self.key[0], guarded)

    def close(self) -> None:
        """Close the data set."""
        with hdf5_guard(self.guarded):
            self.dataset.close()


@dataclass
class Handles:
    """A bounded pool of open data sets.

    Parameters
    ----------
    capacity : int
        Data sets kept open, those in use included. When all are in use more are opened, and closed after use.
    opener : callable, optional
        Opens a path at a level.
    """

    capacity: int
    opener: Callable[[str, int], DatasetReader] = open_raster
    opened: int = field(default=0, init=False)
    """Data sets opened so far."""
    open: int = field(default=0, init=False)
    """Data sets that are open now."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: OrderedDict[Key, list[Handle]] = OrderedDict()
        self._process = os.getpid()
        self._remembered = _Remembered()

    @contextmanager
    def lend(self, path: str, level: int, identity: Identity) -> Iterator[Handle]:
        """Lend an open data set to the caller's thread.

        Parameters
        ----------
        identity : FileIdentity, str or None
            The file as it is now (``identify_path``); handles to what it was before are closed.

        Raises
        ------
        DataUnavailable
            When it cannot be opened.
        FileChanged
            When the file that was opened is not the one of ``identity`` any more.
        """
        if self._process != os.getpid():
            self._renew()
        with self._remembered.reading(path):
            handle = self._take((path, level, identity))
            try:
                yield handle
            finally:
                self._give_back(handle)

    def close(self) -> None:
        """Close every data set that is not in use."""
        with self._lock:
            closing = self._pop(list(self._idle))
        for handle in closing:
            handle.close()

    def _renew(self) -> None:
        """In a forked child: it shares the position in each open file with its parent, so it opens its own."""
        with self._lock:
            if self._process != os.getpid():
                self._idle, self.open, self._process = OrderedDict(), 0, os.getpid()
                self._remembered = _Remembered()

    def _take(self, key: Key) -> Handle:
        with self._lock:
            handles = self._idle.get(key)
            if handles:
                found = handles.pop()
                if not handles:
                    del self._idle[key]
                return found
            closing = self._pop([old for old in self._idle if old[0] == key[0] and old[2] != key[2]])
            self.open += 1
            closing += self._surplus()
        for handle in closing:
            handle.close()
        return self._open(key)

    def _open(self, key: Key) -> Handle:
        path, level, identity = key
        try:
            dataset = self.opener(path, level)
        except BaseException:
            with self._lock:
                self.open -= 1
            raise
        self.opened += 1
        handle = Handle(key, dataset, _needs_guard(dataset, path))
        if identity is not None and identify_path(path, data_file(path)) not in (identity, None):
            with self._lock:
                self.open -= 1
            handle.close()
            raise FileChanged(f"{path}: was changed while it was opened", locator=path)
        return handle

    def _give_back(self, handle: Handle) -> None:
        with self._lock:
            keep = self.open <= self.capacity
            if keep:
                self._idle.setdefault(handle.key, []).append(handle)
                self._idle.move_to_end(handle.key)
            else:
                self.open -= 1
        if not keep:
            handle.close()

    def _surplus(self) -> list[Handle]:
        """Take out the idle handles that were not used for longest, as many as there are too many."""
        closing: list[Handle] = []
        while self.open > self.capacity and self._idle:
            key, handles = next(iter(self._idle.items()))
            closing.append(handles.pop(0))
            self.open -= 1
            if not handles:
                del self._idle[key]
        return closing

    def _pop(self, keys: list[Key]) -> list[Handle]:
        closing = [handle for key in keys for handle in self._idle.pop(key)]
        self.open -= len(closing)
        return closing


class _Remembered:
    """Which state GDAL remembers of remote files that have one name in all of them."""

    def __init__(self) -> None:
        self._states: dict[str, str] = {}
        self._readers: Counter[str] = Counter()
        self._changed = threading.Condition()

    @contextmanager
    def reading(self, path: str) -> Iterator[None]:
        """Read a path: GDAL remembers nothing of another state of its file meanwhile."""
        name = lasting_name(path)
        if not name or not isinstance(path, RasterPath):
            yield
            return
        with self._changed:
            while self._states.setdefault(name, path.identity) != path.identity:
                if not self._readers[name]:
                    forget(path)
                    self._states[name] = path.identity
                    break
                self._changed.wait()
            self._readers[name] += 1
        try:
            yield
        finally:
            with self._changed:
                self._readers[name] -= 1
                if not self._readers[name]:
                    del self._readers[name]
                    self._changed.notify_all()


def _needs_guard(dataset: DatasetReader, path: str) -> bool:
    """Whether a data set is read through libhdf5: by its own driver, or by those of the files a VRT is made of."""
    if dataset.driver in HDF5_DRIVERS:
        return True
    if dataset.driver != "VRT":
        return False
    return any(is_hdf5(file) for file in dataset.files) or is_hdf5(data_file(path) or path)
