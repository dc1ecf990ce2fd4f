# SPDX-License-Identifier: MIT
"""A coverage of two axes as formats of images see it: rows and columns, the first row northernmost.

Rows run along y and columns along x wherever the axes stand in the grid; a grid whose y grows or whose x falls is
turned, so that every image shows north up and west to the left. Of axes that are not those of a horizontal CRS an x
axis gives the columns and a y axis the rows; where neither tells, the first axis of the CRS gives the columns, as of an
image with the indices i and j, whichever of them stands first in the grid.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS

from eoxserver.backends.encoders.base import Workspace
from eoxserver.backends.encoders.files import scratch_array
from eoxserver.core.axes import IndexAxis, RegularAxis, Role
from eoxserver.core.blocks import block_shape, split, stream
from eoxserver.core.coverage import CellBox, Cells, Coverage, Level
from eoxserver.core.crs import Crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import UnsupportedCombination
from eoxserver.core.fields import Field

__all__ = ["Gathered", "Plane", "blocks", "fill_value", "filled", "gather", "plane_of", "rasterio_crs"]


@dataclass(frozen=True)
class Plane:
    """The cells of a coverage as rows and columns; a ``core.coverage.Source``."""

    coverage: Coverage
    turned: bool
    """Whether rows run along the second axis of the grid."""
    flipped: tuple[bool, bool]
    """Whether rows, and columns, stand in the opposite order of the grid's."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self._oriented(self.coverage.domain.shape)

    @property
    def chunks(self) -> tuple[int, int]:
        """Rows and columns in which reading is cheapest."""
        return self._oriented(self.coverage.source.chunks)

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution only."""
        return (Level(self.shape, (1.0, 1.0)),)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields, in order."""
        return self.coverage.range_type.fields

    @property
    def transform(self) -> Affine | None:
        """From columns and rows to x and y; None without horizontal axes."""
        place = self.coverage.domain.horizontal
        if place is None:
            return None
        x, y = (self.coverage.domain.axes[position] for position in place)
        assert isinstance(x, RegularAxis) and isinstance(y, RegularAxis)
        return Affine(abs(x.step), 0, x.low, 0, -abs(y.step), y.high)

    @property
    def crs(self) -> CRS | None:
        """The horizontal CRS, for rasterio; None without one."""
        crs = self.coverage.domain.horizontal_crs
        return None if crs is None else rasterio_crs(crs)

    @property
    def tie_points(self) -> tuple[list[GroundControlPoint], CRS] | None:
        """Ground control points of a grid with index axes, counted from its own first cell; None without."""
        points, axes = self.coverage.tie_points, self.coverage.domain.axes
        if points is None or not all(isinstance(axis, IndexAxis) for axis in axes):
            return None
        first_row, first_column = self._oriented([axis.first for axis in axes if isinstance(axis, IndexAxis)])
        heights = np.zeros(len(points.rows)) if points.heights is None else points.heights
        control = [
            GroundControlPoint(row - first_row, column - first_column, x, y, z)
            for row, column, x, y, z in np.stack([points.rows, points.columns, points.x, points.y, heights]).T.tolist()
        ]
        return control, rasterio_crs(points.crs)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Read cells; the box is in rows and columns."""
        low, high = list(box.low), list(box.high)
        for axis, size in enumerate(self.shape):
            if self.flipped[axis]:
                low[axis], high[axis] = size - box.high[axis], size - box.low[axis]
        cells = self.coverage.source.read(CellBox(self._oriented(low), self._oriented(high)), fields)
        if not self.turned and not any(self.flipped):
            return cells
        return Cells(self._arrange(cells.values), None if cells.valid is None else self._arrange(cells.valid))

    def _arrange(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if self.turned:
            values = values.transpose(0, 2, 1)
        rows, columns = (slice(None, None, -1) if flip else slice(None) for flip in self.flipped)
        return values[:, rows, columns]

    def _oriented(self, pair: Sequence[int]) -> tuple[int, int]:
        """A pair of the grid in the order of rows and columns, and the other way round."""
        return (pair[1], pair[0]) if self.turned else (pair[0], pair[1])


def plane_of(coverage: Coverage, name: str) -> Plane:
    """Look at a coverage as rows and columns.

    Parameters
    ----------
    name : str
        Of the format, for the error.

    Raises
    ------
    UnsupportedCombination
        When it has not two axes.
    """
    domain = coverage.domain
    if len(domain.axes) != 2:
        labels = ", ".join(domain.labels) or "none"
        others = [axis.label for axis in domain.axes[: max(len(domain.axes) - 2, 0)]]
        remedy = f"slice {', '.join(others)}, or ask" if others else "ask"
        raise UnsupportedCombination(
            f"{name} holds two axes, the coverage has {len(domain.axes)} ({labels}); {remedy} for netCDF",
            locator="format",
        )
    place = domain.horizontal
    if place is None:
        return Plane(coverage, turned=_columns(domain) == 0, flipped=(False, False))
    x, y = (domain.axes[position] for position in place)
    assert isinstance(x, RegularAxis) and isinstance(y, RegularAxis)
    return Plane(coverage, turned=place == (0, 1), flipped=(y.step > 0, x.step < 0))


def _columns(domain: Domain) -> int:
    """The grid position of the axis that columns run along, of two that are not regular in one horizontal CRS."""
    x, y = domain.role_index(Role.X), domain.role_index(Role.Y)
    if x is not None:
        return x
    return domain.labels.index(domain.crs_labels[0]) if y is None else 1 - y


def blocks(plane: Plane, workspace: Workspace, whole_rows: bool = False) -> Iterator[tuple[CellBox, Cells]]:
    """Read a plane block by block, ahead in the workspace's threads.

    Parameters
    ----------
    whole_rows : bool
        Whether each block is as wide as the plane.
    """
    fields = range(len(plane.fields))
    shape = block_shape(plane.shape, plane.chunks, max(1, workspace.block_cells // len(fields)), whole_rows)
    if whole_rows:
        shape = (shape[0], plane.shape[1])
    return stream(plane, split(CellBox.whole(plane.shape), shape), fields, workspace.pool)


def fill_value(field: Field, dtype: np.dtype[Any]) -> float | None:
    """The value that marks a field's nil cells in a file of this type; None when there is none that it can hold."""
    value = field.nil_value
    if value is None:
        return None
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return value if float(value).is_integer() and int(limits.min) <= value <= int(limits.max) else None
    return value


def filled(cells: Cells, fields: Sequence[Field], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """The values of a block in a type; cells that are not valid hold the nil value, or 0 where there is none."""
    values = cells.values.astype(dtype, copy=False)
    if cells.valid is None or bool(cells.valid.all()):
        return values
    values = values if values.flags.writeable and values is not cells.values else values.copy()
    for number, field in enumerate(fields):
        values[number, ...][~cells.valid[number]] = fill_value(field, dtype) or 0
    return values


@dataclass(frozen=True)
class Gathered:
    """All cells of a plane, at hand."""

    values: npt.NDArray[Any]
    """Shape (field, rows, columns); cells that are not valid hold the nil value or 0."""
    shown: npt.NDArray[np.bool_] | None
    """Where some field is valid, shape (rows, columns); None: everywhere."""

    @property
    def image(self) -> npt.NDArray[Any]:
        """The values as (rows, columns, fields), a view."""
        return self.values.transpose(1, 2, 0)

    @property
    def cells(self) -> Cells:
        """The values with ``shown`` as the mask of every field."""
        return Cells(self.values, None if self.shown is None else np.broadcast_to(self.shown, self.values.shape))


def gather(plane: Plane, workspace: Workspace, dtype: np.dtype[Any]) -> Gathered:
    """Read all cells, into memory or a temporary file; those that are not valid hold the nil value or 0."""
    fields = plane.fields
    values: npt.NDArray[Any] | None = None
    shown: npt.NDArray[np.bool_] | None = None
    for box, cells in blocks(plane, workspace):
        part = filled(cells, fields, dtype)
        if values is None:
            whole = box.shape == plane.shape
            values = part if whole else scratch_array((len(fields), *plane.shape), dtype, workspace)
        if values is not part:
            values[(slice(None), *box.slices)] = part
        if cells.valid is not None:
            visible: npt.NDArray[np.bool_] = np.logical_or.reduce(cells.valid, axis=0)
            if not visible.all():
                if shown is None:
                    shown = scratch_array(plane.shape, np.bool_, workspace)
                    shown[:] = True
                shown[box.slices] = visible
    assert values is not None
    return Gathered(values, shown)


def rasterio_crs(crs: Crs) -> CRS:
    """A CRS for rasterio: by code, else by WKT."""
    return CRS.from_epsg(crs.epsg) if crs.epsg is not None else _crs_of_wkt(crs.wkt or "")


@lru_cache(maxsize=64)
def _crs_of_wkt(wkt: str) -> CRS:
    return CRS.from_wkt(wkt)
