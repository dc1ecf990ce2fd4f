# SPDX-License-Identifier: MIT
"""Files of arrays, whatever their format: which are some, what they hold, and their cells."""

from __future__ import annotations

from collections.abc import Sequence

from eoxserver.backends.hdf5 import is_hdf5
from eoxserver.backends.readers.arrays.model import ArrayFile
from eoxserver.backends.readers.arrays.netcdf import read_netcdf
from eoxserver.backends.readers.arrays.zarr import ZarrSource, is_zarr, read_zarr
from eoxserver.backends.readers.variables import VariableSource
from eoxserver.core.coverage import Source

__all__ = ["ARRAY_NAMES", "holds_arrays", "is_zarr_name", "open_arrays", "read_arrays"]

ARRAY_NAMES = (".nc", ".nc4", ".cdf", ".netcdf", ".h5", ".hdf5", ".he5", ".hdf")
"""Endings of names of files that may hold arrays."""


def is_zarr_name(place: str) -> bool:
    """Whether a path or URL is meant as a group of Zarr: it is one here, or its name says so elsewhere."""
    name = place.partition("?")[0].rstrip("/").lower()
    return name.endswith(".zarr") if "://" in place else is_zarr(place)


def holds_arrays(path: str) -> bool:
    """Whether a local file or folder may hold arrays, by its first bytes."""
    return is_zarr(path) or is_hdf5(path)


def read_arrays(place: str) -> ArrayFile:
    """What a local file, a folder or a URL of Zarr holds; raises DataUnavailable."""
    return read_zarr(place) if is_zarr_name(place) else read_netcdf(place)


def open_arrays(place: str, names: Sequence[str]) -> Source:
    """The cells of variables, each a field; raises DataUnavailable, NoSuchField."""
    return ZarrSource(place, names) if is_zarr_name(place) else VariableSource(place, names)
