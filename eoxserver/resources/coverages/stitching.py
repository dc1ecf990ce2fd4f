# SPDX-License-Identifier: MIT
"""Where datasets lie in the common grid of a mosaic, and reading them as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eoxserver.core.axes import RegularAxis
from eoxserver.core.coverage import CellBox, Cells, Level, Source, state_of
from eoxserver.core.domain import Domain
from eoxserver.core.fields import RangeType

__all__ = ["MosaicSource", "Piece", "grid_offset"]

TOLERANCE = 1e-3
"""How far cells may lie beside those of the common grid, and edges at the far end [cells]."""


def grid_offset(grid: Domain, member: Domain) -> tuple[int, ...]:
    """The cell of a grid in which cell 0 of a member lies; it may be negative.

    Raises
    ------
    ValueError
        When the member's cells are not cells of the grid; says why.
    """
    if grid.horizontal_crs is None or grid.horizontal_crs != member.horizontal_crs or grid.labels != member.labels:
        raise ValueError(f"axes {member.labels} in {member.crs} are not {grid.labels} in {grid.crs}")
    offsets = []
    for axis, other in zip(grid.axes, member.axes, strict=True):
        if not isinstance(axis, RegularAxis) or not isinstance(other, RegularAxis):
            raise ValueError(f"axis {axis.label} is not regular")
        if abs(other.step - axis.step) * max(axis.size, other.size) > TOLERANCE * abs(axis.step):
            raise ValueError(f"axis {axis.label}: cells of {other.step} are not those of {axis.step}")
        offset = (other.origin - axis.origin) / axis.step
        if abs(offset - round(offset)) > TOLERANCE:
            raise ValueError(f"axis {axis.label}: cells lie {offset % 1:.3f} of a cell beside those of the grid")
        offsets.append(round(offset))
    return tuple(offsets)


@dataclass(frozen=True, slots=True)
class Piece:
    """A member of a mosaic."""

    offset: tuple[int, ...]
    """Cell of the mosaic in which its cell 0 lies."""
    source: Source


@dataclass(frozen=True, slots=True)
class MosaicSource:
    """Pieces painted over each other, later ones on top; what none covers is not valid."""

    shape: tuple[int, ...]
    range_type: RangeType
    pieces: Sequence[Piece]

    @property
    def chunks(self) -> tuple[int, ...]:
        """As the first piece has them."""
        return self.pieces[0].source.chunks if self.pieces else self.shape

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution only: overviews of pieces need not fit together."""
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def state(self) -> str:
        """Changes when that of a piece does."""
        return " ".join(state_of(piece.source) for piece in self.pieces)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells of the box; raises DataUnavailable when a piece cannot be read."""
        dtype = np.result_type(*(self.range_type.fields[i].dtype for i in fields))
        values = np.zeros((len(fields), *box.shape), dtype=dtype)
        valid = np.zeros(values.shape, dtype=np.bool_)
        for piece in self.pieces:
            extent = CellBox.whole(piece.source.shape).shifted(piece.offset)
            common = box.intersection(extent)
            if common is None:
                continue
            cells = piece.source.read(common.shifted([-offset for offset in piece.offset]), fields)
            place = (slice(None), *common.shifted([-low for low in box.low]).slices)
            mask = cells.mask()
            values[place] = np.where(mask, cells.values, values[place])
            valid[place] |= mask
        return Cells(values, valid)
