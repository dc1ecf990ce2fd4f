# SPDX-License-Identifier: MIT
"""Writing a coverage as TIFF with GDAL, block by block.

What is not valid: when all fields have one nil value that the type holds, it is the nodata value of the file. A TIFF
has only one for all bands; when fields differ, or have none, the cells that are valid in no field are told by a mask of
the whole data set inside the file, written only where such a cell turns up. Each cell that is not valid holds the nil
value of its own field, or 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.enums import ColorInterp
from rasterio.io import DatasetWriter
from rasterio.windows import Window

from eoxserver.backends.encoders.base import Workspace
from eoxserver.backends.encoders.planes import Plane, fill_value, filled
from eoxserver.core.blocks import block_shape, split, stream
from eoxserver.core.coverage import CellBox, Cells
from eoxserver.core.fields import Field

__all__ = [
    "common_nil", "describe", "fields_profile", "metadata_tags", "tiff_blocks", "tiff_dtype", "tiff_profile",
    "write_tiff",
]  # fmt: skip

EXACT_AS_TEXT = 10**15
"""rasterio writes the nodata value of 64-bit integers with 18 digits of a double: larger ones come out wrong."""


def tiff_dtype(fields: Sequence[Field]) -> np.dtype[Any]:
    """The one type of all bands: the least that holds every field exactly."""
    dtype = np.result_type(*(one.dtype for one in fields))
    if dtype == np.bool_:
        return np.dtype(np.uint8)
    return np.dtype(np.float32) if dtype == np.float16 else dtype


def common_nil(fields: Sequence[Field], dtype: np.dtype[Any]) -> float | None:
    """The nil value that all fields share and a file of this type can hold; None without one."""
    values = [fill_value(one, dtype) for one in fields]
    first = values[0]
    if first is None or any(repr(value) != repr(first) for value in values):
        return None
    return None if dtype.itemsize == 8 and dtype.kind in "iu" and abs(first) >= EXACT_AS_TEXT else first


def tiff_profile(plane: Plane) -> dict[str, Any]:
    """What a TIFF of the plane is made with, apart from how it is compressed and cut in blocks."""
    size = {"height": plane.shape[0], "width": plane.shape[1]}
    place = {} if plane.transform is None else {"transform": plane.transform, "crs": plane.crs}
    return fields_profile(plane.fields) | size | place


def fields_profile(fields: Sequence[Field]) -> dict[str, Any]:
    """What a TIFF of these fields is made with, apart from size and place."""
    dtype = tiff_dtype(fields)
    return {
        "driver": "GTiff",
        "count": len(fields),
        "dtype": dtype.name,
        "nodata": common_nil(fields, dtype),
        "BIGTIFF": "IF_SAFER",
        **_photometric(fields, dtype),
    }


def write_tiff(target: DatasetWriter, plane: Plane, blocks: Iterable[tuple[CellBox, Cells]]) -> None:
    """Write cells and what is known of them into a TIFF that was just made with ``tiff_profile``.

    Parameters
    ----------
    blocks : iterable of (CellBox, Cells)
        All cells of the plane, as ``tiff_blocks`` reads them.
    """
    describe(target, plane.fields, metadata_tags(plane))
    if plane.tie_points is not None:
        target.gcps = plane.tie_points
    dtype, fields = tiff_dtype(plane.fields), plane.fields
    mask = _Mask(target) if target.nodata is None else None
    for box, cells in blocks:
        window = Window(box.low[1], box.low[0], box.shape[1], box.shape[0])
        target.write(filled(cells, fields, dtype), window=window)
        if mask is not None:
            mask.write(cells, window)


def describe(target: DatasetWriter, fields: Sequence[Field], tags: Mapping[str, str]) -> None:
    """Write names, units, colours and metadata."""
    names = tuple(_description(one, number) for number, one in enumerate(fields, 1))
    if any(names):
        target.descriptions = names
    units = tuple("" if one.unit == "10^0" else one.unit for one in fields)
    if any(units):
        target.units = units
    if len(fields) == 1 and fields[0].palette is not None and target.dtypes[0] in ("uint8", "uint16"):
        target.write_colormap(1, dict(enumerate(fields[0].palette)))
    if tags:
        target.update_tags(**tags)


def metadata_tags(plane: Plane) -> dict[str, str]:
    """The metadata items of the coverage as a whole."""
    return {key: value for key, value in plane.coverage.metadata.items() if not key.startswith(("band.", "AREA_OR_"))}


@dataclass
class _Mask:
    """The mask of a data set, begun when the first cell that is valid in no field turns up."""

    target: DatasetWriter
    begun: bool = field(default=False, init=False)

    def write(self, cells: Cells, window: Window) -> None:
        """Note which cells of a block are valid."""
        shown: npt.NDArray[np.bool_] | None = None
        if cells.valid is not None:
            shown = np.logical_or.reduce(cells.valid, axis=0)
        if not self.begun:
            if shown is None or bool(shown.all()):
                return
            self._begin()
        self._put(np.ones((window.height, window.width), dtype=bool) if shown is None else shown, window)

    def _begin(self) -> None:
        """Make the mask, and everything valid."""
        rows, columns = self.target.height, self.target.width
        step = max(1, (1 << 22) // columns)
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
            for row in range(0, rows, step):
                size = min(step, rows - row)
                self._put(np.ones((size, columns), dtype=bool), Window(0, row, columns, size))
        self.begun = True

    def _put(self, shown: npt.NDArray[np.bool_], window: Window) -> None:
        self.target.write_mask(shown.astype(np.uint8) * 255, window=window)


def tiff_blocks(target: DatasetWriter, plane: Plane, workspace: Workspace) -> Iterator[tuple[CellBox, Cells]]:
    """Read the plane in blocks that are whole blocks of the file."""
    fields = range(len(plane.fields))
    chunks = tuple(map(min, target.block_shapes[0], plane.shape))
    shape = block_shape(plane.shape, chunks, max(1, workspace.block_cells // len(fields)))
    return stream(plane, split(CellBox.whole(plane.shape), shape), fields, workspace.pool)


def _photometric(fields: Sequence[Field], dtype: np.dtype[Any]) -> Mapping[str, str]:
    """How the bands are to be shown, as creation options."""
    if len(fields) == 1 and fields[0].palette is not None and dtype in (np.uint8, np.uint16):
        return {"photometric": "PALETTE"}
    kinds = [one.interpretation for one in fields]
    options = {}
    if kinds[:3] == ["red", "green", "blue"]:
        options["photometric"] = "RGB"
    elif kinds[0] == "gray":
        options["photometric"] = "MINISBLACK"
    if kinds[-1] == ColorInterp.alpha.name:
        options["alpha"] = "YES"
    return options


def _description(one: Field, number: int) -> str | None:
    """The text that makes the field's name again when the file is read; None for the name a band has anyway."""
    from_label = "_".join("".join(c if c.isalnum() and c.isascii() else " " for c in one.label).split())
    if one.label and from_label == one.name:
        return one.label
    return None if one.name == f"b{number}" else one.name
