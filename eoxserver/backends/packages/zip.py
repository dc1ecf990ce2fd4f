# SPDX-License-Identifier: MIT
"""ZIP archives, on this machine or through any stream that seeks.

Members are found by the central directory; stored, deflate, Deflate64 (with the extra ``deflate64``), bzip2, LZMA and
Zstandard are unpacked. Rules: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local headers), 4.4.5 (methods) and 5.8 (LZMA).
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import BinaryIO, ClassVar

import numpy as np

from eoxserver.backends.packages import decompress
from eoxserver.backends.packages.base import Archive, Member
from eoxserver.backends.packages.decompress import Decompressing, Decompressor
from eoxserver.backends.packages.members import clean_name, name_problem, usable_member
from eoxserver.backends.packages.streams import Section, StreamPackage, Window, copy_member
from eoxserver.backends.packages.zip_directory import Entry, find_directory, read_directory
from eoxserver.core.errors import PackageBroken
from eoxserver.plugins.markers import hookimpl

__all__ = ["ZipPackage", "eoxs_packages"]

_METHODS: Mapping[int, str] = MappingProxyType(
    {0: "stored", 8: "deflate", 9: "deflate64", 12: "bzip2", 14: "lzma", 93: "zstd"}
)
_PLAIN: Mapping[str, Callable[[], Decompressor]] = MappingProxyType(
    {
        "deflate": decompress.deflate,
        "deflate64": decompress.deflate64,
        "bzip2": decompress.bzip2,
        "zstd": decompress.zstd,
    }
)
"""Methods whose packed bytes need no more than a decompressor."""

_LOCAL = struct.Struct("<4s5H3L2H")
_ENCRYPTED, _PATCH, _STRONG, _MASKED = 0x1, 0x20, 0x40, 0x2000
_LZMA_HAS_END = 0x2


class ZipPackage(StreamPackage):
    """A ZIP archive."""

    key: ClassVar[str] = "ZIP"

    @classmethod
    def scan(cls, archive: Archive) -> Iterator[Member]:
        """List the files of the central directory; links are left out.

        Only the list is read, not the members: their bytes are looked for when they are wanted.
        """
        window = Window(archive)
        directory = find_directory(window, archive.name)
        most = archive.settings.packages.max_members
        positions, ends = array("q"), array("q")
        for entry in read_directory(window, directory, archive.name):
            if len(positions) == most:
                raise PackageBroken(
                    f"{archive.name}: has more than {most} members (max_members of section backends.packages)"
                )
            positions.append(entry.position)
            ends.append(min(entry.position + _LOCAL.size + len(entry.raw_name) + entry.packed_size, 2**63 - 1))
            if entry.is_file:
                yield _member(entry)
        _refuse_overlaps(positions, ends, directory.start, archive.name)

    @classmethod
    def locate(cls, archive: Archive, member: Member) -> int:
        """Answer where the bytes of a member lie, by the header before them."""
        return _read_local(Window(archive), archive, member)[0]

    @classmethod
    def unpack(cls, archive: Archive, member: Member, target: BinaryIO) -> None:
        """Write the bytes of a member, and check their number and checksum."""
        usable_member(member, member.name, archive.name)
        window = Window(archive)
        start, flags = _read_local(window, archive, member)
        section = Section(window, start, member.packed_size)
        copy_member(_plain_bytes(section, archive, member, flags), member, archive, target)


def _member(entry: Entry) -> Member:
    name = clean_name(entry.name)
    method = _METHODS.get(entry.method, f"method {entry.method}")
    problem = _problem(entry, name)
    return Member(
        name=name,
        size=entry.size,
        position=entry.position,
        packed_size=entry.packed_size,
        stored=entry.method == 0 and not problem,
        method=method,
        checksum=entry.checksum,
        problem=problem,
    )


def _problem(entry: Entry, name: str) -> str:
    wrong = name_problem(name)
    if wrong:
        return f"has a name that {wrong}"
    if entry.flags & (_ENCRYPTED | _STRONG | _MASKED):
        return "is encrypted; encrypted members are not read"
    if entry.flags & _PATCH or entry.method not in _METHODS:
        known = ", ".join(_METHODS.values())
        return f"is packed by method {entry.method}, which is not known; accepted: {known}"
    if entry.method == 0 and entry.size != entry.packed_size:
        return f"is corrupt: it is stored, and said to have {entry.packed_size} bytes and {entry.size} unpacked"
    return ""


def _refuse_overlaps(positions: array[int], ends: array[int], directory: int, archive: str) -> None:
    """Refuse members that share bytes: a small archive of them unpacks to any amount."""
    begin, end = np.frombuffer(positions, np.int64), np.frombuffer(ends, np.int64)
    order = np.argsort(begin, kind="stable")
    following = np.append(begin[order][1:], directory)[: len(begin)]
    over = np.flatnonzero(end[order] > following)
    if len(over):
        number = int(order[over[0]])
        raise PackageBroken(
            f"{archive}: is corrupt or hostile: the member at {positions[number]} overlaps what follows it at "
            f"{int(following[over[0]])}"
        )


def _read_local(window: Window, archive: Archive, member: Member) -> tuple[int, int]:
    """Where the packed bytes of a member begin, and its flags, by its local header."""
    blame = f"{archive.name}: member '{member.name}' is corrupt:"
    header = window.read(member.position, _LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
        raise PackageBroken(f"{blame} there is no entry at {member.position}", locator=member.name)
    _, _, flags, method, _, _, _, _, _, name_size, extra_size = _LOCAL.unpack(header)
    if _METHODS.get(method) != member.method or flags & _ENCRYPTED:
        raise PackageBroken(f"{blame} its entry says other things than the list of the archive", locator=member.name)
    start = member.position + _LOCAL.size + name_size + extra_size
    if start + member.packed_size > window.size:
        raise PackageBroken(f"{blame} the archive ends before it does", locator=member.name)
    return start, flags


def _plain_bytes(section: Section, archive: Archive, member: Member, flags: int) -> Callable[[int], bytes]:
    """What reads the unpacked bytes."""
    if member.method == "stored":
        return section.read
    name = f"{archive.name}: member '{member.name}'"
    make = _lzma(section, member, flags, name) if member.method == "lzma" else _PLAIN[member.method]
    try:
        max_ratio = archive.settings.packages.max_ratio
        return Decompressing(section.read, make, name, max_ratio, locator=member.name).read
    except ImportError as error:
        raise PackageBroken(
            f"{name} is packed by {member.method}, which needs: pip install 'eoxserver[{member.method}]'",
            locator=member.name,
        ) from error


def _lzma(section: Section, member: Member, flags: int, name: str) -> Callable[[], Decompressor]:
    """Put the properties before the bytes into the header of a file of LZMA, which has the size as well."""
    head = section.read(9)
    if len(head) < 9 or head[2:4] != b"\x05\x00":
        raise PackageBroken(f"{name} is corrupt: it has no properties of LZMA", locator=member.name)
    size = 2**64 - 1 if flags & _LZMA_HAS_END else member.size
    return lambda: decompress.lzma_alone(head[4:] + struct.pack("<Q", size))


@hookimpl
def eoxs_packages() -> Sequence[type]:
    """Add ZIP archives."""
    return [ZipPackage]
