# SPDX-License-Identifier: MIT
"""Opening an instance and its WSGI application, by folder.

Django's models can be imported once Django knows its database, which an instance tells. So what stands on the models
(``assembly``) is imported by these functions when Django is configured, and not before.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from eoxserver.app.django_setup import configure
from eoxserver.app.instance import Instance
from eoxserver.conf.instance import InstancePaths
from eoxserver.conf.reader import load_settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["build_app", "open_instance"]


def open_instance(directory: Path | str, environ: Mapping[str, str] = os.environ) -> Instance:
    """Open the instance in ``directory``.

    Django is configured for the instance's catalogue, which can be done for one catalogue in a process.

    Raises
    ------
    ConfigurationError
        When the folder holds no instance, or its configuration is wrong.
    PluginError
        When two plugins claim one key, or a required plugin failed.
    """
    root = Path(directory).absolute()
    settings = load_settings(root, environ)
    configure(settings)
    from eoxserver.app.assembly import assemble  # stands on Django's models, see above

    return assemble(InstancePaths(root), settings, environ)


def build_app(instance: Instance | Path | str) -> WSGIApplication:
    """The WSGI application of an instance, given open or by its folder.

    Raises
    ------
    ConfigurationError, PluginError
        As ``open_instance``.
    UnknownKey
        When no plugin brings the configured executor.
    """
    opened = instance if isinstance(instance, Instance) else open_instance(instance)
    system = opened.settings.system
    logging.basicConfig(level=system.logging_level, format=system.logging_format)
    from eoxserver.app.assembly import assemble_app  # stands on Django's models, which are configured by now

    return assemble_app(opened)
