# SPDX-License-Identifier: MIT
"""What stays of an import between runs: the files that are imported, and the log (specification, section 2)."""

from __future__ import annotations

import fcntl
import json
import math
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from eoxserver.wcst_import.errors import ImportRefused

__all__ = ["ImportLog", "ImportedFiles", "alone"]

SECONDS = 1.0
"""For so long files are remembered in memory only: to write the list for each of many would take longer with each."""


class ImportedFiles:
    """The files of a coverage that are imported already, in ``<folder>/<coverage>.resume.json``: a list of paths.

    Parameters
    ----------
    remember : bool
        False: nothing is read and nothing is written.

    Raises
    ------
    ImportRefused
        When the file is there and is no list of paths.
    """

    def __init__(self, folder: Path, coverage_id: str, remember: bool = True) -> None:
        self.path = folder / f"{_file_name(coverage_id)}.resume.json"
        self._remember = remember
        self._known = dict.fromkeys(self._read()) if remember else {}
        self._saved, self._moment = len(self._known), -math.inf

    def _read(self) -> list[str]:
        try:
            found = json.loads(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise ImportRefused(f"{self.path} cannot be read: {error}", locator=str(self.path)) from error
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise ImportRefused(
                f"{self.path} is no list of paths; remove it to import all files", locator=str(self.path)
            )
        return found

    def __contains__(self, path: object) -> bool:
        return path in self._known

    def __len__(self) -> int:
        return len(self._known)

    def add(self, paths: Iterable[str]) -> None:
        """Remember files, those of the last second perhaps in memory only; raises as ``save``."""
        self._known.update(dict.fromkeys(paths))
        if time.monotonic() - self._moment >= SECONDS:
            self.save()

    def save(self) -> None:
        """Write what is remembered; the list on disk is the old or the new one at any moment.

        Raises
        ------
        ImportRefused
            When the list cannot be written.
        """
        if not self._remember or self._saved == len(self._known):
            return
        beside = self.path.with_suffix(f".{os.getpid()}.tmp")
        try:
            beside.write_text(json.dumps(list(self._known), indent=0), "utf-8")
            beside.replace(self.path)
        except OSError as error:
            raise ImportRefused(f"{self.path} cannot be written: {error}", locator=str(self.path)) from error
        self._saved, self._moment = len(self._known), time.monotonic()


@contextmanager
def alone(folder: Path, coverage_id: str) -> Iterator[None]:
    """Be the only import of a coverage from this folder.

    Raises
    ------
    ImportRefused
        When another one is under way.
    """
    path = folder / f".{_file_name(coverage_id)}.lock"
    try:
        file = path.open("w")
    except OSError as error:
        raise ImportRefused(f"{path} cannot be written: {error}", locator=str(path)) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ImportRefused(
                f"another import of {coverage_id} is under way ({path})", locator=coverage_id
            ) from error
        yield


def _file_name(coverage_id: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in coverage_id)


class ImportLog:
    """The log of an ingredients file, to which each run adds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._begun = time.monotonic()

    def begin(self, ingredients: Path) -> None:
        """A line between runs, and the start of this one; raises ImportRefused when it cannot be written."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self.write("-" * 80)
        self.write(f"{now} import of {ingredients}")

    def write(self, line: str) -> None:
        """Add a line."""
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
        except OSError as error:
            raise ImportRefused(f"{self.path} cannot be written: {error}", locator=str(self.path)) from error

    def end(self, result: str, size: int = 0) -> None:
        """The time all of it took, and how it ended."""
        seconds = time.monotonic() - self._begun
        self.write(f"Total time {seconds:.2f} s @ {size / 1e6 / max(seconds, 1e-6):.2f} MB/s.")
        self.write(f"Result: {result}.")
