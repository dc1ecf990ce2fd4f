# SPDX-License-Identifier: MIT
"""The command ``eoxserver`` and the list of its commands."""

from __future__ import annotations

import click

import eoxserver
from eoxserver.cli.cache import cache
from eoxserver.cli.catalogue import check, collection, describe, list_command
from eoxserver.cli.config import config
from eoxserver.cli.console import Commands
from eoxserver.cli.create import create_instance, manage_command
from eoxserver.cli.crs import crs
from eoxserver.cli.cube import cube
from eoxserver.cli.demo import demo
from eoxserver.cli.packages import package
from eoxserver.cli.plugins import plugins
from eoxserver.cli.register import deregister, register
from eoxserver.cli.serve import serve
from eoxserver.cli.storages import storage
from eoxserver.cli.wcps import wcps
from eoxserver.cli.wcst_import import wcst_import

__all__ = ["main"]


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(eoxserver.__version__, prog_name="eoxserver")
def main() -> None:
    """OGC server for Earth observation coverages and datacubes.

    Exit codes: 0 done, 1 failed, 2 wrong usage.
    """


for _command in (
    create_instance, serve, demo, register, deregister, list_command, describe, collection, storage, package, crs,
    cube, wcps, wcst_import, check, cache, plugins, config, manage_command,
):  # fmt: skip
    main.add_command(_command)
