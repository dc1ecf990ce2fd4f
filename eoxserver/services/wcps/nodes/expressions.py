# SPDX-License-Identifier: MIT
"""Expressions: operators, functions, iterations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from eoxserver.services.wcps.nodes.domains import (
    Clip,
    CrsTransform,
    Extend,
    Scale,
    ScaleAxes,
    ScaleExtent,
    ScaleFactor,
    ScaleSize,
    Subset,
)
from eoxserver.services.wcps.nodes.literals import (
    CellType,
    Literal,
    NullInterval,
    OnAxis,
    Positional,
    Syntax,
    Text,
    Variable,
)

__all__ = [
    "Binary", "Case", "Cast", "Concatenation", "Condense", "ConstantCoverage", "Coverage", "Decode", "Domain",
    "DomainPart", "Expression", "FieldSelect", "Flip", "Function", "IsNull", "Iterator", "IteratorRange",
    "IteratorValues", "Metadata", "NullMask", "NullValues", "Polygonize", "RangeConstructor", "RangeField", "Reduce",
    "Sort", "Switch", "TimeUnits", "Unary",
]  # fmt: skip


# -- operators and functions --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unary(Syntax):
    """``+``, ``-`` or ``not``."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(Syntax):
    """``overlay``, ``or xor and``, ``< <= > >= = !=``, ``+ - * /``."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Cast(Syntax):
    """``(type) e``."""

    type: CellType
    operand: Expression


@dataclass(frozen=True, slots=True)
class IsNull(Syntax):
    """``e is [not] null``."""

    operand: Expression
    negated: bool = False


@dataclass(frozen=True, slots=True)
class NullValues(Syntax):
    """``e null values [...]``."""

    operand: Expression
    intervals: tuple[NullInterval, ...]


@dataclass(frozen=True, slots=True)
class NullMask(Syntax):
    """``e null mask m``; without a mask, ``e null mask discard``."""

    operand: Expression
    mask: Expression | None = None


@dataclass(frozen=True, slots=True)
class FieldSelect(Syntax):
    """``e.name`` or ``e.0``; ``re`` and ``im`` of complex cells too."""

    operand: Expression
    field: str


@dataclass(frozen=True, slots=True)
class Concatenation(Syntax):
    """``"2008-" . "01"``: text joined to a bound."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Function(Syntax):
    """A function of cells: ``functions.FUNCTIONS`` has the names."""

    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Reduce(Syntax):
    """A condenser of one argument: ``count add avg min max some all``."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Metadata(Syntax):
    """``identifier crsSet imageCrs cellCount nilSet``."""

    function: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Domain(OnAxis):
    """``domain(e, axis, crs)``; with ``grid``, ``imageCrsDomain(e, axis)``."""

    operand: Expression
    axis: str | None = None
    crs: Text | None = None
    grid: bool = False


@dataclass(frozen=True, slots=True)
class DomainPart(Syntax):
    """``.lo``, ``.hi`` or ``.resolution`` of a domain."""

    domain: Domain
    part: str


@dataclass(frozen=True, slots=True)
class TimeUnits(Syntax):
    """``months("a":"b")`` and its like: the units of an interval; with ``each``, ``allmonths``: their instants."""

    unit: str
    low: Expression
    high: Expression | None = None
    """None: ``low`` is a domain."""
    each: bool = False


@dataclass(frozen=True, slots=True)
class Polygonize(Syntax):
    """``polygonize(e, driver, connectivity)``."""

    operand: Expression
    format: Text
    connectivity: int = 4


# -- cells --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Flip(OnAxis):
    """``flip e along axis``."""

    operand: Expression
    axis: str


@dataclass(frozen=True, slots=True)
class Sort(OnAxis):
    """``sort e along axis [asc|desc] by key``."""

    operand: Expression
    axis: str
    key: Expression
    descending: bool = False


@dataclass(frozen=True, slots=True)
class IteratorRange(Syntax):
    """``low:high`` or ``low:high:step``."""

    low: Expression
    high: Expression
    step: Expression | None = None


@dataclass(frozen=True, slots=True)
class IteratorValues(Syntax):
    """``a, b, c``; one alone may be an expression that is a list, as ``allmonths(...)``."""

    values: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Iterator(Syntax):
    """``$x axis(domain) [asc|desc]``."""

    variable: str
    axis: str
    domain: Domain | IteratorRange | IteratorValues
    descending: bool | None = None
    """None: as the domain has it."""


@dataclass(frozen=True, slots=True)
class Condense(Syntax):
    """``condense operator over iterators [where condition] using e``."""

    operator: str
    iterators: tuple[Iterator, ...]
    where: Expression | None
    using: Expression


@dataclass(frozen=True, slots=True)
class Coverage(Syntax):
    """``coverage name over iterators values e``."""

    name: str
    iterators: tuple[Iterator, ...]
    values: Expression


@dataclass(frozen=True, slots=True)
class ConstantCoverage(Syntax):
    """``coverage name over iterators value list <...>``."""

    name: str
    iterators: tuple[Iterator, ...]
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class RangeField(Syntax):
    """``name: e``."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class RangeConstructor(Syntax):
    """``{name: e; ...}``."""

    fields: tuple[RangeField, ...]


@dataclass(frozen=True, slots=True)
class Case(Syntax):
    """``case condition return result``."""

    condition: Expression
    result: Expression


@dataclass(frozen=True, slots=True)
class Switch(Syntax):
    """``switch case ... default return e``."""

    cases: tuple[Case, ...]
    default: Expression


@dataclass(frozen=True, slots=True)
class Decode(Syntax):
    """``decode($1, extra)``: a file that comes with the query."""

    source: Positional
    extra: Text | None = None


Expression: TypeAlias = (
    Literal | Positional | Variable | Unary | Binary | Cast | IsNull | NullValues | NullMask | FieldSelect
    | Concatenation | Function | Reduce | Metadata | Domain | DomainPart | TimeUnits | Polygonize | Subset | Extend
    | Scale | ScaleFactor | ScaleAxes | ScaleSize | ScaleExtent | CrsTransform | Clip | Flip | Sort | Condense
    | Coverage | ConstantCoverage | RangeConstructor | Switch | Decode
)  # fmt: skip
