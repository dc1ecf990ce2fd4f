# SPDX-License-Identifier: MIT
"""Geometries on the Earth as anybody hands them over, and the boxes around them.

Longitudes run from -180 to 180, x before y, EPSG:4326. A box that crosses the date line has an east edge beyond 180.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import shapely
from shapely.errors import ShapelyError
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box, shape
from shapely.geometry.base import BaseGeometry

from eoxserver.resources.coverages.footprints import wrapped

__all__ = ["Box", "geometry", "multi_polygon", "plain_boxes", "round_box", "search_box", "surrounding_box"]

Box: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north [degrees]."""

_SRIDS = {None, 0, -1, 4326}
_ACCEPTED = "a geometry with the Python geo interface, WKT, WKB, GeoJSON or a GEOS geometry"


def geometry(value: object) -> BaseGeometry:
    """A geometry as shapely has it, without heights.

    Parameters
    ----------
    value : object
        A shapely geometry; anything with ``__geo_interface__`` (or that mapping itself), ``wkb`` or ``wkt``, a GEOS
        geometry among them; WKT, GeoJSON or hexadecimal WKB text; WKB bytes.

    Raises
    ------
    ValueError
        When the value is none of these, is broken, or is in another CRS than EPSG:4326.
    """
    try:
        found = _converted(value)
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise ValueError(f"{_excerpt(value)} is not a geometry ({error}); accepted: {_ACCEPTED}") from error
    if found is None:
        raise ValueError(f"{_excerpt(value)} is not a geometry; accepted: {_ACCEPTED}")
    if found.has_z:
        found = shapely.force_2d(found)
    if not np.isfinite(shapely.get_coordinates(found)).all():
        raise ValueError("the geometry has coordinates that are not finite")
    return found


def multi_polygon(value: object) -> MultiPolygon:
    """A footprint: a multi-polygon, cut at the date line where it crosses it.

    Raises
    ------
    ValueError
        As ``geometry``, and for what is not made of polygons or does not lie on the Earth.
    """
    found = geometry(value)
    if isinstance(found, Polygon):
        found = MultiPolygon([found])
    if not isinstance(found, MultiPolygon) or found.is_empty:
        kind = f"an empty {found.geom_type}" if found.is_empty else f"a {found.geom_type}"
        raise ValueError(f"a footprint is a Polygon or a MultiPolygon, this is {kind}")
    west, south, east, north = found.bounds
    if south < -90 or north > 90:
        raise ValueError(f"latitudes {south:g} to {north:g} do not lie between -90 and 90")
    return wrapped(found) if west < -180 or east > 180 else found


def surrounding_box(found: BaseGeometry) -> Box:
    """The smallest box round the Earth that holds a geometry of longitudes between -180 and 180.

    >>> surrounding_box(MultiPolygon([box(170, 0, 180, 9), box(-180, 0, -175, 9)]))
    (170.0, 0.0, 185.0, 9.0)
    """
    bounds = shapely.bounds(shapely.get_parts(found))
    west, east = _narrowest(bounds[:, 0], bounds[:, 2])
    return west, float(bounds[:, 1].min()), east, float(bounds[:, 3].max())


def plain_boxes(around: Box) -> tuple[Box, ...]:
    """A box as one or two boxes that do not cross the date line.

    >>> plain_boxes((170.0, 0.0, 185.0, 9.0))
    ((170.0, 0.0, 180.0, 9.0), (-180.0, 0.0, -175.0, 9.0))
    """
    west, south, east, north = around
    if east <= 180:
        return (around,)
    return (west, south, 180.0, north), (-180.0, south, east - 360.0, north)


def round_box(bounds: Box) -> Box:
    """The bounds of a search as a box with its west edge between -180 and 180; a west beyond the east crosses 180.

    Raises
    ------
    ValueError
        When the bounds are no box.

    >>> round_box((170, 0, -175, 9)), round_box((-540, -90, 540, 90)), round_box((190, 0, 200, 9))
    ((170, 0, 185, 9), (-180.0, -90, 180.0, 90), (-170.0, 0, -160.0, 9))
    """
    west, south, east, north = bounds
    if not all(math.isfinite(bound) for bound in bounds) or south > north:
        raise ValueError(f"{tuple(bounds)} is no box; accepted: west, south, east, north in degrees, south <= north")
    if west > east:
        east += 360 * math.ceil((west - east) / 360)
    if east - west >= 360:
        return -180.0, south, 180.0, north
    turns = 360.0 * math.floor((west + 180) / 360)
    if turns and not (west == 180 == east):
        west, east = west - turns, east - turns
    return west, south, east, north


def search_box(bounds: Box) -> BaseGeometry:
    """The geometry of the bounds of a search: a polygon, a line, a point, or two of them at the date line."""
    parts = [_flat_box(*plain) for plain in plain_boxes(round_box(bounds))]
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)


def _flat_box(west: float, south: float, east: float, north: float) -> BaseGeometry:
    if west == east and south == north:
        return Point(west, south)
    if west == east or south == north:
        return LineString([(west, south), (east, north)])
    return box(west, south, east, north)


def _narrowest(wests: npt.NDArray[np.float64], easts: npt.NDArray[np.float64]) -> tuple[float, float]:
    """The arc that holds all arcs and leaves the widest gap out."""
    order = np.argsort(wests)
    starts, reached = wests[order], np.maximum.accumulate(easts[order])
    gaps = starts[1:] - reached[:-1]
    across = starts[0] + 360 - reached[-1]
    if gaps.size and gaps.max() > max(across, 0):
        widest = int(gaps.argmax())
        return float(starts[widest + 1]), float(reached[widest] + 360)
    return float(starts[0]), float(reached[-1])


def _converted(value: Any) -> BaseGeometry | None:
    """The value as shapely's geometry; None when it is of no kind that is accepted."""
    found: BaseGeometry | None = value if isinstance(value, BaseGeometry) else _read(value)
    for srid in (getattr(value, "srid", None), None if found is None else int(shapely.get_srid(found))):
        if srid not in _SRIDS:
            raise ValueError(f"it is in EPSG:{srid}, not in EPSG:4326")
    return found


def _read(value: Any) -> BaseGeometry | None:
    if isinstance(value, str):
        return _from_text(value.strip())
    if isinstance(value, bytes | bytearray | memoryview):
        return shapely.from_wkb(bytes(value))
    if isinstance(value, Mapping):
        return shape(value)
    if hasattr(value, "__geo_interface__"):
        return shape(value.__geo_interface__)
    if hasattr(value, "wkb"):
        return shapely.from_wkb(bytes(value.wkb))
    if isinstance(wkt := getattr(value, "wkt", None), str):
        return _from_text(wkt)
    return None


def _from_text(text: str) -> BaseGeometry:
    if text.startswith("{"):
        return shape(json.loads(text))
    if text[:2] in ("00", "01"):
        return shapely.from_wkb(bytes.fromhex(text))
    srid, separator, rest = text.partition(";")
    if separator and srid.upper().startswith("SRID="):
        if srid[5:] != "4326":
            raise ValueError(f"it is in EPSG:{srid[5:]}, not in EPSG:4326")
        text = rest
    return shapely.from_wkt(text)


def _excerpt(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
