# SPDX-License-Identifier: MIT
"""Ingested coverages as they were: everything that makes one is in its version of the cube."""

from __future__ import annotations

from typing import Any

from eoxserver.backends.cubes.storage import CubeStorage
from eoxserver.core.coverage import Coverage
from eoxserver.core.errors import InvalidParameterValue, ItemMissing, NoSuchCoverage
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.extents import extent
from eoxserver.resources.coverages.ingestion.publishing import Ingested, find, location
from eoxserver.resources.coverages.ingestion.states import CubeState
from eoxserver.resources.coverages.parts import stored_extra
from eoxserver.resources.coverages.points import served

__all__ = ["earlier_coverage"]


def earlier_coverage(known: Ingested, storage: CubeStorage, version: int) -> Coverage:
    """A coverage as it was at a version; its title and abstract are those of today.

    Raises
    ------
    InvalidParameterValue
        When there is no such version (any more), or the catalogue has not come to it yet.
    NoSuchCoverage
        When the coverage was deleted meanwhile.
    """
    row = models.Coverage.objects.filter(pk=known.coverage_key).first()
    if row is None:
        raise NoSuchCoverage(f"no coverage '{known.identifier}'", locator=known.identifier)
    missing = f"coverage '{known.identifier}' has no version {version}; the latest is {known.version}"
    if version > known.version:
        raise InvalidParameterValue(missing, locator="version")
    try:
        snapshot = storage.store.snapshot(known.cube, version)  # not one that is kept open, but there no more
        source = storage.connect(location(known.cube, version))
    except ItemMissing as error:
        find(known.identifier)  # without a coverage there are no versions of it
        raise InvalidParameterValue(f"{missing}; earlier ones may be forgotten", locator="version") from error
    state = CubeState.from_text(snapshot.state, known.cube)
    domain = state.domain(snapshot.axes)
    said = state.details or {}
    details = {**said, "parts": (row.details or {}).get("parts", False)}
    derived: dict[str, Any] = {name: value for name, value in extent(domain).items() if value is not None}
    coverage = Coverage(
        identifier=known.identifier,
        domain=domain,
        range_type=state.range_type,
        source=source,
        native_format=state.native_format,
        title=row.title,
        abstract=row.abstract,
        metadata={str(key): str(value) for key, value in (state.metadata or {}).items()},
        extra=stored_extra(details, known.coverage_key, version),
        **derived,
    )
    return served(coverage, said)
