# SPDX-License-Identifier: MIT
"""Coverage constructors (WCPS language, sections 4.1 and 4.4)."""

from __future__ import annotations

import numpy as np
import pytest

from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import CellBox
from eoxserver.core.errors import WcpsSemanticError
from eoxserver.core.fields import NilValue
from eoxserver.query.plan import Cast, Combine, Condense, Construct, Given, Iterator, Map, Pick, PickCell, SetNil
from tests.query.iterate.bodies import cells, cells_of, line, long, small_cube, step_of

X, Y = Iterator("$x", 0, 4), Iterator("$y", 0, 2)


def test_8_47_cells_are_scalars_at_the_places_of_iterators() -> None:
    values = Cast(Map("+", (X, Map("*", (long(10), Y)))), np.dtype(np.uint8))
    found = cells_of(Construct(("x", "y"), (X, Y), values))
    assert found.values.dtype == np.uint8
    assert found.values[0].tolist() == [[0, 10], [1, 11], [2, 12], [3, 13]]


def test_4_1_the_domain_is_that_of_the_iterators() -> None:
    step = step_of(Construct(("a", "b"), (Iterator("$x", -2, 3), Iterator("$y", 7, 1)), long(1), "g"))
    first, second = step.domain.axes
    assert isinstance(first, IndexAxis)
    assert isinstance(second, IndexAxis)
    assert [(each.label, each.first, each.size) for each in (first, second)] == [("a", -2, 3), ("b", 7, 1)]
    assert step.coverage.identifier == "g"
    assert step.domain.crs is not None
    assert step.domain.crs.code == "Index2D"
    assert step.domain.crs.labels == ("a", "b")
    assert step.domain.envelope() == ((-2, 7), (0, 7))


def test_values_may_depend_on_some_iterators_in_any_order() -> None:
    z = Iterator("$z", 5, 3)
    found = cells_of(Construct(("x", "y", "z"), (X, Y, z), Map("-", (z, X))), box=CellBox((1, 0, 1), (4, 2, 3)))
    assert found.values[0, :, 1].tolist() == [[5, 6], [4, 5], [3, 4]]


def test_several_fields() -> None:
    found = step_of(Construct(("x",), (X,), Combine(("a", "b"), (X, Map("*", (X, X))))))
    assert found.range_type.names == ("a", "b")
    assert found.source.read(CellBox((0,), (4,)), (1,)).values.tolist() == [[0, 1, 4, 9]]


def test_4_4_the_nil_set_is_empty_and_nulls_are_plain_values() -> None:
    values, valid = np.array([[1, 2, 3, 4]], np.int16), np.array([[True, False, True, False]])
    body = SetNil(Pick(Given(line(values, valid)), (PickCell("i", X),)), (NilValue(3), NilValue(-9)))
    node = Construct(("x",), (X,), body)
    assert step_of(node).range_type.fields[0].nil == ()
    found = cells_of(node)
    assert found.valid is None
    assert found.values[0, 2] == 3


def test_constructors_inside_constructors() -> None:
    inner = Construct(("u",), (Y,), Map("+", (Map("*", (X, long(10))), Y)))
    total = Condense("+", (Iterator("$u", 0, 2),), Pick(inner, (PickCell("u", Iterator("$u", 0, 2)),)))
    assert cells_of(Construct(("x",), (X,), total)).values[0].tolist() == [1, 21, 41, 61]


def test_values_are_scalars() -> None:
    cube = Given(small_cube(cells(1, "u1")[0]))
    with pytest.raises(WcpsSemanticError, match="these have the axes ansi, N, E; slice or condense them"):
        step_of(Construct(("x",), (X,), cube))
