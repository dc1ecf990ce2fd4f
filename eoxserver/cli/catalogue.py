# SPDX-License-Identifier: MIT
"""``eoxserver list``, ``describe``, ``check`` and ``collection``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from eoxserver.cli.console import Commands, Fault, note, print_json, print_table, progress, say
from eoxserver.cli.parameters import instance_option, json_option, opened
from eoxserver.core.coordinates import number_text

__all__ = ["check", "collection", "describe", "list_command"]

LONGEST = 400
"""Longest text that ``describe`` shows whole [characters]."""
COLUMNS = ("identifier", "kind", "begin", "end", "west", "south", "east", "north")


@click.command("list")
@instance_option
@click.option("--collection", metavar="ID", help="Only the members of this collection.")
@click.option("--where", is_flag=True, help="Say where the data is, in a form that commands take.")
@json_option
def list_command(directory: Path | None, collection: str | None, where: bool, as_json: bool) -> None:
    """List what is in the catalogue: coverages and collections."""
    rows = [asdict(row) for row in opened(directory).registrar().rows(collection=collection, where=where)]
    _print_rows(rows, as_json)


def _print_rows(rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    where = any(row["where"] is not None for row in rows)
    print_table((*COLUMNS, "where") if where else COLUMNS, (_cells(row) for row in rows))
    note(f"{len(rows)} in all")


def _cells(row: Mapping[str, Any]) -> list[str]:
    box = [number_text(round(bound, 4)) for bound in row["bbox"]] if row["bbox"] else [""] * 4
    where = [] if row["where"] is None else [", ".join(row["where"])]
    return [row["identifier"], row["kind"], row["begin_time"] or "", row["end_time"] or "", *box, *where]


@click.command()
@click.argument("identifier", metavar="ID")
@instance_option
@json_option
def describe(identifier: str, directory: Path | None, as_json: bool) -> None:
    """Show everything there is to know of a coverage or collection."""
    whole = opened(directory).registrar().describe(identifier)
    if as_json:
        print_json(whole)
    else:
        for line in _lines(whole):
            say(line)


def _lines(whole: Mapping[str, Any]) -> Iterator[str]:
    """Values as indented text; empty ones are left out."""
    for name, value in whole.items():
        if value in (None, "", [], {}):
            continue
        if isinstance(value, Mapping):
            yield f"{name}:"
            yield from (f"    {key}: {part}" for key, part in value.items())
        elif isinstance(value, list) and isinstance(value[0], Mapping):
            yield f"{name}:"
            for part in value:
                shown = (f"{key} {_text(text)}" for key, text in part.items() if text not in (None, "", []))
                yield f"    {', '.join(shown)}"
        else:
            yield f"{name}: {_short(_text(value))}"


def _short(text: str) -> str:
    """Text that fits on a few lines; ``--json`` has it whole."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ... ({len(text)} characters)"


def _text(value: object) -> str:
    return ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)


@click.command()
@click.argument("identifiers", nargs=-1, metavar="[ID...]")
@instance_option
@json_option
def check(identifiers: tuple[str, ...], directory: Path | None, as_json: bool) -> None:
    """Check that the data of coverages (of all, by default) can be reached, and is still what was registered.

    Data on other machines is looked at where it is; of what is not read in place only the presence is checked. A
    storage that cannot be reached is told once. Cells that are kept here are read whole, and what an interrupted change
    left is tidied up. Exit code 1 when something is wrong.
    """
    instance = opened(directory)
    registrar = instance.registrar()
    checked = []
    looked = registrar.check(identifiers)
    for done in instance.ingestion.recover():
        note(done)
    cubes = dict(instance.ingestion.verify(identifiers))
    with progress("checking", registrar.count(identifiers)) as steps:
        for seen in looked:
            result = replace(seen, problems=seen.problems + cubes.get(seen.identifier, ()))
            checked.append(asdict(result) | {"ok": result.ok})
            if not as_json:
                for problem in result.problems:
                    steps.say(f"{result.identifier}: {problem}")
            steps.step(result.identifier)
    instance.close()
    broken = sum(not result["ok"] for result in checked)
    if as_json:
        print_json(checked)
    else:
        for storage in looked.unreachable:
            items = "1 data item" if storage.items == 1 else f"{storage.items} data items"
            say(f"storage {storage.name} ({items}): {storage.reason}")
        say(f"{len(checked)} coverages checked, {broken} with problems")
    if broken:
        raise Fault(f"{broken} of {len(checked)} coverages have problems")


@click.group(cls=Commands)
def collection() -> None:
    """Make, fill, empty and delete collections."""


@collection.command("create")
@click.argument("identifier", metavar="ID")
@click.argument("members", nargs=-1, metavar="[MEMBER...]")
@instance_option
@click.option("--title", default="", help="Title for people.")
def create(identifier: str, members: tuple[str, ...], directory: Path | None, title: str) -> None:
    """Make a collection, with members if wanted."""
    opened(directory).registrar().collections.create(identifier, title, members)
    note(f"collection {identifier} made with {len(members)} members")


@collection.command("insert")
@click.argument("identifier", metavar="ID")
@click.argument("members", nargs=-1, required=True, metavar="MEMBER...")
@instance_option
def insert(identifier: str, members: tuple[str, ...], directory: Path | None) -> None:
    """Insert coverages and collections into a collection, all or none."""
    opened(directory).registrar().collections.insert(identifier, members)
    note(f"{len(members)} inserted into {identifier}")


@collection.command("remove")
@click.argument("identifier", metavar="ID")
@click.argument("members", nargs=-1, required=True, metavar="MEMBER...")
@instance_option
def remove(identifier: str, members: tuple[str, ...], directory: Path | None) -> None:
    """Take members out of a collection, all or none; they stay in the catalogue."""
    opened(directory).registrar().collections.remove(identifier, members)
    note(f"{len(members)} removed from {identifier}")


@collection.command("delete")
@click.argument("identifier", metavar="ID")
@instance_option
def delete(identifier: str, directory: Path | None) -> None:
    """Delete a collection; its members stay in the catalogue."""
    opened(directory).registrar().collections.delete(identifier)
    note(f"collection {identifier} deleted")


@collection.command("list")
@instance_option
@json_option
def list_collections(directory: Path | None, as_json: bool) -> None:
    """List collections."""
    rows = [asdict(row) for row in opened(directory).registrar().rows(collections=True)]
    _print_rows(rows, as_json)
