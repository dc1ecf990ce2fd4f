# SPDX-License-Identifier: MIT
"""The keys ``geoReference`` and ``coordinates`` of ``encode``: another place for a result than its own.

A bounding box is that of the outer edges of the image as it is delivered, whatever the order and direction of the axes;
ground control points count its columns (``pixel``) and rows (``line``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from eoxserver.backends.encoders.planes import plane_of
from eoxserver.core.axes import Axis, RegularAxis, Role
from eoxserver.core.coverage import Coverage, TiePoints
from eoxserver.core.crs import Crs, ParseCrs, parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidParameterValue, UnsupportedCombination
from eoxserver.core.rasters import index_domain, raster_domain
from eoxserver.services.wcps.encoding.values import a_list, an_object, finite, known_keys, refused

__all__ = ["GeoReference", "parse_bbox", "parse_geo_reference", "placed"]

SIDES = ("xmin", "ymin", "xmax", "ymax")
POINT_KEYS = ("id", "info", "pixel", "line", "x", "y", "z")
_ACCEPTED = (
    '{"crs": "<CRS>", "bbox": {"xmin": <number>, "ymin": <number>, "xmax": <number>, "ymax": <number>}} or '
    '{"crs": "<CRS>", "GCPs": [{"pixel": <number>, "line": <number>, "x": <number>, "y": <number>}]}'
)


@dataclass(frozen=True, slots=True)
class GeoReference:
    """A place: either bounds or points."""

    crs: Crs | None = None
    """None: that of the result."""
    bounds: tuple[float, float, float, float] | None = None
    """West, south, east, north [CRS units]."""
    points: TiePoints | None = None


def parse_geo_reference(value: object, parse: ParseCrs = parse_crs) -> GeoReference:
    """The place that JSON describes.

    Parameters
    ----------
    parse : callable
        From a text to a CRS.

    Raises
    ------
    InvalidParameterValue
        Names what is wrong, and what would be accepted.
    CrsUnknown
    """
    key = "geoReference"
    given = an_object(key, value, _ACCEPTED)
    known_keys(given, ("crs", "bbox", "GCPs"), key)
    if ("bbox" in given) == ("GCPs" in given):
        raise refused(key, value, f"one of bbox and GCPs: {_ACCEPTED}")
    crs = _crs(f"{key}.crs", given.get("crs"), parse)
    if "bbox" in given:
        box = an_object(f"{key}.bbox", given["bbox"], "an object of xmin, ymin, xmax and ymax")
        known_keys(box, SIDES, f"{key}.bbox")
        return parse_bbox(f"{key}.bbox", box, crs, parse)
    if crs is None:
        raise refused(f"{key}.crs", "", "the CRS of the GCPs, as EPSG:4326")
    return GeoReference(crs, None, _points(f"{key}.GCPs", given["GCPs"], crs))


def parse_bbox(key: str, given: Mapping[str, Any], crs: Crs | None = None, parse: ParseCrs = parse_crs) -> GeoReference:
    """The place of a bounding box; ``crs`` may stand among its sides."""
    sides = [finite(f"{key}.{side}", given.get(side, "")) for side in SIDES]
    if crs is None:
        crs = _crs(f"{key}.crs", given.get("crs"), parse)
    west, south, east, north = sides
    if west >= east or south >= north:
        raise refused(key, " ".join(map(str, sides)), "xmin less than xmax, and ymin less than ymax")
    return GeoReference(crs, (west, south, east, north))


def placed(coverage: Coverage, reference: GeoReference) -> Coverage:
    """The coverage in another place; its cells are the same.

    Raises
    ------
    UnsupportedCombination
        When it is no image: it has neither two axes nor axes x and y.
    InvalidParameterValue
        When no CRS is given, and the result has none.
    """
    if reference.points is not None:
        plane = plane_of(coverage, "An image with GCPs")
        domain = index_domain(plane.shape[1], plane.shape[0])
        return replace(coverage, domain=domain, source=plane, tie_points=reference.points, footprint=None)
    assert reference.bounds is not None
    domain = coverage.domain
    crs = reference.crs or domain.horizontal_crs
    if crs is None:
        raise InvalidParameterValue(
            "extra parameter geoReference: the result has no CRS of its own; say which by crs, as EPSG:4326",
            locator="geoReference",
        )
    x, y = _positions(coverage)
    return replace(coverage, domain=_moved(domain, x, y, crs, reference.bounds), tie_points=None, footprint=None)


def _positions(coverage: Coverage) -> tuple[int, int]:
    """Grid positions of the axes of columns and rows."""
    domain = coverage.domain
    if domain.horizontal is not None:
        return domain.horizontal
    if len(domain.axes) == 2:
        turned = plane_of(coverage, "an image").turned
        return (0, 1) if turned else (1, 0)
    raise UnsupportedCombination(
        f"geoReference places results of two axes, or of regular axes x and y among others; the result has "
        f"{', '.join(domain.labels) or 'no axis'}",
        locator="geoReference",
    )


def _moved(domain: Domain, x: int, y: int, crs: Crs, bounds: tuple[float, float, float, float]) -> Domain:
    """The domain with other axes x and y, which run in the direction of the old ones; rows go south where none says."""
    rows, columns = domain.axes[y], domain.axes[x]
    made = raster_domain(crs, bounds, columns.size, rows.size, north_up=not (_geo(rows) and _step(rows) > 0))
    new_y, new_x = made.axes
    assert isinstance(new_x, RegularAxis)
    if _geo(columns) and _step(columns) < 0:
        new_x = replace(new_x, origin=bounds[2] - new_x.step / 2, step=-new_x.step)
    others = {axis.label for position, axis in enumerate(domain.axes) if position not in (x, y)}
    changes: dict[int, Axis] = {x: new_x, y: new_y}
    if others & {new_x.label, new_y.label}:
        changes = {x: replace(new_x, label=columns.label), y: replace(new_y, label=rows.label)}
    names = {made.labels[0]: changes[y].label, made.labels[1]: changes[x].label}
    in_crs = iter([names[label] for label in made.crs_labels])
    old = {rows.label, columns.label}
    labels = tuple(next(in_crs) if label in old else label for label in domain.crs_labels)
    return Domain(tuple(changes.get(position, axis) for position, axis in enumerate(domain.axes)), labels)


def _geo(axis: Axis) -> bool:
    return axis.role in (Role.X, Role.Y)


def _step(axis: Axis) -> float:
    return axis.step if isinstance(axis, RegularAxis) else 0.0


def _crs(key: str, value: object, parse: ParseCrs) -> Crs | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise refused(key, value, "a CRS by its code or URL, as EPSG:4326")
    crs = parse(value.strip())
    if not crs.is_horizontal:
        raise refused(key, value, "a horizontal CRS")
    return crs


def _points(key: str, value: object, crs: Crs) -> TiePoints:
    listed = a_list(key, value, "a list of points")
    if not listed:
        raise refused(key, value, "at least one point")
    rows: list[tuple[float, float, float, float, float]] = []
    for number, one in enumerate(listed):
        where = f"{key}[{number}]"
        point = an_object(where, one, "an object of pixel, line, x and y")
        known_keys(point, POINT_KEYS, where)
        line, pixel, x, y = (finite(f"{where}.{name}", point.get(name, "")) for name in ("line", "pixel", "x", "y"))
        rows.append((line, pixel, x, y, finite(f"{where}.z", point.get("z", 0))))
    lines, pixels, xs, ys, heights = np.array(rows, np.float64).T
    return TiePoints(crs, lines, pixels, xs, ys, heights if heights.any() else None)
