# SPDX-License-Identifier: MIT
"""Computed parts of a result that are kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from eoxserver.core.coverage import CellBox, Cells
from eoxserver.query.iterate.tiles import Tiles

BOXES = [CellBox((n,), (n + 1,)) for n in range(10)]


class Maker:
    """Makes tiles of 80 bytes, and counts them."""

    def __init__(self) -> None:
        self.made: list[CellBox] = []

    def __call__(self, boxes: Sequence[CellBox]) -> Iterator[Cells]:
        for box in boxes:
            self.made.append(box)
            yield Cells(np.full((1, 10), box.low[0], dtype=np.int64))


def got(tiles: Tiles, make: Maker, boxes: Sequence[CellBox]) -> dict[int, int]:
    return {box.low[0]: int(cells.values[0, 0]) for box, cells in tiles.get(boxes, make)}


def test_each_is_made_once() -> None:
    tiles, make = Tiles(10_000), Maker()
    assert got(tiles, make, BOXES[:6]) == {n: n for n in range(6)}
    assert got(tiles, make, BOXES[3:]) == {n: n for n in range(3, 10)}
    assert make.made == BOXES


def test_there_is_room_for_some() -> None:
    tiles, make = Tiles(240), Maker()
    got(tiles, make, BOXES)
    got(tiles, make, BOXES[7:])
    assert len(make.made) == 10
    got(tiles, make, BOXES[:1])
    assert len(make.made) == 11


def test_what_is_kept_cannot_be_changed() -> None:
    for _, cells in Tiles(1000).get(BOXES[:1], Maker()):
        with pytest.raises(ValueError, match="read-only"):
            cells.values[0, 0] = 7


def test_a_failure_is_of_who_computes() -> None:
    tiles, make = Tiles(10_000), Maker()

    def failing(boxes: Sequence[CellBox]) -> Iterator[Cells]:
        yield Cells(np.zeros((1, 10)))
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(tiles.get(BOXES[:3], failing))
    assert set(got(tiles, make, BOXES[:3])) == {0, 1, 2}
    assert make.made == BOXES[1:3]


def test_many_threads_make_each_once() -> None:
    tiles, make, start = Tiles(10_000), Maker(), threading.Barrier(8)

    def ask(number: int) -> dict[int, int]:
        start.wait(30)
        return got(tiles, make, BOXES if number % 2 else BOXES[::-1])

    with ThreadPoolExecutor(8) as pool:
        assert all(each == {n: n for n in range(10)} for each in pool.map(ask, range(8)))
    assert len(make.made) == 10
