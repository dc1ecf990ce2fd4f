# SPDX-License-Identifier: MIT
"""Validators of answers (RFC 9110 clause 8.8): entity tags, and whether the one a client has is still good.

An answer depends on the request, the release, the settings and the catalogue, and where it is made of cells also on the
state of the data. The first four are known before any work is done, and are the first part of the tag; the second part
is there when data was read. So a tag without a second part is judged at once. One with it is judged at once when this
process made such an answer before and remembers which data that took; otherwise the answer is made and compared.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

from eoxserver.core.coverage import DataState

__all__ = ["Validators"]

REMEMBERED = 4096
"""Requests whose data is remembered."""


class Validators:
    """Makes entity tags. Thread-safe.

    Parameters
    ----------
    fingerprint : str
        Changes whenever answers may change for another reason than catalogue and data: release, settings.
    """

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint
        self._lock = threading.Lock()
        self._version = -1
        self._data: OrderedDict[str, DataState] = OrderedDict()

    def request_tag(self, version: int, actor: str | None, base_url: str, query: bytes) -> str:
        """The first part of the tag: the same while neither the catalogue, the settings nor the release change."""
        text = f"{version}\0{self._fingerprint}\0{actor}\0{base_url}\0".encode() + query
        with self._lock:
            if version != self._version:
                self._data.clear()
                self._version = version
        return hashlib.sha1(text, usedforsecurity=False).hexdigest()

    def service_tag(self, state: str, actor: str | None, url: str, query: bytes) -> str:
        """The tag of an answer that depends on the state of its service, and on no catalogue."""
        text = f"{state}\0{self._fingerprint}\0{actor}\0{url}\0".encode() + query
        return hashlib.sha1(text, usedforsecurity=False).hexdigest()

    def current(self, request_tag: str) -> str | None:
        """The tag that the answer would have now, where that is known without making it; else None."""
        with self._lock:
            data = self._data.get(request_tag)
        return None if data is None or not data.holds else _joined(request_tag, data)

    def answer_tag(self, request_tag: str, data: DataState | None) -> str:
        """The tag of an answer that was made; remembers what data it took."""
        if data is None or not data.sources:
            return request_tag
        with self._lock:
            self._data[request_tag] = data
            self._data.move_to_end(request_tag)
            while len(self._data) > REMEMBERED:
                self._data.popitem(last=False)
        return _joined(request_tag, data)


def _joined(request_tag: str, data: DataState) -> str:
    states = "\0".join(data.states).encode()
    return f"{request_tag}-{hashlib.sha1(states, usedforsecurity=False).hexdigest()[:16]}"
