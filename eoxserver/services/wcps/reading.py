# SPDX-License-Identifier: MIT
"""Cells of results. What is found wrong only while they are read shows its place in the query, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from eoxserver.core.coverage import CellBox, Cells, Coverage
from eoxserver.core.wrapping import SameGrid
from eoxserver.services.wcps.compile import Compilation

__all__ = ["showing_places"]


def showing_places(coverage: Coverage, plan: Compilation) -> Coverage:
    """A result; the messages of errors that come while its cells are read show the places that are known of them."""
    return replace(coverage, source=_Showing(coverage.source, plan))


@dataclass(frozen=True, eq=False)
class _Showing(SameGrid):
    plan: Compilation

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Read cells."""
        with self.plan.showing_places():
            return self.source.read(box, fields, level)
