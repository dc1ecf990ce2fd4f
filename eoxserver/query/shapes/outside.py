# SPDX-License-Identifier: MIT
"""Cells that the input does not have: not valid in fields with nil values, 0 and valid in the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.coverage import CellBox, Cells
from eoxserver.core.fields import RangeType

__all__ = ["blank_cells", "blanked", "common_type", "pasted"]


def common_type(range_type: RangeType, fields: Sequence[int]) -> np.dtype[Any]:
    """The type in which some fields are read together."""
    return np.result_type(*(range_type.fields[field].dtype for field in fields))


def _with_nil(range_type: RangeType, fields: Sequence[int], axes: int) -> npt.NDArray[np.bool_]:
    """Which fields have nil values, shape (field, 1, ...)."""
    found = np.array([bool(range_type.fields[field].nil) for field in fields], dtype=bool)
    return found.reshape((-1,) + (1,) * axes)


def blank_cells(shape: Sequence[int], range_type: RangeType, fields: Sequence[int]) -> Cells:
    """Cells all of which are outside, of this shape."""
    nil = _with_nil(range_type, fields, len(shape))
    whole = (len(fields), *shape)
    return Cells(np.zeros(whole, common_type(range_type, fields)), np.broadcast_to(~nil, whole) if nil.any() else None)


def blanked(cells: Cells, inside: npt.NDArray[np.bool_], range_type: RangeType, fields: Sequence[int]) -> Cells:
    """The cells, those that are not ``inside`` (a shape that goes with the axes) being outside."""
    if inside.all():
        return cells
    nil = _with_nil(range_type, fields, cells.values.ndim - 1)
    values, valid = cells.values, cells.valid
    if not nil.all():
        values = values if values.flags.writeable else values.copy()
        np.copyto(values, values.dtype.type(0), where=~inside & ~nil)
        valid = None if valid is None else valid | ~(inside | nil)
    if nil.any():
        here = np.broadcast_to(inside | ~nil, values.shape)
        valid = here if valid is None else valid & here
    return Cells(values, valid)


def pasted(box: CellBox, part: CellBox, cells: Cells, range_type: RangeType, fields: Sequence[int]) -> Cells:
    """The cells of a box, of which only ``part`` is not outside, where it has ``cells``."""
    if part == box:
        return cells
    whole = blank_cells(box.shape, range_type, fields)
    at = (slice(None), *part.shifted([-low for low in box.low]).slices)
    whole.values[at] = cells.values
    if whole.valid is None and cells.valid is None:
        return whole
    valid = np.array(whole.mask())
    valid[at] = cells.mask()
    return Cells(whole.values, valid)
