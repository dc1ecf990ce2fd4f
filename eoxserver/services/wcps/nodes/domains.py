# SPDX-License-Identifier: MIT
"""What changes the domain of a coverage: subsets, scales, transformations, clips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from eoxserver.services.wcps.nodes.literals import Shape, Syntax, Text, Variable

if TYPE_CHECKING:
    from eoxserver.services.wcps.nodes.expressions import Domain, Expression

__all__ = [
    "AxisCrs", "AxisSubset", "AxisValue", "Clip", "Corridor", "CrsTransform", "Curtain", "Extend", "Scale",
    "ScaleAxes", "ScaleExtent", "ScaleFactor", "ScaleSize", "Slice", "Subset", "SubsetList", "Trim", "Within",
]  # fmt: skip


# -- domains ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Slice(Syntax):
    """``axis(point)``."""

    axis: str
    point: Expression
    crs: Text | None = None


@dataclass(frozen=True, slots=True)
class Trim(Syntax):
    """``axis(low:high)``; None is ``*``, the end of the axis."""

    axis: str
    low: Expression | None
    high: Expression | None
    crs: Text | None = None


@dataclass(frozen=True, slots=True)
class Within(Syntax):
    """``axis(domain(...))``: a trim to the bounds of a domain."""

    axis: str
    domain: Domain
    crs: Text | None = None


AxisSubset: TypeAlias = Slice | Trim | Within


@dataclass(frozen=True, slots=True)
class SubsetList(Syntax):
    """``[...]`` as the value of a ``let`` variable."""

    items: tuple[AxisSubset, ...]


@dataclass(frozen=True, slots=True)
class Subset(Syntax):
    """``e[...]``, ``slice(e, {...})`` or ``trim(e, {...})``; a variable holds a ``SubsetList``."""

    operand: Expression
    subset: tuple[AxisSubset, ...] | Variable


@dataclass(frozen=True, slots=True)
class Extend(Syntax):
    """``extend(e, {...})``."""

    operand: Expression
    target: tuple[AxisSubset, ...] | Domain | Variable


@dataclass(frozen=True, slots=True)
class Scale(Syntax):
    """``scale(e, {...})``."""

    operand: Expression
    target: tuple[AxisSubset, ...] | Domain | Variable


@dataclass(frozen=True, slots=True)
class ScaleFactor(Syntax):
    """``scalefactor(e, f)``, also written ``scale(e, f)``."""

    operand: Expression
    factor: Expression


@dataclass(frozen=True, slots=True)
class AxisValue(Syntax):
    """A factor, size or resolution of one axis; the axis of a resolution may be empty."""

    axis: str
    value: Expression


@dataclass(frozen=True, slots=True)
class ScaleAxes(Syntax):
    """``scaleaxes(e, [axis(f), ...])``, also written ``scale(e, {axis(f), ...})``."""

    operand: Expression
    factors: tuple[AxisValue, ...]


@dataclass(frozen=True, slots=True)
class ScaleSize(Syntax):
    """``scalesize(e, [axis(n), ...])``."""

    operand: Expression
    sizes: tuple[AxisValue, ...]


@dataclass(frozen=True, slots=True)
class ScaleExtent(Syntax):
    """``scaleextent(e, [axis(low:high), ...])``."""

    operand: Expression
    extents: tuple[Trim, ...]


@dataclass(frozen=True, slots=True)
class AxisCrs(Syntax):
    """The CRS of one axis, ``axis:"crs"``."""

    axis: str
    crs: Text


@dataclass(frozen=True, slots=True)
class CrsTransform(Syntax):
    """``crsTransform(e, crs, {interpolation}, {resolutions}, {bounds})``."""

    operand: Expression
    crs: Text | tuple[AxisCrs, ...]
    interpolation: str | None = None
    resolutions: tuple[AxisValue, ...] = ()
    bounds: tuple[AxisSubset, ...] | Domain | None = None


# -- clipping --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Curtain(Syntax):
    """``curtain(projection(a, b), mask)``."""

    axes: tuple[str, str]
    mask: Shape | Variable


@dataclass(frozen=True, slots=True)
class Corridor(Syntax):
    """``corridor(projection(a, b), track, mask, discrete)``."""

    axes: tuple[str, str]
    track: Shape | Variable
    mask: Shape | Variable
    discrete: bool = False


@dataclass(frozen=True, slots=True)
class Clip(Syntax):
    """``clip(e, wkt, crs) with coordinates``; a variable holds a ``Shape``."""

    operand: Expression
    shape: Shape | Curtain | Corridor | Variable
    crs: Text | None = None
    with_coordinates: bool = False
