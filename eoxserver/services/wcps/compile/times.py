# SPDX-License-Identifier: MIT
"""Instants: calendar units of intervals, and the instants that an iterator visits (section 4.6).

``months("2008-01-15":"2008-03-01")`` are the numbers of the months that the interval touches, ``allmonths`` the
beginnings of months inside it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from eoxserver.core.crs import to_instant
from eoxserver.core.errors import InvalidSubsetting, InvalidTime, LimitExceeded, WcpsSemanticError
from eoxserver.core.util.timetools import Duration, parse_duration, parse_iso8601
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.compile.bounds import single_axis
from eoxserver.services.wcps.compile.operands import described
from eoxserver.services.wcps.compile.scope import Scope
from eoxserver.services.wcps.compile.values import DomainValue, ListValue, TextValue

__all__ = ["MOST_VALUES", "instant", "stepped", "time_units"]

MOST_VALUES = 100_000
"""Values that a list may have."""

_UNITS = {
    "years": Duration(months=12),
    "months": Duration(months=1),
    "days": Duration(milliseconds=86_400_000),
    "hours": Duration(milliseconds=3_600_000),
    "minutes": Duration(milliseconds=60_000),
    "seconds": Duration(milliseconds=1000),
}
_PARTS = ("year", "month", "day", "hour", "minute", "second")


def instant(scope: Scope, tree: nodes.Syntax) -> datetime:
    """An expression that is an instant, as text."""
    value = scope.value(tree)
    if not isinstance(value, TextValue):
        raise scope.plan.error(
            WcpsSemanticError,
            f"an instant is needed here, as text, and this is {described(value)}",
            tree,
            'as in "2008-01-01"',
        )
    return parsed(scope, value.text, tree)


def parsed(scope: Scope, text: str, tree: nodes.Syntax) -> datetime:
    """The instant a text is; raises InvalidSubsetting with the place."""
    try:
        return parse_iso8601(text)
    except InvalidTime as error:
        raise scope.plan.error(InvalidSubsetting, error.message, tree) from error


def time_units(scope: Scope, tree: nodes.TimeUnits) -> ListValue:
    """``months(interval)`` and ``allmonths(interval)``, for each unit."""
    begin, end = _interval(scope, tree)
    if end < begin:
        raise scope.plan.error(InvalidSubsetting, "the interval ends before it begins", tree)
    first = _truncated(begin, tree.unit)
    found = [one for one in _series(scope, first, end, _UNITS[tree.unit], tree) if one >= begin or not tree.each]
    if tree.each:
        if not found:
            raise scope.plan.error(InvalidSubsetting, f"no beginning of {tree.unit} lies in the interval", tree)
        return ListValue(tuple(found))
    part = tree.unit.removesuffix("s")
    return ListValue(tuple(int(getattr(one, part)) for one in found))


def _interval(scope: Scope, tree: nodes.TimeUnits) -> tuple[datetime, datetime]:
    """Both ends: of a domain along time, of a single instant, or as they are given."""
    if tree.high is not None:
        return instant(scope, tree.low), instant(scope, tree.high)
    value = scope.value(tree.low)
    if not isinstance(value, DomainValue):
        alone = instant(scope, tree.low)
        return alone, alone
    one = single_axis(scope, value, tree.low)
    if not one.is_time or one.axis.crs is None:
        raise scope.plan.error(
            WcpsSemanticError,
            f"the domain of a time axis is needed here, and {one.axis.label} is none",
            tree.low,
            "as in domain($c, ansi)",
        )
    with scope.plan.placed(tree.low):
        return to_instant(one.axis.crs, one.low), to_instant(one.axis.crs, one.high)


def _truncated(when: datetime, unit: str) -> datetime:
    """The beginning of the unit that an instant lies in."""
    keep = _PARTS.index(unit.removesuffix("s")) + 1
    values = [getattr(when, part) if place < keep else int(place < 3) for place, part in enumerate(_PARTS)]
    year, month, day, hour, minute, second = values
    return datetime(year, month, day, hour, minute, second, tzinfo=when.tzinfo)


def stepped(scope: Scope, begin: datetime, end: datetime, step: str, tree: nodes.Syntax) -> tuple[datetime, ...]:
    """The instants from ``begin`` to ``end``, a duration apart, both included where they are met."""
    try:
        duration = parse_duration(step)
    except InvalidTime as error:
        raise scope.plan.error(InvalidSubsetting, error.message, tree) from error
    if not duration:
        raise scope.plan.error(InvalidSubsetting, f"the step '{step}' has no length", tree)
    if end < begin:
        raise scope.plan.error(InvalidSubsetting, "the interval ends before it begins", tree)
    return tuple(_series(scope, begin, end, duration, tree))


def _series(scope: Scope, first: datetime, end: datetime, step: Duration, tree: nodes.Syntax) -> list[datetime]:
    """Instants from the first one on; refuses more than ``MOST_VALUES``."""
    least = timedelta(days=28 * step.months, milliseconds=step.milliseconds)
    if least * MOST_VALUES < (end - first) * 0.9:
        raise scope.plan.error(LimitExceeded, f"the interval has more than {MOST_VALUES} steps", tree)
    found: list[datetime] = []
    when = first
    while when <= end:
        if len(found) == MOST_VALUES:
            raise scope.plan.error(LimitExceeded, f"the interval has more than {MOST_VALUES} steps", tree)
        found.append(when)
        try:
            when = step.after(first, len(found))
        except InvalidTime:
            break
    return found
