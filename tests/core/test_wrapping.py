# SPDX-License-Identifier: MIT
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eoxserver.core.coverage import CellBox, Cells, MemorySource, Source
from eoxserver.core.wrapping import ChosenFields, SameGrid


@dataclass(frozen=True, eq=False)
class Doubled(SameGrid):
    times: int

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        cells = self.source.read(box, fields, level)
        return Cells(cells.values * self.times, cells.valid)


def test_a_source_of_other_cells_has_the_grid_of_the_first() -> None:
    source = MemorySource(np.arange(6).reshape(1, 2, 3))
    doubled = Doubled(source, 2)
    assert isinstance(doubled, Source)
    assert (doubled.shape, doubled.chunks, doubled.levels) == (source.shape, source.chunks, source.levels)
    assert doubled.read(CellBox((1, 0), (2, 2)), [0]).values.tolist() == [[[6, 8]]]


def test_some_fields_of_a_source_come_in_their_own_order() -> None:
    source = MemorySource(np.arange(24).reshape(4, 2, 3))
    chosen = ChosenFields(source, (3, 1))
    assert isinstance(chosen, Source)
    assert chosen.read(CellBox((0, 0), (2, 3)), [0, 1]).values[:, 0, 0].tolist() == [18, 6]
    assert chosen.read(CellBox((1, 2), (2, 3)), [1]).values.tolist() == [[[11]]]
