# SPDX-License-Identifier: MIT
"""What a netCDF or HDF5 file holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from eoxserver.backends.hdf5 import HDF5_LOCK
from eoxserver.backends.readers.arrays.model import ArrayFile, ArrayVariable, is_coordinate, plain_attribute
from eoxserver.core.errors import DataUnavailable

__all__ = ["read_netcdf"]


def read_netcdf(path: str) -> ArrayFile:
    """What a local file holds; raises DataUnavailable."""
    with HDF5_LOCK:
        try:
            with netCDF4.Dataset(path) as dataset:
                dataset.set_auto_maskandscale(False)
                attributes = {name: plain_attribute(dataset.getncattr(name)) for name in dataset.ncattrs()}
                found = list(_variables(dataset, ""))
                bounds = {str(attributes.get("bounds", "")) for _, _, attributes in found}
                variables = {
                    name: _variable(name, variable, own, name.rpartition("/")[2] in bounds)
                    for name, variable, own in found
                }
        except (OSError, RuntimeError, AttributeError, UnicodeError) as error:
            raise DataUnavailable(f"{Path(path).name} cannot be read: {error}", locator=path) from error
    return ArrayFile("netCDF", variables, attributes)


def _variables(group: Any, prefix: str) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Variables of a group and of those in it: name, variable, attributes."""
    for name, variable in group.variables.items():
        yield f"{prefix}{name}", variable, {key: plain_attribute(variable.getncattr(key)) for key in variable.ncattrs()}
    for name, inner in group.groups.items():
        yield from _variables(inner, f"{prefix}{name}/")


def _variable(name: str, variable: Any, attributes: dict[str, Any], is_bounds: bool) -> ArrayVariable:
    dims = tuple(
        f"{dimension.group().path.strip('/')}/{dimension.name}".lstrip("/") for dimension in variable.get_dims()
    )
    numeric = variable.dtype is not str and np.dtype(variable.dtype).kind in "iuf"
    wanted = numeric and (is_coordinate(name, dims) or (is_bounds and len(dims) == 2))
    return ArrayVariable(
        name,
        dims,
        tuple(int(size) for size in variable.shape),
        np.dtype(variable.dtype).newbyteorder("=") if variable.dtype is not str else None,
        attributes,
        np.asarray(variable[...]) if wanted else None,
    )
