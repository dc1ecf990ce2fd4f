# SPDX-License-Identifier: MIT
"""Bands of several 2-D files of one grid, as one file has them: a product of Sentinel-2 has a file for each band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from eoxserver.backends.connections import RasterPath
from eoxserver.backends.readers.base import Reader
from eoxserver.core.coverage import CellBox, Cells, Level, Source
from eoxserver.core.fields import Field, NilValue
from eoxserver.wcst_import.errors import FileRefused
from eoxserver.wcst_import.ingredients.sections import Band
from eoxserver.wcst_import.probes.gdal import GdalProbe
from eoxserver.wcst_import.slices import FilePart

__all__ = ["JoinedProbe"]


class JoinedProbe(GdalProbe):
    """Bands of one grid, file after file.

    Parameters
    ----------
    paths : sequence of str
        What is said of the whole is said by the first one.
    names : sequence of str
        Of the bands of all files.
    nil : sequence of float
        Nil values of bands for which the file names none.

    Raises
    ------
    FileRefused
        When a file cannot be read, has another grid than the first, or there are more or less bands than names.
    """

    def __init__(
        self, paths: Sequence[str], names: Sequence[str], readers: Mapping[str, Reader], nil: Sequence[float] = ()
    ) -> None:
        super().__init__(paths[0], readers)
        self._others = tuple(GdalProbe(path, readers) for path in paths[1:])
        for one in self._others:
            mine, found = self.description, one.description
            if (found.domain.shape, found.bounds) != (mine.domain.shape, mine.bounds):
                raise FileRefused(f"{one.path} has not the grid of {self.path}", locator=one.path)
        fields = [field for one in (self, *self._others) for field in one.description.range_type.fields]
        if len(fields) != len(names):
            raise FileRefused(
                f"{self.path} has {len(fields)} bands, with {len(paths) - 1} files beside it; "
                f"{len(names)} are expected: {', '.join(names)}",
                locator=self.path,
            )
        known = tuple(NilValue(value) for value in nil)
        self._fields = tuple(
            replace(field, name=name, nil=field.nil or known) for field, name in zip(fields, names, strict=True)
        )

    def open(self, bands: Sequence[Band]) -> tuple[tuple[Field, ...], Source]:
        """All bands of all files."""
        return self._fields, _Joined(tuple(GdalProbe.open(one, ())[1] for one in (self, *self._others)), self._counts)

    def in_place(self, bands: Sequence[Band], names: Sequence[str], dims: Sequence[str]) -> tuple[FilePart, ...]:
        """Each file with its bands."""
        found, rest = [], list(names)
        for one, count in zip((self, *self._others), self._counts, strict=True):
            own, rest = tuple(rest[:count]), rest[count:]
            path, member = _of_archive(one.path)
            found.append(FilePart(path, own, tuple(dims), bands=tuple(range(count)), member=member))
        return tuple(found)

    @property
    def _counts(self) -> tuple[int, ...]:
        return tuple(len(one.description.range_type) for one in (self, *self._others))


def _of_archive(path: str) -> tuple[str, str]:
    """The archive of a path and the member in it; the path itself where it is of none."""
    if isinstance(path, RasterPath) and path.file:
        return path.file, path.partition("}/")[2]
    return path, ""


@dataclass(frozen=True, slots=True, eq=False)
class _Joined:
    """Fields of sources of one shape, source after source."""

    sources: tuple[Source, ...]
    counts: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.sources[0].shape

    @property
    def chunks(self) -> tuple[int, ...]:
        return self.sources[0].chunks

    @property
    def levels(self) -> tuple[Level, ...]:
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        places = [(number, field) for number, count in enumerate(self.counts) for field in range(count)]
        found = [self.sources[number].read(box, [field]) for number, field in (places[each] for each in fields)]
        values = np.concatenate([cells.values for cells in found])
        if all(cells.valid is None for cells in found):
            return Cells(values, None)
        return Cells(values, np.concatenate([np.broadcast_to(cells.mask(), cells.values.shape) for cells in found]))
