# SPDX-License-Identifier: MIT
"""The coverages of the WCPS specification (section 8), in memory, with cells that can be told by their place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from eoxserver.core.axes import IrregularAxis, RegularAxis, Role
from eoxserver.core.coverage import Coverage, MemorySource
from eoxserver.core.crs import Crs, parse_crs, to_number
from eoxserver.core.domain import Domain
from eoxserver.core.errors import NoSuchCoverage, suggest
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.core.util.timetools import parse_iso8601

__all__ = ["airtemp", "catalogue", "eobs", "irr", "mr", "rgb", "samples"]

DAYS = ("2008-01-01T02:01:20", "2008-01-03T23:59:55", "2008-01-05T01:58:30", "2008-01-08T00:02:58")
"""Instants of ``irr``."""


def mr() -> Coverage:
    """256 x 211 cells of an image: ``(i + 2 * j) % 256``."""
    i, j = np.mgrid[0:256, 0:211]
    return Coverage("mr", _image(256, 211), _fields("value"), MemorySource(((i + 2 * j) % 256).astype("u1")[None]))


def rgb() -> Coverage:
    """400 x 344 cells of an image: ``i % 256``, ``j % 256``, ``(i + j) % 256``."""
    i, j = np.mgrid[0:400, 0:344]
    values = np.stack([i, j, i + j]) % 256
    return Coverage("rgb", _image(400, 344), _fields("red", "green", "blue"), MemorySource(values.astype("u1")))


def airtemp() -> Coverage:
    """886 longitudes x 711 latitudes: ``(3 * column + row) % 200``."""
    crs = parse_crs("EPSG:4326")
    axes = (
        RegularAxis("Long", 112.0, 0.05, 886, crs, "degree", Role.X),
        RegularAxis("Lat", -9.0, -0.05, 711, crs, "degree", Role.Y),
    )
    column, row = np.mgrid[0:886, 0:711]
    values = ((3 * column + row) % 200).astype("u1")[None]
    return Coverage("airtemp", Domain(axes, ("Lat", "Long")), _fields("value"), MemorySource(values))


def eobs() -> Coverage:
    """6 days x 30 latitudes x 40 longitudes: ``100 * t + row - column``, nil where row + column is 5."""
    time, crs = parse_crs('OGC/0/AnsiDate?axis-label="t"'), parse_crs("EPSG:4326")
    axes = (
        RegularAxis("t", _day(time, "1950-01-01"), 1.0, 6, time, "d", Role.T),
        RegularAxis("Lat", 39.75, -0.5, 30, crs, "degree", Role.Y),
        RegularAxis("Long", 40.25, 0.5, 40, crs, "degree", Role.X),
    )
    t, row, column = np.mgrid[0:6, 0:30, 0:40]
    nil = row + column == 5
    values = np.where(nil, -9999, 100 * t + row - column).astype("i2")[None]
    range_type = RangeType((Field("tg", np.dtype("i2"), "0.01Cel", (NilValue(-9999),)),))
    return Coverage("eobs", Domain(axes), range_type, MemorySource(values, ~nil[None]))


def irr() -> Coverage:
    """4 instants x 63 eastings x 36 northings: ``1000 * t + 36 * E + N`` and the negative of it."""
    time, crs = parse_crs("OGC/0/AnsiDate"), parse_crs("EPSG:32633")
    axes = (
        IrregularAxis("ansi", np.array([_day(time, day) for day in DAYS]), time, "d", Role.T),
        RegularAxis("E", 85_000.0, 10_000.0, 63, crs, "metre", Role.X),
        RegularAxis("N", 5_345_000.0, -10_000.0, 36, crs, "metre", Role.Y),
    )
    t, east, north = np.mgrid[0:4, 0:63, 0:36]
    values = (1000 * t + 36 * east + north).astype("f4")
    range_type = RangeType((Field("b1", np.dtype("f4")), Field("b2", np.dtype("f4"))))
    return Coverage("irr", Domain(axes), range_type, MemorySource(np.stack([values, -values])))


def samples() -> tuple[Coverage, ...]:
    """All of them."""
    return (mr(), rgb(), airtemp(), eobs(), irr())


def catalogue(*coverages: Coverage) -> Callable[[str], Coverage]:
    """A look-up of some coverages, or of all samples."""
    known = {coverage.identifier: coverage for coverage in coverages or samples()}

    def lookup(identifier: str) -> Coverage:
        if identifier not in known:
            raise NoSuchCoverage(f"no coverage '{identifier}'; {suggest(identifier, known)}", locator=identifier)
        return known[identifier]

    return lookup


def _image(width: int, height: int) -> Domain:
    """Columns and rows of an image without place on the Earth, cells one index wide (section 8)."""
    crs = parse_crs("OGC/0/Index2D")
    return Domain(
        (
            RegularAxis("i", 0.5, 1.0, width, crs, "GridSpacing"),
            RegularAxis("j", 0.5, 1.0, height, crs, "GridSpacing"),
        )
    )


def _fields(*names: str) -> RangeType:
    return RangeType(tuple(Field(name, np.dtype("u1")) for name in names))


def _day(crs: Crs, text: str) -> float:
    return to_number(crs, parse_iso8601(text))
