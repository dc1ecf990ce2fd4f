# SPDX-License-Identifier: MIT
"""Dimensions of a layer beyond x and y: how they are announced, and which positions a request picks.

WMS 1.3.0 (OGC 06-042) annex C (dimensions) and D (times). A value is ``v``, ``min/max`` (with or without
a period, which picks nothing less) or a list of these; times may stand in quotes. Ranges are closed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from eoxserver.core.axes import Axis, IrregularAxis, RegularAxis, Role
from eoxserver.core.coordinates import is_temporal, number_text, parse_coordinate
from eoxserver.core.crs import to_instant, to_number
from eoxserver.core.domain import Domain
from eoxserver.core.errors import EOxServerError, InvalidDimensionValue
from eoxserver.core.selection import Mode, Slice, Trim, select
from eoxserver.core.util.timetools import Duration, isotime, parse_interval, parse_iso8601, to_milliseconds

__all__ = [
    "Span", "ValueRange", "axis_default", "axis_extent", "axis_key", "axis_positions", "default_position", "matching",
    "parse_spans", "parse_values", "span_default", "span_extent",
]  # fmt: skip

TOLERANCE = timedelta(seconds=1)
"""A time this near to a position of an irregular axis means that position."""

_TOKEN = re.compile(r"""\s*("[^"]*"|'[^']*'|[^,/"']*)\s*""")
_DAY = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


@dataclass(frozen=True, slots=True)
class ValueRange:
    """One item of a dimension value, as text without quotes."""

    low: str
    high: str | None = None
    """None for a single value."""


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time, both ends included."""

    begin: datetime
    end: datetime


def parse_values(text: str, key: str) -> tuple[ValueRange, ...]:
    """Split the text of a dimension parameter; raises InvalidDimensionValue.

    >>> parse_values('"2012-01-01"/"2012-02-01",2013', "time")
    (ValueRange(low='2012-01-01', high='2012-02-01'), ValueRange(low='2013', high=None))
    """
    items: list[list[str]] = [[]]
    position = 0
    while True:
        match = _TOKEN.match(text, position)
        token = match[1].strip().strip("\"'").strip() if match else ""
        if match is None or not token:
            raise _refused(key, text, "give v, min/max, or a list of these separated by commas")
        items[-1].append(token)
        position = match.end()
        if position == len(text):
            break
        if text[position] == ",":
            items.append([])
        elif text[position] != "/":
            raise _refused(key, text, "give v, min/max, or a list of these separated by commas")
        position += 1
    found = []
    for item in items:
        if len(item) > 3:
            raise _refused(key, "/".join(item), "a range has two ends, and a period at most")
        found.append(ValueRange(item[0], item[1] if len(item) > 1 else None))
    return tuple(found)


def parse_spans(text: str) -> tuple[Span, ...]:
    """The spans of time that a ``time`` parameter asks for, in the order given.

    A single date without time of day (``2014``, ``2014-05``, ``2014-05-10``) is the whole year, month or
    day, as scenes hardly ever lie at midnight. Raises InvalidDimensionValue.
    """
    return tuple(_span(item) for item in parse_values(text, "time"))


def _span(item: ValueRange) -> Span:
    try:
        if item.high is not None:
            return Span(*parse_interval(f"{item.low}/{item.high}"))
        begin = parse_iso8601(item.low)
        if not _DAY.fullmatch(item.low):
            return Span(begin, begin)
        length = {4: Duration(months=12), 7: Duration(months=1)}.get(len(item.low), Duration(milliseconds=86_400_000))
        return Span(begin, length.after(begin) - timedelta(milliseconds=1))
    except ValueError as error:
        raise InvalidDimensionValue(f"time: {error}", locator="time") from error


def axis_key(axis: Axis) -> str:
    """The parameter that picks positions of an axis: ``time``, ``elevation`` or ``dim_<label>``."""
    if axis.role is Role.T or is_temporal(axis):
        return "time"
    return "elevation" if axis.role is Role.Z else f"dim_{axis.label}"


def axis_positions(domain: Domain, position: int, text: str, key: str, closed: bool = True) -> tuple[int, ...]:
    """The cells of an axis that a dimension value picks, each once, in the order of their coordinates.

    Parameters
    ----------
    position : int
        Of the axis, in grid order.
    key : str
        The parameter, for errors.
    closed : bool
        Whether the upper end of a range belongs to it.

    Raises
    ------
    InvalidDimensionValue
        For bad syntax, a value that is not on the axis, or a range that holds no position of it.
    """
    axis = domain.axes[position]
    found: set[int] = set()
    for item in parse_values(text, key):
        try:
            found.update(_item_positions(axis, item, closed))
        except InvalidDimensionValue:
            raise
        except EOxServerError as error:
            raise InvalidDimensionValue(f"{key}: {error.message}", locator=key) from error
    return tuple(sorted(found, key=lambda cell: float(axis.coordinate(cell))))


def _item_positions(axis: Axis, item: ValueRange, closed: bool) -> range:
    alone = Domain((axis,))
    if item.high is None:
        if isinstance(axis, IrregularAxis) and is_temporal(axis):
            cell = _nearest(axis, item.low)
            if cell is not None:
                return range(cell, cell + 1)
        box = select(alone, [Slice(axis.label, item.low)]).box
    elif is_temporal(axis):
        assert axis.crs is not None
        low, high = (to_number(axis.crs, end) for end in parse_interval(f"{item.low}/{item.high}"))
        box = select(alone, [Trim(axis.label, min(low, high), max(low, high))], mode=_mode(closed)).box
    else:
        box = select(alone, [Trim(axis.label, item.low, item.high)], mode=_mode(closed)).box
    return range(box.low[0], box.high[0])


def _mode(closed: bool) -> Mode:
    return "closed" if closed else "halfopen"


def _nearest(axis: IrregularAxis, text: str) -> int | None:
    """The position within a second of an instant, or None."""
    assert axis.crs is not None
    wanted = parse_coordinate(axis.crs, text, axis.label)
    cell = int(np.argmin(np.abs(axis.coefficients - wanted)))
    instants = [to_milliseconds(to_instant(axis.crs, number)) for number in (wanted, axis.coordinate(cell))]
    apart = abs(instants[0] - instants[1])
    return cell if apart <= TOLERANCE / timedelta(milliseconds=1) else None


def axis_extent(axis: Axis) -> str:
    """The content of a ``Dimension`` element: ``min/max/period`` on regular axes, else a list.

    The values are the positions themselves: centres of cells, so that each picks its own cell.
    """
    first, last = sorted((axis.coordinate(0), axis.coordinate(axis.size - 1)))
    if axis.size == 1:
        return _value_text(axis, first)
    if isinstance(axis, IrregularAxis):
        return ",".join(_value_text(axis, value) for value in sorted(float(v) for v in axis.coefficients))
    step = abs(axis.step) if isinstance(axis, RegularAxis) else 1.0
    if not is_temporal(axis):
        return f"{number_text(first)}/{number_text(last)}/{number_text(step)}"
    assert axis.crs is not None
    begin, end = to_instant(axis.crs, first), to_instant(axis.crs, last)
    period = (to_milliseconds(end) - to_milliseconds(begin)) / (axis.size - 1)
    if period == int(period) and period > 0:
        return f"{isotime(begin)}/{isotime(end)}/{Duration(milliseconds=int(period)).isoformat()}"
    return ",".join(_value_text(axis, float(value)) for value in sorted(axis.coordinates().tolist()))


def axis_default(axis: Axis) -> str:
    """What is shown when a request names no value: the last position, the latest of a time axis."""
    return _value_text(axis, max(axis.coordinate(0), axis.coordinate(axis.size - 1)))


def default_position(axis: Axis) -> int:
    """The cell of ``axis_default``."""
    return 0 if axis.coordinate(0) > axis.coordinate(axis.size - 1) else axis.size - 1


def _value_text(axis: Axis, value: float) -> str:
    if is_temporal(axis):
        assert axis.crs is not None
        return isotime(to_instant(axis.crs, value))
    return number_text(value)


def span_extent(begin: datetime, end: datetime) -> str:
    """The content of a time ``Dimension`` of something that covers a span: its two ends.

    Written as a series of which both ends are the only members; every time between is accepted too.
    """
    length = to_milliseconds(end) - to_milliseconds(begin)
    if length <= 0:
        return isotime(begin)
    return f"{isotime(begin)}/{isotime(end)}/{Duration(milliseconds=length).isoformat()}"


def span_default(begin: datetime, end: datetime) -> str:
    """What is shown when a request names no time: all of it."""
    return isotime(begin) if begin >= end else f"{isotime(begin)}/{isotime(end)}"


def matching(spans: Sequence[Span], begin: datetime | None, end: datetime | None, closed: bool = True) -> bool:
    """Whether something of the time ``begin`` to ``end`` (None: unknown) is in one of the spans."""
    first, last = begin or end, end or begin
    if first is None or last is None:
        return False
    for span in spans:
        if closed or span.begin == span.end:
            if first <= span.end and last >= span.begin:
                return True
        elif first < span.end and last > span.begin:
            return True
    return False


def _refused(key: str, text: str, accepted: str) -> InvalidDimensionValue:
    return InvalidDimensionValue(f"{key}: '{text}' is not a value; {accepted}", locator=key)
