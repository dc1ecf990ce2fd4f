# SPDX-License-Identifier: MIT
"""Headers of members in a tar archive: the forms of POSIX (ustar and pax), of GNU, and those before them.

Rules: POSIX.1-2017, utility pax, "ustar Interchange Format" and "pax Interchange Format"; GNU tar 1.35 manual, "Basic
Tar Format" (long names ``L`` and ``K``, numbers in base 256).
"""

from __future__ import annotations

from dataclasses import dataclass

from eoxserver.backends.packages.streams import Bytes
from eoxserver.core.errors import PackageBroken

__all__ = ["BLOCK", "EMPTY", "Entry", "decimal", "is_header", "number", "padded", "read_entry"]

BLOCK = 512
"""Headers and members begin at multiples of this [bytes]."""
_LONGEST_EXTENSION = 1 << 20
"""Of a header that belongs to the next one: names, records of pax [bytes]."""
_MOST_EXTENSIONS = 16
EMPTY = bytes(BLOCK)

_RECORDS, _GLOBAL, _LONG_NAME, _LONG_LINK = (b"x", b"X"), b"g", b"L", b"K"
_EXTENSIONS = {*_RECORDS, _GLOBAL, _LONG_NAME, _LONG_LINK}
_WITHOUT_DATA = {b"1", b"2", b"3", b"4", b"5", b"6"}
"""Links, devices, folders and pipes: what they give as size does not follow them."""
_FILES = {b"0", b"\0", b"7", b"S"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A header, with what the extensions before it say."""

    name: str
    kind: bytes
    """Type flag."""
    position: int
    """Of the first of its headers [bytes]."""
    data: int
    """Of the first byte behind the header [bytes]."""
    packed_size: int
    """Of the data behind the header, as they lie in the archive [bytes]."""
    link: str
    """Name of the member that it is another name of."""
    block: bytes
    """The header."""
    records: tuple[tuple[str, str], ...]
    """Records of pax, in their order."""

    @property
    def is_file(self) -> bool:
        """Whether it is a file (not another name of one)."""
        return self.kind in _FILES and not (self.kind == b"\0" and self.name.endswith("/"))

    @property
    def is_hard_link(self) -> bool:
        """Whether it is another name of a member."""
        return self.kind == b"1"

    def record(self, key: str) -> str | None:
        """The last value of a record of pax."""
        return next((value for name, value in reversed(self.records) if name == key), None)


def padded(size: int) -> int:
    """Size with what fills the last block [bytes].

    >>> padded(0), padded(1), padded(512)
    (0, 512, 512)
    """
    return -(-size // BLOCK) * BLOCK


def read_entry(source: Bytes, position: int, archive: str) -> Entry | None:
    """Read the header at a position, and the extensions that it begins with; None at the end of the archive.

    Raises
    ------
    PackageBroken
        When there is no header.
    """
    at = position
    extensions: dict[bytes, bytes] = {}
    records: list[tuple[str, str]] = []
    for _ in range(_MOST_EXTENSIONS):
        block = read_block(source, at, archive)
        if block == EMPTY:
            if at > position and (extensions or records):
                raise PackageBroken(f"{archive}: is corrupt: a header is missing at {at}")
            return None
        kind = block[156:157]
        size = number(block[124:136], f"{archive}: is corrupt: the header at {at}")
        at += BLOCK
        if kind not in _EXTENSIONS:
            return _entry(block, size, position, at, extensions, tuple(records), archive)
        data = _extension(source, at, size, archive)
        at += padded(size)
        if kind in _RECORDS:
            records += pax_records(data, f"{archive}: is corrupt: the header at {at}")
        elif kind != _GLOBAL:
            extensions[kind] = data.split(b"\0", 1)[0]
    raise PackageBroken(
        f"{archive}: is corrupt: more than {_MOST_EXTENSIONS} headers at {position} belong to one member"
    )


def read_block(source: Bytes, at: int, archive: str) -> bytes:
    """Read a header, and check its checksum; or a block of zeros."""
    block = source.read(at, BLOCK)
    if len(block) < BLOCK:
        where = f"ends at {at + len(block)}, where a header or the end mark should be"
        raise PackageBroken(f"{archive}: is truncated: it {where}")
    if block != EMPTY and not is_header(block):
        raise PackageBroken(f"{archive}: is corrupt, or no tar archive: there is no header at {at}")
    return block


def is_header(block: bytes) -> bool:
    """Say whether the checksum of a header is right; some old programs took bytes as signed numbers."""
    digits = block[148:156].strip(b" \0")
    if len(block) < BLOCK or not digits or digits.strip(b"01234567"):
        return False
    rest = block[:148] + b" " * 8 + block[156:]
    excess = sum(rest) - int(digits, 8)
    return excess == 0 or excess == 256 * sum(byte > 127 for byte in rest)


def number(field: bytes, blame: str) -> int:
    r"""Read a number: octal digits, or base 256 when the first bit is set.

    >>> number(b"0000644\0", "x"), number(b"\x80" + bytes(10) + b"\x07", "x")
    (420, 7)
    """
    if field[:1] == b"\x80":
        value = int.from_bytes(field[1:])
    else:
        digits = field.split(b"\0", 1)[0].strip(b" ")
        if digits.strip(b"01234567"):
            raise PackageBroken(f"{blame} has {field!r} for a number")
        value = int(digits or b"0", 8)
    if value >= 1 << 62:
        raise PackageBroken(f"{blame} has the impossible number {value}")
    return value


def text(raw: bytes) -> str:
    """A name: in UTF-8, else in ISO 8859-1, in which everything is text."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _entry(
    block: bytes,
    size: int,
    position: int,
    at: int,
    extensions: dict[bytes, bytes],
    records: tuple[tuple[str, str], ...],
    archive: str,
) -> Entry:
    kind = block[156:157]
    said = dict(records)
    blame = f"{archive}: is corrupt: the header at {position}"
    if "size" in said:
        size = decimal(said["size"], blame)
    name = block[:100].split(b"\0", 1)[0]
    prefix = block[345:500].split(b"\0", 1)[0]
    if prefix and block[257:263] == b"ustar\0":  # GNU has other things there
        name = prefix + b"/" + name
    link = block[157:257].split(b"\0", 1)[0]
    return Entry(
        name=said.get("GNU.sparse.name") or said.get("path") or text(extensions.get(_LONG_NAME, name)),
        kind=kind,
        position=position,
        data=at,
        packed_size=0 if kind in _WITHOUT_DATA else size,
        link=said.get("linkpath") or text(extensions.get(_LONG_LINK, link)),
        block=block,
        records=records,
    )


def _extension(source: Bytes, at: int, size: int, archive: str) -> bytes:
    if size > _LONGEST_EXTENSION:
        raise PackageBroken(f"{archive}: is corrupt: the extended header at {at} has {size} bytes")
    data = source.read(at, size)
    if len(data) < size:
        raise PackageBroken(f"{archive}: is truncated: it ends within the extended header at {at}")
    return data


def pax_records(data: bytes, blame: str) -> list[tuple[str, str]]:
    r"""Read records as ``9 path=a\n``; the number is the length of the whole record.

    >>> pax_records(b"9 path=a\n13 size=1234\n", "x")
    [('path', 'a'), ('size', '1234')]
    """
    records = []
    at = 0
    while at < len(data) and data[at]:
        space = data.find(b" ", at, at + 20)
        if space < 0 or not data[at:space].isdigit():
            raise PackageBroken(f"{blame} has a record without length")
        end = at + int(data[at:space])
        key, equals, value = data[space + 1 : max(space, end - 1)].partition(b"=")
        if not equals or end > len(data) or data[end - 1 : end] != b"\n":
            raise PackageBroken(f"{blame} has a record of a wrong length")
        records.append((text(key), text(value)))
        at = end
    return records


def decimal(digits: str, blame: str) -> int:
    """Read a number of a record."""
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise PackageBroken(f"{blame} has {digits[:40]!r} for a number")
    return int(digits)
