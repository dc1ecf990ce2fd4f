# SPDX-License-Identifier: MIT
"""Several processes, and processes that are killed."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from eoxserver.backends.cubes.ocdbt import OcdbtCubeStore
from eoxserver.core.coverage import CellBox
from tests.backends.cubes.processes import working
from tests.backends.cubes.worker import NAME, SIZE, make, overwrite, state_of
from tests.s3servers import KEY, SECRET, S3Server

pytestmark = pytest.mark.integration

DIRECT, BRANCHES = 134_217_728, 500_000


@pytest.mark.parametrize("memory", [DIRECT, BRANCHES], ids=["direct", "branches"])
def test_a_process_that_is_killed_leaves_the_old_or_the_new_version(tmp_path: Path, memory: int) -> None:
    make(OcdbtCubeStore(str(tmp_path)))
    moments = random.Random(4)
    reached = 0
    for _ in range(12):
        with working(tmp_path, memory, "overwrite") as process:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write("go\n")
            process.stdin.flush()
            time.sleep(moments.uniform(0.02, 0.6))
            process.kill()
            told = [int(line) for line in process.stdout.read().split()]
        store = OcdbtCubeStore(str(tmp_path))
        state = state_of(store)
        assert state in ([reached, reached + 1] if not told else [told[-1], told[-1] + 1])
        assert list(store.verify(NAME)) == []
        reached = state
    assert reached >= 3, "too few updates were made for kills to hit any"


@pytest.mark.parametrize("memory", [DIRECT, BRANCHES], ids=["direct", "branches"])
def test_what_a_killed_process_left_does_no_harm(tmp_path: Path, memory: int) -> None:
    make(OcdbtCubeStore(str(tmp_path)))
    for turn in range(20):
        for database in (tmp_path / "data" / NAME).iterdir():
            (database / "manifest.ocdbt.__lock").write_bytes(b"x" * 100_000)
        (tmp_path / "names" / f"{NAME}.__lock").write_bytes(b"x" * 5)
        store = OcdbtCubeStore(str(tmp_path), update_bytes=memory)
        next(overwrite(store, compact=turn % 5 == 4))
        assert state_of(OcdbtCubeStore(str(tmp_path))) == turn + 1
        assert list(store.names()) == [NAME]


@pytest.mark.parametrize("moment", [0.02, 0.05, 0.1, 0.2, 0.3])
def test_what_a_killed_import_left_is_removed_by_the_next(tmp_path: Path, moment: float) -> None:
    with working(tmp_path, BRANCHES, "make") as process:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        time.sleep(moment)
        process.kill()
    store = OcdbtCubeStore(str(tmp_path))
    if list(store.names()):
        assert store.snapshot(NAME).source.shape == (30, SIZE, SIZE)
        store.delete(NAME)
    make(store)
    (database,) = (tmp_path / "data" / NAME).iterdir()
    assert database.name == (tmp_path / "names" / NAME).read_text()
    store.delete(NAME)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("memory", [DIRECT, BRANCHES], ids=["direct", "branches"])
def test_four_processes_lose_nothing(tmp_path: Path, memory: int) -> None:
    four_processes(str(tmp_path), memory)


@pytest.mark.parametrize("memory", [DIRECT, BRANCHES], ids=["direct", "branches"])
def test_four_processes_lose_nothing_in_s3(monkeypatch: pytest.MonkeyPatch, memory: int) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with S3Server({}, "many-writers") as server:
        four_processes(f"s3://{server.bucket}/cubes?endpoint={server.url}&aws_region=us-east-1", memory)


def four_processes(url: str, memory: int) -> None:
    """Four processes append slices, while they are read."""
    store = OcdbtCubeStore(url)
    make(store)
    many = 6
    with ExitStack() as stack:
        workers = [stack.enter_context(working(url, memory, "append", who, many)) for who in range(4)]
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()
        while any(worker.poll() is None for worker in workers):
            snapshot = store.snapshot(NAME)
            assert snapshot.axes[0].coefficients is not None
            newest = snapshot.axes[0].coefficients[-1]
            size = snapshot.axes[0].size
            cells = snapshot.source.read(CellBox((size - 1, 0, 0), (size, SIZE, SIZE)), (0, 1))
            assert size == 2 or (cells.values == newest).all()
        answers = [worker.communicate() for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 4, answers
    numbers = [int(line) for output, _ in answers for line in output.split()]
    assert len(set(numbers)) == 4 * many, "each made versions of its own"
    snapshot = store.snapshot(NAME)
    coefficients = snapshot.axes[0].coefficients
    assert coefficients is not None
    assert coefficients.tolist() == sorted(
        [0.0, 1.0, *(2.0 + who + 10 * each for who in range(4) for each in range(many))]
    )
    values = snapshot.source.read(CellBox.whole(snapshot.source.shape), (0, 1)).values
    np.testing.assert_array_equal(values[:, 2:], np.broadcast_to(coefficients[2:, None, None], values[:, 2:].shape))
    assert sorted(numbers, reverse=True) == [each.number for each in store.versions(NAME)][: len(numbers)]
    assert list(store.verify(NAME)) == []
