# SPDX-License-Identifier: MIT
"""What is known of a coverage beside its cells: of its fields and axes, and of parts of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from eoxserver.core.domain import Domain

__all__ = ["NO_PARTS", "ExtraMetadata", "GivenParts", "PartMetadata", "Parts"]


@dataclass(frozen=True, slots=True)
class PartMetadata:
    """What is known of a part of a coverage, which mostly is one slice."""

    bounds: Mapping[str, tuple[float, float]]
    """Lower and upper bound on axes, by label [axis units]; on the others the part is as long as the coverage."""
    values: Mapping[str, Any]
    """As JSON has them."""

    def meets(self, domain: Domain) -> bool:
        """Whether the part and a domain have positions in common; axes that the domain lacks do not count."""
        axes = {axis.label: axis for axis in domain.axes}
        return all(
            low <= axes[label].high and high >= axes[label].low
            for label, (low, high) in self.bounds.items()
            if label in axes
        )


class Parts(Protocol):
    """The parts of which something is known; there may be very many."""

    def within(self, domain: Domain) -> Sequence[PartMetadata]:
        """Those that have positions in common with a domain."""


@dataclass(frozen=True, slots=True)
class GivenParts:
    """Parts in memory."""

    parts: tuple[PartMetadata, ...] = ()

    def within(self, domain: Domain) -> Sequence[PartMetadata]:
        """Those that have positions in common with a domain, in order."""
        return [part for part in self.parts if part.meets(domain)]


NO_PARTS = GivenParts()


@dataclass(frozen=True, slots=True)
class ExtraMetadata:
    """Metadata beside names and texts of a whole coverage, which are ``Coverage.metadata``."""

    document: str = ""
    """Text that came as a document of its own: XML, JSON or plain."""
    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By name of the field; values as JSON has them."""
    axes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By label of the axis."""
    parts: Parts = NO_PARTS

    def __bool__(self) -> bool:
        return bool(self.document or self.fields or self.axes or self.parts != NO_PARTS)
