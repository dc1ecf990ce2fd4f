# SPDX-License-Identifier: MIT
"""docs/commands.md, held to the commands."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

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
    assert set(main.commands) == {
        "cache", "check", "collection", "config", "create_instance", "crs", "cube", "demo", "deregister", "describe",
        "list", "manage", "package", "plugins", "register", "serve", "storage", "wcps", "wcst_import",
    }  # fmt: skip
    assert isinstance(main.commands["collection"], click.Group)
    assert set(main.commands["collection"].commands) == {"create", "delete", "insert", "list", "remove"}
    for name in ("storage", "package"):
        group = main.commands[name]
        assert isinstance(group, click.Group)
        assert set(group.commands) == {"add", "list", "remove", "test"}
