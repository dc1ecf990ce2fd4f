# SPDX-License-Identifier: MIT
"""What one field of a computed coverage is made of: a graph whose leaves are fields of other sources.

Parts that are used twice are one object. The axes of an expression are those of its leaves: the iterators by name, the
own axes of a coverage by position.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from eoxserver.core.coverage import CellBox, Source
from eoxserver.core.fields import NilValue
from eoxserver.query.cellwise.functions import Function

__all__ = [
    "Apply", "Choose", "Convert", "Expression", "Key", "Leaf", "Literal", "Part", "Ramp", "Remask", "Renil", "parts_of",
]  # fmt: skip

Key: TypeAlias = str | int
"""An axis: the name of an iterator, or the position of an own axis."""
Part: TypeAlias = tuple[CellBox, tuple[int, ...]]
"""A box of a source, and which of its axes remain."""


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A field of a source."""

    source: Source
    field: int
    part: Part | None
    """None: the whole source."""
    dtype: np.dtype[Any]
    keys: tuple[Key, ...]
    """Of each axis of the part."""


@dataclass(frozen=True, slots=True, eq=False)
class Ramp:
    """The values of an iterator."""

    name: str
    low: int
    values: tuple[float, ...] | None
    """None: ``low``, ``low + 1``, ..."""
    dtype: np.dtype[Any]

    def part(self, start: int, stop: int) -> npt.NDArray[Any]:
        """The values at some places, shape (stop - start,)."""
        if self.values is None:
            return np.arange(self.low + start, self.low + stop).astype(self.dtype)
        return np.array(self.values[start:stop], self.dtype)


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A number."""

    value: npt.NDArray[Any]
    """Without axes."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the number."""
        return self.value.dtype


@dataclass(frozen=True, slots=True, eq=False)
class Apply:
    """A function of other expressions."""

    function: Function
    inputs: tuple[Expression, ...]
    dtype: np.dtype[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Convert:
    """A cast."""

    input: Expression
    dtype: np.dtype[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Choose:
    """The result of the first condition that is true."""

    conditions: tuple[Expression, ...]
    results: tuple[Expression, ...]
    """One for each condition, and the default."""
    dtype: np.dtype[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Renil:
    """Valid where the value is none of some nil values."""

    input: Expression
    nil: tuple[NilValue, ...]
    fill: float
    """The value of cells that were null before."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the input."""
        return self.input.dtype


@dataclass(frozen=True, slots=True, eq=False)
class Remask:
    """Valid where a mask is true and not null, or everywhere."""

    input: Expression
    mask: Expression | None
    fill: float
    """The value of cells that were null before."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the input."""
        return self.input.dtype


Expression: TypeAlias = Leaf | Ramp | Literal | Apply | Convert | Choose | Renil | Remask


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """What an expression is made of right below."""
    match expression:
        case Apply():
            return expression.inputs
        case Convert() | Renil():
            return (expression.input,)
        case Choose():
            return (*expression.conditions, *expression.results)
        case Remask():
            return (expression.input,) if expression.mask is None else (expression.input, expression.mask)
        case Leaf() | Ramp() | Literal():
            return ()
