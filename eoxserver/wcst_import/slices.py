# SPDX-License-Identifier: MIT
"""What an import is made of: files, and the slices of coverages that recipes see in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path

import numpy as np

from eoxserver.core.coverage import CellBox, Cells, Coverage, Level, Source

__all__ = ["Expanded", "ImportFile", "Slice", "find_files"]


@dataclass(frozen=True, slots=True)
class ImportFile:
    """A file that is imported."""

    path: str
    """Absolute; or what GDAL takes as one (``/vsizip/..``, ``NETCDF:..``)."""
    original: str = ""
    """What a hook replaced by ``path``; empty: nothing."""

    @property
    def name(self) -> str:
        """Its last part."""
        return Path(self.path).name


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """A part of a coverage, all of whose cells come from one file."""

    file: ImportFile
    part: Coverage
    """``identifier`` is that of the coverage; all its axes, in grid order; cells are read when they are needed."""
    order: tuple[float, ...] = ()
    """Slices are imported in the order of this: coordinates on the axes that are not of the file, time first."""


def find_files(patterns: Sequence[str], folder: Path) -> Iterator[ImportFile]:
    """The files of some patterns, by name, each once.

    Parameters
    ----------
    patterns : sequence of str
        Relative to ``folder``; several in one text with commas between; GDAL's own paths stand for themselves.
    """
    found: dict[str, None] = {}
    for text in patterns:
        for pattern in (part.strip() for part in text.split(",")):
            if pattern.startswith("/vsi") or (":" in pattern.split("/")[0] and not (folder / pattern).exists()):
                found[pattern] = None
            elif pattern:
                whole = str(folder / Path(pattern).expanduser())
                found.update(dict.fromkeys(glob(whole, recursive=True)))  # noqa: PTH207 - patterns are absolute too
    yield from (ImportFile(path) for path in sorted(found))


@dataclass(frozen=True, slots=True, eq=False)
class Expanded:
    """A source with further axes of one cell."""

    source: Source
    places: tuple[int | None, ...]
    """For each axis of the result the axis of the source, or None: one cell. Those of the source keep their order."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the source, and ones."""
        return self._with_ones(self.source.shape)

    @property
    def chunks(self) -> tuple[int, ...]:
        """Of the source, and ones."""
        return self._with_ones(self.source.chunks)

    @property
    def levels(self) -> tuple[Level, ...]:
        """The full resolution."""
        return (Level(self.shape, (1.0,) * len(self.places)),)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Read cells; raises DataUnavailable."""
        low = tuple(box.low[axis] for axis, place in enumerate(self.places) if place is not None)
        high = tuple(box.high[axis] for axis, place in enumerate(self.places) if place is not None)
        cells = self.source.read(CellBox(low, high), fields)
        shape = (len(fields), *box.shape)
        valid = None if cells.valid is None else np.reshape(cells.valid, shape)
        return Cells(np.reshape(cells.values, shape), valid)

    def _with_ones(self, numbers: Sequence[int]) -> tuple[int, ...]:
        return tuple(1 if place is None else numbers[place] for place in self.places)
