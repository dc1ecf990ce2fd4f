# SPDX-License-Identifier: MIT
"""Imports into an instance, in process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eoxserver.app.instance import Instance
from eoxserver.core.coverage import Coverage
from eoxserver.services.wcst.tiling import tiling as read_tiling

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

    def add_overview(self, identifier: str, factors: Mapping[str, int]) -> None:
        """Keep a coarser copy."""
        known = [factors_ for factors_, _ in self._ingestion.overviews(identifier)]
        if dict(factors) not in [{label: each for label, each in one.items() if each != 1} for one in known]:
            self._ingestion.add_overview(identifier, factors)

    def delete(self, identifier: str) -> None:
        """Delete a coverage with its cells."""
        self._ingestion.delete([identifier])

    def close(self) -> None:
        """Nothing: the instance belongs to whoever opened it."""
