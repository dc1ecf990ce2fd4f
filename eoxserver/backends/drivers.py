# SPDX-License-Identifier: MIT
"""Which raster formats this machine reads and writes: those of GDAL, and those that encoders write by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import rasterio
from rasterio.drivers import raster_driver_extensions
from rasterio.io import driver_can_create, driver_can_create_copy

__all__ = ["NOT_BY_NAME", "format_drivers", "raster_drivers", "raster_extensions"]

NOT_BY_NAME = frozenset({"dat", "gen", "hdr", "kml", "kmz", "map", "pdf", "rgb", "sqlite", "xml", "xyz", "err", "gpkg"})
"""Extensions of drivers that mostly belong to something else: the name alone is not enough."""

UNLISTED = frozenset({"cog", "grib", "h5", "hdf", "hdf5", "he5", "nc4", "nitf"})
"""Extensions of rasters that GDAL's drivers do not name."""


def raster_drivers() -> Mapping[str, str]:
    """Names of GDAL's raster drivers here, each with ``r`` (can be read) or ``rw`` (can be written too)."""
    with rasterio.Env() as env:
        return {
            name: "rw" if driver_can_create(name) or driver_can_create_copy(name) else "r" for name in env.drivers()
        }


def format_drivers(encoders: Iterable[str]) -> Mapping[str, str]:
    """What is possible here in all formats: ``r`` (read), ``w`` (write) or ``rw``, by name of the driver.

    Parameters
    ----------
    encoders : iterable of str
        The keys of the encoders: what they write needs no driver of GDAL.
    """
    found = dict(raster_drivers())
    for key in encoders:
        found[key] = "rw" if "r" in found.get(key, "") else "w"
    return found


def raster_extensions() -> frozenset[str]:
    """Extensions of file names, in lower case without the dot, that mean rasters and mostly nothing else."""
    return (frozenset(raster_driver_extensions()) | UNLISTED) - NOT_BY_NAME
