# SPDX-License-Identifier: MIT
"""The process that serves an instance: gunicorn's arbiter over gthread workers. ``serving`` starts and stops it.

It is a process of its own so that it forks before anything was opened or computed: tensorstore must not be used, and
no database or raster be open, in a process that forks. Workers load the application after the fork.
"""

from __future__ import annotations

import ctypes
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from eoxserver.app import build_app
from eoxserver.cli.console import note
from eoxserver.core.errors import EOxServerError
from eoxserver.core.util.loading import loading

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["THREADS", "Workers"]

_PR_SET_PDEATHSIG = 1
"""See prctl(2)."""
THREADS = 16
"""Requests that one worker answers at a time; the engine has threads of its own."""


class Workers(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """One instance under gunicorn.

    Parameters
    ----------
    instance : Path
        Folder of the instance.
    bind : str
        ``host:port``, or ``fd://N`` for a socket that listens already.
    workers : int
        Processes; with more than one, each has a listening socket of its own on the same port, because connections
        that are kept alive would otherwise gather on one of them.
    graceful_seconds : int
        How long requests under way may take when the server is stopped.
    """

    def __init__(self, instance: Path, bind: str, workers: int, graceful_seconds: int) -> None:
        self._instance = instance
        self._values = {
            "bind": [bind],
            "workers": workers,
            "worker_class": "gthread",
            "threads": THREADS,
            "reuse_port": workers > 1,
            "graceful_timeout": graceful_seconds,
            "limit_request_line": 8190,  # the most that gunicorn takes; long subsets and lists of layers need it
            "loglevel": "warning",
            "proc_name": "eoxserver",
            "control_socket_disable": True,
        }
        super().__init__()

    def load_config(self) -> None:
        """Give gunicorn its settings; those that its version lacks are left out."""
        for name, value in self._values.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        """The application, made in each worker; what is wrong with the instance is said in one line."""
        try:
            with loading():
                return build_app(self._instance)
        except EOxServerError as error:
            note(f"eoxserver: {error.message}")
            sys.exit(Arbiter.APP_LOAD_ERROR)


def run(arguments: Sequence[str]) -> None:
    """Serve: INSTANCE BIND WORKERS SECONDS."""
    instance, bind, workers, graceful_seconds = arguments
    _end_with_parent()
    Workers(Path(instance), bind, int(workers), int(graceful_seconds)).run()


def _end_with_parent() -> None:
    """Ask to be stopped when the command that started this process is killed without a chance to do so itself."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    run(sys.argv[1:])
