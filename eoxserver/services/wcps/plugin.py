# SPDX-License-Identifier: MIT
"""The plugin that brings the Web Coverage Processing Service."""

from __future__ import annotations

from collections.abc import Sequence

from eoxserver.plugins import hookimpl
from eoxserver.services.wcps.service import ProcessingService

__all__ = ["eoxs_services"]


@hookimpl
def eoxs_services() -> Sequence[type]:
    """Bring the service ``WCPS``."""
    return [ProcessingService]
