# SPDX-License-Identifier: MIT
"""The syntax tree of a query: frozen values, named as in OGC 08-068r2, each with its place in the text.

Two trees are equal when they mean the same text, wherever it stood: places take no part in comparisons. Names keep
their spelling (``$c`` and ``c`` are two variables); keywords and functions have one spelling here.
"""

from __future__ import annotations

from collections.abc import Iterator as Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

__all__ = [
    "Assignment", "AxisCrs", "AxisSubset", "AxisValue", "Binary", "Binding", "Boolean", "Case", "Cast", "CellType",
    "Clip", "Complex", "Concatenation", "Condense", "ConstantCoverage", "Corridor", "Coverage", "CoverageName",
    "CrsTransform", "Curtain", "Decode", "Describe", "Domain", "DomainPart", "Encode", "Expression", "Extend",
    "FieldSelect", "Flip", "Function", "IsNull", "Iterator", "IteratorRange", "IteratorValues", "LineString",
    "Literal", "Metadata", "MultiPolygon", "NotANumber", "NullInterval", "NullMask", "NullValues", "Number", "Point",
    "Polygon", "Polygonize", "Positional", "Query", "RangeConstructor", "RangeField", "Reduce", "Scale", "ScaleAxes",
    "ScaleExtent", "ScaleFactor", "ScaleSize", "Shape", "Slice", "Sort", "String", "Subset", "SubsetList", "Switch",
    "Syntax", "Text", "TimeUnits", "Trim", "Unary", "Variable", "Within", "children", "walk",
]  # fmt: skip


class CellType(StrEnum):
    """The types that a cast knows (section 4.4), by the name that is written back."""

    BOOLEAN = "boolean"
    OCTET = "octet"
    CHAR = "char"
    SHORT = "short"
    USHORT = "unsigned short"
    LONG = "long"
    ULONG = "unsigned long"
    FLOAT = "float"
    DOUBLE = "double"
    COMPLEX = "complex"
    COMPLEXD = "complexd"
    CINT16 = "cint16"
    CINT32 = "cint32"


@dataclass(frozen=True, slots=True, kw_only=True)
class Syntax:
    """Anything in a query, with the place where it starts."""

    line: int = field(default=0, compare=False, repr=False)
    """From 1; 0 for what stands in no text."""
    column: int = field(default=0, compare=False, repr=False)
    """From 1, in characters; of a binary operator, the place of the operator."""


# -- literals and names -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Number(Syntax):
    """A number with its sign; an int when it was written as one."""

    value: int | float


@dataclass(frozen=True, slots=True)
class NotANumber(Syntax):
    """The value ``nan``."""


@dataclass(frozen=True, slots=True)
class Boolean(Syntax):
    """The value ``true`` or ``false``."""

    value: bool


@dataclass(frozen=True, slots=True)
class String(Syntax):
    """Text without its quotes and escapes."""

    value: str


@dataclass(frozen=True, slots=True)
class Complex(Syntax):
    """A complex number, ``(re, im)``."""

    real: int | float
    imaginary: int | float


@dataclass(frozen=True, slots=True)
class Positional(Syntax):
    """A parameter that comes beside the query: ``$1``, ``$2``, ... (section 1)."""

    number: int


@dataclass(frozen=True, slots=True)
class Variable(Syntax):
    """A name: of a variable of ``for`` or ``let``, of an iterator, or of a coverage."""

    name: str


Text: TypeAlias = String | Positional
"""Text that is given in place, or beside the query."""
Literal: TypeAlias = Number | String | Boolean | NotANumber | Complex


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
class NullInterval(Syntax):
    """One null value, or a closed interval of them."""

    low: Number
    high: Number | None = None


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
class Domain(Syntax):
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


# -- clipping -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Point(Syntax):
    """One vertex: numbers and instants in the order of the axes."""

    coordinates: tuple[int | float | str, ...]


@dataclass(frozen=True, slots=True)
class LineString(Syntax):
    """``linestring(...)``."""

    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Polygon(Syntax):
    """``polygon((...), ...)``: the outline, then holes."""

    rings: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True, slots=True)
class MultiPolygon(Syntax):
    """``multipolygon(((...), ...), ...)``."""

    polygons: tuple[Polygon, ...]


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


Shape: TypeAlias = LineString | Polygon | MultiPolygon


@dataclass(frozen=True, slots=True)
class Clip(Syntax):
    """``clip(e, wkt, crs) with coordinates``; a variable holds a ``Shape``."""

    operand: Expression
    shape: Shape | Curtain | Corridor | Variable
    crs: Text | None = None
    with_coordinates: bool = False


# -- cells --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Flip(Syntax):
    """``flip e along axis``."""

    operand: Expression
    axis: str


@dataclass(frozen=True, slots=True)
class Sort(Syntax):
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


# -- queries ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CoverageName(Syntax):
    """A coverage of the catalogue."""

    name: str


@dataclass(frozen=True, slots=True)
class Decode(Syntax):
    """``decode($1, extra)``: a file that comes with the query."""

    source: Positional
    extra: Text | None = None


@dataclass(frozen=True, slots=True)
class Encode(Syntax):
    """``encode(e, format, extra)``."""

    operand: Expression
    format: Text
    extra: Text | None = None


@dataclass(frozen=True, slots=True)
class Describe(Syntax):
    """``describe(e, format, extra)``."""

    operand: Expression
    format: Text
    extra: Text | None = None


@dataclass(frozen=True, slots=True)
class Binding(Syntax):
    """``variable in (source, ...)``."""

    variable: str
    sources: tuple[CoverageName | Decode, ...]


@dataclass(frozen=True, slots=True)
class Assignment(Syntax):
    """``variable := value``."""

    variable: str
    value: Expression | Shape | SubsetList


@dataclass(frozen=True, slots=True)
class Query(Syntax):
    """``for ... let ... where ... return ...``."""

    bindings: tuple[Binding, ...]
    assignments: tuple[Assignment, ...]
    where: Expression | None
    result: Expression | Encode | Describe


Expression: TypeAlias = (
    Literal | Positional | Variable | Unary | Binary | Cast | IsNull | NullValues | NullMask | FieldSelect
    | Concatenation | Function | Reduce | Metadata | Domain | DomainPart | TimeUnits | Polygonize | Subset | Extend
    | Scale | ScaleFactor | ScaleAxes | ScaleSize | ScaleExtent | CrsTransform | Clip | Flip | Sort | Condense
    | Coverage | ConstantCoverage | RangeConstructor | Switch | Decode
)  # fmt: skip


def children(node: Syntax) -> list[Syntax]:
    """The nodes directly below a node, in the order of the text."""
    found: list[Syntax] = []
    name: str
    for name in node.__match_args__:
        _collect(getattr(node, name), found)
    return found


def _collect(value: object, found: list[Syntax]) -> None:
    if isinstance(value, Syntax):
        found.append(value)
    elif isinstance(value, tuple):
        for one in value:
            _collect(one, found)


def walk(node: Syntax) -> Iterable[Syntax]:
    """A node and all below it, each before what is below it."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(reversed(children(one)))
