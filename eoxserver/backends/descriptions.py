# SPDX-License-Identifier: MIT
"""What data says of itself: the answer of readers (``Reader.describe``) and of storages that hold arrays themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eoxserver.core.coverage import TiePoints
from eoxserver.core.domain import Domain
from eoxserver.core.fields import RangeType

__all__ = ["Description"]


@dataclass(frozen=True)
class Description:
    """What data says of itself, before anything is registered.

    Values are never scaled: the reader's metadata says how (``band.1.scale``, ``band.1.offset``), bands counted from 1.
    """

    driver: str
    """Name of the GDAL driver, or of the format where GDAL has none."""
    domain: Domain
    """With regular x and y axes where the data is georeferenced, with index axes otherwise."""
    range_type: RangeType
    bounds: tuple[float, float, float, float] | None = None
    """Outer edges (min x, min y, max x, max y) where there is a geotransform, known CRS or not."""
    north_up: bool = True
    """Whether the first row is the one with the greatest y; means nothing without ``bounds``."""
    tie_points: TiePoints | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    subdatasets: tuple[str, ...] = ()
    """Paths of the data sets inside, where the data is only a container."""
