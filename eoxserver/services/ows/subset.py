# SPDX-License-Identifier: MIT
"""Subsets in the text of a request: ``axis(low,high)``, ``axis(point)``, ``axis,crs(low,high)``.

OGC 09-147r3 clause 8.3.3 and, for ``axis,crs(...)``, OGC 11-053r1; the colon separates bounds as well as the comma. An
instant may stand without quotes.
"""

from __future__ import annotations

import re

from eoxserver.core.crs import Crs, ParseCrs, parse_crs
from eoxserver.core.errors import CrsUnknown, InvalidSubsetting, SubsettingCrsNotSupported
from eoxserver.core.subsets import Slice, Subset, Trim

__all__ = ["subset"]

_SUBSET = re.compile(r"\s*(?P<axis>[^,()\s]+)\s*(?:,\s*(?P<crs>[^()]+?)\s*)?\((?P<bounds>[^()]*)\)\s*")
_TIME = r"\d{4}(?:-\d\d(?:-\d\d(?:T\d\d(?::\d\d(?::\d\d(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?)?)?Z?"
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_BOUND = rf'\s*("[^"]*"|\*|{_TIME}|{_NUMBER}|[^,:"]*?)\s*'
_POINT = re.compile(_BOUND)
_INTERVAL = re.compile(f"{_BOUND}[,:]{_BOUND}")


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
