# SPDX-License-Identifier: MIT
"""Our own server, started as anybody starts it: ``eoxserver serve FILE``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench.load import Http, Peer
from bench.processes import family

__all__ = ["serving", "started"]


def started(data: Path, folder: Path, workers: int) -> AbstractContextManager[Peer]:
    """Run the server on a raster with its default settings, and stop it afterwards; its log goes to ``folder``."""
    return serving([str(data)], folder, workers)


@contextmanager
def serving(what: list[str], folder: Path, workers: int) -> Iterator[Peer]:
    """Run the server on a file, or an instance (``--instance DIR``), and stop it afterwards.

    Parameters
    ----------
    folder : Path
        Where its log goes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    program = Path(sysconfig.get_path("scripts")) / "eoxserver"
    command = [sys.executable, str(program), "serve", *what, "--port", "0", "--workers", str(workers)]
    log = folder / "eoxserver.log"
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with (
        log.open("w") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=environment, text=True) as process,
    ):
        try:
            wire = _where(process, log)
            yield Peer(wire, family(process.pid))
        finally:
            process.terminate()
            process.wait()


def _where(process: subprocess.Popen[str], log: Path) -> Http:
    """The address that the server says it listens on."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        found = re.search(r"http://([^:/\s]+):(\d+)", line)
        if found is not None:
            return Http(found[1], int(found[2]))
    raise RuntimeError(f"the server did not start: {''.join(said)}{log.read_text()}")
