# SPDX-License-Identifier: MIT
"""Finished maps in memory, for requests that come again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from eoxserver.core.coverage import DataState

__all__ = ["CachedMap", "MapCache"]


@dataclass(frozen=True, slots=True)
class CachedMap:
    """An encoded image."""

    body: bytes
    media_type: str
    data: DataState
    """What it was made of."""


class MapCache:
    """A map per key, the least recently used ones go first when the bytes exceed the limit.

    Thread-safe. Entries belong to one version of the catalogue; with the first request of another
    version all of them are dropped. One whose data changed is not answered.

    Parameters
    ----------
    max_bytes : int
        Bound of the images' bytes in all; 0 keeps none.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.size = 0
        self._maps: OrderedDict[Hashable, CachedMap] = OrderedDict()
        self._version: Hashable = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._maps)

    def get(self, version: Hashable, key: Hashable) -> CachedMap | None:
        """The map of a key made under this version of the catalogue from data as it is now, or None."""
        with self._lock:
            if version != self._version:
                return None
            found = self._maps.get(key)
            if found is not None:
                self._maps.move_to_end(key)
        return found if found is not None and found.data.holds else None

    def put(self, version: Hashable, key: Hashable, entry: CachedMap) -> None:
        """Keep a map; one that alone exceeds an eighth of the limit is not kept."""
        size = len(entry.body)
        if size > self.max_bytes // 8:
            return
        with self._lock:
            if version != self._version:
                self._maps.clear()
                self.size, self._version = 0, version
            previous = self._maps.pop(key, None)
            self.size += size - (len(previous.body) if previous else 0)
            self._maps[key] = entry
            while self.size > self.max_bytes:
                _, dropped = self._maps.popitem(last=False)
                self.size -= len(dropped.body)
