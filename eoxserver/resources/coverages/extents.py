# SPDX-License-Identifier: MIT
"""What the catalogue has of a domain for searches: times and a footprint."""

from __future__ import annotations

from datetime import datetime

from shapely.geometry.base import BaseGeometry

from eoxserver.core.crs import to_instant
from eoxserver.core.domain import Domain
from eoxserver.core.errors import CrsNotSupported, InvalidTime
from eoxserver.core.roles import Role
from eoxserver.resources.coverages.footprints import bounds_footprint

__all__ = ["TIMES", "extent", "times_of"]

TIMES = ("begin_time", "end_time")
"""Columns of times."""


def extent(domain: Domain) -> dict[str, datetime | BaseGeometry | None]:
    """Times and footprint of a domain, by column; None what it has none of."""
    begin, end = times_of(domain)
    footprint = None
    if domain.horizontal_crs is not None:
        try:
            footprint = bounds_footprint(domain.horizontal_crs, domain.horizontal_bounds)
        except (CrsNotSupported, ValueError):  # not on the Earth
            footprint = None
    return {**dict(zip(TIMES, (begin, end), strict=True)), "footprint": footprint}


def times_of(domain: Domain) -> tuple[datetime | None, datetime | None]:
    """The first and the last time of a domain."""
    for axis in domain.axes:
        if axis.role is Role.T and axis.crs is not None and axis.crs.is_temporal:
            try:
                begin, end = sorted(to_instant(axis.crs, number) for number in (axis.low, axis.high))
            except InvalidTime:  # beyond the years that the catalogue knows
                return None, None
            return begin, end
    return None, None
