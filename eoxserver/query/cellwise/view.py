# SPDX-License-Identifier: MIT
"""The lazy source of computed cells.

All cell-wise nodes of a plan that stand upon each other are one view: reading a box reads each source below once, and
computes what is asked for in one go.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from eoxserver.core.blocks import block_shape, split
from eoxserver.core.coverage import CellBox, Cells, Level
from eoxserver.query.cellwise.expressions import Expression, Key
from eoxserver.query.cellwise.kernels import Array, Flags
from eoxserver.query.cellwise.layout import Grid
from eoxserver.query.cellwise.prepared import Prepared, prepared
from eoxserver.query.cellwise.program import Program, compiled
from eoxserver.query.cellwise.running import run, run_in_pieces
from eoxserver.query.pieces import Pieces
from eoxserver.query.windows import Need, Window

__all__ = ["CellView"]

LIFTED_CELLS = 1 << 20
"""Cells of a chunk that is as long as it may be along iterators that no source has."""


@dataclass(frozen=True, eq=False)
class CellView:
    """Fields that are computed cell by cell."""

    keys: tuple[Key, ...]
    """The axes: names of iterators, then positions of own axes."""
    shape: tuple[int, ...]
    expressions: tuple[Expression, ...]
    """One for each field."""
    window_bytes: int
    """Cells of the sources, and computed ones of a part of the result, held at once."""
    programs: dict[tuple[int, ...], Prepared] = field(default_factory=dict, repr=False)
    """By fields."""

    def program(self, fields: Sequence[int]) -> Program:
        """What computes some fields."""
        return self._prepared(fields).program

    def inputs_of(self, fields: Sequence[int]) -> int:
        """How many fields of sources are read for some fields."""
        return sum(len(one.fields) for one in self.program(fields).inputs)

    def _prepared(self, fields: Sequence[int]) -> Prepared:
        chosen = tuple(fields)
        found = self.programs.get(chosen)
        if found is None:
            program = compiled([self.expressions[each] for each in chosen], self.keys)
            found = self.programs[chosen] = prepared(program)
        return found

    @cached_property
    def _all(self) -> Program:
        return compiled(self.expressions, self.keys)

    @cached_property
    def chunks(self) -> tuple[int, ...]:
        """Those of the source with the largest chunks; along iterators as many places as are worth reading it once."""
        inputs = sorted(self._all.inputs, key=lambda each: math.prod(each.source.chunks))
        found: dict[Key, int] = {}
        for one in inputs:
            found.update(zip(one.keys, one.source.chunks, strict=True))
        room = LIFTED_CELLS // max(1, math.prod(found.values()))
        for key, size in zip(reversed(self.keys), reversed(self.shape), strict=True):
            if key not in found:
                found[key] = max(1, min(size, room))
                room //= found[key]
        return tuple(min(found[key], size) for key, size in zip(self.keys, self.shape, strict=True))

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """The resolutions that all sources have."""
        full = Level(self.shape, (1.0,) * len(self.shape))
        inputs = self._all.inputs
        if not inputs or self._all.ramps or any(each.keys != self.keys for each in inputs):
            return (full,)
        coarser = [each.source.levels[1:] for each in inputs]
        return (full, *(level for level in coarser[0] if all(level in others for others in coarser[1:])))

    def needs(self, box: CellBox, fields: Sequence[int]) -> Iterator[Need]:
        """What reading a box would read of each source."""
        grid = Grid(self.keys, box)
        for one in self.program(fields).inputs:
            part = grid.part(one.keys)
            if isinstance(one.source, Window):
                yield from one.source.needs(part, one.fields)
            else:
                yield Need(one.source, 0, part, one.fields)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Compute the cells of a box.

        Raises
        ------
        EvaluationFailed
            When a valid cell cannot be computed.
        """
        ready = self._prepared(fields)
        program = ready.program
        result = np.empty((len(program.outputs), *box.shape), program.dtype)
        parts = list(split(box, self._block(program, box)))
        if len(parts) == 1:
            return Cells(result, self._compute(ready, box, level, result))
        valid: Flags | None = None
        for part in parts:
            index = (slice(None), *part.shifted([-low for low in box.low]).slices)
            cells = result[index]
            if not cells[0].flags.c_contiguous:
                cells = np.empty(cells.shape, cells.dtype)
            known = self._compute(ready, part, level, cells)
            if cells.base is not result:
                result[index] = cells
            if known is not None:
                valid = np.ones(result.shape, np.bool_) if valid is None else valid
                valid[index] = known
        return Cells(result, valid)

    def pieces(
        self, box: CellBox, fields: Sequence[int], order: Sequence[int], apart: Sequence[frozenset[int]]
    ) -> Pieces | None:
        """The cells of a box piece by piece; see ``query.pieces.Piecewise``."""
        ready = self._prepared(fields)
        program = ready.program
        if self._held(program, Grid(self.keys, box)) > self.window_bytes:
            return None
        keys = tuple(self.keys[axis] for axis in order)
        grid = Grid(keys, CellBox(tuple(box.low[axis] for axis in order), tuple(box.high[axis] for axis in order)))
        groups = [frozenset(self.keys[axis] for axis in each) for each in apart]
        layout, parts = run_in_pieces(ready, grid, self._inputs(program, grid, 0), groups)
        numbers = {key: axis for axis, key in enumerate(self.keys)}
        return Pieces(tuple(tuple(numbers[key] for key in each) for each in layout.keys), layout.shape, parts)

    def _compute(self, ready: Prepared, box: CellBox, level: int, result: Array) -> Flags | None:
        """Read the sources and compute the cells of a box; answers where they are valid."""
        grid = Grid(self.keys, box)
        return run(ready, grid, self._inputs(ready.program, grid, level), result)

    def _inputs(self, program: Program, grid: Grid, level: int) -> list[Cells]:
        """The cells of each source."""
        read = []
        for one in program.inputs:
            number = one.source.levels.index(self.levels[level]) if level else 0
            read.append(one.source.read(grid.part(one.keys), one.fields, number))
        return read

    def _held(self, program: Program, grid: Grid) -> int:
        """The size of what a box is computed from [bytes]."""
        held = 0
        for one in program.inputs:
            width = max(program.slots[slot].dtype.itemsize for slot in one.slots)
            held += grid.part(one.keys).cell_count * width * len(one.fields)
        return held

    def _block(self, program: Program, box: CellBox) -> tuple[int, ...]:
        """The shape of parts of the box that fit the memory."""
        held = box.cell_count * program.dtype.itemsize * len(program.outputs) + self._held(
            program, Grid(self.keys, box)
        )
        if held <= self.window_bytes:
            return tuple(max(1, high) for high in box.high)
        cells = max(1, box.cell_count * self.window_bytes // held)
        whole = block_shape(box.shape, self.chunks, cells)
        if math.prod(whole) <= cells:
            return whole
        return block_shape(box.shape, self.chunks, cells, row_major=True)
