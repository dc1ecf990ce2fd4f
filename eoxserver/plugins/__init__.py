# SPDX-License-Identifier: MIT
"""Plugin framework: which hooks there are, how plugins are found, and the registries they fill."""

from eoxserver.plugins.markers import hookimpl

__all__ = ["hookimpl"]
