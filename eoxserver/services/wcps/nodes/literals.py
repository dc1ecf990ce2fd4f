# SPDX-License-Identifier: MIT
"""Nodes without expressions below them: literals, names, geometries; and what all nodes have."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

__all__ = [
    "Boolean", "CellType", "Complex", "LineString", "Literal", "MultiPolygon", "NotANumber", "NullInterval", "Number",
    "OnAxis", "Point", "Polygon", "Positional", "Shape", "String", "Syntax", "Text", "Variable",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class OnAxis(Syntax):
    """What names an axis somewhere behind its own place."""

    axis_line: int = field(default=0, compare=False, repr=False)
    """Where the name starts, from 1; 0 where that is not known."""
    axis_column: int = field(default=0, compare=False, repr=False)

    @property
    def axis_place(self) -> Syntax:
        """The place of the name, or else of the whole."""
        return Syntax(line=self.axis_line, column=self.axis_column) if self.axis_line else self


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


@dataclass(frozen=True, slots=True)
class NullInterval(Syntax):
    """One null value, or a closed interval of them."""

    low: Number
    high: Number | None = None


# -- geometries -----------------------------------------------------------------------------------------------


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


Shape: TypeAlias = LineString | Polygon | MultiPolygon
