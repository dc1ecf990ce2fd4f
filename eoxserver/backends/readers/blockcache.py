# SPDX-License-Identifier: MIT
"""Decoded blocks of files, kept in memory up to a number of bytes.

GDAL has a block cache of its own, but one a data set handle: two threads that read one file decode and keep every
block twice, and closing a handle loses its blocks. This one is shared by all threads and outlives the handles.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field

from eoxserver.core.coverage import Cells

__all__ = ["BlockCache"]


@dataclass
class BlockCache:
    """Blocks by key; those not used for longest are dropped first. Safe in threads.

    Parameters
    ----------
    capacity : int
        Size of all blocks together [bytes]; 0 keeps nothing.
    """

    capacity: int
    size: int = field(default=0, init=False)
    """Of the blocks that are kept [bytes]."""
    hits: int = field(default=0, init=False)
    misses: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks: OrderedDict[Hashable, Cells] = OrderedDict()
        self._loading: dict[Hashable, Future[Cells]] = {}

    def get(self, key: Hashable, load: Callable[[], Cells]) -> Cells:
        """Answer a block, loading it when it is not there; threads that want it meanwhile wait for that one load.

        The arrays are shared, therefore read-only.
        """
        with self._lock:
            block = self._blocks.get(key)
            if block is not None:
                self._blocks.move_to_end(key)
                self.hits += 1
                return block
            self.misses += 1
            promise = self._loading.get(key)
            mine = promise is None
            if promise is None:
                promise = self._loading[key] = Future()
        return self._load(key, load, promise) if mine else promise.result()

    def has(self, key: Hashable) -> bool:
        """Say whether a block is there, or on its way."""
        with self._lock:
            return key in self._blocks or key in self._loading

    def clear(self) -> None:
        """Drop every block."""
        with self._lock:
            self._blocks.clear()
            self.size = 0

    def _load(self, key: Hashable, load: Callable[[], Cells], promise: Future[Cells]) -> Cells:
        try:
            block = load()
        except BaseException as error:
            with self._lock:
                del self._loading[key]
            promise.set_exception(error)
            raise
        block.values.setflags(write=False)
        if block.valid is not None:
            block.valid.setflags(write=False)
        size = _size(block)
        with self._lock:
            del self._loading[key]
            if size <= self.capacity:
                self._blocks[key] = block
                self.size += size
                while self.size > self.capacity:
                    self.size -= _size(self._blocks.popitem(last=False)[1])
        promise.set_result(block)
        return block


def _size(block: Cells) -> int:
    return int(block.values.nbytes + (0 if block.valid is None else block.valid.nbytes))
