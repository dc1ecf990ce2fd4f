# SPDX-License-Identifier: MIT
"""Registering files: what was found out about them becomes coverages and data items, a few in one transaction.

Each file stands or falls by itself: one that is refused leaves nothing behind and does not stop the others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from eoxserver.backends.access import Access
from eoxserver.backends.cubes.storage import CubeStorage
from eoxserver.backends.readers.base import Reader
from eoxserver.core.errors import ContainerRefused, EOxServerError, RegistrationRefused
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.resources.coverages.metadata.base import MetadataReader
from eoxserver.resources.coverages.registration.arrays import ArrayLooker, DescribedCube, propose_cube
from eoxserver.resources.coverages.registration.checks import Check
from eoxserver.resources.coverages.registration.collections import Collections, sentence
from eoxserver.resources.coverages.registration.files import Candidate, is_sidecar
from eoxserver.resources.coverages.registration.finding import Finder
from eoxserver.resources.coverages.registration.inference import Described, Inference
from eoxserver.resources.coverages.registration.listing import Row, describe, rows
from eoxserver.resources.coverages.registration.packages import Packages
from eoxserver.resources.coverages.registration.places import Place
from eoxserver.resources.coverages.registration.proposals import Options, Outcome, Proposal, Status
from eoxserver.resources.coverages.registration.storages import Storages
from eoxserver.resources.coverages.registration.storing import CHAIN, addresses, store
from eoxserver.resources.coverages.virtual.following import users

__all__ = ["CubeWriter", "Registrar", "Seen", "check_registered"]

FIRST_BATCH, LARGEST_BATCH = 32, 512
"""Files of one transaction: few at first, so that something shows soon; then twice as many each time, because a
collection gathers its footprint once a transaction."""
THREADS = 4
"""Files that are looked at ahead."""


class CubeWriter(Protocol):
    """Writes n-D coverages over files that stay where they are."""

    def store(self, proposal: Proposal) -> models.Coverage:
        """Write one; raises EOxServerError."""


@dataclass(frozen=True)
class Seen:
    """A file that was looked at: described, or not to be registered and why."""

    place: Place
    described: Described | None = None
    cube: DescribedCube | None = None
    """What it is, when it is n-D arrays."""
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
    access : Access
        Reaches data that is not a file of this machine.
    cubes : CubeWriter, optional
        Makes n-D coverages of n-D arrays; without it they are rasters of many bands.
    """

    def __init__(
        self,
        readers: Sequence[Reader],
        metadata_readers: Sequence[MetadataReader],
        formats: FormatRegistry,
        access: Access,
        cubes: CubeWriter | None = None,
    ) -> None:
        self._cubes = cubes
        self._readers = tuple(readers)
        self._metadata_readers = tuple(metadata_readers)
        self._formats = formats
        self._access = access
        self.collections = Collections()
        self.storages = Storages(access)
        self.packages = Packages(access)

    def register(self, paths: Iterable[str | Path], options: Options) -> Iterator[Outcome]:
        """Register files, folders and patterns, here and elsewhere.

        Works while it is iterated: files are looked at a few ahead, and what is yielded is committed.

        Parameters
        ----------
        paths : iterable of str or Path
            Files, folders (with all below them), patterns, URLs, members of archives: see ``finding``.

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
        seen = self.look_at(paths, options)
        inference = Inference(self._readers, self._metadata_readers, self._access)
        run = _Run(inference, self._formats, self.collections, options, self._cubes)
        if options.together:
            yield from run.register_together(list(seen))
        else:
            size = FIRST_BATCH
            while batch := list(islice(seen, size)):
                yield from run.register_each(batch)
                size = min(2 * size, LARGEST_BATCH)

    def look_at(self, paths: Iterable[str | Path], options: Options, images: bool = False) -> Iterator[Seen]:
        """Look at files without registering them, a few ahead.

        Parameters
        ----------
        images : bool
            Whether arrays with one position on all axes but x and y are n-D too.
        """
        inference = Inference(self._readers, self._metadata_readers, self._access)
        arrays = None if self._cubes is None else ArrayLooker(self._access)
        return _Looker(inference, Finder(self._access, self._readers), options, arrays, images).look_at(paths)

    def deregister(self, identifiers: Iterable[str]) -> None:
        """Take coverages out of the catalogue, all or none; their files stay.

        Raises
        ------
        NoSuchCoverage
            When one of them does not exist or is no coverage.
        RegistrationRefused
            When the cells of one of them are kept here, which nobody would find again.
        """
        with transaction.atomic():
            for identifier in identifiers:
                coverage = self.collections.coverage(identifier)
                check_registered(coverage)
                coverage.delete()

    def rows(self, collection: str | None = None, collections: bool = False, where: bool = False) -> Iterator[Row]:
        """What is in the catalogue, and where its data is; raises NoSuchCoverage for a collection that is none."""
        if collection is not None:
            self.collections.get(collection)
        return rows(models.Collection if collections else models.EOObject, collection, where)

    def describe(self, identifier: str) -> dict[str, Any]:
        """Everything there is to know of one object, as JSON-able values; raises NoSuchCoverage."""
        return describe(self.collections.find(identifier))

    def check(self, identifiers: Sequence[str] = ()) -> Check:
        """A check of coverages, all by default, that works while it is iterated; raises NoSuchCoverage before."""
        for identifier in identifiers:
            self.collections.coverage(identifier)
        return Check(self._readers, self._access, identifiers)

    def count(self, identifiers: Sequence[str] = ()) -> int:
        """How many coverages ``check`` looks at."""
        return len(set(identifiers)) or models.Coverage.objects.count()


@dataclass(frozen=True)
class _Looker:
    """Looks at what was asked for, before anything is written."""

    inference: Inference
    finder: Finder
    options: Options
    arrays: ArrayLooker | None
    images: bool

    def look_at(self, paths: Iterable[str | Path]) -> Iterator[Seen]:
        """Look at places, a few of them ahead in threads, in order."""
        waiting: deque[Future[list[Seen]]] = deque()
        with ThreadPoolExecutor(THREADS) as pool:
            try:
                for candidate in self.finder.candidates(paths):
                    waiting.append(pool.submit(self._look, candidate))
                    if len(waiting) > 2 * THREADS:
                        yield from waiting.popleft().result()
                while waiting:
                    yield from waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def _look(self, candidate: Candidate) -> list[Seen]:
        """Look at one place; nothing comes of one that nobody named and no reader knows."""
        place = candidate.place
        if candidate.problem:
            return [Seen(place, reason=candidate.problem)]
        try:
            if not place.subdataset and (is_sidecar(place.name) or self.inference.documents.is_document(place)):
                return [Seen(place, status=Status.SKIPPED, reason="it accompanies data")] if candidate.named else []
            cubes = () if self.arrays is None else self.arrays.cubes(place, self.options.crs, self.images)
            if cubes:
                return [Seen(cube.place, cube=cube) for cube in cubes]
            if not candidate.named and place.local is not None and self.inference.reader_of(place.local) is None:
                return []
            return [Seen(place, self.inference.describe(place, candidate.listed, self.options.metadata))]
        except ContainerRefused as container:
            return self._look_inside(candidate, container.datasets)
        except EOxServerError as error:
            return [_refusal(place, error)]

    def _look_inside(self, candidate: Candidate, datasets: Sequence[str]) -> list[Seen]:
        """Look at the data sets in a file: rasters lie on the Earth, bounds of cells and the like do not."""
        found: list[Seen] = []
        others: list[Seen] = []
        for place in (candidate.place.at(dataset) for dataset in datasets):
            try:
                described = self.inference.describe(place, candidate.listed, self.options.metadata)
            except EOxServerError as error:
                others.append(_refusal(place, error))
                continue
            if described.on_earth:
                found.append(Seen(place, replace(described, several=True)))
            else:
                others.append(Seen(place, status=Status.SKIPPED, reason="it has no place on the Earth"))
        if not found:
            told = "; ".join(f"{other.place.subdataset}: {other.reason}" for other in others) or "there are none"
            return [Seen(candidate.place, reason=f"none of the data sets inside is a raster: {told}")]
        return [*found, *others] if self.options.dry_run else found


@dataclass
class _Run:
    """One command: what was asked for, and how far it got."""

    inference: Inference
    formats: FormatRegistry
    collections: Collections
    options: Options
    cubes: CubeWriter | None = None
    index: int = 0
    planned: dict[str, Place] = field(default_factory=dict)
    """Identifiers of a dry run."""

    def register_each(self, batch: Sequence[Seen]) -> list[Outcome]:
        """Register the files of one transaction."""
        return self._store([self._prepare(seen) for seen in batch])

    def _prepare(self, seen: Seen) -> Outcome:
        if seen.cube is not None:
            return self._planned(seen.place, partial(propose_cube, seen.cube, self.options))
        return self._propose(seen.place, [seen.described]) if seen.described else _refused(seen)

    def register_together(self, seen: Sequence[Seen]) -> list[Outcome]:
        """Register all files as the bands of one coverage, or none."""
        seen = [_no_bands(one) if one.cube is not None else one for one in seen]
        problems = [_refused(one) for one in seen if one.described is None]
        files = [one.described for one in seen if one.described is not None]
        if not files or any(outcome.failed for outcome in problems):
            return problems
        return [*problems, *self._store([self._propose(files[0].place, files)])]

    def _propose(self, place: Place, files: Sequence[Described]) -> Outcome:
        return self._planned(place, partial(self.inference.propose, files, self.options))

    def _planned(self, place: Place, propose: Callable[[int], Proposal]) -> Outcome:
        self.index += 1
        try:
            proposal = propose(self.index)
        except EOxServerError as error:
            return Outcome(place, Status.REFUSED, reason=error.message.removeprefix(f"{place}: "))
        return Outcome(place, Status.PLANNED, proposal.identifier, proposal=proposal)

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
                        status, coverage = self._store_one(outcome.place, outcome.proposal)
                except (EOxServerError, ValidationError, IntegrityError) as error:
                    outcomes.append(Outcome(outcome.place, Status.REFUSED, outcome.identifier, sentence(error)))
                    continue
                outcomes.append(Outcome(outcome.place, status, outcome.identifier, proposal=outcome.proposal))
                if coverage is not None:
                    stored.append(coverage)
            if stored and self.options.collection is not None:
                self.collections.add(self.options.collection, stored)
        return outcomes

    def _store_one(self, place: Place, proposal: Proposal) -> tuple[Status, models.EOObject | None]:
        """Store one coverage; answers what came of it and what goes into the collection."""
        found = models.EOObject.objects.filter(identifier=proposal.identifier).first()
        taken_by = self.planned.get(proposal.identifier)
        if taken_by is not None:
            raise RegistrationRefused(_taken(proposal.identifier, str(taken_by)))
        memberships: list[models.Collection] = []
        if found is not None:
            existing = found.cast()
            same = isinstance(existing, models.Coverage) and _addresses(existing) == proposal.addresses
            if same and not self.options.replace:
                return Status.UNCHANGED, None if self.options.dry_run else existing
            if not self.options.replace or not isinstance(existing, models.Coverage):
                raise RegistrationRefused(_taken(proposal.identifier, _owner(existing)))
            check_registered(existing)
            memberships = list(models.Collection.objects.filter(members__eo_object=existing))
        if self.options.dry_run:
            self.planned[proposal.identifier] = place
            return Status.PLANNED, None
        if found is not None:
            found.cast().delete()
        coverage: models.Coverage
        if proposal.kind == "Coverage" and self.cubes is not None:
            coverage = self.cubes.store(proposal)
        else:
            coverage = store(proposal, self.formats)
        for collection in memberships:
            collection.insert(coverage)
        return Status.REPLACED if found is not None else Status.REGISTERED, coverage


def check_registered(coverage: models.Coverage) -> None:
    """Raise RegistrationRefused for a coverage that was inserted, not registered, or that others are read out of."""
    for source, user in users([coverage.pk]):
        raise RegistrationRefused(
            f"coverage '{source}' is a source of the virtual coverage '{user}', which has to be taken out before"
        )
    if coverage.data_items.filter(storage__storage_type__iexact=CubeStorage.key).exists():
        raise RegistrationRefused(
            f"coverage '{coverage.identifier}' was inserted, its cells are kept here; "
            f"`eoxserver cube delete {coverage.identifier}` deletes it with them"
        )


def _no_bands(seen: Seen) -> Seen:
    return Seen(seen.place, reason="is an n-D array; the bands of a coverage are rasters")


def _refusal(place: Place, error: EOxServerError) -> Seen:
    return Seen(place, reason=error.message.removeprefix(f"{place}: "))


def _refused(seen: Seen) -> Outcome:
    return Outcome(seen.place, seen.status, reason=seen.reason)


def _addresses(coverage: models.Coverage) -> set[str]:
    return addresses(coverage.data_items.select_related(*CHAIN))


def _owner(found: models.EOObject) -> str:
    if isinstance(found, models.Coverage):
        items = [item for item in found.data_items.select_related(*CHAIN) if item.semantic.startswith("bands")]
        return str(Place.of_item(items[0])) if items else "a coverage without data"
    return f"a {type(found).__name__}"


def _taken(identifier: str, owner: str) -> str:
    return f"identifier '{identifier}' is taken by {owner}; --replace takes its place, --id TEMPLATE makes others"
