# SPDX-License-Identifier: MIT
"""Decoded blocks in memory: bounds, order of dropping, one load for many threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from eoxserver.backends.readers.blockcache import BlockCache
from eoxserver.core.coverage import Cells


def block(size: int = 100) -> Cells:
    return Cells(np.zeros((1, 1, size), "uint8"))


def test_a_block_is_loaded_once_and_shared_read_only() -> None:
    cache = BlockCache(1000)
    first = cache.get("a", block)
    assert cache.get("a", lambda: pytest.fail("loaded again")) is first
    assert not first.values.flags.writeable
    assert (cache.hits, cache.misses, cache.size) == (1, 1, 100)


def test_those_not_used_for_longest_go_first() -> None:
    cache = BlockCache(250)
    for key in ["a", "b", "a", "c"]:
        cache.get(key, block)
    loaded: list[str] = []

    def load(key: str) -> Cells:
        loaded.append(key)
        return block()

    for key in ["a", "c", "b"]:
        cache.get(key, lambda key=key: load(key))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    assert loaded == ["b"]
    assert cache.size <= 250


def test_masks_count() -> None:
    cache = BlockCache(1000)
    cache.get("a", lambda: Cells(np.zeros((1, 2, 5), "uint16"), np.ones((1, 2, 5), dtype=bool)))
    assert cache.size == 30


def test_what_is_larger_than_the_cache_is_not_kept() -> None:
    cache = BlockCache(50)
    cache.get("a", block)
    assert cache.size == 0


def test_a_load_that_fails_is_tried_again() -> None:
    cache = BlockCache(1000)

    def fail() -> Cells:
        raise OSError("broken")

    with pytest.raises(OSError, match="broken"):
        cache.get("a", fail)
    assert cache.get("a", block).values.size == 100


def test_threads_that_want_one_block_load_it_once() -> None:
    cache = BlockCache(1000)
    loads: list[int] = []
    everybody_waits = threading.Barrier(4)

    def load() -> Cells:
        loads.append(1)
        everybody_waits.wait()
        return block()

    def work(number: int) -> Cells:
        if number:
            while not loads:
                pass
            everybody_waits.wait()
        return cache.get("a", load)

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(work, range(4)))
    assert len(loads) == 1
    assert all(result is results[0] for result in results)


def test_clear_drops_all() -> None:
    cache = BlockCache(1000)
    cache.get("a", block)
    cache.clear()
    assert cache.size == 0
    assert cache.get("a", block).values.size == 100
