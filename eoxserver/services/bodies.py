# SPDX-License-Identifier: MIT
"""How much a client may send: the body of a request is refused where it is too long, never cut."""

from __future__ import annotations

from typing import IO

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Request as HttpRequest

__all__ = ["allow_body"]

_INPUT = "wsgi.input"


class _Counted:
    """A body whose length nobody has said (sent in chunks): reading more than is allowed raises 413."""

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self._stream = stream
        self.most = most
        self._count = 0

    def read(self, size: int = -1) -> bytes:
        """Read some bytes, all by default; raises RequestEntityTooLarge."""
        data = self._stream.read(self.most - self._count + 1 if size < 0 else size)
        self._count += len(data)
        if self._count > self.most:
            raise RequestEntityTooLarge
        return data


def allow_body(http: HttpRequest, size: int) -> None:
    """Bound the body of a request, and what of a form is held in memory; again, with another bound, is fine.

    Reading a longer body raises ``RequestEntityTooLarge`` (413).
    """
    http.max_form_memory_size = size
    http.max_content_length = size
    if http.content_length is not None:
        return
    # Werkzeug ends a stream without a length at the bound as if the body were over: one byte more shows that it is not.
    http.max_content_length = size + 1
    stream = http.environ[_INPUT]
    if isinstance(stream, _Counted):
        stream.most = size
    else:
        http.environ[_INPUT] = _Counted(stream, size)
