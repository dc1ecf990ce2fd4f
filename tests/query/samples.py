# SPDX-License-Identifier: MIT
"""Coverages in memory, of one to four dimensions, with and without overviews, and sources that count their reads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.coverage import CellBox, Cells, Coverage, Level, MemorySource, Source
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import NoSuchCoverage
from eoxserver.core.fields import Field, RangeType
from eoxserver.core.rasters import raster_domain

GEO, MERCATOR, UTM, ANSI, HEIGHT, POLAR = (
    parse_crs(name) for name in ("EPSG:4326", "EPSG:3857", "EPSG:32633", "OGC/0/AnsiDate", "EPSG:5773", "EPSG:3995")
)

Array = npt.NDArray[Any]
Bounds = tuple[float, float, float, float]


def numbers(shape: Sequence[int], fields: int = 1, dtype: str = "i4") -> Array:
    """Cell numbers, and 100000 more with each field, shape (fields, *shape)."""
    count = int(np.prod(shape, dtype=int))
    steps = 100_000 * np.arange(fields).reshape((fields,) + (1,) * len(shape))
    return (np.arange(count).reshape(shape) + steps).astype(dtype)


def waves(height: int, width: int, fields: int = 1, dtype: str = "u1") -> Array:
    """A smooth image between 20 and 220, shape (fields, height, width)."""
    y, x = np.mgrid[0:height, 0:width]
    bands = [120 + 60 * np.sin(x / 19 + band) + 40 * np.cos(y / 13 - band) for band in range(fields)]
    return np.stack(bands).astype(dtype)


def covering(
    domain: Domain, values: Array, valid: Array | None = None, identifier: str = "c", source: Source | None = None
) -> Coverage:
    """A coverage of an array, with fields b0, b1, ..."""
    range_type = RangeType(tuple(Field(f"b{n}", values.dtype) for n in range(values.shape[0])))
    return Coverage(identifier, domain, range_type, source or MemorySource(values, valid))


def image(
    values: Array,
    crs: str = "EPSG:4326",
    bounds: Bounds = (10, 40, 20, 50),
    valid: Array | None = None,
    name: str = "c",
) -> Coverage:
    """A georeferenced image."""
    _, height, width = values.shape
    return covering(raster_domain(parse_crs(crs), bounds, width, height), values, valid, name)


def series(size: int = 12) -> Coverage:
    """One dimension: heights."""
    axes: tuple[Axis, ...] = (RegularAxis("H", 5.0, 10.0, size, HEIGHT, "metre", Role.Z),)
    return covering(Domain(axes), numbers((size,), 2), identifier="series")


def cube(valid: bool = False) -> Coverage:
    """Three dimensions, time irregular and last in the grid, first in the CRS."""
    days = np.array([148654.25, 148657.0, 148658.5, 148661.0])
    axes: tuple[Axis, ...] = (
        RegularAxis("N", 5449900.0, -200.0, 9, UTM, "metre", Role.Y),
        RegularAxis("E", 380100.0, 200.0, 7, UTM, "metre", Role.X),
        IrregularAxis("ansi", days, ANSI, "d", Role.T),
    )
    values = numbers((9, 7, 4), 3)
    return covering(Domain(axes, ("ansi", "E", "N")), values, values % 5 != 0 if valid else None, "cube")


def climate(valid: bool = False) -> Coverage:
    """Four dimensions, x before y."""
    axes: tuple[Axis, ...] = (
        RegularAxis("ansi", 148654.0, 1.0, 5, ANSI, "d", Role.T),
        IrregularAxis("H", np.array([1000.0, 850.0, 500.0]), HEIGHT, "metre", Role.Z),
        RegularAxis("Long", -175.0, 10.0, 36, GEO, "degree", Role.X),
        RegularAxis("Lat", 85.0, -10.0, 18, GEO, "degree", Role.Y),
    )
    values = numbers((5, 3, 36, 18), 2)
    return covering(Domain(axes, ("ansi", "H", "Lat", "Long")), values, values % 7 != 0 if valid else None, "climate")


def scan(height: int = 20, width: int = 30) -> Coverage:
    """An image that is not tied to the Earth."""
    axes: tuple[Axis, ...] = (IndexAxis("j", height), IndexAxis("i", width, first=3))
    return covering(Domain(axes, ("i", "j")), numbers((height, width), 1), identifier="scan")


@dataclass(eq=False)
class Recorder:
    """A source that remembers what is read of it, and has overviews by picking every second cell."""

    arrays: list[Array]
    """Full resolution first, shape (field, *axes)."""
    chunk: int = 64
    reads: list[tuple[CellBox, tuple[int, ...], int]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.arrays[0].shape[1:]

    @property
    def chunks(self) -> tuple[int, ...]:
        return tuple(min(self.chunk, size) for size in self.shape)

    @property
    def levels(self) -> tuple[Level, ...]:
        full = self.shape
        return tuple(
            Level(array.shape[1:], tuple(a / b for a, b in zip(full, array.shape[1:], strict=True)))
            for array in self.arrays
        )

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        shape = self.arrays[level].shape[1:]
        assert all(0 <= low <= high <= size for low, high, size in zip(box.low, box.high, shape, strict=True))
        with self.lock:
            self.reads.append((box, tuple(fields), level))
        index: tuple[Any, ...] = (list(fields), *box.slices)
        return Cells(self.arrays[level][index])

    @property
    def cells(self) -> int:
        """Cells read so far, fields not counted."""
        return sum(box.cell_count for box, _, _ in self.reads)


def pyramid(values: Array, levels: int = 4, horizontal: Sequence[int] = (-1, -2)) -> Recorder:
    """A recording source with overviews that average 2 x 2 cells."""
    arrays = [values]
    for _ in range(levels - 1):
        last = arrays[-1].astype(float)
        for axis in horizontal:
            size = last.shape[axis] // 2 * 2
            even = last.take(np.arange(0, size, 2), axis=axis)
            last = (even + last.take(np.arange(1, size, 2), axis=axis)) / 2
        arrays.append((np.floor(last + 0.5) if values.dtype.kind in "iu" else last).astype(values.dtype))
    return Recorder(arrays)


def catalogue(*coverages: Coverage) -> Callable[[str], Coverage]:
    """A lookup by identifier."""
    known = {coverage.identifier: coverage for coverage in coverages}

    def lookup(identifier: str) -> Coverage:
        try:
            return known[identifier]
        except KeyError:
            raise NoSuchCoverage(f"no coverage '{identifier}'", locator=identifier) from None

    return lookup


def read(coverage: Coverage, box: CellBox | None = None, fields: Sequence[int] | None = None) -> Cells:
    """The cells of a coverage, or of a box of it."""
    chosen = range(len(coverage.range_type)) if fields is None else fields
    cells = coverage.source.read(box or CellBox.whole(coverage.domain.shape), tuple(chosen))
    if box is None:
        assert coverage.source.shape == coverage.domain.shape
    assert cells.values.shape == (len(tuple(chosen)), *(box or CellBox.whole(coverage.domain.shape)).shape)
    assert cells.valid is None or cells.valid.shape == cells.values.shape
    return cells


def assert_same(one: Cells, other: Cells) -> None:
    """Both have the same mask, and the same values where they are valid."""
    assert one.values.dtype == other.values.dtype
    np.testing.assert_array_equal(one.mask(), other.mask())
    np.testing.assert_array_equal(np.where(one.mask(), one.values, 0), np.where(other.mask(), other.values, 0))
