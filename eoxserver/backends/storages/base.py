# SPDX-License-Identifier: MIT
"""What a storage is: a place where files or arrays live, spoken to through one or more interfaces.

A *file storage* brings files to this machine (``retrieve``) and lists them; that is enough. What it can do
beyond that it says by having the methods:

* ``stat`` (``StatStorageInterface``): the state of a file, so that a copy in the cache is kept as long as it is true;
* ``open`` (``OpenStorageInterface``): a stream that seeks, so that archives are looked into, not fetched whole;
* ``connect`` (``ConnectedStorageInterface``): something that reads sub-arrays where they are;
* ``describe`` (``DescribeStorageInterface``): what the arrays are that it holds itself, so that they are registered.

A storage is made for each record of the catalogue, with the record and the settings, is used from many threads and
processes, and holds no state of a request. It is not asked to be atomic, to lock or to clean up: that is the cache's.

A storage class has a class attribute ``key``: the storage type in the catalogue, in lower case.
``eoxserver.testing.contracts.StorageContract`` is the test suite of this contract.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar, Protocol, runtime_checkable

from eoxserver.backends.descriptions import Description
from eoxserver.backends.locations import StorageRecord
from eoxserver.conf.schema import Settings

__all__ = [
    "ConnectedStorageInterface",
    "DescribeStorageInterface",
    "FileStatus",
    "FileStorageInterface",
    "OpenStorageInterface",
    "StatStorageInterface",
]


@dataclass(frozen=True, slots=True)
class FileStatus:
    """The state of a file in its storage."""

    size: int | None = None
    """[bytes]; None when the storage does not tell."""
    validator: str = ""
    """Changes when the content does (an entity tag, a time of change with the size); empty when nobody can tell."""


@runtime_checkable
class FileStorageInterface(Protocol):
    """A storage of files."""

    key: ClassVar[str]

    def __init__(self, record: StorageRecord, settings: Settings) -> None: ...

    def validate(self) -> None:
        """Check the record: that its URL is one of this storage's, and that the storage is there.

        Raises
        ------
        ConfigurationError
            When the record is wrong; the message names the URL and what would be accepted.
        DataUnavailable
            When the storage cannot be reached.
        """

    def retrieve(self, location: str, folder: Path) -> str:
        """Bring a file to this machine.

        Parameters
        ----------
        location : str
            Relative to the URL of the record.
        folder : Path
            Where a copy is put, and nowhere else. It exists, belongs to this transfer alone, and may hold what an
            interrupted one left behind, which may be gone on with where that is known to be the same file.
            A storage whose files are on this machine answers the file itself, and leaves the folder alone.

        Returns
        -------
        str
            Path of the local file, complete, with the name it has in the storage.

        Raises
        ------
        ItemMissing
            When there is no such file.
        StorageUnreachable, CredentialsRefused, TransferFailed
            When it cannot be fetched; DataUnavailable for any other reason.
        AccessDenied
            When the location leads out of the storage.
        """

    def list_files(self, location: str = "") -> Iterator[str]:
        """List the locations of files, in order.

        Parameters
        ----------
        location : str
            A folder, all files below which are listed; or a pattern with ``*``, ``?`` and ``**``.

        Raises
        ------
        ItemMissing
            When there is no such folder.
        DataUnavailable
            When the storage cannot be reached, or cannot list.
        AccessDenied
            When the location leads out of the storage.
        """


@runtime_checkable
class StatStorageInterface(Protocol):
    """A file storage that tells the state of a file without fetching it."""

    def stat(self, location: str) -> FileStatus:
        """Answer the state of a file as it is now.

        Raises
        ------
        ItemMissing
            When there is no such file.
        DataUnavailable
            When the storage cannot be reached.
        AccessDenied
            When the location leads out of the storage.
        """


@runtime_checkable
class OpenStorageInterface(Protocol):
    """A file storage that reads parts of a file."""

    def open(self, location: str) -> BinaryIO:
        """Open a file for reading; the stream seeks and tells, and is used by one thread.

        It reads ahead as far as makes sense for the storage, and all of it from one state of the file: a file that
        changes meanwhile is a TransferFailed.

        Raises
        ------
        ItemMissing
            When there is no such file.
        PartsRefused
            When it answers no parts of this file.
        DataUnavailable
            When the storage cannot be reached.
        AccessDenied
            When the location leads out of the storage.
        """


@runtime_checkable
class ConnectedStorageInterface(Protocol):
    """A storage that reads for us."""

    key: ClassVar[str]

    def __init__(self, record: StorageRecord, settings: Settings) -> None: ...

    def validate(self) -> None:
        """Check the record; see ``FileStorageInterface.validate``."""

    def connect(self, location: str) -> object:
        """Answer what a reader opens in place: a path of the raster library, or an object that reads sub-arrays.

        Returns
        -------
        object
            A ``RasterPath``, or a ``Source`` of the core. None when this item cannot be read in place, as on a web
            server that sends whole files only; it is then retrieved.

        Raises
        ------
        DataUnavailable
            When there is no such data, or the storage cannot be reached.
        """


@runtime_checkable
class DescribeStorageInterface(Protocol):
    """A connected storage that holds arrays, not files: no reader describes them, it does that itself.

    Registration asks ``complete`` first, stores the location it answers, and describes that.
    """

    def complete(self, location: str) -> str:
        """Answer the location under which data is registered: with everything that was left for the storage to find.

        What is complete already comes back as it is. Axes are put in an order a raster can have: y before x.

        Raises
        ------
        ItemMissing
            When there is no such data.
        DataUnavailable
            When the location means more than one array, or the storage cannot be reached.
        """

    def describe(self, location: str) -> Description:
        """Describe the array that ``connect`` answers for this location.

        Its domain has index axes in the order of the array, with the role of an axis where that is known.

        Raises
        ------
        ItemMissing
            When there is no such data.
        DataUnavailable
            When it is of a kind that cannot be read, or the storage cannot be reached.
        """
