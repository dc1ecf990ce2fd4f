# SPDX-License-Identifier: MIT
"""A real server in a process of its own, for tests with real clients."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["eoxserver", "serving"]

_COMMAND = ("-c", "from eoxserver.cli import main; main()")
_READY = re.compile(r"Serving at (http://\S+?)/?\s")


def eoxserver(*words: str | Path, python: str | Path = sys.executable) -> str:
    """Run a command that must succeed, with this Python or another one; answers what it prints."""
    done = subprocess.run(
        [str(python), *_COMMAND, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@contextmanager
def serving(instance: Path, workers: int = 1, python: str | Path = sys.executable) -> Iterator[str]:
    """Serve an instance on a free port of the loopback; yields the URL of its OGC endpoint.

    What the server prints goes to ``logs/test-server.log`` of the instance.
    """
    log = instance / "logs" / "test-server.log"
    log.parent.mkdir(exist_ok=True)
    words = ["serve", "--instance", str(instance), "--port", "0", "--workers", str(workers)]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [str(python), *_COMMAND, *words],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        try:
            yield f"{_address(server, log)}/ows"
        finally:
            server.terminate()
            server.wait()


def _address(server: subprocess.Popen[bytes], log: Path) -> str:
    """Where the server says that it listens."""
    while True:
        said = log.read_text(encoding="utf-8", errors="replace")
        if found := _READY.search(said):
            return found[1]
        assert server.poll() is None, said
        time.sleep(0.05)
