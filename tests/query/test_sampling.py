# SPDX-License-Identifier: MIT
"""Reading windows in bounded memory: around the Earth, in blocks, in halves."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.core.coverage import CellBox, Cells, MemorySource
from eoxserver.query.plan import Interpolation
from eoxserver.query.sampling import Reduction, WindowReader, block_factor, halves, joined, nothing, outside
from eoxserver.query.windows import Window, Zoomed
from tests.query.samples import Recorder, numbers

NONE = Reduction({}, Interpolation.AVERAGE)


def zoomed(values: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None = None) -> Zoomed:
    return Window.over(MemorySource(values, valid), values.shape[0]).zoomed(0)


@pytest.mark.parametrize(
    ("ratio", "method", "separable", "factor"),
    [
        (1, Interpolation.AVERAGE, True, 1),
        (31, Interpolation.AVERAGE, True, 1),
        (32, Interpolation.AVERAGE, True, 2),
        (8, Interpolation.AVERAGE, False, 2),
        (1000, Interpolation.MAX, True, 62),
        (1e6, Interpolation.CUBIC, True, 1024),
        (1e6, Interpolation.NEAREST, True, 1),
        (1e6, Interpolation.MEDIAN, False, 1),
    ],
)
def test_wide_cells_are_made_of_blocks(ratio: float, method: Interpolation, separable: bool, factor: int) -> None:
    assert block_factor(ratio, method, separable, 10**7, closed=False) == factor


def test_blocks_of_a_closed_axis_divide_it() -> None:
    assert block_factor(100, Interpolation.AVERAGE, True, 3600, closed=True) == 6
    assert block_factor(100, Interpolation.AVERAGE, True, 3607, closed=True) == 1


@given(st.integers(-25, 25), st.integers(1, 30))
def test_a_closed_axis_is_read_modulo_its_size(low: int, count: int) -> None:
    values = numbers((3, 10), 2)
    cells = WindowReader(zoomed(values), around=1).read((1, low), (3, low + count), (1, 0), NONE)
    expected = values[[1, 0]][:, 1:3][:, :, np.arange(low, low + count) % 10]
    np.testing.assert_array_equal(cells.values, expected)


@given(st.integers(1, 5), st.integers(1, 5), st.booleans(), st.sampled_from(["average", "min", "max"]))
def test_blocks_are_the_mean_the_least_or_the_greatest_of_their_cells(
    down: int, across: int, masked: bool, name: str
) -> None:
    method = Interpolation(name)
    values = np.random.default_rng(3).integers(0, 100, (2, 7, 11)).astype("u1")
    valid = np.random.default_rng(4).random(values.shape) > 0.5 if masked else None
    blocks = Reduction({0: down, 1: across}, method)
    shape = blocks.shape((7, 11))
    # a budget of one byte reads block by block
    for budget in (1, 1 << 20):
        cells = WindowReader(zoomed(values, valid), budget=budget).read((0, 0), shape, (0, 1), blocks)
        for band, i, j in np.ndindex(2, *shape):
            part = (band, slice(i * down, (i + 1) * down), slice(j * across, (j + 1) * across))
            met = values[part] if valid is None else values[part][valid[part]]
            assert cells.mask()[band, i, j] == bool(met.size)
            if met.size:
                expected = {"average": met.mean(), "min": met.min(), "max": met.max()}[name]
                assert cells.values[band, i, j] == pytest.approx(expected, rel=1e-6)


def test_blocks_are_read_within_the_budget() -> None:
    source = Recorder([numbers((400, 400))])
    reader = WindowReader(Window.over(source, 1).zoomed(0), budget=8 * 5000)
    reader.read((0, 0), (40, 40), (0,), Reduction({0: 10, 1: 10}, Interpolation.AVERAGE))
    assert source.cells == 160_000
    assert max(box.cell_count for box, _, _ in source.reads) <= 5000


def test_halves_make_the_whole() -> None:
    values = numbers((4, 7), 2)
    source = MemorySource(values)
    parts = [source.read(half, (0, 1)) for half in halves(CellBox((1, 2), (4, 7)), 1)]
    np.testing.assert_array_equal(joined(parts, 1).values, values[:, 1:4, 2:7])


def test_masks_are_joined_where_there_are_some() -> None:
    plain, masked = Cells(np.zeros((1, 2))), Cells(np.ones((1, 3)), np.array([[True, False, True]]))
    assert joined([plain, masked], 0).mask().tolist() == [[True, True, True, False, True]]
    assert joined([plain, plain], 0).valid is None


def test_nothing_is_valid_of_nothing_and_inside_limits_what_is() -> None:
    assert not nothing((2, 3), np.dtype("u1")).mask().any()
    inside = np.array([True, False, True])
    assert outside(Cells(np.zeros((2, 3))), inside).mask().tolist() == [[True, False, True]] * 2
    assert outside(Cells(np.zeros((1, 3)), np.array([[False, True, True]])), inside).mask().tolist() == [
        [False, False, True]
    ]
