# SPDX-License-Identifier: MIT
"""``eoxserver plugins``: what is plugged in, and what failed to."""

from __future__ import annotations

import os
from dataclasses import asdict

import click

from eoxserver.app.django_setup import configure
from eoxserver.cli.console import Fault, print_json, print_table
from eoxserver.cli.parameters import json_option, optional_instance
from eoxserver.conf.reader import load_settings
from eoxserver.plugins.manager import load_from_environ

__all__ = ["plugins"]


@click.command()
@json_option
def plugins(as_json: bool) -> None:
    """List plugins, what each of them adds, and why any was left out.

    Exit code 1 when one failed.
    """
    configure(load_settings(optional_instance(None)))  # plugins may import models, which need Django configured
    reports = load_from_environ(os.environ).reports
    if as_json:
        print_json([asdict(report) for report in reports])
    else:
        columns = ("plugin", "distribution", "adds", "error")
        print_table(
            columns,
            (
                (r.name, f"{r.distribution} {r.version}".strip(), ", ".join(r.components or r.hooks), r.error)
                for r in reports
            ),
        )
    failed = [report.name for report in reports if not report.ok]
    if failed:
        raise Fault(f"{len(failed)} of {len(reports)} plugins did not load whole: {', '.join(failed)}")
