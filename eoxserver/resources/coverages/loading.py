# SPDX-License-Identifier: MIT
"""From rows to coverages as the rest of the program knows them, in a number of queries that does not grow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import cast

from django.apps import apps
from django.db.models import Prefetch

from eoxserver.backends.models import DataItem, Package
from eoxserver.backends.semantics import band_range
from eoxserver.core.coverage import Coverage, Source
from eoxserver.core.errors import DataUnavailable, EOxServerError
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.resources.coverages.parts import stored_extra
from eoxserver.resources.coverages.points import served
from eoxserver.resources.coverages.pyramid_sources import with_members
from eoxserver.resources.coverages.pyramids import served_state, virtual_state
from eoxserver.resources.coverages.sources import Opener
from eoxserver.resources.coverages.stacks.layout import FileLayout
from eoxserver.resources.coverages.stacks.places import Grid, anchors_from_json
from eoxserver.resources.coverages.stacks.source import Stacked
from eoxserver.resources.coverages.stitching import MosaicSource, Piece, grid_offset
from eoxserver.resources.coverages.virtual.composing import compose

__all__ = ["Loader"]

_ITEM_RELATIONS = ("storage", "package__storage", "package__package__storage")


class Loader:
    """Makes coverages from rows of the catalogue.

    Parameters
    ----------
    formats : FormatRegistry
        Tells native formats.
    opener : Opener
        Makes sources from data items.
    """

    def __init__(self, formats: FormatRegistry, opener: Opener) -> None:
        self._formats = formats
        self._opener = opener

    def load(self, identifiers: Sequence[str], members: bool = True) -> dict[str, Coverage]:
        """The coverages among these identifiers, each by its own.

        Parameters
        ----------
        members : bool
            Whether they may be read from the members of their pyramids.

        Raises
        ------
        DataUnavailable
            When the catalogue describes one of them in a way that makes no sense.
        """
        try:
            rows = _actual(identifiers)
        except (LookupError, ValueError) as error:
            names = ", ".join(identifiers[:5])
            raise DataUnavailable(f"one of {names} is broken in the catalogue: {error}", locator=names) from error
        keys = [row.pk for row in rows]
        items = _data_items(keys)
        general = [row.pk for row in rows if type(row) is models.Coverage]  # no other is a stack
        found = models.Stack.objects.filter(coverage_id__in=general) if general else ()
        stacks = {stack.coverage_id: stack for stack in found}
        virtual = _sources([key for key in general if key not in items and key not in stacks])
        loaded = {}
        for row in rows:
            try:
                own = self._coverage(row, items.get(row.pk, []), stacks.get(row.pk))
                loaded[row.identifier] = self._composed(own, virtual[row.pk]) if row.pk in virtual else own
            except (EOxServerError, ValueError) as error:
                raise DataUnavailable(
                    f"coverage '{row.identifier}' is broken in the catalogue: {error}", locator=row.identifier
                ) from error
        if not members:
            return loaded
        states = {row.pk: served_state(items.get(row.pk, ())) for row in rows}
        return self._with_members(rows, states, set(virtual), loaded)

    def _with_members(
        self,
        rows: Sequence[models.Coverage],
        states: dict[int, str],
        virtual: Collection[int],
        loaded: dict[str, Coverage],
    ) -> dict[str, Coverage]:
        """The coverages with those members as levels that are of their versions."""
        bases = {row.pk: row.identifier for row in rows}
        found = models.PyramidMember.objects.filter(base_id__in=bases).order_by("pk")
        linked = list(found.values_list("base_id", "member__identifier", "base_state"))
        states.update({key: virtual_state(bases[key]) for key in {row[0] for row in linked} & set(virtual)})
        links = [(bases[key], member) for key, member, state in linked if state in ("", states[key])]
        if links:
            known = self.load(sorted({member for _, member in links}), members=False)
            for base in dict.fromkeys(base for base, _ in links):
                own = [known[member] for one, member in links if one == base and member in known]
                loaded[base] = with_members(loaded[base], own)
        return loaded

    def _coverage(self, row: models.Coverage, items: Sequence[DataItem], stack: models.Stack | None) -> Coverage:
        domain = row.domain
        if isinstance(row, models.RectifiedStitchedMosaic):
            source: Source = self._mosaic(row)
        elif stack is not None:
            grid = Grid(domain, anchors_from_json(stack.anchors))
            stacked = Stacked(row.pk, stack.revision, grid, row.range_type.fields, FileLayout.from_json(stack.chunks))
            source = self._opener.stack(row.identifier, stacked)
        else:
            ranges = ((band_range(item.semantic, len(row.range_type)), item) for item in items)
            bands = [(fields, item) for fields, item in ranges if fields is not None]
            source = self._opener.source(row.identifier, domain.shape, bands, row.range_type.fields)
        coverage = Coverage(
            identifier=row.identifier,
            domain=domain,
            range_type=row.range_type,
            source=source,
            native_format=self._native_format(row, items),
            title=row.title,
            abstract=row.abstract,
            begin_time=row.begin_time,
            end_time=row.end_time,
            footprint=row.footprint,
            tie_points=row.tie_points if isinstance(row, models.ReferenceableDataset) else None,
            metadata={str(key): str(value) for key, value in row.metadata.items()},
            extra=stored_extra(row.details, row.pk),
        )
        return served(coverage, row.details)

    def _composed(self, coverage: Coverage, sources: Sequence[str]) -> Coverage:
        """A virtual coverage with axes and cells of its sources as they are now; raises as ``compose``."""
        known = self.load(sources, members=False)
        domain, _, source = compose([known[name] for name in sources])
        return replace(coverage, domain=domain, source=source)

    def _mosaic(self, row: models.RectifiedStitchedMosaic) -> MosaicSource:
        """Members in painting order; their rows are read with those of the mosaic."""
        members = [member.identifier for member in row]
        loaded = self.load(members, members=False)
        pieces = [Piece(grid_offset(row.domain, loaded[member].domain), loaded[member].source) for member in members]
        return MosaicSource(row.domain.shape, row.range_type, pieces)

    def _native_format(self, row: models.Coverage, items: Sequence[DataItem]) -> str:
        if row.native_format:
            return row.native_format
        stored = next((item for item in items if item.semantic.startswith("bands")), None)
        if stored is None:
            return self._formats.default_native_format
        return self._formats.native_mime(self._formats.mime_of_driver(stored.gdal_driver_name) or stored.format)


def _actual(identifiers: Sequence[str]) -> list[models.Coverage]:
    """The rows of their actual types: one query for the types, one for each of them, one for axes."""
    kinds: dict[str, list[int]] = defaultdict(list)
    found = models.Coverage.objects.filter(identifier__in=identifiers).values_list("real_type", "pk")
    for kind, key in found:
        kinds[kind].append(key)
    rows: list[models.Coverage] = []
    for kind, keys in kinds.items():
        model = cast("type[models.Coverage]", apps.get_model(kind))
        axes = Prefetch("axes", queryset=models.Axis.objects.defer(None))
        rows += model._default_manager.filter(pk__in=keys).prefetch_related(axes)
    return rows


def _sources(keys: Sequence[int]) -> Mapping[int, list[str]]:
    """Identifiers of the sources of virtual coverages, in their order, by key."""
    sources: dict[int, list[str]] = defaultdict(list)
    if keys:
        links = models.VirtualSource.objects.filter(coverage_id__in=keys).order_by("position")
        for key, name in links.values_list("coverage_id", "source__identifier"):
            sources[key].append(name)
    return sources


def _data_items(keys: Sequence[int]) -> Mapping[int, list[DataItem]]:
    """Data items by coverage, with all that is needed to find the data later, in whatever thread.

    Those of slices are looked for when cells are read: there may be very many.
    """
    items: dict[int, list[DataItem]] = defaultdict(list)
    found = DataItem.objects.filter(dataset_id__in=keys).exclude(semantic=models.SLICE)
    for item in found.select_related(*_ITEM_RELATIONS).order_by("pk"):
        _fetch_packages(item.package)
        items[item.dataset_id].append(item)
    return items


def _fetch_packages(package: Package | None) -> None:
    """Follow packages in packages, so that nobody needs the database for them later."""
    seen = set()
    while package is not None and package.pk not in seen:
        seen.add(package.pk)
        _ = package.storage
        package = package.package
