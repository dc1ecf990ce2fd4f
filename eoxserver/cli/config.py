# SPDX-License-Identifier: MIT
"""``eoxserver config``: the settings in effect."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import click

from eoxserver.cli.console import print_json, say
from eoxserver.cli.parameters import instance_option, json_option, optional_instance
from eoxserver.conf.reader import read_configuration
from eoxserver.conf.reference import effective_text, explain_text, rows

__all__ = ["config"]


@click.command()
@instance_option
@click.option("--explain", is_flag=True, help="Say what each setting means, what it accepts and where it comes from.")
@json_option
def config(directory: Path | None, explain: bool, as_json: bool) -> None:
    """Show the settings in effect.

    Without an instance these are the defaults and what the environment says.
    """
    configuration = read_configuration(optional_instance(directory), os.environ)
    if as_json:
        print_json([asdict(row) for row in rows(configuration)])
    else:
        say((explain_text if explain else effective_text)(configuration).rstrip("\n"))
