# SPDX-License-Identifier: MIT
"""Several processes change coverages, and are killed at any moment: each answers its old or its new version, whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from eoxserver.resources.coverages.models import PendingCube
from tests.applications import Application, application, instance_template
from tests.resources.coverages.ingestion.coverages import coverage, lat, long, read, slice_of
from tests.resources.coverages.ingestion.worker import SIZE

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
UPDATES = 200


@pytest.fixture
def app(instance_template: Path, tmp_path: Path) -> Iterator[Application]:
    """Answer an application with a coverage of one slice."""
    with application(tmp_path, instance_template) as found:
        found.instance.ingestion.insert(slice_of(0, 1, size=SIZE))
        yield found


@contextmanager
def worker(app: Application, *words: object) -> Iterator[subprocess.Popen[str]]:
    """A process of ``worker`` that is ready; it begins when it gets a line."""
    module = "tests.resources.coverages.ingestion.worker"
    command = [sys.executable, "-m", module, str(app.instance.paths.root), *map(str, words)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def begin(process: subprocess.Popen[str]) -> None:
    """Let a process work."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def first_lines(process: subprocess.Popen[str], count: int) -> list[str]:
    """What a process says next, at most so many lines."""
    assert process.stdout is not None
    return [line for _ in range(count) if (line := process.stdout.readline())]


def lines(process: subprocess.Popen[str]) -> list[str]:
    """What a process has said until it ended."""
    assert process.stdout is not None
    return process.stdout.read().splitlines()


def whole(app: Application) -> int:
    """The number of slices of the coverage, which all its cells must hold."""
    found = app.instance.catalogue.coverage("part")
    cells = read(found)
    assert len(cells) == found.domain.shape[0]
    assert (cells == len(cells)).all()
    return len(cells)


def test_killed_updates_leave_whole_versions(app: Application) -> None:
    """Each process is killed somewhere in its work; the next begins where the catalogue is."""
    rng = random.Random(4)
    done = 1
    killed = 0
    while done < UPDATES:
        with worker(app, "grow", done + 1, UPDATES - done) as process:
            begin(process)
            said = [int(line) for line in first_lines(process, rng.randrange(40))]
            time.sleep(rng.uniform(0, 0.03))
            process.send_signal(signal.SIGKILL)
            said += [int(line) for line in lines(process)]
        killed += process.returncode == -signal.SIGKILL
        now = whole(app)
        assert now >= (said[-1] if said else done)
        if rng.random() < 0.5:
            app.instance.ingestion.recover()
            assert now <= whole(app) <= now + 1
        assert dict(app.instance.ingestion.verify()) == {"part": ()}
        done = whole(app)
    assert killed > 3
    assert [result.problems for result in app.instance.registrar().check()] == [()]


def test_killed_insertions_and_deletions_leave_nothing_half(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(5)
    for number in range(5):
        with worker(app, "insert", number, 1000) as process:
            begin(process)
            time.sleep(rng.uniform(0.05, 0.8))
            process.send_signal(signal.SIGKILL)
            lines(process)
        for summary in app.instance.catalogue.summaries():
            found = read(app.instance.catalogue.coverage(summary.identifier))
            assert (found == found.flat[0]).all()
    app.instance.ingestion.recover()
    assert {problems for _, problems in app.instance.ingestion.verify()} == {()}
    assert all(result.ok for result in app.instance.registrar().check())
    monkeypatch.setattr("eoxserver.resources.coverages.ingestion.pending.GRACE", timedelta(0))
    app.instance.ingestion.recover()
    assert PendingCube.objects.count() == 0
    assert all(row.identifier is not None for row in app.instance.ingestion.cubes())


def test_updates_of_several_processes_are_applied_or_refused(app: Application) -> None:
    with worker(app, "append", 1, 25) as first, worker(app, "append", 2, 25) as second:
        for process in (first, second):
            begin(process)
        said = [lines(first), lines(second)]
        assert [process.wait() for process in (first, second)] == [0, 0]
    applied = sum(line != "conflict" for part in said for line in part)
    found = app.instance.catalogue.coverage("part")
    assert found.domain.shape[0] == 1 + applied
    cells = read(found)
    for day, cell in zip(found.domain.axes[0].coordinates(), cells, strict=True):
        assert (cell == max(1, day // 1000)).all()
    assert applied > 25


MODULES = {"publish": "changing", "insert_row": "ingestion"}
"""Where the function is called that is the moment."""


@pytest.mark.parametrize("moment", MODULES)
def test_a_process_that_is_killed_between_the_two_commits(app: Application, moment: str) -> None:
    """The store has the version, the catalogue has not come to it: the worst moment, met for sure."""
    code = (
        "import os, signal, sys\n"
        "from eoxserver.app import open_instance\n"
        f"ingestion = open_instance({str(app.instance.paths.root)!r}).ingestion\n"
        f"from eoxserver.resources.coverages.ingestion import {MODULES[moment]} as module\n"
        "from tests.resources.coverages.ingestion.coverages import slice_of\n"
        f"module.{moment} = lambda *given: os.kill(os.getpid(), signal.SIGKILL)\n"
        + (
            f"ingestion.update('part', slice_of(1, 2, size={SIZE}))"
            if moment == "publish"
            else "from dataclasses import replace\n"
            f"ingestion.insert(replace(slice_of(1, 2, size={SIZE}), identifier='new'))"
        )
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={**os.environ}, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert read(app.instance.catalogue.coverage("part")).shape == (1, SIZE, SIZE)
    assert not app.instance.catalogue.exists("new")
    ingestion = app.instance.ingestion
    assert dict(ingestion.verify()) == {"part": ()}
    if moment == "publish":
        ingestion.update("part", slice_of(2, 3, size=SIZE))
        assert read(app.instance.catalogue.coverage("part"))[:, 0, 0].tolist() == [1, 2, 3]
    else:
        ingestion.insert(coverage("new", (lat(10, 4), long(0, 4)), 5))
        assert (read(app.instance.catalogue.coverage("new")) == 5).all()
