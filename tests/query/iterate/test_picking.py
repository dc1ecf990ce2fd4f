# SPDX-License-Identifier: MIT
"""Subsets whose cells depend on iterators (WCPS language, section 4.1)."""

from __future__ import annotations

import numpy as np
import pytest

from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import CellBox
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidAxisLabel, InvalidSubsetting, WcpsSemanticError
from eoxserver.core.fields import NilValue
from eoxserver.core.selection import GRID, Trim
from eoxserver.query.plan import (
    Constant,
    Construct,
    Flip,
    Given,
    Iterator,
    Map,
    Node,
    Pick,
    PickCell,
    PickRange,
    Reduce,
    Select,
    SetNil,
    SubsetNode,
)
from eoxserver.query.steps import Options
from tests.query.iterate.bodies import assert_equal, cells, cells_of, line, long, small_cube, step_of
from tests.query.samples import Array, Recorder, covering

VALUES, VALID = cells(7, "i4")
CUBE = Given(small_cube(VALUES, VALID))
NUMBERS = np.arange(100, 120)[np.newaxis]
LINE = Given(line(NUMBERS))
P, Q = Iterator("$p", 0, 4), Iterator("$q", 1, 3)


def at(node: Node, **places: Node) -> Pick:
    return Pick(node, tuple(PickCell(label, place) for label, place in places.items()))


def test_4_1_an_iterator_is_the_number_of_a_cell() -> None:
    step = step_of(at(CUBE, ansi=P))
    assert step.iterators == (P,)
    assert step.domain.axes[0] == IndexAxis("$p", 4)
    assert step.own_domain == small_cube(VALUES).domain.without(frozenset({0}))
    found = cells_of(at(CUBE, ansi=P))
    np.testing.assert_array_equal(found.values, VALUES[:, :4])
    np.testing.assert_array_equal(found.valid, VALID[:, :4])


def test_even_steps_gather_nothing() -> None:
    for index, places in (
        (Map("-", (long(9), P)), [9, 8, 7, 6]),
        (Map("*", (P, long(5))), [0, 5, 10, 15]),
    ):
        found = cells_of(at(LINE, i=index)).values
        np.testing.assert_array_equal(found[0], NUMBERS[0, places])
        assert not found.flags.owndata
        assert not found.flags.writeable


def test_neighbours_in_their_order_are_read_as_they_lie() -> None:
    values, _ = cells(5, "i2", shape=(6, 7))
    source = Recorder([values], 3)
    image = Given(covering(Domain((IndexAxis("j", 6), IndexAxis("i", 7))), values, source=source))
    for places, low, high in (
        ({"j": P}, (0, 0), (4, 7)),
        ({"j": Map("+", (P, long(2)))}, (2, 0), (6, 7)),
        ({"j": Q, "i": Map("+", (P, long(3)))}, (1, 3), (4, 7)),
    ):
        source.reads.clear()
        found, box = cells_of(at(image, **places)), CellBox(low, high)
        np.testing.assert_array_equal(found.values, values[:, *box.slices])
        assert [read for read, _, _ in source.reads] == [box]
    turned = cells_of(at(image, i=Q, j=P)).values
    np.testing.assert_array_equal(turned, values[:, :4, 1:4].transpose(0, 2, 1))
    diagonal = cells_of(at(image, j=P, i=P)).values
    np.testing.assert_array_equal(diagonal, values[:, range(4), range(4)])
    np.testing.assert_array_equal(cells_of(at(image, i=P)).values, values[:, :, :4].transpose(0, 2, 1))


def test_windows_move_with_iterators() -> None:
    window = Pick(LINE, (PickRange("i", P, 3),))
    found = cells_of(window)
    np.testing.assert_array_equal(found.values[0], [NUMBERS[0, n : n + 3] for n in range(4)])
    assert_equal(
        cells_of(window, None, CellBox((2, 1), (4, 3))),
        cells_of(SubsetNode(window, (Trim("i", 1, 2, GRID),)), None, CellBox((2, 0), (4, 2))),
    )


def test_sums_of_iterators() -> None:
    found = cells_of(at(LINE, i=Map("+", (P, Q)))).values[0]
    np.testing.assert_array_equal(found, [[NUMBERS[0, p + q] for q in (1, 2, 3)] for p in range(4)])


def test_diagonals() -> None:
    found = cells_of(at(CUBE, N=P, E=P))
    np.testing.assert_array_equal(found.values, np.moveaxis(VALUES[..., range(4), range(4)], -1, 1))


def test_an_iterator_in_the_input_and_in_the_index() -> None:
    found = cells_of(at(at(CUBE, ansi=P), N=P, E=Map("-", (long(6), P))))
    np.testing.assert_array_equal(found.values[0], [VALUES[0, n, n, 6 - n] for n in range(4)])
    np.testing.assert_array_equal(found.mask()[0], [VALID[0, n, n, 6 - n] for n in range(4)])


def test_numbers_in_any_order() -> None:
    scattered = Iterator("$s", 0, 5, (4, 0, 3, 3, 1))
    found = cells_of(Pick(CUBE, (PickCell("ansi", scattered), PickRange("E", Map("mod", (scattered, long(3))), 2))))
    for place, number in enumerate((4, 0, 3, 3, 1)):
        first = number % 3
        np.testing.assert_array_equal(found.values[0, place], VALUES[0, number, :, first : first + 2])


def test_far_numbers_do_not_read_what_lies_between() -> None:
    values = np.zeros((1, 3000, 400), np.uint8)
    source = Recorder([values], 10)
    image = Given(covering(Domain((IndexAxis("j", 3000), IndexAxis("i", 400))), values, source=source))
    far = Iterator("$s", 0, 4, (0, 2999, 1500, 1))
    cells_of(Pick(image, (PickCell("j", far),)))
    assert source.cells <= 4 * 400


def test_boxes_that_are_too_large_are_cut() -> None:
    values, _ = cells(9, "i4", shape=(50, 60))
    source = Recorder([values], 10)
    image = Given(covering(Domain((IndexAxis("j", 50), IndexAxis("i", 60))), values, source=source))
    turned = Map("-", (long(49), Iterator("$s", 0, 50)))
    found = cells_of(at(image, j=turned), Options(window_bytes=4 * 60 * 8))
    np.testing.assert_array_equal(found.values, values[:, ::-1])
    assert max(box.cell_count for box, _, _ in source.reads) <= 60 * 8


def test_numbers_from_data() -> None:
    last = Map("-", (Reduce("max", at(LINE, i=P)), long(100)))
    found = cells_of(at(LINE, i=last))
    np.testing.assert_array_equal(found.values[0], NUMBERS[0, :4])


def test_a_number_that_is_null_makes_null() -> None:
    numbers = SetNil(at(LINE, i=P), (NilValue(102),))
    found = cells_of(at(LINE, i=Map("-", (numbers, long(100)))))
    np.testing.assert_array_equal(found.mask()[0], [True, True, False, True])


@pytest.mark.parametrize(
    ("index", "text"),
    [
        (Iterator("$p", 18, 3), "cell 20 of axis i: it has the cells 0 to 19"),
        (Map("-", (P, long(1))), "cell -1 of axis i"),
    ],
)
def test_7_numbers_outside_the_axis_are_refused_before_reading(index: Node, text: str) -> None:
    with pytest.raises(InvalidSubsetting, match=text) as caught:
        step_of(at(LINE, i=index))
    assert caught.value.locator == "i"


def test_7_windows_outside_the_axis_are_refused() -> None:
    with pytest.raises(InvalidSubsetting, match="cells 18 to 20 of axis i: it has the cells 0 to 19"):
        step_of(Pick(LINE, (PickRange("i", Iterator("$p", 18, 1), 3),)))
    with pytest.raises(InvalidSubsetting, match="21 cells of axis i: it has 20"):
        step_of(Pick(LINE, (PickRange("i", long(0), 21),)))


def test_7_numbers_from_data_are_refused_when_they_are_read() -> None:
    step = step_of(at(LINE, i=Reduce("max", LINE)))
    with pytest.raises(InvalidSubsetting, match="cell 119 of axis i"):
        step.source.read(CellBox((), ()), (0,))


def test_7_what_is_refused_knows_its_place_in_the_query() -> None:
    places: list[PickCell | PickRange] = [
        PickCell("i", Reduce("max", LINE), place=(3, 7)),
        PickRange("i", Reduce("max", LINE), 2, place=(3, 7)),
        PickCell("i", Map("*", (Reduce("min", LINE), Constant(0.123, np.dtype(np.float64)))), place=(3, 7)),
    ]
    for pick in places:
        step = step_of(Pick(LINE, (pick,)))
        with pytest.raises(InvalidSubsetting) as caught:
            step.source.read(CellBox.whole(step.domain.shape), (0,))
        assert caught.value.place == (3, 7)


def test_4_1_integral_floats_are_numbers_of_cells() -> None:
    whole, half = (Constant(value, np.dtype(np.float64)) for value in (7.0, 7.5))
    assert cells_of(at(LINE, i=whole)).values[0] == 107
    with pytest.raises(InvalidSubsetting, match=r"7.5 is no index of a cell of axis i"):
        step_of(at(LINE, i=half)).source.read(CellBox((), ()), (0,))


def test_axes_that_are_unknown_or_named_twice_are_refused() -> None:
    with pytest.raises(InvalidAxisLabel, match="no axis 'k'"):
        step_of(at(LINE, k=P))
    with pytest.raises(InvalidAxisLabel, match="i is subset twice"):
        step_of(Pick(LINE, (PickCell("i", P), PickCell("i", Q))))


def test_an_index_is_one_number() -> None:
    with pytest.raises(WcpsSemanticError, match="index of axis i must be one number"):
        step_of(at(LINE, i=LINE))


def test_other_nodes_above_and_below() -> None:
    found = cells_of(Construct(("x",), (P,), at(Flip(LINE, "i"), i=P)))
    np.testing.assert_array_equal(found.values[0], NUMBERS[0, ::-1][:4])


def bands_at(place: Node, other: Node) -> tuple[Node, Recorder, Array]:
    """The sum of two fields of a cube, each at a place of its own."""
    values = np.arange(2 * 6 * 8 * 8).reshape(2, 6, 8, 8).astype("i4")
    source = Recorder([values], 4)
    domain = Domain(tuple(IndexAxis(label, size) for label, size in zip("tyx", (6, 8, 8), strict=True)))
    cube = Given(covering(domain, values, source=source))
    one, two = (Select(cube, (field,)) for field in (0, 1))
    return Map("+", (at(one, t=place), at(two, t=other))), source, values


def test_fields_at_the_same_places_are_read_at_once() -> None:
    node, source, values = bands_at(Map("+", (P, long(1))), Map("+", (P, long(1))))
    found = cells_of(node)
    np.testing.assert_array_equal(found.values[0], values[0, 1:5] + values[1, 1:5])
    assert {tuple(sorted(fields)) for _, fields, _ in source.reads} == {(0, 1)}


def test_fields_at_other_places_are_read_apart() -> None:
    node, source, values = bands_at(P, Map("+", (P, long(1))))
    np.testing.assert_array_equal(cells_of(node).values[0], values[0, :4] + values[1, 1:5])
    assert {fields for _, fields, _ in source.reads} == {(0,), (1,)}
