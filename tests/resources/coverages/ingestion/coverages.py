# SPDX-License-Identifier: MIT
"""Coverages of few cells, to be inserted and to grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.backends.access import Access
from eoxserver.backends.cubes import storage
from eoxserver.backends.drivers import raster_drivers
from eoxserver.conf.formats import load_formats
from eoxserver.conf.schema import Cubes, Settings
from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.coverage import CellBox, Coverage, MemorySource
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.plugins import Plugins
from eoxserver.resources.coverages.catalogue import Catalogue
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.resources.coverages.ingestion.ingestion import Ingestion

__all__ = [
    "ANSI",
    "NIL",
    "WGS84",
    "Place",
    "coverage",
    "index",
    "lat",
    "long",
    "read",
    "regular_days",
    "slice_of",
    "times",
]

ANSI = parse_crs("OGC/0/AnsiDate")
WGS84 = parse_crs("EPSG:4326")
NIL = -1
"""Nil value of the field."""


def times(*coefficients: float) -> IrregularAxis:
    """An irregular axis of time [d]."""
    return IrregularAxis("ansi", np.array(coefficients, dtype=np.float64), ANSI, "d", Role.T)


def regular_days(first: float, size: int, step: float = 1.0) -> RegularAxis:
    """A regular axis of time [d]."""
    return RegularAxis("ansi", first, step, size, ANSI, "d", Role.T)


def lat(north: float, size: int, step: float = -1.0) -> RegularAxis:
    """Rows from the northern edge on [degrees]."""
    return RegularAxis("Lat", north + step / 2, step, size, WGS84, "degree", Role.Y)


def long(west: float, size: int, step: float = 1.0) -> RegularAxis:
    """Columns from the western edge on [degrees]."""
    return RegularAxis("Long", west + step / 2, step, size, WGS84, "degree", Role.X)


def index(label: str, first: int, size: int) -> IndexAxis:
    """An index axis."""
    return IndexAxis(label, size, first, parse_crs("OGC/0/Index1D"))


def coverage(identifier: str, axes: Sequence[Axis], values: Any = None, dtype: str = "int16", **given: Any) -> Coverage:
    """A coverage of one field; without values its cells count from 1."""
    shape = tuple(axis.size for axis in axes)
    cells = np.arange(1, 1 + int(np.prod(shape))).reshape(shape) if values is None else np.broadcast_to(values, shape)
    field = Field("v", np.dtype(dtype), nil=() if np.dtype(dtype).kind in "ub" else (NilValue(NIL),))
    given = {"range_type": RangeType((field,)), **given}
    return Coverage(identifier, Domain(tuple(axes)), source=MemorySource(cells.astype(dtype)[np.newaxis]), **given)


def slice_of(day: float, value: Any, north: float = 10.0, size: int = 4, **given: Any) -> Coverage:
    """One slice of 4 x 4 cells (by default) at a day."""
    return coverage("part", (times(day), lat(north, size), long(0, size)), value, **given)


class Place:
    """A catalogue with a store of cubes in a folder."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = replace(settings, instance=folder, cubes=Cubes("cubes"))
        plugins = Plugins.from_modules([storage])
        self.access = Access(plugins, self.settings)
        self.ingestion = Ingestion(self.access, self.settings)
        formats = FormatRegistry(self.settings, load_formats(), raster_drivers())
        self.catalogue = Catalogue(self.settings, {}, self.access, formats)

    def cells(self, identifier: str) -> npt.NDArray[Any]:
        """All cells of the only field, as the catalogue serves them; nil ones hold ``NIL``."""
        return read(self.catalogue.coverage(identifier))

    def cubes(self) -> list[str]:
        """Names of the cubes in the store."""
        return [row.cube for row in self.ingestion.cubes()]


def read(found: Coverage) -> npt.NDArray[Any]:
    """All cells of the first field; nil ones hold ``NIL``."""
    cells = found.source.read(CellBox.whole(found.source.shape), [0])
    return np.where(cells.mask()[0], cells.values[0], NIL)
