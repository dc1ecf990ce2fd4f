# SPDX-License-Identifier: MIT
"""What a cache answers, and what it asks of storages for it."""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from eoxserver.backends.cache import Cache
from eoxserver.core.errors import (
    AccessDenied,
    CredentialsRefused,
    DataUnavailable,
    ItemMissing,
    NoRoom,
    StorageUnreachable,
    TransferFailed,
)
from tests.backends.cache.originals import DAY, Original, age, files, new_cache

pytestmark = pytest.mark.unit


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return new_cache(tmp_path)


@pytest.fixture
def original() -> Original:
    return Original()


# -- copies ---------------------------------------------------------------------------------------


def test_a_file_is_fetched_once_and_keeps_its_name(cache: Cache, original: Original) -> None:
    path = cache.get("k", original.fetch, original.ask)
    assert Path(path).name == "a.tif" and Path(path).is_absolute()
    assert Path(path).read_bytes() == b"content"
    assert [cache.get("k", original.fetch, original.ask) for _ in range(3)] == [path] * 3
    assert (original.fetches, original.questions) == (1, 1)
    counters = cache.counters
    assert (counters.hits, counters.misses, counters.bytes_fetched, counters.revalidations) == (3, 1, 7, 0)
    assert cache.size() == 7


def test_another_process_uses_the_same_copy(tmp_path: Path, cache: Cache, original: Original) -> None:
    path = cache.get("k", original.fetch, original.ask)
    assert new_cache(tmp_path).get("k", original.fetch, original.ask) == path
    assert (original.fetches, original.questions) == (1, 1)


def test_keys_do_not_share_copies(cache: Cache) -> None:
    one, other = Original(b"one"), Original(b"other")
    paths = [Path(cache.get(key, file.fetch, file.ask)) for key, file in (("k", one), ("K", other))]
    assert [path.read_bytes() for path in paths] == [b"one", b"other"]


@pytest.mark.parametrize("name", ["a b.tif", "ü.nc", "use", "v-1", "lock", "record.json", ".hidden", "x" * 200])
def test_any_name_will_do(cache: Cache, name: str) -> None:
    original = Original(name=name)
    path = cache.get("k", original.fetch, original.ask)
    assert Path(path).name == name and Path(path).read_bytes() == b"content"
    assert cache.get("k", original.fetch, original.ask) == path


def test_an_empty_file_is_a_file(cache: Cache) -> None:
    original = Original(b"")
    assert Path(cache.get("k", original.fetch, original.ask)).read_bytes() == b""
    cache.get("k", original.fetch, original.ask)
    assert original.fetches == 1


def test_a_file_of_this_machine_is_not_copied(cache: Cache, tmp_path: Path) -> None:
    own = tmp_path / "own.tif"
    own.write_bytes(b"own")
    assert cache.get("k", lambda _: str(own)) == str(own)
    assert files(tmp_path) == set() and own.read_bytes() == b"own"


def test_a_copy_that_somebody_removed_or_changed_is_fetched_again(
    tmp_path: Path, cache: Cache, original: Original
) -> None:
    path = Path(cache.get("k", original.fetch, original.ask))
    path.unlink()
    path = Path(cache.get("k", original.fetch, original.ask))
    assert path.read_bytes() == b"content"
    path.write_bytes(b"CONTENT")
    for each in (new_cache(tmp_path), cache):
        assert Path(each.get("k", original.fetch, original.ask)).read_bytes() == b"content"
    assert original.fetches == 3


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"key": "k"}', "\0\0\0\0"])
def test_a_record_that_cannot_be_read_is_none(tmp_path: Path, cache: Cache, original: Original, content: str) -> None:
    cache.get("k", original.fetch, original.ask)
    next(tmp_path.rglob("record.json")).write_text(content)
    path = new_cache(tmp_path).get("k", original.fetch, original.ask)
    assert Path(path).read_bytes() == b"content"
    assert original.fetches == 2


# -- validators -----------------------------------------------------------------------------------


def test_after_a_while_the_storage_is_asked(tmp_path: Path, cache: Cache, original: Original) -> None:
    path = cache.get("k", original.fetch, original.ask)
    age(tmp_path, "k", 61)
    again = new_cache(tmp_path)
    assert [again.get("k", original.fetch, original.ask) for _ in range(3)] == [path] * 3
    assert (original.fetches, original.questions) == (1, 2)
    assert (again.counters.revalidations, again.counters.hits, again.counters.misses) == (1, 3, 0)
    assert new_cache(tmp_path).get("k", original.fetch, original.ask) == path
    assert original.questions == 2, "the others are told"


def test_a_process_notices_that_its_trust_ran_out(tmp_path: Path, original: Original) -> None:
    cache = new_cache(tmp_path, revalidate=0)
    for count in range(1, 4):
        cache.get("k", original.fetch, original.ask)
        assert (original.fetches, original.questions) == (1, count)


def test_a_changed_original_is_fetched_and_readers_of_the_old_copy_are_not_disturbed(
    tmp_path: Path, cache: Cache, original: Original
) -> None:
    old = cache.get("k", original.fetch, original.ask)
    original.change(b"changed!", "2")
    age(tmp_path, "k", 61)
    new = new_cache(tmp_path).get("k", original.fetch, original.ask)
    assert new != old
    assert Path(new).read_bytes() == b"changed!" and Path(old).read_bytes() == b"content"
    assert Path(new).name == Path(old).name
    assert cache.size() == 15


def test_a_superseded_copy_goes_when_its_readers_are_done(tmp_path: Path, original: Original) -> None:
    cache = new_cache(tmp_path, revalidate=0)
    old = cache.get("k", original.fetch, original.ask)
    with cache.hold(old):
        original.change(b"changed!", "2")
        cache.get("k", original.fetch, original.ask)
        age(tmp_path, "k", 1000)
        cache.evict()
        assert Path(old).read_bytes() == b"content"
    age(tmp_path, "k", 1000)
    new = cache.get("k", original.fetch, original.ask)
    cache.evict()
    assert not Path(old).exists() and Path(new).read_bytes() == b"changed!"
    assert cache.size() == 8


def test_a_new_validator_for_the_same_content_keeps_the_copy(tmp_path: Path, original: Original) -> None:
    cache = new_cache(tmp_path, revalidate=0)
    path = cache.get("k", original.fetch, original.ask)
    original.state = "2"
    assert cache.get("k", original.fetch, original.ask) == path
    assert cache.get("k", original.fetch, original.ask) == path
    assert (original.fetches, cache.size()) == (2, 7)
    assert [entry.validator for entry in cache.entries()] == ["2"]


def test_a_change_during_the_transfer_is_noticed_the_next_time(tmp_path: Path, original: Original) -> None:
    cache = new_cache(tmp_path, revalidate=0)

    def fetch(folder: Path) -> str:
        path = original.fetch(folder)
        if original.fetches == 1:
            original.change(b"changed!", "2")
        return path

    cache.get("k", fetch, original.ask)
    assert Path(cache.get("k", fetch, original.ask)).read_bytes() == b"changed!"


def test_a_known_validator_needs_no_question(cache: Cache, original: Original) -> None:
    one = cache.get("k", original.fetch, "1")
    assert cache.get("k", original.fetch, "1") == one
    original.change(b"changed!", "2")
    other = cache.get("k", original.fetch, "2")
    assert Path(other).read_bytes() == b"changed!"
    assert cache.get("k", original.fetch, "2") == other
    assert (original.fetches, original.questions) == (2, 0)


def test_what_never_changes_is_never_asked_for(tmp_path: Path, cache: Cache, original: Original) -> None:
    path = cache.get("k", original.fetch)
    age(tmp_path, "k", 29 * DAY)
    assert new_cache(tmp_path).get("k", original.fetch) == path
    assert original.fetches == 1


def test_copies_of_a_storage_that_cannot_tell_are_trusted_for_their_greatest_age(
    tmp_path: Path, cache: Cache, original: Original
) -> None:
    original.state = ""
    cache.get("k", original.fetch, original.ask)
    age(tmp_path, "k", 29 * DAY)
    new_cache(tmp_path).get("k", original.fetch, original.ask)
    assert (original.fetches, original.questions) == (1, 1)
    age(tmp_path, "k", 2 * DAY)
    new_cache(tmp_path).get("k", original.fetch, original.ask)
    assert original.fetches == 2


@pytest.mark.parametrize("states", [("1", ""), ("", "1")])
def test_a_storage_may_begin_and_cease_to_tell(tmp_path: Path, original: Original, states: tuple[str, str]) -> None:
    cache = new_cache(tmp_path, revalidate=0)
    original.state = states[0]
    cache.get("k", original.fetch, original.ask)
    original.state = states[1]
    for _ in range(3):
        assert Path(cache.get("k", original.fetch, original.ask)).read_bytes() == b"content"
    assert original.fetches == 1


def test_a_clock_that_was_set_back_is_not_believed(tmp_path: Path, cache: Cache, original: Original) -> None:
    cache.get("k", original.fetch, original.ask)
    age(tmp_path, "k", -DAY)
    for _ in range(2):
        new_cache(tmp_path).get("k", original.fetch, original.ask)
    assert (original.fetches, original.questions) == (1, 2)


# -- errors ---------------------------------------------------------------------------------------


def test_a_storage_that_cannot_be_reached_does_not_take_away_the_copy(
    tmp_path: Path, cache: Cache, original: Original, caplog: pytest.LogCaptureFixture
) -> None:
    path = cache.get("k", original.fetch, original.ask)
    original.asked_error = StorageUnreachable("http://host: does not answer")
    age(tmp_path, "k", 61)
    with caplog.at_level(logging.WARNING):
        assert new_cache(tmp_path).get("k", original.fetch, original.ask) == path
    assert "http://host: does not answer" in caplog.text and "k: answered as it was at" in caplog.text
    questions = original.questions
    assert new_cache(tmp_path).get("k", original.fetch, original.ask) == path
    assert original.questions == questions, "a storage that is down is not asked for every file"
    age(tmp_path, "k", 61)
    assert new_cache(tmp_path).get("k", original.fetch, original.ask) == path
    assert original.questions == questions + 1


def test_a_copy_that_was_true_too_long_ago_is_not_answered(tmp_path: Path, cache: Cache, original: Original) -> None:
    cache.get("k", original.fetch, original.ask)
    original.asked_error = StorageUnreachable("http://host: does not answer")
    age(tmp_path, "k", 20 * DAY)
    new_cache(tmp_path).get("k", original.fetch, original.ask)
    age(tmp_path, "k", 11 * DAY)
    with pytest.raises(StorageUnreachable, match="does not answer"):
        new_cache(tmp_path).get("k", original.fetch, original.ask)


def test_without_a_copy_a_storage_that_cannot_be_reached_is_an_error(cache: Cache, original: Original) -> None:
    original.asked_error = StorageUnreachable("http://host: does not answer")
    with pytest.raises(StorageUnreachable, match="does not answer"):
        cache.get("k", original.fetch, original.ask)
    assert original.fetches == 0


def test_a_missing_original_takes_the_copy_with_it(tmp_path: Path, original: Original) -> None:
    cache = new_cache(tmp_path, revalidate=0)
    path = cache.get("k", original.fetch, original.ask)
    original.asked_error = ItemMissing("a.tif: no such file")
    with pytest.raises(ItemMissing, match="a.tif"):
        cache.get("k", original.fetch, original.ask)
    assert list(cache.entries()) == []
    assert Path(path).exists(), "who was answered it may still read it"
    age(tmp_path, "k", 1000)
    cache.evict()
    assert not Path(path).exists() and cache.size() == 0
    original.asked_error = None
    assert Path(cache.get("k", original.fetch, original.ask)).read_bytes() == b"content"


def test_an_original_that_is_gone_when_it_is_fetched_takes_the_copy_with_it(tmp_path: Path, original: Original) -> None:
    cache = new_cache(tmp_path, revalidate=0)
    cache.get("k", original.fetch, original.ask)
    original.state, original.error = "2", ItemMissing("a.tif: no such file")
    with pytest.raises(ItemMissing):
        cache.get("k", original.fetch, original.ask)
    assert list(cache.entries()) == []


@pytest.mark.parametrize("error", [CredentialsRefused("http://host: refused"), AccessDenied("not yours")])
def test_who_may_not_see_the_original_does_not_see_the_copy(
    tmp_path: Path, original: Original, error: CredentialsRefused | AccessDenied
) -> None:
    cache = new_cache(tmp_path, revalidate=0)
    path = cache.get("k", original.fetch, original.ask)
    original.asked_error = error
    with pytest.raises(type(error), match=str(error)):
        cache.get("k", original.fetch, original.ask)
    original.asked_error = None
    assert cache.get("k", original.fetch, original.ask) == path and original.fetches == 1


def test_a_failed_transfer_publishes_nothing_and_leaves_what_it_has(tmp_path: Path, cache: Cache) -> None:
    original = Original(error=TransferFailed("ended early"))
    with pytest.raises(TransferFailed, match="ended early"):
        cache.get("k", original.fetch, original.ask)
    assert list(cache.entries()) == []
    seen = []

    def resumed(folder: Path) -> str:
        seen.append((folder / "a.tif").read_bytes())
        with (folder / "a.tif").open("ab") as file:
            file.write(b"tent")
        return str(folder / "a.tif")

    assert Path(cache.get("k", resumed, original.ask)).read_bytes() == b"content"
    assert seen == [b"con"]
    assert not list(tmp_path.rglob("transfer"))


def test_an_error_of_the_system_in_a_transfer_is_typed_and_hides_its_text(cache: Cache) -> None:
    original = Original(error=ConnectionError("https://user:secret@host/ refused"))
    with pytest.raises(TransferFailed, match="k: the transfer failed: ConnectionError") as caught:
        cache.get("k", original.fetch, original.ask)
    assert "secret" not in caught.value.message


def test_an_error_of_the_system_in_a_question_is_a_storage_that_cannot_be_asked(
    tmp_path: Path, original: Original
) -> None:
    cache = new_cache(tmp_path, revalidate=0)
    path = cache.get("k", original.fetch, original.ask)

    def ask() -> str:
        raise TimeoutError(errno.ETIMEDOUT, "https://user:secret@host/")

    assert cache.get("k", original.fetch, ask) == path
    with pytest.raises(StorageUnreachable):
        cache.get("other", original.fetch, ask)


def test_a_transfer_without_a_file_fails(cache: Cache) -> None:
    with pytest.raises(TransferFailed, match=r"without the file 'a\.tif'"):
        cache.get("k", lambda folder: str(folder / "a.tif"))


def test_a_link_is_no_file(cache: Cache, tmp_path: Path) -> None:
    def fetch(folder: Path) -> str:
        (folder / "a.tif").symlink_to("/etc/passwd")
        return str(folder / "a.tif")

    with pytest.raises(TransferFailed):
        cache.get("k", fetch)
    assert not list(tmp_path.rglob("transfer")), "the next transfer would write through it"


def test_a_full_disk_is_no_room_and_nothing_is_left(tmp_path: Path, cache: Cache) -> None:
    def fetch(folder: Path) -> str:
        (folder / "part").write_bytes(b"part")
        with Path("/dev/full").open("wb", buffering=0) as file:
            file.write(b"more")
        raise AssertionError("the disk was not full")

    with pytest.raises(NoRoom, match="k: the disk of the local copies, .*, is full"):
        cache.get("k", fetch)
    assert files(tmp_path) == set()


@pytest.mark.parametrize("error", [OSError(errno.EDQUOT, "quota"), NoRoom("full")])
def test_no_room_leaves_nothing(tmp_path: Path, cache: Cache, error: Exception) -> None:
    original = Original(error=error)
    with pytest.raises(NoRoom):
        cache.get("k", original.fetch, original.ask)
    assert files(tmp_path) == set()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, original: Original) -> None:
    (tmp_path / "copies").write_text("not a folder")
    with pytest.raises(DataUnavailable, match=f"no local copy can be kept in {tmp_path}/copies"):
        new_cache(tmp_path).get("k", original.fetch, original.ask)


# -- threads --------------------------------------------------------------------------------------


def test_what_many_threads_want_is_fetched_once(cache: Cache, original: Original) -> None:
    original.gate = threading.Event()
    with ThreadPoolExecutor(16) as pool:
        futures = [pool.submit(cache.get, "k", original.fetch, original.ask) for _ in range(16)]
        original.half.wait()
        original.gate.set()
        paths = {future.result() for future in futures}
    assert len(paths) == 1 and original.fetches == 1
    assert (cache.counters.misses, cache.counters.hits) == (1, 15)


def test_a_revalidation_is_done_by_one_thread(tmp_path: Path, cache: Cache, original: Original) -> None:
    cache.get("k", original.fetch, original.ask)
    age(tmp_path, "k", 61)
    again = new_cache(tmp_path)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: again.get("k", original.fetch, original.ask), range(64)))
    assert (original.fetches, original.questions) == (1, 2)


def test_a_failure_is_told_to_all_who_waited_for_it(cache: Cache) -> None:
    original = Original(error=TransferFailed("ended early", locator="a.tif"), gate=threading.Event())
    assert original.gate is not None
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(cache.get, "k", original.fetch, original.ask) for _ in range(8)]
        original.half.wait()
        _until(lambda: sum(future.running() for future in futures) == 8)
        time.sleep(0.1)
        original.gate.set()
        errors = [future.exception() for future in futures]
    assert [type(error) for error in errors] == [TransferFailed] * 8
    assert {str(error) for error in errors} == {"ended early"}
    assert {getattr(error, "locator", "") for error in errors} == {"a.tif"}
    assert original.fetches == 1
    with pytest.raises(TransferFailed):
        cache.get("k", original.fetch, original.ask)
    assert original.fetches == 2, "who comes later tries again"


def test_threads_that_want_different_states_get_theirs(cache: Cache) -> None:
    originals = {state: Original(state.encode(), state=state) for state in ("1", "2")}

    def read(state: str) -> bytes:
        return Path(cache.get("k", originals[state].fetch, state)).read_bytes()

    with ThreadPoolExecutor(8) as pool:
        wanted = ["1", "2"] * 20
        assert [content.decode() for content in pool.map(read, wanted)] == wanted


def test_one_transfer_may_need_another(cache: Cache, original: Original) -> None:
    def unpack(folder: Path) -> str:
        archive = Path(cache.get("archive", original.fetch, original.ask))
        member = folder / "member"
        member.write_bytes(archive.read_bytes()[:3])
        return str(member)

    assert Path(cache.get("archive#member", unpack)).read_bytes() == b"con"


def test_a_transfer_that_needs_itself_is_an_error_not_a_standstill(cache: Cache, original: Original) -> None:
    with pytest.raises(RuntimeError, match="k: is wanted while it is being fetched"):
        cache.get("k", lambda _: cache.get("k", original.fetch))


# -- forks ----------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # it has threads, which is what is tested
def test_the_child_of_a_fork_begins_anew(tmp_path: Path, cache: Cache, original: Original) -> None:
    """A parent may hold copies and fetch in other threads when it forks; the child is not in their way nor they."""
    path = cache.get("k", original.fetch, original.ask)
    slow = Original(gate=threading.Event(), name="slow.tif")
    assert slow.gate is not None
    with ThreadPoolExecutor(1) as pool, cache.hold(path):
        future = pool.submit(cache.get, "slow", slow.fetch, slow.ask)
        slow.half.wait()
        child = os.fork()
        if not child:
            try:
                fine = cache.get("k", original.fetch, original.ask) == path
                with cache.hold(path):
                    fine = fine and bool(cache.get("new", original.fetch, original.ask))
                os._exit(0 if fine else 1)
            finally:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        age(tmp_path, "k", 31 * DAY)
        cache.evict()
        assert Path(path).exists(), "the parent holds it still"
        slow.gate.set()
        assert Path(future.result()).read_bytes() == b"content"


def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.005)
