# SPDX-License-Identifier: MIT
"""GetCoverage of multi-point coverages (WCS 2.0.1, OGC 09-110r4 clause 8.4): which points, and which of their values.

A trim keeps the points within its closed interval, a slice those that are exactly there (within rounding; on time axes
half a millisecond); points keep all their coordinates either way. What needs a grid is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from eoxserver.backends.encoders.pointcells import position_blocks
from eoxserver.core.axes import IndexAxis, IrregularAxis
from eoxserver.core.coordinates import coordinate_text
from eoxserver.core.coverage import CellBox, Cells, Coverage, Level, Points, Source
from eoxserver.core.domain import Domain
from eoxserver.core.errors import CoverageUnusable, InvalidSubsetting
from eoxserver.core.selection import Subset, point_intervals
from eoxserver.services.wcs.v20.requests import GetCoverage

__all__ = ["check_request", "selected"]

_PIECE = 1 << 16
"""Points that are read at a time."""


def check_request(request: GetCoverage, coverage: Coverage) -> None:
    """Refuse what needs a grid, and subsets that points cannot have; reads nothing.

    Raises
    ------
    CoverageUnusable
        For scaling, clipping, CRSs of horizontal axes and CIS 1.1, with the parameter.
    EOxServerError
        As ``core.selection.point_intervals``.
    """
    asked = {
        "scaling": request.scaling is not None,
        "clip": request.clip is not None,
        "subsettingCrs": request.subsetting_crs is not None,
        "outputCrs": request.output_crs is not None,
        "outputType": request.general_grid,
    }
    found = next((name for name, given in asked.items() if given), None)
    if found is not None:
        raise CoverageUnusable(
            f"{found} needs a grid, and coverage '{coverage.identifier}' has points; accepted: subset, rangeSubset, "
            "format, mediaType",
            locator=found,
        )
    point_intervals(coverage.frame, request.subsets)


def selected(coverage: Coverage, points: Points, subsets: Sequence[Subset]) -> Coverage:
    """The coverage of those points that are in all subsets, in their order.

    Parameters
    ----------
    coverage : Coverage
        Its cells are those of ``points``.

    Raises
    ------
    InvalidSubsetting
        When there are none.
    """
    if not subsets:
        return replace(coverage, points=points)
    intervals = point_intervals(points.frame, subsets)
    numbers = _numbers(points, intervals)
    if not numbers.size:
        raise _nothing(points.frame, intervals)
    place = Points(points.frame, _Picked(points.source, numbers))
    place = replace(place, frame=_bounds(place))
    (axis,) = coverage.domain.axes
    return replace(
        coverage,
        domain=Domain((IndexAxis(axis.label, int(numbers.size)),)),
        source=_Picked(coverage.source, numbers),
        footprint=None,
        points=place,
    )


def _numbers(points: Points, intervals: Mapping[int, tuple[float, float]]) -> npt.NDArray[np.int64]:
    """The numbers of the points that lie in all intervals."""
    found, start = [], 0
    for block in position_blocks(points):
        inside = np.ones(block.shape[1], dtype=bool)
        for number, (low, high) in intervals.items():
            inside &= (block[number] >= low) & (block[number] <= high)
        found.append(start + np.flatnonzero(inside))
        start += block.shape[1]
    return np.concatenate(found)


def _bounds(points: Points) -> Domain:
    """The axes of points, as far as these reach."""
    low = np.full(len(points.frame.axes), np.inf)
    high = -low
    for block in position_blocks(points):
        low, high = np.minimum(low, block.min(axis=1)), np.maximum(high, block.max(axis=1))
    axes = [
        IrregularAxis(axis.label, np.unique(ends), axis.crs, axis.unit, axis.role)
        for axis, ends in zip(points.frame.axes, np.stack([low, high], axis=1), strict=True)
    ]
    return Domain(tuple(axes), points.frame.crs_labels)


def _nothing(frame: Domain, intervals: Mapping[int, tuple[float, float]]) -> InvalidSubsetting:
    labels = [frame.axes[number].label for number in intervals]
    extents = ", ".join(
        f"{axis.label} from {coordinate_text(axis, axis.low)} to {coordinate_text(axis, axis.high)}"
        for axis in (frame.axes[number] for number in intervals)
    )
    return InvalidSubsetting(f"no point lies within the subset; there are points at {extents}", locator=labels[0])


@dataclass(frozen=True, slots=True, eq=False)
class _Picked:
    """Some cells of a source along one axis."""

    source: Source
    numbers: npt.NDArray[np.int64]
    """In increasing order, shape (n,)."""

    @property
    def shape(self) -> tuple[int, ...]:
        """How many."""
        return (int(self.numbers.size),)

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the source."""
        return self.source.chunks

    @property
    def levels(self) -> tuple[Level, ...]:
        """The full resolution."""
        return (Level(self.shape, (1.0,)),)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Read the cells that are picked, stretch by stretch of the source."""
        wanted = self.numbers[box.slices[0]]
        parts = [self._read(part, fields) for part in _stretches(wanted)]
        if not parts:
            return self.source.read(CellBox((0,), (0,)), fields)
        if len(parts) == 1:
            return parts[0]
        values = np.concatenate([part.values for part in parts], axis=1)
        if all(part.valid is None for part in parts):
            return Cells(values)
        return Cells(values, np.concatenate([part.mask() for part in parts], axis=1))

    def _read(self, numbers: npt.NDArray[np.int64], fields: Sequence[int]) -> Cells:
        first = int(numbers[0])
        cells = self.source.read(CellBox((first,), (int(numbers[-1]) + 1,)), fields)
        places = numbers - first
        return Cells(cells.values[:, places], None if cells.valid is None else cells.valid[:, places])


def _stretches(numbers: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    """Numbers in increasing order, in parts that span no more than so many."""
    if not numbers.size:
        return []
    cuts = np.flatnonzero(np.diff(numbers // _PIECE)) + 1
    return np.split(numbers, cuts)
