# SPDX-License-Identifier: MIT
"""Columns of the table of all objects in SQL, and the exact conditions on them that both databases share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from eoxserver.resources.coverages.geometries import Box
from eoxserver.resources.coverages.search.regions import Region

__all__ = ["Columns", "Sql", "all_of", "any_of", "box_meets", "box_within", "exact", "time_meets", "unchanged"]

Sql: TypeAlias = tuple[str, list[Any]]
"""A condition and its parameters."""


@dataclass(frozen=True)
class Columns:
    """Names columns of the table, under the alias it has in a query."""

    quote: Callable[[str], str]
    alias: str
    """As it stands in the query, quotes included: Django quotes names of tables, and not those it makes itself."""
    table: str

    def __call__(self, name: str) -> str:
        """The column of this name."""
        return f"{self.alias}.{self.quote(name)}"


def any_of(conditions: list[Sql]) -> Sql:
    """At least one of them."""
    return _joined(" OR ", conditions)


def all_of(conditions: list[Sql]) -> Sql:
    """Each of them; true without any."""
    return _joined(" AND ", conditions) if conditions else ("(1 = 1)", [])


def _joined(operator: str, conditions: list[Sql]) -> Sql:
    return f"({operator.join(sql for sql, _ in conditions)})", [value for _, values in conditions for value in values]


def box_meets(column: Callable[[str], str], box: Box) -> Sql:
    """The box around the footprint meets a plain box; one that crosses the date line lies at 180 and beyond too."""
    west, south, east, north = box
    return (
        f"(({column('west')} <= %s AND {column('east')} >= %s"
        f" OR {column('east')} > 180 AND {column('east')} >= %s)"
        f" AND {column('south')} <= %s AND {column('north')} >= %s)",
        [east, west, west + 360, north, south],
    )


def box_within(column: Callable[[str], str], box: Box) -> Sql:
    """The box around the footprint lies in a plain box."""
    west, south, east, north = box
    return (
        f"({column('west')} >= %s AND {column('east')} <= %s AND {column('south')} >= %s AND {column('north')} <= %s)",
        [west, east, south, north],
    )


def time_meets(column: Callable[[str], str], region: Region, adapt: Callable[[Any], Any]) -> list[Sql]:
    """The object's span of time meets that of the region; one of two times stands for both."""
    begin, end = (column("begin_time"), column("end_time"))
    conditions: list[Sql] = []
    if region.end is not None:
        operator = "<=" if region.closed else "<"
        conditions.append((f"COALESCE({begin}, {end}) {operator} %s", [adapt(region.end)]))
    if region.begin is not None:
        operator = ">=" if region.closed else ">"
        conditions.append((f"COALESCE({end}, {begin}) {operator} %s", [adapt(region.begin)]))
    return conditions


def exact(column: Callable[[str], str], region: Region, adapt: Callable[[Any], Any]) -> list[Sql]:
    """What the columns themselves must fulfil, after the index gave its candidates."""
    places = [any_of([box_meets(column, box) for box in region.boxes])] if region.boxes else []
    return places + time_meets(column, region, adapt)


def unchanged(value: Any) -> Any:
    """For databases that take times as they are."""
    return value
