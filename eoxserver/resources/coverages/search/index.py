# SPDX-License-Identifier: MIT
"""Definitions of the search indexes in SQL, for migrations and for the conditions that use them.

On SQLite a 3-D R*Tree, kept by triggers: columns west, east, south, north [degrees] and first, last [days since
1970]. On PostgreSQL two GiST indexes over expressions: place and time together, and time alone, as the tree of the
first branches by place. None needs an extension.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

__all__ = ["NOWHERE", "RTREE", "TABLE", "box_expression", "drop_index", "make_index", "period_expression"]

TABLE = "coverages_eoobject"
RTREE = "coverages_eoobject_rtree"
GIST = "coverages_eoobject_search"
GIST_TIME = "coverages_eoobject_period"


class _Nowhere(NamedTuple):
    """Where objects stand in the R*Tree that lack a footprint or a time: beyond any search."""

    degree: float
    day: float


NOWHERE = _Nowhere(1000.0, -1e7)

_ROW = f"""
    SELECT NEW.id,
        COALESCE(NEW.west, {NOWHERE.degree}), COALESCE(NEW.east, {NOWHERE.degree}),
        COALESCE(NEW.south, {NOWHERE.degree}), COALESCE(NEW.north, {NOWHERE.degree}),
        COALESCE(julianday(COALESCE(NEW.begin_time, NEW.end_time)) - 2440587.5, {NOWHERE.day}),
        COALESCE(julianday(COALESCE(NEW.end_time, NEW.begin_time)) - 2440587.5, {NOWHERE.day})
    WHERE NEW.west IS NOT NULL OR NEW.begin_time IS NOT NULL OR NEW.end_time IS NOT NULL
"""


def box_expression(column: Callable[[str], str]) -> str:
    """The box around the footprint, for PostgreSQL."""
    return f"box(point({column('east')}, {column('north')}), point({column('west')}, {column('south')}))"


def period_expression(column: Callable[[str], str]) -> str:
    """The span of time, for PostgreSQL; one of two times stands for both."""
    begin, end = column("begin_time"), column("end_time")
    return (
        f"(CASE WHEN {begin} IS NULL AND {end} IS NULL THEN NULL"
        f" ELSE tstzrange(COALESCE({begin}, {end}), COALESCE({end}, {begin}), '[]') END)"
    )


def make_index(vendor: str) -> list[str]:
    """Statements that make the index, and fill it from the rows there are."""
    if vendor == "postgresql":
        place, time = box_expression(_plain), period_expression(_plain)
        return [
            f"CREATE INDEX {GIST} ON {TABLE} USING gist ({place}, {time})",
            f"CREATE INDEX {GIST_TIME} ON {TABLE} USING gist ({time})",
        ]
    return [
        f"CREATE VIRTUAL TABLE {RTREE} USING rtree(id, west, east, south, north, first, last)",
        *keep_rtree(),
        f"UPDATE {TABLE} SET west = west",
    ]


def keep_rtree() -> list[str]:
    """The triggers that keep the R*Tree; SQLite drops them when a migration remakes the table."""
    return [
        f"CREATE TRIGGER {RTREE}_insert AFTER INSERT ON {TABLE} BEGIN"
        f" INSERT INTO {RTREE} (id, west, east, south, north, first, last) {_ROW}; END",
        f"CREATE TRIGGER {RTREE}_update"
        f" AFTER UPDATE OF id, west, east, south, north, begin_time, end_time ON {TABLE} BEGIN"
        f" DELETE FROM {RTREE} WHERE id = OLD.id;"
        f" INSERT INTO {RTREE} (id, west, east, south, north, first, last) {_ROW}; END",
        f"CREATE TRIGGER {RTREE}_delete AFTER DELETE ON {TABLE} BEGIN DELETE FROM {RTREE} WHERE id = OLD.id; END",
    ]


def drop_index(vendor: str) -> list[str]:
    """Statements that undo ``make_index``."""
    if vendor == "postgresql":
        return [f"DROP INDEX {GIST}", f"DROP INDEX {GIST_TIME}"]
    return [*(f"DROP TRIGGER {RTREE}_{event}" for event in ("insert", "update", "delete")), f"DROP TABLE {RTREE}"]


def _plain(name: str) -> str:
    return name
