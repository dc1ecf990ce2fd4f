# SPDX-License-Identifier: MIT
"""The range type of a coverage: its fields with data type, unit and nil values.

SWE Common 2.0 (OGC 08-094r1) clause 7.2 for quantities, 8.2 for nil values. A cell that is nil is
told by a mask beside the values; the nil value itself only matters where data is read or written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from eoxserver.core.errors import IllegalFieldSequence, NoSuchField, suggest

__all__ = ["Colour", "Field", "NilValue", "RangeType", "holds", "nil_cells"]

Colour: TypeAlias = tuple[int, int, int, int]
"""Red, green, blue, alpha, 0 to 255."""
PART_CELLS = 1 << 16
"""Cells in which nil values are looked for at once."""


@dataclass(frozen=True, slots=True)
class NilValue:
    """A value, or a closed interval of values, that means "nothing measured here"."""

    low: float
    high: float | None = None
    """Upper end of a closed interval; None for a single value."""
    reason: str = ""

    def matches(self, values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Where ``values`` are nil; same shape. NaN matches NaN."""
        found: npt.NDArray[np.bool_]
        if self.high is not None:
            found = (values >= self.low) & (values <= self.high)
        elif np.isnan(self.low):
            found = np.isnan(values)
        elif values.dtype.kind == "f" and np.isfinite(self.low):
            kind = np.finfo(values.dtype)  # a nil value beyond the type stands for the type's own extreme
            found = values == values.dtype.type(min(max(self.low, float(kind.min)), float(kind.max)))
        elif values.dtype.kind in "iu" and holds(values.dtype, self.low):
            found = values == values.dtype.type(self.low)  # as floats they would all have to be converted
        else:
            found = values == self.low
        return found

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NilValue):
            return NotImplemented
        return (repr(self.low), repr(self.high), self.reason) == (repr(other.low), repr(other.high), other.reason)

    def __hash__(self) -> int:
        return hash((repr(self.low), repr(self.high), self.reason))


def nil_cells(values: npt.NDArray[Any], nil: Sequence[NilValue]) -> npt.NDArray[np.bool_] | None:
    """Where ``values`` are one of some nil values, same shape; None: nowhere.

    They are looked for in parts: mostly there are none, and then no array of all cells is made.
    """
    if values.size > PART_CELLS and values.flags.c_contiguous:
        flat = values.reshape(-1)
        parts = [flat[start : start + PART_CELLS] for start in range(0, flat.size, PART_CELLS)]
        nil = [one for one in nil if any(one.matches(part).any() for part in parts)]
    found: npt.NDArray[np.bool_] | None = None
    for one in nil:
        matches = one.matches(values)
        found = matches if found is None else found | matches
    return found if found is not None and found.any() else None


def holds(dtype: np.dtype[Any], value: float) -> bool:
    """Whether an integer type has a value."""
    limits = np.iinfo(dtype)
    return float(value).is_integer() and int(limits.min) <= int(value) <= int(limits.max)


@dataclass(frozen=True, slots=True)
class Field:
    """One component of every cell (a band)."""

    name: str
    """An NCName, unique in its range type."""
    dtype: np.dtype[Any]
    unit: str = "10^0"
    """UCUM code; ``10^0`` for pure numbers."""
    nil: tuple[NilValue, ...] = ()
    label: str = ""
    description: str = ""
    definition: str = ""
    """URI of what is measured; empty: the URI of the data type."""
    intervals: tuple[tuple[float, float], ...] = ()
    """Allowed closed intervals of values."""
    interpretation: str = ""
    """GDAL's colour interpretation (``red``, ``alpha``, ``palette``, ``gray``, ...), if known."""
    palette: tuple[Colour, ...] | None = None
    """Colour of value 0, 1, 2, ...; only on integer fields."""

    @property
    def nil_value(self) -> float | None:
        """The first single nil value, which encodings with room for one write; None without."""
        return next((nil.low for nil in self.nil if nil.high is None), None)

    def is_nil(self, values: npt.NDArray[Any]) -> npt.NDArray[np.bool_] | None:
        """Where ``values`` are nil, same shape; None: nowhere."""
        return nil_cells(values, self.nil)


@dataclass(frozen=True, slots=True)
class RangeType:
    """The fields of a coverage, in order."""

    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        names = self.names
        if not names or len(set(names)) != len(names):
            raise ValueError(f"field names {names} must be unique, and at least one")

    def __len__(self) -> int:
        return len(self.fields)

    @property
    def names(self) -> tuple[str, ...]:
        """Field names in order."""
        return tuple(field.name for field in self.fields)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The least type that holds every field exactly."""
        return np.result_type(*(field.dtype for field in self.fields))

    @property
    def cell_bytes(self) -> int:
        """Size of one cell, all fields [bytes]."""
        return sum(field.dtype.itemsize for field in self.fields)

    def index(self, name: str) -> int:
        """The position of a field by its name, or by its 0-based number as text.

        Raises
        ------
        NoSuchField
            When there is none.
        """
        if name in self.names:
            return self.names.index(name)
        if re.fullmatch(r"[0-9]{1,9}", name) and int(name) < len(self.fields):
            return int(name)
        raise NoSuchField(f"no field '{name}'; {suggest(name, self.names)}", locator=name)

    def interval(self, first: str, last: str) -> tuple[int, ...]:
        """Positions from field ``first`` to field ``last``, both included.

        Raises
        ------
        NoSuchField
            When one of the two does not exist.
        IllegalFieldSequence
            When ``last`` stands before ``first`` (OGC 12-040, Range Subsetting 1.0, requirement 7).
        """
        low, high = self.index(first), self.index(last)
        if high < low:
            raise IllegalFieldSequence(
                f"field interval {first}:{last} ends before it starts; the order is {', '.join(self.names)}",
                locator=f"{first}:{last}",
            )
        return tuple(range(low, high + 1))

    def select(self, positions: Sequence[int]) -> RangeType:
        """The fields at ``positions``, in that order; a field asked for twice gets a numbered name."""
        chosen: list[Field] = []
        for position in positions:
            field, name, number = self.fields[position], self.fields[position].name, 2
            while name in [other.name for other in chosen]:
                name, number = f"{field.name}_{number}", number + 1
            chosen.append(replace(field, name=name))
        return RangeType(tuple(chosen))
