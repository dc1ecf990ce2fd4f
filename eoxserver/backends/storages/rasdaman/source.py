# SPDX-License-Identifier: MIT
"""Cells of an array in a rasdaman server: only those travel that are asked for.

Boxes become trims, fields become components of the cells. Coarser levels are made by the server: ``scale`` takes one
cell of each block of ``2**k`` by ``2**k`` along the last two axes (nearest neighbour), so that a map of a large array
moves about as many cells as it has pixels. Blocks at the far edge may be smaller, and are asked for by queries of their
own: a cell of a level never depends on the box it is in.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from eoxserver.backends.storages.rasdaman.arrays import StoredArray
from eoxserver.backends.storages.rasdaman.client import QueryFailed, RasqlClient
from eoxserver.core.coverage import CellBox, Cells, Level
from eoxserver.core.errors import DataUnavailable, ItemMissing, TransferFailed
from eoxserver.core.fields import nil_cells

__all__ = ["RasdamanSource"]

COARSEST = 256
"""Levels end where the scaled axes have no more cells."""
SCALED_AXES = 2
CHUNK = 512
"""Cells along an axis that are asked for at a time where the server's tiles are not known."""

_Part: TypeAlias = tuple[int, int, int, int]
"""Of one axis: first and last+1 cell of the result, first and last+1 stored index."""


@dataclass(frozen=True, eq=False)
class RasdamanSource:
    """One array as a source, its axes in the order the location wants; used from many threads."""

    client: RasqlClient
    array: StoredArray
    trusted_for: int
    """How long what was read counts as the truth [s]."""
    forget: Callable[[], None] = lambda: None
    """Called when the array seems to be another one now."""

    def __repr__(self) -> str:
        return f"<RasdamanSource {self.array.name} of {self.client.url}>"

    @cached_property
    def order(self) -> tuple[int, ...]:
        """Axes of the array; raises DataUnavailable when the location names others."""
        return self.array.order()

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis."""
        return tuple(self.array.domain[axis].size for axis in self.order)

    @property
    def chunks(self) -> tuple[int, ...]:
        """The server's tiles."""
        tiles = self.array.tiles or (CHUNK,) * len(self.order)
        return tuple(min(tiles[axis], size) for axis, size in zip(self.order, self.shape, strict=True))

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution, and every second, fourth, ... cell of the last two axes."""
        shape = self.shape
        fixed = max(0, len(shape) - SCALED_AXES)
        levels = [Level(shape, (1.0,) * len(shape))]
        while max(levels[-1].shape[fixed:]) > COARSEST:
            factor = 2 ** len(levels)
            scaled = tuple(-(-size // factor) for size in shape[fixed:])
            levels.append(Level(shape[:fixed] + scaled, (1.0,) * fixed + (float(factor),) * len(scaled)))
        return tuple(levels)

    def state(self) -> str:
        """Another text after a while: the server does not tell when cells change."""
        return str(time.time_ns() if self.trusted_for <= 0 else int(time.time() // self.trusted_for))

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Read cells; see ``core.coverage.Source``."""
        dtype = np.result_type(*(self.array.components[field].type.dtype for field in fields))
        values = np.empty((len(fields), *box.shape), dtype)
        invalid: npt.NDArray[np.bool_] | None = None
        parts = [list(self._parts(place, box, level)) for place in range(len(box.low))]
        for combined in itertools.product(*parts):
            index: tuple[Any, ...] = tuple(slice(first, stop) for first, stop, _, _ in combined)
            for field, cells in self._queried(combined, list(dict.fromkeys(fields))):
                nil = nil_cells(cells, self.array.nil)
                if nil is not None and invalid is None:
                    invalid = np.zeros(values.shape, dtype=bool)
                for place in (place for place, wanted in enumerate(fields) if wanted == field):
                    values[(place, *index)] = cells
                    if nil is not None and invalid is not None:
                        invalid[(place, *index)] = nil
        return Cells(values, None if invalid is None else ~invalid)

    def _parts(self, place: int, box: CellBox, level: int) -> Iterator[_Part]:
        """The cells along one axis, the last one apart when its block is smaller than the others."""
        low, high = box.low[place], box.high[place]
        size, origin = self.shape[place], self.array.domain[self.order[place]].low
        if not 0 <= low <= high <= self.levels[level].shape[place]:
            raise DataUnavailable(
                f"{self.array.name}: cells {low} to {high} of axis {place} are beyond the array", locator=str(box)
            )
        factor = int(self.levels[level].factors[place])
        whole = min(high, size // factor)
        if low < whole:
            yield 0, whole - low, origin + low * factor, origin + whole * factor
        if whole < high:
            yield high - 1 - low, high - low, origin + (high - 1) * factor, origin + size

    def _queried(self, parts: Sequence[_Part], fields: Sequence[int]) -> Iterator[tuple[int, npt.NDArray[Any]]]:
        """Ask for a part: each field with its cells, their axes as wanted."""
        stored = [parts[self.order.index(axis)] for axis in range(len(self.order))]
        sizes = tuple(stop - first for first, stop, _, _ in stored)
        trim = "c[" + ",".join(f"{low}:{high - 1}" for _, _, low, high in stored) + "]"
        scaled = any(high - low != size for (_, _, low, high), size in zip(stored, sizes, strict=True))
        target = "[" + ",".join(f"0:{size - 1}" for size in sizes) + "]" if scaled else ""
        for wanted in self._together(fields):
            kind = self.array.components[wanted[0]].type
            query = self.array.name.query(self._expression(trim, target, wanted))
            size = math.prod(sizes) * len(wanted) * kind.wire.itemsize
            cells = kind.decode(self._body(query, size)).reshape((*sizes, len(wanted)))
            for number, field in enumerate(wanted):
                yield field, cells[..., number].transpose(self.order)

    def _body(self, query: str, size: int) -> bytes:
        try:
            return self.client.cells(query, str(self.array.name), size)
        except (ItemMissing, QueryFailed, TransferFailed):
            self.forget()
            raise

    def _together(self, fields: Sequence[int]) -> list[Sequence[int]]:
        """Fields that come in one answer: their cells are of one type, so that nothing lies between them."""
        kinds = {self.array.components[field].type for field in fields}
        return [fields] if len(kinds) == 1 else [[field] for field in fields]

    def _expression(self, trim: str, target: str, fields: Sequence[int]) -> str:
        """What is selected: the array, a component of it, or several."""

        def scaled(expression: str) -> str:
            return f"scale({expression}, {target})" if target else expression

        if list(fields) == list(range(len(self.array.components))):
            return scaled(trim)
        chosen = [scaled(f"{trim}.{field}") for field in fields]
        return chosen[0] if len(chosen) == 1 else "{" + ", ".join(chosen) + "}"
