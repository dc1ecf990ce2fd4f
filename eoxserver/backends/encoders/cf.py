# SPDX-License-Identifier: MIT
"""Axes and CRSs in the terms of the CF conventions 1.8 (clauses 4 coordinates, 5.6 grid mappings, 7.1 cell boundaries).

Coordinates are written as they are, so that what is read back is the same axis. The cells of a regular axis have an
extent, and so boundaries; but not those of x and y, where their distance tells and GDAL takes boundaries for data,
unless there is only one cell. Times count in the unit of their CRS from an instant of the proleptic Gregorian calendar.
Next to the CF attributes, ``crs_uri`` names the CRS of an axis as this package does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from pyproj.enums import WktVersion
from pyproj.exceptions import CRSError

from eoxserver.core.axes import Axis, IndexAxis, RegularAxis, Role
from eoxserver.core.crs import Crs
from eoxserver.core.domain import Domain

__all__ = [
    "Coordinates",
    "array_order",
    "axis_coordinates",
    "grid_mapping",
    "point_coordinate",
    "standard_name",
    "unit_text",
]

TIME_UNITS = MappingProxyType({"d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds"})
"""Units of time CRSs that CF's units of time (from UDUNITS) have under one name."""
_STANDARD_NAME = re.compile(
    r"https?://[^/]+/(?:[^?#]*/)?(?:standard_name|standard-name|cf/parameter|CF_Standard_Names)[/#](?P<name>[a-z0-9_]+)/?"
)
LENGTHS = MappingProxyType({"metre": "m", "kilometre": "km", "foot": "ft", "US survey foot": "US_survey_foot"})


@dataclass(frozen=True)
class Coordinates:
    """A coordinate variable."""

    values: npt.NDArray[np.float64] | npt.NDArray[np.int64]
    """Shape (size,)."""
    bounds: npt.NDArray[np.float64] | None
    """The two edges of each cell, in the direction of the axis, shape (size, 2); None where the next cell tells."""
    attributes: dict[str, str]


def array_order(domain: Domain) -> tuple[int, ...]:
    """Grid positions of the axes as they are written: y and x last (CF 1.8 clause 2.4), the others as they are."""
    place = domain.horizontal
    if place is None:
        return tuple(range(len(domain.axes)))
    x, y = place
    return (*(position for position in range(len(domain.axes)) if position not in place), y, x)


def axis_coordinates(axis: Axis) -> Coordinates:
    """The coordinate variable of an axis."""
    attributes = _attributes(axis)
    if axis.crs is not None:
        attributes["crs_uri"] = axis.crs.uri
    if isinstance(axis, IndexAxis):
        return Coordinates(axis.first + np.arange(axis.size, dtype=np.int64), None, attributes)
    values, bounds = axis.coordinates(), None
    if isinstance(axis, RegularAxis) and (axis.size == 1 or axis.role not in (Role.X, Role.Y)):
        edges = axis.start + np.arange(axis.size + 1) * axis.step
        bounds = np.stack([edges[:-1], edges[1:]], axis=1)
    shift = axis.crs.time.reference_number if axis.crs is not None and axis.crs.time is not None else 0
    if shift:
        values, bounds = values - shift, None if bounds is None else bounds - shift
    return Coordinates(values, bounds, attributes)


def point_coordinate(axis: Axis) -> tuple[float, dict[str, str]]:
    """What is subtracted of coordinates of points along an axis, and the attributes of their variable."""
    attributes = _attributes(axis)
    if axis.crs is not None:
        attributes["crs_uri"] = axis.crs.uri
    shift = axis.crs.time.reference_number if axis.crs is not None and axis.crs.time is not None else 0.0
    return shift, attributes


def grid_mapping(crs: Crs) -> dict[str, str | float | list[float]]:
    """Attributes of the grid mapping variable of a horizontal CRS; ``spatial_ref`` is where GDAL looks."""
    projection = crs.to_pyproj()
    attributes: dict[str, str | float | list[float]] = dict(projection.to_cf())
    try:
        attributes["spatial_ref"] = projection.to_wkt(WktVersion.WKT1_GDAL)
    except CRSError:  # a CRS that WKT 1 cannot say
        attributes["spatial_ref"] = projection.to_wkt()
    return attributes


def standard_name(definition: str) -> str:
    """The standard name that a URI of the register of CF or of a copy of it ends with; empty for any other URI.

    >>> standard_name("http://vocab.nerc.ac.uk/standard_name/air_temperature/"), standard_name("http://x/tg")
    ('air_temperature', '')
    """
    match = _STANDARD_NAME.fullmatch(definition)
    return match["name"] if match else ""


def unit_text(unit: str) -> str:
    """A UCUM code as CF's units: they are the same but for pure numbers."""
    return "1" if unit in ("10^0", "") else unit


def _attributes(axis: Axis) -> dict[str, str]:
    crs = axis.crs
    if crs is not None and crs.is_temporal and crs.time is not None:
        return _time_attributes(crs)
    if axis.role in (Role.X, Role.Y) and crs is not None and not isinstance(axis, IndexAxis):
        letter = axis.role.upper()
        if crs.kind == "geographic":
            name, unit = ("longitude", "degrees_east") if axis.role is Role.X else ("latitude", "degrees_north")
            return {"standard_name": name, "units": unit, "axis": letter}
        unit = LENGTHS.get(axis.unit, axis.unit)
        return {"standard_name": f"projection_{axis.role}_coordinate", "units": unit, "axis": letter}
    if axis.role is Role.Z:
        down = crs is not None and any(one.role is Role.Z and one.direction == "down" for one in crs.axes)
        return {
            "long_name": axis.label,
            "units": LENGTHS.get(axis.unit, axis.unit or "1"),
            "axis": "Z",
            "positive": "down" if down else "up",
        }
    return {"long_name": axis.label, "units": "1" if isinstance(axis, IndexAxis) else axis.unit or "1"}


def _time_attributes(crs: Crs) -> dict[str, str]:
    """CF's time coordinate, where its units have the unit of the CRS; plain numbers otherwise."""
    scale = crs.time
    assert scale is not None
    if scale.unit not in TIME_UNITS or scale.unit_milliseconds < 0:
        return {"long_name": f"time in {scale.unit} from {scale.origin}", "units": "1"}
    since = scale.reference.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
    return {
        "standard_name": "time",
        "units": f"{TIME_UNITS[scale.unit]} since {since}",
        "calendar": "proleptic_gregorian",
        "axis": "T",
    }
