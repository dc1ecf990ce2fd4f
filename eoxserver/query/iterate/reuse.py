# SPDX-License-Identifier: MIT
"""Parts of a body that do not depend on iterators, computed once while a condenser goes over their places.

Where all places of a block of cells are too many to be held at once, the block is visited several times. What is the
same each time is kept, chunk by chunk, as long as it is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Iterator as Walk
from dataclasses import dataclass, field, replace

import numpy as np

from eoxserver.core.blocks import block_shape, split
from eoxserver.core.coverage import CellBox, Cells, Level, Source
from eoxserver.query.iterate.layout import chunks_of
from eoxserver.query.iterate.tiles import Tiles
from eoxserver.query.iterate.trees import exchanged
from eoxserver.query.plan import Given, Node
from eoxserver.query.steps import Resolving
from eoxserver.query.windows import Need

__all__ = ["KeptView", "with_kept_parts"]


@dataclass(eq=False)
class KeptView:
    """A source whose blocks are kept after they were read.

    Parameters
    ----------
    most_cells : int
        Cells of a block.
    most_bytes : int
        What is kept; blocks used longest ago go first.
    """

    source: Source
    fields: int
    most_cells: int
    most_bytes: int
    _tiles: Tiles = field(init=False)
    _block: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._tiles = Tiles(self.most_bytes)
        chunks = chunks_of(self.source, range(self.fields))
        whole = block_shape(self.source.shape, chunks, 1)
        self._block = (
            whole
            if np.prod(whole) <= self.most_cells
            else block_shape(self.source.shape, (1,) * len(whole), self.most_cells)
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis."""
        return self.source.shape

    @property
    def chunks(self) -> tuple[int, ...]:
        """What is kept at once."""
        return self._block

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution only."""
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def needs(self, box: CellBox, fields: Sequence[int]) -> Walk[Need]:
        """The same box."""
        yield Need(self.source, 0, box, tuple(fields))

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells of a box, from blocks that are read as a whole."""
        blocks = [self._whole(each) for each in split(box, self._block)]
        values, valid = None, None
        wanted = list(fields)
        for block, cells in self._tiles.get(blocks, self._read):
            common = block.intersection(box)
            assert common is not None
            there = (slice(None), *common.shifted([-low for low in block.low]).slices)
            part, mask = cells.values[there][wanted], cells.mask()[there][wanted]
            if len(blocks) == 1:
                return Cells(part, None if cells.valid is None else mask)
            if values is None or valid is None:
                values, valid = (
                    np.empty((len(wanted), *box.shape), part.dtype),
                    np.empty((len(wanted), *box.shape), bool),
                )
            here = (slice(None), *common.shifted([-low for low in box.low]).slices)
            values[here], valid[here] = part, mask
        assert values is not None and valid is not None
        return Cells(values, None if valid.all() else valid)

    def _whole(self, part: CellBox) -> CellBox:
        """The block that a part lies in."""
        low = tuple(a - a % size for a, size in zip(part.low, self._block, strict=True))
        ends = zip(low, self._block, self.shape, strict=True)
        return CellBox(low, tuple(min(a + size, end) for a, size, end in ends))

    def _read(self, boxes: Sequence[CellBox]) -> Iterable[Cells]:
        everything = tuple(range(self.fields))
        return (self.source.read(box, everything) for box in boxes)


def with_kept_parts(resolving: Resolving, body: Node) -> Node:
    """The body, over views that keep what does not depend on iterators; itself when there is no such part."""

    def instead(node: Node) -> Node | None:
        step = resolving.resolve(node)
        if step.iterators:
            return None
        if not step.own_domain.axes:
            return node
        options = resolving.options
        view = KeptView(step.source, len(step.range_type), options.block_cells, options.window_bytes)
        return Given(replace(step.coverage, source=view))

    return exchanged(body, instead)
