# SPDX-License-Identifier: MIT
"""Coordinates as text and as numbers.

Every coordinate is a number in the unit of its axis; on a time axis it is written as an instant
(ISO 8601, UTC, milliseconds). A bare number on a time axis is a number of the CRS's units.
"""

from __future__ import annotations

import math
import re

import numpy as np
import numpy.typing as npt

from eoxserver.core.axes import Axis
from eoxserver.core.crs import Crs, to_instant, to_number
from eoxserver.core.errors import InvalidSubsetting
from eoxserver.core.util.timetools import isoformat, parse_iso8601, to_milliseconds

__all__ = ["coordinate_text", "coordinate_texts", "is_temporal", "number_text", "parse_coordinate", "parse_number"]

_YEARS = (np.datetime64("0001-01-01", "ms"), np.datetime64("9999-12-31T23:59:59.999", "ms"))
"""The first and last instant that have a text."""

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def number_text(value: float) -> str:
    """The shortest decimal text of a number, without exponent below 1e16 and without binary noise.

    >>> number_text(156.27499999999998), number_text(80042.72735943), number_text(-0.0), number_text(1e15)
    ('156.275', '80042.72735943', '0', '1000000000000000')
    """
    if not math.isfinite(value):
        return {"nan": "NaN", "inf": "INF", "-inf": "-INF"}[str(float(value))]
    rounded = float(f"{value:.15g}")
    if rounded == 0:
        return "0"
    if abs(rounded) < 1e16:
        if rounded == int(rounded):
            return str(int(rounded))
        text = repr(rounded)
        if "e" in text:
            text = f"{rounded:.{14 - math.floor(math.log10(abs(rounded)))}f}".rstrip("0")
        return text
    return repr(float(value))


def is_temporal(axis: Axis) -> bool:
    """Whether coordinates of the axis are instants."""
    return axis.crs is not None and axis.crs.is_temporal


def coordinate_text(axis: Axis, value: float, quote: str = "") -> str:
    """The text of a coordinate: ``number_text``, or an instant between ``quote`` on time axes."""
    if axis.crs is not None and axis.crs.is_temporal:
        return f"{quote}{isoformat(to_instant(axis.crs, value))}{quote}"
    return number_text(value)


def coordinate_texts(axis: Axis, values: npt.NDArray[np.float64]) -> list[str]:
    """The texts of many coordinates, as ``coordinate_text`` writes each without quotes.

    Parameters
    ----------
    values : ndarray, shape (n,)
        In the unit of the axis.

    Raises
    ------
    InvalidTime
        For what is no instant of the years 1 to 9999, on a time axis.
    """
    if not is_temporal(axis):
        return list(map(number_text, values.tolist()))
    scale = None if axis.crs is None else axis.crs.time
    if scale is not None and np.isfinite(values).all():
        elapsed = np.floor((values - scale.reference_number) * scale.unit_milliseconds + 0.5)
        if np.abs(elapsed).max(initial=0.0) < 2**53:
            instants = (elapsed.astype(np.int64) + to_milliseconds(scale.reference)).astype("datetime64[ms]")
            if (instants >= _YEARS[0]).all() and (instants <= _YEARS[1]).all():
                return [f"{text}Z" for text in np.datetime_as_string(instants).tolist()]
    return [coordinate_text(axis, value) for value in values.tolist()]


def parse_number(text: str) -> float | None:
    """The finite number written as ``text``, or None when it is none."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def parse_coordinate(crs: Crs | None, text: str, label: str) -> float:
    """The number of a coordinate in a CRS.

    Parameters
    ----------
    crs : Crs or None
        The CRS of the coordinate; on temporal CRSs instants are read too, quoted or not.
    label : str
        The axis, for the error.

    Raises
    ------
    InvalidSubsetting
        When the text is neither.
    """
    number = parse_number(text)
    if number is not None and not (crs is not None and crs.is_temporal and re.fullmatch(r"[0-9]{4}", text.strip())):
        return number
    if crs is not None and crs.is_temporal:
        try:
            return to_number(crs, parse_iso8601(text))
        except ValueError as error:
            raise InvalidSubsetting(f"axis {label}: {error}", locator=label) from error
    raise InvalidSubsetting(f"axis {label}: '{text}' is not a number", locator=label)
