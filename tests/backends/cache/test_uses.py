# SPDX-License-Identifier: MIT
"""Holding copies."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from eoxserver.backends.cache import Cache
from eoxserver.backends.cache.layout import Layout
from eoxserver.core.errors import DataUnavailable
from tests.backends.cache.originals import Original, age, new_cache

pytestmark = pytest.mark.unit


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return new_cache(tmp_path)


@pytest.fixture
def path(cache: Cache) -> str:
    return cache.get("k", Original().fetch)


def open_files() -> int:
    """How many files this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def is_held(folder: Path) -> bool:
    """Whether anybody holds the copy of "k"."""
    return next(entry.held for entry in new_cache(folder).entries() if entry.key == "k")


def test_a_copy_is_held_until_the_end_of_the_block(tmp_path: Path, cache: Cache, path: str) -> None:
    assert not is_held(tmp_path)
    with cache.hold(path):
        assert is_held(tmp_path)
    assert not is_held(tmp_path)


def test_holds_nest_and_overlap(tmp_path: Path, cache: Cache, path: str) -> None:
    first, second = cache.hold(path), cache.hold(path)
    with first:
        second.__enter__()
        assert is_held(tmp_path)
    assert is_held(tmp_path)
    second.__exit__(None, None, None)
    assert not is_held(tmp_path)


def test_an_error_in_the_block_ends_the_hold(tmp_path: Path, cache: Cache, path: str) -> None:
    with pytest.raises(ValueError, match="oops"), cache.hold(path):
        raise ValueError("oops")
    assert not is_held(tmp_path)


def test_a_hold_is_a_use(tmp_path: Path, cache: Cache, path: str) -> None:
    with cache.hold(path):
        age(tmp_path, "k", 5000)
    assert time.time() - next(cache.entries()).used < 60


def test_many_threads_hold_one_copy_with_one_open_file(tmp_path: Path, cache: Cache, path: str) -> None:
    before = open_files()
    with ThreadPoolExecutor(8) as pool:

        def use(_: int) -> int:
            with cache.hold(path):
                return open_files()

        assert max(pool.map(use, range(200))) <= before + 10
    assert open_files() == before
    assert not is_held(tmp_path)


@pytest.mark.parametrize("other", ["/data/a.tif", "a.tif", "", "/vsizip/x.zip/a.tif", "http://host/a.tif"])
def test_paths_of_others_pass(cache: Cache, other: str) -> None:
    with cache.hold(other):
        pass


def test_paths_beside_the_copies_pass(tmp_path: Path, cache: Cache, path: str) -> None:
    root = Layout(tmp_path).root
    for other in (root, root / "room", Path(path).parent, f"{root}2/x/y/v-z/content/a", tmp_path / "results" / "a.tif"):
        with cache.hold(str(other)):
            pass


def test_a_copy_that_is_gone_cannot_be_held(tmp_path: Path, cache: Cache, path: str) -> None:
    cache.clear(recent=True)
    age(tmp_path, "k", 1000)
    assert len(cache.clear().removed) == 1
    with pytest.raises(DataUnavailable, match="was removed since it was retrieved; retrieve the item again"):
        cache.hold(path).__enter__()


def test_a_use_is_noted_by_an_answer(tmp_path: Path, cache: Cache, path: str) -> None:
    age(tmp_path, "k", 5000)
    assert time.time() - next(cache.entries()).used > 4000
    new_cache(tmp_path).get("k", Original().fetch)
    assert time.time() - next(cache.entries()).used < 60
