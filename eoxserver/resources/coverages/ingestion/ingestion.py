# SPDX-License-Identifier: MIT
"""Inserting, changing and deleting coverages whose cells are kept here: what WCS-T, importers and scripts use."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.db import DatabaseError, IntegrityError, transaction

from eoxserver.backends.access import Access
from eoxserver.backends.cubes.base import CubeStore, Overview, Version
from eoxserver.backends.models import Storage
from eoxserver.conf.schema import Settings
from eoxserver.core.coverage import Coverage
from eoxserver.core.domain import Domain
from eoxserver.core.errors import (
    CoverageExists,
    InconsistentChange,
    InvalidParameterValue,
    InvalidScaleFactor,
    NoSuchCoverage,
    VersionConflict,
)
from eoxserver.core.fields import RangeType
from eoxserver.core.metadata import ExtraMetadata
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.identifiers import MAX_LENGTH, is_ncname
from eoxserver.resources.coverages.ingestion import pending
from eoxserver.resources.coverages.ingestion.changing import Changes, Seen
from eoxserver.resources.coverages.ingestion.history import earlier_coverage
from eoxserver.resources.coverages.ingestion.publishing import (
    Ingested,
    find,
    insert_row,
    publish,
    tell_of_change,
)
from eoxserver.resources.coverages.ingestion.states import CubeState
from eoxserver.resources.coverages.ingestion.stores import STORAGE_TYPE, Stores
from eoxserver.resources.coverages.ingestion.upkeep import CubeRow, catch_up, cube_rows, verify
from eoxserver.resources.coverages.ingestion.writing import add_parts, make_cube, new_state
from eoxserver.resources.coverages.parts import extra_details
from eoxserver.resources.coverages.points import check_grid, fixed_points, of_points, stored
from eoxserver.resources.coverages.virtual.following import users
from eoxserver.resources.database import reading, unavailable

__all__ = ["Grid", "Ingestion"]


@dataclass(frozen=True, slots=True)
class Grid:
    """What an update of a coverage has to fit."""

    domain: Domain
    range_type: RangeType
    seen: Seen
    """Where the coverage was found."""


class Ingestion:
    """Brings coverages into the store of cubes, and changes them there; used from all threads.

    Each change is a version of the coverage, whole or not at all, and can be seen as soon as the method is over. Two
    changes of one coverage follow each other, whatever processes they come from; when somebody else is faster too
    often, ``VersionConflict`` is raised and nothing has changed.

    Every method raises ``DataUnavailable`` when store or catalogue do not answer, and ``NoSuchCoverage`` when there is
    no coverage of the identifier. Those that change or look into a coverage raise ``CoverageUnusable`` when it was
    registered with files, not inserted.

    Parameters
    ----------
    access : Access
        Has the storages, those of cubes among them.
    settings : Settings
        Section ``backends.cubes`` says where new cubes are kept.
    """

    def __init__(self, access: Access, settings: Settings) -> None:
        self.stores = Stores(access, settings)
        self._changes = Changes(self.stores)
        self._readers = settings.cubes.max_parallel_reads

    # -- coverages that come and go ----------------------------------------------------------------------

    def new_identifier(self) -> str:
        """An identifier that no coverage has."""
        return f"cov_{secrets.token_hex(8)}"

    def check_identifier(self, identifier: str) -> None:
        """Refuse an identifier that a new coverage cannot have.

        Raises
        ------
        CoverageExists
            When a coverage or collection has it.
        InvalidParameterValue
            When it is no NCName.
        """
        if not is_ncname(identifier) or len(identifier) > MAX_LENGTH:
            raise InvalidParameterValue(
                f"'{identifier}' is no identifier; accepted: a letter or '_', then letters, digits, '_', '-', '.', "
                f"{MAX_LENGTH} in all",
                locator=identifier,
            )
        with reading():
            if models.EOObject.objects.filter(identifier=identifier).exists():
                raise _exists(identifier)

    def insert(
        self,
        coverage: Coverage,
        *,
        chunks: Sequence[int] | None = None,
        native_format: str = "",
        parts: Sequence[Coverage] = (),
    ) -> None:
        """Insert a coverage: read its source block by block into a new cube.

        Footprint and times follow from the domain where it has them, else they are those of ``coverage``. Fields of
        64-bit integers become ``float64``, where no value may be lost.

        Parameters
        ----------
        chunks : sequence of int, optional
            Cells of a chunk along each axis, in grid order; chosen by the store by default.
        native_format : str
            MIME type in which it is delivered when none is asked for; by default that of ``coverage``, else what
            follows from the number of axes.
        parts : sequence of Coverage
            What is written over it in the same version, as by ``update_many``.

        Raises
        ------
        CoverageExists
            When there is a coverage or collection of this identifier.
        InvalidParameterValue
            When identifier, chunks or fields cannot be stored.
        InconsistentChange
            When a value cannot be stored in its field's type, or a part does not fit.
        InvalidSubsetting
            When cells of a part do not lie on the grid.
        """
        self.check_identifier(coverage.identifier)
        if parts and coverage.points is not None:
            raise fixed_points(coverage.identifier)
        coverage = stored(coverage)
        state = new_state(coverage, native_format, parts)
        cube = f"{re.sub(r'[^A-Za-z0-9_]', '_', coverage.identifier)[:180]}-{secrets.token_hex(4)}"
        with reading():
            pending.sweep(self.stores)
            storage = self.stores.new()
            pending.announce(storage, cube)
        store = self.stores.of(storage)
        try:
            version = make_cube(store, cube, coverage, state, chunks, parts, self._readers)
            self._enter(coverage, state, storage, cube, version)
        except Exception:
            pending.give_up(self.stores, storage, cube)
            raise

    def delete(self, identifiers: Iterable[str]) -> None:
        """Delete coverages, all or none; of registered ones the files stay.

        Raises
        ------
        NoSuchCoverage
            When one of them does not exist; nothing is deleted then.
        InconsistentChange
            When one of them is a source of a virtual coverage that stays.
        """
        wanted = list(dict.fromkeys(identifiers))
        with reading(), transaction.atomic():
            # Writing comes first: it makes other writers wait, so that all that is read below stays true.
            rows = models.Coverage.objects.filter(identifier__in=wanted)
            models.EOObject.objects.filter(pk__in=rows.values("pk")).update(visible=False)
            found = {row.identifier: row for row in rows.prefetch_related("data_items__storage")}
            missing = [identifier for identifier in wanted if identifier not in found]
            if missing:
                raise NoSuchCoverage(f"no coverage '{', '.join(missing)}'", locator=",".join(missing))
            for source, user in users([row.pk for row in found.values()]):
                raise InconsistentChange(
                    f"coverage '{source}' is a source of the virtual coverage '{user}', which has to be deleted before",
                    locator=source,
                )
            for row in found.values():
                _doom(row)
            models.EOObject.objects.filter(pk__in=[row.pk for row in found.values()]).delete()
        with reading():
            pending.sweep(self.stores)

    def rename(self, identifier: str, new: str) -> None:
        """Give a coverage another identifier, registered ones too.

        Raises
        ------
        CoverageExists, InvalidParameterValue
            As ``check_identifier`` does for the new one.
        """
        self.check_identifier(new)
        with reading():
            key = models.Coverage.objects.filter(identifier=identifier).values_list("pk", flat=True).first()
            if key is None:
                raise NoSuchCoverage(f"no coverage '{identifier}'", locator=identifier)
            try:
                with transaction.atomic():
                    models.EOObject.objects.filter(pk=key).update(identifier=new)
            except IntegrityError as error:
                raise _exists(new) from error

    # -- changes -----------------------------------------------------------------------------------------

    def grid(self, identifier: str) -> Grid:
        """Domain and fields of a coverage as the next update finds them: quicker than the catalogue tells them.

        Raises InconsistentChange for points, which are not updated.
        """
        moment = time.monotonic()
        with self._changes.ingested(identifier) as (known, store):
            check_grid(known.identifier, known.details)
            snapshot = store.snapshot(known.cube)
            state = CubeState.from_text(snapshot.state, known.cube)
            return Grid(state.domain(snapshot.axes), state.range_type, Seen(known, moment))

    def update(self, identifier: str, part: Coverage, *, keep: bool = True, grid: Grid | None = None) -> int:
        """Write the cells of a part; the coverage grows to hold it, in any direction and between coefficients.

        Parameters
        ----------
        part : Coverage
            Its domain says where the cells belong, by the rules of ``placement``: all axes of the coverage, a sliced
            one with its single position. Metadata of parts are added, those of the same bounds are replaced; its
            identifier, names and texts are not looked at.
        keep : bool
            Whether cells that are nil (by the part's nil values, else the coverage's) leave what is there; otherwise
            they become nil.
        grid : Grid, optional
            What ``grid`` answered just now, where the part was made for it: saves to look again.

        Returns
        -------
        int
            Number of the version.

        Raises
        ------
        InconsistentChange
            When axes, CRSs, resolutions or fields are not those of the coverage, or a value does not fit its field.
        InvalidSubsetting
            When cells do not lie on the grid of the coverage.
        VersionConflict
            When others changed the coverage each time this was tried; nothing has changed.
        """
        return self.update_many(identifier, [part], keep=keep, grid=grid)

    def update_many(
        self, identifier: str, parts: Sequence[Coverage], *, keep: bool = True, grid: Grid | None = None
    ) -> int:
        """Write the cells of parts, one over the other, as one version: all of them or nothing.

        The outcome is that of as many calls of ``update``, in less time: there is one commit and one transaction of the
        catalogue, and parts are read while others are written. The memory needed does not depend on their number.

        Parameters
        ----------
        parts : sequence of Coverage
            As for ``update``; read again when others change the coverage meanwhile.
        keep, grid
            As for ``update``.

        Returns
        -------
        int
            Number of the version; that which is served when there are no parts.

        Raises
        ------
        InconsistentChange, InvalidSubsetting, VersionConflict
            As ``update``; the message tells which part it is.
        """
        if not parts:
            with self._changes.ingested(identifier) as (known, _):
                return known.version

        def change(known: Ingested, store: CubeStore) -> int:
            check_grid(known.identifier, known.details)
            return add_parts(known, store, parts, keep, self._readers)

        return self._changes.make(identifier, change, None if grid is None else grid.seen)

    def set_metadata(self, identifier: str, metadata: Mapping[str, str], extra: ExtraMetadata) -> None:
        """Put metadata in the place of those of a coverage, registered ones too, but for those of parts.

        They are those of the version that is served and of later ones.
        """
        with reading(), transaction.atomic():
            row = models.Coverage.objects.select_for_update().filter(identifier=identifier).first()
            if row is None:
                raise NoSuchCoverage(f"no coverage '{identifier}'", locator=identifier)
            details = extra_details(extra, bool((row.details or {}).get("parts"))) or {}
            row.metadata, row.details = dict(metadata), {**details, **of_points(row.details)} or None
            row.save(update_fields=["metadata", "details"])

    def add_overview(self, identifier: str, factors: Mapping[str, int], method: str = "nearest") -> int:
        """Add an overview, from which coarser requests are answered; answers the version.

        Parameters
        ----------
        factors : mapping of str to int
            Cells per cell of the overview, by axis label; 1 on axes that are not named, and on irregular ones.
        method : str
            ``nearest``, ``average`` or ``mode``.

        Raises
        ------
        InvalidScaleFactor
            When there cannot be such an overview, or is one already.
        """
        return self._overview(
            identifier, factors, lambda store, cube, numbers: store.add_overview(cube, Overview(numbers, method))
        )

    def remove_overview(self, identifier: str, factors: Mapping[str, int]) -> int:
        """Remove the overview of these factors; answers the version. Raises InvalidScaleFactor when there is none."""
        return self._overview(identifier, factors, lambda store, cube, numbers: store.remove_overview(cube, numbers))

    # -- versions ----------------------------------------------------------------------------------------

    def overviews(self, identifier: str) -> tuple[tuple[Mapping[str, int], str], ...]:
        """Factors by axis label, and method, of each overview, from the finest to the coarsest."""
        with self._changes.ingested(identifier) as (known, store):
            snapshot = store.snapshot(known.cube)
        labels = snapshot.layout.labels
        return tuple((dict(zip(labels, each.factors, strict=True)), each.method) for each in snapshot.overviews)

    def history(self, identifier: str) -> tuple[Version, ...]:
        """The versions there are, latest first."""
        with self._changes.ingested(identifier) as (known, store):
            return tuple(store.versions(known.cube))

    def version_before(self, identifier: str, version: int) -> int | None:
        """The version that one was made of; None when it is the first, or not known any more."""
        with self._changes.ingested(identifier) as (known, store):
            for one, before in pairwise(store.versions(known.cube)):
                if one.number == version:
                    return before.number
        return None

    def coverage(self, identifier: str, version: int) -> Coverage:
        """The coverage as it was at a version: domain, fields, cells and metadata.

        Raises
        ------
        InvalidParameterValue
            When there is no such version (any more).
        """
        with self._changes.ingested(identifier) as (known, _), reading():
            return earlier_coverage(known, self.stores.storage(known.storage), version)

    def compact(self, identifier: str) -> int:
        """Forget all versions but the latest, which is answered; requests that read earlier ones fail."""
        with self._changes.ingested(identifier) as (known, store), reading(), self._changes.turn(known.cube):
            publish(known, store)
            number = store.compact(known.cube)
            publish(find(identifier), store)
            tell_of_change()
        return number

    def export(self, identifier: str, target: str, version: int | None = None) -> None:
        """Write a version, the latest by default, as a group of Zarr at a URL or in a folder.

        Its attributes ``identifier``, ``crs`` and ``axes`` say what the grid indices along regular axes mean.
        """
        with self._changes.ingested(identifier) as (known, store):
            snapshot = store.snapshot(known.cube, version)
            state = CubeState.from_text(snapshot.state, known.cube)
            crs = state.domain(snapshot.axes).crs
            uri = None if crs is None else crs.uri
            attributes = {"identifier": identifier, "crs": uri, "axes": state.axes_to_json()}
            store.export(known.cube, target, snapshot.version, attributes)

    # -- upkeep ------------------------------------------------------------------------------------------

    def recover(self) -> list[str]:
        """Finish what processes that were killed left; answers what was done, in words. Does no harm at any time.

        Committed versions that the catalogue does not name yet are served from now on, cubes of deleted coverages are
        removed, and those of insertions that were given up.
        """
        with reading():
            return catch_up(self.stores)

    def verify(self, identifiers: Collection[str] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Read all cells of ingested coverages, of all by default; answers what is wrong with each, in words."""
        with reading():
            yield from verify(self.stores, identifiers)

    def cubes(self) -> list[CubeRow]:
        """The cubes there are, those too from which no coverage is served."""
        with reading():
            return list(cube_rows(self.stores))

    # -- inside ------------------------------------------------------------------------------------------

    def _overview(
        self, identifier: str, factors: Mapping[str, int], change: Callable[[CubeStore, str, tuple[int, ...]], int]
    ) -> int:
        def changed(known: Ingested, store: CubeStore) -> int:
            if of_points(known.details):
                raise InvalidScaleFactor(f"'{identifier}' has points: only grids have overviews", locator=identifier)
            labels = store.snapshot(known.cube).layout.labels
            unknown = [label for label in factors if label not in labels]
            if unknown:
                raise InvalidScaleFactor(
                    f"no axis {', '.join(unknown)}; the axes are {', '.join(labels)}", locator=unknown[0]
                )
            try:
                return change(store, known.cube, tuple(factors.get(label, 1) for label in labels))
            except ValueError as error:
                raise InvalidScaleFactor(f"coverage '{identifier}': {error}", locator=identifier) from error

        return self._changes.make(identifier, changed)

    def _enter(self, coverage: Coverage, state: CubeState, storage: Storage, cube: str, version: int) -> None:
        """Let the catalogue have a coverage whose cube is made."""
        snapshot = self.stores.of(storage).snapshot(cube, version)
        try:
            with transaction.atomic():
                if not pending.settle(storage, cube):
                    raise VersionConflict(
                        f"the insertion of '{coverage.identifier}' took too long and was given up",
                        locator=coverage.identifier,
                    )
                insert_row(coverage, state.domain(snapshot.axes), state, storage, cube, version)
        except IntegrityError as error:
            raise _exists(coverage.identifier) from error
        except DatabaseError as error:
            raise unavailable("written", error) from error


def _exists(identifier: str) -> CoverageExists:
    return CoverageExists(f"there is a coverage or collection '{identifier}' already", locator=identifier)


def _doom(row: models.Coverage) -> None:
    for item in row.data_items.all():
        if item.storage is not None and item.storage.key == STORAGE_TYPE:
            pending.doom(item.storage.pk, item.location.partition("?")[0])
