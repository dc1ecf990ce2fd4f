# SPDX-License-Identifier: MIT
"""Instants as numbers of a time CRS, and back."""

from __future__ import annotations

import math
from datetime import datetime

from eoxserver.core.crs.identity import Crs, TimeScale
from eoxserver.core.errors import CrsNotSupported, InvalidTime
from eoxserver.core.util.timetools import from_milliseconds, to_milliseconds

__all__ = ["to_instant", "to_number"]


def to_number(crs: Crs, instant: datetime) -> float:
    """The number of an instant, rounded to milliseconds half up, on a time CRS [CRS unit].

    Raises
    ------
    CrsNotSupported
        When the CRS is not temporal.

    >>> from eoxserver.core.crs import parse_crs
    >>> from eoxserver.core.util.timetools import parse_iso8601
    >>> to_number(parse_crs("OGC/0/AnsiDate"), parse_iso8601("2008-01-01"))
    148654.0
    """
    scale = _scale(crs)
    elapsed = to_milliseconds(instant) - to_milliseconds(scale.reference)
    return scale.reference_number + elapsed / scale.unit_milliseconds


def to_instant(crs: Crs, number: float) -> datetime:
    """The instant of a number on a time CRS, rounded to milliseconds half up.

    Raises
    ------
    CrsNotSupported
        When the CRS is not temporal.
    InvalidTime
        When the instant lies outside the years 1 to 9999, or the number is not finite.
    """
    scale = _scale(crs)
    if not math.isfinite(number):
        raise InvalidTime(f"{number} is no instant of {crs.uri}")
    elapsed = (number - scale.reference_number) * scale.unit_milliseconds
    try:
        return from_milliseconds(to_milliseconds(scale.reference) + math.floor(elapsed + 0.5))
    except InvalidTime as error:
        raise InvalidTime(f"{number} {scale.unit} on {crs.uri} lies outside the years 1 to 9999") from error


def _scale(crs: Crs) -> TimeScale:
    if crs.time is None:
        raise CrsNotSupported(f"{crs.uri} is {crs.kind}, not a time CRS", locator=crs.uri)
    return crs.time
