# SPDX-License-Identifier: MIT
"""How the axes of a computed source lie on chunks."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.selection import GRID, Trim
from eoxserver.query.iterate.layout import Grain, chunks_of, edges, grains_of, grown
from eoxserver.query.plan import Flip, Given, Iterator, Map, Node, Pick, PickCell, SubsetNode
from tests.query.iterate.bodies import cells, line, long, small_cube, step_of
from tests.query.samples import Recorder, covering


def chunked(chunk: int = 4) -> Given:
    """A line of 20 cells in chunks."""
    values = cells(1, "u1", shape=(20,))[0]
    return Given(covering(line(values).domain, values, source=Recorder([values], chunk)))


def grains(node: Node) -> tuple[Grain, ...]:
    return grains_of(step_of(node).source, (0,))


def test_a_trim_shifts_chunks() -> None:
    assert grains(chunked()) == (Grain(4, 0, 0),)
    assert grains(SubsetNode(chunked(), (Trim("i", 3, 15, GRID),))) == (Grain(4, 1, 0),)
    assert grains(SubsetNode(chunked(), (Trim("i", 5, 6, GRID),))) == (Grain(2, 0, 0),)


def test_a_flip_turns_chunks() -> None:
    assert grains(Flip(SubsetNode(chunked(), (Trim("i", 0, 17, GRID),)), "i")) == (Grain(4, 2, 0),)


def test_an_index_moves_chunks_to_an_iterator() -> None:
    p = Iterator("$p", 5, 10)
    picked = Pick(chunked(), (PickCell("i", p),))
    assert grains(picked) == (Grain(4, 3, 0),)
    assert grains(Pick(chunked(), (PickCell("i", Map("*", (p, long(1)))),))) == (Grain(4, 3, 0),)
    doubled = Pick(chunked(), (PickCell("i", Map("*", (Iterator("$p", 0, 10), long(2)))),))
    assert grains(doubled)[0].chunk == 2


def test_along_some_iterators_the_same_is_read() -> None:
    found = grains(Map("+", (chunked(), Iterator("$b", 0, 3))))
    assert [grain.free for grain in found] == [True, False]
    assert chunks_of(step_of(Map("+", (chunked(), Iterator("$b", 0, 3)))).source, (0,)) == (3, 4)


def test_constants_have_no_grain() -> None:
    assert all(grain.free for grain in grains(Map("+", (Iterator("$a", 0, 3), Iterator("$b", 0, 3)))))


def test_the_coverage_that_moves_most_counts() -> None:
    values, _ = cells(1, "u1")
    p = Iterator("$p", 0, 5)
    cube = Given(covering(small_cube(values).domain, values, source=Recorder([values], 2)))
    body = Map("+", (Pick(cube, (PickCell("ansi", p),)), Pick(cube, (PickCell("ansi", long(0)),))))
    assert [grain.axis for grain in grains(body)] == [0, 1, 2]


@given(st.integers(0, 30), st.integers(1, 30), st.integers(1, 9), st.integers(0, 8))
def test_edges_lie_on_multiples(low: int, count: int, size: int, first: int) -> None:
    found = edges(low, low + count, size, first)
    assert [cell for a, b in found for cell in range(a, b)] == list(range(low, low + count))
    assert all((a - first) % size == 0 for a, _ in found[1:])
    assert all(0 < b - a <= size for a, b in found)


def test_blocks_grow_along_the_first_axes_named() -> None:
    block = [1, 4, 4]
    grown(block, (100, 16, 16), (2, 1, 0), 1000)
    assert block == [3, 16, 16]
    assert np.prod(block) <= 1000
