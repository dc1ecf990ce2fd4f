# SPDX-License-Identifier: MIT
"""The three kinds of axes of a general grid coverage (OGC 09-146r8, CIS 1.1, clause 6.2).

Cells are counted from 0 in grid direction. A regular axis has cells as wide as its step, its bounds
are the outer edges of its first and last cell; the positions of an irregular axis are points without
extent, its bounds are its first and last coefficient; an index axis counts integers.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from eoxserver.core.crs import Crs
from eoxserver.core.roles import Role

__all__ = ["Axis", "IndexAxis", "IrregularAxis", "RegularAxis", "Role"]


@dataclass(frozen=True, slots=True)
class RegularAxis:
    """Evenly spaced cells along one CRS axis.

    >>> axis = RegularAxis("Lat", origin=-9.0, step=-0.05, size=711)
    >>> round(axis.low, 6), round(axis.high, 6)
    (-44.525, -8.975)
    """

    label: str
    origin: float
    """Coordinate of the centre of cell 0 [axis unit]."""
    step: float
    """Signed spacing [axis unit per cell]; never 0."""
    size: int
    """Number of cells, at least 1."""
    crs: Crs | None = None
    """The single (not compound) CRS the axis belongs to."""
    unit: str = ""
    role: Role = Role.OTHER

    def __post_init__(self) -> None:
        if not (np.isfinite(self.origin) and np.isfinite(self.step)) or self.step == 0:
            raise ValueError(f"axis {self.label}: origin {self.origin} and step {self.step} must be finite, step not 0")
        _check_size(self.label, self.size)

    @property
    def start(self) -> float:
        """The outer edge of cell 0 [axis unit]."""
        return self.origin - self.step / 2

    @property
    def stop(self) -> float:
        """The outer edge of the last cell [axis unit]."""
        return self.start + self.size * self.step

    @property
    def low(self) -> float:
        """The lesser edge [axis unit]."""
        return min(self.start, self.stop)

    @property
    def high(self) -> float:
        """The greater edge [axis unit]."""
        return max(self.start, self.stop)

    def coordinate(self, cell: float) -> float:
        """The coordinate of the centre of ``cell`` [axis unit]; fractions of cells are fine."""
        return self.origin + cell * self.step

    def coordinates(self) -> npt.NDArray[np.float64]:
        """The centres of all cells, shape (size,) [axis unit]."""
        return self.origin + np.arange(self.size, dtype=np.float64) * self.step

    def cells(self, start: int, stop: int) -> RegularAxis:
        """The part of the axis from cell ``start`` up to, without, cell ``stop``."""
        return replace(self, origin=self.coordinate(start), size=stop - start)

    def resized(self, size: int) -> RegularAxis:
        """The same extent cut into ``size`` cells."""
        step = (self.stop - self.start) / size
        return replace(self, origin=self.start + step / 2, step=step, size=size)


@dataclass(frozen=True, slots=True, eq=False)
class IrregularAxis:
    """Positions given one by one, as coefficients in CRS units, strictly monotonic.

    >>> IrregularAxis("ansi", [148654.0, 148656.0]).size
    2
    """

    label: str
    coefficients: npt.NDArray[np.float64] = field(repr=False)
    """Absolute coordinates, shape (size,), strictly increasing or decreasing [axis unit]."""
    crs: Crs | None = None
    unit: str = ""
    role: Role = Role.OTHER

    def __post_init__(self) -> None:
        values = np.array(self.coefficients, dtype=np.float64)
        values.setflags(write=False)
        object.__setattr__(self, "coefficients", values)
        _check_size(self.label, values.size)
        steps = np.diff(values)
        if values.ndim != 1 or not np.isfinite(values).all() or not ((steps > 0).all() or (steps < 0).all()):
            raise ValueError(f"axis {self.label}: coefficients must be finite and strictly increasing or decreasing")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IrregularAxis):
            return NotImplemented
        mine, theirs = ((a.label, a.crs, a.unit, a.role, a.coefficients.tobytes()) for a in (self, other))
        return mine == theirs

    def __hash__(self) -> int:
        return hash((self.label, self.unit, self.role, self.coefficients.tobytes()))

    @property
    def size(self) -> int:
        """Number of positions."""
        return int(self.coefficients.size)

    @property
    def low(self) -> float:
        """The least coefficient [axis unit]."""
        return float(min(self.coefficients[0], self.coefficients[-1]))

    @property
    def high(self) -> float:
        """The greatest coefficient [axis unit]."""
        return float(max(self.coefficients[0], self.coefficients[-1]))

    def coordinate(self, cell: int) -> float:
        """The coefficient at position ``cell`` [axis unit]."""
        return float(self.coefficients[cell])

    def coordinates(self) -> npt.NDArray[np.float64]:
        """All coefficients, shape (size,) [axis unit]."""
        return self.coefficients

    def cells(self, start: int, stop: int) -> IrregularAxis:
        """The part of the axis from position ``start`` up to, without, ``stop``."""
        return replace(self, coefficients=self.coefficients[start:stop])


@dataclass(frozen=True, slots=True)
class IndexAxis:
    """Integer positions ``first``, ``first + 1``, ... of a grid that is not tied to the Earth."""

    label: str
    size: int
    first: int = 0
    crs: Crs | None = None
    unit: str = "GridSpacing"
    role: Role = Role.OTHER

    def __post_init__(self) -> None:
        _check_size(self.label, self.size)

    @property
    def low(self) -> float:
        """The first index."""
        return float(self.first)

    @property
    def high(self) -> float:
        """The last index."""
        return float(self.first + self.size - 1)

    def coordinate(self, cell: int) -> float:
        """The index of ``cell``."""
        return float(self.first + cell)

    def coordinates(self) -> npt.NDArray[np.float64]:
        """All indices, shape (size,)."""
        return self.first + np.arange(self.size, dtype=np.float64)

    def cells(self, start: int, stop: int) -> IndexAxis:
        """The part of the axis from ``start`` up to, without, ``stop``."""
        return replace(self, first=self.first + start, size=stop - start)


Axis: TypeAlias = RegularAxis | IrregularAxis | IndexAxis


def _check_size(label: str, size: int) -> None:
    if size < 1:
        raise ValueError(f"axis {label}: size {size} must be at least 1")
