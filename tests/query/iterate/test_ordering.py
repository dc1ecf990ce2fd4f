# SPDX-License-Identifier: MIT
"""``flip`` and ``sort`` (WCPS language, section 4.6)."""

from __future__ import annotations

import numpy as np
import pytest

from eoxserver.core.coverage import CellBox
from eoxserver.core.errors import InvalidAxisLabel, WcpsSemanticError
from eoxserver.core.selection import GRID, Slice
from eoxserver.query.plan import Construct, Flip, Given, Iterator, Map, Node, Pick, PickCell, Reduce, Sort, SubsetNode
from tests.query.iterate.bodies import cells, cells_of, line, long, small_cube, step_of
from tests.query.samples import Recorder, covering

VALUES, VALID = cells(8, "i2", 2)
CUBE = Given(small_cube(VALUES, VALID))
S = Iterator("$s", 0, 5)


def keyed(*keys: float | None) -> Node:
    """A key for each slice; None is null."""
    numbers = np.array([[0 if key is None else key for key in keys]], dtype=np.float64)
    valid = np.array([[key is not None for key in keys]])
    return Pick(Given(line(numbers, valid)), (PickCell("i", S),))


@pytest.mark.parametrize("label", ["ansi", "N", "E"])
def test_4_6_a_flip_reverses_cells_and_keeps_the_axis(label: str) -> None:
    step = step_of(Flip(CUBE, label))
    assert step.domain == step_of(CUBE).domain
    axis = step.domain.index(label) + 1
    found = cells_of(Flip(CUBE, label))
    np.testing.assert_array_equal(found.values, np.flip(VALUES, axis))
    np.testing.assert_array_equal(found.valid, np.flip(VALID, axis))
    box = CellBox((1, 2, 3), (3, 3, 7))
    np.testing.assert_array_equal(cells_of(Flip(CUBE, label), box=box).values, found.values[(slice(None), *box.slices)])


def test_4_6_unknown_axes_are_refused() -> None:
    for node in (Flip(CUBE, "H"), Sort(CUBE, "H", S, keyed(1, 2, 3, 4, 5))):
        with pytest.raises(InvalidAxisLabel, match="no axis 'H'"):
            step_of(node)


@pytest.mark.parametrize(
    ("keys", "descending", "order"),
    [
        ((3, 1, 2, 5, 4), False, [1, 2, 0, 4, 3]),
        ((3, 1, 2, 5, 4), True, [3, 4, 0, 2, 1]),
        ((2, 1, 2, 1, 2), False, [1, 3, 0, 2, 4]),
        ((2, 1, 2, 1, 2), True, [0, 2, 4, 1, 3]),
        ((2, None, float("nan"), 1, 3), False, [3, 0, 4, 1, 2]),
        ((2, None, float("nan"), 1, 3), True, [4, 0, 3, 1, 2]),
    ],
)
def test_4_6_slices_in_the_order_of_keys(keys: tuple[float | None, ...], descending: bool, order: list[int]) -> None:
    node = Sort(CUBE, "ansi", S, keyed(*keys), descending)
    assert step_of(node).domain == step_of(CUBE).domain
    found = cells_of(node)
    np.testing.assert_array_equal(found.values, VALUES[:, order])
    np.testing.assert_array_equal(found.mask(), VALID[:, order])
    box = CellBox((1, 0, 2), (4, 3, 6))
    np.testing.assert_array_equal(cells_of(node, box=box).values, found.values[(slice(None), *box.slices)])


def test_8_59_sorted_by_the_mean_of_each_slice() -> None:
    values, _ = cells(8, "i2")
    cube = Given(small_cube(values))
    node = Sort(cube, "ansi", S, Reduce("avg", Pick(cube, (PickCell("ansi", S),))), descending=True)
    order = np.argsort(-values[0].mean(axis=(1, 2)))
    np.testing.assert_array_equal(cells_of(node).values, values[:, order])


def test_a_key_that_is_the_same_for_all_changes_nothing() -> None:
    np.testing.assert_array_equal(cells_of(Sort(CUBE, "ansi", S, long(1))).values, VALUES)


def test_an_order_for_each_place_of_an_outer_iterator() -> None:
    p = Iterator("$p", 0, 2)
    first = Map("=", (p, long(0)))
    sign = Map("-", (long(1), Map("*", (first, long(2)))))
    row = Sort(Given(line(np.array([[7, 9, 8, 5, 6]]))), "i", S, Map("*", (keyed(2, 4, 3, 0, 1), sign)))
    x = Iterator("$x", 0, 5)
    found = cells_of(Construct(("p", "x"), (p, x), Pick(row, (PickCell("i", x),))))
    assert found.values[0].tolist() == [[9, 8, 7, 6, 5], [5, 6, 7, 8, 9]]


def test_only_slices_that_are_wanted_are_read() -> None:
    values, _ = cells(8, "i2")
    source = Recorder([values], 1)
    cube = Given(covering(small_cube(values).domain, values, source=source))
    node = SubsetNode(Sort(cube, "ansi", S, keyed(3, 1, 2, 5, 4)), (Slice("ansi", 1, GRID),))
    np.testing.assert_array_equal(cells_of(node).values, values[:, 2])
    assert {box.low[0] for box, _, _ in source.reads} == {2}


def test_keys_are_real_scalars_one_for_each_slice() -> None:
    for node in (Sort(CUBE, "ansi", S, CUBE), Sort(CUBE, "ansi", Iterator("$s", 0, 4), long(1))):
        with pytest.raises(WcpsSemanticError, match="ansi"):
            step_of(node)
