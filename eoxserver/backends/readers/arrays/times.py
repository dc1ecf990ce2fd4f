# SPDX-License-Identifier: MIT
"""Times of arrays as numbers of a time CRS (CF 1.8 clause 4.4)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import netCDF4
import numpy as np
import numpy.typing as npt

from eoxserver.backends.readers.arrays.model import ArrayVariable
from eoxserver.core.crs import Crs, to_number
from eoxserver.core.util.timetools import to_milliseconds

__all__ = ["time_numbers"]

_UNITS = {
    **dict.fromkeys(("milliseconds", "millisecond", "millisecs", "millisec", "msecs", "msec", "ms"), 1.0),
    **dict.fromkeys(("seconds", "second", "secs", "sec", "s"), 1000.0),
    **dict.fromkeys(("minutes", "minute", "mins", "min"), 60_000.0),
    **dict.fromkeys(("hours", "hour", "hrs", "hr", "h"), 3_600_000.0),
    **dict.fromkeys(("days", "day", "d"), 86_400_000.0),
    **dict.fromkeys(("weeks", "week"), 604_800_000.0),
}
"""Units of time in UDUNITS' spelling [ms]; months and years have no length that is the same everywhere."""
_DAY = 86_400_000.0
_REAL = ("standard", "gregorian", "proleptic_gregorian", "")
"""Calendars of our own days; others have days that never were."""
_GREGORIAN = datetime(1582, 10, 15, tzinfo=UTC)


def time_numbers(variable: ArrayVariable, crs: Crs) -> npt.NDArray[np.float64] | None:
    """The times of a coordinate variable on a time CRS [CRS unit].

    Returns
    -------
    ndarray, shape (size,), or None
        None where the times are not those of our calendar, or in units without a fixed length.
    """
    units, calendar = variable.text("units"), variable.text("calendar").lower()
    unit = _UNITS.get(units.split()[0].lower()) if units else None
    since = re.search(r"\bsince\b(.*)", units, re.IGNORECASE)
    if unit is None or since is None or calendar not in _REAL or crs.time is None or variable.values is None:
        return None
    values = variable.values.astype(np.float64)
    try:
        days = f"days since {since[1].strip()}"
        epoch = _instant(0.0, days, calendar)
        if epoch is None or (epoch < _GREGORIAN and calendar != "proleptic_gregorian"):
            instants = [_instant(float(value) * unit / _DAY, days, calendar) for value in values]
            if None in instants:
                return None
            return np.array([to_number(crs, instant) for instant in instants if instant is not None])
    except (ValueError, OverflowError, TypeError):
        return None
    shift = (to_milliseconds(epoch) - to_milliseconds(crs.time.reference)) / crs.time.unit_milliseconds
    return values * (unit / crs.time.unit_milliseconds) + (shift + crs.time.reference_number)


def _instant(value: float, units: str, calendar: str) -> datetime | None:
    """An instant of our calendar; None where a date is not one."""
    found = np.ravel(np.asarray(netCDF4.num2date(np.array([value]), units, calendar or "standard"), object))[0]
    if not 1 <= found.year <= 9999:
        return None
    return datetime(
        found.year, found.month, found.day, found.hour, found.minute, found.second, found.microsecond, tzinfo=UTC
    )
