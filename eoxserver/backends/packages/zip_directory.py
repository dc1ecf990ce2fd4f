# SPDX-License-Identifier: MIT
"""The central directory of a ZIP archive: where it is, and what it says of each member.

Rules: PKWARE APPNOTE 6.3.10, sections 4.3 (records), 4.4.4 (flags), 4.4.5 (methods), 4.5.3 (ZIP64), 4.6.9 (names in
Unicode) and appendix D (names in code page 437).
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from isal import isal_zlib

from eoxserver.backends.packages.streams import Window
from eoxserver.core.errors import PackageBroken

__all__ = ["Directory", "Entry", "find_directory", "read_directory"]

_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_END_SIGNATURE = b"PK\x05\x06"
_LONGEST_COMMENT = 0xFFFF
_BEYOND16, _BEYOND32 = 0xFFFF, 0xFFFFFFFF
"""Say that the number is in the record of ZIP64."""

_UNIX, _MACINTOSH = 3, 19
"""Hosts whose tools write names in UTF-8 without saying so."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the central directory is."""

    start: int
    """[bytes]"""
    size: int
    """[bytes]"""
    entries: int
    entries_modulo: int
    """Archives without ZIP64 count in 16 bits, and some have more entries."""
    shift: int
    """What lies before the archive, and its own positions do not count (a program that unpacks it) [bytes]."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the directory says of a member."""

    raw_name: bytes
    name: str
    flags: int
    method: int
    checksum: int
    packed_size: int
    size: int
    position: int
    """Of its local header [bytes]."""
    unix_mode: int
    """Type and rights of the file; 0 when the archive was made elsewhere."""

    @property
    def is_file(self) -> bool:
        """Whether it is no folder and no link."""
        return not self.name.endswith("/") and stat.S_IFMT(self.unix_mode) in (0, stat.S_IFREG)


def find_directory(window: Window, archive: str) -> Directory:
    """Find the central directory by the record at the end of the archive.

    Raises
    ------
    PackageBroken
        When there is none, or it is said to be where it cannot be.
    """
    end, record = _find_end(window, archive)
    _, disk, first_disk, here, entries, size, start, _ = record
    modulo = _BEYOND16 + 1
    end64 = _find_end64(window, end, archive)
    if end64 is not None:
        end, (disk, first_disk, here, entries, size, start) = end64
        modulo = 1 << 64
    if disk or first_disk or here != entries:
        raise PackageBroken(f"{archive}: is one of several parts of a ZIP archive; only whole archives are read")
    shift = end - size - start
    if shift < 0:
        raise PackageBroken(
            f"{archive}: is truncated or corrupt: its list of {size} bytes at {start} does not end where it should, "
            f"at {end}"
        )
    return Directory(start + shift, size, entries, modulo, shift)


def _find_end(window: Window, archive: str) -> tuple[int, tuple[int, ...]]:
    """Position and fields of the end record, the last one whose comment fits."""
    if not window.size:
        raise PackageBroken(f"{archive}: is empty")
    begin = max(0, window.size - _END.size - _LONGEST_COMMENT)
    tail = window.read(begin, window.size - begin)
    at = tail.rfind(_END_SIGNATURE)
    while at >= 0:
        if at + _END.size <= len(tail):
            fields = _END.unpack_from(tail, at)
            if at + _END.size + fields[-1] <= len(tail):
                return begin + at, fields
        at = tail.rfind(_END_SIGNATURE, 0, at)
    raise PackageBroken(f"{archive}: is no ZIP archive, or truncated: has no end record")


def _find_end64(window: Window, end: int, archive: str) -> tuple[int, tuple[int, ...]] | None:
    """Position and numbers of the end record of ZIP64; None when the archive has none."""
    if end < _LOCATOR.size:
        return None
    signature, _, said, _ = _LOCATOR.unpack(window.read(end - _LOCATOR.size, _LOCATOR.size))
    if signature != b"PK\x06\x07":
        return None
    # With something before the archive it is not where the locator says, but then just before the locator.
    for at in (said, end - _LOCATOR.size - _END64.size):
        block = window.read(at, _END64.size) if 0 <= at <= end else b""
        if len(block) == _END64.size and block.startswith(b"PK\x06\x06"):
            _, _, _, _, disk, first_disk, here, entries, size, start = _END64.unpack(block)
            return at, (disk, first_disk, here, entries, size, start)
    raise PackageBroken(f"{archive}: is corrupt: its end record of ZIP64 is not at {said}")


def read_directory(window: Window, directory: Directory, archive: str) -> Iterator[Entry]:
    """Read the entries of the central directory, one after the other.

    Raises
    ------
    PackageBroken
        When they are corrupt, or not as many as the end record says.
    """
    at, end, count = directory.start, directory.start + directory.size, 0
    while at < end:
        entry, at = _read_entry(window, at, end, directory.shift, f"{archive}: is corrupt: entry {count} of its list")
        count += 1
        yield entry
    if count % directory.entries_modulo != directory.entries:
        raise PackageBroken(
            f"{archive}: is corrupt: its list has {count} entries, its end record says {directory.entries}"
        )


def _read_entry(window: Window, at: int, end: int, shift: int, blame: str) -> tuple[Entry, int]:
    fixed = window.read(at, _ENTRY.size)
    if len(fixed) < _ENTRY.size or not fixed.startswith(b"PK\x01\x02"):
        raise PackageBroken(f"{blame} is none")
    (_, made_by, _, flags, method, _, _, checksum, packed, size, name_size, extra_size, comment_size, _, _, attributes,
     position) = _ENTRY.unpack(fixed)  # fmt: skip
    at += _ENTRY.size
    raw = window.read(at, name_size + extra_size)
    name, fields = raw[:name_size], _extra_fields(raw[name_size:])
    at += name_size + extra_size + comment_size
    if at > end:
        raise PackageBroken(f"{blame} is cut off")
    size, packed, position = _zip64(fields.get(0x0001, b""), size, packed, position, blame)
    host = made_by >> 8
    return Entry(
        raw_name=name,
        name=_name(name, flags, host, fields.get(0x7075, b"")),
        flags=flags,
        method=method,
        checksum=checksum,
        packed_size=packed,
        size=size,
        position=position + shift,
        unix_mode=attributes >> 16 if host == _UNIX else 0,
    ), at


def _extra_fields(data: bytes) -> dict[int, bytes]:
    """The extra fields by identifier; what is cut off is left out, as many tools write junk behind them."""
    fields = {}
    at = 0
    while at + 4 <= len(data):
        identifier, size = struct.unpack_from("<2H", data, at)
        at += 4 + size
        if at <= len(data):
            fields[identifier] = data[at - size : at]
    return fields


def _zip64(field: bytes, size: int, packed: int, position: int, blame: str) -> tuple[int, int, int]:
    """The numbers, those that do not fit in 32 bits from the field of ZIP64, which has only those."""
    values = []
    at = 0
    for short in (size, packed, position):
        values.append(short)
        if short == _BEYOND32 and field:
            if at + 8 > len(field):
                raise PackageBroken(f"{blame} lacks a number of ZIP64")
            values[-1] = struct.unpack_from("<Q", field, at)[0]
            at += 8
        if values[-1] >= 1 << 63:
            raise PackageBroken(f"{blame} has the impossible number {values[-1]}")
    return values[0], values[1], values[2]


def _name(raw: bytes, flags: int, host: int, unicode_field: bytes) -> str:
    """The name: in UTF-8 when it says so or its host does so, else in the code page 437 of old."""
    if len(unicode_field) > 5 and unicode_field[0] == 1:
        (checksum,) = struct.unpack_from("<L", unicode_field, 1)
        if checksum == isal_zlib.crc32(raw):
            raw, flags = unicode_field[5:], flags | 0x800
    if flags & 0x800 or host in (_UNIX, _MACINTOSH):
        try:
            return raw.decode()
        except UnicodeDecodeError:
            pass
    return raw.decode("cp437")
