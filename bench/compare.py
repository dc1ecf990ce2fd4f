# SPDX-License-Identifier: MIT
"""Whether two servers answer the same: mean difference of pixels over a few requests."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio.io
from PIL import Image

from bench.load import Answer, Wire, fetch

__all__ = ["difference", "picture", "raster"]


def picture(answer: Answer) -> npt.NDArray[Any]:
    """The pixels of a PNG or JPEG, shape (rows, columns, 3)."""
    return np.asarray(Image.open(io.BytesIO(answer.body)).convert("RGB"))


def raster(answer: Answer) -> npt.NDArray[Any]:
    """The cells of a GeoTIFF, shape (rows, columns, bands)."""
    with rasterio.io.MemoryFile(answer.body) as file, file.open() as data:
        cells: npt.NDArray[Any] = np.moveaxis(data.read(), 0, 2)
        return cells


def difference(
    first: Wire, second: Wire, queries: Iterable[str], decode: Callable[[Answer], npt.NDArray[Any]]
) -> tuple[float, float]:
    """Mean absolute difference of values, and the share of equal pixels; raises ValueError for other shapes."""
    means, equal = [], []
    for query in queries:
        one, other = (decode(fetch(wire, query)) for wire in (first, second))
        if one.shape != other.shape:
            raise ValueError(f"{query}: shapes {one.shape} and {other.shape}")
        apart = np.abs(one.astype(int) - other.astype(int))
        means.append(float(apart.mean()))
        equal.append(float((apart.max(axis=2) == 0).mean()))
    return float(np.mean(means)), float(np.mean(equal))
