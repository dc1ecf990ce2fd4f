# SPDX-License-Identifier: MIT
"""What commands write: results to standard output, the rest to standard error; one clear line for an error.

Progress is a bar on a terminal, and a log line now and then elsewhere.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Protocol

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from eoxserver.core.errors import EOxServerError
from eoxserver.core.util.loading import loading

__all__ = ["Commands", "Fault", "Steps", "note", "print_json", "print_table", "progress", "say"]

LINE_SECONDS = 5.0
"""Where there is no terminal, a line of progress at most this often."""


class Fault(click.ClickException):
    """A command that failed: one line on standard error, exit code 1."""

    def show(self, file: Any = None) -> None:
        """Print the line."""
        click.echo(f"eoxserver: {self.format_message()}", file=file or sys.stderr)


class Commands(click.Group):
    """A group whose commands end in one clear line when they meet an error of ours, without a traceback.

    Commands may be named by module, and are then loaded when they are used: one does not wait for what all the others
    stand on.

    Parameters
    ----------
    found_in : mapping of str to str, optional
        For names of commands the module and attribute, as ``package.module:attribute``.
    """

    def __init__(self, *args: Any, found_in: Mapping[str, str] | None = None, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self._found_in = dict(found_in or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, in the order of the help."""
        return [*self._found_in, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, loaded now; None when there is none."""
        if cmd_name not in self._found_in:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self._found_in[cmd_name].partition(":")
        with loading():
            command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; raises Fault."""
        try:
            return super().invoke(ctx)
        except EOxServerError as error:
            raise Fault(error.message) from error


def say(text: str = "") -> None:
    """Write a line of the result."""
    click.echo(text)


def note(text: str) -> None:
    """Write a line beside the result."""
    click.echo(text, err=True)


def print_json(value: Any) -> None:
    """Write a result for programs."""
    click.echo(json.dumps(value, indent=2, default=str, ensure_ascii=False))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table: as wide as the terminal, or never cut where there is none."""
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*(escape("" if cell is None else str(cell)) for cell in row))
    on_terminal = sys.stdout.isatty()
    console = Console(file=sys.stdout, width=None if on_terminal else 100_000, highlight=False)
    console.print(table, crop=on_terminal, no_wrap=not on_terminal, end="")


class Steps(Protocol):
    """Progress of long work."""

    def step(self, text: str = "") -> None:
        """Say that one more piece is done; ``text`` names it."""

    def say(self, text: str) -> None:
        """Write a line of the result without disturbing the bar."""


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Steps]:
    """Show the progress of long work on standard error."""
    if not sys.stderr.isatty():
        yield _Lines(title, total)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[piece]}", style="dim"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _Bar(bar, title, total)


class _Bar:
    """On a terminal."""

    def __init__(self, bar: Progress, title: str, total: int | None) -> None:
        self._bar = bar
        self._task = bar.add_task(title, total=total, piece="")

    def step(self, text: str = "") -> None:
        self._bar.update(self._task, advance=1, piece=escape(text))

    def say(self, text: str) -> None:
        if sys.stdout.isatty():
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            say(text)


class _Lines:
    """Elsewhere."""

    def __init__(self, title: str, total: int | None) -> None:
        self._title, self._total = title, total
        self._done, self._last = 0, time.monotonic()

    def step(self, text: str = "") -> None:
        self._done += 1
        now = time.monotonic()
        if now - self._last >= LINE_SECONDS:
            self._last = now
            of = f" of {self._total}" if self._total is not None else ""
            note(f"{self._title}: {self._done}{of} {text}".rstrip())

    def say(self, text: str) -> None:
        say(text)
