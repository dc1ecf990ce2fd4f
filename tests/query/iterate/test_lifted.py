# SPDX-License-Identifier: MIT
"""Steps that depend on iterators, read with their axes in a given order."""

from __future__ import annotations

import numpy as np

from eoxserver.core.axes import IndexAxis
from eoxserver.core.coverage import CellBox
from eoxserver.query.iterate.lifted import Aligned, joined_iterators, lifted_domain, without_iterators
from eoxserver.query.plan import Given, Iterator, Map, Pick, PickCell
from tests.query.iterate.bodies import cells, small_cube, step_of

P, Q, R = Iterator("$p", 0, 3), Iterator("$q", 0, 2), Iterator("$r", 4, 2)


def test_iterators_are_one_by_their_names() -> None:
    other = Iterator("$p", 0, 3, (2, 1, 0))
    assert joined_iterators((P, Q), (other, R)) == (P, Q, R)
    assert without_iterators((P, Q, R), (other,)) == (Q, R)


def test_axes_are_put_in_order() -> None:
    values, valid = cells(1, "u1", 2)
    picked = Pick(Given(small_cube(values, valid)), (PickCell("ansi", Map("+", (Q, P))),))
    aligned = Aligned(step_of(picked), (P, R, Q), 2)
    box = CellBox((1, 0, 0, 2, 3), (3, 2, 2, 5, 4))
    assert aligned.box(box) == CellBox((0, 1, 2, 3), (2, 3, 5, 4))
    found = aligned.read(box, (1,))
    assert found.values.shape == (1, 2, 1, 2, 3, 1)
    for p in (1, 2):
        for q in (0, 1):
            np.testing.assert_array_equal(found.values[0, p - 1, 0, q], values[1, p + q, 2:5, 3:4])
            np.testing.assert_array_equal(found.mask()[0, p - 1, 0, q], valid[1, p + q, 2:5, 3:4])
    assert aligned.spread((10, 20, 30, 40), 0) == (20, 0, 10, 30, 40)


def test_a_domain_under_iterators() -> None:
    own = small_cube(cells(1, "u1")[0]).domain
    domain = lifted_domain((P, R), own)
    assert domain.axes == (IndexAxis("$p", 3), IndexAxis("$r", 2, 4), *own.axes)
    assert domain.without(frozenset({0, 1})) == own
