# SPDX-License-Identifier: MIT
"""What commands write, and where."""

from __future__ import annotations

import io
import json
import sys

import click
import pytest
from click.testing import CliRunner

from eoxserver.cli.console import Commands, Fault, print_json, print_table, progress
from eoxserver.core.errors import NoSuchCoverage


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_an_error_of_ours_is_one_line_and_exit_code_1() -> None:
    @click.group(cls=Commands)
    def group() -> None:
        """A group."""

    @group.command()
    def fail() -> None:
        raise NoSuchCoverage("no coverage 'x'")

    result = CliRunner().invoke(group, ["fail"])
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "eoxserver: no coverage 'x'\n")


def test_an_error_of_nobody_keeps_its_traceback() -> None:
    @click.group(cls=Commands)
    def group() -> None:
        """A group."""

    @group.command()
    def fail() -> None:
        raise ZeroDivisionError

    assert isinstance(CliRunner().invoke(group, ["fail"]).exception, ZeroDivisionError)


def test_a_fault_is_a_click_exception() -> None:
    assert Fault("x").exit_code == 1


def test_a_table_is_never_cut_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "value"), [("x" * 300, None), ("[bold]", 1)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "value"]
    assert lines[1].strip() == "x" * 300
    assert lines[2].split() == ["[bold]", "1"]


def test_json_keeps_letters(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "Å", "path": click.__file__})
    out = capsys.readouterr().out
    assert "Å" in out
    assert json.loads(out)["name"] == "Å"


def test_progress_without_a_terminal_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("eoxserver.cli.console.time.monotonic", lambda: now[0])
    with progress("working", 3) as steps:
        for number in range(3):
            now[0] += 3
            steps.step(f"piece {number}")
        steps.say("a result")
    captured = capsys.readouterr()
    assert captured.err == "working: 2 of 3 piece 1\n"
    assert captured.out == "a result\n"


def test_progress_on_a_terminal_is_a_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress("working", 2) as steps:
        steps.step("piece [1]")
        steps.say("a result")
        steps.step()
    assert "working" in terminal.getvalue() and "2/2" in terminal.getvalue()
    assert capsys.readouterr().out == "a result\n"


def test_results_do_not_break_the_bar_when_both_are_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, out = Terminal(), Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(sys, "stdout", out)
    with progress("working") as steps:
        steps.say("a [result]")
    assert "a [result]" in terminal.getvalue()
    assert out.getvalue() == ""
