# SPDX-License-Identifier: MIT
"""Whether an answer is still wanted: its time is not over, and the client is still there."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

from eoxserver.core.errors import EvaluationStopped

__all__ = ["Watch", "connection_of", "is_gone"]

LOOK_SECONDS = 0.25
"""The client is looked for at most this often."""


class Watch:
    """Called now and then by long work; raises EvaluationStopped when it is not wanted any more. Thread-safe.

    Parameters
    ----------
    seconds : int
        How long the work may take from now on, or from the last ``restart``; 0: as long as it likes.
    gone : callable
        Whether the client has left; asked a few times a second at most.
    clock : callable
        Answers the time [s].
    """

    def __init__(self, seconds: int, gone: Callable[[], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._gone = gone
        self._clock = clock
        self._start = self._looked = clock()

    def restart(self) -> None:
        """Count the time from now on: part of the answer was sent, which takes as long as the client likes."""
        self._start = self._clock()

    def __call__(self) -> None:
        """Raise EvaluationStopped unless the work is to go on."""
        now = self._clock()
        if self._seconds and now - self._start > self._seconds:
            raise EvaluationStopped(
                f"the answer was not ready after {self._seconds} s, which is the most that is allowed "
                "(max_evaluation_time); ask for less at once",
                locator="max_evaluation_time",
            )
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            if self._gone():
                raise EvaluationStopped("the client is gone; nobody waits for the answer")


def connection_of(environ: Mapping[str, Any]) -> socket.socket | None:
    """The connection of a request, where the server tells it (gunicorn does); it may be looked at, and no more."""
    found = environ.get("gunicorn.socket")
    return found if type(found) is socket.socket else None


def is_gone(connection: socket.socket | None) -> bool:
    """Whether the other end of a connection was closed; what cannot be told is taken for being there."""
    if connection is None:
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except (BlockingIOError, InterruptedError):
        return False
    except OSError:
        return True
