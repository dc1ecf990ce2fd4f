# SPDX-License-Identifier: MIT
"""Domains of coverages from what the columns of the catalogue hold; the models and the summaries share it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.crs import Crs, parse_crs, parse_stored, stored_text
from eoxserver.core.domain import Domain
from eoxserver.core.rasters import raster_domain

__all__ = ["AxisColumns", "Grid", "axes_domain", "crs_text", "grid_domain", "merged_domain", "stored_crs"]


class AxisColumns(NamedTuple):
    """The columns of an axis."""

    grid_position: int
    crs_position: int
    kind: str
    label: str
    crs: str
    unit: str
    role: str
    origin: float | None
    step: float | None
    size: int
    coefficients: npt.NDArray[np.float64] | None

    @property
    def axis(self) -> Axis:
        """The axis.

        Raises
        ------
        ValueError
            When the columns describe none.
        CrsUnknown
            When its CRS is not known here.
        """
        crs = parse_stored(self.crs) if self.crs else None
        role = Role(self.role)
        if self.kind == "regular" and self.origin is not None and self.step is not None:
            return RegularAxis(self.label, self.origin, self.step, self.size, crs, self.unit, role)
        if self.kind == "irregular" and self.coefficients is not None:
            if len(self.coefficients) != self.size:
                raise ValueError(f"axis {self.label}: {len(self.coefficients)} coefficients, but the size {self.size}")
            return IrregularAxis(self.label, self.coefficients, crs, self.unit, role)
        if self.kind == "index":
            return IndexAxis(self.label, self.size, int(self.origin or 0), crs, self.unit, role)
        raise ValueError(f"axis {self.label}: kind '{self.kind}' lacks its origin, step or coefficients")


class Grid(NamedTuple):
    """The columns of a regular grid in a CRS."""

    size_x: int
    size_y: int
    min_x: float
    min_y: float
    max_x: float
    max_y: float
    north_up: bool


def stored_crs(srid: int | None, projection: str) -> Crs | None:
    """The CRS of a coverage by its EPSG code or definition; None with neither. Raises CrsUnknown."""
    if srid is not None:
        return parse_crs(f"EPSG:{srid}")
    return parse_stored(projection) if projection else None


def crs_text(crs: Crs) -> str:
    """The text that stands for a CRS in the catalogue, and holds all that is needed to make it again."""
    return stored_text(crs)


def grid_domain(crs: Crs | None, grid: Grid) -> Domain:
    """The axes y and x of a regular grid.

    Raises
    ------
    ValueError
        When there is no CRS, no cell or no extent.
    CrsNotSupported
        When the CRS has no two horizontal axes.
    """
    if crs is None:
        raise ValueError("a rectified grid needs an srid or a projection")
    bounds = (grid.min_x, grid.min_y, grid.max_x, grid.max_y)
    if grid.size_x < 1 or grid.size_y < 1 or not (grid.min_x < grid.max_x and grid.min_y < grid.max_y):
        raise ValueError(f"{grid.size_x} x {grid.size_y} cells in {bounds} are no grid")
    return raster_domain(crs, bounds, grid.size_x, grid.size_y, grid.north_up)


def axes_domain(rows: Sequence[AxisColumns]) -> Domain:
    """The domain of a coverage that is described by its axes alone, which may be none.

    Raises
    ------
    ValueError
        When positions have gaps.
    """
    ordered = sorted(rows, key=lambda row: row.grid_position)
    crs_order = sorted(rows, key=lambda row: row.crs_position)
    places = list(range(len(rows)))
    if [r.grid_position for r in ordered] != places or [r.crs_position for r in crs_order] != places:
        raise ValueError(f"the {len(rows)} axes do not stand at the positions 0, 1, ... of grid and CRS")
    return Domain(tuple(row.axis for row in ordered), tuple(row.label for row in crs_order))


def merged_domain(raster: Domain, rows: Sequence[AxisColumns]) -> Domain:
    """The domain of a raster that has further axes.

    Parameters
    ----------
    raster : Domain
        Two axes; they take the positions that the others leave free, in their own order.
    rows : sequence of AxisColumns
        The further axes, with their positions among all.

    Raises
    ------
    ValueError
        When positions lie beyond the number of axes, or are taken twice.
    """
    if not rows:
        return raster
    count = len(raster.axes) + len(rows)
    axes = {row.grid_position: row.axis for row in rows}
    labels = {row.crs_position: row.label for row in rows}
    for name, taken in (("grid", set(axes)), ("CRS", set(labels))):
        if len(taken) != len(rows) or max(taken) >= count:
            raise ValueError(f"{name} positions {sorted(taken)} of the further axes do not fit {count} axes")
    free_axes, free_labels = iter(raster.axes), iter(raster.crs_labels)
    return Domain(
        tuple(axes[i] if i in axes else next(free_axes) for i in range(count)),
        tuple(labels[i] if i in labels else next(free_labels) for i in range(count)),
    )
