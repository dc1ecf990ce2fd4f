# SPDX-License-Identifier: MIT
"""Nil values that the catalogue knows and the data does not: cells that hold them are not valid either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoxserver.core.coverage import CellBox, Cells, Source, state_of
from eoxserver.core.fields import Field, NilValue, nil_cells
from eoxserver.core.wrapping import SameGrid

__all__ = ["mask_nil"]


def mask_nil(source: Source, fields: Sequence[Field], known: Sequence[Field] = ()) -> Source:
    """Make cells that hold a nil value of their field invalid.

    Parameters
    ----------
    fields : sequence of Field
        As the coverage is catalogued.
    known : sequence of Field, optional
        As the reader described the data: their nil values are masked by the source itself.

    Returns
    -------
    Source
        The source itself when there is nothing to add.
    """
    own = [one.nil for one in known] + [()] * (len(fields) - len(known))
    extra = tuple(
        tuple(nil for nil in one.nil if all(_interval(nil) != _interval(other) for other in masked))
        for one, masked in zip(fields, own, strict=True)
    )
    return _NilSource(source, extra) if any(extra) else source


def _interval(nil: NilValue) -> tuple[str, str]:
    """What is nil, whatever the reason; as text, in which NaN equals NaN."""
    return repr(float(nil.low)), repr(None if nil.high is None else float(nil.high))


@dataclass(frozen=True, eq=False)
class _NilSource(SameGrid):
    """A source with further nil values, some for each field."""

    nil: tuple[tuple[NilValue, ...], ...]

    def state(self) -> str:
        """That of the source."""
        return state_of(self.source)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Read cells; see ``core.coverage.Source``."""
        cells = self.source.read(box, fields, level)
        valid: npt.NDArray[np.bool_] | None = None
        for place, field in enumerate(fields):
            found = nil_cells(cells.values[place], self.nil[field])
            if found is not None:
                valid = cells.mask().copy() if valid is None else valid
                valid[place] &= ~found
        return cells if valid is None else Cells(cells.values, valid)
