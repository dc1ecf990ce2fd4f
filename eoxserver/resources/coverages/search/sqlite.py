# SPDX-License-Identifier: MIT
"""Search on SQLite: candidates from an R*Tree (x, y, time), exact columns, then a function for what boxes leave open.

The R*Tree keeps 32-bit floats, minima rounded down and maxima up (sqlite.org/rtree.html, clause 3.3); times in it are
days since 1970, of a resolution of minutes. So it never misses an object, and its answer is checked again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from eoxserver.resources.coverages.search.columns import Columns, Sql, all_of, any_of, box_within, exact
from eoxserver.resources.coverages.search.functions import FUNCTION
from eoxserver.resources.coverages.search.index import NOWHERE, RTREE
from eoxserver.resources.coverages.search.regions import Region, Relation

__all__ = ["search"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARGIN = 1.0
"""Widens time spans for the index, against its rounding [s]."""


def search(relation: Relation, region: Region, column: Columns, connection: Any) -> Sql:
    """The condition for objects that lie in the relation to the region."""
    conditions = [_candidates(region, column), *exact(column, region, connection.ops.adapt_datetimefield_value)]
    if relation is not Relation.BBOX and region.geometry is not None:
        conditions.append(_shape(relation, region, column, connection))
    return all_of([condition for condition in conditions if condition[0]])


def _candidates(region: Region, column: Columns) -> Sql:
    """Membership in the answers of the R*Tree; one probe a box, and one for footprints beyond the date line."""
    if region.geometry is None and not region.timed:
        return "", []
    probes = list(_places(region)) or [[]]
    times = _times(region)
    selects = []
    parameters: list[Any] = []
    for place in probes:
        where = all_of(place + times)
        selects.append(f"SELECT {column.quote('id')} FROM {column.quote(RTREE)} WHERE {where[0]}")
        parameters += where[1]
    return f"{column('id')} IN ({' UNION ALL '.join(selects)})", parameters


def _places(region: Region) -> Iterator[list[Sql]]:
    for west, south, east, north in region.boxes:
        high: list[Sql] = [('"south" <= %s', [north]), ('"north" >= %s', [south])]
        yield [('"west" <= %s', [east]), ('"east" >= %s', [west]), *high]
        yield [('"east" >= %s', [max(west + 360, 180)]), ('"west" <= %s', [180.0]), *high]


def _times(region: Region) -> list[Sql]:
    if not region.timed:
        return []
    times: list[Sql] = [('"last" >= %s', [NOWHERE.day + 1 if region.begin is None else _day(region.begin, -_MARGIN)])]
    if region.end is not None:
        times.append(('"first" <= %s', [_day(region.end, _MARGIN)]))
    return times


def _day(instant: datetime, margin: float) -> float:
    return ((instant - _EPOCH).total_seconds() + margin) / 86400


def _shape(relation: Relation, region: Region, column: Columns, connection: Any) -> Sql:
    """The exact test; boxes that lie in a search for a box need none."""
    test: Sql = (
        f"{FUNCTION}(%s, {column('footprint')}, %s)",
        [relation.value, connection.Database.Binary(region.wkb)],
    )
    if relation is Relation.CONTAINS or not region.is_box:
        return test
    return any_of([*(box_within(column, box) for box in region.boxes), test])
