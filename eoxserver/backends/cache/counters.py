# SPDX-License-Identifier: MIT
"""What a cache counts in one process since it was made."""

from __future__ import annotations

import threading

__all__ = ["Counters"]


class Counters:
    """Numbers that only grow."""

    def __init__(self) -> None:
        self.hits = 0
        """Answers by a copy that was there, or that somebody else was fetching already."""
        self.misses = 0
        """Transfers begun."""
        self.revalidations = 0
        """How often a storage was asked whether its file changed."""
        self.bytes_fetched = 0
        """Of transfers that ended well."""
        self.evictions = 0
        """Copies removed for want of room or by age."""
        self._lock = threading.Lock()

    def hit(self) -> None:
        """Count an answer without transfer."""
        with self._lock:
            self.hits += 1

    def miss(self) -> None:
        """Count a transfer."""
        with self._lock:
            self.misses += 1

    def revalidation(self) -> None:
        """Count a question to a storage."""
        with self._lock:
            self.revalidations += 1

    def fetched(self, size: int) -> None:
        """Count the bytes of a transfer."""
        with self._lock:
            self.bytes_fetched += size

    def evicted(self, copies: int) -> None:
        """Count copies removed."""
        with self._lock:
            self.evictions += copies

    def renew(self) -> None:
        """After a fork, in the child: its parent's other threads are not here to give the lock back."""
        self._lock = threading.Lock()
