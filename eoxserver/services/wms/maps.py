# SPDX-License-Identifier: MIT
"""Maps: the plans of a request, evaluated from the top layer down and painted until nothing below can be seen."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from eoxserver.conf.schema import Settings
from eoxserver.core.axes import Role
from eoxserver.core.coverage import CellBox, Cells, Coverage, DataState
from eoxserver.core.crs import wgs84_bounds
from eoxserver.core.errors import DataUnavailable, InvalidDimensionValue, LimitExceeded, NoSuchCoverage
from eoxserver.query.plan import Node, Overlay
from eoxserver.services.engine import Engine
from eoxserver.services.wire import go_on
from eoxserver.services.wms.entries import Bounds
from eoxserver.services.wms.layers import Layer, Layers
from eoxserver.services.wms.plan import check_dimensions, coverage_plans, dimension_keys, requested_spans, shows_time
from eoxserver.services.wms.render import Bytes, Canvas, Picture, draw, picture
from eoxserver.services.wms.requests import MapRequest
from eoxserver.services.wms.times import matching, span_extent

if TYPE_CHECKING:
    from eoxserver.resources.coverages.catalogue import Catalogue, CollectionSummary

__all__ = ["MapMaker", "Painted", "Planned"]

log = logging.getLogger(__name__)

BATCH = 16
"""Members of a collection that are looked up at a time."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A plan of a map, and how its cells become colours."""

    coverage: Coverage
    plan: Node
    style: Picture
    member: bool
    """Whether it belongs to a collection, which is drawn without the members that cannot be read."""
    alone: bool
    """Whether it is all there is to see."""


@dataclass(frozen=True, slots=True)
class Painted:
    """A map."""

    pixels: Bytes
    """Shape (row, column, channel)."""
    complete: bool
    """False when a member of a collection is missing because its data could not be read."""
    data: DataState
    """What it was made of, as it was before it was read."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One plan for a whole map."""

    plan: Node
    coverages: tuple[Coverage, ...]
    """Those it reads."""
    complete: bool
    """False when a member of a collection is missing because its data cannot be read."""


class MapMaker:
    """Paints maps.

    Parameters
    ----------
    layers : Layers
        What names mean, and who may read what.
    """

    def __init__(self, layers: Layers, catalogue: Catalogue, engine: Engine, settings: Settings) -> None:
        self._layers = layers
        self._catalogue = catalogue
        self._engine = engine
        self._limit = settings.limits.max_map_coverages
        self._max_bytes = settings.limits.max_read_bytes
        self._closed = settings.owscommon.time_interval_interpretation == "closed"

    def paint(
        self,
        request: MapRequest,
        layers: tuple[Layer, ...],
        actor: str | None,
        alpha: bool,
        proceed: Callable[[], None] = go_on,
    ) -> Painted:
        """The map.

        Parameters
        ----------
        alpha : bool
            Whether the image may have an alpha channel.
        proceed : callable
            Called between coverages; raises EvaluationStopped when the map is not wanted any more.

        Raises
        ------
        InvalidDimensionValue
            For dimension values that are malformed or not there.
        LimitExceeded
            When too many coverages, or too many cells, would have to be read.
        DataUnavailable
            When the data of a coverage cannot be read; of a collection, when that holds for all of them.
        """
        painting = _Painting(Canvas(request.height, request.width), self._engine, self._limit, self._max_bytes)
        for part in self._parts(request, layers, actor):
            proceed()
            painting.add(part, request.transparent)
            if painting.canvas.full:
                break
        if painting.failure is not None and painting.drawn == 0:
            raise painting.failure
        pixels = painting.canvas.finish(request.transparent and alpha, request.background)
        return Painted(pixels, painting.failure is None, painting.data)

    def plan(self, request: MapRequest, layers: tuple[Layer, ...], actor: str | None) -> Planned | None:
        """One plan for the whole map with the values as they are; None when there is nothing to see.

        Raises
        ------
        InvalidDimensionValue, LimitExceeded, DataUnavailable
            As ``paint``.
        """
        parts = list(islice(self._parts(request, layers, actor, True), self._limit + 1))
        if len(parts) > self._limit:
            raise too_many(self._limit)
        readable = [part for part in parts if not part.member or self._opens(part)]
        if parts and not readable:
            raise DataUnavailable(f"none of the {len(parts)} coverages in this box can be read", locator="layers")
        if not readable:
            return None
        plan = readable[0].plan if len(readable) == 1 else Overlay(tuple(part.plan for part in reversed(readable)))
        return Planned(plan, tuple(part.coverage for part in readable), len(readable) == len(parts))

    def _opens(self, part: _Part) -> bool:
        """Whether the data of a part is there."""
        try:
            self._engine.executor.check(part.plan, lambda _: part.coverage, self._engine.limits)
        except DataUnavailable as error:
            log.warning("a map is made without coverage %s: %s", part.coverage.identifier, error.message)
            return False
        return True

    # -- parts, from the top down ---------------------------------------------------------------

    def _parts(
        self, request: MapRequest, layers: tuple[Layer, ...], actor: str | None, all_fields: bool = False
    ) -> Iterator[_Part]:
        if not any(layer.collection for layer in layers):
            check_dimensions(request, [layer.coverage.domain for layer in layers if layer.coverage])
        for layer in reversed(layers):
            alone = len(layers) == 1
            if layer.coverage is not None:
                self._check_time(request, layer.coverage)
                yield from self._coverage_parts(request, layer.coverage, alone, all_fields)
            elif layer.collection is not None:
                yield from self._member_parts(request, layer.collection, actor, all_fields)

    def _check_time(self, request: MapRequest, coverage: Coverage) -> None:
        if not shows_time(coverage, requested_spans(request), self._closed):
            begin, end = coverage.begin_time or coverage.end_time, coverage.end_time or coverage.begin_time
            assert begin is not None and end is not None, "it has a time that does not match"
            raise InvalidDimensionValue(
                f"time: '{dict(request.dimensions)['time']}' is outside layer '{coverage.identifier}', "
                f"which is of {span_extent(begin, end)}",
                locator="time",
            )

    def _coverage_parts(
        self, request: MapRequest, coverage: Coverage, alone: bool, all_fields: bool, member: bool = False
    ) -> Iterator[_Part]:
        style = picture(coverage.range_type)
        plans = coverage_plans(coverage, request, None if all_fields else style, self._closed)
        first = list(islice(plans, 2))
        for plan in first:
            yield _Part(coverage, plan, style, member, alone and len(first) == 1)
        for plan in plans:
            yield _Part(coverage, plan, style, member, False)

    def _member_parts(
        self, request: MapRequest, collection: CollectionSummary, actor: str | None, all_fields: bool
    ) -> Iterator[_Part]:
        """The members of a collection that lie in the box and the time, the newest first."""
        spans = requested_spans(request)
        self._check_span(request, collection)
        names = self._catalogue.collection_members(
            collection.identifier,
            bbox=_search_box(request),
            begin=min((span.begin for span in spans), default=None),
            end=max((span.end for span in spans), default=None),
            limit=self._limit + 1,
        )
        readable = [name for name in reversed(names) if self._layers.readable(name, actor)]
        for coverage in self._members(collection.identifier, readable):
            if coverage.domain.horizontal is None or not shows_time(coverage, spans, self._closed):
                continue
            own = _own_dimensions(request, coverage)
            try:
                yield from self._coverage_parts(own, coverage, alone=False, all_fields=all_fields, member=True)
            except InvalidDimensionValue as error:
                log.debug("coverage %s has nothing to show: %s", coverage.identifier, error.message)
        if len(names) > self._limit:
            raise too_many(self._limit)

    def _members(self, collection: str, names: Sequence[str]) -> Iterator[Coverage]:
        """The coverages of these names, a few at a time, without those that cannot be had."""
        for start in range(0, len(names), BATCH):
            batch = names[start : start + BATCH]
            try:
                yield from self._catalogue.coverages(batch)
                continue
            except (DataUnavailable, NoSuchCoverage):
                log.debug("one of %s cannot be had; each is tried", ", ".join(batch))
            for name in batch:
                try:
                    coverage = self._catalogue.coverage(name)
                except (DataUnavailable, NoSuchCoverage) as error:  # broken, or taken out of the catalogue just now
                    log.warning("layer %s is drawn without coverage %s: %s", collection, name, error.message)
                else:
                    yield coverage

    def _check_span(self, request: MapRequest, collection: CollectionSummary) -> None:
        spans = requested_spans(request)
        begin, end = collection.begin_time, collection.end_time
        if spans and begin is not None and end is not None and not matching(spans, begin, end, self._closed):
            raise InvalidDimensionValue(
                f"time: '{dict(request.dimensions)['time']}' is outside layer '{collection.identifier}', "
                f"which is of {span_extent(begin, end)}",
                locator="time",
            )


@dataclass
class _Painting:
    """A map in the making, and what it has cost so far."""

    canvas: Canvas
    engine: Engine
    limit: int
    max_bytes: int
    drawn: int = 0
    read_bytes: int = 0
    failure: DataUnavailable | None = None
    data: DataState = field(default_factory=lambda: DataState.of(()))

    def add(self, part: _Part, transparent: bool) -> None:
        """Paint a part below what is there."""
        if self.drawn >= self.limit:
            raise too_many(self.limit)
        self.data += DataState.of((part.coverage,))
        try:
            coverage = self._checked(part)
            cells = coverage.source.read(CellBox.whole(coverage.source.shape), range(len(coverage.range_type)))
        except DataUnavailable as error:
            if not part.member:
                raise
            log.warning("a map is drawn without coverage %s: %s", part.coverage.identifier, error.message)
            self.failure = error
            return
        self.drawn += 1
        self.canvas.under(draw(part.style, _rows_first(cells, coverage), transparent or not part.alone))

    def _checked(self, part: _Part) -> Coverage:
        """What the plan of a part makes; to know its price opens the data.

        Raises
        ------
        LimitExceeded
            When all parts together would read too much.
        EOxServerError
            What the executor refuses; DataUnavailable when the data cannot be opened.
        """
        checked = self.engine.executor.check(part.plan, lambda _: part.coverage, self.engine.limits)
        self.read_bytes += checked.cost.bytes
        if self.read_bytes > self.max_bytes:
            raise LimitExceeded(
                f"this map needs more than the {self.max_bytes} bytes that may be read for one request "
                "(max_read_bytes); ask for a smaller bbox, or one time",
                locator="bbox",
            )
        return checked.coverage


def too_many(limit: int) -> LimitExceeded:
    """The error of a map of more coverages than allowed."""
    return LimitExceeded(
        f"more than {limit} coverages lie in this box and time (max_map_coverages); ask for a smaller bbox, or a time",
        locator="bbox",
    )


def _rows_first(cells: Cells, coverage: Coverage) -> Cells:
    """Cells with rows before columns, whatever the order of the grid."""
    x, y = (coverage.domain.role_index(role) for role in (Role.X, Role.Y))
    assert x is not None and y is not None, "a map has both"
    if y < x:
        return cells
    return Cells(cells.values.swapaxes(1, 2), None if cells.valid is None else cells.valid.swapaxes(1, 2))


def _search_box(request: MapRequest) -> Bounds | None:
    """The box of a request as the catalogue takes it: west lies beyond east across the date line."""
    box = wgs84_bounds(request.crs, request.bounds)
    if box is None:
        return None
    west, south, east, north = box
    return (west, south, east - 360 if east > 180 else east, north)


def _own_dimensions(request: MapRequest, coverage: Coverage) -> MapRequest:
    """The request without dimensions that a member of a collection does not have."""
    keys = {key for keys in dimension_keys(coverage.domain).values() for key in keys}
    return replace(request, dimensions=tuple(pair for pair in request.dimensions if pair[0] in keys))
