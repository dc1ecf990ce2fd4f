# SPDX-License-Identifier: MIT
"""The storage type ``cube``: versions of cubes, which data items of ingested coverages name ``NAME?version=NUMBER``."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import ClassVar

from eoxserver.backends.cubes.base import CubeStore, Snapshot
from eoxserver.backends.cubes.ocdbt import OcdbtCubeStore
from eoxserver.backends.descriptions import Description
from eoxserver.backends.locations import StorageRecord
from eoxserver.conf.schema import Settings
from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import CellBox, Cells, Level, Source
from eoxserver.core.domain import Domain
from eoxserver.core.errors import ItemMissing
from eoxserver.core.fields import RangeType
from eoxserver.plugins.markers import hookimpl

__all__ = ["CubeStorage", "VersionSource", "eoxs_storages"]

KEPT = 64
"""Versions that are kept open."""
_LOCATION = re.compile(r"([^?]+?)(?:\?version=([0-9]{1,18}))?")


class CubeStorage:
    """The cubes below one URL.

    Parameters
    ----------
    record : StorageRecord
        Its URL is that of the store; a relative folder is one of the instance, which may so be moved.
    """

    key: ClassVar[str] = "cube"

    def __init__(self, record: StorageRecord, settings: Settings) -> None:
        chosen = settings.cubes
        self.store: CubeStore = OcdbtCubeStore(record.url, settings.path(""), chosen.cache_bytes, chosen.update_bytes)
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int], Snapshot] = OrderedDict()

    def validate(self) -> None:
        """Check that the store answers."""
        next(iter(self.store.names()), None)

    def connect(self, location: str) -> VersionSource:
        """Answer the cells of a version, which are the same for ever; without ``?version=`` those of the latest."""
        snapshot = self._snapshot(location)
        return VersionSource(self, _parsed(location)[0], snapshot)

    def complete(self, location: str) -> str:
        """Answer the location with its version."""
        snapshot = self._snapshot(location)
        return f"{_parsed(location)[0]}?version={snapshot.version}"

    def describe(self, location: str) -> Description:
        """Describe the array: index axes, and the fields."""
        snapshot = self._snapshot(location)
        axes = tuple(IndexAxis(axis.label, axis.size, axis.low) for axis in snapshot.axes)
        return Description(self.key, Domain(axes), RangeType(snapshot.layout.fields))

    def kept(self, name: str, version: int) -> Snapshot:
        """A version, kept open while it is one of those used last; raises ItemMissing, DataUnavailable."""
        with self._lock:
            found = self._kept.get((name, version))
            if found is not None:
                self._kept.move_to_end((name, version))
                return found
        found = self.store.snapshot(name, version)
        with self._lock:
            self._kept[name, version] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    def _snapshot(self, location: str) -> Snapshot:
        name, version = _parsed(location)
        return self.store.snapshot(name) if version is None else self.kept(name, version)


def _parsed(location: str) -> tuple[str, int | None]:
    match = _LOCATION.fullmatch(location)
    if match is None:
        raise ItemMissing(f"'{location}' is no cube; accepted: NAME, NAME?version=NUMBER", locator=location)
    return match[1], None if match[2] is None else int(match[2])


class VersionSource:
    """The cells of a version; so small that very many versions may be remembered. Safe in threads.

    Parameters
    ----------
    storage : CubeStorage
        Keeps versions open.
    name : str
        Of the cube.
    snapshot : Snapshot
        Looked at, not kept.
    """

    def __init__(self, storage: CubeStorage, name: str, snapshot: Snapshot) -> None:
        self._storage = storage
        self._name = name
        self._version = snapshot.version
        self.fields = snapshot.layout.fields
        """Their nil values are masked."""
        self._shape = snapshot.source.shape
        self._chunks = snapshot.source.chunks
        self._levels = snapshot.source.levels

    def __repr__(self) -> str:
        return f"<VersionSource {self._name} version {self._version}>"

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis."""
        return self._shape

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the cube."""
        return self._chunks

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution and overviews."""
        return self._levels

    def state(self) -> str:
        """Always the same."""
        return f"{self._name}?version={self._version}"

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Read cells; see ``core.coverage.Source``."""
        source: Source = self._storage.kept(self._name, self._version).source
        return source.read(box, fields, level)


@hookimpl
def eoxs_storages() -> Sequence[type]:
    """Add the storage of cubes."""
    return [CubeStorage]
