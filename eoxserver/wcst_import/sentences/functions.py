# SPDX-License-Identifier: MIT
"""The functions that sentences may call (wcst_import specification, section 7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import arrow

__all__ = ["FUNCTIONS", "LONGEST", "instant"]

LONGEST = 10_000_000
"""How many values a list may have: as many as positions of one file."""


def instant(value: str | float, tokens: str | None = None) -> str:
    """A date and time as ISO 8601 text in UTC.

    Parameters
    ----------
    value : str or number
        What stands in a file or its name.
    tokens : str, optional
        How it is written: ``YYYY MM DD HH mm ss`` and the other tokens of the library ``arrow``; ISO 8601 without, or
        with ``auto``.

    Raises
    ------
    ValueError
        When the value is not written so.

    >>> instant("2012_060", "YYYY_DDDD")
    '2012-02-29T00:00:00+00:00'
    """
    text = f"{value:g}" if isinstance(value, float) else str(value)
    try:
        found = arrow.get(text) if tokens in (None, "auto") else arrow.get(text, tokens)
    except (ValueError, TypeError) as error:
        how = "as ISO 8601 has it" if tokens in (None, "auto") else f"in the form {tokens}"
        raise ValueError(f"'{text}' is no date {how}") from error
    return found.to("UTC").isoformat()


def _datetime(value: Any, tokens: str | None = None) -> str | list[str]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [instant(each, tokens) for each in value]
    return instant(value, tokens)


def _grib_datetime(date: str | float, time: str | float) -> str:
    """GRIB's ``dataDate`` (YYYYMMDD) and ``dataTime`` (HHmm, without leading zeros)."""
    return instant(f"{int(date):08d}{int(time):04d}", "YYYYMMDDHHmm")


def _regex_extract(text: str | float, regex: str, group: str | float) -> str:
    found = re.search(regex, str(text))
    if found is None:
        raise ValueError(f"'{text}' does not match '{regex}'")
    try:
        part = found.group(int(group))
    except IndexError as error:
        raise ValueError(f"'{regex}' has no group {group}; it has {found.re.groups}") from error
    if part is None:
        raise ValueError(f"group {group} of '{regex}' matches nothing of '{text}'")
    return str(part)


def _replace(text: str | float, old: str, new: str) -> str:
    return str(text).replace(old, new)


def _range(*bounds: int) -> range:
    found = range(*bounds)
    if len(found) > LONGEST:
        raise ValueError(f"range of {len(found)} numbers; {LONGEST} are accepted")
    return found


FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "datetime": _datetime, "grib_datetime": _grib_datetime, "regex_extract": _regex_extract, "replace": _replace,
        "bool": bool, "int": int, "float": float, "str": str, "round": round, "min": min, "max": max, "abs": abs,
        "len": len, "sum": sum, "sorted": sorted, "range": _range, "zip": zip, "enumerate": enumerate,
    }
)  # fmt: skip
"""By the name they have in sentences."""
