# SPDX-License-Identifier: MIT
"""The cells of a raster that GDAL reads, as a source.

Small windows are cut from decoded blocks in memory (``blockcache``); windows too large to be worth keeping are read
straight from the file.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
from rasterio.io import DatasetReader

from eoxserver.backends.connections import RasterPath
from eoxserver.backends.locations import data_file
from eoxserver.backends.rasters import GDAL_ERRORS, unavailable
from eoxserver.backends.readers.blockcache import BlockCache
from eoxserver.backends.readers.handles import FileChanged, Handles, Identity, identify_path
from eoxserver.backends.readers.layout import Layout, Unit, load_layout
from eoxserver.core.coverage import CellBox, Cells, Level
from eoxserver.core.errors import DataUnavailable

__all__ = ["GdalSource"]

Result = TypeVar("Result")
Span: TypeAlias = tuple[slice, slice]
"""Rows and columns."""

ATTEMPTS = 5
"""How often a file is looked at that is another one each time it is opened."""
CACHED_SHARE = 8
"""A window larger than this part of the block cache would only push out what others need: it is not kept."""
ONCE_BYTES = 64 << 20
"""Larger rasters are read in parts, even those that are read once: parts share blocks."""


@dataclass
class GdalSource:
    """Cells of one raster file. Safe in threads; opens nothing before it is asked for something.

    Parameters
    ----------
    path : str
        What GDAL opens: a local file, a data set inside one, or a ``RasterPath``: that one is read in the state that
        its validator means and in no other.
    once : bool
        Whether all cells are going to be read together, and not again: they are not kept then.
    """

    path: str
    handles: Handles
    blocks: BlockCache
    once: bool = False
    _layout: Layout | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self._file = None if isinstance(self.path, RasterPath) else data_file(self.path)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns at full resolution."""
        return self._known().shape

    @property
    def chunks(self) -> tuple[int, int]:
        """Rows and columns of the file's blocks."""
        return self._known().block

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution and overviews."""
        return self._known().levels

    def state(self) -> str:
        """Which file it is now; empty when nobody knows, or it is none any more."""
        identity = identify_path(self.path, self._file)
        if identity is None or isinstance(identity, str):
            return identity or ""
        return f"{identity.size}-{identity.modified}-{identity.inode}-{identity.device}"

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Read cells, all of them from the file as it is at one moment; see ``core.coverage.Source``."""
        return _persistently(lambda: self._read_once(box, fields, level))

    def _read_once(self, box: CellBox, fields: Sequence[int], level: int) -> Cells:
        layout = self._current(identify_path(self.path, self._file))
        if max(fields) >= len(layout.dtypes):
            raise DataUnavailable(
                f"{self.path}: has {len(layout.dtypes)} bands, field {max(fields)} (from 0) was asked for",
                locator=self.path,
            )
        dtype = np.result_type(*(layout.dtypes[band] for band in fields))
        groups = {layout.group(band) for band in fields}
        cells, unit = box.cell_count, layout.units[level]
        size = cells * dtype.itemsize * max(map(len, groups))
        whole = self.once and level == 0 and box.shape == layout.shape and size <= ONCE_BYTES
        if whole or size > self.blocks.capacity // CACHED_SHARE:
            return self._read_direct(layout, level, (box.slices[0], box.slices[1]), fields, dtype)
        if len(groups) == 1:
            return self._cut(layout, level, box, fields, next(iter(groups)), unit)
        return self._merge(layout, level, box, fields, dtype)

    def _known(self) -> Layout:
        """The layout as it was when first looked at."""
        return self._layout or _persistently(lambda: self._current(identify_path(self.path, self._file)))

    def _current(self, identity: Identity) -> Layout:
        """The layout of the file as it is now, which must still be of the same shape."""
        known = self._layout
        if known is not None and known.identity == identity:
            return known
        if isinstance(self.path, RasterPath):
            if identity != (self.path.identity or None):
                raise FileChanged(f"{self.path}: is another file than the one connected to", locator=str(self.path))
        elif identity is None and self._file is None:
            self._file = data_file(self.path)
            identity = identify_path(self.path, self._file)
        try:
            layout = load_layout(self.path, identity, self.handles)
        except GDAL_ERRORS as error:
            raise unavailable(self.path, error) from error
        if known is not None and (known.shape, known.dtypes) != (layout.shape, layout.dtypes):
            raise DataUnavailable(
                f"{self.path}: was {_text(known)} and is {_text(layout)} now; register it again", locator=self.path
            )
        self._layout = layout
        return layout

    def _cut(
        self, layout: Layout, level: int, box: CellBox, fields: Sequence[int], group: tuple[int, ...], unit: Unit
    ) -> Cells:
        """Cut a box out of kept blocks of one group of bands."""
        chosen = _index([group.index(band) for band in fields])
        parts = list(_parts(box, unit))
        ahead = self._ahead(layout, level, group, [number for number, _, _ in parts])
        if len(parts) == 1:
            number, (rows, columns), _ = parts[0]
            block = self._block(layout, level, group, number, ahead)
            index = (chosen, rows, columns)
            return Cells(block.values[index], None if block.valid is None else block.valid[index])
        values = np.empty((len(fields), *box.shape), layout.dtypes[group[0]])
        valid: npt.NDArray[np.bool_] | None = None
        for number, (rows, columns), target in parts:
            block = self._block(layout, level, group, number, ahead)
            values[:, target[0], target[1]] = block.values[chosen, rows, columns]
            if block.valid is not None:
                if valid is None:
                    valid = np.ones(values.shape, dtype=bool)
                valid[:, target[0], target[1]] = block.valid[chosen, rows, columns]
        return Cells(values, valid)

    def _merge(self, layout: Layout, level: int, box: CellBox, fields: Sequence[int], dtype: np.dtype[Any]) -> Cells:
        """Cut a box out of kept blocks of several groups of bands."""
        values = np.empty((len(fields), *box.shape), dtype)
        valid: npt.NDArray[np.bool_] | None = None
        for group in layout.groups:
            places = [place for place, band in enumerate(fields) if band in group]
            if not places:
                continue
            part = self._cut(layout, level, box, [fields[place] for place in places], group, layout.units[level])
            values[places] = part.values
            if part.valid is not None:
                if valid is None:
                    valid = np.ones(values.shape, dtype=bool)
                valid[places] = part.valid
        return Cells(values, valid)

    def _ahead(
        self, layout: Layout, level: int, group: tuple[int, ...], numbers: Sequence[tuple[int, int]]
    ) -> _Ahead | None:
        """The blocks of those numbers that are missing, read in one go where that saves requests: from far away."""
        if len(numbers) == 1 or not isinstance(self.path, RasterPath) or self.path.file:
            return None
        missing = [number for number in numbers if not self.blocks.has(self._key(layout, level, group, number))]
        if len(missing) < 2:
            return None
        spans = [self._span(layout, level, number) for number in missing]
        rows = slice(min(span[0].start for span in spans), max(span[0].stop for span in spans))
        columns = slice(min(span[1].start for span in spans), max(span[1].stop for span in spans))
        cells = self._read_direct(layout, level, (rows, columns), group, layout.dtypes[group[0]])
        return _Ahead((rows, columns), cells)

    def _key(self, layout: Layout, level: int, group: tuple[int, ...], number: tuple[int, int]) -> Hashable:
        return (self.path, layout.identity, level, group[0], number)

    def _span(self, layout: Layout, level: int, number: tuple[int, int]) -> Span:
        unit, shape = layout.units[level], layout.levels[level].shape
        row, column = number[0] * unit.rows, number[1] * unit.columns
        return slice(row, min(row + unit.rows, shape[0])), slice(column, min(column + unit.columns, shape[1]))

    def _block(
        self, layout: Layout, level: int, group: tuple[int, ...], number: tuple[int, int], ahead: _Ahead | None
    ) -> Cells:
        span = self._span(layout, level, number)

        def load() -> Cells:
            if ahead is not None and ahead.has(span):
                return ahead.cut(span)
            return self._read_direct(layout, level, span, group, layout.dtypes[group[0]])

        return self.blocks.get(self._key(layout, level, group, number), load)

    def _read_direct(
        self, layout: Layout, level: int, span: Span, fields: Sequence[int], dtype: np.dtype[Any]
    ) -> Cells:
        """Read a window of the file."""
        with self.handles.lend(self.path, layout.overviews[level], layout.identity) as handle:
            try:
                return handle.use(lambda dataset: _read(dataset, layout, span, fields, dtype))
            except GDAL_ERRORS as error:
                raise unavailable(self.path, error) from error


@dataclass(frozen=True, slots=True)
class _Ahead:
    """A window that was read for the blocks in it."""

    span: Span
    cells: Cells

    def has(self, span: Span) -> bool:
        """Whether a block lies in it."""
        (top, left), (rows, columns) = self.span, span
        return bool(
            top.start <= rows.start
            and rows.stop <= top.stop
            and left.start <= columns.start
            and columns.stop <= left.stop
        )

    def cut(self, span: Span) -> Cells:
        """A block in it, as an array of its own: what is kept must not keep the whole window."""
        y, x = self.span[0].start, self.span[1].start
        part = (slice(None), slice(span[0].start - y, span[0].stop - y), slice(span[1].start - x, span[1].stop - x))
        valid = self.cells.valid
        return Cells(self.cells.values[part].copy(), None if valid is None else valid[part].copy())


def _persistently(call: Callable[[], Result]) -> Result:
    """Call again when the file changed meanwhile; raises FileChanged when it does so every time."""
    for _ in range(ATTEMPTS - 1):
        try:
            return call()
        except FileChanged:
            continue
    return call()


def _read(dataset: DatasetReader, layout: Layout, span: Span, fields: Sequence[int], dtype: np.dtype[Any]) -> Cells:
    window = tuple((part.start, part.stop) for part in span)
    values = dataset.read([band + 1 for band in fields], window=window, out_dtype=dtype)
    valid: npt.NDArray[np.bool_] | None = None
    beside: dict[int, npt.NDArray[np.bool_]] = {}
    for place, band in enumerate(fields):
        mask = layout.masks[band]
        if mask is None:
            continue
        if mask.nodata is not None:
            missing = mask.missing(values[place].astype(layout.dtypes[band], copy=False))
        else:
            key = -1 if mask.shared else band
            if key not in beside:
                beside[key] = dataset.read_masks(band + 1, window=window) == 0
            missing = beside[key] if beside[key].any() else None
        if missing is not None:
            valid = np.ones(values.shape, dtype=bool) if valid is None else valid
            valid[place] = ~missing
    return Cells(values, valid)


def _index(positions: list[int]) -> slice | list[int]:
    """Positions as a slice where they follow each other: a slice copies nothing."""
    first = positions[0]
    if positions == list(range(first, first + len(positions))):
        return slice(first, first + len(positions))
    return positions


def _parts(box: CellBox, unit: Unit) -> Iterator[tuple[tuple[int, int], Span, Span]]:
    """The blocks that a box meets: their numbers, the span within the block, the span within the box."""
    (top, left), (bottom, right) = box.low, box.high
    for row in range(top // unit.rows, -(-bottom // unit.rows)):
        y, low_y, high_y = row * unit.rows, max(top, row * unit.rows), min(bottom, (row + 1) * unit.rows)
        for column in range(left // unit.columns, -(-right // unit.columns)):
            x = column * unit.columns
            low_x, high_x = max(left, x), min(right, x + unit.columns)
            inside = (slice(low_y - y, high_y - y), slice(low_x - x, high_x - x))
            target = (slice(low_y - top, high_y - top), slice(low_x - left, high_x - left))
            yield (row, column), inside, target


def _text(layout: Layout) -> str:
    names = ", ".join(dict.fromkeys(str(dtype) for dtype in layout.dtypes))
    return f"{len(layout.dtypes)} x {layout.shape[1]} x {layout.shape[0]} cells of {names}"
