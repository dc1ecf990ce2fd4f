# SPDX-License-Identifier: MIT
"""Archives, and the files in them.

Of an archive whose format is read through streams (``StreamPackageInterface``) only what is needed is fetched: its list
of members, once, and the bytes of the members that are used. Members that lie in it as they are, are read in place.
An archive that is compressed as a whole is expanded once. Any other is fetched whole.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from eoxserver.backends.access.files import File, Means, Span, cache_key, open_copy, suffix
from eoxserver.backends.access.parts import open_part
from eoxserver.backends.connections import RasterPath
from eoxserver.backends.locations import Location, PackageRecord, shown_address
from eoxserver.backends.packages.base import Archive, Member
from eoxserver.backends.packages.index import MemberIndex, write_index
from eoxserver.backends.packages.members import usable_member
from eoxserver.backends.storages.base import FileStatus
from eoxserver.core.errors import PackageBroken, TransferFailed

__all__ = ["ArchiveFile", "MemberFile"]

Result = TypeVar("Result")

IN_PLACE = frozenset(
    {".tif", ".tiff", ".gtiff", ".btf", ".jp2", ".j2k", ".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"}
)
"""Endings of names of formats that GDAL reads from within another file. Not VRT, which names files beside it."""


ATTEMPTS = 4
"""How often a member is looked for in an archive that is another one each time."""


@dataclass(frozen=True, slots=True)
class _Copied:
    """A local file that is made through the cache."""

    means: Means
    key: str
    fetch: Callable[[Path], str]
    validator: Callable[[], str | None]

    def path(self) -> str:
        return self.means.cache.get(self.key, self.fetch, self.validator())

    def open(self) -> BinaryIO:
        return open_copy(self.means.cache, self.path())

    def span(self) -> Span:
        return self.means.span(self.path())


class ArchiveFile:
    """An archive that is looked into.

    Parameters
    ----------
    file : File
        The archive itself.
    record : PackageRecord
        Says of which format it is.
    """

    def __init__(self, means: Means, file: File, record: PackageRecord) -> None:
        self.file = file
        self._means = means
        self._format = record.format
        self._key = cache_key(file.location)
        self._lock = threading.Lock()
        self._compressed: tuple[str | None, bool] | None = None
        self.name = shown_address(file.location)
        """For messages."""

    @cached_property
    def _kind(self) -> Any:
        """The package class; raises UnknownKey."""
        return self._means.plugins.packages[self._format]

    @property
    def has_streams(self) -> bool:
        """Whether its format is read through streams."""
        return all(hasattr(self._kind, name) for name in ("scan", "locate", "unpack"))

    def body(self) -> File | _Copied:
        """The bytes that members are looked for in: of the archive, or of what it was before it was compressed."""
        if not hasattr(self._kind, "is_compressed"):
            return self.file
        with self._lock:
            validator = self.file.validator()
            if self._compressed is None or self._compressed[0] != validator:
                self._compressed = (validator, self._looked(self.file, self._kind.is_compressed))
            compressed = self._compressed[1]
        if not compressed:
            return self.file
        return _Copied(self._means, f"{self._key} (expanded)", self._expand, self.file.validator)

    def member(self, name: str) -> Member:
        """The member of a name, if it can be had.

        Raises
        ------
        ItemMissing, PackageBroken, AccessDenied
            When there is none, or it cannot be had.
        """
        found = self._with_index(lambda index: index.find(name))
        return usable_member(found, name, self.name)

    def start(self, member: Member) -> int:
        """Where the bytes of a stored member begin."""
        if member.start is not None:
            return member.start
        return self._looked(self.body(), lambda archive: int(self._kind.locate(archive, member)))

    def unpack(self, member: Member, folder: Path) -> str:
        """Write a member into a folder."""
        self._means.cache.admit(f"{self.name}//{member.name}", member.size)
        path = folder / member.name.rpartition("/")[2]
        with path.open("wb") as target:
            self._looked(self.body(), lambda archive: self._kind.unpack(archive, member, target))
        return str(path)

    def extract(self, name: str, folder: Path) -> str:
        """Have a package that wants a local file unpack a member of it."""
        path = self.file.path()
        with self._means.cache.hold(path):
            return str(self._kind(path, self._means.settings).extract(name, folder))

    def names(self, location: str) -> Iterator[str]:
        """Names of the members below a folder, or of those that a pattern matches."""
        if self.has_streams:
            return iter(self._with_index(lambda index: list(index.names(location))))
        path = self.file.path()
        with self._means.cache.hold(path):
            return iter(list(self._kind(path, self._means.settings).list_files(location)))

    def _with_index(self, use: Callable[[MemberIndex], Result]) -> Result:
        """Use the list of members."""
        path = self._means.cache.get(f"{self._key} ({self._format} members)", self._scan, self.file.validator())
        with self._means.cache.hold(path):
            return use(MemberIndex(path, self.name))

    def _scan(self, folder: Path) -> str:
        return self._looked(self.body(), lambda archive: write_index(self._kind.scan(archive), folder))

    def _expand(self, folder: Path) -> str:
        path = folder / "archive"
        with path.open("wb") as target:
            self._looked(self.file, lambda archive: self._kind.expand(archive, target))
        return str(path)

    def _looked(self, file: File | _Copied, use: Callable[[Archive], Result]) -> Result:
        """Look into the bytes of an archive."""
        with closing(file.open()) as stream:
            return use(Archive(stream, self.name, self._means.settings))


@dataclass(frozen=True, slots=True)
class _Found:
    """A member that was found in one state of an archive."""

    validator: str | None
    member: Member
    start: int
    """Of a stored member."""


class MemberFile:
    """A file in an archive."""

    def __init__(self, means: Means, location: Location, archive: ArchiveFile) -> None:
        self.location = location
        self._means = means
        self._archive = archive
        self._known: _Found | None = None
        self._placed: tuple[Span, int, RasterPath] | None = None
        self._copy = _Copied(means, cache_key(location), self._fetch, self.validator)

    def validator(self) -> str | None:
        """That of the archive."""
        return self._archive.file.validator()

    def status(self) -> FileStatus:
        """Size, and the archive's validator."""
        size = self._found().member.size if self._archive.has_streams else Path(self.path()).stat().st_size
        return FileStatus(size, self.validator() or "")

    def path(self) -> str:
        """A copy in the cache."""
        return self._firmly(self._path)

    def open(self) -> BinaryIO:
        """The part of the archive where it is stored, else the copy."""
        return self._firmly(self._open)

    def span(self) -> Span:
        """Within the archive where it is stored, else all of the copy."""
        return self._firmly(self._span)

    def in_place(self) -> object:
        """Where it lies in the archive; the copy where it is packed, or its format wants a file."""
        return self._firmly(self._in_place if suffix(self.location.path) in IN_PLACE else self._path)

    def is_open(self) -> bool:
        """Whether it is stored, in an archive whose bytes can be read where they are."""
        if not self._archive.has_streams or not self._archive.file.is_open():
            return False
        return self._archive.body() is self._archive.file and self._is_stored()

    def is_read_in_place(self) -> bool:
        """Whether it is, and of a format that is read so."""
        return suffix(self.location.path) in IN_PLACE and self.is_open()

    def doubt(self) -> None:
        """Look for it again, and doubt the archive too."""
        self._known = None
        self._archive.file.doubt()

    def _path(self) -> str:
        if self._archive.has_streams:
            self._found()  # a member that cannot be had is told as it is, also where there is a copy
        return self._copy.path()

    def _open(self) -> BinaryIO:
        if self._is_stored():
            found = self._found()
            return open_part(self._archive.body().open(), found.start, found.member.size)
        return self._copy.open()

    def _span(self) -> Span:
        if not self._is_stored():
            return self._copy.span()
        found, outer = self._found(), self._archive.body().span()
        return replace(outer, start=outer.start + found.start)

    def _in_place(self) -> object:
        if not self._is_stored():
            return self._copy.path()
        span, size = self._span(), self._found().member.size
        placed = self._placed
        if placed is None or placed[:2] != (span, size) or not placed[0].path.is_same(span.path):
            path = span.path.with_text(f"/vsisubfile/{span.start}_{size},{span.path}")
            placed = self._placed = span, size, path
        return placed[2]

    def _is_stored(self) -> bool:
        return self._archive.has_streams and self._found().member.stored

    def _found(self) -> _Found:
        """The member, looked for once in each state of the archive."""
        validator = self.validator()
        known = self._known
        if known is not None and known.validator == validator:
            return known
        member = self._archive.member(self.location.path)
        start = self._archive.start(member) if member.stored else 0
        known = self._known = _Found(validator, member, start)
        return known

    def _fetch(self, folder: Path) -> str:
        if self._archive.has_streams:
            return self._archive.unpack(self._found().member, folder)
        return self._archive.extract(self.location.path, folder)

    def _firmly(self, call: Callable[[], Result]) -> Result:
        """Call, and again as often as that fails because the archive has changed since its list was read."""
        for _ in range(ATTEMPTS - 1):
            before = self.validator()
            try:
                return call()
            except (PackageBroken, TransferFailed):
                self.doubt()
                if self.validator() == before:
                    raise
        return call()
