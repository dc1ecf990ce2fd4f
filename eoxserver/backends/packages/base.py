# SPDX-License-Identifier: MIT
"""What a package is: an archive on this machine that holds files.

A package class has a class attribute ``key``: the format in the catalogue, in upper case (``ZIP``, ``TAR``). One is
made for each archive that is looked into, is used from many threads, and holds no state of a request.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

from eoxserver.conf.schema import Settings

__all__ = ["PackageInterface"]


@runtime_checkable
class PackageInterface(Protocol):
    """An archive of files."""

    key: ClassVar[str]

    def __init__(self, path: str, settings: Settings) -> None: ...

    def extract(self, location: str, folder: Path) -> str:
        """Unpack one file.

        Parameters
        ----------
        location : str
            Name of the member.
        folder : Path
            Where to put it, and nowhere else; it need not exist yet, and belongs to this member alone.

        Returns
        -------
        str
            Path of the file, complete: a reader never sees one that is half written.

        Raises
        ------
        DataUnavailable
            When there is no such member, or the archive is broken.
        AccessDenied
            When the member's name is absolute or has ``..``.
        """

    def list_files(self, location: str = "") -> Iterator[str]:
        """List the members below a folder of the archive, or those a pattern matches, in order.

        Raises
        ------
        DataUnavailable
            When the archive is broken.
        """
