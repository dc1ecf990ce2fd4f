# SPDX-License-Identifier: MIT
"""Coverages as values, and the one protocol through which their cells are read.

``Source`` is the narrow waist of the package: readers, stores and every node of a query plan
implement it; the query engine and the encoders know nothing else of where cells come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from shapely.geometry.base import BaseGeometry

from eoxserver.core.crs import Crs
from eoxserver.core.domain import Domain
from eoxserver.core.fields import RangeType
from eoxserver.core.metadata import ExtraMetadata

__all__ = [
    "MULTI_POINT",
    "CellBox",
    "Cells",
    "ChangingSource",
    "Coverage",
    "DataState",
    "Level",
    "MemorySource",
    "Points",
    "Source",
    "TiePoints",
    "state_of",
]

MULTI_POINT = "MultiPointCoverage"
"""Subtype of coverages of points (OGC 09-146r2 clause 7)."""


@dataclass(frozen=True, slots=True)
class CellBox:
    """A box of cells, in grid order: from ``low`` up to, without, ``high``."""

    low: tuple[int, ...]
    high: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.low) != len(self.high) or any(a > b for a, b in zip(self.low, self.high, strict=True)):
            raise ValueError(f"cell box {self.low}..{self.high} is no box")

    @classmethod
    def whole(cls, shape: Sequence[int]) -> CellBox:
        """The box of all cells of an array of this shape."""
        return cls((0,) * len(shape), tuple(shape))

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis."""
        return tuple(b - a for a, b in zip(self.low, self.high, strict=True))

    @property
    def cell_count(self) -> int:
        """Cells in all."""
        count = 1
        for size in self.shape:
            count *= size
        return count

    @property
    def slices(self) -> tuple[slice, ...]:
        """The box as an index into an array of the grid."""
        return tuple(slice(a, b) for a, b in zip(self.low, self.high, strict=True))

    def shifted(self, by: Sequence[int]) -> CellBox:
        """The box moved by so many cells along each axis."""
        return CellBox(
            tuple(a + d for a, d in zip(self.low, by, strict=True)),
            tuple(b + d for b, d in zip(self.high, by, strict=True)),
        )

    def intersection(self, other: CellBox) -> CellBox | None:
        """The cells in both boxes, or None when there are none."""
        low = tuple(map(max, self.low, other.low))
        high = tuple(map(min, self.high, other.high))
        return CellBox(low, high) if all(a < b for a, b in zip(low, high, strict=True)) else None


@dataclass(frozen=True, slots=True)
class Cells:
    """What ``Source.read`` answers."""

    values: npt.NDArray[Any]
    """Shape (field, *axes); where ``valid`` is False the value means nothing."""
    valid: npt.NDArray[np.bool_] | None = None
    """Same shape as ``values``; None when every cell is valid."""

    def mask(self) -> npt.NDArray[np.bool_]:
        """``valid`` as an array in any case, same shape as ``values``."""
        return np.ones(self.values.shape, dtype=bool) if self.valid is None else self.valid


@dataclass(frozen=True, slots=True)
class Level:
    """One resolution of a source; level 0 is the full one, later ones are coarser."""

    shape: tuple[int, ...]
    factors: tuple[float, ...]
    """Full-resolution cells per cell of this level, along each axis."""
    before: tuple[int, ...] = ()
    """Full-resolution cells that the first cell of this level would cover before cell 0 of the source, along each axis;
    empty: none, the two begin together."""


@runtime_checkable
class Source(Protocol):
    """Cells of one coverage. Implementations are thread-safe and hold no request's state."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis at full resolution, grid order."""

    @property
    def chunks(self) -> tuple[int, ...]:
        """The block shape in which reading is cheapest, grid order."""

    @property
    def levels(self) -> tuple[Level, ...]:
        """The resolutions there are, finest first; never empty."""

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Read the cells of ``box`` (in cells of ``level``) of the numbered fields.

        The values have the common numpy type of the fields asked for, shape (len(fields), *box.shape).
        The arrays belong to the caller, unless they are marked read-only.

        Raises
        ------
        DataUnavailable
            When the data is missing, truncated or unreadable.
        """


@runtime_checkable
class ChangingSource(Protocol):
    """A source whose cells may change while it is in use: a file that somebody replaces."""

    def state(self) -> str:
        """Answer a text that is another one when the cells may have changed; cheap, and never an error."""


def state_of(source: Source) -> str:
    """The state of a source; always the same when it cannot change."""
    return source.state() if isinstance(source, ChangingSource) else ""


@dataclass(frozen=True, slots=True, eq=False)
class MemorySource:
    """An array as a source."""

    values: npt.NDArray[Any]
    """Shape (field, *axes)."""
    valid: npt.NDArray[np.bool_] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis, grid order."""
        return self.values.shape[1:]

    @property
    def chunks(self) -> tuple[int, ...]:
        """Everything at once is cheapest."""
        return self.shape

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution only."""
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells of the box, copied."""
        index: tuple[Any, ...] = (list(fields), *box.slices)
        return Cells(self.values[index], None if self.valid is None else self.valid[index])


@dataclass(frozen=True, slots=True, eq=False)
class TiePoints:
    """Ground control points that tie a grid to the Earth."""

    crs: Crs
    rows: npt.NDArray[np.float64]
    """Shape (n,) [cells], 0 at the outer edge of the first row."""
    columns: npt.NDArray[np.float64]
    """Shape (n,) [cells]."""
    x: npt.NDArray[np.float64]
    """Easting or longitude, shape (n,) [CRS unit]."""
    y: npt.NDArray[np.float64]
    """Northing or latitude, shape (n,) [CRS unit]."""
    heights: npt.NDArray[np.float64] | None = None
    """Shape (n,) [m]; None when nobody says."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Where the cells of a multi-point coverage are: one position for each cell of its only axis, an index."""

    frame: Domain
    """The axes of the CRS, each an irregular one of no more than two coefficients: the least and the greatest
    coordinate of a point."""
    source: Source
    """Coordinates as 64-bit floats, a field for each axis in CRS order, shape (n,) [axis units]; all are valid."""


@dataclass(frozen=True)
class Coverage:
    """A coverage: where it is, what it holds, and how to read it."""

    identifier: str
    domain: Domain
    range_type: RangeType
    source: Source
    """Its ``shape`` equals ``domain.shape``, its fields are those of ``range_type``."""
    native_format: str = ""
    """MIME type of the format that is delivered when none is asked for."""
    title: str = ""
    abstract: str = ""
    begin_time: datetime | None = None
    end_time: datetime | None = None
    footprint: BaseGeometry | None = None
    """In EPSG:4326, x = longitude."""
    tie_points: TiePoints | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    extra: ExtraMetadata = field(default_factory=ExtraMetadata)
    """What is known of its fields, its axes and parts of it."""
    points: Points | None = None
    """Positions of the cells of a multi-point coverage, whose domain is one index axis; None for grids."""

    @property
    def frame(self) -> Domain:
        """The axes of its CRS: those of the grid, or of the points."""
        return self.domain if self.points is None else self.points.frame

    @property
    def subtype(self) -> str:
        """What kind of coverage it is, in the words of GMLCOV 1.0 (OGC 09-146r2)."""
        return self.domain.subtype if self.points is None else MULTI_POINT


@dataclass(frozen=True, slots=True)
class DataState:
    """What the data of some coverages was at one moment, to be compared with what it is later.

    It has to be taken before the cells are read: what changes meanwhile then counts as changed.
    """

    sources: tuple[ChangingSource, ...]
    states: tuple[str, ...]

    @classmethod
    def of(cls, coverages: Iterable[Coverage]) -> DataState:
        """The state now, of those coverages whose data may change."""
        sources = tuple(coverage.source for coverage in coverages if isinstance(coverage.source, ChangingSource))
        return cls(sources, tuple(source.state() for source in sources))

    @property
    def holds(self) -> bool:
        """Whether the data is still what it was."""
        return all(source.state() == state for source, state in zip(self.sources, self.states, strict=True))

    def __add__(self, other: DataState) -> DataState:
        return DataState(self.sources + other.sources, self.states + other.states)
