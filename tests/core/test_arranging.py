# SPDX-License-Identifier: MIT
from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.arranging import along_grid, array_box, with_ones
from eoxserver.core.coverage import CellBox


@st.composite
def arrangements(draw: st.DrawFn) -> tuple[tuple[int, ...], list[int | None]]:
    """The shape of an array, and which of its axes those of a grid are; those that are none have one cell."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    order = draw(st.permutations(range(len(sizes))))
    kept = order[: draw(st.integers(0, len(sizes)))]
    shape = tuple(size if axis in kept else 1 for axis, size in enumerate(sizes))
    places: list[int | None] = list(kept)
    for _ in range(draw(st.integers(0, 2))):
        places.insert(draw(st.integers(0, len(places))), None)
    return shape, places


@given(arrangements(), st.integers(1, 2), st.data())
def test_every_cell_of_a_box_is_where_the_grid_has_it(
    arrangement: tuple[tuple[int, ...], list[int | None]], fields: int, data: st.DataObject
) -> None:
    shape, places = arrangement
    values: Any = np.arange(fields * int(np.prod(shape))).reshape(fields, *shape)
    sizes = with_ones(shape, places)
    ends = [sorted(data.draw(st.sets(st.integers(0, size), min_size=2, max_size=2))) for size in sizes]
    box = CellBox(tuple(low for low, _ in ends), tuple(high for _, high in ends))
    own = array_box(box, places, len(shape))
    found: Any = along_grid(values[(slice(None), *own.slices)], places, (fields, *box.shape))
    for cell in product(*(range(low, high) for low, high in ends)):
        where = [0] * len(shape)
        for number, place in zip(cell, places, strict=True):
            if place is not None:
                where[place] = number
        inside = tuple(number - low for number, low in zip(cell, box.low, strict=True))
        assert found[(slice(None), *inside)].tolist() == values[(slice(None), *where)].tolist()


def test_fields_may_be_cells_of_a_leading_axis() -> None:
    values = np.arange(24).reshape(4, 2, 3)
    found = along_grid(values, (None, 1, 0), (1, 4, 3, 2))
    assert found[0].tolist() == values.transpose(0, 2, 1).tolist()
