# SPDX-License-Identifier: MIT
"""Messages of several parts, ``multipart/related`` (RFC 2387), written while they are sent."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

__all__ = ["Part", "boundary", "media_type", "multipart_in_turn", "multipart_related"]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the message."""

    headers: Mapping[str, str]
    chunks: Iterable[bytes]


def boundary(prefix: str, *texts: str) -> str:
    """A boundary that is the same for the same request, so that a validator of the answer holds."""
    return f"{prefix}-{hashlib.sha256(chr(0).join(texts).encode()).hexdigest()[:32]}"


def media_type(limit: str, root: str) -> str:
    """The media type of a message with this boundary, whose first part is of the type ``root``."""
    return f'multipart/related; boundary="{limit}"; type="{root}"'


def multipart_related(parts: Iterable[Part], limit: str) -> Generator[bytes, None, None]:
    """The bytes of a message; what goes wrong before the first byte of the last part ends it at once."""
    opened = [(part, iter(part.chunks)) for part in parts]
    try:
        firsts = [next(chunks, b"") for _, chunks in opened]
        for (part, chunks), first in zip(opened, firsts, strict=True):
            yield from _part(part, chain((first,), chunks), limit)
        yield _end(limit)
    finally:
        for _, chunks in opened:
            _close(chunks)


def multipart_in_turn(parts: Iterable[Part], limit: str) -> Generator[bytes, None, None]:
    """The bytes of a message of any number of parts, of which each is made when the one before it is sent."""
    for part in parts:
        chunks = iter(part.chunks)
        try:
            yield from _part(part, chunks, limit)
        finally:
            _close(chunks)
    yield _end(limit)


def _part(part: Part, chunks: Iterator[bytes], limit: str) -> Iterator[bytes]:
    headers = "".join(f"{name}: {value}\r\n" for name, value in part.headers.items())
    yield f"--{limit}\r\n{headers}\r\n".encode() + next(chunks, b"")
    yield from chunks
    yield b"\r\n"


def _end(limit: str) -> bytes:
    return f"--{limit}--\r\n".encode()


def _close(chunks: Iterator[bytes]) -> None:
    close = getattr(chunks, "close", None)
    if close is not None:
        close()
