# SPDX-License-Identifier: MIT
"""The outlines of connected regions of equal cells, by GDAL's polygonizer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from rasterio.features import shapes

__all__ = ["Region", "corner_count", "regions"]

Region: TypeAlias = tuple[list[npt.NDArray[np.float64]], Any]
"""Outline and holes, each of shape (vertex, 2) and closed, as column and row of cell edges; the value of the cells."""

ROWS = 512
"""Rows of cells that are looked at together."""


def regions(
    values: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None = None, connectivity: int = 4
) -> Iterator[Region]:
    """Go through the regions of an array.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
        Of any type that has an order; complex numbers have none.
    valid : ndarray, optional
        Same shape; cells that are not valid belong to no region.
    connectivity : int
        4, or 8 where cells that touch at a corner are neighbours too.
    """
    known, codes = np.unique(values, return_inverse=True)
    numbers = codes.reshape(values.shape).astype(np.int32)
    for geometry, code in shapes(numbers, mask=valid, connectivity=connectivity):
        rings = [np.array(ring, dtype=np.float64) for ring in geometry["coordinates"]]
        yield rings, known[int(code)].item()


def corner_count(values: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None = None) -> int:
    """How many vertices the outlines and holes of all regions of an array have; the last one of a ring is the first.

    Parameters
    ----------
    values, valid : ndarray, shape (rows, columns)
        As of ``regions``.
    """
    rows = values.shape[0]
    count = 0
    for start in range(0, rows + 1, ROWS):
        stop = min(rows + 1, start + ROWS)
        lines, edge = slice(max(0, start - 1), stop), ((start == 0, stop > rows), (1, 1))
        cells = values[lines]
        known = np.ones(cells.shape, np.bool_) if valid is None else valid[lines]
        count += _corners(np.pad(cells, edge), np.pad(known, edge))
    return count


def _corners(cells: npt.NDArray[Any], known: npt.NDArray[np.bool_]) -> int:
    """How often outlines turn where four cells meet: at those unlike both neighbours, and at those that embrace one."""
    beside = _alike(cells[:, 1:], cells[:, :-1], known[:, 1:], known[:, :-1])
    below = _alike(cells[1:], cells[:-1], known[1:], known[:-1])
    top, bottom, left, right = beside[:-1], beside[1:], below[:, :-1], below[:, 1:]
    count = 0
    for mine, one, other, opposite in (
        (known[:-1, :-1], top, left, right),
        (known[:-1, 1:], top, right, left),
        (known[1:, :-1], bottom, left, right),
        (known[1:, 1:], bottom, right, left),
    ):
        count += int(np.count_nonzero(mine & ((~one & ~other) | (one & other & ~opposite))))
    return count


def _alike(
    one: npt.NDArray[Any], other: npt.NDArray[Any], known: npt.NDArray[np.bool_], known_too: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Where cells are of one region; what is not known is like what is not known, and NaN like NaN."""
    same: npt.NDArray[np.bool_] = one == other
    if one.dtype.kind == "f":
        same |= np.isnan(one) & np.isnan(other)
    return (known & known_too & same) | ~(known | known_too)
