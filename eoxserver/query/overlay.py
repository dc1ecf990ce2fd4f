# SPDX-License-Identifier: MIT
"""Coverages of one grid painted over each other, as a lazy source.

A cell comes from the last input in which any of its fields is valid, with all its fields as they are there: an image
whose nil value occurs in one band of a valid cell is not mixed with the image below. Inputs are read from the last to
the first, and no further than cells are still missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.coverage import CellBox, Cells, Level, Source
from eoxserver.core.fields import RangeType
from eoxserver.query.sampling import nothing
from eoxserver.query.windows import Need

__all__ = ["OverlayView"]


@dataclass(frozen=True, slots=True, eq=False)
class OverlayView:
    """Sources of one shape and one number of fields, the last on top."""

    inputs: tuple[Source, ...]
    """At least one."""
    range_type: RangeType

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis."""
        return self.inputs[0].shape

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the input on top."""
        return self.inputs[-1].chunks

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution only."""
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def needs(self, box: CellBox, fields: Sequence[int]) -> Iterator[Need]:
        """What reading a box reads at most: the box of every input, all fields."""
        for source in self.inputs:
            yield Need(source, 0, box, tuple(range(len(self.range_type))))

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Compute the cells of a box."""
        everything, wanted = tuple(range(len(self.range_type))), list(fields)
        dtype = np.result_type(*(self.range_type.fields[field].dtype for field in fields))
        result: Cells | None = None
        missing: npt.NDArray[np.bool_] | None = None
        for source in reversed(self.inputs):
            cells = source.read(box, everything)
            here = np.asarray(cells.mask().any(axis=0))
            if result is None or missing is None:
                if cells.valid is None:
                    return Cells(_chosen(cells.values, wanted).astype(dtype, copy=False))
                if here.any():
                    values = _chosen(cells.values, wanted).astype(dtype)
                    result, missing = Cells(values, np.array(_chosen(cells.valid, wanted))), ~here
            else:
                _fill(result, missing & here, cells, wanted)
                missing = missing & ~here
            if missing is not None and not missing.any():
                break
        if result is None:
            return nothing((len(wanted), *box.shape), dtype)
        return Cells(result.values, None if result.mask().all() else result.valid)


def _chosen(values: npt.NDArray[Any], fields: list[int]) -> npt.NDArray[Any]:
    return values if fields == list(range(values.shape[0])) else values[fields]


def _fill(result: Cells, where: npt.NDArray[np.bool_], cells: Cells, fields: list[int]) -> None:
    """Copy cells that are still missing."""
    assert result.valid is not None
    for target, field in enumerate(fields):
        np.copyto(result.values[target], cells.values[field], where=where, casting="same_kind")
        if cells.valid is None:
            result.valid[target] |= where
        else:
            np.copyto(result.valid[target], cells.valid[field], where=where)
