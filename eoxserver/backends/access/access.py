# SPDX-License-Identifier: MIT
"""The walk from a location to data: from the storage through the packages to the file. See ``Access``."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, BinaryIO

from eoxserver.backends.access.archives import ArchiveFile, MemberFile
from eoxserver.backends.access.files import File, Means, OwnFile, StorageFile
from eoxserver.backends.cache import Cache
from eoxserver.backends.connections import RasterPath
from eoxserver.backends.locations import (
    DatasetName,
    Located,
    Location,
    StorageRecord,
    location_of,
    split_dataset_name,
    with_implied_storage,
)
from eoxserver.backends.storages.base import ConnectedStorageInterface, FileStatus, FileStorageInterface
from eoxserver.backends.storages.local import LocalStorage, local_path
from eoxserver.conf.schema import Settings
from eoxserver.core.errors import DataUnavailable
from eoxserver.plugins.manager import Plugins

__all__ = ["Access"]

MOST_KNOWN = 20_000
"""Files that are remembered, so that what is known of them need not be found out again."""


class Access:
    """Finds the data behind data items, with the storages and packages that plugins bring.

    Parameters
    ----------
    plugins : Plugins
        With storages and packages.
    settings : Settings
        Sections ``backends.cache``, ``backends.remote`` and ``backends.packages``.
    cache : Cache, optional
        Keeps local copies of what is remote or packed; by default one as the settings say.
    """

    def __init__(self, plugins: Plugins, settings: Settings, cache: Cache | None = None) -> None:
        bounds = settings.cache
        self.plugins = plugins
        self.settings = settings
        self.cache = cache or Cache(
            settings.path(bounds.directory), bounds.max_bytes, bounds.max_age, bounds.revalidate
        )
        self._means = Means(plugins, settings, self.cache)
        self._lock = threading.Lock()
        self._storages: dict[StorageRecord, Any] = {}
        self._files: dict[Location, File] = {}
        self._archives: dict[Location, ArchiveFile] = {}
        self._named: dict[Location, tuple[File, DatasetName]] = {}

    # -- data items ------------------------------------------------------------------------------

    def retrieve(self, item: Located) -> str:
        """Answer the path of a local file with the data; the caller never cleans up.

        A file that is on this machine is answered as it is, nothing is copied.

        Raises
        ------
        UnknownKey
            When no plugin brings the storage or package; the message says how to get it.
        DataUnavailable
            When the data is missing or cannot be reached; its subclasses say why.
        AccessDenied
            When the location leads out of its storage or package.
        """
        return self.retrieve_location(location_of(item))

    def connect(self, item: Located) -> object:
        """Answer what a reader opens in place: a path, or an object that reads sub-arrays where they are.

        Where that is not possible this equals ``retrieve``, and raises the same.
        """
        return self.connect_location(location_of(item))

    # -- locations -------------------------------------------------------------------------------

    def retrieve_location(self, location: Location) -> str:
        """Answer the path of a local file; see ``retrieve``."""
        file, name = self._file(location)
        path = file.path()
        return str(name.with_file(path)) if name.prefix else path

    def connect_location(self, location: Location) -> object:
        """Answer what a reader opens in place; see ``connect``.

        The same object comes again as long as the data is the same, which storages are asked about at most once in
        ``cache.revalidate`` seconds: a ``RasterPath`` that differs, by its validator too, is of other data.
        """
        file, name = self._file(location)
        return str(name.with_file(file.path())) if name.prefix else file.in_place()

    def open_location(self, location: Location) -> BinaryIO:
        """Open the file of a location as a stream that seeks; of a remote one no more is fetched than is read."""
        return self._file(location)[0].open()

    def status(self, location: Location) -> FileStatus:
        """Answer the state of a file, without fetching it where storage and packages allow."""
        return self._file(location)[0].status()

    def is_read_in_place(self, location: Location) -> bool:
        """Say whether ``connect_location`` answers without making a copy; raises as it.

        A data set inside a file that is not on this machine wants a copy.
        """
        file, name = self._file(location)
        return self.is_own(location) if name.prefix else file.is_read_in_place()

    def validator(self, location: Location) -> str:
        """Answer what changes when the content of a location does; empty when nobody can tell."""
        return self._file(location)[0].validator() or ""

    def list_files(self, location: Location) -> Iterator[str]:
        """List files: below a folder of a storage or archive, or those that a pattern matches, in order.

        They are paths in that storage or innermost archive; of a URL, in its implied storage.

        Raises
        ------
        ItemMissing
            When there is no such folder.
        DataUnavailable
            When there is neither storage nor package, or it cannot be reached, or cannot list.
        """
        full = with_implied_storage(location)
        if full.packages:
            return self._archive(full).names(full.path)
        storage = None if full.storage is None else self.storage(full.storage)
        if not isinstance(storage, FileStorageInterface):
            raise DataUnavailable(
                f"{location}: files are listed of storages that have files, and of packages", locator=location.path
            )
        return storage.list_files(full.path)

    def hold(self, connection: object) -> AbstractContextManager[None]:
        """Keep what ``connect`` or ``retrieve`` answered while it is read: a copy in the cache stays meanwhile.

        Raises
        ------
        DataUnavailable
            When the copy was removed since; retrieving or connecting again brings it back.
        """
        if isinstance(connection, RasterPath):
            return self.cache.hold(connection.file)
        return self.cache.hold(split_dataset_name(connection).file if isinstance(connection, str) else "")

    def doubt(self, location: Location) -> None:
        """Say that something was wrong with what was answered: its storage is asked anew at the next use."""
        self._file(location)[0].doubt()

    def is_own(self, location: Location) -> bool:
        """Say whether a location is a plain file of this machine: what is answered for it is always the same."""
        location = with_implied_storage(location)
        if location.packages:
            return False
        return location.storage is None or isinstance(self.storage(location.storage), LocalStorage)

    def storage(self, record: StorageRecord) -> FileStorageInterface | ConnectedStorageInterface:
        """Answer the storage of a record of the catalogue; raises UnknownKey."""
        found: FileStorageInterface | ConnectedStorageInterface | None = self._storages.get(record)
        if found is None:
            found = self._storages.setdefault(record, self.plugins.storages[record.type](record, self.settings))
        return found

    # -- the walk --------------------------------------------------------------------------------

    def _file(self, location: Location) -> tuple[File, DatasetName]:
        """The file of a location, and GDAL's name of the data set in it."""
        known = self._named.get(location)
        if known is None:
            full = with_implied_storage(location)
            name = split_dataset_name(full.path)
            if full.storage is not None and not isinstance(self.storage(full.storage), FileStorageInterface):
                name = DatasetName("", full.path, "")  # no file, but what the storage calls its data
            known = self._walk(replace(full, path=name.file)), name
            with self._lock:
                if len(self._named) >= MOST_KNOWN:
                    self._named.clear()
                    self._files.clear()
                    self._archives.clear()
                self._named[location] = known
        return known

    def _walk(self, location: Location) -> File:
        known = self._files.get(location)
        if known is None:
            made = self._member(location) if location.packages else self._outermost(location)
            known = self._files.setdefault(location, made)
        return known

    def _outermost(self, location: Location) -> File:
        if location.storage is not None:
            return StorageFile(self._means, location, location.storage, self.storage(location.storage))
        path = local_path(location.path)
        if path is None:
            raise DataUnavailable(
                f"'{location.path}' is neither an absolute path nor on a storage; accepted: an absolute path, a URL, "
                "or a storage or package to which the path is relative",
                locator=location.path,
            )
        return OwnFile(self._means, location, str(path))

    def _member(self, location: Location) -> File:
        return MemberFile(self._means, location, self._archive(location))

    def _archive(self, location: Location) -> ArchiveFile:
        """The innermost package of a location."""
        *outer, record = location.packages
        place = Location(location.storage, tuple(outer), record.path)
        key = replace(location, path="")
        known = self._archives.get(key)
        if known is None:
            known = self._archives.setdefault(key, ArchiveFile(self._means, self._walk(place), record))
        return known
