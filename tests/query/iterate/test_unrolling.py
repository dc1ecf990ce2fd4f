# SPDX-License-Identifier: MIT
"""What goes over all places at once gives what the plain loop gives, whatever the body, the box and the blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eoxserver.core.errors import WcpsSemanticError
from eoxserver.core.selection import GRID, Trim
from eoxserver.query.iterate.folds import CONDENSERS, REDUCERS
from eoxserver.query.iterate.unrolling import unrolled
from eoxserver.query.plan import (
    Condense,
    Construct,
    Each,
    Given,
    Iterator,
    Map,
    Node,
    Pick,
    PickCell,
    Reduce,
    Sort,
    SubsetNode,
)
from tests.query.iterate.bodies import (
    assert_equal,
    bodies,
    boxes,
    cells,
    cells_of,
    indices,
    iterators,
    line,
    long,
    options,
    small_cube,
    step_of,
)


def check(data: st.DataObject, node: Node, plain: Node) -> None:
    """Both give the same cells in any box."""
    assert step_of(node).domain.labels == step_of(plain).domain.labels
    box = data.draw(boxes(node))
    assert_equal(cells_of(node, data.draw(options()), box), cells_of(plain, None, box))


@settings(max_examples=150)
@given(st.data())
def test_general_condensers(data: st.DataObject) -> None:
    known = data.draw(iterators(2))
    body = data.draw(bodies(known))
    operator = data.draw(st.sampled_from(CONDENSERS))
    if step_of(body).range_type.dtype.kind == "b" and operator in ("min", "max", "overlay"):
        operator = "or"
    where = data.draw(st.none() | indices(known, 0, 3).map(lambda node: Map("<", (node, long(2)))))
    plain = None if where is None else unrolled(where, known)
    count = data.draw(st.integers(1, 2))
    outer = Condense(operator, known[:count], body, where)
    check(
        data,
        _open(outer, known[count:]),
        _open(Condense(operator, known[:count], unrolled(body, known), plain), known[count:]),
    )


def _open(node: Node, rest: tuple[Iterator, ...]) -> Node:
    """The node under all iterators of ``rest``, in their order, so that plans may be compared."""
    return Condense("+", rest, node) if rest else node


@settings(max_examples=100)
@given(st.data())
def test_constructors(data: st.DataObject) -> None:
    known = data.draw(iterators(data.draw(st.integers(1, 3))))
    body = data.draw(bodies(known, scalar=True))
    labels = ("x", "y", "z")[: len(known)]
    check(data, Construct(labels, known, body), Construct(labels, known, unrolled(body, known)))


@settings(max_examples=100)
@given(st.data())
def test_short_condensers(data: st.DataObject) -> None:
    known = data.draw(iterators(2))
    body = data.draw(bodies(known))
    operator = data.draw(st.sampled_from(REDUCERS))
    node, plain = (Construct(("x", "y"), known, Reduce(operator, each)) for each in (body, unrolled(body, known)))
    check(data, node, plain)


@settings(max_examples=50)
@given(st.data())
def test_orders(data: st.DataObject) -> None:
    values, valid = cells(data.draw(st.integers(0, 50)), data.draw(st.sampled_from(["u1", "f4"])))
    cube = Given(small_cube(values % 3, valid))
    slices = Iterator("$s", 0, values.shape[1])
    key = Reduce("max", Pick(cube, (PickCell("ansi", slices),)))
    descending = data.draw(st.booleans())
    node, plain = (Sort(cube, "ansi", slices, each, descending) for each in (key, unrolled(key, (slices,))))
    check(data, node, plain)


def test_bodies_may_differ_in_what_they_read() -> None:
    values, _ = cells(3, "u1", shape=(9,))
    x = Iterator("$x", 0, 9)
    sums = tuple(Reduce("add", SubsetNode(Given(line(values)), (Trim("i", 0, last, GRID),))) for last in range(9))
    result = cells_of(Construct(("x",), (x,), Each((x,), sums)))
    np.testing.assert_array_equal(result.values[0], np.cumsum(values[0], dtype=int))


def test_bodies_have_one_grid() -> None:
    x = Iterator("$x", 0, 2)
    lines = tuple(Given(line(cells(1, "u1", shape=(size,))[0])) for size in (3, 4))
    with pytest.raises(WcpsSemanticError, match=r"\(4,\) cells of 1 fields at one place of \$x"):
        step_of(Each((x,), lines))
