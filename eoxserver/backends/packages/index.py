# SPDX-License-Identifier: MIT
"""The members of an archive in a file: a table of SQLite, so that one is found, or some are listed, without the rest.

It is written once from the archive's own list, and then only read, by many processes and threads.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from operator import attrgetter
from pathlib import Path
from typing import Any

from eoxserver.backends.packages.base import Member
from eoxserver.backends.packages.members import clean_name, range_of, select_names, usable_name
from eoxserver.core.errors import DataUnavailable, NoRoom, PackageBroken

__all__ = ["FILE_NAME", "MemberIndex", "write_index"]

FILE_NAME = "members.sqlite"
"""Of the file that is written."""

_COLUMNS = [column.name for column in fields(Member)]
_CREATE = """CREATE TABLE member (
    name TEXT PRIMARY KEY, size, position, packed_size, stored, start, method, checksum, problem
) WITHOUT ROWID"""
_INSERT = "INSERT OR REPLACE INTO member VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_FIND = "SELECT * FROM member WHERE name = ?"
_FROM = "SELECT name FROM member WHERE name >= ? AND name < ? ORDER BY name LIMIT ?"
_AFTER = "SELECT name FROM member WHERE name > ? AND name < ? ORDER BY name LIMIT ?"
_NO_END = b""
"""For SQLite any text is less than any bytes."""
_BATCH = 1000
_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_IOERR_WRITE}


def write_index(members: Iterable[Member], folder: Path) -> str:
    """Write the members into a new file in a folder that exists; of members of one name the last counts.

    Errors of the iteration are passed on, and leave a file behind that is no index.

    Returns
    -------
    str
        Path of the file.

    Raises
    ------
    NoRoom
        When the disk is full.
    DataUnavailable
        When the file cannot be written for another reason.
    """
    path = folder / FILE_NAME
    path.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            _fill(database, members)
    except sqlite3.OperationalError as error:
        kind = NoRoom if error.sqlite_errorcode in _FULL else DataUnavailable
        raise kind(f"{path}: the list of members cannot be written: {error}", locator=str(path)) from error
    return str(path)


def _fill(database: sqlite3.Connection, members: Iterable[Member]) -> None:
    # Who reads the file gets it when it is whole: nothing is gained by a journal or by waiting for the disk.
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
    database.execute(_CREATE)
    database.execute("BEGIN")
    database.executemany(_INSERT, map(attrgetter(*_COLUMNS), members))
    database.execute("COMMIT")


@dataclass(frozen=True, slots=True)
class MemberIndex:
    """A file that ``write_index`` wrote; any number of threads and processes read it."""

    path: str
    archive: str = "archive"
    """What messages call the archive."""

    def find(self, name: str) -> Member | None:
        """Answer the member of a name; None when there is none.

        Raises
        ------
        PackageBroken
            When the file is no index.
        """
        with self._open() as database:
            found = database.execute(_FIND, (clean_name(name),)).fetchone()
        return None if found is None else _member(found)

    def names(self, location: str = "") -> Iterator[str]:
        """List the members below a folder, or those a pattern matches, in order; without those of unusable names.

        Raises
        ------
        ItemMissing
            When there is no such folder.
        AccessDenied
            When the location is absolute or has ``..``.
        PackageBroken
            When the file is no index.
        """
        location = usable_name(location, self.archive)
        yield from select_names(self._range(*range_of(location)), location, self.archive)

    def _range(self, first: str, end: str) -> Iterator[str]:
        """Names from ``first`` to before ``end``, in pieces, so that the file is not held open between them."""
        query, start = _FROM, first
        while True:
            with self._open() as database:
                rows = database.execute(query, (start, end or _NO_END, _BATCH)).fetchall()
            yield from (name for (name,) in rows)
            if len(rows) < _BATCH:
                return
            query, start = _AFTER, rows[-1][0]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(f"{Path(self.path).absolute().as_uri()}?immutable=1", uri=True)) as database:
                yield database
        except sqlite3.Error as error:
            raise PackageBroken(f"{self.archive}: the list of its members ({self.path}) is damaged: {error}") from error


def _member(row: tuple[Any, ...]) -> Member:
    values = dict(zip(_COLUMNS, row, strict=True))
    return Member(**{**values, "stored": bool(values["stored"])})
