# SPDX-License-Identifier: MIT
"""Nil cells as WCPS delivers them: as the nil value of their field, or 0 where there is none.

``encode`` takes nil cells for plain values. Those of a field that has a nil value stay marked, so that the format can
say which value it is; those of a field without one become 0, as any other 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from eoxserver.core.coverage import CellBox, Cells, Coverage
from eoxserver.core.fields import Field
from eoxserver.core.wrapping import SameGrid

__all__ = ["plain", "plain_cells"]


def plain(coverage: Coverage) -> Coverage:
    """The coverage without nil cells in fields that have no nil value."""
    fields = coverage.range_type.fields
    if all(field.nil_value is not None for field in fields):
        return coverage
    return replace(coverage, source=_Plain(coverage.source, fields))


def plain_cells(cells: Cells, fields: Sequence[Field]) -> Cells:
    """Cells of which those that are not valid, in fields without nil value, are 0 and valid."""
    if cells.valid is None or bool(cells.valid.all()):
        return Cells(cells.values)
    values, valid = cells.values, cells.valid
    for number, field in enumerate(fields):
        if field.nil_value is None and not bool(valid[number].all()):
            if values is cells.values:
                values, valid = values.copy(), valid.copy()
            values[number, ...][~valid[number]] = 0
            valid[number] = True
    return Cells(values, None if bool(valid.all()) else valid)


@dataclass(frozen=True, eq=False)
class _Plain(SameGrid):
    fields: tuple[Field, ...]

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        return plain_cells(self.source.read(box, fields, level), [self.fields[number] for number in fields])
