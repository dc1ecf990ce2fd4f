# SPDX-License-Identifier: MIT
"""The executor ``dask`` as a plugin, where the extra ``dask`` is installed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from eoxserver.app.dask.executor import DaskExecutor
from eoxserver.plugins.markers import hookimpl

__all__ = ["eoxs_executors"]


@hookimpl
def eoxs_executors() -> Sequence[type]:
    """Add the executor whose large work is done by a Dask cluster."""
    return [DaskExecutor] if find_spec("distributed") else []
