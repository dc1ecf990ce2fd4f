# SPDX-License-Identifier: MIT
"""The plugin that brings WCS-T."""

from __future__ import annotations

from collections.abc import Sequence

from eoxserver.plugins import hookimpl
from eoxserver.services.wcst.service import TransactionService

__all__ = ["eoxs_services"]


@hookimpl
def eoxs_services() -> Sequence[type]:
    """Bring the service ``WCST``."""
    return [TransactionService]
