# SPDX-License-Identifier: MIT
"""The cache of finished maps."""

from __future__ import annotations

from eoxserver.services.wms.cache import CachedMap, MapCache


def image(size: int) -> CachedMap:
    return CachedMap(b"x" * size, "image/png")


def test_maps_come_back() -> None:
    cache = MapCache(1000)
    cache.put(1, "a", image(10))
    assert cache.get(1, "a") == image(10)
    assert cache.get(1, "b") is None
    assert (len(cache), cache.size) == (1, 10)


def test_another_catalogue_version_forgets_all() -> None:
    cache = MapCache(1000)
    cache.put(1, "a", image(10))
    assert cache.get(2, "a") is None
    cache.put(2, "b", image(20))
    assert cache.get(1, "a") is None
    assert (len(cache), cache.size) == (1, 20)


def test_the_least_recently_used_maps_go() -> None:
    cache = MapCache(800)
    for key in range(8):
        cache.put(1, key, image(100))
    cache.get(1, 0)
    cache.put(1, 8, image(100))
    assert cache.get(1, 0) is not None
    assert cache.get(1, 1) is None
    assert cache.size == 800


def test_replacing_counts_once() -> None:
    cache = MapCache(1000)
    cache.put(1, "a", image(100))
    cache.put(1, "a", image(50))
    assert (len(cache), cache.size) == (1, 50)


def test_huge_maps_are_not_kept() -> None:
    cache = MapCache(1000)
    cache.put(1, "a", image(126))
    assert cache.get(1, "a") is None
    assert MapCache(0).get(1, "a") is None
