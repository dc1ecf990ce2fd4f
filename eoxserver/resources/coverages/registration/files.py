# SPDX-License-Identifier: MIT
"""Which files of this machine a command means: files, folders and patterns, walked as a stream."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from eoxserver.resources.coverages.registration.places import Place

__all__ = ["Candidate", "is_sidecar", "local_files"]

SIDECARS = (".aux.xml", ".ovr", ".msk", ".tfw", ".tifw", ".jgw", ".pgw", ".wld", ".prj", ".hdr", ".rrd", ".idx")
"""Endings of files that belong to a raster and are none themselves."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place where there may be a raster."""

    place: Place
    """Of a file of this machine its absolute path, symbolic links kept."""
    named: bool
    """Whether somebody asked for this very file, so that it must not be passed over in silence."""
    problem: str = ""
    """Why there is nothing at the place; empty when there is."""
    listed: bool = False
    """Whether it comes from a list of its storage or archive."""


def is_sidecar(name: str) -> bool:
    """Whether the name says that the file only accompanies a raster."""
    return name.lower().endswith(SIDECARS)


def local_files(given: str, is_dataset: Callable[[Path], bool]) -> Iterator[Candidate]:
    """Files of this machine meant by a text, in order.

    Parameters
    ----------
    given : str
        A file, a folder (walked with all below it, hidden ones left out, in the order of names) or a pattern with
        ``*``, ``?``, ``[...]`` and ``**``.
    is_dataset : callable
        Says of a folder whether it is one data set as a whole (``.zarr``).
    """
    path = _absolute(given)
    if path.is_dir() and not is_dataset(path):
        yield from (_candidate(found, False) for found in _walk(path, is_dataset, set()))
    elif path.exists():
        yield _candidate(path, True)
    elif path.is_symlink():
        yield _candidate(path, True, f"it points to {path.readlink()}, which does not exist")
    elif glob.has_magic(given):
        matches = sorted(glob.iglob(given, recursive=True))  # noqa: PTH207 - as in a shell, * means no hidden file
        for match in matches:
            found = _absolute(match)
            if not found.is_dir() or is_dataset(found):
                yield _candidate(found, True)
        if not matches:
            yield _candidate(path, True, "no file matches this pattern")
    else:
        yield _candidate(path, True, "there is no such file or folder")


def _walk(folder: Path, is_dataset: Callable[[Path], bool], above: set[tuple[int, int]]) -> Iterator[Path]:
    """Files below a folder; a link back to a folder above is not followed."""
    status = folder.stat()
    here = above | {(status.st_dev, status.st_ino)}
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            below = path.stat()
            if is_dataset(path):
                yield path
            elif (below.st_dev, below.st_ino) not in here:
                yield from _walk(path, is_dataset, here)
        elif path.is_file():
            yield path


def _candidate(path: Path, named: bool, problem: str = "") -> Candidate:
    return Candidate(Place.of_file(path), named, problem)


def _absolute(path: str) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - without following links, which resolve() would
