# SPDX-License-Identifier: MIT
"""Bringing a result to the types that a format holds: rounded half up, and clamped to the range of the type.

Pictures of bytes (PNG, which has 16 bits too, JPEG, WebP, GIF, BMP) are made of any real numbers so. A nil cell is a
plain value here: it becomes what its nil value becomes, and stays nil only where that value is the same in the new
type. What is no number becomes 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.coverage import CellBox, Cells, Coverage
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.core.wrapping import SameGrid

__all__ = ["PICTURES", "adapted", "converted"]

_BYTE = np.dtype(np.uint8)
PICTURES: Mapping[str, tuple[np.dtype[Any], ...]] = MappingProxyType({
    "PNG": (_BYTE, np.dtype(np.uint16)), "JPEG": (_BYTE,), "WEBP": (_BYTE,), "GIF": (_BYTE,), "BMP": (_BYTE,),
})  # fmt: skip
"""The types of the formats that hold nothing else, by driver; the first is what all others are brought to."""


def adapted(coverage: Coverage, driver: str) -> Coverage:
    """The coverage in types that the format of a driver holds; as it is where that is so, and for complex numbers."""
    held = PICTURES.get(driver)
    fields = coverage.range_type.fields
    if held is None or any(field.dtype.kind == "c" for field in fields):
        return coverage
    # Truth values are written as bytes; fields of several types in their common one.
    common = np.result_type(*(_BYTE if field.dtype.kind == "b" else field.dtype for field in fields))
    return converted(coverage, [common if common in held else held[0]] * len(fields))


def converted(coverage: Coverage, dtypes: Sequence[np.dtype[Any]]) -> Coverage:
    """The coverage with its fields in other types; lazy.

    Parameters
    ----------
    dtypes : sequence of dtype
        One for each field, integers or real numbers; complex fields lose their imaginary part.
    """
    fields = coverage.range_type.fields
    if all(field.dtype == dtype for field, dtype in zip(fields, dtypes, strict=True)):
        return coverage
    made = tuple(_field(field, dtype) for field, dtype in zip(fields, dtypes, strict=True))
    return replace(coverage, range_type=RangeType(made), source=_Converted(coverage.source, fields, made))


def cast(values: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Values in another type: rounded half up and clamped to its range; what is no number is 0 among integers.

    >>> cast(np.array([-3.0, 1.5, 2.49, 300.0, np.nan]), np.dtype("uint8")).tolist()
    [0, 2, 2, 255, 0]
    """
    if values.dtype == dtype:
        return values
    if values.dtype.kind == "c" and dtype.kind != "c":
        values = values.real
    if dtype.kind not in "iu":
        with np.errstate(over="ignore"):
            return values.astype(dtype)
    limits = np.iinfo(dtype)
    if values.dtype.kind == "b":
        return values.astype(dtype)
    if values.dtype.kind in "iu":
        own = np.iinfo(values.dtype)
        low, high = max(int(limits.min), int(own.min)), min(int(limits.max), int(own.max))
        return values.clip(values.dtype.type(low), values.dtype.type(high)).astype(dtype)
    rounded = np.floor(values.astype(np.float64, copy=False) + 0.5)
    whole = np.nan_to_num(rounded, nan=0.0).clip(float(limits.min), _greatest(dtype))
    return whole.astype(dtype)


def _greatest(dtype: np.dtype[Any]) -> float:
    """The greatest double that the type holds."""
    most = float(np.iinfo(dtype).max)
    return most if int(most) <= int(np.iinfo(dtype).max) else float(np.nextafter(most, 0))


def _field(field: Field, dtype: np.dtype[Any]) -> Field:
    """A field in another type, with those of its nil values that are the same there, beginning with the first."""
    if field.dtype == dtype:
        return field
    first = field.nil_value
    kept = first is not None and repr(float(cast(np.array([first]), dtype)[0])) == repr(float(first))
    nil = (NilValue(first, reason=_reason(field)),) if kept and first is not None else ()
    intervals = field.intervals if dtype.kind == "f" else ()
    return replace(field, dtype=dtype, nil=nil, intervals=intervals)


def _reason(field: Field) -> str:
    return next(nil.reason for nil in field.nil if nil.high is None)


@dataclass(frozen=True, eq=False)
class _Converted(SameGrid):
    """Fields in other types."""

    fields: tuple[Field, ...]
    made: tuple[Field, ...]

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        cells = self.source.read(box, fields, level)
        made = np.result_type(*(self.made[number].dtype for number in fields))
        values = np.empty(cells.values.shape, made)
        valid = None if cells.valid is None or bool(cells.valid.all()) else cells.valid.copy()
        for place, number in enumerate(fields):
            field, target = self.fields[number], self.made[number]
            if valid is not None and target.nil_value is None:
                plain = np.where(valid[place], cells.values[place, ...], field.nil_value or 0)
                valid[place] = True
            else:
                plain = cells.values[place, ...]
            values[place] = cast(plain, target.dtype)
        return Cells(values, None if valid is None or bool(valid.all()) else valid)
