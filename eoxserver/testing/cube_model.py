# SPDX-License-Identifier: MIT
"""What a cube is, as plainly as can be: arrays that are made anew whenever the cube grows.

A store of cubes is right when it answers what this answers (``cube_contract``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.backends.cubes.base import Along, CubeLayout, Snapshot
from eoxserver.core.coverage import CellBox, Cells
from eoxserver.core.fields import Field

__all__ = ["CubeModel", "assert_same"]


class CubeModel:
    """A cube in memory, at one version."""

    def __init__(self, layout: CubeLayout) -> None:
        self.layout = layout
        self.coordinates: list[npt.NDArray[np.float64]] = [np.empty(0) for _ in layout.labels]
        """Grid indices or coefficients of each axis, in grid order."""
        shape = (0,) * len(layout.labels)
        self.values: list[npt.NDArray[Any]] = [
            np.full(shape, never_written(field), field.dtype) for field in layout.fields
        ]

    def copy(self) -> CubeModel:
        """The same cube, to be changed apart from this one."""
        other = CubeModel(self.layout)
        other.coordinates = list(self.coordinates)
        other.values = [each.copy() for each in self.values]
        return other

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis."""
        return tuple(each.size for each in self.coordinates)

    def grow(self, along: Mapping[str, Along]) -> None:
        """Have cells; those that are new hold what was never written."""
        places, after = [], []
        for label, before in zip(self.layout.labels, self.coordinates, strict=True):
            every = np.union1d(before, np.asarray(along.get(label, ()), dtype=np.float64))
            if label not in self.layout.irregular and every.size:
                every = np.arange(every[0], every[-1] + 1)
            if label in self.layout.descending:
                every = every[::-1]
            after.append(every)
            places.append(np.flatnonzero(np.isin(every, before)))
        for number, field in enumerate(self.layout.fields):
            grown = np.full([each.size for each in after], never_written(field), field.dtype)
            grown[np.ix_(*places)] = self.values[number]
            self.values[number] = grown
        self.coordinates = after

    def write(
        self, along: Mapping[str, Along], cells: Cells, fields: Sequence[int] | None = None, keep: bool = True
    ) -> None:
        """Write cells, growing to have them."""
        self.grow(along)
        index = np.ix_(
            *(
                np.flatnonzero(np.isin(every, np.asarray(along[label], dtype=np.float64)))
                for label, every in zip(self.layout.labels, self.coordinates, strict=True)
            )
        )
        for place, number in enumerate(range(len(self.values)) if fields is None else fields):
            there = self.values[number][index]
            other = there if keep else np.full_like(there, never_written(self.layout.fields[number]))
            valid = cells.mask()[place]
            self.values[number][index] = np.where(valid, cells.values[place].astype(there.dtype), other)


def never_written(field: Field) -> Any:
    """What a cell of a field holds before it is written, for fields of plain nil values."""
    return field.dtype.type(0 if field.nil_value is None else field.nil_value)


def assert_same(snapshot: Snapshot, model: CubeModel, box: CellBox | None = None) -> None:
    """Hold a box of a cube (all of it by default) to the model."""
    assert tuple(axis.label for axis in snapshot.axes) == model.layout.labels
    for axis, coordinates in zip(snapshot.axes, model.coordinates, strict=True):
        found = axis.low + np.arange(axis.size) if axis.coefficients is None else axis.coefficients
        np.testing.assert_array_equal(found, coordinates, err_msg=axis.label)
    source = snapshot.source
    assert source.shape == model.shape
    box = CellBox.whole(model.shape) if box is None else box
    for number, field in enumerate(model.layout.fields):
        cells = source.read(box, (number,))
        wanted = model.values[number][box.slices]
        assert cells.values.dtype == field.dtype
        np.testing.assert_array_equal(cells.values[0], wanted, err_msg=field.name)
        nil = field.is_nil(wanted)
        np.testing.assert_array_equal(cells.mask()[0], np.ones(wanted.shape, dtype=bool) if nil is None else ~nil)
