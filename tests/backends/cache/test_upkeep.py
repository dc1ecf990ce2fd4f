# SPDX-License-Identifier: MIT
"""Looking at a cache, clearing it, verifying it."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from eoxserver.backends.cache import Cache
from eoxserver.backends.cache.layout import Layout
from eoxserver.core.errors import TransferFailed
from tests.backends.cache.originals import DAY, Original, age, files, new_cache

pytestmark = pytest.mark.unit


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return new_cache(tmp_path)


def fill(cache: Cache, *keys: str) -> dict[str, Path]:
    """Have copies; answers their paths."""
    originals = {key: Original(key.encode() * 10, name=f"{key}.tif", state=f"state {key}") for key in keys}
    return {key: Path(cache.get(key, file.fetch, file.ask)) for key, file in originals.items()}


def leave(cache: Cache, key: str) -> None:
    """Have a transfer interrupted."""
    with pytest.raises(TransferFailed):
        cache.get(key, Original(bytes(20), error=TransferFailed("ended early")).fetch)


# -- looking --------------------------------------------------------------------------------------


def test_an_empty_cache_has_nothing(tmp_path: Path, cache: Cache) -> None:
    usage = cache.usage()
    assert (usage.entries, usage.bytes, usage.leftover_bytes, usage.max_bytes) == ((), 0, 0, 10**6)
    assert cache.clear().removed == () and cache.verify().copies == 0 and cache.evict().copies == 0
    assert cache.size() == 0


def test_entries_say_what_they_are_copies_of(cache: Cache) -> None:
    before = time.time() - 1
    path = fill(cache, "k")["k"]
    (entry,) = cache.entries()
    assert (entry.key, entry.path, entry.size, entry.validator, entry.held) == ("k", str(path), 10, "state k", False)
    assert all(before < when < time.time() + 1 for when in (entry.fetched, entry.checked, entry.used))
    assert entry.id in entry.path


def test_usage_tells_what_takes_room(tmp_path: Path) -> None:
    cache = new_cache(tmp_path, revalidate=0)
    original = Original(bytes(10))
    cache.get("k", original.fetch, original.ask)
    original.change(bytes(30), "2")
    cache.get("k", original.fetch, original.ask)
    leave(cache, "broken")
    slow = Original(bytes(100), gate=threading.Event())
    assert slow.gate is not None
    with ThreadPoolExecutor(1) as pool:
        pool.submit(cache.get, "slow", slow.fetch)
        slow.half.wait()
        usage = cache.usage()
        slow.gate.set()
    assert [entry.key for entry in usage.entries] == ["k"]
    sizes = (usage.bytes, usage.superseded_bytes, usage.leftover_bytes, usage.under_way_bytes)
    assert sizes == (30, 10, 10, 50)


# -- clearing -------------------------------------------------------------------------------------


def test_clearing_removes_everything_that_is_not_in_use(tmp_path: Path, cache: Cache) -> None:
    paths = fill(cache, "a", "b", "held", "answered")
    for key in ("a", "b", "held"):
        age(tmp_path, key, 1000)
    leave(cache, "broken")
    with new_cache(tmp_path).hold(str(paths["held"])):
        cleared = cache.clear()
    assert {entry.key for entry in cleared.removed} == {"a", "b"} and cleared.bytes == 30
    reasons = {kept.entry.key: kept.reason for kept in cleared.kept}
    assert reasons["held"] == "it is being read"
    assert "s ago, and may be in use for 15 minutes" in reasons["answered"]
    assert files(tmp_path) == {"held.tif", "answered.tif"}
    assert cache.size() == sum(path.stat().st_size for path in paths.values() if path.exists())
    assert not Layout(tmp_path).entry("a").path.exists()


def test_recent_answers_are_cleared_when_that_is_wanted(tmp_path: Path, cache: Cache) -> None:
    fill(cache, "a", "now")
    age(tmp_path, "a", 10)
    cleared = cache.clear(recent=True)
    assert {entry.key for entry in cleared.removed} == {"a"}
    assert [kept.reason.partition("and ")[2] for kept in cleared.kept] == ["may be in use for 3 s"]
    assert files(tmp_path) == {"now.tif"}


def test_one_key_is_cleared(tmp_path: Path, cache: Cache) -> None:
    fill(cache, "a", "b")
    for key in "ab":
        age(tmp_path, key, 1000)
    assert [entry.key for entry in cache.clear("a").removed] == ["a"]
    assert files(tmp_path) == {"b.tif"}
    assert cache.clear("no such key").removed == ()
    assert not Layout(tmp_path).entry("no such key").path.exists()


def test_what_was_used_lately_is_left_alone(tmp_path: Path, cache: Cache) -> None:
    fill(cache, "a", "b")
    age(tmp_path, "a", 2 * DAY)
    age(tmp_path, "b", 1000)
    cleared = cache.clear(unused_for=DAY)
    assert [entry.key for entry in cleared.removed] == ["a"] and cleared.kept == ()


def test_what_is_being_fetched_anew_is_left_alone(tmp_path: Path) -> None:
    cache = new_cache(tmp_path, revalidate=0)
    original = Original()
    cache.get("k", original.fetch, original.ask)
    age(tmp_path, "k", 1000)
    original.change(b"changed!", "2")
    original.gate, original.half = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(cache.get, "k", original.fetch, original.ask)
        original.half.wait()
        cleared = new_cache(tmp_path).clear()
        original.gate.set()
        assert Path(future.result()).read_bytes() == b"changed!"
    assert [kept.reason for kept in cleared.kept] == ["it is being fetched anew"]


def test_a_cleared_item_is_fetched_again(tmp_path: Path, cache: Cache) -> None:
    original = Original()
    cache.get("k", original.fetch, original.ask)
    age(tmp_path, "k", 1000)
    new_cache(tmp_path).clear()
    assert Path(cache.get("k", original.fetch, original.ask)).read_bytes() == b"content"
    assert original.fetches == 2


# -- verifying ------------------------------------------------------------------------------------


def test_a_sound_cache_is_sound(tmp_path: Path, cache: Cache) -> None:
    fill(cache, "a", "b")
    watched: list[str] = []
    found = cache.verify(watched.append)
    assert (found.copies, found.bytes, found.broken, found.leftover_bytes, found.busy) == (2, 20, (), 0, ())
    assert sorted(watched) == ["a", "b"]
    assert files(tmp_path) == {"a.tif", "b.tif"}


def test_what_is_broken_is_named_and_removed(tmp_path: Path, cache: Cache) -> None:
    paths = fill(cache, "shorter", "other", "gone", "record", "moved", "sound")
    before = paths["other"].stat()
    paths["shorter"].write_bytes(b"short")
    paths["other"].write_bytes(b"X" * before.st_size)
    os.utime(paths["other"], ns=(before.st_atime_ns, before.st_mtime_ns))
    paths["gone"].unlink()
    layout = Layout(tmp_path)
    layout.entry("record").record.write_text("{")
    layout.entry("moved").path.rename(layout.entry("moved").path.with_name("0" * 64))
    found = new_cache(tmp_path).verify()
    reasons = {broken.key: broken.reason for broken in found.broken}
    assert reasons == {
        "shorter": "its file has 5 bytes instead of 70",
        "other": "its content was changed: the checksum differs",
        "gone": "its file is gone",
        "": "its record cannot be read",
        "moved": "it lies in the folder of another key",
    }
    assert found.copies == 1
    assert new_cache(tmp_path).verify().broken == ()
    assert [entry.key for entry in cache.entries()] == ["sound"]
    for key, path in fill(cache, *paths).items():
        assert path.read_bytes() == key.encode() * 10


def test_a_broken_copy_is_not_answered_any_more_even_if_it_is_held(tmp_path: Path, cache: Cache) -> None:
    path = fill(cache, "k")["k"]
    before = path.stat()
    path.write_bytes(b"X" * 10)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with cache.hold(str(path)):
        assert len(new_cache(tmp_path).verify().broken) == 1
        again = fill(new_cache(tmp_path), "k")["k"]
        assert again.read_bytes() == b"k" * 10 and again != path
        assert path.exists()


def test_a_copy_with_another_date_is_sound(tmp_path: Path, cache: Cache) -> None:
    original = Original()
    path = cache.get("k", original.fetch, original.ask)
    os.utime(path, (0, 0))
    assert new_cache(tmp_path).verify().broken == ()
    assert new_cache(tmp_path).get("k", original.fetch, original.ask) == path
    assert original.fetches == 1


def test_an_evicted_copy_is_not_broken(tmp_path: Path) -> None:
    cache = new_cache(tmp_path, max_bytes=25)
    fill(cache, "a", "b")
    for key in "ab":
        age(tmp_path, key, 1000)
    fill(cache, "c")
    found = cache.verify()
    assert found.broken == () and found.copies < 3


def test_leftovers_are_removed(tmp_path: Path, cache: Cache) -> None:
    path = fill(cache, "k")["k"]
    leave(cache, "broken")
    entry = Layout(tmp_path).entry("k")
    (entry.path / "record.new").write_text("{")
    (entry.path / "stray").mkdir()
    (entry.path / "stray" / "file").write_text("123")
    half = entry.new_copy()
    half.content.mkdir(parents=True)
    half.use.touch()
    os.utime(half.use, (0, 0))
    (half.content / "k.tif").write_bytes(bytes(50))
    trash = tmp_path / "copies" / "trash" / "x"
    trash.write_bytes(bytes(100))
    found = cache.verify()
    assert found.leftover_bytes == 10 + 1 + 3 + 50 + 100 and found.broken == ()
    assert files(tmp_path) == {"k.tif"} and path.exists()
    assert not half.path.exists() and cache.size() == 10


def test_superseded_copies_in_use_are_kept(tmp_path: Path) -> None:
    cache = new_cache(tmp_path, revalidate=0)
    original = Original()
    old = cache.get("k", original.fetch, original.ask)
    original.change(b"changed!", "2")
    cache.get("k", original.fetch, original.ask)
    assert cache.verify().leftover_bytes == 0 and Path(old).exists()


def test_what_is_being_fetched_is_not_disturbed(tmp_path: Path, cache: Cache) -> None:
    slow = Original(gate=threading.Event())
    assert slow.gate is not None
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(cache.get, "slow", slow.fetch)
        slow.half.wait()
        found = new_cache(tmp_path).verify()
        slow.gate.set()
        assert Path(future.result()).read_bytes() == b"content"
    assert found.busy == (Layout(tmp_path).entry("slow").path.name,)


def test_strangers_beside_the_copies_are_left_alone(tmp_path: Path, cache: Cache) -> None:
    fill(cache, "k")
    stranger = tmp_path / "results" / "x.tif"
    stranger.parent.mkdir()
    stranger.write_bytes(b"x")
    note = tmp_path / "copies" / "README"
    note.write_text("mine")
    cache.verify()
    cache.clear(recent=True)
    cache.evict()
    assert stranger.exists() and note.exists()
