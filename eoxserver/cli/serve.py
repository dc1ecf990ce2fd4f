# SPDX-License-Identifier: MIT
"""``eoxserver serve``: an instance, or any rasters at once."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from eoxserver.app.administration import make_instance
from eoxserver.cli.console import Fault, say
from eoxserver.cli.parameters import instance_option, opened, parsed
from eoxserver.cli.register import summary, work
from eoxserver.cli.serving import Address, interruptible, run_server
from eoxserver.conf.reader import instance_path
from eoxserver.core.crs import Crs, parse_crs
from eoxserver.resources.coverages.registration.proposals import Options, Status

__all__ = ["say_where", "serve", "server_options"]

Function = TypeVar("Function", bound=Callable[..., Any])


def server_options(function: Function) -> Function:
    """Add ``--host``, ``--port`` and ``--workers``."""
    for option in (
        click.option(
            "--workers",
            metavar="N",
            type=click.IntRange(1, 256),
            default=1,
            help="Processes that answer requests; 1 by default, one a core is a good choice.",
        ),
        click.option(
            "--port",
            metavar="PORT",
            type=click.IntRange(0, 65535),
            default=8000,
            envvar="EOXSERVER_PORT",
            help="Port to listen on, 0 takes any that is free; by default $EOXSERVER_PORT, then 8000.",
        ),
        click.option(
            "--host",
            metavar="ADDRESS",
            default="127.0.0.1",
            help="Address to listen on, 127.0.0.1 by default; 0.0.0.0 is every address of this machine.",
        ),
    ):
        function = option(function)
    return function


@click.command()
@click.argument("paths", nargs=-1)
@instance_option
@server_options
@click.option(
    "--crs", metavar="CRS", callback=parsed(parse_crs), help="With PATHS: CRS of rasters that name none themselves."
)
def serve(paths: tuple[str, ...], directory: Path | None, host: str, port: int, workers: int, crs: Crs | None) -> None:
    """Serve an instance; or, given PATHS, every raster in these files and folders, without an instance.

    Stops at Ctrl-C or SIGTERM, after the requests under way.
    """
    if paths and directory is not None:
        raise click.UsageError("give PATHS or --instance: 'eoxserver register' adds files to an instance")
    if crs is not None and not paths:
        raise click.UsageError("--crs goes with PATHS")
    with interruptible():
        if paths:
            with tempfile.TemporaryDirectory(prefix="eoxserver-") as folder:
                root = _temporary_instance(Path(folder), paths, Options(crs=crs))
                run_server(root, host, port, workers, say_where)
        else:
            root = instance_path(directory, os.environ)
            opened(root).close()  # what is wrong with it shows here, in one line
            run_server(root, host, port, workers, say_where)


def say_where(address: Address) -> None:
    """Say by which URLs the server is reached."""
    say(f"Serving at {address.url}/   (Ctrl-C stops)")
    say(f"  WMS  {address.url}/ows?service=WMS&request=GetCapabilities")
    say(f"  WCS  {address.url}/ows?service=WCS&request=GetCapabilities")


def _temporary_instance(folder: Path, paths: Sequence[str], options: Options) -> Path:
    """An instance that serves the rasters among the paths; raises Fault when there are none."""
    made = make_instance("served", folder / "instance")
    instance = opened(made.paths.root)
    try:
        outcomes = work(instance, paths, options)
    finally:
        instance.close()
    if not outcomes.counts[Status.REGISTERED]:
        raise Fault(f"nothing to serve: {summary(outcomes.counts, options)}")
    say(summary(outcomes.counts, options))
    return made.paths.root
