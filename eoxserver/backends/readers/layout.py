# SPDX-License-Identifier: MIT
"""What must be known of an open raster to read its cells: shape, overviews, blocks, types, and what is not valid.

Which cells are valid follows GDAL's mask flags: all, those that differ from the nodata value, or those of a mask that
comes with the data. An alpha band is a field like any other and hides nothing by itself: those who draw blend with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from rasterio.enums import MaskFlags
from rasterio.io import DatasetReader

from eoxserver.backends.connections import RasterPath
from eoxserver.backends.readers.handles import Handles, Identity
from eoxserver.core.coverage import Level
from eoxserver.core.errors import DataUnavailable
from eoxserver.core.fields import NilValue, holds, nil_cells

__all__ = ["Layout", "Mask", "Unit", "band_dtype", "load_layout", "look_ahead", "nil_values", "nodata_value"]

UNIT_CELLS = 1 << 17
"""Blocks with fewer cells (strips, small tiles) are read and kept several together."""
GROUP_BANDS = 16
"""More bands than these are not kept together, though the file interleaves them."""


@dataclass(frozen=True, slots=True)
class Mask:
    """How the valid cells of a band are told."""

    nodata: float | None = None
    """The value of cells that are not valid; None: there is a mask beside the cells."""
    shared: bool = False
    """Whether that mask is the same for all bands."""

    def missing(self, values: npt.NDArray[Any]) -> npt.NDArray[np.bool_] | None:
        """Where ``values`` are the nodata value, same shape; None: nowhere."""
        assert self.nodata is not None
        return nil_cells(values.real if values.dtype.kind == "c" else values, (NilValue(self.nodata),))


@dataclass(frozen=True, slots=True)
class Unit:
    """The blocks that are read and kept together: whole blocks of the file."""

    rows: int
    columns: int


@dataclass(frozen=True)
class Layout:
    """How the cells of a raster are laid out; bands are counted from 0."""

    identity: Identity
    shape: tuple[int, int]
    dtypes: tuple[np.dtype[Any], ...]
    masks: tuple[Mask | None, ...]
    """One a band; None when every cell is valid."""
    block: tuple[int, int]
    """Rows and columns of the file's blocks at full resolution."""
    levels: tuple[Level, ...]
    overviews: tuple[int, ...]
    """Level -> the number by which GDAL opens it: 0 the full resolution, 1 the first overview."""
    units: tuple[Unit, ...]
    """One a level."""
    groups: tuple[tuple[int, ...], ...]
    """Bands that the file interleaves, which are read and kept together."""

    def group(self, band: int) -> tuple[int, ...]:
        """The bands that are kept together with this one, itself included."""
        return next(group for group in self.groups if band in group)


def load_layout(path: str, identity: Identity, handles: Handles) -> Layout:
    """Look at a raster and its overviews.

    Raises
    ------
    DataUnavailable
        When it cannot be opened.
    """
    with handles.lend(path, 0, identity) as handle:
        look_ahead(path, identity, handles)
        full = handle.use(partial(_full, path=path))
    grids = [full.grid]
    overviews = [0]
    for number in range(1, full.overviews + 1):
        with handles.lend(path, number, identity) as handle:
            grid = handle.use(_grid)
        if grid.shape < grids[-1].shape:
            grids.append(grid)
            overviews.append(number)
    shape = full.grid.shape
    levels = tuple(Level(grid.shape, (shape[0] / grid.shape[0], shape[1] / grid.shape[1])) for grid in grids)
    units = tuple(_unit(grid.shape, grid.block) for grid in grids)
    return Layout(
        identity, shape, full.dtypes, full.masks, full.grid.block, levels, tuple(overviews), units, full.groups
    )


def look_ahead(path: str, identity: Identity, handles: Handles) -> None:
    """Have GDAL read the headers of all that a remote file holds, while other threads go on.

    They are read, at the latest, when masks and overviews are asked for; but rasterio lets no other thread of the
    process run meanwhile, however long a server takes. When the first overview is opened it does, and what GDAL has
    read of a remote file it keeps.
    """
    if isinstance(path, RasterPath) and not path.file:
        with suppress(DataUnavailable), handles.lend(path, 1, identity):  # it need not have one
            pass


@dataclass(frozen=True, slots=True)
class _Grid:
    """One resolution."""

    shape: tuple[int, int]
    block: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Full:
    """The full resolution, and what all resolutions have in common."""

    grid: _Grid
    dtypes: tuple[np.dtype[Any], ...]
    masks: tuple[Mask | None, ...]
    groups: tuple[tuple[int, ...], ...]
    overviews: int
    """How many there are."""


def _full(dataset: DatasetReader, path: str) -> _Full:
    if not dataset.count:
        inside = ", ".join(dataset.subdatasets) or "none"
        raise DataUnavailable(f"{path}: has no bands of its own; the data sets inside are: {inside}", locator=path)
    dtypes = tuple(band_dtype(name) for name in dataset.dtypes)
    masks = tuple(_mask(dataset, band) for band in range(dataset.count))
    return _Full(_grid(dataset), dtypes, masks, _groups(dataset, dtypes), len(dataset.overviews(1)))


def _grid(dataset: DatasetReader) -> _Grid:
    return _Grid((dataset.height, dataset.width), _block(dataset))


def band_dtype(name: str) -> np.dtype[Any]:
    """The numpy type of a GDAL type by rasterio's name; complex integers, which numpy lacks, become complex floats.

    >>> band_dtype("complex_int16"), band_dtype("uint16")
    (dtype('complex64'), dtype('uint16'))
    """
    return np.dtype({"complex_int16": "complex64", "complex_int32": "complex128"}.get(name, name))


def nodata_value(dataset: DatasetReader, band: int) -> float | None:
    """The nodata value that masks cells of a band (from 0); None without one, or when the type cannot hold it."""
    if MaskFlags.nodata not in dataset.mask_flag_enums[band]:
        return None
    nodata, dtype = dataset.nodatavals[band], band_dtype(dataset.dtypes[band])
    if nodata is None or (dtype.kind in "iu" and not holds(dtype, nodata)):
        return None
    return float(nodata)


def nil_values(dataset: DatasetReader, band: int) -> tuple[NilValue, ...]:
    """The nil values of a band (from 0)."""
    nodata = nodata_value(dataset, band)
    return () if nodata is None else (NilValue(nodata),)


def _mask(dataset: DatasetReader, band: int) -> Mask | None:
    flags = dataset.mask_flag_enums[band]
    if MaskFlags.all_valid in flags or MaskFlags.alpha in flags:
        return None
    if flags == [MaskFlags.nodata]:
        nodata = nodata_value(dataset, band)
        return None if nodata is None else Mask(nodata)
    return Mask(shared=MaskFlags.per_dataset in flags)


def _block(dataset: DatasetReader) -> tuple[int, int]:
    rows, columns = dataset.block_shapes[0]
    return (min(rows, dataset.height), min(columns, dataset.width))


def _groups(dataset: DatasetReader, dtypes: Sequence[np.dtype[Any]]) -> tuple[tuple[int, ...], ...]:
    interleaved = dataset.profile.get("interleave") != "band"
    together = interleaved and 1 < len(dtypes) <= GROUP_BANDS and len(set(dtypes)) == 1
    return (tuple(range(len(dtypes))),) if together else tuple((band,) for band in range(len(dtypes)))


def _unit(shape: tuple[int, int], block: tuple[int, int]) -> Unit:
    """Whole blocks, about square where tiles allow it, of about UNIT_CELLS cells."""
    rows, columns = block
    side = math.isqrt(UNIT_CELLS)
    if columns < min(side, shape[1]):
        columns = min(shape[1], math.ceil(side / columns) * columns)
    if rows * columns < UNIT_CELLS:
        rows = min(shape[0], math.ceil(UNIT_CELLS / columns / rows) * rows)
    return Unit(rows, columns)
