# SPDX-License-Identifier: MIT
"""The page of the manual on the commands, made from the commands themselves.

``python -m eoxserver.cli.reference`` (``make reference``) writes it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from eoxserver.cli.main import main

__all__ = ["commands", "commands_text"]

PAGE = Path("docs", "commands.md")
INTRODUCTION = """\
# Commands

Made from the commands by `make reference`; edit those. The [tutorial](tutorial.md) shows them at work.

* `--instance` names the folder of the instance; without it, `$EOXSERVER_INSTANCE` does, then the current folder.
* Exit codes: 0 done, 1 failed, 2 wrong usage. A failure is one line on standard error.
* `--json` writes the result for programs. Long work shows a bar on a terminal, and a line now and then elsewhere.
"""


def commands(group: click.Group = main, path: tuple[str, ...] = ("eoxserver",)) -> Iterator[tuple[str, click.Command]]:
    """Every command by its words, in the order of the help; groups before what is in them."""
    context = click.Context(group)
    for name in group.list_commands(context):
        words, command = (*path, name), group.get_command(context, name)
        assert command is not None
        yield " ".join(words), command
        if isinstance(command, click.Group):
            yield from commands(command, words)


def commands_text() -> str:
    """The page."""
    return "\n".join([INTRODUCTION, *(_section(words, command) for words, command in commands())])


def _section(words: str, command: click.Command) -> str:
    context = click.Context(command, info_name=words, max_content_width=110, terminal_width=110)
    pieces = command.collect_usage_pieces(context)
    lines = [f"## {words}\n", "```text", " ".join([words, *pieces]), "```\n", _flowing(command.help or ""), ""]
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    if options:
        lines += ["| option | meaning |", "|---|---|"]
        lines += [f"| {_names(option, context)} | {_meaning(option, context)} |" for option in options]
        lines.append("")
    if command.epilog:
        lines += [_flowing(command.epilog), ""]
    return "\n".join(lines)


def _names(option: click.Option, context: click.Context) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    return names if option.is_flag else f"{names} `{option.make_metavar(context)}`"


def _meaning(option: click.Option, context: click.Context) -> str:
    shown = option.get_help_record(context)
    return (shown[1] if shown else option.help or "").replace("|", "\\|")


def _flowing(text: str) -> str:
    """Help text as paragraphs of one line each, those as they are that the help shows as they are."""
    return "\n\n".join(_paragraph(paragraph) for paragraph in text.split("\n\n"))


def _paragraph(text: str) -> str:
    as_it_is, mark, lines = text.partition("\b\n")
    return f"```text\n{lines}\n```" if mark and not as_it_is else " ".join(text.split())


if __name__ == "__main__":
    PAGE.write_text(commands_text(), encoding="utf-8")
