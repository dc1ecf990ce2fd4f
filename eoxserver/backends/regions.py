# SPDX-License-Identifier: MIT
"""The outlines of connected regions of equal cells, by GDAL's polygonizer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from rasterio.features import shapes

__all__ = ["Region", "regions"]

Region: TypeAlias = tuple[list[npt.NDArray[np.float64]], Any]
"""Outline and holes, each of shape (vertex, 2) and closed, as column and row of cell edges; the value of the cells."""


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
