# SPDX-License-Identifier: MIT
"""Sources whose grid is that of another one."""

from __future__ import annotations

from dataclasses import dataclass

from eoxserver.core.coverage import Level, Source

__all__ = ["SameGrid"]


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
