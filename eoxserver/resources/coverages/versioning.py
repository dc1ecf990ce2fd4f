# SPDX-License-Identifier: MIT
"""Counting writes to the catalogue by triggers, in SQL for both databases.

On SQLite each changed row counts once. On PostgreSQL each statement counts before it touches anything, so that
writers queue at the version's row and cannot block each other over other rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections, transaction

__all__ = [
    "TABLE",
    "catalogue_version",
    "drop_triggers",
    "drop_version",
    "holding_version",
    "make_triggers",
    "make_version",
]

TABLE = "coverages_catalogueversion"
FUNCTION = "coverages_count_write"

_NOW = {
    "postgresql": "EXTRACT(EPOCH FROM now())::bigint",
    "sqlite": "CAST(strftime('%s', 'now') AS INTEGER)",
}
"""Seconds since 1970."""
_EVENTS = ("INSERT", "UPDATE", "DELETE")


def catalogue_version(alias: str = "default") -> int:
    """The version that readers see now; 0 in a database without one."""
    with connections[alias].cursor() as cursor:
        cursor.execute(f"SELECT number FROM {TABLE} WHERE id = 1")
        row = cursor.fetchone()
    return 0 if row is None else int(row[0])


@contextmanager
def holding_version(alias: str = "default") -> Iterator[int]:
    """Let writers wait, and answer the version that holds meanwhile."""
    with transaction.atomic(using=alias):
        # SQLite's transactions take turns from their beginning (see app.django_setup).
        if connections[alias].vendor == "postgresql":
            with connections[alias].cursor() as cursor:
                cursor.execute(f"SELECT number FROM {TABLE} WHERE id = 1 FOR SHARE")
        yield catalogue_version(alias)


def make_version(vendor: str) -> Iterator[str]:
    """Statements that make the first version, and on PostgreSQL the function that counts."""
    if vendor == "postgresql":
        yield (
            f"CREATE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {_count(vendor)} RETURN NULL; END $$"
        )
    yield f"INSERT INTO {TABLE} (id, number) VALUES (1, {_NOW[vendor]})"


def drop_version(vendor: str) -> Iterator[str]:
    """Statements that undo ``make_version``."""
    yield f"DELETE FROM {TABLE}"
    if vendor == "postgresql":
        yield f"DROP FUNCTION {FUNCTION}()"


def make_triggers(vendor: str, table: str) -> Iterator[str]:
    """Statements that let writes to a table count; SQLite drops triggers when a migration remakes the table."""
    if vendor == "postgresql":
        yield (
            f"CREATE TRIGGER {table}_count_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {FUNCTION}()"
        )
        return
    for event in _EVENTS:
        yield f"CREATE TRIGGER {table}_count_{event.lower()} AFTER {event} ON {table} BEGIN {_count(vendor)} END"


def drop_triggers(vendor: str, table: str) -> Iterator[str]:
    """Statements that undo ``make_triggers``."""
    if vendor == "postgresql":
        yield f"DROP TRIGGER {table}_count_write ON {table}"
        return
    for event in _EVENTS:
        yield f"DROP TRIGGER {table}_count_{event.lower()}"


def _count(vendor: str) -> str:
    """The statements of a trigger; a version that somebody deleted starts again."""
    return (
        f"INSERT INTO {TABLE} (id, number)"
        f" SELECT 1, {_NOW[vendor]} WHERE NOT EXISTS (SELECT 1 FROM {TABLE} WHERE id = 1);"
        f" UPDATE {TABLE} SET number = number + 1 WHERE id = 1;"
    )
