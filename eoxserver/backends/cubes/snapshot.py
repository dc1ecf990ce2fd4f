# SPDX-License-Identifier: MIT
"""One version of a cube, and its cells as a source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorstore as ts

from eoxserver.backends.cubes.base import CubeAxis, CubeLayout, Overview
from eoxserver.backends.cubes.database import FAILURES, Database, cell_arrays, failing_as_unavailable
from eoxserver.backends.cubes.manifest import Manifest, OverviewState
from eoxserver.backends.cubes.slots import Coefficients, Index, as_index, indexed
from eoxserver.core.coverage import CellBox, Cells, Level
from eoxserver.core.errors import DataUnavailable

__all__ = ["OcdbtSnapshot", "OcdbtSource"]


@dataclass(frozen=True, eq=False)
class OcdbtSnapshot:
    """A cube as it was at one version. Safe in threads; nothing is opened before it is needed."""

    name: str
    database: Database
    manifest: Manifest
    coefficients: Coefficients
    condition: bytes = b""
    """State of the manifest, for the condition of an update."""
    moved: Callable[[], OcdbtSnapshot | None] = lambda: None
    """Answers the same version in another database, when there is one by now."""

    @property
    def version(self) -> int:
        """Number of the version."""
        return self.manifest.number

    @property
    def layout(self) -> CubeLayout:
        """What is fixed, with the chunks that were chosen."""
        return self.manifest.layout

    @property
    def overviews(self) -> tuple[Overview, ...]:
        """From the finest to the coarsest."""
        return tuple(each.overview for each in self.manifest.overviews)

    @property
    def state(self) -> str:
        """The text that the update which made this version left."""
        return self.manifest.state

    @cached_property
    def axes(self) -> tuple[CubeAxis, ...]:
        """In grid order."""
        return tuple(
            CubeAxis(axis.label, axis.low, axis.size, self._in_grid_order(position) if axis.irregular else None)
            for position, axis in enumerate(self.manifest.axes)
        )

    @cached_property
    def source(self) -> OcdbtSource:
        """The cells, counted from 0 along each axis, with overviews as levels."""
        return OcdbtSource(self)

    def by_slot(self, position: int) -> npt.NDArray[np.float64]:
        """Coefficients of an irregular axis in the order of their slots; raises DataUnavailable."""
        with failing_as_unavailable(self.name):
            return self.coefficients.by_slot(self.database, self.manifest.generation, self.manifest.axes, position)

    def _in_grid_order(self, position: int) -> npt.NDArray[np.float64]:
        order = self.order[position]
        values = self.by_slot(position)
        return values if order is None else values[order]

    @cached_property
    def order(self) -> tuple[npt.NDArray[np.int64] | None, ...]:
        """Of each axis the slots of its cells in grid order; None where they follow each other."""
        return tuple(
            np.argsort(self.by_slot(position) * (-1 if axis.descending else 1))
            if axis.irregular and not axis.ordered
            else None
            for position, axis in enumerate(self.manifest.axes)
        )

    def slots(self, position: int, low: int, high: int) -> Index:
        """The slots of the cells of an axis from ``low`` up to, without, ``high``, counted from 0."""
        axis, order = self.manifest.axes[position], self.order[position]
        if order is not None:
            return as_index(order[low:high])
        first = axis.origin + axis.low
        return slice(first + low, first + high)


@dataclass(frozen=True, slots=True)
class _Resolution:
    """What a level of a source is."""

    level: Level
    folder: str
    overview: OverviewState | None = None


class _Arrays:
    """The arrays of a snapshot, opened when they are first read."""

    def __init__(self, snapshot: OcdbtSnapshot) -> None:
        self.snapshot = snapshot
        self._opened: dict[tuple[str, int], ts.TensorStore] = {}

    def read(self, box: CellBox, into: Mapping[int, npt.NDArray[Any]], resolution: _Resolution) -> None:
        """Read cells into an array for each field, straight from the chunks."""
        index = [self._index(position, box, resolution) for position in range(len(box.low))]
        context = self.snapshot.database.context
        reads = []
        for field, cells in into.items():
            stored = indexed(self._array(resolution.folder, field), index)
            target = ts.array(cells, context=context, copy=False, write=True)
            reads.append(target[ts.d[:].translate_to[stored.domain.origin]].write(stored).commit)
        for failure in [read.exception() for read in reads]:  # all are over before it is told, and arrays are used
            if failure is not None:
                raise failure

    def _index(self, position: int, box: CellBox, resolution: _Resolution) -> Index:
        low, high = box.low[position], box.high[position]
        overview = resolution.overview
        if overview is None or overview.overview.factors[position] == 1:
            return self.snapshot.slots(position, low, high)
        axis = self.snapshot.manifest.axes[position]
        first = axis.origin + overview.cells(position, axis.low, axis.high)[0]
        return slice(first + low, first + high)

    def _array(self, folder: str, field: int) -> ts.TensorStore:
        array = self._opened.get((folder, field))
        if array is None:
            manifest = self.snapshot.manifest
            key, metadata = cell_arrays(manifest.fields, manifest.axes, folder)[field]
            array = self.snapshot.database.array(key, metadata, generation=manifest.generation)
            self._opened[folder, field] = array
        return array


class OcdbtSource:
    """The cells of one version of a cube, for ever the same. Safe in threads."""

    def __init__(self, snapshot: OcdbtSnapshot) -> None:
        self._manifest = snapshot.manifest
        self._name = snapshot.name
        self._arrays = _Arrays(snapshot)

    def __repr__(self) -> str:
        return f"<OcdbtSource {self._name} version {self._manifest.number}>"

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis."""
        return tuple(axis.size for axis in self._manifest.axes)

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the arrays."""
        return tuple(min(axis.chunk, axis.size) for axis in self._manifest.axes)

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution, and the overviews."""
        return tuple(each.level for each in self._resolutions)

    @cached_property
    def _resolutions(self) -> tuple[_Resolution, ...]:
        axes = self._manifest.axes
        found = [_Resolution(Level(self.shape, (1.0,) * len(axes)), "")]
        for each in self._manifest.overviews:
            ends = [each.cells(position, axis.low, axis.high) for position, axis in enumerate(axes)]
            factors = each.overview.factors
            before = tuple((axis.low - phase) % f for axis, phase, f in zip(axes, each.phase, factors, strict=True))
            level = Level(tuple(high - low for low, high in ends), tuple(map(float, factors)), before)
            found.append(_Resolution(level, f"{each.key}/", each))
        return tuple(found)

    def state(self) -> str:
        """Always the same: what was read of a version holds for ever."""
        return f"{self._name}:{self._manifest.number}"

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """Read cells; see ``core.coverage.Source``."""
        known = self._manifest.fields
        shape = self._resolutions[level].level.shape
        if any(low < 0 or high > size for low, high, size in zip(box.low, box.high, shape, strict=True)):
            raise DataUnavailable(
                f"cube {self._name}: cells {box.low} to {box.high} of level {level} are beyond {shape}",
                locator=self._name,
            )
        values = np.empty((len(fields), *box.shape), np.result_type(*(known[field].dtype for field in fields)))
        invalid: npt.NDArray[np.bool_] | None = None
        if not values.size:
            return Cells(values)
        targets = [values[place, ...] for place in range(len(fields))]
        into: dict[int, npt.NDArray[Any]] = {}
        for field, target in zip(fields, targets, strict=True):
            own = known[field].dtype
            into.setdefault(field, target if own == values.dtype else np.empty(box.shape, own))
        self._stored(box, into, self._resolutions[level])
        for place, (field, target) in enumerate(zip(fields, targets, strict=True)):
            if into[field] is not target:
                target[...] = into[field]
            nil = known[field].is_nil(into[field])
            if nil is not None:
                invalid = np.zeros(values.shape, dtype=bool) if invalid is None else invalid
                invalid[place] = nil
        return Cells(values, None if invalid is None else ~invalid)

    def _stored(self, box: CellBox, into: Mapping[int, npt.NDArray[Any]], resolution: _Resolution) -> None:
        """Read the cells of each field; those of another database when this one is gone."""
        arrays = self._arrays
        try:
            arrays.read(box, into, resolution)
        except (*FAILURES, DataUnavailable):
            moved = arrays.snapshot.moved()
            if moved is not None:
                self._arrays = arrays = _Arrays(moved)
            with failing_as_unavailable(self._name):
                arrays.read(box, into, resolution)
