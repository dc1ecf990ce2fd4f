# SPDX-License-Identifier: MIT
"""Search on PostgreSQL without extension: candidates from GiST indexes over box and tstzrange, then exact columns.

What boxes cannot decide is decided before the query runs: the candidates' footprints are read, compared here, and
those accepted enter the query as one array of keys. PostgreSQL compares boxes with a tolerance of 1e-6 (``geometric
functions and operators`` of its manual), which only adds candidates.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from eoxserver.resources.coverages.geometries import Box
from eoxserver.resources.coverages.search.columns import Columns, Sql, all_of, any_of, box_within, exact, unchanged
from eoxserver.resources.coverages.search.index import box_expression, period_expression
from eoxserver.resources.coverages.search.regions import Region, Relation, related

__all__ = ["search"]

_BATCH = 2000
_WIDE = 0.1
"""From this share of the Earth on the time of a search tells more than its place."""


def search(relation: Relation, region: Region, column: Columns, connection: Any) -> Sql:
    """The condition for objects that lie in the relation to the region."""
    candidates = all_of([*_indexed(region, column), *exact(column, region, unchanged)])
    if relation is Relation.BBOX or region.geometry is None:
        return candidates
    decided: Sql | None = None
    if relation is not Relation.CONTAINS and region.is_box:
        decided = any_of([box_within(column, box) for box in region.boxes])
    keys = _accepted(relation, region, column, candidates, decided, connection)
    accepted: Sql = (f"{column('id')} = ANY(%s::bigint[])", [keys])
    if decided is None:
        return accepted
    return all_of([candidates, any_of([decided, accepted])])


def _indexed(region: Region, column: Columns) -> list[Sql]:
    """Conditions in the very expressions of the index; each alternative is one scan of it."""
    times: list[Sql] = []
    if region.timed:
        times = [(f"{period_expression(column)} && tstzrange(%s, %s, '[]')", [region.begin, region.end])]
    if region.timed and region.share_of_earth > _WIDE:
        # PostgreSQL does not know how large a box is, and would look through half of the index for places.
        return times
    places: list[Sql] = []
    for box in region.boxes:
        places.append(all_of([_overlap(column, box), *times]))
        beyond = _overlap(column, (max(box[0] + 360, 180.0), box[1], 540.0, box[3]))
        places.append(all_of([beyond, *times]))
    return [any_of(places)] if places else times


def _overlap(column: Columns, box: Box) -> Sql:
    west, south, east, north = box
    return (
        f"{box_expression(column)} && box(point(%s::float8, %s::float8), point(%s::float8, %s::float8))",
        [east, north, west, south],
    )


def _accepted(
    relation: Relation, region: Region, column: Columns, candidates: Sql, decided: Sql | None, connection: Any
) -> list[int]:
    """Keys of the candidates whose footprints lie in the relation, but for those that their boxes decide."""
    sql, parameters = candidates
    if decided is not None:
        sql, parameters = f"{sql} AND NOT {decided[0]}", [*parameters, *decided[1]]
    geometry = shapely.from_wkb(region.wkb)
    shapely.prepare(geometry)
    keys: list[int] = []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column('id')}, {column('footprint')} FROM {column.quote(column.table)}"
            f" {column.alias} WHERE {sql}",
            parameters,
        )
        while rows := cursor.fetchmany(_BATCH):
            footprints = shapely.from_wkb([bytes(row[1]) for row in rows], on_invalid="ignore")
            hits = related(relation, geometry, np.asarray(footprints))
            keys += [row[0] for row, hit in zip(rows, hits, strict=True) if hit]
    return keys
