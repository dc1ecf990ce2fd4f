# SPDX-License-Identifier: MIT
"""What goes wrong between the server and the database of the catalogue, in the server's words."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, connection

from eoxserver.core.errors import CatalogueUnavailable

__all__ = ["reading", "storable", "unavailable"]

log = logging.getLogger(__name__)

_UNDEFINED = ("42P01", "42703")
"""Codes of PostgreSQL for a table and a column that are not there."""
_MISSING = re.compile(r"no such (table|column)|has no column named")
"""What SQLite says of them."""


@contextmanager
def reading() -> Iterator[None]:
    """Turn what goes wrong with the database into CatalogueUnavailable; the log has the details."""
    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        log.exception("the catalogue cannot be read")
        if not connection.in_atomic_block:
            connection.close()
        raise unavailable("read", error) from error


def unavailable(done: str, error: BaseException) -> CatalogueUnavailable:
    """What is said of a catalogue that cannot be ``done`` (read, written), and what helps, where that is known."""
    if _lacks(error):
        return CatalogueUnavailable(
            f"the catalogue cannot be {done}: it lacks tables or columns of this release, which "
            "'eoxserver manage migrate' makes"
        )
    return CatalogueUnavailable(f"the catalogue cannot be {done}; the log of the server has the details")


def _lacks(error: BaseException) -> bool:
    """Whether the database has not all tables and columns that are asked for."""
    cause = error.__cause__ or error
    if getattr(cause, "sqlstate", None) in _UNDEFINED:
        return True
    return isinstance(cause, sqlite3.OperationalError) and _MISSING.search(str(cause)) is not None


def storable(text: str) -> str:
    """A text as databases can compare it: PostgreSQL knows no NUL, and what stands for it is in no identifier."""
    return text.replace("\0", "\ufffd")
