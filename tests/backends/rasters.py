# SPDX-License-Identifier: MIT
"""Rasters that tests make."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.shutil
from rasterio.transform import from_bounds

BOUNDS = (10.0, 40.0, 20.0, 45.0)
"""West, south, east, north of the rasters that say nothing else."""


def pattern(shape: Sequence[int], dtype: str = "uint8") -> npt.NDArray[Any]:
    """Answer cells that differ from their neighbours, over the whole range of the type."""
    kind = np.dtype(dtype)
    numbers = np.arange(np.prod(shape), dtype=np.int64).reshape(shape)
    if kind.kind == "c":
        return (numbers + 1j * (numbers % 7)).astype(kind)
    if kind.kind == "f":
        return (numbers / 3).astype(kind)
    return (numbers * 7919 % 65521).astype(kind)


def write(
    path: Path,
    values: npt.NDArray[Any],
    *,
    crs: str | None = "EPSG:4326",
    bounds: tuple[float, float, float, float] | None = BOUNDS,
    driver: str = "GTiff",
    **profile: Any,
) -> str:
    """Write values of shape (band, row, column), and answer the path as text."""
    count, height, width = values.shape
    if bounds is not None:
        profile.setdefault("transform", from_bounds(*bounds, width, height))
    if crs is not None:
        profile.setdefault("crs", crs)
    profile.setdefault("dtype", values.dtype.name)
    with rasterio.open(path, "w", driver=driver, width=width, height=height, count=count, **profile) as dataset:
        dataset.write(values)
    return str(path)


def add_overviews(path: str, factors: Sequence[int]) -> None:
    """Add overviews, each cell the nearest of the full resolution."""
    with rasterio.open(path, "r+") as dataset:
        dataset.build_overviews(list(factors))


def convert(path: str, target: Path, driver: str, **options: Any) -> str:
    """Write a raster in another format, and answer its path."""
    rasterio.shutil.copy(path, target, driver=driver, **options)
    return str(target)
