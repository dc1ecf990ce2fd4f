# SPDX-License-Identifier: MIT
"""How often each value occurs, once for all places of iterators.

``count($c = $b)`` at 256 places of ``$b`` looks at every cell 256 times. The value of a cell-wise body is the same for
cells of the same value, so it is enough to count the values of ``$c`` once, and to go over the few different values at
each place. Integers of one or two bytes have few values. Where the coverage does nothing but be compared with scalars,
all values between two neighbours among these numbers are as good as one.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.blocks import block_shape, split
from eoxserver.core.coverage import CellBox
from eoxserver.query.cellwise.types import general_type
from eoxserver.query.errands import Errand
from eoxserver.query.iterate.crew import in_order
from eoxserver.query.iterate.layout import chunks_of
from eoxserver.query.plan import Node
from eoxserver.query.steps import Options, Step
from eoxserver.query.taps import Array

__all__ = ["Census", "Values"]


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Different values and how often they occur."""

    values: Array
    """Shape (number,)."""
    counts: npt.NDArray[np.int64]
    """Same shape."""
    nulls: int
    """Number of cells that are null."""


@dataclass(eq=False)
class Census:
    """The values of the only field of a step, counted when they are asked for.

    Parameters
    ----------
    limits : sequence of Step
        Scalars with which cells are compared, and that is all; None: values matter as they are, and are integers of
        at most two bytes.
    """

    step: Step
    limits: Sequence[Step] | None
    options: Options
    node: Node | None = None
    """The condenser whose source has this census; None: nobody else can count for it."""
    _values: Values | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def values(self) -> Values:
        """The values there are; of each class of values that cannot be told apart, any one."""
        with self._lock:
            if self._values is None:
                self._values = self._counted()
            return self._values

    def _counted(self) -> Values:
        source = self.step.source
        block = block_shape(source.shape, chunks_of(source, (0,)), self.options.block_cells)
        boxes = split(CellBox.whole(source.shape), block)
        errand = None
        if self.node is not None and self.options.elsewhere is not None:
            number = math.prod(-(-size // wide) for size, wide in zip(source.shape, block, strict=True))
            errand = Errand(self.node, number, self.burden())
        counts, examples, nulls = reduce(_merged, in_order(self._count, boxes, self.options, errand))
        there = np.flatnonzero(counts)
        return Values(examples[there], counts[there], nulls)

    def burden(self) -> int:
        """What is gone through [bytes]."""
        return math.prod(self.step.source.shape) * self.step.range_type.cell_bytes

    def work(self, boxes: Sequence[CellBox]) -> list[tuple[Array, Array, int]]:
        """The counts of some boxes together."""
        return [reduce(_merged, map(self._count, boxes))]

    def _count(self, box: CellBox) -> tuple[Array, Array, int]:
        cells = self.step.source.read(box, (0,))
        values = cells.values[0].ravel() if cells.valid is None else cells.values[cells.valid]
        nulls = box.cell_count - values.size
        return (*(_by_code(values) if self._edges is None else _by_class(values, self._edges)), nulls)

    @cached_property
    def _edges(self) -> Array | None:
        return None if self.limits is None else _edges(self.limits, self.step.range_type.dtype)


def _merged(one: tuple[Array, Array, int], other: tuple[Array, Array, int]) -> tuple[Array, Array, int]:
    """Counts by class, an example for each class, nulls."""
    return one[0] + other[0], np.where(one[0] > 0, one[1], other[1]), one[2] + other[2]


def _by_code(values: Array) -> tuple[Array, Array]:
    """Each value is a class of its own."""
    code = np.dtype(np.uint8 if values.dtype.itemsize == 1 else np.uint16)
    size = 1 << (8 * code.itemsize)
    counts = np.bincount(values.view(code), minlength=size)
    return counts, np.arange(size, dtype=code).view(_viewable(values.dtype)).astype(values.dtype)


def _viewable(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """A type in which any bits mean something."""
    return np.dtype(np.uint8) if dtype.kind == "b" else dtype


def _edges(limits: Sequence[Step], dtype: np.dtype[Any]) -> Array:
    """The numbers with which cells of a type are compared, as the comparison sees them, sorted."""
    found = []
    for each in limits:
        cells = each.source.read(CellBox.whole(each.domain.shape), (0,))
        found.append(cells.values[cells.mask()].astype(general_type(dtype, cells.values.dtype)))
    numbers: Array = np.unique(np.concatenate(found))
    known: Array = numbers[~np.isnan(numbers)]
    return known


def _by_class(values: Array, edges: Array) -> tuple[Array, Array]:
    """Numbers that are edges, those between, and nan."""
    classes = np.searchsorted(edges, values, side="left") + np.searchsorted(edges, values, side="right")
    if values.dtype.kind == "f":
        classes[np.isnan(values)] = 2 * edges.size + 1
    counts = np.bincount(classes, minlength=2 * edges.size + 2)
    examples = np.zeros(counts.shape, values.dtype)
    examples[classes] = values
    return counts, examples
