# SPDX-License-Identifier: MIT
"""``eoxserver cube``: coverages whose cells are kept here, their versions, and the room they take."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from eoxserver.cli.console import Commands, note, print_json, print_table, say
from eoxserver.cli.parameters import instance_option, json_option, opened
from eoxserver.core.util.timetools import isotime

__all__ = ["cube"]


@click.group(cls=Commands)
def cube() -> None:
    """Look after coverages whose cells are kept here: versions, compaction, export, deletion."""


@cube.command("list")
@instance_option
@json_option
def list_cubes(directory: Path | None, as_json: bool) -> None:
    """List the cubes there are, those too from which no coverage is served."""
    rows = opened(directory).ingestion.cubes()
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    print_table(
        ("coverage", "version", "cube", "storage"),
        ((row.identifier, row.version, row.cube, row.storage) for row in rows),
    )
    note(f"{len(rows)} in all")


@cube.command("history")
@click.argument("identifier", metavar="ID")
@instance_option
@json_option
def history(identifier: str, directory: Path | None, as_json: bool) -> None:
    """Show the versions of a coverage, the latest first."""
    versions = opened(directory).ingestion.history(identifier)
    if as_json:
        print_json([{"version": version.number, "time": isotime(version.time)} for version in versions])
    else:
        print_table(("version", "time"), ((version.number, isotime(version.time)) for version in versions))
        note(f"requests of WCS read an earlier one with coverageVersion=NUMBER beside coverageId={identifier}")


@cube.command("delete")
@click.argument("identifiers", nargs=-1, required=True, metavar="ID...")
@instance_option
def delete(identifiers: tuple[str, ...], directory: Path | None) -> None:
    """Delete coverages with all their cells and versions, all or none; of registered ones the files stay."""
    opened(directory).ingestion.delete(identifiers)
    note(f"{len(identifiers)} deleted")


@cube.command("compact")
@click.argument("identifiers", nargs=-1, required=True, metavar="ID...")
@instance_option
def compact(identifiers: tuple[str, ...], directory: Path | None) -> None:
    """Forget all versions of coverages but the latest, which frees what only they take.

    Requests that are reading an earlier version fail.
    """
    ingestion = opened(directory).ingestion
    for identifier in identifiers:
        say(f"{identifier}: version {ingestion.compact(identifier)} is the only one now")


@cube.command("export")
@click.argument("identifier", metavar="ID")
@click.argument("target", metavar="URL|DIR")
@instance_option
@click.option("--version", type=click.IntRange(1), help="Which version; the latest by default.")
def export(identifier: str, target: str, directory: Path | None, version: int | None) -> None:
    """Write a coverage as a plain group of Zarr, which other programs read; nothing may be there yet."""
    place = target if "://" in target else str(Path(target).absolute())
    opened(directory).ingestion.export(identifier, place, version)
    note(f"{identifier} is at {target}")
