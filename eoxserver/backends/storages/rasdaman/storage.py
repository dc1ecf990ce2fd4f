# SPDX-License-Identifier: MIT
"""The storage type ``rasdaman``: arrays of a rasdaman server (or of any other that answers rasql by HTTP)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from eoxserver.backends.credentials import read_credentials, shown_url
from eoxserver.backends.descriptions import Description
from eoxserver.backends.locations import StorageRecord
from eoxserver.backends.storages.rasdaman.arrays import find_array
from eoxserver.backends.storages.rasdaman.celltypes import Component
from eoxserver.backends.storages.rasdaman.client import ACCEPTED_URLS, RasqlClient
from eoxserver.backends.storages.rasdaman.source import RasdamanSource
from eoxserver.conf.schema import Settings
from eoxserver.core.axes import IndexAxis
from eoxserver.core.crs import index_crs, rename_axes
from eoxserver.core.domain import Domain
from eoxserver.core.errors import (
    ConfigurationError,
    CredentialsRefused,
    DataUnavailable,
    StorageUnreachable,
    TransferFailed,
)
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.plugins.markers import hookimpl

__all__ = ["RasdamanStorage", "eoxs_storages"]

_MOST_KNOWN = 4096


@dataclass(frozen=True, slots=True)
class _Known:
    """The source of an array that was asked for, and until when it is believed to be that array."""

    source: RasdamanSource
    until: float


class RasdamanStorage:
    """The arrays of one server.

    Parameters
    ----------
    record : StorageRecord
        Its URL is that of the rasql endpoint, ``http://host:8080/rasdaman/rasql``; ``rasdaman://host`` means the same.
        Without credentials the server is asked as ``rasguest``. Locations are described in ``arrays``.
    """

    key: ClassVar[str] = "rasdaman"

    def __init__(self, record: StorageRecord, settings: Settings) -> None:
        self._record = record
        self._settings = settings
        self._made: RasqlClient | None = None
        self._known: dict[str, _Known] = {}

    def __repr__(self) -> str:
        return f"<RasdamanStorage {shown_url(self._record.url)}>"

    def validate(self) -> None:
        """Check that there is a server which answers rasql."""
        read_credentials(self._record.credentials)
        try:
            version = self._client().text("select version()", "")
        except (StorageUnreachable, CredentialsRefused, TransferFailed):
            raise
        except DataUnavailable as error:
            raise self._no_endpoint(error.message) from error
        if not version or version.lstrip().startswith("<"):
            raise self._no_endpoint("it does not tell its version")

    def connect(self, location: str) -> RasdamanSource:
        """Answer a source that reads the array on the server, the same one as long as it is the same array."""
        source = self._source(location)
        _ = source.order
        return source

    def complete(self, location: str) -> str:
        """Answer the location under which the array is registered: one that puts rows (y) before columns (x)."""
        return str(self._source(location).array.upright())

    def describe(self, location: str) -> Description:
        """Describe the array: index axes from the origin of its domain, and a field for each component."""
        source = self._source(location)
        array, order = source.array, source.order
        crs = index_crs(len(order))
        if array.axis_names:
            crs = rename_axes(crs, [array.axis_names[axis] for axis in order])
        axes = tuple(
            IndexAxis(label, array.domain[axis].size, array.domain[axis].low, crs=crs, role=array.roles[axis])
            for label, axis in zip(crs.labels, order, strict=True)
        )
        fields = tuple(_field(part, number, array.nil) for number, part in enumerate(array.components, 1))
        return Description("rasdaman", Domain(axes), RangeType(fields))

    def _client(self) -> RasqlClient:
        if self._made is None:
            self._made = RasqlClient(self._record.url, self._record.credentials, self._settings.remote)
        return self._made

    def _source(self, location: str) -> RasdamanSource:
        """The source of a location, found out anew when that was long ago; DataUnavailable for whatever fails."""
        known = self._known.get(location)
        if known is not None and time.monotonic() < known.until:
            return known.source
        try:
            client = self._client()
            array = find_array(client, location)
        except ConfigurationError as error:
            raise DataUnavailable(f"{location}: {error.message}", locator=location) from error
        trusted_for = self._settings.cache.revalidate
        if known is not None and known.source.array == array:
            source = known.source
        else:
            source = RasdamanSource(client, array, trusted_for, lambda: self._doubt(location))
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[location] = _Known(source, time.monotonic() + trusted_for)
        return source

    def _doubt(self, location: str) -> None:
        """Ask for the array of a location again when it is used next."""
        known = self._known.get(location)
        if known is not None:
            self._known[location] = _Known(known.source, 0.0)

    def _no_endpoint(self, why: str) -> ConfigurationError:
        url = shown_url(self._record.url)
        return ConfigurationError(f"{url} is no rasql endpoint: {why}; accepted: {ACCEPTED_URLS}", locator=url)


def _field(component: Component, number: int, nil: Sequence[NilValue]) -> Field:
    """A field with those null values that its type can hold."""
    dtype = component.type.dtype
    return Field(component.name or f"b{number}", dtype, nil=tuple(each for each in nil if _possible(each, dtype)))


def _possible(nil: NilValue, dtype: np.dtype[Any]) -> bool:
    if dtype.kind in "iu":
        bounds = np.iinfo(dtype)
        high = nil.low if nil.high is None else nil.high
        return bool(nil.low <= bounds.max and high >= bounds.min)
    return dtype.kind != "b"


@hookimpl
def eoxs_storages() -> Sequence[type]:
    """Add the storage of arrays in rasdaman servers."""
    return [RasdamanStorage]
