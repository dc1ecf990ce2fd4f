# SPDX-License-Identifier: MIT
"""Sources whose grid is that of another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eoxserver.core.coverage import CellBox, Cells, Level, Source

__all__ = ["ChosenFields", "SameGrid"]


@dataclass(frozen=True, eq=False)
class SameGrid:
    """Base of sources that make other cells, or other fields, of the cells of one; they add ``read``."""

    source: Source

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the other one."""
        return self.source.shape

    @property
    def chunks(self) -> tuple[int, ...]:
        """Of the other one."""
        return self.source.chunks

    @property
    def levels(self) -> tuple[Level, ...]:
        """Of the other one."""
        return self.source.levels


@dataclass(frozen=True, eq=False)
class ChosenFields(SameGrid):
    """Some fields of a source, in an order of their own."""

    fields: tuple[int, ...]
    """For each field that of the source."""

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Read cells of fields by their numbers among these."""
        return self.source.read(box, [self.fields[field] for field in fields], level)
