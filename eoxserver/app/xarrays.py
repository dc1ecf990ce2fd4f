# SPDX-License-Identifier: MIT
"""Coverages as arrays of xarray, with their axes as coordinates and what is known of their fields as attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.axes import Axis
from eoxserver.core.coordinates import coordinate_texts, is_temporal
from eoxserver.core.coverage import Coverage
from eoxserver.core.errors import UnsupportedCombination
from eoxserver.core.fields import Field
from eoxserver.query.executors import Executor

if TYPE_CHECKING:
    import xarray

__all__ = ["to_xarray"]

Array = npt.NDArray[Any]


def to_xarray(coverage: Coverage, executor: Executor) -> xarray.DataArray | xarray.Dataset:
    """All cells of a coverage: a data array of its one field, or a data set of several.

    Cells that are not valid are NaN; integers of which some are not valid become floating-point numbers. Coordinates
    are the centres of cells, as ``datetime64[ms]`` along axes of time.

    Raises
    ------
    UnsupportedCombination
        Where xarray is not installed.
    DataUnavailable
        When cells cannot be read.
    """
    try:
        import xarray  # an extra
    except ImportError as error:
        raise UnsupportedCombination(
            'a coverage is answered as an array of xarray, which is not installed (pip install "eoxserver[xarray]"); '
            'or let the query encode it: encode(..., "netcdf")'
        ) from error
    domain = coverage.domain
    coordinates = {axis.label: (axis.label, _coordinates(axis), _axis_attributes(axis)) for axis in domain.axes}
    whole = {"crs": domain.crs.uri} if domain.crs is not None else {}
    arrays = {
        field.name: xarray.DataArray(cells, coordinates, domain.labels, field.name, {**_attributes(field), **whole})
        for field, cells in zip(coverage.range_type.fields, _cells(coverage, executor), strict=True)
    }
    if len(arrays) == 1:
        return next(iter(arrays.values()))
    return xarray.Dataset(arrays, attrs=whole)


def _cells(coverage: Coverage, executor: Executor) -> list[Array]:
    """The cells of each field, shape as the domain's."""
    shape, fields = coverage.domain.shape, coverage.range_type.fields
    values = [np.zeros(shape, field.dtype) for field in fields]
    valid: list[npt.NDArray[np.bool_] | None] = [None] * len(fields)
    for box, cells in executor.blocks(coverage):
        for number in range(len(fields)):
            values[number][box.slices] = cells.values[number]
            if cells.valid is None or cells.valid[number].all():
                continue
            flags = valid[number]
            if flags is None:
                flags = valid[number] = np.ones(shape, bool)
            flags[box.slices] = cells.valid[number]
    return [_with_nan(*pair) for pair in zip(values, valid, strict=True)]


def _with_nan(values: Array, valid: npt.NDArray[np.bool_] | None) -> Array:
    if valid is None:
        return values
    dtype = values.dtype
    if dtype.kind in "biu":
        dtype = np.dtype("f4" if dtype.itemsize <= 2 else "f8")
    result = values.astype(dtype)
    result[~valid] = np.nan
    return result


def _coordinates(axis: Axis) -> Array:
    if is_temporal(axis):
        texts = coordinate_texts(axis, axis.coordinates())
        return np.array([text.removesuffix("Z") for text in texts], "datetime64[ms]")
    return axis.coordinates()


def _axis_attributes(axis: Axis) -> dict[str, Any]:
    attributes = {} if axis.crs is None else {"crs": axis.crs.uri}
    return attributes if is_temporal(axis) or not axis.unit else {**attributes, "units": axis.unit}


def _attributes(field: Field) -> dict[str, Any]:
    named = {"units": field.unit if field.unit != "10^0" else "", "long_name": field.label}
    found: dict[str, Any] = {key: text for key, text in named.items() if text}
    if field.description:
        found["comment"] = field.description
    return found
