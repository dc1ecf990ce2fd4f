# SPDX-License-Identifier: MIT
"""Positions and values of multi-point coverages, some at a time, for the formats that hold points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from eoxserver.backends.encoders.texts import BLOCK_CELLS, NULLS, XML, Notation, column_texts
from eoxserver.core.axes import Axis
from eoxserver.core.coordinates import coordinate_texts, is_temporal
from eoxserver.core.coverage import CellBox, Cells, Coverage, Points
from eoxserver.core.errors import InvalidTime, UnsupportedCombination
from eoxserver.core.fields import Field

__all__ = [
    "POINT_DRIVERS", "blocks", "check_points", "json_texts", "number_texts", "position_blocks", "time_texts",
    "value_columns",
]  # fmt: skip

POINT_DRIVERS = ("CSV", "JSON", "CoverageJSON", "netCDF")
"""Drivers whose encoders write points; all others want a grid."""

_NUMBER = Field("position", np.dtype("float64"))


def check_points(coverage: Coverage, driver: str) -> None:
    """Refuse points where the format of a driver holds grids only; raises UnsupportedCombination."""
    if coverage.points is not None and driver not in POINT_DRIVERS:
        raise UnsupportedCombination(
            f"{driver} holds grids, and coverage '{coverage.identifier}' has points", locator="format"
        )


def position_blocks(points: Points) -> Iterator[npt.NDArray[np.float64]]:
    """The positions in order, each block of shape (axes, n) [axis units]."""
    for box in _boxes(points.source.shape[0]):
        yield _positions(points, box)


def blocks(coverage: Coverage) -> Iterator[tuple[CellBox, npt.NDArray[np.float64], Cells]]:
    """Boxes along the index axis with positions, as ``position_blocks`` has them, and cells of all fields."""
    points = coverage.points
    assert points is not None
    fields = range(len(coverage.range_type))
    for box in _boxes(coverage.domain.cell_count):
        yield box, _positions(points, box), coverage.source.read(box, fields)


def number_texts(values: npt.NDArray[np.float64]) -> list[str]:
    """The shortest texts that read back as the same numbers."""
    return column_texts(values, None, _NUMBER, XML)


def json_texts(axis: Axis, values: npt.NDArray[np.float64]) -> list[str]:
    """Coordinates for JSON: numbers, and instants in quotes."""
    texts = time_texts(axis, values)
    return column_texts(values, None, _NUMBER, NULLS) if texts is None else [f'"{text}"' for text in texts]


def time_texts(axis: Axis, values: npt.NDArray[np.float64]) -> list[str] | None:
    """Coordinates of a time axis as instants; None on other axes, and for what lies outside the years 1 to 9999."""
    if not is_temporal(axis):
        return None
    try:
        return coordinate_texts(axis, values)
    except InvalidTime:
        return None


def value_columns(cells: Cells, fields: Sequence[Field], notation: Notation) -> list[list[str]]:
    """The texts of the values of each field."""
    return [
        column_texts(cells.values[number], None if cells.valid is None else cells.valid[number], one, notation)
        for number, one in enumerate(fields)
    ]


def _positions(points: Points, box: CellBox) -> npt.NDArray[np.float64]:
    return points.source.read(box, range(len(points.frame.axes))).values.astype(np.float64, copy=False)


def _boxes(count: int) -> Iterator[CellBox]:
    for start in range(0, count, BLOCK_CELLS):
        yield CellBox((start,), (min(start + BLOCK_CELLS, count),))
