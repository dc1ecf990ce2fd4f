# SPDX-License-Identifier: MIT
"""What becomes of many cells: the operators of condensers, block by block.

WCPS language, section 4.4: nulls are skipped; ``add``, ``+`` and ``*`` make a wide integer, a double or a double
complex; ``avg`` a double; ``min``, ``max`` and ``overlay`` keep the type. Of nulls alone ``add`` and ``count`` make 0,
``avg`` nan, ``min``, ``max`` and ``overlay`` null; of no place at all ``min`` and ``max`` make the extreme of the type.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from eoxserver.core.coverage import Cells
from eoxserver.core.errors import WcpsSemanticError
from eoxserver.core.fields import Field
from eoxserver.query.taps import Array

__all__ = ["CONDENSERS", "REDUCERS", "Fold", "Mask", "State", "fold_of"]

SHORT = 1 << 15
"""So many numbers of two bytes have a sum of four bytes."""
Mask: TypeAlias = npt.NDArray[np.bool_] | None
"""Of a shape that goes with the values; None: everywhere true."""
State: TypeAlias = tuple[Array, ...]
"""What is known of some cells, each shape (field, *remaining axes)."""


@dataclass(frozen=True, slots=True)
class Fold(ABC):
    """An operator. Its states are made of blocks, merged in the order of the cells, and finished."""

    name: str

    def field(self, field: Field) -> Field:
        """The field of the result.

        Raises
        ------
        WcpsSemanticError
            When the operator is not defined for cells of this type.
        """
        return Field(field.name, self.dtype(field.dtype), label=field.label, description=field.description)

    @abstractmethod
    def dtype(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        """The data type of the result."""

    @abstractmethod
    def state(self, values: Array, valid: Mask, places: Mask, axes: tuple[int, ...]) -> State:
        """What there is to know of a block of cells.

        Parameters
        ----------
        values : ndarray
            Shape (field, *axes).
        valid : ndarray or None
            Cells that are not null.
        places : ndarray or None
            Places that count.
        axes : tuple of int
            Axes of the array that go away.
        """

    @abstractmethod
    def merged(self, before: State, after: State) -> State:
        """Of two blocks together; the states given are no longer used."""

    @abstractmethod
    def finished(self, state: State, dtype: np.dtype[Any]) -> Cells:
        """The cells of the result, of the data type of a range type."""


@dataclass(frozen=True, slots=True)
class Sum(Fold):
    """``add``, ``+``, ``*``, ``and``, ``or``, ``some``, ``all``: an operator with an identity, which nulls become."""

    ufunc: np.ufunc
    identity: int | bool
    boolean: bool = False

    def dtype(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        return np.dtype(bool) if self.boolean else wide(dtype)

    def state(self, values: Array, valid: Mask, places: Mask, axes: tuple[int, ...]) -> State:
        if self.boolean:
            values = truth(values)
        counted = both(valid, places)
        if counted is not None:
            values = masked(values, counted, values.dtype.type(self.identity))
        if self.ufunc is np.add:
            return (total(values, axes),)
        with np.errstate(over="ignore", invalid="ignore"):  # IEEE: infinite, or NaN
            return (np.asarray(self.ufunc.reduce(values, axis=axes, dtype=self.dtype(values.dtype))),)

    def merged(self, before: State, after: State) -> State:
        with np.errstate(over="ignore", invalid="ignore"):
            return (self.ufunc(before[0], after[0], out=before[0]),)

    def finished(self, state: State, dtype: np.dtype[Any]) -> Cells:
        return Cells(state[0].astype(dtype, copy=False))


@dataclass(frozen=True, slots=True)
class Count(Fold):
    """``count``: the number of true cells."""

    def dtype(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        return np.dtype(np.int64)

    def state(self, values: Array, valid: Mask, places: Mask, axes: tuple[int, ...]) -> State:
        values = truth(values)
        counted = both(valid, places)
        if counted is not None:
            values = values & counted
        return (np.asarray(np.count_nonzero(values, axis=axes)),)

    def merged(self, before: State, after: State) -> State:
        return (before[0] + after[0],)

    def finished(self, state: State, dtype: np.dtype[Any]) -> Cells:
        return Cells(state[0].astype(dtype, copy=False))


@dataclass(frozen=True, slots=True)
class Mean(Fold):
    """``avg``."""

    def field(self, field: Field) -> Field:
        return replace(Fold.field(self, field), unit=field.unit)

    def dtype(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        return np.dtype(np.complex128 if dtype.kind == "c" else np.float64)

    def state(self, values: Array, valid: Mask, places: Mask, axes: tuple[int, ...]) -> State:
        counted = both(valid, places)
        if counted is None:
            whole = total(values, axes)
            return whole, np.full(whole.shape, values.size // max(1, whole.size), dtype=np.int64)
        number = np.count_nonzero(np.broadcast_to(counted, values.shape), axis=axes)
        values = masked(values, counted, values.dtype.type(0))
        return total(values, axes), np.asarray(number)

    def merged(self, before: State, after: State) -> State:
        return np.add(before[0], after[0], out=before[0]), np.add(before[1], after[1], out=before[1])

    def finished(self, state: State, dtype: np.dtype[Any]) -> Cells:
        whole, number = state
        mean = whole / np.maximum(number, 1)
        return Cells(np.where(number > 0, mean, np.nan).astype(dtype, copy=False))


@dataclass(frozen=True, slots=True)
class Extreme(Fold):
    """``min`` and ``max``."""

    ufunc: np.ufunc
    greatest: bool
    """Whether the result of no place is the greatest value of the type."""

    def field(self, field: Field) -> Field:
        return replace(field, dtype=self.dtype(field.dtype))

    def dtype(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        if dtype.kind == "c":
            raise WcpsSemanticError(f"complex numbers have no order; '{self.name}' takes integers, floats or booleans")
        return dtype

    def state(self, values: Array, valid: Mask, places: Mask, axes: tuple[int, ...]) -> State:
        counted = both(valid, places)
        if counted is None:
            extreme = np.asarray(self.ufunc.reduce(values, axis=axes))
            yes = np.ones(extreme.shape, dtype=bool)
            return extreme, yes, yes
        some = np.asarray(np.broadcast_to(counted, values.shape).any(axis=axes))
        extreme = np.asarray(self.ufunc.reduce(masked(values, counted, self._beyond(values.dtype)), axis=axes))
        return extreme, some, _any_place(places, values.shape, axes, some.shape)

    def merged(self, before: State, after: State) -> State:
        return self.ufunc(before[0], after[0]), before[1] | after[1], before[2] | after[2]

    def finished(self, state: State, dtype: np.dtype[Any]) -> Cells:
        extreme, some, place = state
        values = np.where(place, extreme, _extreme(dtype, self.greatest)).astype(dtype, copy=False)
        valid = some | ~place
        return Cells(values, None if valid.all() else valid)

    def _beyond(self, dtype: np.dtype[Any]) -> Any:
        """A value that changes nothing."""
        infinite = np.inf if self.greatest else -np.inf
        return dtype.type(infinite) if dtype.kind == "f" else _extreme(dtype, self.greatest)


@dataclass(frozen=True, slots=True)
class Uppermost(Fold):
    """``overlay``: the last value that is neither null nor zero; else the first, if there is any."""

    def field(self, field: Field) -> Field:
        return field

    def dtype(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        return dtype

    def state(self, values: Array, valid: Mask, places: Mask, axes: tuple[int, ...]) -> State:
        counted = both(valid, places)
        here = np.ones(values.shape, bool) if counted is None else np.broadcast_to(counted, values.shape)
        remaining = tuple(axis for axis in range(values.ndim) if axis not in axes)
        order, shape = (*remaining, *axes), tuple(values.shape[axis] for axis in remaining)
        flat, there = (each.transpose(order).reshape(*shape, -1) for each in (values, here))
        painted = there & (flat != 0)
        last = flat.shape[-1] - 1 - np.argmax(painted[..., ::-1], axis=-1)
        top: Array = np.take_along_axis(flat, last[..., np.newaxis], axis=-1)[..., 0]
        found, some = np.asarray(painted.any(axis=-1)), np.asarray(there.any(axis=-1))
        return np.where(found, top, top.dtype.type(0)), found, some, _any_place(places, values.shape, axes, shape)

    def merged(self, before: State, after: State) -> State:
        found = after[1]
        values = np.where(found, after[0], before[0])
        return values, before[1] | found, before[2] | after[2], before[3] | after[3]

    def finished(self, state: State, dtype: np.dtype[Any]) -> Cells:
        values, _, some, place = state
        valid = some | ~place
        return Cells(values.astype(dtype, copy=False), None if valid.all() else valid)


CONDENSERS = ("+", "*", "min", "max", "and", "or", "overlay")
"""Operators of the general condenser."""
REDUCERS = ("count", "add", "avg", "min", "max", "some", "all")
"""Operators of the short condensers."""


def fold_of(name: str) -> Fold:
    """The operator of a name.

    Raises
    ------
    WcpsSemanticError
        When there is no such operator.
    """
    match name:
        case "add" | "+":
            return Sum(name, np.add, 0)
        case "*":
            return Sum(name, np.multiply, 1)
        case "all" | "and":
            return Sum(name, np.logical_and, True, boolean=True)
        case "some" | "or":
            return Sum(name, np.logical_or, False, boolean=True)
        case "count":
            return Count(name)
        case "avg":
            return Mean(name)
        case "min":
            return Extreme(name, np.minimum, greatest=True)
        case "max":
            return Extreme(name, np.maximum, greatest=False)
        case "overlay":
            return Uppermost(name)
        case _:
            known = ", ".join(dict.fromkeys((*REDUCERS, *CONDENSERS)))
            raise WcpsSemanticError(f"no condenser '{name}'; available: {known}", locator=name)


def wide(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type in which numbers are added up."""
    return np.dtype({"f": np.float64, "c": np.complex128}.get(dtype.kind, np.int64))


def total(values: Array, axes: tuple[int, ...]) -> Array:
    """The sum along some axes in the wide type."""
    if values.dtype.kind in "iu" and values.dtype.itemsize <= 2:
        short = [axis for axis in axes if 1 < values.shape[axis] <= SHORT]
        if short:  # sums along one axis fit 32 bits, which takes a third of the time
            axis = short[-2] if len(short) > 1 else short[-1]
            narrow = np.dtype(np.int32 if values.dtype.kind == "i" else np.uint32)
            values = np.add.reduce(values, axis=axis, dtype=narrow, keepdims=True)
    into = wide(values.dtype)
    with np.errstate(over="ignore", invalid="ignore"):  # IEEE: infinite, or NaN
        return np.asarray(np.add.reduce(values, axis=axes, dtype=into))


def truth(values: Array) -> npt.NDArray[np.bool_]:
    """The values as booleans."""
    return values if values.dtype == np.bool_ else values != 0


def both(one: Mask, other: Mask) -> Mask:
    """Where both are true."""
    if one is None or other is None:
        return other if one is None else one
    return np.logical_and(one, other)


def masked(values: Array, counted: npt.NDArray[np.bool_], instead: Any) -> Array:
    """The values, and others where they do not count."""
    if instead == 0 and values.dtype.kind in "iu":
        return np.multiply(values, counted)  # three times as fast as a choice
    if instead == 0 and values.dtype.kind == "f" and values.dtype.itemsize <= 8:
        bits: Array = np.multiply(values.view(f"u{values.dtype.itemsize}"), counted)
        return bits.view(values.dtype)  # nan goes too
    return np.where(counted, values, instead)


def _any_place(places: Mask, shape: tuple[int, ...], axes: tuple[int, ...], remaining: tuple[int, ...]) -> Array:
    """Whether there is a place that counts."""
    if places is None:
        return np.ones(remaining, dtype=bool)
    return np.asarray(np.broadcast_to(places, shape).any(axis=axes))


def _extreme(dtype: np.dtype[Any], greatest: bool) -> Any:
    """The greatest or the least value of a type."""
    if dtype.kind == "b":
        return np.bool_(greatest)
    limits: Any = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    return dtype.type(limits.max if greatest else limits.min)
