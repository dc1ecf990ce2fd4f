# SPDX-License-Identifier: MIT
"""Parts of a body that do not depend on iterators."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.coverage import CellBox
from eoxserver.query.iterate.reuse import KeptView, with_kept_parts
from eoxserver.query.plan import Given, Iterator, Map, Reduce
from eoxserver.query.resolver import Resolver
from tests.query.iterate.bodies import assert_equal, cells, small_cube
from tests.query.samples import Recorder, catalogue, covering, read


@given(st.data())
def test_boxes_are_what_the_source_has(data: st.DataObject) -> None:
    values, valid = cells(data.draw(st.integers(0, 9)), "u1", 2)
    cube = small_cube(values, valid if data.draw(st.booleans()) else None)
    view = KeptView(cube.source, 2, data.draw(st.sampled_from([1, 9, 100, 1000])), data.draw(st.sampled_from([1, 500])))
    for _ in range(3):
        low = tuple(data.draw(st.integers(0, size - 1)) for size in view.shape)
        box = CellBox(low, tuple(data.draw(st.integers(a + 1, size)) for a, size in zip(low, view.shape, strict=True)))
        fields = data.draw(st.sampled_from([(0,), (1,), (1, 0)]))
        assert_equal(view.read(box, fields), cube.source.read(box, fields))


def test_chunks_are_read_once_while_there_is_room() -> None:
    values, _ = cells(1, "u1", shape=(8, 8))
    source = Recorder([values], 4)
    view = KeptView(source, 1, 16, 1000)
    for row in range(8):
        view.read(CellBox((row, 1), (row + 1, 7)), (0,))
    assert source.cells == 64
    assert {box.shape for box, _, _ in source.reads} == {(4, 4)}
    assert next(iter(view.needs(CellBox((0, 0), (1, 1)), (0,)))).source is source


def test_only_the_largest_parts_without_iterators_are_kept() -> None:
    values, _ = cells(1, "u1")
    cube = Given(covering(small_cube(values).domain, values))
    still, b = Map("+", (cube, Reduce("max", cube))), Iterator("$b", 0, 3)
    body = Map("*", (Map("-", (still, b)), still))
    resolver = Resolver(catalogue())
    kept = with_kept_parts(resolver, body)
    assert isinstance(kept, Map)
    difference, again = kept.inputs
    assert isinstance(difference, Map)
    assert difference.inputs == (again, b)
    assert isinstance(again, Given)
    assert isinstance(again.coverage.source, KeptView)
    assert_equal(read(resolver.resolve(kept).coverage), read(resolver.resolve(body).coverage))
    assert with_kept_parts(resolver, b) is b
    assert np.prod(again.coverage.source.shape) == values.size
