# SPDX-License-Identifier: MIT
"""Which files a command means: files, folders and patterns, walked as a stream."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Candidate", "candidates", "is_sidecar"]

SIDECARS = (".aux.xml", ".ovr", ".msk", ".tfw", ".tifw", ".jgw", ".pgw", ".wld", ".prj", ".hdr", ".rrd", ".idx")
"""Endings of files that belong to a raster and are none themselves."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A path that may be a raster."""

    path: Path
    """Absolute, symbolic links kept."""
    named: bool
    """Whether somebody asked for this very file, so that it must not be passed over in silence."""
    problem: str = ""
    """Why there is nothing at the path; empty when there is."""


def is_sidecar(path: Path) -> bool:
    """Whether the name says that the file only accompanies a raster."""
    return path.name.lower().endswith(SIDECARS)


def candidates(paths: Iterable[str | Path], is_dataset: Callable[[Path], bool]) -> Iterator[Candidate]:
    """Files meant by ``paths``, in order, each once.

    Parameters
    ----------
    paths : iterable of str or Path
        Files, folders (walked with all below them, hidden ones left out, in the order of names) and patterns with
        ``*``, ``?``, ``[...]`` and ``**``.
    is_dataset : callable
        Says of a folder whether it is one data set as a whole (``.zarr``).
    """
    every = [str(path) for path in paths]
    seen: set[str] = set()
    for given in every:
        for candidate in _meant(given, is_dataset):
            if str(candidate.path) not in seen:
                yield candidate
            if len(every) > 1:
                seen.add(str(candidate.path))


def _meant(given: str, is_dataset: Callable[[Path], bool]) -> Iterator[Candidate]:
    path = _absolute(given)
    if path.is_dir() and not is_dataset(path):
        yield from (Candidate(found, named=False) for found in _walk(path, is_dataset, set()))
    elif path.exists():
        yield Candidate(path, named=True)
    elif path.is_symlink():
        yield Candidate(path, True, f"it points to {path.readlink()}, which does not exist")
    elif glob.has_magic(given):
        matches = sorted(glob.iglob(given, recursive=True))  # noqa: PTH207 - as in a shell, * means no hidden file
        for match in matches:
            found = _absolute(match)
            if not found.is_dir() or is_dataset(found):
                yield Candidate(found, named=True)
        if not matches:
            yield Candidate(path, True, "no file matches this pattern")
    else:
        yield Candidate(path, True, "there is no such file or folder")


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


def _absolute(path: str) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - without following links, which resolve() would
