# SPDX-License-Identifier: MIT
"""What packages that are read through streams share: reading at a position, copying within bounds, local archives."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, ClassVar, Protocol

from isal import isal_zlib

from eoxserver.backends.packages.base import Archive, Member
from eoxserver.backends.packages.decompress import PIECE
from eoxserver.backends.packages.members import select_names, usable_member, usable_name
from eoxserver.conf.schema import Settings
from eoxserver.core.errors import DataUnavailable, ItemMissing, NoRoom, PackageBroken

__all__ = ["Bytes", "Section", "StreamPackage", "Window", "copy_member"]

WINDOW = 1 << 16
"""Bytes that are read around a small thing, because the next one is near."""


class Bytes(Protocol):
    """An archive, or what it is expanded to, that is read at increasing positions."""

    def read(self, offset: int, size: int) -> bytes:
        """Answer bytes from ``offset``; fewer than ``size`` at the end of the archive only."""


class Window:
    """Reads an archive anywhere; small reads that follow each other are taken from one larger read."""

    def __init__(self, archive: Archive) -> None:
        self._stream = archive.stream
        self._name = archive.name
        self._start = 0
        self._held = b""
        self.size = self._end()
        """Of the archive [bytes]."""

    def read(self, offset: int, size: int) -> bytes:
        """Answer bytes from ``offset``; fewer than ``size`` at the end of the archive only.

        Raises
        ------
        DataUnavailable
            When the stream fails.
        """
        begin = offset - self._start
        if begin < 0 or begin + size > len(self._held):
            if size > WINDOW:
                return self._fetch(offset, size)
            self._start, self._held, begin = offset, self._fetch(offset, WINDOW), 0
        return self._held[begin : begin + size]

    def _fetch(self, offset: int, size: int) -> bytes:
        wanted = max(0, min(size, self.size - offset))
        if not wanted:
            return b""
        try:
            self._stream.seek(offset)
            pieces = [self._stream.read(wanted)]
            missing = wanted - len(pieces[0])
            while missing and pieces[-1]:
                pieces.append(self._stream.read(missing))
                missing -= len(pieces[-1])
        except (OSError, ValueError) as error:
            raise self._unreadable(error) from error
        return b"".join(pieces)

    def _end(self) -> int:
        try:
            return self._stream.seek(0, 2)
        except (OSError, ValueError) as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> DataUnavailable:
        return DataUnavailable(f"{self._name}: cannot be read: {error}", locator=self._name)


class Section:
    """The bytes of an archive from one place on, from start to end."""

    def __init__(self, source: Bytes, start: int, size: int) -> None:
        self._source = source
        self._at = start
        self._end = start + size

    def read(self, size: int) -> bytes:
        """Answer the next bytes, at most ``size``; none at the end."""
        data = self._source.read(self._at, min(size, self._end - self._at)) if self._at < self._end else b""
        self._at += len(data)
        return data


def copy_member(read: Callable[[int], bytes], member: Member, archive: Archive, target: BinaryIO) -> None:
    """Write what ``read`` answers to ``target``, and hold it to the entry of the member and the settings.

    Raises
    ------
    PackageBroken
        When there is more or less of it than the entry says, or more than the settings allow, or the checksum is
        another.
    """
    name = f"{archive.name}: member '{member.name}'"
    most = archive.settings.packages.max_member_bytes
    if member.size > most:
        raise PackageBroken(
            f"{name} has {member.size} bytes; accepted: up to {most} (max_member_bytes of section backends.packages)",
            locator=member.name,
        )
    done = checksum = 0
    while data := read(PIECE):
        done += len(data)
        if done > member.size:
            raise PackageBroken(f"{name} is longer than the {member.size} bytes its entry says", locator=member.name)
        checksum = isal_zlib.crc32(data, checksum)
        target.write(data)
    if done < member.size:
        raise PackageBroken(
            f"{name} is truncated: {done} of the {member.size} bytes its entry says are there", locator=member.name
        )
    if member.checksum is not None and checksum != member.checksum:
        raise PackageBroken(f"{name} is corrupt: its checksum is another than its entry says", locator=member.name)


class StreamPackage:
    """A local archive, of a format that is read through streams; subclasses say how."""

    key: ClassVar[str]

    def __init__(self, path: str, settings: Settings) -> None:
        self._path = path
        self._settings = settings

    @classmethod
    def scan(cls, archive: Archive) -> Iterator[Member]:
        """List the members; see ``StreamPackageInterface.scan``."""
        raise NotImplementedError

    @classmethod
    def unpack(cls, archive: Archive, member: Member, target: BinaryIO) -> None:
        """Write the bytes of a member; see ``StreamPackageInterface.unpack``."""
        raise NotImplementedError

    def extract(self, location: str, folder: Path) -> str:
        """Unpack one file; see ``PackageInterface.extract``."""
        wanted = usable_name(location, self._path)
        with self._open() as stream:
            archive = Archive(stream, self._path, self._settings)
            found = None
            for member in self.scan(archive):
                if member.name == wanted:
                    found = member
            member = usable_member(found, location, self._path)
            path = folder / wanted.rpartition("/")[2]
            try:
                _write(path, lambda target: self.unpack(archive, member, target))
            except OSError as error:
                kind = NoRoom if error.errno in (errno.ENOSPC, errno.EDQUOT) else DataUnavailable
                raise kind(
                    f"{self._path}: member '{location}' cannot be written to {path}: {error.strerror}", locator=location
                ) from error
        return str(path)

    def list_files(self, location: str = "") -> Iterator[str]:
        """List members; see ``PackageInterface.list_files``."""
        location = usable_name(location, self._path)
        with self._open() as stream:
            names = {member.name for member in self.scan(Archive(stream, self._path, self._settings))}
        yield from select_names(iter(sorted(names)), location, self._path)

    def _open(self) -> BinaryIO:
        try:
            return Path(self._path).open("rb")
        except FileNotFoundError as error:
            raise ItemMissing(f"{self._path}: no such archive", locator=self._path) from error
        except (OSError, ValueError) as error:
            raise DataUnavailable(f"{self._path}: cannot be opened: {error}", locator=self._path) from error


def _write(path: Path, unpack: Callable[[BinaryIO], None]) -> None:
    """Make a file; nothing is left of one that was not completed."""
    try:
        with path.open("wb") as target:
            unpack(target)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
