# SPDX-License-Identifier: MIT
"""Several processes use one cache, and some are killed: files are whole, transfers are shared, nobody waits forever."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from eoxserver.backends.cache import Cache
from tests.backends.cache.worker import KEYS, Server, content, is_whole

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]


class Worker:
    """A process of ``tests.backends.cache.worker``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def line(self) -> str:
        """The next line that it says."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def begin(self) -> None:
        """Let it do its work."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def lines(self) -> list[str]:
        """Everything else that it says, until it ends by itself."""
        assert self.process.stdout is not None
        said = self.process.stdout.read().splitlines()
        assert self.process.wait() == 0, said
        return said


@contextmanager
def workers(folder: Path, number: int, *words: object) -> Iterator[list[Worker]]:
    """Processes that are ready to do the same work."""
    command = [sys.executable, "-m", "tests.backends.cache.worker", str(folder), *map(str, words)]
    started = [
        Worker(subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        for _ in range(number)
    ]
    try:
        for worker in started:
            assert worker.line() == "ready"
        yield started
    finally:
        for worker in started:
            worker.process.kill()
            worker.process.communicate()


def begin(started: list[Worker]) -> None:
    """Let all of them work at once."""
    for worker in started:
        worker.begin()


def test_what_many_processes_want_is_fetched_once(tmp_path: Path) -> None:
    with workers(tmp_path, 6, "get") as started:
        begin(started)
        assert [worker.lines() for worker in started] == [["whole"]] * 6
    assert Server(tmp_path / "server").count() == 1


def test_a_failure_is_told_to_the_processes_that_waited_for_it(tmp_path: Path) -> None:
    with workers(tmp_path, 6, "fail") as started:
        begin(started)
        said = [worker.lines() for worker in started]
    assert said == [["ItemMissing a.tif a.tif: no such file in storage http://host/"]] * 6
    assert Server(tmp_path / "server").count() == 1


def test_when_the_process_that_fetches_is_killed_another_takes_over(tmp_path: Path) -> None:
    with workers(tmp_path, 1, "stall") as (stalled,), workers(tmp_path, 3, "get") as others:
        stalled.begin()
        assert stalled.line() == "half"
        begin(others)
        assert list(Cache(tmp_path, 10**9, 86400, 60).entries()) == []
        stalled.process.kill()
        assert [worker.lines() for worker in others] == [["whole"]] * 3
    assert Server(tmp_path / "server").count() == 2
    cache = Cache(tmp_path, 10**9, 86400, 60)
    assert cache.verify().leftover_bytes == 0
    assert [is_whole(entry.path) for entry in cache.entries()] == [True]


def test_processes_hammer_one_cache(tmp_path: Path) -> None:
    """Files change, do not fit, and are evicted all the time; every one that is read is whole."""
    largest = max(len(content(key, "0")) for key in KEYS)
    bound = 5 * 110_000
    assert largest < 110_000
    with workers(tmp_path, 4, "hammer", 150, 1, bound) as started:
        begin(started)
        said = [line for worker in started for line in worker.lines()]
    assert [line for line in said if line not in ("unreachable",) and not line.startswith("done")] == []
    done = [line.split() for line in said if line.startswith("done")]
    assert len(done) == 4
    assert sum(int(misses) for _, misses, _ in done) == Server(tmp_path / "server").count()
    assert sum(int(evictions) for _, _, evictions in done) > 0
    cache = Cache(tmp_path, bound, 86400, 60)
    usage = cache.usage()
    assert usage.bytes + usage.superseded_bytes == cache.size() <= bound
    found = cache.verify()
    assert (found.broken, found.leftover_bytes, found.busy) == ((), 0, ())


@pytest.fixture
def quick_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: what is killed is a process, so nothing has to reach a disk."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="eoxserver-tests-", dir="/dev/shm") as folder:
        yield Path(folder)


def test_a_process_may_be_killed_before_any_step(quick_folder: Path) -> None:
    with workers(quick_folder, 1, "die") as (worker,):
        worker.begin()
        *wrong, last = worker.lines()
    assert wrong == []
    words = last.split()
    assert words[:3] == ["ended", "with", "0"]
    assert int(words[-2]) > 100, "there are that many steps"


def test_processes_may_be_killed_at_any_moment(quick_folder: Path) -> None:
    with workers(quick_folder, 1, "killed", 100, 1) as (worker,):
        worker.begin()
        assert worker.lines() == ["done"]
