# SPDX-License-Identifier: MIT
"""Metadata documents beside data, wherever the data lies: of the same name but for the ending.

On this machine any spelling of an ending is looked for. Elsewhere every question costs: only endings in lower case are
asked for, a few files by name, many by one list of their folder.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from eoxserver.backends.access import Access
from eoxserver.core.errors import AccessDenied, CredentialsRefused, EOxServerError, ItemMissing, RegistrationRefused
from eoxserver.resources.coverages.metadata.base import MAX_BYTES, EOMetadata, MetadataReader
from eoxserver.resources.coverages.registration.places import Place
from eoxserver.resources.coverages.registration.proposals import Item

__all__ = ["NO_METADATA", "Document", "Documents"]

log = logging.getLogger(__name__)

NO_METADATA = "--no-metadata leaves the document out"
"""What to do about a document that cannot be used."""
MOST_LISTED = 100_000
"""Files of one folder that are listed; of more, documents are asked for by name."""


@dataclass(frozen=True)
class Document:
    """A metadata document and what it says; all empty when there is none."""

    place: Place | None = None
    metadata: EOMetadata = field(default_factory=EOMetadata)
    format: str = ""

    @property
    def name(self) -> str:
        """Name of its file."""
        return self.place.name if self.place is not None else ""

    @property
    def items(self) -> tuple[Item, ...]:
        """The data item it becomes."""
        return (Item(self.place, "metadata", metadata_format=self.format),) if self.place is not None else ()


class Documents:
    """Finds and reads documents; used from many threads.

    Parameters
    ----------
    readers : sequence of MetadataReader
        Asked in this order.
    access : Access
        Brings documents that are elsewhere.
    """

    def __init__(self, readers: Sequence[MetadataReader], access: Access) -> None:
        self._readers = readers
        self._access = access
        self._lock = threading.Lock()
        self._folders: dict[str, frozenset[str] | None] = {}

    def is_document(self, place: Place) -> bool:
        """Whether the file is a metadata document."""
        readers = [reader for reader in self._readers if place.name.lower().endswith(reader.suffixes)]
        if not readers:
            return False
        path = self._path(place)
        return path is not None and any(reader.can_read(path) for reader in readers)

    def beside(self, place: Place, listed: bool = False) -> Document:
        """The first metadata document beside the data.

        Parameters
        ----------
        listed : bool
            Whether the data was found in a list of its folder, so that there is probably more of it there.

        Raises
        ------
        EOxServerError
            When the document cannot be reached or used; whatever a plugin raises counts.
        """
        for reader in self._readers:
            for candidate, path in self._candidates(place, reader.suffixes, listed):
                if reader.can_read(path):
                    return _read(reader, candidate, path)
        return Document()

    def _candidates(self, place: Place, suffixes: Sequence[str], listed: bool) -> Iterator[tuple[Place, str]]:
        """Documents that may belong to the data, each with a local path."""
        local = place.file.local
        if local is not None:
            own = Path(local)
            yield from ((Place.of_file(path), str(path)) for path in _files_beside(own, suffixes) if path != own)
            return
        names = [f"{stem}{suffix}" for suffix in suffixes for stem in (place.stem, place.name)]
        there = self._names(place) if listed else None
        for name in dict.fromkeys(names):
            candidate = place.file.beside(name)
            if name != place.name and (there is None or name in there):
                path = self._path(candidate)
                if path is not None:
                    yield candidate, path

    def _path(self, place: Place) -> str | None:
        """The local path of a document; None when there is none, or something much too large to be one."""
        local = place.local
        if local is not None:
            return local
        try:
            size = self._access.status(place.location).size
            if size is not None and size > MAX_BYTES:
                return None
            return self._access.retrieve_location(place.location)
        except (ItemMissing, CredentialsRefused, AccessDenied):
            # Some storages refuse what is not there, so that nobody learns what is.
            return None

    def _names(self, place: Place) -> frozenset[str] | None:
        """Names of the files in the folder of the data, listed once; None where that cannot be done."""
        pattern = place.file.beside("*")
        with self._lock:
            if pattern.address not in self._folders:
                try:
                    found = list(islice(self._access.list_files(pattern.location), MOST_LISTED + 1))
                    names = frozenset(path.rpartition("/")[2] for path in found)
                    self._folders[pattern.address] = names if len(found) <= MOST_LISTED else None
                except EOxServerError as error:
                    log.info("%s cannot be listed: %s", pattern, error.message)
                    self._folders[pattern.address] = None
            return self._folders[pattern.address]


def _files_beside(path: Path, suffixes: Sequence[str]) -> list[Path]:
    """Documents on this machine: ``a.xml``, ``a.XML``, ``a.tif.xml``."""
    names = [
        f"{stem}{form}" for suffix in suffixes for form in (suffix, suffix.upper()) for stem in (path.stem, path.name)
    ]
    return [candidate for name in names if (candidate := path.with_name(name)).is_file()]


def _read(reader: MetadataReader, place: Place, path: str) -> Document:
    """A document and what it says; raises RegistrationRefused, whatever the plugin raises."""
    try:
        return Document(place, reader.read(path), reader.key)
    except EOxServerError as error:
        reason = error.message.replace(path, str(place))
    except Exception as error:
        log.warning("metadata reader %s failed on %s", reader.key, place, exc_info=True)
        reason = f"reader {reader.key} failed on {place.name}: {type(error).__name__}: {error}"
    raise RegistrationRefused(f"the metadata document cannot be used: {reason}; {NO_METADATA}")
