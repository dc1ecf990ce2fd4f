# SPDX-License-Identifier: MIT
"""Variables of netCDF files: ``${netcdf:...}``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from eoxserver.backends.readers.arrays.model import ArrayVariable
from eoxserver.backends.readers.arrays.netcdf import read_netcdf
from eoxserver.backends.readers.variables import VariableSource
from eoxserver.core.coverage import CellBox, Source
from eoxserver.core.errors import EOxServerError, suggest
from eoxserver.core.fields import Field, NilValue
from eoxserver.wcst_import.errors import SentenceError, unreadable
from eoxserver.wcst_import.ingredients.sections import Band
from eoxserver.wcst_import.probes.base import Dimension
from eoxserver.wcst_import.slices import FilePart

__all__ = ["NetcdfProbe"]


class NetcdfProbe:
    """A netCDF file; its variables of coordinates are read at once, others when they are asked for."""

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self._file = read_netcdf(path)
        except EOxServerError as error:
            raise unreadable(path, error) from error

    def value(self, parts: tuple[str, ...]) -> Any:
        """Attributes of the file, values and attributes of variables, sizes of dimensions."""
        match parts[1:]:
            case ("metadata", *name):
                return _found(self._file.attributes, ":".join(name), f"{self.path} has no attribute")
            case ("dimension", name):
                return _found(self._sizes(), name, f"{self.path} has no dimension")
            case ("variable", name):
                return self._values(self._variable(name)).tolist()
            case ("variable", name, "metadata"):
                return dict(self._variable(name).attributes)
            case ("variable", name, ("first" | "last" | "min" | "max") as which):
                return self._one(self._variable(name), which)
            case ("variable", name, attribute):
                attributes = self._variable(name).attributes
                return _found(attributes, attribute, f"variable {name} of {self.path} has no attribute")
        text = ":".join(parts)
        known = ("netcdf:metadata:NAME", "netcdf:variable:NAME", "netcdf:variable:NAME:min", "netcdf:dimension:NAME")
        raise SentenceError(f"'${{{text}}}' is not known; {suggest(text, known)}", locator=text)

    def _sizes(self) -> dict[str, int]:
        return {
            name: size
            for variable in self._file.variables.values()
            for name, size in zip(variable.dims, variable.shape, strict=True)
        }

    def _variable(self, name: str) -> ArrayVariable:
        found: ArrayVariable = _found(self._file.variables, name, f"{self.path} has no variable")
        return found

    def _values(self, variable: ArrayVariable) -> Any:
        if variable.values is not None:
            return variable.values
        try:
            source = VariableSource(self.path, [variable.name])
            return source.read(CellBox.whole(source.shape), [0]).values[0]
        except EOxServerError as error:
            raise unreadable(self.path, error) from error

    def _one(self, variable: ArrayVariable, which: str) -> Any:
        values = np.asarray(self._values(variable)).ravel()
        if not values.size:
            raise SentenceError(f"variable {variable.name} of {self.path} has no values", locator=variable.name)
        found = {"first": values[0], "last": values[-1], "min": values.min(), "max": values.max()}[which]
        return found.item()

    # -- cells -------------------------------------------------------------------------------------------

    def dimensions(self, bands: Sequence[Band]) -> tuple[Dimension, ...]:
        """Those of the first variable; the direction is that of its coordinates."""
        variable = self._variable(_name(bands[0]))
        return tuple(
            Dimension(size, falling=self._falling(name))
            for name, size in zip(variable.dims, variable.shape, strict=True)
        )

    def _falling(self, dimension: str) -> bool | None:
        variable = self._file.variables.get(dimension)
        if variable is None or variable.values is None or variable.values.size < 2:
            return None
        return bool(variable.values[0] > variable.values[-1])

    def open(self, bands: Sequence[Band]) -> tuple[tuple[Field, ...], Source]:
        """Variables, with the unit and the fill value that they have."""
        try:
            source = VariableSource(self.path, [_name(band) for band in bands])
        except EOxServerError as error:
            raise unreadable(self.path, error) from error
        fields = []
        for band, dtype, fill in zip(bands, source.dtypes, source.fill_values, strict=True):
            variable = self._variable(_name(band))
            unit = variable.text("units") or "10^0"
            nil = () if fill is None else (NilValue(fill),)
            fields.append(Field(band.name, dtype, unit, nil, description=variable.text("long_name")))
        return tuple(fields), source

    def in_place(self, bands: Sequence[Band], names: Sequence[str], dims: Sequence[str]) -> tuple[FilePart, ...]:
        """The file, by variables."""
        return (FilePart(self.path, tuple(names), tuple(dims), variables=tuple(_name(band) for band in bands)),)

    # -- metadata ----------------------------------------------------------------------------------------

    def metadata(self) -> Mapping[str, Any]:
        """Attributes of the file."""
        return self._file.attributes

    def band_metadata(self, band: Band) -> Mapping[str, Any]:
        """Attributes of the variable."""
        return _without_fill(self._variable(_name(band)).attributes)

    def axis_metadata(self, name: str) -> Mapping[str, Any]:
        """Attributes of a variable of coordinates; none where there is no such variable."""
        variable = self._file.variables.get(name)
        return {} if variable is None else _without_fill(variable.attributes)


def _name(band: Band) -> str:
    return band.identifier or band.name


def _found(known: Mapping[str, Any], name: str, sentence: str) -> Any:
    if name not in known:
        raise SentenceError(f"{sentence} '{name}'; {suggest(name, known, 20)}", locator=name)
    return known[name]


def _without_fill(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if name not in ("_FillValue", "missing_value")}
