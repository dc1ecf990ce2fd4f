# SPDX-License-Identifier: MIT
"""Writing formats that GDAL makes from a finished raster: a plain TIFF first, then a copy in the format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.shutil
from affine import Affine
from rasterio._err import CPLE_BaseError
from rasterio.drivers import raster_driver_extensions

from eoxserver.backends.encoders.base import Workspace
from eoxserver.backends.encoders.files import configured, pieces, scratch_folder
from eoxserver.backends.encoders.planes import Plane
from eoxserver.backends.encoders.tiff_writer import tiff_blocks, tiff_profile, write_tiff
from eoxserver.backends.hdf5 import HDF5_DRIVERS, hdf5_guard
from eoxserver.backends.rasters import GDAL_ERRORS
from eoxserver.core.errors import UnsupportedCombination

__all__ = ["LOSSLESS", "copied", "obstacle"]

LOSSLESS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"JP2OpenJPEG": {"QUALITY": "100", "REVERSIBLE": "YES", "YCBCR420": "NO"}}
)
"""Creation options without which a driver would change values."""
TILE = 256
PROBE = 64
"""Rows and columns of the raster that tries out a driver."""


def copied(plane: Plane, driver: str, workspace: Workspace, options: Mapping[str, object]) -> Iterator[bytes]:
    """Write a plane through a driver, and yield the bytes.

    Raises
    ------
    UnsupportedCombination
        When the driver refuses; the message has its reason.
    """
    with scratch_folder(workspace) as folder:
        plain, path = folder / "plain.tif", folder / "out" / _file_name(driver)
        with rasterio.open(plain, "w", tiled=True, blockxsize=TILE, blockysize=TILE, **tiff_profile(plane)) as target:
            write_tiff(target, plane, tiff_blocks(target, plane, workspace))
        try:
            configured(workspace, partial(_copy, plain, path, driver, options))
        except GDAL_ERRORS as error:
            raise UnsupportedCombination(
                f"{driver} cannot hold the result: {_reason(error)}; GeoTIFF or netCDF can", locator="format"
            ) from error
        plain.unlink()
        yield from pieces(path)


@lru_cache(maxsize=256)
def obstacle(driver: str, dtype: str, count: int, shape: tuple[int, int]) -> str | None:
    """Say what keeps a driver from holding such a raster in one file; None when nothing does.

    Tried out, once, on a small raster: GDAL does not tell which types, numbers of bands and files a driver can.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns; up to ``PROBE`` of each are tried.
    """
    rows, columns = (min(size, PROBE) for size in shape)
    values = (np.arange(count * rows * columns) % 120).astype(dtype).reshape(count, rows, columns)
    profile: dict[str, Any] = {
        "driver": "GTiff", "height": rows, "width": columns, "count": count, "dtype": dtype,
        "crs": "EPSG:4326", "transform": Affine(0.1, 0, 10, 0, -0.1, 50),
    }  # fmt: skip
    with TemporaryDirectory(prefix="probe-") as name:
        folder = Path(name)
        try:
            with rasterio.open(folder / "plain.tif", "w", **profile) as target:
                target.write(values)
            target = folder / "out" / _file_name(driver)
            _copy(folder / "plain.tif", target, driver, LOSSLESS.get(driver, {}))
            return _differs(target, driver, values)
        except GDAL_ERRORS as error:
            return _reason(error)


def _copy(source: Path, target: Path, driver: str, options: Mapping[str, object]) -> None:
    target.parent.mkdir(exist_ok=True)
    with hdf5_guard(driver in HDF5_DRIVERS):
        rasterio.shutil.copy(str(source), str(target), driver=driver, strict=False, **options)


def _file_name(driver: str) -> str:
    """The name of a result; some drivers choose by its extension what they write."""
    extension = next((ext for ext, name in raster_driver_extensions().items() if name == driver), "")
    return f"result.{extension}" if extension else "result"


def _differs(file: Path, driver: str, values: npt.NDArray[Any]) -> str | None:
    """What is wrong with a file when the files beside it (for other tools) are taken away."""
    written = sorted(path.name for path in file.parent.iterdir())
    for path in file.parent.iterdir():
        if path != file:
            path.unlink()
    try:
        with hdf5_guard(driver in HDF5_DRIVERS), rasterio.open(file) as dataset:
            read = dataset.read()
    except GDAL_ERRORS:
        return f"it takes several files ({', '.join(written)}), and an answer is one"
    if read.shape != values.shape:
        return f"of {values.shape[0]} bands {read.shape[0]} are left"
    narrower = read.dtype.kind in "iu" and not np.can_cast(values.dtype, read.dtype)
    if read.dtype != values.dtype and (narrower or not np.array_equal(read, values)):
        return f"{values.dtype} turns into {read.dtype}"
    return None


def _reason(error: Exception) -> str:
    # What rasterio raises comes from an error of GDAL; the context may also be an error that is being answered.
    causes = (error, error.__cause__, error.__context__)
    cause = next((one for one in causes if isinstance(one, CPLE_BaseError)), error)
    return " ".join(str(getattr(cause, "errmsg", "") or cause).split()) or "it cannot be written"
