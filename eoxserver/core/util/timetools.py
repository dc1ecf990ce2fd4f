# SPDX-License-Identifier: MIT
"""Instants, intervals and durations as ISO 8601 text.

Every instant is an aware ``datetime`` in UTC with years 1 to 9999; text without a zone is UTC. What is
written has milliseconds, rounded half up; what is read may be as coarse as a year.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from eoxserver.core.errors import InvalidTime

__all__ = [
    "Duration", "Period", "as_utc", "from_milliseconds", "isoformat", "isotime", "parse_duration", "parse_interval",
    "parse_iso8601", "parse_period", "to_milliseconds",
]  # fmt: skip

ACCEPTED_INSTANTS = (
    "yyyy, yyyy-MM, yyyy-MM-dd, yyyy-MM-ddThh[:mm[:ss[.fraction]]] or yyyyMMddThhmmss, the time followed by "
    "nothing (UTC), Z, +hh, +hh:mm or +hhmm"
)
ACCEPTED_DURATIONS = "PnYnMnWnDTnHnMnS, such as P1D, P1M or PT12H"
ACCEPTED_INTERVALS = "begin/end, begin/duration, duration/end or begin/end/period"

_ZONE = r"(?P<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
_EXTENDED = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:[Tt ](?P<hour>[0-9]{2})(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?)?"
    rf"{_ZONE})?)?)?"
)
_BASIC = re.compile(
    r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    r"(?:[Tt](?P<hour>[0-9]{2})(?:(?P<minute>[0-9]{2})(?:(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?)?"
    rf"{_ZONE})?"
)
_OTHER_YEAR = re.compile(r"[+-][0-9]{4,}|[0-9]{5,}-[0-9]{2}")
_DECIMAL = r"[0-9]{1,12}(?:[.,][0-9]{1,9})?"
_DURATION = re.compile(
    r"[Pp](?:(?P<years>[0-9]{1,6})[Yy])?(?:(?P<months>[0-9]{1,6})[Mm])?"
    rf"(?:(?P<weeks>{_DECIMAL})[Ww])?(?:(?P<days>{_DECIMAL})[Dd])?"
    rf"(?:[Tt](?:(?P<hours>{_DECIMAL})[Hh])?(?:(?P<minutes>{_DECIMAL})[Mm])?(?:(?P<seconds>{_DECIMAL})[Ss])?)?"
)
_MILLISECONDS = {"weeks": 604_800_000, "days": 86_400_000, "hours": 3_600_000, "minutes": 60_000, "seconds": 1000}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time: calendar months, which have no fixed length, and milliseconds, which have.

    >>> parse_duration("P1M").after(parse_iso8601("2024-01-31")).day
    29
    """

    months: int = 0
    milliseconds: int = 0

    def __post_init__(self) -> None:
        if self.months < 0 or self.milliseconds < 0:
            raise InvalidTime(f"duration of {self.months} months and {self.milliseconds} ms is negative")

    def __bool__(self) -> bool:
        return bool(self.months or self.milliseconds)

    def after(self, instant: datetime, times: int = 1) -> datetime:
        """The instant ``times`` durations after another one (before it when negative).

        Months keep the day of the month; where that day is missing, its last one is taken.

        Raises
        ------
        InvalidTime
            When that leaves the years 1 to 9999.
        """
        start = as_utc(instant)
        year, month = divmod(start.year * 12 + start.month - 1 + self.months * times, 12)
        try:
            day = min(start.day, calendar.monthrange(year, month + 1)[1])
            return start.replace(year=year, month=month + 1, day=day) + timedelta(
                milliseconds=self.milliseconds * times
            )
        except (ValueError, OverflowError) as error:
            raise InvalidTime(
                f"{times} x {self.isoformat()} from {isotime(start)} leaves the years 1 to 9999"
            ) from error

    def isoformat(self) -> str:
        """The duration as ISO 8601 text.

        >>> Duration(14, 43_200_500).isoformat(), Duration().isoformat()
        ('P1Y2MT12H0.5S', 'PT0S')
        """
        years, months = divmod(self.months, 12)
        days, rest = divmod(self.milliseconds, 86_400_000)
        hours, rest = divmod(rest, 3_600_000)
        minutes, rest = divmod(rest, 60_000)
        seconds = f"{rest / 1000:.3f}".rstrip("0").rstrip(".")
        date = "".join(f"{n}{unit}" for n, unit in ((years, "Y"), (months, "M"), (days, "D")) if n)
        time = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M")) if n) + (
            f"{seconds}S" if rest else ""
        )
        if not date and not time:
            return "PT0S"
        return f"P{date}T{time}" if time else f"P{date}"


@dataclass(frozen=True, slots=True)
class Period:
    """Instants from ``begin`` to ``end``, one every ``step`` (WMS 1.3.0, OGC 06-042, annex D)."""

    begin: datetime
    end: datetime
    step: Duration

    def instants(self) -> Iterator[datetime]:
        """The instants in order; counted from ``begin``, so that months do not drift.

        >>> [i.day for i in parse_period("2024-01-31/2024-04-01/P1M").instants()]
        [31, 29, 31]
        """
        times, instant = 0, self.begin
        while instant <= self.end:
            yield instant
            times += 1
            try:
                instant = self.step.after(self.begin, times)
            except InvalidTime:
                return


def parse_iso8601(text: str) -> datetime:
    """The instant written as ISO 8601 text, in UTC.

    Parameters
    ----------
    text : str
        A date as coarse as a year, with or without time, fraction of a second (kept to the microsecond) and
        zone; between double or single quotes or not. Without a zone it is UTC. Of a coarse date the first
        instant is meant: ``2014-05`` is the first of May, midnight.

    Raises
    ------
    InvalidTime
        (a ValueError) when it is none, or outside the years 1 to 9999.

    >>> parse_iso8601('"2008-01-01T02:01:20+02:00"').isoformat()
    '2008-01-01T00:01:20+00:00'
    """
    bare = _unquoted(text)
    match = _EXTENDED.fullmatch(bare) or _BASIC.fullmatch(bare)
    if match is None:
        if _OTHER_YEAR.match(bare):
            raise InvalidTime(f"'{text}' is outside the years 0001 to 9999")
        raise InvalidTime(f"'{text}' is not an instant; accepted: {ACCEPTED_INSTANTS}")
    parts = match.groupdict()
    year, month, day = int(parts["year"]), int(parts["month"] or 1), int(parts["day"] or 1)
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    fraction = (parts["fraction"] or "")[:6].ljust(6, "0")
    try:
        midnight = datetime(year, month, day, tzinfo=UTC)
    except ValueError as error:
        raise InvalidTime(f"'{text}' is not a date: {error}") from error
    end_of_day = (hour, minute, second) == (24, 0, 0) and int(fraction) == 0
    if not end_of_day and (hour > 23 or minute > 59 or second > 60):
        raise InvalidTime(
            f"'{text}' has no such time of day; hours go from 00 to 23, minutes and seconds from 00 to 59"
        )
    since = timedelta(hours=hour, minutes=minute, seconds=second, microseconds=int(fraction))
    try:
        return midnight + since - _offset(text, parts["zone"])
    except OverflowError as error:
        raise InvalidTime(f"'{text}' is outside the years 0001 to 9999 in UTC") from error


def parse_interval(text: str) -> tuple[datetime, datetime]:
    """The two ends of an interval.

    ``begin/end``, ``begin/duration``, ``duration/end`` or ``begin/end/period``; a single instant is an interval
    of no length. The period only has to be well formed, ``parse_period`` answers it.

    Raises
    ------
    InvalidTime
        When it is none of these, or ends before it begins.
    """
    parts = _unquoted(text).split("/")
    if len(parts) == 3:
        period = parse_period(text)
        return period.begin, period.end
    if len(parts) == 1:
        return (instant := parse_iso8601(parts[0])), instant
    if len(parts) > 3:
        raise InvalidTime(f"'{text}' is not an interval; accepted: {ACCEPTED_INTERVALS}")
    first, second = parts
    if _is_duration(first):
        end = parse_iso8601(second)
        begin = parse_duration(first).after(end, -1)
    else:
        begin = parse_iso8601(first)
        end = parse_duration(second).after(begin) if _is_duration(second) else parse_iso8601(second)
    return _ordered(text, begin, end)


def parse_period(text: str) -> Period:
    """The regular series of instants written ``begin/end/period``.

    Raises
    ------
    InvalidTime
        When it is none, ends before it begins, or has a period of no length.
    """
    parts = _unquoted(text).split("/")
    if len(parts) != 3:
        raise InvalidTime(f"'{text}' is not a period; accepted: begin/end/period, such as 2014-05-01/2014-05-31/P1D")
    begin, end = _ordered(text, parse_iso8601(parts[0]), parse_iso8601(parts[1]))
    step = parse_duration(parts[2])
    if not step:
        raise InvalidTime(f"'{text}' has a period of no length; accepted: {ACCEPTED_DURATIONS}")
    return Period(begin, end, step)


def parse_duration(text: str) -> Duration:
    """The duration written as ISO 8601 text.

    Years and months are whole numbers; the others may have a fraction. Rounded to milliseconds, half up.

    Raises
    ------
    InvalidTime
        When it is none.
    """
    bare = _unquoted(text)
    match = _DURATION.fullmatch(bare)
    parts = {name: value for name, value in match.groupdict().items() if value} if match else {}
    if not parts or bare[-1] in "Tt":
        raise InvalidTime(f"'{text}' is not a duration; accepted: {ACCEPTED_DURATIONS}")
    exact = sum(Decimal(value.replace(",", ".")) * _MILLISECONDS.get(name, 0) for name, value in parts.items())
    return Duration(
        months=int(parts.get("years", 0)) * 12 + int(parts.get("months", 0)),
        milliseconds=int(Decimal(exact).quantize(Decimal(1), ROUND_HALF_UP)),
    )


def isoformat(instant: datetime) -> str:
    """The instant as ``yyyy-MM-ddThh:mm:ss.SSSZ``, without quotes; milliseconds are rounded half up.

    >>> isoformat(parse_iso8601("2008-01-01T02:01:20.0005"))
    '2008-01-01T02:01:20.001Z'
    """
    rounded = from_milliseconds(to_milliseconds(instant))
    return f"{_seconds_text(rounded)}.{rounded.microsecond // 1000:03d}Z"


def isotime(instant: datetime) -> str:
    """The instant as ``yyyy-MM-ddThh:mm:ssZ``, with milliseconds only where it has some.

    >>> isotime(parse_iso8601("2008"))
    '2008-01-01T00:00:00Z'
    """
    rounded = from_milliseconds(to_milliseconds(instant))
    return f"{_seconds_text(rounded)}Z" if not rounded.microsecond else isoformat(rounded)


def as_utc(instant: datetime) -> datetime:
    """The same instant in UTC; one without a zone is UTC already."""
    if instant.tzinfo is None:
        return instant.replace(tzinfo=UTC)
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise InvalidTime(f"{instant} is outside the years 1 to 9999 in UTC") from error


def to_milliseconds(instant: datetime) -> int:
    """Milliseconds from 1970-01-01T00:00:00Z to the instant, rounded half up."""
    return ((as_utc(instant) - _EPOCH) // _MICROSECOND + 500) // 1000


def from_milliseconds(milliseconds: int) -> datetime:
    """The instant so many milliseconds after 1970-01-01T00:00:00Z.

    Raises
    ------
    InvalidTime
        When it lies outside the years 1 to 9999.
    """
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError as error:
        raise InvalidTime(f"{milliseconds} ms from 1970-01-01 is outside the years 1 to 9999") from error


def _unquoted(text: str) -> str:
    bare = text.strip()
    if len(bare) >= 2 and bare[0] in "\"'" and bare[0] == bare[-1] and bare[0] not in bare[1:-1]:
        return bare[1:-1].strip()
    return bare


def _offset(text: str, zone: str | None) -> timedelta:
    if zone is None or zone in "Zz":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    if hours > 23 or minutes > 59:
        raise InvalidTime(
            f"'{text}' has no such zone; accepted: Z, or an offset of at most 23:59 as +hh, +hh:mm or +hhmm"
        )
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if zone[0] == "-" else offset


def _ordered(text: str, begin: datetime, end: datetime) -> tuple[datetime, datetime]:
    if end < begin:
        raise InvalidTime(f"'{text}' ends before it begins")
    return begin, end


def _is_duration(text: str) -> bool:
    return _unquoted(text)[:1] in {"P", "p"}


def _seconds_text(instant: datetime) -> str:
    return f"{instant.year:04d}-{instant:%m-%dT%H:%M:%S}"
