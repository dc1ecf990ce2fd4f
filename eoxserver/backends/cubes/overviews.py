# SPDX-License-Identifier: MIT
"""Overviews: cells of a cube brought together, and brought together again where they have changed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.backends.cubes.base import Overview
from eoxserver.backends.cubes.celltypes import fill_value
from eoxserver.backends.cubes.database import cell_arrays
from eoxserver.backends.cubes.manifest import AxisState, OverviewState
from eoxserver.backends.cubes.session import Session
from eoxserver.backends.cubes.slots import Index, indexed, part, pieces
from eoxserver.core.fields import Field

__all__ = ["METHODS", "borders", "check_overview", "downsample", "refresh", "whole"]

METHODS = ("nearest", "average", "mode")
BLOCK = 4_194_304
"""Cells of the cube that are brought together at a time."""


def check_overview(overview: Overview, axes: Sequence[AxisState], there: Sequence[Overview]) -> None:
    """Refuse an overview that the cube cannot have; raises ValueError."""
    if overview.method not in METHODS:
        raise ValueError(f"no method '{overview.method}' for overviews; accepted: {', '.join(METHODS)}")
    if len(overview.factors) != len(axes):
        raise ValueError(f"{len(overview.factors)} factors for {len(axes)} axes; one for each is wanted")
    for axis, factor in zip(axes, overview.factors, strict=True):
        if factor < 1 or (axis.irregular and factor != 1):
            accepted = "1, as the axis is irregular" if axis.irregular else "a whole number of at least 1"
            raise ValueError(f"axis {axis.label}: factor {factor}; accepted: {accepted}")
    if all(factor == 1 for factor in overview.factors):
        raise ValueError("an overview needs a factor greater than 1")
    if any(other.factors == overview.factors for other in there):
        raise ValueError(f"there is an overview with the factors {overview.factors}")


def whole(axes: Sequence[AxisState]) -> tuple[Index, ...]:
    """The slots of all cells."""
    return tuple(slice(axis.origin + axis.low, axis.origin + axis.high) for axis in axes)


def borders(
    state: OverviewState, fields: Sequence[Field], before: Sequence[AxisState], after: Sequence[AxisState]
) -> Iterator[tuple[Index, ...]]:
    """Boxes whose overview has to be made again because the cube has grown beside them.

    Those are cells of the overview that had been cut off by the end of the cube. Where all fields have nil values the
    new cells do not count before they are written, except for the choice of the nearest.
    """
    if state.overview.method != "nearest" and all(field.nil for field in fields):
        return
    for position, (old, new) in enumerate(zip(before, after, strict=True)):
        factor, phase = state.overview.factors[position], state.phase[position]
        for edge, cell, moved in ((old.low, old.low, new.low < old.low), (old.high, old.high - 1, new.high > old.high)):
            if factor > 1 and moved and (edge - phase) % factor:
                box = list(whole(before))
                box[position] = slice(new.origin + cell, new.origin + cell + 1)
                yield tuple(box)


def refresh(
    session: Session,
    fields: Sequence[Field],
    axes: Sequence[AxisState],
    state: OverviewState,
    index: Sequence[Index],
) -> None:
    """Make the cells of an overview again that lie over a box of slots."""
    factors = state.overview.factors
    target: list[Index] = []
    for position, (axis, each) in enumerate(zip(axes, index, strict=True)):
        if factors[position] == 1:
            target.append(each)
        else:
            assert isinstance(each, slice)
            low, high = state.cells(position, each.start - axis.origin, each.stop - axis.origin)
            target.append(slice(axis.origin + low, axis.origin + high))
    chunks = [axis.chunk for axis in axes]
    for box in pieces(target, chunks, max(1, BLOCK // math.prod(factors))):
        cut = [part(each, one.start, one.stop) for each, one in zip(target, box, strict=True)]
        _refresh_piece(session, fields, axes, state, cut)


def _refresh_piece(
    session: Session,
    fields: Sequence[Field],
    axes: Sequence[AxisState],
    state: OverviewState,
    target: Sequence[Index],
) -> None:
    below = [_covered(axes, state, position, each) for position, each in enumerate(target)]
    source_arrays, target_arrays = cell_arrays(fields, axes), cell_arrays(fields, axes, f"{state.key}/")
    for field, source, made in zip(fields, source_arrays, target_arrays, strict=True):
        values = indexed(session.array(*source), [index for index, _ in below]).read().result()
        if state.overview.method == "nearest":
            session.write(*made, target, values)
            continue
        nil = field.is_nil(values)
        valid = np.ones(values.shape, dtype=bool) if nil is None else ~nil
        padding = [pad for _, pad in below]
        result, there = downsample(
            np.pad(values, padding), np.pad(valid, padding), state.overview.factors, state.overview.method
        )
        result[~there] = fill_value(field)
        session.write(*made, target, result)


def _covered(
    axes: Sequence[AxisState], state: OverviewState, position: int, target: Index
) -> tuple[Index, tuple[int, int]]:
    """The slots that cells of an overview are made of, and how many cells at either end are outside the cube."""
    axis, factor, phase = axes[position], state.overview.factors[position], state.phase[position]
    if factor == 1:
        return target, (0, 0)
    assert isinstance(target, slice)
    first = (target.start - axis.origin) * factor + phase
    last = (target.stop - axis.origin) * factor + phase
    if state.overview.method == "nearest":
        centres = np.arange(first, last, factor, dtype=np.int64) + (factor - 1) // 2
        return np.clip(centres, axis.low, axis.high - 1) + axis.origin, (0, 0)
    low, high = max(first, axis.low), min(last, axis.high)
    return slice(axis.origin + low, axis.origin + high), (low - first, last - high)


def downsample(
    values: npt.NDArray[Any], valid: npt.NDArray[np.bool_], factors: Sequence[int], method: str
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Bring cells together.

    Parameters
    ----------
    values, valid : ndarray, shape (n * factor along each axis)
        Cells, and which of them count.
    method : str
        ``average``, of whole numbers rounded, or ``mode``: the most frequent value, the least of several.

    Returns
    -------
    values, valid : ndarray, shape (n along each axis)
        In the same type; a cell is valid when any of those it is made of counts.

    >>> downsample(np.array([1, 2, 9, 9]), np.array([True, True, False, True]), (2,), "average")
    (array([2, 9]), array([ True,  True]))
    """
    windows, counts = (_windows(each, factors) for each in (values, valid))
    there: npt.NDArray[np.bool_] = np.asarray(counts.any(axis=-1))
    result = _mode(windows, counts) if method == "mode" else _average(windows, counts, values.dtype)
    return result, there


def _windows(values: npt.NDArray[Any], factors: Sequence[int]) -> npt.NDArray[Any]:
    """The cells of each window along the last axis, shape (n along each axis, cells of a window)."""
    shape = [size // factor for size, factor in zip(values.shape, factors, strict=True)]
    parted = values.reshape([each for pair in zip(shape, factors, strict=True) for each in pair])
    order = [*range(0, 2 * len(shape), 2), *range(1, 2 * len(shape), 2)]
    return parted.transpose(order).reshape((*shape, math.prod(factors)))


def _average(windows: npt.NDArray[Any], valid: npt.NDArray[np.bool_], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    wide = np.complex128 if dtype.kind == "c" else np.float64
    count = np.maximum(valid.sum(axis=-1), 1)
    with np.errstate(invalid="ignore", over="ignore"):
        mean = np.sum(windows, axis=-1, dtype=wide, where=valid) / count
        if dtype.kind in "iu":
            mean = np.rint(mean)
        result: npt.NDArray[Any] = mean >= 0.5 if dtype.kind == "b" else mean.astype(dtype)
    return result


def _mode(windows: npt.NDArray[Any], valid: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    order = np.lexsort((windows, ~valid), axis=-1)
    ordered = np.take_along_axis(windows, order, axis=-1)
    places = np.arange(windows.shape[-1])
    begins = np.ones(ordered.shape, dtype=bool)
    begins[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    begin = np.maximum.accumulate(np.where(begins, places, 0), axis=-1)
    length = np.where(places < valid.sum(axis=-1, keepdims=True), places - begin + 1, 0)
    best = np.argmax(length, axis=-1)[..., np.newaxis]
    return np.take_along_axis(ordered, best, axis=-1)[..., 0]
