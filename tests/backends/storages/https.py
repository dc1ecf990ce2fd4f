# SPDX-License-Identifier: MIT
"""Storages on the web servers of tests."""

from __future__ import annotations

import random
from dataclasses import replace

from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.storages.http import HttpsStorage, HttpStorage
from eoxserver.conf.schema import Settings, default_settings
from tests.fileservers import FileServer

__all__ = ["BIG", "SMALL", "settings", "storage"]

BIG = random.Random(3).randbytes(3_000_000)
SMALL = b"small"


def settings(retries: int = 1, timeout: int = 5) -> Settings:
    """Settings with few retries."""
    made = default_settings()
    return replace(made, remote=replace(made.remote, retries=retries, timeout=timeout, connect_timeout=5))


def storage(
    at: FileServer | str, credentials: str = "", *, retries: int = 1, timeout: int = 5, query: str = ""
) -> HttpStorage:
    """The storage that a server, or a URL, is."""
    url = (at if isinstance(at, str) else at.url) + query
    kind = HttpsStorage if url.startswith("https") else HttpStorage
    return kind(StorageRecord(kind.key, url, credentials), settings(retries, timeout))
