# SPDX-License-Identifier: MIT
"""netCDF-4 with CF 1.8 metadata, for coverages of any number of axes.

A field is a variable, an axis a coordinate variable, the horizontal CRS a grid mapping. A field's first nil value is
``_FillValue``, further single ones are ``missing_value``. A field without nil value that has cells that are not valid
gets a ``_FillValue`` that does not occur among its cells (NaN for floats); where the cells use every value of a small
type, a status variable of CF clause 3.4 tells them apart. Truth values are bytes with the meanings of 0 and 1. What
else is known of fields and axes are attributes of their variables. Complex numbers are refused: netCDF has no type for
them that readers agree on. Points are a discrete sampling geometry (CF clause 9): ``featureType`` is ``point``, each
axis of their positions an auxiliary coordinate. Two parameters: ``compression`` (None, Deflate) and its ``zlevel`` (1
to 9).

Every call of netCDF4 is under the lock of ``backends.hdf5``; cells are read outside of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, ClassVar

import netCDF4
import numpy as np
import numpy.typing as npt

from eoxserver.backends.encoders.base import Workspace
from eoxserver.backends.encoders.cf import (
    array_order,
    axis_coordinates,
    grid_mapping,
    point_coordinate,
    standard_name,
    unit_text,
)
from eoxserver.backends.encoders.files import pieces, scratch_array, scratch_folder
from eoxserver.backends.encoders.options import Options
from eoxserver.backends.encoders.planes import fill_value, filled
from eoxserver.backends.encoders.pointcells import position_blocks
from eoxserver.backends.hdf5 import HDF5_LOCK
from eoxserver.conf.schema import Settings
from eoxserver.core.blocks import block_shape, split, stream
from eoxserver.core.coverage import CellBox, Cells, Coverage, Points
from eoxserver.core.crs import Crs
from eoxserver.core.errors import UnsupportedCombination
from eoxserver.core.fields import Field
from eoxserver.core.roles import Role
from eoxserver.plugins.markers import hookimpl

__all__ = ["NetcdfEncoder", "eoxs_encoders"]

DTYPES = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64")
OURS = frozenset({
    "_FillValue", "add_offset", "ancillary_variables", "axis", "bounds", "calendar", "coordinates", "crs_uri",
    "grid_mapping", "missing_value", "positive", "scale_factor", "standard_name", "units", "valid_max", "valid_min",
    "valid_range",
})  # fmt: skip
"""Attributes that say how a variable is to be read: not taken from what else is known."""
EDGES = "bnds"
"""Dimension of the two edges of a cell."""
HEAD_BYTES = 1 << 16
"""Room for metadata in a result that is made in memory."""


class NetcdfEncoder:
    """netCDF."""

    key: ClassVar[str] = "netCDF"

    def __init__(self, settings: Settings) -> None:
        pass

    def check(self, coverage: Coverage, driver: str, options: Mapping[str, str]) -> None:
        """Refuse what a netCDF file cannot hold; see ``Encoder.check``."""
        _compressed(options)
        for one in coverage.range_type.fields:
            if _dtype(one).name not in DTYPES:
                raise UnsupportedCombination(
                    f"netCDF holds {', '.join(DTYPES)}; field {one.name} is {one.dtype}, which GeoTIFF holds",
                    locator="format",
                )

    def encode(
        self, coverage: Coverage, driver: str, options: Mapping[str, str], workspace: Workspace
    ) -> Iterator[bytes]:
        """Write a netCDF file; see ``Encoder.encode``."""
        self.check(coverage, driver, options)
        compressed = _compressed(options)
        dimension = 0 if coverage.points is None else len(coverage.points.frame.axes)
        size = coverage.domain.cell_count * (coverage.range_type.cell_bytes + 8 * dimension)
        names = [_name(one.name) for one in coverage.range_type.fields]
        # Variables of a file made in memory are listed by name, whatever the order they were made in.
        if size <= workspace.memory_bytes and names == sorted(names) and not dimension:
            with HDF5_LOCK:
                target = netCDF4.Dataset("result.nc", "w", format="NETCDF4", memory=size + HEAD_BYTES)
            yield _trimmed(_written(target, coverage, workspace, compressed))
            return
        with scratch_folder(workspace) as folder:
            path = folder / "result.nc"
            with HDF5_LOCK:
                target = netCDF4.Dataset(path, "w", format="NETCDF4")
            _written(target, coverage, workspace, compressed)
            yield from pieces(path)


def _written(target: Any, coverage: Coverage, workspace: Workspace, compressed: int) -> memoryview:
    """Write everything and close; the bytes of a file that is made in memory."""
    try:
        writer = _Writer(target, coverage, workspace, compressed)
        with HDF5_LOCK:
            writer.describe()
        writer.locate()
        fields = coverage.range_type.fields
        for dtype, positions in groupby(range(len(fields)), lambda position: _dtype(fields[position])):
            writer.write(list(positions), dtype)
    finally:
        with HDF5_LOCK:
            data: memoryview = target.close()
    return data


def _trimmed(data: memoryview) -> bytes:
    """A file made in memory without the room that was left at its end.

    Where it ends is in its superblock, versions 2 and 3 (HDF5 File Format Specification 3.0, II.A).
    """
    known = data[8] in (2, 3) and data[9] == 8
    end = int.from_bytes(data[28:36], "little") if known else len(data)
    return bytes(data[: min(end, len(data))])


@dataclass
class _Writer:
    """One file being written."""

    target: Any
    coverage: Coverage
    workspace: Workspace
    compressed: int
    order: tuple[int, ...] = field(init=False)
    dimensions: tuple[str, ...] = field(init=False)
    mapping: str = field(default="", init=False)
    coordinates: str = field(default="", init=False)
    """Names of the variables of positions, for points."""
    positions: list[Any] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.order = array_order(self.coverage.domain)
        self.dimensions = tuple(self.coverage.domain.axes[position].label for position in self.order)

    def describe(self) -> None:
        """Write axes, CRS and global attributes."""
        coverage = self.coverage
        attributes = {"Conventions": "CF-1.8", "id": coverage.identifier, "title": coverage.title}
        attributes["summary"] = coverage.abstract
        extra = {key: value for key, value in coverage.metadata.items() if not key.startswith("band.")}
        known = {key: value for key, value in attributes.items() if value}
        self.target.setncatts({_name(key): value for key, value in (extra | known).items() if _name(key)})
        crs = coverage.domain.horizontal_crs
        if coverage.points is not None:
            crs = self._points(coverage.points)
        else:
            for position in self.order:
                self._axis(position)
        if crs is not None:
            self.mapping = self._free("crs")
            variable = self.target.createVariable(self.mapping, "i4")
            variable.setncatts(grid_mapping(crs))

    def write(self, positions: Sequence[int], dtype: np.dtype[Any]) -> None:
        """Write fields of one type; those without nil value only when it is known which values they have."""
        fields = [self.coverage.range_type.fields[position] for position in positions]
        blocks = self._blocks(positions)
        if all(fill_value(one, dtype) is not None for one in fields):
            with HDF5_LOCK:
                variables = [self._variable(one, dtype, fill_value(one, dtype)) for one in fields]
            for box, cells in blocks:
                self._put(variables, box, filled(cells, fields, dtype))
            return
        whole = CellBox.whole(self.coverage.domain.shape)
        values, valid = _gathered(whole, blocks, fields, dtype, self.workspace)
        for number, one in enumerate(fields):
            holes = None if valid is None or bool(valid[number].all()) else ~valid[number]
            self._whole_field(one, dtype, values[number], holes)

    def _whole_field(
        self, one: Field, dtype: np.dtype[Any], values: npt.NDArray[Any], holes: npt.NDArray[np.bool_] | None
    ) -> None:
        """Write a field whose cells are all at hand."""
        fill: float | None = fill_value(one, dtype)
        status = False
        if fill is None and holes is not None:
            fill = _absent(values, dtype)
            status = fill is None
            if fill is not None:
                values[holes] = fill
        whole = CellBox.whole(self.coverage.domain.shape)
        with HDF5_LOCK:
            variable = self._variable(one, dtype, fill)
        self._put([variable], whole, values[np.newaxis])
        if status and holes is not None:
            with HDF5_LOCK:
                flags = self._status(variable, one)
            self._put([flags], whole, holes[np.newaxis].astype(np.uint8))

    def _blocks(self, positions: Sequence[int]) -> Iterator[tuple[CellBox, Cells]]:
        source, shape = self.coverage.source, self.coverage.domain.shape
        cells = max(1, self.workspace.block_cells // len(positions))
        block = block_shape(shape, source.chunks, cells, row_major=True)
        return stream(source, split(CellBox.whole(shape), block), positions, self.workspace.pool)

    def _put(self, variables: Sequence[Any], box: CellBox, values: npt.NDArray[Any]) -> None:
        """Write a block of every variable, given in grid order."""
        index: tuple[slice, ...] = tuple(box.slices[position] for position in self.order)
        with HDF5_LOCK:
            for variable, cells in zip(variables, values, strict=True):
                variable[index or ...] = cells.transpose(self.order)

    def _axis(self, position: int) -> None:
        axis = self.coverage.domain.axes[position]
        found = axis_coordinates(axis)
        self.target.createDimension(axis.label, axis.size)
        variable = self.target.createVariable(axis.label, found.values.dtype, (axis.label,))
        variable.setncatts(_attributes(self.coverage.extra.axes.get(axis.label, {})) | found.attributes)
        variable[:] = found.values
        if found.bounds is not None:
            if EDGES not in self.target.dimensions:
                self.target.createDimension(EDGES, 2)
            bounds = self.target.createVariable(f"{axis.label}_bnds", "f8", (axis.label, EDGES))
            bounds[:] = found.bounds
            variable.bounds = bounds.name

    def locate(self) -> None:
        """Write the positions of points."""
        points = self.coverage.points
        if points is None:
            return
        shifts = np.array([point_coordinate(axis)[0] for axis in points.frame.axes])[:, np.newaxis]
        start = 0
        for block in position_blocks(points):
            end = start + block.shape[1]
            self._put(self.positions, CellBox((start,), (end,)), block - shifts)
            start = end

    def _points(self, points: Points) -> Crs | None:
        """Make the dimension of points and the variables of their positions; answers the CRS of x and y."""
        (axis,) = self.coverage.domain.axes
        self.target.featureType = "point"
        self.target.createDimension(axis.label, axis.size)
        for one in points.frame.axes:
            variable = self.target.createVariable(self._free(one.label), "f8", self.dimensions)
            said = _attributes(self.coverage.extra.axes.get(one.label, {}))
            variable.setncatts(said | point_coordinate(one)[1])
            self.positions.append(variable)
        self.coordinates = " ".join(variable.name for variable in self.positions)
        x, y = (points.frame.role_index(role) for role in (Role.X, Role.Y))
        crs = None if x is None or y is None else points.frame.axes[x].crs
        return crs if crs is not None and crs.is_horizontal and crs == points.frame.axes[y or 0].crs else None

    def _variable(self, one: Field, dtype: np.dtype[Any], fill: float | None) -> Any:
        """Make the variable of a field."""
        variable = self.target.createVariable(
            self._free(one.name),
            dtype,
            self.dimensions,
            fill_value=None if fill is None else dtype.type(fill),
            compression="zlib" if self.compressed and self.dimensions else None,
            complevel=self.compressed,
        )
        variable.set_auto_maskandscale(False)
        attributes = _attributes(self.coverage.extra.fields.get(one.name, {}))
        attributes |= {"units": unit_text(one.unit), "long_name": one.label or one.name}
        attributes |= {"comment": one.description} if one.description else {}
        name = standard_name(one.definition)
        attributes |= {"standard_name": name} if name else {}
        if one.dtype.kind == "b":
            attributes |= {"flag_values": np.array([0, 1], np.uint8), "flag_meanings": "false true"}
        attributes |= {"definition": one.definition} if one.definition else {}
        attributes |= {"grid_mapping": self.mapping} if self.mapping else {}
        attributes |= {"coordinates": self.coordinates} if self.coordinates else {}
        others = [nil.low for nil in one.nil if nil.high is None and repr(nil.low) != repr(one.nil_value)]
        if fill is not None and others:
            attributes["missing_value"] = np.array(others).astype(dtype)
        variable.setncatts(attributes)
        return variable

    def _status(self, variable: Any, one: Field) -> Any:
        """Make the variable that tells which cells of a field are nil."""
        flags = self.target.createVariable(self._free(f"{one.name}_status"), "u1", self.dimensions, fill_value=False)
        flags.setncatts(
            {
                "standard_name": "status_flag",
                "flag_values": np.array([0, 1], np.uint8),
                "flag_meanings": "valid nil",
            }
        )
        variable.ancillary_variables = flags.name
        return flags

    def _free(self, name: str) -> str:
        """The name, or one like it that no axis and no other variable has."""
        base, number = _name(name), 2
        name = base
        while name in self.target.variables or name in self.target.dimensions:
            name, number = f"{base}_{number}", number + 1
        return name


def _gathered(
    whole: CellBox,
    blocks: Iterator[tuple[CellBox, Cells]],
    fields: Sequence[Field],
    dtype: np.dtype[Any],
    workspace: Workspace,
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_] | None]:
    """All cells of some fields, in memory or a temporary file."""
    values = scratch_array((len(fields), *whole.shape), dtype, workspace)
    valid: npt.NDArray[np.bool_] | None = None
    for box, cells in blocks:
        index = (slice(None), *box.slices)
        values[index] = filled(cells, fields, dtype)
        if cells.valid is not None and not cells.valid.all():
            if valid is None:
                valid = scratch_array(values.shape, np.bool_, workspace)
                valid[:] = True
            valid[index] = cells.valid
    return values, valid


def _absent(values: npt.NDArray[Any], dtype: np.dtype[Any]) -> float | None:
    """A value that none of ``values`` has; None when all are in use."""
    if dtype.kind == "f":
        return float("nan")
    limits = np.iinfo(dtype)
    if dtype.itemsize <= 2:
        counts = np.bincount(values.ravel().astype(np.int64) - int(limits.min), minlength=1 << (8 * dtype.itemsize))
        unused = np.flatnonzero(counts == 0)
        if not unused.size:
            return None
        return int(limits.min) + int(unused[0 if limits.min < 0 else -1])
    candidates = (int(limits.min), -9999) if limits.min < 0 else (int(limits.max), int(limits.max) - 1)
    return next((value for value in candidates if not bool((values == value).any())), None)


def _dtype(one: Field) -> np.dtype[Any]:
    """The type of a field's variable."""
    return np.dtype({"bool": "uint8", "float16": "float32"}.get(one.dtype.name, one.dtype.name))


def _compressed(options: Mapping[str, str]) -> int:
    """How hard cells are compressed; 0: not at all."""
    read = Options.read(options, ("compression", "zlevel", "format"), "netCDF", {"compress": "compression"})
    read.choice("format", ("NC4",), "NC4")
    level = read.integer("zlevel", 1, 9, 1)
    if read.choice("compression", ("None", "Deflate"), "None") == "Deflate":
        return level
    if "zlevel" in read:
        raise read.bad("zlevel", "needs compression=Deflate")
    return 0


def _attributes(values: Mapping[str, Any]) -> dict[str, Any]:
    """What else is known of a field or an axis, as attributes."""
    return {
        _name(key): value if isinstance(value, str) else json.dumps(value)
        for key, value in values.items()
        if not {key, _name(key)} & {"", *OURS}
    }


def _name(text: str) -> str:
    """Text as the name of a variable or attribute; ``_FillValue`` and the like are not ours to set."""
    name = "".join(c if c.isascii() and (c.isalnum() or c in "_.-") else "_" for c in text).lstrip("_.-")
    return f"n{name}" if name[:1].isdigit() else name


@hookimpl
def eoxs_encoders() -> Sequence[type]:
    """Add the encoder of netCDF."""
    return [NetcdfEncoder]
