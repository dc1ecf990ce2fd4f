# SPDX-License-Identifier: MIT
"""The cells of a stack: those of its files, each opened when cells of it are asked for; what no file has is nil."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.backends.locations import Location
from eoxserver.backends.readers.nil import mask_nil
from eoxserver.core.axes import IrregularAxis
from eoxserver.core.coverage import CellBox, Cells, Level, Source
from eoxserver.core.errors import DataUnavailable
from eoxserver.core.fields import Field
from eoxserver.core.wrapping import ChosenFields
from eoxserver.resources.coverages.stacks.index import Indexes, SliceFile, StackIndex
from eoxserver.resources.coverages.stacks.layout import FileLayout
from eoxserver.resources.coverages.stacks.places import Grid, Run
from eoxserver.resources.coverages.stacks.reading import Reading

__all__ = ["OpenFiles", "StackSource", "Stacked"]

MOST_OPEN = 512
"""Files whose sources are remembered; how many are open at a time is up to their readers."""
MOST_FAR = 64
"""So many files elsewhere are asked for their state; of more, nobody asks."""
COSTS = 20.0
"""What is known of the state of the files is trusted for so many times the time that it takes to look."""


class OpenFiles:
    """How files are opened and looked at."""

    def __init__(
        self,
        open_raster: Callable[[Location], Source],
        open_variables: Callable[[Location, Sequence[str]], Source],
        is_near: Callable[[Location], bool],
        state: Callable[[Location], str],
    ) -> None:
        self._open_raster = open_raster
        self._open_variables = open_variables
        self.is_near = is_near
        """Say whether a file is on this machine."""
        self.state = state
        """Answer which file a location is now; empty when nobody can tell."""

    def differences(self, location: Location, file: SliceFile, fields: Sequence[Field]) -> Iterator[str]:
        """What a file is not, that a slice with this place and reading must be.

        Its last cell is read, which a truncated file has not.

        Parameters
        ----------
        fields : sequence of Field
            All of the coverage.

        Raises
        ------
        DataUnavailable
            When it cannot be read.
        """
        source, how = self.open(location, file.reading), file.reading
        expected = tuple(file.place.shape[axis] for axis in how.dims)
        if source.shape != expected:
            yield f"{location}: {_size(source.shape)} cells, registered with {_size(expected)}"
            return
        last = CellBox(tuple(size - 1 for size in source.shape), source.shape)
        for number, wanted in enumerate(fields[field] for field in how.fields):
            found = source.read(last, [number if how.variables else how.bands[number]]).values.dtype
            if not np.can_cast(found, wanted.dtype, "safe"):
                yield f"{location}: field {wanted.name} is {found}, registered as {wanted.dtype}"

    def open(self, location: Location, reading: Reading) -> Source:
        """The source of a file, its dimensions and its bands as they are; raises DataUnavailable."""
        if reading.variables:
            return self._open_variables(location, reading.variables)
        return self._open_raster(location)


@dataclass(frozen=True)
class Stacked:
    """What the catalogue says of a stack."""

    coverage_key: int
    revision: int
    grid: Grid
    fields: tuple[Field, ...]
    layout: FileLayout


class StackSource:
    """Cells of many files. Thread-safe.

    Parameters
    ----------
    stacked : Stacked
    indexes : Indexes
        Know the files.
    files : OpenFiles
        Opens them.
    """

    def __init__(self, stacked: Stacked, indexes: Indexes, files: OpenFiles) -> None:
        self._stacked = stacked
        self._indexes = indexes
        self._files = files
        self._lock = threading.Lock()
        self._sources: OrderedDict[tuple[int, int], Source] = OrderedDict()
        self._index_of_revision: StackIndex | None = None
        self._state = ("", float("-inf"))

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis, as the catalogue says."""
        return self._stacked.grid.domain.shape

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the first file; opens none."""
        return tuple(map(min, self._stacked.layout.chunks, self.shape))

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution, and the overviews of the first file."""
        return self._stacked.layout.levels(self.shape)

    def state(self) -> str:
        """Changes when one of the files does, which are looked at as often as that takes a small part of the time."""
        known, until = self._state
        if time.monotonic() < until:
            return known
        try:
            index = self._index()
        except DataUnavailable:
            return ""
        before = time.monotonic()
        state = self._state_of(index)
        after = time.monotonic()
        self._state = (state, after + COSTS * (after - before))
        return state

    def _state_of(self, index: StackIndex) -> str:
        near = [file.location for file in index.files.values() if self._files.is_near(file.location)]
        far = [file.location for file in index.files.values() if not self._files.is_near(file.location)]
        asked = near + (far if len(far) <= MOST_FAR else [])
        return f"{index.revision} " + " ".join(map(self._files.state, asked))

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells of the box; raises DataUnavailable when a file that has some of them cannot be read."""
        pieces = list(self._pieces(box, fields, self.levels[level] if level else None))
        dtype = np.result_type(*(self._stacked.fields[field].dtype for field in fields))
        if len(pieces) == 1 and pieces[0].target == box and len(pieces[0].places) == len(fields):
            return pieces[0].read(dtype)
        values = np.zeros((len(fields), *box.shape), dtype)
        valid = np.zeros(values.shape, np.bool_)
        back = [-low for low in box.low]
        for piece in pieces:
            cells = piece.read(dtype)
            where = piece.target.shifted(back).slices
            for number, place in enumerate(piece.places):
                own, mask = values[place][where], valid[place][where]
                if cells.valid is None:
                    own[...], mask[...] = cells.values[number], True
                else:
                    np.copyto(own, cells.values[number], where=cells.valid[number])
                    mask |= cells.valid[number]
        return Cells(values, None if valid.all() else valid)

    def _index(self) -> StackIndex:
        """The files as of the revision of the catalogue that this source belongs to, or of a later one."""
        index = self._index_of_revision
        if index is None:
            index = self._indexes.get(self._stacked.coverage_key, self._stacked.revision)
            self._index_of_revision = index
        return index

    def _pieces(self, box: CellBox, fields: Sequence[int], level: Level | None) -> Iterator[_Piece]:
        """What is to be read of which file; of an overview, files have all cells along the axes that are coarser."""
        coarse = [] if level is None else [axis for axis, size in enumerate(level.shape) if size != self.shape[axis]]
        full = box if level is None else _widened(box, coarse, self.shape)
        for file in self._index().meeting(self._stacked.grid, full):
            places = [place for place, field in enumerate(fields) if field in file.reading.fields]
            if not places:
                continue
            bands = [file.reading.fields.index(fields[place]) for place in places]
            every = self._runs(file)
            for axis in coarse if level is not None else ():
                every[axis] = [Run(0, 0, level.shape[axis])] if level is not None else []
            for runs in product(*every):
                extent = CellBox(tuple(run.start for run in runs), tuple(run.start + run.count for run in runs))
                target = box.intersection(extent)
                if target is not None:
                    shift = tuple(run.offset - run.start for run in runs)
                    own = target.shifted(shift)
                    yield _Piece(self._source(file), file, target, own, tuple(places), tuple(bands), level)

    def _runs(self, file: SliceFile) -> list[list[Run]]:
        """Which cells of the grid those of a file are, along each axis."""
        grid, spans = self._stacked.grid, file.place.spans
        positions: dict[int, npt.NDArray[np.float64]] = {}
        if not all(grid.is_whole(axis, span) for axis, span in enumerate(spans)):
            several = [
                axis
                for axis, (found, span) in enumerate(zip(grid.domain.axes, spans, strict=True))
                if isinstance(found, IrregularAxis) and span[2] > 1
            ]
            positions = self._indexes.positions(file, several)
        return [grid.runs(axis, span, positions.get(axis)) for axis, span in enumerate(spans)]

    def _source(self, file: SliceFile) -> Source:
        """The source of a file; raises DataUnavailable when it is not as large as it was registered."""
        key = (file.key, file.revision)
        with self._lock:
            known = self._sources.get(key)
            if known is not None:
                self._sources.move_to_end(key)
                return known
        opened = self._files.open(file.location, file.reading)
        expected = tuple(file.place.shape[axis] for axis in file.reading.dims)
        if opened.shape != expected:
            raise DataUnavailable(
                f"{file.location}: has {_size(opened.shape)} cells now, registered were {_size(expected)}",
                locator=file.location.path,
            )
        own = opened if file.reading.variables else ChosenFields(opened, tuple(file.reading.bands))
        source = self._with_nil(own, file.reading)
        with self._lock:
            self._sources[key] = source
            while len(self._sources) > MOST_OPEN:
                self._sources.popitem(last=False)
        return source

    def _with_nil(self, source: Source, reading: Reading) -> Source:
        """The source with the nil values of the coverage, and those of the file."""
        own = [self._stacked.fields[field] for field in reading.fields]
        nil = [field.nil + more for field, more in zip(own, reading.nil, strict=True)]
        return mask_nil(source, [replace(field, nil=values) for field, values in zip(own, nil, strict=True)])


@dataclass(frozen=True)
class _Piece:
    """Cells of one file that are asked for."""

    source: Source
    file: SliceFile
    target: CellBox
    """In the grid."""
    own: CellBox
    """The same in the file, along the axes of the grid."""
    places: tuple[int, ...]
    """Which of the fields that are asked for."""
    fields: tuple[int, ...]
    """Which fields of the file."""
    level: Level | None = None
    """The overview that is meant; None: full resolution."""

    def read(self, dtype: np.dtype[Any]) -> Cells:
        """The cells, shape (len(places), *target.shape)."""
        dims = self.file.reading.dims
        box = CellBox(tuple(self.own.low[axis] for axis in dims), tuple(self.own.high[axis] for axis in dims))
        cells = self.source.read(box, self.fields) if self.level is None else self._coarse(box, self.level)
        if not np.can_cast(cells.values.dtype, dtype, "safe"):
            raise DataUnavailable(
                f"{self.file.location}: has {cells.values.dtype} cells now, registered were {dtype}",
                locator=self.file.location.path,
            )
        valid = None if cells.valid is None else self._turned(cells.valid)
        return Cells(self._turned(cells.values).astype(dtype, copy=False), valid)

    def _coarse(self, box: CellBox, level: Level) -> Cells:
        """Cells of the overview of the file; of a file without it, the cells in the middle of those of the overview."""
        dims = self.file.reading.dims
        spans = self.file.place.shape
        factors = [level.factors[axis] for axis in dims]
        wanted = tuple(level.shape[axis] if level.factors[axis] != 1 else spans[axis] for axis in dims)
        for number, own in enumerate(self.source.levels):
            if own.shape == wanted:
                return self.source.read(box, self.fields, number)
        middles = [
            np.floor((np.arange(low, high) + 0.5) * factor).astype(np.int64)
            for low, high, factor in zip(box.low, box.high, factors, strict=True)
        ]
        full = CellBox(tuple(int(one[0]) for one in middles), tuple(int(one[-1]) + 1 for one in middles))
        cells = self.source.read(full, self.fields)
        index = np.ix_(range(len(self.fields)), *(one - one[0] for one in middles))
        return Cells(cells.values[index], None if cells.valid is None else cells.valid[index])

    def _turned(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Cells along the axes of the grid, from those along the dimensions of the file."""
        dims = self.file.reading.dims
        order = sorted(range(len(dims)), key=lambda number: dims[number])
        turned = values.transpose(0, *(number + 1 for number in order))
        return turned.reshape(values.shape[0], *self.target.shape)


def _widened(box: CellBox, axes: Sequence[int], shape: tuple[int, ...]) -> CellBox:
    """A box with all cells along some axes."""
    low = tuple(0 if axis in axes else one for axis, one in enumerate(box.low))
    return CellBox(low, tuple(shape[axis] if axis in axes else one for axis, one in enumerate(box.high)))


def _size(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape)) or "1"
