# SPDX-License-Identifier: MIT
"""Walking a source in blocks: how a box is cut, and how blocks are read ahead in threads.

Memory is bounded by ``block cells x blocks in flight``, whatever the size of the box.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from itertools import pairwise, product

from eoxserver.core.coverage import CellBox, Cells, Source

__all__ = ["block_shape", "split", "stream"]


def block_shape(
    shape: Sequence[int], chunks: Sequence[int], max_cells: int, row_major: bool = False
) -> tuple[int, ...]:
    """A block shape of at most ``max_cells`` cells (one chunk at least) made of whole chunks.

    Grows from the chunk shape along the last axis first. With ``row_major`` blocks are as wide as the
    grid along every axis but the first that is cut, so that they follow each other in array order,
    as encodings that write cell after cell need; the block may then be thinner than a chunk.
    """
    if row_major:
        block = [1] * len(shape)
        cells = 1
        for axis in range(len(shape) - 1, -1, -1):
            block[axis] = max(1, min(shape[axis], max_cells // cells))
            if block[axis] < shape[axis]:
                if block[axis] > chunks[axis]:
                    block[axis] -= block[axis] % chunks[axis]
                break
            cells *= shape[axis]
        return tuple(block)
    block = [min(c, s) for c, s in zip(chunks, shape, strict=True)]
    for axis in range(len(shape) - 1, -1, -1):
        others = 1
        for position, size in enumerate(block):
            others *= size if position != axis else 1
        room = max(1, max_cells // max(1, others * block[axis]))
        block[axis] = min(shape[axis], block[axis] * room)
    return tuple(block)


def split(box: CellBox, block: Sequence[int]) -> Iterator[CellBox]:
    """Cut ``box`` into boxes of at most the shape ``block``, in array order.

    Cuts lie on multiples of the block shape counted from cell 0, so that blocks meet whole chunks.
    """
    ranges = []
    for low, high, size in zip(box.low, box.high, block, strict=True):
        edges = [low, *range((low // size + 1) * size, high, size), high]
        ranges.append(list(pairwise(edges)))
    for parts in product(*ranges):
        yield CellBox(tuple(part[0] for part in parts), tuple(part[1] for part in parts))


def stream(
    source: Source,
    boxes: Iterable[CellBox],
    fields: Sequence[int],
    pool: Executor | None = None,
    ahead: int = 2,
    level: int = 0,
) -> Iterator[tuple[CellBox, Cells]]:
    """Read boxes one after the other, in order, up to ``ahead`` of them in the threads of ``pool``.

    Closing the iterator early cancels what has not begun.
    """
    if pool is None:
        for box in boxes:
            yield box, source.read(box, fields, level)
        return
    waiting: deque[tuple[CellBox, Future[Cells]]] = deque()
    try:
        for box in boxes:
            waiting.append((box, pool.submit(source.read, box, fields, level)))
            if len(waiting) > ahead:
                done, future = waiting.popleft()
                yield done, future.result()
        while waiting:
            done, future = waiting.popleft()
            yield done, future.result()
    finally:
        for _, future in waiting:
            future.cancel()
