# SPDX-License-Identifier: MIT
"""The bounds of a cache: what goes, and what never goes."""

from __future__ import annotations

import errno
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eoxserver.backends.cache import Cache
from eoxserver.backends.cache.layout import Layout
from eoxserver.backends.cache.room import LEFTOVER_SECONDS
from eoxserver.core.errors import NoRoom, TransferFailed
from tests.backends.cache.originals import DAY, Original, age, files, new_cache

pytestmark = pytest.mark.unit


def fill(cache: Cache, *keys: str, size: int = 30) -> dict[str, str]:
    """Have copies; answers their paths."""
    return {key: cache.get(key, Original(bytes(size), name=key).fetch) for key in keys}


def taken(folder: Path) -> int:
    """Bytes of the files with content."""
    found = (path for path in Layout(folder).root.rglob("*") if path.is_file() and path.parent.name == "content")
    return sum(path.stat().st_size for path in found)


# -- bytes ----------------------------------------------------------------------------------------


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    cache = new_cache(tmp_path, max_bytes=100)
    fill(cache, "a", "b", "c")
    for key, seconds in (("a", 2000), ("b", 4000), ("c", 3000)):
        age(tmp_path, key, seconds)
    fill(cache, "d")
    assert files(tmp_path) == {"a", "c", "d"}
    assert cache.counters.evictions == 1 and cache.size() == taken(tmp_path) == 90


def test_a_use_keeps_a_copy(tmp_path: Path) -> None:
    cache = new_cache(tmp_path, max_bytes=100)
    fill(cache, "a", "b", "c")
    for key, seconds in (("a", 4000), ("b", 3000), ("c", 2000)):
        age(tmp_path, key, seconds)
    fill(new_cache(tmp_path), "a")
    fill(cache, "d")
    assert files(tmp_path) == {"a", "c", "d"}


def test_room_is_made_for_more_than_one_copy_at_once(tmp_path: Path) -> None:
    cache = new_cache(tmp_path, max_bytes=1000)
    keys = [f"k{number:03}" for number in range(100)]
    fill(cache, *keys, size=10)
    for key in keys:
        age(tmp_path, key, 2000)
    fill(cache, "new", size=10)
    assert cache.counters.evictions == 11 and cache.size() == taken(tmp_path) == 900


def test_a_held_copy_is_never_removed(tmp_path: Path) -> None:
    cache = new_cache(tmp_path, max_bytes=100, max_age=10)
    paths = fill(cache, "a", "b", "c")
    with cache.hold(paths["a"]), new_cache(tmp_path).hold(paths["b"]):
        for key in "abc":
            age(tmp_path, key, 2000)
        assert new_cache(tmp_path, max_bytes=100, max_age=10).evict().copies == 1
        assert files(tmp_path) == {"a", "b"}
        fill(new_cache(tmp_path, max_bytes=100), "d")
        with pytest.raises(NoRoom, match=r"^e: has 50 bytes, and \d+ of the 100 .* are in use; accepted: a larger"):
            fill(new_cache(tmp_path, max_bytes=100), "e", size=50)
        assert {"a", "b"} <= files(tmp_path) and "e" not in files(tmp_path)
    age(tmp_path, "a", 2000)
    fill(cache, "f", size=50)
    assert "a" not in files(tmp_path) and taken(tmp_path) <= 100


def test_a_copy_that_was_just_answered_can_be_opened_however_little_room_there_is(tmp_path: Path) -> None:
    cache = new_cache(tmp_path, max_bytes=50)
    for key in "abc":
        began = time.time()
        path = Path(fill(cache, key)[key])
        assert path.read_bytes() == bytes(30)
        assert taken(tmp_path) <= 50
        if key != "a":
            assert files(tmp_path) == {key}
            assert time.time() - began > 1, "the one before had its time"


def test_answered_copies_stay_as_long_as_others_can_go(tmp_path: Path) -> None:
    cache = new_cache(tmp_path, max_bytes=100)
    fill(cache, "old", "new", "newer")
    age(tmp_path, "new", 600)
    age(tmp_path, "newer", 500)
    age(tmp_path, "old", 1000)
    fill(cache, "d")
    assert files(tmp_path) == {"new", "newer", "d"}
    fill(cache, "e")
    assert files(tmp_path) == {"newer", "d", "e"}, "the bound comes before the lease"


def test_what_is_larger_than_everything_may_be_is_refused(tmp_path: Path) -> None:
    cache = new_cache(tmp_path, max_bytes=100)
    fill(cache, "a")
    with pytest.raises(NoRoom, match="^k: has 101 bytes, and all local copies together may have 100; accepted: "):
        fill(cache, "k", size=101)
    with pytest.raises(NoRoom, match="^a.tif: has 101 bytes"):
        cache.admit("a.tif", 101)
    cache.admit("a.tif", 100)
    assert files(tmp_path) == {"a"} and cache.size() == 30


def test_an_item_that_fills_everything_replaces_itself(tmp_path: Path) -> None:
    cache = new_cache(tmp_path, max_bytes=100, revalidate=0)
    original = Original(bytes(80))
    cache.get("k", original.fetch, original.ask)
    age(tmp_path, "k", 60)
    original.change(bytes([1]) * 90, "2")
    assert Path(cache.get("k", original.fetch, original.ask)).read_bytes() == bytes([1]) * 90
    assert cache.size() == taken(tmp_path) == 90


def test_the_count_survives_its_file(tmp_path: Path) -> None:
    cache = new_cache(tmp_path, max_bytes=100)
    fill(cache, "a", "b")
    (tmp_path / "copies" / "room").write_text("nonsense")
    fill(cache, "c")
    assert cache.size() == 90


def test_wrong_counts_are_noticed_before_anything_is_removed(tmp_path: Path) -> None:
    cache = new_cache(tmp_path, max_bytes=100)
    fill(cache, "a", "b")
    age(tmp_path, "a", 2000)
    (tmp_path / "copies" / "room").write_text("1000000")
    fill(cache, "c")
    assert files(tmp_path) == {"a", "b", "c"} and cache.size() == 90


def test_threads_together_keep_the_bound(tmp_path: Path) -> None:
    cache = new_cache(tmp_path, max_bytes=500)
    keys = [f"k{number}" for number in range(60)]
    for start in range(0, 60, 15):
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda key: fill(cache, key), keys[start : start + 15]))
        assert taken(tmp_path) <= 500
        for key in keys:
            age(tmp_path, key, 2000)
    assert cache.size() == taken(tmp_path)


@settings(max_examples=30)
@given(sizes=st.lists(st.integers(0, 120), min_size=1, max_size=12), data=st.data())
def test_the_bound_and_the_count_always_hold(
    sizes: list[int], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    cache = new_cache(folder, max_bytes=100)
    for number, size in enumerate(sizes):
        key = data.draw(st.sampled_from("abcdef"))
        original = Original(bytes([number]) * size)
        if size > 100:
            with pytest.raises(NoRoom):
                cache.get(key, original.fetch, str(number))
        else:
            path = Path(cache.get(key, original.fetch, str(number)))
            assert path.read_bytes() == original.content
        assert taken(folder) <= 100
        assert cache.size() == taken(folder)
        for each in "abcdef":
            age(folder, each, 2000)


def test_on_a_full_disk_copies_give_way(tmp_path: Path) -> None:
    """The disk of this test is as large as three files; how full it is, is looked up when a file is written."""
    cache = new_cache(tmp_path)

    def fetch(folder: Path) -> str:
        if taken(tmp_path) >= 90:
            raise OSError(errno.ENOSPC, "No space left on device")
        return Original(bytes(30), name="new").fetch(folder)

    fill(cache, "a", "b", "c")
    with cache.hold(cache.get("a", Original().fetch)):
        age(tmp_path, "a", 30)
        age(tmp_path, "b", 20)
        age(tmp_path, "c", 10)
        assert Path(cache.get("k", fetch)).read_bytes() == bytes(30)
    assert files(tmp_path) == {"a", "c", "new"}
    assert (cache.counters.evictions, cache.counters.misses, cache.size()) == (1, 4, 90)
    fill(new_cache(tmp_path), "a", "c")
    with pytest.raises(NoRoom, match="is full"):
        cache.get("another", fetch)
    assert files(tmp_path) == {"a", "c", "new"}, "they were answered just now"


# -- age ------------------------------------------------------------------------------------------


def test_what_was_not_used_for_too_long_goes(tmp_path: Path) -> None:
    cache = new_cache(tmp_path)
    fill(cache, "a", "b")
    age(tmp_path, "a", 31 * DAY)
    age(tmp_path, "b", 29 * DAY)
    gone = cache.evict()
    assert (gone.copies, gone.bytes) == (1, 30)
    assert files(tmp_path) == {"b"} and cache.size() == 30
    assert [entry.key for entry in cache.entries()] == ["b"]
    assert not Layout(tmp_path).entry("a").path.exists()


def test_an_answer_is_a_lease_of_a_quarter_of_an_hour(tmp_path: Path) -> None:
    cache = new_cache(tmp_path, max_age=10)
    fill(cache, "a")
    age(tmp_path, "a", 890)
    assert cache.evict().copies == 0
    age(tmp_path, "a", 20)
    assert cache.evict().copies == 1


def test_old_copies_go_without_being_asked_for(tmp_path: Path) -> None:
    cache = new_cache(tmp_path)
    paths = fill(cache, "a", "b")
    age(tmp_path, "a", 31 * DAY)
    then = time.time() - 4000
    os.utime(tmp_path / "copies" / "swept", (then, then))
    fill(new_cache(tmp_path), "b")
    while Path(paths["a"]).exists():
        time.sleep(0.01)
    assert Path(paths["b"]).exists()


# -- what is left behind --------------------------------------------------------------------------


def test_leftovers_count_and_go_after_a_while(tmp_path: Path) -> None:
    cache = new_cache(tmp_path)
    original = Original(bytes(60), error=TransferFailed("ended early"))
    with pytest.raises(TransferFailed):
        cache.get("k", original.fetch)
    assert cache.size() == 30
    cache.evict()
    assert files(tmp_path) == {"a.tif"}
    left = next(tmp_path.rglob("transfer")) / "a.tif"
    then = time.time() - LEFTOVER_SECONDS - 1
    os.utime(left, (then, then))
    cache.evict()
    assert files(tmp_path) == set() and cache.size() == 0


def test_leftovers_make_room_first(tmp_path: Path) -> None:
    cache = new_cache(tmp_path, max_bytes=100)
    original = Original(bytes(60), error=TransferFailed("ended early"))
    with pytest.raises(TransferFailed):
        cache.get("k", original.fetch)
    fill(cache, "a", "b", "c")
    assert files(tmp_path) == {"a", "b", "c"}


def test_a_failed_transfer_that_left_nothing_leaves_no_folder(tmp_path: Path) -> None:
    cache = new_cache(tmp_path)

    def fetch(folder: Path) -> str:
        raise TransferFailed("not even begun")

    with pytest.raises(TransferFailed):
        cache.get("k", fetch)
    assert not list(tmp_path.rglob("transfer"))


def test_what_was_being_removed_is_removed(tmp_path: Path) -> None:
    trash = tmp_path / "copies" / "trash" / "0123"
    trash.mkdir(parents=True)
    (trash / "a.tif").write_bytes(b"content")
    (trash.parent / "file").write_bytes(b"content")
    new_cache(tmp_path).evict()
    assert list(trash.parent.iterdir()) == []
