# SPDX-License-Identifier: MIT
"""Lines of cells against the loop of Bresenham's algorithm."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given as examples
from hypothesis import strategies as st

from eoxserver.query.shapes.lines import line_path


def bresenham(start: tuple[int, ...], end: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The textbook loop, in any number of dimensions."""
    moves = [b - a for a, b in zip(start, end, strict=True)]
    longest = max(range(len(moves)), key=lambda axis: abs(moves[axis]))
    length = abs(moves[longest])
    errors = [2 * abs(move) - length for move in moves]
    cell, found = list(start), [start]
    for _ in range(length):
        for axis, move in enumerate(moves):
            if axis == longest:
                cell[axis] += 1 if move > 0 else -1
                continue
            if errors[axis] > 0:
                cell[axis] += 1 if move > 0 else -1
                errors[axis] -= 2 * length
            errors[axis] += 2 * abs(move)
        found.append(tuple(cell))
    return found


def reference(vertices: list[tuple[int, ...]], shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    cells = [vertices[0]]
    for start, end in pairwise(vertices):
        cells.extend(bresenham(start, end)[1:])
    return [cell for cell in cells if all(0 <= each < size for each, size in zip(cell, shape, strict=True))]


@st.composite
def lines(draw: st.DrawFn) -> tuple[list[tuple[int, ...]], tuple[int, ...]]:
    axes = draw(st.integers(1, 4))
    shape = tuple(draw(st.integers(1, 20)) for _ in range(axes))
    vertex = st.tuples(*(st.integers(-10, 30) for _ in range(axes)))
    return draw(st.lists(vertex, min_size=1, max_size=6)), shape


@examples(lines())
def test_the_cells_are_those_of_the_loop(line: tuple[list[tuple[int, ...]], tuple[int, ...]]) -> None:
    vertices, shape = line
    path = line_path(vertices, shape)
    expected = reference(vertices, shape)
    assert path.size == len(expected)
    if expected:
        assert [tuple(cell) for cell in path.cells(0, path.size).tolist()] == expected


@examples(lines(), st.data())
def test_a_piece_is_part_of_the_whole(line: tuple[list[tuple[int, ...]], tuple[int, ...]], data: st.DataObject) -> None:
    path = line_path(*line)
    if path.size:
        low = data.draw(st.integers(0, path.size - 1))
        high = data.draw(st.integers(low + 1, path.size))
        np.testing.assert_array_equal(path.cells(low, high), path.cells(0, path.size)[low:high])


def test_a_joint_counts_once() -> None:
    path = line_path([(0, 0), (0, 2), (0, 2), (2, 2)], (5, 5))
    assert path.cells(0, path.size).tolist() == [[0, 0], [0, 1], [0, 2], [1, 2], [2, 2]]


def test_a_line_from_very_far_away_is_cut_without_walking_there() -> None:
    path = line_path([(-(1 << 30), -(1 << 30)), (1 << 30, 1 << 30)], (1000, 1000))
    np.testing.assert_array_equal(path.cells(0, path.size), np.stack([np.arange(1000)] * 2, axis=1))


def test_nothing_of_a_line_beside_the_grid_is_in_it() -> None:
    assert line_path([(-1, -5), (-1, 20)], (10, 10)).size == 0
