# SPDX-License-Identifier: MIT
"""The two marks of the plugin framework: what is a hook, and what implements one."""

from __future__ import annotations

import pluggy

__all__ = ["PROJECT", "hookimpl", "hookspec"]

PROJECT = "eoxserver"
"""Project name under which pluggy collects specifications and implementations."""

hookspec = pluggy.HookspecMarker(PROJECT)
"""Mark of a hook's specification; only :mod:`eoxserver.plugins.hookspecs` uses it."""

hookimpl = pluggy.HookimplMarker(PROJECT)
"""Mark of a plugin's function that implements a hook."""
