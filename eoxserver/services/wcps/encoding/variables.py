# SPDX-License-Identifier: MIT
"""The keys ``variables`` and ``dimensions`` of ``encode``: what axes and fields are called in netCDF.

``dimensions`` names the axes, in the order of the grid. ``variables`` names the fields, or has an object for each
variable: of an axis with its coordinates (``data``) and attributes (``metadata``), of a field with its type and
attributes. The attributes ``units``, ``long_name`` and ``standard_name`` of a field become its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.axes import Axis, IrregularAxis, RegularAxis
from eoxserver.core.coverage import Coverage
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidParameterValue
from eoxserver.core.fields import Field, RangeType
from eoxserver.services.wcps.encoding.types import converted
from eoxserver.services.wcps.encoding.values import a_list, an_object, finite, known_keys, names_of, refused, texts_of

__all__ = ["TYPES", "Variable", "named", "parse_variables"]

TYPES: Mapping[str, str] = MappingProxyType({
    "byte": "int8", "octet": "int8", "char": "uint8", "ubyte": "uint8", "unsigned char": "uint8", "short": "int16",
    "ushort": "uint16", "unsigned short": "uint16", "int": "int32", "long": "int32", "uint": "uint32",
    "ulong": "uint32", "unsigned int": "uint32", "unsigned long": "uint32", "float": "float32", "double": "float64",
})  # fmt: skip
"""Types of variables by the names that WCPS and netCDF have for them."""
_VARIABLE = '{"type": .., "name": .., "data": [..], "metadata": {..}}'
_ACCEPTED = f'a list of names, or an object of {{"<name>": {_VARIABLE}}}'
STANDARD_NAMES = "http://vocab.nerc.ac.uk/standard_name/"


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable."""

    name: str
    dtype: np.dtype[Any] | None = None
    data: npt.NDArray[np.float64] | None = None
    """Coordinates, shape (n,); only of axes."""
    metadata: Mapping[str, str] = field(default_factory=dict)


def parse_variables(value: object) -> tuple[Variable, ...]:
    """The variables that JSON describes; raises InvalidParameterValue."""
    key = "variables"
    if isinstance(value, list):
        return tuple(Variable(name) for name in names_of(key, value, "a list of names"))
    given = an_object(key, value, _ACCEPTED)
    found = tuple(_variable(f"{key}.{name}", name, one) for name, one in given.items())
    if not found or len({one.name for one in found}) != len(found):
        raise refused(key, value, f"{_ACCEPTED}, each name once")
    return found


def named(coverage: Coverage, variables: Sequence[Variable], dimensions: Sequence[str]) -> Coverage:
    """The coverage with other names, types, coordinates and attributes of its axes and fields.

    Raises
    ------
    InvalidParameterValue
        When there are more or fewer names than axes or fields, or coordinates that do not fit an axis.
    """
    if dimensions:
        coverage = _with_dimensions(coverage, dimensions)
    axes = {axis.label: position for position, axis in enumerate(coverage.domain.axes)}
    of_fields = [variable for variable in variables if variable.name not in axes]
    for variable in variables:
        if variable.name in axes:
            coverage = _with_axis(coverage, axes[variable.name], variable)
    return _with_fields(coverage, of_fields) if of_fields else coverage


def _with_dimensions(coverage: Coverage, names: Sequence[str]) -> Coverage:
    domain = coverage.domain
    if len(names) != len(domain.axes):
        raise refused("dimensions", list(names), f"{len(domain.axes)} names, for {', '.join(domain.labels) or 'none'}")
    by_label = dict(zip(domain.labels, names, strict=True))
    axes = tuple(replace(axis, label=by_label[axis.label]) for axis in domain.axes)
    known = {by_label[label]: values for label, values in coverage.extra.axes.items() if label in by_label}
    renamed = Domain(axes, tuple(by_label[label] for label in domain.crs_labels))
    return replace(coverage, domain=renamed, extra=replace(coverage.extra, axes=known))


def _with_axis(coverage: Coverage, position: int, variable: Variable) -> Coverage:
    axis = coverage.domain.axes[position]
    extra = replace(coverage.extra, axes={**coverage.extra.axes, axis.label: dict(variable.metadata)})
    coverage = replace(coverage, extra=extra) if variable.metadata else coverage
    if variable.data is None:
        return coverage
    moved = _axis_of(axis, variable.data)
    return replace(coverage, domain=coverage.domain.replaced({position: moved}))


def _axis_of(axis: Axis, values: npt.NDArray[np.float64]) -> Axis:
    """The axis at other coordinates: regular where it was and they are."""
    key = f"variables.{axis.label}.data"
    if values.size != axis.size:
        raise refused(key, f"{values.size} numbers", f"{axis.size} numbers, one for each cell")
    steps = np.diff(values)
    if isinstance(axis, RegularAxis) and (values.size == 1 or np.allclose(steps, steps[0], rtol=1e-9)):
        step = float(values[-1] - values[0]) / (values.size - 1) if values.size > 1 else axis.step
        if step:
            return replace(axis, origin=float(values[0]), step=step)
    try:
        return IrregularAxis(axis.label, values, axis.crs, axis.unit, axis.role)
    except ValueError as error:
        raise refused(key, values.tolist(), "numbers that all rise or all fall") from error


def _with_fields(coverage: Coverage, variables: Sequence[Variable]) -> Coverage:
    fields = coverage.range_type.fields
    if len(variables) != len(fields):
        names = ", ".join(coverage.range_type.names)
        raise InvalidParameterValue(
            f"extra parameter variables names {', '.join(one.name for one in variables)}; the result has "
            f"{len(fields)} field{'s' if len(fields) > 1 else ''} ({names}), and the axes "
            f"{', '.join(coverage.domain.labels) or 'none'}",
            locator="variables",
        )
    pairs = list(zip(fields, variables, strict=True))
    for variable in variables:
        if variable.data is not None:
            axes = ", ".join(coverage.domain.labels) or "none"
            raise refused(f"variables.{variable.name}.data", variable.data.tolist(), f"only for axes: {axes}")
    dtypes = [one.dtype if variable.dtype is None else variable.dtype for one, variable in pairs]
    coverage = converted(coverage, dtypes)
    pairs = list(zip(coverage.range_type.fields, variables, strict=True))
    known = {variable.name: {**coverage.extra.fields.get(one.name, {}), **variable.metadata} for one, variable in pairs}
    made = tuple(_field(one, variable) for one, variable in pairs)
    return replace(coverage, range_type=RangeType(made), extra=replace(coverage.extra, fields=known))


def _field(one: Field, variable: Variable) -> Field:
    told = variable.metadata
    standard = told.get("standard_name")
    return replace(
        one,
        name=variable.name,
        label=told.get("long_name", one.label),
        unit=told.get("units", one.unit),
        definition=one.definition if standard is None else f"{STANDARD_NAMES}{standard}/",
    )


def _variable(key: str, name: str, value: object) -> Variable:
    given = an_object(key, value, "an object of type, name, data and metadata")
    known_keys(given, ("type", "name", "data", "metadata"), key)
    dtype = given.get("type")
    if dtype is not None and (not isinstance(dtype, str) or dtype.lower() not in TYPES):
        raise refused(f"{key}.type", dtype, ", ".join(TYPES))
    called = given.get("name", name)
    if not isinstance(called, str) or not called:
        raise refused(f"{key}.name", called, "a name")
    data: npt.NDArray[np.float64] | None = None
    if "data" in given:
        listed = a_list(f"{key}.data", given["data"], "a list of numbers")
        data = np.array([finite(f"{key}.data", one) for one in listed], np.float64)
    metadata = texts_of(f"{key}.metadata", given.get("metadata", {}), "an object of texts")
    return Variable(called, None if dtype is None else np.dtype(TYPES[dtype.lower()]), data, metadata)
