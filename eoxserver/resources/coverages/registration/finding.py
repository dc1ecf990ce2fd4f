# SPDX-License-Identifier: MIT
"""What the PATHs of a command mean: files here and elsewhere, members of archives, data sets inside files.

* a file, folder or pattern of this machine;
* a URL, ``s3://bucket/a.tif``; one that ends in ``/`` is a folder, one with ``*`` a pattern, where the storage lists;
* ``storage:NAME/path``, in a storage of the catalogue, as a URL;
* ``ARCHIVE//member`` of any of these, ``ARCHIVE//*.tif``, ``ARCHIVE//folder/``, archives in archives;
* ``DRIVER:"FILE":name``, a data set inside any file, in the words of GDAL: ``NETCDF:"http://host/a.nc":sst``.

An archive by itself means all rasters in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from eoxserver.backends.access import Access
from eoxserver.backends.credentials import shown_url
from eoxserver.backends.drivers import raster_extensions
from eoxserver.backends.locations import (
    Location,
    StorageRecord,
    path_exists,
    split_dataset_name,
    with_implied_storage,
)
from eoxserver.backends.models import CREDENTIALS_HINT, Storage
from eoxserver.backends.patterns import is_pattern
from eoxserver.backends.readers.arrays.files import is_zarr_name
from eoxserver.backends.readers.base import Reader
from eoxserver.backends.storages.base import DescribeStorageInterface
from eoxserver.backends.storages.local import local_path
from eoxserver.core.errors import EOxServerError, RegistrationRefused, suggest
from eoxserver.resources.coverages.registration.archives import Archives
from eoxserver.resources.coverages.registration.files import Candidate, local_files
from eoxserver.resources.coverages.registration.places import Place, is_url
from eoxserver.resources.coverages.registration.storages import record_of, storage_failure

__all__ = ["STORAGE", "Finder"]

STORAGE = "storage:"
"""How a path in a storage of the catalogue begins."""


class Finder:
    """Finds what PATHs mean; made for one command.

    Parameters
    ----------
    access : Access
        Lists storages and archives.
    readers : sequence of Reader
        Tell folders that are data sets as a whole.
    """

    def __init__(self, access: Access, readers: Sequence[Reader]) -> None:
        self._access = access
        self._readers = readers
        self._archives = Archives(access.plugins.packages)
        self._extensions = raster_extensions()
        self._storages: tuple[Storage, ...] | None = None

    def candidates(self, paths: Iterable[str | Path]) -> Iterator[Candidate]:
        """Places meant by ``paths``, in order, each once; with the reason where there is nothing."""
        every = [str(path) for path in paths]
        seen: set[str] = set()
        for given in every:
            for candidate in self._meant(given):
                if candidate.place.address not in seen:
                    yield candidate
                if len(every) > 1:
                    seen.add(candidate.place.address)

    def exact(self, given: str) -> Place:
        """The one file that a text means; raises RegistrationRefused when it means none, or several."""
        found = list(islice(self._understood(given), 2))
        if len(found) == 1 and not found[0].problem:
            return found[0].place
        reason = found[0].problem if len(found) == 1 else "it means several files" if found else "it means no file"
        raise RegistrationRefused(f"{given}: {reason}; the path of one file is accepted here", locator=given)

    def _meant(self, given: str) -> Iterator[Candidate]:
        try:
            yield from self._opened(self._understood(given))
        except EOxServerError as error:
            yield Candidate(Place.of_text(given), True, error.message)

    def _understood(self, given: str) -> Iterator[Candidate]:
        """What a text means, archives not looked into unless it says so."""
        if path_exists(given):
            return local_files(given, self._is_dataset)
        if given.startswith(STORAGE):
            return self._stored(given)
        dataset = split_dataset_name(given)
        if dataset.prefix and (dataset.prefix.endswith('"') or path_exists(dataset.file)):
            found = self._understood(dataset.file)
            return (Candidate(one.place.named(dataset), True, one.problem, one.listed) for one in found)
        if is_url(given) and not given.lower().startswith("file:"):
            return self._at_url(given)
        path = local_path(given) if is_url(given) else None
        outer, *members = self._parts(str(path or given), Place.of_file)
        return self._within(local_files(outer, self._is_dataset), members)

    # -- storages

    def _stored(self, given: str) -> Iterator[Candidate]:
        """``storage:NAME/path``."""
        name, _, path = given.removeprefix(STORAGE).partition("/")
        storage = next((one for one in self._known() if one.name == name), None)
        if storage is None:
            names = [one.name for one in self._known() if one.name]
            raise RegistrationRefused(f"no storage '{name}'; {suggest(name, names)}", locator=name)
        root = Place(Location(record_of(storage), (), ""))
        outer, *members = self._parts(path, root.at)
        return self._within(self._located(root.at(outer)), members)

    def _at_url(self, url: str) -> Iterator[Candidate]:
        """A URL, in a storage of the catalogue or not."""
        if "@" in (host := url.partition("://")[2].partition("/")[0]) and (":" in host or url.startswith("http")):
            shown = Place.of_text(shown_url(url))
            return iter([Candidate(shown, True, f"a URL with a password is not kept; {CREDENTIALS_HINT}")])
        outer, *members = self._parts(url, self._place)
        return self._within(self._located(self._place(outer)), members)

    def _place(self, url: str) -> Place:
        """The place of a URL: in the storage of the catalogue that has the longest part of it."""
        best: Storage | None = None
        for storage in self._known():
            root = storage.url.rstrip("/")
            if (url == root or url.startswith(f"{root}/")) and (best is None or len(root) > len(best.url.rstrip("/"))):
                best = storage
        if best is None:
            return Place.of_text(url)
        return Place(Location(record_of(best), (), url[len(best.url.rstrip("/")) :].lstrip("/")))

    def _known(self) -> Sequence[Storage]:
        """The storages of the catalogue, asked for once."""
        if self._storages is None:
            self._storages = tuple(Storage.objects.order_by("pk"))
        return self._storages

    def _located(self, place: Place) -> Iterator[Candidate]:
        """What is at a place: a file, or those a pattern or folder means."""
        path = place.location.path
        if self._holds_arrays(place.storage):
            return iter([Candidate(place, True)])
        if is_pattern(_without_query(path)):
            return self._matching(place)
        if path == "" or path.endswith("/") or (is_url(path) and path.count("/") == 2):
            return self._below(place)
        return iter([Candidate(place, True)])

    def _holds_arrays(self, record: StorageRecord | None) -> bool:
        return record is not None and isinstance(self._access.storage(record), DescribeStorageInterface)

    def _matching(self, pattern: Place) -> Iterator[Candidate]:
        """Files that match a pattern."""
        found = False
        for place in self._list(pattern):
            found = True
            yield Candidate(place, True, listed=True)
        if not found:
            yield Candidate(pattern, True, "no file matches this pattern")

    def _below(self, folder: Place) -> Iterator[Candidate]:
        """Rasters in a folder, by their names; hidden files are left out."""
        path = folder.location.path
        inside = len(path) if path.endswith("/") else 0
        for place in self._list(folder.at(path.rstrip("/"))):
            hidden = any(part.startswith(".") for part in place.location.path[inside:].split("/"))
            if not hidden and self._is_raster(place):
                yield Candidate(place, False, listed=True)

    def _list(self, place: Place) -> Iterator[Place]:
        """What a folder or pattern means, as the storage or archive lists it."""
        root = ""
        record = with_implied_storage(place.location).storage
        if place.storage is None and not place.location.packages and record is not None:
            root = f"{record.url}/"
        try:
            for path in self._access.list_files(place.location):
                yield place.at(f"{root}{path}")
        except OSError as error:
            raise storage_failure(record.url if record is not None else str(place), error) from error

    # -- archives

    def _parts(self, text: str, place_of: Callable[[str], Place]) -> list[str]:
        """The outermost file that a text names, and the members, one in the other.

        ``//`` separates them where what comes before it is an archive; anywhere else it is part of a name.
        """
        scheme, mark, rest = text.partition("://") if is_url(text) else ("", "", text)
        first, *others = rest.split("//")
        outer = f"{scheme}{mark}{first}"
        while others and self._archives.of(place_of(outer)) is None:
            outer = f"{outer}//{others.pop(0)}"
        return [outer, *others]

    def _within(self, candidates: Iterator[Candidate], members: Sequence[str]) -> Iterator[Candidate]:
        """Members of archives, and of the archives that these are."""
        for member in members:
            candidates = self._members(candidates, member)
        return candidates

    def _members(self, archives: Iterator[Candidate], member: str) -> Iterator[Candidate]:
        for archive in archives:
            if archive.problem:
                yield archive
                continue
            found = self._archives.of(archive.place)
            if found is None:
                formats = ", ".join(self._archives.formats)
                yield Candidate(archive.place, True, f"is no archive, so '{member}' is not in it; accepted: {formats}")
                continue
            try:
                yield from self._located(archive.place.member(found, member))
            except EOxServerError as error:
                yield Candidate(archive.place, True, error.message)

    def _opened(self, candidates: Iterator[Candidate]) -> Iterator[Candidate]:
        """The candidates, those that are archives and asked for as such replaced by the rasters in them."""
        for candidate in candidates:
            place = candidate.place
            certain = not candidate.named or candidate.problem or place.subdataset or self._is_raster(place)
            if certain or self._holds_arrays(place.storage) or self._archives.of(place) is None:
                yield candidate
            else:
                yield from self._members(iter([candidate]), "")

    def _is_raster(self, place: Place) -> bool:
        """Whether the name says so."""
        return place.name.lower().rpartition(".")[2] in self._extensions

    def _is_dataset(self, folder: Path) -> bool:
        return is_zarr_name(str(folder)) or any(reader.can_open(str(folder)) for reader in self._readers)


def _without_query(path: str) -> str:
    """A path in which ``?`` can only be part of a pattern."""
    return path.partition("?")[0] if path.startswith(("http://", "https://")) else path
