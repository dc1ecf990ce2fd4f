# SPDX-License-Identifier: MIT
"""The nodes of a query plan: frozen values, built by the services, free of any I/O.

Each node describes a coverage: ``Read`` one of the catalogue, the others one derived from their input.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from eoxserver.core.crs import Crs
from eoxserver.core.selection import Mode, Subset

__all__ = [
    "Extent", "Factor", "Interpolation", "Node", "Overlay", "Read", "Reproject", "Scale", "ScaleTarget",
    "Select", "Size", "SubsetNode", "TargetGrid",
]  # fmt: skip


class Interpolation(StrEnum):
    """Resampling methods, by GDAL's short names."""

    NEAREST = "near"
    BILINEAR = "bilinear"
    CUBIC = "cubic"
    CUBIC_SPLINE = "cubicspline"
    LANCZOS = "lanczos"
    AVERAGE = "average"
    MODE = "mode"
    MAX = "max"
    MIN = "min"
    MEDIAN = "med"
    Q1 = "q1"
    Q3 = "q3"


@dataclass(frozen=True, slots=True)
class Read:
    """A coverage of the catalogue, whole."""

    coverage_id: str


@dataclass(frozen=True, slots=True)
class SubsetNode:
    """Trims and slices along named axes, together (``core.selection.select``)."""

    input: Node
    subsets: tuple[Subset, ...]
    crs: Crs | None = None
    """CRS of horizontal bounds that name none themselves."""
    mode: Mode = "halfopen"


@dataclass(frozen=True, slots=True)
class Select:
    """Some fields, in the order given, by position in the input's range type."""

    input: Node
    fields: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Factor:
    """Multiply the number of cells along an axis; the extent stays."""

    label: str
    factor: float


@dataclass(frozen=True, slots=True)
class Size:
    """Bring an axis to this number of cells; the extent stays."""

    label: str
    size: int


@dataclass(frozen=True, slots=True)
class Extent:
    """Bring an axis to the cells ``low`` to ``high``, both included; the extent stays."""

    label: str
    low: int
    high: int


ScaleTarget: TypeAlias = Factor | Size | Extent


@dataclass(frozen=True, slots=True)
class Scale:
    """Change the number of cells along the named axes, which must not be irregular; their extent stays.

    The horizontal plane is interpolated. Along other axes, and with ``near`` along all, cell i of n is taken from cell
    ``floor(i * N / n)`` of N.
    """

    input: Node
    targets: tuple[ScaleTarget, ...]
    interpolation: Interpolation = Interpolation.NEAREST


@dataclass(frozen=True, slots=True)
class TargetGrid:
    """The horizontal grid of a result: outer edges in x, y order, north up."""

    bounds: tuple[float, float, float, float]
    """min x, min y, max x, max y [CRS units]; x is easting or longitude in every CRS."""
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Reproject:
    """Bring the horizontal plane to a CRS and grid; cells outside the input are not valid."""

    input: Node
    crs: Crs
    grid: TargetGrid | None = None
    """None: the grid that keeps extent and resolution best."""
    interpolation: Interpolation = Interpolation.NEAREST


@dataclass(frozen=True, slots=True)
class Overlay:
    """Coverages of one grid painted over each other: valid cells of later inputs win."""

    inputs: tuple[Node, ...]


Node: TypeAlias = Read | SubsetNode | Select | Scale | Reproject | Overlay
