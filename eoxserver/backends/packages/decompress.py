# SPDX-License-Identifier: MIT
"""Packed bytes into plain ones, piece by piece: memory stays small, and what grows beyond measure is stopped.

Formats: deflate (RFC 1951), gzip (RFC 1952), bzip2, xz and LZMA, Zstandard (RFC 8878), and Deflate64, which needs the
optional package ``inflate64``.
"""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable
from typing import Protocol, TypeVar, cast

import zstandard
from isal import igzip_lib

from eoxserver.core.errors import PackageBroken

__all__ = [
    "PIECE", "Decompressing", "Decompressor", "bzip2", "deflate", "deflate64", "gzip", "lzma_alone",
    "refuse_growth", "xz", "zstd",
]  # fmt: skip

T = TypeVar("T")

PIECE = 1 << 18
"""Bytes that are read or written at once."""
_FED = 1 << 11
"""Bytes given at once to a decompressor whose output cannot be bounded; they become 64 MiB at most."""
_ALLOWED = 1 << 14
"""Packed bytes that everything is taken to have more than it has: the ratio of something small says little."""
_MEMORY = 1 << 28
"""Most memory for one LZMA decompressor [bytes]; the strongest preset of xz takes 65 MiB."""
_WINDOW = 1 << 27
"""Largest window of Zstandard [bytes]: what its program accepts without being told."""

_ISAL_ERROR = cast("type[Exception]", igzip_lib.IsalError)
"""Its annotation says that it is an instance."""
_ERRORS = (OSError, ValueError, EOFError, _ISAL_ERROR, lzma.LZMAError, zstandard.ZstdError)
"""What decompressors raise for bytes they cannot take."""


class Decompressor(Protocol):
    """What the classes of the standard library have, and ours."""

    @property
    def eof(self) -> bool:
        """Whether the end of the packed stream was found."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes without more packed bytes."""

    @property
    def unused_data(self) -> bytes:
        """What came after the end."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Take packed bytes, and answer up to a number of plain ones."""


class _Unbounded(Protocol):
    """A decompressor that answers all at once."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes) -> bytes: ...


class _Bounded:
    """Gives a decompressor without a bound of its own little to eat, and keeps what nobody asked for yet."""

    def __init__(self, inner: _Unbounded) -> None:
        self._inner = inner
        self._packed = memoryview(b"")
        self._plain = memoryview(b"")

    @property
    def eof(self) -> bool:
        return self._inner.eof and not self._plain

    @property
    def needs_input(self) -> bool:
        return not (self._packed or self._plain or self._inner.eof)

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data + bytes(self._packed)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        if data:
            self._packed = memoryview(bytes(self._packed) + data)
        while self._packed and not self._plain and not self._inner.eof:
            fed, self._packed = self._packed[:_FED], self._packed[_FED:]
            self._plain = memoryview(self._inner.decompress(bytes(fed)))
        given, self._plain = self._plain[:max_length], self._plain[max_length:]
        return bytes(given)


class _Inflate64:
    """``inflate64`` under the names of the others."""

    unused_data = b""
    """It does not tell; in ZIP, the only format that has it, nothing follows."""

    def __init__(self) -> None:
        import inflate64  # optional, in the extra `deflate64`

        self._inner = inflate64.Inflater()

    @property
    def eof(self) -> bool:
        return bool(self._inner.eof)

    def decompress(self, data: bytes) -> bytes:
        return bytes(self._inner.inflate(data))


def deflate() -> Decompressor:
    """Answer a decompressor of bare deflate."""
    return igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_DEFLATE)


def gzip() -> Decompressor:
    """Answer a decompressor of one member of a gzip file; it checks the checksum."""
    return igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_GZIP)


def deflate64() -> Decompressor:
    """Answer a decompressor of Deflate64.

    Raises
    ------
    ImportError
        When ``inflate64`` is not installed.
    """
    return _Bounded(_Inflate64())


def bzip2() -> Decompressor:
    """Answer a decompressor of one bzip2 stream."""
    return bz2.BZ2Decompressor()


def xz() -> Decompressor:
    """Answer a decompressor of one xz stream."""
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY)


def lzma_alone(header: bytes) -> Decompressor:
    """Answer a decompressor of LZMA that has had its header of 13 bytes (properties and size)."""
    made = lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_MEMORY)
    made.decompress(header, 0)
    return made


def zstd() -> Decompressor:
    """Answer a decompressor of one Zstandard frame."""
    return _Bounded(zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj())


def refuse_growth(plain: int, packed: int, max_ratio: int, name: str, locator: str | None = None) -> None:
    """Refuse what becomes too large for its packed size.

    Raises
    ------
    PackageBroken
        When it does.
    """
    if plain > max_ratio * (packed + _ALLOWED):
        raise PackageBroken(
            f"{name} becomes more than {max_ratio} times as large as it is packed; accepted: up to that (max_ratio of "
            "section backends.packages)",
            locator=locator,
        )


class Decompressing:
    """Plain bytes of packed ones, from start to end.

    Parameters
    ----------
    read : callable
        Answers the next packed bytes, up to a number of them; none at their end.
    make : callable
        Makes a decompressor.
    name : str
        What messages call the packed thing.
    max_ratio : int
        Most plain bytes that one packed byte may become.
    several : bool
        Whether packed streams may follow each other, and zero bytes them, as in files of gzip, bzip2, xz and zstd.
    locator : str, optional
        Of errors.
    """

    def __init__(
        self,
        read: Callable[[int], bytes],
        make: Callable[[], Decompressor],
        name: str,
        max_ratio: int,
        several: bool = False,
        locator: str | None = None,
    ) -> None:
        self._read = read
        self._make = make
        self._name = name
        self._max_ratio = max_ratio
        self._several = several
        self._locator = locator
        self._current = self._guarded(make)
        self._taken = 0
        self._given = 0
        self._over = False

    def read(self, size: int) -> bytes:
        """Answer the next plain bytes, at most ``size``; none at the end only.

        Raises
        ------
        PackageBroken
            When the packed bytes are corrupt, end early or become too many.
        """
        plain = b""
        while not plain and not self._over:
            if self._current.eof:
                self._next_stream()
            else:
                plain = self._more(size)
        self._given += len(plain)
        refuse_growth(self._given, self._taken, self._max_ratio, self._name, self._locator)
        return plain

    def _more(self, size: int) -> bytes:
        packed = b""
        if self._current.needs_input:
            packed = self._take()
            if not packed:
                raise self._broken("is truncated: its packed bytes end early")
        plain = self._guarded(lambda: self._current.decompress(packed, size))
        if not (plain or packed or self._current.eof or self._current.needs_input):
            raise self._broken("is corrupt: nothing more comes of its packed bytes")
        return plain

    def _next_stream(self) -> None:
        """Go on with the stream behind the one that ended, if there is one."""
        rest = self._current.unused_data if self._several else b""
        while self._several and not rest.lstrip(b"\0"):
            rest = self._take()
            if not rest:
                break
        self._over = not rest.lstrip(b"\0")
        if not self._over:
            self._current = self._guarded(self._make)
            # The decompressor keeps what it is given and answers nothing of it yet.
            self._guarded(lambda: self._current.decompress(rest.lstrip(b"\0"), 0))

    def _take(self) -> bytes:
        packed = self._read(PIECE)
        self._taken += len(packed)
        return packed

    def _guarded(self, step: Callable[[], T]) -> T:
        try:
            return step()
        except _ERRORS as error:
            raise self._broken(f"is corrupt: {error}") from error

    def _broken(self, what: str) -> PackageBroken:
        return PackageBroken(f"{self._name} {what}", locator=self._locator)
