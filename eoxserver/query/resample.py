# SPDX-License-Identifier: MIT
"""New cells from old ones: the contributions that ``taps`` names, combined by sum, extreme, quantile or mode.

Old cells that are not valid, or lie beyond the edge, take no part; the other weights grow instead. A new cell that no
valid old cell contributes to is not valid. NaN counts as not valid, except that ``near`` picks it. Integers are rounded
half up and clipped to their type. Quantile q of n values is the one of rank ``ceil(q n)``; of equally frequent values
``mode`` takes the least. Complex numbers are ordered by their real parts, then by their imaginary parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.coverage import Cells
from eoxserver.query.plan import Interpolation
from eoxserver.query.taps import LINEAR, RANKED, Array, Taps

__all__ = ["combined", "gathered", "rounded", "without_nan", "working_type"]

WHOLE_WEIGHT = 1e-5
"""Sums of weights this near to 1 are 1."""
LEAST_WEIGHT = 1e-6
"""Sum of weights below which nothing valid contributes."""


def working_type(dtype: np.dtype[Any], method: Interpolation) -> np.dtype[Any]:
    """The type in which a method computes: floats wide enough for weighted sums, otherwise the type itself."""
    if method not in LINEAR:
        return dtype
    if dtype.kind == "c":
        return dtype
    return np.dtype(np.float32 if dtype.itemsize <= 2 or dtype == np.float32 else np.float64)


def rounded(values: Array, dtype: np.dtype[Any]) -> Array:
    """Working values (which may be overwritten) as the type of the result."""
    if values.dtype == dtype or dtype.kind not in "iu":
        return values.astype(dtype, copy=False)
    limits = np.iinfo(dtype)
    np.floor(values + 0.5, out=values)
    if dtype.itemsize < 8:
        return np.clip(values, limits.min, limits.max, out=values).astype(dtype)
    # The greatest 64-bit integers have no float: the next one would overflow.
    high = np.nextafter(np.float64(limits.max), 0)
    result = np.clip(values, float(limits.min), high).astype(dtype)
    result[values > high] = limits.max
    return result


def without_nan(cells: Cells, method: Interpolation) -> Cells:
    """The cells, valid only where there is a number; infinity is none where it would be multiplied."""
    if cells.values.dtype.kind not in "fc" or method is Interpolation.NEAREST:
        return cells
    numbers = np.isfinite(cells.values) if method in LINEAR else ~np.isnan(cells.values)
    if numbers.all():
        return cells
    return Cells(cells.values, numbers if cells.valid is None else numbers & cells.valid)


class Soft:
    """Cells with weights instead of a mask: how much of each is valid."""

    __slots__ = ("dtype", "values", "weight")

    def __init__(self, cells: Cells, method: Interpolation) -> None:
        self.dtype = cells.values.dtype
        self.values: Array = cells.values.astype(working_type(self.dtype, method), copy=False)
        self.weight: Array | None = None
        if cells.valid is not None:
            self.weight = cells.valid.astype(np.float32)
            self.values = np.where(cells.valid, self.values, self.values.dtype.type(0))


def combined(cells: Cells, taps: dict[int, Taps], method: Interpolation) -> Cells:
    """New cells whose contributions along each axis do not depend on the other axes.

    Parameters
    ----------
    cells : Cells
        Old cells; ``index`` of the taps counts from the first of them.
    taps : dict
        Taps with 1-D positions, by axis of the values (0 is the field). An axis with a single tap of weight 1 is
        picked from, whatever the method.
    """
    picks = {axis: each for axis, each in taps.items() if each.weight is None}
    for axis, each in sorted(picks.items()):
        cells = _picked(cells, each.index[0], axis)
    others = {axis: each for axis, each in taps.items() if axis not in picks}
    if not others:
        return cells
    cells = without_nan(cells, method)
    if method in LINEAR:
        return _weighed(cells, others, method)
    if method in (Interpolation.MIN, Interpolation.MAX):
        return _extreme(cells, others, method)
    return _ranked(cells, others, method)


def _picked(cells: Cells, index: Array, axis: int) -> Cells:
    start, stop = int(index[0]), int(index[-1]) + 1
    if stop - start == index.size and (index.size < 2 or bool((np.diff(index) == 1).all())):
        if start == 0 and stop == cells.values.shape[axis]:
            return cells
        part = (slice(None),) * axis + (slice(start, stop),)
        return Cells(cells.values[part], None if cells.valid is None else cells.valid[part])
    valid = None if cells.valid is None else cells.valid.take(index, axis=axis)
    return Cells(cells.values.take(index, axis=axis), valid)


def _shaped(weight: Array, axis: int, ndim: int) -> Array:
    return weight.reshape((1,) * axis + (-1,) + (1,) * (ndim - axis - 1))


def _along(values: Array, taps: Taps, axis: int) -> Array:
    """The weighted sum along one axis."""
    assert taps.weight is not None
    total: Array | None = None
    for index, weight in zip(taps.index, taps.weight, strict=True):
        part = values.take(index, axis=axis)
        part *= _shaped(weight.astype(part.real.dtype, copy=False), axis, part.ndim)
        total = part if total is None else np.add(total, part, out=total)
    assert total is not None
    return total


def _weighed(cells: Cells, taps: dict[int, Taps], method: Interpolation) -> Cells:
    soft = Soft(cells, method)
    values, weight = soft.values, soft.weight
    for axis in sorted(taps):  # always in one order: sums of floats depend on it
        values = _along(values, taps[axis], axis)
        weight = None if weight is None else _along(weight, taps[axis], axis)
    return _divided(values, weight, soft.dtype)


def _divided(values: Array, weight: Array | None, dtype: np.dtype[Any]) -> Cells:
    if weight is None:
        return Cells(rounded(values, dtype))
    valid = weight > LEAST_WEIGHT
    # where everything took part the result must not depend on there being a mask elsewhere, not even by rounding
    np.divide(values, weight, out=values, where=valid & (np.abs(weight - 1) > WHOLE_WEIGHT))
    values[~valid] = 0
    return Cells(rounded(values, dtype), None if valid.all() else valid)


def _worst(dtype: np.dtype[Any], method: Interpolation) -> Any:
    """A value that loses against every other."""
    if dtype.kind in "fc":
        end = np.inf if method is not Interpolation.MAX else -np.inf
        return dtype.type(end if dtype.kind == "f" else complex(end, end))
    if dtype.kind == "b":
        return dtype.type(method is not Interpolation.MAX)
    limits = np.iinfo(dtype)
    return limits.max if method is not Interpolation.MAX else limits.min


def _extreme(cells: Cells, taps: dict[int, Taps], method: Interpolation) -> Cells:
    better = np.minimum if method is Interpolation.MIN else np.maximum
    worst = _worst(cells.values.dtype, method)
    valid = cells.valid
    values = cells.values if valid is None else np.where(valid, cells.values, worst)
    for axis, each in taps.items():
        assert each.weight is not None
        best: Array | None = None
        for index, weight in zip(each.index, each.weight, strict=True):
            part = np.where(_shaped(weight > 0, axis, values.ndim), values.take(index, axis=axis), worst)
            best = part if best is None else better(best, part, out=best)
        assert best is not None
        values = best
        if valid is not None:
            met = (
                valid.take(index, axis=axis) & _shaped(weight > 0, axis, valid.ndim)
                for index, weight in zip(each.index, each.weight, strict=True)
            )
            valid = np.logical_or.reduce(list(met))
    return Cells(values, None if valid is None or valid.all() else valid)


def _ranked(cells: Cells, taps: dict[int, Taps], method: Interpolation) -> Cells:
    (first, ys), (second, xs) = sorted(taps.items()) if len(taps) == 2 else (*taps.items(), (-1, None))
    assert ys is not None and ys.weight is not None
    stack, masks = [], []
    for index, weight in zip(ys.index, ys.weight, strict=True):
        rows, here = cells.values.take(index, axis=first), _shaped(weight > 0, first, cells.values.ndim)
        known = here if cells.valid is None else cells.valid.take(index, axis=first) & here
        if xs is None:
            stack.append(rows)
            masks.append(np.broadcast_to(known, rows.shape))
            continue
        assert xs.weight is not None
        for number, across in zip(xs.index, xs.weight, strict=True):
            part = rows.take(number, axis=second)
            mask = known if known.shape[second] == 1 else known.take(number, axis=second)
            stack.append(part)
            masks.append(np.broadcast_to(mask & _shaped(across > 0, second, part.ndim), part.shape))
    return _statistic(np.stack(stack), np.stack(masks), method)


def _statistic(stack: Array, known: npt.NDArray[np.bool_], method: Interpolation) -> Cells:
    """A quantile or the mode over the first axis of what is known."""
    count = known.sum(axis=0)
    ordered = np.sort(np.where(known, stack, _worst(stack.dtype, Interpolation.MIN)), axis=0)
    if method in RANKED:
        rank = np.ceil(RANKED[method] * count - 1).clip(0).astype(np.intp)
        values = np.take_along_axis(ordered, rank[np.newaxis], axis=0)[0]
    else:
        values, run, most = ordered[0].copy(), np.ones(count.shape, np.intp), np.ones(count.shape, np.intp)
        for number in range(1, ordered.shape[0]):
            run = np.where(ordered[number] == ordered[number - 1], run + 1, 1)
            better = (run > most) & (number < count)
            values[better], most[better] = ordered[number][better], run[better]
    valid = count > 0
    return Cells(values, None if valid.all() else valid)


def gathered(cells: Cells, ys: Taps, xs: Taps, method: Interpolation) -> Cells:
    """New cells whose contributions are given cell by cell.

    Parameters
    ----------
    cells : Cells
        Old cells, values of shape (..., old rows, old columns); ``index`` of the taps counts from the first of them.
    ys, xs : Taps
        Taps with 2-D positions, shape (taps, rows, columns).

    Returns
    -------
    Cells
        Values of shape (..., rows, columns).
    """
    cells = without_nan(cells, method)
    *outer, height, width = cells.values.shape
    flat = cells.values.reshape(-1, height * width)
    valid = None if cells.valid is None else cells.valid.reshape(-1, height * width)
    shape = (*outer, *xs.index.shape[1:])
    if method is Interpolation.NEAREST:
        index = ys.index[0] * np.int32(width) + xs.index[0] if flat.shape[1] < 2**31 else _wide(ys, xs, width)
        result = Cells(flat.take(index, axis=1), None if valid is None else valid.take(index, axis=1))
    elif method in LINEAR:
        result = _gathered_sum(Cells(flat, valid), ys, xs, width, method)
    else:
        result = _gathered_statistic(Cells(flat, valid), ys, xs, width, method)
    return Cells(result.values.reshape(shape), None if result.valid is None else result.valid.reshape(shape))


def _wide(ys: Taps, xs: Taps, width: int) -> Array:
    index: Array = ys.index[0].astype(np.intp) * width + xs.index[0]
    return index


def _gathered_sum(cells: Cells, ys: Taps, xs: Taps, width: int, method: Interpolation) -> Cells:
    assert ys.weight is not None and xs.weight is not None
    soft = Soft(cells, method)
    shape = (soft.values.shape[0], *xs.index.shape[1:])
    total = np.zeros(shape, soft.values.dtype)
    weights = None if soft.weight is None else np.zeros(shape, np.float32)
    for row, down in zip(ys.index, ys.weight, strict=True):
        for column, across in zip(xs.index, xs.weight, strict=True):
            index, weight = row * width + column, (down * across).astype(soft.values.real.dtype, copy=False)
            part = soft.values.take(index, axis=1)
            part *= weight
            total += part
            if weights is not None and soft.weight is not None:
                weights += soft.weight.take(index, axis=1) * weight
    return _divided(total, weights, soft.dtype)


def _gathered_statistic(cells: Cells, ys: Taps, xs: Taps, width: int, method: Interpolation) -> Cells:
    assert ys.weight is not None and xs.weight is not None
    stack, masks = [], []
    for row, down in zip(ys.index, ys.weight, strict=True):
        for column, across in zip(xs.index, xs.weight, strict=True):
            index, met = row * width + column, (down > 0) & (across > 0)
            part = cells.values.take(index, axis=1)
            stack.append(part)
            known = met if cells.valid is None else cells.valid.take(index, axis=1) & met
            masks.append(np.broadcast_to(known, part.shape))
    if method not in (Interpolation.MIN, Interpolation.MAX):
        return _statistic(np.stack(stack), np.stack(masks), method)
    worst, better = _worst(cells.values.dtype, method), np.minimum if method is Interpolation.MIN else np.maximum
    values = better.reduce([np.where(mask, part, worst) for part, mask in zip(stack, masks, strict=True)])
    valid = np.logical_or.reduce(masks)
    return Cells(values, None if valid.all() else valid)
