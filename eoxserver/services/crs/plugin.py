# SPDX-License-Identifier: MIT
"""The plugin that brings the CRS resolver."""

from __future__ import annotations

from collections.abc import Sequence

from eoxserver.plugins import hookimpl
from eoxserver.services.crs.service import CrsResolver

__all__ = ["eoxs_services"]


@hookimpl
def eoxs_services() -> Sequence[type]:
    """Bring the service ``CRS``."""
    return [CrsResolver]
