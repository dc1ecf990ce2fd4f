# SPDX-License-Identifier: MIT
"""Options and types of parameters that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from eoxserver.app import Instance, open_instance
from eoxserver.conf.reader import instance_path
from eoxserver.core.errors import EOxServerError
from eoxserver.core.util.loading import loading

__all__ = ["instance_option", "json_option", "opened", "optional_instance", "parsed"]

Function = TypeVar("Function", bound=Callable[..., Any])


def parsed(parse: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, str | None], Any]:
    """A callback that makes a value of an option's text; what the function refuses is wrong usage."""

    def convert(context: click.Context, parameter: click.Parameter, value: str | None) -> Any:
        try:
            return None if value is None else parse(value)
        except EOxServerError as error:
            raise click.BadParameter(error.message, context, parameter) from error

    return convert


def instance_option(function: Function) -> Function:
    """Add ``--instance``."""
    return click.option(
        "--instance",
        "directory",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="Folder of the instance; by default $EOXSERVER_INSTANCE, then the current folder.",
    )(function)


def json_option(function: Function) -> Function:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Write JSON, for programs.")(function)


def opened(directory: Path | None) -> Instance:
    """The instance of a command; raises ConfigurationError when there is none."""
    with loading():
        return open_instance(instance_path(directory, os.environ))


def optional_instance(directory: Path | None) -> Path | None:
    """The folder of the instance, or None when none is named and there is none here."""
    if directory is None and not os.environ.get("EOXSERVER_INSTANCE"):
        here = Path.cwd()
        return here if (here / "conf" / "eoxserver.conf").is_file() else None
    return instance_path(directory, os.environ)
