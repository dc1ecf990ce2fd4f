# SPDX-License-Identifier: MIT
"""Folding computed cells while they are in the cache: the same as folding blocks."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import CellBox, Cells, Coverage
from eoxserver.core.domain import Domain
from eoxserver.core.errors import EvaluationFailed
from eoxserver.core.fields import Field, RangeType
from eoxserver.query.cellwise import running
from eoxserver.query.iterate import folding
from eoxserver.query.iterate.folds import CONDENSERS, REDUCERS, Mask, fold_of
from eoxserver.query.iterate.lifted import Aligned
from eoxserver.query.iterate.piecewise import folded, pieces_of
from eoxserver.query.plan import (
    Cast,
    Combine,
    Condense,
    Constant,
    Given,
    Iterator,
    Map,
    Node,
    Pick,
    PickCell,
    Reduce,
    Select,
    Switch,
)
from eoxserver.query.steps import Options
from tests.query.iterate.bodies import POOL, bodies, cells, cells_of, iterators, long, small_cube, step_of
from tests.query.samples import Array, covering

OPERATORS = sorted({*REDUCERS, *CONDENSERS} - {"overlay"})
DTYPES = ["bool", "u1", "i1", "u2", "i4", "u8", "f4", "f8", "c8"]


def some_cells(rng: np.random.Generator, dtype: str, shape: Sequence[int]) -> Array:
    """The whole range of integers; floats with some that are no numbers."""
    if dtype == "bool":
        return rng.random(shape) > 0.5
    kind = np.dtype(dtype)
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        return rng.integers(limits.min, limits.max, shape, kind, endpoint=True)
    values = rng.integers(1, 100, shape).astype(dtype) / 8
    values[rng.random(shape) < 0.05] = np.nan
    return values


def computed(values: Array, valid: Mask) -> Node:
    """One field that is computed and one that is only passed on."""
    axes = Domain(tuple(IndexAxis(f"a{number}", size) for number, size in enumerate(values.shape[1:])))
    cube = Given(covering(axes, values, valid))
    function = "not" if values.dtype.kind == "b" else "plus"
    return Combine(("x", "y"), (Map(function, (Select(cube, (0,)),)), Select(cube, (1,))))


def assert_same(one: Cells, other: Cells) -> None:
    """The same mask; the same integers, and floats but for the order in which they were added up."""
    assert one.values.dtype == other.values.dtype
    np.testing.assert_array_equal(one.mask(), other.mask())
    mine, theirs = (each.values[each.mask()] for each in (one, other))
    if mine.dtype.kind in "fc":
        np.testing.assert_allclose(mine, theirs, rtol=1e-11, equal_nan=True)
    else:
        np.testing.assert_array_equal(mine, theirs)


@given(
    st.integers(0, 1000), st.sampled_from(DTYPES), st.sampled_from(OPERATORS), st.lists(st.integers(1, 7), max_size=4),
    st.data(),
)  # fmt: skip
def test_pieces_are_folded_to_what_blocks_are(
    seed: int, dtype: str, operator: str, shape: list[int], data: st.DataObject
) -> None:
    if dtype == "c8" and operator in ("min", "max"):
        return
    rng = np.random.default_rng(seed)
    values = some_cells(rng, dtype, (2, *shape))
    valid = rng.random(values.shape) > 0.2 if data.draw(st.booleans()) else None
    kept = tuple(axis for axis in range(len(shape)) if data.draw(st.booleans()))
    counted: Mask = None
    if data.draw(st.booleans()):
        wide = [data.draw(st.sampled_from([1, size])) for size in shape]
        counted = rng.random((data.draw(st.sampled_from([1, 2])), *wide)) > 0.4
    step = step_of(computed(values, valid))
    using, box, fold = Aligned(step, (), len(shape)), CellBox.whole(shape), fold_of(operator)
    with patch.object(running, "PIECE_BYTES", data.draw(st.sampled_from([8, 64, 1 << 18]))):
        pieces = pieces_of(using, box, kept, counted)
        assert pieces is not None
        found = folded(fold, pieces, counted, box, kept)
    whole = using.read(box, (0, 1))
    gone = tuple(1 + axis for axis in range(len(shape)) if axis not in kept)
    expected = fold.state(whole.values, whole.valid, counted, gone)
    result = fold.dtype(whole.values.dtype)
    assert_same(fold.finished(found, result), fold.finished(expected, result))


@given(st.data())
def test_condensers_make_the_same_of_pieces_and_of_blocks(data: st.DataObject) -> None:
    known = data.draw(iterators(data.draw(st.integers(1, 3))))
    body = Map("plus", (Cast(data.draw(bodies(known)), np.dtype("f8")),))
    count = data.draw(st.integers(1, len(known)))
    where = data.draw(st.sampled_from([None, Map(">", (known[0], long(0)))]))
    node: Node = Condense(data.draw(st.sampled_from(["+", "*", "max", "or"])), known[:count], body, where)
    if data.draw(st.booleans()):
        node = Reduce(data.draw(st.sampled_from(REDUCERS)), body)
    box = CellBox.whole(step_of(node).domain.shape)
    options = Options(block_cells=data.draw(st.sampled_from([30, 200, 1 << 20])), pool=POOL)
    with patch.object(running, "PIECE_BYTES", data.draw(st.sampled_from([32, 400, 1 << 18]))):
        found = cells_of(node, options, box)
    with patch.object(folding, "pieces_of", lambda *_: None):
        assert_same(found, cells_of(node, options, box))


@pytest.mark.parametrize("operator", ["+", "max"])
def test_no_array_of_a_block_is_made(operator: str) -> None:
    t = Iterator("$t", 0, 64)
    values = np.ones((1, 64, 128, 128), np.uint8)
    axes = Domain(tuple(IndexAxis(label, size) for label, size in zip("tyx", values.shape[1:], strict=True)))
    cube = Pick(Given(covering(axes, values)), (PickCell("t", t),))
    step = step_of(Condense(operator, (t,), Map("sqrt", (Cast(cube, np.dtype("f8")),))), Options(block_cells=1 << 20))
    tracemalloc.start()
    try:
        found = step.source.read(CellBox.whole(step.domain.shape), (0,))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (found.values == (64 if operator == "+" else 1)).all()
    assert peak < values.nbytes + 4 * (1 << 20)  # all cells computed at once had eight times as many bytes


def test_what_has_no_result_is_told_of_pieces_too() -> None:
    values, _ = cells(1, "i4")
    cube = Given(small_cube(values % 3))
    quotient = Map("/", (long(6), cube))
    with pytest.raises(EvaluationFailed, match="divided by 0"):
        cells_of(Reduce("add", quotient))
    guarded = Switch((Map("!=", (cube, long(0))),), (quotient,), long(0))
    divisors = (values % 3)[values % 3 != 0]
    assert cells_of(Reduce("add", guarded)).values[0] == (6 // divisors).sum()


def test_fields_of_different_types_are_folded_in_their_common_one() -> None:
    values, _ = cells(2, "u1", 2)
    cube = small_cube(values)
    mixed = Coverage(
        "mixed", cube.domain, RangeType((Field("a", np.dtype("u1")), Field("b", np.dtype("u1")))), cube.source
    )
    node = Combine(
        ("a", "b"),
        (
            Map("sqrt", (Select(Given(mixed), (0,)),)),
            Map("+", (Select(Given(mixed), (1,)), Constant(1, np.dtype("u1")))),
        ),
    )
    found = cells_of(Reduce("add", node)).values
    np.testing.assert_allclose(found, [np.sqrt(values[0].astype(float)).sum(), (values[1].astype(int) + 1).sum()])
