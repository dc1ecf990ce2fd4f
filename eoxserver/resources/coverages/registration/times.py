# SPDX-License-Identifier: MIT
"""The time span of a scene: from what its raster says of the acquisition, or from its name where one asks for that.

Names are never searched for times unasked: a date in a name may as well be that of processing.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from eoxserver.core.errors import InvalidParameterValue, InvalidTime, RegistrationRefused
from eoxserver.core.util.timetools import parse_interval, parse_iso8601

__all__ = ["NamePattern", "TimeSpan", "parse_span", "raster_span"]


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """Begin and end, and where they come from."""

    begin: datetime
    end: datetime
    why: str


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_ENVISAT = re.compile(r"(\d{2})-([A-Z]{3})-(\d{4}) (\d{2}:\d{2}:\d{2}(?:\.\d+)?)")
_TIFF = re.compile(r"(\d{4}):(\d{2}):(\d{2}) (\d{2}:\d{2}:\d{2})")
_DIGITS = re.compile(r"(\d{4})[-_.]?(\d{2})?(?:[-_.]?(\d{2}))?(?:[T_ -]?(\d{2})[:_-]?(\d{2})(?:[:_-]?(\d{2}))?)?Z?")


def _envisat(text: str) -> datetime:
    """ENVISAT's own form, ``31-MAR-2005 07:59:36.409059``."""
    match = _ENVISAT.fullmatch(text.strip())
    if match is None or match[2] not in _MONTHS:
        raise InvalidTime(f"'{text}' is not of the form 31-MAR-2005 07:59:36.409059")
    return parse_iso8601(f"{match[3]}-{_MONTHS.index(match[2]) + 1:02d}-{match[1]}T{match[4]}")


def _tiff(text: str) -> datetime:
    """TIFF 6.0 and Exif, ``2006:08:16 09:09:29``."""
    match = _TIFF.fullmatch(text.strip())
    if match is None:
        raise InvalidTime(f"'{text}' is not of the form 2006:08:16 09:09:29")
    return parse_iso8601(f"{match[1]}-{match[2]}-{match[3]}T{match[4]}")


TAGS: tuple[tuple[str, str, Callable[[str], datetime]], ...] = (
    ("MPH_SENSING_START", "MPH_SENSING_STOP", _envisat),
    ("ACQUISITION_START_TIME", "ACQUISITION_STOP_TIME", parse_iso8601),
    ("PRODUCT_START_TIME", "PRODUCT_STOP_TIME", parse_iso8601),
    ("NC_GLOBAL#time_coverage_start", "NC_GLOBAL#time_coverage_end", parse_iso8601),
    ("time_coverage_start", "time_coverage_end", parse_iso8601),
    ("ACQUISITIONDATETIME", "ACQUISITIONDATETIME", parse_iso8601),
    ("ACQUISITION_DATETIME", "ACQUISITION_DATETIME", parse_iso8601),
    ("EXIF_DateTimeOriginal", "EXIF_DateTimeOriginal", _tiff),
    ("TIFFTAG_DATETIME", "TIFFTAG_DATETIME", _tiff),
)
"""Metadata items of rasters that hold begin and end of the acquisition, the most telling first."""


def raster_span(metadata: Mapping[str, str]) -> TimeSpan | None:
    """The time span a raster's own metadata gives; None when it gives none that can be read."""
    for first, last, parse in TAGS:
        if first not in metadata:
            continue
        try:
            begin = parse(metadata[first])
            end = parse(metadata.get(last) or metadata[first])
        except InvalidTime:
            continue
        if begin <= end:
            names = first if first == last or last not in metadata else f"{first}, {last}"
            return TimeSpan(begin, end, f"{names} of the raster")
    return None


def parse_span(text: str) -> tuple[datetime, datetime]:
    """An instant or an interval; raises InvalidParameterValue."""
    try:
        return parse_interval(text)
    except InvalidTime as error:
        raise InvalidParameterValue(f"time: {error.message}", locator="time") from error


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A regular expression that finds the time in the name of a file.

    Its group ``time`` (or ``begin`` and ``end``, or the first group, or all it matches) is a date as coarse as a
    year, with or without separators: ``2014``, ``201411``, ``20141130``, ``20141130T121500``. A coarse date means
    all of its year, month or day.

    >>> span = NamePattern("_([0-9]{6})[.]").span("sm_201411.tif")
    >>> span.end.isoformat()
    '2014-11-30T23:59:59+00:00'
    """

    text: str

    def __post_init__(self) -> None:
        """Refuse what is no regular expression; raises InvalidParameterValue."""
        try:
            re.compile(self.text)
        except re.error as error:
            raise InvalidParameterValue(
                f"'{self.text}' is not a regular expression: {error}", locator="time-regex"
            ) from error

    def span(self, name: str) -> TimeSpan:
        """The time span in a file name.

        Raises
        ------
        RegistrationRefused
            When the expression does not match, or what it matches is no date.
        """
        match = re.search(self.text, name)
        if match is None:
            raise RegistrationRefused(f"'{self.text}' finds no time in the name {name}", locator="time-regex")
        groups = match.groupdict()
        if groups.get("begin"):
            begin, end = _span_of(groups["begin"], name)
            if groups.get("end"):
                end = _span_of(groups["end"], name)[1]
        else:
            begin, end = _span_of(groups.get("time") or (match.groups() or (None,))[0] or match[0], name)
        if end < begin:
            raise RegistrationRefused(f"the times in the name {name} end before they begin", locator="time-regex")
        return TimeSpan(begin, end, f"'{match[0]}' in the name of the file, as asked for")


def _span_of(text: str, name: str) -> tuple[datetime, datetime]:
    """First and last second of the date written as ``text``."""
    match = _DIGITS.fullmatch(text)
    if match is None:
        raise RegistrationRefused(f"'{text}' in the name {name} is not a date such as 20141130", locator="time-regex")
    first = [int(part or least) for part, least in zip(match.groups(), (1, 1, 1, 0, 0, 0), strict=True)]
    last = list(first)
    if match[2] is None:
        last[1] = 12
    if match[3] is None:
        last[2] = calendar.monthrange(last[0], last[1])[1] if 1 <= last[1] <= 12 else 1
    if match[4] is None:
        last[3:] = [23, 59, 59]
    try:
        return _instant(first), _instant(last)
    except ValueError as error:
        raise RegistrationRefused(
            f"'{text}' in the name {name} is not a date: {error}", locator="time-regex"
        ) from error


def _instant(parts: list[int]) -> datetime:
    year, month, day, hour, minute, second = parts
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
