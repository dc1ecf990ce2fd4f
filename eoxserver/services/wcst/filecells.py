# SPDX-License-Identifier: MIT
"""Cells of a file as those of a grid: rows and columns of a raster along its y and x axes, variables as they are.

The grid says where cells are; what the file says of it, if anything, does not count. Nil values that the file knows are
those of fields for which the coverage says none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eoxserver.backends.hdf5 import is_hdf5
from eoxserver.backends.readers.base import Reader
from eoxserver.backends.readers.direct import INDIRECT_DRIVERS, is_text
from eoxserver.backends.readers.variables import VariableSource
from eoxserver.core.arranging import along_grid, array_box, with_ones
from eoxserver.core.coverage import CellBox, Cells, Level, Source
from eoxserver.core.domain import Domain
from eoxserver.core.errors import AccessDenied, DataUnavailable, EOxServerError, InvalidParameterValue
from eoxserver.core.fields import NilValue
from eoxserver.core.roles import Role
from eoxserver.services.wcst.errors import TransactionError, wrong_number
from eoxserver.services.wcst.rangeset import FileCells

__all__ = ["ArrangedSource", "FileFields", "open_file"]


@dataclass(frozen=True, slots=True)
class FileFields:
    """The cells of a file in the order of a grid, and what it says of its fields."""

    source: Source
    dtypes: tuple[np.dtype[Any], ...]
    nil: tuple[tuple[NilValue, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class ArrangedSource:
    """Cells of a source along the axes of a grid, nil cells among them as their values."""

    source: Source
    shape: tuple[int, ...]
    places: tuple[int | None, ...]
    """For each axis of the grid that of the source; None for one that the source lacks."""
    fields: tuple[int, ...]
    """For each field that of the source."""
    folded: tuple[int, ...] = ()
    """Axes of the grid, from the first on, along which the cells of one field are fields of the source."""

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the source."""
        return with_ones(self.source.chunks, self.places)

    @property
    def levels(self) -> tuple[Level, ...]:
        """The full resolution."""
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells of a box; raises DataUnavailable."""
        inner = array_box(box, self.places, len(self.source.shape))
        if self.folded:
            return Cells(self._read_folded(box, inner))
        values = self.source.read(inner, [self.fields[field] for field in fields]).values
        return Cells(along_grid(values, self.places, (len(fields), *box.shape)))

    def _read_folded(self, box: CellBox, inner: CellBox) -> Any:
        sizes = [self.shape[axis] for axis in self.folded]
        wanted = np.arange(math.prod(sizes)).reshape(sizes)[tuple(box.slices[axis] for axis in self.folded)]
        values = self.source.read(inner, [self.fields[0] + int(one) for one in wanted.ravel()]).values
        return along_grid(values, self.places, (1, *box.shape))


def open_file(path: Path, cells: FileCells, domain: Domain, count: int, readers: Mapping[str, Reader]) -> FileFields:
    """The cells of a local file along the axes of a domain.

    Parameters
    ----------
    count : int
        Fields that are needed.
    readers : mapping of str to Reader
        In the order in which they are asked.

    Raises
    ------
    TransactionError
        ``WCSTWrongNumberOfPixels`` when the file has another number of cells or fields than the coverage says.
    AccessDenied
        When the file would send the reader to other files.
    InvalidParameterValue
        When no reader knows the format, or there is no such variable or band.
    DataUnavailable
    """
    _check_direct(path)
    try:
        if cells.variables:
            return _variables(path, cells, domain, count)
        return _raster(path, cells, domain, count, readers)
    except DataUnavailable as error:
        # What a client refers to is its own affair, not that of the server.
        raise InvalidParameterValue(
            f"the file {path.name} cannot be read: {error.message.replace(f'{path.parent}/', '')}",
            locator="fileReference",
        ) from error


def _check_direct(path: Path) -> None:
    """Refuse files of text, most of which name other files (VRT, WMS and their like)."""
    if is_text(path):
        raise _indirect(path)


def _indirect(path: Path) -> AccessDenied:
    return AccessDenied(
        f"{path.name} is of a format whose files may name others (VRT and the like); refer to the data itself",
        locator="fileReference",
    )


def _variables(path: Path, cells: FileCells, domain: Domain, count: int) -> FileFields:
    if not is_hdf5(str(path)):
        raise InvalidParameterValue(
            f"{path.name} is no netCDF file: it has no variables; rangeParameters may name bands", locator="variables"
        )
    if len(cells.variables) != count:
        raise wrong_number("Pixels", f"{len(cells.variables)} variables are named; the coverage has {count} fields")
    source = VariableSource(str(path), cells.variables)
    places = _places(source.shape, domain.shape)
    if places is None:
        raise _wrong_shape(path, source.shape, domain.shape)
    nil = tuple(() if value is None else (NilValue(value),) for value in source.fill_values)
    arranged = ArrangedSource(source, domain.shape, places, tuple(range(count)))
    return FileFields(arranged, source.dtypes, nil)


def _raster(path: Path, cells: FileCells, domain: Domain, count: int, readers: Mapping[str, Reader]) -> FileFields:
    name = str(path)
    reader = next((one for one in readers.values() if one.can_open(name)), None)
    if reader is None:
        raise InvalidParameterValue(f"no reader knows the format of {path.name}", locator="fileReference")
    try:
        description = reader.describe(name)
    except DataUnavailable:
        raise
    except EOxServerError as error:
        raise InvalidParameterValue(
            f"{path.name}: {error.message.replace(f'{path.parent}/', '')}", locator="fileReference"
        ) from error
    if description.driver in INDIRECT_DRIVERS:
        raise _indirect(path)
    fields = description.range_type.fields
    chosen = cells.bands or tuple(range(len(fields)))
    if any(band >= len(fields) for band in chosen):
        raise InvalidParameterValue(
            f"{path.name} has the bands 0 to {len(fields) - 1}; {max(chosen)} is asked for", locator="bands"
        )
    source = reader.open(name)
    places, folded = _raster_places(source.shape, domain, len(chosen), count)
    if places is None:
        raise _wrong_shape(path, (len(chosen), *source.shape), (count, *domain.shape))
    kept = chosen[:1] if folded else chosen
    return FileFields(
        ArrangedSource(source, domain.shape, places, kept, folded),
        tuple(fields[band].dtype for band in kept),
        tuple(fields[band].nil for band in kept),
    )


def _raster_places(
    shape: tuple[int, ...], domain: Domain, bands: int, count: int
) -> tuple[tuple[int | None, ...] | None, tuple[int, ...]]:
    """The axes of a raster (rows, columns) along those of a grid, and which axes bands are cells of."""
    x, y = domain.role_index(Role.X), domain.role_index(Role.Y)
    long = [axis for axis, size in enumerate(domain.shape) if size > 1]
    pairs = [(y, x)] if x is not None and y is not None else []
    pairs += [(a, b) for a, b in ((len(domain.axes) - 2, len(domain.axes) - 1),) if a >= 0]
    pairs += [(long[-2], long[-1]), (long[-1], long[-2])] if len(long) >= 2 else []
    for rows, columns in pairs:
        if (domain.shape[rows], domain.shape[columns]) != shape:
            continue
        places = tuple(0 if axis == rows else 1 if axis == columns else None for axis in range(len(domain.axes)))
        others = tuple(axis for axis in range(len(domain.axes)) if axis not in (rows, columns))
        cells = math.prod(domain.shape[axis] for axis in others)
        if cells == 1 and bands == count:
            return places, ()
        if count == 1 and bands == cells:
            return places, others
    places_1d = _places(shape, domain.shape) if bands == count else None
    return places_1d, ()


def _places(given: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[int | None, ...] | None:
    """The axes of an array for those of a grid, where both differ by axes of one cell only; None where more differs."""
    if given == wanted:
        return tuple(range(len(given)))
    long = [place for place, size in enumerate(given) if size > 1]
    if [given[place] for place in long] != [size for size in wanted if size > 1]:
        return None
    remaining = iter(long)
    return tuple(next(remaining) if size > 1 else None for size in wanted)


def _wrong_shape(path: Path, found: Sequence[int], needed: Sequence[int]) -> TransactionError:
    return wrong_number(
        "Pixels",
        f"{path.name} has {' x '.join(map(str, found))} cells; the coverage has {' x '.join(map(str, needed))}",
    )
