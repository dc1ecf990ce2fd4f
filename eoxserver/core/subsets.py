# SPDX-License-Identifier: MIT
"""Trims and slices as values, and their bounds as numbers in the CRS of the axes they cut."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from eoxserver.core.axes import Axis, Role
from eoxserver.core.coordinates import parse_coordinate
from eoxserver.core.crs import Crs, same_crs, same_horizontal, transform_bounds, transform_points
from eoxserver.core.domain import Domain
from eoxserver.core.errors import CrsNotSupported, InvalidSubsetting, SubsettingCrsNotSupported

__all__ = ["GRID", "Bound", "Slice", "Subset", "Trim", "check_order", "is_open", "native_subsets", "number"]

Bound: TypeAlias = float | str | None

GRID = "CRS:1"
"""Names the grid itself as the CRS of a subset: bounds are cell numbers, both included."""


@dataclass(frozen=True, slots=True)
class Trim:
    """Keep the part of an axis between two coordinates; None or ``*`` is the end of the axis."""

    label: str
    low: Bound = None
    high: Bound = None
    crs: Crs | str | None = None
    """The CRS of the bounds: ``GRID``, or a CRS (or its name) other than the axis's own."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Keep one position of an axis, and drop the axis."""

    label: str
    point: float | str
    crs: Crs | str | None = None


Subset: TypeAlias = Trim | Slice


def is_open(bound: Bound) -> bool:
    """Whether the bound is the end of the axis."""
    return bound is None or (isinstance(bound, str) and bound.strip() in {"*", ""})


def number(crs: Crs | None, value: Bound, label: str) -> float:
    """The number of a bound that is not open; raises InvalidSubsetting when it is none, or not finite."""
    found = parse_coordinate(crs, value, label) if isinstance(value, str) else value
    if found is None or not math.isfinite(found):
        raise InvalidSubsetting(f"axis {label}: {value} is not a finite number", locator=label)
    return float(found)


def check_order(subset: Trim, low: float, high: float) -> None:
    """Refuse reversed bounds; raises InvalidSubsetting."""
    if low > high:
        raise InvalidSubsetting(
            f"axis {subset.label}: lower bound {subset.low} is greater than upper bound {subset.high}",
            locator=subset.label,
        )


def native_subsets(domain: Domain, subsets: Mapping[int, Subset], crs: Crs | None) -> dict[int, Subset]:
    """Subsets whose bounds are in the CRSs of their axes, or cells of the grid.

    Parameters
    ----------
    subsets : mapping
        By grid position of the axis.
    crs : Crs or None
        The CRS of horizontal bounds that name none themselves.

    Raises
    ------
    InvalidSubsetting
        When only one horizontal axis is cut in a foreign CRS, or bounds are unreadable or reversed.
    SubsettingCrsNotSupported
        When bounds cannot be brought to the CRS of the axis.
    """
    horizontal = domain.horizontal or ()
    foreign: dict[int, Crs] = {}
    for position, subset in subsets.items():
        given = subset.crs if subset.crs is not None else (crs if position in horizontal else None)
        if isinstance(given, Crs) and given.kind != "index":
            other = _foreign(domain.axes[position], given, position in horizontal)
            if other is not None:
                foreign[position] = other
    if not foreign:
        return dict(subsets)
    together = [subsets.get(position) for position in horizontal]
    if len(foreign) < 2 or len(set(foreign.values())) > 1 or len({type(subset) for subset in together}) > 1:
        label = next(iter(subsets[i].label for i in foreign))
        raise InvalidSubsetting(
            "with a subsetting CRS other than the coverage's own, both horizontal axes "
            f"({', '.join(domain.axes[i].label for i in horizontal)}) must be trimmed, or both sliced",
            locator=label,
        )
    other = next(iter(foreign.values()))
    try:
        return {**subsets, **_reprojected(domain, subsets, other)}
    except CrsNotSupported as error:
        raise SubsettingCrsNotSupported(error.message, locator="subsettingCrs") from error


def _foreign(axis: Axis, given: Crs, horizontal: bool) -> Crs | None:
    """The CRS that bounds must be brought from; None when they are in the axis's own."""
    own = axis.crs
    parts = [given.horizontal] if horizontal else [part for part in given.components if own and part.kind == own.kind]
    for part in parts:
        if part is None:
            continue
        if own is not None and (same_crs(part, own) or (horizontal and same_horizontal(part, own))):
            return None
        if horizontal:
            return part
    raise SubsettingCrsNotSupported(
        f"bounds of axis '{axis.label}' cannot be given in {given.uri}", locator="subsettingCrs"
    )


def _reprojected(domain: Domain, subsets: Mapping[int, Subset], crs: Crs) -> dict[int, Subset]:
    """The horizontal subsets in the CRS of the domain."""
    x, y = domain.require_horizontal()
    axis, first, second = domain.axes[x], subsets[x], subsets[y]
    own = axis.crs
    assert own is not None
    if isinstance(first, Slice) and isinstance(second, Slice):
        points = [number(crs, subset.point, subset.label) for subset in (first, second)]
        east, north = (float(value) for value in transform_points(crs, own, points[0], points[1]))
        if not math.isfinite(east):
            raise InvalidSubsetting(
                f"the point {first.point}, {second.point} of {crs.uri} has no place in {own.uri}", locator=first.label
            )
        return {x: Slice(first.label, _turned(axis, east, east)[0]), y: Slice(second.label, north)}
    assert isinstance(first, Trim) and isinstance(second, Trim)
    box = _box(domain, first, second, crs)
    west, south, east, north = transform_bounds(crs, own, box)
    west, east = _turned(axis, west, east)
    return {x: Trim(first.label, west, east), y: Trim(second.label, south, north)}


def _box(domain: Domain, first: Trim, second: Trim, crs: Crs) -> tuple[float, float, float, float]:
    """The box of two trims in a foreign CRS; open ends are those of the domain."""
    own = domain.horizontal_crs
    whole = (0.0, 0.0, 0.0, 0.0)
    if own is not None and any(is_open(bound) for trim in (first, second) for bound in (trim.low, trim.high)):
        whole = transform_bounds(own, crs, domain.horizontal_bounds)
    edges = []
    for trim, low, high in ((first, whole[0], whole[2]), (second, whole[1], whole[3])):
        start = low if is_open(trim.low) else number(crs, trim.low, trim.label)
        stop = high if is_open(trim.high) else number(crs, trim.high, trim.label)
        check_order(trim, start, stop)
        edges.append((start, stop))
    return (edges[0][0], edges[1][0], edges[0][1], edges[1][1])


def _turned(axis: Axis, west: float, east: float) -> tuple[float, float]:
    """Longitudes turned by 360 degrees to where the axis has them (its grid may run beyond 180)."""
    if axis.crs is None or axis.crs.kind != "geographic" or axis.role is not Role.X or axis.unit != "degree":
        return west, east
    if east - west >= 360:
        return min(west, axis.low), max(east, axis.high)
    overlaps = {turn: min(east + turn, axis.high) - max(west + turn, axis.low) for turn in (0, 360, -360)}
    turn = max(overlaps, key=lambda key: overlaps[key])
    return west + turn, east + turn
