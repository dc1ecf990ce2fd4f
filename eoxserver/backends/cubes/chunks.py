# SPDX-License-Identifier: MIT
"""The chunk shape of a cube for which nobody asks for one.

A chunk of 64 KiB costs little to read for one cell of a time series, and few of them make a map; ``bench.cubes``
measures that. Along the axes along which a cube grows slice by slice a chunk has one cell, so that an update writes its
slice and never reads and rewrites those beside it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

__all__ = ["CHUNK_BYTES", "choose_chunks"]

CHUNK_BYTES = 65536
"""Aimed at, before compression."""


def choose_chunks(extent: Sequence[int], single: Collection[int], cell_bytes: int) -> tuple[int, ...]:
    """The cells of a chunk along each axis.

    Axes get as many chunks each as the others, as far as powers of two allow: then a plane across an axis and a line
    along it touch about as many chunks.

    Parameters
    ----------
    extent : sequence of int
        Cells along each axis that are written first; an axis of one cell is taken for one that grows slice by slice.
    single : collection of int
        Positions of further axes along which a chunk is to have one cell.
    cell_bytes : int
        Size of a cell of the largest field.

    >>> choose_chunks((1, 4000, 4000), (), 2), choose_chunks((100, 500, 500), (), 2)
    ((1, 256, 128), (8, 64, 64))
    """
    chunks = [1] * len(extent)
    free = [axis for axis, size in enumerate(extent) if size > 1 and axis not in single]
    while free and math.prod(chunks) * 2 * cell_bytes <= CHUNK_BYTES:
        axis = max(free, key=lambda each: extent[each] / chunks[each])
        if chunks[axis] >= extent[axis]:
            break
        chunks[axis] *= 2
    return tuple(chunks)
