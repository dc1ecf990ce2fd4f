# SPDX-License-Identifier: MIT
"""Nil values as ingredients write them: numbers, ``"lo:hi"``, ``"lo:*"``, several with commas in one text."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from eoxserver.core.fields import NilValue
from eoxserver.wcst_import.errors import IngredientsError

__all__ = ["nil_values"]


def nil_values(given: Iterable[Any], key: str, reason: str = "") -> tuple[NilValue, ...]:
    """Nil values, in order.

    Raises
    ------
    IngredientsError
        For what is neither a number nor an interval.

    >>> [(nil.low, nil.high) for nil in nil_values(["-9, 3:5", "7:*"], "nilValue")]
    [(-9.0, None), (3.0, 5.0), (7.0, inf)]
    """
    texts = [text.strip() for each in given for text in str(each).split(",")]
    return tuple(_nil(text, key, reason) for text in texts if text)


def _nil(text: str, key: str, reason: str) -> NilValue:
    low, colon, high = text.partition(":")
    try:
        if not colon:
            return NilValue(float(low), reason=reason)
        ends = (-math.inf if low == "*" else float(low), math.inf if high == "*" else float(high))
    except ValueError as error:
        raise IngredientsError(
            f'{key}: \'{text}\' is no nil value; accepted: a number, "lo:hi", "lo:*", "*:hi"', locator=key
        ) from error
    if ends[0] > ends[1]:
        raise IngredientsError(f"{key}: the interval '{text}' ends before it starts", locator=key)
    return NilValue(*ends, reason=reason)
