# SPDX-License-Identifier: MIT
"""Computed cells folded piece by piece, each while it is in the processor's cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeGuard

import numpy as np

from eoxserver.core.coverage import CellBox, Cells
from eoxserver.query.iterate.folds import Fold, Mask, State
from eoxserver.query.iterate.lifted import Aligned
from eoxserver.query.pieces import Pieces, Piecewise

__all__ = ["folded", "parted", "pieces_of"]


def pieces_of(using: Aligned, box: CellBox, kept: Sequence[int], counted: Mask) -> Pieces | None:
    """The cells of a box of a grid, in pieces along axes of the grid; None when they cannot be had so.

    Parameters
    ----------
    kept : sequence of int
        Axes of the grid that remain; they do not go together with others.
    counted : ndarray or None
        Which places count, shape (field or 1, *box), one wide along axes that do not matter.
    """
    source, places = using.step.source, using.places
    if not _is_piecewise(source):
        return None
    if any(size > 1 and axis not in places for axis, size in enumerate(box.shape)):
        return None  # the same cells count several times
    apart = [frozenset(own for own, axis in enumerate(places) if axis in kept)]
    if counted is not None:
        apart.append(frozenset(own for own, axis in enumerate(places) if counted.shape[1 + axis] > 1))
    order = sorted(range(len(places)), key=places.__getitem__)
    pieces = source.pieces(using.box(box), tuple(range(len(using.step.range_type))), order, apart)
    if pieces is None:
        return None
    return replace(pieces, axes=tuple(tuple(places[own] for own in each) for each in pieces.axes))


def _is_piecewise(source: object) -> TypeGuard[Piecewise]:
    """Whether cells can be had in pieces; unlike ``isinstance``, this takes no time."""
    return hasattr(type(source), "pieces")


def parted(cells: Cells, count: int) -> tuple[Cells, Mask]:
    """So many fields, and where they count: where the field after them is true, and not null."""
    places = cells.values[count:] != 0
    if cells.valid is None:
        return Cells(cells.values[:count]), places
    return Cells(cells.values[:count], cells.valid[:count]), places & cells.valid[count:]


def folded(
    fold: Fold, pieces: Pieces, counted: Mask, box: CellBox, kept: Sequence[int], count: int | None = None
) -> State:
    """What there is to know of a box, of which no piece depends on the order of others.

    Parameters
    ----------
    count : int, optional
        Fields that are folded, where a further one tells where they count.
    """
    remaining = [number for number, axes in enumerate(pieces.axes) if not set(axes).isdisjoint(kept)]
    gone = tuple(1 + number for number in range(len(pieces.axes)) if number not in remaining)
    if counted is not None:
        wide = [any(counted.shape[1 + axis] > 1 for axis in axes) for axes in pieces.axes]
        ends = zip(pieces.shape, wide, strict=True)
        counted = counted.reshape((counted.shape[0], *(size if varies else 1 for size, varies in ends)))
    found: dict[tuple[int, ...], tuple[tuple[slice, ...], State]] = {}
    with np.errstate(all="ignore"):  # IEEE: infinite, or NaN
        for index, made in pieces.parts:
            where = None if counted is None else counted[_part(counted.shape, index)]
            cells, where = (made, where) if count is None else parted(made, count)
            state = fold.state(cells.values, cells.valid, where, gone)
            here = tuple([index[number] for number in remaining])
            key = tuple([part.start for part in here])
            before = found.get(key)
            found[key] = here, state if before is None else fold.merged(before[1], state)
    return _joined(list(found.values()), [pieces.shape[number] for number in remaining], [box.shape[a] for a in kept])


def _part(shape: Sequence[int], index: Sequence[slice]) -> tuple[slice, ...]:
    """What belongs to a piece of an array of fields that may be one cell wide along any axis."""
    ends = zip(shape[1:], index, strict=True)
    return (np.s_[:], *(np.s_[:] if size == 1 else part for size, part in ends))


def _joined(found: Sequence[tuple[tuple[slice, ...], State]], shape: Sequence[int], axes: Sequence[int]) -> State:
    """The states of parts of a box as one, of the box.

    Parameters
    ----------
    shape : sequence of int
        Cells along each axis of the pieces that remains.
    axes : sequence of int
        Along each axis of the grid that remains.
    """
    states = [state for _, state in found]
    if len(states) == 1:
        return tuple(each.reshape(each.shape[0], *axes) for each in states[0])
    result = tuple(np.empty((each.shape[0], *shape), each.dtype) for each in states[0])
    for here, state in found:
        for whole, part in zip(result, state, strict=True):
            whole[(slice(None), *here)] = part
    return tuple(each.reshape(each.shape[0], *axes) for each in result)
