# SPDX-License-Identifier: MIT
"""Coverages that are read as long as somebody waits for their cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from eoxserver.backends.encoders.base import Workspace
from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import CellBox, Cells, Coverage, Level, MemorySource
from eoxserver.core.domain import Domain
from eoxserver.core.errors import EvaluationStopped
from eoxserver.core.fields import Field, RangeType
from eoxserver.query.check import Limits
from eoxserver.query.executors import LocalExecutor
from eoxserver.query.plan import Read, Trace
from eoxserver.services.engine import AT_ONCE, Engine

SIDE = 3000


class _Source:
    """Cells in memory of which it is known which boxes were read."""

    def __init__(self, values: npt.NDArray[np.int16], valid: npt.NDArray[np.bool_] | None) -> None:
        self._source = MemorySource(values, valid)
        self.shape = values.shape[1:]
        self.chunks: tuple[int, ...] = (250, 3000)
        self.levels = (Level(self.shape, (1.0, 1.0)),)
        self.reads: list[CellBox] = []

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        self.reads.append(box)
        return self._source.read(box, fields, level)


def engine(source: _Source, folder: Path, proceed: Callable[[], None]) -> Engine:
    domain = Domain((IndexAxis("y", SIDE), IndexAxis("x", SIDE)))
    fields = RangeType(tuple(Field(name, np.dtype("i2")) for name in ("a", "b")))
    coverage = Coverage("c", domain, fields, source)
    return Engine(lambda _: coverage, LocalExecutor(1), Limits(), {}, Workspace(folder), proceed)


@pytest.mark.parametrize("masked", [False, True])
def test_a_large_read_is_done_in_parts(tmp_path: Path, masked: bool) -> None:
    values = np.arange(2 * SIDE * SIDE, dtype="i4").astype("i2").reshape(2, SIDE, SIDE)
    valid = values % 3 != 0 if masked else None
    source = _Source(values, valid)
    calls: list[int] = []
    coverage = engine(source, tmp_path, lambda: calls.append(1)).evaluate(Read("c"))
    box = CellBox((10, 20), (2900, 2950))
    found = coverage.source.read(box, (1, 0))
    expected = MemorySource(values, valid).read(box, (1, 0))
    np.testing.assert_array_equal(found.values, expected.values)
    np.testing.assert_array_equal(found.mask(), expected.mask())
    assert found.values.dtype == np.dtype("i2")
    assert len(source.reads) == len(calls) > 2
    assert all(2 * box.cell_count <= AT_ONCE for box in source.reads)
    assert all(box.low[0] in (10, *range(0, SIDE, 250)) for box in source.reads)


def test_a_plan_is_explained_as_long_as_somebody_waits(tmp_path: Path) -> None:
    """A line meets as many pieces as there are chunks on it."""

    def proceed() -> None:
        raise EvaluationStopped("too late")

    made = engine(_Source(np.zeros((2, SIDE, SIDE), "i2"), None), tmp_path, proceed)
    for explain in (made.explain, made.explain_text):
        with pytest.raises(EvaluationStopped):
            explain(Trace(Read("c"), ("y", "x"), ((0.0, 0.0), (2000.0, 2000.0))))


def test_a_large_read_ends_when_nobody_waits(tmp_path: Path) -> None:
    source = _Source(np.zeros((2, SIDE, SIDE), "i2"), None)

    def proceed() -> None:
        if len(source.reads) == 2:
            raise EvaluationStopped("too late")

    coverage = engine(source, tmp_path, proceed).evaluate(Read("c"))
    with pytest.raises(EvaluationStopped):
        coverage.source.read(CellBox.whole(source.shape), (0, 1))
    assert len(source.reads) == 2
