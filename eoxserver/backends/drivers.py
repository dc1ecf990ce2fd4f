# SPDX-License-Identifier: MIT
"""Which raster formats this machine reads and writes, as GDAL tells."""

from __future__ import annotations

from collections.abc import Mapping

import rasterio
from rasterio.io import driver_can_create, driver_can_create_copy

__all__ = ["raster_drivers"]


def raster_drivers() -> Mapping[str, str]:
    """Names of GDAL's raster drivers here, each with ``r`` (can be read) or ``rw`` (can be written too)."""
    with rasterio.Env() as env:
        return {
            name: "rw" if driver_can_create(name) or driver_can_create_copy(name) else "r" for name in env.drivers()
        }
