# SPDX-License-Identifier: MIT
"""What the operations of WCS 2.0 are asked, as values; each binding decodes into these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from eoxserver.core.crs import Crs
from eoxserver.core.selection import Subset
from eoxserver.query.plan import Interpolation, ScaleTarget
from eoxserver.services.wcps.clipping import Outlined

__all__ = ["AllAxes", "DescribeCoverage", "GetCapabilities", "GetCoverage", "RangeItem", "Scaling"]


@dataclass(frozen=True, slots=True)
class GetCapabilities:
    """Describe the service."""

    sections: frozenset[str]
    media_type: str
    update_sequence: str
    """Of the answer."""
    current: bool
    """Whether the client has this update sequence already."""


@dataclass(frozen=True, slots=True)
class DescribeCoverage:
    """Describe some coverages."""

    coverage_ids: tuple[str, ...]
    general_grid: bool = False
    """Whether in the terms of CIS 1.1 (``outputType=GeneralGridCoverage``) instead of CIS 1.0."""
    json: bool = False
    """Whether in JSON, which is always CIS 1.1."""
    coverage_version: int | None = None
    """An earlier state of the only coverage (``coverageVersion``); None: as it is now."""


@dataclass(frozen=True, slots=True)
class RangeItem:
    """One field, or those from ``first`` to ``last``, by name or 0-based number."""

    first: str
    last: str | None = None


@dataclass(frozen=True, slots=True)
class AllAxes:
    """Multiply the number of cells along every regular axis."""

    factor: float


Scaling: TypeAlias = AllAxes | tuple[ScaleTarget, ...]


@dataclass(frozen=True, slots=True)
class GetCoverage:
    """Deliver a coverage, or part of it."""

    coverage_id: str
    subsets: tuple[Subset, ...] = ()
    range_items: tuple[RangeItem, ...] = ()
    """Empty: all fields."""
    scaling: Scaling | None = None
    interpolation: Interpolation = Interpolation.NEAREST
    clip: Outlined | None = None
    subsetting_crs: Crs | None = None
    """Of horizontal bounds, and of the coordinates of ``clip``."""
    output_crs: Crs | None = None
    format: str | None = None
    """MIME type; None: the native format."""
    multipart: bool = False
    general_grid: bool = False
    """Whether as a coverage of CIS 1.1 (``outputType=GeneralGridCoverage``), in GML or JSON."""
    encoding: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Encoding parameters by their full name in lower case (``geotiff:compression``)."""
    coverage_version: int | None = None
    """An earlier state of the coverage (``coverageVersion``); None: as it is now."""
    explain: bool = False
    """Answer the plan and its price instead of the coverage."""
