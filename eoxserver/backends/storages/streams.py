# SPDX-License-Identifier: MIT
"""Files elsewhere as streams that seek: read in blocks, ahead as long as they are read in order."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from eoxserver.core.errors import TransferFailed

__all__ = ["BLOCK_BYTES", "MOST_AHEAD", "RangedStream", "ranged_reader"]

BLOCK_BYTES = 64 << 10
"""Least that is fetched [bytes]: about what comes with the first answer in any case."""
MOST_AHEAD = 4 << 20
"""Most that is fetched at once [bytes]."""
_MOST_KEPT = 8 << 20
"""Blocks kept by one stream [bytes]."""
_BUFFER = 8 << 10


class _Buffer(Protocol):
    """What ``readinto`` fills."""

    def __buffer__(self, flags: int, /) -> memoryview: ...


class RangedStream(io.RawIOBase):
    """Bytes of a file elsewhere, fetched when they are read; for one thread.

    Blocks lately used are kept. Reading in order fetches twice as much each time, up to ``MOST_AHEAD``; a jump
    fetches no more than the blocks that are asked for.

    Parameters
    ----------
    name : str
        Of the file, for messages.
    size : int
        Of the file [bytes].
    fetch : callable
        ``fetch(start, stop)`` answers these bytes of the file, and raises an error of ``core.errors`` otherwise.
    first : bytes
        Bytes from the start that have come already.
    closing : callable, optional
        Called once, when the stream is closed.

    Examples
    --------
    >>> content, asked = bytes(300_000), []
    >>> stream = RangedStream("a", len(content), lambda start, stop: asked.append((start, stop)) or content[start:stop])
    >>> stream.seek(-10, 2), len(stream.read(10)), asked
    (299990, 10, [(262144, 300000)])
    """

    def __init__(
        self,
        name: str,
        size: int,
        fetch: Callable[[int, int], bytes],
        *,
        first: bytes = b"",
        closing: Callable[[], None] | None = None,
    ) -> None:
        super().__init__()
        self._name, self._size, self._fetch, self._closing = name, size, fetch, closing
        self._position = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._ahead = 0  # blocks to fetch beyond those asked for
        self._next = -1  # the block after those fetched last
        if first:
            self._keep(0, first)

    def readable(self) -> bool:
        """It reads."""
        return True

    def seekable(self) -> bool:
        """It seeks."""
        return True

    def tell(self) -> int:
        """Position [bytes]."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position; beyond the end there is nothing to read."""
        if self.closed:
            raise ValueError("the stream is closed")
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError(f"position {start + offset} lies before the start")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: _Buffer) -> int:
        """Fill a buffer, unless the file ends before; answer how much of it [bytes]."""
        if self.closed:
            raise ValueError("the stream is closed")
        into = memoryview(buffer).cast("B")
        stop = min(self._position + len(into), self._size)
        done = 0
        while self._position < stop:
            number, offset = divmod(self._position, BLOCK_BYTES)
            part = memoryview(self._block(number, stop))[offset : offset + stop - self._position]
            into[done : done + len(part)] = part
            done += len(part)
            self._position += len(part)
        return done

    def close(self) -> None:
        """Forget all blocks."""
        if not self.closed:
            self._blocks.clear()
            if self._closing is not None:
                self._closing()
        super().close()

    def _block(self, number: int, stop: int) -> bytes:
        """One block; those after it are fetched with it, as far as they are asked for or will be."""
        if number not in self._blocks:
            self._ahead = min(2 * self._ahead + 1, MOST_AHEAD // BLOCK_BYTES) if number == self._next else 0
            last = min(-(-stop // BLOCK_BYTES) + self._ahead, number + MOST_AHEAD // BLOCK_BYTES)
            missing = number + 1
            while missing < last and missing not in self._blocks:
                missing += 1
            start, end = number * BLOCK_BYTES, min(missing * BLOCK_BYTES, self._size)
            content = self._fetch(start, end)
            if len(content) != end - start:
                raise TransferFailed(
                    f"{self._name}: {len(content)} bytes came where {end - start} were asked for", locator=self._name
                )
            self._keep(number, content)
            self._next = missing
        self._blocks.move_to_end(number)
        return self._blocks[number]

    def _keep(self, number: int, content: bytes) -> None:
        """Keep whole blocks, the shorter last one of the file included."""
        start = number * BLOCK_BYTES
        for offset in range(0, len(content), BLOCK_BYTES):
            block = content[offset : offset + BLOCK_BYTES]
            if len(block) == BLOCK_BYTES or start + offset + len(block) == self._size:
                self._blocks[number + offset // BLOCK_BYTES] = block
                self._next = number + offset // BLOCK_BYTES + 1
        while len(self._blocks) > _MOST_KEPT // BLOCK_BYTES:
            self._blocks.popitem(last=False)


def ranged_reader(stream: RangedStream) -> io.BufferedReader:
    """The stream with a small buffer, so that short reads cost little."""
    return io.BufferedReader(stream, _BUFFER)
