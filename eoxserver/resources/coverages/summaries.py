# SPDX-License-Identifier: MIT
"""What capabilities say of each coverage and collection, streamed from one query.

A coverage whose row makes no sense is left out, with a line in the log; the others are not affected.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from django.db.models import BinaryField, ExpressionWrapper, F, QuerySet

from eoxserver.core.coverage import MULTI_POINT
from eoxserver.core.crs import wgs84_bounds
from eoxserver.core.domain import Domain
from eoxserver.core.errors import EOxServerError
from eoxserver.core.rasters import index_domain
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.domains import (
    AxisColumns,
    Grid,
    axes_domain,
    grid_domain,
    merged_domain,
    stored_crs,
)
from eoxserver.resources.coverages.geometries import Box
from eoxserver.resources.coverages.points import frame_from_json

__all__ = ["CollectionSummary", "CoverageSummary", "collection_summaries", "coverage_summaries"]

log = logging.getLogger(__name__)

_CHUNK = 500
"""Rows that are fetched at a time."""


@dataclass(frozen=True, slots=True)
class CoverageSummary:
    """A coverage in short."""

    identifier: str
    title: str
    abstract: str
    begin_time: datetime | None
    end_time: datetime | None
    domain: Domain
    """Its grid; of points the axes of their positions, from the least to the greatest coordinate."""
    wgs84_bounds: Box | None
    """West, south, east, north [degrees]; all around where the coverage crosses the date line."""
    points: bool = False
    """Whether it has points, not a grid."""

    @property
    def subtype(self) -> str:
        """As that of ``core.coverage.Coverage``."""
        return MULTI_POINT if self.points else self.domain.subtype


@dataclass(frozen=True, slots=True)
class CollectionSummary:
    """A collection in short."""

    identifier: str
    title: str
    abstract: str
    begin_time: datetime | None
    end_time: datetime | None
    wgs84_bounds: Box | None
    """West, south, east, north [degrees] of all members together; None for an empty collection."""


class _Row(NamedTuple):
    """A coverage with one of its axes, or without."""

    pk: int
    identifier: str
    title: str
    abstract: str
    begin_time: datetime | None
    end_time: datetime | None
    west: float | None
    south: float | None
    east: float | None
    north: float | None
    srid: int | None
    projection: str
    points: list[dict[str, Any]] | None
    """The axes of points; None for grids."""
    rectified: tuple[Any, ...]
    """Size, bounds and direction of a rectified dataset; None throughout for others."""
    mosaic: tuple[Any, ...]
    referenceable: tuple[Any, ...]
    axis: tuple[Any, ...]


_BASE = (
    "pk", "identifier", "title", "abstract", "begin_time", "end_time", "west", "south", "east", "north", "srid",
    "projection", "details__points",
)  # fmt: skip
_GRID = Grid._fields
_AXIS = AxisColumns._fields[:-1]
_COLUMNS = (
    *_BASE,
    *(f"rectifieddataset__{name}" for name in _GRID),
    *(f"rectifiedstitchedmosaic__{name}" for name in _GRID),
    *(f"referenceabledataset__{name}" for name in _GRID[:2]),
    *(f"axes__{name}" for name in _AXIS),
    "stored_coefficients",
)


def coverage_summaries(coverages: QuerySet[models.Coverage]) -> Iterator[CoverageSummary]:
    """Summaries of coverages in the order of their identifiers; one query, rows are fetched as they are needed."""
    # The bytes of coefficients are read here, not by Django: broken ones must not end the stream.
    stored = ExpressionWrapper(F("axes__coefficients"), output_field=BinaryField())
    rows = coverages.annotate(stored_coefficients=stored).order_by("identifier", "axes__grid_position")
    stream = map(_row, rows.values_list(*_COLUMNS).iterator(chunk_size=_CHUNK))
    for _, group in groupby(stream, key=lambda row: row.pk):
        parts = list(group)
        try:
            summary = _summary(parts)
        except (EOxServerError, ValueError, TypeError) as error:
            log.warning("coverage %s is broken in the catalogue and left out: %s", parts[0].identifier, error)
        else:
            yield summary


def collection_summaries(collections: QuerySet[models.Collection]) -> Iterator[CollectionSummary]:
    """Summaries of collections in the order of their identifiers; one query."""
    names = ("identifier", "title", "abstract", "begin_time", "end_time", "west", "south", "east", "north")
    rows = collections.order_by("identifier").values_list(*names)
    for identifier, title, abstract, begin, end, *box in rows.iterator(chunk_size=_CHUNK):
        yield CollectionSummary(identifier, title, abstract, begin, end, _plain_box(box))


def _row(values: tuple[Any, ...]) -> _Row:
    base, rest = values[: len(_BASE)], values[len(_BASE) :]
    grid = len(_GRID)
    parts = (rest[:grid], rest[grid : 2 * grid], rest[2 * grid : 2 * grid + 2], rest[2 * grid + 2 :])
    return _Row._make((*base, *parts))


def _summary(rows: Sequence[_Row]) -> CoverageSummary:
    """The summary of one coverage; raises ValueError and errors of CRSs."""
    row = rows[0]
    domain = _domain(rows)
    bounds = _plain_box((row.west, row.south, row.east, row.north))
    if bounds is None and domain.horizontal_crs is not None:
        bounds = wgs84_bounds(domain.horizontal_crs, domain.horizontal_bounds)
    points = row.points is not None
    return CoverageSummary(
        row.identifier, row.title, row.abstract, row.begin_time, row.end_time, domain, bounds, points
    )


def _domain(rows: Sequence[_Row]) -> Domain:
    """The same domain that the models give, without making them."""
    row = rows[0]
    if row.points is not None:
        return frame_from_json(row.points)
    axes = [_axis(one.axis) for one in rows if one.axis[0] is not None]
    for grid in (row.rectified, row.mosaic):
        if grid[0] is not None:
            return merged_domain(grid_domain(stored_crs(row.srid, row.projection), Grid(*grid)), axes)
    if row.referenceable[0] is not None:
        return merged_domain(index_domain(*row.referenceable), axes)
    return axes_domain(axes)


def _axis(values: tuple[Any, ...]) -> AxisColumns:
    *columns, stored = values
    coefficients = None if stored is None else np.frombuffer(bytes(stored), dtype="<f8")
    return AxisColumns._make((*columns, coefficients))


def _plain_box(box: Sequence[float | None]) -> Box | None:
    west, south, east, north = box
    if west is None or south is None or east is None or north is None:
        return None
    return (-180.0, south, 180.0, north) if east > 180 else (west, south, east, north)
