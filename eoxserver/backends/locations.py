# SPDX-License-Identifier: MIT
"""Where a file is, as a value: a storage, the packages it lies in, and its path in the innermost of them.

Rules of the catalogue: an item with both a storage and a package is taken from the storage; a package without storage
of its own may lie in another package; the outermost package may lie in a storage.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

from eoxserver.backends.credentials import shown_url
from eoxserver.core.errors import DataUnavailable

__all__ = [
    "DatasetName",
    "Located",
    "Location",
    "PackageLike",
    "PackageRecord",
    "StorageLike",
    "StorageRecord",
    "address",
    "data_file",
    "location_of",
    "path_exists",
    "shown_address",
    "split_dataset_name",
    "with_implied_storage",
]

MOST_PACKAGES = 16
"""Packages in packages up to this depth."""

_DATASET_NAME = re.compile(
    r'([A-Za-z][A-Za-z0-9_]+:(?:[0-9]+:|[A-Z0-9_]+:(?="))?(?:"(?=[^"]+"))?)((?<=")[^"]+|(?<!")[^:"]+)("?(?::.*)?)'
)
_SCHEME = re.compile("[A-Za-z][A-Za-z0-9+.-]*")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|[A-Za-z][A-Za-z0-9_]+:[a-z][a-z0-9+-]*://")
"""A URL, or what could be meant as a data set at one and lacks the quotation marks."""


class StorageLike(Protocol):
    """What is asked of a storage of the catalogue (``backends.models.Storage``)."""

    @property
    def url(self) -> str:
        """Root of all locations in it."""

    @property
    def storage_type(self) -> str:
        """Key of the storage plugin."""

    @property
    def credentials(self) -> str:
        """Where to find the credentials."""


class PackageLike(Protocol):
    """What is asked of a package of the catalogue (``backends.models.Package``)."""

    @property
    def location(self) -> str:
        """Where it lies in its storage or package."""

    @property
    def format(self) -> str:
        """Key of the package plugin."""

    @property
    def storage(self) -> StorageLike | None:
        """The storage it lies in."""

    @property
    def package(self) -> PackageLike | None:
        """The package it lies in."""


class Located(Protocol):
    """What is asked of a data item of the catalogue (``backends.models.DataItem``)."""

    @property
    def location(self) -> str:
        """Where it lies in its storage or package, or an absolute path."""

    @property
    def storage(self) -> StorageLike | None:
        """The storage it lies in; comes before the package."""

    @property
    def package(self) -> PackageLike | None:
        """The package it lies in."""


@dataclass(frozen=True, slots=True)
class StorageRecord:
    """A storage as the catalogue knows it."""

    type: str
    """Key of the storage plugin, in lower case."""
    url: str
    """Root of all locations in it."""
    credentials: str = ""
    """Where to find the credentials; never the credentials."""


@dataclass(frozen=True, slots=True)
class PackageRecord:
    """A package as the catalogue knows it."""

    format: str
    """Key of the package plugin, in upper case."""
    path: str
    """In the storage or package it lies in."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where a file is.

    >>> str(Location(StorageRecord("local", "/data"), (PackageRecord("ZIP", "2024.zip"),), "B04.tif"))
    'local:/data -> ZIP 2024.zip -> B04.tif'
    """

    storage: StorageRecord | None
    """None: the outermost path is one of this machine."""
    packages: tuple[PackageRecord, ...]
    """From the outermost to the innermost."""
    path: str
    """In the innermost package, else in the storage."""

    def __str__(self) -> str:
        parts = [f"{self.storage.type}:{self.storage.url}"] if self.storage else []
        parts += [f"{package.format} {package.path}" for package in self.packages]
        return " -> ".join([*parts, self.path])


def location_of(item: Located) -> Location:
    """Answer where a data item is.

    Raises
    ------
    DataUnavailable
        When packages lie in each other without end.
    """
    packages: list[PackageRecord] = []
    storage: StorageLike | None = item.storage
    package: PackageLike | None = item.package
    while storage is None and package is not None:
        if len(packages) == MOST_PACKAGES:
            raise DataUnavailable(f"{item.location}: lies in more than {MOST_PACKAGES} packages", locator=item.location)
        packages.insert(0, PackageRecord(package.format.upper(), package.location))
        storage, package = package.storage, package.package
    record = None
    if storage is not None:
        record = StorageRecord(storage.storage_type.lower(), storage.url, storage.credentials)
    return Location(record, tuple(packages), item.location)


@dataclass(frozen=True, slots=True)
class DatasetName:
    """GDAL's name of a data set inside a file, as ``NETCDF:"/path/a.nc":sst``; or just a file."""

    prefix: str
    file: str
    suffix: str

    def __str__(self) -> str:
        return f"{self.prefix}{self.file}{self.suffix}"

    def with_file(self, file: str) -> DatasetName:
        """The same data set of another file."""
        return DatasetName(self.prefix, file, self.suffix)


def split_dataset_name(text: str) -> DatasetName:
    """Find the file in GDAL's name of a data set; any other text is a file itself.

    >>> split_dataset_name('NETCDF:"a.nc":sst')
    DatasetName(prefix='NETCDF:"', file='a.nc', suffix='":sst')
    >>> split_dataset_name("GTIFF_DIR:2:/data/a.tif").file, split_dataset_name("/data/a:b.tif").file
    ('/data/a.tif', '/data/a:b.tif')
    >>> split_dataset_name('HDF5:"https://eo.example/a.h5"://sst').file, split_dataset_name("s3://bucket/a.tif").prefix
    ('https://eo.example/a.h5', '')
    """
    match = _DATASET_NAME.fullmatch(text)
    if match is None or _URL.match(text):
        return DatasetName("", text, "")
    return DatasetName(match[1], match[2], match[3])


def with_implied_storage(location: Location) -> Location:
    """Answer a location of its own storage where it is a URL without one: its host or bucket, without credentials.

    A query in the URL of a web server, which may be a signature, is the storage's.

    >>> found = with_implied_storage(Location(None, (), "https://eo.example/2024/a%20b.tif?key=1"))
    >>> found.storage.type, found.storage.url, found.path
    ('https', 'https://eo.example/?key=1', '2024/a b.tif')
    >>> str(with_implied_storage(Location(None, (PackageRecord("ZIP", "s3://bucket/a.zip"),), "b.tif")))
    's3:s3://bucket -> ZIP a.zip -> b.tif'

    Raises
    ------
    DataUnavailable
        When the URL has a password.
    """
    if location.storage is not None:
        return location
    name = split_dataset_name(location.packages[0].path if location.packages else location.path)
    scheme, mark, rest = name.file.partition("://")
    if not mark or scheme.lower() == "file" or not _SCHEME.fullmatch(scheme):
        return location
    host, _, path = rest.partition("/")
    if ":" in host.rpartition("@")[0]:
        raise DataUnavailable(
            f"{shown_url(name.file)}: was given with a password; accepted: a storage with a reference to credentials",
            locator=shown_url(name.file),
        )
    root = f"{scheme}://{host}"
    if scheme.lower() in ("http", "https"):
        path, query, parameters = path.partition("?")
        path, root = unquote(path), f"{root}/?{parameters}" if query else root
    storage = StorageRecord(scheme.lower(), root)
    if not location.packages:
        return Location(storage, (), str(name.with_file(path)))
    first, *others = location.packages
    return Location(storage, (PackageRecord(first.format, path), *others), location.path)


def address(location: Location) -> str:
    """Answer where a file is as commands take it: a URL or path, ``//`` before each member; see ``shown_address``.

    >>> address(Location(StorageRecord("http", "http://host/eo/"), (PackageRecord("ZIP", "2024.zip"),), "B04.tif"))
    'http://host/eo/2024.zip//B04.tif'
    >>> address(Location(None, (PackageRecord("TAR", "/data/a.tar"),), 'NETCDF:"b.nc":sst'))
    'NETCDF:"/data/a.tar//b.nc":sst'
    """
    return _address(location, str)


def shown_address(location: Location) -> str:
    """Answer the address as it may be shown: without what may be a secret in a URL (``credentials.shown_url``).

    >>> shown_address(Location(None, (PackageRecord("ZIP", "http://host/2024.zip?sig=abc"),), "B04.tif"))
    'http://host/2024.zip//B04.tif'
    """
    return _address(location, shown_url)


def _address(location: Location, outermost: Callable[[str], str]) -> str:
    name = split_dataset_name(location.path)
    paths = [*(package.path for package in location.packages), name.file]
    storage = location.storage
    if storage is None or storage.type in ("http", "https"):
        paths[0] = outermost(f"{storage.url.rstrip('/')}/{paths[0]}" if storage else paths[0])
    else:  # what looks like a query is part of the path: a name in a bucket, an array of a collection
        paths[0] = f"{outermost(storage.url).rstrip('/')}/{paths[0]}"
    return str(name.with_file("//".join(paths)))


def data_file(path: str) -> str | None:
    """Answer the local file that a path or GDAL's name of a data set means; None when there is no such file.

    >>> data_file("NETCDF:/no/such/file.nc:sst") is None
    True
    """
    if path_exists(path):
        return path
    file = split_dataset_name(path).file
    return file if file != path and path_exists(file) else None


def path_exists(path: str | Path) -> bool:
    """Say whether there is a file or folder; text that can be no path (too long, a zero byte) is simply none."""
    try:
        Path(path).stat()
    except (OSError, ValueError):
        return False
    return True
