# SPDX-License-Identifier: MIT
"""``eoxserver storage``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from eoxserver.cli.console import Commands, Fault, note, print_json, print_table, say
from eoxserver.cli.parameters import instance_option, json_option, opened
from eoxserver.resources.coverages.registration.storages import Tested

__all__ = ["storage", "tell_tested"]


@click.group(cls=Commands)
def storage() -> None:
    """Add, list, test and remove storages: places where data lies, with the credentials to reach it.

    A file in one is registered as storage:NAME/path, or by its URL. A URL that lies in no storage of the catalogue is
    reached without credentials.
    """


@storage.command("add")
@click.argument("name")
@click.argument("url")
@instance_option
@click.option(
    "--type", "storage_type", metavar="TYPE", help="Kind of storage, as 's3'; by default the scheme of the URL."
)
@click.option(
    "--credentials",
    metavar="REFERENCE",
    default="",
    help="Where to find user:password, a token or a JSON object: env:VARIABLE or file:/path. Read when they are used.",
)
@click.option("--check/--no-check", default=True, help="Whether the storage must be reachable now (the default).")
@click.option("--replace", is_flag=True, help="Change the storage of this name; what lies in it then lies in the new.")
def add(
    name: str, url: str, directory: Path | None, storage_type: str | None, credentials: str, check: bool, replace: bool
) -> None:
    """Add a storage: NAME for commands, URL the root of all locations in it.

    Examples: 'eoxserver storage add archive s3://bucket/eo --credentials env:ARCHIVE', 'eoxserver storage add here
    /data/scenes', 'eoxserver storage add arrays http://host:8080/rasdaman/rasql --type rasdaman'.
    """
    storages = opened(directory).registrar().storages
    made = storages.add(name, url, storage_type, credentials, check=check, replace=replace)
    note(f"storage {name} of type {made.key} added")


@storage.command("list")
@instance_option
@json_option
def list_storages(directory: Path | None, as_json: bool) -> None:
    """List storages, with the number of data items and packages in each."""
    rows = [asdict(row) for row in opened(directory).registrar().storages.rows()]
    if as_json:
        print_json(rows)
        return
    print_table(("name", "type", "url", "credentials", "items", "packages"), (_cells(row) for row in rows))
    note(f"{len(rows)} in all")


def _cells(row: dict[str, object]) -> list[object]:
    return [row[name] for name in ("name", "type", "url", "credentials", "items", "packages")]


@storage.command("test")
@click.argument("name")
@instance_option
@json_option
def test(name: str, directory: Path | None, as_json: bool) -> None:
    """Find out whether a storage can be reached, what it can do, and list a few files.

    Exit code 1 when it cannot be reached.
    """
    tell_tested(opened(directory).registrar().storages.test(name), "storage", as_json)


def tell_tested(tested: Tested, kind: str, as_json: bool) -> None:
    """Write what came of a test; raises Fault when it failed."""
    if as_json:
        print_json(asdict(tested) | {"ok": tested.ok})
    else:
        for line in _lines(tested, kind):
            say(line)
    if not tested.ok:
        raise Fault(f"{kind} {tested.name}: {tested.problem}")


def _lines(tested: Tested, kind: str) -> Iterator[str]:
    yield f"{kind} {tested.name}, {tested.type}: {'reachable' if tested.ok else 'cannot be reached'}"
    if tested.parts:
        yield f"it can: {', '.join(tested.parts)}"
    if tested.remark:
        yield f"nothing is listed: {tested.remark}"
    elif tested.ok:
        yield "files: " + (", ".join(tested.files) or "none")


@storage.command("remove")
@click.argument("name")
@instance_option
def remove(name: str, directory: Path | None) -> None:
    """Remove a storage in which no data item and no package lies. Nothing in the storage itself is touched."""
    opened(directory).registrar().storages.remove(name)
    note(f"storage {name} removed")
