# SPDX-License-Identifier: MIT
"""Tests of tests.programs: what this machine lacks is said, and what it has is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import programs


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Answer the only folder of programs of a machine that has none yet."""
    monkeypatch.setenv("PATH", str(tmp_path))
    table = [programs.Program("server", "server-15", "server tests", f"{tmp_path}/lib/*/bin")]
    monkeypatch.setattr(programs, "PROGRAMS", (*table, programs.Program("client", "clients", "client tests")))
    return tmp_path


def add(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.touch(mode=0o755)
    return path


def test_missing_programs_are_said_with_the_tests_and_the_packages(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert programs.find("client") is None
    programs.main()
    assert capsys.readouterr().out.splitlines() == [
        "missing: server: server tests will be SKIPPED",
        "missing: client: client tests will be SKIPPED",
        "to run them too: apt-get install clients server-15   (.ci/run does it by itself as root)",
    ]


def test_nothing_is_said_when_all_are_there(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client = add(machine, "client")
    add(machine / "lib" / "14" / "bin", "server")
    newest = add(machine / "lib" / "15" / "bin", "server")
    assert programs.find("client") == str(client)
    assert programs.find("server") == str(newest)
    programs.main()
    assert capsys.readouterr().out == ""


def test_every_program_is_installed_by_ci(root: Path) -> None:
    script = (root / ".ci" / "run").read_text()
    for program in programs.PROGRAMS:
        assert program.package in script
