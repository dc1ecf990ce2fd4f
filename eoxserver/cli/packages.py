# SPDX-License-Identifier: MIT
"""``eoxserver package``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from eoxserver.cli.console import Commands, note, print_json, print_table
from eoxserver.cli.parameters import instance_option, json_option, opened
from eoxserver.cli.storages import tell_tested

__all__ = ["package"]


@click.group(cls=Commands)
def package() -> None:
    """Add, list, test and remove packages: archives in which data lies.

    Registering ARCHIVE//member adds the package by itself. LOCATION is a path, a URL, storage:NAME/path, or, of an
    archive in an archive, ARCHIVE//member.
    """


@package.command("add")
@click.argument("location")
@instance_option
@click.option("--storage", metavar="NAME", help="The storage LOCATION is in.")
@click.option("--in", "within", metavar="PACKAGE", help="The package LOCATION is a member of.")
@click.option(
    "--format", "archive_format", metavar="FORMAT", help="ZIP or TAR; by default what the name or the content says."
)
@click.option("--check/--no-check", default=True, help="Whether the archive must be readable now (the default).")
def add(
    location: str,
    directory: Path | None,
    storage: str | None,
    within: str | None,
    archive_format: str | None,
    check: bool,
) -> None:
    """Add a package; needed only where neither the name nor the first bytes of the archive tell its format."""
    packages = opened(directory).registrar().packages
    place = packages.add(location, storage=storage, within=within, archive_format=archive_format, check=check)
    note(f"package {place} added")


@package.command("list")
@instance_option
@json_option
def list_packages(directory: Path | None, as_json: bool) -> None:
    """List packages, with the number of data items and packages in each."""
    rows = [asdict(row) for row in opened(directory).registrar().packages.rows()]
    if as_json:
        print_json(rows)
        return
    columns = ("location", "format", "storage", "items", "packages")
    print_table(columns, ([row[name] for name in columns] for row in rows))
    note(f"{len(rows)} in all")


@package.command("test")
@click.argument("location")
@instance_option
@json_option
def test(location: str, directory: Path | None, as_json: bool) -> None:
    """Find out whether an archive, in the catalogue or not, can be read, and list a few of its members.

    Exit code 1 when it cannot.
    """
    tell_tested(opened(directory).registrar().packages.test(location), "package", as_json)


@package.command("remove")
@click.argument("location")
@instance_option
def remove(location: str, directory: Path | None) -> None:
    """Take a package out of the catalogue in which no data item lies. The archive stays where it is."""
    opened(directory).registrar().packages.remove(location)
    note(f"package {location} removed")
