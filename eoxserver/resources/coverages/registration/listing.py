# SPDX-License-Identifier: MIT
"""What is in the catalogue, as an operator wants to see it: lists without a query per row, and one object in full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Count, Min

from eoxserver.backends.credentials import shown_url
from eoxserver.backends.models import DataItem
from eoxserver.core.coordinates import coordinate_text, number_text
from eoxserver.core.domain import Domain
from eoxserver.core.errors import DataUnavailable, EOxServerError
from eoxserver.core.fields import Field
from eoxserver.core.util.timetools import isotime
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.registration.places import Place
from eoxserver.resources.coverages.registration.storing import CHAIN, storage_of

__all__ = ["Row", "describe", "rows"]

CHUNK = 1000
SHOWN_SLICES = 20
"""Of the files of a coverage of slices so many are described, and all are counted."""


@dataclass(frozen=True, slots=True)
class Row:
    """One object in a list."""

    identifier: str
    kind: str
    """Name of its model."""
    title: str
    begin_time: str | None
    end_time: str | None
    bbox: tuple[float, float, float, float] | None
    """West, south, east, north [degrees]; an east beyond 180 means that the date line lies between."""
    where: tuple[str, ...] | None = None
    """Where the data items with its cells are, as commands take it; None where nobody asked for that."""


def rows(
    kind: type[models.EOObject] = models.EOObject, collection: str | None = None, where: bool = False
) -> Iterator[Row]:
    """Objects in the order of their identifiers, streamed.

    Parameters
    ----------
    collection : str, optional
        Identifier of the collection whose members are wanted.
    where : bool
        Whether to say where their data is, which takes a query for each thousand of them.
    """
    found = kind.objects.order_by("identifier")
    if collection is not None:
        found = found.filter(collections__identifier=collection)
    names = ("identifier", "real_type", "title", "begin_time", "end_time", "west", "south", "east", "north")
    values = found.values_list(*names).iterator(chunk_size=CHUNK)
    while batch := list(islice(values, CHUNK)):
        places = _places([row[0] for row in batch]) if where else None
        for identifier, real_type, title, begin, end, *box in batch:
            west, south, east, north = box
            yield Row(
                identifier,
                _kind(real_type),
                title,
                _time(begin),
                _time(end),
                None if west is None else (west, south, east, north),
                None if places is None else tuple(places.get(identifier, ())),
            )


def _places(identifiers: Sequence[str]) -> dict[str, list[str]]:
    """Where the cells of coverages lie."""
    items = DataItem.objects.filter(dataset__identifier__in=identifiers).select_related("dataset", *CHAIN)
    found: dict[str, list[str]] = {}
    for item in items.filter(semantic__startswith="bands"):
        found.setdefault(item.dataset.identifier, []).append(_where(item))
    stacks = models.StackSlice.objects.filter(coverage__identifier__in=identifiers).order_by().values("coverage_id")
    counts = {row["first"]: row["count"] for row in stacks.annotate(first=Min("item_id"), count=Count("pk"))}
    for item in items.filter(pk__in=counts):
        more = counts[item.pk] - 1
        found[item.dataset.identifier] = [_where(item), *([f"{more} more slices"] if more else [])]
    links = models.VirtualSource.objects.filter(coverage__identifier__in=identifiers).order_by("position")
    for identifier, source in links.values_list("coverage__identifier", "source__identifier"):
        found.setdefault(identifier, []).append(f"coverage {source}")
    return found


def _where(item: DataItem) -> str:
    try:
        return str(Place.of_item(item))
    except DataUnavailable as error:
        return error.message


def describe(found: models.EOObject) -> dict[str, Any]:
    """Everything there is to know of one object, as JSON-able values."""
    actual = found.cast()
    whole: dict[str, Any] = {
        "identifier": actual.identifier,
        "kind": type(actual).__name__,
        "title": actual.title,
        "abstract": actual.abstract,
        "visible": actual.visible,
        "begin_time": _time(actual.begin_time),
        "end_time": _time(actual.end_time),
        "bbox": _box(actual),
        "footprint": actual.footprint.wkt if actual.footprint is not None else None,
        "collections": sorted(actual.collections.values_list("identifier", flat=True)),
        "metadata": actual.metadata,
    }
    if isinstance(actual, models.Coverage):
        whole |= _coverage(actual)
    if isinstance(actual, models.Collection):
        whole["members"] = actual.eo_objects.count()
    return whole


def _box(found: models.EOObject) -> list[float] | None:
    """The box around the footprint, without binary noise."""
    sides = (found.west, found.south, found.east, found.north)
    return [round(side, 9) for side in sides if side is not None] or None


def _coverage(coverage: models.Coverage) -> dict[str, Any]:
    items = coverage.data_items.select_related(*CHAIN)
    slices = items.filter(semantic=models.SLICE)
    found: dict[str, Any] = {
        "fields": [_field(field) for field in coverage.range_type.fields],
        "data_items": [_item(item) for item in (*items.exclude(semantic=models.SLICE), *slices[:SHOWN_SLICES])],
    }
    if count := slices.count():
        found["slices"] = count
    sources = models.VirtualSource.objects.filter(coverage_id=coverage.pk).order_by("position")
    if names := list(sources.values_list("source__identifier", flat=True)):
        found["sources"] = names
    try:
        domain = coverage.domain
        crs = domain.crs
    except (EOxServerError, ValueError) as error:
        return found | {"problem": str(error)}
    if isinstance(coverage, models.ReferenceableDataset) and coverage.tie_points is not None:
        found["tie_points"] = {"crs": coverage.tie_points.crs.uri, "count": len(coverage.tie_points.x)}
    return {"crs": crs.uri if crs else None, "axes": _axes(domain)} | found


def _item(item: DataItem) -> dict[str, Any]:
    """A data item: its location as it is stored, what it lies in, and where that is altogether; without secrets."""
    told = {"semantic": item.semantic, "driver": item.gdal_driver_name, "format": item.format}
    try:
        place = Place.of_item(item)
    except EOxServerError as error:
        return told | {"location": item.location, "problem": error.message}
    storage = storage_of(item)
    packages = [f"{package.format} {shown_url(package.path)}" for package in place.location.packages]
    return {
        "semantic": item.semantic,
        "location": place.shown_location,
        "storage": None if storage is None else str(storage),
        "package": " -> ".join(packages) or None,
        "address": None if storage is None and not packages else str(place),
        "driver": item.gdal_driver_name,
        "format": item.format,
    }


def _axes(domain: Domain) -> list[dict[str, Any]]:
    return [
        {
            "label": axis.label,
            "kind": type(axis).__name__,
            "size": axis.size,
            "low": coordinate_text(axis, axis.low),
            "high": coordinate_text(axis, axis.high),
            "step": number_text(axis.step) if hasattr(axis, "step") else None,
            "unit": axis.unit,
            "role": str(axis.role),
        }
        for axis in domain.axes
    ]


def _field(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "type": str(field.dtype),
        "unit": field.unit,
        "nil": [number_text(nil.low) if nil.high is None else [nil.low, nil.high] for nil in field.nil],
        "values": [f"{number_text(low)} to {number_text(high)}" for low, high in field.intervals],
        "interpretation": field.interpretation,
        "colours": len(field.palette) if field.palette else None,
    }


def _kind(real_type: str) -> str:
    """The name of a model by the label it is stored under."""
    for model in (
        models.Coverage,
        models.RectifiedDataset,
        models.ReferenceableDataset,
        models.RectifiedStitchedMosaic,
        models.Collection,
        models.DatasetSeries,
    ):
        if real_type.rpartition(".")[2] == model.__name__.lower():
            return model.__name__
    return real_type


def _time(instant: datetime | None) -> str | None:
    return None if instant is None else isotime(instant)
