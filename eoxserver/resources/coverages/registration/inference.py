# SPDX-License-Identifier: MIT
"""Finding out what a file is: reader, place, time, footprint, fields and identifier, each with where it comes from."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from shapely.geometry import MultiPolygon

from eoxserver.backends.readers.base import Description, Reader
from eoxserver.core.axes import Role
from eoxserver.core.coverage import CellBox, TiePoints
from eoxserver.core.crs import to_instant
from eoxserver.core.domain import Domain
from eoxserver.core.errors import EOxServerError, RegistrationRefused
from eoxserver.core.rasters import raster_domain
from eoxserver.core.util.timetools import isotime
from eoxserver.resources.coverages.footprints import bounds_footprint, tie_points_footprint
from eoxserver.resources.coverages.metadata.base import EOMetadata, MetadataReader
from eoxserver.resources.coverages.registration.fields import (
    Described,
    bounds_text,
    fields_text,
    fields_why,
    gather_fields,
    size_text,
)
from eoxserver.resources.coverages.registration.proposals import Fact, Item, Options, Proposal
from eoxserver.resources.coverages.registration.times import TimeSpan, raster_span

__all__ = ["Described", "Inference"]

log = logging.getLogger(__name__)

NO_METADATA = "--no-metadata leaves the document out"


@dataclass(frozen=True)
class _Place:
    """Where the cells lie."""

    domain: Domain
    tie_points: TiePoints | None
    footprint: MultiPolygon
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class _Document:
    """A metadata document and what it says; both empty when there is none."""

    path: Path | None = None
    metadata: EOMetadata = field(default_factory=EOMetadata)
    format: str = ""

    @property
    def items(self) -> tuple[Item, ...]:
        """The data item it becomes."""
        return (Item(str(self.path), "metadata", metadata_format=self.format),) if self.path is not None else ()


@dataclass(frozen=True)
class Inference:
    """Knows the readers of data and of metadata."""

    readers: Sequence[Reader]
    metadata_readers: Sequence[MetadataReader]

    def reader_of(self, path: Path) -> Reader | None:
        """The first reader that probably knows the file; None when none does."""
        return next((reader for reader in self.readers if reader.can_open(str(path))), None)

    def is_document(self, path: Path) -> bool:
        """Whether the file is a metadata document."""
        return any(
            path.name.lower().endswith(reader.suffixes) and reader.can_read(str(path))
            for reader in self.metadata_readers
        )

    def describe(self, path: Path) -> Described:
        """Describe a file and read its last cell, so that a truncated one is found out.

        Raises
        ------
        EOxServerError
            When no reader knows the file, or the one that does cannot read it; whatever a plugin raises counts.
        """
        reader = self.reader_of(path)
        if reader is None:
            names = ", ".join(reader.key for reader in self.readers) or "none"
            raise RegistrationRefused(f"no reader recognises this file (readers: {names})")
        try:
            description = reader.describe(str(path))
            source = reader.open(str(path))
            last = tuple(size - 1 for size in source.shape)
            source.read(CellBox(last, source.shape), [len(description.range_type) - 1])
        except EOxServerError:
            raise
        except Exception as error:
            raise RegistrationRefused(f"reader {reader.key} failed: {type(error).__name__}: {error}") from error
        return Described(path, reader, description)

    def propose(self, files: Sequence[Described], options: Options, index: int) -> Proposal:
        """Find out what the coverage of one file is, or of several that hold its bands.

        Parameters
        ----------
        index : int
            Number of the coverage in the command, from 1.

        Raises
        ------
        EOxServerError
            When the file cannot become a coverage; the message says why and what would help.
        """
        first = files[0]
        place = _place(first.description, options)
        range_type, items = gather_fields(files, options)
        document = self._document(first.path) if options.metadata else _Document()
        span = _span(first, document, options)
        footprint, footprint_why = _footprint(place, document)
        identifier = options.identifier.fill(
            first.path,
            index,
            metadata_id=document.metadata.identifier,
            begin=span.begin if span else None,
            end=span.end if span else None,
            collection=options.collection,
        )
        facts = (
            Fact("identifier", identifier, f"template '{options.identifier.text}'"),
            Fact("reader", f"{first.reader.key}, driver {first.description.driver}", "the first bytes of the file"),
            *place.facts,
            Fact("fields", fields_text(range_type), fields_why(range_type, options)),
            *_span_facts(span),
            Fact("footprint", bounds_text(footprint.bounds), footprint_why),
            *_document_facts(document),
        )
        return Proposal(
            identifier=identifier,
            kind="RectifiedDataset" if place.tie_points is None else "ReferenceableDataset",
            items=(*items, *document.items),
            domain=place.domain,
            range_type=range_type,
            footprint=footprint,
            begin_time=span.begin if span else None,
            end_time=span.end if span else None,
            tie_points=place.tie_points,
            title=document.metadata.title,
            metadata=dict(document.metadata.extra),
            facts=facts,
        )

    def _document(self, path: Path) -> _Document:
        """The first metadata document beside the data: of the same name but for its ending."""
        for reader in self.metadata_readers:
            for candidate in _beside(path, reader.suffixes):
                if candidate != path and reader.can_read(str(candidate)):
                    return _read_document(reader, candidate)
        return _Document()


def _read_document(reader: MetadataReader, path: Path) -> _Document:
    """A document and what it says; raises RegistrationRefused, whatever the plugin raises."""
    try:
        return _Document(path, reader.read(str(path)), reader.key)
    except EOxServerError as error:
        reason = error.message
    except Exception as error:
        log.warning("metadata reader %s failed on %s", reader.key, path, exc_info=True)
        reason = f"reader {reader.key} failed on {path.name}: {type(error).__name__}: {error}"
    raise RegistrationRefused(f"the metadata document cannot be used: {reason}; {NO_METADATA}")


def _beside(path: Path, suffixes: Sequence[str]) -> list[Path]:
    """Documents that may belong to the data: ``a.xml``, ``a.XML``, ``a.tif.xml``."""
    names = [
        f"{stem}{form}" for suffix in suffixes for form in (suffix, suffix.upper()) for stem in (path.stem, path.name)
    ]
    return [candidate for name in names if (candidate := path.with_name(name)).is_file()]


def _place(description: Description, options: Options) -> _Place:
    """Where the cells lie, as the data says or, for rasters that name no CRS, as asked for."""
    domain, why = description.domain, "the raster"
    if domain.horizontal is None and description.tie_points is not None:
        return _tied(description, description.tie_points)
    if domain.horizontal is None:
        domain, why = _georeferenced(description, options), "as asked for; the raster has none"
    crs = domain.horizontal_crs
    assert crs is not None
    bounds = domain.horizontal_bounds
    facts = (
        Fact("kind", "RectifiedDataset", "its cells lie on a regular grid"),
        Fact("size", size_text(domain), "the raster"),
        Fact("crs", crs.short or crs.uri, why),
        Fact("extent", bounds_text(bounds), "the raster"),
    )
    return _Place(domain, None, bounds_footprint(crs, bounds), facts)


def _tied(description: Description, points: TiePoints) -> _Place:
    try:
        footprint = tie_points_footprint(points)
    except ValueError as error:
        raise RegistrationRefused(f"{len(points.x)} tie points span no area on the Earth") from error
    facts = (
        Fact("kind", "ReferenceableDataset", f"{len(points.x)} tie points instead of a regular grid"),
        Fact("size", size_text(description.domain), "the raster"),
        Fact("crs", points.crs.short or points.crs.uri, "the tie points"),
    )
    return _Place(description.domain, points, footprint, facts)


def _georeferenced(description: Description, options: Options) -> Domain:
    """The domain of a raster without a CRS of its own."""
    if description.bounds is None or len(description.domain.axes) != 2:
        raise RegistrationRefused(
            "the raster is not georeferenced: it has neither a geotransform nor tie points; "
            "a world file beside it and --crs EPSG:CODE would do"
        )
    if options.crs is None:
        west, south, east, north = description.bounds
        degrees = -360 <= west <= east <= 360 and -91 <= south <= north <= 91
        hint = "its bounds look like degrees: try --crs EPSG:4326" if degrees else "say which with --crs EPSG:CODE"
        raise RegistrationRefused(f"the raster names no CRS (bounds {bounds_text(description.bounds)}); {hint}")
    height, width = description.domain.shape
    return raster_domain(options.crs, description.bounds, width, height, description.north_up)


def _span(file: Described, document: _Document, options: Options) -> TimeSpan | None:
    """The time span, from what goes first: the command, the document, the data's own time axis, its metadata."""
    if options.span is not None:
        return TimeSpan(*options.span, "as asked for")
    if options.name_pattern is not None:
        return options.name_pattern.span(file.path.name)
    begin, end = document.metadata.begin_time, document.metadata.end_time
    if begin is not None and end is not None and document.path is not None:
        return TimeSpan(begin, end, document.path.name)
    return _axis_span(file.description.domain) or raster_span(file.description.metadata)


def _axis_span(domain: Domain) -> TimeSpan | None:
    position = domain.role_index(Role.T)
    if position is None:
        return None
    axis = domain.axes[position]
    if axis.crs is None or not axis.crs.is_temporal:
        return None
    return TimeSpan(to_instant(axis.crs, axis.low), to_instant(axis.crs, axis.high), f"axis {axis.label} of the data")


def _footprint(place: _Place, document: _Document) -> tuple[MultiPolygon, str]:
    found = document.metadata.footprint
    if found is None or document.path is None:
        return place.footprint, "the tie points" if place.tie_points else "the bounds of the raster"
    if not found.intersects(place.footprint):
        raise RegistrationRefused(
            f"the footprint in {document.path.name} ({bounds_text(found.bounds)}) does not touch the raster "
            f"({bounds_text(place.footprint.bounds)}); {NO_METADATA}"
        )
    return found, document.path.name


def _span_facts(span: TimeSpan | None) -> tuple[Fact, ...]:
    if span is None:
        return (Fact("time", "none", "neither a document, nor the raster, nor the command gives one"),)
    return (Fact("time", _span_text(span.begin, span.end), span.why),)


def _span_text(begin: datetime, end: datetime) -> str:
    return isotime(begin) if begin == end else f"{isotime(begin)}/{isotime(end)}"


def _document_facts(document: _Document) -> tuple[Fact, ...]:
    if document.path is None:
        return ()
    found = {"title": document.metadata.title, **document.metadata.extra}
    return tuple(Fact(name, value, document.path.name) for name, value in found.items() if value)
