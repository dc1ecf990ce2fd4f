# SPDX-License-Identifier: MIT
"""What capabilities say beside what is served, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eoxserver.resources.coverages.announcements import MarkedCoverage

__all__ = ["Announced"]


@dataclass
class Announced:
    """Stands in for the catalogue's."""

    marks: list[MarkedCoverage] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    def marked(self) -> Iterator[MarkedCoverage]:
        """Those with a mark."""
        return iter(self.marks)

    def service_texts(self) -> dict[str, str]:
        """Texts instead of those of the configuration."""
        return self.texts
