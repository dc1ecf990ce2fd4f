# SPDX-License-Identifier: MIT
"""The catalogue as services see it: coverages and collections as values, no Django.

Everything belongs to a version of the catalogue, a number that grows with every write. Coverages are made once for a
version and then kept; which version holds is asked of the database in each call, which takes some 20 microseconds.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from eoxserver.backends.access import Access
from eoxserver.backends.readers.base import Reader
from eoxserver.conf.schema import Settings
from eoxserver.core.coverage import Coverage
from eoxserver.core.errors import DataUnavailable, NoSuchCoverage, suggest
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.resources.coverages.geometries import Box
from eoxserver.resources.coverages.loading import Loader
from eoxserver.resources.coverages.sources import Opener
from eoxserver.resources.coverages.summaries import (
    CollectionSummary,
    CoverageSummary,
    collection_summaries,
    coverage_summaries,
)
from eoxserver.resources.coverages.versioning import catalogue_version, holding_version
from eoxserver.resources.database import reading, storable

__all__ = ["Catalogue", "CollectionSummary", "CoverageSummary"]

KEPT_COVERAGES = 2048
"""Coverages kept in memory."""
_BATCH = 500
_LOADS = 10
"""How often coverages are loaded while others write."""
_NEIGHBOURS = 25
"""Identifiers before and after an unknown one that are looked at for suggestions."""


class Catalogue:
    """Reads the catalogue; made once by the application, used from all threads.

    Each thread has a database connection of its own, which stays open; ``release`` closes that of the calling thread.

    Parameters
    ----------
    readers : mapping of str to Reader
        In the order in which they are asked.
    access : Access
        Finds the data behind data items.
    formats : FormatRegistry
        Tells native formats.
    """

    def __init__(
        self, settings: Settings, readers: Mapping[str, Reader], access: Access, formats: FormatRegistry
    ) -> None:
        self._closed_intervals = settings.owscommon.time_interval_interpretation == "closed"
        self._loader = Loader(formats, Opener(readers, access))
        self._kept = _Kept(KEPT_COVERAGES)

    def version(self) -> int:
        """The version of the catalogue that readers see now.

        Raises
        ------
        CatalogueUnavailable
            When the database does not answer, or holds no catalogue. Every method may raise it.
        """
        try:
            return catalogue_version()
        except (DatabaseError, InterfaceError):
            # The server may have closed the connection while nobody used it; a new one tells.
            if connection.in_atomic_block:
                raise
            connection.close()
        with reading():
            return catalogue_version()

    def coverage(self, identifier: str) -> Coverage:
        """The coverage of an identifier; its data is opened when it is read.

        Raises
        ------
        NoSuchCoverage
            When there is none; the message names similar ones.
        DataUnavailable
            When the catalogue describes it in a way that makes no sense.
        """
        return self.coverages([identifier])[0]

    def coverages(self, identifiers: Sequence[str]) -> tuple[Coverage, ...]:
        """The coverages of identifiers, in their order; raises as ``coverage``."""
        version = self.version()
        found = self._kept.get(version, identifiers)
        missing = [one for one in dict.fromkeys(identifiers) if one not in found]
        with reading():
            for start in range(0, len(missing), _BATCH):
                batch = [storable(one) for one in missing[start : start + _BATCH]]
                version, loaded = self._loaded(batch, version)
                self._kept.put(version, loaded)
                found.update(loaded)
            for identifier in missing:
                if identifier not in found:
                    raise NoSuchCoverage(
                        f"no coverage '{identifier}'; {self.suggestions(identifier)}", locator=identifier
                    )
        return tuple(found[identifier] for identifier in identifiers)

    def _loaded(self, identifiers: Sequence[str], version: int) -> tuple[int, dict[str, Coverage]]:
        """Coverages as they are in one version of the catalogue, whatever is written meanwhile, and that version.

        Several queries make a coverage. They are done again when the version is another one after them; and when it is
        so each time, writers wait for them.
        """
        for _ in range(_LOADS):
            try:
                loaded = self._loader.load(identifiers)
            except DataUnavailable:
                if catalogue_version() == version:
                    raise
                loaded = {}
            before, version = version, catalogue_version()
            if version == before:
                return version, loaded
        with holding_version() as version:
            return version, self._loader.load(identifiers)

    def exists(self, identifier: str) -> bool:
        """Whether there is a coverage of this identifier."""
        with reading():
            return models.Coverage.objects.filter(identifier=storable(identifier)).exists()

    def visible(self, identifier: str) -> bool:
        """Whether a coverage or collection of this identifier is listed in capabilities."""
        with reading():
            return models.EOObject.objects.filter(identifier=storable(identifier), visible=True).exists()

    def summaries(self) -> Iterator[CoverageSummary]:
        """The visible coverages, by identifier: one query, in little memory however many there are."""
        with reading():
            yield from coverage_summaries(models.Coverage.objects.filter(visible=True))

    def search(
        self, bbox: Box | None = None, begin: datetime | None = None, end: datetime | None = None
    ) -> Iterator[CoverageSummary]:
        """The visible coverages that meet a box (west, south, east, north) and a span of time, by identifier.

        Raises
        ------
        ValueError
            When the box is none, or the span ends before it begins.
        """
        found = models.Coverage.objects.filter(visible=True)
        with reading():
            yield from coverage_summaries(found.search(bbox, begin, end, closed=self._closed_intervals))

    def page(self, text: str = "", offset: int = 0, limit: int = 20) -> tuple[int, tuple[CoverageSummary, ...]]:
        """How many visible coverages have ``text`` in identifier or title, in any case, and some of them.

        Parameters
        ----------
        offset, limit : int
            Which ones: so many, after so many others, by identifier.
        """
        found = models.Coverage.objects.filter(visible=True)
        if text:
            part = storable(text)
            found = found.filter(Q(identifier__icontains=part) | Q(title__icontains=part))
        with reading():
            keys = list(found.order_by("identifier").values_list("pk", flat=True)[offset : offset + limit])
            return found.count(), tuple(coverage_summaries(models.Coverage.objects.filter(pk__in=keys)))

    def collections(self) -> Iterator[CollectionSummary]:
        """The visible collections, by identifier."""
        with reading():
            yield from collection_summaries(models.Collection.objects.filter(visible=True))

    def collection(self, identifier: str) -> CollectionSummary | None:
        """The collection of an identifier, visible or not; None when there is none."""
        with reading():
            found = models.Collection.objects.filter(identifier=storable(identifier))
            return next(collection_summaries(found), None)

    def collection_members(
        self,
        identifier: str,
        bbox: Box | None = None,
        begin: datetime | None = None,
        end: datetime | None = None,
        limit: int | None = None,
    ) -> tuple[str, ...]:
        """Identifiers of the coverages in a collection and in those within it, the oldest first.

        Parameters
        ----------
        bbox : tuple, optional
            West, south, east, north [degrees] that footprints must meet; a west beyond the east crosses the date line.
        begin, end : datetime, optional
            The span of time to be met; its ends count as the configuration says.
        limit : int, optional
            Answer no more than that many, the newest.

        Raises
        ------
        NoSuchCoverage
            When there is no such collection.
        ValueError
            When the box is none, or the span ends before it begins.
        """
        with reading():
            found = _members(identifier).search(bbox, begin, end, closed=self._closed_intervals)
            newest = found.order_by(Coalesce(F("begin_time"), F("end_time")).desc(nulls_last=True), "-identifier")
            names = list(newest.values_list("identifier", flat=True)[:limit])
        return tuple(reversed(names))

    def collection_times(self, identifier: str, limit: int) -> tuple[datetime, ...]:
        """The times at which coverages in a collection, or in those within it, begin: each once, the earliest first.

        Answers no more than ``limit``. Raises NoSuchCoverage when there is no such collection.
        """
        with reading():
            times = _members(identifier).exclude(begin_time=None).order_by("begin_time")
            found = times.values_list("begin_time", flat=True).distinct()[:limit]
            return tuple(begin for begin in found if begin is not None)

    def suggestions(self, identifier: str, suits: Callable[[CoverageSummary], bool] | None = None) -> str:
        """Words on coverages that may be meant by an unknown identifier.

        Looks at a few of its neighbours in order, never at all coverages of a large catalogue.

        Parameters
        ----------
        suits : callable, optional
            Which coverages may be named; all visible ones by default.
        """
        found = models.Coverage.objects.filter(visible=True)
        names = found.values_list("identifier", flat=True)
        with reading():
            near = set(names.order_by("identifier")[: 2 * _NEIGHBOURS + 1])
            counted = "in all"
            if len(near) > 2 * _NEIGHBOURS:
                near, counted = set(), "looked at"
                start = storable(identifier)
                for text in {start, start.upper(), start.lower()}:
                    near.update(names.filter(identifier__gte=text).order_by("identifier")[:_NEIGHBOURS])
                    near.update(names.filter(identifier__lt=text).order_by("-identifier")[:_NEIGHBOURS])
            if suits is not None:
                summaries = coverage_summaries(found.filter(identifier__in=near))
                near = {summary.identifier for summary in summaries if suits(summary)}
        return suggest(identifier, near, counted=counted)

    def release(self) -> None:
        """Close the database connection of the calling thread; the next call opens one."""
        connection.close()


class _Kept:
    """The coverages that were used last, all of one version."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._version: int | None = None
        self._coverages: OrderedDict[str, Coverage] = OrderedDict()

    def get(self, version: int, identifiers: Sequence[str]) -> dict[str, Coverage]:
        """Those that are kept for this version."""
        with self._lock:
            if version != self._version:
                return {}
            found = {one: self._coverages[one] for one in identifiers if one in self._coverages}
            for identifier in found:
                self._coverages.move_to_end(identifier)
            return found

    def put(self, version: int, coverages: Mapping[str, Coverage]) -> None:
        """Keep coverages; those of another version are forgotten."""
        with self._lock:
            if version != self._version:
                self._coverages.clear()
                self._version = version
            for identifier, coverage in coverages.items():
                self._coverages[identifier] = coverage
                self._coverages.move_to_end(identifier)
            while len(self._coverages) > self._capacity:
                self._coverages.popitem(last=False)


def _members(identifier: str) -> models.EOObjectQuerySet[models.Coverage]:
    """The coverages in a collection and in those within it; raises NoSuchCoverage when there is no such collection."""
    named = models.Collection.objects.filter(identifier=storable(identifier))
    key = named.values_list("pk", flat=True).first()
    if key is None:
        raise NoSuchCoverage(f"no collection '{identifier}'", locator=identifier)
    inside = models.Membership.objects.filter(collection_id__in=_with_descendants(key), eo_object_id=OuterRef("pk"))
    return models.Coverage.objects.filter(Exists(inside))


def _with_descendants(key: int) -> set[int]:
    """Keys of a collection and of all collections in it, at any distance; a query for each level."""
    found = edge = {key}
    while edge:
        inner = models.Collection.objects.filter(memberships__collection_id__in=edge)
        edge = set(inner.values_list("pk", flat=True)) - found
        found = found | edge
    return found
