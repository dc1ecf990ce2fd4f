# SPDX-License-Identifier: MIT
"""Tar archives, plain or compressed as a whole by gzip, bzip2, xz or Zstandard; what they are is told by their bytes.

A plain archive is read anywhere: its list by its headers, and members that have no holes in place. In a compressed one
there is no way to a member but from the first byte on; so it is expanded once (``TarPackage.expand``), or, by who does
not keep what it becomes, decompressed up to the member each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import BinaryIO, ClassVar

from eoxserver.backends.packages import decompress
from eoxserver.backends.packages.base import Archive, Member
from eoxserver.backends.packages.decompress import PIECE, Decompressing, Decompressor, refuse_growth
from eoxserver.backends.packages.members import clean_name, name_problem, usable_member
from eoxserver.backends.packages.streams import Bytes, Section, StreamPackage, Window, copy_member
from eoxserver.backends.packages.tar_headers import BLOCK, EMPTY, Entry, is_header, read_entry
from eoxserver.backends.packages.tar_sparse import Layout, layout_of, read_pieces, reading_sparse
from eoxserver.core.errors import PackageBroken
from eoxserver.plugins.markers import hookimpl

__all__ = ["TarPackage", "eoxs_packages"]

_COMPRESSIONS: Mapping[bytes, tuple[str, Callable[[], Decompressor]]] = MappingProxyType(
    {
        b"\x1f\x8b": ("gzip", decompress.gzip),
        b"BZh": ("bzip2", decompress.bzip2),
        b"\xfd7zXZ\0": ("xz", decompress.xz),
        b"\x28\xb5\x2f\xfd": ("zstd", decompress.zstd),
    }
)
"""First bytes -> name and decompressor."""
_SKIPPED = b"\x2a\x4d\x18"
"""Behind the first byte (0x50 to 0x5F) of a frame of Zstandard that is skipped; its parallel program begins so."""


class Expanded:
    """A compressed archive as it was before, read at increasing positions."""

    def __init__(self, window: Window, make: Callable[[], Decompressor], archive: Archive) -> None:
        packed = Section(window, 0, window.size)
        max_ratio = archive.settings.packages.max_ratio
        self._plain = Decompressing(
            packed.read, make, f"{archive.name}:", max_ratio, several=True, locator=archive.name
        )
        self._start = 0
        self._held = b""

    def read(self, offset: int, size: int) -> bytes:
        """Answer bytes from ``offset``, which is not far before the last one; what lies between is passed over."""
        while offset > self._start + len(self._held) and self._load():
            pass
        begin = offset - self._start
        if begin + size > len(self._held):
            pieces = [self._held[begin:]]
            missing = size - len(pieces[0])
            while missing > 0 and (piece := self._plain.read(PIECE)):
                pieces.append(piece)
                missing -= len(piece)
            self._start, self._held, begin = offset, b"".join(pieces), 0
        return self._held[begin : begin + size]

    def rest(self) -> Iterator[bytes]:
        """Answer everything from the first byte that was not read yet; at the end the checksum is checked."""
        yield self._held
        while self._load():
            yield self._held

    def _load(self) -> bool:
        """Go on to the next piece; False at the end."""
        self._start += len(self._held)
        self._held = self._plain.read(PIECE)
        return bool(self._held)


class TarPackage(StreamPackage):
    """A tar archive."""

    key: ClassVar[str] = "TAR"

    @classmethod
    def scan(cls, archive: Archive) -> Iterator[Member]:
        """List the files, other names of them (hard links) included; symbolic links and devices are left out."""
        source, method = _source(archive)
        members: dict[str, Member] = {}  # for what hard links name
        for entry, layout in _entries(source, archive):
            member = _linked(entry, members) if entry.is_hard_link else _member(entry, layout, method)
            if member is not None:
                members[member.name] = member
                yield member
        if isinstance(source, Expanded):
            for _ in source.rest():
                pass

    @classmethod
    def locate(cls, archive: Archive, member: Member) -> int:
        """Answer where the bytes of a member lie; the list says so."""
        if member.start is None:
            raise PackageBroken(f"{archive.name}: member '{member.name}' is not stored in one piece as it is")
        return member.start

    @classmethod
    def unpack(cls, archive: Archive, member: Member, target: BinaryIO) -> None:
        """Write the bytes of a member, and its holes."""
        usable_member(member, member.name, archive.name)
        source, _ = _source(archive)
        entry = read_entry(source, member.position, archive.name)
        layout = None if entry is None else layout_of(source, entry, archive.name)
        if entry is None or layout is None or not entry.is_file or layout.size != member.size:
            raise PackageBroken(
                f"{archive.name}: member '{member.name}' is not at {member.position}, where the list of the archive "
                "says it is",
                locator=member.name,
            )
        copy_member(_plain_bytes(source, entry, layout, archive), member, archive, target)

    @classmethod
    def is_compressed(cls, archive: Archive) -> bool:
        """Say whether the archive is compressed as a whole."""
        return _compression(Window(archive), archive) is not None

    @classmethod
    def expand(cls, archive: Archive, target: BinaryIO) -> None:
        """Write a compressed archive to ``target`` as it was before."""
        source, method = _source(archive)
        if not isinstance(source, Expanded):
            raise PackageBroken(f"{archive.name}: is not compressed as a whole, it is {method}")
        for piece in source.rest():
            target.write(piece)


def _source(archive: Archive) -> tuple[Window | Expanded, str]:
    """What the headers are read from, and how the archive is packed."""
    window = Window(archive)
    compression = _compression(window, archive)
    if compression is None:
        return window, "stored"
    method, make = compression
    return Expanded(window, make, archive), method


def _compression(window: Window, archive: Archive) -> tuple[str, Callable[[], Decompressor]] | None:
    """Name and decompressor of what an archive is compressed by; None when it is plain."""
    head = window.read(0, BLOCK)
    if head == EMPTY or is_header(head):
        return None
    for magic, compression in _COMPRESSIONS.items():
        if head.startswith(magic):
            return compression
    if 0x50 <= int.from_bytes(head[:1]) <= 0x5F and head[1:4] == _SKIPPED:
        return "zstd", decompress.zstd
    if not head:
        raise PackageBroken(f"{archive.name}: is empty")
    raise PackageBroken(
        f"{archive.name}: is corrupt, or no tar archive; accepted: plain ones, and those compressed by gzip, bzip2, xz "
        "or zstd"
    )


def _entries(source: Window | Expanded, archive: Archive) -> Iterator[tuple[Entry, Layout]]:
    """All headers of the archive."""
    most = archive.settings.packages.max_members
    position = count = 0
    while (entry := read_entry(source, position, archive.name)) is not None:
        count += 1
        if count > most:
            raise PackageBroken(
                f"{archive.name}: has more than {most} members (max_members of section backends.packages)"
            )
        layout = layout_of(source, entry, archive.name)
        if isinstance(source, Window) and layout.end > source.size:
            raise PackageBroken(
                f"{archive.name}: is truncated: it has {source.size} bytes, member '{entry.name}' ends at {layout.end}"
            )
        yield entry, layout
        position = layout.end


def _member(entry: Entry, layout: Layout, method: str) -> Member | None:
    """The member of a header; None when it is no file."""
    if not entry.is_file:
        return None
    name = clean_name(entry.name)
    wrong = name_problem(name)
    stored = method == "stored" and not layout.sparse
    return Member(
        name=name,
        size=layout.size,
        position=entry.position,
        packed_size=entry.packed_size,
        stored=stored and not wrong,
        start=layout.data if stored else None,
        method="sparse" if layout.sparse else method,
        problem=f"has a name that {wrong}" if wrong else "",
    )


def _linked(entry: Entry, members: Mapping[str, Member]) -> Member | None:
    """The member under its other name; None when the archive does not have it (a link to a link, or to nothing)."""
    found = members.get(clean_name(entry.link))
    if found is None:
        return None
    name = clean_name(entry.name)
    wrong = name_problem(name)
    return replace(
        found,
        name=name,
        stored=found.start is not None and not wrong,
        problem=f"has a name that {wrong}" if wrong else "",
    )


def _plain_bytes(source: Bytes, entry: Entry, layout: Layout, archive: Archive) -> Callable[[int], bytes]:
    """What reads the bytes of a member, with holes if it has some."""
    if not layout.sparse:
        return Section(source, layout.data, layout.size).read
    refuse_growth(
        layout.size,
        entry.packed_size,
        archive.settings.packages.max_ratio,
        f"{archive.name}: member '{entry.name}'",
        entry.name,
    )
    start, pieces = read_pieces(source, entry, layout, archive.name)
    packed = Section(source, start, sum(size for _, size in pieces))
    return reading_sparse(packed.read, pieces, layout.size)


@hookimpl
def eoxs_packages() -> Sequence[type]:
    """Add tar archives."""
    return [TarPackage]
