# SPDX-License-Identifier: MIT
r"""Where files lie along axes that they do not have themselves, as commands say it.

``LABEL=CRS:HOW``, with ``/STEP`` for a regular axis: ``ansi=AnsiDate:regex(_(\d{8})_)``, ``ansi=AnsiDate`` (the time
that registration finds out), ``h=:metadata(LEVEL)``, ``k=:order``. A bare ``LABEL`` is an axis of the files themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

import numpy as np

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.coordinates import parse_coordinate
from eoxserver.core.crs import Crs, rename_axes, to_number
from eoxserver.core.errors import CrsUnknown, EOxServerError, InvalidParameterValue, InvalidTime, RegistrationRefused
from eoxserver.core.util.timetools import parse_duration
from eoxserver.resources.coverages.registration.times import NamePattern

__all__ = ["FORMS", "AxisRule", "FileFacts", "parse_rule"]

FORMS = (
    "LABEL=CRS:HOW with HOW one of regex(EXPRESSION), metadata(ITEM), order, time, and /STEP for a regular axis: "
    "'ansi=AnsiDate:regex(_(\\d{8}))', 'ansi=AnsiDate/P1D', 'h=:metadata(LEVEL)', 'k=:order'; or the LABEL of an axis "
    "that the files have themselves"
)
_RULE = re.compile(
    r"(?P<label>[A-Za-z_][A-Za-z0-9_.-]*)"
    r"(?:=(?P<crs>.*?)(?::(?P<how>regex|metadata|order|time)(?:\((?P<argument>.*)\))?)?)?"
    r"(?:/(?P<step>irregular|[+-]?[0-9.][0-9.eE+-]*|P[0-9A-Z.,]+))?"
)
_IRREGULAR = "irregular"

How = Literal["regex", "metadata", "order", "time", "own"]


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of a file."""

    name: str
    metadata: Mapping[str, str]
    begin: datetime | None
    """Its time, as registration finds it out."""
    number: int
    """In the order of the files, from 0."""


@dataclass(frozen=True)
class AxisRule:
    """Where files lie along an axis."""

    label: str
    how: How
    crs: Crs | None = None
    """None: an axis of the files themselves."""
    argument: str = ""
    step: float | None = None
    """Of a regular axis [CRS units]."""
    irregular: bool = False
    """Whether an axis of the files is irregular, evenly spaced or not."""

    @property
    def is_own(self) -> bool:
        """Whether the files have the axis themselves."""
        return self.how == "own"

    def axis(self, facts: FileFacts) -> Axis:
        """The axis of one position on which a file lies.

        Raises
        ------
        RegistrationRefused
            When its position is not found out.
        """
        assert self.crs is not None
        position = self._position(facts)
        own = self.crs.axes[0]
        if self.step is not None:
            return RegularAxis(self.label, position, self.step, 1, self.crs, own.unit, own.role)
        if self.crs.kind == "index" and position == int(position):
            return IndexAxis(self.label, 1, int(position), self.crs)
        return IrregularAxis(self.label, np.array([position]), self.crs, own.unit, own.role)

    def of_files(self, axis: Axis) -> Axis:
        """An axis of the files themselves, as it is wanted."""
        if not self.irregular or isinstance(axis, IrregularAxis):
            return axis
        return IrregularAxis(axis.label, axis.coordinates(), axis.crs, axis.unit, axis.role)

    def _position(self, facts: FileFacts) -> float:
        assert self.crs is not None
        if self.how == "order":
            return float(facts.number)
        if self.how == "time":
            if facts.begin is None:
                raise RegistrationRefused(
                    f"axis {self.label}: neither a document nor the raster tells the time of {facts.name}; "
                    f"'{self.label}=AnsiDate:regex(EXPRESSION)' finds it in its name"
                )
            return to_number(self.crs, facts.begin)
        if self.how == "metadata":
            if self.argument not in facts.metadata:
                raise RegistrationRefused(f"axis {self.label}: {facts.name} has no metadata item '{self.argument}'")
            return self._number(facts.metadata[self.argument], facts.name)
        if self.crs.is_temporal:
            return to_number(self.crs, NamePattern(self.argument).span(facts.name).begin)
        match = re.search(self.argument, facts.name)
        if match is None:
            raise RegistrationRefused(f"axis {self.label}: '{self.argument}' finds nothing in the name {facts.name}")
        return self._number((match.groups() or (match[0],))[0], facts.name)

    def _number(self, text: str, name: str) -> float:
        try:
            return parse_coordinate(self.crs, text, self.label)
        except EOxServerError as error:
            raise RegistrationRefused(f"{name}: {error.message}") from error


def parse_rule(text: str, parse_crs: Callable[[str], Crs]) -> AxisRule:
    """The rule written as ``text``.

    Parameters
    ----------
    parse_crs : callable
        Finds CRSs; raises CrsUnknown. A bare word is a CRS of the authority OGC, none is ``Index1D``.

    Raises
    ------
    InvalidParameterValue
        When it is none; says what would be accepted.
    """
    match = _RULE.fullmatch(text.strip())
    if match is None:
        raise InvalidParameterValue(f"'{text}' is no axis; accepted: {FORMS}", locator="axis")
    label, step = match["label"], match["step"]
    if match["crs"] is None:
        if step not in (None, _IRREGULAR):
            raise InvalidParameterValue(f"'{text}': after a bare label, '/{_IRREGULAR}' is accepted", locator="axis")
        return AxisRule(label, "own", irregular=step == _IRREGULAR)
    crs = _crs(match["crs"] or "Index1D", label, parse_crs)
    how = match["how"] or ("time" if crs.is_temporal else "order")
    argument = match["argument"] or ""
    if how in ("regex", "metadata") and not argument:
        raise InvalidParameterValue(f"'{text}': {how} needs an argument, as {how}(...)", locator="axis")
    if how == "time" and not crs.is_temporal:
        raise InvalidParameterValue(f"'{text}': {crs.uri} is no CRS of time", locator="axis")
    if how == "regex":
        NamePattern(argument)
    return AxisRule(label, cast("How", how), crs, argument, None if step is None else _step(crs, step))


def _crs(text: str, label: str, parse_crs: Callable[[str], Crs]) -> Crs:
    try:
        crs = parse_crs(f"OGC/0/{text}" if re.fullmatch(r"[A-Za-z0-9]+", text) else text)
        if len(crs.axes) != 1:
            raise InvalidParameterValue(f"{text} has {len(crs.axes)} axes; an axis takes a CRS of one", locator="axis")
        return crs if crs.axes[0].label == label else rename_axes(crs, [label])
    except CrsUnknown as error:
        raise InvalidParameterValue(error.message, locator="axis") from error


def _step(crs: Crs, text: str) -> float:
    """A number in the unit of the CRS, or a duration on axes of time."""
    try:
        found = float(text)
    except ValueError:
        if crs.time is None:
            raise InvalidParameterValue(f"step '{text}' is not a number", locator="axis") from None
        found = _duration(text) / crs.time.unit_milliseconds
    if not np.isfinite(found) or found == 0:
        raise InvalidParameterValue(f"step '{text}' is no distance", locator="axis")
    return found


def _duration(text: str) -> int:
    try:
        duration = parse_duration(text)
    except InvalidTime as error:
        raise InvalidParameterValue(f"step: {error.message}", locator="axis") from error
    if duration.months:
        raise InvalidParameterValue(
            f"step '{text}': months and years have no fixed length; without a step the axis is irregular",
            locator="axis",
        )
    return duration.milliseconds
