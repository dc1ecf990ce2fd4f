# SPDX-License-Identifier: MIT
"""The cache of finished maps."""

from __future__ import annotations

import numpy as np
import pytest

from eoxserver.core.coverage import DataState, MemorySource
from eoxserver.services.wms.cache import CachedMap, MapCache

UNCHANGING = DataState.of(())


class Replaceable(MemorySource):
    """An array that is another one when its name changes."""

    name = "first"

    def state(self) -> str:
        return type(self).name


def image(size: int) -> CachedMap:
    return CachedMap(b"x" * size, "image/png", UNCHANGING)


def test_a_map_of_data_that_changed_is_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = MapCache(1000)
    source = Replaceable(np.zeros((1, 2, 2)))
    entry = CachedMap(b"x", "image/png", DataState((source,), (source.state(),)))
    cache.put(1, "a", entry)
    assert cache.get(1, "a") is entry
    monkeypatch.setattr(Replaceable, "name", "second")
    assert cache.get(1, "a") is None


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
