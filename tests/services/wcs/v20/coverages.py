# SPDX-License-Identifier: MIT
"""Coverages in memory, from none to four axes, that the tests of this folder serve."""

from __future__ import annotations

import numpy as np

from eoxserver.core.axes import IrregularAxis, RegularAxis, Role
from eoxserver.core.coverage import Coverage, MemorySource
from eoxserver.core.crs import Crs, parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.core.rasters import index_domain, raster_domain

__all__ = ["airtemp", "all_coverages", "eobs", "four", "irr", "line", "nothing", "pixels", "raster", "rgb"]

ANSI = parse_crs("http://www.opengis.net/def/crs/OGC/0/AnsiDate")
LAT_LONG = parse_crs("EPSG:4326")


def make(identifier: str, domain: Domain, *fields: Field, native_format: str = "image/tiff") -> Coverage:
    """Answer a coverage whose cells hold their own number, field by field."""
    shape = (len(fields), *domain.shape)
    range_type = RangeType(fields)
    values = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(range_type.dtype)
    return Coverage(identifier, domain, range_type, MemorySource(values), native_format=native_format)


def band(name: str, dtype: str, nil: float | None = None) -> Field:
    return Field(name, np.dtype(dtype), nil=() if nil is None else (NilValue(float(nil)),))


def time_axis(*days: float) -> IrregularAxis:
    return IrregularAxis("ansi", np.array(days), crs=ANSI, unit="d", role=Role.T)


def airtemp() -> Coverage:
    """Answer the grid of the well-known summer temperatures: 711 rows, 886 columns."""
    domain = raster_domain(LAT_LONG, (111.975, -44.525, 156.275, -8.975), 886, 711)
    return make("airtemp", domain, band("tmp", "int32", -9999))


def rgb() -> Coverage:
    """Answer 4 rows and 6 columns of three bands."""
    fields = [band(name, "uint8", 0) for name in ("red", "green", "blue")]
    return make("rgb", raster_domain(LAT_LONG, (10, 40, 13, 42), 6, 4), *fields)


def raster(crs: Crs) -> Coverage:
    """Answer 3 rows and 5 columns in a projected CRS."""
    domain = raster_domain(crs, (4_000_000, 2_500_000, 4_000_500, 2_500_300), 5, 3)
    return make(f"raster_{crs.epsg}", domain, band("v", "float32", -1))


def eobs() -> Coverage:
    """Answer six days, regular, on 30 rows and 40 columns."""
    days = RegularAxis("t", 127470, 1, 6, crs=parse_crs(f'{ANSI.uri}?axis-label="t"'), unit="d", role=Role.T)
    plane = raster_domain(LAT_LONG, (40, 25, 60, 40), 40, 30)
    domain = Domain((days, *plane.axes), ("t", "Lat", "Long"))
    return make("eobs", domain, band("tg", "int16", -9999))


def irr() -> Coverage:
    """Answer three dates, not evenly spaced, on 2 rows and 3 columns of EPSG:3857."""
    plane = raster_domain(parse_crs("EPSG:3857"), (0, 0, 3000, 2000), 3, 2)
    domain = Domain((time_axis(148654, 148656, 148658), *plane.axes), ("ansi", "X", "Y"))
    return make("irr", domain, band("a", "uint16"), band("b", "uint16"))


def four() -> Coverage:
    """Answer two dates, three heights, 2 rows and 4 columns; heights stand last in the CRS."""
    height = IrregularAxis("h", np.array([0.0, 10.0, 100.0]), crs=parse_crs("EPSG:5714"), unit="metre", role=Role.Z)
    plane = raster_domain(LAT_LONG, (0, 0, 4, 2), 4, 2)
    domain = Domain((time_axis(148654, 148660), height, *plane.axes), ("ansi", "Lat", "Long", "h"))
    return make("four", domain, band("v", "float64"))


def line() -> Coverage:
    """Answer one axis: a profile of seven longitudes."""
    axis = RegularAxis("Long", 0.5, 1, 7, crs=LAT_LONG, unit="degree", role=Role.X)
    return make("line", Domain((axis,)), band("v", "int8"))


def pixels() -> Coverage:
    """Answer a grid without georeference: 4 rows and 5 columns."""
    return make("pixels", index_domain(5, 4), band("v", "uint16"))


def nothing() -> Coverage:
    """Answer a single value without position."""
    return make("nothing", Domain(()), band("v", "uint8"), band("w", "uint8"))


def all_coverages() -> list[Coverage]:
    """Answer one coverage of each kind."""
    planes = [raster(parse_crs(f"EPSG:{code}")) for code in (3857, 3035, 32633)]
    return [airtemp(), rgb(), *planes, eobs(), irr(), four(), line(), pixels()]
