# SPDX-License-Identifier: MIT
"""Opening rasters with GDAL, and GDAL's errors in our words.

GDAL keeps state of the process. What this package changes of it is changed here, in ``prepare_gdal``.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import rasterio
from rasterio import env
from rasterio._err import CPLE_BaseError
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader

from eoxserver.backends.hdf5 import hdf5_guard, is_hdf5
from eoxserver.backends.locations import data_file, split_dataset_name
from eoxserver.core.errors import DataUnavailable

__all__ = ["GDAL_ERRORS", "open_raster", "prepare_gdal", "unavailable"]

GDAL_ERRORS: tuple[type[Exception], ...] = (RasterioError, CPLE_BaseError, OSError)
"""What rasterio raises when data is missing, broken or not what it says it is."""

GDAL_CACHE_BYTES = 64 << 20
"""GDAL's own block cache: room for what is being decoded or written; decoded blocks are kept by our own cache."""


def prepare_gdal() -> None:
    """Set what GDAL and rasterio keep per process; may be called any number of times.

    GDAL's block cache is bounded (unless the environment has GDAL_CACHEMAX), and a raster without georeference is
    nothing to warn about: it is a coverage with index axes.
    """
    warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)
    if "GDAL_CACHEMAX" not in os.environ:
        env.set_gdal_config("GDAL_CACHEMAX", GDAL_CACHE_BYTES)


def open_raster(path: str, level: int = 0) -> DatasetReader:
    """Open a raster for reading.

    Parameters
    ----------
    path : str
        A local file, or anything else that GDAL opens.
    level : int
        0 is the full resolution, 1 the first overview.

    Raises
    ------
    DataUnavailable
        When it is missing, unreadable or not a raster.
    """
    file = data_file(path)
    if file is None and _is_plain(path):
        raise DataUnavailable(f"{path}: no such file", locator=path)
    try:
        with hdf5_guard(is_hdf5(file or path)):
            if level:
                return rasterio.open(path, sharing=False, overview_level=level - 1)
            return rasterio.open(path, sharing=False)
    except GDAL_ERRORS as error:
        raise unavailable(path, error) from error


def unavailable(path: str, error: Exception) -> DataUnavailable:
    """Answer the error for data that could not be opened or read, with GDAL's own reason in one line."""
    if Path(path).is_dir():
        return DataUnavailable(f"{path}: is a folder, not a raster", locator=path)
    cause = error.__cause__ or error.__context__ or error
    text = " ".join(str(getattr(cause, "errmsg", "") or cause).split())
    for name in (f"'{path}'", path, Path(path).name):
        text = text.removeprefix(name).lstrip(":, ")
    return DataUnavailable(f"{path}: {text or 'cannot be read'}", locator=path)


def _is_plain(path: str) -> bool:
    """Whether the text can only be the path of a file."""
    return not path.startswith("/vsi") and "://" not in path and not split_dataset_name(path).prefix
