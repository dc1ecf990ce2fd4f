# SPDX-License-Identifier: MIT
"""What capabilities documents say of the service and its layers, whatever the version of WMS.

A layer is a coverage with a horizontal CRS, or a collection.
"""

from __future__ import annotations

from dataclasses import dataclass

from eoxserver.conf.schema import Ows
from eoxserver.core.crs import Crs

__all__ = ["Bounds", "Dimension", "LayerEntry", "ServiceEntry"]

Bounds = tuple[float, float, float, float]
"""min x, min y, max x, max y."""


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """The service as a whole."""

    ows: Ows
    url: str
    """Public URL of the endpoint, without query."""
    update_sequence: str
    media_types: tuple[str, ...]
    """Formats of maps."""
    crss: tuple[Crs, ...]
    """CRSs in which every layer is offered."""
    max_width: int
    max_height: int


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension of a layer beside x and y."""

    name: str
    """``time``, ``elevation`` or ``dim_<axis>``."""
    units: str
    """``ISO8601`` for times."""
    extent: str
    """The values there are, in the grammar of WMS."""
    default: str = ""
    """What is shown when a request names no value."""


@dataclass(frozen=True, slots=True)
class LayerEntry:
    """One layer."""

    name: str
    title: str
    abstract: str
    crss: tuple[Crs, ...]
    """The layer's own first."""
    wgs84_bounds: Bounds | None = None
    """West, south, east (beyond 180 across the antimeridian), north [degrees]; None when nothing is known."""
    native_crs: Crs | None = None
    native_bounds: Bounds | None = None
    """In the native CRS, x before y."""
    dimensions: tuple[Dimension, ...] = ()
