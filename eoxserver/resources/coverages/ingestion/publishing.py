# SPDX-License-Identifier: MIT
"""The catalogue's half of ingestion: which version of which cube a coverage is served from, in one transaction each.

The version that the catalogue names only ever grows: of two processes that publish at a time, the one with the earlier
version finds the later one there and has nothing to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from shapely.geometry.base import BaseGeometry

from eoxserver.backends.cubes.base import CubeStore, Snapshot
from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.models import DataItem, Storage
from eoxserver.core.axes import IrregularAxis
from eoxserver.core.coverage import Coverage
from eoxserver.core.crs import to_instant
from eoxserver.core.domain import Domain
from eoxserver.core.errors import (
    CoverageUnusable,
    CrsNotSupported,
    DataUnavailable,
    InvalidParameterValue,
    InvalidTime,
    ItemMissing,
    NoSuchCoverage,
)
from eoxserver.core.metadata import PartMetadata
from eoxserver.core.roles import Role
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.footprints import bounds_footprint
from eoxserver.resources.coverages.ingestion.states import CubeState
from eoxserver.resources.coverages.ingestion.stores import STORAGE_TYPE
from eoxserver.resources.coverages.parts import write_parts
from eoxserver.resources.coverages.registration.collections import sentence

__all__ = [
    "CUBE_FORMAT",
    "Ingested",
    "extent",
    "find",
    "ingested",
    "insert_row",
    "location",
    "publish",
]

CUBE_FORMAT = "application/x-eoxserver-cube"
_LOCATION = re.compile(r"([^?]+)\?version=([0-9]+)")


@dataclass(frozen=True, slots=True)
class Ingested:
    """Where the cells of an ingested coverage are, as the catalogue says."""

    identifier: str
    coverage_key: int
    item_key: int
    storage: StorageRecord
    cube: str
    version: int


def ingested() -> Iterator[Ingested]:
    """All ingested coverages, by identifier."""
    items = DataItem.objects.filter(storage__storage_type__iexact=STORAGE_TYPE, semantic="bands")
    rows = items.order_by("dataset__identifier").select_related("storage", "dataset")
    for row in rows.iterator(chunk_size=500):
        yield _ingested(row)


def find(identifier: str) -> Ingested:
    """Where an ingested coverage is.

    Raises
    ------
    NoSuchCoverage
        When there is no coverage of this identifier.
    CoverageUnusable
        When it was registered, not ingested.
    """
    items = DataItem.objects.filter(
        dataset__identifier=identifier, storage__storage_type__iexact=STORAGE_TYPE, semantic="bands"
    )
    row = items.select_related("storage", "dataset").first()
    if row is not None:
        return _ingested(row)
    if models.Coverage.objects.filter(identifier=identifier).exists():
        raise CoverageUnusable(
            f"coverage '{identifier}' is read from the files it was registered with; only what was inserted is changed",
            locator=identifier,
        )
    raise NoSuchCoverage(f"no coverage '{identifier}'", locator=identifier)


def _ingested(row: DataItem) -> Ingested:
    assert row.storage is not None
    cube, version = _split(row.location)
    record = StorageRecord(row.storage.key, row.storage.url, row.storage.credentials)
    return Ingested(row.dataset.identifier, row.dataset_id, row.pk, record, cube, version)


def _split(location: str) -> tuple[str, int]:
    match = _LOCATION.fullmatch(location)
    if match is None:
        raise DataUnavailable(f"'{location}' is no location of a cube; accepted: NAME?version=NUMBER", locator=location)
    return match[1], int(match[2])


def insert_row(coverage: Coverage, domain: Domain, state: CubeState, storage: Storage, cube: str, version: int) -> None:
    """Write a new coverage, within the caller's transaction.

    Raises
    ------
    IntegrityError
        When there is something of this identifier.
    InvalidParameterValue
        When something of it cannot be catalogued.
    """
    row = models.Coverage(
        identifier=coverage.identifier,
        title=coverage.title[:1000],
        abstract=coverage.abstract,
        range_type=state.range_type,
        metadata=dict(coverage.metadata),
        details=state.details,
        native_format=state.native_format,
        footprint=coverage.footprint,
        begin_time=coverage.begin_time,
        end_time=coverage.end_time,
    )
    for name, value in extent(domain).items():
        if value is not None:
            setattr(row, name, value)
    row.crs = domain.horizontal_crs
    item = DataItem(dataset=row, storage=storage, semantic="bands", format=CUBE_FORMAT)
    item.location = location(cube, version)
    try:
        row.full_clean(validate_unique=False)
        row.save()
        item.dataset = row
        item.full_clean()
    except ValidationError as error:
        raise InvalidParameterValue(
            f"coverage '{coverage.identifier}' cannot be catalogued: {sentence(error)}", locator=coverage.identifier
        ) from error
    item.save()
    row.set_domain(domain)
    write_parts(row.pk, version, state.parts)


def location(cube: str, version: int) -> str:
    """What a data item says of a version of a cube."""
    return f"{cube}?version={version}"


def publish(known: Ingested, store: CubeStore) -> int:
    """Let the catalogue name the latest version of a cube, with all that follows from it; answers the version.

    Raises
    ------
    NoSuchCoverage
        When the coverage is gone.
    DataUnavailable
        When the cube cannot be read.
    """
    snapshot = store.snapshot(known.cube)
    state = CubeState.from_text(snapshot.state, known.cube)
    parts = list(_new_parts(known, store, snapshot, state))
    domain = state.domain(snapshot.axes)
    with transaction.atomic():
        # Writing comes first: it makes other writers wait, so that all that is read below stays true.
        if not DataItem.objects.filter(pk=known.item_key).update(format=CUBE_FORMAT):
            raise NoSuchCoverage(f"coverage '{known.identifier}' was deleted meanwhile", locator=known.identifier)
        served = _split(DataItem.objects.values_list("location", flat=True).get(pk=known.item_key))[1]
        if served >= snapshot.version:
            return served
        _write_domain(known.coverage_key, domain)
        new = [(version, part) for version, part in parts if version > served]
        for version, part in new:
            write_parts(known.coverage_key, version, [part])
        if new:
            _tell_of_parts(known.coverage_key)
        DataItem.objects.filter(pk=known.item_key).update(location=location(known.cube, snapshot.version))
    return snapshot.version


def _new_parts(
    known: Ingested, store: CubeStore, latest: Snapshot, state: CubeState
) -> Iterator[tuple[int, PartMetadata]]:
    """Metadata of parts that came with versions after the one that is served, each with the version."""
    for version in range(known.version + 1, latest.version):
        try:
            earlier = store.snapshot(known.cube, version)
        except ItemMissing:  # compacted
            continue
        yield from ((version, part) for part in CubeState.from_text(earlier.state, known.cube).parts)
    yield from ((latest.version, part) for part in state.parts)


def _tell_of_parts(coverage_key: int) -> None:
    """Let the coverage know that it has metadata of parts."""
    row = models.Coverage.objects.only("details").get(pk=coverage_key)
    if not (row.details or {}).get("parts"):
        models.Coverage.objects.filter(pk=coverage_key).update(details={**(row.details or {}), "parts": True})


def _write_domain(coverage_key: int, domain: Domain) -> None:
    """Write the axes that have changed, and what follows from them."""
    grown = False
    for row in models.Axis.objects.filter(coverage_id=coverage_key):
        axis = domain.axis(row.label)
        new = models.Axis.from_core(axis, row.grid_position, row.crs_position)
        if (row.size, row.origin) == (new.size, new.origin):
            continue
        grown = True
        changed: dict[str, Any] = {"size": new.size, "origin": new.origin}
        if isinstance(axis, IrregularAxis):
            changed["coefficients"] = axis.coefficients
        models.Axis.objects.filter(pk=row.pk).update(**changed)
    if grown:
        _write_extent(coverage_key, extent(domain))


def _write_extent(coverage_key: int, found: dict[str, datetime | BaseGeometry | None]) -> None:
    """Write footprint and times that have changed, and let the collections of the coverage grow."""
    row = models.EOObject.objects.get(pk=coverage_key)
    changed = {name: value for name, value in found.items() if value is not None and value != getattr(row, name)}
    if not changed:
        return
    models.EOObject.objects.filter(pk=coverage_key).update(**changed)
    for collection in models.Collection.objects.filter(members__eo_object_id=coverage_key):
        collection.insert(row)


def extent(domain: Domain) -> dict[str, datetime | BaseGeometry | None]:
    """Times and footprint of a domain; None what it has none of."""
    begin, end = _times(domain)
    footprint = None
    if domain.horizontal_crs is not None:
        try:
            footprint = bounds_footprint(domain.horizontal_crs, domain.horizontal_bounds)
        except (CrsNotSupported, ValueError):  # not on the Earth
            footprint = None
    return {"begin_time": begin, "end_time": end, "footprint": footprint}


def _times(domain: Domain) -> tuple[datetime | None, datetime | None]:
    for axis in domain.axes:
        if axis.role is Role.T and axis.crs is not None and axis.crs.is_temporal:
            try:
                begin, end = sorted(to_instant(axis.crs, number) for number in (axis.low, axis.high))
            except InvalidTime:  # beyond the years that the catalogue knows
                return None, None
            return begin, end
    return None, None
