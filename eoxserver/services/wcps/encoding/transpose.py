# SPDX-License-Identifier: MIT
"""The key ``transpose`` of ``encode``: two neighbouring axes change places.

Formats of images show the first axis of what results as columns and the second as rows, wherever they lie on the Earth:
the transposition of the parameter replaces the one by which images come out north up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.coverage import CellBox, Cells, Coverage, Level, Source
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidParameterValue
from eoxserver.core.rasters import index_domain

__all__ = ["as_image", "transposed"]


def transposed(coverage: Coverage, first: int) -> Coverage:
    """The coverage with the axes ``first`` and the next one, counted from 0 in grid order, in each other's place.

    Raises
    ------
    InvalidParameterValue
        When there are no two such axes.
    """
    domain = coverage.domain
    if first + 1 >= len(domain.axes):
        raise InvalidParameterValue(
            f"extra parameter transpose=[{first}, {first + 1}]: the result has {len(domain.axes)} axes "
            f"({', '.join(domain.labels) or 'none'}), counted from 0",
            locator="transpose",
        )
    order = list(range(len(domain.axes)))
    order[first], order[first + 1] = order[first + 1], order[first]
    axes = tuple(domain.axes[position] for position in order)
    return replace(
        coverage, domain=Domain(axes, domain.crs_labels), source=_Ordered(coverage.source, tuple(order))
    )  # fmt: skip


def as_image(coverage: Coverage) -> Coverage:
    """A coverage of two axes whose first one gives the columns of images; one with another place loses it."""
    domain = coverage.domain
    if len(domain.axes) != 2 or domain.horizontal == (0, 1):
        return coverage
    columns, rows = domain.shape
    plain = index_domain(columns, rows)
    return replace(
        coverage, domain=Domain(plain.axes[::-1], plain.crs_labels), tie_points=None, footprint=None
    )  # fmt: skip


@dataclass(frozen=True)
class _Ordered:
    """A source whose axes stand in another order."""

    source: Source
    order: tuple[int, ...]
    """Of each axis, its position in the source; only pairs change places, so that it is its own inverse."""

    @property
    def shape(self) -> tuple[int, ...]:
        return self._swapped(self.source.shape)

    @property
    def chunks(self) -> tuple[int, ...]:
        return self._swapped(self.source.chunks)

    @property
    def levels(self) -> tuple[Level, ...]:
        return (Level(self.shape, (1.0,) * len(self.shape)),)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        cells = self.source.read(CellBox(self._swapped(box.low), self._swapped(box.high)), fields)
        return Cells(self._turned(cells.values), None if cells.valid is None else self._turned(cells.valid))

    def _swapped(self, values: Sequence[int]) -> tuple[int, ...]:
        return tuple(values[position] for position in self.order)

    def _turned(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.transpose(values, (0, *(position + 1 for position in self.order)))
