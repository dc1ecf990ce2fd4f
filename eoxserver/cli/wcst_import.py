# SPDX-License-Identifier: MIT
"""``eoxserver wcst_import``: bulk import by an ingredients file."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from eoxserver.app import Instance
from eoxserver.backends.credentials import Credentials
from eoxserver.backends.grib.process import GribProcess
from eoxserver.backends.rasters import found_by_name
from eoxserver.cli.console import LINE_SECONDS, note, say
from eoxserver.cli.parameters import instance_option, opened
from eoxserver.core.errors import EOxServerError
from eoxserver.wcst_import.custom import FOLDER, Recipes
from eoxserver.wcst_import.daemon import Daemon
from eoxserver.wcst_import.errors import ImportRefused
from eoxserver.wcst_import.ingredients.reading import Ingredients, read_ingredients
from eoxserver.wcst_import.recipes.base import Environment
from eoxserver.wcst_import.session import Result, Session
from eoxserver.wcst_import.targets.base import Target
from eoxserver.wcst_import.targets.http import HttpTarget
from eoxserver.wcst_import.targets.instance import InstanceTarget

__all__ = ["wcst_import"]

WATCH_SECONDS = 3600.0
PASSWORD = "EOXS_IMPORT_PASSWORD"  # noqa: S105 - the name of a variable
"""The variable that may hold what --passwd says: command lines are there for all to read."""


class _Terminal:
    """Lines to standard output, warnings and progress to standard error.

    Parameters
    ----------
    over : threading.Event, optional
        Ends the import after the change that is under way.
    """

    def __init__(self, over: threading.Event | None = None) -> None:
        self._over = over
        self._said = time.monotonic()

    def say(self, line: str) -> None:
        say(line)

    def warn(self, line: str) -> None:
        note(f"warning: {line}")

    def confirm(self) -> bool:
        if not sys.stdin.isatty():
            raise ImportRefused("nobody is there to confirm the import; config.automated does without")
        return click.confirm("import this?", default=True, err=True)

    def progress(self, done: int, total: int) -> None:
        filled = 20 * done // max(1, total)
        line = f"[{'#' * filled}{'-' * (20 - filled)}] {done}/{total} {100 * done // max(1, total)}%"
        if sys.stderr.isatty():
            click.echo(f"\r{line}", err=True, nl=done == total)
        elif done == total or time.monotonic() - self._said >= LINE_SECONDS:
            self._said = time.monotonic()
            note(line)
        if self._over is not None and self._over.is_set() and done < total:
            raise ImportRefused(f"asked to end after {done} of {total} slices; the next run goes on there")


@dataclass(frozen=True)
class _Options:
    """What the command line says beside the ingredients."""

    directory: Path | None
    local: bool
    explain: bool
    credentials: Credentials


def _credentials(user: str | None, password: str | None, identity: Path | None) -> Credentials:
    if identity is not None:
        try:
            name, colon, secret = identity.read_text("utf-8").strip().partition(":")
        except (OSError, UnicodeDecodeError) as error:
            raise click.BadParameter(f"{identity} cannot be read: {error}", param_hint="--identity-file") from error
        if not colon or not name:
            raise click.BadParameter(f"{identity} must hold user:password", param_hint="--identity-file")
        return Credentials(name, secret)
    return Credentials(user, password or "") if user else Credentials()


@click.command("wcst_import")
@click.argument("ingredients", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@instance_option
@click.option("--explain", is_flag=True, help="Change nothing; say what would be imported, and where that comes from.")
@click.option("--local", is_flag=True, help="Import into the instance, even where config.service_url names a server.")
@click.option("--user", metavar="NAME", help="Who may write on the server of config.service_url.")
@click.option("--passwd", "password", metavar="WORD", envvar=PASSWORD, help="The password of --user.")
@click.option(
    "--identity-file",
    "identity",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with user:password, in place of --user and --passwd.",
)
@click.option(
    "-w",
    "--watch",
    type=click.FloatRange(min=0, min_open=True),
    is_flag=False,
    flag_value=WATCH_SECONDS,
    metavar="[SECONDS]",
    help=f"Look for new files again and again, every {WATCH_SECONDS:g} seconds unless another number is given.",
)
@click.option(
    "-d",
    "--daemon",
    type=click.Choice(["start", "stop", "status", "restart"]),
    help="Watch in the background, in a process of its own; stop it, or say whether it runs.",
)
def wcst_import(ingredients: Path, watch: float | None, daemon: str | None, **given: Any) -> None:
    """Import files into coverages, as INGREDIENTS say.

    INGREDIENTS is a JSON file: which files, and by which recipe they become slices of a mosaic, a time series or a
    cube of any axes. The coverages are made in the instance, or on the server that config.service_url names.
    """
    secrets = {name: given.pop(name) for name in ("user", "password", "identity")}
    options = _Options(**given, credentials=_credentials(**secrets))
    if daemon is not None:
        _background(Daemon(ingredients), daemon, watch or WATCH_SECONDS)
    elif watch is not None:
        _watch(ingredients, options, watch)
    else:
        _report(_once(ingredients, options), options.explain)


def _report(result: Result, explain: bool) -> None:
    if not explain:
        left_out = f", {len(result.skipped)} files skipped" if result.skipped else ""
        say(f"{result.imported} slices imported{left_out}")


def _once(path: Path, options: _Options, over: threading.Event | None = None) -> Result:
    given = read_ingredients(path)
    with _environment(given, options) as (instance, environment):
        terminal = _Terminal(over)
        recipes = Recipes(instance.plugins.import_recipes, instance.paths.root / FOLDER, terminal.warn)
        return Session(given, recipes, environment, terminal, options.explain).run()


@contextmanager
def _environment(given: Ingredients, options: _Options) -> Iterator[tuple[Instance, Environment]]:
    instance, grib = opened(options.directory), GribProcess()
    try:
        with found_by_name(), tempfile.TemporaryDirectory(dir=given.config.tmp_directory or None) as folder:
            target = _target(given, options, instance, Path(folder))
            try:
                yield instance, Environment(instance.readers, instance.crss.parse, target, grib)
            finally:
                target.close()
    finally:
        grib.close()
        instance.close()


def _target(given: Ingredients, options: _Options, instance: Instance, folder: Path) -> Target:
    config = given.config
    if options.local or not config.service_url:
        return InstanceTarget(instance)
    return HttpTarget(config.service_url, options.credentials, instance.crss.parse, folder, config.crs_resolver)


# -- again and again --------------------------------------------------------------------------------------------


def _watch(path: Path, options: _Options, seconds: float) -> None:
    """Import until the process is asked to end; a run that fails is said, and tried again."""
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    while not over.is_set():
        try:
            _report(_once(path, options, over), options.explain)
        except EOxServerError as error:
            note(f"eoxserver: {error.message}")
        over.wait(seconds)


def _background(daemon: Daemon, action: str, seconds: float) -> None:
    context = click.get_current_context()
    options = [f"--watch={seconds:g}"]
    for name, flag in (("directory", "--instance"), ("user", "--user"), ("identity", "--identity-file")):
        value = context.params.get(name)
        if value is not None:
            options += [flag, str(Path(value).absolute() if name != "user" else value)]
    if context.params["local"]:
        options.append("--local")
    password = context.params["password"]
    secrets = {PASSWORD: password} if password else {}
    if action in ("start", "restart"):
        if context.params["explain"]:
            raise click.UsageError("--explain changes nothing; a daemon imports")
        read_ingredients(daemon.ingredients)  # what is wrong with them is told here, not in a file
    if action in ("stop", "restart"):
        say("stopped" if daemon.stop() else "it did not run")
    if action in ("start", "restart"):
        say(f"started, process {daemon.start(options, secrets)}; it writes to {daemon.output}")
    if action == "status":
        if daemon.pid is None:
            raise ImportRefused(f"the daemon of {daemon.ingredients} does not run")
        say(f"it runs, process {daemon.pid}")
