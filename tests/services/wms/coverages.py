# SPDX-License-Identifier: MIT
"""Coverages in memory that the tests of this folder draw.

Most of them are 4 rows and 6 columns of one degree, from 0 to 4 north and 0 to 6 east.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.axes import IrregularAxis, RegularAxis, Role
from eoxserver.core.coverage import CellBox, Cells, Coverage, MemorySource
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import DataUnavailable
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.core.rasters import index_domain, raster_domain

LAT_LONG = parse_crs("EPSG:4326")
ANSI = parse_crs("OGC/0/AnsiDate")
BOX = (0.0, 0.0, 6.0, 4.0)
ROWS, COLUMNS = 4, 6
NUMBERS = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
DAYS = (148654.0, 148655.5, 148657.0)
"""2008-01-01, 2008-01-02T12:00, 2008-01-04."""


def plane(bounds: tuple[float, float, float, float] = BOX, columns: int = COLUMNS, rows: int = ROWS) -> Domain:
    return raster_domain(LAT_LONG, bounds, columns, rows)


def band(name: str, dtype: str = "uint8", interpretation: str = "", nil: float | None = None) -> Field:
    values = () if nil is None else (NilValue(nil),)
    return Field(name, np.dtype(dtype), nil=values, interpretation=interpretation)


def coverage(
    identifier: str,
    fields: Sequence[Field],
    values: npt.NDArray[Any],
    domain: Domain | None = None,
    begin: datetime | None = None,
    end: datetime | None = None,
) -> Coverage:
    """Answer a coverage; nil cells are masked as a reader would."""
    typed = values.astype(np.result_type(*(field.dtype for field in fields)))
    masks = [field.is_nil(plane) for field, plane in zip(fields, typed, strict=True)]
    valid = None
    if any(mask is not None for mask in masks):
        valid = np.stack([np.ones(typed.shape[1:], bool) if mask is None else ~mask for mask in masks])
    return Coverage(
        identifier, domain or plane(), RangeType(tuple(fields)), MemorySource(typed, valid),
        title=f"Title of {identifier} <&>", abstract=f"About {identifier}", begin_time=begin, end_time=end,
    )  # fmt: skip


def grey() -> Coverage:
    """Answer cells that hold ten times their number, from 0 to 230."""
    return coverage("grey", [band("v", interpretation="gray")], 10 * NUMBERS[np.newaxis])


def rgb() -> Coverage:
    """Answer three fields: number, 100, 255 - number."""
    values = np.stack([NUMBERS, np.full_like(NUMBERS, 100), 255 - NUMBERS])
    return coverage("rgb", [band(name, interpretation=name) for name in ("red", "green", "blue")], values)


def moisture() -> Coverage:
    """Answer a float grid with nil -1 in its first column and 0.0 .. in the others."""
    values = NUMBERS / 2.0
    values[:, 0] = -1
    return coverage("moisture", [band("sm", "float32", "gray", nil=-1)], values[np.newaxis])


def classes() -> Coverage:
    """Answer a field with a palette: 0 see-through, 1 red, 2 blue."""
    palette = ((0, 0, 0, 0), (255, 0, 0, 255), (0, 0, 255, 255))
    field = Field("class", np.dtype("uint8"), interpretation="palette", palette=palette)
    return coverage("classes", [field], (NUMBERS % 3)[np.newaxis])


def stack() -> Coverage:
    """Answer three days of 4 x 6 cells; each cell holds 100 x (day + 1) / 2 and is nil where its column is the day."""
    days = IrregularAxis("ansi", np.array(DAYS), crs=ANSI, unit="d", role=Role.T)
    values = np.stack([np.full((ROWS, COLUMNS), 50 * (day + 1)) for day in range(3)])
    for day in range(3):
        values[day, :, day] = 0
    flat = plane()
    domain = Domain((days, *flat.axes), ("ansi", *flat.crs_labels))
    return coverage("stack", [band("v", nil=0)], values[np.newaxis], domain)


def cube() -> Coverage:
    """Answer four axes: pressure (3), height (2), x before y; each cell holds 10 x pressure number + height number."""
    pressure = IrregularAxis("pressure", np.array([1000.0, 850.0, 500.0]), unit="hPa")
    height = RegularAxis("h", 10.0, 10.0, 2, crs=parse_crs("EPSG:5714"), unit="metre", role=Role.Z)
    flat = plane()
    domain = Domain((pressure, height, flat.axes[1], flat.axes[0]), ("Lat", "Long", "h", "pressure"))
    values = np.empty((3, 2, COLUMNS, ROWS))
    for level in range(3):
        for step in range(2):
            values[level, step] = 10 * (level + 1) + step
    values[..., 0, 0] += 100  # west, north
    return coverage("cube", [band("v", nil=255)], values[np.newaxis], domain)


def pixels() -> Coverage:
    """Answer a grid that is not tied to the Earth."""
    return coverage("pixels", [band("v")], NUMBERS[np.newaxis], index_domain(COLUMNS, ROWS))


def projected() -> Coverage:
    """Answer a grid in UTM 33N, near 15 east and 45 north."""
    domain = raster_domain(parse_crs("EPSG:32633"), (500_000, 4_980_000, 506_000, 4_984_000), COLUMNS, ROWS)
    return coverage("projected", [band("v")], 10 * NUMBERS[np.newaxis], domain)


def dateline() -> Coverage:
    """Answer a grid from 177 east to 177 west."""
    return coverage("dateline", [band("v", nil=255)], 10 * NUMBERS[np.newaxis], plane((177, 0, 183, 4)))


def scene(identifier: str, value: int, day: int, west: float = 0.0) -> Coverage:
    """Answer a scene of one value with a black (zero) first column, taken on a day of August 2006."""
    values = np.full((3, ROWS, COLUMNS), value)
    values[:, :, 0] = 0
    begin, end = datetime(2006, 8, day, 9, 0, tzinfo=UTC), datetime(2006, 8, day, 9, 5, tzinfo=UTC)
    fields = [band(name, interpretation=name) for name in ("red", "green", "blue")]
    return coverage(identifier, fields, values, plane((west, 0, west + 6, 4)), begin, end)


class BrokenSource(MemorySource):
    """Data that is not there."""

    @property
    def chunks(self) -> tuple[int, ...]:
        raise DataUnavailable("file broken.tif is missing", locator="broken.tif")

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        raise DataUnavailable("file broken.tif is missing", locator="broken.tif")


def broken(identifier: str = "broken", day: int = 30) -> Coverage:
    """Answer a coverage whose file is gone."""
    begin = datetime(2006, 8, day, tzinfo=UTC)
    source = BrokenSource(np.zeros((1, ROWS, COLUMNS), np.uint8))
    return Coverage(identifier, plane(), RangeType((band("v"),)), source, begin_time=begin, end_time=begin)


def all_coverages() -> list[Coverage]:
    return [
        grey(), rgb(), moisture(), classes(), stack(), cube(), pixels(), projected(), dateline(), broken(),
        scene("old", 50, 16), scene("middle", 100, 22, west=2), scene("new", 150, 30, west=4),
    ]  # fmt: skip
