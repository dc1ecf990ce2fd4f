# SPDX-License-Identifier: MIT
"""Registering many files as one coverage: each is looked at, gets its place along the axes, and becomes a slice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from django.db import transaction

from eoxserver.backends.locations import address
from eoxserver.core.axes import Axis
from eoxserver.core.domain import Domain
from eoxserver.core.errors import EOxServerError, RegistrationRefused
from eoxserver.core.fields import RangeType
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.registration.arrays import DescribedCube
from eoxserver.resources.coverages.registration.fields import Described, gather_fields
from eoxserver.resources.coverages.registration.georeference import given_domain
from eoxserver.resources.coverages.registration.inference import describe_span
from eoxserver.resources.coverages.registration.places import Place
from eoxserver.resources.coverages.registration.proposals import Options, Outcome, Status
from eoxserver.resources.coverages.registration.registrar import Registrar, Seen, check_registered
from eoxserver.resources.coverages.stacking.parts import SlicePart
from eoxserver.resources.coverages.stacking.rules import AxisRule, FileFacts
from eoxserver.resources.coverages.stacking.stacks import NewStack, Stacks
from eoxserver.resources.coverages.stacks.index import slice_files

__all__ = ["Series", "SeriesOptions"]

FIRST_BATCH, LARGEST_BATCH = 16, 512
"""Files of one transaction."""


@dataclass(frozen=True)
class SeriesOptions:
    """How files become slices of a coverage."""

    identifier: str
    rules: tuple[AxisRule, ...]
    """Of the axes, which come before those of the files, in this order."""
    options: Options
    """CRS, bounds, values, times and documents as for files that are coverages by themselves."""


@dataclass(frozen=True)
class _Planned:
    """A file and what becomes of it."""

    place: Place
    part: SlicePart | None = None
    outcome: Outcome | None = None
    """Where there is no part."""


class Series:
    """Registers files as slices.

    Parameters
    ----------
    registrar : Registrar
        Looks at files.
    stacks : Stacks
        Writes slices.
    """

    def __init__(self, registrar: Registrar, stacks: Stacks) -> None:
        self._registrar = registrar
        self._stacks = stacks

    def register(self, paths: Iterable[str | Path], wanted: SeriesOptions) -> Iterator[Outcome]:
        """Register files as a coverage, or as more slices of one that is there.

        Works while it is iterated: what is yielded is committed. A file that is a slice already is passed over. With
        ``options.replace`` all is one transaction, in which the coverage gives way that is there.

        Yields
        ------
        Outcome
            One for each file.

        Raises
        ------
        RegistrationRefused
            When the identifier is that of something that has no slices.
        """
        options = wanted.options
        row = self._existing(wanted)
        run = _Run(self._stacks, self._registrar, wanted, row is not None and not options.replace)
        known = _addresses(row) if row is not None and not options.replace else set()
        images = any(rule.is_own for rule in wanted.rules)
        names = row.range_type.names if row is not None and not options.replace else ()
        planner = _Planner(wanted, known, names)
        planned = (planner.plan(seen) for seen in self._registrar.look_at(paths, options, images))
        if options.dry_run:
            yield from (_dry(one, wanted.identifier) for one in planned)
        elif options.replace and row is not None:
            yield from run.replace(row, list(planned))
        else:
            size = FIRST_BATCH
            while batch := list(islice(planned, size)):
                yield from run.write(batch)
                size = min(2 * size, LARGEST_BATCH)

    @staticmethod
    def _existing(wanted: SeriesOptions) -> models.Coverage | None:
        """The coverage that is there; raises RegistrationRefused when it takes no slices and is not to be replaced."""
        found = models.EOObject.objects.filter(identifier=wanted.identifier).first()
        if found is None:
            return None
        existing = found.cast()
        if isinstance(existing, models.Coverage):
            if wanted.options.replace:
                check_registered(existing)
                return existing
            if models.Stack.objects.filter(coverage_id=existing.pk).exists():
                return existing
        raise RegistrationRefused(
            f"identifier '{wanted.identifier}' is taken by a {type(existing).__name__} without slices; --replace takes "
            "the place of a coverage, --id ID names another one",
            locator="id",
        )


class _Planner:
    """Makes parts of files."""

    def __init__(self, wanted: SeriesOptions, known: set[str], names: Sequence[str]) -> None:
        self._wanted = wanted
        self._known = known
        self._names = tuple(names)
        self._number = -1

    def plan(self, seen: Seen) -> _Planned:
        """What becomes of a file."""
        self._number += 1
        if seen.place.file.address in self._known:
            return _Planned(seen.place, outcome=Outcome(seen.place, Status.UNCHANGED, self._wanted.identifier))
        try:
            if seen.cube is not None:
                return _Planned(seen.place, self._cube(seen.place, seen.cube))
            if seen.described is not None:
                return _Planned(seen.place, self._raster(seen.place, seen.described))
        except EOxServerError as error:
            reason = error.message.removeprefix(f"{seen.place}: ")
            return _Planned(seen.place, outcome=Outcome(seen.place, Status.REFUSED, reason=reason))
        return _Planned(seen.place, outcome=Outcome(seen.place, seen.status, reason=seen.reason))

    def _raster(self, place: Place, file: Described) -> SlicePart:
        options, description = self._wanted.options, file.description
        own = [rule.label for rule in self._wanted.rules if rule.is_own]
        if own:
            raise RegistrationRefused(
                f"is a raster and has no axis {own[0]}; '{own[0]}=CRS:HOW' says where it lies on it"
            )
        if description.domain.horizontal is None and description.tie_points is not None:
            raise RegistrationRefused("is tied to the Earth by points; a slice lies on the grid of the coverage")
        plane = description.domain if description.domain.horizontal is not None else given_domain(description, options)
        span = describe_span(file, options)
        axes = self._axes(FileFacts(place.name, description.metadata, span.begin if span else None, self._number))
        domain = Domain((*axes, *plane.axes), (*(axis.label for axis in axes), *plane.crs_labels))
        range_type = self._range_type(gather_fields([file], options)[0])
        return SlicePart(place, domain, range_type, dims=plane.labels, driver=description.driver)

    def _cube(self, place: Place, found: DescribedCube) -> SlicePart:
        if found.several:
            raise RegistrationRefused(
                f"the file has several grids; one is meant by the name of a variable, as {place}, in quotation marks"
            )
        cube = found.cube
        rules = {rule.label: rule for rule in self._wanted.rules if rule.is_own}
        for label in rules:
            if label not in cube.domain.labels:
                raise RegistrationRefused(f"has no axis {label}; its axes are {', '.join(cube.domain.labels)}")
        own = tuple(rules[axis.label].of_files(axis) if axis.label in rules else axis for axis in cube.domain.axes)
        axes = self._axes(FileFacts(place.name, cube.metadata, None, self._number))
        domain = Domain((*axes, *own), (*(axis.label for axis in axes), *cube.domain.crs_labels))
        range_type = self._range_type(cube.range_type)
        return SlicePart(
            place.file, domain, range_type, variables=cube.variables, dims=cube.domain.labels, driver=found.driver
        )

    def _axes(self, facts: FileFacts) -> tuple[Axis, ...]:
        return tuple(rule.axis(facts) for rule in self._wanted.rules if not rule.is_own)

    def _range_type(self, own: RangeType) -> RangeType:
        """The fields of a file under the names of those of the coverage, which are the first file's."""
        if not self._names:
            self._names = own.names
        if len(own) != len(self._names):
            raise RegistrationRefused(f"has {len(own)} fields; the coverage has {len(self._names)}")
        fields = zip(own.fields, self._names, strict=True)
        return RangeType(tuple(replace(field, name=name) for field, name in fields))


class _Run:
    """Writes what was planned."""

    def __init__(self, stacks: Stacks, registrar: Registrar, wanted: SeriesOptions, exists: bool) -> None:
        self._stacks = stacks
        self._registrar = registrar
        self._wanted = wanted
        self._exists = exists

    def write(self, batch: Sequence[_Planned]) -> list[Outcome]:
        """Write a batch in one transaction; when that does not do, file by file."""
        parts = [one.part for one in batch if one.part is not None]
        try:
            if parts:
                self._write(parts)
            return [one.outcome or self._done(one, Status.REGISTERED) for one in batch]
        except EOxServerError:
            return [one.outcome or self._write_one(one) for one in batch]

    def _write_one(self, one: _Planned) -> Outcome:
        assert one.part is not None
        try:
            self._write([one.part])
        except EOxServerError as error:
            reason = error.message.removeprefix(f"{one.place}: ")
            return Outcome(one.place, Status.REFUSED, self._wanted.identifier, reason)
        return self._done(one, Status.REGISTERED)

    def replace(self, row: models.Coverage, planned: Sequence[_Planned]) -> list[Outcome]:
        """Write all in the place of another coverage, or nothing."""
        parts = [one.part for one in planned if one.part is not None]
        refused = [one.outcome for one in planned if one.outcome is not None and one.outcome.failed]
        if refused or not parts:
            return [one.outcome or self._kept(one) for one in planned]
        with transaction.atomic():
            memberships = list(models.Collection.objects.filter(members__eo_object_id=row.pk))
            row.delete()
            self._write(parts)
            new = models.EOObject.objects.get(identifier=self._wanted.identifier)
            for collection in memberships:
                collection.insert(new)
        return [one.outcome or self._done(one, Status.REPLACED) for one in planned]

    def _write(self, parts: Sequence[SlicePart]) -> None:
        if self._exists:
            self._stacks.add(self._wanted.identifier, parts)
            return
        collection = self._wanted.options.collection
        with transaction.atomic():
            row = self._stacks.register(NewStack(self._wanted.identifier), parts)
            if collection is not None:
                self._registrar.collections.add(collection, [row])
        self._exists = True

    def _done(self, one: _Planned, status: Status) -> Outcome:
        return Outcome(one.place, status, self._wanted.identifier)

    def _kept(self, one: _Planned) -> Outcome:
        reason = "another file was refused, and the coverage that is there stays as it is"
        return Outcome(one.place, Status.REFUSED, self._wanted.identifier, reason)


def _dry(one: _Planned, identifier: str) -> Outcome:
    return one.outcome or Outcome(one.place, Status.PLANNED, identifier)


def _addresses(row: models.Coverage) -> set[str]:
    """Where the files of a coverage are."""
    return {address(file.location) for file in slice_files(row.pk)}
