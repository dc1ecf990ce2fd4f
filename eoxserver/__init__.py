# SPDX-License-Identifier: MIT
"""OGC server for Earth observation coverages and datacubes, built from plugins.

The front door: the version, and the mark by which a plugin's functions are found.
"""

from eoxserver.plugins.markers import hookimpl

__all__ = ["__version__", "hookimpl"]

__version__ = "0.1.0"
