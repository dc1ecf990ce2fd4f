# SPDX-License-Identifier: MIT
"""``eoxserver create_instance`` and ``eoxserver manage``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from eoxserver.app.administration import make_instance, manage
from eoxserver.cli.console import say
from eoxserver.cli.parameters import instance_option
from eoxserver.conf.reader import instance_path, load_settings

__all__ = ["create_instance", "manage_command"]


@click.command("create_instance")
@click.argument("name")
@click.argument("directory", required=False, type=click.Path(path_type=Path))
@click.option(
    "--database", metavar="URL", help="Catalogue: postgresql://... or sqlite:///...; by default SQLite in it."
)
@click.option("--cubes", metavar="URL", help="Where cubes are kept; by default the folder cubes/ in it.")
def create_instance(name: str, directory: Path | None, database: str | None, cubes: str | None) -> None:
    """Make an instance: a folder with configuration, catalogue and data.

    It is made in DIRECTORY, which must be absent or empty; by default in a folder NAME here. The password of its
    administrator is shown once, and kept in conf/admin.credentials.
    """
    made = make_instance(name, directory, database, cubes)
    say(f"Instance {name} is in {made.paths.root}")
    if made.administrator is None:
        say("Its database has an administrator already.")
    else:
        say(f"Administrator {made.administrator.name}, password {made.administrator.password}")
        say(f"  (shown once; kept in {made.paths.credentials})")
    say(f"Next: eoxserver register FILES --instance {made.paths.root}")
    say(f"      eoxserver serve --instance {made.paths.root}")


@click.command(
    "manage", context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
)
@instance_option
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage_command(directory: Path | None, arguments: tuple[str, ...]) -> None:
    """Run one of Django's management commands on the catalogue (migrate, changepassword, dumpdata, shell, ...).

    Without arguments they are listed.
    """
    settings = load_settings(instance_path(directory, os.environ), os.environ)
    raise SystemExit(manage(settings, arguments))
