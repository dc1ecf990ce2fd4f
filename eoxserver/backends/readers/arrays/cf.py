# SPDX-License-Identifier: MIT
"""What arrays mean by the CF conventions 1.8: axes, CRSs and fields.

Clauses 2.5 (missing data), 4 (coordinates), 5.6 (grid mappings), 7.1 (cell boundaries). Values are never scaled. A
dimension whose coordinates lie evenly is a regular axis, any other an irregular one, and one without coordinates an
index axis. Times count days on ``AnsiDate``, unless ``crs_uri`` names a CRS of ours, as it does in our own netCDF.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from pyproj import CRS
from pyproj.exceptions import CRSError

from eoxserver.backends.readers.arrays.model import ArrayFile, ArrayVariable
from eoxserver.backends.readers.arrays.times import time_numbers
from eoxserver.backends.readers.gdal_describe import field_names, unit_code
from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.crs import Crs, parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import CrsUnknown, EOxServerError
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.core.metadata import ExtraMetadata

__all__ = ["ArrayCube", "array_cubes"]

EVEN = 1e-6
"""How far coordinates may lie beside those of a regular axis, and up to ``EVEN_32`` where they are 32-bit [steps]."""
EVEN_32 = 2e-2
_LATITUDES = {"degrees_north", "degree_north", "degree_n", "degrees_n", "degreen", "degreesn"}
_LONGITUDES = {"degrees_east", "degree_east", "degree_e", "degrees_e", "degreee", "degreese"}
_KEPT = ("scale_factor", "add_offset", "cell_methods", "comment", "source", "references")
_STANDARD_NAMES = "http://vocab.nerc.ac.uk/standard_name/"


@dataclass(frozen=True)
class ArrayCube:
    """Variables of one grid, each a field."""

    variables: tuple[str, ...]
    domain: Domain
    """Axes in the order of the dimensions."""
    range_type: RangeType
    metadata: Mapping[str, str]
    extra: ExtraMetadata
    without_crs: bool = False
    """Whether it has coordinates in a plane whose CRS nobody names."""

    @property
    def several(self) -> bool:
        """Whether there are several positions on an axis other than x and y, so that it is no image."""
        return any(axis.size > 1 for axis in self.domain.axes if axis.role not in (Role.X, Role.Y))


def array_cubes(file: ArrayFile, crs: Crs | None = None, names: Sequence[str] = ()) -> tuple[ArrayCube, ...]:
    """The cubes of three dimensions and more in a file, in its order.

    Parameters
    ----------
    crs : Crs, optional
        Of the plane where the file names none.
    names : sequence of str
        Of the variables that are meant; by default all that are data.
    """
    grids: dict[tuple[str, ...], list[ArrayVariable]] = {}
    for variable in _data_variables(file):
        if len(variable.dims) > 2 and (not names or variable.name in names):
            grids.setdefault(variable.dims, []).append(variable)
    return tuple(_cube(file, variables, crs) for variables in grids.values() if _on_earth(file, variables[0]))


def _data_variables(file: ArrayFile) -> Iterator[ArrayVariable]:
    """Variables of numbers that are not there for others: coordinates, bounds, grid mappings."""
    others: set[str] = set()
    for variable in file.variables.values():
        for name in ("bounds", "climatology", "coordinates", "grid_mapping", "formula_terms", "cell_measures"):
            others.update(re.split(r"[\s:]+", variable.text(name)))
    for variable in file.variables.values():
        numbers = variable.dtype is not None and variable.dtype.kind in "iufc"
        if (
            numbers
            and variable.label not in others
            and variable.dims != (variable.name,)
            and min(variable.shape, default=0)
        ):
            yield variable


def _on_earth(file: ArrayFile, variable: ArrayVariable) -> bool:
    """Whether one of its axes is in space or time."""
    return any(_role(file.variables.get(dim)) in (Role.X, Role.Y, Role.T) for dim in variable.dims)


def _cube(file: ArrayFile, variables: Sequence[ArrayVariable], asked: Crs | None) -> ArrayCube:
    first = variables[0]
    plane = _plane_crs(file, first) or asked
    axes = [_axis(file, dim, size, plane) for dim, size in zip(first.dims, first.shape, strict=True)]
    roles = [axis.role for axis in axes]
    without_crs = plane is None and Role.X in roles and Role.Y in roles
    names = field_names([variable.label for variable in variables])
    fields = tuple(_field(variable, name) for variable, name in zip(variables, names, strict=True))
    own = {
        name: {
            key: variable.attributes[key]
            for key in _KEPT
            if isinstance(variable.attributes.get(key), str | float | int)
        }
        for variable, name in zip(variables, names, strict=True)
    }
    metadata = {key: str(value) for key, value in file.attributes.items() if key != "Conventions" and _is_plain(value)}
    return ArrayCube(
        tuple(variable.name for variable in variables),
        Domain(tuple(axes), _crs_order(axes)),
        RangeType(fields),
        metadata,
        ExtraMetadata(fields={name: values for name, values in own.items() if values}),
        without_crs,
    )


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | float | int) and not isinstance(value, bool)


def _crs_order(axes: Sequence[Axis]) -> tuple[str, ...]:
    """Further axes as they come, then x and y in the order of their CRS."""
    plane = [axis for axis in axes if axis.role in (Role.X, Role.Y)]
    order = [one.label for one in plane[0].crs.axes] if plane and plane[0].crs is not None else []
    inside = sorted(plane, key=lambda axis: order.index(axis.label) if axis.label in order else len(order))
    return (*(axis.label for axis in axes if axis not in plane), *(axis.label for axis in inside))


# -- axes -------------------------------------------------------------------------------------------------


def _axis(file: ArrayFile, dim: str, size: int, plane: Crs | None) -> Axis:
    label = field_names([dim.rpartition("/")[2]])[0]
    variable = file.variables.get(dim)
    if variable is None or variable.values is None:
        return IndexAxis(label, size, crs=_index_crs(label))
    role = _role(variable)
    values = variable.values.astype(np.float64)
    single = variable.values.dtype.itemsize < 8 and variable.values.dtype.kind == "f"
    crs = _named_crs(variable)
    unit = unit_code(variable.text("units")) if variable.text("units") else ""
    if role is Role.T:
        crs = crs if crs is not None and crs.time is not None else _relabelled("OGC/0/AnsiDate", label)
        numbers = time_numbers(variable, crs)
        if numbers is None:
            role, crs = Role.OTHER, None
        else:
            values, single, unit, label = numbers, False, crs.axes[0].unit, crs.axes[0].label
    elif role in (Role.X, Role.Y):
        crs = plane if plane is not None and plane.horizontal is not None else crs
        own = next((one for one in crs.axes if one.role is role), None) if crs is not None else None
        label, unit = (label, unit) if own is None else (own.label, own.unit)
    elif crs is not None and crs.kind == "index":
        label = crs.axes[0].label if len(crs.axes) == 1 else label
        if _is_index(values, variable):
            return IndexAxis(label, size, int(values[0]), crs=crs)
    crs = _index_crs(label) if crs is None else crs
    return _placed(label, values, _edges(file, variable, values), crs, unit, role, single)


def _placed(
    label: str,
    values: npt.NDArray[np.float64],
    edges: tuple[float, float] | None,
    crs: Crs,
    unit: str,
    role: Role,
    single: bool,
) -> Axis:
    """A regular axis where coordinates lie evenly, else an irregular one."""
    if values.size == 1 and edges is not None and edges[0] != edges[1] and role in (Role.X, Role.Y):
        return RegularAxis(label, float(values[0]), edges[1] - edges[0], 1, crs, unit, role)
    if values.size > 1:
        first, last = (_meant(value) if single else float(value) for value in (values[0], values[-1]))
        step = (last - first) / (values.size - 1)
        off = np.abs(values - (first + np.arange(values.size) * step)).max()
        if step != 0 and math.isfinite(step) and off <= (EVEN_32 if single else EVEN) * abs(step):
            return RegularAxis(label, first, step, values.size, crs, unit, role)
    return IrregularAxis(label, values, crs, unit, role)


def _meant(value: np.float64) -> float:
    """The decimal number that was meant by a 32-bit one: the shortest.

    >>> _meant(np.float64(np.float32(0.05)))
    0.05
    """
    return float(str(np.float32(value)))


def _is_index(values: npt.NDArray[np.float64], variable: ArrayVariable) -> bool:
    whole = variable.values is not None and variable.values.dtype.kind in "iu"
    return whole and bool((np.diff(values) == 1).all())


def _edges(file: ArrayFile, variable: ArrayVariable, values: npt.NDArray[np.float64]) -> tuple[float, float] | None:
    """The edges of the only cell, in the direction in which they are written."""
    found = next((one for one in file.variables.values() if one.label == variable.text("bounds")), None)
    if values.size != 1 or found is None or found.values is None or found.values.shape != (1, 2):
        return None
    return float(found.values[0, 0]), float(found.values[0, 1])


def _role(variable: ArrayVariable | None) -> Role:
    """What a coordinate variable measures (CF 1.8 clause 4)."""
    if variable is None:
        return Role.OTHER
    units, name, axis = variable.text("units").lower(), variable.text("standard_name"), variable.text("axis").upper()
    if units in _LATITUDES or name in ("latitude", "projection_y_coordinate") or axis == "Y":
        return Role.Y
    if units in _LONGITUDES or name in ("longitude", "projection_x_coordinate") or axis == "X":
        return Role.X
    if re.search(r"\bsince\b", units):
        return Role.T
    if axis == "Z" or variable.text("positive").lower() in ("up", "down"):
        return Role.Z
    return Role.OTHER


# -- CRSs -------------------------------------------------------------------------------------------------


def _plane_crs(file: ArrayFile, variable: ArrayVariable) -> Crs | None:
    """The CRS of x and y: that of the grid mapping, or WGS 84 for latitude and longitude without one."""
    name = re.split(r"[\s:]+", variable.text("grid_mapping"))[0]
    mapping = next((one for one in file.variables.values() if name and one.label == name), None)
    found = None if mapping is None else _mapped_crs(mapping)
    if found is not None:
        return found
    units = {one.text("units").lower() for dim in variable.dims if (one := file.variables.get(dim)) is not None}
    names = {one.text("standard_name") for dim in variable.dims if (one := file.variables.get(dim)) is not None}
    degrees = units & _LATITUDES and units & _LONGITUDES
    return parse_crs("EPSG:4326") if degrees or {"latitude", "longitude"} <= names else None


def _mapped_crs(mapping: ArrayVariable) -> Crs | None:
    """The CRS of a grid mapping variable, by its code where it has one."""
    wkt = mapping.text("crs_wkt") or mapping.text("spatial_ref")
    try:
        found = CRS.from_wkt(wkt) if wkt else CRS.from_cf(dict(mapping.attributes))
        code = found.to_epsg(min_confidence=100)
        crs = parse_crs(f"EPSG:{code}" if code else found.to_wkt())
    except (CRSError, CrsUnknown, KeyError, TypeError, ValueError):
        return None
    return crs if crs.horizontal is not None else None


def _named_crs(variable: ArrayVariable) -> Crs | None:
    """The CRS that our own encoder names."""
    text = variable.text("crs_uri")
    try:
        return parse_crs(text) if text else None
    except EOxServerError:
        return None


def _relabelled(code: str, label: str) -> Crs:
    crs = parse_crs(code)
    return crs if crs.axes[0].label == label else parse_crs(f'{code}?axis-label="{label}"')


def _index_crs(label: str) -> Crs:
    return _relabelled("OGC/0/Index1D", label)


# -- fields -----------------------------------------------------------------------------------------------


def _field(variable: ArrayVariable, name: str) -> Field:
    assert variable.dtype is not None
    nil = []
    for attribute in ("_FillValue", "missing_value"):
        value = variable.attributes.get(attribute)
        if isinstance(value, int | float) and not isinstance(value, bool):
            one = NilValue(float(value) if isinstance(value, float) else value)
            nil += [] if one in nil else [one]
    standard_name = variable.text("standard_name")
    found = Field(
        name,
        variable.dtype,
        unit=unit_code(variable.text("units")),
        nil=tuple(nil),
        label=variable.text("long_name") or variable.label,
        definition=f"{_STANDARD_NAMES}{standard_name}/" if standard_name else "",
    )
    interval = _interval(variable)
    return found if interval is None else replace(found, intervals=(interval,))


def _interval(variable: ArrayVariable) -> tuple[float, float] | None:
    """The valid range, if there is one that makes sense (CF 1.8 clause 2.5.1)."""
    given = variable.attributes.get("valid_range")
    ends: Sequence[Any] = (
        given.ravel().tolist()
        if isinstance(given, np.ndarray)
        else [variable.attributes.get(f"valid_{end}") for end in ("min", "max")]
    )
    if len(ends) != 2 or not all(isinstance(end, int | float) and math.isfinite(end) for end in ends):
        return None
    return (float(ends[0]), float(ends[1])) if ends[0] < ends[1] else None
