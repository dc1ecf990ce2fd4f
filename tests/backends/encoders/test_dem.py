# SPDX-License-Identifier: MIT
"""Points as lines of text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eoxserver.backends.encoders.dem import DemEncoder
from eoxserver.core.errors import InvalidParameterValue, UnsupportedCombination
from eoxserver.testing.coverages import counted, cube, image, index_image
from tests.backends.encoders.tools import check, encode


def points(text: bytes) -> list[tuple[float, ...]]:
    return [tuple(map(float, line.split())) for line in text.decode().splitlines()]


@pytest.mark.parametrize("block_cells", [1 << 20, 7])
def test_lines_follow_the_image(tmp_path: Path, block_cells: int) -> None:
    values = np.arange(50, dtype=np.float32).reshape(1, 5, 10) / 4
    found = points(encode(DemEncoder, image(values, bounds=(10, 40, 20, 45)), tmp_path, block_cells=block_cells))
    assert found[:2] == [(10.5, 44.5, 0), (11.5, 44.5, 0.25)]
    assert found[-1] == (19.5, 40.5, 12.25)
    assert [z for _, _, z in found] == values.ravel().tolist()


def test_a_south_up_grid_begins_in_the_north_too(tmp_path: Path) -> None:
    values = np.arange(4, dtype=np.uint8).reshape(1, 2, 2)
    found = points(encode(DemEncoder, image(values, bounds=(0, 0, 2, 2), north_up=False), tmp_path))
    assert found == [(0.5, 1.5, 2), (1.5, 1.5, 3), (0.5, 0.5, 0), (1.5, 0.5, 1)]


def test_indices_and_nil_values(tmp_path: Path) -> None:
    assert encode(DemEncoder, index_image(np.array([[[7, 8]]], np.uint8)), tmp_path) == b"0 0 7\n1 0 8\n"
    holes = image(np.array([[[7, 255]]], np.uint8), bounds=(0, 0, 2, 1), nil=255)
    assert encode(DemEncoder, holes, tmp_path) == b"0.5 0.5 7\n1.5 0.5 255\n"


def test_what_it_cannot_hold_is_refused() -> None:
    with pytest.raises(UnsupportedCombination, match="DEM holds two axes"):
        check(DemEncoder, cube(counted((1, 2, 3, 4))), {})
    with pytest.raises(UnsupportedCombination, match="DEM holds one field"):
        check(DemEncoder, image(counted((2, 3, 4))), {})
    with pytest.raises(UnsupportedCombination, match="b1: complex64"):
        check(DemEncoder, image(counted((1, 3, 4), "complex64")), {})
    with pytest.raises(InvalidParameterValue, match="DEM has no encoding parameter"):
        check(DemEncoder, image(counted((1, 3, 4))), {"a": "b"})
