# SPDX-License-Identifier: MIT
"""What an import is made of: files, and the slices of coverages that recipes see in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from glob import glob
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from eoxserver.core.arranging import along_grid, array_box, with_ones
from eoxserver.core.coverage import CellBox, Cells, Coverage, Level, Source
from eoxserver.core.domain import Domain
from eoxserver.core.errors import DataUnavailable

__all__ = ["Arranged", "FilePart", "ImportFile", "Sharing", "Slice", "find_files"]

T = TypeVar("T")


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


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file in which cells of a slice lie, for slices that are registered and not copied."""

    path: str
    """Absolute, or what readers take as one."""
    fields: tuple[str, ...]
    """Names of the fields that are in it."""
    dims: tuple[str, ...]
    """Labels of the axes along which its own dimensions run, in its order."""
    bands: tuple[int, ...] = ()
    """The band of each field, from 0; of rasters."""
    variables: tuple[str, ...] = ()
    """The variable of each field; of arrays."""
    member: str = ""
    """What of it is meant where it is a ZIP archive."""


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """A part of a coverage, all of whose cells come from one file."""

    file: ImportFile
    part: Coverage
    """``identifier`` is that of the coverage; all its axes, in grid order; cells are read when they are needed."""
    order: tuple[float, ...] = ()
    """Slices are imported in the order of this: coordinates on the axes that are not of the file, time first."""
    files: tuple[FilePart, ...] = ()
    """Where its cells lie as they are; none: they cannot be read in place."""
    obstacle: str = ""
    """Why there are none, and what would help."""

    @property
    def byte_count(self) -> int:
        """Size of its cells [bytes]."""
        return self.part.domain.cell_count * self.part.range_type.cell_bytes


class Sharing:
    """Lets slices share what is the same, so that little is kept of each: axes, fields, metadata of an earlier one."""

    def __init__(self) -> None:
        self._last: dict[str, Coverage] = {}

    def of(self, one: Slice) -> Slice:
        """The slice, with what it has in common with the one before."""
        part = one.part
        last = self._last.get(part.identifier, part)
        if len(last.domain.axes) == len(part.domain.axes):
            axes = tuple(map(_same, part.domain.axes, last.domain.axes))
            part = replace(
                part,
                domain=_same(Domain(axes, part.domain.crs_labels), last.domain),
                range_type=_same(part.range_type, last.range_type),
                metadata=_same(part.metadata, last.metadata),
                extra=_same(part.extra, last.extra),
            )
        self._last[part.identifier] = part
        return replace(one, part=part)


def _same(new: T, known: T) -> T:
    """Of two equal values the one that is there already."""
    return known if new == known else new


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
class Arranged:
    """A source with its axes in another order or direction, and further axes of one cell."""

    source: Source
    places: tuple[int | None, ...]
    """For each axis of the result the axis of the source, or None: one cell. Every axis of the source has a place."""
    flipped: frozenset[int] = frozenset()
    """Axes of the source that run in the opposite direction."""
    known: tuple[int, ...] = ()
    """Shape of the source, where it is known: a file is opened by whoever reads cells then."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the source, and ones."""
        return with_ones(self.known or self.source.shape, self.places)

    @property
    def chunks(self) -> tuple[int, ...]:
        """Of the source, and ones."""
        return with_ones(self.source.chunks, self.places)

    @property
    def levels(self) -> tuple[Level, ...]:
        """The full resolution."""
        return (Level(self.shape, (1.0,) * len(self.places)),)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Read cells; raises DataUnavailable."""
        sizes = self.source.shape
        if self.known and sizes != self.known:
            raise DataUnavailable(f"cells of shape {sizes} were of shape {self.known}: the file has changed meanwhile")
        cells = self.source.read(self._unflipped(array_box(box, self.places, len(sizes)), sizes), fields)
        valid = None if cells.valid is None else self._arranged(cells.valid, box)
        return Cells(self._arranged(cells.values, box), valid)

    def _arranged(self, values: npt.NDArray[Any], box: CellBox) -> npt.NDArray[Any]:
        turned = np.flip(values, tuple(axis + 1 for axis in self.flipped))
        return along_grid(turned, self.places, (values.shape[0], *box.shape))

    def _unflipped(self, box: CellBox, sizes: Sequence[int]) -> CellBox:
        """The cells of the source, whose axes may run in the opposite direction, for a box along them."""
        ends = [
            (size - high, size - low) if axis in self.flipped else (low, high)
            for axis, (low, high, size) in enumerate(zip(box.low, box.high, sizes, strict=True))
        ]
        return CellBox(tuple(low for low, _ in ends), tuple(high for _, high in ends))
