# SPDX-License-Identifier: MIT
"""Colours for values: the colour maps of ``encode`` (key ``colorMap``) and of styles.

Three kinds, over entries sorted by their numbers k1 < ... < kn: ``values`` colours what equals an entry, and nothing
else; ``intervals`` gives a value the colour of the entry at or below it, and of k1 below all; ``ramp`` mixes the
colours of the two entries a value lies between, each product cut to an integer. The result has as many fields as the
colours have components, 1, 3 or 4, all of them bytes.

Nil cells are coloured as their nil value; with four components they are transparent, unless an entry is exactly it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.coverage import CellBox, Cells, Coverage
from eoxserver.core.errors import UnsupportedCombination
from eoxserver.core.fields import Field, RangeType
from eoxserver.core.wrapping import SameGrid
from eoxserver.services.wcps.encoding.values import a_list, an_object, integer, known_keys, number_of_text, refused

__all__ = ["COMPONENTS", "KINDS", "ColorMap", "coloured", "parse_color_map"]

KINDS = ("values", "intervals", "ramp")
COMPONENTS = {1: ("gray",), 3: ("red", "green", "blue"), 4: ("red", "green", "blue", "alpha")}
"""Names of the fields of a result, by their number."""
_ACCEPTED = '{"type": "values", "intervals" or "ramp", "colorTable": {"<number>": [<red>, <green>, <blue>, <alpha>]}}'
_COLOUR = "a list of 1, 3 or 4 integers from 0 to 255, as long as the other colours"
_NOISE = 1e-9
"""What a product may lack to an integer by binary noise alone."""
_PIECE = 1 << 15
"""Values that are coloured at a time: so many that all stays in the cache."""


@dataclass(frozen=True, eq=False)
class ColorMap:
    """Entries and how they are used."""

    kind: str
    """One of ``KINDS``."""
    numbers: npt.NDArray[np.float64]
    """Ascending, shape (entry,)."""
    colours: npt.NDArray[np.uint8]
    """Shape (entry, component)."""

    @property
    def components(self) -> int:
        """1, 3 or 4."""
        return int(self.colours.shape[1])

    def apply(self, values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
        """The colours of values, shape (component, *shape of values); what is no number has 0 everywhere."""
        flat = values.reshape(-1)
        found = np.empty((self.components, flat.size), np.uint8)
        method = {"values": self._values, "intervals": self._intervals, "ramp": self._ramp}[self.kind]
        for start in range(0, flat.size, _PIECE):
            piece = flat[start : start + _PIECE].astype(np.float64)
            colours = found[:, start : start + _PIECE]
            method(piece, colours)
            unknown = np.isnan(piece)
            if unknown.any():
                colours[:, unknown] = 0
        return found.reshape(self.components, *values.shape)

    def has_entry(self, value: float) -> bool:
        """Whether an entry is exactly this number."""
        return bool((self.numbers == value).any())

    @cached_property
    def _planes(self) -> npt.NDArray[np.uint8]:
        """The colours, shape (component, entry)."""
        return np.ascontiguousarray(self.colours.T)

    def _values(self, values: npt.NDArray[np.float64], found: npt.NDArray[np.uint8]) -> None:
        nearest = np.searchsorted(self.numbers, values).clip(max=len(self.numbers) - 1)
        np.multiply(self._planes[:, nearest], self.numbers[nearest] == values, out=found)

    def _intervals(self, values: npt.NDArray[np.float64], found: npt.NDArray[np.uint8]) -> None:
        below = np.searchsorted(self.numbers, values, side="right") - 1
        found[:] = self._planes[:, below.clip(min=0)]

    def _ramp(self, values: npt.NDArray[np.float64], found: npt.NDArray[np.uint8]) -> None:
        if len(self.numbers) == 1:
            found[:] = self._planes
            return
        above = np.searchsorted(self.numbers, values, side="right").clip(1, len(self.numbers) - 1)
        low, high = self.numbers[above - 1], self.numbers[above]
        weight = np.nan_to_num(((high - values) / (high - low)).clip(0, 1))
        for colours, mixed in zip(self._planes, found, strict=True):
            first = (weight * colours[above - 1] + _NOISE).astype(np.uint8)
            np.add(first, ((1 - weight) * colours[above] + _NOISE).astype(np.uint8), out=mixed)


def parse_color_map(value: object, key: str = "colorMap") -> ColorMap:
    """The colour map that JSON describes.

    Raises
    ------
    InvalidParameterValue
        Names what is wrong, and what would be accepted.
    """
    given = an_object(key, value, _ACCEPTED)
    known_keys(given, ("type", "colorTable"), key)
    kind = given.get("type")
    if kind not in KINDS:
        raise refused(f"{key}.type", kind, ", ".join(KINDS))
    table = an_object(f"{key}.colorTable", given.get("colorTable"), "an object of colours by number")
    if not table:
        raise refused(f"{key}.colorTable", table, "at least one colour")
    entries: dict[float, tuple[int, ...]] = {}
    for text, listed in table.items():
        value_of = number_of_text(text)
        if value_of is None or not math.isfinite(value_of):
            raise refused(f"{key}.colorTable", text, "finite numbers as the names of colours")
        if value_of in entries:
            raise refused(f"{key}.colorTable", text, "each number once")
        entries[value_of] = _colour(f"{key}.colorTable.{text}", listed)
    lengths = {len(colour) for colour in entries.values()}
    if len(lengths) != 1:
        raise refused(f"{key}.colorTable", table, f"colours that are each {_COLOUR}")
    numbers = sorted(entries)
    return ColorMap(str(kind), np.array(numbers), np.array([entries[one] for one in numbers], np.uint8))


def coloured(coverage: Coverage, colors: ColorMap) -> Coverage:
    """The coverage in the colours of its one field; lazy.

    Raises
    ------
    UnsupportedCombination
        When it has several fields, or complex numbers.
    """
    fields = coverage.range_type.fields
    if len(fields) != 1 or fields[0].dtype.kind == "c":
        what = f"{len(fields)} ({', '.join(coverage.range_type.names)})" if len(fields) != 1 else "complex numbers"
        raise UnsupportedCombination(
            f"colorMap colours one field of integers or real numbers; the result has {what}", locator="colorMap"
        )
    made = tuple(
        Field(name, np.dtype(np.uint8), interpretation=name) for name in COMPONENTS[colors.components]
    )  # fmt: skip
    return replace(coverage, range_type=RangeType(made), source=_Coloured(coverage.source, fields[0], colors))


def _colour(key: str, value: object) -> tuple[int, ...]:
    listed = a_list(key, value, _COLOUR)
    if len(listed) not in COMPONENTS:
        raise refused(key, value, _COLOUR)
    return tuple(integer(key, one, 0, 255) for one in listed)


@dataclass(frozen=True, eq=False)
class _Coloured(SameGrid):
    """The colours of one field."""

    field: Field
    colors: ColorMap

    @cached_property
    def _table(self) -> npt.NDArray[np.uint8] | None:
        """The colours of every value of a small type, shape (component, value); None for other types."""
        dtype = self.field.dtype
        if dtype.kind not in "iu" or dtype.itemsize > 2:
            return None
        limits = np.iinfo(dtype)
        return np.ascontiguousarray(self.colors.apply(np.arange(int(limits.min), int(limits.max) + 1)))

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        cells = self.source.read(box, (0,), level)
        values, nil = cells.values[0, ...], self.field.nil_value
        missing = None if cells.valid is None or bool(cells.valid.all()) else ~cells.valid[0]
        if missing is not None:
            values = np.where(missing, nil or 0, values)
        found = self._colours(values)
        if missing is not None and self.colors.components == 4 and (nil is None or not self.colors.has_entry(nil)):
            found[3][missing] = 0
        return Cells(found if tuple(fields) == tuple(range(len(found))) else found[list(fields)])

    def _colours(self, values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
        if self._table is None or values.dtype != self.field.dtype:
            return self.colors.apply(values)
        return self._table[:, values.astype(np.intp) - int(np.iinfo(values.dtype).min)]
