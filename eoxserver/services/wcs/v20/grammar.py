# SPDX-License-Identifier: MIT
"""The little languages inside parameter values: fields, scales, geometries; subsets are ``ows.subset``.

Fields: OGC 12-040 clause 7. Scales: OGC 12-039 clause 8. Geometries are those of the function ``clip`` of WCPS.
"""

from __future__ import annotations

import re

from eoxserver.core.coordinates import parse_number
from eoxserver.core.errors import (
    InterpolationNotSupported,
    InvalidAxisLabel,
    InvalidExtent,
    InvalidParameterValue,
    InvalidScaleFactor,
    WcpsSyntaxError,
)
from eoxserver.query.plan import Extent, Factor, Interpolation, Size
from eoxserver.services.ows.subset import subset
from eoxserver.services.wcps.clipping import Outlined
from eoxserver.services.wcps.parse import parse_geometry
from eoxserver.services.wcs.v20.requests import AllAxes, RangeItem

__all__ = [
    "clip", "interpolation", "range_subset", "scale_axes", "scale_extent", "scale_factor", "scale_size", "subset",
]  # fmt: skip

CLIPS = (
    "POLYGON((...)), MULTIPOLYGON(((...))), LINESTRING(...), CURTAIN(projection(a, b), ...), "
    "CORRIDOR(projection(a, b), LINESTRING(...), POLYGON((...)))"
)
"""What the parameter ``clip`` takes."""

_AXIS_ITEM = re.compile(r"\s*(?P<axis>[^,()\s]+)\s*\((?P<value>[^()]*)\)\s*(?:,|$)")
_INTEGER = re.compile(r"\s*[+-]?\d{1,15}\s*")

_METHODS = {method.value: method for method in Interpolation} | {
    "nearest": Interpolation.NEAREST,
    "nearest-neighbor": Interpolation.NEAREST,
    "nearest-neighbour": Interpolation.NEAREST,
    "linear": Interpolation.BILINEAR,
    "median": Interpolation.MEDIAN,
}
_METHOD_URL = re.compile(r"https?://[^/]+/def/interpolation/OGC/[0-9.]+/(?P<name>[^/]+)", re.IGNORECASE)


def range_subset(text: str) -> tuple[RangeItem, ...]:
    """Fields and intervals of fields, as in ``b1,b3:b5``.

    Raises
    ------
    InvalidParameterValue
        When an item is empty.
    """
    items = []
    for item in text.split(","):
        first, colon, last = (part.strip() for part in item.partition(":"))
        if not first or (colon and not last):
            raise InvalidParameterValue(
                f"rangeSubset '{text}' cannot be read; accepted: fields and intervals of fields, as b1,b3:b5",
                locator="rangeSubset",
            )
        items.append(RangeItem(first, last or None))
    return tuple(items)


def clip(text: str) -> Outlined:
    """What the coverage is clipped with: a geometry, a curtain or a corridor.

    Raises
    ------
    WcpsSyntaxError
        The message shows the place.
    """
    try:
        return parse_geometry(text)
    except WcpsSyntaxError as error:
        raise WcpsSyntaxError(
            f"clip: {error.message}\naccepted: {CLIPS}", locator="clip", line=error.line, column=error.column
        ) from error


def scale_factor(text: str) -> AllAxes:
    """The factor of all axes; raises InvalidScaleFactor."""
    return AllAxes(_factor(text, "scaleFactor"))


def scale_axes(text: str) -> tuple[Factor, ...]:
    """A factor for each named axis; raises InvalidScaleFactor, InvalidAxisLabel, InvalidParameterValue."""
    return tuple(Factor(axis, _factor(value, axis)) for axis, value in _axis_items(text, "scaleAxes"))


def scale_size(text: str) -> tuple[Size, ...]:
    """A number of cells for each named axis.

    Raises
    ------
    InvalidScaleFactor, InvalidAxisLabel, InvalidParameterValue
    """
    result = []
    for axis, value in _axis_items(text, "scaleSize"):
        if not _INTEGER.fullmatch(value) or int(value) < 1:
            raise InvalidScaleFactor(f"scaleSize: '{value}' of axis {axis} is not a positive integer", locator=axis)
        result.append(Size(axis, int(value)))
    return tuple(result)


def scale_extent(text: str) -> tuple[Extent, ...]:
    """First and last cell for each named axis.

    Raises
    ------
    InvalidExtent, InvalidAxisLabel, InvalidParameterValue
    """
    result = []
    for axis, value in _axis_items(text, "scaleExtent"):
        bounds = re.split("[:,]", value)
        if len(bounds) != 2 or not all(_INTEGER.fullmatch(bound) for bound in bounds):
            raise InvalidExtent(
                f"scaleExtent: '{value}' of axis {axis} is not an extent; accepted: two integers, as {axis}(0:99)",
                locator=axis,
            )
        low, high = int(bounds[0]), int(bounds[1])
        if high < low:
            raise InvalidExtent(f"scaleExtent: '{value}' of axis {axis} ends before it starts", locator=axis)
        result.append(Extent(axis, low, high))
    return tuple(result)


def interpolation(text: str) -> Interpolation:
    """A method, by its URL in the register of the OGC or by a short name.

    Raises
    ------
    InterpolationNotSupported
        When there is no such method.
    """
    url = _METHOD_URL.fullmatch(text.strip())
    name = (url["name"] if url else text.strip()).lower()
    if name not in _METHODS:
        raise InterpolationNotSupported(
            f"interpolation '{text}' is not known; accepted: {', '.join(_METHODS)}, or the URL of one",
            locator="interpolation",
        )
    return _METHODS[name]


def _axis_items(text: str, key: str) -> list[tuple[str, str]]:
    items: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        match = _AXIS_ITEM.match(text, position)
        if match is None:
            break
        items.append((match["axis"], match["value"].strip()))
        position = match.end()
    if not items or position < len(text) or text.rstrip().endswith(","):
        raise InvalidParameterValue(
            f"{key} '{text}' cannot be read; accepted: axis(value),axis(value),...", locator=key
        )
    axes = [axis for axis, _ in items]
    for axis in axes:
        if axes.count(axis) > 1:
            raise InvalidAxisLabel(f"{key} names axis '{axis}' twice", locator=axis)
    return items


def _factor(text: str, locator: str) -> float:
    value = parse_number(text)
    if value is None or value <= 0:
        raise InvalidScaleFactor(f"scale factor '{text}' is not a positive number", locator=locator)
    return value
