# SPDX-License-Identifier: MIT
"""Finding out what a file is: reader, place, time, footprint, fields and identifier, each with where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shapely.geometry import MultiPolygon

from eoxserver.backends.access import Access
from eoxserver.backends.credentials import shown_url
from eoxserver.backends.readers.base import Description, Reader
from eoxserver.backends.storages.base import DescribeStorageInterface
from eoxserver.core.axes import Role
from eoxserver.core.coverage import CellBox, Source, TiePoints
from eoxserver.core.crs import to_instant
from eoxserver.core.domain import Domain
from eoxserver.core.errors import ContainerRefused, EOxServerError, RegistrationRefused
from eoxserver.core.util.timetools import isotime
from eoxserver.resources.coverages.footprints import bounds_footprint, tie_points_footprint
from eoxserver.resources.coverages.metadata.base import MetadataReader
from eoxserver.resources.coverages.registration.documents import NO_METADATA, Document, Documents
from eoxserver.resources.coverages.registration.fields import (
    Described,
    bounds_text,
    fields_text,
    fields_why,
    gather_fields,
    size_text,
)
from eoxserver.resources.coverages.registration.georeference import given_domain
from eoxserver.resources.coverages.registration.places import Place
from eoxserver.resources.coverages.registration.proposals import Fact, Options, Proposal
from eoxserver.resources.coverages.registration.times import TimeSpan, raster_span

__all__ = ["Described", "Inference", "describe_span", "read_last_cell"]


@dataclass(frozen=True)
class _Place:
    """Where the cells lie."""

    domain: Domain
    tie_points: TiePoints | None
    footprint: MultiPolygon
    facts: tuple[Fact, ...]


class Inference:
    """Knows the readers of data and of metadata; made for one command, used from many threads.

    Parameters
    ----------
    readers : sequence of Reader
        Asked in this order whether they know a file.
    metadata_readers : sequence of MetadataReader
    access : Access
        Reaches data that is not a file of this machine.
    """

    def __init__(self, readers: Sequence[Reader], metadata_readers: Sequence[MetadataReader], access: Access) -> None:
        self.readers = readers
        self.documents = Documents(metadata_readers, access)
        self._access = access

    def reader_of(self, path: str) -> Reader | None:
        """The first reader that probably knows what is at a path; None when none does."""
        return next((reader for reader in self.readers if reader.can_open(path)), None)

    def describe(self, place: Place, listed: bool = False, metadata: bool = True) -> Described:
        """Describe data and read its last cell, so that a truncated file is found out.

        Parameters
        ----------
        listed : bool
            Whether it was found in a list of its folder.
        metadata : bool
            Whether to look for a metadata document beside it.

        Raises
        ------
        ContainerRefused
            When it has no cells, but data sets inside that may have; ``Place.at`` them is where they are.
        EOxServerError
            When it cannot be reached, no reader knows it, or the one that does cannot read it; whatever a plugin
            raises counts.
        """
        storage: object = None if place.storage is None else self._access.storage(place.storage)
        if isinstance(storage, DescribeStorageInterface) and not place.location.packages:
            described = self._describe_array(place, storage)
        else:
            described = self._describe_file(place)
        if not metadata or isinstance(storage, DescribeStorageInterface):
            return described
        try:
            return replace(described, document=self.documents.beside(place, listed))
        except EOxServerError as error:
            return replace(described, document=error)

    def _describe_file(self, place: Place) -> Described:
        """Describe what a reader reads."""
        if place.local is not None:
            return self._read(place, place.local)
        opened = self._access.connect_location(place.location)
        if not isinstance(opened, str):
            raise RegistrationRefused("its storage reads arrays and does not tell what they are; it has no 'describe'")
        with self._access.hold(opened):
            return self._read(place, opened)

    def _read(self, place: Place, path: str) -> Described:
        """Describe what is at a path that readers take."""
        reader = self.reader_of(path)
        if reader is None:
            names = ", ".join(reader.key for reader in self.readers) or "none"
            raise RegistrationRefused(f"no reader recognises this file (readers: {names})")
        try:
            description = reader.describe(path)
            read_last_cell(reader.open(path), description)
        except ContainerRefused as container:
            inside = tuple(place.inside(name, path).location.path for name in container.datasets)
            raise ContainerRefused(container.message, datasets=inside) from container
        except EOxServerError:
            raise
        except Exception as error:
            raise RegistrationRefused(f"reader {reader.key} failed: {type(error).__name__}: {error}") from error
        return Described(place, reader.key, description)

    def _describe_array(self, place: Place, storage: DescribeStorageInterface) -> Described:
        """Describe what a storage holds itself."""
        assert place.storage is not None
        complete = place.at(storage.complete(place.location.path))
        description = storage.describe(complete.location.path)
        source = self._access.connect_location(complete.location)
        if isinstance(source, Source):
            read_last_cell(source, description)
        return Described(complete, f"storage {place.storage.type}", description)

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
        document = first.document if options.metadata else Document()
        if isinstance(document, EOxServerError):
            raise document
        span = _span(first, document, options)
        footprint, footprint_why = _footprint(place, document)
        identifier = options.identifier.fill(
            first.place,
            index,
            several=first.several,
            metadata_id=document.metadata.identifier,
            begin=span.begin if span else None,
            end=span.end if span else None,
            collection=options.collection,
        )
        facts = (
            Fact("identifier", identifier, f"template '{options.identifier.text}'"),
            *_where_facts(first.place),
            Fact("reader", f"{first.reader}, driver {first.description.driver}", _reader_why(first)),
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


def read_last_cell(source: Source, description: Description) -> None:
    """Read the last cell, which a truncated file has not; raises DataUnavailable."""
    last = tuple(size - 1 for size in source.shape)
    source.read(CellBox(last, source.shape), [len(description.range_type) - 1])


def _place(description: Description, options: Options) -> _Place:
    """Where the cells lie, as the data says or, for rasters that name no CRS, as asked for."""
    domain, why = description.domain, "the raster"
    if domain.horizontal is None and description.tie_points is not None:
        return _tied(description, description.tie_points)
    if domain.horizontal is None:
        domain, why = given_domain(description, options), "as asked for; the raster has none"
    crs = domain.horizontal_crs
    assert crs is not None
    bounds = domain.horizontal_bounds
    asked = description.bounds is None and description.domain.horizontal is None
    facts = (
        Fact("kind", "RectifiedDataset", "its cells lie on a regular grid"),
        Fact("size", size_text(domain), "the raster"),
        Fact("crs", crs.short or crs.uri, why),
        Fact("extent", bounds_text(bounds), "as asked for" if asked else "the raster"),
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


def describe_span(file: Described, options: Options) -> TimeSpan | None:
    """The time span of a file, as its coverage would have it; raises EOxServerError when its document is broken."""
    document = file.document if options.metadata else Document()
    if isinstance(document, EOxServerError):
        raise document
    return _span(file, document, options)


def _span(file: Described, document: Document, options: Options) -> TimeSpan | None:
    """The time span, from what goes first: the command, the document, the data's own time axis, its metadata."""
    if options.span is not None:
        return TimeSpan(*options.span, "as asked for")
    if options.name_pattern is not None:
        return options.name_pattern.span(file.place.name)
    begin, end = document.metadata.begin_time, document.metadata.end_time
    if begin is not None and end is not None and document.place is not None:
        return TimeSpan(begin, end, document.name)
    return _axis_span(file.description.domain) or raster_span(file.description.metadata)


def _axis_span(domain: Domain) -> TimeSpan | None:
    position = domain.role_index(Role.T)
    if position is None:
        return None
    axis = domain.axes[position]
    if axis.crs is None or not axis.crs.is_temporal:
        return None
    return TimeSpan(to_instant(axis.crs, axis.low), to_instant(axis.crs, axis.high), f"axis {axis.label} of the data")


def _footprint(place: _Place, document: Document) -> tuple[MultiPolygon, str]:
    found = document.metadata.footprint
    if found is None or document.place is None:
        return place.footprint, "the tie points" if place.tie_points else "the bounds of the raster"
    if not found.intersects(place.footprint):
        raise RegistrationRefused(
            f"the footprint in {document.name} ({bounds_text(found.bounds)}) does not touch the raster "
            f"({bounds_text(place.footprint.bounds)}); {NO_METADATA}"
        )
    return found, document.name


def _where_facts(place: Place) -> tuple[Fact, ...]:
    """Where data is that is not just a file of this machine."""
    if place.local is not None:
        return ()
    storage = place.storage
    why = "its URL" if storage is None else f"the storage of the catalogue with URL {shown_url(storage.url)}"
    return (Fact("location", str(place), why),)


def _reader_why(file: Described) -> str:
    return "the first bytes of the file" if file.place.local is not None else "what the storage answers"


def _span_facts(span: TimeSpan | None) -> tuple[Fact, ...]:
    if span is None:
        return (Fact("time", "none", "neither a document, nor the raster, nor the command gives one"),)
    return (Fact("time", _span_text(span.begin, span.end), span.why),)


def _span_text(begin: datetime, end: datetime) -> str:
    return isotime(begin) if begin == end else f"{isotime(begin)}/{isotime(end)}"


def _document_facts(document: Document) -> tuple[Fact, ...]:
    if document.place is None:
        return ()
    found = {"title": document.metadata.title, **document.metadata.extra}
    return tuple(Fact(name, value, document.name) for name, value in found.items() if value)
