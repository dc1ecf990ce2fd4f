# SPDX-License-Identifier: MIT
"""Coordinates of vertices as places in the grid.

A *place* is a real number: 0 at the centre of cell 0 of an axis, 1 at the centre of cell 1 where the axis is regular or
counts integers. Along an irregular axis places are proportional to coordinates, too, and the unit is the mean distance
of positions. Places are rounded to 2**-20, so that binary noise does not decide what lies on an edge.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.coordinates import number_text
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidAxisLabel, InvalidSubsetting, UnsupportedCombination

__all__ = ["FAR", "Floats", "Ruler", "axis_positions", "cell_at", "cells_between", "check_vertices", "coordinates_at"]

Floats = npt.NDArray[np.float64]

FAR = float(1 << 30)
"""Beyond so many cells from the grid, places are not told apart [cells]."""
FINENESS = float(1 << 20)
"""Places in a cell."""
SIGNIFICANT = 15
"""Decimal digits that a binary number has."""
SNAP_TRIM = 1e-3
"""Bounds this near to the edge between two cells lie on it, as those of trims [cells]."""
SNAP = 1e-7
"""Coordinates this near to the edge between two cells belong to the latter [cells]."""


@dataclass(frozen=True, slots=True)
class Ruler:
    """Places along one axis."""

    axis: Axis
    origin: float
    """Coordinate of place 0 [axis unit]."""
    step: float
    """Signed [axis unit per place]."""

    @classmethod
    def of(cls, axis: Axis) -> Ruler:
        """The ruler of an axis."""
        if isinstance(axis, RegularAxis):
            return cls(axis, axis.origin, axis.step)
        if isinstance(axis, IndexAxis):
            return cls(axis, float(axis.first), 1.0)
        first, last = axis.coordinate(0), axis.coordinate(axis.size - 1)
        return cls(axis, first, (last - first) / (axis.size - 1) if axis.size > 1 else 1.0)

    def places(self, coordinates: Floats) -> Floats:
        """The places of coordinates, same shape."""
        with np.errstate(over="ignore"):
            found = (coordinates - self.origin) / self.step
        return np.asarray(np.round(np.clip(found, -FAR * 4, FAR * 4) * FINENESS) / FINENESS)

    def centres(self, low: int, high: int) -> Floats:
        """The places of the cells from ``low`` up to, without, ``high``, strictly increasing."""
        if isinstance(self.axis, IrregularAxis):
            return self.places(self.axis.coefficients[low:high])
        return np.arange(low, high, dtype=np.float64)


def cell_at(axis: Axis, coordinate: float) -> int:
    """The number of the cell at a coordinate, which may lie beyond the axis.

    On a regular axis the cell whose footprint holds it, the far edge of the axis belonging to its last cell; on others
    the nearest position.
    """
    if isinstance(axis, RegularAxis):
        place = min(max((coordinate - axis.start) / axis.step, -FAR * 4), FAR * 4)
        return axis.size - 1 if abs(place - axis.size) <= SNAP else math.floor(place + SNAP)
    if isinstance(axis, IndexAxis):
        return math.floor(min(max(coordinate - axis.first, -FAR * 4), FAR * 4) + 0.5)
    ruler = Ruler.of(axis)
    place = float(ruler.places(np.array([coordinate]))[0])
    centres = ruler.centres(0, axis.size)
    if place < -0.5 or place > centres[-1] + 0.5:
        return math.floor(place + 0.5) if place < 0 else axis.size - 1 + math.floor(place - centres[-1] + 0.5)
    return int(np.argmin(np.abs(centres - place)))


def cells_between(axis: Axis, low: float, high: float) -> tuple[int, int]:
    """The cells that a trim would select if the axis went on: the first, and the one after the last.

    Raises
    ------
    InvalidSubsetting
        For reversed bounds, and for bounds of an index axis between which there is no integer.
    UnsupportedCombination
        For an irregular axis, which does not go on.
    """
    if isinstance(axis, IrregularAxis):
        raise UnsupportedCombination(
            f"axis {axis.label} is irregular: nothing tells where more positions would be", locator=axis.label
        )
    if low > high:
        raise InvalidSubsetting(f"axis {axis.label}: bounds {low:g} .. {high:g} are reversed", locator=axis.label)
    if isinstance(axis, RegularAxis):
        start, stop = sorted(_from_edge(axis, bound) for bound in (low, high))
        return math.floor(start), max(math.floor(start), math.ceil(stop) - 1) + 1
    start, stop = (min(max(bound - axis.first, -FAR * 4), FAR * 4) for bound in (low, high))
    if math.ceil(start) > math.floor(stop):
        raise InvalidSubsetting(f"axis {axis.label}: no integer lies in {low:g} .. {high:g}", locator=axis.label)
    return math.ceil(start), math.floor(stop) + 1


def _from_edge(axis: RegularAxis, coordinate: float) -> float:
    """Where a coordinate lies, in cells from the outer edge of cell 0; edges attract bounds that are near."""
    place = min(max((coordinate - axis.start) / axis.step, -FAR * 4), FAR * 4)
    return float(round(place)) if abs(place - round(place)) <= SNAP_TRIM else place


def coordinates_at(axis: Axis, cells: npt.NDArray[np.int64]) -> Floats:
    """The coordinates of the centres of cells, same shape [axis unit]; without what binary numbers add to decimals."""
    if isinstance(axis, IrregularAxis):
        return axis.coefficients[cells]
    if isinstance(axis, IndexAxis):
        return axis.first + cells.astype(np.float64)
    whole = math.ceil(math.log10(max(abs(axis.low), abs(axis.high), 1.0)))
    return np.round(axis.origin + cells.astype(np.float64) * axis.step, max(0, SIGNIFICANT - whole))


def axis_positions(domain: Domain, labels: Sequence[str], skipped: int = 0) -> tuple[int, ...]:
    """The grid positions of named axes, of which the first ``skipped`` are not meant.

    Raises
    ------
    InvalidAxisLabel
        For an axis the domain lacks, or one named twice.
    """
    own = domain.without(frozenset(range(skipped)))
    found: list[int] = []
    for label in labels:
        position = own.index(label) + skipped
        if position in found:
            raise InvalidAxisLabel(f"axis '{label}' is named twice", locator=label)
        found.append(position)
    return tuple(found)


def check_vertices(vertices: Sequence[Sequence[float]], labels: Sequence[str]) -> None:
    """Refuse vertices without one finite coordinate for each axis; raises InvalidSubsetting."""
    for vertex in vertices:
        if len(vertex) != len(labels):
            raise InvalidSubsetting(
                f"vertex ({' '.join(map(number_text, vertex))}) has {len(vertex)} coordinates; "
                f"there must be {len(labels)}, for {', '.join(labels)}",
                locator=labels[0] if labels else None,
            )
        for label, coordinate in zip(labels, vertex, strict=True):
            if not math.isfinite(coordinate):
                raise InvalidSubsetting(f"axis {label}: {coordinate} is not a finite number", locator=label)
