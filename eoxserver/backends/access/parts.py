# SPDX-License-Identifier: MIT
"""A part of a stream as a stream: a file that lies in an archive as it is."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["open_part"]


def open_part(stream: BinaryIO, start: int, size: int) -> BinaryIO:
    """Answer a stream of ``size`` bytes of another one from ``start``, which is closed with it.

    >>> open_part(io.BytesIO(b"one two three"), 4, 3).read()
    b'two'
    """
    return cast("BinaryIO", io.BufferedReader(_Part(stream, start, size)))


class _Part(io.RawIOBase):
    def __init__(self, stream: BinaryIO, start: int, size: int) -> None:
        self._stream = stream
        self._start = start
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"{base + offset} is before the first byte")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), max(0, self._size - self._position))
        if not wanted:
            return 0
        self._stream.seek(self._start + self._position)
        data = self._stream.read(wanted)
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()
