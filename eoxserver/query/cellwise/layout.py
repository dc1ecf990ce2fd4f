# SPDX-License-Identifier: MIT
"""The axes of a box, as few as do: those along which the same inputs vary go together as one.

Mostly that leaves a single long axis, along which numpy is at its best.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from eoxserver.core.coverage import CellBox
from eoxserver.query.cellwise.expressions import Key
from eoxserver.query.cellwise.kernels import Array

__all__ = ["Grid", "Index", "Layout"]

Index: TypeAlias = tuple[slice, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A box with named axes."""

    keys: tuple[Key, ...]
    box: CellBox

    def part(self, keys: Sequence[Key]) -> CellBox:
        """The box along some of the axes."""
        places = [self.keys.index(key) for key in keys]
        return CellBox(tuple(self.box.low[i] for i in places), tuple(self.box.high[i] for i in places))


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The axes of a box, those together along which the same inputs vary; axes of one cell are left out."""

    keys: tuple[tuple[Key, ...], ...]
    """Of each axis: the keys it stands for."""
    shape: tuple[int, ...]

    @classmethod
    def of(cls, grid: Grid, present: Sequence[frozenset[Key]]) -> Layout:
        """The axes for inputs that vary along certain keys."""
        groups: list[tuple[frozenset[int], list[Key], int]] = []
        for key, size in zip(grid.keys, grid.box.shape, strict=True):
            varying = frozenset(number for number, keys in enumerate(present) if key in keys)
            if size == 1:
                continue
            if groups and groups[-1][0] == varying:
                groups[-1] = (varying, [*groups[-1][1], key], groups[-1][2] * size)
            else:
                groups.append((varying, [key], size))
        return cls(tuple(tuple(keys) for _, keys, _ in groups) or ((),), tuple(size for _, _, size in groups) or (1,))

    def varies(self, keys: frozenset[Key]) -> tuple[bool, ...]:
        """Along which axes what has these keys varies."""
        return tuple(not keys.isdisjoint(each) for each in self.keys)

    def shaped(self, array: Array, keys: Sequence[Key], order: Sequence[Key]) -> Array:
        """An array with an axis of fields and some keys in the axes of the layout."""
        places = sorted(range(len(keys)), key=lambda place: order.index(keys[place]))
        moved = array.transpose((0, *(place + 1 for place in places)))
        varies = self.varies(frozenset(keys))
        shape = [size if vary else 1 for size, vary in zip(self.shape, varies, strict=True)]
        return moved.reshape((array.shape[0], *shape))

    def pieces(self, cells: int, repeats: int) -> Iterator[Index]:
        """Parts of about so many cells, in array order, so many of them along the outer axes if there are any."""
        sizes = [1] * len(self.shape)
        room = cells
        for axis in range(len(self.shape) - 1, -1, -1):
            share = room // repeats if axis and len(self.shape) > 1 else room
            sizes[axis] = max(1, min(self.shape[axis], share))
            room = max(1, room // sizes[axis])
        ranges = (range(0, size, step) for size, step in zip(self.shape, sizes, strict=True))
        for starts in product(*ranges):
            yield tuple(
                slice(low, min(low + step, size)) for low, step, size in zip(starts, sizes, self.shape, strict=True)
            )
