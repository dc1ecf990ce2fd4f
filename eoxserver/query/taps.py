# SPDX-License-Identifier: MIT
"""Which old cells a new one is made of, and with which weights: the resampling methods along one axis.

Positions count old cells from the outer edge of the first one. All methods mean what GDAL's warper means by them:

* ``near``: the old cell that holds the position.
* ``bilinear`` (reach 1), ``cubic`` (Catmull-Rom, 2), ``cubicspline`` (2), ``lanczos`` (3): weights by distance; where
  a new cell is wider than an old one the reach grows with it, so that nothing is skipped.
* ``average``: weights by the share of the old cells in the new one.
* ``min``, ``max``, ``med``, ``q1``, ``q3``, ``mode``: statistics of the old cells that the new one meets. A new cell
  wider than 16 old ones takes 16 x 16 samples for the last four.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from eoxserver.query.mapping import SNAP
from eoxserver.query.plan import Interpolation

__all__ = ["KERNELS", "LINEAR", "RANKED", "SAMPLES", "Array", "Taps", "make_taps"]

Array: TypeAlias = npt.NDArray[Any]

LEAST_SHARE = 1e-3
"""Old cells of which less lies in the new one are not met by it [cells]."""
LEAST_WIDTH = 1e-3
"""New cells count as this wide at least where shares of old cells are weighed; narrower ones had none [cells]."""
SAMPLES = 16
"""Samples along each axis for ranks over wide cells."""


@dataclass(frozen=True, slots=True)
class Taps:
    """The old cells, along one axis, that contribute to each new one."""

    index: Array
    """Shape (taps, *positions); on a closed axis to be counted modulo its size."""
    weight: Array | None
    """Same shape; None: one tap of weight 1."""

    @property
    def low(self) -> int:
        """The least index."""
        return int(self.index.min())

    @property
    def high(self) -> int:
        """The greatest index, and 1."""
        return int(self.index.max()) + 1


def _triangle(t: Array) -> Array:
    weight: Array = np.maximum(0, 1 - np.abs(t))
    return weight


def _cubic(t: Array) -> Array:
    t = np.abs(t)
    near = (1.5 * t - 2.5) * t * t + 1
    far = ((-0.5 * t + 2.5) * t - 4) * t + 2
    return np.where(t <= 1, near, np.where(t < 2, far, 0))


def _spline(t: Array) -> Array:
    t = np.abs(t)
    far: Array = np.maximum(0, 2 - t) ** 3 / 6
    return np.where(t <= 1, (3 * t * t * t - 6 * t * t + 4) / 6, far)


def _lanczos(t: Array) -> Array:
    return np.where(np.abs(t) < 3, np.sinc(t) * np.sinc(t / 3), 0)


KERNELS: dict[Interpolation, tuple[float, Callable[[Array], Array]]] = {
    Interpolation.BILINEAR: (1, _triangle),
    Interpolation.CUBIC: (2, _cubic),
    Interpolation.CUBIC_SPLINE: (2, _spline),
    Interpolation.LANCZOS: (3, _lanczos),
}
"""Reach [cells] and weight by distance of the methods that weigh so."""

LINEAR = frozenset({*KERNELS, Interpolation.AVERAGE})
"""Methods whose result is a weighted sum."""
RANKED = {Interpolation.MEDIAN: 0.5, Interpolation.Q1: 0.25, Interpolation.Q3: 0.75}
"""Quantile of the methods that sort."""
SORTED = frozenset({*RANKED, Interpolation.MODE})


def make_taps(
    positions: Array,
    ratio: Array | float,
    size: int,
    method: Interpolation,
    closed: bool = False,
    origin: int = 0,
    sampled: bool = False,
) -> Taps:
    """The old cells that contribute to new ones along one axis.

    Parameters
    ----------
    positions : ndarray
        Centres of the new cells, any shape [old cells]; finite. An edge belongs to the cell that follows, the far edge
        of the last cell to the last cell.
    ratio : float or ndarray
        Width of the new cells, of a shape that goes with ``positions`` [old cells].
    size : int
        Number of old cells.
    closed : bool
        Whether the last old cell is a neighbour of the first one.
    origin : int
        Old cell that ``positions`` and the index of the taps count from.
    sampled : bool
        Whether ``SAMPLES`` old cells stand for all that a new one meets, where the method sorts them.
    """
    limits = None if closed else (-origin, size - 1 - origin)
    if method is Interpolation.NEAREST:
        return Taps(_numbers(np.floor(positions + SNAP), limits)[np.newaxis], None)
    widths: Array = np.maximum(np.asarray(ratio, positions.dtype), positions.dtype.type(1e-9))
    if sampled and method in SORTED:
        offsets = (_tap_numbers(SAMPLES, positions) + 0.5) / SAMPLES - 0.5
        index = np.floor(positions + offsets * widths + SNAP)
        return _finished(index, np.ones(index.shape, positions.dtype), limits, method)
    if method in KERNELS:
        reach, kernel = KERNELS[method]
        spread = np.maximum(1, widths)
        first = np.floor(positions - 0.5 - reach * spread + SNAP) + 1
        count = math.ceil(2 * reach * float(spread.max()) - SNAP)
        index = first + _tap_numbers(count, positions)
        weight = kernel((index + 0.5 - positions) / spread)
    else:
        widths = np.maximum(widths, positions.dtype.type(LEAST_WIDTH))
        start, stop = positions - widths / 2, positions + widths / 2
        first = np.floor(start + SNAP)
        index = first + _tap_numbers(math.ceil(float(widths.max()) - SNAP) + 1, positions)
        weight = np.maximum(0, np.minimum(index + 1, stop) - np.maximum(index, start))
        weight[-1][weight[-1] < SNAP] = 0
    return _finished(index, weight, limits, method)


def _tap_numbers(count: int, positions: Array) -> Array:
    return np.arange(count, dtype=positions.dtype).reshape(-1, *(1,) * positions.ndim)


def _numbers(cells: Array, limits: tuple[int, int] | None) -> Array:
    """Whole floats as numbers of cells, within the limits."""
    numbers: Array = cells.astype(np.int32 if cells.dtype == np.float32 else np.intp)
    return numbers if limits is None else np.clip(numbers, *limits, out=numbers)


def _finished(index: Array, weight: Array, limits: tuple[int, int] | None, method: Interpolation) -> Taps:
    """Leave out what lies beyond the edges; weights of linear methods sum up to 1, the others' are 0 or 1."""
    if limits is not None:
        weight = np.where((index >= limits[0]) & (index <= limits[1]), weight, 0)
    if method in LINEAR:
        # one after the other: numpy's own sum takes another order where there is one position only
        weight = weight / reduce(np.add, weight)
    else:
        weight = ((weight > LEAST_SHARE) | (weight == weight.max(axis=0))).astype(weight.dtype)
    used = weight.reshape(weight.shape[0], -1).any(axis=1)
    return Taps(_numbers(index, limits)[used], weight[used])
