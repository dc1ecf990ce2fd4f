# SPDX-License-Identifier: MIT
"""Cells that are read ahead are those of the source, read once; what fails ahead fails again when it is wanted."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import CellBox, Cells, Coverage, Level
from eoxserver.core.domain import Domain
from eoxserver.core.errors import DataUnavailable
from eoxserver.core.fields import Field, RangeType
from eoxserver.wcst_import import ahead
from eoxserver.wcst_import.ahead import ReadAhead
from eoxserver.wcst_import.slices import ImportFile, Slice

pytestmark = pytest.mark.unit


@dataclass
class Counting:
    """Fields of any types; says what was read, and fails as often as it is told."""

    bands: Sequence[npt.NDArray[Any]]
    valid: npt.NDArray[np.bool_] | None = None
    failures: int = 0
    reads: list[tuple[int, ...]] = field(default_factory=list)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.bands[0].shape

    @property
    def chunks(self) -> tuple[int, ...]:
        return self.shape

    @property
    def levels(self) -> tuple[Level, ...]:
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        self.reads.append(tuple(fields))
        if self.failures:
            self.failures -= 1
            raise DataUnavailable("not now")
        valid = None if self.valid is None else np.stack([self.valid[box.slices]] * len(fields))
        return Cells(np.stack([self.bands[each][box.slices] for each in fields]), valid)


def slice_of(source: Counting) -> Slice:
    domain = Domain(tuple(IndexAxis(name, size) for name, size in zip("ij", source.shape, strict=True)), ("i", "j"))
    fields = RangeType(tuple(Field(f"b{number}", each.dtype) for number, each in enumerate(source.bands)))
    return Slice(ImportFile("/a"), Coverage("c", domain, fields, source))


def bands(*types: str, size: int = 4) -> list[npt.NDArray[Any]]:
    return [np.arange(size * size).reshape(size, size).astype(each) + number for number, each in enumerate(types)]


@given(data=st.data(), types=st.lists(st.sampled_from(["uint8", "int16", "float32"]), min_size=1, max_size=4),
       masked=st.booleans())  # fmt: skip
def test_cells_are_those_of_the_source(data: st.DataObject, types: list[str], masked: bool) -> None:
    valid = np.arange(16).reshape(4, 4) % 3 > 0 if masked else None
    source = Counting(bands(*types), valid)
    with ReadAhead() as reading:
        (found,) = reading.begin([slice_of(source)])
        low = data.draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
        box = CellBox(low, (data.draw(st.integers(low[0] + 1, 4)), data.draw(st.integers(low[1] + 1, 4))))
        fields = data.draw(st.lists(st.integers(0, len(types) - 1), min_size=1, max_size=3))
        cells = found.part.source.read(box, fields)
    expected = Counting(source.bands, valid).read(box, fields)
    assert cells.values.dtype == expected.values.dtype
    assert np.array_equal(cells.values, expected.values)
    assert np.array_equal(cells.mask(), expected.mask())
    assert found.part.source.shape == source.shape


def test_each_slice_is_read_once_and_what_was_read_cannot_be_changed() -> None:
    sources = [Counting(bands("int16")) for _ in range(5)]
    with ReadAhead() as reading:
        for one in reading.begin([slice_of(source) for source in sources]):
            box = CellBox.whole((4, 4))
            assert np.array_equal(one.part.source.read(box, [0]).values, one.part.source.read(box, [0]).values)
            assert not one.part.source.read(box, [0]).values.flags.writeable
    assert [source.reads for source in sources] == [[(0,)]] * 5


def test_a_read_that_fails_ahead_is_tried_again_when_it_is_wanted() -> None:
    good, slow, bad = Counting(bands("int16")), Counting(bands("int16"), failures=1), Counting([], failures=9)
    bad.bands = bands("int16")
    with ReadAhead() as reading:
        first, second, third = reading.begin([slice_of(good), slice_of(slow), slice_of(bad)])
        box = CellBox.whole((4, 4))
        assert np.array_equal(first.part.source.read(box, [0]).values, second.part.source.read(box, [0]).values)
        with pytest.raises(DataUnavailable, match="not now"):
            third.part.source.read(box, [0])


def test_slices_too_large_to_be_held_are_left_to_who_writes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "SLICE_BYTES", 31)
    source = Counting(bands("int16"))
    with ReadAhead() as reading:
        (found,) = reading.begin([slice_of(source)])
        assert found.part.source is source
    assert source.reads == []


def test_nothing_is_begun_after_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "TASK_BYTES", 0)
    monkeypatch.setattr(ahead, "READERS", 1)
    entered, go = threading.Event(), threading.Event()

    class Waiting(Counting):
        def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
            entered.set()
            go.wait()
            return super().read(box, fields, level)

    first, others = Waiting(bands("int16")), [Counting(bands("int16")) for _ in range(3)]
    with ReadAhead() as reading:
        reading.begin([slice_of(first), *map(slice_of, others)])
        entered.wait()
        threading.Timer(0.05, go.set).start()
    assert first.reads == [(0,)]
    assert [source.reads for source in others] == [[]] * 3
