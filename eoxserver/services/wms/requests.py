# SPDX-License-Identifier: MIT
"""What a map request asks for, whatever version of WMS it was written in.

The ``decode`` module of each version makes these values; everything after it knows no version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from eoxserver.core.crs import Crs
from eoxserver.query.plan import Interpolation

__all__ = ["ErrorForm", "MapRequest", "Rgb"]

Rgb: TypeAlias = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""


@dataclass(frozen=True, slots=True)
class MapRequest:
    """One map: what to draw, where, and as what."""

    layers: tuple[str, ...]
    """Layer names; later ones are drawn over earlier ones."""
    styles: tuple[str, ...]
    """One style name a layer; empty for its default style."""
    crs: Crs
    bounds: tuple[float, float, float, float]
    """min x, min y, max x, max y [CRS units]; x is easting or longitude in every version and CRS."""
    width: int
    """Columns of the image."""
    height: int
    """Rows of the image."""
    media_type: str
    """MIME type of the image."""
    transparent: bool = False
    background: Rgb = (255, 255, 255)
    interpolation: Interpolation = Interpolation.NEAREST
    dimensions: tuple[tuple[str, str], ...] = ()
    """Parameter (``time``, ``elevation``, ``dim_<axis>``, in lower case) and its text, sorted."""
    explain: bool = False
    """Answer the plan and its price instead of the map."""


@dataclass(frozen=True, slots=True)
class ErrorForm:
    """How a client wants to be told of an error: as XML, or as an image of the size it asked for."""

    kind: str = "xml"
    """``xml``, ``inimage`` or ``blank``."""
    width: int = 256
    height: int = 256
    media_type: str = "image/png"
    transparent: bool = False
    background: Rgb = (255, 255, 255)
