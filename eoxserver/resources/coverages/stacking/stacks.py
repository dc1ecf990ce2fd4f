# SPDX-License-Identifier: MIT
"""Registering files as slices of coverages, and one slice more: in one transaction each, whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F

from eoxserver.backends.access import Access
from eoxserver.backends.cubes.base import Along
from eoxserver.backends.readers.base import Reader
from eoxserver.core.axes import IrregularAxis
from eoxserver.core.coverage import CellBox
from eoxserver.core.domain import Domain
from eoxserver.core.errors import (
    CoverageExists,
    CoverageUnusable,
    InconsistentChange,
    InvalidSubsetting,
    NoSuchCoverage,
    RegistrationRefused,
)
from eoxserver.core.fields import RangeType
from eoxserver.core.metadata import ExtraMetadata, PartMetadata
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.extents import extent
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.resources.coverages.parts import extra_details, write_parts
from eoxserver.resources.coverages.placement import place
from eoxserver.resources.coverages.registration.collections import sentence
from eoxserver.resources.coverages.registration.proposals import Proposal
from eoxserver.resources.coverages.registration.storing import data_item
from eoxserver.resources.coverages.sources import Opener
from eoxserver.resources.coverages.stacking.parts import SlicePart
from eoxserver.resources.coverages.stacks.layout import FileLayout
from eoxserver.resources.coverages.stacks.places import Grid, SlicePlace, anchors_from_json, anchors_of, grown
from eoxserver.resources.coverages.stacks.reading import Reading
from eoxserver.resources.coverages.virtual.following import follow_source
from eoxserver.resources.database import reading

__all__ = ["NewStack", "Stacks"]

N_D_FORMAT = "application/netcdf"
"""Native format of coverages that are no images."""


@dataclass(frozen=True)
class NewStack:
    """What a new coverage is, beside its slices."""

    identifier: str
    range_type: RangeType | None = None
    """All fields; by default those of the first slice."""
    title: str = ""
    abstract: str = ""
    metadata: Mapping[str, str] | None = None
    extra: ExtraMetadata = field(default_factory=ExtraMetadata)
    native_format: str = ""
    """MIME type in which it is delivered when none is asked for; by default what follows from the number of axes."""


class Stacks:
    """Registers coverages over files that stay where they are.

    Parameters
    ----------
    readers : mapping of str to Reader
        In the order in which they are asked.
    access : Access
        Finds the files.
    formats : FormatRegistry
        Tells the MIME type of a driver.
    """

    def __init__(self, readers: Mapping[str, Reader], access: Access, formats: FormatRegistry) -> None:
        self._files = Opener(readers, access).files
        self._formats = formats

    def register(self, new: NewStack, parts: Iterable[SlicePart]) -> models.Coverage:
        """Register a coverage of slices; kinds, order, CRSs and steps of its axes are those of the first one.

        Parameters
        ----------
        parts : iterable of SlicePart
            In any order, one at least. Where two have the same cells the later one is read, but for its nil cells.

        Raises
        ------
        CoverageExists
            When there is a coverage or collection of this identifier.
        InconsistentChange, InvalidSubsetting
            When a part does not fit the first one, as for ``Ingestion.update``.
        DataUnavailable
            When a file cannot be read.
        RegistrationRefused
            When there is no part, or it cannot be catalogued.
        """
        remaining = iter(parts)
        first = next(remaining, None)
        if first is None:
            raise RegistrationRefused(f"coverage '{new.identifier}': there is no slice", locator=new.identifier)
        range_type = new.range_type or first.range_type
        grid = Grid(first.domain, anchors_of(first.domain))
        with reading():
            try:
                with transaction.atomic():
                    row = _coverage_row(new, range_type, first.domain)
                    stack = models.Stack(coverage=row, anchors=list(grid.anchors), chunks=self._layout(first).to_json())
                    stack.save()
                    domain = self._write(row, stack, grid, range_type, _with_first(first, remaining))
                    _write_domain(row, domain)
            except IntegrityError as error:
                raise CoverageExists(
                    f"there is a coverage or collection '{new.identifier}' already", locator=new.identifier
                ) from error
            except ValidationError as error:
                raise RegistrationRefused(
                    f"coverage '{new.identifier}' cannot be catalogued: {sentence(error)}", locator=new.identifier
                ) from error
        return row

    def store(self, proposal: Proposal) -> models.Coverage:
        """Register what registration proposes of array files; raises as ``register``."""
        new = NewStack(
            proposal.identifier,
            title=proposal.title,
            metadata=proposal.metadata,
            extra=proposal.extra,
        )
        parts = [
            SlicePart(
                item.place,
                proposal.domain,
                proposal.range_type,
                variables=item.variables,
                dims=proposal.domain.labels,
                driver=item.driver,
            )
            for item in proposal.items
        ]
        return self.register(new, parts)

    def add(self, identifier: str, parts: Iterable[SlicePart]) -> None:
        """Add slices to a coverage, which grows to hold them, in any direction and between coefficients.

        A slice at the place of another one, with the same fields, is read in its stead. What this costs depends on the
        slices that are added, not on how many there are.

        Raises
        ------
        NoSuchCoverage
            When there is no coverage of this identifier.
        CoverageUnusable
            When it has no slices: it is one file, or was inserted.
        InconsistentChange, InvalidSubsetting, DataUnavailable
            As ``register``; nothing has changed then.
        """
        with reading(), transaction.atomic():
            # Writing comes first: it makes other writers wait, so that all that is read below stays true.
            found = models.Stack.objects.filter(coverage__identifier=identifier)
            if not found.update(revision=F("revision") + 1):
                raise _no_stack(identifier)
            stack = found.select_related("coverage").get()
            row = stack.coverage
            before = row.domain
            grid = Grid(before, anchors_from_json(stack.anchors))
            try:
                domain = self._write(row, stack, grid, row.range_type, iter(parts))
            except ValidationError as error:
                raise RegistrationRefused(
                    f"a slice of '{identifier}' cannot be catalogued: {sentence(error)}", locator=identifier
                ) from error
            _grow(row, before, domain)

    def _write(
        self, row: models.Coverage, stack: models.Stack, grid: Grid, range_type: RangeType, parts: Iterator[SlicePart]
    ) -> Domain:
        """Write slices; answers the domain that holds them all."""
        noted = False
        layout = FileLayout.from_json(stack.chunks)
        for part in parts:
            try:
                along = place(grid.domain, part.domain, grid.lows)
            except (InconsistentChange, InvalidSubsetting) as error:
                raise type(error)(f"{part.place}: {error.message}", locator=error.locator) from error
            how = _reading(part, range_type)
            self._check(part, how, range_type)
            self._write_slice(row, stack, part, along, how)
            grid = replace(grid, domain=grown(grid.domain, grid.anchors, along))
            if layout.overviews and not (layout.fits(part.domain.shape) and layout.fits(grid.domain.shape)):
                layout = layout.without_overviews()
                stack.chunks = layout.to_json()
                stack.save(update_fields=["chunks"])
            if part.values:
                write_parts(row.pk, 0, [_metadata(part)])
                noted = True
        if noted and not (row.details or {}).get("parts"):
            row.details = {**(row.details or {}), "parts": True}
            models.Coverage.objects.filter(pk=row.pk).update(details=row.details)
        return grid.domain

    def _layout(self, part: SlicePart) -> FileLayout:
        how = _reading(part, part.range_type)
        return FileLayout.of(self._files.open(part.place.location, how), how.dims, len(part.domain.axes))

    def _check(self, part: SlicePart, how: Reading, range_type: RangeType) -> None:
        """Look at a file: it is as large as its domain, has its last cell, and cells of the fields' types.

        Raises
        ------
        DataUnavailable
            When it cannot be read.
        InconsistentChange
            When it is another one than its domain and fields say.
        """
        source = self._files.open(part.place.location, how)
        expected = tuple(part.domain.shape[axis] for axis in how.dims)
        if source.shape != expected:
            raise InconsistentChange(
                f"{part.place}: has {_size(source.shape)} cells along {', '.join(part.own_dims())}; its domain has "
                f"{_size(expected)}",
                locator=str(part.place),
            )
        last = CellBox(tuple(size - 1 for size in source.shape), source.shape)
        for number, wanted in enumerate(range_type.fields[one] for one in how.fields):
            own = number if how.variables else how.bands[number]
            found = source.read(last, [own]).values.dtype
            if not np.can_cast(found, wanted.dtype, "safe"):
                raise InconsistentChange(
                    f"{part.place}: field {wanted.name} is {found}, which cannot be {wanted.dtype} without loss; "
                    "a slice has the types of the coverage or narrower ones",
                    locator=wanted.name,
                )

    def _write_slice(
        self, row: models.Coverage, stack: models.Stack, part: SlicePart, along: Sequence[Along], how: Reading
    ) -> None:
        """Write one slice, in the stead of the one that has the same place and fields."""
        where = SlicePlace.of(along)
        positions = [cells for cells in along if not isinstance(cells, range) and len(cells) > 1]
        values = None if not positions else np.concatenate([np.array(cells, dtype=np.float64) for cells in positions])
        document = json.dumps([where.to_json(), sorted(how.fields)])
        digest = hashlib.sha256(document.encode())
        if values is not None:
            digest.update(values.tobytes())
        key = digest.hexdigest()
        item = data_item(
            row, part.place.location, models.SLICE, part.driver, self._formats.mime_of_driver(part.driver) or ""
        )
        columns: dict[str, Any] = {
            "item": item,
            "place": where.to_json(),
            "positions": values,
            "reading": how.to_json(),
            "revision": stack.revision,
        }
        known = models.StackSlice.objects.filter(coverage=row, key=key).select_related("item").first()
        if known is None:
            models.StackSlice.objects.create(coverage=row, key=key, **columns)
            return
        old = known.item
        models.StackSlice.objects.filter(pk=known.pk).update(**columns)
        old.delete()


def _reading(part: SlicePart, range_type: RangeType) -> Reading:
    """How a file is read; raises InconsistentChange when the coverage lacks a field of it."""
    names = range_type.names
    unknown = [field.name for field in part.range_type.fields if field.name not in names]
    if unknown:
        raise InconsistentChange(
            f"{part.place}: has a field {unknown[0]}; those of the coverage are {', '.join(names)}", locator=unknown[0]
        )
    fields = tuple(names.index(field.name) for field in part.range_type.fields)
    given = part.variables or part.bands or range(len(fields))
    if len(given) != len(fields):
        raise InconsistentChange(
            f"{part.place}: {len(given)} bands or variables are given for {len(fields)} fields", locator=str(part.place)
        )
    labels = part.domain.labels
    nil = tuple(
        tuple(value for value in own.nil if value not in range_type.fields[field].nil)
        for field, own in zip(fields, part.range_type.fields, strict=True)
    )
    return Reading(
        fields=fields,
        bands=() if part.variables else tuple(part.bands or range(len(fields))),
        variables=part.variables,
        dims=tuple(labels.index(label) for label in part.own_dims()),
        nil=nil,
    )


def _metadata(part: SlicePart) -> PartMetadata:
    """Metadata of a slice, bound to the axes that the file itself does not have."""
    if part.bounds is not None:
        return PartMetadata(dict(part.bounds), part.values)
    own = part.own_dims()
    bounds = {}
    for axis in part.domain.axes:
        if axis.label not in own:
            bounds[axis.label] = (axis.coordinate(0), axis.coordinate(0))  # its neighbours meet the edges of a cell
    return PartMetadata(bounds, part.values)


def _with_first(first: SlicePart, others: Iterator[SlicePart]) -> Iterator[SlicePart]:
    yield first
    yield from others


def _coverage_row(new: NewStack, range_type: RangeType, domain: Domain) -> models.Coverage:
    row = models.Coverage(
        identifier=new.identifier,
        title=new.title[:1000],
        abstract=new.abstract,
        range_type=range_type,
        metadata=dict(new.metadata or {}),
        details=extra_details(new.extra, False),
        native_format=new.native_format or ("" if len(domain.axes) == 2 else N_D_FORMAT),
    )
    row.crs = domain.horizontal_crs
    row.full_clean(validate_unique=False)
    row.save()
    return row


def _write_domain(row: models.Coverage, domain: Domain) -> None:
    """Write all axes of a new coverage, and what follows from them."""
    row.set_domain(domain)
    for name, value in extent(domain).items():
        setattr(row, name, value)
    row.save()


def _grow(row: models.Coverage, before: Domain, domain: Domain) -> None:
    """Write the axes that have changed, what follows from them, and let the collections of the coverage grow."""
    changed = [number for number, pair in enumerate(zip(before.axes, domain.axes, strict=True)) if pair[0] != pair[1]]
    if not changed:
        return
    for number in changed:
        axis = domain.axes[number]
        new = models.Axis.from_core(axis, 0, 0)
        columns: dict[str, Any] = {"size": new.size, "origin": new.origin}
        if isinstance(axis, IrregularAxis):
            columns["coefficients"] = axis.coefficients
        models.Axis.objects.filter(coverage=row, label=axis.label).update(**columns)
    follow_source(row.pk)
    fresh = models.EOObject.objects.get(pk=row.pk)
    found = {name: value for name, value in extent(domain).items() if value is not None}
    if all(getattr(fresh, name) == value for name, value in found.items()):
        return
    models.EOObject.objects.filter(pk=row.pk).update(**found)
    for collection in models.Collection.objects.filter(members__eo_object_id=row.pk):
        collection.insert(models.EOObject.objects.get(pk=row.pk))


def _no_stack(identifier: str) -> NoSuchCoverage | CoverageUnusable:
    if models.Coverage.objects.filter(identifier=identifier).exists():
        return CoverageUnusable(
            f"coverage '{identifier}' has no slices; only one that was registered slice by slice takes another file",
            locator=identifier,
        )
    return NoSuchCoverage(f"no coverage '{identifier}'", locator=identifier)


def _size(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape)) or "1"
