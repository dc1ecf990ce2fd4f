# SPDX-License-Identifier: MIT
"""What registration is asked for, what it found out, and what came of it - as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from shapely.geometry import MultiPolygon

from eoxserver.core.coverage import TiePoints
from eoxserver.core.crs import Crs
from eoxserver.core.domain import Domain
from eoxserver.core.fields import RangeType
from eoxserver.core.metadata import ExtraMetadata
from eoxserver.resources.coverages.registration.identifiers import IdentifierTemplate
from eoxserver.resources.coverages.registration.places import Place
from eoxserver.resources.coverages.registration.times import NamePattern

__all__ = ["Fact", "Item", "Options", "Outcome", "Proposal", "Status"]


@dataclass(frozen=True, slots=True)
class Options:
    """How files become coverages."""

    identifier: IdentifierTemplate = field(default_factory=IdentifierTemplate)
    collection: str | None = None
    """Collection to insert them into; it is made when there is none of this identifier."""
    crs: Crs | None = None
    """For rasters that name none themselves."""
    bounds: tuple[float, float, float, float] | None = None
    """Outer edges (min x, min y, max x, max y) of rasters without a place of their own [units of ``crs``]."""
    span: tuple[datetime, datetime] | None = None
    """Begin and end of all of them, whatever the data says."""
    values: tuple[float, float] | None = None
    """Least and greatest value of all fields that mean something; maps go from black to white between them."""
    name_pattern: NamePattern | None = None
    """Finds the time in the name of each file."""
    metadata: bool = True
    """Whether documents beside the data are read."""
    replace: bool = False
    """Whether a coverage of the same identifier gives way."""
    together: bool = False
    """Whether all files are the bands of one coverage."""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """Something found out about a file."""

    name: str
    value: str
    why: str
    """Where it comes from."""


@dataclass(frozen=True, slots=True)
class Item:
    """A data item to be: one file, and what it is to the coverage."""

    place: Place
    semantic: str
    """``bands``, ``bands[i:j]``, ``slice`` or ``metadata``."""
    driver: str = ""
    """Name of the GDAL driver, or of the format where GDAL has none; empty for metadata."""
    metadata_format: str = ""
    """Key of the metadata reader; empty for data."""
    variables: tuple[str, ...] = ()
    """Of an array file, one a field."""

    @property
    def location(self) -> str:
        """Where it is, as people write it."""
        return str(self.place)


@dataclass(frozen=True)
class Proposal:
    """Everything there is to store of a new coverage."""

    identifier: str
    kind: Literal["RectifiedDataset", "ReferenceableDataset", "Coverage"]
    items: tuple[Item, ...]
    domain: Domain
    """With index axes for a ReferenceableDataset."""
    range_type: RangeType
    footprint: MultiPolygon
    """Empty: what follows from the domain."""
    begin_time: datetime | None = None
    end_time: datetime | None = None
    tie_points: TiePoints | None = None
    title: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    extra: ExtraMetadata = field(default_factory=ExtraMetadata)
    facts: tuple[Fact, ...] = ()

    @property
    def addresses(self) -> frozenset[str]:
        """Where its cells lie."""
        return frozenset(item.place.address for item in self.items if item.driver)


class Status(StrEnum):
    """What came of a file."""

    REGISTERED = "registered"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    """It is registered already, under this identifier."""
    PLANNED = "planned"
    """Dry run: it would be registered."""
    SKIPPED = "skipped"
    """It accompanies data and is none itself."""
    REFUSED = "refused"


@dataclass(frozen=True)
class Outcome:
    """What came of one file, or of several that make one coverage."""

    place: Place
    status: Status
    identifier: str | None = None
    reason: str = ""
    """Why it is not registered; empty when it is."""
    proposal: Proposal | None = None

    @property
    def failed(self) -> bool:
        """Whether somebody should look at it."""
        return self.status is Status.REFUSED

    def as_json(self) -> dict[str, object]:
        """The outcome as JSON-able values."""
        facts = self.proposal.facts if self.proposal else ()
        return {
            "path": str(self.place),
            "status": str(self.status),
            "identifier": self.identifier,
            "kind": self.proposal.kind if self.proposal else None,
            "reason": self.reason or None,
            "facts": {fact.name: {"value": fact.value, "from": fact.why} for fact in facts},
        }
