# SPDX-License-Identifier: MIT
"""The built-in executor as a plugin; ``query``, where it lives, knows no plugin framework."""

from __future__ import annotations

from collections.abc import Sequence

from eoxserver.plugins import hookimpl
from eoxserver.query.executors import LocalExecutor

__all__ = ["eoxs_executors"]


@hookimpl
def eoxs_executors() -> Sequence[type]:
    """Add the executor that evaluates in threads of the server's process."""
    return [LocalExecutor]
