# SPDX-License-Identifier: MIT
"""Random trees of cell-wise nodes, computed in pieces, against the same computed cell by cell (section 4.4, 4.5)."""

from __future__ import annotations

from collections.abc import Sequence
from unittest import mock

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.coverage import CellBox
from eoxserver.core.errors import EvaluationFailed
from eoxserver.query.cellwise import running
from eoxserver.query.plan import Node
from eoxserver.query.resolver import Resolver
from eoxserver.query.steps import Options, Step
from tests.query.cellwise.reference import Cell, Fault, Place, cell_of, types_of
from tests.query.cellwise.trees import plans
from tests.query.samples import catalogue


def expected(node: Node, step: Step, box: CellBox) -> list[Cell]:
    """The cells of a box, one after the other."""
    names = [iterator.name for iterator in step.iterators]
    found = []
    with np.errstate(all="ignore"):
        for offset in np.ndindex(*box.shape):
            place = tuple(low + part for low, part in zip(box.low, offset, strict=True))
            own = place[len(names) :]
            found.append(cell_of(node, Place(own, dict(zip(names, place, strict=False)))))
    return found


def check(node: Node, step: Step, box: CellBox, fields: Sequence[int]) -> None:
    """Read a box and compare it."""
    cells = expected(node, step, box)
    if any(isinstance(cell[field], Fault) for cell in cells for field in fields):
        try:
            step.source.read(box, fields)
        except EvaluationFailed:
            return
        raise AssertionError("an integer was divided by 0, and nobody noticed")
    read = step.source.read(box, fields)
    assert read.values.shape == (len(fields), *box.shape)
    assert read.values.dtype == np.result_type(*(step.range_type.fields[field].dtype for field in fields))
    mask = read.mask().reshape(len(fields), -1)
    values = read.values.reshape(len(fields), -1)
    for number, field in enumerate(fields):
        column = [cell[field] for cell in cells]
        assert mask[number].tolist() == [value is not None for value in column]
        wanted = np.array([0 if value is None else value for value in column], read.values.dtype)
        np.testing.assert_array_equal(np.where(mask[number], values[number], 0), wanted)


@st.composite
def boxes(draw: st.DrawFn, shape: Sequence[int]) -> CellBox:
    """A box with cells."""
    bounds = [sorted(draw(st.tuples(st.integers(0, size), st.integers(0, size)))) for size in shape]
    ends = [
        (low, high) if high > low else ((low, low + 1) if low < size else (low - 1, low))
        for (low, high), size in zip(bounds, shape, strict=True)
    ]
    return CellBox(tuple(low for low, _ in ends), tuple(high for _, high in ends))


@given(plans(), st.data(), st.sampled_from([8, 64, 1 << 18]), st.sampled_from([40, 400, 1 << 20]))
def test_blocks_of_trees_are_what_each_cell_is_alone(node: Node, data: st.DataObject, piece: int, window: int) -> None:
    step = Resolver(catalogue(), Options(window_bytes=window)).resolve(node)
    assert [field.dtype.name for field in step.range_type.fields] == types_of(node)
    box = data.draw(boxes(step.domain.shape))
    count = len(step.range_type)
    fields = data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=count, unique=True))
    with mock.patch.object(running, "PIECE_BYTES", piece), np.errstate(all="raise"):
        check(node, step, box, fields)
