# SPDX-License-Identifier: MIT
"""Composition root: from an instance folder to settings, plugins, catalogue and one WSGI application."""

from eoxserver.app.instance import Instance
from eoxserver.app.opening import build_app, open_instance

__all__ = ["Instance", "build_app", "open_instance"]
