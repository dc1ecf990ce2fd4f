# SPDX-License-Identifier: MIT
"""What a package is: an archive that holds files.

A package class has a class attribute ``key``: the format in the catalogue, in upper case (``ZIP``, ``TAR``). One is
made for each archive that is looked into, is used from many threads, and holds no state of a request.
``extract`` and ``list_files`` on a local file are enough (``PackageInterface``). What a format can do beyond that it
says by having the methods:

* ``scan``, ``locate`` and ``unpack`` (``StreamPackageInterface``): members are found and unpacked through any stream
  that seeks. Then an archive on a remote storage is never fetched whole, its list of members is kept, and members
  that are stored as they are, are read in place. Who has these gets ``extract`` and ``list_files`` from
  ``packages.streams.StreamPackage``.
* ``is_compressed`` and ``expand`` (``CompressedPackageInterface``): an archive may be compressed as a whole, so that
  each look at a member would begin at its first byte; it is better expanded once.

``eoxserver.testing.contracts.PackageContract`` is the test suite of this contract.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar, Protocol, runtime_checkable

from eoxserver.conf.schema import Settings

__all__ = ["Archive", "CompressedPackageInterface", "Member", "PackageInterface", "StreamPackageInterface"]


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that is looked into, by one thread."""

    stream: BinaryIO
    """Reads and seeks; where it stands does not matter, and it is not closed."""
    name: str
    """What messages call it."""
    settings: Settings
    """Section ``backends.packages`` has the limits."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive, as the archive's own list has it."""

    name: str
    """With ``/`` between folders."""
    size: int
    """Unpacked [bytes]."""
    position: int
    """Where its entry begins in the archive (in the expanded one, if it is compressed) [bytes]; for ``unpack``."""
    packed_size: int
    """Of its packed bytes."""
    stored: bool = False
    """Its bytes lie in the archive as they are and in one piece; ``locate`` tells where."""
    start: int | None = None
    """Where they lie [bytes], if the list tells already; else ``locate`` has to look at the entry."""
    method: str = ""
    """How it is packed, in the words of the format."""
    checksum: int | None = None
    """CRC-32 of its unpacked bytes; None when the format keeps none."""
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
        NoRoom
            When the disk is full.
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
        AccessDenied
            When the location is absolute or has ``..``.
        """


@runtime_checkable
class StreamPackageInterface(Protocol):
    """A format of archives that are read through any stream that seeks.

    An error of the stream itself (DataUnavailable) is passed on.
    """

    @classmethod
    def scan(cls, archive: Archive) -> Iterator[Member]:
        """List the members that are files, in the order of the archive; of members of one name the last counts.

        That all is well with the archive is known at the end of the iteration, not before.

        Raises
        ------
        PackageBroken
            When the archive is broken, or has more members than the settings allow.
        """

    @classmethod
    def locate(cls, archive: Archive, member: Member) -> int:
        """Answer where the bytes of a ``stored`` member lie in the archive.

        Raises
        ------
        PackageBroken
            When they are not there.
        """

    @classmethod
    def unpack(cls, archive: Archive, member: Member, target: BinaryIO) -> None:
        """Write the bytes of a member to ``target``, piece by piece; its OSErrors are passed on.

        Raises
        ------
        PackageBroken
            When the bytes are broken, or are more than the entry or the settings say, or the member has a problem.
        AccessDenied
            When the problem is its name.
        """


@runtime_checkable
class CompressedPackageInterface(Protocol):
    """A format of archives that may be compressed as a whole."""

    @classmethod
    def is_compressed(cls, archive: Archive) -> bool:
        """Say whether this archive is: look at its first bytes.

        Then ``scan`` and ``unpack`` read it from its beginning each time, and no member of it is ``stored``.
        """

    @classmethod
    def expand(cls, archive: Archive, target: BinaryIO) -> None:
        """Write the archive to ``target`` as it was before it was compressed; it is read once from start to end.

        ``target`` then is an archive of the same format, and ``position`` is the same in both.

        Raises
        ------
        PackageBroken
            When it is broken, or becomes larger than the settings allow.
        """
