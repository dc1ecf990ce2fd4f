# SPDX-License-Identifier: MIT
"""What functions compute, for arrays of cells (WCPS specification, section 4.4).

A kernel gets arrays that broadcast, the type of the result and, mostly, an array to write it to. It wraps, overflows
and divides by zero silently: ``numpy.errstate(all="ignore")`` has to be set around it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "Array", "Kernel", "Refusal", "absolute", "bit", "compare", "divide", "im", "negative_bit", "re",
    "round_half_away", "same", "ufunc", "whole", "zero_divisor",
]  # fmt: skip

Array: TypeAlias = npt.NDArray[Any]
Kernel: TypeAlias = Callable[[Sequence[Array], np.dtype[Any], Array | None], Array]
"""From inputs, the type of the result, and where to write it (None: a new array) to the result."""
Refusal: TypeAlias = Callable[[Sequence[Array], np.dtype[Any]], npt.NDArray[np.bool_] | None]
"""From inputs and the type of the result to where there is none; None: nowhere."""


def ufunc(function: Callable[..., Any]) -> Kernel:
    """A kernel of a numpy function, computed in the type of the result."""

    def kernel(inputs: Sequence[Array], dtype: np.dtype[Any], out: Array | None) -> Array:
        result: Array = function(*inputs, out=out, dtype=dtype, casting="unsafe")
        return result

    return kernel


def compare(function: Callable[..., Any]) -> Kernel:
    """A kernel of a numpy function whose result is a truth value; inputs of two types are compared exactly."""

    def kernel(inputs: Sequence[Array], _dtype: np.dtype[Any], out: Array | None) -> Array:
        result: Array = function(*inputs, out=out)
        return result

    return kernel


def _stored(result: Array, dtype: np.dtype[Any], out: Array | None) -> Array:
    """A result that was made in another type, by the rules of C."""
    if out is None:
        return result.astype(dtype)
    np.copyto(out, result, casting="unsafe")
    return out


def divide(inputs: Sequence[Array], dtype: np.dtype[Any], out: Array | None) -> Array:
    """A quotient: of integers truncated, of others as IEEE 754 has it; any integer where an integer divisor is 0."""
    a, b = inputs
    if dtype.kind not in "iu":
        return np.asarray(np.divide(a, b, out=out, dtype=dtype, casting="unsafe"))
    if dtype.kind == "u":
        return np.asarray(np.floor_divide(a, b, out=out, dtype=dtype, casting="unsafe"))
    if dtype.itemsize == 8:
        return _divide_long(a.astype(dtype, copy=False), b.astype(dtype, copy=False), dtype, out)
    # A float quotient of integers of half its width truncates to the exact one; wider integers make -min wrap.
    through, wider = (np.float32, np.int32) if dtype.itemsize <= 2 else (np.float64, np.int64)
    quotient = np.divide(a, b, dtype=through, casting="unsafe")
    return _stored(np.asarray(quotient).astype(wider), dtype, out)


def _divide_long(a: Array, b: Array, dtype: np.dtype[Any], out: Array | None) -> Array:
    floor = np.floor_divide(a, b)
    inexact = (floor * b != a) & ((a < 0) != (b < 0))
    return np.asarray(np.add(floor, inexact, out=out, dtype=dtype, casting="unsafe"))


def zero_divisor(inputs: Sequence[Array], dtype: np.dtype[Any]) -> npt.NDArray[np.bool_] | None:
    """Where integers are divided by 0."""
    divisor = inputs[1]
    if dtype.kind not in "iu" or divisor.all():
        return None
    return np.asarray(divisor == 0)


def absolute(inputs: Sequence[Array], _dtype: np.dtype[Any], out: Array | None) -> Array:
    """The distance from 0; that of a truth value is a number."""
    values = inputs[0].view(np.uint8) if inputs[0].dtype.kind == "b" else inputs[0]
    return np.asarray(np.absolute(values, out=out))


def whole(function: Callable[..., Any]) -> Kernel:
    """A kernel that rounds floats, and leaves integers alone."""

    def kernel(inputs: Sequence[Array], dtype: np.dtype[Any], out: Array | None) -> Array:
        if dtype.kind != "f":
            return _stored(inputs[0], dtype, out)
        result: Array = function(inputs[0], out=out, dtype=dtype, casting="unsafe")
        return result

    return kernel


def same(inputs: Sequence[Array], dtype: np.dtype[Any], out: Array | None) -> Array:
    """The values themselves."""
    return _stored(inputs[0], dtype, out)


def round_half_away(inputs: Sequence[Array], dtype: np.dtype[Any], out: Array | None) -> Array:
    """The nearest integer, halves away from 0; integers themselves."""
    values = inputs[0]
    if dtype.kind != "f":
        return _stored(values, dtype, out)
    result = np.trunc(values, out=out, dtype=dtype, casting="unsafe")
    far = np.abs(np.subtract(values, result, dtype=dtype)) >= 0.5
    return np.asarray(np.add(result, np.copysign(far, values, dtype=dtype, casting="unsafe"), out=out, dtype=dtype))


def bit(inputs: Sequence[Array], dtype: np.dtype[Any], out: Array | None) -> Array:
    """Whether a bit of an integer is set: number 0 is the least significant, those beyond it are copies of its sign."""
    values, number = inputs
    if values.dtype.kind == "b":
        values = values.view(np.uint8)
    shift = np.clip(number, 0, 63).astype(values.dtype)
    return _stored(np.right_shift(values, shift) & values.dtype.type(1), dtype, out)


def negative_bit(inputs: Sequence[Array], _dtype: np.dtype[Any]) -> npt.NDArray[np.bool_] | None:
    """Where the number of a bit is negative."""
    wrong = np.asarray(inputs[1] < 0)
    return wrong if wrong.any() else None


def re(inputs: Sequence[Array], dtype: np.dtype[Any], out: Array | None) -> Array:
    """The real part."""
    return _stored(inputs[0].real, dtype, out)


def im(inputs: Sequence[Array], dtype: np.dtype[Any], out: Array | None) -> Array:
    """The imaginary part; 0 of real numbers."""
    return _stored(inputs[0].imag, dtype, out)
