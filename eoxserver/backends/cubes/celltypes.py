# SPDX-License-Identifier: MIT
"""Which cell types a cube has, and what a cell holds that was never written.

The types are those of the table of base types (numpy's names): truth values, integers of up to 32 bits, floats and
complex floats. Complex integers, which numpy lacks, are complex floats that hold them exactly: CInt16 is complex64,
CInt32 is complex128, as the readers give them. There are no integers of 64 bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from eoxserver.core.fields import Field, NilValue

__all__ = ["TYPES", "Json", "check_type", "fill_value", "json_fill", "stored"]

Json: TypeAlias = Any
"""What the module ``json`` reads and writes."""

TYPES = (
    "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64", "complex64", "complex128",
)  # fmt: skip
"""The types that cells may have."""

_INSTEAD = MappingProxyType(
    {
        "int64": "int32, or float64 for numbers up to 2**53",
        "uint64": "uint32, or float64 for numbers up to 2**53",
        "float16": "float32",
        "longdouble": "float64",
    }
)


def check_type(field: Field) -> None:
    """Refuse a field whose type a cube cannot hold.

    Raises
    ------
    ValueError
        Says what to use instead.
    """
    name = field.dtype.name
    if name not in TYPES:
        instead = "complex64 for CInt16, complex128 for CInt32" if field.dtype.names else _INSTEAD.get(name)
        raise ValueError(
            f"field {field.name}: cells of type {name} cannot be stored; use {instead or ', '.join(TYPES)}"
        )


def fill_value(field: Field) -> Any:
    """The value of a cell that was never written, a scalar of the field's type.

    It is the first single nil value that the type can hold, else the end of an interval of nil values, else 0.

    >>> fill_value(Field("a", np.dtype("uint8"), nil=(NilValue(-9999.0), NilValue(250.0, 255.0))))
    np.uint8(250)
    """
    for candidate in _candidates(field.nil):
        value = _as_type(candidate, field.dtype)
        if value is not None and any(bool(nil.matches(value).all()) for nil in field.nil):
            return value[0]
    return field.dtype.type(0)


def _candidates(nil: Sequence[NilValue]) -> Iterator[float]:
    yield from (each.low for each in nil if each.high is None)
    for each in nil:
        if each.high is not None:
            yield from (end for end in (each.low, each.high) if np.isfinite(end))


def _as_type(value: float, dtype: np.dtype[Any]) -> npt.NDArray[Any] | None:
    """The value in an array of shape (1,); None when the type cannot hold it."""
    if dtype.kind == "b":
        return np.array([bool(value)]) if value in {0, 1} else None
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        fits = np.isfinite(value) and value == int(value) and limits.min <= value <= limits.max
        return np.array([int(value)], dtype) if fits else None
    if np.isfinite(value):
        kind = np.finfo(dtype)  # a nil value beyond the type stands for the type's own extreme, as in core.fields
        value = min(max(value, float(kind.min)), float(kind.max))
    return np.array([value], dtype)


def json_fill(value: Any) -> Json:
    """A fill value as Zarr's metadata writes it (Zarr version 3, data types, fill value).

    >>> json_fill(np.float32("nan")), json_fill(np.complex64(1 + 2j)), json_fill(np.bool_(True))
    ('NaN', [1.0, 2.0], True)
    """
    dtype = np.dtype(type(value))
    if dtype.kind == "c":
        return [json_fill(value.real), json_fill(value.imag)]
    if dtype.kind == "f":
        if np.isnan(value):
            return "NaN"
        if np.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
    return value.item()


def stored(values: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None, field: Field) -> npt.NDArray[Any]:
    """Values in the type of their field: a copy, of the same shape, or the values where nobody can change them.

    Floats are rounded to narrower floats; otherwise values of another type are fine as long as the field can hold each
    valid one exactly. Where ``valid`` is False the copy has the fill value.

    Raises
    ------
    ValueError
        When it cannot hold one; the message names it.
    """
    if values.dtype == field.dtype:
        if valid is None and values.flags.c_contiguous and _lasting(values):
            return values
        result = np.array(values, order="C")
    elif np.can_cast(values.dtype, field.dtype, "safe"):
        result = values.astype(field.dtype)
    else:
        result = _narrowed(values, valid, field)
    if valid is not None:
        result[~valid] = fill_value(field)
    return result


def _lasting(values: npt.NDArray[Any]) -> bool:
    """Whether an array, and what it is a part of, is read-only."""
    base: object = values.base
    return not values.flags.writeable and (base is None or (isinstance(base, np.ndarray) and not base.flags.writeable))


def _narrowed(values: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None, field: Field) -> npt.NDArray[Any]:
    to_real = values.dtype.kind == "c" and field.dtype.kind != "c"
    real = values.real if to_real else values
    with np.errstate(all="ignore"):
        result: npt.NDArray[Any] = real.astype(field.dtype)
        wrong = _unfit(real, result)
        if to_real:
            wrong |= values.imag != 0
    if valid is not None:
        wrong &= valid
    if wrong.any():
        raise ValueError(
            f"field {field.name}: the value {values[wrong].flat[0]} does not fit its type {field.dtype.name}"
        )
    return result


def _unfit(values: npt.NDArray[Any], result: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where ``result`` is not what ``values`` are; they are complex only where it is."""
    fits: npt.NDArray[np.bool_]
    if result.dtype.kind == "b":
        fits = (values == 0) | (values == 1)
    elif result.dtype.kind in "iu":
        limits = np.iinfo(result.dtype)
        exact = values.astype(np.float64) if values.dtype.kind == "f" else values
        fits = (exact >= limits.min) & (exact <= limits.max)
        if values.dtype.kind == "f":
            fits &= np.trunc(exact) == exact
    elif values.dtype.kind in "fc":
        fits = np.isfinite(result) | ~np.isfinite(values)
    else:
        fits = result.real.astype(np.float64) == values.astype(np.float64)
    return ~fits
