# SPDX-License-Identifier: MIT
"""What the operations of WCS-T are asked, as values; each binding decodes into these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from eoxserver.core.subsets import Subset
from eoxserver.services.wcst.tiling import Tiling

__all__ = [
    "CoverageInput",
    "DeleteCoverage",
    "DeleteScaleLevel",
    "InsertCoverage",
    "InsertScaleLevel",
    "UpdateCoverage",
]


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
