# SPDX-License-Identifier: MIT
"""The catalogue's half of ingestion: which version of which cube a coverage is served from, in one transaction each.

The version that the catalogue names only ever grows: of two processes that publish at a time, the one with the earlier
version finds the later one there and has nothing to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from eoxserver.backends.cubes.base import CubeStore, Snapshot
from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.models import DataItem, Storage
from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.coverage import Coverage
from eoxserver.core.domain import Domain
from eoxserver.core.errors import (
    CoverageUnusable,
    DataUnavailable,
    InvalidParameterValue,
    ItemMissing,
    NoSuchCoverage,
)
from eoxserver.core.metadata import PartMetadata
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.extents import TIMES, extent, times_of
from eoxserver.resources.coverages.ingestion.states import CubeState
from eoxserver.resources.coverages.ingestion.stores import STORAGE_TYPE
from eoxserver.resources.coverages.parts import write_parts
from eoxserver.resources.coverages.registration.collections import sentence
from eoxserver.resources.coverages.virtual.following import follow_source
from eoxserver.resources.statements import Statement, update_rows

__all__ = [
    "CUBE_FORMAT",
    "Ingested",
    "find",
    "ingested",
    "insert_row",
    "is_served",
    "location",
    "publish",
    "tell_of_change",
]

CUBE_FORMAT = "application/x-eoxserver-cube"
_LOCATION = re.compile(r"([^?]+)\?version=([0-9]+)")
_COLUMNS = (
    "dataset__identifier", "dataset_id", "dataset__metadata", "dataset__details", "pk", "location", "storage__url",
    "storage__credentials",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ingested:
    """Where the cells of an ingested coverage are, as the catalogue says; and what else an update wants to know."""

    identifier: str
    coverage_key: int
    item_key: int
    storage: StorageRecord
    cube: str
    version: int
    metadata: Mapping[str, str] = field(hash=False)
    details: Mapping[str, Any] | None = field(hash=False)


def ingested() -> Iterator[Ingested]:
    """All ingested coverages, by identifier."""
    rows = _items().order_by("dataset__identifier").values_list(*_COLUMNS)
    yield from map(_ingested, rows.iterator(chunk_size=500))


def find(identifier: str) -> Ingested:
    """Where an ingested coverage is; one query.

    Raises
    ------
    NoSuchCoverage
        When there is no coverage of this identifier.
    CoverageUnusable
        When it was registered, not ingested.
    """
    for row in _find_statement(connection.vendor).rows(identifier):
        return _ingested(row)
    if models.Coverage.objects.filter(identifier=identifier).exists():
        raise CoverageUnusable(
            f"coverage '{identifier}' is read from the files it was registered with; only what was inserted is changed",
            locator=identifier,
        )
    raise NoSuchCoverage(f"no coverage '{identifier}'", locator=identifier)


@lru_cache
def _find_statement(_vendor: str) -> Statement:
    identifier = "\0"
    return Statement.of(_items().filter(dataset__identifier=identifier).values_list(*_COLUMNS)[:1], identifier)


def is_served(known: Ingested) -> bool:
    """Whether the coverage is there still; one query."""
    return DataItem.objects.filter(pk=known.item_key).exists()


def _items() -> QuerySet[DataItem]:
    return DataItem.objects.filter(storage__storage_type__iexact=STORAGE_TYPE, semantic="bands")


def _ingested(row: Sequence[Any]) -> Ingested:
    identifier, coverage_key, metadata, details, item_key, place, url, credentials = row
    record = StorageRecord(STORAGE_TYPE, url, credentials)
    return Ingested(identifier, coverage_key, item_key, record, *_split(place), metadata, details)


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
        served = _advance(known, snapshot.version)
        if served >= snapshot.version:
            return served
        _write_domain(known.coverage_key, domain)
        new = [(version, part) for version, part in parts if version > served]
        for version, part in new:
            write_parts(known.coverage_key, version, [part])
        if new and not (known.details or {}).get("parts"):
            _tell_of_parts(known.coverage_key)
    return snapshot.version


def tell_of_change() -> None:
    """Count a change that is not one of the catalogue, so that answers which clients keep are looked at again."""
    models.CatalogueVersion.objects.filter(pk=1).update(number=F("number") + 1)


def _advance(known: Ingested, version: int) -> int:
    """Let the data item name a version, unless it names a later one; answers the version that it named so far."""
    item = DataItem.objects.filter(pk=known.item_key)
    new = location(known.cube, version)
    if version > known.version:
        before = {"id": known.item_key, "location": location(known.cube, known.version)}
        if update_rows(DataItem, before, {"location": new}):
            return known.version
    if not item.update(format=CUBE_FORMAT):
        raise NoSuchCoverage(f"coverage '{known.identifier}' was deleted meanwhile", locator=known.identifier)
    served = _split(item.values_list("location", flat=True).get())[1]
    if served < version:
        item.update(location=new)
    return served


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
    grown = []
    before: dict[str, Any] = {}
    rows = _axes_statement(connection.vendor).rows(coverage_key)
    for key, label, size, origin, _, *times in rows:
        before = dict(zip(TIMES, times, strict=True))
        axis = domain.axis(label)
        changed: dict[str, Any] = {"size": axis.size, "origin": _origin(axis)}
        if {"size": size, "origin": origin} == changed:
            continue
        grown.append(domain.index(label))
        if isinstance(axis, IrregularAxis):
            changed["coefficients"] = axis.coefficients
        update_rows(models.Axis, {"id": key}, changed)
    if grown:
        horizontal = any(place in (domain.horizontal or ()) for place in grown)
        _write_extent(coverage_key, domain, None if horizontal else before, any(row[4] for row in rows))
        follow_source(coverage_key)


def _origin(axis: Axis) -> float | None:
    """What the catalogue has of it in the column of that name."""
    if isinstance(axis, RegularAxis):
        return axis.origin
    return float(axis.first) if isinstance(axis, IndexAxis) else None


@lru_cache
def _axes_statement(_vendor: str) -> Statement:
    """Axes of a coverage, whether it is in a collection, and its times."""
    key = -1
    membership = models.Membership.objects.filter(eo_object_id=OuterRef("coverage_id"))
    axes = models.Axis.objects.filter(coverage_id=key).annotate(contained=Exists(membership))
    return Statement.of(
        axes.values_list("pk", "label", "size", "origin", "contained", *(f"coverage__{name}" for name in TIMES)), key
    )


def _write_extent(coverage_key: int, domain: Domain, times: Mapping[str, Any] | None, contained: bool) -> None:
    """Write times and footprint that have changed, and let the collections of the coverage grow.

    Parameters
    ----------
    contained : bool
        Whether there are any.
    times : mapping, optional
        As they are; given when the footprint has not changed.
    """
    objects = models.EOObject.objects.filter(pk=coverage_key)
    if times is None:
        found = extent(domain)
        before = objects.values(*found).get()
    else:
        found, before = dict(zip(TIMES, times_of(domain), strict=True)), dict(times)
    changed = {name: value for name, value in found.items() if value is not None and value != before[name]}
    if not changed:
        return
    if "footprint" in changed:
        objects.update(**changed)  # and the columns that follow from it
    else:
        update_rows(models.EOObject, {"id": coverage_key}, changed)
    if contained:
        for collection in models.Collection.objects.filter(members__eo_object_id=coverage_key):
            collection.insert(objects.get())
