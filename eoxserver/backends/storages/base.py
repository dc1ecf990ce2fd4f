# SPDX-License-Identifier: MIT
"""What a storage is: a place where files or arrays live, spoken to through one of two interfaces.

A *file storage* brings files to this machine (``retrieve``) and lists them. A *connected storage* gives something that
reads sub-arrays where they are (``connect``). One class may be both. A storage is made for each record of the
catalogue, with the record and the settings, is used from many threads, and holds no state of a request.

A storage class has a class attribute ``key``: the storage type in the catalogue, in lower case.
``eoxserver.testing.contracts.StorageContract`` is the test suite of this contract.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

from eoxserver.backends.locations import StorageRecord
from eoxserver.conf.schema import Settings

__all__ = ["ConnectedStorageInterface", "FileStorageInterface"]


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
            Where a copy may be put, and nowhere else; it need not exist yet, and belongs to this location alone.
            A storage whose files are on this machine answers the file itself, and leaves the folder alone.

        Returns
        -------
        str
            Path of the local file, complete: a reader never sees one that is half written.

        Raises
        ------
        DataUnavailable
            When there is no such file, or it cannot be fetched.
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
        DataUnavailable
            When there is no such folder.
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

        Raises
        ------
        DataUnavailable
            When there is no such data, or the storage cannot be reached.
        """
