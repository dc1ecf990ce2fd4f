# SPDX-License-Identifier: MIT
"""Registering files: what was found out about them becomes coverages and data items, a few in one transaction.

Each file stands or falls by itself: one that is refused leaves nothing behind and does not stop the others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from eoxserver.backends.models import DataItem
from eoxserver.backends.readers.base import Reader
from eoxserver.core.errors import EOxServerError, RegistrationRefused
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.resources.coverages.metadata.base import MetadataReader
from eoxserver.resources.coverages.registration.checks import Checked, check_catalogue
from eoxserver.resources.coverages.registration.collections import Collections, sentence
from eoxserver.resources.coverages.registration.files import Candidate, candidates, is_sidecar
from eoxserver.resources.coverages.registration.inference import Described, Inference
from eoxserver.resources.coverages.registration.listing import Row, describe, rows
from eoxserver.resources.coverages.registration.proposals import Options, Outcome, Proposal, Status

__all__ = ["Registrar"]

FIRST_BATCH, LARGEST_BATCH = 32, 512
"""Files of one transaction: few at first, so that something shows soon; then twice as many each time, because a
collection gathers its footprint once a transaction."""
THREADS = 4
"""Files that are looked at ahead."""


@dataclass(frozen=True)
class _Seen:
    """A file that was looked at: described, or not to be registered and why."""

    path: Path
    described: Described | None = None
    status: Status = Status.REFUSED
    reason: str = ""


class Registrar:
    """Brings files into the catalogue.

    Parameters
    ----------
    readers : sequence of Reader
        Asked in this order whether they know a file.
    metadata_readers : sequence of MetadataReader
    formats : FormatRegistry
        Tells the MIME type of a driver.
    """

    def __init__(
        self, readers: Sequence[Reader], metadata_readers: Sequence[MetadataReader], formats: FormatRegistry
    ) -> None:
        self._inference = Inference(tuple(readers), tuple(metadata_readers))
        self._formats = formats
        self.collections = Collections()

    def register(self, paths: Iterable[str | Path], options: Options) -> Iterator[Outcome]:
        """Register files, folders and patterns.

        Works while it is iterated: files are looked at a few ahead, and what is yielded is committed.

        Parameters
        ----------
        paths : iterable of str or Path
            Files, folders (with all below them) and patterns.

        Yields
        ------
        Outcome
            One for each file that was named or that a reader knows, in order; with ``options.together`` one in all.

        Raises
        ------
        RegistrationRefused
            At the first iteration, when the collection cannot take anything.
        """
        if options.collection is not None:
            self.collections.check_name(options.collection)
        seen = self._look_at(paths)
        run = _Run(self._inference, self._formats, self.collections, options)
        if options.together:
            yield from run.register_together(list(seen))
        else:
            size = FIRST_BATCH
            while batch := list(islice(seen, size)):
                yield from run.register_each(batch)
                size = min(2 * size, LARGEST_BATCH)

    def deregister(self, identifiers: Iterable[str]) -> None:
        """Take coverages out of the catalogue, all or none; their files stay.

        Raises
        ------
        NoSuchCoverage
            When one of them does not exist or is no coverage.
        """
        with transaction.atomic():
            for identifier in identifiers:
                self.collections.coverage(identifier).delete()

    def rows(self, collection: str | None = None, collections: bool = False) -> Iterator[Row]:
        """What is in the catalogue; raises NoSuchCoverage for a collection that does not exist."""
        if collection is not None:
            self.collections.get(collection)
        return rows(models.Collection if collections else models.EOObject, collection)

    def describe(self, identifier: str) -> dict[str, Any]:
        """Everything there is to know of one object, as JSON-able values; raises NoSuchCoverage."""
        return describe(self.collections.find(identifier))

    def check(self, identifiers: Sequence[str] = ()) -> Iterator[Checked]:
        """Check coverages, all by default; raises NoSuchCoverage before the first."""
        for identifier in identifiers:
            self.collections.coverage(identifier)
        return check_catalogue(self._inference.readers, identifiers)

    def count(self, identifiers: Sequence[str] = ()) -> int:
        """How many coverages ``check`` looks at."""
        return len(set(identifiers)) or models.Coverage.objects.count()

    def _look_at(self, paths: Iterable[str | Path]) -> Iterator[_Seen]:
        """Look at files, a few of them ahead in threads, in order."""
        waiting: deque[Future[_Seen | None]] = deque()
        with ThreadPoolExecutor(THREADS) as pool:
            try:
                for candidate in candidates(paths, self._is_dataset):
                    waiting.append(pool.submit(self._look, candidate))
                    if len(waiting) > 2 * THREADS and (seen := waiting.popleft().result()) is not None:
                        yield seen
                while waiting:
                    if (seen := waiting.popleft().result()) is not None:
                        yield seen
            finally:
                for future in waiting:
                    future.cancel()

    def _look(self, candidate: Candidate) -> _Seen | None:
        """Look at one file; None for one that nobody named and no reader knows."""
        path = candidate.path
        if candidate.problem:
            return _Seen(path, reason=candidate.problem)
        if is_sidecar(path) or self._inference.is_document(path):
            return _Seen(path, status=Status.SKIPPED, reason="it accompanies data") if candidate.named else None
        if not candidate.named and self._inference.reader_of(path) is None:
            return None
        try:
            return _Seen(path, self._inference.describe(path))
        except EOxServerError as error:
            return _Seen(path, reason=error.message.removeprefix(f"{path}: "))

    def _is_dataset(self, folder: Path) -> bool:
        return self._inference.reader_of(folder) is not None


@dataclass
class _Run:
    """One command: what was asked for, and how far it got."""

    inference: Inference
    formats: FormatRegistry
    collections: Collections
    options: Options
    index: int = 0
    planned: dict[str, Path] = field(default_factory=dict)
    """Identifiers of a dry run."""

    def register_each(self, batch: Sequence[_Seen]) -> list[Outcome]:
        """Register the files of one transaction."""
        prepared = [self._propose(seen.path, [seen.described]) if seen.described else _refused(seen) for seen in batch]
        return self._store(prepared)

    def register_together(self, seen: Sequence[_Seen]) -> list[Outcome]:
        """Register all files as the bands of one coverage, or none."""
        problems = [_refused(one) for one in seen if one.described is None]
        files = [one.described for one in seen if one.described is not None]
        if not files or any(outcome.failed for outcome in problems):
            return problems
        return [*problems, *self._store([self._propose(files[0].path, files)])]

    def _propose(self, path: Path, files: Sequence[Described]) -> Outcome:
        self.index += 1
        try:
            proposal = self.inference.propose(files, self.options, self.index)
        except EOxServerError as error:
            return Outcome(path, Status.REFUSED, reason=error.message.removeprefix(f"{path}: "))
        return Outcome(path, Status.PLANNED, proposal.identifier, proposal=proposal)

    def _store(self, prepared: Sequence[Outcome]) -> list[Outcome]:
        """Store what is planned, in one transaction with the insertion into the collection."""
        outcomes: list[Outcome] = []
        stored: list[models.EOObject] = []
        with transaction.atomic():
            for outcome in prepared:
                if outcome.proposal is None:
                    outcomes.append(outcome)
                    continue
                try:
                    with transaction.atomic():
                        status, coverage = self._store_one(outcome.path, outcome.proposal)
                except (RegistrationRefused, ValidationError, IntegrityError) as error:
                    outcomes.append(Outcome(outcome.path, Status.REFUSED, outcome.identifier, sentence(error)))
                    continue
                outcomes.append(Outcome(outcome.path, status, outcome.identifier, proposal=outcome.proposal))
                if coverage is not None:
                    stored.append(coverage)
            if stored and self.options.collection is not None:
                self.collections.add(self.options.collection, stored)
        return outcomes

    def _store_one(self, path: Path, proposal: Proposal) -> tuple[Status, models.EOObject | None]:
        """Store one coverage; answers what came of it and what goes into the collection."""
        found = models.EOObject.objects.filter(identifier=proposal.identifier).first()
        taken_by = self.planned.get(proposal.identifier)
        if taken_by is not None:
            raise RegistrationRefused(_taken(proposal.identifier, str(taken_by)))
        memberships: list[models.Collection] = []
        if found is not None:
            existing = found.cast()
            same = isinstance(existing, models.Coverage) and _locations(existing) == proposal.locations
            if same and not self.options.replace:
                return Status.UNCHANGED, None if self.options.dry_run else existing
            if not self.options.replace or not isinstance(existing, models.Coverage):
                raise RegistrationRefused(_taken(proposal.identifier, _owner(existing)))
            memberships = list(models.Collection.objects.filter(members__eo_object=existing))
        if self.options.dry_run:
            self.planned[proposal.identifier] = path
            return Status.PLANNED, None
        if found is not None:
            found.cast().delete()
        coverage = store(proposal, self.formats)
        for collection in memberships:
            collection.insert(coverage)
        return Status.REPLACED if found is not None else Status.REGISTERED, coverage


def store(proposal: Proposal, formats: FormatRegistry) -> models.Coverage:
    """Write a coverage, its axes and its data items; raises ValidationError."""
    common = {
        "identifier": proposal.identifier,
        "title": proposal.title[:1000],
        "begin_time": proposal.begin_time,
        "end_time": proposal.end_time,
        "footprint": proposal.footprint,
        "range_type": proposal.range_type,
        "metadata": dict(proposal.metadata),
    }
    coverage: models.RectifiedDataset | models.ReferenceableDataset
    if proposal.tie_points is None:
        coverage = models.RectifiedDataset(**common, **models.RectifiedDataset.columns_of(proposal.domain))
    else:
        height, width = proposal.domain.shape[-2:]
        coverage = models.ReferenceableDataset(**common, size_x=width, size_y=height, tie_points=proposal.tie_points)
        coverage.crs = proposal.tie_points.crs
    coverage.full_clean()
    coverage.save()
    if len(proposal.domain.axes) > 2:
        coverage.set_domain(proposal.domain)
    for item in proposal.items:
        row = DataItem(
            dataset=coverage,
            location=item.location,
            semantic=item.semantic,
            gdal_driver_name=item.driver,
            format=item.metadata_format or formats.mime_of_driver(item.driver) or "",
        )
        row.full_clean()
        row.save()
    return coverage


def _refused(seen: _Seen) -> Outcome:
    return Outcome(seen.path, seen.status, reason=seen.reason)


def _locations(coverage: models.Coverage) -> set[str]:
    return set(coverage.data_items.filter(semantic__startswith="bands").values_list("location", flat=True))


def _owner(found: models.EOObject) -> str:
    if isinstance(found, models.Coverage):
        return ", ".join(sorted(_locations(found))[:1]) or "a coverage without data"
    return f"a {type(found).__name__}"


def _taken(identifier: str, owner: str) -> str:
    return f"identifier '{identifier}' is taken by {owner}; --replace takes its place, --id TEMPLATE makes others"
