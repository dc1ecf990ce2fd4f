# SPDX-License-Identifier: MIT
"""From a data item to data: ``retrieve`` a local file, or ``connect`` to something a reader opens in place.

``Access`` does it, with the plugins and settings of an instance. The functions ``retrieve`` and ``connect`` are the
documented interface for scripts, which have no instance in their hands; they use the ``Access`` that was installed when
the instance was opened (``install_access``). There is one in a process, as there is one catalogue in a process: Django
binds its models to one database. It is not a context variable because threads of WSGI servers start with an empty
context and would not find it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eoxserver.backends.locations import (
    Located,
    Location,
    PackageRecord,
    StorageRecord,
    location_of,
    path_exists,
    split_dataset_name,
)
from eoxserver.backends.storages.base import ConnectedStorageInterface, FileStorageInterface
from eoxserver.backends.storages.local import local_path
from eoxserver.conf.schema import Settings
from eoxserver.core.errors import ConfigurationError, DataUnavailable
from eoxserver.plugins.manager import Plugins

__all__ = ["Access", "connect", "install_access", "retrieve"]


@dataclass(frozen=True)
class Access:
    """Finds the data behind data items, with the storages and packages that plugins bring."""

    plugins: Plugins
    settings: Settings
    _storages: dict[StorageRecord, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def retrieve(self, item: Located) -> str:
        """Answer the path of a local file with the data; the caller never cleans up.

        A file that is on this machine is answered as it is, nothing is copied.

        Raises
        ------
        UnknownKey
            When no plugin brings the storage or package; the message says how to get it.
        DataUnavailable
            When the data is missing or cannot be reached.
        AccessDenied
            When the location leads out of its storage or package.
        """
        return self._unpack(location_of(item))

    def connect(self, item: Located) -> object:
        """Answer what a reader opens in place: a path, or an object that reads sub-arrays where they are.

        Where that is not possible this equals ``retrieve``, and raises the same.
        """
        location = location_of(item)
        if location.storage is not None and not location.packages:
            storage = self.storage(location.storage)
            if isinstance(storage, ConnectedStorageInterface):
                return storage.connect(location.path)
        return self._unpack(location)

    def storage(self, record: StorageRecord) -> FileStorageInterface | ConnectedStorageInterface:
        """Answer the storage of a record of the catalogue; raises UnknownKey."""
        found: FileStorageInterface | ConnectedStorageInterface | None = self._storages.get(record)
        if found is None:
            found = self._storages.setdefault(record, self.plugins.storages[record.type](record, self.settings))
        return found

    def _unpack(self, location: Location) -> str:
        """Walk from the storage through the packages to the file."""
        paths = [*(package.path for package in location.packages), location.path]
        file = self._fetch(location, paths[0])
        for depth, (package, member) in enumerate(zip(location.packages, paths[1:], strict=True), 1):
            inside = Location(location.storage, location.packages[:depth], member)
            file = self._package(package, file).extract(member, self._folder(inside))
        return file

    def _fetch(self, location: Location, path: str) -> str:
        """Bring the outermost file to this machine."""
        if location.storage is None:
            return _own_file(path)
        storage = self.storage(location.storage)
        if not isinstance(storage, FileStorageInterface):
            raise DataUnavailable(
                f"{location}: storage type '{location.storage.type}' has no files to retrieve, only data to connect to",
                locator=path,
            )
        return storage.retrieve(path, self._folder(Location(location.storage, (), path)))

    def _package(self, record: PackageRecord, file: str) -> Any:
        return self.plugins.packages[record.format](file, self.settings)

    def _folder(self, location: Location) -> Path:
        """Where copies of a location are put: below the cache, a folder for each chain of storage and packages."""
        digest = hashlib.sha256(repr(location).encode()).hexdigest()
        return self.settings.path(self.settings.cache.directory) / digest[:2] / digest


def _own_file(path: str) -> str:
    """The path of a file of this machine, or GDAL's name of a data set inside one."""
    name = split_dataset_name(path)
    file = local_path(name.file if name.prefix else path)
    if file is None:
        raise DataUnavailable(
            f"'{path}' is neither an absolute path nor on a storage; accepted: an absolute path, "
            "or a storage or package to which the path is relative",
            locator=path,
        )
    if not path_exists(file):
        raise DataUnavailable(f"{path}: no such file", locator=path)
    return str(name.with_file(str(file))) if name.prefix else str(file)


class _Installed:
    """The access of the one instance that is open in this process."""

    access: Access | None = None


def install_access(access: Access | None) -> Access | None:
    """Make ``access`` the one that ``retrieve`` and ``connect`` use; answer the one before.

    The application calls this when it opens an instance.
    """
    before, _Installed.access = _Installed.access, access
    return before


def retrieve(item: Located) -> str:
    """Answer the path of a local file with the data of a data item (``Access.retrieve``)."""
    return _installed().retrieve(item)


def connect(item: Located) -> object:
    """Answer what a reader opens in place for a data item (``Access.connect``)."""
    return _installed().connect(item)


def _installed() -> Access:
    if _Installed.access is None:
        raise ConfigurationError(
            "no instance is open: eoxserver.app.open_instance(FOLDER) opens one, "
            "and so does `eoxserver manage shell` in its folder"
        )
    return _Installed.access
