# SPDX-License-Identifier: MIT
"""Coverages from the CF metadata of a netCDF file, with nothing but netCDF4 and numpy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import numpy.typing as npt

from eoxserver.backends.hdf5 import HDF5_LOCK
from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.coverage import Coverage, MemorySource
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.fields import Field, NilValue, RangeType

__all__ = ["read_coverage"]


def read_coverage(data: bytes, folder: Path) -> Coverage:
    """Answer the coverage in a netCDF file."""
    path = folder / "read.nc"
    path.write_bytes(data)
    with HDF5_LOCK, netCDF4.Dataset(path) as dataset:
        dataset.set_auto_maskandscale(False)
        kept = {name: variable for name, variable in dataset.variables.items() if _holds_cells(dataset, variable)}
        labels = next(iter(kept.values())).dimensions
        fields = tuple(_field(name, variable) for name, variable in kept.items())
        arrays = [variable[...] for variable in kept.values()]
        masks = [_valid(dataset, variable, array) for variable, array in zip(kept.values(), arrays, strict=True)]
        domain = Domain(tuple(_axis(dataset, label) for label in labels))
        common = np.result_type(*(field.dtype for field in fields))
        values = np.stack([np.asarray(array).astype(common) for array in arrays])
        return Coverage(dataset.id, domain, RangeType(fields), MemorySource(values, np.stack(masks)))


def _holds_cells(dataset: Any, variable: Any) -> bool:
    """Whether a variable is no coordinate, no boundary, no grid mapping and no status."""
    known = set(variable.ncattrs())
    aside = variable.name in dataset.dimensions or "bnds" in variable.dimensions or "spatial_ref" in known
    return not aside and ("flag_meanings" not in known or variable.flag_meanings == "false true")


def _axis(dataset: Any, label: str) -> Axis:
    variable = dataset[label]
    values = np.asarray(variable[:])
    crs = parse_crs(variable.crs_uri) if "crs_uri" in variable.ncattrs() else None
    own = None if crs is None else next(axis for axis in crs.axes if axis.label == label)
    role, unit = (Role.OTHER, "") if own is None else (own.role, own.unit)
    if values.dtype.kind == "i":
        return IndexAxis(label, values.size, int(values[0]), crs, unit or "GridSpacing", role)
    shift = 0 if crs is None or crs.time is None else crs.time.reference_number
    if "bounds" in variable.ncattrs():
        edges = np.asarray(dataset[variable.bounds][:]) + shift
        step = (edges[-1, 1] - edges[0, 0]) / values.size
        return RegularAxis(label, float(values[0] + shift), float(step), values.size, crs, unit, role)
    steps = np.diff(values)
    if role in (Role.X, Role.Y) and np.allclose(steps, steps[:1], rtol=1e-9):
        step = (values[-1] - values[0]) / (values.size - 1)
        return RegularAxis(label, float(values[0]), float(step), values.size, crs, unit, role)
    return IrregularAxis(label, values + shift, crs, unit, role)


def _field(name: str, variable: Any) -> Field:
    known = {key: variable.getncattr(key) for key in variable.ncattrs()}
    truth = known.get("flag_meanings") == "false true"
    nils = [*np.atleast_1d(known.get("_FillValue", [])), *np.atleast_1d(known.get("missing_value", []))]
    return Field(
        name,
        np.dtype(bool) if truth else np.dtype(variable.dtype),
        "10^0" if known["units"] == "1" else known["units"],
        tuple(NilValue(float(nil)) for nil in nils),
        "" if known["long_name"] == name else known["long_name"],
        known.get("comment", ""),
        known.get("definition", ""),
    )


def _valid(dataset: Any, variable: Any, values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    if "ancillary_variables" in variable.ncattrs():
        good: npt.NDArray[np.bool_] = np.equal(np.asarray(dataset[variable.ancillary_variables][...]), 0)
        return good
    nil = _field(variable.name, variable).is_nil(np.asarray(values))
    return np.ones(np.shape(values), bool) if nil is None else ~np.asarray(nil)
