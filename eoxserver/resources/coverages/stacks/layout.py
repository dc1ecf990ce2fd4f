# SPDX-License-Identifier: MIT
"""How the files of a stack are best read: their chunks, and the overviews that maps of many cells are made of.

It is what the first file has. There are overviews as long as every file fills the axes that they make coarser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eoxserver.core.coverage import Level, Source

__all__ = ["FileLayout"]


@dataclass(frozen=True)
class FileLayout:
    """Along the axes of the grid."""

    chunks: tuple[int, ...]
    """1 on axes that the files do not have."""
    shape: tuple[int | None, ...] = ()
    """Cells of a file along the axes that overviews make coarser; None on others. Empty: there are none."""
    overviews: tuple[tuple[int | None, ...], ...] = ()
    """The same of each overview."""

    @classmethod
    def of(cls, source: Source, dims: Sequence[int], count: int) -> FileLayout:
        """Of a file.

        Parameters
        ----------
        dims : sequence of int
            Grid position of the axis of each dimension.
        count : int
            Axes of the grid.
        """
        own = dict(zip(dims, source.chunks, strict=True))
        chunks = tuple(int(own.get(axis, 1)) for axis in range(count))
        levels = [level.shape for level in source.levels[1:]]
        coarser = [dim for number, dim in enumerate(dims) if any(one[number] != source.shape[number] for one in levels)]

        def sizes(shape: Sequence[int]) -> tuple[int | None, ...]:
            found = dict(zip(dims, shape, strict=True))
            return tuple(int(found[axis]) if axis in coarser else None for axis in range(count))

        return cls(chunks, sizes(source.shape), tuple(map(sizes, levels))) if levels else cls(chunks)

    def fits(self, shape: Sequence[int]) -> bool:
        """Whether a part of this shape fills the axes that overviews make coarser."""
        return all(own is None or own == size for own, size in zip(self.shape, shape, strict=False))

    def without_overviews(self) -> FileLayout:
        """The same without overviews."""
        return replace(self, shape=(), overviews=())

    def levels(self, shape: tuple[int, ...]) -> tuple[Level, ...]:
        """The resolutions of a grid of this shape, finest first."""
        full = Level(shape, (1.0,) * len(shape))
        if not self.fits(shape):
            return (full,)
        coarse = [
            tuple(size if own is None else own for own, size in zip(overview, shape, strict=True))
            for overview in self.overviews
        ]
        return (
            full,
            *(Level(one, tuple(size / less for size, less in zip(shape, one, strict=True))) for one in coarse),
        )

    def to_json(self) -> dict[str, Any]:
        """Values that JSON has."""
        found: dict[str, Any] = {"chunks": list(self.chunks)}
        if self.overviews:
            found |= {"shape": list(self.shape), "overviews": [list(one) for one in self.overviews]}
        return found

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | Sequence[int]) -> FileLayout:
        """Of what ``to_json`` answered."""
        if not isinstance(value, Mapping):
            return cls(tuple(value))
        return cls(tuple(value["chunks"]), tuple(value.get("shape", ())), tuple(map(tuple, value.get("overviews", ()))))
