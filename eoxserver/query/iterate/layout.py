# SPDX-License-Identifier: MIT
"""How the axes of a computed source lie on the chunks of what it reads, and walks along these chunks.

Views name chunk shapes, but not where chunks begin: a trim shifts them, an index by an iterator moves them to another
axis. Asking a view what it needs for neighbouring cells tells both, through any number of views.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from eoxserver.core.coverage import CellBox, Source
from eoxserver.query.windows import is_view

__all__ = ["Grain", "block_of", "chunks_of", "edges", "grains_of", "grown"]

LEAST_PIECE = 1 << 6
"""Cells of an operand that are gone over at once, at least, however many the places are."""
LEAST_TILE = 1 << 16
"""Cells of a tile that a general condenser makes at once, if there are as many: chunks may be single rows."""


@dataclass(frozen=True, slots=True)
class Grain:
    """Chunks along one axis of a view."""

    chunk: int = 1
    """Cells from one chunk edge to the next."""
    first: int = 0
    """The first edge, from 0 up to, without, ``chunk``."""
    axis: int | None = None
    """The axis of the source below; None: all cells along the axis need the same cells of it."""

    @property
    def free(self) -> bool:
        """Whether going along the axis reads the same cells again and again."""
        return self.axis is None


def grains_of(source: Source, fields: Sequence[int]) -> tuple[Grain, ...]:
    """The grain of each axis, as the source has it that most axes depend on."""
    shape = source.shape
    origin = CellBox((0,) * len(shape), (1,) * len(shape))
    before = _leaves(source, origin, fields)
    moves: dict[int, list[Grain]] = {key: [] for key in before}
    for axis, size in enumerate(shape):
        step = tuple(int(each == axis) for each in range(len(shape)))
        after = before if size == 1 else _leaves(source, origin.shifted(step), fields)
        for key, (leaf, box) in before.items():
            moves[key].append(_grain(leaf, box, after.get(key, (leaf, box))[1], size))
    if not moves:
        return (Grain(),) * len(shape)

    def weight(key: int) -> tuple[int, int]:
        return sum(not grain.free for grain in moves[key]), math.prod(before[key][0].shape)

    return tuple(moves[max(moves, key=weight)])


def chunks_of(source: Source, fields: Sequence[int]) -> tuple[int, ...]:
    """The block shape in which a view is read at best: chunks of what it reads, or everything."""
    grains = zip(grains_of(source, fields), source.shape, strict=True)
    return tuple(size if grain.free else grain.chunk for grain, size in grains)


def _grain(leaf: Source, here: CellBox, there: CellBox, size: int) -> Grain:
    for axis, (a, b) in enumerate(zip(here.low, there.low, strict=True)):
        if a != b:
            chunk = max(1, leaf.chunks[axis] // abs(b - a))
            edge = {1: -a % chunk, -1: (a + 1) % chunk}.get(b - a, 0)
            return Grain(min(chunk, size), edge if chunk < size else 0, axis)
    return Grain()


def _leaves(source: Source, box: CellBox, fields: Sequence[int]) -> dict[int, tuple[Source, CellBox]]:
    """The sources that compute nothing, by identity, and the first box that is needed of each."""
    found: dict[int, tuple[Source, CellBox]] = {}
    waiting = [(source, box, tuple(fields))]
    seen: set[tuple[int, CellBox, tuple[int, ...]]] = set()
    while waiting:
        one, part, chosen = waiting.pop()
        if (id(one), part, chosen) in seen:
            continue
        seen.add((id(one), part, chosen))
        if is_view(one):
            for need in one.needs(part, chosen):
                if need.level:
                    found.setdefault(id(need.source), (need.source, need.box))
                else:
                    waiting.append((need.source, need.box, need.fields))
        elif one.shape:
            found.setdefault(id(one), (one, part))
    return found


def block_of(
    whole: Sequence[int], grains: Sequence[Grain], kept: Sequence[int], most: int, lifted: int, ordered: bool
) -> tuple[int, ...]:
    """The shape of blocks of at most so many cells, of whole chunks as far as they fit.

    Parameters
    ----------
    kept : sequence of int
        Axes along which a block is a tile of the result.
    lifted : int
        Axes of iterators, the first ones.
    ordered : bool
        Whether blocks have to follow each other in the order of cells along the other axes.
    """
    axes = range(len(whole))
    gone = [axis for axis in axes if axis not in kept]
    block = [min(grain.chunk, size) for grain, size in zip(grains, whole, strict=True)]
    if ordered:
        for axis in gone:
            block[axis] = 1
    for axis in (*gone, *kept):
        rest = math.prod(block) // block[axis]
        block[axis] = max(1, min(block[axis], most // rest)) if rest else 1
    places = [axis for axis in kept if grains[axis].free and axis < lifted]
    if gone and not ordered:  # all places at once, and as many cells as there is room for
        for axis in reversed(places):
            block[axis] = max(1, min(whole[axis], most // LEAST_PIECE // math.prod(block[place] for place in places)))
        for axis in gone:
            block[axis] = max(1, min(block[axis], most * block[axis] // math.prod(block)))
    own = [axis for axis in reversed(kept) if axis >= lifted]
    grown(block, whole, own, min(most, LEAST_TILE))
    if not ordered:
        grown(block, whole, [axis for axis in reversed(axes) if grains[axis].free], most)
    grown(block, whole, list(reversed(gone)), most)
    grown(block, whole, list(reversed(kept)), most)
    return tuple(block)


def grown(block: list[int], shape: Sequence[int], axes: Sequence[int], most: int) -> None:
    """Make a block larger along some axes, the first of them first, by whole multiples up to ``most`` cells."""
    for axis in axes:
        room = most // max(1, math.prod(block))
        if room > 1:
            block[axis] = min(shape[axis], block[axis] * room)
        if block[axis] < shape[axis]:
            return


def edges(low: int, high: int, size: int, first: int) -> list[tuple[int, int]]:
    """Cut cells from ``low`` up to ``high`` where ``cell - first`` is a multiple of ``size``."""
    start = low + size - (low - first) % size
    return list(pairwise([low, *range(start, high, size), high]))
