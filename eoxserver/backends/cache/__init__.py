# SPDX-License-Identifier: MIT
"""Local copies of remote and packed files: bounded, shared by threads and processes, never half-written."""

from __future__ import annotations

from eoxserver.backends.cache.cache import Cache
from eoxserver.backends.cache.counters import Counters
from eoxserver.backends.cache.upkeep import CacheEntry, Cleared, Usage, Verified

__all__ = ["Cache", "CacheEntry", "Cleared", "Counters", "Usage", "Verified"]
