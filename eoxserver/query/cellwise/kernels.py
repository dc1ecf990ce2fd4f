# SPDX-License-Identifier: MIT
"""What functions compute, for arrays of cells (WCPS specification, section 4.4).

A kernel gets arrays that broadcast to the shape of the result, the type to compute in, and an array to write the result
to, which is none of the inputs unless ``Function.in_place`` says that it may be one. It wraps, overflows and divides by
zero silently: ``numpy.errstate(all="ignore")`` has to be set around it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "Array", "Flags", "Kernel", "Refusal", "absolute", "bit", "choose", "compare", "conversion", "convert", "divide",
    "im", "negative_bit", "re", "round_half_away", "same", "ufunc", "whole", "zero_divisor",
]  # fmt: skip

Array: TypeAlias = npt.NDArray[Any]
Flags: TypeAlias = npt.NDArray[np.bool_]
Dtype: TypeAlias = np.dtype[Any]
Kernel: TypeAlias = Callable[[Sequence[Array], Dtype, Array], object]
"""Takes inputs, the type of the result, and the array to write it to."""
Refusal: TypeAlias = Callable[[Sequence[Array], Dtype], Flags | None]
"""From inputs and the type of the result to where there is none; None: nowhere."""


def ufunc(function: Callable[..., Any]) -> Kernel:
    """A kernel of a numpy function, computed in the type of the result."""

    def kernel(inputs: Sequence[Array], dtype: Dtype, out: Array) -> None:
        function(*inputs, out=out, dtype=dtype, casting="unsafe")

    return kernel


def compare(function: Callable[..., Any]) -> Kernel:
    """A kernel of a numpy function whose result is a truth value; inputs of two types are compared exactly."""

    def kernel(inputs: Sequence[Array], _dtype: Dtype, out: Array) -> None:
        function(*inputs, out=out)

    return kernel


def same(inputs: Sequence[Array], _dtype: Dtype, out: Array) -> None:
    """The values themselves, in another type by the rules of C."""
    np.copyto(out, inputs[0], casting="unsafe")


def divide(inputs: Sequence[Array], dtype: Dtype, out: Array) -> None:
    """A quotient: of integers truncated, of others as IEEE 754 has it; any integer where an integer divisor is 0."""
    a, b = inputs
    if dtype.kind not in "iu":
        np.divide(a, b, out=out, dtype=dtype, casting="unsafe")
    elif dtype.kind == "u" or (a.dtype.kind in "bu" and b.ndim == 0 and b > 0):
        np.floor_divide(a, b, out=out, dtype=dtype, casting="unsafe")
    elif dtype.itemsize == 8:
        floor = np.floor_divide(a, b, dtype=dtype, casting="unsafe")
        inexact = (floor * b != a) & ((a < 0) != (b < 0))
        np.add(floor, inexact, out=out, dtype=dtype, casting="unsafe")
    else:
        # A float quotient of integers of half its width truncates to the exact one; the wider integer makes -min wrap.
        through, wider = (np.float32, np.int32) if dtype.itemsize <= 2 else (np.float64, np.int64)
        quotient = np.asarray(np.divide(a, b, dtype=through, casting="unsafe"))
        np.copyto(out, quotient.astype(wider), casting="unsafe")


def zero_divisor(inputs: Sequence[Array], dtype: Dtype) -> Flags | None:
    """Where integers are divided by 0."""
    divisor = inputs[1]
    if dtype.kind not in "iu" or divisor.all():
        return None
    return np.asarray(divisor == 0)


def absolute(inputs: Sequence[Array], _dtype: Dtype, out: Array) -> None:
    """The distance from 0; that of a truth value is a number."""
    values = inputs[0].view(np.uint8) if inputs[0].dtype.kind == "b" else inputs[0]
    np.absolute(values, out=out)


def whole(function: Callable[..., Any]) -> Kernel:
    """A kernel that rounds floats, and leaves integers alone."""

    def kernel(inputs: Sequence[Array], dtype: Dtype, out: Array) -> None:
        if dtype.kind == "f":
            function(inputs[0], out=out, dtype=dtype, casting="unsafe")
        else:
            same(inputs, dtype, out)

    return kernel


def round_half_away(inputs: Sequence[Array], dtype: Dtype, out: Array) -> None:
    """The nearest integer, halves away from 0; integers themselves."""
    if dtype.kind != "f":
        same(inputs, dtype, out)
        return
    half = np.nextafter(dtype.type(0.5), dtype.type(0))  # 0.5 itself would lift the number before 0.5 to 1
    np.copysign(half, inputs[0], out=out, dtype=dtype, casting="unsafe")
    np.add(inputs[0], out, out=out, dtype=dtype, casting="unsafe")
    np.trunc(out, out=out)


def bit(inputs: Sequence[Array], _dtype: Dtype, out: Array) -> None:
    """Whether a bit of an integer is set: number 0 is the least significant, those beyond it are copies of its sign."""
    values, number = inputs
    if values.dtype.kind == "b":
        values = values.view(np.uint8)
    shift = np.clip(number, 0, 63).astype(values.dtype)
    np.copyto(out, np.right_shift(values, shift) & values.dtype.type(1), casting="unsafe")


def negative_bit(inputs: Sequence[Array], _dtype: Dtype) -> Flags | None:
    """Where the number of a bit is negative."""
    wrong = np.asarray(inputs[1] < 0)
    return wrong if wrong.any() else None


def re(inputs: Sequence[Array], dtype: Dtype, out: Array) -> None:
    """The real part."""
    same((inputs[0].real,), dtype, out)


def im(inputs: Sequence[Array], dtype: Dtype, out: Array) -> None:
    """The imaginary part; 0 of real numbers."""
    same((inputs[0].imag,), dtype, out)


def choose(condition: Flags, value: Array, out: Array) -> None:
    """Put a value into a result where a condition is true, by its bits: twice as fast as by branches, and more."""
    integer = _INTEGERS.get(out.dtype.itemsize)
    if integer is None:
        np.copyto(out, value, where=condition, casting="unsafe")
        return
    ones = np.negative(condition.view(np.int8)).astype(integer, copy=False)
    change = np.bitwise_xor(value.astype(out.dtype, copy=False).view(integer), out.view(integer))
    np.bitwise_and(change, ones, out=change)
    bits = out.view(integer)
    np.bitwise_xor(bits, change, out=bits)


_INTEGERS = MappingProxyType({1: np.int8, 2: np.int16, 4: np.int32, 8: np.int64})


# -- casts


def convert(inputs: Sequence[Array], dtype: Dtype, out: Array) -> None:
    """Cast: integers saturate, floats truncate to integers (NaN becomes 0), complex numbers lose the imaginary part.

    A truth value tells whether a number is other than 0. A ``double`` beyond ``float`` becomes infinite.
    """
    conversion(inputs[0].dtype, dtype)(inputs, dtype, out)


def conversion(before: Dtype, dtype: Dtype) -> Kernel:
    """The kernel of ``convert`` for values of one type."""
    if dtype.kind == "b":
        return _truth
    if before.kind == "c" and dtype.kind != "c":
        return _without_imaginary
    if dtype.kind in "fc" or np.can_cast(before, dtype, "safe"):
        return same
    return _truncate if before.kind == "f" else _saturate


def _truth(inputs: Sequence[Array], _dtype: Dtype, out: Array) -> None:
    np.not_equal(inputs[0], 0, out=out)


def _without_imaginary(inputs: Sequence[Array], dtype: Dtype, out: Array) -> None:
    convert((inputs[0].real,), dtype, out)


def _saturate(inputs: Sequence[Array], dtype: Dtype, out: Array) -> None:
    """Integers to fewer bits, or another sign."""
    mine, theirs = np.iinfo(inputs[0].dtype), np.iinfo(dtype)
    same((np.clip(inputs[0], max(mine.min, theirs.min), min(mine.max, theirs.max)),), dtype, out)


def _truncate(inputs: Sequence[Array], dtype: Dtype, out: Array) -> None:
    """Floats to integers."""
    values = inputs[0]
    limits = np.iinfo(dtype)
    through = values if dtype.itemsize <= 2 else values.astype(np.float64, copy=False)
    high = float(limits.max)
    bounded = np.clip(through, float(limits.min), high if high == limits.max else np.nextafter(high, 0))
    unknown = np.isnan(bounded)
    if unknown.any():
        bounded = np.where(unknown, bounded.dtype.type(0), bounded)
    same((bounded,), dtype, out)
    if high != limits.max:
        np.copyto(out, limits.max, where=through >= high)
