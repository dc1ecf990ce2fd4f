# SPDX-License-Identifier: MIT
"""Multi-point coverages in the catalogue: a cube along one index axis, whose first fields are the positions.

So positions and values of a point are written, versioned and removed together. What the axes of the positions are says
the entry ``points`` of the column ``details``; the coverage as it is served has its own fields only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from eoxserver.core.axes import IrregularAxis, Role
from eoxserver.core.coverage import CellBox, Cells, Coverage, Level, Points, Source
from eoxserver.core.crs import Crs, parse_stored, to_instant
from eoxserver.core.domain import Domain
from eoxserver.core.errors import CrsNotSupported, InconsistentChange, InvalidTime
from eoxserver.core.fields import Field, RangeType
from eoxserver.core.wrapping import ChosenFields
from eoxserver.resources.coverages.domains import crs_text
from eoxserver.resources.coverages.footprints import bounds_footprint

__all__ = [
    "POINTS", "check_grid", "described", "fixed_points", "frame_from_json", "frame_to_json", "horizontal_bounds",
    "of_points", "served", "stored",
]  # fmt: skip

POINTS = "points"
"""Entry of the column ``details``."""
_MARGIN = 1e-6
"""How far the footprint of points without extent reaches [degrees]."""
_DEGREE = 1e5
"""About so many units of a projected CRS make a degree."""


def stored(coverage: Coverage) -> Coverage:
    """A multi-point coverage as it is kept, with the positions as its first fields; others as they are.

    Footprint and times are those of the points.
    """
    points = coverage.points
    if points is None:
        return coverage
    names = _free_names(len(points.frame.axes), coverage.range_type.names)
    labels = [axis.label for axis in points.frame.axes]
    positions = [Field(name, np.dtype("float64"), label=label) for name, label in zip(names, labels, strict=True)]
    return replace(
        coverage,
        range_type=RangeType((*positions, *coverage.range_type.fields)),
        source=_Joined(points.source, coverage.source, len(positions)),
        **_extent(points.frame),
    )


def served(coverage: Coverage, details: Mapping[str, Any] | None) -> Coverage:
    """A coverage as it is served, from one as it is kept; grids as they are.

    Raises
    ------
    ValueError, CrsUnknown
        When its details make no sense.
    """
    known = (details or {}).get(POINTS)
    if known is None:
        return coverage
    frame = frame_from_json(known)
    count = len(frame.axes)
    own = tuple(range(count, len(coverage.range_type)))
    return replace(
        coverage,
        range_type=RangeType(coverage.range_type.fields[count:]),
        source=ChosenFields(coverage.source, own),
        points=Points(frame, ChosenFields(coverage.source, tuple(range(count)))),
    )


def described(details: Mapping[str, Any] | None, points: Points | None) -> dict[str, Any] | None:
    """The column ``details`` with what the axes of points are; as it is without points."""
    if points is None:
        return None if details is None else dict(details)
    return {**(details or {}), POINTS: frame_to_json(points.frame)}


def of_points(details: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the column ``details`` says of points; empty for grids."""
    return {POINTS: details[POINTS]} if details and POINTS in details else {}


def check_grid(identifier: str, details: Mapping[str, Any] | None) -> None:
    """Refuse to change points; raises InconsistentChange."""
    if of_points(details):
        raise fixed_points(identifier)


def fixed_points(identifier: str) -> InconsistentChange:
    """That points are not changed, as an error."""
    return InconsistentChange(
        f"coverage '{identifier}' has points, which are not updated; delete it and insert it with all its points",
        locator=identifier,
    )


def frame_to_json(frame: Domain) -> list[dict[str, Any]]:
    """The axes of points and how far they reach, as values that JSON has."""
    return [
        {
            "label": axis.label,
            "crs": "" if axis.crs is None else crs_text(axis.crs),
            "unit": axis.unit,
            "role": axis.role.value,
            "low": axis.low,
            "high": axis.high,
        }
        for axis in frame.axes
    ]


def frame_from_json(known: Sequence[Mapping[str, Any]]) -> Domain:
    """What ``frame_to_json`` described; raises ValueError, CrsUnknown."""
    try:
        return Domain(tuple(map(_axis, known)))
    except (KeyError, TypeError) as error:
        raise ValueError(f"the axes of its points cannot be read: {error!r}") from error


def horizontal_bounds(frame: Domain) -> tuple[Crs, tuple[float, float, float, float]] | None:
    """The horizontal CRS of points and their bounds (min x, min y, max x, max y); None without x and y in one CRS.

    Points without extent along an axis get a little.
    """
    x, y = frame.role_index(Role.X), frame.role_index(Role.Y)
    if x is None or y is None:
        return None
    east, north = frame.axes[x], frame.axes[y]
    crs = east.crs
    if crs is None or crs != north.crs or not crs.is_horizontal:
        return None
    margin = _MARGIN if crs.kind == "geographic" else _MARGIN * _DEGREE
    (west, right), (south, top) = (
        (axis.low, axis.high) if axis.high > axis.low else (axis.low - margin, axis.high + margin)
        for axis in (east, north)
    )
    return crs, (west, south, right, top)


def _axis(known: Mapping[str, Any]) -> IrregularAxis:
    low, high = float(known["low"]), float(known["high"])
    coefficients = np.array([low] if low == high else [low, high])
    crs = parse_stored(known["crs"]) if known["crs"] else None
    return IrregularAxis(str(known["label"]), coefficients, crs, str(known["unit"]), Role(known["role"]))


def _extent(frame: Domain) -> dict[str, Any]:
    """Footprint and times of points, as far as they have any."""
    found: dict[str, Any] = {}
    bounds = horizontal_bounds(frame)
    if bounds is not None:
        try:
            found["footprint"] = bounds_footprint(*bounds)
        except (CrsNotSupported, ValueError):  # not on the Earth
            found["footprint"] = None
    for axis in frame.axes:
        if axis.role is Role.T and axis.crs is not None and axis.crs.is_temporal:
            try:
                found["begin_time"], found["end_time"] = sorted(
                    to_instant(axis.crs, number) for number in (axis.low, axis.high)
                )
            except InvalidTime:  # beyond the years that the catalogue knows
                break
    return found


def _free_names(count: int, taken: Sequence[str]) -> list[str]:
    """Names of so many fields that no other field has."""
    prefix = "position"
    while any(name.startswith(prefix) for name in taken):
        prefix = f"_{prefix}"
    return [f"{prefix}_{number}" for number in range(count)]


@dataclass(frozen=True, slots=True, eq=False)
class _Joined:
    """Positions and values as fields of one source."""

    positions: Source
    values: Source
    count: int
    """Fields of the positions."""

    @property
    def shape(self) -> tuple[int, ...]:
        """That of both."""
        return self.values.shape

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the values."""
        return self.values.chunks

    @property
    def levels(self) -> tuple[Level, ...]:
        """The full resolution."""
        return self.values.levels[:1]

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Read cells of both; where they are asked for together, in a type that holds both."""
        first = [number for number in fields if number < self.count]
        then = [number - self.count for number in fields if number >= self.count]
        if not first:
            return self.values.read(box, then)
        if not then:
            return self.positions.read(box, first)
        parts = {number: self._one(box, number) for number in dict.fromkeys(fields)}
        values = [parts[number].values[0] for number in fields]
        masks = [parts[number].mask()[0] for number in fields]
        return Cells(np.stack(values).astype(np.result_type(*values), copy=False), np.stack(masks))

    def _one(self, box: CellBox, number: int) -> Cells:
        if number < self.count:
            return self.positions.read(box, [number])
        return self.values.read(box, [number - self.count])
