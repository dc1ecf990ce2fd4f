# SPDX-License-Identifier: MIT
"""Locks that are files."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from eoxserver.backends.cache.locks import FileLock, Locks

pytestmark = pytest.mark.unit

_HOLDER = """
import sys, time
from pathlib import Path
from eoxserver.backends.cache.locks import Locks
lock = Locks().wait(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "lock"


def taken(found: FileLock | None) -> FileLock:
    """A lock that was got."""
    assert found is not None
    return found


def test_one_at_a_time(path: Path) -> None:
    mine, theirs = Locks(), Locks()
    with mine.wait(path) as lock:
        assert not lock.waited
        assert theirs.attempt(path) is None
        assert theirs.attempt(path, shared=True) is None
    taken(theirs.attempt(path)).release()


def test_sharing(path: Path) -> None:
    mine, theirs = Locks(), Locks()
    with mine.wait(path, shared=True), taken(theirs.share(path)):
        assert theirs.attempt(path) is None
        taken(mine.attempt(path, shared=True)).release()
    taken(theirs.attempt(path)).release()


def test_a_second_release_does_nothing(path: Path) -> None:
    locks = Locks()
    lock = locks.wait(path)
    lock.release()
    other = locks.wait(path)
    lock.release()
    assert Locks().attempt(path) is None
    other.release()
    assert locks.held == set()


def test_where_there_is_no_folder_there_is_nothing_to_lock(path: Path) -> None:
    assert Locks().attempt(path) is None
    assert Locks().share(path) is None
    assert not path.parent.exists()


def test_who_waits_gets_it_next_and_knows_that_it_waited(path: Path) -> None:
    locks = Locks()
    first = locks.wait(path)
    got: list[FileLock] = []
    thread = threading.Thread(target=lambda: got.append(locks.wait(path)))
    thread.start()
    time.sleep(0.1)
    assert got == []
    first.release()
    thread.join()
    assert got[0].waited
    got[0].release()


def test_a_lock_whose_folder_is_removed_while_one_waits_is_taken_anew(path: Path) -> None:
    locks = Locks()
    first = locks.wait(path)
    got: list[FileLock | None] = []
    threads = [
        threading.Thread(target=lambda: got.append(locks.wait(path))),
        threading.Thread(target=lambda: got.append(locks.share(path))),
    ]
    threads[1].start()
    time.sleep(0.1)
    shutil.rmtree(path.parent)
    first.release()
    threads[1].join()
    assert got == [None], "what was to be shared is gone"
    first = locks.wait(path)
    threads[0].start()
    time.sleep(0.1)
    shutil.rmtree(path.parent)
    first.release()
    threads[0].join()
    assert got[1] is not None and path.exists()
    assert Locks().attempt(path) is None
    got[1].release()


def test_the_lock_of_a_killed_process_is_free(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _HOLDER, str(path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert Locks().attempt(path) is None
        threading.Timer(0.2, holder.kill).start()
        with Locks().wait(path) as lock:
            assert lock.waited


def test_forgetting_closes_everything(path: Path) -> None:
    locks = Locks()
    lock = locks.wait(path)
    locks.forget()
    assert locks.held == set() and lock.descriptor == -1
    lock.release()
    taken(Locks().attempt(path)).release()
