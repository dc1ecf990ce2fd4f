# SPDX-License-Identifier: MIT
"""The nodes of a query plan: frozen values, built by the services, free of any I/O.

Each node describes a coverage: ``Read`` one of the catalogue, the others one derived from their inputs. A coverage
without axes is a scalar; where cells meet, it goes with every cell.

A plan is a graph: a node that is the input of several others is evaluated once for each block. What walks a plan
remembers nodes by identity, since comparing or hashing a graph visits shared parts again and again.

**Iterators.** Inside the bodies of ``Condense``, ``Construct`` and ``Sort`` nodes depend on an ``Iterator``. What
depends on iterators is *lifted*: the coverage has one leading index axis for each, labelled with the iterator's name,
whose cells are the iterator's places; its own axes follow. All nodes leave leading axes of iterators alone. The node
that declares an iterator takes its axis away: reduced, as an axis of the result, or as an order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np

from eoxserver.core.coverage import Coverage
from eoxserver.core.crs import Crs
from eoxserver.core.fields import NilValue
from eoxserver.core.selection import Mode, Subset

__all__ = [
    "Cast", "Clip", "Combine", "Condense", "Constant", "Construct", "Corridor", "Each", "Extend", "Extent", "Factor",
    "Flip", "Given", "Interpolation", "Iterator", "Map", "Mask", "Node", "Overlay", "Pick", "PickCell", "PickRange",
    "Read", "Reduce", "Reproject", "Ring", "Scale", "ScaleTarget", "Select", "SetNil", "Size", "Sort", "SubsetNode",
    "Switch", "TargetGrid", "Trace",
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


# -- values -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """A coverage that is not in the catalogue: constant cells, or a file that came with a query."""

    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Constant:
    """A scalar."""

    value: bool | int | float | complex
    dtype: np.dtype[Any]


@dataclass(frozen=True, slots=True)
class Iterator:
    """The value of an iterator, a scalar; lifted, a ramp along the iterator's axis.

    Two nodes of one name are one iterator; they may stand for different ``values`` at its places.
    """

    name: str
    """Unique in the plan, and no label of an axis."""
    low: int
    """Value at the first place."""
    size: int
    """Number of places, at least 1."""
    values: tuple[float, ...] | None = None
    """Value at each place; None: ``low``, ``low + 1``, ..."""


# -- cells ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Map:
    """An induced operation: a function of the cells at one place (``cellwise.functions`` has the names).

    The inputs have one grid, or are scalars. Fields go together by position; one alone goes with all.
    """

    function: str
    inputs: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Cast:
    """Cells of another data type; values beyond it become its extremes."""

    input: Node
    dtype: np.dtype[Any]


@dataclass(frozen=True, slots=True)
class Combine:
    """Fields of several coverages of one grid, one after the other; scalars go with any grid."""

    names: tuple[str, ...]
    """A name for each field of the result."""
    inputs: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Switch:
    """Cell by cell the result of the first condition that is true."""

    conditions: tuple[Node, ...]
    results: tuple[Node, ...]
    """One for each condition."""
    default: Node


@dataclass(frozen=True, slots=True)
class SetNil:
    """Other nil values: which cells are valid is told anew by them."""

    input: Node
    nil: tuple[NilValue, ...]


@dataclass(frozen=True, slots=True)
class Mask:
    """Cells are valid where the mask is true, or all of them without a mask."""

    input: Node
    mask: Node | None = None


# -- iterators --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reduce:
    """All cells of the input, but along iterators, to one: ``count add avg min max some all``."""

    operator: str
    input: Node


@dataclass(frozen=True, slots=True)
class Condense:
    """``using`` at all places of the iterators (where ``where`` is true) to one: ``+ * min max and or overlay``.

    A scalar has the axes of a condition that has axes: it is the same in each cell.
    """

    operator: str
    iterators: tuple[Iterator, ...]
    using: Node
    where: Node | None = None


@dataclass(frozen=True, slots=True)
class Construct:
    """A coverage with an index axis for each iterator, whose cells are a scalar at its places."""

    labels: tuple[str, ...]
    """Axis labels, one for each iterator."""
    iterators: tuple[Iterator, ...]
    values: Node
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class Each:
    """A plan for each place of some iterators, the last one going fastest: where one body cannot be lifted.

    All have one grid and the same fields; the result is lifted by the iterators.
    """

    iterators: tuple[Iterator, ...]
    bodies: tuple[Node, ...]
    """One for each place; none depends on the iterators."""


@dataclass(frozen=True, slots=True)
class PickCell:
    """Along one axis the cell of a number; the axis is sliced."""

    label: str
    cell: Node
    """A scalar that depends on iterators: number of the cell from 0, whatever the axis is."""
    origin: int = 0
    """What cell 0 is called, in messages."""
    place: tuple[int, int] | None = field(default=None, compare=False)
    """Line and column of the subset in the text of a query, for messages."""


@dataclass(frozen=True, slots=True)
class PickRange:
    """Along one axis some cells from a number on; the axis remains."""

    label: str
    first: Node
    """A scalar that depends on iterators: number of the first cell from 0."""
    size: int
    origin: int = 0
    """What cell 0 is called, in messages."""
    place: tuple[int, int] | None = field(default=None, compare=False)
    """Line and column of the subset in the text of a query, for messages."""


@dataclass(frozen=True, slots=True)
class Pick:
    """Subsets whose cells depend on iterators."""

    input: Node
    picks: tuple[PickCell | PickRange, ...]


@dataclass(frozen=True, slots=True)
class Flip:
    """The cells along an axis in the opposite order; the axis itself stays."""

    input: Node
    label: str


@dataclass(frozen=True, slots=True)
class Sort:
    """The slices along an axis in the order of a key, ties as they were; the axis itself stays."""

    input: Node
    label: str
    iterator: Iterator
    """Goes through the slices: ``low`` 0, as many places as the axis has cells."""
    key: Node
    """A scalar that depends on the iterator."""
    descending: bool = False


# -- shapes -----------------------------------------------------------------------------------------------------

Ring: TypeAlias = tuple[tuple[float, ...], ...]
"""Vertices in axis units; a ring of a polygon closes itself."""


@dataclass(frozen=True, slots=True)
class Extend:
    """A larger grid: each extent, in cells of the input counted from 0, contains those there are; the rest is nil."""

    input: Node
    extents: tuple[Extent, ...]


@dataclass(frozen=True, slots=True)
class Clip:
    """The box around polygons, or around lines; other axes are left alone.

    Cells are valid whose centre lies in a polygon, or which lie on a line (Bresenham).
    """

    input: Node
    labels: tuple[str, str]
    """The axes of the first and the second coordinate of each vertex."""
    polygons: tuple[tuple[Ring, ...], ...]
    """For each the outline, then holes; none with lines."""
    lines: tuple[Ring, ...] = ()
    """Not closed; none with polygons."""


@dataclass(frozen=True, slots=True)
class Trace:
    """The cells along a line (Bresenham), as one axis in the place of those named."""

    input: Node
    labels: tuple[str, ...]
    """The axes of the coordinates of each vertex."""
    vertices: Ring
    """Not closed; at least one."""
    coordinates: bool = False
    """Whether the coordinates of each cell are fields before those of the input."""


@dataclass(frozen=True, slots=True)
class Corridor:
    """A mask moved along a track: for each of its cells (or vertices) a clip, together along a new first axis."""

    input: Node
    labels: tuple[str, str]
    """The axes of the first and the second coordinate of each vertex of the polygon."""
    track: Ring
    """Not closed; begins in the polygon."""
    polygon: tuple[Ring, ...]
    """The outline, then holes, where the track begins."""
    discrete: bool = False
    """Only the vertices of the track, not each cell between."""
    track_labels: tuple[str, ...] = ()
    """The axes of the coordinates of each vertex of the track, those of the polygon among them; the others are sliced.
    Empty: ``labels``."""


Node: TypeAlias = (
    Read | SubsetNode | Select | Scale | Reproject | Overlay | Given | Constant | Iterator | Map | Cast | Combine
    | Switch | SetNil | Mask | Reduce | Condense | Construct | Each | Pick | Flip | Sort | Extend | Clip | Trace
    | Corridor
)  # fmt: skip
