# SPDX-License-Identifier: MIT
"""What parts of a query mean: coverages and scalars as steps of a plan, and what is known when a query is compiled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from eoxserver.core.axes import Axis
from eoxserver.core.coordinates import coordinate_text, is_temporal, number_text
from eoxserver.core.domain import Domain
from eoxserver.core.fields import RangeType
from eoxserver.core.util.timetools import isoformat
from eoxserver.query.plan import Iterator, Node
from eoxserver.query.steps import Step
from eoxserver.services.wcps import nodes

__all__ = [
    "CoverageValue", "DomainAxis", "DomainValue", "InstantsValue", "ListValue", "OutlinesValue", "ShapeValue",
    "TextValue", "Value",
]  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class CoverageValue:
    """A coverage, or a scalar: a coverage without axes of its own."""

    step: Step
    low: tuple[int, ...]
    """The language's grid index of cell 0 along each own axis: it survives subsets, scaling and extensions."""
    identifier: str = ""
    """Of the first coverage it is made of; empty for constants."""
    floating: frozenset[str] = frozenset()
    """Axes cut by intervals that depend on iterators: where they are is another place at each place of these."""

    @property
    def node(self) -> Node:
        """In the plan."""
        return self.step.node

    @property
    def domain(self) -> Domain:
        """Own axes: without those of iterators."""
        return self.step.own_domain

    @property
    def range_type(self) -> RangeType:
        """The fields of each cell."""
        return self.step.range_type

    @property
    def iterators(self) -> tuple[Iterator, ...]:
        """Those it depends on, inside a condenser, constructor or sort."""
        return self.step.iterators

    @property
    def is_scalar(self) -> bool:
        """Whether it has no axes of its own."""
        return not self.domain.axes

    def axis_low(self, label: str) -> int:
        """The grid index of cell 0 along an own axis; raises InvalidAxisLabel."""
        return self.low[self.domain.index(label)]


@dataclass(frozen=True, slots=True)
class TextValue:
    """Text: a string, or the answer of a metadata function (section 5)."""

    text: str


@dataclass(frozen=True, slots=True)
class DomainAxis:
    """The bounds of one axis, in grid indices or in units of its CRS."""

    axis: Axis
    low: float
    high: float
    grid: bool
    resolution: float | None
    """Signed; None along an irregular axis."""

    @property
    def is_time(self) -> bool:
        """Whether its bounds are written as instants."""
        return not self.grid and is_temporal(self.axis)

    def bound_text(self, value: float) -> str:
        """A bound as it is written; an instant stands in quotes."""
        return str(int(value)) if self.grid else coordinate_text(self.axis, value, '"')

    @property
    def text(self) -> str:
        """Both bounds."""
        return f"{self.bound_text(self.low)}:{self.bound_text(self.high)}"


@dataclass(frozen=True, slots=True)
class DomainValue:
    """What ``domain`` and ``imageCrsDomain`` answer: bounds of one axis or of all."""

    axes: tuple[DomainAxis, ...]
    grid: bool

    @property
    def text(self) -> str:
        """As the language writes it (section 5)."""
        return f"({','.join(axis.text for axis in self.axes)})"


@dataclass(frozen=True, slots=True)
class ListValue:
    """Numbers or instants, to be visited by an iterator (section 4.6)."""

    values: tuple[float | datetime, ...]

    @property
    def text(self) -> str:
        """The values between parentheses; instants stand in quotes."""
        parts = (f'"{isoformat(one)}"' if isinstance(one, datetime) else number_text(one) for one in self.values)
        return f"({','.join(parts)})"


@dataclass(frozen=True, slots=True)
class InstantsValue:
    """An iterator that visits instants; which cells these are depends on the axis it is used on."""

    iterator: Iterator
    instants: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class ShapeValue:
    """A geometry, in the coordinates of whatever it is used on."""

    shape: nodes.Shape


@dataclass(frozen=True, slots=True, eq=False)
class OutlinesValue:
    """Polygons around regions of equal cells, to be written in a format."""

    value: CoverageValue
    """Of two axes, none irregular, and one band."""
    format: str
    connectivity: int
    """4 or 8."""


Value: TypeAlias = CoverageValue | TextValue | DomainValue | ListValue | InstantsValue | ShapeValue | OutlinesValue
"""What an expression is. (Subset lists of ``let`` are ``scope.SubsetValue``.)"""
