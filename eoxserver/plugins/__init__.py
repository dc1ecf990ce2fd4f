# SPDX-License-Identifier: MIT
"""Plugin framework: which hooks there are, how plugins are found, and the registries they fill.

Start with :mod:`eoxserver.plugins.hookspecs`, the whole extension surface in one file. This room imports ``core`` and
pluggy; nobody else imports pluggy.
"""

from eoxserver.plugins.manager import PluginReport, Plugins, load_from_environ, load_plugins
from eoxserver.plugins.markers import hookimpl
from eoxserver.plugins.registry import Registry

__all__ = ["PluginReport", "Plugins", "Registry", "hookimpl", "load_from_environ", "load_plugins"]
