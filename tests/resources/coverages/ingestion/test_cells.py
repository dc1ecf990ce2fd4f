# SPDX-License-Identifier: MIT
"""Cells on their way into a cube: cut into blocks, in another type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.cubes.base import Along, Snapshot
from eoxserver.core.coverage import CellBox, Cells, MemorySource
from eoxserver.core.errors import InconsistentChange
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.resources.coverages.ingestion import cells
from eoxserver.resources.coverages.ingestion.cells import Copying, check_fields, copy, storable


class Box:
    """An update that keeps what it is given in one array, and counts how often cells are written."""

    base: Snapshot | None = None

    def __init__(self, fields: Sequence[Field], shape: tuple[int, ...]) -> None:
        self.values = np.zeros((len(fields), *shape), np.result_type(*(field.dtype for field in fields)))
        self.valid = np.zeros(self.values.shape, dtype=bool)
        self.counts = np.zeros(self.values.shape, dtype=int)
        self.dtypes: set[str] = set()
        self.largest = 0

    def write(
        self, along: Mapping[str, Along], cells: Cells, fields: Sequence[int] | None = None, keep: bool = True
    ) -> None:
        assert fields is not None
        index = np.ix_(fields, *(list(part) for part in along.values()))
        self.values[index], self.valid[index] = cells.values, cells.mask()
        self.counts[index] += 1
        self.dtypes.add(cells.values.dtype.name)
        self.largest = max(self.largest, cells.values.nbytes)

    def grow(self, along: Mapping[str, Along]) -> None:
        raise NotImplementedError

    def set_state(self, text: str) -> None:
        raise NotImplementedError

    def commit(self) -> int:
        raise NotImplementedError


def copied(values: npt.NDArray[Any], given: Sequence[Field], wanted: Sequence[Field], **options: Any) -> Box:
    """Copy an array of shape (field, *cells); answer what was written, at the same place."""
    shape = values.shape[1:]
    box = Box(wanted, shape)
    along: dict[str, Along] = {str(number): range(size) for number, size in enumerate(shape)}
    chunks = options.get("chunks", (2,) * len(shape))
    copy([Copying(MemorySource(values), given, wanted, along, chunks)], box, True)
    return box


def field(name: str, dtype: str, *nil: float) -> Field:
    """A field."""
    return Field(name, np.dtype(dtype), nil=tuple(NilValue(value) for value in nil))


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=4).map(tuple), st.integers(1, 64),
    st.lists(st.integers(1, 5), min_size=4, max_size=4),
)  # fmt: skip
def test_each_cell_is_written_once_whatever_the_blocks(shape: tuple[int, ...], block: int, chunks: list[int]) -> None:
    values = np.arange(np.prod(shape), dtype="int32").reshape(1, *shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "BLOCK_BYTES", 4 * block)
        box = copied(values, [field("a", "int32")], [field("a", "int32")], chunks=chunks[: len(shape)])
    assert (box.counts == 1).all()
    assert (box.values == values).all()
    assert box.largest <= 4 * max(block, int(np.prod(chunks[: len(shape)])))


def test_blocks_end_where_chunks_of_the_cube_end() -> None:
    seen: list[range] = []

    class Ends(Box):
        def write(self, along: Mapping[str, Along], *rest: Any, **more: Any) -> None:
            part = along["0"]
            assert isinstance(part, range)
            seen.append(part)

    given = [field("a", "uint8")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "BLOCK_BYTES", 4)
        source = MemorySource(np.zeros((1, 10), "uint8"))
        copy([Copying(source, given, given, {"0": range(-3, 7)}, [4])], Ends(given, (10,)), True)
    assert seen == [range(-3, 0), range(4), range(4, 7)]


def test_fields_of_different_types_keep_theirs() -> None:
    fields = [field("a", "uint8"), field("b", "uint8"), field("c", "float32"), field("d", "uint8")]
    box = copied(np.ones((4, 3), "float32"), fields, fields)
    assert (box.values == 1).all()


def test_nil_cells_are_those_of_the_part() -> None:
    box = copied(np.array([[1, 5, 7]], "int16"), [field("a", "int16", 5)], [field("a", "int16", 7)])
    assert box.valid.tolist() == [[True, False, True]]


def test_nil_cells_are_those_of_the_coverage_when_the_part_has_none() -> None:
    box = copied(np.array([[1, 5, 7]], "int16"), [field("a", "int16")], [field("a", "int16", 7)])
    assert box.valid.tolist() == [[True, True, False]]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (np.array([0, 255], "int64"), "uint8"),
        (np.array([-3.0, 7.0]), "int16"),
        (np.array([1.5, 1e30]), "float32"),
        (np.array([0.1, np.nan, np.inf]), "float32"),
        (np.array([0, 1], "uint8"), "bool"),
        (np.array([2**53, -5], "int64"), "float64"),
        (np.array([1 + 2j], "complex128"), "complex64"),
        (np.array([3], "uint8"), "complex64"),
    ],
)
def test_values_that_the_type_has_are_converted(values: npt.NDArray[Any], wanted: str) -> None:
    box = copied(values[np.newaxis], [field("a", values.dtype.name)], [field("a", wanted)])
    assert box.dtypes == {wanted}
    np.testing.assert_array_equal(box.values[0], values.astype(wanted))


@pytest.mark.parametrize(
    ("values", "wanted", "told"),
    [
        (np.array([1, 256], "int64"), "uint8", "256"),
        (np.array([1, -1], "int16"), "uint16", "-1"),
        (np.array([1.0, 1.5]), "int16", r"1\.5"),
        (np.array([np.nan]), "int16", "nan"),
        (np.array([1e39]), "float32", r"1e\+39"),
        (np.array([2**53 + 1], "int64"), "float64", "9007199254740993"),
        (np.array([2**24 + 1], "int32"), "float32", "16777217"),
        (np.array([2], "uint8"), "bool", "2"),
    ],
)
def test_values_that_the_type_lacks_are_refused(values: npt.NDArray[Any], wanted: str, told: str) -> None:
    with pytest.raises(InconsistentChange, match=rf"the value {told} cannot be {wanted}.*field b"):
        copied(values[np.newaxis], [field("a", values.dtype.name)], [field("b", wanted)])


def test_values_of_nil_cells_need_no_room_in_the_type() -> None:
    box = copied(np.array([[1, -9999]], "int16"), [field("a", "int16", -9999)], [field("a", "uint8")])
    assert box.valid.tolist() == [[True, False]]


def test_more_or_fewer_fields_are_refused() -> None:
    one, two = RangeType((field("a", "uint8"),)), RangeType((field("a", "uint8"), field("b", "uint8")))
    for whole, part in ((one, two), (two, one)):
        with pytest.raises(InconsistentChange, match="fields"):
            check_fields(whole, part)


def test_complex_numbers_do_not_become_real() -> None:
    with pytest.raises(InconsistentChange, match="complex64.*float64"):
        check_fields(RangeType((field("a", "float64"),)), RangeType((field("a", "complex64"),)))


def test_types_that_cubes_lack_are_replaced() -> None:
    found = storable(RangeType((field("a", "int64"), field("b", "float16"), field("c", "int32"))))
    assert [each.dtype.name for each in found.fields] == ["float64", "float32", "int32"]


def test_a_source_is_read_block_by_block() -> None:
    boxes: list[CellBox] = []

    class Watched(MemorySource):
        def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
            boxes.append(box)
            return super().read(box, fields, level)

    fields = [field("a", "uint8")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "BLOCK_BYTES", 100)
        source = Watched(np.zeros((1, 50, 50), "uint8"))
        copying = Copying(source, fields, fields, {"y": range(50), "x": range(50)}, (10, 10))
        copy([copying], Box(fields, (50, 50)), True)
    assert max(box.cell_count for box in boxes) <= 100
