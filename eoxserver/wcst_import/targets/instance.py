# SPDX-License-Identifier: MIT
"""Imports into an instance, in process."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from eoxserver.app.instance import Instance
from eoxserver.core.coverage import Coverage
from eoxserver.core.metadata import NO_PARTS
from eoxserver.resources.coverages.stacking.stacks import NewStack
from eoxserver.services.wcst.announcing import web_url
from eoxserver.services.wcst.pyramids import Pyramids
from eoxserver.services.wcst.tiling import tiling as read_tiling
from eoxserver.services.wcst.virtual import Composition, Virtuals
from eoxserver.wcst_import.inplace import slice_parts
from eoxserver.wcst_import.slices import Slice

__all__ = ["InstanceTarget"]


class InstanceTarget:
    """An open instance; whoever opened it closes it."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._ingestion = instance.ingestion

    @property
    def name(self) -> str:
        """Its folder."""
        return str(self._instance.paths.root)

    def check(self) -> None:
        """Find out whether its catalogue answers."""
        self._instance.catalogue.exists("")

    def coverage(self, identifier: str) -> Coverage | None:
        """A coverage of its catalogue."""
        catalogue = self._instance.catalogue
        return catalogue.coverage(identifier) if catalogue.exists(identifier) else None

    def insert(self, coverage: Coverage, further: Sequence[Coverage], tiling: str) -> None:
        """Insert a coverage with its first parts, as one version."""
        chunks = read_tiling(tiling).chunks(coverage.domain.shape) if tiling else None
        self._ingestion.insert(coverage, chunks=chunks, parts=further)

    def update(self, identifier: str, parts: Sequence[Coverage]) -> None:
        """Write parts, as one version."""
        self._ingestion.update_many(identifier, parts)

    @property
    def reads_files(self) -> bool:
        """Yes."""
        return True

    def register(self, identifier: str, slices: Sequence[Slice]) -> None:
        """Register files as slices, in one transaction."""
        parts = [part for one in slices for part in slice_parts(one)]
        if self._instance.catalogue.exists(identifier):
            self._instance.stacks.add(identifier, parts)
            return
        first = slices[0].part
        new = NewStack(
            identifier,
            range_type=first.range_type,
            metadata=first.metadata,
            extra=replace(first.extra, parts=NO_PARTS),
        )
        self._instance.stacks.register(new, parts)

    def add_overview(self, identifier: str, factors: Mapping[str, int]) -> None:
        """Keep a coarser copy."""
        known = [factors_ for factors_, _ in self._ingestion.overviews(identifier)]
        if dict(factors) not in [{label: each for label, each in one.items() if each != 1} for one in known]:
            self._ingestion.add_overview(identifier, factors)

    def add_members(self, identifier: str, members: Sequence[str], harvesting: bool) -> None:
        """Take coverages into the pyramid of one."""
        Pyramids(self._instance.context).add(identifier, members, harvesting)

    def identifiers(self) -> Iterator[str]:
        """The coverages that capabilities list."""
        return (one.identifier for one in self._instance.catalogue.summaries())

    def composed(self, identifier: str, sources: Sequence[str], metadata: Mapping[str, str]) -> Coverage:
        """The coverage, as the catalogue would have it."""
        return Virtuals(self._instance.context).planned(Composition(identifier, tuple(sources), metadata))

    def compose(self, identifier: str, sources: Sequence[str], metadata: Mapping[str, str]) -> None:
        """Catalogue it."""
        Virtuals(self._instance.context).put(Composition(identifier, tuple(sources), metadata))

    def members(self, identifier: str) -> Collection[str]:
        """Of its pyramid."""
        return {each["coverage"] for each in Pyramids(self._instance.context).listing(identifier)["members"]}

    def remove_members(self, identifier: str, members: Sequence[str]) -> None:
        """Take coverages out of the pyramid of one."""
        Pyramids(self._instance.context).remove(identifier, members)

    def mark(self, identifier: str, metadata_url: str) -> None:
        """Mark it, or take the mark away."""
        self._instance.context.announcements.mark(identifier, web_url(metadata_url, "input.inspire.metadata_url"))

    def delete(self, identifier: str) -> None:
        """Delete a coverage with its cells."""
        self._ingestion.delete([identifier])

    def close(self) -> None:
        """Nothing: the instance belongs to whoever opened it."""
