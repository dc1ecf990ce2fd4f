# SPDX-License-Identifier: MIT
"""Local copies of remote and packed files: bounded, shared by threads and processes, never half-written."""

from __future__ import annotations

from eoxserver.backends.cache.cache import Cache

__all__ = ["Cache"]
