# SPDX-License-Identifier: MIT
"""What a search asks for: a region of the Earth, a span of time, and how objects must lie to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from eoxserver.resources.coverages.geometries import (
    Box,
    geometry,
    plain_boxes,
    search_box,
    surrounding_box,
)

__all__ = ["Region", "Relation", "box_region", "region_of", "related"]


class Relation(StrEnum):
    """How a footprint lies to the geometry of a search (OGC 06-103r4 clause 6.1.15)."""

    INTERSECTS = "intersects"
    WITHIN = "within"
    """The footprint lies within the geometry."""
    CONTAINS = "contains"
    """The footprint contains the geometry."""
    BBOX = "bbox"
    """The box around the footprint meets the geometry, which is a box; nothing else is compared."""


@dataclass(frozen=True)
class Region:
    """A place, a time, or both."""

    geometry: BaseGeometry | None = None
    """In EPSG:4326, longitudes from -180 to 180; None: anywhere, even nowhere."""
    begin: datetime | None = None
    end: datetime | None = None
    """The span of time; None: since ever, for ever."""
    closed: bool = True
    """Whether the span contains its two ends."""

    def __post_init__(self) -> None:
        for instant in (self.begin, self.end):
            if instant is not None and instant.tzinfo is None:
                raise ValueError(f"the time {instant} has no time zone")
        if self.begin is not None and self.end is not None and self.begin > self.end:
            raise ValueError(f"the time span {self.begin} to {self.end} ends before it begins")
        if self.geometry is not None and self.geometry.is_empty:
            raise ValueError("the geometry of a search must not be empty")

    @property
    def timed(self) -> bool:
        """Whether time matters at all."""
        return self.begin is not None or self.end is not None

    @cached_property
    def boxes(self) -> tuple[Box, ...]:
        """One or two boxes that hold the geometry and do not cross the date line."""
        return () if self.geometry is None else plain_boxes(surrounding_box(self.geometry))

    @cached_property
    def share_of_earth(self) -> float:
        """How much of the map of longitudes and latitudes the boxes cover, 0 to 1."""
        return sum((east - west) * (north - south) for west, south, east, north in self.boxes) / (360 * 180)

    @cached_property
    def is_box(self) -> bool:
        """Whether the geometry is nothing but its boxes."""
        if self.geometry is None:
            return False
        whole = shapely.union_all([shapely.box(*box) for box in self.boxes])
        return bool(whole.area > 0 and shapely.equals(whole, self.geometry))

    @cached_property
    def wkb(self) -> bytes:
        """The geometry as WKB."""
        return bytes(shapely.to_wkb(self.geometry))


def box_region(bounds: Box, begin: datetime | None = None, end: datetime | None = None, closed: bool = True) -> Region:
    """The region of west, south, east, north [degrees]; a west beyond the east crosses the date line.

    Raises
    ------
    ValueError
        When the bounds are no box, or the time span ends before it begins.
    """
    return Region(search_box(bounds), begin, end, closed)


def related(relation: Relation, prepared: BaseGeometry, footprints: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Which footprints lie in the relation to the geometry of a search; shape as ``footprints``.

    Parameters
    ----------
    prepared : geometry
        The geometry of the search, best prepared (``shapely.prepare``) by the caller.
    footprints : ndarray of geometries
        None is in no relation.
    """
    if relation is Relation.INTERSECTS:
        answer = shapely.intersects(prepared, footprints)
    elif relation is Relation.WITHIN:
        answer = shapely.contains(prepared, footprints)
    else:
        answer = shapely.within(prepared, footprints)
    return np.asarray(answer, dtype=np.bool_)


def region_of(value: object, relation: Relation) -> Region:
    """The region of the right side of a lookup: a region, a geometry, or bounds.

    Raises
    ------
    ValueError
        When it is none of them, or no box where one is asked for.
    """
    if isinstance(value, Region):
        return value
    if isinstance(value, tuple | list) and len(value) == 4:
        west, south, east, north = (float(bound) for bound in value)
        return box_region((west, south, east, north))
    found = geometry(value)
    west, _, east, _ = (0.0, 0.0, 0.0, 0.0) if found.is_empty else found.bounds
    if west < -180 or east > 180:
        raise ValueError(f"longitudes {west:g} to {east:g} do not lie between -180 and 180")
    if relation is Relation.BBOX:
        return box_region(surrounding_box(found))
    return Region(found)
