# SPDX-License-Identifier: MIT
"""The little languages inside parameter values: subsets, fields, scales, interpolation methods.

Subset: OGC 09-147r3 clause 8.3.3 and, for ``axis,crs(...)``, OGC 11-053r1; the colon separates bounds as well as
the comma. An instant may stand without quotes. Fields: OGC 12-040 clause 7. Scales: OGC 12-039 clause 8.
"""

from __future__ import annotations

import re

from eoxserver.core.coordinates import parse_number
from eoxserver.core.crs import Crs, ParseCrs, parse_crs
from eoxserver.core.errors import (
    CrsUnknown,
    InterpolationNotSupported,
    InvalidAxisLabel,
    InvalidExtent,
    InvalidParameterValue,
    InvalidScaleFactor,
    InvalidSubsetting,
    SubsettingCrsNotSupported,
)
from eoxserver.core.selection import Slice, Subset, Trim
from eoxserver.query.plan import Extent, Factor, Interpolation, Size
from eoxserver.services.wcs.v20.requests import AllAxes, RangeItem

__all__ = [
    "interpolation", "range_subset", "scale_axes", "scale_extent", "scale_factor", "scale_size", "subset",
]  # fmt: skip

_SUBSET = re.compile(r"\s*(?P<axis>[^,()\s]+)\s*(?:,\s*(?P<crs>[^()]+?)\s*)?\((?P<bounds>[^()]*)\)\s*")
_TIME = r"\d{4}(?:-\d\d(?:-\d\d(?:T\d\d(?::\d\d(?::\d\d(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?)?)?Z?"
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_BOUND = rf'\s*("[^"]*"|\*|{_TIME}|{_NUMBER}|[^,:"]*?)\s*'
_POINT = re.compile(_BOUND)
_INTERVAL = re.compile(f"{_BOUND}[,:]{_BOUND}")

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


def subset(text: str, parse: ParseCrs = parse_crs) -> Subset:
    """One subset: a trim for two bounds, a slice for one.

    >>> subset('Lat(-9.2:*)'), subset('ansi("2008-01-02")').point
    (Trim(label='Lat', low='-9.2', high=None, crs=None), '2008-01-02')

    Raises
    ------
    InvalidSubsetting
        When the text has not this form; ``locator`` is the axis where it can be told.
    SubsettingCrsNotSupported
        When the CRS of the bounds is not known.
    """
    match = _SUBSET.fullmatch(text)
    if match is None:
        raise InvalidSubsetting(
            f"subset '{text}' cannot be read; accepted: axis(low,high), axis(point) and axis,crs(low,high)",
            locator="subset",
        )
    axis, bounds = match["axis"], match["bounds"]
    crs = _crs(match["crs"], parse)
    point = _POINT.fullmatch(bounds)
    if point is not None:
        value = _bound(point[1], axis, text)
        if value is None:
            raise InvalidSubsetting(f"subset '{text}': a slice needs a point, not '*'", locator=axis)
        return Slice(axis, value, crs)
    interval = _INTERVAL.fullmatch(bounds)
    if interval is None:
        raise InvalidSubsetting(
            f"subset '{text}': the bounds cannot be read; accepted: a point, or low and high with ',' or ':' between",
            locator=axis,
        )
    return Trim(axis, _bound(interval[1], axis, text), _bound(interval[2], axis, text), crs)


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


def _bound(text: str, axis: str, whole: str) -> str | None:
    """The text of a bound without quotes; None for an open end."""
    if text == "*":
        return None
    value = text[1:-1].strip() if text.startswith('"') else text
    if not value:
        raise InvalidSubsetting(f"subset '{whole}': a bound is empty; an open end is written '*'", locator=axis)
    return value


def _crs(text: str | None, parse: ParseCrs) -> Crs | None:
    if text is None:
        return None
    try:
        return parse(text)
    except CrsUnknown as error:
        raise SubsettingCrsNotSupported(error.message, locator="subset") from error


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
