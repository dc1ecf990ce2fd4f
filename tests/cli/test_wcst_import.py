# SPDX-License-Identifier: MIT
"""The command ``wcst_import`` as a process: again and again, in the background, on a terminal and without."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.backends.rasters import pattern, write
from tests.cli.conftest import Commands
from tests.wcst_import.imports import ingredients

pytestmark = pytest.mark.integration

COMMAND = (sys.executable, "-c", "from eoxserver.cli import main; main(prog_name='eoxserver')", "wcst_import")


def tiles(folder: Path, numbers: range) -> None:
    """Files side by side."""
    for number in numbers:
        beside = folder / f".{number}.tif"
        write(beside, pattern((1, 3, 4)) + number, bounds=(4 * number, 0, 4 * number + 4, 3))
        beside.rename(folder / f"t{number}.tif")


@pytest.fixture
def given(tmp_path: Path) -> dict[str, Any]:
    """Ingredients of a mosaic of two files, beside which they are written."""
    tiles(tmp_path, range(2))
    return saved(tmp_path, ingredients("map_mosaic", "t*.tif"))


def saved(folder: Path, content: dict[str, Any]) -> dict[str, Any]:
    """Write ingredients."""
    (folder / "i.json").write_text(json.dumps(content))
    return content


def imported(eoxserver: Commands) -> int:
    """How many tiles the coverage has."""
    if eoxserver("describe", "c").exit_code:
        return 0
    (size,) = (axis["size"] for axis in eoxserver.json("describe", "c")["axes"] if axis["label"] == "Long")
    return int(size) // 4


def daemon(eoxserver: Commands, path: Path, *words: str, code: int = 0) -> str:
    """Run the command about a daemon; answers what it says."""
    command = [*COMMAND, str(path), "--instance", str(eoxserver.instance), "--daemon", *words]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


@contextmanager
def process(*words: object, **more: Any) -> Iterator[subprocess.Popen[str]]:
    """The command, ended at last."""
    running = subprocess.Popen(
        [*COMMAND, *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}, **more,
    )  # fmt: skip
    with running:
        try:
            yield running
        finally:
            running.kill()


def until(running: subprocess.Popen[str], words: str) -> str:
    """Read what a process says up to a line with some words."""
    assert running.stdout is not None
    said = ""
    for line in running.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"'{words}' is not in what it says: {said}")


@pytest.mark.usefixtures("given")
def test_it_watches_for_new_files_until_it_is_asked_to_end(eoxserver: Commands, tmp_path: Path) -> None:
    with process(tmp_path / "i.json", "--instance", eoxserver.instance, "--watch", "0.2") as running:
        until(running, "2 slices imported")
        until(running, "2 files are imported already")
        tiles(tmp_path, range(2, 5))
        until(running, "slices imported")
        (tmp_path / "c.resume.json").stat()
        while len(json.loads((tmp_path / "c.resume.json").read_text())) < 5:
            until(running, "slices imported")
        running.send_signal(signal.SIGTERM)
        assert running.wait() == 0
    assert imported(eoxserver) == 5


def test_what_fails_while_it_watches_is_said_and_tried_again(
    eoxserver: Commands, tmp_path: Path, given: dict[str, Any]
) -> None:
    good = (tmp_path / "t1.tif").read_bytes()
    (tmp_path / "t1.tif").write_bytes(good[:20])
    with process(tmp_path / "i.json", "--instance", eoxserver.instance, "--watch", "0.2") as running:
        assert "Traceback" not in until(running, "t1.tif")
        (tmp_path / "new").write_bytes(good)
        (tmp_path / "new").rename(tmp_path / "t1.tif")
        until(running, "2 slices imported")
        saved(tmp_path, {**given, "config": {"automatic": True}})
        until(running, "did you mean 'automated'")
        running.send_signal(signal.SIGINT)
        assert running.wait() == 0


def test_asked_to_end_it_ends_after_a_change(eoxserver: Commands, tmp_path: Path, given: dict[str, Any]) -> None:
    """A hook asks, before the first change."""
    tiles(tmp_path, range(2, 6))
    given["hooks"] = [{"when": "before_import", "cmd": 'kill -TERM "$PPID"'}]
    saved(tmp_path, given)
    words = (tmp_path / "i.json", "--instance", eoxserver.instance, "--watch", "0.2")
    code = "from eoxserver.wcst_import import importer\nimporter.BATCH_SLICES = 2\n" + COMMAND[2]
    ended = subprocess.run(
        [sys.executable, "-c", code, "wcst_import", *map(str, words)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0
    assert "asked to end after 2 of 6 slices; the next run goes on there" in ended.stderr
    assert imported(eoxserver) == 2
    del given["hooks"]
    saved(tmp_path, given)
    assert "4 slices imported" in eoxserver.ok("wcst_import", tmp_path / "i.json", "--instance", eoxserver.instance)
    assert imported(eoxserver) == 6


# -- in the background ------------------------------------------------------------------------------------------


def test_a_daemon_starts_is_there_and_ends(eoxserver: Commands, tmp_path: Path, given: dict[str, Any]) -> None:
    path = tmp_path / "i.json"
    assert "does not run" in daemon(eoxserver, path, "status", code=1)
    assert "it did not run" in daemon(eoxserver, path, "stop")
    number = 0
    try:
        said = daemon(eoxserver, path, "start", "--watch", "0.2", "--user", "me", "--passwd", "not-for-all")
        number = int(said.split("process ")[1].split(";")[0])
        command = Path(f"/proc/{number}/cmdline").read_bytes()
        assert b"--user\0me" in command and b"not-for-all" not in command
        assert b"EOXS_IMPORT_PASSWORD=not-for-all" in Path(f"/proc/{number}/environ").read_bytes()
        assert f"it runs, process {number}" in daemon(eoxserver, path, "status")
        assert f"runs already (process {number})" in daemon(eoxserver, path, "start", code=1)
        waiting(path.with_suffix(".daemon.out"), "2 slices imported")
        said = daemon(eoxserver, path, "restart", "--watch", "0.2")
        number = int(said.split("process ")[1].split(";")[0])
        assert said.startswith("stopped")
        tiles(tmp_path, range(2, 3))
        waiting(path.with_suffix(".daemon.out"), "1 slices imported")
        assert "stopped" in daemon(eoxserver, path, "stop")
        assert "does not run" in daemon(eoxserver, path, "status", code=1)
    finally:
        if number and Path(f"/proc/{number}").exists():
            os.kill(number, signal.SIGKILL)
    assert imported(eoxserver) == 3
    saved(tmp_path, {**given, "inputs": {}})
    assert "did you mean 'input'" in daemon(eoxserver, path, "start", code=1)
    assert "a daemon imports" in daemon(eoxserver, path, "start", "--explain", code=2)


def waiting(path: Path, words: str) -> None:
    """Wait until a file has some words."""
    while not path.exists() or words not in path.read_text():
        time.sleep(0.05)


# -- once -------------------------------------------------------------------------------------------------------


def test_two_imports_of_one_coverage_are_one_too_many(
    eoxserver: Commands, tmp_path: Path, given: dict[str, Any]
) -> None:
    words = ("wcst_import", tmp_path / "i.json", "--instance", eoxserver.instance)
    with (tmp_path / ".c.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another import of c is under way" in eoxserver.fails(*words)
        assert "insert it with 2 slices" in eoxserver.ok(*words, "--explain"), "which changes nothing"
        given["input"]["coverage_id"] = "other"
        saved(tmp_path, given)
        assert "2 slices imported" in eoxserver.ok(*words)


def test_nobody_is_asked_where_nobody_is(eoxserver: Commands, tmp_path: Path, given: dict[str, Any]) -> None:
    given["config"]["automated"] = False
    saved(tmp_path, given)
    with process(tmp_path / "i.json", "--instance", eoxserver.instance) as running:
        said = until(running, "nobody is there to confirm the import; config.automated does without")
        assert "coverage c: insert it with 2 slices of 2 files" in said
        assert running.wait() == 1
    assert imported(eoxserver) == 0
    assert (tmp_path / "i.log").read_text().endswith("Result: failed.\n")


@pytest.mark.parametrize("answer", ["y", "n"])
def test_on_a_terminal_somebody_is_asked_and_sees_a_bar(
    eoxserver: Commands, tmp_path: Path, given: dict[str, Any], answer: str
) -> None:
    given["config"]["automated"] = False
    saved(tmp_path, given)
    command = [*COMMAND, str(tmp_path / "i.json"), "--instance", str(eoxserver.instance)]
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True) as running:
        os.close(theirs)
        said = b""
        while b"import this?" not in said:
            said += os.read(ours, 4096)
        os.write(ours, answer.encode() + b"\n")
        try:
            while more := os.read(ours, 4096):
                said += more
        except OSError:
            pass  # the other end is closed
        assert running.wait() == 0
    os.close(ours)
    assert (b"\r[####################] 2/2 100%" in said) == (answer == "y")
    assert imported(eoxserver) == (2 if answer == "y" else 0)


def test_exit_codes_and_one_line(eoxserver: Commands, tmp_path: Path, given: dict[str, Any]) -> None:
    path = tmp_path / "i.json"
    words = ("wcst_import", path, "--instance", eoxserver.instance)
    eoxserver.fails("wcst_import", code=2)
    assert "does not exist" in eoxserver.fails("wcst_import", tmp_path / "none.json", code=2)
    eoxserver.fails(*words, "--watch", "0", code=2)
    eoxserver.fails(*words, "--daemon", "begin", code=2)
    for content, said in (
        (b"user-password", "must hold user:password"),
        (b":password", "must hold user:password"),
        (b"\xff\xfe:", "cannot be read"),
    ):
        (tmp_path / "who").write_bytes(content)
        assert said in eoxserver.fails(*words, "--identity-file", tmp_path / "who", code=2)
    (tmp_path / "who").write_text("me:secret\n")
    done = eoxserver(*words, "--identity-file", tmp_path / "who")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "2 slices imported")
    assert "[####################] 2/2 100%" in done.stderr.splitlines()
    done = eoxserver(*words)
    assert (done.exit_code, done.stdout) == (0, "0 slices imported\n"), "all are imported already"
    saved(tmp_path, {**given, "recipe": {"name": "mosaic"}})
    said = eoxserver.fails(*words)
    assert said.count("\n") == 1 and "map_mosaic" in said
