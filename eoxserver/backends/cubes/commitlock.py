# SPDX-License-Identifier: MIT
"""One commit at a time to a database in a folder.

tensorstore writes ``F.__lock`` and renames it to ``F``. A process that is killed between the two leaves that file, and
the next write of something shorter keeps the end of it (seen with 0.1.86: a list of versions that cannot be read any
more). Whoever commits to a database in a folder therefore holds a lock of our own, under which such a file is nobody's
and is removed. Object stores have no such files, and need no lock: their writes are conditional.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eoxserver.backends.cubes.celltypes import Json

__all__ = ["committing"]

LOCK = "commit.lock"


@contextmanager
def committing(spec: Json, file: str) -> Iterator[None]:
    """Hold the lock of a database, while its ``file`` is replaced.

    Parameters
    ----------
    spec : JSON
        Key-value store of its folder.

    Raises
    ------
    FileNotFoundError
        When the folder is gone.
    """
    if spec["driver"] != "file":
        yield
        return
    folder = Path(spec["path"])
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        (folder / f"{file}.__lock").unlink(missing_ok=True)
        yield
    finally:
        os.close(descriptor)
