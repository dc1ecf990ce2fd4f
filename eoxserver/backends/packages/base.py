# SPDX-License-Identifier: MIT
"""What a package is: an archive that holds files.

A package class has a class attribute ``key``: the format in the catalogue, in upper case (``ZIP``, ``TAR``). One is
made for each archive that is looked into, is used from many threads, and holds no state of a request.
``extract`` and ``list_files`` on a local file are enough (``PackageInterface``). A format whose members can be found
and unpacked through any stream that seeks has ``scan`` and ``unpack`` as well (``StreamPackageInterface``): then an
archive on a remote storage is never fetched whole, its list of members is kept, and members that are stored as they
are, are read in place.

``eoxserver.testing.contracts.PackageContract`` is the test suite of this contract.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar, Protocol, runtime_checkable

from eoxserver.conf.schema import Settings

__all__ = ["Member", "PackageInterface", "StreamPackageInterface"]


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive, as the archive's own list has it."""

    name: str
    """With ``/`` between folders."""
    size: int
    """Unpacked [bytes]."""
    position: int
    """Where its entry begins in the archive [bytes]; for ``unpack``."""
    packed_size: int
    """Of its packed bytes."""
    start: int | None = None
    """Where its bytes lie in the archive as they are [bytes]; None when they are packed, encrypted or in pieces."""
    method: str = ""
    """How it is packed, in the words of the format."""
    problem: str = ""
    """Why it cannot be read (encrypted, an unknown method, a name that leads out); empty when it can."""


@runtime_checkable
class PackageInterface(Protocol):
    """An archive of files on this machine."""

    key: ClassVar[str]

    def __init__(self, path: str, settings: Settings) -> None: ...

    def extract(self, location: str, folder: Path) -> str:
        """Unpack one file.

        Parameters
        ----------
        location : str
            Name of the member.
        folder : Path
            Where to put it, and nowhere else; it exists, and belongs to this member alone.

        Returns
        -------
        str
            Path of the file, complete, with the last part of the member's name.

        Raises
        ------
        ItemMissing
            When there is no such member.
        PackageBroken
            When the archive or the member cannot be read, or is larger than the settings allow.
        AccessDenied
            When the member's name is absolute or has ``..``.
        """

    def list_files(self, location: str = "") -> Iterator[str]:
        """List the members below a folder of the archive, or those a pattern matches, in order.

        Members that cannot be had because of their name are left out.

        Raises
        ------
        ItemMissing
            When there is no such folder.
        PackageBroken
            When the archive is broken.
        """


@runtime_checkable
class StreamPackageInterface(Protocol):
    """A format of archives that are read through any stream that seeks."""

    key: ClassVar[str]

    @classmethod
    def scan(cls, stream: BinaryIO, settings: Settings) -> Iterator[Member]:
        """List the members that are files, in the order of the archive; of members of one name the last counts.

        Raises
        ------
        PackageBroken
            When the archive is broken, or has more members than the settings allow.
        """

    @classmethod
    def unpack(cls, stream: BinaryIO, member: Member, target: BinaryIO, settings: Settings) -> None:
        """Write the bytes of a member to ``target``.

        Raises
        ------
        PackageBroken
            When its bytes are broken, or are more than its entry or the settings say.
        """
