# SPDX-License-Identifier: MIT
"""The command ``eoxserver`` and the list of its commands."""

from __future__ import annotations

import click

import eoxserver
from eoxserver.cli.console import Commands

__all__ = ["COMMANDS", "main"]

COMMANDS = {
    name: f"eoxserver.cli.{place}"
    for name, place in {
        "create_instance": "create:create_instance",
        "serve": "serve:serve",
        "demo": "demo:demo",
        "register": "register:register",
        "deregister": "register:deregister",
        "list": "catalogue:list_command",
        "describe": "catalogue:describe",
        "collection": "catalogue:collection",
        "storage": "storages:storage",
        "package": "packages:package",
        "crs": "crs:crs",
        "cube": "cube:cube",
        "wcps": "wcps:wcps",
        "wcst_import": "wcst_import:wcst_import",
        "check": "catalogue:check",
        "cache": "cache:cache",
        "plugins": "plugins:plugins",
        "config": "config:config",
        "manage": "create:manage_command",
    }.items()
}
"""Where each command is, in the order of the help."""


@click.group(
    cls=Commands, found_in=COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(eoxserver.__version__, prog_name="eoxserver")
def main() -> None:
    """OGC server for Earth observation coverages and datacubes.

    Exit codes: 0 done, 1 failed, 2 wrong usage.
    """
