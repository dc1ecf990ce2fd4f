# SPDX-License-Identifier: MIT
"""Where something is that is registered: a file of this machine, or one in a storage or archive."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from eoxserver.backends.locations import (
    DatasetName,
    Located,
    Location,
    PackageRecord,
    StorageRecord,
    address,
    location_of,
    shown_address,
    split_dataset_name,
)

__all__ = ["Place", "is_url"]

UNQUOTED = ("GTIFF_DIR:",)
"""GDAL's names of data sets in which the file stands without quotation marks."""


def is_url(text: str) -> bool:
    """Whether a text begins as a URL does.

    >>> is_url("s3://bucket/a.tif"), is_url("/data//a.tif"), is_url("a.zip//b.tif")
    (True, False, False)
    """
    scheme, mark, _ = text.partition("://")
    return bool(mark) and scheme[:1].isalpha() and all(letter.isalnum() or letter in "+-." for letter in scheme)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file is, or a data set inside one.

    As text it is what people write and commands take, without what may be a secret.

    >>> place = Place.of_text('NETCDF:"/data/a.nc":sst')
    >>> place.name, place.stem, place.folder, place.subdataset
    ('a.nc', 'a', 'data', 'sst')
    """

    location: Location

    @classmethod
    def of_file(cls, path: str | Path) -> Place:
        """The place of a file of this machine, by its absolute path."""
        return cls(Location(None, (), str(path)))

    @classmethod
    def of_text(cls, text: str) -> Place:
        """The place of an absolute path, a URL, or a data set in one of them, without storage or package."""
        return cls(Location(None, (), text))

    @classmethod
    def of_item(cls, item: Located) -> Place:
        """The place of a data item or package of the catalogue; raises DataUnavailable."""
        return cls(location_of(item))

    def __str__(self) -> str:
        return shown_address(self.location)

    @property
    def address(self) -> str:
        """The whole of it, for comparing: the same for a URL with and without a storage of the catalogue."""
        return address(self.location)

    @property
    def shown_location(self) -> str:
        """The location in its storage or archive, without what may be a secret."""
        path = self.location.path
        if self.location.packages or (self.storage is not None and self.storage.type not in ("http", "https")):
            return path
        return str(self) if self.storage is None else path.partition("?")[0]

    @property
    def local(self) -> str | None:
        """What readers open when it is a file of this machine; None for any other place."""
        path = self.location.path
        if self.location.storage is not None or self.location.packages:
            return None
        return None if is_url(path) or is_url(split_dataset_name(path).file) else path

    @property
    def storage(self) -> StorageRecord | None:
        """The storage of the catalogue it lies in."""
        return self.location.storage

    @property
    def _file(self) -> PurePosixPath:
        """Path of the file, the whole way from the storage's host on."""
        text = self.file.address
        if is_url(text):
            parts = urlsplit(text)
            web = parts.scheme in ("http", "https")
            text = f"/{parts.netloc}{unquote(parts.path) if web else parts.path}"
        return PurePosixPath(text)

    @property
    def name(self) -> str:
        """Name of the file, ending included."""
        return self._file.name

    @property
    def stem(self) -> str:
        """Name of the file without its ending."""
        return self._file.stem

    @property
    def label(self) -> str:
        """The name in messages: of the file, and of the data set in it.

        >>> Place.of_text('NETCDF:"/data/a.nc":sst').label
        'a.nc:sst'
        """
        return f"{self.name}:{self.subdataset}" if self.subdataset else self.name

    @property
    def folder(self) -> str:
        """Name of the folder, archive or host it lies in."""
        return self._file.parent.name

    @property
    def subdataset(self) -> str:
        """Which data set inside the file it is; empty for the file itself."""
        name = split_dataset_name(self.location.path)
        if name.prefix.upper().startswith(UNQUOTED):
            return name.prefix.strip(":").rpartition(":")[2]
        return name.suffix.strip('":/')

    @property
    def file(self) -> Place:
        """The file itself."""
        return self.at(split_dataset_name(self.location.path).file)

    def beside(self, name: str) -> Place:
        """Another file in the same folder.

        >>> str(Place.of_text("http://host/2024/a.tif?key=1").beside("a.xml"))
        'http://host/2024/a.xml'
        """
        path = split_dataset_name(self.location.path).file
        folder, mark, _ = path.partition("?")[0].rpartition("/")
        return self.at(f"{folder}{mark}{name}")

    def inside(self, name: str, opened: str) -> Place:
        """A data set inside the file.

        Parameters
        ----------
        name : str
            Of the data set, as the reader gives it.
        opened : str
            The path of the file that the reader was given, which the name contains.

        >>> str(Place.of_text("/data/a.nc").inside("netcdf:/data/a.nc:sst", "/data/a.nc"))
        'NETCDF:"/data/a.nc":sst'
        """
        prefix, _, suffix = name.partition(opened)
        return self.named(DatasetName(prefix, opened, suffix))

    def at(self, path: str) -> Place:
        """Another path in the same storage or archive."""
        return self if path == self.location.path else Place(replace(self.location, path=path))

    def member(self, archive_format: str, name: str) -> Place:
        """A member of the archive that is here."""
        location = self.location
        packages = (*location.packages, PackageRecord(archive_format, location.path))
        return Place(Location(location.storage, packages, name))

    def named(self, name: DatasetName) -> Place:
        """The data set of this name in the file that is here, whatever file the name has; in one spelling."""
        prefix, suffix = name.prefix.rstrip('"').upper(), name.suffix.lstrip('"')
        mark = "" if prefix.startswith(UNQUOTED) else '"'
        return self.at(str(DatasetName(f"{prefix}{mark}", self.location.path, f"{mark}{suffix}")))
