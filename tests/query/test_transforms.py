# SPDX-License-Identifier: MIT
"""Where target cells lie in a source CRS, and the bounded memory of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from eoxserver.core.crs import parse_crs, transform_points
from eoxserver.query.grids import Plane
from eoxserver.query.transforms import Floats, Placement, TransformCache
from tests.query.samples import GEO, MERCATOR, UTM

TILE = Plane(MERCATOR, 1_000_000.0, 300.0, 64, 6_000_000.0, -300.0, 48)


def test_the_cache_drops_what_was_not_used_for_longest() -> None:
    cache = TransformCache(max_bytes=3 * 160)
    made: list[str] = []

    def get(key: str) -> None:
        def compute() -> tuple[Floats, Floats]:
            made.append(key)
            return np.zeros(10), np.ones(10)

        cache.get(key, compute)

    for key in "abcabd":
        get(key)
    assert made == ["a", "b", "c", "d"]
    get("a")
    get("c")
    assert made == ["a", "b", "c", "d", "c"]
    assert cache.size == 3 * 160


def test_what_is_too_large_is_answered_but_not_kept() -> None:
    cache = TransformCache(max_bytes=100)
    x, _ = cache.get("large", lambda: (np.zeros(1000), np.ones(1000)))
    assert x.size == 1000
    assert cache.size == 0


def test_cached_arrays_cannot_be_changed() -> None:
    x, _ = TransformCache().get("a", lambda: (np.zeros(3), np.ones(3)))
    with pytest.raises(ValueError, match="read-only"):
        x[0] = 1


def test_the_cache_serves_threads() -> None:
    cache = TransformCache(max_bytes=2000)

    def use(number: int) -> float:
        return float(cache.get(number % 20, lambda: (np.full(10, number % 20), np.zeros(10)))[0][0])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(use, range(2000))) == [number % 20 for number in range(2000)]
    assert cache.size <= 2000


def test_axes_are_what_points_are() -> None:
    placement = Placement(TILE, GEO, (9.0, 47.0))
    assert placement.separable
    x, y = placement.axes((-1, 65), (-1, 49))
    across, down = placement.points(np.arange(64) + 0.5, np.arange(48) + 0.5)
    np.testing.assert_allclose(across, np.broadcast_to(x[1:-1], across.shape), rtol=1e-12)
    np.testing.assert_allclose(down, np.broadcast_to(y[1:-1, None], down.shape), rtol=1e-12)


def test_axes_of_large_grids_are_transformed_by_parts() -> None:
    large = Plane(MERCATOR, -2e7, 100.0, 400_000, 2e7, -100.0, 400_000)
    placement = Placement(large, GEO, (0.0, 0.0))
    x, y = placement.axes((123_456, 123_460), (7, 9))
    expected, _ = transform_points(MERCATOR, GEO, -2e7 + (np.arange(123_456, 123_460) + 0.5) * 100, np.zeros(4))
    np.testing.assert_allclose(x, expected, rtol=1e-12)
    assert y.shape == (2,)
    assert placement.cache.size == 0


def test_one_crs_needs_no_transformation_and_no_memory() -> None:
    placement = Placement(TILE, MERCATOR, (0.0, 0.0))
    x, y = placement.axes((0, 2), (0, 2))
    assert placement.same
    assert (x.tolist(), y.tolist()) == ([1_000_150.0, 1_000_450.0], [5_999_850.0, 5_999_550.0])
    assert placement.cache.size == 0


def test_the_order_of_axes_does_not_matter() -> None:
    degrees = Plane(parse_crs("CRS:84"), 10.0, 0.1, 5, 50.0, -0.1, 5)
    assert Placement(degrees, GEO, (10.0, 50.0)).same


def test_a_lattice_spreads_from_centre_to_centre() -> None:
    cache = TransformCache()
    placement = Placement(TILE, UTM, (4e5, 5e6), cache)
    assert not placement.separable
    x, y = placement.lattice((0, 0), (63, 47), (5, 3))
    assert x.shape == y.shape == (3, 5)
    corner = transform_points(MERCATOR, UTM, 1_000_000 + 63.5 * 300, 6_000_000 - 47.5 * 300)
    assert (x[-1, -1], y[-1, -1]) == pytest.approx(tuple(float(each) for each in corner))
    assert placement.lattice((0, 0), (63, 47), (5, 3))[0] is x


def test_the_centre_of_the_source_is_brought_into_the_target() -> None:
    column, row = Placement(TILE, GEO, (100.0, 47.3)).inside_out
    assert column == 63.5
    assert 0.5 <= row <= 47.5
