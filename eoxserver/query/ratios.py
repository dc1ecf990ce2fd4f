# SPDX-License-Identifier: MIT
"""How many source cells a target cell is wide, typically: what the choice of a level (overview) goes by.

Only that part of the target counts which lies in the source. Where a few samples all miss the source, the place in the
target that is nearest to the source's centre decides.
"""

from __future__ import annotations

import math

import numpy as np

from eoxserver.query.grids import Plane, x_period
from eoxserver.query.transforms import Floats, Placement

__all__ = ["typical_ratios"]

SAMPLES = 5
"""Places along each side of a target grid that are looked at."""
EDGE = 1e-6
"""Positions this near to the edge of the source lie in it [cells]."""


def typical_ratios(placement: Placement, source: Plane) -> tuple[float, float]:
    """Source columns and rows per target cell; (1, 1) where nothing can be said."""
    target = placement.target
    if placement.same:
        return (abs(target.dx / source.dx), abs(target.dy / source.dy))
    if placement.separable and placement.remembers_axes:
        return _by_axes(placement, source)
    columns, rows = (np.linspace(0.5, size - 0.5, min(SAMPLES, size)) for size in (target.width, target.height))
    found = _by_points(placement, source, columns, rows)
    if found is None:
        column, row = placement.inside_out
        found = _by_points(placement, source, np.array([column]), np.array([row]), anywhere=True)
    return found or (1.0, 1.0)


def _by_axes(placement: Placement, source: Plane) -> tuple[float, float]:
    target = placement.target
    x, y = placement.axes((-1, target.width + 1), (-1, target.height + 1))
    period = x_period(source.crs)
    across = _steps(x, (source.x, source.dx * source.width), period)
    down = _steps(y, (source.y, source.dy * source.height), None)
    return across / abs(source.dx) or 1.0, down / abs(source.dy) or 1.0


def _steps(centres: Floats, extent: tuple[float, float], period: float | None) -> float:
    """The median distance of neighbours among samples [source CRS unit]; 0 where nothing is known.

    ``centres`` has one neighbour more on each side; ``extent`` is where the source begins, and how far it goes.
    """
    size, sign = centres.size - 2, math.copysign(1.0, extent[1])
    inside: list[float] = []
    others: list[float] = []
    for sample in range(SAMPLES):
        number = sample * (size - 1) // (SAMPLES - 1)
        before, here, after = (float(each) for each in centres[number : number + 3])
        step, along = after - before, (here - extent[0]) * sign
        if not math.isfinite(step):
            continue
        if period is not None:
            step -= period * round(step / period)
            along %= period
        (inside if 0 <= along <= abs(extent[1]) else others).append(abs(step) / 2)
    found = sorted(inside or others)
    return found[len(found) // 2] if found else 0.0


def _by_points(
    placement: Placement, source: Plane, columns: Floats, rows: Floats, anywhere: bool = False
) -> tuple[float, float] | None:
    """The median over a lattice of target positions, those outside the source left out."""
    pair = np.array([-0.5, 0.5])
    x, y = placement.points((columns[:, None] + pair).ravel(), (rows[:, None] + pair).ravel())
    across, down = (x - source.x) / source.dx, (y - source.y) / source.dy
    x_steps, y_steps = _cross(across), _cross(down)
    period = x_period(source.crs)
    if period is not None:
        turn = period / abs(source.dx)
        x_steps = np.abs(np.mod(x_steps + turn / 2, turn) - turn / 2)
        across = np.mod(across + EDGE, turn) - EDGE
    here, there = across[::2, ::2], down[::2, ::2]
    usable = np.isfinite(x_steps.sum(axis=0) + y_steps.sum(axis=0))
    if not anywhere:
        with np.errstate(invalid="ignore"):
            usable &= (here >= -EDGE) & (here <= source.width) & (there >= -EDGE) & (there <= source.height)
    if not usable.any():
        return None
    first, second = (float(np.median(np.hypot(*steps)[usable])) for steps in (x_steps, y_steps))
    return first, second


def _cross(positions: Floats) -> Floats:
    """Distances over one target column and one row, shape (2, rows, columns), from a lattice of pairs."""
    corner = positions[::2, ::2]
    return np.abs(np.stack([positions[::2, 1::2] - corner, positions[1::2, ::2] - corner]))
