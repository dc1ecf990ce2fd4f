# SPDX-License-Identifier: MIT
"""What databases in folders need beyond those in object stores: two locks.

tensorstore writes ``F.__lock`` and renames it to ``F``. A process that is killed between the two leaves that file, and
the next write of something shorter keeps the end of it (seen with 0.1.86: a list of versions that cannot be read any
more). Whoever commits to a database in a folder therefore holds a lock of our own, under which such a file is nobody's
and is removed. Object stores have no such files, and need no lock: their writes are conditional.

Whoever makes a database holds another lock until the cube's name stands for it, so that the next one can tell what a
killed process has left. In an object store it stays until the cube is deleted by hand.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from eoxserver.backends.cubes.celltypes import Json

__all__ = ["building", "committing", "in_folder", "leftovers", "remove_folder"]

COMMIT, BUILDING = "commit.lock", "building.lock"


def in_folder(spec: Json) -> bool:
    """Whether a key-value store is a folder."""
    return bool(spec["driver"] == "file")


@contextmanager
def _locked(path: Path, wait: bool) -> Iterator[None]:
    """Hold a lock; raises BlockingIOError when somebody else does, without ``wait``."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def committing(spec: Json, file: str) -> Iterator[None]:
    """Be the only one who replaces a ``file`` of a database.

    Raises
    ------
    FileNotFoundError
        When its folder is gone.
    """
    if not in_folder(spec):
        yield
        return
    folder = Path(spec["path"])
    with _locked(folder / COMMIT, wait=True):
        (folder / f"{file}.__lock").unlink(missing_ok=True)
        yield


@contextmanager
def building(spec: Json) -> Iterator[None]:
    """Show that a database is being made."""
    if not in_folder(spec):
        yield
        return
    folder = Path(spec["path"])
    folder.mkdir(parents=True)
    with _locked(folder / BUILDING, wait=True):
        yield


def leftovers(spec: Json) -> Iterator[str]:
    """Databases in a folder of databases that nobody is making.

    Each is locked until the next one is asked for: it can be looked up whether it is in use, and be removed if not.
    """
    folder = Path(spec["path"])
    if not in_folder(spec) or not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if (path / BUILDING).exists():
            with suppress(BlockingIOError, FileNotFoundError), _locked(path / BUILDING, wait=False):
                yield path.name


def remove_folder(spec: Json, first: str) -> None:
    """Remove a folder with all that is in it, a file of it first, and the folder above when that is empty.

    Somebody else may be removing it too.
    """
    folder = Path(spec["path"])
    with suppress(OSError):
        (folder / first).unlink()
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()
