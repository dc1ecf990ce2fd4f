# SPDX-License-Identifier: MIT
"""What the layer names of a request mean: coverages and collections of the catalogue."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from eoxserver.conf.schema import Settings
from eoxserver.core.coverage import Coverage
from eoxserver.core.crs import Crs, parse_crs
from eoxserver.core.errors import (
    AccessDenied,
    CoverageUnusable,
    EOxServerError,
    NoSuchCoverage,
    NoSuchLayer,
    NoSuchStyle,
    suggest,
)
from eoxserver.core.util.timetools import isotime
from eoxserver.plugins.manager import Plugins
from eoxserver.resources.coverages.crss import layer_crss, require_offered, wms_crss
from eoxserver.services.wms.entries import Dimension, LayerEntry
from eoxserver.services.wms.requests import MapRequest
from eoxserver.services.wms.times import axis_default, axis_extent, axis_key, span_default, span_extent

if TYPE_CHECKING:
    from eoxserver.resources.coverages.catalogue import Catalogue, CollectionSummary, CoverageSummary

__all__ = ["Layer", "Layers"]

log = logging.getLogger(__name__)

SUGGESTED = 100
"""Collections that are looked at for a suggestion."""
MOST_TIMES = 1000
"""Times of a collection that are listed one by one."""
MOST_COLLECTIONS = 1024
"""Collections that are remembered."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of a request: exactly one of the two."""

    name: str
    coverage: Coverage | None = None
    collection: CollectionSummary | None = None


class Layers:
    """Finds and lists the layers of the catalogue.

    Parameters
    ----------
    plugins : Plugins
        Who may say that an actor must not read a coverage.
    """

    def __init__(self, catalogue: Catalogue, plugins: Plugins, settings: Settings) -> None:
        self._catalogue = catalogue
        self._plugins = plugins
        self._settings = settings
        self._collections = _Known()

    # -- for GetMap -----------------------------------------------------------------------------

    def requested(self, request: MapRequest, actor: str | None, version: int) -> tuple[Layer, ...]:
        """The layers of a request, in its order, each offered in its CRS and style.

        Parameters
        ----------
        version : int
            Of the catalogue, as it is now.

        Raises
        ------
        NoSuchLayer, NoSuchStyle
            For names that are not known.
        CrsNotSupported
            When a layer is not offered in the CRS.
        CoverageUnusable
            When a coverage has no horizontal CRS.
        AccessDenied
            When the actor must not read a layer.
        """
        found = []
        for name, style in zip(request.layers, request.styles, strict=True):
            layer = self._layer(name, actor, version)
            self._check_access(name, actor)
            if style not in ("", name):
                raise NoSuchStyle(f"styles: layer '{name}' has no style '{style}'; available: {name}", locator="styles")
            require_offered(request.crs, self._crss(layer))
            found.append(layer)
        return tuple(found)

    def _layer(self, name: str, actor: str | None, version: int) -> Layer:
        collection = self._collections.get(version, name)
        if collection is not None:
            return Layer(name, collection=collection)
        try:
            return Layer(name, coverage=self._catalogue.coverage(name))
        except NoSuchCoverage as error:
            collection = self._catalogue.collection(name)
            if collection is not None:
                self._collections.put(version, name, collection)
                return Layer(name, collection=collection)
            raise NoSuchLayer(
                f"layers: no layer '{name}'; {self._suggestions(name, actor)}", locator="layers"
            ) from error

    def _suggestions(self, name: str, actor: str | None) -> str:
        """Words on layers that may be meant by an unknown name: those that can be drawn, and read by the actor."""
        coverages = self._catalogue.suggestions(
            name, lambda one: one.domain.horizontal is not None and self.readable(one.identifier, actor)
        )
        few = islice(self._catalogue.collections(), SUGGESTED)
        collections = [one.identifier for one in few if self.readable(one.identifier, actor)]
        return f"{coverages}; collections: {suggest(name, collections)}" if collections else coverages

    def _check_access(self, name: str, actor: str | None) -> None:
        if not self.readable(name, actor):
            raise AccessDenied(f"layer '{name}' may not be read by {actor or 'anonymous users'}", locator="layers")

    def _crss(self, layer: Layer) -> tuple[Crs, ...]:
        if layer.coverage is None:
            return wms_crss(self._settings)
        domain = layer.coverage.domain
        if domain.horizontal is None:
            raise CoverageUnusable(
                f"layer '{layer.name}' cannot be drawn: its axes ({', '.join(domain.labels)}) are not a regular grid "
                "in a horizontal CRS",
                locator="layers",
            )
        return layer_crss(self._settings, domain.horizontal_crs)

    def readable(self, identifier: str, actor: str | None) -> bool:
        """Whether the actor may read a coverage or collection."""
        return self._plugins.authorize(actor, "read", identifier)

    # -- for GetCapabilities ----------------------------------------------------------------------

    def common_crss(self) -> tuple[Crs, ...]:
        """The CRSs in which every layer is offered."""
        return with_crs84(wms_crss(self._settings))

    def entries(self, actor: str | None) -> Iterator[LayerEntry]:
        """All layers the actor may see: collections first, coverages after them, each sorted by name.

        Coverages without a horizontal CRS are left out. The catalogue is read while the entries are taken.
        """
        for collection in self._catalogue.collections():
            if self.readable(collection.identifier, actor):
                yield self._collection_entry(collection)
        for summary in self._catalogue.summaries():
            if summary.domain.horizontal is None or not self.readable(summary.identifier, actor):
                continue
            try:
                entry = self._coverage_entry(summary)
            except EOxServerError as error:
                log.warning("layer %s cannot be described and is left out: %s", summary.identifier, error.message)
            else:
                yield entry

    def _collection_entry(self, collection: CollectionSummary) -> LayerEntry:
        return LayerEntry(
            collection.identifier,
            collection.title,
            collection.abstract,
            self.common_crss(),
            collection.wgs84_bounds,
            dimensions=self._times_of(collection),
        )

    def _times_of(self, collection: CollectionSummary) -> tuple[Dimension, ...]:
        """The times at which members begin, so that clients offer those and none between; of too many, the span."""
        whole = _time_of(collection)
        times = self._catalogue.collection_times(collection.identifier, MOST_TIMES + 1) if whole else ()
        if not 1 < len(times) <= MOST_TIMES:
            return whole
        return (replace(whole[0], extent=",".join(isotime(instant) for instant in times)),)

    def _coverage_entry(self, summary: CoverageSummary) -> LayerEntry:
        domain = summary.domain
        native = domain.horizontal_crs
        dimensions = [
            Dimension(
                axis_key(axis),
                "ISO8601" if axis_key(axis) == "time" else axis.unit,
                axis_extent(axis),
                axis_default(axis),
            )
            for position, axis in enumerate(domain.axes)
            if position not in (domain.horizontal or ())
        ]
        if not any(dimension.name == "time" for dimension in dimensions):
            dimensions += _time_of(summary)
        return LayerEntry(
            summary.identifier,
            summary.title,
            summary.abstract,
            with_crs84(layer_crss(self._settings, native)),
            summary.wgs84_bounds,
            native if native is not None and native.code else None,
            domain.horizontal_bounds,
            tuple(dimensions),
        )


class _Known:
    """Collections that were asked for, all of one version of the catalogue. Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = -1
        self._collections: dict[str, CollectionSummary] = {}

    def get(self, version: int, name: str) -> CollectionSummary | None:
        """The collection, if it was asked for in this version."""
        with self._lock:
            return self._collections.get(name) if version == self._version else None

    def put(self, version: int, name: str, collection: CollectionSummary) -> None:
        """Keep a collection; those of other versions are forgotten, and all when they are many."""
        with self._lock:
            if version != self._version or len(self._collections) >= MOST_COLLECTIONS:
                self._collections = {}
                self._version = version
            self._collections[name] = collection


def with_crs84(crss: tuple[Crs, ...]) -> tuple[Crs, ...]:
    """The CRSs and ``CRS:84``, which is offered wherever EPSG:4326 is."""
    swapped = any(crs.epsg == 4326 for crs in crss)
    return tuple(dict.fromkeys((*crss, parse_crs("CRS:84")))) if swapped else crss


def _time_of(summary: CoverageSummary | CollectionSummary) -> tuple[Dimension, ...]:
    """The time of something that covers a span."""
    begin, end = summary.begin_time or summary.end_time, summary.end_time or summary.begin_time
    if begin is None or end is None:
        return ()
    return (Dimension("time", "ISO8601", span_extent(begin, end), span_default(begin, end)),)
