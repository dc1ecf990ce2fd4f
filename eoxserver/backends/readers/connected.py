# SPDX-License-Identifier: MIT
"""A source over data that is remote or packed: it is connected to again when that is no longer what it was."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from eoxserver.backends.access import Access
from eoxserver.backends.connections import RasterPath, file_validator
from eoxserver.backends.locations import Location, data_file
from eoxserver.core.coverage import CellBox, Cells, Level, Source, state_of
from eoxserver.core.errors import DataUnavailable, EOxServerError

__all__ = ["ConnectedSource"]

Result = TypeVar("Result")

ATTEMPTS = 4
"""How often data is read that is other data each time."""


@dataclass(frozen=True, slots=True)
class _Place:
    """What is connected to, and its state then."""

    connection: object
    state: str

    @classmethod
    def of(cls, connection: object) -> _Place:
        """The state tells two files of one path apart; not two attempts at one file."""
        if isinstance(connection, RasterPath):
            return cls(connection, connection.validator)
        return cls(connection, file_validator(data_file(connection) or "") if isinstance(connection, str) else "")

    def is_at(self, connection: object) -> bool:
        """Whether a connection is this one, attempt included."""
        if isinstance(self.connection, RasterPath):
            return self.connection.is_same(connection)
        return self.connection is connection or (isinstance(connection, str) and self.connection == connection)


class ConnectedSource:
    """Cells of data somewhere; safe in threads.

    Each read asks the access what is connected to, which costs microseconds as long as that is trusted, and holds a
    copy in the cache while it is read. Where a read fails and the data turns out to have changed, or its copy to be
    gone, it is done again with what there is now.

    Parameters
    ----------
    access : Access
        Connects.
    location : Location
        Of the data.
    open_place : callable
        Makes a source of what the access answers; raises DataUnavailable.
    connect : callable, optional
        Asks the access; by default for what is read in place (``Access.connect_location``).
    """

    def __init__(
        self,
        access: Access,
        location: Location,
        open_place: Callable[[object], Source],
        connect: Callable[[Location], object] | None = None,
    ) -> None:
        self._access = access
        self._location = location
        self._open_place = open_place
        self._connect = connect or access.connect_location
        self._lock = threading.Lock()
        self._known: tuple[_Place, Source] | None = None
        self._doubting = threading.Lock()

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the data."""
        return self._with_source(lambda source: source.shape)

    @property
    def chunks(self) -> tuple[int, ...]:
        """Of the data."""
        return self._with_source(lambda source: source.chunks)

    @property
    def levels(self) -> tuple[Level, ...]:
        """Of the data."""
        return self._with_source(lambda source: source.levels)

    def state(self) -> str:
        """Which data it is; empty while it cannot be connected to."""
        try:
            place = self._place()
            return f"{place.connection} {place.state} {state_of(self._source(place))}"
        except EOxServerError:
            return ""

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Read cells, all of them from the data in one state; see ``core.coverage.Source``."""
        return self._with_source(lambda source: source.read(box, fields, level))

    def _with_source(self, use: Callable[[Source], Result]) -> Result:
        place = self._place()
        for _ in range(ATTEMPTS - 1):
            try:
                return self._used(place, use)
            except DataUnavailable:
                now = self._doubted(place)
                if now == place:
                    raise
                place = now
        return self._used(place, use)

    def _used(self, place: _Place, use: Callable[[Source], Result]) -> Result:
        with self._access.hold(place.connection):
            return use(self._source(place))

    def _place(self) -> _Place:
        return _Place.of(self._connect(self._location))

    def _doubted(self, failed: _Place) -> _Place:
        """What is connected to after something was wrong with a place; one of the threads that saw it asks."""
        with self._doubting:
            now = self._place()
            if now.is_at(failed.connection):
                self._access.doubt(self._location)
                now = self._place()
            return now

    def _source(self, place: _Place) -> Source:
        """The source of a place."""
        known = self._known
        if known is not None and known[0].is_at(place.connection):
            return known[1]
        with self._lock:
            known = self._known
            if known is None or not known[0].is_at(place.connection):
                source = self._open_place(place.connection)
                if known is not None and source.shape != known[1].shape:
                    raise DataUnavailable(
                        f"{self._location}: was {_size(known[1])} cells and is {_size(source)} now; register it again",
                        locator=self._location.path,
                    )
                known = self._known = place, source
            return known[1]


def _size(source: Source) -> str:
    return " x ".join(map(str, source.shape))
