# SPDX-License-Identifier: MIT
"""``eoxserver wcst_import``: bulk import by an ingredients file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from eoxserver.backends.grib.process import GribProcess
from eoxserver.cli.console import Fault, note, say
from eoxserver.cli.parameters import instance_option, opened
from eoxserver.wcst_import.ingredients.reading import read_ingredients
from eoxserver.wcst_import.recipes.base import Environment
from eoxserver.wcst_import.session import Session
from eoxserver.wcst_import.targets.instance import InstanceTarget

__all__ = ["wcst_import"]


class _Terminal:
    """Lines to standard output, warnings and progress to standard error."""

    def __init__(self) -> None:
        self._written = 0

    def say(self, line: str) -> None:
        say(line)

    def warn(self, line: str) -> None:
        note(f"warning: {line}")

    def confirm(self) -> bool:
        if not sys.stdin.isatty():
            raise Fault("nobody is there to confirm the import; config.automated does without")
        return click.confirm("import this?", default=True, err=True)

    def progress(self, done: int, total: int) -> None:
        filled = 20 * done // max(1, total)
        line = f"[{'#' * filled}{'-' * (20 - filled)}] {done}/{total} {100 * done // max(1, total)}%"
        if sys.stderr.isatty():
            click.echo(f"\r{line}", err=True, nl=done == total)
        elif done == total:
            note(line)


@click.command("wcst_import")
@click.argument("ingredients", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@instance_option
@click.option("--explain", is_flag=True, help="Change nothing; say what would be imported, and where that comes from.")
def wcst_import(ingredients: Path, directory: Path | None, explain: bool) -> None:
    """Import files into coverages, as INGREDIENTS say.

    INGREDIENTS is a JSON file: which files, and by which recipe they become slices of a mosaic, a time series or a
    cube of any axes.
    """
    given = read_ingredients(ingredients)
    instance, grib = opened(directory), GribProcess()
    try:
        environment = Environment(instance.readers, instance.crss.parse, InstanceTarget(instance), grib)
        result = Session(given, instance.plugins.import_recipes, environment, _Terminal(), explain).run()
    finally:
        grib.close()
        instance.close()
    if not explain:
        say(f"{result.imported} slices imported" + (f", {len(result.skipped)} files skipped" if result.skipped else ""))
