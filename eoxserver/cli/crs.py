# SPDX-License-Identifier: MIT
"""``eoxserver crs``: CRSs that an administrator defines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from eoxserver.cli.console import Commands, note, print_json, print_table, say
from eoxserver.cli.parameters import instance_option, json_option, opened, parsed
from eoxserver.core.crs import Crs, Definition, Parameter
from eoxserver.core.errors import CrsUnknown
from eoxserver.resources.crs.entries import CrsEntry
from eoxserver.services.crs.gml_reader import GmlReader, is_gml
from eoxserver.services.crs.proj_database import ProjDatabase

__all__ = ["crs"]


def _name(text: str) -> tuple[str, str, str]:
    """Authority, version and code of ``USER/0/local`` or ``USER:local``."""
    parts = text.split("/") if "/" in text else text.split(":")
    if len(parts) == 2:
        parts.insert(1, "0")
    if len(parts) != 3 or not all(parts):
        raise CrsUnknown(f"'{text}' is no name of a CRS; accepted: AUTHORITY/VERSION/CODE, as USER/0/local")
    authority, version, code = parts
    return authority.upper(), version, code


name_argument = click.argument("name", metavar="NAME", callback=parsed(_name))


@click.group(cls=Commands)
def crs() -> None:
    """Define CRSs of your own, as USER/0/local, and look at any."""


@crs.command("add")
@name_argument
@click.argument("definition", required=False)
@click.option("--file", "path", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="File with it.")
@click.option("--title", default="", help="Name for people.")
@click.option("--remarks", default="", help="Anything worth saying.")
@click.option(
    "--parameter", "parameters", multiple=True, metavar="NAME[=DEFAULT]", help="Parameter; ${NAME} in the definition."
)
@click.option("--replace", is_flag=True, help="Change it where there is one already.")
@instance_option
def add(
    name: tuple[str, str, str],
    definition: str | None,
    path: Path | None,
    title: str,
    remarks: str,
    parameters: tuple[str, ...],
    replace: bool,
    directory: Path | None,
) -> None:
    """Define a CRS: WKT, PROJJSON, PROJ text or GML, the name of another CRS, or a compound A@B.

    It is then known wherever a CRS is named, and resolves at /def/crs/NAME.
    """
    if (definition is None) == (path is None):
        raise click.UsageError("give the definition, or --file with it")
    text = definition if definition is not None else (path or Path()).read_text(encoding="utf-8")
    pairs = [parameter.partition("=") for parameter in parameters]
    found = tuple(Parameter(key.strip(), default.strip() if equals else None) for key, equals, default in pairs)
    catalogue = opened(directory).crss
    if is_gml(text):
        text, named = GmlReader(ProjDatabase(), catalogue.parse).definition(text)
        title = title or named
    entry = CrsEntry(Definition(*name, text.strip(), found), title, remarks)
    if replace:
        new = catalogue.put(entry)
    else:
        catalogue.add(entry)
        new = True
    note(f"CRS {entry.definition.name} {'added' if new else 'changed'}")


@crs.command("remove")
@name_argument
@instance_option
def remove(name: tuple[str, str, str], directory: Path | None) -> None:
    """Remove a CRS that was defined here, unless coverages use it."""
    opened(directory).crss.remove(*name)
    note(f"CRS {'/'.join(name)} removed")


@crs.command("list")
@instance_option
@json_option
def list_crss(directory: Path | None, as_json: bool) -> None:
    """List the CRSs that were defined here."""
    entries = opened(directory).crss.entries()
    if as_json:
        print_json([_entry(entry) for entry in entries])
        return
    print_table(
        ("name", "title", "definition"),
        ((entry.definition.name, entry.title, entry.definition.text[:60]) for entry in entries),
    )
    note(f"{len(entries)} in all")


@crs.command("show")
@click.argument("text", metavar="CRS")
@instance_option
@json_option
def show(text: str, directory: Path | None, as_json: bool) -> None:
    """Show what a CRS is, in any notation: kind, axes, definition."""
    found = opened(directory).crss.parse(text)
    whole = _described(found)
    if as_json:
        print_json(whole)
        return
    for key in ("uri", "kind", "definition"):
        if whole[key]:
            say(f"{key}: {whole[key]}")
    print_table(("axis", "direction", "unit"), ((one["label"], one["direction"], one["unit"]) for one in whole["axes"]))


def _entry(entry: CrsEntry) -> dict[str, Any]:
    return {
        "name": entry.definition.name,
        "definition": entry.definition.text,
        "parameters": [[parameter.name, parameter.default] for parameter in entry.definition.parameters],
        "title": entry.title,
        "remarks": entry.remarks,
    }


def _described(found: Crs) -> dict[str, Any]:
    return {
        "uri": found.uri,
        "kind": found.kind,
        "axes": [{"label": axis.label, "direction": axis.direction, "unit": axis.unit} for axis in found.axes],
        "definition": "; ".join(definition.text for definition in found.custom) or found.wkt,
    }
