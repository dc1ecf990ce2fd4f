# SPDX-License-Identifier: MIT
"""What the operations of WCS-T are asked, as values; each binding decodes into these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from eoxserver.core.subsets import Subset
from eoxserver.services.wcst.tiling import Tiling

__all__ = [
    "AddMembers", "CoverageInput", "CreateMember", "DeleteCoverage", "DeleteScaleLevel", "InsertCoverage",
    "InsertScaleLevel", "ListMembers", "RemoveMembers", "RenameCoverage", "UpdateCoverage", "UpdateMetadata",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class CoverageInput:
    """A coverage in GML: its text, or where that is."""

    text: str | None = None
    reference: str | None = None
    """A URL."""


@dataclass(frozen=True, slots=True)
class InsertCoverage:
    """Have a new coverage."""

    coverage: CoverageInput
    new_id: bool = False
    """Whether the server finds the identifier; otherwise it is that of the coverage."""
    pixel_types: tuple[np.dtype[Any], ...] = ()
    """Of the fields, or one for all; empty: the coverage says them."""
    tiling: Tiling | None = None


@dataclass(frozen=True, slots=True)
class UpdateCoverage:
    """Write cells of a coverage."""

    coverage_id: str
    coverage: CoverageInput
    subsets: tuple[Subset, ...] = ()
    """Where the cells go."""
    mask: CoverageInput | None = None
    """A coverage of the same cells, not 0 where they are to be written."""


@dataclass(frozen=True, slots=True)
class DeleteCoverage:
    """Have coverages no more."""

    coverage_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InsertScaleLevel:
    """Keep a coarser copy of a coverage."""

    coverage_id: str
    level: float
    """Cells per cell of the copy along each horizontal axis."""


@dataclass(frozen=True, slots=True)
class DeleteScaleLevel:
    """Keep such a copy no longer."""

    coverage_id: str
    level: float


@dataclass(frozen=True, slots=True)
class UpdateMetadata:
    """Replace what is said of a coverage."""

    coverage_id: str
    text: str


@dataclass(frozen=True, slots=True)
class RenameCoverage:
    """Give a coverage another identifier."""

    coverage_id: str
    new_id: str


@dataclass(frozen=True, slots=True)
class CreateMember:
    """Make a coarser coverage of a coverage, a member of its pyramid."""

    coverage_id: str
    member: str
    factors: tuple[float, ...]
    """Cells per cell of the member along each axis, in CRS order."""


@dataclass(frozen=True, slots=True)
class AddMembers:
    """Take coverages into a pyramid."""

    coverage_id: str
    members: tuple[str, ...]
    harvesting: bool = False
    """Whether members of the members come too."""


@dataclass(frozen=True, slots=True)
class RemoveMembers:
    """Take coverages out of a pyramid."""

    coverage_id: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListMembers:
    """Say which coverages are in a pyramid."""

    coverage_id: str
