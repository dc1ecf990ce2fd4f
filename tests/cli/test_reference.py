# SPDX-License-Identifier: MIT
"""docs/commands.md, held to the commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from eoxserver.cli import main
from eoxserver.cli.reference import commands, commands_text

pytestmark = pytest.mark.docs


def test_the_page_is_made_from_the_commands(root: Path) -> None:
    assert (root / "docs" / "commands.md").read_text() == commands_text(), "say: make reference"


@pytest.mark.parametrize(("words", "command"), list(commands()))
def test_every_command_and_option_is_explained(root: Path, words: str, command: click.Command) -> None:
    page = (root / "docs" / "commands.md").read_text()
    section = page.split(f"## {words}\n", 1)[1].split("\n## ", 1)[0]
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{words} {parameter.name}"
            for name in (*parameter.opts, *parameter.secondary_opts):
                assert f"`{name}`" in section


def test_there_are_these_commands() -> None:
    found = dict(commands())
    assert {words.split()[1] for words in found} == {
        "cache", "check", "collection", "config", "create_instance", "crs", "cube", "demo", "deregister", "describe",
        "list", "manage", "package", "plugins", "register", "serve", "storage", "wcps", "wcst_import",
    }  # fmt: skip
    for group, names in {
        "collection": {"create", "delete", "insert", "list", "remove"},
        "storage": {"add", "list", "remove", "test"},
        "package": {"add", "list", "remove", "test"},
    }.items():
        assert {words.split()[2] for words in found if words.startswith(f"eoxserver {group} ")} == names


def test_commands_are_loaded_when_they_are_used() -> None:
    """One does not wait for what all the others stand on."""
    code = "import sys; from eoxserver.cli import main; main(['--version'], standalone_mode=False); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "eoxserver.cli.main" in loaded
    assert not {"django", "rasterio", "eoxserver.app", "eoxserver.cli.serve"} & set(loaded)


def test_unknown_commands_are_refused() -> None:
    result = CliRunner().invoke(main, ["regster"], prog_name="eoxserver")
    assert (result.exit_code, "No such command 'regster'" in result.output) == (2, True)
