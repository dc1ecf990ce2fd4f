# SPDX-License-Identifier: MIT
"""What an operator does with packages of the catalogue: add, list, test and remove them.

Registering a member of an archive adds the package by itself; adding one beforehand is needed only where neither name
nor content tells its format.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from django.db import transaction
from django.db.models import Count

from eoxserver.backends.access import Access
from eoxserver.backends.models import Package
from eoxserver.core.errors import EOxServerError, RegistrationRefused, UnknownKey, suggest
from eoxserver.resources.coverages.registration.archives import Archives, content_format
from eoxserver.resources.coverages.registration.finding import STORAGE, Finder
from eoxserver.resources.coverages.registration.places import Place
from eoxserver.resources.coverages.registration.storages import SHOWN_FILES, Tested
from eoxserver.resources.coverages.registration.storing import CHAIN, package_row, storage_of
from eoxserver.resources.coverages.registration.usage import usage_text

__all__ = ["PackageRow", "Packages"]

SUGGESTIONS = 200
"""Packages among which a similar one is looked for."""


@dataclass(frozen=True, slots=True)
class PackageRow:
    """One package in a list."""

    location: str
    format: str
    storage: str | None
    """Name or URL of the storage of the catalogue it lies in."""
    items: int
    """Data items that lie in it."""
    packages: int


class Packages:
    """Packages of the catalogue, by where they are.

    Parameters
    ----------
    access : Access
        Looks into archives.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._archives = Archives(access.plugins.packages)

    def add(
        self,
        location: str,
        *,
        storage: str | None = None,
        within: str | None = None,
        archive_format: str | None = None,
        check: bool = True,
    ) -> Place:
        """Add a package, and those it lies in; one that is there already stays as it is.

        Parameters
        ----------
        location : str
            A path, a URL, ``storage:NAME/path``, or ``ARCHIVE//member``.
        storage : str, optional
            Name of the storage of the catalogue in which the location is.
        within : str, optional
            The package of which it is a member, written as ``location``.
        archive_format : str, optional
            By default what its name means, else its first bytes.
        check : bool
            Whether it must be there and be readable.

        Returns
        -------
        Place
            Where it is.

        Raises
        ------
        RegistrationRefused
            When the location means no file, or a file that is no archive.
        UnknownKey
            When there is no such storage, or no plugin for the format.
        DataUnavailable
            When it cannot be reached or read.
        """
        text = location if storage is None else f"{STORAGE}{storage}/{location}"
        place = self._finder().exact(text if within is None else f"{within}//{location}")
        found = (archive_format or self._archives.of(place) or self._sniffed(place)).upper()
        _ = self._access.plugins.packages[found]
        inside = place.member(found, "")
        if check:
            next(iter(self._access.list_files(inside.location)), None)
        with transaction.atomic():
            package_row(inside.location)
        return place

    def _sniffed(self, place: Place) -> str:
        """The format of an archive by its first bytes; raises RegistrationRefused."""
        with self._access.open_location(place.location) as stream:
            found = content_format(stream)
        if found is None:
            raise RegistrationRefused(
                f"{place}: neither its name nor its first bytes say that it is an archive; --format says of which "
                f"format it is: {', '.join(self._archives.formats)}",
                locator=str(place),
            )
        return found

    def rows(self) -> Iterator[PackageRow]:
        """All packages, by where they are."""
        counted = Package.objects.select_related(*CHAIN).annotate(
            items=Count("dataitems", distinct=True), inside=Count("packages", distinct=True)
        )
        yield from sorted((_row(one, one.items, one.inside) for one in counted), key=lambda row: row.location)

    def test(self, location: str) -> Tested:
        """Find out whether an archive can be read, whether it is in the catalogue or not; raises as ``add``."""
        place = self._finder().exact(location)
        found = (self._archives.of(place) or self._sniffed(place)).upper()
        files: tuple[str, ...] = ()
        problem = ""
        try:
            _ = self._access.plugins.packages[found]
            files = tuple(islice(self._access.list_files(place.member(found, "").location), SHOWN_FILES))
        except EOxServerError as error:
            problem = error.message
        return Tested(str(place), found, (), files, problem)

    def remove(self, location: str) -> None:
        """Take a package out of the catalogue; the archive stays where it is.

        Raises
        ------
        UnknownKey
            When there is none at this location.
        RegistrationRefused
            When something lies in it; the message says what.
        """
        with transaction.atomic():
            packages = self._at(location)
            for package in packages:
                if used := usage_text(package):
                    raise RegistrationRefused(
                        f"package {Place.of_item(package)} holds {used}; 'eoxserver deregister' first",
                        locator=location,
                    )
            for package in packages:
                package.delete()

    def _at(self, location: str) -> list[Package]:
        """The packages at a location: more than one where two processes made one at the same time."""
        wanted = {location, self._finder().exact(location).address}
        name = location.replace("\\", "/").rpartition("/")[2]
        similar = Package.objects.filter(location__endswith=name).select_related(*CHAIN)
        found = [package for package in similar if Place.of_item(package).address in wanted]
        if not found:
            known = [row.location for row in islice(self.rows(), SUGGESTIONS)]
            raise UnknownKey(f"no package '{location}'; {suggest(location, known)}", locator=location)
        return found

    def _finder(self) -> Finder:
        return Finder(self._access, ())


def _row(package: Package, items: int, packages: int) -> PackageRow:
    storage = storage_of(package)
    name = None if storage is None else str(storage)
    return PackageRow(str(Place.of_item(package)), package.format.upper(), name, items, packages)
