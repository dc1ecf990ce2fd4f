# SPDX-License-Identifier: MIT
"""Sources of catalogued coverages: opened when the first cell is read, one for all data items of a coverage."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np

from eoxserver.backends.access import Access
from eoxserver.backends.connections import RasterPath, file_validator
from eoxserver.backends.cubes.storage import VersionSource
from eoxserver.backends.locations import Location, location_of
from eoxserver.backends.models import DataItem
from eoxserver.backends.readers.arrays.files import is_zarr_name, open_arrays
from eoxserver.backends.readers.bands import combine
from eoxserver.backends.readers.base import Reader
from eoxserver.backends.readers.connected import ConnectedSource
from eoxserver.backends.readers.nil import mask_nil
from eoxserver.core.coverage import CellBox, Cells, Level, Source, state_of
from eoxserver.core.errors import AccessDenied, ConfigurationError, DataUnavailable, EOxServerError, UnknownKey
from eoxserver.core.fields import Field
from eoxserver.resources.coverages.stacks.index import Indexes
from eoxserver.resources.coverages.stacks.source import OpenFiles, Stacked, StackSource

__all__ = ["LazySource", "Opener"]

log = logging.getLogger(__name__)

_FOLDERS = re.compile(r"(?<![\w./:])/(?:[^/\s:'\"]+/)+")
"""The folders of an absolute path within a text; URLs have none."""
_URLS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/\s'\",]*)((?:/[^/\s'\":,;)]*)*)")
"""A URL within a text: its host, its path."""


class _Told(DataUnavailable):
    """Said of a coverage already, in words for clients."""


class LazySource:
    """A source that is opened when somebody asks for more than its shape.

    What goes wrong is told of the coverage, without the folders of the server; the log has them.

    Parameters
    ----------
    identifier : str
        Of the coverage, for messages.
    shape : tuple of int
        What the catalogue says; data of another shape is refused.
    open_source : callable
        Opens the data; raises DataUnavailable. It is called again after it failed.
    fields : sequence of Field
        What the catalogue says, if anything; data of another type is refused.
    """

    def __init__(
        self,
        identifier: str,
        shape: tuple[int, ...],
        open_source: Callable[[], Source],
        fields: Sequence[Field] = (),
    ) -> None:
        self._identifier = identifier
        self._shape = shape
        self._open_source = open_source
        self._dtypes = tuple(field.dtype for field in fields)
        self._lock = threading.Lock()
        self._source: Source | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis, as the catalogue says."""
        return self._shape

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the data; raises DataUnavailable."""
        with self._telling():
            return self._opened().chunks

    @property
    def levels(self) -> tuple[Level, ...]:
        """Those of the data; raises DataUnavailable."""
        with self._telling():
            return self._opened().levels

    def state(self) -> str:
        """That of the data; empty while it cannot be opened."""
        try:
            return state_of(self._opened())
        except EOxServerError:
            return ""

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells of the box; raises DataUnavailable."""
        with self._telling():
            cells = self._opened().read(box, fields, level)
        if self._dtypes:
            registered = np.result_type(*(self._dtypes[field] for field in fields))
            if cells.values.dtype != registered:
                raise self._changed(cells.values.dtype.name, registered.name)
        return cells

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Tell of data that cannot be read in words for clients."""
        try:
            yield
        except _Told:
            raise
        except DataUnavailable as error:
            log.warning("coverage %s: %s", self._identifier, error.message)
            raise self._unreadable(_for_clients(error.message, error.locator or "")) from error
        except (AccessDenied, ConfigurationError, UnknownKey) as error:
            log.warning("coverage %s: %s", self._identifier, error.message)
            raise self._unreadable("where it lies is not set up well; the log of the server says more") from error

    def _opened(self) -> Source:
        source = self._source
        if source is not None:
            return source
        with self._lock:
            if self._source is None:
                opened = self._open_source()
                if opened.shape != self._shape:
                    raise self._changed(_size(opened.shape), _size(self._shape))
                self._source = opened
            return self._source

    def _unreadable(self, reason: str) -> DataUnavailable:
        return DataUnavailable(
            f"the data of coverage '{self._identifier}' cannot be read: {reason}", locator=self._identifier
        )

    def _changed(self, found: str, registered: str) -> DataUnavailable:
        return _Told(
            f"the data of coverage '{self._identifier}' has {found} cells now, registered were {registered}; "
            "registering it again with --replace takes what there is",
            locator=self._identifier,
        )


class Opener:
    """Opens data items with the readers of an instance.

    Parameters
    ----------
    readers : mapping of str to Reader
        In the order in which they are asked.
    access : Access
        Finds the data behind data items.
    """

    def __init__(self, readers: Mapping[str, Reader], access: Access) -> None:
        self._readers = readers
        self._access = access
        self._indexes = Indexes()
        self.files = OpenFiles(self._raster, self._variables, access.is_own, self._state)
        """How files of stacks are opened."""

    def source(
        self,
        identifier: str,
        shape: tuple[int, ...],
        items: Sequence[tuple[range, DataItem]],
        fields: Sequence[Field] = (),
    ) -> Source:
        """The source of a coverage whose data items give ranges of its fields; touches no data yet.

        Parameters
        ----------
        fields : sequence of Field
            As the coverage is catalogued; their nil values are nil, whether the data knows them or not.
        """

        def open_source() -> Source:
            if not items:
                raise _Told(f"coverage '{identifier}' has no data item of bands", locator=identifier)
            return combine(
                [(part, self._open(item, [fields[i] for i in part] if fields else [])) for part, item in items]
            )

        return LazySource(identifier, shape, open_source, fields)

    def stack(self, identifier: str, stacked: Stacked) -> Source:
        """The source of a coverage of slices; touches neither its files nor the catalogue yet."""
        indexes, files = self._indexes, self.files
        shape = stacked.grid.domain.shape
        return LazySource(identifier, shape, lambda: StackSource(stacked, indexes, files), stacked.fields)

    def _raster(self, location: Location) -> Source:
        """The source of a raster, as its reader makes it."""
        if self._access.is_own(location):
            return self._source(self._access.connect_location(location), ())
        return ConnectedSource(self._access, location, lambda place: self._source(place, ()))

    def _variables(self, location: Location, names: Sequence[str]) -> Source:
        """The source of variables of an array file."""
        if location.storage is None and not location.packages and is_zarr_name(location.path):
            return open_arrays(location.path, names)
        if self._access.is_own(location):
            return open_arrays(self._access.retrieve_location(location), names)
        return ConnectedSource(
            self._access, location, lambda path: open_arrays(str(path), names), self._access.retrieve_location
        )

    def _state(self, location: Location) -> str:
        """Which file a location is now; empty while nobody can tell."""
        if location.storage is None and self._access.is_own(location):
            return file_validator(location.path)
        try:
            return self._access.validator(location)
        except EOxServerError:
            return ""

    def _open(self, item: DataItem, fields: Sequence[Field]) -> Source:
        """The source of one data item; raises DataUnavailable.

        A plain file of this machine is read without detours: its source looks for itself whether it was replaced.
        """
        location = location_of(item)
        if self._access.is_own(location):
            return self._source(self._access.connect_location(location), fields)
        return ConnectedSource(self._access, location, lambda place: self._source(place, fields))

    def _source(self, place: object, fields: Sequence[Field]) -> Source:
        """The source of what is connected to."""
        if isinstance(place, VersionSource):
            return mask_nil(place, fields, place.fields[: len(fields)])
        if isinstance(place, Source):
            return mask_nil(place, fields)
        path = place if isinstance(place, RasterPath) else str(place)
        for reader in self._readers.values():
            if reader.can_open(path):
                source = reader.open(path)
                if not any(field.nil for field in fields):
                    return source
                return mask_nil(source, fields, reader.describe(path).range_type.fields[: len(fields)])
        names = ", ".join(self._readers) or "none is installed"
        raise DataUnavailable(f"no reader opens {path}; asked: {names}", locator=path)


def _for_clients(text: str, place: str) -> str:
    """Answer a message without folders and machines: ``place``, which it is about, is a path, URL or name of a copy."""
    folder, _, name = place.rpartition(" -> ")[2].rpartition("/")
    if name:
        text = text.replace(place, name)
    if folder and not folder.endswith(":/"):
        text = text.replace(f"{folder}/", "")
    return _FOLDERS.sub("", _URLS.sub(_last_part, text))


def _last_part(url: re.Match[str]) -> str:
    """What clients may know of a URL."""
    return url[2].rstrip("/").rpartition("/")[2] or "..."


def _size(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape)) or "1"
